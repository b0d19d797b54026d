target_sources(arete_reference PRIVATE
  reference/data_set.cpp
  reference/reference.cpp)

arete_add_test(core
  blas_test.cpp
  file_test.cpp
  memory_test.cpp
  module_test.cpp)
target_link_libraries(test_core PRIVATE OpenBLAS::openmp OpenMP::OpenMP_CXX)
# Modules for the loader's tests: one as it should be, one of another build, one without entry point.
foreach(_fixture IN ITEMS good stale empty)
  add_library(module_fixture_${_fixture} MODULE core/module_fixture_${_fixture}.cpp)
  target_link_libraries(module_fixture_${_fixture} PRIVATE arete arete_compiler)
  set_target_properties(module_fixture_${_fixture} PROPERTIES
    PREFIX "" OUTPUT_NAME libarete_${_fixture}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/module_fixtures
    BUILD_RPATH "${OpenBLAS_RPATH}")
endforeach()
add_dependencies(test_core module_fixture_good module_fixture_stale module_fixture_empty)
target_compile_definitions(test_core PRIVATE
  ARETE_MODULE_FIXTURES="${CMAKE_CURRENT_BINARY_DIR}/module_fixtures")

arete_add_test(data
  block_reader_test.cpp
  cifar_test.cpp
  class_list_test.cpp
  idx_test.cpp
  image_decode_test.cpp
  image_folder_test.cpp
  image_preprocess_test.cpp
  image_resize_test.cpp
  labels_test.cpp
  npy_test.cpp
  open_test.cpp
  table_files_test.cpp)
target_link_libraries(test_data PRIVATE JPEG::JPEG PkgConfig::SPNG OpenMP::OpenMP_CXX)

arete_add_test(moments
  accumulator_test.cpp
  gram_int8_test.cpp
  merge_test.cpp
  moments_file_test.cpp
  moments_test.cpp
  part_rule_test.cpp)

arete_add_test(solve
  centring_test.cpp
  path_test.cpp)

arete_add_test(score score_test.cpp)

arete_add_test(select select_test.cpp)

arete_add_test(model
  evaluation_test.cpp
  ridge_model_test.cpp
  safetensors_test.cpp)
target_link_libraries(test_model PRIVATE nlohmann_json::nlohmann_json)

arete_add_test(report
  chart_test.cpp
  image_test.cpp
  page_test.cpp
  report_command_test.cpp)
target_link_libraries(test_report PRIVATE nlohmann_json::nlohmann_json JPEG::JPEG PkgConfig::SPNG)
add_dependencies(test_report arete_command)

arete_add_test(comm
  communicator_suite.cpp
  single_process_test.cpp
  threads_test.cpp
  PROPERTIES TIMEOUT 60)  # for ranks that wait in vain
target_link_libraries(test_comm PRIVATE Threads::Threads)

# Skipped, visibly, without a GPU; fails then with ARETE_REQUIRE_GPU=1.
arete_add_test(backend
  backend_suite.cpp
  backends.cpp
  open_backend_test.cpp)
if(TARGET arete_cuda)
  add_dependencies(test_backend arete_cuda)
endif()

# The device's pipeline by plain loops: no CUDA is needed.
if(NOT TARGET arete_device)
  include(${PROJECT_SOURCE_DIR}/src/device/pipeline.cmake)
endif()
arete_add_test(device
  ../backend/backend_suite.cpp
  collective_test.cpp
  host_backend.cpp
  host_device.cpp
  probe_test.cpp
  rows_test.cpp
  score_test.cpp
  solve_test.cpp
  sums_test.cpp)
target_link_libraries(test_device PRIVATE arete_device OpenBLAS::openmp)

arete_add_test(train
  checkpoint_test.cpp
  fashion_mnist_test.cpp
  fit_test.cpp
  large_file_test.cpp
  ranks_test.cpp)
target_link_libraries(test_train PRIVATE nlohmann_json::nlohmann_json)
add_dependencies(test_train arete_command)

arete_add_test(cli
  fit_test.cpp
  limits_test.cpp
  moments_test.cpp
  outputs_test.cpp
  parse_test.cpp
  ../../src/host/cli/parse.cpp
  predict_test.cpp
  resources_test.cpp
  usage_test.cpp)
target_link_libraries(test_cli PRIVATE nlohmann_json::nlohmann_json JPEG::JPEG PkgConfig::SPNG)
add_dependencies(test_cli arete_command)

# What mpirun starts: the communicator's tests, once on the module as it is loaded, and once with
# limits that small tests reach.
arete_add_test(distributed mpirun_test.cpp
  PROPERTIES TIMEOUT 120 PROCESSORS 2)
target_link_libraries(test_distributed PRIVATE nlohmann_json::nlohmann_json)
if(TARGET arete_mpi)
  foreach(_suite IN ITEMS module_suite limits_suite)
    add_executable(${_suite} distributed/${_suite}.cpp comm/communicator_suite.cpp)
    target_link_libraries(${_suite} PRIVATE arete_reference)
    set_target_properties(${_suite} PROPERTIES BUILD_RPATH "${OpenBLAS_RPATH}")
  endforeach()
  target_link_libraries(limits_suite PRIVATE arete_mpi_objects)
  add_dependencies(test_distributed module_suite limits_suite arete_command arete_mpi)
  target_compile_definitions(test_distributed PRIVATE
    ARETE_MPIRUN="$<$<BOOL:${MPIEXEC_EXECUTABLE}>:${MPIEXEC_EXECUTABLE}>"
    ARETE_MODULE_SUITE="$<TARGET_FILE:module_suite>"
    ARETE_LIMITS_SUITE="$<TARGET_FILE:limits_suite>")
