/* SPDX-License-Identifier: MIT */
#include "ingest/encoding.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The upper halves of the four code pages in which Mexican tables come, so that they do not hang on what conversion
 * modules a machine has installed. windows-1252 holds all of ISO-8859-1 that is text, so one table serves both. */
static const uint16_t cp1252_upper[128] = {
    0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152,
    0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122,
    0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178, 0x00a0, 0x00a1, 0x00a2, 0x00a3, 0x00a4, 0x00a5, 0x00a6,
    0x00a7, 0x00a8, 0x00a9, 0x00aa, 0x00ab, 0x00ac, 0x00ad, 0x00ae, 0x00af, 0x00b0, 0x00b1, 0x00b2, 0x00b3,
    0x00b4, 0x00b5, 0x00b6, 0x00b7, 0x00b8, 0x00b9, 0x00ba, 0x00bb, 0x00bc, 0x00bd, 0x00be, 0x00bf, 0x00c0,
    0x00c1, 0x00c2, 0x00c3, 0x00c4, 0x00c5, 0x00c6, 0x00c7, 0x00c8, 0x00c9, 0x00ca, 0x00cb, 0x00cc, 0x00cd,
    0x00ce, 0x00cf, 0x00d0, 0x00d1, 0x00d2, 0x00d3, 0x00d4, 0x00d5, 0x00d6, 0x00d7, 0x00d8, 0x00d9, 0x00da,
    0x00db, 0x00dc, 0x00dd, 0x00de, 0x00df, 0x00e0, 0x00e1, 0x00e2, 0x00e3, 0x00e4, 0x00e5, 0x00e6, 0x00e7,
    0x00e8, 0x00e9, 0x00ea, 0x00eb, 0x00ec, 0x00ed, 0x00ee, 0x00ef, 0x00f0, 0x00f1, 0x00f2, 0x00f3, 0x00f4,
    0x00f5, 0x00f6, 0x00f7, 0x00f8, 0x00f9, 0x00fa, 0x00fb, 0x00fc, 0x00fd, 0x00fe, 0x00ff,
};
static const uint16_t cp850_upper[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee,
    0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6,
    0x00dc, 0x00f8, 0x00a3, 0x00d8, 0x00d7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa,
    0x00ba, 0x00bf, 0x00ae, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x00c1, 0x00c2, 0x00c0, 0x00a9, 0x2563, 0x2551, 0x2557, 0x255d, 0x00a2, 0x00a5, 0x2510, 0x2514,
    0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x00e3, 0x00c3, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256c, 0x00a4, 0x00f0, 0x00d0, 0x00ca, 0x00cb, 0x00c8, 0x0131, 0x00cd, 0x00ce, 0x00cf, 0x2518, 0x250c,
    0x2588, 0x2584, 0x00a6, 0x00cc, 0x2580, 0x00d3, 0x00df, 0x00d4, 0x00d2, 0x00f5, 0x00d5, 0x00b5, 0x00fe,
    0x00de, 0x00da, 0x00db, 0x00d9, 0x00fd, 0x00dd, 0x00af, 0x00b4, 0x00ad, 0x00b1, 0x2017, 0x00be, 0x00b6,
    0x00a7, 0x00f7, 0x00b8, 0x00b0, 0x00a8, 0x00b7, 0x00b9, 0x00b3, 0x00b2, 0x25a0, 0x00a0,
};
static const uint16_t cp437_upper[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee,
    0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6,
    0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa,
    0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510, 0x2514,
    0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c,
    0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4,
    0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320,
    0x2321, 0x00f7, 0x2248, 0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};
