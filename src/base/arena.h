/* SPDX-License-Identifier: MIT */
#pragma once
/* Memory that lives as long as one request or one tile job, with a hard end.
 *
 * An arena belongs to one thread. Nothing taken from it is freed on its own; arena_reset frees everything and runs the
 * deferred functions, last first. The bound makes an absurd tile an error and not a crash. When the environment
 * variable TESELA_ARENA_DEBUG is set, every piece is a malloc of its own, so that sanitizers see overruns. */

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* Creates an arena that hands out at most `bytes_max` bytes between two resets. NULL when memory is out. */
struct arena *arena_create(size_t bytes_max);
/* Accepts NULL. Runs what was deferred. */
void arena_destroy(struct arena *arena);
/* Frees all pieces (keeping up to 16 MB for the next request) and runs what was deferred, last first. */
void arena_reset(struct arena *arena);

/* `size` zeroed bytes, aligned for any type; NULL past the bound or when memory is out. Size 0 gives a valid pointer.
 */
void *arena_alloc(struct arena *arena, size_t size);
/* As arena_alloc, but the bytes are not zeroed: for buffers that are filled at once. */
void *arena_alloc_raw(struct arena *arena, size_t size);
/* `count` zeroed elements of `size` bytes; NULL also when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* A larger copy of an array made by arena_array/arena_alloc: extends in place when it was the last piece. */
void *arena_grow(struct arena *arena, void *piece, size_t old_size, size_t new_size);
/* Gives the end of a piece back, where nothing was taken after it: for one that was larger than it turned out to be. */
void arena_shrink(struct arena *arena, const void *piece, size_t old_size, size_t new_size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void *arena_memdup(struct arena *arena, const void *bytes, size_t size);

/* Calls `release(subject)` when the arena is reset or destroyed: ties a foreign handle to the request. When false is
 * returned (memory is out), `release` has already been called. */
bool arena_defer(struct arena *arena, void (*release)(void *subject), void *subject);

/* True when a piece was refused since the last reset because of the bound, and not because memory was out. */
bool arena_is_full(const struct arena *arena);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *arena);
