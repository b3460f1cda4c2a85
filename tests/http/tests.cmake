foreach(file IN ITEMS archive cache cache_dense contract gate geojson raster restart shutdown slow style_assets vector)
  tesela_program_test(http_${file} "program;sanitized" python3 -m unittest tests/http/${file}_test.py)
endforeach()
tesela_program_test(http_soak "program;sanitized;threads" python3 -m tests.http.soak --seconds 15)
