#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cusolverDn.h>

/// Every call of a CUDA library goes through one of these, which throw Error (resource) naming the
/// call, its place, and what the library says; memory that is not there as well.
namespace arete::device {

void expect_success(cudaError_t status, const char* call, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE());
void expect_success(cublasStatus_t status, const char* call, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE());
void expect_success(cusolverStatus_t status, const char* call, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE());

}  // namespace arete::device
