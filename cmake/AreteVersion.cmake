# The commit that this is of, where git can tell: ARETE_COMMIT; and the version of packages,
# ARETE_PACKAGE_VERSION: 0.1.0 where a tag v0.1.0 stands here, else a version that Debian takes for
# older than that: 0.1.0~<number of commits>.g<commit>.
find_package(Git QUIET)

# arete_git(VARIABLE argument...): what git prints; empty where it fails.
function(arete_git variable)
  set(${variable} "" PARENT_SCOPE)
  if(Git_FOUND)
    execute_process(COMMAND ${GIT_EXECUTABLE} -C ${PROJECT_SOURCE_DIR} ${ARGN}
      OUTPUT_VARIABLE output OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed)
      set(${variable} "${output}" PARENT_SCOPE)
    endif()
  endif()
endfunction()

arete_git(ARETE_COMMIT rev-parse --short=12 HEAD)
arete_git(_tag describe --tags --exact-match --match v${PROJECT_VERSION})
arete_git(_commits rev-list --count HEAD)
set(ARETE_PACKAGE_VERSION ${PROJECT_VERSION})
if(ARETE_COMMIT AND NOT _tag)
  set(ARETE_PACKAGE_VERSION ${PROJECT_VERSION}~${_commits}.g${ARETE_COMMIT})
endif()
