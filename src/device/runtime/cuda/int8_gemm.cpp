#include "device/runtime/cuda/int8_gemm.hpp"

#include "arete/core/error.hpp"
#include "device/runtime/cuda/check.hpp"

namespace arete::device {

namespace {

CublasLt make_cublaslt() {
  cublasLtHandle_t handle = nullptr;
  expect_success(cublasLtCreate(&handle), "cublasLtCreate");
  return CublasLt(handle);
}

/// C = A'B in int32.
MatmulDescription make_description() {
  cublasLtMatmulDesc_t description = nullptr;
  expect_success(cublasLtMatmulDescCreate(&description, CUBLAS_COMPUTE_32I, CUDA_R_32I),
                 "cublasLtMatmulDescCreate");
  MatmulDescription owner(description);
  const cublasOperation_t transpose = CUBLAS_OP_T;
  expect_success(cublasLtMatmulDescSetAttribute(description, CUBLASLT_MATMUL_DESC_TRANSA,
                                                &transpose, sizeof transpose),
                 "cublasLtMatmulDescSetAttribute");
  return owner;
}

MatmulPreference make_preference() {
  cublasLtMatmulPreference_t preference = nullptr;
  expect_success(cublasLtMatmulPreferenceCreate(&preference), "cublasLtMatmulPreferenceCreate");
  MatmulPreference owner(preference);
  const std::size_t bytes = Int8Gemm::workspace_bytes;
  expect_success(cublasLtMatmulPreferenceSetAttribute(
                     preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes, sizeof bytes),
                 "cublasLtMatmulPreferenceSetAttribute");
  return owner;
}

MatmulLayout make_layout(cudaDataType type, std::size_t rows, std::size_t columns,
                         std::size_t stride) {
  cublasLtMatrixLayout_t layout = nullptr;
  expect_success(
      cublasLtMatrixLayoutCreate(&layout, type, rows, columns, static_cast<std::int64_t>(stride)),
      "cublasLtMatrixLayoutCreate");
  return MatmulLayout(layout);
}

}  // namespace

Int8Gemm::Int8Gemm()
    : handle_(make_cublaslt()),
      description_(make_description()),
      preference_(make_preference()),
      workspace_(make_bytes(workspace_bytes)) {}

const Int8Gemm::Plan& Int8Gemm::plan_for(const Int8Product& p) {
  const Shape shape{p.m, p.n, p.k, p.a_stride, p.b_stride, p.c_stride};
  const auto found = plans_.find(shape);
  if (found != plans_.end()) return found->second;
  Plan plan{make_layout(CUDA_R_8I, p.k, p.m, p.a_stride),
            make_layout(CUDA_R_8I, p.k, p.n, p.b_stride),
            make_layout(CUDA_R_32I, p.m, p.n, p.c_stride),
            {}};
  cublasLtMatmulHeuristicResult_t result{};
  int results = 0;
  const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(
      handle_.get(), description_.get(), plan.a.get(), plan.b.get(), plan.c.get(), plan.c.get(),
      preference_.get(), 1, &result, &results);
  if (status == CUBLAS_STATUS_NOT_SUPPORTED || (status == CUBLAS_STATUS_SUCCESS && results == 0)) {
    fail(ErrorKind::unavailable,
         "cuBLASLt has no int8 product of {} x {} x {} for this GPU; use --kernel float64", p.m,
         p.n, p.k);
  }
  expect_success(status, "cublasLtMatmulAlgoGetHeuristic");
  plan.algorithm = result.algo;
  return plans_.emplace(shape, std::move(plan)).first->second;
}

void Int8Gemm::run(const Int8Product& p, cudaStream_t stream) {
  const Plan& plan = plan_for(p);
  const std::int32_t one = 1;
  const std::int32_t zero = 0;
  expect_success(cublasLtMatmul(handle_.get(), description_.get(), &one, p.a, plan.a.get(), p.b,
                                plan.b.get(), &zero, p.c, plan.c.get(), p.c, plan.c.get(),
                                &plan.algorithm, workspace_.get(), workspace_bytes, stream),
                 "cublasLtMatmul");
}

}  // namespace arete::device
