if(NOT TARGET tesela-conformance)
  add_executable(tesela-conformance conformance/conformance.c conformance/expressions.c conformance/fixture.c
                                    conformance/validation.c)
  target_link_libraries(tesela-conformance PRIVATE tesela_style)
  target_include_directories(tesela-conformance PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  set_target_properties(tesela-conformance PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  foreach(suite IN ITEMS expressions validation)
    add_test(NAME conformance_${suite}
             COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/conformance/run.sh $<TARGET_FILE:tesela-conformance> ${suite})
    set_tests_properties(conformance_${suite} PROPERTIES LABELS "conformance" SKIP_RETURN_CODE 77 TIMEOUT 600)
  endforeach()
endif()
