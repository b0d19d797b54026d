#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cstring>

#include <cmath>
#include <limits>

#include "arete/backend/backend.hpp"
#include "arete/core/error.hpp"
#include "core/expect_error.hpp"
#include "device/small_session.hpp"
#include "reference/compare.hpp"
#include "reference/data_set.hpp"
#include "reference/reference.hpp"

namespace arete {
namespace {

using reference::DataSet;
using test::add_rows;
using test::on_host_device;
using test::options_for;
using test::Schedule;
using test::small_tuning;

Moments only_part(Session& session) { return std::move(session.moments().front()); }

std::vector<Moments> as_parts(Moments moments) {
  std::vector<Moments> parts;
  parts.push_back(std::move(moments));
  return parts;
}

struct Shape {
  ElementType type;
  std::size_t features;
  std::size_t rows;
  std::size_t classes;
};

void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.rows << " rows of " << shape.features << " " << name_of(shape.type);
}

class DeviceSums : public ::testing::TestWithParam<std::tuple<Shape, Schedule>> {};

TEST_P(DeviceSums, AreThoseOfTheCpuToTheBit) {
  const auto [shape, schedule] = GetParam();
  const DataSet data =
      reference::random_data(shape.type, shape.rows, shape.features, shape.classes, 7);
  for (const PartRule& rule : {PartRule{}, holdout_rule(0.3, 1), folds_rule(3, 2)}) {
    for (const bool keep_rows : {true, false}) {
      for (const IntegerKernel kernel : {IntegerKernel::automatic, IntegerKernel::float64}) {
        SessionOptions options = options_for(data, rule);
        options.kernel = kernel;
        const auto cpu = cpu_backend()->open(options);
        device::Tuning tuning = small_tuning();
        tuning.keep_rows = keep_rows;  // where not, slots are used again
        const auto device = on_host_device(options, schedule, tuning);
        add_rows(*cpu, data, data.rows.size());
        add_rows(*device, data, 61);
        const auto expected = cpu->moments();
        const auto found = device->moments();
        ASSERT_EQ(found.size(), expected.size());
        for (std::size_t p = 0; p < found.size(); ++p) {
          reference::expect_identical(found[p], expected[p]);
        }
        const DataSummary summary = device->summary();
        EXPECT_EQ(summary.part_rows, cpu->summary().part_rows);
        EXPECT_EQ(summary.mean_eigenvalue, cpu->summary().mean_eigenvalue);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, DeviceSums,
    ::testing::Combine(::testing::Values(Shape{ElementType::uint8, 1, 5, 2},
                                         Shape{ElementType::uint8, 16, 33, 3},
                                         Shape{ElementType::uint8, 37, 300, 4},
                                         Shape{ElementType::uint8, 31, 128, 2},
                                         Shape{ElementType::int8, 15, 48, 2},
                                         Shape{ElementType::int8, 50, 333, 11},
                                         Shape{ElementType::int16, 20, 150, 3}),
                       ::testing::Values(Schedule::at_once, Schedule::as_late_as_possible,
                                         Schedule::main_lane_late)));

TEST(DeviceSums, OfTheWholePanelAreExactAtTheExtremes) {
  // Every product at its largest, for as many rows as one int32 takes and a few more.
  for (const ElementType type : {ElementType::uint8, ElementType::int8}) {
    for (const double extreme : {type == ElementType::uint8 ? 255.0 : -128.0, 0.0}) {
      DataSet data{type, 2, {"a", "b"}, {}, {}};
      data.rows.assign(device::Int8Product::most_rows + 5, std::vector<double>(2, extreme));
      data.labels.assign(data.rows.size(), 1);
      const auto session =
          on_host_device(options_for(data), Schedule::as_late_as_possible, device::Tuning{});
      add_rows(*session, data, data.rows.size());
      const Moments moments = only_part(*session);
      const auto rows = static_cast<double>(data.rows.size());
      EXPECT_EQ(moments.gram(0, 1), extreme * extreme * rows);
      EXPECT_EQ(moments.class_sums(1, 0), extreme * rows);
      EXPECT_EQ(moments.class_sums(0, 0), 0);
      EXPECT_EQ(moments.rows, data.rows.size());
    }
  }
}

TEST(DeviceSums, PixelsStoredAsFloatsGiveTheBytesOfPixels) {
  for (const ElementType integer : {ElementType::uint8, ElementType::int8, ElementType::int16}) {
    const DataSet data = reference::random_data(integer, 333, 50, 4, 3);
    for (const ElementType type : {ElementType::float32, ElementType::float64}) {
      const DataSet floats = reference::as_type(data, type);
      const auto session = on_host_device(options_for(floats));
      add_rows(*session, floats, floats.rows.size());
      reference::expect_identical(only_part(*session), reference::moments(data));
    }
  }
}

TEST(DeviceSums, FloatsOfBothSignsAndFractionsComeInAnyOrder) {
  // Shards of bytes, of signed bytes, of wide integers, and at last of fractions.
  DataSet data = reference::random_data(ElementType::float64, 4 * 8192, 3, 2, 3);
  for (std::size_t r = 0; r < data.rows.size(); ++r) {
    const double scale = std::vector<double>{255, -128, 30000, 0.3}[r / 8192];
    for (double& value : data.rows[r]) {
      value = r / 8192 == 3 ? scale * value : std::trunc(scale * std::abs(std::sin(value)));
    }
  }
  for (const std::size_t shards : {1, 2, 3, 4}) {
    const DataSet some = data.slice(0, shards * 8192);
    const auto session = on_host_device(options_for(some));
    const auto cpu = cpu_backend()->open(options_for(some));
    add_rows(*session, some, 8192);
    add_rows(*cpu, some, 8192);
    const Moments moments = only_part(*session);
    EXPECT_EQ(moments.exact, shards < 4);
    if (shards < 4) {
      reference::expect_identical(moments, only_part(*cpu));
    } else {
      reference::expect_close(moments, only_part(*cpu), 1e-13);
    }
  }
}

TEST(DeviceSums, NameTheFirstValueThatIsNotFinite) {
  for (const ElementType type : {ElementType::float32, ElementType::float64}) {
    for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
      DataSet data = reference::random_data(type, 50, 20, 2, 1);
      data.rows[31][17] = bad;
      data.rows[40][3] = bad;
      const auto session = on_host_device(options_for(data));
      test::expect_error(ErrorKind::input, "memory: row 31, column 17", [&] {
        add_rows(*session, data, 50);
        return 0;
      });
    }
  }
}

TEST(DeviceSums, OfMomentsAndRowsAreTheirSum) {
  const DataSet data = reference::random_data(ElementType::uint8, 200, 21, 3, 5);
  const auto session = on_host_device(options_for(data));
  add_rows(*session, data.slice(0, 80), 33);
  session->add(as_parts(reference::moments(data.slice(80, 200))));
  reference::expect_identical(only_part(*session), reference::moments(data));
}

TEST(DeviceSums, BeyondTheExactLimitAreRefused) {
  const DataSet data{ElementType::int16, 2, {"a", "b"}, {{1, 2}, {3, 4}}, {0, 1}};
  Moments huge = empty_moments(2, data.classes);
  huge.rows = 1;
  huge.class_counts = {1, 0};
  huge.gram(0, 0) = exact_limit - 1;
  for (const ElementType type : {ElementType::int16, ElementType::uint8, ElementType::float64}) {
    const DataSet typed = reference::as_type(data, type);
    const auto session = on_host_device(options_for(typed));
    session->add(as_parts(clone(huge)));
    if (is_integer(type)) {
      test::expect_error(ErrorKind::input, "2^53", [&] {
        add_rows(*session, typed, 2);
        return 0;
      });
    } else {
      add_rows(*session, typed, 2);
      EXPECT_FALSE(only_part(*session).exact);
    }
  }
}

TEST(DeviceSums, AreRefusedWhereTheyDoNotFitTheMemory) {
  const DataSet data = reference::random_data(ElementType::uint8, 10, 100, 2, 1);
  test::expect_error(ErrorKind::resource, "of which 100000 are free", [&] {
    return device::open_session(test::host_device(Schedule::at_once, 100'000), options_for(data),
                                nullptr, small_tuning());
  });
}

TEST(DeviceSums, EmulatesOnlyWhatIsInexact) {
  // Of integers the bits must be those of every other kernel.
  for (const ElementType type : {ElementType::uint8, ElementType::int16, ElementType::float64}) {
    const DataSet data = reference::random_data(type, 200, 21, 3, 5);
    SessionOptions options = options_for(data);
    options.kernel = IntegerKernel::emulated;
    const auto session = on_host_device(options);
    add_rows(*session, data, 200);
    if (is_integer(type)) {
      reference::expect_identical(only_part(*session), reference::moments(data));
    } else {
      reference::expect_close(only_part(*session), reference::moments(data), 1e-13);
    }
    test::expect_error(ErrorKind::unavailable, "that is a GPU's",
                       [&] { return cpu_backend()->open(options); });
  }
}

TEST(DeviceSums, EmulateByThemselvesOnlyWhereFloat64IsSlow) {
  const DataSet data = reference::random_data(ElementType::float64, 200, 21, 3, 5);
  for (const bool slow : {false, true}) {
    for (const IntegerKernel kernel : {IntegerKernel::automatic, IntegerKernel::float64}) {
      SessionOptions options = options_for(data);
      options.kernel = kernel;
      const auto session =
          device::open_session(test::host_device(Schedule::at_once, std::size_t{1} << 30, slow),
                               options, nullptr, small_tuning());
      EXPECT_EQ(session->emulates_float64(), slow && kernel == IntegerKernel::automatic);
      add_rows(*session, data);
      reference::expect_close(only_part(*session), reference::moments(data), 1e-13);
    }
  }
}

TEST(DeviceSums, OfRowsMadeOnTheDeviceAreThoseOfRowsThatTravel) {
  for (const ElementType type : {ElementType::uint8, ElementType::float32}) {
    const DataSet data = reference::random_data(type, 210, 13, 3, 5);
    const SessionOptions options = options_for(data, holdout_rule(0.4, 2));
    const auto expected = on_host_device(options);
    const auto made = on_host_device(options);
    RowBlock block;
    reference::open(data)->read({0, 210}, block);
    expected->add(block, "memory");
    RowBlock labels;
    labels.rows = block.rows;
    labels.labels = block.labels;
    const std::size_t row_bytes = 13 * element_size(type);
    made->add_made(labels, [&](std::uint64_t first, std::size_t rows, std::byte* into) {
      std::memcpy(into, block.row(first), rows * row_bytes);
    });
    const auto a = expected->moments();
    const auto b = made->moments();
    for (std::size_t part = 0; part < 2; ++part) reference::expect_identical(b[part], a[part]);

    const RidgePath path = expected->solve({1, {1, 100}});
    ScoreCounts of_block;
    ScoreCounts of_labels;  // whose rows are on the device alone
    expected->scorer(path)->score(block, 1, of_block);
    made->scorer(path)->score(labels, 1, of_labels);
    EXPECT_EQ(of_labels.rows, of_block.rows);
    EXPECT_EQ(of_labels.correct, of_block.correct);
  }
}

TEST(DeviceSums, TheKernelOfCpusIsRefused) {
  SessionOptions options = options_for(reference::random_data(ElementType::uint8, 2, 2, 2, 1));
  for (const auto& [kernel, name] :
       {std::pair{IntegerKernel::amx, "amx"}, std::pair{IntegerKernel::vnni, "vnni"},
        std::pair{IntegerKernel::avx2, "avx2"}}) {
    options.kernel = kernel;
    test::expect_error(ErrorKind::unavailable, fmt::format("the {} kernel", name),
                       [&] { return on_host_device(options); });
  }
}

}  // namespace
}  // namespace arete
