tesela_program_test(golden_pictures "program" /usr/bin/python3 tests/golden/pictures_test.py)
tesela_program_test(golden_coverage "program" /usr/bin/python3 tests/golden/coverage_test.py)
tesela_program_test(golden_seams "program" /usr/bin/python3 tests/golden/seams_test.py)
