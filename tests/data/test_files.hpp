#pragma once

#include <gmock/gmock.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "arete/data/row_source.hpp"
#include "core/expect_error.hpp"
#include "core/temporary_folder.hpp"

/// Small IDX, NPY, gzip and text files, for the tests of their readers. Bytes are a std::string.
namespace arete::test_files {

using test::TemporaryFolder;

/// The bytes of values in one order of bytes.
template <typename T>
std::string bytes_of(const std::vector<T>& values, std::endian order = std::endian::little) {
  std::string bytes;
  for (const T value : values) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    std::string one(raw, sizeof(T));
    bytes += order == std::endian::native ? one : std::string(one.rbegin(), one.rend());
  }
  return bytes;
}

inline std::string idx_header(unsigned type, const std::vector<std::uint32_t>& shape) {
  std::string header{'\0', '\0', static_cast<char>(type), static_cast<char>(shape.size())};
  return header + bytes_of(shape, std::endian::big);
}

template <typename T>
std::string idx(unsigned type, const std::vector<std::uint32_t>& shape,
                const std::vector<T>& values) {
  return idx_header(type, shape) + bytes_of(values, std::endian::big);
}

/// A NumPy array file with this text as its header.
inline std::string npy_with_header(std::string header, std::string_view elements, int version = 1) {
  header += '\n';
  std::string bytes = "\x93NUMPY" + std::string{static_cast<char>(version), '\0'};
  const auto length = static_cast<std::uint32_t>(header.size());
  bytes += version == 1 ? bytes_of(std::vector{static_cast<std::uint16_t>(length)})
                        : bytes_of(std::vector{length});
  return (bytes + header).append(elements);
}

/// `type` as in "<f4", `shape` as in "(2, 3)".
inline std::string npy(const std::string& type, const std::string& shape, std::string_view elements,
                       bool fortran_order = false) {
  return npy_with_header("{'descr': '" + type + "', 'fortran_order': " +
                             (fortran_order ? "True" : "False") + ", 'shape': " + shape + ", }   ",
                         elements);
}

/// CRC-32 as gzip and moments files have it, bit by bit.
inline std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

/// One gzip member that stores up to 65,535 bytes as they are.
inline std::string gzip_stored(std::string_view bytes) {
  const auto length = static_cast<std::uint16_t>(bytes.size());
  const auto inverse = static_cast<std::uint16_t>(~length);
  return std::string("\x1F\x8B\x08\0\0\0\0\0\0\x03\x01", 11) +
         bytes_of(std::vector{length, inverse}) + std::string(bytes) +
         bytes_of(std::vector{crc32(bytes), static_cast<std::uint32_t>(bytes.size())});
}

/// All rows of a source, read in ranges of `step` rows.
template <typename T>
std::vector<T> read_all(const RowSource& source, std::uint64_t step) {
  std::vector<T> values;
  RowBlock block;
  const SourceInfo& info = source.info();
  EXPECT_EQ(element_size(info.type), sizeof(T));
  for (std::uint64_t first = 0; first < info.rows; first += step) {
    const RowRange range{first, std::min(first + step, info.rows)};
    source.read(range, block);
    EXPECT_EQ(block.first_row, first);
    EXPECT_EQ(block.rows, range.size());
    EXPECT_EQ(block.features, info.features);
    EXPECT_EQ(block.type, info.type);
    const std::size_t end = values.size();
    values.resize(end + block.rows * block.features);
    std::memcpy(values.data() + end, block.data, block.rows * block.features * sizeof(T));
  }
  return values;
}

/// That `action` throws an Error of this kind whose text holds every one of `parts`.
template <std::invocable Action>
void expect_error(ErrorKind kind, Action action, const std::vector<std::string>& parts = {}) {
  const std::string text = test::error_of(kind, action);
  for (const std::string& part : parts) EXPECT_THAT(text, testing::HasSubstr(part));
}

/// That each of a file's beginnings, itself excepted, is an Error (input) naming the file.
template <typename Action>
void expect_truncations_fail(const TemporaryFolder& folder, std::string_view bytes, Action open) {
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    SCOPED_TRACE(testing::Message() << "cut to " << length << " of " << bytes.size() << " bytes");
    const auto path = folder.write("cut", bytes.substr(0, length));
    expect_error(ErrorKind::input, [&] { return open(path); }, {path.string()});
  }
}

}  // namespace arete::test_files
