tesela_program_test(golden_pictures "program" /usr/bin/python3 tests/golden/pictures_test.py)
tesela_program_test(golden_coverage "program" /usr/bin/python3 tests/golden/coverage_test.py)
# The demonstration city in a data directory of the tests' own.
tesela_program_test(demo_data "program" /usr/bin/python3 tests/golden/demo_data.py)
tesela_program_test(golden_seams "program" /usr/bin/python3 tests/golden/seams_test.py)
if("program" IN_LIST TESELA_TEST_SETS)
  set_tests_properties(${TESELA_TEST_PREFIX}demo_data PROPERTIES FIXTURES_SETUP demo_data)
  set_tests_properties(${TESELA_TEST_PREFIX}golden_seams PROPERTIES FIXTURES_REQUIRED demo_data)
endif()
