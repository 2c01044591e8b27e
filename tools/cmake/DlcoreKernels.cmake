# Kernel families (.cu files) as object libraries. The language of a source is a property of the directory, hence one
# directory for each of these two functions.

# dlcore_cpu_kernels(NAME OBJECTS FILE...): once per CPU instruction set, each into its own namespace, as NAME_cpu_plain,
# NAME_cpu_v3, ...; their names go into the variable OBJECTS.
function(dlcore_cpu_kernels name objects)
  set_source_files_properties(${ARGN} PROPERTIES LANGUAGE CXX)
  set(targets cpu_plain)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    list(APPEND targets cpu_v3 cpu_v4)
  endif()
  set(flags_cpu_plain "")
  set(flags_cpu_v3 -march=x86-64-v3 -mtune=generic)
  set(flags_cpu_v4 -march=x86-64-v4 -mprefer-vector-width=512)
  set(made "")
  foreach(target IN LISTS targets)
    add_library(${name}_${target} OBJECT ${ARGN})
    target_link_libraries(${name}_${target} PUBLIC dlcore::core PRIVATE dlcore_settings)
    target_compile_definitions(${name}_${target} PRIVATE DLCORE_TARGET=${target})
    # Neither flag changes a value: errno and floating-point traps are not looked at. No -ffast-math: infinities and
    # NaN keep their meaning.
    target_compile_options(${name}_${target} PRIVATE -O3 -fno-math-errno -fno-trapping-math ${flags_${target}})
    # clang says of every `omp simd` loop that it could not vectorise: those of double that call libm, which has no
    # vector form, and with a sanitizer's calls in them nearly all.
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      target_compile_options(${name}_${target} PRIVATE -Wno-pass-failed)
    endif()
    if(DLCORE_OPENMP)
      target_link_libraries(${name}_${target} PUBLIC OpenMP::OpenMP_CXX)
    else()
      target_compile_options(${name}_${target} PRIVATE -fopenmp-simd)
    endif()
    list(APPEND made ${name}_${target})
  endforeach()
  set(${objects} ${made} PARENT_SCOPE)
endfunction()

# dlcore_cuda_kernels(NAME FILE...): for CUDA, as NAME.
function(dlcore_cuda_kernels name)
  set_source_files_properties(${ARGN} PROPERTIES LANGUAGE CUDA)
  add_library(${name} OBJECT ${ARGN})
  target_link_libraries(${name} PUBLIC dlcore::core PRIVATE dlcore_settings CUDA::cudart)
  target_compile_definitions(${name} PRIVATE DLCORE_TARGET=cuda)
  target_compile_options(${name} PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:--extended-lambda;-Xcompiler=-Wall;--diag-error=20012,20014>")
  # A kernel that spills registers, or keeps anything else in local memory, is one that should be written otherwise.
  target_compile_options(${name} PRIVATE
    "$<$<COMPILE_LANGUAGE:CUDA>:-Xptxas=--warn-on-spills,--warn-on-local-memory-usage,--warning-as-error>")
  # What ptxas says of registers, shared memory and stack is kept beside the objects (kernels/CMakeLists.txt makes a table of it).
  target_compile_options(${name} PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:-Xptxas=-v>")
  set_property(TARGET ${name} PROPERTY CUDA_COMPILER_LAUNCHER
    ${PROJECT_SOURCE_DIR}/tools/cmake/keep_ptxas_report.sh ${CMAKE_CUDA_COMPILER_LAUNCHER})
endfunction()
