# Text files in a program. After include(embed_text),
#
#   dlcore_embed(TARGET NAME FILE...)
#
# gives TARGET the header embedded/NAME.h with a constant for each file, its name with _ for whatever is no letter and
# no digit: dlcore::NAME::index_html of index.html, a std::string_view of static storage. Made anew when a file changes.
#
# The same file is the script that writes header and source: cmake -D NAME=... -D OUT=... -D FILES=... -P.
if(CMAKE_SCRIPT_MODE_FILE)
  set(declarations "")
  set(definitions "")
  separate_arguments(FILES UNIX_COMMAND "${FILES}")
  foreach(file IN LISTS FILES)
    get_filename_component(constant "${file}" NAME)
    string(REGEX REPLACE "[^A-Za-z0-9]" "_" constant "${constant}")
    file(READ "${file}" text)
    string(FIND "${text}" ")embedded\"" place)
    if(NOT place EQUAL -1)
      message(FATAL_ERROR "${file} has )embedded\" in it, which ends its text in the program")
    endif()
    string(APPEND declarations "extern const std::string_view ${constant};\n")
    string(APPEND definitions "const std::string_view ${constant} = R\"embedded(${text})embedded\";\n")
  endforeach()
  set(opening "#include <string_view>\n\nnamespace dlcore::${NAME} {\n")
  set(closing "}  // namespace dlcore::${NAME}\n")
  file(WRITE "${OUT}/${NAME}.h" "#pragma once\n${opening}${declarations}${closing}")
  file(WRITE "${OUT}/${NAME}.cpp" "#include \"embedded/${NAME}.h\"\n\n${opening}${definitions}${closing}")
  return()
endif()

set(dlcore_embed_script "${CMAKE_CURRENT_LIST_FILE}")
function(dlcore_embed target name)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/embedded")
  set(files "")
  foreach(file IN LISTS ARGN)
    get_filename_component(file "${file}" ABSOLUTE)
    list(APPEND files "${file}")
  endforeach()
  string(JOIN "\" \"" quoted ${files})
  add_custom_command(
    OUTPUT "${folder}/${name}.h" "${folder}/${name}.cpp"
    COMMAND "${CMAKE_COMMAND}" -D "NAME=${name}" -D "OUT=${folder}" -D "FILES=\"${quoted}\"" -P "${dlcore_embed_script}"
    DEPENDS ${files} "${dlcore_embed_script}"
    COMMENT "Embedding ${name}"
    VERBATIM)
  target_sources(${target} PRIVATE "${folder}/${name}.h" "${folder}/${name}.cpp")
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}")
endfunction()
