/* SPDX-License-Identifier: MIT */
#pragma once
/* One writer at a time in a data directory: an advisory lock on `write.lock`, which ends with the process. */

#include "base/error.h"

/* Waits up to `wait_ms`, then fails with ERROR_UNAVAILABLE and names the process that holds it. */
bool write_lock_take(const char *directory, int wait_ms, int *out_fd, struct error *err);
/* Accepts -1. */
void write_lock_drop(int fd);
