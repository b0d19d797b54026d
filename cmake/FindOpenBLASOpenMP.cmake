# Finds the OpenMP build of OpenBLAS, which holds LAPACK too, as the target OpenBLAS::openmp.
#
# The pthread build has the same SONAME and is what a plain -lopenblas finds on Debian, so the
# library is linked by its full path, and its folder becomes an RPATH (OpenBLAS_RPATH). The program
# checks openblas_get_parallel() when it starts. lapack.h comes with LAPACKE; only the header is used.
find_library(OpenBLASOpenMP_LIBRARY NAMES openblas openblaso
  PATH_SUFFIXES openblas-openmp
  HINTS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp)
find_path(OpenBLASOpenMP_INCLUDE_DIR NAMES cblas.h
  PATH_SUFFIXES openblas-openmp openblas
  HINTS /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp)
find_path(OpenBLASOpenMP_LAPACK_INCLUDE_DIR NAMES lapack.h)

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
