tesela_program_test(tidy_tree "program" /usr/bin/python3 tests/tidy/tree_test.py)
tesela_program_test(tidy_headers "program" /usr/bin/python3 tests/tidy/headers_test.py)
tesela_program_test(tidy_format "program" /usr/bin/python3 tests/tidy/format_test.py)
tesela_program_test(tidy_lint "program" /usr/bin/python3 tests/tidy/lint_test.py)
