# build/tesela-conformance: runs the fixture suites of the MapLibre style specification.
add_executable(tesela-conformance
  ${CMAKE_CURRENT_LIST_DIR}/conformance.c ${CMAKE_CURRENT_LIST_DIR}/expressions.c ${CMAKE_CURRENT_LIST_DIR}/fixture.c
  ${CMAKE_CURRENT_LIST_DIR}/validation.c)
target_link_libraries(tesela-conformance PRIVATE tesela_style)
target_include_directories(tesela-conformance PRIVATE ${CMAKE_SOURCE_DIR}/tests)
set_target_properties(tesela-conformance PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
