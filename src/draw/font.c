/* SPDX-License-Identifier: MIT */
#include "draw/font.h"

#include <ctype.h>
#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H
#include <hb-ot.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 96, NAMES_MAX = 8 };

struct font {
    char *file;
    int index; /* of the face in the file, with the named instance in the upper 16 bits */
    char *title;
    char names[NAMES_MAX][NAME_BYTES]; /* all it may be called, reduced */
    size_t name_count;
    char families[2][NAME_BYTES]; /* reduced */
    size_t family_count;
    int weight; /* fontconfig's scale: 80 regular, 200 bold */
    int slant;  /* 0, 100 italic, 110 oblique */
    int width;  /* 100 normal */
    FcCharSet *characters;
};

struct font_list {
    struct font *fonts;
    size_t count;
};

/* Names compare without case, blanks, hyphens and the word "regular". */
static void reduce(const char *text, size_t length, char out[NAME_BYTES])
{
    size_t count = 0;
    for (size_t i = 0; i < length && count + 1 < NAME_BYTES; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte != ' ' && byte != '-' && byte != '_') {
            out[count++] = (char)tolower(byte);
        }
    }
    out[count] = '\0';
    static const char regular[] = "regular";
    size_t tail = sizeof regular - 1;
    if (count > tail && strcmp(out + count - tail, regular) == 0) {
        out[count - tail] = '\0';
    }
}

static void add_name(struct font *font, const char *name)
{
    char reduced[NAME_BYTES];
    reduce(name, strlen(name), reduced);
    for (size_t i = 0; i < font->name_count; i++) {
        if (strcmp(font->names[i], reduced) == 0) {
            return;
        }
    }
    if (font->name_count < NAMES_MAX) {
        memcpy(font->names[font->name_count++], reduced, NAME_BYTES);
    }
}

static const char *pattern_string(const FcPattern *pattern, const char *object, int index)
{
    FcChar8 *string = NULL;
    return FcPatternGetString(pattern, object, index, &string) == FcResultMatch ? (const char *)string : NULL;
}

static int pattern_integer(const FcPattern *pattern, const char *object, int otherwise)
{
    int number = otherwise;
    return FcPatternGetInteger(pattern, object, 0, &number) == FcResultMatch ? number : otherwise;
}

static void read_names(struct font *font, const FcPattern *pattern)
{
    const char *name;
    for (int i = 0; (name = pattern_string(pattern, FC_FULLNAME, i)); i++) {
        add_name(font, name);
    }
    if ((name = pattern_string(pattern, FC_POSTSCRIPT_NAME, 0))) {
        add_name(font, name);
    }
    for (int i = 0; (name = pattern_string(pattern, FC_FAMILY, i)); i++) {
        char joined[2 * NAME_BYTES];
        const char *style;
        for (int j = 0; (style = pattern_string(pattern, FC_STYLE, j)); j++) {
            snprintf(joined, sizeof joined, "%s %s", name, style);
            add_name(font, joined);
        }
        if (font->family_count < 2) {
            reduce(name, strlen(name), font->families[font->family_count++]);
        }
    }
}

static bool read_font(struct font *font, const FcPattern *pattern)
{
    const char *file = pattern_string(pattern, FC_FILE, 0);
    const char *family = pattern_string(pattern, FC_FAMILY, 0);
    const char *full = pattern_string(pattern, FC_FULLNAME, 0);
    FcCharSet *characters = NULL;
    FcBool flag = FcFalse;
    if (!file || !family || FcPatternGetCharSet(pattern, FC_CHARSET, 0, &characters) != FcResultMatch ||
        (FcPatternGetBool(pattern, FC_VARIABLE, 0, &flag) == FcResultMatch && flag) ||
        (FcPatternGetBool(pattern, FC_COLOR, 0, &flag) == FcResultMatch && flag)) {
        return false;
    }
    font->file = strdup(file);
    font->title = strdup(full ? full : family);
    font->index = pattern_integer(pattern, FC_INDEX, 0);
    font->weight = pattern_integer(pattern, FC_WEIGHT, FC_WEIGHT_REGULAR);
    font->slant = pattern_integer(pattern, FC_SLANT, FC_SLANT_ROMAN);
    font->width = pattern_integer(pattern, FC_WIDTH, FC_WIDTH_NORMAL);
    font->characters = FcCharSetCopy(characters);
    read_names(font, pattern);
    return font->file && font->title && font->characters;
}

static void finish_font(struct font *font)
{
    free(font->file);
    free(font->title);
    if (font->characters) {
        FcCharSetDestroy(font->characters);
    }
}

