# What citizens see; pages.h.
set(TESELA_PAGES_SOURCES
  format_es.c
  html_write.c
  identify.c
  identify_handler.c
  identify_write.c
  legend.c
  legend_classes.c
  legend_write.c
  map_view.c
  page_catalog.c
  page_layout.c
  page_map.c
  page_table.c
  page_viewer.c)
