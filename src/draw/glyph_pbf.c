/* SPDX-License-Identifier: MIT */
/* Glyph ranges read: foreign bytes (the protocol buffer of glyphs.proto), and kept. */

#include "draw/glyph_pbf.h"

#include <stdlib.h>
#include <string.h>

enum {
    SIDE_MAX_PX = 255,
    OFFSET_MAX_PX = 4096,
    STACKS_MAX = 64,
    STACK_NAME_BYTES_MAX = 1024,
    PAGES = 65536 / GLYPH_PBF_RANGE
};
static const size_t file_bytes_max = (size_t)8 << 20;

/* --- protocol buffers --- */

struct message {
    const uint8_t *at;
    const uint8_t *end;
};

struct pbf_field {
    uint32_t number;
    uint32_t wire; /* 0: varint, 2: bytes; others are skipped */
    uint64_t varint;
    struct message bytes;
};

static bool read_varint(struct message *message, uint64_t *out_number)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && message->at < message->end; shift += 7) {
        uint8_t byte = *message->at++;
        number |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) {
            *out_number = number;
            return true;
        }
    }
    return false;
}

static bool skip(struct message *message, uint64_t size, struct message *out_bytes)
{
    if (size > (uint64_t)(message->end - message->at)) {
        return false;
    }
    *out_bytes = (struct message){message->at, message->at + size};
    message->at += size;
    return true;
}

/* The next field; false at the end and when the bytes make no sense (then `*out_broken`). */
static bool next_field(struct message *message, struct pbf_field *out_field, bool *out_broken)
{
    uint64_t key;
    if (message->at >= message->end) {
        return false;
    }
    *out_broken = true;
    if (!read_varint(message, &key)) {
        return false;
    }
    *out_field = (struct pbf_field){.number = (uint32_t)(key >> 3), .wire = (uint32_t)(key & 7)};
    uint64_t size = 0;
    switch (out_field->wire) {
    case 0:
        *out_broken = !read_varint(message, &out_field->varint);
        break;
    case 1:
        *out_broken = !skip(message, 8, &out_field->bytes);
        break;
    case 2:
        *out_broken = !read_varint(message, &size) || !skip(message, size, &out_field->bytes);
        break;
    case 5:
        *out_broken = !skip(message, 4, &out_field->bytes);
        break;
    default:
        break;
    }
    return !*out_broken;
}

/* Signed numbers are folded: 0, -1, 1, -2, … */
static int32_t unfold(uint64_t number)
{
    uint32_t half = (uint32_t)number >> 1;
    return number & 1 ? -(int32_t)half - 1 : (int32_t)half;
}

static bool read_glyph(struct message message, struct glyph_sdf *out_glyph)
{
    struct glyph_sdf glyph = {0};
    struct pbf_field field;
    struct message bitmap = {0};
    uint64_t width = 0;
    uint64_t height = 0;
    bool broken = false;
    while (next_field(&message, &field, &broken)) {
        if (field.number == 2 && field.wire == 2) {
            bitmap = field.bytes;
        } else if (field.wire == 0) {
            switch (field.number) {
            case 1:
                glyph.code_point = field.varint > 0x10ffff ? UINT32_MAX : (uint32_t)field.varint;
                break;
            case 3:
                width = field.varint;
                break;
            case 4:
                height = field.varint;
                break;
            case 5:
                glyph.left_px = unfold(field.varint);
                break;
            case 6:
                glyph.top_px = unfold(field.varint);
                break;
            case 7:
                glyph.advance_px = field.varint > OFFSET_MAX_PX ? 0 : (uint32_t)field.varint;
                break;
            default:
                break;
            }
        }
    }
    if (broken || glyph.code_point == UINT32_MAX) {
        return false;
    }
    uint64_t border = 2 * GLYPH_PBF_BORDER_PX;
    bool fits = width > 0 && height > 0 && width <= SIDE_MAX_PX && height <= SIDE_MAX_PX &&
                abs(glyph.left_px) <= OFFSET_MAX_PX && abs(glyph.top_px) <= OFFSET_MAX_PX &&
                (uint64_t)(bitmap.end - bitmap.at) == (width + border) * (height + border);
    if (fits) {
        glyph.width_px = (uint32_t)width;
        glyph.height_px = (uint32_t)height;
        glyph.bitmap = bitmap.at;
    }
    *out_glyph = glyph;
    return true;
}

static bool read_stack(struct message message, void (*visit)(void *context, const struct glyph_sdf *glyph),
                       void *context)
{
    struct pbf_field field;
    bool broken = false;
    while (next_field(&message, &field, &broken)) {
        struct glyph_sdf glyph;
        if (field.number == 3 && field.wire == 2) {
            if (!read_glyph(field.bytes, &glyph)) {
                return false;
            }
            visit(context, &glyph);
        }
    }
    return !broken;
}

