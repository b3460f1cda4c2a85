/* SPDX-License-Identifier: MIT */
#include "unit/test.h"

#include "server/gate.h"

#include <stdio.h>
#include <string.h>

struct target_case {
    const char *raw;
    unsigned status;   /* 0: accepted */
    const char *path;  /* when accepted */
    const char *query; /* "name=value;…" decoded */
};

static const struct target_case target_cases[] = {
    {"/", 0, "/", ""},
    {"/mapas/colonias", 0, "/mapas/colonias", ""},
    {"/mapas/", 0, "/mapas/", ""},
    {"/a?b=c&d=e", 0, "/a", "b=c;d=e;"},
    {"/a?b", 0, "/a", "b=;"},
    {"/a?b=", 0, "/a", "b=;"},
    {"/a?=b", 0, "/a", "=b;"},
    {"/a?", 0, "/a", ""},
    {"/a?&&b=1&", 0, "/a", "b=1;"},
    {"/a?b=c=d?e/f", 0, "/a", "b=c=d?e/f;"},
    {"/a?b=%C3%B1+x%26", 0, "/a", "b=ñ x&;"},
    {"/a?b=a%2fb", 0, "/a", "b=a/b;"},
    {"/capas/%C3%B1and%C3%BA", 0, "/capas/ñandú", ""},
    {"/a%20b", 0, "/a b", ""},
    {"/%252e%252e", 0, "/%2e%2e", ""}, /* decoded once */
    {"/a@2x.png", 0, "/a@2x.png", ""},
    {"", 400, NULL, NULL},
    {"a", 400, NULL, NULL},
    {"*", 400, NULL, NULL},
    {"http://example.org/", 400, NULL, NULL},
    {"//a", 400, NULL, NULL},
    {"/a//b", 400, NULL, NULL},
    {"/.", 400, NULL, NULL},
    {"/..", 400, NULL, NULL},
    {"/a/../b", 400, NULL, NULL},
    {"/a/./b", 400, NULL, NULL},
    {"/a/..", 400, NULL, NULL},
    {"/%2e%2e/b", 400, NULL, NULL},
    {"/.%2E/b", 400, NULL, NULL},
    {"/a%2fb", 400, NULL, NULL},
    {"/a%2Fb", 400, NULL, NULL},
    {"/a%5cb", 400, NULL, NULL},
    {"/a\\b", 400, NULL, NULL},
    {"/a%00", 400, NULL, NULL},
    {"/a%00.png", 400, NULL, NULL},
    {"/a?b=%00", 400, NULL, NULL},
    {"/a%0d%0aX:1", 400, NULL, NULL},
    {"/a?b=%0a", 400, NULL, NULL},
    {"/a%7f", 400, NULL, NULL},
    {"/a%", 400, NULL, NULL},
    {"/a%2", 400, NULL, NULL},
    {"/a%zz", 400, NULL, NULL},
    {"/a?b=%", 400, NULL, NULL},
    {"/a?b=%4", 400, NULL, NULL},
    {"/a b", 400, NULL, NULL},
    {"/a\tb", 400, NULL, NULL},
    {"/a\"b", 400, NULL, NULL},
    {"/<a>", 400, NULL, NULL},
    {"/{z}", 400, NULL, NULL},
    {"/a#b", 400, NULL, NULL},
    {"/\xc3\xb1", 400, NULL, NULL},      /* bytes above 127 must be escaped */
    {"/%ff", 400, NULL, NULL},           /* not UTF-8 */
    {"/%c0%ae%c0%ae/", 400, NULL, NULL}, /* overlong ".." */
    {"/a?b=%ed%a0%80", 400, NULL, NULL}, /* a surrogate */
};

static void check_target(const struct target_case *one)
{
    struct arena *arena = arena_create(1 << 20);
    struct gate_target target;
    struct gate_refusal refusal = {0};
    char query[256] = "";
    bool ok = gate_read_target(text_of(one->raw), arena, &target, &refusal);
    if (ok != (one->status == 0)) {
        fail_msg("\"%s\": %s", one->raw, ok ? "accepted" : refusal.detail);
    }
    if (ok) {
        assert_string_equal(target.path, one->path);
        for (size_t i = 0; i < target.parameter_count; i++) {
            snprintf(query + strlen(query), sizeof query - strlen(query), "%s=%s;", target.parameters[i].name,
                     target.parameters[i].value);
        }
        assert_string_equal(query, one->query);
    } else {
        assert_int_equal(refusal.status, one->status);
        assert_non_null(refusal.code);
    }
    arena_destroy(arena);
}

