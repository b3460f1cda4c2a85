foreach(file IN ITEMS gate contract geojson raster slow shutdown)
  tesela_program_test(http_${file} "program;sanitized" python3 -m unittest tests/http/${file}_test.py)
endforeach()
