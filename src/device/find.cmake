# nvcc, cuBLAS, cuSOLVER and CUB, which comes with nvcc. No driver and no GPU is needed to build.
# `native` would need one, so the architectures are named.
set(ARETE_CUDA_ARCHITECTURES "80-real;90-real;100" CACHE STRING
  "GPUs that the cuda module is compiled for: A100, H100 and H200, B200 and later")
include(CheckLanguage)
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  set(missing "nvcc was not found; install a CUDA toolkit of 13.0 or later, or set CUDACXX to its nvcc")
else()
  find_package(CUDAToolkit 13.0 QUIET)
  if(NOT CUDAToolkit_FOUND OR NOT TARGET CUDA::cublasLt OR NOT TARGET CUDA::cusolver)
    set(missing "CUDA 13.0 or later with cuBLAS and cuSOLVER was not found; set CUDAToolkit_ROOT")
  endif()
endif()