static int compare_fonts(const void *a, const void *b)
{
    const struct font *first = a;
    const struct font *second = b;
    int order = strcmp(first->file, second->file);
    return order != 0 ? order : (first->index > second->index) - (first->index < second->index);
}

/* What fontconfig lists comes in no fixed order: sorted, so that choices among equals are always the same. */
static struct font_list *read_list(const FcFontSet *set)
{
    struct font_list *list = calloc(1, sizeof *list);
    struct font *fonts = calloc((size_t)set->nfont + 1, sizeof *fonts);
    if (!list || !fonts) {
        free(list);
        free(fonts);
        return NULL;
    }
    list->fonts = fonts;
    for (int i = 0; i < set->nfont; i++) {
        if (read_font(&fonts[list->count], set->fonts[i])) {
            list->count++;
        } else {
            finish_font(&fonts[list->count]);
            memset(&fonts[list->count], 0, sizeof fonts[list->count]);
        }
    }
    qsort(fonts, list->count, sizeof *fonts, compare_fonts);
    return list;
}

static struct font_list *read_machine(struct error *err)
{
    struct font_list *list = NULL;
    FcPattern *all = NULL;
    FcObjectSet *objects = NULL;
    FcFontSet *set = NULL;
    FcConfig *config = FcInitLoadConfigAndFonts();
    if (!config) {
        error_set(err, ERROR_UNAVAILABLE, "could not read the fontconfig configuration");
        return NULL;
    }
    all = FcPatternBuild(NULL, FC_OUTLINE, FcTypeBool, FcTrue, FC_SCALABLE, FcTypeBool, FcTrue, (char *)NULL);
    objects = FcObjectSetBuild(FC_FILE, FC_INDEX, FC_FAMILY, FC_STYLE, FC_FULLNAME, FC_POSTSCRIPT_NAME, FC_WEIGHT,
                               FC_SLANT, FC_WIDTH, FC_CHARSET, FC_VARIABLE, FC_COLOR, (char *)NULL);
    set = all && objects ? FcFontList(config, all, objects) : NULL;
    list = set ? read_list(set) : NULL;
    if (!list) {
        error_no_memory(err);
    }
    if (set) {
        FcFontSetDestroy(set);
    }
    if (objects) {
        FcObjectSetDestroy(objects);
    }
    if (all) {
        FcPatternDestroy(all);
    }
    FcConfigDestroy(config);
    return list;
}

const struct font_list *font_list_get(struct error *err)
{
    /* Kept for ever: label plans that outlive a thread's painter name fonts by their number. */
    static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER; /* guards `machine` */
    static struct font_list *machine;
    pthread_mutex_lock(&guard);
    if (!machine) {
        machine = read_machine(err);
    }
    const struct font_list *list = machine;
    pthread_mutex_unlock(&guard);
    return list;
}

size_t font_list_count(const struct font_list *list)
{
    return list->count;
}

const char *font_list_name(const struct font_list *list, uint32_t font)
{
    return font < list->count ? list->fonts[font].title : "";
}

bool font_list_has(const struct font_list *list, uint32_t font, uint32_t code_point)
{
    return font < list->count && FcCharSetHasChar(list->fonts[font].characters, code_point);
}

/* What a name says beside the family. */
struct wish {
    char family[NAME_BYTES];
    int weight;
    int slant;
    int width;
};

struct word {
    const char *text;
    enum { WORD_WEIGHT, WORD_SLANT, WORD_WIDTH } kind;
    int value;
};

/* Longer words before those they end in. */
static const struct word words[] = {
    {"extrabold", WORD_WEIGHT, 205}, {"ultrabold", WORD_WEIGHT, 205}, {"semibold", WORD_WEIGHT, 180},
    {"demibold", WORD_WEIGHT, 180},  {"bold", WORD_WEIGHT, 200},      {"black", WORD_WEIGHT, 210},
    {"heavy", WORD_WEIGHT, 210},     {"extralight", WORD_WEIGHT, 40}, {"ultralight", WORD_WEIGHT, 40},
    {"light", WORD_WEIGHT, 50},      {"thin", WORD_WEIGHT, 0},        {"medium", WORD_WEIGHT, 100},
    {"regular", WORD_WEIGHT, 80},    {"normal", WORD_WEIGHT, 80},     {"book", WORD_WEIGHT, 75},
    {"italic", WORD_SLANT, 100},     {"oblique", WORD_SLANT, 110},    {"semicondensed", WORD_WIDTH, 87},
    {"condensed", WORD_WIDTH, 75},   {"narrow", WORD_WIDTH, 75},      {"expanded", WORD_WIDTH, 125},
};

