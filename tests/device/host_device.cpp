#include "device/host_device.hpp"

#include <gtest/gtest.h>
#include <lapack.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "arete/core/blas.hpp"
#include "arete/core/error.hpp"

namespace arete::test {

namespace {

using device::Int8Product;
using device::Kernel;
using device::Product;
using device::Stage;

/// Fills memory that nobody wrote: a NaN in any floating-point type, and no plausible integer.
constexpr int poison = 0xff;

class HostDevice final : public device::Device {
 public:
  HostDevice(Schedule schedule, std::size_t memory, bool slow_float64)
      : schedule_(schedule), free_(memory), slow_float64_(slow_float64) {}
  ~HostDevice() override { EXPECT_TRUE(allocations_.empty()) << "memory was not released"; }
  HostDevice(const HostDevice&) = delete;
  HostDevice& operator=(const HostDevice&) = delete;

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] bool should_emulate_float64() const override { return slow_float64_; }
  [[nodiscard]] std::size_t free_memory() const override { return free_; }

  [[nodiscard]] void* allocate(std::size_t bytes) override {
    finish_all();
    if (bytes > free_) {
      fail(ErrorKind::resource, "{}: {} bytes are needed, {} are free", name_, bytes, free_);
    }
    void* const memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    std::memset(memory, poison, bytes);
    allocations_[static_cast<std::byte*>(memory)] = bytes;
    free_ -= bytes;
    return memory;
  }
  void release(void* memory) noexcept override {
    finish_all();
    const auto found = allocations_.find(static_cast<std::byte*>(memory));
    free_ += found->second;
    allocations_.erase(found);
    std::free(memory);
  }
  [[nodiscard]] void* allocate_pinned(std::size_t bytes) override {
    void* const memory = std::malloc(bytes);
    std::memset(memory, poison, bytes);
    return memory;
  }
  void release_pinned(void* memory) noexcept override {
    finish_all();
    std::free(memory);
  }

  void upload(int lane, void* to, const void* from, std::size_t bytes) override {
    expect_inside(to, bytes);
    give(lane, [=] { std::memcpy(to, from, bytes); });
  }
  void download(int lane, void* to, const void* from, std::size_t bytes) override {
    expect_inside(from, bytes);
    give(lane, [=] { std::memcpy(to, from, bytes); });
  }
  void copy(int lane, void* to, const void* from, std::size_t bytes) override {
    expect_inside(to, bytes);
    expect_inside(from, bytes);
    give(lane, [=] { std::memcpy(to, from, bytes); });
  }
  void clear(int lane, void* memory, std::size_t bytes) override {
    if (bytes > 0) expect_inside(memory, bytes);
    give(lane, [=] { std::memset(memory, 0, bytes); });
  }

  void record(int lane, int event) override { events_.at(index(event)) = {lane, given(lane)}; }
  void wait(int lane, int event) override {
    const Point point = events_.at(index(event));
    if (point.lane != lane) give(lane, [this, point] { catch_up(point); });
  }
  void synchronise_event(int event) override { catch_up(events_.at(index(event))); }
  void synchronise(int lane) override { catch_up({lane, given(lane)}); }

  void run(int lane, const Kernel& kernel) override {
    give(lane, [kernel] {
      std::visit(
          [](const auto& k) {
            for (std::size_t i = 0; i < k.size(); ++i) k(i);
          },
          kernel);
    });
  }
  void reduce_rows(int lane, const device::RowReduction& r) override {
    expect_inside(r.a, r.rows * r.columns * sizeof(double));
    expect_inside(r.into, r.rows * sizeof(double));
    give(lane, [r] {
      for (std::size_t i = 0; i < r.rows; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < r.columns; ++j) {
          sum = r.combine(sum, r.element(i * r.columns + j));
        }
        r.into[i] = sum;
      }
    });
  }
  void sum_magnitudes(int lane, const std::int8_t* rows, std::size_t count, std::size_t columns,
                      std::int32_t* into) override {
    expect_inside(rows, count * columns);
    give(lane, [=] {
      for (std::size_t i = 0; i < count; ++i) {
        into[i] = 0;
        for (std::size_t j = 0; j < columns; ++j) into[i] += std::abs(rows[i * columns + j]);
      }
    });
  }
  void count_ones(int lane, const std::uint8_t* rows, std::size_t count, std::size_t columns,
                  std::uint64_t* into) override {
    expect_inside(rows, count * columns);
    expect_inside(into, count * sizeof(std::uint64_t));
    give(lane, [=] {
      for (std::size_t i = 0; i < count; ++i) {
        into[i] = static_cast<std::uint64_t>(
            std::count(rows + i * columns, rows + (i + 1) * columns, std::uint8_t{1}));
      }
    });
  }
  [[nodiscard]] device::ValueSummary examine(int lane, const device::ExamineRows& rows) override {
    synchronise(lane);
    device::ValueSummary summary;
    for (std::size_t i = 0; i < rows.size(); ++i) summary = summary + rows(i);
    return summary;
  }

