# cpack, in the build folder, makes Debian packages of a CPU build: dlcore, and dlcore-dev for what builds upon it. The
# libraries of a CUDA toolkit mostly come from no Debian package that one could depend on: tools/docker/cuda.Dockerfile.
if(DLCORE_CUDA)
  return()
endif()
set(DLCORE_PACKAGE_CONTACT "dlcore <root@localhost>" CACHE STRING "Maintainer that the Debian packages name")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME dlcore)
set(CPACK_PACKAGE_VENDOR dlcore)
set(CPACK_PACKAGE_CONTACT "${DLCORE_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")

set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
  "Trains image captioners, captions photos and scores captions: the programs, their libraries and configurations.")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Headers, the CMake package and the pkg-config file.")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)  # what the programs and libraries need is what they are linked with
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}")
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME dlcore)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION science)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME dlcore-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_GENERATE_SHLIBS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "dlcore (= ${PROJECT_VERSION}), libfmt-dev, nlohmann-json3-dev")
if(NOT BUILD_SHARED_LIBS)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libdnnl-dev, ocl-icd-opencl-dev, libhdf5-dev, libjpeg-dev,\
 libpng-dev, libzip-dev, libyaml-cpp-dev, libre2-dev, libsimdjson-dev, libstemmer-dev,\
 zlib1g-dev")
endif()
include(CPack)
