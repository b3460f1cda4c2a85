/* SPDX-License-Identifier: MIT */
#pragma once
/* Which instructions the kernels may use. Every version of a kernel gives the same bytes; this only decides speed. */

#include <stdbool.h>

/* True on processors with AVX2 (and BMI2), unless the environment says TESELA_CPU=portable: for finding out whether a
 * fault lies in a kernel, and for the test that all of them give the same bytes. Asked once, then remembered.
 * Thread-safe. */
bool cpu_has_avx2(void);
