#pragma once

#include <cstddef>
#include <map>
#include <tuple>

#include "device/runtime/cuda/handles.hpp"
#include "device/runtime/device.hpp"

namespace arete::device {

/// Products of int8 by cuBLASLt, whose choice of kernel is kept for each shape.
class Int8Gemm {
 public:
  static constexpr std::size_t workspace_bytes = std::size_t{64} << 20;

  Int8Gemm();
  /// Gives the product to `stream`. Throws Error (unavailable) where cuBLASLt has no kernel for it.
  void run(const Int8Product& product, cudaStream_t stream);

 private:
  using Shape =
      std::tuple<std::size_t, std::size_t, std::size_t, std::size_t, std::size_t, std::size_t>;
  struct Plan {
    MatmulLayout a;
    MatmulLayout b;
    MatmulLayout c;
    cublasLtMatmulAlgo_t algorithm{};
  };
  const Plan& plan_for(const Int8Product& product);

  CublasLt handle_;
  MatmulDescription description_;
  MatmulPreference preference_;
  DeviceBytes workspace_;
  std::map<Shape, Plan> plans_;
};

}  // namespace arete::device
