foreach(file IN ITEMS canvas raster raster_patch stroke hairline palette sprite image_paint glyph_pbf)
  tesela_unit_test(draw ${file})
endforeach()
tesela_unit_test(draw png_encode PkgConfig::PNG)
tesela_unit_test(draw png_deflate PkgConfig::ZLIB)

# Against another rasteriser, where there is one.
pkg_check_modules(CAIRO IMPORTED_TARGET cairo)
if(CAIRO_FOUND)
  tesela_unit_test(draw cairo PkgConfig::CAIRO)
endif()
foreach(file IN ITEMS font text)
  tesela_unit_test(draw ${file})
endforeach()
