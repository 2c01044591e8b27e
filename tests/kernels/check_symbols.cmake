# Fails when an object file that was compiled for a newer instruction set defines a symbol, outside of its own
# namespace, that the linker could pick for a caller which was not: such a caller would stop an older processor.
#
#   cmake -DNM=nm -DNAMESPACE=dlcore::kernels::cpu_v4 "-DOBJECTS=a.o;b.o" -P check_symbols.cmake
if(NOT OBJECTS)
  message(FATAL_ERROR "no object files to check")
endif()
set(found 0)
set(offenders "")
foreach(object IN LISTS OBJECTS)
  execute_process(COMMAND ${NM} --demangle --defined-only ${object} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX REPLACE ";" "," symbols "${symbols}")
  string(REGEX REPLACE "\n" ";" symbols "${symbols}")
  foreach(symbol IN LISTS symbols)
    # Upper case, or u, v, w: visible to other objects. Lower case: local to its own.
    if(symbol MATCHES "^[0-9a-f]* +([A-Zuvw]) (.*)$")
      set(name "${CMAKE_MATCH_2}")
      # What clang adds by itself to code that must not throw: an address, and a function of two calls, which ends the
      # program and is the same for every processor.
      if(name MATCHES "^(DW\\.ref\\.__gxx_personality_v0|__clang_call_terminate)$")
        continue()
      endif()
      math(EXPR found "${found} + 1")
      # "void ns::f<T>(...)" or "ns::f(...)"; a namespace within an argument does not count.
      if(NOT name MATCHES "^([a-z ]+ )?${NAMESPACE}::" AND NOT name MATCHES "^(vtable|typeinfo|typeinfo name|guard variable) for ${NAMESPACE}::")
        list(APPEND offenders "${object}: ${name}")
      endif()
    endif()
  endforeach()
endforeach()
if(found EQUAL 0)
  message(FATAL_ERROR "${NM} found no symbols at all in ${OBJECTS}")
endif()
if(offenders)
  list(JOIN offenders "\n  " offenders)
  message(FATAL_ERROR "visible symbols outside of ${NAMESPACE}:\n  ${offenders}")
endif()
