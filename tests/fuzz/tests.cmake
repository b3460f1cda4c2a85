tesela_fuzzer(cell tesela_store)
tesela_fuzzer(truth_blob tesela_store)
tesela_fuzzer(png_decode tesela_draw)
tesela_fuzzer(raster tesela_draw)
