#include "device/runtime/cuda/cuda_device.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "arete/core/error.hpp"
#include "device/runtime/cuda/check.hpp"
#include "device/runtime/cuda/handles.hpp"
#include "device/runtime/cuda/int8_gemm.hpp"
#include "device/runtime/cuda/lane.hpp"
#include "device/runtime/cuda/launch.hpp"
#include "device/runtime/cuda/stage_clock.hpp"
#include "device/runtime/probe.hpp"

namespace arete::device {

namespace {

std::int64_t as_int64(std::size_t n) { return static_cast<std::int64_t>(n); }
int as_int(std::size_t n) { return static_cast<int>(n); }

/// CUBLAS_COMPUTE_64F_EMULATED_FIXEDPOINT, which headers before cuBLAS 13.1 do not name.
constexpr auto emulated_float64 = static_cast<cublasComputeType_t>(79);
void check_emulation() {
  const std::size_t version = cublasLtGetVersion();
  if (version >= least_version_of_emulation) return;
  fail(ErrorKind::unavailable,
       "the emulated kernel was asked for, but the cuBLAS that was loaded is {}.{}, and {}.{} or "
       "later is needed; leave the choice to auto",
       version / 10000, version / 100 % 100, least_version_of_emulation / 10000,
       least_version_of_emulation / 100 % 100);
}

/// What comes back to the host of an examination.
struct Examination {
  Examination() : on_device(make_bytes(sizeof(ValueSummary))) {}
  DeviceBytes on_device;
};

class CudaDevice final : public Device {
 public:
  explicit CudaDevice(int index) : name_("cuda:" + std::to_string(index)) {
    expect_success(cudaSetDevice(index), "cudaSetDevice");
    int float32_per_float64 = 0;
    expect_success(cudaDeviceGetAttribute(&float32_per_float64,
                                          cudaDevAttrSingleToDoublePrecisionPerfRatio, index),
                   "cudaDeviceGetAttribute");
    emulates_ = is_emulation_worthwhile(float32_per_float64, cublasLtGetVersion());
    for (int lane = 0; lane < lanes; ++lane) lanes_.push_back(std::make_unique<CudaLane>());
    for (Event& event : events_) event = make_event(false);
    int8_gemm_ = std::make_unique<Int8Gemm>();
    examination_ = std::make_unique<Examination>();
  }

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }

  [[nodiscard]] bool should_emulate_float64() const override { return emulates_; }