/* Takes the words of weight, slant and width off the end of a reduced name. */
static bool take_word(struct wish *wish)
{
    size_t length = strlen(wish->family);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t tail = strlen(words[i].text);
        if (length <= tail || strcmp(wish->family + length - tail, words[i].text) != 0) {
            continue;
        }
        wish->family[length - tail] = '\0';
        int *target = words[i].kind == WORD_WEIGHT  ? &wish->weight
                      : words[i].kind == WORD_SLANT ? &wish->slant
                                                    : &wish->width;
        *target = words[i].value;
        return true;
    }
    return false;
}

static struct wish read_wish(struct text name)
{
    struct wish wish = {.weight = FC_WEIGHT_REGULAR, .slant = FC_SLANT_ROMAN, .width = FC_WIDTH_NORMAL};
    reduce(name.data, name.length, wish.family);
    while (take_word(&wish)) {
    }
    return wish;
}

/* How unlike a font is to what was wished; families apart. */
static int unlikeness(const struct font *font, int weight, int slant, int width)
{
    int slanted = (font->slant > 0) != (slant > 0);
    return abs(font->weight - weight) + 150 * slanted + 4 * abs(font->width - width);
}

static bool of_family(const struct font *font, const char *family)
{
    for (size_t i = 0; i < font->family_count; i++) {
        if (strcmp(font->families[i], family) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t nearest_of_family(const struct font_list *list, const struct wish *wish, const char *family)
{
    uint32_t best = FONT_NONE;
    int best_unlikeness = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!of_family(&list->fonts[i], family)) {
            continue;
        }
        int unlike = unlikeness(&list->fonts[i], wish->weight, wish->slant, wish->width);
        if (best == FONT_NONE || unlike < best_unlikeness) {
            best = (uint32_t)i;
            best_unlikeness = unlike;
        }
    }
    return best;
}

static bool is_called(const struct font *font, const char *reduced)
{
    for (size_t i = 0; i < font->name_count; i++) {
        if (strcmp(font->names[i], reduced) == 0) {
            return true;
        }
    }
    return false;
}

/* Of several fonts of that name the likest: "Open Sans" with style "Regular" is also a name of Open Sans Condensed
 * Light, whose family names come in two versions. */
uint32_t font_list_find(const struct font_list *list, struct text name, bool *out_exact)
{
    char reduced[NAME_BYTES];
    reduce(name.data, name.length, reduced);
    struct wish wish = read_wish(name);
    uint32_t best = FONT_NONE;
    int best_unlikeness = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct font *font = &list->fonts[i];
        int unlike = unlikeness(font, wish.weight, wish.slant, wish.width);
        if ((best == FONT_NONE || unlike < best_unlikeness) && is_called(font, reduced)) {
            best = (uint32_t)i;
            best_unlikeness = unlike;
        }
    }
    *out_exact = best != FONT_NONE;
    if (best == FONT_NONE && wish.family[0] != '\0') {
        best = nearest_of_family(list, &wish, wish.family);
    }
    return best;
}

uint32_t font_list_substitute(const struct font_list *list, struct text name)
{
    static const char *const plain[] = {"opensans", "notosans", "dejavusans", "liberationsans"};
    struct wish wish = read_wish(name);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        uint32_t font = nearest_of_family(list, &wish, plain[i]);
        if (font != FONT_NONE) {
            return font;
        }
    }
    for (size_t i = 0; i < list->count; i++) {
        if (font_list_has(list, (uint32_t)i, 'a')) {
            return (uint32_t)i;
        }
    }
    return list->count > 0 ? 0 : FONT_NONE;
}

/* Sans serif first: maps are set in it, and each script has its Noto Sans. */
static int family_rank(const struct font *font)
{
    if (font->family_count == 0) {
        return 2000;
    }
    const char *family = font->families[0];
    if (strncmp(family, "notosans", 8) == 0) {
        return strstr(family, "mono") ? 1200 : 0;
    }
    return strstr(family, "sans") ? 1000 : 1500;
}

uint32_t font_list_with(const struct font_list *list, uint32_t like, uint32_t code_point)
{
    const struct font *model = like < list->count ? &list->fonts[like] : NULL;
    uint32_t best = FONT_NONE;
    int best_unlikeness = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct font *font = &list->fonts[i];
        if (!FcCharSetHasChar(font->characters, code_point)) {
            continue;
        }
        int unlike = family_rank(font) + (model ? unlikeness(font, model->weight, model->slant, model->width) : 0);
        if (best == FONT_NONE || unlike < best_unlikeness) {
            best = (uint32_t)i;
            best_unlikeness = unlike;
        }
    }
    return best;
}

