#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "device/runtime/kernel.hpp"

namespace arete::device {

/// C (m x n) = A'B, all column-major; A is k x m, B is k x n. By what cuBLASLt asks of products of
/// int8: n <= most_columns, k <= most_rows (a sum of so many products of int8 fits an int32), and
/// m, k and the strides are multiples of `alignment`; addresses of `address_alignment`, for which
/// its kernels are chosen.
struct Int8Product {
  static constexpr std::size_t alignment = 16;
  static constexpr std::size_t address_alignment = 256;
  static constexpr std::size_t most_columns = 65'536;
  static constexpr std::size_t most_rows = 131'056;  ///< below 2^31 / 128^2, and a multiple of 16
  std::size_t m = 0;
  std::size_t n = 0;
  std::size_t k = 0;
  const std::int8_t* a = nullptr;
  std::size_t a_stride = 0;
  const std::int8_t* b = nullptr;
  std::size_t b_stride = 0;
  std::int32_t* c = nullptr;
  std::size_t c_stride = 0;
};

/// C (m x n) = alpha op(A) op(B) + beta C, all column-major.
struct Product {
  bool transpose_a = false;
  bool transpose_b = false;
  std::size_t m = 0;
  std::size_t n = 0;
  std::size_t k = 0;
  double alpha = 1;
  const double* a = nullptr;
  std::size_t a_stride = 0;
  const double* b = nullptr;
  std::size_t b_stride = 0;
  double beta = 0;
  double* c = nullptr;
  std::size_t c_stride = 0;
};

/// G += X'X for row-major X (rows x features) and G, of which j >= i counts and the rest is
/// unspecified afterwards.
struct GramProduct {
  enum class Method : std::uint8_t {
    syrk,      ///< one call
    strips,    ///< one product for each strip of `strip_width` features
    emulated,  ///< the same by cuBLAS's fixed-point emulation of float64
  };
  std::size_t rows = 0;
  std::size_t features = 0;
  const double* x = nullptr;
  double* gram = nullptr;
  Method method = Method::syrk;
  std::size_t strip_width = 2048;
};

/// A number for each row of a matrix.
struct RowReduction {
  enum class Kind : std::uint8_t {
    absolute_sum,
    absolute_sum_off_diagonal,
    absolute_maximum,
    sum,
    product_sum,  ///< of the products with `b`
  };
  Kind kind = Kind::absolute_sum;
  std::size_t rows = 0;
  std::size_t columns = 0;
  const double* a = nullptr;  ///< rows x columns, row-major
  const double* b = nullptr;  ///< the same, for product_sum
  double* into = nullptr;

  [[nodiscard]] constexpr double element(std::size_t i) const {
    const double x = a[i];
    const double magnitude = x < 0 ? -x : x;
    switch (kind) {
      case Kind::absolute_sum:
      case Kind::absolute_maximum:
        return magnitude;
      case Kind::absolute_sum_off_diagonal:
        return i / columns == i % columns ? 0 : magnitude;
      case Kind::sum:
        return x;
      case Kind::product_sum:
        return x * b[i];
    }
    return 0;
  }
  [[nodiscard]] constexpr double combine(double x, double y) const {
    if (kind != Kind::absolute_maximum) return x + y;
    return x < y || !(y <= x) ? y : x;  // a NaN stays
  }
};

/// Which stage of the work time is counted to.
enum class Stage : std::uint8_t { upload, moments, solve, score };
inline constexpr std::size_t stages = 4;

/// The seam between what the device does and how: everything in src/device but the CUDA files asks
/// for nothing but these operations, so that it is tested on machines without a GPU, by plain
/// loops.
///
/// Work is given to lanes: what one lane was given is done in that order, different lanes at the
/// same time. All calls come from one thread. Everything but allocation and synchronise() may
/// return before the work is done: memory that an operation uses must stay until then. Throws Error
/// (resource), naming the call and its place, for whatever fails.
class Device {
 public:
  static constexpr int lanes = 4;
  static constexpr int main_lane = 0;
  static constexpr int upload_lane = 1;
  /// Points in a lane's work that other lanes and the host can wait for; taken again, the earlier
  /// point is forgotten.
  static constexpr int events = 16;

  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  /// "cuda:0".
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;
  /// Whether sums of floats are to be made by GramProduct::Method::emulated where nobody says
  /// otherwise: float64 runs at 1/32 of float32 or slower, and the library has that method.
  [[nodiscard]] virtual bool should_emulate_float64() const = 0;
  /// Bytes that can be allocated.
  [[nodiscard]] virtual std::size_t free_memory() const = 0;
  /// Throws Error (resource) that states what is needed and what is free. Waits for all lanes, as
  /// release() does.
  [[nodiscard]] virtual void* allocate(std::size_t bytes) = 0;
  virtual void release(void* memory) noexcept = 0;
  /// Host memory that copies from and to the device take at full speed and in the background.
  [[nodiscard]] virtual void* allocate_pinned(std::size_t bytes) = 0;
  virtual void release_pinned(void* memory) noexcept = 0;