  [[nodiscard]] std::size_t free_memory() const override {
    std::size_t free = 0;
    std::size_t total = 0;
    expect_success(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
    return free;
  }
  [[nodiscard]] void* allocate(std::size_t bytes) override;
  void release(void* memory) noexcept override {
    static_cast<void>(cudaDeviceSynchronize());  // other lanes may still use it
    static_cast<void>(cudaFree(memory));
  }
  [[nodiscard]] void* allocate_pinned(std::size_t bytes) override {
    void* memory = nullptr;
    expect_success(cudaMallocHost(&memory, bytes), "cudaMallocHost");
    return memory;
  }
  void release_pinned(void* memory) noexcept override {
    static_cast<void>(cudaDeviceSynchronize());
    static_cast<void>(cudaFreeHost(memory));
  }

  void upload(int lane, void* to, const void* from, std::size_t bytes) override {
    copy_as(lane, to, from, bytes, cudaMemcpyHostToDevice);
  }
  void download(int lane, void* to, const void* from, std::size_t bytes) override {
    copy_as(lane, to, from, bytes, cudaMemcpyDeviceToHost);
  }
  void copy(int lane, void* to, const void* from, std::size_t bytes) override {
    copy_as(lane, to, from, bytes, cudaMemcpyDeviceToDevice);
  }
  void clear(int lane, void* memory, std::size_t bytes) override {
    if (bytes == 0) return;
    expect_success(cudaMemsetAsync(memory, 0, bytes, stream(lane)), "cudaMemsetAsync");
  }

  void record(int lane, int event) override {
    expect_success(cudaEventRecord(event_of(event), stream(lane)), "cudaEventRecord");
  }
  void wait(int lane, int event) override {
    expect_success(cudaStreamWaitEvent(stream(lane), event_of(event), 0), "cudaStreamWaitEvent");
  }
  void synchronise_event(int event) override {
    expect_success(cudaEventSynchronize(event_of(event)), "cudaEventSynchronize");
  }
  void synchronise(int lane) override {
    expect_success(cudaStreamSynchronize(stream(lane)), "cudaStreamSynchronize");
  }

  void run(int lane, const Kernel& kernel) override { launch(kernel, stream(lane)); }
  void reduce_rows(int lane, const RowReduction& reduction) override {
    launch(reduction, of(lane).scratch(), stream(lane));
  }
  void sum_magnitudes(int lane, const std::int8_t* rows, std::size_t count, std::size_t columns,
                      std::int32_t* into) override {
    launch_sum_magnitudes(rows, count, columns, into, of(lane).scratch(), stream(lane));
  }
  void count_ones(int lane, const std::uint8_t* rows, std::size_t count, std::size_t columns,
                  std::uint64_t* into) override {
    launch_count_ones(rows, count, columns, into, of(lane).scratch(), stream(lane));
  }
  [[nodiscard]] ValueSummary examine(int lane, const ExamineRows& rows) override {
    ValueSummary summary;
    auto* const on_device = static_cast<ValueSummary*>(examination_->on_device.get());
    launch(rows, on_device, of(lane).scratch(), stream(lane));
    download(lane, &summary, on_device, sizeof summary);
    synchronise(lane);
    return summary;
  }

  void multiply(int lane, const Int8Product& product) override {
    // One workspace: products of int8 are the main lane's.
    if (lane != main_lane) fail(ErrorKind::internal, "an int8 product on lane {}", lane);
    int8_gemm_->run(product, stream(lane));
  }
  void multiply(int lane, const Product& product) override;
  void add_gram(int lane, const GramProduct& product) override;
  void add_scaled(int lane, std::size_t count, double alpha, const double* x, double* y) override {
    expect_success(cublasDaxpy_64(of(lane).cublas(), as_int64(count), &alpha, x, 1, y, 1),
                   "cublasDaxpy");
  }

  [[nodiscard]] std::size_t factorise_workspace(std::size_t n) override {
    return of(main_lane).factorise_workspace(n).device;
  }
  void factorise(int lane, std::size_t n, double* a, int* info) override {
    of(lane).factorise(n, a, info);
  }
  void solve_factorised(int lane, std::size_t n, std::size_t count, const double* factor,
                        double* b) override {
    of(lane).solve_factorised(n, count, factor, b);
  }
  void factorise_batch(int lane, std::size_t n, double* const* a, int* infos,
                       std::size_t batch) override;
  void solve_batch(int lane, std::size_t n, std::size_t count, double* const* factors,
                   double* const* b, std::size_t batch) override;
  [[nodiscard]] std::size_t eigen_workspace(std::size_t n) override {
    return of(main_lane).eigen_workspace(n).device;
  }
  void decompose(int lane, std::size_t n, double* a, double* values, int* info) override {
    of(lane).decompose(n, a, values, info);
  }

  void begin_stage(int lane, Stage stage) noexcept override { clock_.begin(stage, stream(lane)); }
  void end_stage(int lane, Stage stage) noexcept override { clock_.end(stage, stream(lane)); }
  [[nodiscard]] double stage_seconds(Stage stage) override { return clock_.seconds(stage); }

 private:
  CudaLane& of(int lane) { return *lanes_[static_cast<std::size_t>(lane)]; }
  cudaStream_t stream(int lane) { return of(lane).stream(); }
  cudaEvent_t event_of(int event) { return events_.at(static_cast<std::size_t>(event)).get(); }
  void copy_as(int lane, void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    if (bytes == 0) return;
    expect_success(cudaMemcpyAsync(to, from, bytes, kind, stream(lane)), "cudaMemcpyAsync");
  }

  void add_gram_by_strips(int lane, const GramProduct& product);

  std::string name_;
  bool emulates_ = false;
  std::vector<std::unique_ptr<CudaLane>> lanes_;
  std::array<Event, events> events_;
  std::unique_ptr<Int8Gemm> int8_gemm_;
  std::unique_ptr<Examination> examination_;
  StageClock clock_;
};

void* CudaDevice::allocate(std::size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, bytes);
  if (status == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());  // or the next call would report it again
    fail(ErrorKind::resource, "{}: {} bytes of the GPU's memory are needed, {} are free", name_,
         bytes, free_memory());
  }
  expect_success(status, "cudaMalloc");
  return memory;
}

