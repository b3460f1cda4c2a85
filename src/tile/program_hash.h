/* SPDX-License-Identifier: MIT */
#pragma once
/* Which program draws: tiles on disk that another build made are not taken for its own. */

#include <stdint.h>

/* A hash of the running program's file; of its version where the file cannot be read. Found once. Thread-safe. */
uint64_t program_hash(void);
