#pragma once

#include <cstddef>
#include <vector>

#include "device/runtime/cuda/handles.hpp"
#include "device/runtime/cuda/launch.hpp"

namespace arete::device {

/// A stream with its handles and workspaces, so that lanes never share what is written to.
class CudaLane {
 public:
  CudaLane();

  [[nodiscard]] cudaStream_t stream() const noexcept { return stream_.get(); }
  [[nodiscard]] cublasHandle_t cublas() const noexcept { return cublas_.get(); }
  [[nodiscard]] cusolverDnHandle_t cusolver() const noexcept { return cusolver_.get(); }
  [[nodiscard]] Scratch& scratch() noexcept { return scratch_; }

  /// Bytes that cuSOLVER works in.
  struct Workspace {
    std::size_t device = 0;
    std::size_t host = 0;
  };
  [[nodiscard]] Workspace factorise_workspace(std::size_t n) const;
  [[nodiscard]] Workspace eigen_workspace(std::size_t n) const;

  // See Device.
  void factorise(std::size_t n, double* a, int* info);
  void solve_factorised(std::size_t n, std::size_t count, const double* factor, double* b);
  void decompose(std::size_t n, double* a, double* values, int* info);

 private:
  /// Makes the workspaces at least as large.
  void reserve(const Workspace& needed);

  Stream stream_;
  DeviceBytes cublas_workspace_;
  Cublas cublas_;
  Cusolver cusolver_;
  CusolverParameters parameters_;
  Scratch scratch_;
  DeviceBytes device_workspace_;
  std::size_t device_bytes_ = 0;
  std::vector<std::byte> host_workspace_;
  DeviceBytes info_;  ///< of calls whose outcome is known
};

}  // namespace arete::device
