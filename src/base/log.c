/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static atomic_int lowest_level = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&lowest_level, (int)level, memory_order_relaxed);
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&lowest_level, memory_order_relaxed);
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if (!log_enabled(level)) {
        return;
    }
    char now[32];
    clock_format_now(now, sizeof now);
    char line[2048];
    int head = snprintf(line, sizeof line, "time=%s level=%s event=%s ", now, names[level], event);
    if (head < 0) {
        return;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(line + head, sizeof line - (size_t)head - 1, format, args);
    va_end(args);
    size_t length = strlen(line);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) {
            line[i] = ' ';
        }
    }
    line[length++] = '\n';
    /* One write per line, so that lines of several threads do not mix. */
    ssize_t written = write(STDERR_FILENO, line, length);
    (void)written;
}
