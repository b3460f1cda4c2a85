/* SPDX-License-Identifier: MIT */
#include "ingest/sha256.h"

#include "unit/test.h"

#include <string.h>

enum { BYTES = 5000 };

static void hash_in_steps(const unsigned char *bytes, size_t size, size_t step, unsigned char out[32])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t at = 0; at < size; at += step) {
        sha256_update(&state, bytes + at, size - at < step ? size - at : step);
    }
    crypto_hash_sha256_final(&state, out);
}

/* Lengths around the ends of blocks, and steps that leave something waiting. */
static void test_same_as_libsodium(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 3, 63, 64, 65, 127, 128, 129, 1000, 4096, BYTES};
    unsigned char bytes[BYTES];
    unsigned number = 1;
    for (size_t i = 0; i < BYTES; i++) {
        number = number * 1664525U + 1013904223U;
        bytes[i] = (unsigned char)(number >> 24);
    }
    for (size_t size = 0; size <= BYTES; size += size < 300 ? 1 : 47) {
        unsigned char right[32];
        crypto_hash_sha256(right, bytes, size);
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            unsigned char found[32];
            hash_in_steps(bytes, size, steps[i], found);
            assert_memory_equal(found, right, sizeof right);
        }
    }
}

/* FIPS 180-4, example of two blocks, often enough that it is not hashed by libsodium alone. */
static void test_a_million_letters(void **state)
{
    (void)state;
    static const char right[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    unsigned char letters[1000];
    unsigned char digest[32];
    char text[65];
    crypto_hash_sha256_state hash;
    memset(letters, 'a', sizeof letters);
    crypto_hash_sha256_init(&hash);
    for (int i = 0; i < 1000; i++) {
        sha256_update(&hash, letters, sizeof letters);
    }
    crypto_hash_sha256_final(&hash, digest);
    sodium_bin2hex(text, sizeof text, digest, sizeof digest);
    assert_string_equal(text, right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_libsodium),
        cmocka_unit_test(test_a_million_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
