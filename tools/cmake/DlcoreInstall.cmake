# What is installed besides the libraries and programs, each of which sees to itself: headers, the CMake package
# `dlcore`, dlcore.pc, configurations and documents. Two components: runtime, and development for what builds upon it.
include(CMakePackageConfigHelpers)

# Every header of the rows, except those that their rows keep to themselves and those for kernel files, which are
# compiled once per target.
set(dlcore_made_headers "${PROJECT_BINARY_DIR}/include/core/targets.h" "${PROJECT_BINARY_DIR}/include/core/version.h")
set(dlcore_public_headers ${dlcore_made_headers})
foreach(row core kernels io io/html layers models)
  file(GLOB headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${row}/*.h")
  set(public "")
  foreach(header IN LISTS headers)
    file(READ "${header}" text)
    if(NOT text MATCHES "Internal([ \n]|//)+to([ \n]|//)+(io|kernels|layers|models)" AND NOT text MATCHES "(::|ifndef )DLCORE_TARGET|include \"kernels/(cpu|cuda)/")
      list(APPEND public "${header}")
    endif()
  endforeach()
  list(APPEND dlcore_public_headers ${public})
  install(FILES ${public} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/dlcore/${row}" COMPONENT development)
endforeach()
install(FILES ${dlcore_made_headers} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/dlcore/core" COMPONENT development)

# find_package(dlcore): beside the targets the modules that find what static libraries need, which have no package.
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/dlcore")
configure_package_config_file("${PROJECT_SOURCE_DIR}/tools/cmake/dlcoreConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/package/dlcoreConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/dlcoreConfigVersion.cmake"
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/package/dlcoreConfig.cmake" "${PROJECT_BINARY_DIR}/package/dlcoreConfigVersion.cmake"
  DESTINATION "${package_dir}" COMPONENT development)
install(EXPORT dlcoreTargets NAMESPACE dlcore:: DESTINATION "${package_dir}" COMPONENT development)
if(NOT BUILD_SHARED_LIBS)
  set(modules FindLibZip FindRe2 FindStemmer)
  if(DLCORE_CUDA)
    list(APPEND modules FindCUDNN dlcore_cuda_toolkit)
  endif()
  list(TRANSFORM modules REPLACE "(.+)" "${PROJECT_SOURCE_DIR}/tools/cmake/\\1.cmake")
  install(FILES ${modules} DESTINATION "${package_dir}" COMPONENT development)
endif()

# dlcore.pc: what the CMake package says, for other build systems. A static dlcore names its libraries by their files,
# most of which have no .pc of their own (pkg-config --static).
set(pc_private "")
if(NOT BUILD_SHARED_LIBS)
  foreach(library DNNL::dnnl JPEG::JPEG LibZip::LibZip PNG::PNG re2::re2 simdjson::simdjson yaml-cpp Stemmer::Stemmer ZLIB::ZLIB)
    string(APPEND pc_private " $<TARGET_FILE:${library}>")
  endforeach()
  if(DLCORE_CUDA)
    string(APPEND pc_private " $<TARGET_FILE:CUDNN::cudnn> $<TARGET_FILE:CUDA::cublasLt> $<TARGET_FILE:CUDA::cudart>")
  endif()
  string(JOIN " " pc_private "${pc_private}" ${HDF5_LIBRARIES} ${OpenMP_CXX_FLAGS} -pthread)
endif()
file(RELATIVE_PATH pc_prefix "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
configure_file("${PROJECT_SOURCE_DIR}/tools/cmake/dlcore.pc.in" "${PROJECT_BINARY_DIR}/package/dlcore.pc.in" @ONLY)
file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/package/dlcore.pc" INPUT "${PROJECT_BINARY_DIR}/package/dlcore.pc.in")
install(FILES "${PROJECT_BINARY_DIR}/package/dlcore.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)

# Configurations, and the documents as they lie beside each other here, so that their links lead somewhere.
file(GLOB configurations CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/models/*.yaml")
install(FILES ${configurations} DESTINATION "${CMAKE_INSTALL_DATADIR}/dlcore/models" COMPONENT runtime)
install(FILES "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CONTRIBUTING.md" "${PROJECT_SOURCE_DIR}/LICENSE"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT runtime)
install(FILES "${PROJECT_SOURCE_DIR}/io/FORMAT.md" DESTINATION "${CMAKE_INSTALL_DOCDIR}/io" COMPONENT runtime)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs/" DESTINATION "${CMAKE_INSTALL_DOCDIR}/docs" COMPONENT runtime)
