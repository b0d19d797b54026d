# Finds the libraries that libarete.so needs. The least versions are those of Debian 12, which
# continuous integration builds and tests with; older ones nobody has tried.
find_package(OpenMP REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt 9.1 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(JPEG REQUIRED)
pkg_check_modules(SPNG REQUIRED IMPORTED_TARGET spng>=0.7)
pkg_check_modules(DEFLATE REQUIRED IMPORTED_TARGET libdeflate>=1.14)
find_package(OpenBLASOpenMP REQUIRED)

# The Python of scripts/setup, or another: its pyarrow brings Arrow, and its PySpark is for tests.
find_program(ARETE_PYTHON NAMES python3 PATHS ${PROJECT_SOURCE_DIR}/build/venv/bin NO_DEFAULT_PATH)
find_program(ARETE_PYTHON NAMES python3)
