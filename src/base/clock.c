/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

int64_t clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct timespec clock_monotonic_from_now(int64_t nanoseconds)
{
    int64_t then = clock_monotonic_ns() + nanoseconds;
    return (struct timespec){.tv_sec = (time_t)(then / 1000000000), .tv_nsec = (long)(then % 1000000000)};
}

void clock_format(int64_t seconds, char *out, size_t size)
{
    time_t time = (time_t)seconds;
    struct tm parts;
    gmtime_r(&time, &parts);
    if (strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0 && size > 0) {
        out[0] = '\0';
    }
}

void clock_format_now(char *out, size_t size)
{
    clock_format((int64_t)time(NULL), out, size);
}
