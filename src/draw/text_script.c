/* SPDX-License-Identifier: MIT */
#include "draw/text_script.h"

#include <hb.h>
#include <stddef.h>

struct range {
    uint32_t first;
    uint32_t last;
};

static bool is_in(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

#define IS_IN(code, ranges) is_in(code, ranges, sizeof(ranges) / sizeof *(ranges))

static hb_script_t script_of(uint32_t code)
{
    return hb_unicode_script(hb_unicode_funcs_get_default(), code);
}

bool text_is_blank(uint32_t code)
{
    return code == ' ' || (code >= '\t' && code <= '\r');
}

bool text_joins_previous(uint32_t code)
{
    if (code < 0x300 && code != 0xad) {
        return false;
    }
    hb_unicode_general_category_t category = hb_unicode_general_category(hb_unicode_funcs_get_default(), code);
    return category == HB_UNICODE_GENERAL_CATEGORY_NON_SPACING_MARK ||
           category == HB_UNICODE_GENERAL_CATEGORY_SPACING_MARK ||
           category == HB_UNICODE_GENERAL_CATEGORY_ENCLOSING_MARK || category == HB_UNICODE_GENERAL_CATEGORY_FORMAT;
}

static bool is_ideographic_script(hb_script_t script)
{
    return script == HB_SCRIPT_HAN || script == HB_SCRIPT_HIRAGANA || script == HB_SCRIPT_KATAKANA ||
           script == HB_SCRIPT_BOPOMOFO || script == HB_SCRIPT_YI || script == HB_SCRIPT_TANGUT ||
           script == HB_SCRIPT_NUSHU || script == HB_SCRIPT_KHITAN_SMALL_SCRIPT;
}

bool text_breaks_anywhere(uint32_t code)
{
    static const struct range blocks[] = {
        {0x2ff0, 0x303f}, /* ideographic description, CJK symbols and punctuation */
        {0x31c0, 0x31ef}, /* strokes */
        {0x3200, 0x33ff}, /* enclosed letters and months, compatibility */
        {0xfe10, 0xfe1f}, /* vertical forms */
        {0xfe30, 0xfe4f}, /* compatibility forms */
        {0xff00, 0xffef}, /* half and full width */
    };
    return code >= 0x2e80 && (IS_IN(code, blocks) || is_ideographic_script(script_of(code)));
}

bool text_is_upright(uint32_t code)
{
    static const struct range upright[] = {
        {0x2ff0, 0x3007}, {0x3012, 0x3013}, {0x3020, 0x302f}, {0x3031, 0x303f}, {0x3190, 0x319f}, {0x30a0, 0x30fb},
        {0x30fd, 0x30ff}, {0x31c0, 0x31ef}, {0x3200, 0x33ff}, {0x4dc0, 0x4dff}, {0xfe10, 0xfe1f}, {0xfe30, 0xfe48},
        {0xfe50, 0xfe57}, {0xfe5f, 0xfe62}, {0xfe67, 0xfe6f}, {0xff00, 0xff07}, {0xff0a, 0xff0c}, {0xff0e, 0xff19},
        {0xff1f, 0xff3a}, {0xff3c, 0xff3c}, {0xff3e, 0xff3e}, {0xff40, 0xff5a}, {0xffe0, 0xffe2}, {0xffe4, 0xffe7},
    };
    if (code == 0x2ea || code == 0x2eb) {
        return true;
    }
    if (code < 0x1100 || code == 0x30fc) {
        return code == 0x30fc ? is_ideographic_script(script_of(code)) : false;
    }
    hb_script_t script = script_of(code);
    return IS_IN(code, upright) || script == HB_SCRIPT_CANADIAN_SYLLABICS || script == HB_SCRIPT_HANGUL ||
           is_ideographic_script(script);
}

/* Upright or on its side as its neighbours are. */
static bool is_neutral(uint32_t code)
{
    static const struct range neutral[] = {
        {0xa7, 0xa7},     {0xa9, 0xa9},     {0xae, 0xae},     {0xb1, 0xb1},     {0xbc, 0xbe},     {0xd7, 0xd7},
        {0xf7, 0xf7},     {0x2016, 0x2016}, {0x2020, 0x2021}, {0x2030, 0x2031}, {0x203b, 0x203c}, {0x2042, 0x2042},
        {0x2047, 0x2049}, {0x2051, 0x2051}, {0x2100, 0x218f}, {0x221e, 0x221e}, {0x2234, 0x2235}, {0x2300, 0x2307},
        {0x230c, 0x231f}, {0x2324, 0x2328}, {0x232b, 0x232b}, {0x237d, 0x239a}, {0x23be, 0x23cd}, {0x23cf, 0x23cf},
        {0x23d1, 0x23db}, {0x23e2, 0x2422}, {0x2424, 0x24ff}, {0x25a0, 0x2619}, {0x2620, 0x2767}, {0x2776, 0x2793},
        {0x2b12, 0x2b2f}, {0x2b50, 0x2b59}, {0x2bb8, 0x2beb}, {0x3000, 0x303f}, {0x30a0, 0x30ff}, {0xe000, 0xf8ff},
        {0xfe30, 0xfe6f}, {0xff00, 0xffef}, {0xfffc, 0xfffd},
    };
    return IS_IN(code, neutral);
}

bool text_is_arabic(uint32_t code)
{
    return code >= 0x600 && script_of(code) == HB_SCRIPT_ARABIC;
}

/* False when all bytes are below `lead`, so that no character is encoded with it or a later one. */
static bool has_byte_from(struct text text, unsigned char lead)
{
    unsigned char most = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        most = byte > most ? byte : most;
    }
    return most >= lead;
}

