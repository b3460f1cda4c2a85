# What citizens see: the viewer's own modules, and the pages in a real browser.
tesela_program_test(www_modules "program" ${CMAKE_SOURCE_DIR}/tests/browser/www_check)
tesela_program_test(browser "program" ${CMAKE_SOURCE_DIR}/tests/browser/run)
