/* SPDX-License-Identifier: MIT */
#include "server/html_write.h"

#include "unit/test.h"

#include <string.h>

static void escapes_what_is_inserted(void **state)
{
    (void)state;
    static const struct {
        const char *text, *html;
    } cases[] = {
        {"plain ñ", "plain ñ"},
        {"<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"},
        {"\" onload=\"x", "&quot; onload=&quot;x"},
        {"a & b &amp; c", "a &amp; b &amp;amp; c"},
        {"bell\x07 del\x7f", "bell\xEF\xBF\xBD del\xEF\xBF\xBD"},
        {"bad \xff\xc3", "bad \xEF\xBF\xBD\xEF\xBF\xBD"},
        {"line\nand\ttab", "line\nand\ttab"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out;
        buffer_init(&out, 4096);
        html_print(&out, "%s", cases[i].text);
        assert_string_equal(buffer_text(&out), cases[i].html);
        buffer_finish(&out);
    }
}

static void prints_every_conversion(void **state)
{
    (void)state;
    const char *volatile absent = NULL;
    struct buffer out;
    buffer_init(&out, 4096);
    html_print(&out, "<a b=\"%s\">%.*s %d %u %zu %lld %llu %.2f 100%%</a>%s", "\"", 3, "<b>cut", -5, 7U, (size_t)9,
               -1234567890123LL, 18446744073709551615ULL, 2.345, absent);
    assert_string_equal(buffer_text(&out), "<a b=\"&quot;\">&lt;b&gt; -5 7 9 -1234567890123 18446744073709551615 "
                                           "2.35 100%</a>");
    buffer_finish(&out);
}

static void parts_paragraphs(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 4096);
    html_paragraphs(&out, "uno <b>\nsigue\n\n\n\ndos");
    assert_string_equal(buffer_text(&out), "<p>uno &lt;b&gt;\nsigue</p>\n<p>dos</p>\n");
    buffer_clear(&out);
    html_paragraphs(&out, NULL);
    html_paragraphs(&out, "\n\n");
    assert_string_equal(buffer_text(&out), "");
    buffer_finish(&out);
}

static void escapes_query_values(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 4096);
    html_query_value(&out, "a b&c=ñ,1:2/3\"<");
    assert_string_equal(buffer_text(&out), "a%20b%26c%3D%C3%B1,1:2/3%22%3C");
    buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_what_is_inserted),
        cmocka_unit_test(prints_every_conversion),
        cmocka_unit_test(parts_paragraphs),
        cmocka_unit_test(escapes_query_values),
    };
    return cmocka_run_group_tests_name("server/html_write", tests, NULL, NULL);
}