static const uint16_t mac_upper[128] = {
    0x00c4, 0x00c5, 0x00c7, 0x00c9, 0x00d1, 0x00d6, 0x00dc, 0x00e1, 0x00e0, 0x00e2, 0x00e4, 0x00e3, 0x00e5,
    0x00e7, 0x00e9, 0x00e8, 0x00ea, 0x00eb, 0x00ed, 0x00ec, 0x00ee, 0x00ef, 0x00f1, 0x00f3, 0x00f2, 0x00f4,
    0x00f6, 0x00f5, 0x00fa, 0x00f9, 0x00fb, 0x00fc, 0x2020, 0x00b0, 0x00a2, 0x00a3, 0x00a7, 0x2022, 0x00b6,
    0x00df, 0x00ae, 0x00a9, 0x2122, 0x00b4, 0x00a8, 0x2260, 0x00c6, 0x00d8, 0x221e, 0x00b1, 0x2264, 0x2265,
    0x00a5, 0x00b5, 0x2202, 0x2211, 0x220f, 0x03c0, 0x222b, 0x00aa, 0x00ba, 0x03a9, 0x00e6, 0x00f8, 0x00bf,
    0x00a1, 0x00ac, 0x221a, 0x0192, 0x2248, 0x2206, 0x00ab, 0x00bb, 0x2026, 0x00a0, 0x00c0, 0x00c3, 0x00d5,
    0x0152, 0x0153, 0x2013, 0x2014, 0x201c, 0x201d, 0x2018, 0x2019, 0x00f7, 0x25ca, 0x00ff, 0x0178, 0x2044,
    0x20ac, 0x2039, 0x203a, 0xfb01, 0xfb02, 0x2021, 0x00b7, 0x201a, 0x201e, 0x2030, 0x00c2, 0x00ca, 0x00c1,
    0x00cb, 0x00c8, 0x00cd, 0x00ce, 0x00cf, 0x00cc, 0x00d3, 0x00d4, 0xf8ff, 0x00d2, 0x00da, 0x00db, 0x00d9,
    0x0131, 0x02c6, 0x02dc, 0x00af, 0x02d8, 0x02d9, 0x02da, 0x00b8, 0x02dd, 0x02db, 0x02c7,
};

static const char WINDOWS_1252[] = "windows-1252";
static const char UTF_8[] = "UTF-8";

/* What people write in .cpg files, folded to letters and digits. */
static const struct {
    const char *label;
    const char *name;
} labels[] = {
    {"utf8", UTF_8},
    {"65001", UTF_8},
    {"cp65001", UTF_8},
    {"ascii", UTF_8},
    {"usascii", UTF_8},
    {"iso88591", "ISO-8859-1"},
    {"88591", "ISO-8859-1"},
    {"latin1", "ISO-8859-1"},
    {"l1", "ISO-8859-1"},
    {"cp819", "ISO-8859-1"},
    {"iso88592", "ISO-8859-2"},
    {"88592", "ISO-8859-2"},
    {"latin2", "ISO-8859-2"},
    {"iso885915", "ISO-8859-15"},
    {"885915", "ISO-8859-15"},
    {"latin9", "ISO-8859-15"},
    {"shiftjis", "SHIFT_JIS"},
    {"sjis", "SHIFT_JIS"},
    {"big5", "BIG5"},
    {"gbk", "CP936"},
    {"gb2312", "CP936"},
    {"gb18030", "GB18030"},
    {"euckr", "EUC-KR"},
    {"ksc5601", "EUC-KR"},
    {"eucjp", "EUC-JP"},
    {"koi8r", "KOI8-R"},
    {"koi8u", "KOI8-U"},
    {"macroman", "MACINTOSH"},
    {"macintosh", "MACINTOSH"},
    {"utf16", "UTF-16LE"},
    {"utf16le", "UTF-16LE"},
};

bool encoding_canonical(struct text label, char out[ENCODING_NAME_BYTES])
{
    char folded[ENCODING_NAME_BYTES];
    size_t length = 0;
    for (size_t i = 0; i < label.length && length + 1 < sizeof folded; i++) {
        unsigned char byte = (unsigned char)label.data[i];
        if (byte < 0x80 && isalnum(byte)) {
            folded[length++] = (char)tolower(byte);
        }
    }
    folded[length] = '\0';
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        if (strcmp(folded, labels[i].label) == 0) {
            snprintf(out, ENCODING_NAME_BYTES, "%s", labels[i].name);
            return true;
        }
    }
    static const char *const prefixes[] = {"ansi", "oem", "windows", "win", "cp", "ibm", "dos", "iso", ""};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t prefix = strlen(prefixes[i]);
        if (strncmp(folded, prefixes[i], prefix) != 0) {
            continue;
        }
        uint64_t page = 0;
        if (!text_to_uint(text_of(folded + prefix), 99999, &page)) {
            continue;
        }
        if (page >= 88591 && page <= 88599) {
            snprintf(out, ENCODING_NAME_BYTES, "ISO-8859-%u", (unsigned)(page - 88590));
            return true;
        }
        static const uint16_t pages[] = {437, 737,  775,  850,  852,  855,  857,  858,  860,  861,
                                         862, 863,  864,  865,  866,  869,  874,  932,  936,  949,
                                         950, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258};
        for (size_t j = 0; j < sizeof pages / sizeof pages[0]; j++) {
            if (pages[j] == page) {
                snprintf(out, ENCODING_NAME_BYTES, page >= 1250 ? "windows-%u" : "CP%u", (unsigned)page);
                return true;
            }
        }
    }
    return false;
}

