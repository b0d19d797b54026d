#include "arete/core/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <system_error>
#include <thread>
#include <utility>

#include "arete/core/error.hpp"

namespace arete {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t pending_limit = std::size_t{1} << 20;

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// A device or a pipe cannot be half a file, and must not be replaced by one.
bool is_special(const fs::path& path) {
  std::error_code ignored;
  return fs::is_other(fs::status(path, ignored));
}

[[noreturn]] void fail_existing(const fs::path& path) {
  fail(ErrorKind::usage, "{}: exists already; choose another name or pass --force to replace it",
       path.string());
}

void refuse_existing(const fs::path& path, bool overwrite) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status) || !path.has_filename()) {
    fail(ErrorKind::usage, "{}: is a folder; give the name of a file", path.string());
  }
  if (!overwrite && fs::exists(status) && !fs::is_other(status)) fail_existing(path);
}

/// Makes a file as open to others as another is; as far as the system lets it.
void give_permissions(int descriptor, const struct stat& other) {
  mode_t mode = other.st_mode & 0777;
  // Those whom the group's bits were meant for are not in another group.
  if (::fchown(descriptor, static_cast<uid_t>(-1), other.st_gid) != 0) mode &= ~mode_t{S_IRWXG};
  [[maybe_unused]] int ignored = ::fchown(descriptor, other.st_uid, static_cast<gid_t>(-1));
  ignored = ::fchmod(descriptor, mode);
}

/// What a chain of links ends at, so that the file is replaced and not the link.
fs::path resolve(const fs::path& path) {
  std::error_code error;
  fs::path target = fs::canonical(path, error);
  return error ? path : target;
}

