#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "data/test_files.hpp"

/// A small data set of three classes that a line can tell apart, as files.
namespace arete::sample {

inline constexpr std::uint32_t classes = 3;
inline constexpr std::uint32_t width = 3;
inline constexpr std::uint32_t height = 2;
inline constexpr std::uint32_t features = width * height;

inline std::vector<std::uint8_t> labels(std::uint32_t rows, std::uint32_t first = 0) {
  std::vector<std::uint8_t> values;
  for (std::uint32_t i = first; i < first + rows; ++i) {
    values.push_back(static_cast<std::uint8_t>(i % classes));
  }
  return values;
}

/// Feature k is large in class k; the rest is small and without a pattern.
inline std::vector<std::uint8_t> pixels(std::uint32_t rows, std::uint32_t first = 0) {
  std::vector<std::uint8_t> values;
  for (std::uint32_t i = first; i < first + rows; ++i) {
    for (std::uint32_t j = 0; j < features; ++j) {
      const std::uint32_t noise = ((i * 2654435761U + j * 40503U) >> 13U) % 8U;
      values.push_back(static_cast<std::uint8_t>((j == i % classes ? 100U : 0U) + noise));
    }
  }
  return values;
}

/// Images as MNIST names them; their path. `set` is "train" or "t10k".
inline std::filesystem::path write_mnist(const test_files::TemporaryFolder& folder,
                                         const std::string& set, std::uint32_t rows,
                                         std::uint32_t first = 0) {
  folder.write(set + "-labels-idx1-ubyte", test_files::idx(0x08, {rows}, labels(rows, first)));
  return folder.write(set + "-images-idx3-ubyte",
                      test_files::idx(0x08, {rows, height, width}, pixels(rows, first)));
}

/// NAME.npy and NAME-labels.npy; the path of the first.
inline std::filesystem::path write_npy(const test_files::TemporaryFolder& folder,
                                       const std::string& name, std::uint32_t rows,
                                       std::uint32_t first = 0) {
  const std::string count = std::to_string(rows);
  folder.write(name + "-labels.npy", test_files::npy("|u1", "(" + count + ",)",
                                                     test_files::bytes_of(labels(rows, first))));
  return folder.write(name + ".npy",
                      test_files::npy("|u1", "(" + count + ", " + std::to_string(features) + ")",
                                      test_files::bytes_of(pixels(rows, first))));
}

/// A command on what write_npy wrote, and more words.
inline std::vector<std::string> on_npy(std::string command,
                                       const test_files::TemporaryFolder& folder,
                                       const std::string& name,
                                       const std::vector<std::string>& more = {}) {
  const auto at = [&](const char* end) { return (folder.path() / (name + end)).string(); };
  std::vector<std::string> words = {std::move(command), at(".npy"), "--labels", at("-labels.npy")};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// NAME.npy of zero bytes, a file with holes, of which the disk holds next to nothing, and
/// NAME-labels.npy: every third row is of class 1, the others of class 0. The path of the first.
inline std::filesystem::path write_zeros(const test_files::TemporaryFolder& folder,
                                         const std::string& name, std::uint64_t rows,
                                         std::uint64_t columns) {
  const std::string count = std::to_string(rows);
  std::vector<std::uint8_t> labels(rows);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i % 3 == 0 ? 1 : 0;
  folder.write(name + "-labels.npy",
               test_files::npy("|u1", "(" + count + ",)", test_files::bytes_of(labels)));
  const auto path =
      folder.write(name + ".npy",
                   test_files::npy("|u1", "(" + count + ", " + std::to_string(columns) + ")", ""));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) + rows * columns);
  return path;
}

}  // namespace arete::sample
