/* SPDX-License-Identifier: MIT */
/* A picture is packed in blocks with Huffman codes of their own (RFC 1951). For each of a few distances a bit a byte
 * tells whether the byte is as the one so far before it; from these bits repetitions and what lies between are read off
 * 64 bytes at a time. */

#include "draw/png_deflate.h"

#include "draw/blend.h"
#include "draw/cpu.h"
#include "draw/png_huffman.h"

#include <libdeflate.h>
#include <stdlib.h>

enum {
    BLOCK_BYTES = 1 << 16, /* about; a tile of 256 pixels is one block */
    BLOCK_WORDS = BLOCK_BYTES / 64 + 64,
    BLOCK_BYTES_MAX = BLOCK_WORDS * 64,
    WAYS_MAX = 6, /* distances that are looked at */
    DISTANCE_MAX = 32768,
    RUN_MIN = 4,    /* at the distance of a byte; shorter ones save next to nothing and each costs time */
    MATCH_MIN = 6,  /* at others: the distance costs ten bits */
    LENGTH_MIN = 3, /* that there is a code for */
    MATCH_MAX = 258,
    LITERALS = 256,
    NO_LITERAL = LITERALS, /* added to a literal that is not there */
    END_OF_BLOCK = 256,
    LENGTH_CODES = 29,
    SYMBOLS = 257 + LENGTH_CODES,
    DISTANCE_CODES = 30,
    CODE_BITS_MAX = 14,  /* four codes and what is left of a byte fit into 64 bits */
    LENGTH_BITS_MAX = 7, /* of the code of code lengths */
    LENGTH_SYMBOLS = 19,
    STORED_MAX = 65535
};

/* A stretch of literals, then a match; length 0 at the end of a block. */
struct step {
    uint32_t literals;
    uint16_t length;
    uint16_t way;
};

struct way {
    size_t distance;
    unsigned symbol;
    unsigned extra_bits;
    unsigned extra;
};

_Static_assert((int)SYMBOLS <= PNG_HUFFMAN_SYMBOLS_MAX, "a code has a word for each symbol");
_Static_assert(BLOCK_BYTES_MAX < 1 << PNG_HUFFMAN_COUNT_BITS, "counts are sorted by so many bits");

struct bit_writer;
typedef void put_block_fn(struct bit_writer *writer, struct png_deflate *deflate, const uint8_t *bytes, size_t from,
                          size_t count, bool is_last);

struct png_deflate {
    put_block_fn *put_block;
    struct way ways[WAYS_MAX];
    size_t way_count;
    uint64_t equal[WAYS_MAX][BLOCK_WORDS + 1]; /* bit i: byte i of the block is as the one `distance` before it */
    uint64_t starts[BLOCK_WORDS];              /* bit i: a match can begin here */
    struct step steps[BLOCK_BYTES_MAX / RUN_MIN + 2];
    size_t step_count;
    uint32_t counts[SYMBOLS];
    uint32_t distance_counts[DISTANCE_CODES];
};

struct bit_writer {
    uint64_t bits;
    unsigned count;
    uint8_t *out;
};

/* ---- Codes of lengths and distances ---- */

static const uint16_t length_bases[LENGTH_CODES] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                                    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_extras[LENGTH_CODES] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                    2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};

static unsigned length_code(unsigned length)
{
    unsigned code = 0;
    while (code + 1 < LENGTH_CODES && length_bases[code + 1] <= length) {
        code++;
    }
    return code;
}

static struct way way_of(size_t distance)
{
    /* Two codes a power of two. */
    unsigned symbol = 0;
    size_t base = 1;
    for (;;) {
        unsigned extra_bits = symbol < 4 ? 0 : symbol / 2 - 1;
        if (distance < base + ((size_t)1 << extra_bits)) {
            return (struct way){distance, symbol, extra_bits, (unsigned)(distance - base)};
        }
        base += (size_t)1 << extra_bits;
        symbol++;
    }
}

