#include "device/runtime/cuda/check.hpp"

#include <string_view>

#include "arete/core/error.hpp"

namespace arete::device {

namespace {

[[noreturn]] void fail_at(const char* call, std::string_view what,
                          const std::source_location& place) {
  std::string_view file = place.file_name();
  file.remove_prefix(file.rfind('/') + 1);
  fail(ErrorKind::resource, "{} failed: {} ({}:{})", call, what, file, place.line());
}

}  // namespace

void expect_success(cudaError_t status, const char* call, std::source_location place) {
  if (status == cudaSuccess) return;
  fail_at(call, fmt::format("{}, {}", cudaGetErrorName(status), cudaGetErrorString(status)), place);
}

void expect_success(cublasStatus_t status, const char* call, std::source_location place) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail_at(call, fmt::format("{}, {}", cublasGetStatusName(status), cublasGetStatusString(status)),
          place);
}

void expect_success(cusolverStatus_t status, const char* call, std::source_location place) {
  if (status == CUSOLVER_STATUS_SUCCESS) return;
  fail_at(call, fmt::format("status {}", static_cast<int>(status)), place);
}

}  // namespace arete::device