  void multiply(int lane, const Int8Product& product) override;
  void multiply(int lane, const Product& product) override;
  void add_gram(int lane, const device::GramProduct& product) override;
  void add_scaled(int lane, std::size_t count, double alpha, const double* x, double* y) override {
    expect_inside(x, count * sizeof(double));
    expect_inside(y, count * sizeof(double));
    give(lane, [=] {
      for (std::size_t i = 0; i < count; ++i) y[i] += alpha * x[i];
    });
  }

  [[nodiscard]] std::size_t factorise_workspace(std::size_t n) override { return n * 64; }
  void factorise(int lane, std::size_t n, double* a, int* info) override;
  void solve_factorised(int lane, std::size_t n, std::size_t count, const double* factor,
                        double* b) override;
  void factorise_batch(int lane, std::size_t n, double* const* a, int* infos,
                       std::size_t batch) override;
  void solve_batch(int lane, std::size_t n, std::size_t count, double* const* factors,
                   double* const* b, std::size_t batch) override;
  [[nodiscard]] std::size_t eigen_workspace(std::size_t n) override { return n * n * 16; }
  void decompose(int lane, std::size_t n, double* a, double* values, int* info) override;

  void begin_stage(int, Stage) noexcept override {}
  void end_stage(int, Stage stage) noexcept override { ++stages_ended_.at(index(stage)); }
  /// As many seconds as stages ended.
  [[nodiscard]] double stage_seconds(Stage stage) override {
    return stages_ended_.at(index(stage));
  }

 private:
  struct Point {
    int lane = 0;
    std::size_t position = 0;  ///< of the lane's work: so much must be done
  };
  struct LaneQueue {
    std::deque<std::function<void()>> work;
    std::size_t done = 0;
  };

  template <typename T>
  static std::size_t index(T number) {
    return static_cast<std::size_t>(number);
  }
  LaneQueue& queue(int lane) { return queues_.at(index(lane)); }
  std::size_t given(int lane) { return queue(lane).done + queue(lane).work.size(); }

  void give(int lane, std::function<void()> work) {
    queue(lane).work.push_back(std::move(work));
    const bool early = schedule_ == Schedule::main_lane_late && lane != main_lane;
    if (early || schedule_ == Schedule::at_once) synchronise(lane);
  }
  void catch_up(Point point) {
    LaneQueue& lane = queue(point.lane);
    while (lane.done < point.position) {
      const std::function<void()> next = std::move(lane.work.front());
      lane.work.pop_front();
      ++lane.done;
      next();
    }
  }
  void finish_all() {
    for (int lane = 0; lane < lanes; ++lane) synchronise(lane);
  }

  void expect_inside(const void* memory, std::size_t bytes) {
    const auto* const first = static_cast<const std::byte*>(memory);
    auto found = allocations_.upper_bound(const_cast<std::byte*>(first));
    ASSERT_NE(found, allocations_.begin()) << "an address that was not allocated";
    --found;
    ASSERT_LE(first + bytes, found->first + found->second) << "beyond what was allocated";
  }

  std::string name_ = "cuda:test";
  Schedule schedule_;
  std::size_t free_;
  bool slow_float64_;
  std::map<std::byte*, std::size_t> allocations_;
  std::array<LaneQueue, lanes> queues_;
  std::array<Point, events> events_{};
  std::array<int, device::stages> stages_ended_{};
};

void HostDevice::multiply(int lane, const Int8Product& p) {
  for (const std::size_t size : {p.m, p.k, p.a_stride, p.b_stride, p.c_stride}) {
    ASSERT_EQ(size % Int8Product::alignment, 0U) << "cuBLASLt wants multiples of 16";
  }
  for (const void* address : {static_cast<const void*>(p.a), static_cast<const void*>(p.b),
                              static_cast<const void*>(p.c)}) {
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(address) % Int8Product::address_alignment, 0U);
  }
  ASSERT_GT(p.n, 0U);
  ASSERT_LE(p.n, Int8Product::most_columns);
  ASSERT_LE(p.k, Int8Product::most_rows);
  ASSERT_LE(p.k, p.a_stride);
  ASSERT_LE(p.k, p.b_stride);
  ASSERT_LE(p.m, p.c_stride);
  expect_inside(p.a, (p.m - 1) * p.a_stride + p.k);
  expect_inside(p.b, (p.n - 1) * p.b_stride + p.k);
  expect_inside(p.c, ((p.n - 1) * p.c_stride + p.m) * sizeof(std::int32_t));
  give(lane, [p] {
    for (std::size_t j = 0; j < p.n; ++j) {
      for (std::size_t i = 0; i < p.m; ++i) {
        const std::int8_t* const a = p.a + i * p.a_stride;
        const std::int8_t* const b = p.b + j * p.b_stride;
        std::int64_t sum = 0;
        for (std::size_t r = 0; r < p.k; ++r) sum += a[r] * b[r];
        ASSERT_LE(std::abs(sum), std::numeric_limits<std::int32_t>::max());
        p.c[j * p.c_stride + i] = static_cast<std::int32_t>(sum);
      }
    }
  });
}

