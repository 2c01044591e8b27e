# CMake 3.25's own module stops over a library that CUDA 13 no longer has, unless asked for an older policy version.
set(dlcore_required_version ${CMAKE_MINIMUM_REQUIRED_VERSION})
set(CMAKE_MINIMUM_REQUIRED_VERSION 3.24)
find_package(CUDAToolkit REQUIRED)
set(CMAKE_MINIMUM_REQUIRED_VERSION ${dlcore_required_version})
