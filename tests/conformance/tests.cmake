foreach(suite IN ITEMS expressions validation mvt)
  tesela_program_test(conformance_${suite} "program" tests/conformance/run.sh ${suite})
endforeach()
