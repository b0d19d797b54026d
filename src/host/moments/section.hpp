#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "arete/core/file.hpp"

namespace arete {

/// Values in the order of their bytes in memory, followed by the CRC-32 of those bytes.
class SectionWriter {
 public:
  explicit SectionWriter(OutputFile& file) : file_(file) {}

  template <typename T>
  void put(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    put_bytes(std::as_bytes(values));
  }
  template <typename T>
  void put(T value) {
    put(std::span<const T>(&value, 1));
  }
  /// Writes the CRC.
  void end();

 private:
  void put_bytes(std::span<const std::byte> bytes);

  OutputFile& file_;
  std::uint32_t crc_ = 0;
};

/// Reads what a SectionWriter wrote, from byte `begin` on. Throws Error (input).
class SectionReader {
 public:
  SectionReader(const InputFile& file, std::uint64_t begin)
      : file_(file), begin_(begin), position_(begin) {}

  template <typename T>
  void get(std::span<T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    get_bytes(std::as_writable_bytes(values));
  }
  template <typename T>
  [[nodiscard]] T get() {
    T value{};
    get(std::span<T>(&value, 1));
    return value;
  }
  /// Compares the CRC; a difference is an error that says which bytes of the section `name` are
  /// damaged. Returns the position after the section.
  [[nodiscard]] std::uint64_t end(std::string_view name);

 private:
  void get_bytes(std::span<std::byte> bytes);

  const InputFile& file_;
  std::uint64_t begin_;
  std::uint64_t position_;
  std::uint32_t crc_ = 0;
};

}  // namespace arete
