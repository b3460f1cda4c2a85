/* SPDX-License-Identifier: MIT */
#include "tile/program_hash.h"

#include "base/file.h"
#include "base/hash.h"

#include <pthread.h>
#include <string.h>

enum { PROGRAM_BYTES_MAX = 512 << 20 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint64_t found;

static void find(void)
{
    struct buffer program;
    found = hash_bytes(TESELA_VERSION, strlen(TESELA_VERSION));
    if (file_read("/proc/self/exe", PROGRAM_BYTES_MAX, &program, NULL)) {
        found = hash_bytes_seeded(program.data, program.length, found);
        buffer_finish(&program);
    }
}

uint64_t program_hash(void)
{
    pthread_once(&once, find);
    return found;
}
