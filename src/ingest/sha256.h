/* SPDX-License-Identifier: MIT */
#pragma once
/* SHA-256 of long inputs. libsodium keeps the state and does the rest; whole blocks go through the processor's own
 * instructions where it has them, which is four times as quick. */

#include <sodium.h>
#include <stddef.h>

/* In the place of crypto_hash_sha256_update. */
void sha256_update(crypto_hash_sha256_state *state, const void *bytes, size_t size);