struct font_face {
    FT_Library library; /* one each: faces of different threads share nothing */
    FT_Face face;
    hb_blob_t *blob;
    hb_font_t *shaper;
};

void font_face_close(struct font_face *face)
{
    if (!face) {
        return;
    }
    hb_font_destroy(face->shaper);
    if (face->face) {
        FT_Done_Face(face->face);
    }
    if (face->library) {
        FT_Done_FreeType(face->library);
    }
    hb_blob_destroy(face->blob);
    free(face);
}

static bool open_shaper(struct font_face *face, const struct font *font)
{
    hb_face_t *shape_face = hb_face_create(face->blob, (unsigned)font->index & 0xffff);
    face->shaper = hb_font_create(shape_face);
    hb_face_destroy(shape_face);
    int units = face->face->units_per_EM;
    hb_font_set_scale(face->shaper, units, units);
    hb_ot_font_set_funcs(face->shaper);
    unsigned instance = (unsigned)font->index >> 16;
    if (instance > 0) {
        hb_font_set_var_named_instance(face->shaper, instance - 1);
    }
    return face->shaper != hb_font_get_empty();
}

struct font_face *font_face_open(const struct font_list *list, uint32_t font, struct error *err)
{
    if (font >= list->count) {
        error_set(err, ERROR_NOT_FOUND, "there is no font number %u", font);
        return NULL;
    }
    const struct font *entry = &list->fonts[font];
    struct font_face *face = calloc(1, sizeof *face);
    if (!face) {
        error_no_memory(err);
        return NULL;
    }
    face->blob = hb_blob_create_from_file_or_fail(entry->file);
    unsigned size = 0;
    const char *bytes = face->blob ? hb_blob_get_data(face->blob, &size) : NULL;
    if (!bytes || FT_Init_FreeType(&face->library) != 0 ||
        FT_New_Memory_Face(face->library, (const FT_Byte *)bytes, (FT_Long)size, entry->index, &face->face) != 0 ||
        face->face->units_per_EM == 0 || !open_shaper(face, entry)) {
        error_set(err, ERROR_UNAVAILABLE, "could not read the font \"%s\" from \"%s\"", entry->title, entry->file);
        font_face_close(face);
        return NULL;
    }
    return face;
}

unsigned font_face_units(const struct font_face *face)
{
    return face->face->units_per_EM;
}

hb_font_t *font_face_shaper(const struct font_face *face)
{
    return face->shaper;
}

uint32_t font_face_glyph(const struct font_face *face, uint32_t code_point)
{
    hb_codepoint_t glyph = 0;
    return hb_font_get_nominal_glyph(face->shaper, code_point, &glyph) ? glyph : 0;
}

static int sink_move(const FT_Vector *to, void *context)
{
    const struct font_outline_sink *sink = context;
    sink->move(sink->context, (double)to->x, (double)to->y);
    return 0;
}

static int sink_line(const FT_Vector *to, void *context)
{
    const struct font_outline_sink *sink = context;
    sink->line(sink->context, (double)to->x, (double)to->y);
    return 0;
}

static int sink_quad(const FT_Vector *control, const FT_Vector *to, void *context)
{
    const struct font_outline_sink *sink = context;
    sink->quad(sink->context, (double)control->x, (double)control->y, (double)to->x, (double)to->y);
    return 0;
}

static int sink_cubic(const FT_Vector *a, const FT_Vector *b, const FT_Vector *to, void *context)
{
    const struct font_outline_sink *sink = context;
    sink->cubic(sink->context, (double)a->x, (double)a->y, (double)b->x, (double)b->y, (double)to->x, (double)to->y);
    return 0;
}

bool font_face_outline(struct font_face *face, uint32_t glyph, const struct font_outline_sink *sink)
{
    if (FT_Load_Glyph(face->face, glyph, FT_LOAD_NO_SCALE | FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0 ||
        face->face->glyph->format != FT_GLYPH_FORMAT_OUTLINE) {
        return false;
    }
    static const FT_Outline_Funcs functions = {sink_move, sink_line, sink_quad, sink_cubic, 0, 0};
    struct font_outline_sink copy = *sink;
    return FT_Outline_Decompose(&face->face->glyph->outline, &functions, &copy) == 0;
}