bool text_allows_spacing(struct text text)
{
    if (!has_byte_from(text, 0xd8)) { /* U+0600 */
        return true;
    }
    for (size_t at = 0; at < text.length;) {
        uint32_t code = text_next_code_point(text, &at);
        hb_script_t script = code < 0x600 ? HB_SCRIPT_LATIN : script_of(code);
        if (script == HB_SCRIPT_ARABIC || script == HB_SCRIPT_SYRIAC || script == HB_SCRIPT_MONGOLIAN ||
            script == HB_SCRIPT_DUPLOYAN || script == HB_SCRIPT_OLD_UYGHUR) {
            return false;
        }
    }
    return true;
}

bool text_allows_vertical(struct text text)
{
    if (!has_byte_from(text, 0xcb)) { /* U+02C0 */
        return false;
    }
    for (size_t at = 0; at < text.length;) {
        if (text_is_upright(text_next_code_point(text, &at))) {
            return true;
        }
    }
    return false;
}

/* Pairs, sorted by the first: a mark and its vertical form. */
static const uint16_t vertical_forms[][2] = {
    {'!', 0xfe15},    {'#', 0xff03},    {'$', 0xff04},    {'%', 0xff05},    {'&', 0xff06},    {'(', 0xfe35},
    {')', 0xfe36},    {'*', 0xff0a},    {'+', 0xff0b},    {',', 0xfe10},    {'-', 0xfe32},    {'.', 0x30fb},
    {'/', 0xff0f},    {':', 0xfe13},    {';', 0xfe14},    {'<', 0xfe3f},    {'=', 0xff1d},    {'>', 0xfe40},
    {'?', 0xfe16},    {'@', 0xff20},    {'[', 0xfe47},    {'\\', 0xff3c},   {']', 0xfe48},    {'^', 0xff3e},
    {'_', 0xfe33},    {'`', 0xff40},    {'{', 0xfe37},    {'|', 0x2015},    {'}', 0xfe38},    {'~', 0xff5e},
    {0xa2, 0xffe0},   {0xa3, 0xffe1},   {0xa5, 0xffe5},   {0xa6, 0xffe4},   {0xac, 0xffe2},   {0xaf, 0xffe3},
    {0x2013, 0xfe32}, {0x2014, 0xfe31}, {0x2018, 0xfe43}, {0x2019, 0xfe44}, {0x201c, 0xfe41}, {0x201d, 0xfe42},
    {0x2026, 0xfe19}, {0x2027, 0x30fb}, {0x20a9, 0xffe6}, {0x22ef, 0xfe19}, {0x3001, 0xfe11}, {0x3002, 0xfe12},
    {0x3008, 0xfe3f}, {0x3009, 0xfe40}, {0x300a, 0xfe3d}, {0x300b, 0xfe3e}, {0x300c, 0xfe41}, {0x300d, 0xfe42},
    {0x300e, 0xfe43}, {0x300f, 0xfe44}, {0x3010, 0xfe3b}, {0x3011, 0xfe3c}, {0x3014, 0xfe39}, {0x3015, 0xfe3a},
    {0x3016, 0xfe17}, {0x3017, 0xfe18}, {0xff01, 0xfe15}, {0xff08, 0xfe35}, {0xff09, 0xfe36}, {0xff0c, 0xfe10},
    {0xff0d, 0xfe32}, {0xff0e, 0x30fb}, {0xff1a, 0xfe13}, {0xff1b, 0xfe14}, {0xff1c, 0xfe3f}, {0xff1e, 0xfe40},
    {0xff1f, 0xfe16}, {0xff3b, 0xfe47}, {0xff3d, 0xfe48}, {0xff3f, 0xfe33}, {0xff5b, 0xfe37}, {0xff5c, 0x2015},
    {0xff5d, 0xfe38}, {0xff5f, 0xfe35}, {0xff60, 0xfe36}, {0xff61, 0xfe12}, {0xff62, 0xfe41}, {0xff63, 0xfe42},
};

static uint32_t form_of(uint32_t code)
{
    size_t low = 0;
    size_t high = sizeof vertical_forms / sizeof *vertical_forms;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (vertical_forms[middle][0] == code) {
            return vertical_forms[middle][1];
        }
        if (vertical_forms[middle][0] < code) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return 0;
}

static bool lies_on_side(uint32_t code)
{
    return code != 0 && !text_is_upright(code) && !is_neutral(code) && form_of(code) == 0;
}

uint32_t text_vertical_form(uint32_t code, uint32_t previous, uint32_t next)
{
    uint32_t form = form_of(code);
    return form != 0 && !lies_on_side(previous) && !lies_on_side(next) ? form : code;
}
