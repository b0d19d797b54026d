#include "arete/data/npy.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <thread>

#include "arete/data/array_source.hpp"
#include "data/test_files.hpp"

namespace arete {
namespace {

using test_files::bytes_of;
using test_files::expect_error;
using test_files::npy;
using test_files::npy_with_header;
using test_files::read_all;
using testing::ElementsAre;

class Npy : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<RowSource> open(std::string_view bytes,
                                                const OpenOptions& options = {}) const {
    return open_array(folder.write("rows.npy", bytes), options);
  }
  template <typename T>
  void expect_read(const std::string& type, std::endian order, ElementType element,
                   const std::vector<T>& values) const {
    SCOPED_TRACE(type);
    const std::string bytes = npy(type, "(3, 2)", bytes_of(values, order));
    for (const std::string& file : {bytes, test_files::gzip_stored(bytes)}) {
      const auto source = open(file);
      EXPECT_EQ(source->info().type, element);
      for (const std::uint64_t step : {1, 2, 3}) EXPECT_EQ(read_all<T>(*source, step), values);
    }
  }

  test_files::TemporaryFolder folder;
};

TEST_F(Npy, ReadsEveryElementTypeInBothOrdersOfBytes) {
  using enum ElementType;
  expect_read<std::uint8_t>("|u1", std::endian::little, uint8, {0, 1, 127, 128, 254, 255});
  expect_read<std::uint8_t>("|b1", std::endian::little, uint8, {0, 1, 1, 0, 0, 1});
  expect_read<std::int8_t>("|i1", std::endian::little, int8, {0, 1, 127, -128, -2, -1});
  for (const auto order : {std::endian::little, std::endian::big}) {
    const std::string mark = order == std::endian::little ? "<" : ">";
    expect_read<std::int16_t>(mark + "i2", order, int16, {0, 1, 32767, -32768, 258, -2});
    expect_read<float>(mark + "f4", order, float32, {0.0F, -1.5F, 3e38F, 1e-45F, 0.1F, 7.0F});
    expect_read<double>(mark + "f8", order, float64, {0.0, -1.5, 1e308, 5e-324, 0.1, 7.0});
  }
  expect_read<float>("=f4", std::endian::native, float32, {0.0F, -1.5F, 3e38F, 1e-45F, 0.1F, 7.0F});
}

/// By the definition of IEEE 754: sign, 5 bits of exponent, 10 bits of fraction.
float half_by_definition(std::uint16_t half) {
  const int exponent = half >> 10 & 31;
  const int fraction = half & 1023;
  const float infinity = std::numeric_limits<float>::infinity();
  const float magnitude = exponent == 31 ? (fraction == 0 ? infinity : std::nanf(""))
                          : exponent == 0
                              ? std::ldexp(static_cast<float>(fraction), -24)
                              : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

TEST_F(Npy, Float16BecomesFloat32Exactly) {
  std::vector<std::uint16_t> halves(65536);
  std::iota(halves.begin(), halves.end(), std::uint16_t{0});
  for (const auto order : {std::endian::little, std::endian::big}) {
    const std::string type = order == std::endian::little ? "<f2" : ">f2";
    const std::string elements = bytes_of(halves, order);
    for (const bool fortran : {false, true}) {
      const auto source = open(npy(type, fortran ? "(1, 65536)" : "(4096, 16)", elements, fortran));
      EXPECT_EQ(source->info().type, ElementType::float32);
      const auto values = read_all<float>(*source, 1000);
      for (std::size_t i = 0; i < halves.size(); ++i) {
        const float expected = half_by_definition(halves[i]);
        if (std::isnan(expected)) {
          EXPECT_TRUE(std::isnan(values[i])) << i;
        } else {
          EXPECT_EQ(values[i], expected) << i;
          EXPECT_EQ(std::signbit(values[i]), std::signbit(expected)) << i;
        }
      }
    }
  }
}

/// Element (n, i, j) of a 7 x 3 x 11 array is its own place in C order.
template <typename T>
std::string fortran_elements(std::endian order) {
  std::vector<T> values;
  for (int j = 0; j < 11; ++j) {
    for (int i = 0; i < 3; ++i) {
      for (int n = 0; n < 7; ++n) values.push_back(static_cast<T>((n * 3 + i) * 11 + j));
    }
  }
  return bytes_of(values, order);
}

TEST_F(Npy, FortranOrderIsFlattenedInCOrder) {
  const auto expect_count = [&]<typename T>(const std::string& type, std::endian order, T) {
    std::vector<T> expected(7 * 3 * 11);
    std::iota(expected.begin(), expected.end(), T{0});
    const auto source = open(npy(type, "(7, 3, 11)", fortran_elements<T>(order), true));
    EXPECT_THAT(source->info().shape, ElementsAre(3, 11));
    for (const std::uint64_t step : {1, 3, 7}) EXPECT_EQ(read_all<T>(*source, step), expected);
  };
  expect_count("|u1", std::endian::little, std::uint8_t{});
  expect_count("<i2", std::endian::little, std::int16_t{});
  expect_count(">i2", std::endian::big, std::int16_t{});
  expect_count("<f4", std::endian::little, float{});
  expect_count("<f8", std::endian::little, double{});
  expect_count(">f8", std::endian::big, double{});
}

TEST_F(Npy, ReadsEveryVersionAndOrderOfKeys) {
  const std::string elements = bytes_of(std::vector<std::uint8_t>{1, 2, 3, 4});
  for (const int version : {1, 2, 3}) {
    for (const char* header :
         {"{'descr':'|u1','fortran_order':False,'shape':(2,2)}",
          "{ 'shape' : (2, 2,) , \"fortran_order\": False, 'descr': 'u1', } "}) {
      const auto source = open(npy_with_header(header, elements, version));
      EXPECT_THAT(read_all<std::uint8_t>(*source, 2), ElementsAre(1, 2, 3, 4));
    }
  }
}

TEST_F(Npy, LabelsAreFoundByTheCustomaryName) {
  const std::string rows = npy("|u1", "(2, 1)", "ab");
  const std::string labels = npy("<i8", "(2,)", bytes_of(std::vector<std::int64_t>{5, -3}));
  const std::vector<std::pair<std::string, std::string>> names{
      {"X.npy", "y.npy"},
      {"x_test.npy", "y_test.npy"},
      {"max_X_train.npy", "max_y_train.npy"},
      {"train_images.npy", "train_labels.npy"},
      {"features-0.npy", "labels-0.npy"},
      {"mydata.npy", "mylabels.npy"}};
  for (const auto& [rows_name, labels_name] : names) {
    const test_files::TemporaryFolder fresh;
    const auto path = fresh.write(rows_name, rows);
    EXPECT_TRUE(open_array(path, {})->info().classes.empty());
    fresh.write(labels_name, labels);
    EXPECT_THAT(open_array(path, {})->info().classes, ElementsAre("-3", "5")) << rows_name;
  }
}

TEST_F(Npy, EveryTruncationAndEveryLongerFileIsAnError) {
  for (const int version : {1, 2}) {
    const std::string bytes =
        npy_with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }",
                        bytes_of(std::vector<float>{1, 2}), version);
    const auto open_path = [](const auto& path) { return open_array(path, {}); };
    test_files::expect_truncations_fail(folder, bytes, open_path);
    expect_error(ErrorKind::input, [&] { return open(bytes + 'x'); }, {"too long"});
  }
}

