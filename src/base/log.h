/* SPDX-License-Identifier: MIT */
#pragma once
/* One line per event on stderr: "time=… level=info event=tile_rendered map=base ms=2.1".
 *
 * Rooms from base to render return errors and do not log above debug; tile, server and cli log once, where the error
 * stops travelling. Control characters in values are escaped, so an event is always one line. Thread-safe. */

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Events below `level` are dropped. The start value is LOG_INFO. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/* `format` gives the key=value pairs. Put values that may hold blanks in double quotes: key=\"%s\". */
void log_event(enum log_level level, const char *event, const char *format, ...) __attribute__((format(printf, 3, 4)));
