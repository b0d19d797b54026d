#include "device/runtime/cuda/lane.hpp"

#include "device/runtime/cuda/check.hpp"

namespace arete::device {

namespace {

/// What cuBLAS recommends for Hopper; its results depend on there being a workspace of its own.
constexpr std::size_t cublas_workspace_bytes = std::size_t{32} << 20;

Cublas make_cublas(cudaStream_t stream, void* workspace) {
  cublasHandle_t handle = nullptr;
  expect_success(cublasCreate(&handle), "cublasCreate");
  Cublas owner(handle);
  // In this order: setting the stream gives the workspace back.
  expect_success(cublasSetStream(handle, stream), "cublasSetStream");
  expect_success(cublasSetWorkspace(handle, workspace, cublas_workspace_bytes),
                 "cublasSetWorkspace");
  return owner;
}

Cusolver make_cusolver(cudaStream_t stream) {
  cusolverDnHandle_t handle = nullptr;
  expect_success(cusolverDnCreate(&handle), "cusolverDnCreate");
  Cusolver owner(handle);
  expect_success(cusolverDnSetStream(handle, stream), "cusolverDnSetStream");
  return owner;
}

CusolverParameters make_parameters() {
  cusolverDnParams_t parameters = nullptr;
  expect_success(cusolverDnCreateParams(&parameters), "cusolverDnCreateParams");
  return CusolverParameters(parameters);
}

}  // namespace

CudaLane::CudaLane()
    : stream_(make_stream()),
      cublas_workspace_(make_bytes(cublas_workspace_bytes)),
      cublas_(make_cublas(stream_.get(), cublas_workspace_.get())),
      cusolver_(make_cusolver(stream_.get())),
      parameters_(make_parameters()),
      info_(make_bytes(sizeof(int))) {}

// The queries take addresses, but look at nothing there.

CudaLane::Workspace CudaLane::factorise_workspace(std::size_t n) const {
  Workspace needed;
  const auto size = static_cast<std::int64_t>(n);
  expect_success(cusolverDnXpotrf_bufferSize(cusolver(), parameters_.get(), CUBLAS_FILL_MODE_LOWER,
                                             size, CUDA_R_64F, info_.get(), size, CUDA_R_64F,
                                             &needed.device, &needed.host),
                 "cusolverDnXpotrf_bufferSize");
  return needed;
}

CudaLane::Workspace CudaLane::eigen_workspace(std::size_t n) const {
  Workspace needed;
  const auto size = static_cast<std::int64_t>(n);
  expect_success(cusolverDnXsyevd_bufferSize(cusolver(), parameters_.get(),
                                             CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, size,
                                             CUDA_R_64F, info_.get(), size, CUDA_R_64F, info_.get(),
                                             CUDA_R_64F, &needed.device, &needed.host),
                 "cusolverDnXsyevd_bufferSize");
  return needed;
}

void CudaLane::reserve(const Workspace& needed) {
  if (needed.device > device_bytes_) {
    expect_success(cudaStreamSynchronize(stream()), "cudaStreamSynchronize");
    device_workspace_.reset();
    device_bytes_ = 0;
    device_workspace_ = make_bytes(needed.device);
    device_bytes_ = needed.device;
  }
  if (needed.host > host_workspace_.size()) {
    expect_success(cudaStreamSynchronize(stream()), "cudaStreamSynchronize");
    host_workspace_.resize(needed.host);
  }
}

void CudaLane::factorise(std::size_t n, double* a, int* info) {
  const Workspace needed = factorise_workspace(n);
  reserve(needed);
  const auto size = static_cast<std::int64_t>(n);
  expect_success(cusolverDnXpotrf(cusolver(), parameters_.get(), CUBLAS_FILL_MODE_LOWER, size,
                                  CUDA_R_64F, a, size, CUDA_R_64F, device_workspace_.get(),
                                  needed.device, host_workspace_.data(), needed.host, info),
                 "cusolverDnXpotrf");
}

void CudaLane::solve_factorised(std::size_t n, std::size_t count, const double* factor, double* b) {
  const auto size = static_cast<std::int64_t>(n);
  expect_success(cusolverDnXpotrs(cusolver(), parameters_.get(), CUBLAS_FILL_MODE_LOWER, size,
                                  static_cast<std::int64_t>(count), CUDA_R_64F, factor, size,
                                  CUDA_R_64F, b, size, static_cast<int*>(info_.get())),
                 "cusolverDnXpotrs");
}

void CudaLane::decompose(std::size_t n, double* a, double* values, int* info) {
  const Workspace needed = eigen_workspace(n);
  reserve(needed);
  const auto size = static_cast<std::int64_t>(n);
  expect_success(cusolverDnXsyevd(cusolver(), parameters_.get(), CUSOLVER_EIG_MODE_VECTOR,
                                  CUBLAS_FILL_MODE_LOWER, size, CUDA_R_64F, a, size, CUDA_R_64F,
                                  values, CUDA_R_64F, device_workspace_.get(), needed.device,
                                  host_workspace_.data(), needed.host, info),
                 "cusolverDnXsyevd");
}

}  // namespace arete::device
