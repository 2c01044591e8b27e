# Runs PROGRAM under VALGRIND's callgrind: its training step must take about as many instructions as it did, so that a
# regression shows without a clock. One thread, kernels of the plain target and oneDNN's of SSE4.1, which every x86-64
# processor runs; other compilers and versions of oneDNN give other numbers, hence the wide band.
set(stored 4419483)

execute_process(
  COMMAND ${CMAKE_COMMAND} -E env DLCORE_CPU_TARGET=plain ONEDNN_MAX_CPU_ISA=SSE41 OMP_NUM_THREADS=1
    ${VALGRIND} --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no --toggle-collect=counted_step ${PROGRAM}
  OUTPUT_QUIET ERROR_VARIABLE said RESULT_VARIABLE code)
string(REGEX MATCH "Collected : ([0-9]+)" found "${said}")
set(counted "${CMAKE_MATCH_1}")
if(NOT code EQUAL 0 OR NOT found)
  message(FATAL_ERROR "callgrind did not count (exit code ${code}): ${said}")
endif()
math(EXPR most "${stored} * 13 / 10")
math(EXPR least "${stored} / 2")
message(STATUS "a training step takes ${counted} instructions; stored are ${stored}")
if(counted GREATER most OR counted LESS least)
  message(FATAL_ERROR "that is outside of ${least} to ${most}: a regression, or a new number for count_instructions.cmake")
endif()