static void test_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof target_cases / sizeof target_cases[0]; i++) {
        check_target(&target_cases[i]);
    }
}

static unsigned status_of_target(const char *raw)
{
    struct arena *arena = arena_create(1 << 20);
    struct gate_target target;
    struct gate_refusal refusal = {0};
    bool ok = gate_read_target(text_of(raw), arena, &target, &refusal);
    arena_destroy(arena);
    return ok ? 0 : refusal.status;
}

static void test_target_bounds(void **state)
{
    char raw[GATE_TARGET_BYTES_MAX + 2];
    (void)state;
    memset(raw, 'a', sizeof raw);
    raw[0] = '/';
    raw[GATE_TARGET_BYTES_MAX] = '\0';
    assert_int_equal(status_of_target(raw), 0);
    raw[GATE_TARGET_BYTES_MAX] = 'a';
    raw[GATE_TARGET_BYTES_MAX + 1] = '\0';
    assert_int_equal(status_of_target(raw), 414);
    char many[512] = "/?a";
    for (int i = 1; i < REQUEST_PARAMETERS_MAX; i++) {
        strcat(many, "&a");
    }
    assert_int_equal(status_of_target(many), 0);
    strcat(many, "&a");
    assert_int_equal(status_of_target(many), 414);
}

struct header_case {
    const char *what;
    const char *version;
    const char *headers[8][2];
    unsigned status; /* 0: accepted */
};

static const struct header_case header_cases[] = {
    {"plain", "HTTP/1.1", {{"Host", "a"}}, 0},
    {"port", "HTTP/1.1", {{"host", "a.example:8080"}}, 0},
    {"IPv6", "HTTP/1.1", {{"Host", "[::1]:80"}}, 0},
    {"old, without Host", "HTTP/1.0", {{NULL, NULL}}, 0},
    {"length 0", "HTTP/1.1", {{"Host", "a"}, {"Content-Length", "0"}}, 0},
    {"usual headers", "HTTP/1.1", {{"Host", "a"}, {"Accept", "*/*;q=0.8, text/html"}, {"X-Odd!#$", "\xe9"}}, 0},
    {"no Host", "HTTP/1.1", {{"Accept", "*/*"}}, 400},
    {"two Hosts", "HTTP/1.1", {{"Host", "a"}, {"Host", "a"}}, 400},
    {"two Hosts, old", "HTTP/1.0", {{"Host", "a"}, {"hOST", "b"}}, 400},
    {"empty Host", "HTTP/1.1", {{"Host", ""}}, 400},
    {"Host with path", "HTTP/1.1", {{"Host", "a/b"}}, 400},
    {"Host with user", "HTTP/1.1", {{"Host", "a@b"}}, 400},
    {"Host with markup", "HTTP/1.1", {{"Host", "a\"><script>"}}, 400},
    {"Host with port 99999", "HTTP/1.1", {{"Host", "a:99999"}}, 400},
    {"Host with blank", "HTTP/1.1", {{"Host", "a b"}}, 400},
    {"both lengths", "HTTP/1.1", {{"Host", "a"}, {"Content-Length", "4"}, {"Transfer-Encoding", "chunked"}}, 400},
    {"both lengths, other case", "HTTP/1.1", {{"Host", "a"}, {"tRANSFER-eNCODING", "x"}, {"CONTENT-LENGTH", "0"}}, 400},
    {"two lengths", "HTTP/1.1", {{"Host", "a"}, {"Content-Length", "0"}, {"Content-Length", "5"}}, 400},
    {"two equal lengths", "HTTP/1.1", {{"Host", "a"}, {"Content-Length", "0"}, {"Content-Length", "0"}}, 400},
    {"two codings", "HTTP/1.1", {{"Host", "a"}, {"Transfer-Encoding", "a"}, {"Transfer-Encoding", "chunked"}}, 400},
    {"chunked", "HTTP/1.1", {{"Host", "a"}, {"Transfer-Encoding", "chunked"}}, 501},
    {"unknown coding", "HTTP/1.1", {{"Host", "a"}, {"Transfer-Encoding", "xchunked"}}, 501},
    {"length +0", "HTTP/1.1", {{"Host", "a"}, {"Content-Length", "+0"}}, 400},
    {"length -1", "HTTP/1.1", {{"Host", "a"}, {"Content-Length", "-1"}}, 400},
    {"length 0,0", "HTTP/1.1", {{"Host", "a"}, {"Content-Length", "0, 0"}}, 400},
    {"length 0x0", "HTTP/1.1", {{"Host", "a"}, {"Content-Length", "0x0"}}, 400},
    {"length too long", "HTTP/1.1", {{"Host", "a"}, {"Content-Length", "99999999999999999999999"}}, 400},
    {"empty length", "HTTP/1.1", {{"Host", "a"}, {"Content-Length", ""}}, 400},
    {"a body", "HTTP/1.1", {{"Host", "a"}, {"Content-Length", "3"}}, 400},
    {"compressed body", "HTTP/1.1", {{"Host", "a"}, {"Content-Encoding", "gzip"}}, 415},
    {"blank after name", "HTTP/1.1", {{"Host", "a"}, {"Transfer-Encoding ", "chunked"}}, 400},
    {"blank in name", "HTTP/1.1", {{"Host", "a"}, {"X Y", "z"}}, 400},
    {"empty name", "HTTP/1.1", {{"Host", "a"}, {"", "z"}}, 400},
    {"bare CR", "HTTP/1.1", {{"Host", "a"}, {"X", "a\rTransfer-Encoding: chunked"}}, 400},
    {"line feed", "HTTP/1.1", {{"Host", "a"}, {"X", "a\nb"}}, 400},
    {"bell", "HTTP/1.1", {{"Host", "a"}, {"X", "a\ab"}}, 400},
    {"HTTP/2.0", "HTTP/2.0", {{"Host", "a"}}, 505},
    {"HTTP/1.2", "HTTP/1.2", {{"Host", "a"}}, 505},
    {"http/1.1", "http/1.1", {{"Host", "a"}}, 505},
};

