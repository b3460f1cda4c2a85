/* SPDX-License-Identifier: MIT */
#include "style/import_style.h"

#include "style/import_qml.h"
#include "style/import_sld.h"

#include <stdlib.h>
#include <string.h>

/* An id of a layer from a name for people: "Uso de Suelo" gives "uso_de_suelo". */
static const char *id_of(const char *name, struct arena *arena)
{
    char folded[256];
    char id[64];
    size_t length = 0;
    text_fold(text_of(name), folded, sizeof folded);
    for (const char *at = folded; *at != '\0' && length < sizeof id - 1; at++) {
        bool is_kept = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '-';
        if (is_kept && !(length == 0 && *at == '-')) {
            id[length++] = *at;
        } else if (length > 0 && id[length - 1] != '_') {
            id[length++] = '_';
        }
    }
    while (length > 0 && id[length - 1] == '_') {
        length--;
    }
    return length > 0 ? arena_strndup(arena, id, length) : arena_strdup(arena, "capa");
}

static void give_sources_ids(struct import *import)
{
    for (struct import_rule *set = import->root.first; set; set = set->next) {
        set->source = text_is_id(text_of(set->source)) ? set->source : id_of(set->source, import->arena);
        import->failed = import->failed || !set->source;
    }
}

static bool read_any(struct import *import, const struct import_xml *root, const struct import_options *options,
                     struct error *err)
{
    if (strcmp(root->name, "qgis") == 0) {
        return import_qml_read(import, root, options->layer ? options->layer : options->name, err);
    }
    if (strcmp(root->name, "StyledLayerDescriptor") == 0 || strcmp(root->name, "FeatureTypeStyle") == 0) {
        return import_sld_read(import, root, options->layer, options->name, err);
    }
    error_tell(err, ERROR_INVALID, "IMP-080", "<%.60s> is neither SLD nor QML of QGIS",
               "<%.60s> no es SLD ni QML de QGIS", root->name);
    return false;
}

/* By line; what concerns the whole file comes last. */
static int compare_notes(const void *a, const void *b)
{
    const struct style_message *x = a;
    const struct style_message *y = b;
    size_t left = x->line - 1;
    size_t right = y->line - 1;
    int by_line = (left > right) - (left < right);
    return by_line != 0 ? by_line : strcmp(x->english, y->english);
}

/* What we write must be what we read. */
static bool prove(const struct import_options *options, const struct buffer *out, size_t from, struct error *err)
{
    struct style *style = NULL;
    struct text json = {(const char *)out->data + from, out->length - from};
    bool ok = style_read(options->name, json, &style, NULL, NULL, err);
    if (!ok) {
        err->kind = ERROR_INTERNAL;
        error_prefix(err, "the imported style is not valid");
    }
    style_unref(style);
    return ok;
}

bool import_style(struct text xml, const struct import_options *options, struct arena *arena, struct buffer *out,
                  struct style_report *out_report, struct error *err)
{
    struct import import = {.arena = arena, .latitude = options->latitude, .mm_per_px = 0.28};
    struct import_xml *root = NULL;
    size_t from = out->length;
    *out_report = (struct style_report){NULL, 0, 0};
    if (!import_xml_read(xml, arena, &root, err)) {
        return false;
    }
    bool ok = read_any(&import, root, options, err);
    if (ok) {
        give_sources_ids(&import);
        ok = import_draft_write(&import, options->name, out, err) && prove(options, out, from, err);
    }
    if (import.note_count > 0) {
        qsort(import.notes, import.note_count, sizeof *import.notes, compare_notes);
    }
    *out_report = (struct style_report){import.notes, import.note_count, 0};
    return ok;
}
