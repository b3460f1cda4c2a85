add_executable(bench_store bench/store_bench.c)
target_link_libraries(bench_store PRIVATE tesela_store)
# Built when asked for, run by hand.
add_executable(bench_label EXCLUDE_FROM_ALL bench/label_bench.c)
target_link_libraries(bench_label PRIVATE tesela_render)
target_include_directories(bench_label PRIVATE ${CMAKE_SOURCE_DIR}/tests)
