# The header alone: the library is loaded when several GPUs meet. CUDA has no target for it.
if(NOT TARGET arete_cuda)
  set(missing "the cuda module is off")
else()
  find_path(NCCL_INCLUDE_DIR NAMES nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS} ENV NCCL_ROOT
    PATH_SUFFIXES include)
  mark_as_advanced(NCCL_INCLUDE_DIR)
  if(NOT NCCL_INCLUDE_DIR)
    set(missing "nccl.h was not found; install libnccl-dev, or set NCCL_ROOT to the folder of one")
  endif()
endif()
