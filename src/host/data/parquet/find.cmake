# Arrow C++ with Parquet, as the target arete_arrow: as it is installed, or else inside the pyarrow
# package of a Python, which brings headers and libraries. scripts/setup puts one into build/venv.
find_package(Arrow QUIET CONFIG)
find_package(Parquet QUIET CONFIG)
if(Arrow_FOUND AND Parquet_FOUND)
  add_library(arete_arrow INTERFACE)
  target_link_libraries(arete_arrow INTERFACE Parquet::parquet_shared Arrow::arrow_shared)
else()
  set(_pyarrow "")
  if(ARETE_PYTHON)
    execute_process(
      COMMAND ${ARETE_PYTHON} -c "import pyarrow; print(pyarrow.get_library_dirs()[0])"
      OUTPUT_VARIABLE _pyarrow OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  # The package has libarrow.so.2600, but no libarrow.so.
  file(GLOB ARETE_ARROW_FILES ${_pyarrow}/libarrow.so.*[0-9] ${_pyarrow}/libparquet.so.*[0-9])
  list(LENGTH ARETE_ARROW_FILES _found)
  if(_pyarrow AND _found EQUAL 2)
    add_library(arete_arrow INTERFACE)
    target_include_directories(arete_arrow SYSTEM INTERFACE ${_pyarrow}/include)
    target_link_libraries(arete_arrow INTERFACE ${ARETE_ARROW_FILES})
  else()
    string(CONCAT missing "Arrow was not found; install Arrow C++ with Parquet, or pyarrow: "
      "scripts/setup puts it into build/venv, -DARETE_PYTHON=python3 names another Python")
  endif()
endif()