bool glyph_pbf_read(const void *bytes, size_t size, void (*visit)(void *context, const struct glyph_sdf *glyph),
                    void *context, struct error *err)
{
    struct message message = {bytes, (const uint8_t *)bytes + size};
    struct pbf_field field;
    bool broken = false;
    while (next_field(&message, &field, &broken)) {
        if (field.number == 1 && field.wire == 2 && !read_stack(field.bytes, visit, context)) {
            broken = true;
            break;
        }
    }
    if (broken) {
        error_set(err, ERROR_INVALID, "not a glyph range (protocol buffer)");
    }
    return !broken;
}

/* --- kept --- */

/* The characters of one file. */
struct page {
    struct buffer bytes; /* the bitmaps lie in it */
    uint32_t start;
    struct glyph_sdf glyphs[GLYPH_PBF_RANGE]; /* advance and bitmap 0: see has_glyph */
    bool has_glyph[GLYPH_PBF_RANGE];
};

struct stack {
    char name[STACK_NAME_BYTES_MAX];
    size_t name_length;
    bool was_asked[PAGES];
    struct page *pages[PAGES]; /* NULL: not asked for, or not there */
};

struct glyph_ranges {
    glyph_ranges_load *load;
    void *context;
    size_t stack_count;
    struct stack *stacks[STACKS_MAX];
};

struct glyph_ranges *glyph_ranges_create(glyph_ranges_load *load, void *context)
{
    struct glyph_ranges *ranges = calloc(1, sizeof *ranges);
    if (ranges) {
        ranges->load = load;
        ranges->context = context;
    }
    return ranges;
}

void glyph_ranges_destroy(struct glyph_ranges *ranges)
{
    if (!ranges) {
        return;
    }
    for (size_t i = 0; i < ranges->stack_count; i++) {
        for (size_t j = 0; j < PAGES; j++) {
            if (ranges->stacks[i]->pages[j]) {
                buffer_finish(&ranges->stacks[i]->pages[j]->bytes);
                free(ranges->stacks[i]->pages[j]);
            }
        }
        free(ranges->stacks[i]);
    }
    free(ranges);
}

static struct stack *stack_of(struct glyph_ranges *ranges, struct text name)
{
    for (size_t i = 0; i < ranges->stack_count; i++) {
        struct stack *stack = ranges->stacks[i];
        if (stack->name_length == name.length && memcmp(stack->name, name.data, name.length) == 0) {
            return stack;
        }
    }
    if (ranges->stack_count == STACKS_MAX || name.length == 0 || name.length > STACK_NAME_BYTES_MAX) {
        return NULL;
    }
    struct stack *stack = calloc(1, sizeof *stack);
    if (stack) {
        memcpy(stack->name, name.data, name.length);
        stack->name_length = name.length;
        ranges->stacks[ranges->stack_count++] = stack;
    }
    return stack;
}

static void keep_glyph(void *context, const struct glyph_sdf *glyph)
{
    struct page *page = context;
    uint32_t index = glyph->code_point - page->start;
    if (glyph->code_point >= page->start && index < GLYPH_PBF_RANGE) {
        page->glyphs[index] = *glyph;
        page->has_glyph[index] = true;
    }
}

static struct page *load_page(struct glyph_ranges *ranges, struct text name, uint32_t start)
{
    struct page *page = calloc(1, sizeof *page);
    if (!page) {
        return NULL;
    }
    page->start = start;
    buffer_init(&page->bytes, file_bytes_max);
    /* A file that breaks off still gives the glyphs before. */
    if (!ranges->load(ranges->context, name, start, &page->bytes) || page->bytes.failed) {
        buffer_finish(&page->bytes);
        free(page);
        return NULL;
    }
    (void)glyph_pbf_read(page->bytes.data, page->bytes.length, keep_glyph, page, NULL);
    return page;
}

const struct glyph_sdf *glyph_ranges_find(struct glyph_ranges *ranges, struct text stack, uint32_t code_point)
{
    struct stack *found = ranges && code_point < PAGES * GLYPH_PBF_RANGE ? stack_of(ranges, stack) : NULL;
    if (!found) {
        return NULL;
    }
    uint32_t number = code_point / GLYPH_PBF_RANGE;
    if (!found->was_asked[number]) {
        found->was_asked[number] = true;
        found->pages[number] = load_page(ranges, stack, number * GLYPH_PBF_RANGE);
    }
    const struct page *page = found->pages[number];
    uint32_t index = code_point % GLYPH_PBF_RANGE;
    return page && page->has_glyph[index] ? &page->glyphs[index] : NULL;
}

void glyph_sdf_paint(struct canvas *canvas, const struct glyph_sdf *glyph, const struct image_matrix *pen,
                     const struct image_sdf_ink *ink)
{
    if (!glyph->bitmap) {
        return;
    }
    double left = glyph->left_px - GLYPH_PBF_BORDER_PX;
    double top = -glyph->top_px - GLYPH_PBF_BORDER_PX;
    struct image_matrix matrix = *pen;
    matrix.e += pen->a * left + pen->c * top;
    matrix.f += pen->b * left + pen->d * top;
    struct image_field field = {glyph->bitmap, glyph->width_px + 2 * GLYPH_PBF_BORDER_PX,
                                glyph->height_px + 2 * GLYPH_PBF_BORDER_PX};
    image_paint_field(canvas, &field, &matrix, ink);
}
