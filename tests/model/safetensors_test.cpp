#include "arete/model/safetensors.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "core/expect_error.hpp"
#include "core/temporary_folder.hpp"

namespace arete {
namespace {

using test::expect_error;
using test::TemporaryFolder;
using test::write_bytes;

/// A safetensors file with this header, unpadded, and `size` zero bytes of data.
std::string file_of(const std::string& header, std::size_t size) {
  const std::uint64_t length = header.size();
  std::string bytes(sizeof(length), '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  return bytes + header + std::string(size, '\0');
}

TEST(Safetensors, KeepsTensorsAndMetadata) {
  const TemporaryFolder folder;
  const std::vector<double> a{1, 2, 3, 4, 5, 6};
  const std::vector<double> b{-0.5};
  const std::vector<TensorView> tensors{{"z", {2, 3}, a}, {"none", {0, 4}, {}}, {"scalar", {}, b}};
  write_tensors(tensors, {{"key", "value \"é\""}, {"a", ""}}, folder / "x", false);
  const TensorFile found = read_tensors(folder / "x");
  EXPECT_EQ(found.metadata, (TensorMetadata{{"key", "value \"é\""}, {"a", ""}}));
  ASSERT_EQ(found.tensors.size(), 3U);
  for (const TensorView& tensor : tensors) {
    const auto same = std::ranges::find(found.tensors, tensor.name, &Tensor::name);
    ASSERT_NE(same, found.tensors.end());
    EXPECT_EQ(same->shape, tensor.shape);
    EXPECT_TRUE(std::ranges::equal(same->values, tensor.values));
  }
}

TEST(Safetensors, HasTheBytesOfTheFormat) {
  const TemporaryFolder folder;
  const std::vector<double> one{1};
  write_tensors(std::vector<TensorView>{{"w", {1}, one}}, {{"k", "v"}}, folder / "x", false);
  const std::string header =
      R"({"__metadata__":{"k":"v"},"w":{"data_offsets":[0,8],"dtype":"F64","shape":[1]}})";
  const std::string padded = header + std::string(8 - header.size() % 8, ' ');
  std::string expected = file_of(padded, 8);
  expected[expected.size() - 2] = '\xf0';
  expected[expected.size() - 1] = '\x3f';
  EXPECT_EQ(test::read_bytes(folder / "x"), expected);
}

TEST(Safetensors, IsRecognised) {
  const TemporaryFolder folder;
  write_bytes(folder / "x", file_of("{}", 0));
  EXPECT_TRUE(is_tensor_file(folder / "x"));
  EXPECT_TRUE(read_tensors(folder / "x").tensors.empty());
  write_bytes(folder / "x", file_of("[]", 0));
  EXPECT_FALSE(is_tensor_file(folder / "x"));
  write_bytes(folder / "x", "{\"json\": \"text\"}");
  EXPECT_FALSE(is_tensor_file(folder / "x"));
  EXPECT_FALSE(is_tensor_file(folder.path()));
}

void expect_refused(const std::string& text, const std::string& header, std::size_t size) {
  SCOPED_TRACE(header);
  const TemporaryFolder folder;
  write_bytes(folder / "file", file_of(header, size));
  expect_error(ErrorKind::input, "file: ", [&] { return read_tensors(folder / "file"); });
  expect_error(ErrorKind::input, text, [&] { return read_tensors(folder / "file"); });
}

TEST(Safetensors, RefusesAHeaderThatIsNone) {
  expect_refused("byte 12: the header is no JSON", R"({"a"x})", 0);
  expect_refused("the header is no JSON", "", 0);
  expect_refused("is no JSON object", "[]", 0);
  expect_refused("cannot be read", R"({"a":1e999})", 0);
  expect_refused("is no JSON", "{\"\xff\":1}", 0);
  expect_refused("two entries \"a\"", R"({"a":1,"a":2})", 0);
  expect_refused("__metadata__", R"({"__metadata__":[]})", 0);
  expect_refused("\"k\" is no string", R"({"__metadata__":{"k":1}})", 0);
}

TEST(Safetensors, RefusesWhatIsNestedWithoutEnd) {
  const TemporaryFolder folder;
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  for (const std::string& header :
       {R"({"a":{"dtype":)" + deep + R"(,"shape":[1],"data_offsets":[0,8]}})",
        R"({"__metadata__":)" + deep + "}", R"({"a":)" + deep + R"(,"a":1})"}) {
    write_bytes(folder / "x", file_of(header, 8));
    expect_error(ErrorKind::input, "nested more than 8 deep",
                 [&] { return read_tensors(folder / "x"); });
  }
}

TEST(Safetensors, QuotesOnlyTheBeginningOfWhatIsWrong) {
  const TemporaryFolder folder;
  const std::string longest = '"' + std::string(100'000, 'x') + '"';
  for (const std::string& header :
       {R"({"a":{"dtype":)" + longest + R"(,"shape":[1],"data_offsets":[0,8]}})",
        "{" + longest + ":1," + longest + ":1}", "{" + longest + longest + "}"}) {
    write_bytes(folder / "x", file_of(header, 8));
    try {
      static_cast<void>(read_tensors(folder / "x"));
      ADD_FAILURE() << "was accepted";
    } catch (const Error& error) {
      EXPECT_LT(std::string(error.what()).size(), 1000U);
    }
  }
}

TEST(Safetensors, RefusesALengthBeyondTheFile) {
  const TemporaryFolder folder;
  for (const std::uint64_t length :
       {std::uint64_t{3}, std::uint64_t{200'000'000}, ~std::uint64_t{0}}) {
    std::string bytes = file_of("{}", 0);
    std::memcpy(bytes.data(), &length, sizeof(length));
    write_bytes(folder / "x", bytes);
    expect_error(ErrorKind::input, "states a header of",
                 [&] { return read_tensors(folder / "x"); });
  }
}

TEST(Safetensors, RefusesTensorsThatDoNotFit) {
  expect_refused("must have", R"({"a":1})", 0);
  expect_refused("must have", R"({"a":{"dtype":"F64","shape":[1]}})", 8);
  expect_refused("only \"F64\" is read",
                 R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
  expect_refused("only \"F64\" is read", R"({"a":{"dtype":64,"shape":[1],"data_offsets":[0,8]}})",
                 8);
  expect_refused("shape is no list", R"({"a":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}})",
                 8);
  expect_refused("shape is no list", R"({"a":{"dtype":"F64","shape":1,"data_offsets":[0,8]}})", 8);
  expect_refused("makes 16 bytes", R"({"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}})", 8);
  expect_refused("makes 8 bytes", R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[8,0]}})", 8);
  expect_refused("makes 8 bytes", R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[8]}})", 8);
  expect_refused("more than this machine can count",
                 R"({"a":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]}})",
                 0);
  expect_refused("more than this machine can count",
                 R"({"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}})", 0);
}

TEST(Safetensors, RefusesHolesOverlapsAndRests) {
  const std::string a = R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},)";
  expect_refused("begins at byte 16 of the data; 8 was expected",
                 a + R"("b":{"dtype":"F64","shape":[1],"data_offsets":[16,24]}})", 24);
  expect_refused("begins at byte 0 of the data; 8 was expected",
                 a + R"("b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})", 8);
  expect_refused("has 17 bytes of data, but its tensors take 16",
                 a + R"("b":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}})", 17);
  expect_refused("has 15 bytes of data",
                 a + R"("b":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}})", 15);
}

TEST(Safetensors, WithAnyDamageNeverCrashes) {
  const TemporaryFolder folder;
  const std::vector<double> values{1, 2, 3, 4};
  write_tensors(std::vector<TensorView>{{"w", {2, 2}, values}}, {{"k", "v"}}, folder / "x", false);
  const auto read = [](const auto& path) { return read_tensors(path); };
  test::for_each_damaged_byte(folder / "x",
                              [&](const auto& path) { test::expect_survived(path, read); });
  test::expect_other_lengths_refused(folder / "x", read);
}

}  // namespace
}  // namespace arete
