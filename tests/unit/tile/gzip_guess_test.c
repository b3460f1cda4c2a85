/* SPDX-License-Identifier: MIT */
/* Guessing how large bytes are, compressed: near the truth, and on the safe side of it. */
#include "tile/gzip_guess.h"

#include "base/hash.h"
#include "tile/gzip.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 1500000 };

static double packed_size(const unsigned char *bytes, size_t size)
{
    struct buffer packed;
    buffer_init(&packed, 4 * SIZE);
    assert_true(gzip_compress(bytes, size, GZIP_LEVEL_SERVED, &packed));
    double length = (double)packed.length;
    buffer_finish(&packed);
    return length;
}

/* What does not compress in the first `share` of the bytes, lines of text in the rest. */
static unsigned char *make_bytes(double share)
{
    unsigned char *bytes = malloc(SIZE);
    assert_non_null(bytes);
    size_t random = (size_t)(share * SIZE);
    for (size_t i = 0; i < random; i++) {
        bytes[i] = (unsigned char)hash_mix(7, i);
    }
    for (size_t at = random, line = 0; at < SIZE; line++) {
        char text[80];
        int length = snprintf(text, sizeof text, "manzana %u, uso habitacional, %u m2;", (unsigned)line,
                              (unsigned)(hash_mix(3, line) % 9000));
        size_t wanted = (size_t)length < SIZE - at ? (size_t)length : SIZE - at;
        memcpy(bytes + at, text, wanted);
        at += wanted;
    }
    return bytes;
}

static void is_near_and_not_below(void **state)
{
    (void)state;
    static const double shares[] = {0, 0.1, 0.35, 0.5, 0.9, 1};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        unsigned char *bytes = make_bytes(shares[i]);
        struct gzip_guess guess;
        double truth = packed_size(bytes, SIZE);
        assert_true(gzip_guess(bytes, SIZE, 0, &guess));
        assert_true(guess.most >= guess.size);
        assert_true(guess.most >= 0.99 * truth);
        assert_true(guess.size < 1.3 * truth);
        /* A first look says no more than both samples do, and nothing else than they where it is not clear. */
        struct gzip_guess first;
        assert_true(gzip_guess(bytes, SIZE, SIZE, &first));
        assert_true(first.size == first.most && first.most <= guess.most);
        assert_true(first.size > 0.95 * truth);
        assert_true(gzip_guess(bytes, SIZE, first.size, &first));
        assert_true(first.size == guess.size && first.most == guess.most);
        free(bytes);
    }
}

static void is_exact_for_few_bytes(void **state)
{
    (void)state;
    unsigned char *bytes = make_bytes(0.5);
    static const size_t sizes[] = {0, 1, 5000, 200000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct gzip_guess guess;
        assert_true(gzip_guess(bytes, sizes[i], 0, &guess));
        assert_true(guess.size == packed_size(bytes, sizes[i]));
        assert_true(guess.most == guess.size);
    }
    free(bytes);
}

static void is_the_same_each_time(void **state)
{
    (void)state;
    unsigned char *bytes = make_bytes(0.3);
    struct gzip_guess first;
    struct gzip_guess again;
    assert_true(gzip_guess(bytes, SIZE, 0, &first));
    assert_true(gzip_guess(bytes, SIZE, 0, &again));
    assert_true(first.size == again.size && first.most == again.most);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_near_and_not_below),
        cmocka_unit_test(is_exact_for_few_bytes),
        cmocka_unit_test(is_the_same_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
