/* SPDX-License-Identifier: MIT */
#include "base/large_memory.h"

#include <stdint.h>
#include <sys/mman.h>

enum { PAGE_BYTES = 2 << 20 };

static size_t round_up(size_t bytes)
{
    return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

/* Large pages lie at multiples of their size: what is mapped around is given back. */
void *large_memory_take(size_t bytes)
{
    size_t size = round_up(bytes);
    if (bytes == 0 || size < bytes || size + PAGE_BYTES < size) {
        return NULL;
    }
    unsigned char *mapped =
        mmap(NULL, size + PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) {
        return NULL;
    }
    size_t before = (size_t)(PAGE_BYTES - (uintptr_t)mapped % PAGE_BYTES) % PAGE_BYTES;
    if (before > 0) {
        munmap(mapped, before);
    }
    munmap(mapped + before + size, PAGE_BYTES - before);
    /* Where it is refused, small pages do. */
    if (bytes >= PAGE_BYTES) {
        (void)madvise(mapped + before, size, MADV_HUGEPAGE);
    }
    return mapped + before;
}

void large_memory_drop(void *memory, size_t bytes)
{
    if (memory) {
        munmap(memory, round_up(bytes));
    }
}