TEST_F(Npy, DamagedHeadersAreErrors) {
  for (const char* header : {
           "",
           "{}",
           "{'descr': '|u1', 'fortran_order': False}",
           "{'descr': '|u1', 'shape': (1, 1)}",
           "{'fortran_order': False, 'shape': (1, 1)}",
           "'descr': '|u1', 'fortran_order': False, 'shape': (1, 1)}",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1)",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1)} {",
           "{'descr': '|u1' 'fortran_order': False, 'shape': (1, 1)}",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1), 'more': 1}",
           "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1, 1)}",
           "{'descr': '|u1\", 'fortran_order': False, 'shape': (1, 1)}",
           "{descr: '|u1', 'fortran_order': False, 'shape': (1, 1)}",
           "{'descr': '|u1', 'fortran_order': false, 'shape': (1, 1)}",
           "{'descr': '|u1', 'fortran_order': False, 'shape': [1, 1]}",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (1 1)}",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (1, -1)}",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1.0)}",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (,)}",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (1)}",
           "{'descr': '|u1', 'fortran_order': False, 'shape': ()}",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 1)}",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2)}",
           "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
           "{'descr': '|u1', 'fortran_order': False, 'shape': (18446744073709551616, 1)}",
           "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952, 1)}",
           "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 1)}",
       }) {
    SCOPED_TRACE(header);
    expect_error(ErrorKind::input, [&] { return open(npy_with_header(header, "x")); },
                 {"rows.npy"});
  }
}

