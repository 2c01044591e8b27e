# What the scripts of this folder share. The prefix is where the installation lies after its move.
cmake_minimum_required(VERSION 3.25)
set(PREFIX "${WORK}/prefix")
set(ENV{PKG_CONFIG_PATH} "${PREFIX}/${LIBDIR}/pkgconfig")
unset(ENV{LD_LIBRARY_PATH})

# run(COMMAND...): its output is in OUT, of both kinds; another exit code than 0 is an error.
macro(run)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE OUT ERROR_VARIABLE OUT RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "exit code ${code}: ${ARGN}\n${OUT}")
  endif()
endmacro()

# refused(PART COMMAND...): it must fail, with PART in what it says.
macro(refused part)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE OUT ERROR_VARIABLE OUT RESULT_VARIABLE code)
  string(FIND "${OUT}" "${part}" place)
  if(NOT code EQUAL 1 OR place EQUAL -1)
    message(FATAL_ERROR "should fail with '${part}', but exit code ${code}: ${ARGN}\n${OUT}")
  endif()
endmacro()

macro(expect part where)
  string(FIND "${${where}}" "${part}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "'${part}' is not in ${where}:\n${${where}}")
  endif()
endmacro()

# The flags of `pkg-config WHAT dlcore` as a list.
function(pkg_config result what)
  if(NOT SHARED)
    list(APPEND what --static)
  endif()
  run("${PKG_CONFIG}" ${what} dlcore)
  separate_arguments(flags UNIX_COMMAND "${OUT}")
  set(${result} ${flags} PARENT_SCOPE)
endfunction()

# build(NAME OUTPUT [FLAG...]): the project in SOURCE/NAME by CMake, or its sources in one call of the compiler with what
# pkg-config says and these flags; OUTPUT is the file that comes out.
function(build name output)
  set(folder "${WORK}/${name}-${WITH}")
  file(REMOVE_RECURSE "${folder}")
  file(MAKE_DIRECTORY "${folder}")
  if(WITH STREQUAL cmake)
    run("${CMAKE_COMMAND}" -S "${SOURCE}/${name}" -B "${folder}" -G Ninja "-DCMAKE_PREFIX_PATH=${PREFIX}"
      "-DCMAKE_CXX_COMPILER=${CXX}" -DCMAKE_BUILD_TYPE=Release)
    run("${CMAKE_COMMAND}" --build "${folder}")
  else()
    file(GLOB sources "${SOURCE}/${name}/*.cpp")
    pkg_config(cflags --cflags)
    pkg_config(libs --libs)
    run("${CXX}" -std=c++20 ${ARGN} ${cflags} ${sources} -o "${folder}/${output}" ${libs} "-Wl,-rpath,${PREFIX}/${LIBDIR}")
  endif()
  set(built "${folder}/${output}" PARENT_SCOPE)
endfunction()
