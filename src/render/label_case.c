/* SPDX-License-Identifier: MIT */
#include "render/label_case.h"

/* A run of code points with one rule (Unicode character database, simple case mappings). */
struct run {
    uint32_t first; /* lower case */
    uint32_t last;
    int32_t to_upper;
    bool alternating; /* upper and lower follow each other; `first` is the first lower one */
};

static const struct run runs[] = {
    {'a', 'z', -32, false},     {0xe0, 0xf6, -32, false},   {0xf8, 0xfe, -32, false},   {0xff, 0xff, 121, false},
    {0x101, 0x12f, -1, true},   {0x133, 0x137, -1, true},   {0x13a, 0x148, -1, true},   {0x14b, 0x177, -1, true},
    {0x17a, 0x17e, -1, true},   {0x1ce, 0x1dc, -1, true},   {0x1df, 0x1ef, -1, true},   {0x1f9, 0x21f, -1, true},
    {0x223, 0x233, -1, true},   {0x3ac, 0x3ac, -38, false}, {0x3ad, 0x3af, -37, false}, {0x3b1, 0x3c1, -32, false},
    {0x3c3, 0x3cb, -32, false}, {0x3cc, 0x3cc, -64, false}, {0x3cd, 0x3ce, -63, false}, {0x430, 0x44f, -32, false},
    {0x450, 0x45f, -80, false}, {0x461, 0x481, -1, true},   {0x48b, 0x4bf, -1, true},   {0x4c2, 0x4ce, -1, true},
    {0x4d1, 0x52f, -1, true},   {0x561, 0x586, -48, false}, {0x1e01, 0x1e95, -1, true}, {0x1ea1, 0x1eff, -1, true},
};

static uint32_t upper(uint32_t code)
{
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        const struct run *run = &runs[i];
        if (code >= run->first && code <= run->last && (!run->alternating || (code - run->first) % 2 == 0)) {
            return (uint32_t)((int32_t)code + run->to_upper);
        }
    }
    return code == 0x131 ? 'I' : code == 0x3c2 ? 0x3a3 : code; /* dotless i, final sigma */
}

static uint32_t lower(uint32_t code)
{
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        const struct run *run = &runs[i];
        uint32_t small = (uint32_t)((int32_t)code - run->to_upper);
        if (small >= run->first && small <= run->last && (!run->alternating || (small - run->first) % 2 == 0)) {
            return small;
        }
    }
    return code == 0x130 ? 'i' : code; /* dotted I */
}

static struct text mapped(struct text text, uint32_t (*map)(uint32_t), bool is_upper, struct arena *arena)
{
    /* No mapping above needs more than 3 bytes for 1; sharp s becomes two letters of one byte. */
    char *out = arena_alloc_raw(arena, text.length * 3 + 4);
    if (!out) {
        return text;
    }
    size_t length = 0;
    for (size_t at = 0; at < text.length;) {
        uint32_t code = text_next_code_point(text, &at);
        if (is_upper && code == 0xdf) {
            out[length++] = 'S';
            out[length++] = 'S';
            continue;
        }
        length += text_put_code_point(map(code), out + length);
    }
    return (struct text){out, length};
}

struct text label_case_upper(struct text text, struct arena *arena)
{
    return mapped(text, upper, true, arena);
}

struct text label_case_lower(struct text text, struct arena *arena)
{
    return mapped(text, lower, false, arena);
}
