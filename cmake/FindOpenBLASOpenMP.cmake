# Finds the OpenMP build of OpenBLAS, which holds LAPACK too, as the target OpenBLAS::openmp.
#
# The pthread build has the same SONAME and is what a plain -lopenblas finds on Debian, so the
# library is linked by its full path, and its folder becomes an RPATH (OpenBLAS_RPATH). The program
# checks openblas_get_parallel() when it starts. lapack.h comes with LAPACKE; only the header is used.
#
# The folders of the OpenMP build come first, and what is found elsewhere is asked which build it is.
find_library(OpenBLASOpenMP_LIBRARY NAMES openblas openblaso
  PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp /usr/lib/openblas-openmp
  NO_DEFAULT_PATH)
find_library(OpenBLASOpenMP_LIBRARY NAMES openblaso openblas PATH_SUFFIXES openblas-openmp)
find_path(OpenBLASOpenMP_INCLUDE_DIR NAMES cblas.h
  PATH_SUFFIXES openblas-openmp openblas
  HINTS /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp)
find_path(OpenBLASOpenMP_LAPACK_INCLUDE_DIR NAMES lapack.h)

if(OpenBLASOpenMP_LIBRARY AND NOT CMAKE_CROSSCOMPILING
    AND NOT "${OpenBLASOpenMP_CHECKED}" STREQUAL "${OpenBLASOpenMP_LIBRARY}")
  set(_source ${CMAKE_BINARY_DIR}/CMakeFiles/openblas_parallel.cpp)
  file(WRITE ${_source} [[
extern "C" int openblas_get_parallel();
int main() { return openblas_get_parallel() == 2 ? 0 : 1; }
]])
  get_filename_component(_folder ${OpenBLASOpenMP_LIBRARY} DIRECTORY)
  try_run(_ran _compiled ${CMAKE_BINARY_DIR}/CMakeFiles/openblas_parallel ${_source}
    LINK_LIBRARIES ${OpenBLASOpenMP_LIBRARY} -Wl,-rpath,${_folder})
  if(NOT _compiled OR NOT "${_ran}" STREQUAL "0")
    message(FATAL_ERROR "${OpenBLASOpenMP_LIBRARY} is not OpenBLAS built with OpenMP: install "
      "libopenblas-openmp-dev, or pass -DOpenBLASOpenMP_LIBRARY=/path/of/libopenblas.so")
  endif()
  set(OpenBLASOpenMP_CHECKED ${OpenBLASOpenMP_LIBRARY} CACHE INTERNAL "known to be built with OpenMP")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenBLASOpenMP
  REQUIRED_VARS OpenBLASOpenMP_LIBRARY OpenBLASOpenMP_INCLUDE_DIR OpenBLASOpenMP_LAPACK_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install libopenblas-openmp-dev and liblapacke-dev")

if(OpenBLASOpenMP_FOUND AND NOT TARGET OpenBLAS::openmp)
  add_library(OpenBLAS::openmp UNKNOWN IMPORTED)
  set_target_properties(OpenBLAS::openmp PROPERTIES
    IMPORTED_LOCATION ${OpenBLASOpenMP_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES
      "${OpenBLASOpenMP_INCLUDE_DIR};${OpenBLASOpenMP_LAPACK_INCLUDE_DIR}")
  get_filename_component(OpenBLAS_RPATH ${OpenBLASOpenMP_LIBRARY} DIRECTORY)
endif()
mark_as_advanced(OpenBLASOpenMP_LIBRARY OpenBLASOpenMP_INCLUDE_DIR
  OpenBLASOpenMP_LAPACK_INCLUDE_DIR)