/* The likeliest first: of equally long matches the first is taken. */
static void set_ways(struct png_deflate *deflate, size_t row_size)
{
    const size_t distances[WAYS_MAX] = {1, row_size, row_size - 1, row_size + 1, row_size - 2, row_size + 2};
    deflate->way_count = 0;
    for (size_t i = 0; i < WAYS_MAX; i++) {
        if (i == 0 || (row_size > 4 && distances[i] <= DISTANCE_MAX)) {
            deflate->ways[deflate->way_count++] = way_of(distances[i]);
        }
    }
}

/* ---- Where the picture repeats itself ---- */

typedef uint8_t u8x32 __attribute__((vector_size(32)));

/* For `count` bytes from `from`, 64 a word. */
BLEND_INLINE uint64_t equal_few(const uint8_t *bytes, size_t from, size_t count, size_t distance)
{
    uint64_t equal = 0;
    for (size_t i = 0; i < count; i++) {
        equal |= (uint64_t)(from + i >= distance && bytes[from + i] == bytes[from + i - distance]) << i;
    }
    return equal;
}

/* Which of 32 bytes are 255, the others being 0: a bit each. */
typedef uint64_t mask_fn(u8x32 same);

BLEND_INLINE void find_equal(const uint8_t *bytes, size_t from, size_t count, size_t distance, mask_fn *mask,
                             uint64_t *out_equal)
{
    for (size_t i = 0; i < count; i += 64) {
        size_t at = from + i;
        if (at < distance || count - i < 64) {
            *out_equal++ = equal_few(bytes, at, count - i < 64 ? count - i : 64, distance);
            continue;
        }
        uint64_t equal = 0;
        for (size_t j = 0; j < 64; j += 32) {
            u8x32 here;
            u8x32 before;
            memcpy(&here, bytes + at + j, sizeof here);
            memcpy(&before, bytes + at + j - distance, sizeof before);
            equal |= mask((u8x32)(here == before)) << j;
        }
        *out_equal++ = equal;
    }
}

/* Eight bytes at once: a product brings their lowest bits together. */
BLEND_INLINE uint64_t mask_portable(u8x32 same)
{
    uint64_t mask = 0;
    uint64_t parts[4];
    memcpy(parts, &same, sizeof parts);
    for (size_t k = 0; k < 4; k++) {
        mask |= ((parts[k] & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080)) >> 56 << (8 * k);
    }
    return mask;
}

#ifdef DRAW_HAS_AVX2
typedef char i8x32 __attribute__((vector_size(32)));

DRAW_AVX2 BLEND_INLINE uint64_t mask_avx2(u8x32 same)
{
    return (uint32_t)__builtin_ia32_pmovmskb256((i8x32)same);
}
#endif

/* From which bits of a word on RUN_MIN or MATCH_MIN bits are set; `next` is the word after it. */
BLEND_INLINE uint64_t starts_of(uint64_t word, uint64_t next, bool is_run)
{
    uint64_t two = word & (word >> 1 | next << 63);
    uint64_t next_two = next & next >> 1;
    uint64_t four = two & (two >> 2 | next_two << 62);
    return is_run ? four : four & (two >> 4 | next_two << 60);
}

BLEND_INLINE void find_starts(struct png_deflate *deflate, const uint8_t *bytes, size_t from, size_t count,
                              mask_fn *mask)
{
    size_t words = (count + 63) / 64;
    memset(deflate->starts, 0, words * sizeof deflate->starts[0]);
    for (size_t i = 0; i < deflate->way_count; i++) {
        uint64_t *equal = deflate->equal[i];
        find_equal(bytes, from, count, deflate->ways[i].distance, mask, equal);
        equal[words] = 0;
        for (size_t w = 0; w < words; w++) {
            deflate->starts[w] |= starts_of(equal[w], equal[w + 1], i == 0);
        }
    }
}

/* How many bits are set from bit `at` on, up to MATCH_MAX. */
static unsigned length_at(const uint64_t *equal, size_t at)
{
    unsigned length = 0;
    unsigned shift = at % 64;
    const uint64_t *word = equal + at / 64;
    uint64_t unequal = ~word[0] >> shift;
    if (unequal) {
        return (unsigned)__builtin_ctzll(unequal);
    }
    length = 64 - shift;
    while (length < MATCH_MAX && *++word == UINT64_MAX) {
        length += 64;
    }
    if (length < MATCH_MAX) {
        length += (unsigned)__builtin_ctzll(~*word);
    }
    return length < MATCH_MAX ? length : MATCH_MAX;
}

