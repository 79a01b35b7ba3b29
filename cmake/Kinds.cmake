# SPDX-License-Identifier: MIT
# A family of kinds is a table, src/<room>/<table>.def, with a row EIGENSWEEP_KIND(<name>) for each file <name>.cpp beside it.
# Such a file has two halves. The declaration (options, columns, cost) is compiled with EIGENSWEEP_DECLARATIONS into the
# catalog, which `eigensweep` knows without Torch. The implementation is compiled into the worker's room.
# eigensweep_kinds(<table> <result>): the files of the table in the current folder; a new row reconfigures.
function(eigensweep_kinds table result)
  set(definition "${CMAKE_CURRENT_SOURCE_DIR}/${table}.def")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${definition}")
  file(STRINGS "${definition}" rows REGEX "^EIGENSWEEP_KIND\\(")
  set(files)
  foreach(row IN LISTS rows)
    string(REGEX REPLACE "^EIGENSWEEP_KIND\\(([a-z0-9_]+)\\).*" "\\1" name "${row}")
    list(APPEND files "${CMAKE_CURRENT_SOURCE_DIR}/${name}.cpp")
  endforeach()
  set(${result} ${files} PARENT_SCOPE)
endfunction()

# eigensweep_room(<name> SOURCES ... KINDS <tables> DECLARATIONS ... LINK ... [TORCH]): the library eigensweep_<name>, and its
# kinds' declaration halves as part of the catalog, with the files of DECLARATIONS that they share.
function(eigensweep_room name)
  cmake_parse_arguments(room "TORCH" "" "SOURCES;KINDS;DECLARATIONS;LINK" ${ARGN})
  set(kind_files)
  foreach(table IN LISTS room_KINDS)
    eigensweep_kinds(${table} files)
    list(APPEND kind_files ${files})
  endforeach()
  if(kind_files)
    add_library(eigensweep_${name}_declarations OBJECT ${kind_files} ${room_DECLARATIONS})
    target_compile_definitions(eigensweep_${name}_declarations PRIVATE EIGENSWEEP_DECLARATIONS)
    target_link_libraries(eigensweep_${name}_declarations PUBLIC eigensweep::options eigensweep_study)
    set_property(GLOBAL APPEND PROPERTY EIGENSWEEP_DECLARATIONS eigensweep_${name}_declarations)
  endif()
  if(room_TORCH AND NOT EIGENSWEEP_WITH_TORCH)
    return()
  endif()
  add_library(eigensweep_${name} STATIC ${room_SOURCES} ${kind_files})
  add_library(eigensweep::${name} ALIAS eigensweep_${name})
  target_link_libraries(eigensweep_${name} PUBLIC eigensweep::options ${room_LINK})
  if(room_TORCH)
    target_link_libraries(eigensweep_${name} PUBLIC eigensweep::torch)
    target_precompile_headers(eigensweep_${name} REUSE_FROM eigensweep_torch_pch)
  endif()
endfunction()
