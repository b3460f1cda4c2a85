/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include "unit/test.h"

#include <stdlib.h>
#include <string.h>

static void appends(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    for (int i = 0; i < 1000; i++) {
        buffer_printf(&buffer, "%d,", i);
    }
    buffer_append_text(&buffer, "fin");
    assert_false(buffer.failed);
    assert_int_equal(buffer.length, 10 * 2 + 90 * 3 + 900 * 4 + 3);
    assert_memory_equal(buffer_text(&buffer), "0,1,2,3,", 8);
    size_t length;
    unsigned char *bytes = buffer_take(&buffer, &length);
    assert_memory_equal(bytes + length - 3, "fin", 3);
    free(bytes);
    assert_int_equal(buffer.length, 0);
    buffer_finish(&buffer);
}

static void stops_at_its_maximum(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_append_text(&buffer, "123456");
    buffer_append_text(&buffer, "789012");
    assert_true(buffer.failed);
    assert_int_equal(buffer.length, 6);
    buffer_append_text(&buffer, "7"); /* stays failed: the content is not to be trusted */
    assert_int_equal(buffer.length, 6);
    assert_string_equal(buffer_text(&buffer), "");
    buffer_clear(&buffer);
    buffer_append_text(&buffer, "1234567890");
    assert_false(buffer.failed);
    buffer_finish(&buffer);
}

static void writes_varints(void **state)
{
    (void)state;
    static const struct {
        uint64_t number;
        const char *bytes;
        size_t size;
    } cases[] = {
        {0, "\x00", 1},
        {127, "\x7f", 1},
        {128, "\x80\x01", 2},
        {300, "\xac\x02", 2},
        {UINT64_MAX, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer buffer;
        buffer_init(&buffer, 16);
        buffer_append_varint(&buffer, cases[i].number);
        assert_int_equal(buffer.length, cases[i].size);
        assert_memory_equal(buffer.data, cases[i].bytes, cases[i].size);
        buffer_finish(&buffer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends),
        cmocka_unit_test(stops_at_its_maximum),
        cmocka_unit_test(writes_varints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
