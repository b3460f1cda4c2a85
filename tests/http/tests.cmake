foreach(file IN ITEMS archive cache cache_dense contract gate geojson raster restart shutdown slow style_assets vector)
  tesela_program_test(http_${file} "program;sanitized" python3 -m unittest tests/http/${file}_test.py)
endforeach()
tesela_program_test(http_soak "program;sanitized;threads" python3 -m tests.http.soak --seconds 15)

# The program with a memory and a disk that can be made to fail; where only the program is tested nothing is compiled.
set(faulty "")
if("unit" IN_LIST TESELA_TEST_SETS OR "threads" IN_LIST TESELA_TEST_SETS)
  add_executable(tesela-faulty $<TARGET_OBJECTS:tesela> http/faulty.c)
  target_link_libraries(tesela-faulty PRIVATE $<TARGET_PROPERTY:tesela,LINK_LIBRARIES> PkgConfig::SQLITE3)
  target_link_options(tesela-faulty PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup)
  set(faulty $<TARGET_FILE:tesela-faulty>)
endif()
tesela_program_test(http_faults "program;sanitized;threads" ${CMAKE_COMMAND} -E env TESELA_FAULTY=${faulty}
                    python3 -m unittest tests/http/faults_test.py)
