foreach(file IN ITEMS arena buffer error file json_write large_memory text value vigil)
  tesela_unit_test(base ${file})
endforeach()
tesela_threaded_test(base late_library)
