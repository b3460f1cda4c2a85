set(TESELA_LABEL_SOURCES label.c label_along.c label_candidate.c label_case.c label_copy.c label_line.c label_paint.c
    label_place.c label_pole.c label_shape.c label_tile_line.c label_tiled.c label_values.c label_whole.c)