/* Longer matches first; a run, whose distance costs little, also before one that is longer by one; then the first. */
BLEND_INLINE unsigned score_of(unsigned way, unsigned length)
{
    return (length + (way == 0)) * 8 + 7 - way;
}

BLEND_INLINE struct step step_of(unsigned score)
{
    unsigned way = 7 - score % 8;
    return (struct step){0, (uint16_t)(score / 8 - (way == 0)), (uint16_t)way};
}

static struct step long_match_at(const struct png_deflate *deflate, size_t at)
{
    unsigned best = 0;
    for (unsigned i = 0; i < deflate->way_count; i++) {
        unsigned score = score_of(i, length_at(deflate->equal[i], at));
        best = score > best ? score : best;
    }
    return step_of(best);
}

/* Where a match can begin. Most are short: of the 63 bits at hand one is not set. */
BLEND_INLINE struct step match_at(const struct png_deflate *deflate, size_t at)
{
    unsigned best = 0;
    unsigned shift = at % 64;
    for (unsigned i = 0; i < deflate->way_count; i++) {
        const uint64_t *word = deflate->equal[i] + at / 64;
        uint64_t unequal = ~(word[0] >> shift | word[1] << 1 << (63 - shift));
        unsigned score = score_of(i, (unsigned)__builtin_ctzll(unequal | UINT64_C(1) << 63));
        best = score > best ? score : best;
    }
    return best < 63 * 8 ? step_of(best) : long_match_at(deflate, at);
}

/* Counts literals four at a time. `counts` are four tables taken in turns, since equal neighbours would wait for each
 * other; of each four at the end those that are none are counted elsewhere. At least `left` bytes can be read. */
BLEND_INLINE void count_literals(uint32_t counts[4][2 * LITERALS], const uint8_t *literals, size_t count, size_t left)
{
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (size_t j = 0; j < 4; j++) {
            counts[j][literals[i + j]]++;
        }
    }
    if (left < i + 3) {
        for (; i < count; i++) {
            counts[0][literals[i]]++;
        }
        return;
    }
    for (size_t j = 0; j < 3; j++) { /* however many there are: the processor could not guess */
        counts[j][literals[i + j] | (unsigned)(i + j >= count) * NO_LITERAL]++;
    }
}

/* The steps of a block and how often each symbol is in them. */
BLEND_INLINE void make_steps(struct png_deflate *deflate, const uint8_t *bytes, size_t from, size_t count,
                             mask_fn *mask)
{
    static const struct step end = {0};
    uint32_t literals[4][2 * LITERALS] = {0};
    uint32_t lengths[MATCH_MAX + 1] = {0};
    uint32_t ways[WAYS_MAX] = {0};
    size_t words = (count + 63) / 64;
    size_t at = 0;
    find_starts(deflate, bytes, from, count, mask);
    deflate->step_count = 0;
    for (;;) {
        size_t word = at / 64;
        uint64_t starts = word < words ? deflate->starts[word] & UINT64_MAX << at % 64 : 0;
        while (starts == 0 && ++word < words) {
            starts = deflate->starts[word];
        }
        size_t next = starts ? word * 64 + (size_t)__builtin_ctzll(starts) : count;
        struct step step = next < count ? match_at(deflate, next) : end;
        step.literals = (uint32_t)(next - at);
        count_literals(literals, bytes + from + at, next - at, count - at);
        deflate->steps[deflate->step_count++] = step;
        if (step.length == 0) {
            break;
        }
        lengths[step.length]++;
        ways[step.way]++;
        at = next + step.length;
    }
    memset(deflate->counts, 0, sizeof deflate->counts);
    memset(deflate->distance_counts, 0, sizeof deflate->distance_counts);
    for (size_t i = 0; i < LITERALS; i++) {
        deflate->counts[i] = literals[0][i] + literals[1][i] + literals[2][i] + literals[3][i];
    }
    deflate->counts[END_OF_BLOCK] = 1;
    for (unsigned i = LENGTH_MIN; i <= MATCH_MAX; i++) {
        if (lengths[i] > 0) {
            deflate->counts[257 + length_code(i)] += lengths[i];
        }
    }
    for (size_t i = 0; i < deflate->way_count; i++) {
        deflate->distance_counts[deflate->ways[i].symbol] += ways[i];
    }
}

