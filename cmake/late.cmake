# tesela_late(ROOM PACKAGE...): libraries that ROOM opens when they are first needed (base/late_library.h) instead of being
# linked with them. Their headers are there, and TESELA_<PACKAGE>_SONAME names the library that belongs to the headers.
function(tesela_late room)
  foreach(package IN LISTS ARGN)
    list(GET ${package}_LINK_LIBRARIES 0 library)
    execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${library} OUTPUT_VARIABLE headers COMMAND_ERROR_IS_FATAL ANY)
    if(NOT headers MATCHES "SONAME +([^ \n]+)")
      message(FATAL_ERROR "${library} has no SONAME: a shared library is needed")
    endif()
    target_compile_definitions(tesela_${room} PRIVATE TESELA_${package}_SONAME="${CMAKE_MATCH_1}")
    target_include_directories(tesela_${room} SYSTEM PRIVATE ${${package}_INCLUDE_DIRS})
    target_compile_options(tesela_${room} PRIVATE ${${package}_CFLAGS_OTHER})
  endforeach()
endfunction()
