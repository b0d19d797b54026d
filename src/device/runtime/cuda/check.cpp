#include "device/runtime/cuda/check.hpp"

#include <string_view>

#include "arete/core/error.hpp"

namespace arete::device {

namespace {

[[noreturn]] void fail_at(const char* call, std::string_view what, std::string_view file,
                          int line) {
  file.remove_prefix(file.rfind('/') + 1);
  fail(ErrorKind::resource, "{} failed: {} ({}:{})", call, what, file, line);
}

}  // namespace

void expect_success(cudaError_t status, const char* call, const char* file, int line) {
  if (status == cudaSuccess) return;
  fail_at(call, fmt::format("{}, {}", cudaGetErrorName(status), cudaGetErrorString(status)), file,
          line);
}

void expect_success(cublasStatus_t status, const char* call, const char* file, int line) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail_at(call, fmt::format("{}, {}", cublasGetStatusName(status), cublasGetStatusString(status)),
          file, line);
}

void expect_success(cusolverStatus_t status, const char* call, const char* file, int line) {
  if (status == CUSOLVER_STATUS_SUCCESS) return;
  fail_at(call, fmt::format("status {}", static_cast<int>(status)), file, line);
}

}  // namespace arete::device
