#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace arete {

/// A regular file open for reading. Reads at positions, so that several threads can share it.
/// Every function throws Error (input) that names the file.
class InputFile {
 public:
  explicit InputFile(std::filesystem::path path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Fills `into` from `offset` on; a file that ends before is an error naming the byte.
  void read(std::uint64_t offset, std::span<std::byte> into) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// The first `count` bytes of a file, or fewer where it is shorter: for recognising files by how
/// they begin.
[[nodiscard]] std::string first_bytes(const InputFile& file, std::size_t count);

/// The same; none of what is not a regular file or cannot be read.
[[nodiscard]] std::string first_bytes(const std::filesystem::path& path, std::size_t count);

/// Whether there is a regular file, or a folder, of that name, or a link to one.
[[nodiscard]] bool is_file(const std::filesystem::path& path);
[[nodiscard]] bool is_folder(const std::filesystem::path& path);

/// Calls `visit` for everything in a folder, in no order. Throws Error (input) naming a folder that
/// cannot be listed.
void for_each_entry(const std::filesystem::path& folder,
                    const std::function<void(const std::filesystem::directory_entry&)>& visit);

/// Whoever read what is written to a pipe has gone.
struct OutputClosed : std::exception {};

/// A file that appears under its name only when complete: it is written beside it, flushed to disk
/// and renamed by commit(). Destroyed before that, it leaves nothing. One that replaces another is
/// as open to others as that was. A device or a pipe is written to as it is, and a symbolic link is
/// followed. Throws Error: (usage) when the file exists and `overwrite` is false, (resource) when
/// writing fails; and OutputClosed.
class OutputFile {
 public:
  OutputFile(std::filesystem::path path, bool overwrite);
  /// Standard output, which is written to as it is.
  [[nodiscard]] static OutputFile standard_output() { return OutputFile(); }
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();

 private:
  OutputFile();
  void create_temporary();
  void rename_into_place();
  [[noreturn]] void fail_write(std::string_view what, int error) const;
  void write_out(std::span<const std::byte> bytes);

  std::filesystem::path path_;    ///< as the user gave it, for messages
  std::filesystem::path target_;  ///< `path_` with links resolved
  std::string temporary_;         ///< empty for a device or a pipe, and after the renaming
  int descriptor_ = -1;
  bool overwrite_ = false;
  std::vector<std::byte> pending_;
};

/// Keeps a file, which it makes where there is none, to one process at a time; the lock ends with
/// the process, however that ends.
class FileLock {
 public:
  /// Waits for another process that has it, for `patience` at most. Throws Error (resource) when
  /// that has not given it up then, or the file cannot be opened.
  FileLock(const std::filesystem::path& path, std::chrono::milliseconds patience);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

/// Throws Error (usage) when `path` exists and `overwrite` is false, or (resource) when its folder
/// cannot be written: for finding out before the work rather than after it.
void check_writable(const std::filesystem::path& path, bool overwrite);

}  // namespace arete
