/* SPDX-License-Identifier: MIT */
#pragma once
/* A bounded table from key bytes to a piece of memory: what was put long ago and not asked for since goes first. One
 * thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_cache;

struct text_cache *text_cache_create(size_t bytes_max);
void text_cache_destroy(struct text_cache *cache);
/* The value put under the key, NULL when there is none (any more). */
void *text_cache_find(struct text_cache *cache, const void *key, size_t key_size);
/* Room for the value of a key that is not there yet; it holds until the second put after it. NULL when memory is out.
 */
void *text_cache_put(struct text_cache *cache, const void *key, size_t key_size, size_t value_size);
size_t text_cache_bytes(const struct text_cache *cache);
