/* SPDX-License-Identifier: MIT */
/* Which instructions the kernels may use: what the processor has and the environment allows. */

#include "draw/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static bool find_avx2(void)
{
#if defined(__x86_64__)
    const char *wanted = getenv("TESELA_CPU");
    return !(wanted && strcmp(wanted, "portable") == 0) && __builtin_cpu_supports("avx2") &&
           __builtin_cpu_supports("bmi2");
#else
    return false;
#endif
}

bool cpu_has_avx2(void)
{
    enum { NOT_ASKED, NO, YES };
    static _Atomic int known = NOT_ASKED;
    int answer = atomic_load_explicit(&known, memory_order_relaxed);
    if (answer == NOT_ASKED) {
        answer = find_avx2() ? YES : NO;
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer == YES;
}
