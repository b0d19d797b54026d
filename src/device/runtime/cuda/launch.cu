#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <cub/device/device_for.cuh>
#include <cub/device/device_reduce.cuh>
#include <cub/device/device_segmented_reduce.cuh>

#include <variant>

#include "device/runtime/cuda/check.hpp"
#include "device/runtime/cuda/launch.hpp"

namespace arete::device {

namespace {

constexpr int tile = 64;       // rows and columns that one block transposes
constexpr int block_rows = 8;  // of threads

/// GatherPanel, through shared memory: rows are read, and columns written, in runs of 64 bytes. The
/// plain loop over elements would read each row's sector once for every byte.
__global__ void gather_panel(const GatherPanel kernel) {
  __shared__ std::int8_t bytes[tile][tile + 4];  // 4: columns of it begin in different banks
  const std::size_t columns = kernel.rows.features + kernel.classes;
  const std::size_t first_row = std::size_t{blockIdx.x} * tile;
  const std::size_t first_column = std::size_t{blockIdx.y} * tile;
  for (int r = threadIdx.y; r < tile; r += block_rows) {
    const std::size_t row = first_row + r;
    const std::size_t column = first_column + threadIdx.x;
    if (row < kernel.count && column < columns) {
      bytes[r][threadIdx.x] = kernel.element(column, row);
    }
  }
  __syncthreads();
  for (int c = threadIdx.y; c < tile; c += block_rows) {
    const std::size_t row = first_row + threadIdx.x;
    const std::size_t column = first_column + c;
    if (row < kernel.count && column < columns) {
      kernel.panel[column * kernel.stride + kernel.first + row] = bytes[threadIdx.x][c];
    }
  }
}

void launch_one(const GatherPanel& kernel, cudaStream_t stream) {
  const std::size_t columns = kernel.rows.features + kernel.classes;
  const dim3 grid(static_cast<unsigned>((kernel.count + tile - 1) / tile),
                  static_cast<unsigned>((columns + tile - 1) / tile));
  gather_panel<<<grid, dim3(tile, block_rows), 0, stream>>>(kernel);
  expect_success(cudaGetLastError(), "gather_panel");
}

/// One thread for each element.
template <typename Elementwise>
void launch_one(const Elementwise& kernel, cudaStream_t stream) {
  expect_success(cub::DeviceFor::Bulk(kernel.size(), kernel, stream), "cub::DeviceFor::Bulk");
}

/// Where row i of a matrix begins.
struct RowBegin {
  std::int64_t columns = 0;
  constexpr std::int64_t operator()(std::int64_t row) const { return row * columns; }
};

struct ReducedElement {
  RowReduction reduction;
  constexpr double operator()(std::int64_t i) const {
    return reduction.element(static_cast<std::size_t>(i));
  }
};

struct Combine {
  RowReduction reduction;
  constexpr double operator()(double x, double y) const { return reduction.combine(x, y); }
};

struct Magnitude {
  const std::int8_t* bytes = nullptr;
  constexpr std::int32_t operator()(std::int64_t i) const {
    return bytes[i] < 0 ? -bytes[i] : bytes[i];
  }
};

struct IsOne {
  const std::uint8_t* bytes = nullptr;
  constexpr std::uint64_t operator()(std::int64_t i) const { return bytes[i] == 1 ? 1 : 0; }
};

struct Add {
  template <typename T>
  constexpr T operator()(const T& x, const T& y) const {
    return x + y;
  }
};

/// Calls `reduce`(memory, bytes) twice: it says what memory it needs, and then uses it.
template <typename Reduce>
void with_scratch(Scratch& scratch, const char* call, const Reduce& reduce) {
  std::size_t bytes = 0;
  expect_success(reduce(nullptr, bytes), call);
  void* const memory = scratch.reserve(bytes);
  expect_success(reduce(memory, bytes), call);
}

/// into[i] = the combination of element(j) for all j of row i.
template <typename Element, typename Operation, typename T>
void reduce_segments(std::size_t rows, std::size_t columns, const Element& element,
                     const Operation& operation, T* into, Scratch& scratch, cudaStream_t stream) {
  if (rows == 0) return;
  const auto elements =
      thrust::make_transform_iterator(thrust::counting_iterator<std::int64_t>(0), element);
  const auto begins = thrust::make_transform_iterator(thrust::counting_iterator<std::int64_t>(0),
                                                      RowBegin{static_cast<std::int64_t>(columns)});
  with_scratch(scratch, "cub::DeviceSegmentedReduce::Reduce", [&](void* memory, auto& bytes) {
    return cub::DeviceSegmentedReduce::Reduce(memory, bytes, elements, into,
                                              static_cast<std::int64_t>(rows), begins, begins + 1,
                                              operation, T{}, stream);
  });
}

}  // namespace

Scratch::~Scratch() { static_cast<void>(cudaFree(memory_)); }

void* Scratch::reserve(std::size_t bytes) {
  if (bytes > bytes_ || memory_ == nullptr) {
    expect_success(cudaFree(memory_), "cudaFree");
    memory_ = nullptr;
    bytes_ = 0;
    const std::size_t wanted = bytes < 65'536 ? 65'536 : bytes;
    expect_success(cudaMalloc(&memory_, wanted), "cudaMalloc");
    bytes_ = wanted;
  }
  return memory_;
}

void launch(const Kernel& kernel, cudaStream_t stream) {
  std::visit(
      [stream](const auto& one) {
        if (one.size() > 0) launch_one(one, stream);
      },
      kernel);
}

void launch(const RowReduction& reduction, Scratch& scratch, cudaStream_t stream) {
  reduce_segments(reduction.rows, reduction.columns, ReducedElement{reduction}, Combine{reduction},
                  reduction.into, scratch, stream);
}

void launch_sum_magnitudes(const std::int8_t* rows, std::size_t count, std::size_t columns,
                           std::int32_t* into, Scratch& scratch, cudaStream_t stream) {
  reduce_segments(count, columns, Magnitude{rows}, Add{}, into, scratch, stream);
}

void launch_count_ones(const std::uint8_t* rows, std::size_t count, std::size_t columns,
                       std::uint64_t* into, Scratch& scratch, cudaStream_t stream) {
  reduce_segments(count, columns, IsOne{rows}, Add{}, into, scratch, stream);
}

void launch(const ExamineRows& rows, ValueSummary* into, Scratch& scratch, cudaStream_t stream) {
  with_scratch(scratch, "cub::DeviceReduce::TransformReduce", [&](void* memory, auto& bytes) {
    return cub::DeviceReduce::TransformReduce(memory, bytes,
                                              thrust::counting_iterator<std::size_t>(0), into,
                                              rows.size(), Add{}, rows, ValueSummary{}, stream);
  });
}

}  // namespace arete::device
