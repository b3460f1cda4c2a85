foreach(file IN ITEMS cell cell_block cell_generalise cell_junctions cell_spool cell_thin hilbert raster_file store_change store_diff store_version
                      truth_blob write_lock)
  tesela_unit_test(store ${file})
endforeach()
foreach(file IN ITEMS rtree_pack store_check store_crash store_find store_item store_writer)
  tesela_unit_test(store ${file} PkgConfig::SQLITE3)
endforeach()
