/* SPDX-License-Identifier: MIT */
#include "ingest/sha256.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

enum { BLOCK_BYTES = 64, CPUID_SHA = 1 << 29, CPUID_SSE41 = 1 << 19, CPUID_SSSE3 = 1 << 9 };

/* FIPS 180-4, section 4.2.2. */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static bool has_instructions(void)
{
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & CPUID_SSE41) || !(c & CPUID_SSSE3)) {
        return false;
    }
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & CPUID_SHA);
}

/* The instructions want the eight words of the state as ABEF and CDGH. Each turn of the inner loop does four rounds
 * and, while there are any to come, the four words of the message sixteen rounds on. */
__attribute__((target("sha,sse4.1"))) static void take_blocks(uint32_t state[8], const unsigned char *at, size_t blocks)
{
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
    __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
    __m128i abef = _mm_alignr_epi8(low, high, 8);
    __m128i cdgh = _mm_blend_epi16(high, low, 0xF0);
    for (; blocks > 0; blocks--, at += BLOCK_BYTES) {
        const __m128i abef_before = abef;
        const __m128i cdgh_before = cdgh;
        __m128i words[4];
        for (size_t i = 0; i < 4; i++) {
            words[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(at + 16 * i)), order);
        }
        for (size_t i = 0; i < 16; i++) {
            __m128i *word = &words[i % 4];
            __m128i sum = _mm_add_epi32(*word, _mm_loadu_si128((const __m128i *)(constants + 4 * i)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
            if (i < 12) {
                const __m128i last = words[(i + 3) % 4];
                __m128i next = _mm_sha256msg1_epu32(*word, words[(i + 1) % 4]);
                next = _mm_add_epi32(next, _mm_alignr_epi8(last, words[(i + 2) % 4], 4));
                *word = _mm_sha256msg2_epu32(next, last);
            }
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    low = _mm_shuffle_epi32(abef, 0x1B);
    high = _mm_shuffle_epi32(cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xF0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

void sha256_update(crypto_hash_sha256_state *state, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    size_t waiting = (size_t)(state->count / 8 % BLOCK_BYTES);
    if (size >= 2 * BLOCK_BYTES && has_instructions()) {
        /* Up to the end of a block: then the state is complete, and nothing waits. */
        size_t rest = waiting > 0 ? BLOCK_BYTES - waiting : 0;
        crypto_hash_sha256_update(state, at, rest);
        at += rest;
        size -= rest;
        size_t blocks = size / BLOCK_BYTES;
        take_blocks(state->state, at, blocks);
        state->count += (uint64_t)blocks * BLOCK_BYTES * 8;
        at += blocks * BLOCK_BYTES;
        size -= blocks * BLOCK_BYTES;
    }
    crypto_hash_sha256_update(state, at, size);
}

#else

void sha256_update(crypto_hash_sha256_state *state, const void *bytes, size_t size)
{
    crypto_hash_sha256_update(state, bytes, size);
}

#endif
