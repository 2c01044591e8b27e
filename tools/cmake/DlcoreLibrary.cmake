# dlcore_library(NAME SOURCES... LINK ...): one row of the architecture as target dlcore_NAME, alias dlcore::NAME.
function(dlcore_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE" ${ARGN})
  add_library(dlcore_${name} ${ARG_SOURCES})
  add_library(dlcore::${name} ALIAS dlcore_${name})
  target_link_libraries(dlcore_${name} PUBLIC ${ARG_LINK} PRIVATE dlcore_settings ${ARG_PRIVATE})
  target_include_directories(dlcore_${name} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>")
endfunction()