/* ---- Writing ---- */

static inline void put_bits(struct bit_writer *writer, uint64_t bits, unsigned count)
{
    writer->bits |= bits << writer->count;
    writer->count += count;
}

/* Leaves fewer than eight bits. Writes eight bytes, of which the later ones are written again. */
static inline void flush(struct bit_writer *writer)
{
    memcpy(writer->out, &writer->bits, 8);
    writer->out += writer->count / 8;
    writer->bits >>= writer->count & ~7U;
    writer->count &= 7;
}

/* Lengths of codes, runs of which are written as one (RFC 1951, 3.2.7). */
struct packed_lengths {
    uint8_t symbols[SYMBOLS + DISTANCE_CODES];
    uint8_t extras[SYMBOLS + DISTANCE_CODES];
    size_t count;
    uint32_t counts[LENGTH_SYMBOLS];
};

static void add_length(struct packed_lengths *packed, unsigned symbol, unsigned extra)
{
    packed->symbols[packed->count] = (uint8_t)symbol;
    packed->extras[packed->count++] = (uint8_t)extra;
    packed->counts[symbol]++;
}

static void pack_lengths(const uint8_t *lengths, size_t count, struct packed_lengths *out_packed)
{
    memset(out_packed, 0, sizeof *out_packed);
    for (size_t i = 0; i < count;) {
        size_t run = 1;
        while (i + run < count && lengths[i + run] == lengths[i]) {
            run++;
        }
        size_t left = run;
        if (lengths[i] == 0) {
            for (; left >= 3; left -= left < 138 ? left : 138) {
                size_t part = left < 138 ? left : 138;
                add_length(out_packed, part < 11 ? 17 : 18, (unsigned)(part < 11 ? part - 3 : part - 11));
            }
        } else {
            add_length(out_packed, lengths[i], 0);
            left--;
            for (; left >= 3; left -= left < 6 ? left : 6) {
                add_length(out_packed, 16, (unsigned)((left < 6 ? left : 6) - 3));
            }
        }
        for (; left > 0; left--) {
            add_length(out_packed, lengths[i], 0);
        }
        i += run;
    }
}

/* Everything a block's header says. */
struct header {
    size_t symbol_count;
    size_t distance_count;
    size_t length_count;
    struct packed_lengths packed;
    struct png_huffman code;
};

