# SPDX-License-Identifier: MIT
# Runs at installation: the program `${eigensweep}` prints its manual page and its completions into the prefix.
function(install_page file)
  set(path "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${file}")
  message(STATUS "Installing: ${path}")
  get_filename_component(folder "${path}" DIRECTORY)
  file(MAKE_DIRECTORY "${folder}")
  execute_process(COMMAND "${eigensweep}" ${ARGN} OUTPUT_FILE "${path}" RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    file(REMOVE "${path}")
    message(FATAL_ERROR "${eigensweep} ${ARGN}: ${code}")
  endif()
endfunction()

install_page(share/man/man1/eigensweep.1 man)
install_page(share/bash-completion/completions/eigensweep completion bash)
install_page(share/zsh/site-functions/_eigensweep completion zsh)
