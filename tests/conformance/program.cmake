# build/tesela-conformance: runs the fixture suites of the MapLibre style specification.
set(TESELA_CONFORMANCE_SOURCES)
foreach(file IN ITEMS assets camera cluster compare conformance expressions features fixture geojson_cut imagery mvt
                      operations page picture render
                      report sources validation)
  list(APPEND TESELA_CONFORMANCE_SOURCES ${CMAKE_CURRENT_LIST_DIR}/${file}.c)
endforeach()
add_executable(tesela-conformance ${TESELA_CONFORMANCE_SOURCES})
target_link_libraries(tesela-conformance PRIVATE tesela_render tesela_style PkgConfig::PNG)
target_include_directories(tesela-conformance PRIVATE ${CMAKE_SOURCE_DIR}/tests)
set_target_properties(tesela-conformance PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
