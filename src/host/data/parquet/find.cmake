# Arrow C++ with Parquet: as it is installed, or else inside the pyarrow package of a Python, which
# brings headers and libraries. scripts/setup puts one into build/venv.
find_package(Arrow QUIET CONFIG)
find_package(Parquet QUIET CONFIG)
if(Arrow_FOUND AND Parquet_FOUND)
  set(ARETE_ARROW Parquet::parquet_shared Arrow::arrow_shared)
  set(ARETE_ARROW_FOLDER "")
else()
  find_program(ARETE_PYTHON NAMES python3 PATHS ${PROJECT_SOURCE_DIR}/build/venv/bin NO_DEFAULT_PATH
    DOC "The Python whose pyarrow package is built against, and that the tests of Spark use")
  find_program(ARETE_PYTHON NAMES python3)
  set(ARETE_ARROW_FOLDER "")
  if(ARETE_PYTHON)
    execute_process(
      COMMAND ${ARETE_PYTHON} -c "import pyarrow; print(pyarrow.get_library_dirs()[0])"
      OUTPUT_VARIABLE ARETE_ARROW_FOLDER OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  # The package has libarrow.so.2600, but no libarrow.so.
  file(GLOB _arrow ${ARETE_ARROW_FOLDER}/libarrow.so.*[0-9])
  file(GLOB _parquet ${ARETE_ARROW_FOLDER}/libparquet.so.*[0-9])
  if(NOT ARETE_ARROW_FOLDER OR NOT _arrow OR NOT _parquet)
    set(missing "Arrow was not found; install Arrow C++ with Parquet, or pyarrow: scripts/setup puts \
it into build/venv, -DARETE_PYTHON=python3 names another Python")
  else()
    add_library(arete_arrow INTERFACE)
    target_include_directories(arete_arrow SYSTEM INTERFACE ${ARETE_ARROW_FOLDER}/include)
    target_link_libraries(arete_arrow INTERFACE ${_parquet} ${_arrow})
    set(ARETE_ARROW arete_arrow)
    set(ARETE_ARROW_FILES ${_arrow} ${_parquet})
  endif()
endif()
