#pragma once

#include <vector>

#include "arete/moments/int8_instructions.hpp"

namespace arete::reference {

/// Whether this CPU has what the kernel needs.
inline bool has(IntegerKernel kernel) {
  if (kernel == IntegerKernel::amx) return amx_instructions() != nullptr;
  if (kernel == IntegerKernel::vnni) return vnni_instructions() != nullptr;
  if (kernel == IntegerKernel::avx2) return avx2_instructions() != nullptr;
  return true;
}

/// All kernels of this CPU.
inline std::vector<IntegerKernel> kernels() {
  std::vector<IntegerKernel> present;
  for (const IntegerKernel kernel :
       {IntegerKernel::automatic, IntegerKernel::amx, IntegerKernel::vnni, IntegerKernel::avx2,
        IntegerKernel::float64}) {
    if (has(kernel)) present.push_back(kernel);
  }
  return present;
}

}  // namespace arete::reference