void HostDevice::multiply(int lane, const Product& p) {
  ASSERT_GE(p.a_stride, p.transpose_a ? p.k : p.m);
  ASSERT_GE(p.b_stride, p.transpose_b ? p.n : p.k);
  ASSERT_GE(p.c_stride, p.m);
  expect_inside(p.c, ((p.n - 1) * p.c_stride + p.m) * sizeof(double));
  give(lane, [p] {
    for (std::size_t j = 0; j < p.n; ++j) {
      for (std::size_t i = 0; i < p.m; ++i) {
        double sum = 0;
        for (std::size_t r = 0; r < p.k; ++r) {
          const double a = p.transpose_a ? p.a[i * p.a_stride + r] : p.a[r * p.a_stride + i];
          const double b = p.transpose_b ? p.b[r * p.b_stride + j] : p.b[j * p.b_stride + r];
          sum += a * b;
        }
        double& c = p.c[j * p.c_stride + i];
        c = p.alpha * sum + (p.beta == 0 ? 0 : p.beta * c);
      }
    }
  });
}

void HostDevice::add_gram(int lane, const device::GramProduct& p) {
  const std::size_t d = p.features;
  expect_inside(p.x, p.rows * d * sizeof(double));
  expect_inside(p.gram, d * d * sizeof(double));
  give(lane, [p, d] {
    for (std::size_t r = 0; r < p.rows; ++r) {
      for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t j = i; j < d; ++j) p.gram[i * d + j] += p.x[r * d + i] * p.x[r * d + j];
      }
    }
  });
}

void HostDevice::factorise(int lane, std::size_t n, double* a, int* info) {
  expect_inside(a, n * n * sizeof(double));
  expect_inside(info, sizeof(int));
  give(lane, [=] {
    const SingleThreadBlas guard;
    const auto size = static_cast<lapack_int>(n);
    LAPACK_dpotrf("L", &size, a, &size, info);
  });
}

void HostDevice::solve_factorised(int lane, std::size_t n, std::size_t count, const double* factor,
                                  double* b) {
  expect_inside(factor, n * n * sizeof(double));
  expect_inside(b, n * count * sizeof(double));
  give(lane, [=] {
    const SingleThreadBlas guard;
    const auto size = static_cast<lapack_int>(n);
    const auto columns = static_cast<lapack_int>(count);
    lapack_int info = 0;
    LAPACK_dpotrs("L", &size, &columns, factor, &size, b, &size, &info);
  });
}

void HostDevice::factorise_batch(int lane, std::size_t n, double* const* a, int* infos,
                                 std::size_t batch) {
  expect_inside(a, batch * sizeof(double*));
  expect_inside(infos, batch * sizeof(int));
  synchronise(lane);  // the addresses are in "device" memory
  for (std::size_t i = 0; i < batch; ++i) factorise(lane, n, a[i], infos + i);
}

void HostDevice::solve_batch(int lane, std::size_t n, std::size_t count, double* const* factors,
                             double* const* b, std::size_t batch) {
  expect_inside(factors, batch * sizeof(double*));
  expect_inside(b, batch * sizeof(double*));
  synchronise(lane);
  for (std::size_t i = 0; i < batch; ++i) solve_factorised(lane, n, count, factors[i], b[i]);
}

void HostDevice::decompose(int lane, std::size_t n, double* a, double* values, int* info) {
  expect_inside(a, n * n * sizeof(double));
  give(lane, [=] {
    const SingleThreadBlas guard;
    const auto size = static_cast<lapack_int>(n);
    const auto work_size = static_cast<lapack_int>(1 + 6 * n + 2 * n * n);
    const auto integer_size = static_cast<lapack_int>(3 + 5 * n);
    std::vector<double> work(static_cast<std::size_t>(work_size));
    std::vector<lapack_int> integers(static_cast<std::size_t>(integer_size));
    LAPACK_dsyevd("V", "L", &size, a, &size, values, work.data(), &work_size, integers.data(),
                  &integer_size, info);
  });
}

}  // namespace

std::unique_ptr<device::Device> host_device(Schedule schedule, std::size_t memory,
                                            bool slow_float64) {
  return std::make_unique<HostDevice>(schedule, memory, slow_float64);
}

}  // namespace arete::test