TEST_F(Npy, TheHeaderErrorNamesTheByte) {
  const std::string header = "{'descr': '|u1', 'fortran_order': Maybe, 'shape': (1, 1)}";
  const std::string place = "byte " + std::to_string(10 + header.find("Maybe"));
  expect_error(ErrorKind::input, [&] { return open(npy_with_header(header, "x")); },
               {place, "True or False", "0x4d"});
}

TEST_F(Npy, DamagedBeginningsAreErrors) {
  const std::string good = npy("|u1", "(1, 1)", "x");
  for (const std::size_t at : {0, 5, 6, 7, 8, 9}) {
    std::string damaged = good;
    damaged[at] = '\xFF';
    expect_error(ErrorKind::input, [&] { return open(damaged); });
  }
  std::string huge = npy_with_header("{}", std::string(100, ' '), 2);
  huge.replace(8, 4, "\xFF\xFF\xFF\xFF");
  expect_error(ErrorKind::input, [&] { return open(huge); }, {"4294967295 bytes long"});
}

TEST_F(Npy, OtherTypesAreRefusedWithWhatIsRead) {
  for (const char* type : {"<u2", "<i4", "<i8", "<u8"}) {
    expect_error(ErrorKind::input,
                 [&] { return open(npy(type, "(1, 1)", std::string(type[2] - '0', 'x'))); },
                 {"float16, float32, float64"});
  }
  for (const char* type : {"<c8", "|S3", "<U5", "|O", "<M8[ns]", "<f16", "u3", "", "<", "b2"}) {
    expect_error(ErrorKind::input, [&] { return open(npy(type, "(1, 1)", "12345678")); },
                 {std::string("'") + type + "'", "float16, float32 or float64"});
  }
}

TEST_F(Npy, ThreadsReadFortranOrderAtOnce) {
  const auto source =
      open(npy("<i2", "(7, 3, 11)", fortran_elements<std::int16_t>(std::endian::little), true));
  const auto expected = read_all<std::int16_t>(*source, 7);
  std::vector<std::vector<std::int16_t>> seen(2);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      threads.emplace_back([&, i] {
        for (int times = 0; times < 50; ++times) {
          seen[i] = read_all<std::int16_t>(*source, 1 + i);
        }
      });
    }
  }
  for (const auto& one : seen) EXPECT_EQ(one, expected);
}

TEST_F(Npy, RangesOfAHugeSparseFileAreRead) {
  for (const bool fortran : {false, true}) {
    const std::string header = npy("<f4", "(5000000, 1000)", "", fortran);
    const auto path = folder.write("sparse.npy", header);
    const std::uintmax_t bytes = header.size() + 20'000'000'000U;
    std::filesystem::resize_file(path, bytes);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(bytes - sizeof(float)));
    file << bytes_of(std::vector{2.5F});
    file.close();
    RowBlock block;
    open_array(path, {})->read({4999998, 5000000}, block);
    EXPECT_EQ(block.storage.size(), 2 * 1000 * sizeof(float));
    std::vector<float> values(2000);
    std::memcpy(values.data(), block.data, values.size() * sizeof(float));
    EXPECT_EQ(values.back(), 2.5F);
    EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0.0F), 2.5F);
  }
}

}  // namespace
}  // namespace arete
