tesela_program_test(import "program;sanitized" /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/import/import_test.py)
tesela_program_test(demo_city "program" /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/import/demo_city_test.py)
tesela_program_test(versions "program;sanitized" /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/import/versions_test.py)
tesela_program_test(isolation "program" /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/import/isolation_test.py)
