/* SPDX-License-Identifier: MIT */
#pragma once
/* Content hashes for ETags, cache keys and de-duplication. Not for secrets. */

#include <stddef.h>
#include <stdint.h>

/* XXH3 64-bit (xxHash specification, XXH3_64bits with seed): the same on every machine. */
uint64_t hash_bytes(const void *bytes, size_t size);
uint64_t hash_bytes_seeded(const void *bytes, size_t size, uint64_t seed);
/* Mixes a number into a hash. */
uint64_t hash_mix(uint64_t hash, uint64_t number);