else()
  target_compile_definitions(test_distributed PRIVATE
    ARETE_MPIRUN="" ARETE_MODULE_SUITE="" ARETE_LIMITS_SUITE="")
endif()

# The command as mpirun starts it.
set(_mpirun "")
if(TARGET arete_mpi)
  set(_mpirun "$<$<BOOL:${MPIEXEC_EXECUTABLE}>:${MPIEXEC_EXECUTABLE}>")
endif()
arete_add_test(jobs
  ../distributed/job_test.cpp
  ../distributed/job_failure_test.cpp
  ../distributed/job_reads_test.cpp
  PROPERTIES TIMEOUT 300)
# Kills count on a run that takes its usual time.
arete_add_test(kills ../distributed/kills_test.cpp PROPERTIES TIMEOUT 900 RUN_SERIAL TRUE)
add_library(read_log MODULE distributed/read_log.cpp)
target_link_libraries(read_log PRIVATE arete_compiler)
foreach(_test IN ITEMS test_jobs test_kills)
  target_link_libraries(${_test} PRIVATE nlohmann_json::nlohmann_json)
  target_compile_definitions(${_test} PRIVATE
    ARETE_MPIRUN="${_mpirun}" ARETE_READ_LOG="$<TARGET_FILE:read_log>")
  add_dependencies(${_test} arete_command read_log)
  if(TARGET arete_mpi)
    add_dependencies(${_test} arete_mpi)
  endif()
endforeach()
# Tables are written by Arrow itself, whose libraries the module alone needs otherwise.
if(TARGET arete_parquet)
  arete_add_test(tables
    ../data/parquet/table_columns_test.cpp
    ../data/parquet/table_command_test.cpp
    ../data/parquet/table_damage_test.cpp
    ../data/parquet/table_errors_test.cpp
    ../data/parquet/table_job_test.cpp
    ../data/parquet/table_large_test.cpp
    ../data/parquet/table_source_test.cpp)
  target_link_libraries(test_tables PRIVATE
    arete_arrow nlohmann_json::nlohmann_json JPEG::JPEG PkgConfig::SPNG OpenMP::OpenMP_CXX)
  target_compile_definitions(test_tables PRIVATE ARETE_MPIRUN="${_mpirun}")
  add_dependencies(test_tables arete_command arete_parquet)
  if(TARGET arete_mpi)
    add_dependencies(test_tables arete_mpi)
  endif()
endif()

# A real Spark, once and not under the sanitizers; each file says why it skips itself.
if(TARGET arete_parquet AND ARETE_PYTHON AND CMAKE_BUILD_TYPE STREQUAL "Release")
  foreach(_test IN ITEMS units batch loops cluster)
    add_test(NAME spark.${_test}
      COMMAND ${ARETE_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/spark/${_test}_test.py)
    set_tests_properties(spark.${_test} PROPERTIES
      SKIP_RETURN_CODE 77 TIMEOUT 300 RUN_SERIAL TRUE
      ENVIRONMENT ARETE_COMMAND=$<TARGET_FILE:arete_command>)
  endforeach()
endif()
# Once, on what users run: valgrind takes long, and is not for the sanitizers' memory.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_test(NAME valgrind.commands
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/valgrind/commands $<TARGET_FILE:arete_command>)
  set_tests_properties(valgrind.commands PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600 LABELS valgrind)
endif()
add_test(NAME distributed.several-hosts
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/distributed/several-hosts $<TARGET_FILE:arete_command>)
set_tests_properties(distributed.several-hosts PROPERTIES
  SKIP_RETURN_CODE 77 RUN_SERIAL TRUE TIMEOUT 300
  ENVIRONMENT ASAN_OPTIONS=detect_leaks=0)  # Open MPI does not free all it has
if(NOT TARGET arete_mpi)
  set_tests_properties(distributed.several-hosts PROPERTIES DISABLED TRUE)
endif()
# The programs that time others and draw the study's figures, on few rows; each says why it skips itself.
if(ARETE_PYTHON AND CMAKE_BUILD_TYPE STREQUAL "Release")
  foreach(_test IN ITEMS peers reproduce tables)
    add_test(NAME bench.${_test}
      COMMAND ${ARETE_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/bench/${_test}_test.py)
    set_tests_properties(bench.${_test} PROPERTIES
      SKIP_RETURN_CODE 77 TIMEOUT 300 RUN_SERIAL TRUE
      ENVIRONMENT ARETE_BUILD=${PROJECT_BINARY_DIR})
  endforeach()
endif()
# The command with one call failing; a sanitizer's own library would have to be loaded before ours.
add_library(fail_call MODULE faults/fail_call.cpp)
target_link_libraries(fail_call PRIVATE arete_compiler ${CMAKE_DL_LIBS})
set(_fail_call $<TARGET_FILE:fail_call>)
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  set(_fail_call "")
endif()
arete_add_test(faults faults_test.cpp PROPERTIES TIMEOUT 3600)
target_link_libraries(test_faults PRIVATE nlohmann_json::nlohmann_json)
target_compile_definitions(test_faults PRIVATE ARETE_FAIL_CALL="${_fail_call}")
add_dependencies(test_faults arete_command fail_call)
