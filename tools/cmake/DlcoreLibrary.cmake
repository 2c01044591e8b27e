# dlcore_library(NAME [INTERNAL] SOURCES... LINK ... PRIVATE ...): one row of the architecture as target dlcore_NAME, alias
# dlcore::NAME, installed and exported under that name. INTERNAL: a part of the programs, which goes into them.
function(dlcore_library name)
  cmake_parse_arguments(ARG "INTERNAL" "" "SOURCES;LINK;PRIVATE" ${ARGN})
  set(kind "")
  if(ARG_INTERNAL)
    set(kind STATIC)
  endif()
  add_library(dlcore_${name} ${kind} ${ARG_SOURCES})
  add_library(dlcore::${name} ALIAS dlcore_${name})
  target_link_libraries(dlcore_${name} PUBLIC ${ARG_LINK} PRIVATE $<BUILD_INTERFACE:dlcore_settings> ${ARG_PRIVATE})
  target_include_directories(dlcore_${name} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>")
  if(ARG_INTERNAL)
    return()
  endif()
  # Before 1.0 a minor version may change what a program was compiled against.
  set_target_properties(dlcore_${name} PROPERTIES
    EXPORT_NAME ${name} VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    INSTALL_RPATH "$ORIGIN")
  target_compile_features(dlcore_${name} PUBLIC cxx_std_20)
  target_include_directories(dlcore_${name} INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/dlcore>")
  install(TARGETS dlcore_${name} EXPORT dlcoreTargets
    RUNTIME COMPONENT runtime
    LIBRARY COMPONENT runtime NAMELINK_COMPONENT development
    ARCHIVE COMPONENT development)
endfunction()
