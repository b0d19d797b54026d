# What every target of this project is compiled with.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET default)

add_library(arete_compiler INTERFACE)
# No contraction of a*b+c into one rounding: the same bits on every machine and backend.
target_compile_options(arete_compiler INTERFACE -ffp-contract=off -Wall -Wextra -Wpedantic)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 warns of its own std::string (GCC bug 105651).
  target_compile_options(arete_compiler INTERFACE -Wno-restrict)
endif()
if(ARETE_WERROR)
  target_compile_options(arete_compiler INTERFACE -Werror)
endif()

find_program(ARETE_CCACHE ccache)
mark_as_advanced(ARETE_CCACHE)
if(ARETE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ARETE_CCACHE})
endif()