const char *encoding_of_language(unsigned char language)
{
    /* dBASE and FoxPro language drivers, as shapefile writers use them. */
    static const struct {
        unsigned char language;
        const char *name;
    } drivers[] = {
        {0x01, "CP437"},        {0x02, "CP850"},        {0x03, "windows-1252"}, {0x08, "CP865"},
        {0x09, "CP437"},        {0x0a, "CP850"},        {0x0b, "CP437"},        {0x0d, "CP437"},
        {0x0e, "CP850"},        {0x0f, "CP437"},        {0x10, "CP850"},        {0x11, "CP437"},
        {0x12, "CP850"},        {0x13, "CP932"},        {0x14, "CP850"},        {0x15, "CP437"},
        {0x16, "CP850"},        {0x17, "CP865"},        {0x18, "CP437"},        {0x19, "CP437"},
        {0x1a, "CP850"},        {0x1b, "CP437"},        {0x1c, "CP863"},        {0x1d, "CP850"},
        {0x1f, "CP852"},        {0x22, "CP852"},        {0x23, "CP852"},        {0x24, "CP860"},
        {0x25, "CP850"},        {0x26, "CP866"},        {0x37, "CP850"},        {0x40, "CP852"},
        {0x4d, "CP936"},        {0x4e, "CP949"},        {0x4f, "CP950"},        {0x50, "CP874"},
        {0x57, "windows-1252"}, {0x58, "windows-1252"}, {0x59, "windows-1252"}, {0x64, "CP852"},
        {0x65, "CP866"},        {0x66, "CP865"},        {0x67, "CP861"},        {0x6a, "CP737"},
        {0x6b, "CP857"},        {0x6c, "CP863"},        {0x78, "CP950"},        {0x79, "CP949"},
        {0x7a, "CP936"},        {0x7b, "CP932"},        {0x7c, "CP874"},        {0x86, "CP737"},
        {0x87, "CP852"},        {0x88, "CP857"},        {0xc8, "windows-1250"}, {0xc9, "windows-1251"},
        {0xca, "windows-1254"}, {0xcb, "windows-1253"}, {0xcc, "windows-1257"},
    };
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        if (drivers[i].language == language) {
            return drivers[i].name;
        }
    }
    return NULL;
}

/* The table of a single-byte encoding that we carry; NULL for others. */
static const uint16_t *table_of(const char *name)
{
    if (strcmp(name, WINDOWS_1252) == 0 || strcmp(name, "ISO-8859-1") == 0) {
        return cp1252_upper;
    }
    if (strcmp(name, "CP850") == 0) {
        return cp850_upper;
    }
    if (strcmp(name, "MACINTOSH") == 0) {
        return mac_upper;
    }
    return strcmp(name, "CP437") == 0 ? cp437_upper : NULL;
}

