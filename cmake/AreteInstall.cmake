# Installs the command, the library, its public headers and the package that find_package(arete)
# reads. A header is public when it stands here; tests/package compiles each of them on its own.
# Components are those of AretePackages: arete, dev, and each module's.
include(CMakePackageConfigHelpers)

set(ARETE_PUBLIC_HEADERS
  backend/backend.hpp
  comm/communicator.hpp
  core/buffer.hpp
  core/checked.hpp
  core/error.hpp
  core/listener.hpp
  core/matrix.hpp
  core/memory.hpp
  core/threads.hpp
  core/version.hpp
  data/class_list.hpp
  data/open.hpp
  data/row_source.hpp
  model/evaluation.hpp
  model/predict.hpp
  model/ridge_model.hpp
  moments/moments.hpp
  moments/moments_file.hpp
  moments/part_rule.hpp
  solve/ridge_path.hpp
  train/fit.hpp
  train/gather_moments.hpp
  train/parallel_mode.hpp)

set(_package ${CMAKE_INSTALL_LIBDIR}/cmake/arete)
foreach(_header IN LISTS ARETE_PUBLIC_HEADERS)
  get_filename_component(_folder ${_header} DIRECTORY)
  install(FILES src/host/${_header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/arete/${_folder}
    COMPONENT dev)
endforeach()
install(TARGETS arete EXPORT arete-targets LIBRARY COMPONENT arete NAMELINK_COMPONENT dev)
install(TARGETS arete_command RUNTIME COMPONENT arete)
install(FILES scripts/completion/arete
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT arete)
install(EXPORT arete-targets NAMESPACE arete:: DESTINATION ${_package} COMPONENT dev)

configure_package_config_file(
  cmake/arete-config.cmake.in ${PROJECT_BINARY_DIR}/arete-config.cmake
  INSTALL_DESTINATION ${_package})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/arete-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(
  FILES ${PROJECT_BINARY_DIR}/arete-config.cmake ${PROJECT_BINARY_DIR}/arete-config-version.cmake
  DESTINATION ${_package} COMPONENT dev)
install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT arete)