  virtual void upload(int lane, void* to, const void* from, std::size_t bytes) = 0;
  /// What was downloaded can be read after synchronise(lane).
  virtual void download(int lane, void* to, const void* from, std::size_t bytes) = 0;
  virtual void copy(int lane, void* to, const void* from, std::size_t bytes) = 0;
  virtual void clear(int lane, void* memory, std::size_t bytes) = 0;

  virtual void record(int lane, int event) = 0;
  /// The lane goes on once the event has come.
  virtual void wait(int lane, int event) = 0;
  /// The host waits for the event.
  virtual void synchronise_event(int event) = 0;
  virtual void synchronise(int lane) = 0;

  virtual void run(int lane, const Kernel& kernel) = 0;
  virtual void reduce_rows(int lane, const RowReduction& reduction) = 0;
  /// The sum of the magnitudes in each row of bytes.
  virtual void sum_magnitudes(int lane, const std::int8_t* rows, std::size_t count,
                              std::size_t columns, std::int32_t* into) = 0;
  /// How many bytes of each row are 1.
  virtual void count_ones(int lane, const std::uint8_t* rows, std::size_t count,
                          std::size_t columns, std::uint64_t* into) = 0;
  /// The sum over all elements; waits for it.
  [[nodiscard]] virtual ValueSummary examine(int lane, const ExamineRows& rows) = 0;

  virtual void multiply(int lane, const Int8Product& product) = 0;
  virtual void multiply(int lane, const Product& product) = 0;
  virtual void add_gram(int lane, const GramProduct& product) = 0;
  /// y += alpha x.
  virtual void add_scaled(int lane, std::size_t count, double alpha, const double* x,
                          double* y) = 0;

  // Factorisations of symmetric matrices (n x n), of which j >= i is read, row-major. Right-hand
  // sides are rows. `info` is 0 where a matrix is positive definite (an eigendecomposition
  // converges).

  /// Bytes that a lane takes for one factorisation.
  [[nodiscard]] virtual std::size_t factorise_workspace(std::size_t n) = 0;
  virtual void factorise(int lane, std::size_t n, double* a, int* info) = 0;
  virtual void solve_factorised(int lane, std::size_t n, std::size_t count, const double* factor,
                                double* b) = 0;
  /// The same for `batch` small matrices at once; the arrays of addresses are in device memory.
  virtual void factorise_batch(int lane, std::size_t n, double* const* a, int* infos,
                               std::size_t batch) = 0;
  virtual void solve_batch(int lane, std::size_t n, std::size_t count, double* const* factors,
                           double* const* b, std::size_t batch) = 0;
  [[nodiscard]] virtual std::size_t eigen_workspace(std::size_t n) = 0;
  /// Replaces `a` by its eigenvectors, one in each row; values ascend.
  virtual void decompose(int lane, std::size_t n, double* a, double* values, int* info) = 0;

  /// Time on the lane from begin_stage to end_stage counts to the stage.
  virtual void begin_stage(int lane, Stage stage) noexcept = 0;
  virtual void end_stage(int lane, Stage stage) noexcept = 0;
  /// So far; waits for what is still being done.
  [[nodiscard]] virtual double stage_seconds(Stage stage) = 0;
};

}  // namespace arete::device
