add_library(tesela_warnings INTERFACE)
target_compile_options(tesela_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wformat=2 -Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla)
if(TESELA_WERROR)
  target_compile_options(tesela_warnings INTERFACE -Werror)
endif()
