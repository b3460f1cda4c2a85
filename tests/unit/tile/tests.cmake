# Tests of what shares memory between threads stand on a store and tiles that are made up at link time.
foreach(file IN ITEMS disk_cache label_cache tile_cache tile_service)
  tesela_threaded_test(tile ${file})
endforeach()
foreach(file IN ITEMS archive_file catalog gzip_guess job_queue tile_order tile_touch
                      tile_touch_thin tile_vector)
  tesela_unit_test(tile ${file})
endforeach()
foreach(file IN ITEMS catalog tile_service)
  if(TARGET unit_tile_${file})
    target_sources(unit_tile_${file} PRIVATE unit/tile/fake_store.c unit/tile/fake_tiles.c)
  endif()
endforeach()