void CudaDevice::multiply(int lane, const Product& p) {
  const auto operation = [](bool transpose) { return transpose ? CUBLAS_OP_T : CUBLAS_OP_N; };
  expect_success(cublasDgemm_64(of(lane).cublas(), operation(p.transpose_a),
                                operation(p.transpose_b), as_int64(p.m), as_int64(p.n),
                                as_int64(p.k), &p.alpha, p.a, as_int64(p.a_stride), p.b,
                                as_int64(p.b_stride), &p.beta, p.c, as_int64(p.c_stride)),
                 "cublasDgemm");
}

// cuBLAS's matrices are column-major: our upper triangle is its lower one.

/// One product for each strip of features: those of the strip by all from its diagonal on.
void CudaDevice::add_gram_by_strips(int lane, const GramProduct& p) {
  const double one = 1;
  const std::int64_t d = as_int64(p.features);
  const auto compute =
      p.method == GramProduct::Method::emulated ? emulated_float64 : CUBLAS_COMPUTE_64F;
  for (std::size_t begin = 0; begin < p.features; begin += p.strip_width) {
    const std::size_t width = std::min(p.strip_width, p.features - begin);
    const double* const x = p.x + begin;
    expect_success(
        cublasGemmEx_64(of(lane).cublas(), CUBLAS_OP_N, CUBLAS_OP_T, as_int64(p.features - begin),
                        as_int64(width), as_int64(p.rows), &one, x, CUDA_R_64F, d, x, CUDA_R_64F, d,
                        &one, p.gram + begin * p.features + begin, CUDA_R_64F, d, compute,
                        CUBLAS_GEMM_DEFAULT),
        "cublasGemmEx");
  }
}

void CudaDevice::add_gram(int lane, const GramProduct& p) {
  if (p.method == GramProduct::Method::emulated) check_emulation();
  if (p.method != GramProduct::Method::syrk) return add_gram_by_strips(lane, p);
  const double one = 1;
  const std::int64_t d = as_int64(p.features);
  expect_success(cublasDsyrk_64(of(lane).cublas(), CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, d,
                                as_int64(p.rows), &one, p.x, d, &one, p.gram, d),
                 "cublasDsyrk");
}

void CudaDevice::factorise_batch(int lane, std::size_t n, double* const* a, int* infos,
                                 std::size_t batch) {
  expect_success(cusolverDnDpotrfBatched(of(lane).cusolver(), CUBLAS_FILL_MODE_LOWER, as_int(n),
                                         const_cast<double**>(a), as_int(n), infos, as_int(batch)),
                 "cusolverDnDpotrfBatched");
}

void CudaDevice::solve_batch(int lane, std::size_t n, std::size_t count, double* const* factors,
                             double* const* b, std::size_t batch) {
  // cusolverDnDpotrsBatched takes one right-hand side only.
  const double one = 1;
  for (const cublasOperation_t operation : {CUBLAS_OP_N, CUBLAS_OP_T}) {
    expect_success(cublasDtrsmBatched(of(lane).cublas(), CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_LOWER,
                                      operation, CUBLAS_DIAG_NON_UNIT, as_int(n), as_int(count),
                                      &one, factors, as_int(n), b, as_int(n), as_int(batch)),
                   "cublasDtrsmBatched");
  }
}

}  // namespace

std::unique_ptr<Device> cuda_device(int index) { return std::make_unique<CudaDevice>(index); }

}  // namespace arete::device
