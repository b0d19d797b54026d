#pragma once

#include <cublasLt.h>
#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cusolverDn.h>

#include <memory>
#include <type_traits>

/// Owners of the handles of CUDA libraries.
namespace arete::device {

/// Destroys what a library made; what the destruction says is of no use to anybody.
template <auto destroy>
struct Destroy {
  template <typename Handle>
  void operator()(Handle* handle) const noexcept {
    static_cast<void>(destroy(handle));
  }
};

template <typename Handle, auto destroy>
using Owner = std::unique_ptr<std::remove_pointer_t<Handle>, Destroy<destroy>>;

using Stream = Owner<cudaStream_t, cudaStreamDestroy>;
using Event = Owner<cudaEvent_t, cudaEventDestroy>;
using Cublas = Owner<cublasHandle_t, cublasDestroy>;
using CublasLt = Owner<cublasLtHandle_t, cublasLtDestroy>;
using Cusolver = Owner<cusolverDnHandle_t, cusolverDnDestroy>;
using CusolverParameters = Owner<cusolverDnParams_t, cusolverDnDestroyParams>;
using MatmulDescription = Owner<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using MatmulLayout = Owner<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using MatmulPreference = Owner<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;
/// Device memory of the CUDA files' own.
using DeviceBytes = Owner<void*, cudaFree>;

[[nodiscard]] Stream make_stream();
/// For order, or (`timed`) for time.
[[nodiscard]] Event make_event(bool timed);
[[nodiscard]] DeviceBytes make_bytes(std::size_t bytes);

}  // namespace arete::device
