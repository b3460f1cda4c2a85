set(TESELA_LABEL_SOURCES label.c label_candidate.c label_case.c label_line.c label_paint.c label_place.c label_pole.c)