static bool is_multibyte(const char *name)
{
    static const char *const names[] = {"BIG5",   "CP932",  "CP936",   "CP949",     "CP950",
                                        "EUC-JP", "EUC-KR", "GB18030", "SHIFT_JIS", "UTF-16LE"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static struct text until_nul(struct text raw)
{
    const char *nul = raw.length > 0 ? memchr(raw.data, '\0', raw.length) : NULL;
    if (nul) {
        raw.length = (size_t)(nul - raw.data);
    }
    return raw;
}

static bool is_ascii(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        if ((unsigned char)text.data[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* The length of `raw` without the beginning of a character that the column's width cut off; the whole length where
 * nothing was cut. The cut may leave the blanks that fill a column, so the width is a hint and no condition. */
static size_t length_before_cut(struct text raw)
{
    for (size_t tail = 1; tail <= 3 && tail < raw.length; tail++) {
        unsigned char byte = (unsigned char)raw.data[raw.length - tail];
        if (byte < 0x80) {
            break;
        }
        if (byte >= 0xc2) {
            size_t needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
            return tail < needed ? raw.length - tail : raw.length;
        }
    }
    return raw.length;
}

static bool is_utf8_but_cut(struct text raw, unsigned width)
{
    size_t kept = length_before_cut(raw);
    if (kept == raw.length || width == 0 || raw.length + 1 < width) {
        return false;
    }
    struct text head = {raw.data, kept};
    /* One lone byte at the end of plain ASCII is more likely an old encoding ("Nazas 3a calle é"). */
    return text_is_utf8(head) && !is_ascii(head);
}

static bool is_upper_letter(uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7);
}

static bool is_lower_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 0xdf && c <= 0xff && c != 0xf7);
}

static bool is_spanish(uint32_t c)
{
    static const uint16_t letters[] = {0xe1, 0xe9, 0xed, 0xf3, 0xfa, 0xfc, 0xf1,
                                       0xc1, 0xc9, 0xcd, 0xd3, 0xda, 0xdc, 0xd1};
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (letters[i] == c) {
            return true;
        }
    }
    return false;
}

static uint32_t code_at(const uint16_t *table, struct text raw, size_t i)
{
    unsigned char byte = (unsigned char)raw.data[i];
    return byte < 0x80 ? byte : table[byte - 0x80];
}

/* How well the character at `i` fits its neighbours, as a reader of Spanish would judge. */
static double fit(const uint16_t *table, struct text raw, size_t i)
{
    uint32_t c = code_at(table, raw, i);
    uint32_t before = i > 0 ? code_at(table, raw, i - 1) : ' ';
    uint32_t after = i + 1 < raw.length ? code_at(table, raw, i + 1) : ' ';
    bool upper = is_upper_letter(c);
    bool lower = is_lower_letter(c);
    bool in_word =
        is_upper_letter(before) || is_lower_letter(before) || is_upper_letter(after) || is_lower_letter(after);
    if (upper || lower) {
        double score = is_spanish(c) ? 2.0 : 0.3;
        if (upper && is_lower_letter(before)) {
            return -2.0;
        }
        if (lower && is_upper_letter(before) && is_upper_letter(after)) {
            return score * 0.15; /* "MARTíNEZ" is rare but real */
        }
        return in_word ? score : score * 0.25;
    }
    if (c == 0xfffd || (c >= 0x80 && c < 0xa0)) {
        return -3.0;
    }
    bool is_mark = c == 0xbf || c == 0xa1 || c == 0xba || c == 0xaa || c == 0xb0 || c == 0x201c || c == 0x201d ||
                   c == 0x2019 || c == 0x2013 || c == 0xab || c == 0xbb || c == 0xa0 || c == 0xb4;
    bool inside =
        (is_upper_letter(before) || is_lower_letter(before)) && (is_upper_letter(after) || is_lower_letter(after));
    if (is_mark) {
        return inside ? -0.5 : 0.7;
    }
    return in_word ? -2.0 : -0.5;
}

static double fit_all(const uint16_t *table, struct text raw)
{
    double score = 0;
    for (size_t i = 0; i < raw.length; i++) {
        if ((unsigned char)raw.data[i] >= 0x80) {
            score += fit(table, raw, i);
        }
    }
    return score;
}

static void keep_sample(struct encoding_evidence *evidence, struct text raw, bool utf8)
{
    if (evidence->sample_count == ENCODING_SAMPLES || raw.length > ENCODING_SAMPLE_BYTES) {
        return;
    }
    for (size_t i = 0; i < evidence->sample_count; i++) {
        if (evidence->samples[i].length == raw.length &&
            memcmp(evidence->samples[i].bytes, raw.data, raw.length) == 0) {
            return;
        }
    }
    memcpy(evidence->samples[evidence->sample_count].bytes, raw.data, raw.length);
    evidence->samples[evidence->sample_count].length = (uint8_t)raw.length;
    evidence->samples[evidence->sample_count].utf8 = utf8;
    evidence->sample_count++;
}

/* "TorreÃ³n": UTF-8 that was taken for windows-1252 and made UTF-8 once more. */
static bool is_encoded_twice(struct text raw)
{
    uint32_t before = 0;
    for (size_t at = 0; at < raw.length;) {
        uint32_t code = text_next_code_point(raw, &at);
        bool lead = before == 0xc2 || before == 0xc3;
        bool follows = code >= 0x80 && code < 0xc0;
        for (size_t i = 0; lead && !follows && i < 32; i++) {
            follows = code == cp1252_upper[i] && code != 0xfffd;
        }
        if (lead && follows) {
            return true;
        }
        before = code;
    }
    return false;
}

void encoding_evidence_add(struct encoding_evidence *evidence, struct text raw, unsigned width)
{
    struct text whole = raw;
    raw = until_nul(raw);
    for (size_t i = raw.length; i < whole.length && evidence->nuls == 0; i++) {
        evidence->nuls += whole.data[i] != '\0' && whole.data[i] != ' ';
    }
    if (is_ascii(raw)) {
        evidence->ascii++;
        evidence->plain += raw.length > 1;
        return;
    }
    if (text_is_utf8(raw)) {
        evidence->utf8++;
        evidence->twice += is_encoded_twice(raw);
        keep_sample(evidence, raw, true);
    } else if (is_utf8_but_cut(raw, width)) {
        evidence->utf8_cut++;
        keep_sample(evidence, raw, true);
    } else {
        evidence->other++;
        /* A long text counts as any other: some thousand values decide. */
        if (evidence->other <= 20000) {
            struct text head = {raw.data, raw.length > 512 ? 512 : raw.length};
            evidence->cp1252 += fit_all(cp1252_upper, head);
            evidence->cp850 += fit_all(cp850_upper, head);
            evidence->cp437 += fit_all(cp437_upper, head);
            evidence->mac += fit_all(mac_upper, head);
        }
        keep_sample(evidence, raw, false);
    }
}

/* The best of the single-byte encodings, and by how much it leads. */
static const char *best_single(const struct encoding_evidence *evidence, double *out_lead)
{
    double best = evidence->cp1252;
    double second = evidence->cp850 > evidence->cp437 ? evidence->cp850 : evidence->cp437;
    if (evidence->mac > 1 && evidence->mac > best && evidence->mac > second) {
        *out_lead = evidence->mac - (best > second ? best : second);
        return "MACINTOSH";
    }
    if (second > best) {
        /* CP850 and CP437 agree on nearly all Spanish letters: what counts is the lead over windows-1252. */
        *out_lead = second - best;
        return evidence->cp850 >= evidence->cp437 ? "CP850" : "CP437";
    }
    *out_lead = best - second;
    return WINDOWS_1252;
}

static double score_of(const struct encoding_evidence *evidence, const char *name)
{
    const uint16_t *table = table_of(name);
    return table == cp850_upper   ? evidence->cp850
           : table == cp437_upper ? evidence->cp437
           : table == mac_upper   ? evidence->mac
                                  : evidence->cp1252;
}

static void choose(struct encoding_choice *out, const char *name, double confidence, const char *english,
                   const char *spanish)
{
    snprintf(out->name, sizeof out->name, "%s", name);
    out->confidence = confidence;
    out->how_english = english;
    out->how_spanish = spanish;
}

static void decide_undeclared(const struct encoding_evidence *evidence, struct encoding_choice *out)
{
    uint64_t utf8 = evidence->utf8 + evidence->utf8_cut;
    double lead = 0;
    const char *single = best_single(evidence, &lead);
    if (evidence->other == 0) {
        choose(out, UTF_8, utf8 >= 3 ? 0.99 : 0.95, "not declared; every value is UTF-8",
               "no declarada; todos los valores son UTF-8");
    } else if (utf8 == 0) {
        double confidence = lead >= 8 ? 0.95 : lead >= 2 ? 0.85 : lead > 0 ? 0.7 : 0.5;
        choose(out, single, confidence, "not declared; decided from the bytes", "no declarada; decidida por los bytes");
    } else {
        choose(out, utf8 >= evidence->other ? UTF_8 : single, 0.8,
               "not declared; the table mixes encodings, each value is read in its own",
               "no declarada; la tabla mezcla codificaciones, cada valor se lee en la suya");
    }
}

/* Declared UTF-8, by whatever source. */
static void decide_utf8(const struct encoding_evidence *evidence, struct encoding_choice *out)
{
    double lead = 0;
    const char *single = best_single(evidence, &lead);
    if (evidence->other == 0) {
        return;
    }
    out->contradicted = true;
    if (evidence->utf8 + evidence->utf8_cut == 0) {
        choose(out, single, lead >= 2 ? 0.9 : 0.7, "UTF-8 is declared, but the bytes are not UTF-8",
               "se declara UTF-8, pero los bytes no lo son");
    } else {
        choose(out, UTF_8, 0.8, "UTF-8 is declared, but some values are not UTF-8 and are read otherwise",
               "se declara UTF-8, pero algunos valores no lo son y se leen de otro modo");
    }
}

static void decide_single(const struct encoding_evidence *evidence, const char *declared, struct encoding_choice *out)
{
    uint64_t utf8 = evidence->utf8 + evidence->utf8_cut;
    if (evidence->other == 0 && utf8 > 0) {
        out->contradicted = true;
        choose(out, UTF_8, utf8 >= 3 ? 0.98 : 0.9, "another encoding is declared, but every value is UTF-8",
               "se declara otra codificación, pero todos los valores son UTF-8");
        return;
    }
    double lead = 0;
    const char *single = best_single(evidence, &lead);
    bool same = table_of(single) == table_of(declared);
    if (table_of(declared) && !same && score_of(evidence, declared) < 0 && score_of(evidence, single) > 1) {
        out->contradicted = true;
        choose(out, single, 0.85, "another encoding is declared, but the bytes make sense only in this one",
               "se declara otra codificación, pero los bytes solo tienen sentido en esta");
    }
}

/* How many characters of the samples beyond ASCII are Spanish letters in this encoding, and how many are not. */
static void count_spanish(const struct encoding_evidence *evidence, const char *name, size_t *out_spanish,
                          size_t *out_others)
{
    iconv_t converter = iconv_open("UTF-8", name);
    *out_spanish = 0;
    *out_others = 0;
    for (size_t i = 0; converter != (iconv_t)-1 && i < evidence->sample_count; i++) {
        char in[ENCODING_SAMPLE_BYTES];
        char out[4 * ENCODING_SAMPLE_BYTES];
        char *from = in;
        char *to = out;
        size_t left = evidence->samples[i].length;
        size_t room = sizeof out;
        memcpy(in, evidence->samples[i].bytes, left);
        iconv(converter, NULL, NULL, NULL, NULL);
        if (evidence->samples[i].utf8 || iconv(converter, &from, &left, &to, &room) == (size_t)-1) {
            *out_others += !evidence->samples[i].utf8;
            continue;
        }
        struct text text = {out, (size_t)(to - out)};
        for (size_t at = 0; at < text.length;) {
            uint32_t code = text_next_code_point(text, &at);
            *out_spanish += code >= 0x80 && is_spanish(code);
            *out_others += code >= 0x80 && !is_spanish(code);
        }
    }
    if (converter != (iconv_t)-1) {
        iconv_close(converter);
    }
}

/* Accented letters stand alone among plain ones; characters of Asia come as pairs of bytes. */
static bool stand_alone(const struct encoding_evidence *evidence)
{
    for (size_t i = 0; i < evidence->sample_count; i++) {
        for (size_t j = 1; j < evidence->samples[i].length && !evidence->samples[i].utf8; j++) {
            if (evidence->samples[i].bytes[j] >= 0x80 && evidence->samples[i].bytes[j - 1] >= 0x80) {
                return false;
            }
        }
    }
    return true;
}

/* Declared to be of Central Europe, Asia and the like: true unless every value says that it is Spanish or UTF-8. */
static void decide_foreign(const struct encoding_evidence *evidence, const char *declared, struct encoding_choice *out)
{
    static const char why_english[] = "another encoding is declared, but the bytes make sense only in this one";
    static const char why_spanish[] = "se declara otra codificación, pero los bytes solo tienen sentido en esta";
    uint64_t utf8 = evidence->utf8 + evidence->utf8_cut;
    bool wide = strncmp(declared, "UTF-16", 6) == 0;
    if (evidence->other == 0 && (wide ? utf8 + evidence->plain > 0 && evidence->nuls == 0 : utf8 > 0)) {
        out->contradicted = true;
        choose(out, UTF_8, 0.9, why_english, why_spanish);
        return;
    }
    double lead = 0;
    const char *single = best_single(evidence, &lead);
    size_t spanish = 0;
    size_t others = 0;
    size_t declared_spanish = 0;
    size_t declared_others = 0;
    if (wide || (is_multibyte(declared) && !stand_alone(evidence))) {
        return;
    }
    count_spanish(evidence, single, &spanish, &others);
    count_spanish(evidence, declared, &declared_spanish, &declared_others);
    if (spanish >= 2 && others == 0 && declared_others > 0) {
        out->contradicted = true;
        choose(out, single, 0.85, why_english, why_spanish);
    }
}

void encoding_decide(const struct encoding_evidence *evidence, const char *declared, enum encoding_source source,
                     struct encoding_choice *out_choice)
{
    static const char *const english[] = {"not declared", "given by the format", "declared by the .cpg file",
                                          "declared by the .dbf", "given by you"};
    static const char *const spanish[] = {"no declarada", "dada por el formato", "declarada en el archivo .cpg",
                                          "declarada en el .dbf", "indicada por usted"};
    struct encoding_choice choice = {0};
    double lead = 0;
    snprintf(choice.fallback, sizeof choice.fallback, "%s", best_single(evidence, &lead));
    choice.said = source == ENCODING_OPTION;
    bool only_ascii = evidence->utf8 + evidence->utf8_cut + evidence->other == 0;
    if (!declared) {
        if (only_ascii) {
            choose(&choice, UTF_8, 1, "only ASCII characters", "solo caracteres ASCII");
        } else {
            decide_undeclared(evidence, &choice);
        }
    } else {
        choose(&choice, declared, 1, english[source], spanish[source]);
        bool wide = strncmp(declared, "UTF-16", 6) == 0;
        if (only_ascii && !wide) {
            choice.confidence = 1;
        } else if (source != ENCODING_OPTION && !table_of(declared) && strcmp(declared, UTF_8) != 0) {
            decide_foreign(evidence, declared, &choice);
        } else if (strcmp(declared, UTF_8) == 0) {
            decide_utf8(evidence, &choice);
            if (source == ENCODING_OPTION && choice.contradicted) {
                choose(&choice, UTF_8, 1, english[source], spanish[source]);
                choice.contradicted = true;
            }
        } else if (source != ENCODING_OPTION) {
            decide_single(evidence, declared, &choice);
        }
    }
    *out_choice = choice;
}

struct encoding {
    bool utf8;
    bool wide;   /* UTF-16: a NUL byte is half of a character */
    bool strict; /* a person has said so: no second thoughts about values */
    const uint16_t *table;
    const uint16_t *fallback;
    iconv_t converter; /* (iconv_t)-1 when not used */
};

bool encoding_open(const struct encoding_choice *choice, struct encoding **out_encoding, struct error *err)
{
    struct encoding *encoding = calloc(1, sizeof *encoding);
    if (!encoding) {
        return error_no_memory(err);
    }
    encoding->converter = (iconv_t)-1;
    encoding->utf8 = strcmp(choice->name, UTF_8) == 0;
    encoding->wide = strcmp(choice->name, "UTF-16LE") == 0;
    encoding->table = table_of(choice->name);
    encoding->fallback = choice->fallback[0] != '\0' ? table_of(choice->fallback) : NULL;
    if (!encoding->fallback) {
        encoding->fallback = cp1252_upper;
    }
    encoding->strict = choice->said;
    if (!encoding->utf8 && !encoding->table) {
        encoding->converter = iconv_open(UTF_8, choice->name);
        if (encoding->converter == (iconv_t)-1) {
            free(encoding);
            error_tell(err, ERROR_INVALID, "IMP-010",
                       "encoding \"%s\" is not known on this machine: give another with --encoding",
                       "la codificación «%s» no se conoce en este equipo: indique otra con --encoding", choice->name);
            return false;
        }
    }
    *out_encoding = encoding;
    return true;
}

void encoding_close(struct encoding *encoding)
{
    if (!encoding) {
        return;
    }
    if (encoding->converter != (iconv_t)-1) {
        iconv_close(encoding->converter);
    }
    free(encoding);
}

static struct text decode_table(const uint16_t *table, struct text raw, struct arena *arena, unsigned *outcome)
{
    char *out = arena_alloc_raw(arena, raw.length * 3 + 1);
    if (!out) {
        return (struct text){0};
    }
    size_t length = 0;
    for (size_t i = 0; i < raw.length; i++) {
        uint32_t code = code_at(table, raw, i);
        *outcome |= code == 0xfffd ? ENCODING_REPLACED : 0u;
        length += text_put_code_point(code, out + length);
    }
    out[length] = '\0';
    return (struct text){out, length};
}

static struct text decode_iconv(iconv_t converter, struct text raw, struct arena *arena, unsigned *outcome)
{
    size_t room = raw.length * 4 + 4;
    char *out = arena_alloc_raw(arena, room + 1);
    char *in = arena_memdup(arena, raw.data, raw.length + 0);
    if (!out || !in) {
        return (struct text){0};
    }
    char *at = out;
    size_t left = raw.length;
    iconv(converter, NULL, NULL, NULL, NULL);
    while (left > 0 && iconv(converter, &in, &left, &at, &room) == (size_t)-1) {
        if (errno == EINVAL) {
            *outcome |= ENCODING_CUT;
            break;
        }
        if (errno != EILSEQ || room < 3) {
            break;
        }
        *outcome |= ENCODING_REPLACED;
        size_t put = text_put_code_point(0xfffd, at);
        at += put;
        room -= put;
        in++;
        left--;
    }
    *at = '\0';
    return (struct text){out, (size_t)(at - out)};
}

/* A value that is not UTF-8 where UTF-8 is expected. */
static struct text decode_odd(const struct encoding *encoding, struct text raw, unsigned width, struct arena *arena,
                              unsigned *outcome)
{
    size_t kept = length_before_cut(raw);
    bool full = width > 0 && raw.length + 1 >= width;
    if (is_utf8_but_cut(raw, width) || (full && kept < raw.length && text_is_utf8((struct text){raw.data, kept}))) {
        *outcome |= ENCODING_CUT;
        return (struct text){raw.data, kept};
    }
    *outcome |= ENCODING_OTHERWISE;
    const uint16_t *table = encoding->fallback;
    double own = fit_all(cp1252_upper, raw);
    if (table == cp1252_upper && own < 0 && fit_all(cp850_upper, raw) > 0) {
        table = cp850_upper;
    }
    return decode_table(table, raw, arena, outcome);
}

/* A value in a single-byte table; the odd one that was typed elsewhere is recognised where it is beyond doubt. */
static struct text decode_single(const struct encoding *encoding, struct text raw, unsigned width, struct arena *arena,
                                 unsigned *outcome)
{
    if (!encoding->strict && text_is_utf8(raw)) {
        *outcome |= ENCODING_OTHERWISE;
        return raw;
    }
    if (!encoding->strict && is_utf8_but_cut(raw, width)) {
        *outcome |= ENCODING_CUT | ENCODING_OTHERWISE;
        return (struct text){raw.data, length_before_cut(raw)};
    }
    const uint16_t *table = encoding->table;
    double own = fit_all(table, raw);
    if (!encoding->strict && own < 1) {
        const uint16_t *other = table == cp1252_upper ? cp850_upper : cp1252_upper;
        if (fit_all(other, raw) > (own < -1 ? 1 : own + 1.5)) {
            *outcome |= ENCODING_OTHERWISE;
            table = other;
        }
    }
    return decode_table(table, raw, arena, outcome);
}

struct text encoding_decode(struct encoding *encoding, struct text raw, unsigned width, struct arena *arena,
                            unsigned *out_outcome)
{
    *out_outcome = ENCODING_OK;
    if (!encoding->wide) {
        raw = until_nul(raw);
    }
    if (raw.length == 0) {
        return (struct text){"", 0};
    }
    if (encoding->converter != (iconv_t)-1) {
        /* Even ASCII bytes may be half of something (UTF-16, Shift-JIS). */
        return decode_iconv(encoding->converter, raw, arena, out_outcome);
    }
    if (is_ascii(raw)) {
        return raw;
    }
    if (!encoding->utf8) {
        return decode_single(encoding, raw, width, arena, out_outcome);
    }
    if (text_is_utf8(raw)) {
        *out_outcome = memmem(raw.data, raw.length, "\xef\xbf\xbd", 3) ? ENCODING_LOST_BEFORE : ENCODING_OK;
        return raw;
    }
    return decode_odd(encoding, raw, width, arena, out_outcome);
}

char *encoding_readable(const char *raw, struct arena *arena)
{
    struct encoding_evidence evidence = {0};
    struct encoding_choice choice;
    struct encoding *encoding = NULL;
    encoding_evidence_add(&evidence, text_of(raw), 0);
    encoding_decide(&evidence, NULL, ENCODING_UNDECLARED, &choice);
    if (!encoding_open(&choice, &encoding, NULL)) {
        return NULL;
    }
    unsigned outcome;
    struct text text = encoding_decode(encoding, text_of(raw), 0, arena, &outcome);
    char *name = text.data ? arena_strndup(arena, text.data, text.length) : NULL;
    encoding_close(encoding);
    return name;
}
