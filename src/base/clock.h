/* SPDX-License-Identifier: MIT */
#pragma once
/* Time: monotonic for deadlines and measurements, wall clock only for what people read. */

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Nanoseconds of a clock that never jumps. */
int64_t clock_monotonic_ns(void);
/* A time of that clock, to wait until. */
struct timespec clock_monotonic_from_now(int64_t nanoseconds);
/* "2026-11-21T07:15:42Z", the wall clock in UTC. `out` holds at least 21 bytes. */
void clock_format_now(char *out, size_t size);
/* The same for `seconds` since 1970. */
void clock_format(int64_t seconds, char *out, size_t size);
