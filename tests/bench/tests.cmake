add_executable(bench_store bench/store_bench.c)
target_link_libraries(bench_store PRIVATE tesela_store)
# Built when asked for, run by hand.
add_executable(bench_label EXCLUDE_FROM_ALL bench/label_bench.c)
target_link_libraries(bench_label PRIVATE tesela_render)
target_include_directories(bench_label PRIVATE ${CMAKE_SOURCE_DIR}/tests)
pkg_check_modules(CAIRO IMPORTED_TARGET cairo)
if(CAIRO_FOUND)
  add_executable(bench_raster EXCLUDE_FROM_ALL bench/raster_bench.c)
  target_link_libraries(bench_raster PRIVATE tesela_draw PkgConfig::CAIRO PkgConfig::PNG)
endif()
add_executable(bench_palette EXCLUDE_FROM_ALL bench/palette_bench.c)
target_link_libraries(bench_palette PRIVATE tesela_tile PkgConfig::PNG)
add_executable(bench_pyramid EXCLUDE_FROM_ALL bench/pyramid_bench.c)
target_link_libraries(bench_pyramid PRIVATE tesela_tile)
add_executable(bench_plan EXCLUDE_FROM_ALL bench/plan_bench.c)
target_link_libraries(bench_plan PRIVATE tesela_tile)
target_link_options(bench_plan PRIVATE LINKER:--wrap=label_needs LINKER:--wrap=label_plan_create)
# The linker hands these calls to bench/tile_stages.c, which measures them.
if(CAIRO_FOUND)
  set(stage_calls
      store_find_wanted render_sieve_shows tile_raster_find layer_features_find style_number style_bool style_color style_enum style_text
      style_numbers layer_features_project raster_add_ring stroke_add raster_fill raster_fill_apart raster_merge
      raster_fill_merged raster_discard canvas_lay_over canvas_lay_on canvas_fill canvas_clear pattern_paint circle_paint
      line_field_paint heatmap_paint raster_layer_paint hillshade_paint color_relief_paint label_needs label_plan_create
      label_plans_paint label_plans_print style_palettes_find palette_map_canvas png_encode png_encode_with_palette)
  list(TRANSFORM stage_calls PREPEND "LINKER:--wrap=")
  add_executable(bench_tile bench/tile_bench.c bench/tile_stages.c bench/tile_replay.c)
  target_link_libraries(bench_tile PRIVATE tesela_tile PkgConfig::CAIRO PkgConfig::PNG)
  target_include_directories(bench_tile PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_options(bench_tile PRIVATE ${stage_calls})
endif()
add_executable(bench_http EXCLUDE_FROM_ALL bench/http_bench.c)
target_link_libraries(bench_http PRIVATE PkgConfig::MICROHTTPD)
target_compile_definitions(bench_http PRIVATE _GNU_SOURCE)
