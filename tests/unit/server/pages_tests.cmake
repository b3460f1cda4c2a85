foreach(file IN ITEMS format_es html_write identify legend pages)
  tesela_unit_test(server ${file})
endforeach()
