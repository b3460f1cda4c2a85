include(conformance/tests.cmake)
