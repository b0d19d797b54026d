#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "arete/core/error.hpp"
#include "arete/data/open.hpp"

/// What the fuzz targets share. A target is a file with one function, LLVMFuzzerTestOneInput, which
/// libFuzzer calls with the bytes of a file that somebody might give us.
namespace arete::fuzz {

/// More than any reader needs for files as small as these.
inline constexpr std::size_t memory_limit = std::size_t{64} << 20;
inline constexpr std::uint64_t rows_read = 64;

/// A file of these bytes, in memory: readers open it by its path.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size)
      : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (descriptor_ < 0 || ::write(descriptor_, data, size) != static_cast<ssize_t>(size)) {
      std::perror("memfd");
      std::abort();
    }
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] std::filesystem::path path() const {
    return "/proc/self/fd/" + std::to_string(descriptor_);
  }

 private:
  int descriptor_;
};

/// Does what a user would do with a file: whatever it holds, an Error is the worst that may come,
/// and not one that says that Arete itself is wrong. Whatever else is thrown ends the program.
template <typename Action>
int attempt(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) std::abort();
  }
  return 0;
}

/// Reads the first rows of a source, one block of them and one by one from the end.
inline void read_rows(const RowSource& source) {
  RowBlock block;
  const std::uint64_t count = std::min(source.info().rows, rows_read);
  if (count == 0) return;
  source.read({0, count}, block);
  for (std::uint64_t row = count; row-- > 0;) source.read({row, row + 1}, block);
}

/// Opens a file as the command does, and reads it.
inline int open_and_read(const std::uint8_t* data, std::size_t size,
                         const TableOptions& table = {}) {
  const MemoryFile file(data, size);
  return attempt([&] {
    OpenOptions options;
    options.memory = memory_limit;
    options.table = table;
    read_rows(*open_source(file.path(), options));
  });
}

}  // namespace arete::fuzz