static void test_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof header_cases / sizeof header_cases[0]; i++) {
        const struct header_case *one = &header_cases[i];
        struct gate_header headers[8];
        struct gate_refusal refusal = {0};
        size_t count = 0;
        while (count < 8 && one->headers[count][0]) {
            headers[count].name = text_of(one->headers[count][0]);
            headers[count].value = text_of(one->headers[count][1]);
            count++;
        }
        bool ok = gate_check_headers(one->version, headers, count, &refusal);
        if ((ok ? 0 : refusal.status) != one->status) {
            fail_msg("%s: %u instead of %u", one->what, ok ? 0 : refusal.status, one->status);
        }
    }
}

static void test_header_bounds(void **state)
{
    static char value[GATE_HEADER_BYTES_MAX + 1];
    struct gate_header headers[GATE_HEADERS_MAX + 1];
    struct gate_refusal refusal = {0};
    (void)state;
    headers[0] = (struct gate_header){text_of("Host"), text_of("a")};
    for (size_t i = 1; i <= GATE_HEADERS_MAX; i++) {
        headers[i] = (struct gate_header){text_of("X-A"), text_of("b")};
    }
    assert_true(gate_check_headers("HTTP/1.1", headers, GATE_HEADERS_MAX, &refusal));
    assert_false(gate_check_headers("HTTP/1.1", headers, GATE_HEADERS_MAX + 1, &refusal));
    assert_int_equal(refusal.status, 431);
    memset(value, 'v', sizeof value - 1);
    headers[1].value = (struct text){value, GATE_HEADER_BYTES_MAX};
    assert_false(gate_check_headers("HTTP/1.1", headers, 2, &refusal));
    assert_int_equal(refusal.status, 431);
}

/* A NUL can only come with a length. */
static void test_nul_bytes(void **state)
{
    struct gate_refusal refusal = {0};
    struct gate_target target;
    struct arena *arena = arena_create(1 << 20);
    (void)state;
    struct gate_header headers[] = {{text_of("Host"), text_of("a")}, {{"X\0Y", 3}, text_of("b")}};
    assert_false(gate_check_headers("HTTP/1.1", headers, 2, &refusal));
    headers[1] = (struct gate_header){text_of("X"), {"b\0c", 3}};
    assert_false(gate_check_headers("HTTP/1.1", headers, 2, &refusal));
    assert_false(gate_read_target((struct text){"/a\0b", 4}, arena, &target, &refusal));
    assert_int_equal(refusal.status, 400);
    assert_false(gate_host_is_valid((struct text){"a\0b", 3}));
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets),       cmocka_unit_test(test_target_bounds), cmocka_unit_test(test_headers),
        cmocka_unit_test(test_header_bounds), cmocka_unit_test(test_nul_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
