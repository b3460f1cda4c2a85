foreach(file IN ITEMS bbox clip feature grid grid_patch projection shape)
  tesela_unit_test(geo ${file})
endforeach()
