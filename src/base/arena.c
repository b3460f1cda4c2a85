/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALIGNMENT = 16,
    FIRST_BLOCK_BYTES = 64 * 1024,
    BLOCK_BYTES_MAX = 8 * 1024 * 1024,
    SPARE_BYTES_MAX = 16 * 1024 * 1024 /* kept for the next request: new memory costs a fault for each page */
};

struct block {
    struct block *next;
    size_t size;
    size_t used;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct deferred {
    struct deferred *next;
    void (*release)(void *subject);
    void *subject;
};

struct arena {
    struct block *blocks; /* the newest first; only its tail is free */
    struct block *spare;  /* of earlier requests, the largest first */
    struct deferred *deferred;
    size_t bytes_max;
    size_t used;
    bool piecewise; /* one block for each piece */
    bool is_full;
};

struct arena *arena_create(size_t bytes_max)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (!arena) {
        return NULL;
    }
    arena->bytes_max = bytes_max;
    arena->piecewise = getenv("TESELA_ARENA_DEBUG") != NULL;
    return arena;
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

static void run_deferred(struct arena *arena)
{
    /* The records lie in the arena itself, so they are run before any block is freed. */
    while (arena->deferred) {
        struct deferred *first = arena->deferred;
        arena->deferred = first->next;
        first->release(first->subject);
    }
}

void arena_destroy(struct arena *arena)
{
    if (!arena) {
        return;
    }
    run_deferred(arena);
    free_blocks(arena->blocks);
    free_blocks(arena->spare);
    free(arena);
}

/* Keeps the block, largest first, when there is room for it. */
static void keep_spare(struct arena *arena, struct block *block, size_t *kept)
{
    if (block->size > SPARE_BYTES_MAX - *kept) {
        free(block);
        return;
    }
    struct block **link = &arena->spare;
    while (*link && (*link)->size > block->size) {
        link = &(*link)->next;
    }
    block->next = *link;
    *link = block;
    *kept += block->size;
}

void arena_reset(struct arena *arena)
{
    run_deferred(arena);
    size_t kept = 0;
    for (const struct block *block = arena->spare; block; block = block->next) {
        kept += block->size;
    }
    struct block *block = arena->blocks;
    while (block) {
        struct block *next = block->next;
        if (arena->piecewise) {
            free(block);
        } else {
            keep_spare(arena, block, &kept);
        }
        block = next;
    }
    arena->blocks = NULL;
    arena->used = 0;
    arena->is_full = false;
}

/* A block of an earlier request, as large as any; NULL when there is none for so much. */
static struct block *take_spare(struct arena *arena, size_t size)
{
    struct block *block = arena->spare;
    if (!block || block->size < size) {
        return NULL;
    }
    arena->spare = block->next;
    block->used = 0;
    return block;
}

static struct block *new_block(const struct arena *arena, size_t size)
{
    size_t bytes = FIRST_BLOCK_BYTES;
    if (arena->blocks) {
        bytes = arena->blocks->size < BLOCK_BYTES_MAX / 2 ? arena->blocks->size * 2 : BLOCK_BYTES_MAX;
    }
    if (bytes < size || arena->piecewise) {
        bytes = size;
    }
    struct block *block = malloc(sizeof *block + bytes);
    if (block) {
        block->size = bytes;
        block->used = 0;
    }
    return block;
}

static struct block *add_block(struct arena *arena, size_t size)
{
    struct block *block = take_spare(arena, size);
    block = block ? block : new_block(arena, size);
    if (block) {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

/* What a piece takes; one of no bytes has an address of its own. */
static size_t rounded_up(size_t size)
{
    return size == 0 ? ALIGNMENT : (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void *arena_alloc_raw(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size_t rounded = rounded_up(size);
    if (rounded > arena->bytes_max - arena->used) {
        arena->is_full = true;
        return NULL;
    }
    size_t taken = arena->piecewise ? (size == 0 ? 1 : size) : rounded;
    struct block *block = arena->blocks;
    if (!block || arena->piecewise || block->size - block->used < taken) {
        block = add_block(arena, taken);
        if (!block) {
            return NULL;
        }
    }
    void *piece = block->bytes + block->used;
    block->used += taken;
    arena->used += rounded;
    return piece;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *piece = arena_alloc_raw(arena, size);
    if (piece) {
        memset(piece, 0, size);
    }
    return piece;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    return arena_alloc(arena, bytes);
}

/* True for the piece that was taken last. */
static bool is_last(const struct arena *arena, const void *piece, size_t rounded)
{
    const struct block *block = arena->blocks;
    size_t from_end = arena->piecewise && block ? block->used : rounded;
    return piece && block && block->used >= from_end &&
           (const unsigned char *)piece == block->bytes + (block->used - from_end);
}

void *arena_grow(struct arena *arena, void *piece, size_t old_size, size_t new_size)
{
    if (new_size <= old_size && piece) {
        return piece;
    }
    struct block *block = arena->blocks;
    size_t old_rounded = rounded_up(old_size);
    if (!arena->piecewise && is_last(arena, piece, old_rounded) && new_size <= SIZE_MAX / 2) {
        size_t more = rounded_up(new_size) - old_rounded;
        if (more <= block->size - block->used && more <= arena->bytes_max - arena->used) {
            block->used += more;
            arena->used += more;
            memset((unsigned char *)piece + old_size, 0, new_size - old_size);
            return piece;
        }
    }
    void *larger = arena_alloc_raw(arena, new_size);
    if (!larger) {
        return NULL;
    }
    if (piece) {
        memcpy(larger, piece, old_size);
    }
    memset((unsigned char *)larger + old_size, 0, new_size - old_size);
    return larger;
}

void arena_shrink(struct arena *arena, const void *piece, size_t old_size, size_t new_size)
{
    size_t old_rounded = rounded_up(old_size);
    if (is_last(arena, piece, old_rounded)) {
        size_t less = old_rounded - rounded_up(new_size);
        arena->blocks->used -= arena->piecewise ? 0 : less;
        arena->used -= less;
    }
}

void *arena_memdup(struct arena *arena, const void *bytes, size_t size)
{
    void *copy = arena_alloc_raw(arena, size);
    if (copy && size > 0) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc_raw(arena, length + 1);
    if (copy) {
        if (length > 0) {
            memcpy(copy, text, length);
        }
        copy[length] = '\0';
    }
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : arena_alloc_raw(arena, (size_t)length + 1);
    if (text) {
        vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    return text;
}

bool arena_defer(struct arena *arena, void (*release)(void *subject), void *subject)
{
    struct deferred *record = arena_alloc(arena, sizeof *record);
    if (!record) {
        release(subject);
        return false;
    }
    record->release = release;
    record->subject = subject;
    record->next = arena->deferred;
    arena->deferred = record;
    return true;
}

bool arena_is_full(const struct arena *arena)
{
    return arena->is_full;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}
