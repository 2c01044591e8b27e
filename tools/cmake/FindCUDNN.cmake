# cuDNN as target CUDNN::cudnn, from CUDNN_ROOT, the CUDA toolkit's folders, the system's, or at last from the package
# that pip installs (nvidia-cudnn-cu13 and its like, which come with PyTorch). Call find_package(CUDAToolkit) before.
function(cudnn_search)
  find_path(CUDNN_INCLUDE_DIR cudnn.h HINTS ${ARGN} ${CUDAToolkit_INCLUDE_DIRS} PATH_SUFFIXES include)
  # pip's package has no libcudnn.so, which is a link for the linker.
  find_library(CUDNN_LIBRARY NAMES cudnn libcudnn.so.9 NAMES_PER_DIR HINTS ${ARGN} ${CUDAToolkit_LIBRARY_DIR} PATH_SUFFIXES lib lib64)
endfunction()

cudnn_search()
if(NOT CUDNN_INCLUDE_DIR OR NOT CUDNN_LIBRARY)
  find_program(CUDNN_PYTHON python3)
  if(CUDNN_PYTHON)
    execute_process(COMMAND "${CUDNN_PYTHON}" -c "import nvidia.cudnn as c; print(list(c.__path__)[0])"
      OUTPUT_VARIABLE cudnn_of_pip OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(cudnn_of_pip)
      unset(CUDNN_INCLUDE_DIR CACHE)  # headers and library of one version
      unset(CUDNN_LIBRARY CACHE)
      cudnn_search("${cudnn_of_pip}")
    endif()
  endif()
  mark_as_advanced(CUDNN_PYTHON)
endif()

if(CUDNN_INCLUDE_DIR AND EXISTS "${CUDNN_INCLUDE_DIR}/cudnn_version.h")
  file(READ "${CUDNN_INCLUDE_DIR}/cudnn_version.h" cudnn_header)
  foreach(part MAJOR MINOR PATCHLEVEL)
    string(REGEX MATCH "#define CUDNN_${part} +([0-9]+)" cudnn_line "${cudnn_header}")
    list(APPEND cudnn_parts "${CMAKE_MATCH_1}")
  endforeach()
  list(JOIN cudnn_parts "." CUDNN_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CUDNN REQUIRED_VARS CUDNN_LIBRARY CUDNN_INCLUDE_DIR VERSION_VAR CUDNN_VERSION
  REASON_FAILURE_MESSAGE "A build for CUDA needs cuDNN 9, its header cudnn.h and its library: install it, or give its folder as -DCUDNN_ROOT=DIR.")
mark_as_advanced(CUDNN_INCLUDE_DIR CUDNN_LIBRARY)
if(CUDNN_FOUND AND NOT TARGET CUDNN::cudnn)
  add_library(CUDNN::cudnn UNKNOWN IMPORTED)
  set_target_properties(CUDNN::cudnn PROPERTIES
    IMPORTED_LOCATION "${CUDNN_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CUDNN_INCLUDE_DIR}")
endif()
