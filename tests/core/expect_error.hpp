#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

#include "arete/core/error.hpp"
#include "core/temporary_folder.hpp"

namespace arete::test {

/// The text of the Error of this kind that `operation` throws; a failure of the test without one.
template <typename Operation>
std::string error_of(ErrorKind kind, const Operation& operation) {
  try {
    static_cast<void>(operation());
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error was thrown";
  return {};
}

/// `operation` throws an Error of this kind whose text contains `text`.
template <typename Operation>
void expect_error(ErrorKind kind, const std::string& text, const Operation& operation) {
  EXPECT_THAT(error_of(kind, operation), testing::HasSubstr(text));
}

/// `read` refuses the file with an Error (input) that names it.
template <typename Read>
void expect_refused(const std::filesystem::path& path, Read read) {
  expect_error(ErrorKind::input, path.string(), [&] { read(path); });
}

/// `read` either succeeds or refuses the file with an Error (input), or one of these kinds.
template <typename Read>
void expect_survived(const std::filesystem::path& path, Read read,
                     std::initializer_list<ErrorKind> kinds = {ErrorKind::input}) {
  try {
    read(path);
  } catch (const Error& error) {
    EXPECT_THAT(kinds, testing::Contains(error.kind())) << error.what();
  }
}

/// Calls `check(path)` for the file with each of its bytes damaged in turn.
template <typename Check>
void for_each_damaged_byte(const std::filesystem::path& path, Check check) {
  const std::string whole = read_bytes(path);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto put = [&](std::size_t i, char byte) {
    file.seekp(static_cast<std::streamoff>(i)).put(byte).flush();
  };
  for (std::size_t i = 0; i < whole.size(); ++i) {
    SCOPED_TRACE("damaged byte " + std::to_string(i));
    put(i, static_cast<char>(whole[i] ^ (1 << i % 8)));
    check(path);
    put(i, whole[i]);
  }
}

/// Every truncation of the file, and the file with one more byte, is refused. Leaves it empty.
template <typename Read>
void expect_other_lengths_refused(const std::filesystem::path& path, Read read) {
  const auto size = std::filesystem::file_size(path);
  std::filesystem::resize_file(path, size + 1);
  expect_refused(path, read);
  for (auto shorter = size; shorter-- > 0;) {
    SCOPED_TRACE("cut to " + std::to_string(shorter));
    std::filesystem::resize_file(path, shorter);
    expect_refused(path, read);
  }
}

}  // namespace arete::test
