# All installed headers in one program: none needs one that is not installed, and version.h is this version's.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
file(GLOB_RECURSE headers RELATIVE "${PREFIX}/include/dlcore" "${PREFIX}/include/dlcore/*.h")
list(LENGTH headers count)
if(count LESS 50)
  message(FATAL_ERROR "only these headers are installed: ${headers}")
endif()
string(REPLACE "." ";" parts "${VERSION}")
list(GET parts 0 major)
list(GET parts 1 minor)
list(GET parts 2 patch)
list(TRANSFORM headers REPLACE "(.+)" "#include \"\\1\"")
list(JOIN headers "\n" text)
file(WRITE "${WORK}/headers.cpp" "${text}
static_assert(DLCORE_VERSION_MAJOR == ${major} && DLCORE_VERSION_MINOR == ${minor} && DLCORE_VERSION_PATCH == ${patch});
static_assert(DLCORE_VERSION == ${major} * 10000 + ${minor} * 100 + ${patch});
int main() {}
")
pkg_config(cflags --cflags)
run("${CXX}" -std=c++20 -Wall -Wextra -Werror -fsyntax-only ${cflags} "${WORK}/headers.cpp")
