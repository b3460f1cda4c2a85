/* SPDX-License-Identifier: MIT */
#pragma once
/* The fonts of the machine by the names that styles use ("Open Sans Semibold"), found through fontconfig.
 *
 * The list is read once for the whole program and never changes afterwards; a font is a number in it, the same in every
 * thread. Reading glyphs needs a `struct font_face`, which belongs to one thread. Only scalable fonts without colour
 * bitmaps are listed. */

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FONT_NONE UINT32_MAX

struct font_list; /* immutable */
struct hb_font_t;

/* The machine's fonts; read on the first call, kept until the program ends. Any thread. */
const struct font_list *font_list_get(struct error *err);
size_t font_list_count(const struct font_list *list);

/* The font a style calls `name`: its full name, its PostScript name, or family and style joined, in any case and with
 * or without blanks and "Regular". Failing that, the nearest style of the same family, with *out_exact false. FONT_NONE
 * when there is no such family. */
uint32_t font_list_find(const struct font_list *list, struct text name, bool *out_exact);
/* What is used where no font of a stack is found: a plain sans serif, as bold and slanted as `name` says. FONT_NONE
 * only on a machine without fonts. */
uint32_t font_list_substitute(const struct font_list *list, struct text name);
/* The font most like `like` that has the character; FONT_NONE when none has. */
uint32_t font_list_with(const struct font_list *list, uint32_t like, uint32_t code_point);
bool font_list_has(const struct font_list *list, uint32_t font, uint32_t code_point);
/* "Open Sans Semibold". */
const char *font_list_name(const struct font_list *list, uint32_t font);

/* An open font. */
struct font_face;

struct font_face *font_face_open(const struct font_list *list, uint32_t font, struct error *err);
void font_face_close(struct font_face *face);
/* Font units of an em. */
unsigned font_face_units(const struct font_face *face);
/* For shaping, HarfBuzz's: positions in font units. */
struct hb_font_t *font_face_shaper(const struct font_face *face);

/* The glyph of a character; 0 when the font has none. */
uint32_t font_face_glyph(const struct font_face *face, uint32_t code_point);

/* The outline of a glyph, unhinted, in font units, y UPWARDS. */
struct font_outline_sink {
    void *context;
    void (*move)(void *context, double x, double y);
    void (*line)(void *context, double x, double y);
    void (*quad)(void *context, double cx, double cy, double x, double y);
    void (*cubic)(void *context, double ax, double ay, double bx, double by, double x, double y);
};
bool font_face_outline(struct font_face *face, uint32_t glyph, const struct font_outline_sink *sink);
