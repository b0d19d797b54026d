# The C interface alone.
find_package(MPI QUIET COMPONENTS C)
if(NOT MPI_C_FOUND)
  set(missing "MPI was not found; install libopenmpi-dev, or set MPI_HOME to the folder of one")
endif()
