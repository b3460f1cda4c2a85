foreach(file IN ITEMS bbox clip feature grid projection shape)
  tesela_unit_test(geo ${file})
endforeach()