int open_retrying(const char* path, int flags, mode_t mode = 0) {
  int descriptor = -1;
  do {
    descriptor = ::open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

/// 0, or the error number.
int lock(int descriptor) { return ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno; }

/// 0, or the error number.
int rename_file(const char* from, const char* to, bool overwrite) {
  if (!overwrite) {
    if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
    // A file system that knows no flags: the check made before the work has to do.
    if (errno != EINVAL && errno != ENOSYS) return errno;
    if (::access(to, F_OK) == 0) return EEXIST;
  }
  return ::rename(from, to) == 0 ? 0 : errno;
}

}  // namespace

InputFile::InputFile(fs::path path) : path_(std::move(path)) {
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  descriptor_ = open_retrying(path_.c_str(), O_RDONLY | O_NONBLOCK);
  if (descriptor_ < 0) {
    const int error = errno;
    fail(ErrorKind::input, "{}: cannot be opened: {}", path_.string(), std::strerror(error));
  }
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    fail(ErrorKind::input, "{}: is not a regular file", path_.string());
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read(std::uint64_t offset, std::span<std::byte> into) const {
  if (offset > size_ || into.size() > size_ - offset) {
    fail(ErrorKind::input, "{}: ends at byte {}, but {} bytes from byte {} on were expected",
         path_.string(), size_, into.size(), offset);
  }
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t count = ::pread(descriptor_, into.data() + done, into.size() - done,
                                  static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int error = errno;
      fail(ErrorKind::input, "{}: cannot be read at byte {}: {}", path_.string(), offset + done,
           std::strerror(error));
    }
    if (count == 0) {
      fail(ErrorKind::input, "{}: was cut to {} bytes while it was read", path_.string(),
           offset + done);
    }
    done += static_cast<std::size_t>(count);
  }
}

std::string first_bytes(const InputFile& file, std::size_t count) {
  std::string bytes(std::min<std::uint64_t>(count, file.size()), '\0');
  file.read(0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

std::string first_bytes(const fs::path& path, std::size_t count) {
  try {
    return first_bytes(InputFile(path), count);
  } catch (const Error&) {
    return {};
  }
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

void for_each_entry(const fs::path& folder,
                    const std::function<void(const fs::directory_entry&)>& visit) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) visit(*entries);
  if (error) {
    fail(ErrorKind::input, "{}: cannot be listed: {}", folder.string(), error.message());
  }
}

OutputFile::OutputFile(fs::path path, bool overwrite)
    : path_(std::move(path)), target_(resolve(path_)), overwrite_(overwrite) {
  refuse_existing(path_, overwrite);
  if (!is_special(path_)) {
    create_temporary();
    return;
  }
  descriptor_ = open_retrying(path_.c_str(), O_WRONLY);
  if (descriptor_ < 0) fail_write("opening", errno);
}

OutputFile::OutputFile()
    : path_("standard output"), descriptor_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)) {
  if (descriptor_ < 0) fail_write("opening", errno);
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

// Not mkstemp: its files are for their owner only, and to learn the mask that open() would have
// applied means to change it for the whole process.
void OutputFile::create_temporary() {
  struct stat replaced {};
  const bool is_replaced = ::stat(target_.c_str(), &replaced) == 0;
  const std::string stem = (folder_of(target_) / fmt::format(".arete-{}-", ::getpid())).string();
  for (int attempt = 0; attempt < std::numeric_limits<int>::max(); ++attempt) {
    temporary_ = fmt::format("{}{}.part", stem, attempt);
    descriptor_ =
        open_retrying(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL, is_replaced ? 0600 : 0666);
    if (descriptor_ >= 0) {
      if (is_replaced) give_permissions(descriptor_, replaced);
      return;
    }
    if (errno != EEXIST) break;
  }
  const int error = errno;
  fail(ErrorKind::resource, "{}: cannot be written: {}: {}", path_.string(),
       folder_of(target_).string(), std::strerror(error));
}

void OutputFile::fail_write(std::string_view what, int error) const {
  if (error == EPIPE) throw OutputClosed();
  fail(ErrorKind::resource, "{}: {} failed: {}{}", path_.string(), what, std::strerror(error),
       temporary_.empty() ? "" : "; nothing was written under that name");
}

void OutputFile::write_out(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_write("writing", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void OutputFile::write(std::span<const std::byte> bytes) {
  if (bytes.size() > pending_limit - pending_.size()) {
    write_out(pending_);
    pending_.clear();
  }
  if (bytes.size() > pending_limit) {
    write_out(bytes);
  } else {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  }
}

void OutputFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void OutputFile::commit() {
  write_out(pending_);
  pending_.clear();
  if (!temporary_.empty() && ::fsync(descriptor_) != 0) fail_write("flushing", errno);
  // Linux has closed the descriptor even where it reports an interruption.
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) {
    fail_write("closing", errno);
  }
  if (!temporary_.empty()) rename_into_place();
}

void OutputFile::rename_into_place() {
  const int error = rename_file(temporary_.c_str(), target_.c_str(), overwrite_);
  if (error == EEXIST && !overwrite_) fail_existing(path_);
  if (error != 0) fail_write("renaming", error);
  temporary_.clear();
}

FileLock::FileLock(const fs::path& path, std::chrono::milliseconds patience)
    : descriptor_(open_retrying(path.c_str(), O_RDWR | O_CREAT, 0666)) {
  if (descriptor_ < 0) {
    const int error = errno;
    fail(ErrorKind::resource, "{}: cannot be opened: {}", path.string(), std::strerror(error));
  }
  constexpr std::chrono::milliseconds between_tries{50};
  int error = lock(descriptor_);
  for (auto waited = between_tries; error == EWOULDBLOCK && waited <= patience;
       waited += between_tries) {
    std::this_thread::sleep_for(between_tries);
    error = lock(descriptor_);
  }
  if (error == 0) return;
  ::close(descriptor_);
  if (error == EWOULDBLOCK) {
    fail(ErrorKind::resource, "{}: is in use by another process; wait for its end", path.string());
  }
  fail(ErrorKind::resource, "{}: cannot be locked: {}", path.string(), std::strerror(error));
}

FileLock::~FileLock() { ::close(descriptor_); }

void check_writable(const fs::path& path, bool overwrite) {
  refuse_existing(path, overwrite);
  const bool special = is_special(path);
  const fs::path place = special ? path : folder_of(resolve(path));
  if (::access(place.c_str(), special ? W_OK : W_OK | X_OK) != 0) {
    const int error = errno;
    fail(ErrorKind::resource, "{}: cannot be written: {}: {}", path.string(), place.string(),
         std::strerror(error));
  }
}

}  // namespace arete
