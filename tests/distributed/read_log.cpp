// Loaded before the C library (LD_PRELOAD), it writes down what a process reads of one file:
// READ_LOG_OF names the file, and READ_LOG_TO + the process's number gets a line "OFFSET LENGTH"
// for each time. A file that is read otherwise than by its offset counts as read from 0 on.
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

bool is_watched(int descriptor) {
  const char* const watched = std::getenv("READ_LOG_OF");
  std::array<char, 64> link{};
  std::array<char, PATH_MAX> path{};
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", descriptor);
  return watched != nullptr && ::readlink(link.data(), path.data(), path.size() - 1) > 0 &&
         std::strcmp(path.data(), watched) == 0;
}

void note(int descriptor, long long offset, long long length) {
  if (length <= 0 || !is_watched(descriptor)) return;
  std::array<char, PATH_MAX> path{};
  std::array<char, 64> line{};
  std::snprintf(path.data(), path.size(), "%s%d", std::getenv("READ_LOG_TO"), ::getpid());
  const int size = std::snprintf(line.data(), line.size(), "%lld %lld\n", offset, length);
  const int log = ::open(path.data(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (::write(log, line.data(), static_cast<std::size_t>(size)) != size) std::abort();
  ::close(log);
}

/// The C library's function of that name.
template <typename Function>
Function* original(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

ssize_t read_at(const char* name, int descriptor, void* into, std::size_t size, off_t offset) {
  const ssize_t count =
      original<ssize_t(int, void*, std::size_t, off_t)>(name)(descriptor, into, size, offset);
  note(descriptor, offset, count);
  return count;
}

void* map(const char* name, void* address, std::size_t size, int protection, int flags,
          int descriptor, off_t offset) {
  if (descriptor >= 0) note(descriptor, offset, static_cast<long long>(size));
  return original<void*(void*, std::size_t, int, int, int, off_t)>(name)(address, size, protection,
                                                                         flags, descriptor, offset);
}

}  // namespace

extern "C" {

ssize_t pread(int descriptor, void* into, std::size_t size, off_t offset) {
  return read_at("pread", descriptor, into, size, offset);
}

ssize_t pread64(int descriptor, void* into, std::size_t size, off_t offset) {
  return read_at("pread64", descriptor, into, size, offset);
}

ssize_t read(int descriptor, void* into, std::size_t size) {
  const ssize_t count = original<ssize_t(int, void*, std::size_t)>("read")(descriptor, into, size);
  note(descriptor, 0, count);
  return count;
}

void* mmap(void* address, std::size_t size, int protection, int flags, int descriptor,
           off_t offset) {
  return map("mmap", address, size, protection, flags, descriptor, offset);
}

void* mmap64(void* address, std::size_t size, int protection, int flags, int descriptor,
             off_t offset) {
  return map("mmap64", address, size, protection, flags, descriptor, offset);
}
}
