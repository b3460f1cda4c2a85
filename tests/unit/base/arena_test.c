/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include "unit/test.h"

#include <string.h>

static void gives_zeroed_aligned_pieces(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    for (size_t size = 0; size < 3000; size += 37) {
        unsigned char *piece = arena_alloc(arena, size);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % 16, 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(piece[i], 0);
        }
        memset(piece, 0xff, size);
    }
    arena_destroy(arena);
}

static void ends_at_its_bound(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1000);
    assert_non_null(arena_alloc(arena, 900));
    assert_null(arena_alloc(arena, 200));
    assert_null(arena_alloc(arena, SIZE_MAX));
    assert_null(arena_array(arena, SIZE_MAX / 2, 3));
    arena_reset(arena);
    assert_int_equal(arena_used(arena), 0);
    assert_non_null(arena_alloc(arena, 900));
    arena_destroy(arena);
}

static void grows_and_keeps_the_content(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 24);
    size_t size = 0;
    unsigned char *bytes = NULL;
    for (size_t wanted = 10; wanted < 1000000; wanted *= 3) {
        bytes = arena_grow(arena, bytes, size, wanted);
        assert_non_null(bytes);
        for (size_t i = 0; i < wanted; i++) {
            assert_int_equal(bytes[i], i < size ? (unsigned char)i : 0);
        }
        for (size_t i = 0; i < wanted; i++) {
            bytes[i] = (unsigned char)i;
        }
        size = wanted;
        if (wanted % 2 == 0) {
            assert_non_null(arena_alloc(arena, 1)); /* no longer the last piece */
        }
    }
    arena_destroy(arena);
}

static char order[8];
static char letter_a[] = "a";
static char letter_b[] = "b";
static char letter_c[] = "c";
static char letter_x[] = "x";

static void note(void *subject)
{
    strncat(order, subject, 1);
}

static void takes_back_the_end_of_the_last_piece(void **state)
{
    (void)state;
    struct arena *arena = arena_create(4096);
    char *piece = arena_alloc_raw(arena, 4096);
    arena_shrink(arena, piece, 4096, 100);
    assert_int_equal(arena_used(arena), 112);
    char *next = arena_alloc_raw(arena, 3000);
    assert_non_null(next);
    memset(piece, 1, 100);
    memset(next, 2, 3000);
    assert_int_equal(piece[99], 1);
    arena_shrink(arena, piece, 100, 10); /* no longer the last */
    assert_int_equal(arena_used(arena), 112 + 3008);
    arena_destroy(arena);
}

static void runs_what_was_deferred_last_first(void **state)
{
    (void)state;
    order[0] = '\0';
    struct arena *arena = arena_create(1 << 20);
    assert_true(arena_defer(arena, note, letter_a));
    assert_true(arena_defer(arena, note, letter_b));
    arena_reset(arena);
    assert_string_equal(order, "ba");
    assert_true(arena_defer(arena, note, letter_c));
    arena_destroy(arena);
    assert_string_equal(order, "bac");
}

static void releases_at_once_when_full(void **state)
{
    (void)state;
    order[0] = '\0';
    struct arena *arena = arena_create(16);
    assert_false(arena_defer(arena, note, letter_x));
    assert_string_equal(order, "x");
    arena_destroy(arena);
}

static void copies_text(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    assert_string_equal(arena_strdup(arena, "Torreón"), "Torreón");
    assert_string_equal(arena_strndup(arena, "Torreón", 3), "Tor");
    assert_string_equal(arena_printf(arena, "%d/%s", 7, "x"), "7/x");
    arena_destroy(arena);
    arena_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_zeroed_aligned_pieces),
        cmocka_unit_test(ends_at_its_bound),
        cmocka_unit_test(grows_and_keeps_the_content),
        cmocka_unit_test(takes_back_the_end_of_the_last_piece),
        cmocka_unit_test(runs_what_was_deferred_last_first),
        cmocka_unit_test(releases_at_once_when_full),
        cmocka_unit_test(copies_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
