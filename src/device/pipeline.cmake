# What the device does, without CUDA: everything but the CUDA files asks for the operations of
# runtime/device.hpp. So it is built, and tested by plain loops, where there is no CUDA too.
add_library(arete_device OBJECT
  ${CMAKE_CURRENT_LIST_DIR}/collective/gpus_of_job.cpp
  ${CMAKE_CURRENT_LIST_DIR}/collective/wait.cpp
  ${CMAKE_CURRENT_LIST_DIR}/moments/part_sums.cpp
  ${CMAKE_CURRENT_LIST_DIR}/moments/row_feed.cpp
  ${CMAKE_CURRENT_LIST_DIR}/moments/slice.cpp
  ${CMAKE_CURRENT_LIST_DIR}/moments/sums_plan.cpp
  ${CMAKE_CURRENT_LIST_DIR}/runtime/probe.cpp
  ${CMAKE_CURRENT_LIST_DIR}/runtime/raw_rows.cpp
  ${CMAKE_CURRENT_LIST_DIR}/score/device_scorer.cpp
  ${CMAKE_CURRENT_LIST_DIR}/score/digit_scale.cpp
  ${CMAKE_CURRENT_LIST_DIR}/score/digit_scorer.cpp
  ${CMAKE_CURRENT_LIST_DIR}/score/float64_scorer.cpp
  ${CMAKE_CURRENT_LIST_DIR}/session/device_session.cpp
  ${CMAKE_CURRENT_LIST_DIR}/solve/cholesky_path.cpp
  ${CMAKE_CURRENT_LIST_DIR}/solve/eigen_path.cpp
  ${CMAKE_CURRENT_LIST_DIR}/solve/inverse_norm.cpp
  ${CMAKE_CURRENT_LIST_DIR}/solve/refinement.cpp
  ${CMAKE_CURRENT_LIST_DIR}/solve/squared_error.cpp
  ${CMAKE_CURRENT_LIST_DIR}/solve/system.cpp)
target_include_directories(arete_device PUBLIC ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(arete_device
  PUBLIC arete
  PRIVATE $<BUILD_INTERFACE:arete_compiler> OpenMP::OpenMP_CXX OpenBLAS::openmp)