static const uint8_t length_order[LENGTH_SYMBOLS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
static const uint8_t run_extras[LENGTH_SYMBOLS] = {[16] = 2, [17] = 3, [18] = 7};

static void make_header(const struct png_huffman *code, const struct png_huffman *distances, struct header *out_header)
{
    uint8_t lengths[SYMBOLS + DISTANCE_CODES];
    size_t symbols = SYMBOLS;
    size_t distance_count = DISTANCE_CODES;
    while (symbols > 257 && code->bits[symbols - 1] == 0) {
        symbols--;
    }
    while (distance_count > 1 && distances->bits[distance_count - 1] == 0) {
        distance_count--;
    }
    memcpy(lengths, code->bits, symbols);
    memcpy(lengths + symbols, distances->bits, distance_count);
    out_header->symbol_count = symbols;
    out_header->distance_count = distance_count;
    pack_lengths(lengths, symbols + distance_count, &out_header->packed);
    png_huffman_make(out_header->packed.counts, LENGTH_SYMBOLS, LENGTH_BITS_MAX, &out_header->code);
    out_header->length_count = LENGTH_SYMBOLS;
    while (out_header->length_count > 4 && out_header->code.bits[length_order[out_header->length_count - 1]] == 0) {
        out_header->length_count--;
    }
}

static size_t header_bits(const struct header *header)
{
    size_t bits = 3 + 5 + 5 + 4 + 3 * header->length_count;
    for (size_t i = 0; i < LENGTH_SYMBOLS; i++) {
        bits += header->packed.counts[i] * (size_t)(header->code.bits[i] + run_extras[i]);
    }
    return bits;
}

static void put_header(struct bit_writer *writer, const struct header *header, bool is_last)
{
    put_bits(writer, is_last, 1);
    put_bits(writer, 2, 2);
    put_bits(writer, header->symbol_count - 257, 5);
    put_bits(writer, header->distance_count - 1, 5);
    put_bits(writer, header->length_count - 4, 4);
    flush(writer);
    for (size_t i = 0; i < header->length_count; i++) {
        put_bits(writer, header->code.bits[length_order[i]], 3);
        flush(writer);
    }
    for (size_t i = 0; i < header->packed.count; i++) {
        unsigned symbol = header->packed.symbols[i];
        put_bits(writer, header->code.words[symbol], header->code.bits[symbol]);
        put_bits(writer, header->packed.extras[i], run_extras[symbol]);
        flush(writer);
    }
}

static size_t body_bits(const struct png_deflate *deflate, const struct png_huffman *code,
                        const struct png_huffman *distances)
{
    size_t bits = 0;
    for (size_t i = 0; i < SYMBOLS; i++) {
        bits += deflate->counts[i] * (size_t)(code->bits[i] + (i > 256 ? length_extras[i - 257] : 0));
    }
    for (size_t i = 0; i < DISTANCE_CODES; i++) {
        bits += deflate->distance_counts[i] * (size_t)(distances->bits[i] + (i < 4 ? 0 : i / 2 - 1));
    }
    return bits;
}

/* A code and the bits after it, as one. */
struct word {
    uint32_t bits;
    uint32_t count;
};

BLEND_INLINE void put_steps(struct bit_writer *out_writer, const struct png_deflate *deflate, const uint8_t *bytes,
                            size_t count, const struct png_huffman *code, const struct png_huffman *distances)
{
    struct bit_writer writer = *out_writer;
    const uint8_t *last = bytes + count;
    struct word literals[2 * LITERALS];
    struct word lengths[MATCH_MAX + 1];
    struct word ways[WAYS_MAX];
    for (size_t i = 0; i < LITERALS; i++) {
        literals[i] = (struct word){code->words[i], code->bits[i]};
    }
    memset(literals + NO_LITERAL, 0, LITERALS * sizeof literals[0]);
    for (unsigned i = LENGTH_MIN, symbol = 0; i <= MATCH_MAX; i++) {
        symbol += symbol + 1 < LENGTH_CODES && length_bases[symbol + 1] == i;
        unsigned bits = code->bits[257 + symbol];
        lengths[i] =
            (struct word){code->words[257 + symbol] | (i - length_bases[symbol]) << bits, bits + length_extras[symbol]};
    }
    for (size_t i = 0; i < deflate->way_count; i++) {
        const struct way *way = &deflate->ways[i];
        unsigned bits = distances->bits[way->symbol];
        ways[i] = (struct word){distances->words[way->symbol] | way->extra << bits, bits + way->extra_bits};
    }
    for (size_t i = 0; i < deflate->step_count; i++) {
        const struct step *step = &deflate->steps[i];
        const uint8_t *end = bytes + step->literals;
        for (; end - bytes >= 4; bytes += 4) {
            for (size_t j = 0; j < 4; j++) {
                put_bits(&writer, literals[bytes[j]].bits, literals[bytes[j]].count);
            }
            flush(&writer);
        }
        if (last - bytes >= 3) {
            for (ptrdiff_t j = 0; j < 3; j++) { /* as in count_literals */
                const struct word *word = &literals[bytes[j] | (unsigned)(j >= end - bytes) * NO_LITERAL];
                put_bits(&writer, word->bits, word->count);
            }
        } else {
            for (const uint8_t *byte = bytes; byte < end; byte++) {
                put_bits(&writer, literals[*byte].bits, literals[*byte].count);
            }
        }
        bytes = end;
        flush(&writer);
        if (step->length > 0) {
            put_bits(&writer, lengths[step->length].bits, lengths[step->length].count);
            put_bits(&writer, ways[step->way].bits, ways[step->way].count);
            flush(&writer);
            bytes += step->length;
        }
    }
    put_bits(&writer, code->words[END_OF_BLOCK], code->bits[END_OF_BLOCK]);
    flush(&writer);
    *out_writer = writer;
}

static void end_byte(struct bit_writer *writer)
{
    writer->count = (writer->count + 7) & ~7U;
    flush(writer);
}

static void put_stored(struct bit_writer *writer, const uint8_t *bytes, size_t size, bool is_last)
{
    size_t from = 0;
    do {
        size_t part = size - from < STORED_MAX ? size - from : STORED_MAX;
        put_bits(writer, is_last && from + part == size, 3);
        end_byte(writer);
        put_bits(writer, part | (part ^ STORED_MAX) << 16, 32);
        flush(writer);
        memcpy(writer->out, bytes + from, part);
        writer->out += part;
        from += part;
    } while (from < size);
}

BLEND_INLINE void put_block(struct bit_writer *writer, struct png_deflate *deflate, const uint8_t *bytes, size_t from,
                            size_t count, bool is_last, mask_fn *mask)
{
    struct png_huffman code;
    struct png_huffman distances;
    struct header header;
    make_steps(deflate, bytes, from, count, mask);
    png_huffman_make(deflate->counts, SYMBOLS, CODE_BITS_MAX, &code);
    png_huffman_make(deflate->distance_counts, DISTANCE_CODES, CODE_BITS_MAX, &distances);
    make_header(&code, &distances, &header);
    if (header_bits(&header) + body_bits(deflate, &code, &distances) > 8 * count) {
        put_stored(writer, bytes + from, count, is_last);
    } else {
        put_header(writer, &header, is_last);
        put_steps(writer, deflate, bytes + from, count, &code, &distances);
    }
}

static void put_block_portable(struct bit_writer *writer, struct png_deflate *deflate, const uint8_t *bytes,
                               size_t from, size_t count, bool is_last)
{
    put_block(writer, deflate, bytes, from, count, is_last, mask_portable);
}

#ifdef DRAW_HAS_AVX2
DRAW_AVX2 static void put_block_avx2(struct bit_writer *writer, struct png_deflate *deflate, const uint8_t *bytes,
                                     size_t from, size_t count, bool is_last)
{
    put_block(writer, deflate, bytes, from, count, is_last, mask_avx2);
}
#endif

struct png_deflate *png_deflate_create(void)
{
    struct png_deflate *deflate = malloc(sizeof *deflate);
    if (deflate) {
        deflate->put_block = put_block_portable;
#ifdef DRAW_HAS_AVX2
        if (cpu_has_avx2()) {
            deflate->put_block = put_block_avx2;
        }
#endif
    }
    return deflate;
}

void png_deflate_destroy(struct png_deflate *deflate)
{
    free(deflate);
}

size_t png_deflate_bound(size_t size)
{
    /* Stored blocks, the head and the sum, and what is written ahead. */
    return size + (size / BLOCK_BYTES + 2) * 16 + 32;
}

size_t png_deflate_pack(struct png_deflate *deflate, const uint8_t *bytes, size_t size, size_t row_size, uint8_t *out)
{
    struct bit_writer writer = {.out = out};
    set_ways(deflate, row_size);
    put_bits(&writer, 0x0178, 16); /* a window of 32 kB, the fastest level */
    flush(&writer);
    size_t from = 0;
    do {
        size_t count = size - from <= BLOCK_BYTES_MAX ? size - from : BLOCK_BYTES;
        deflate->put_block(&writer, deflate, bytes, from, count, from + count == size);
        from += count;
    } while (from < size);
    end_byte(&writer);
    uint32_t sum = libdeflate_adler32(1, bytes, size);
    for (int shift = 24; shift >= 0; shift -= 8) {
        *writer.out++ = (uint8_t)(sum >> shift);
    }
    return (size_t)(writer.out - out);
}
