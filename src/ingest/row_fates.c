/* SPDX-License-Identifier: MIT */
#include "ingest/row_fates.h"

#include "ingest/encoding.h"

#include <math.h>

bool row_fates_list(struct report_rows *rows, const struct report_detail *base, const char *english,
                    const char *spanish, struct arena *arena, struct error *err)
{
    struct report_detail detail = *base;
    detail.english = english;
    detail.spanish = spanish;
    return report_rows_add(rows, arena, &detail) || error_no_memory(err);
}

bool row_fates_list_repair(struct row_fates *fates, const struct repair_result *result, struct report_detail *detail,
                           struct arena *arena, struct error *err)
{
    const struct {
        unsigned flag;
        struct report_rows *rows;
        const char *english;
        const char *spanish;
    } entries[] = {
        {REPAIR_MADE_VALID, &fates->mended, result->english, result->spanish},
        {REPAIR_CLOSED_RING, &fates->closed, "ring closed", "anillo cerrado"},
        {REPAIR_DROPPED_PART, &fates->dropped_parts, "a part with too few vertices dropped",
         "se quitó una parte con muy pocos vértices"},
        {REPAIR_OTHER_PARTS, &fates->other_parts, "parts of another kind of geometry dropped",
         "se quitaron partes de otro tipo de geometría"},
        {REPAIR_ZERO_LENGTH, &fates->zero_length, "line without length, kept", "línea sin longitud, conservada"},
        {REPAIR_Z_REPLACED, &fates->heights, "height without value set to 0", "altura sin valor puesta en 0"},
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (!(result->flags & entries[i].flag)) {
            continue;
        }
        detail->x = entries[i].flag == REPAIR_MADE_VALID ? result->x : NAN;
        detail->y = entries[i].flag == REPAIR_MADE_VALID ? result->y : NAN;
        if (!row_fates_list(entries[i].rows, detail, entries[i].english, entries[i].spanish, arena, err)) {
            return false;
        }
    }
    return true;
}

bool row_fates_list_text(struct row_fates *fates, unsigned outcome, const struct report_detail *detail,
                         struct arena *arena, struct error *err)
{
    return (!(outcome & ENCODING_OTHERWISE) || row_fates_list(&fates->odd_text, detail, "read in another encoding",
                                                              "leído en otra codificación", arena, err)) &&
           (!(outcome & ENCODING_CUT) || row_fates_list(&fates->cut_text, detail, "half a character dropped at the end",
                                                        "se quitó medio carácter al final", arena, err)) &&
           (!(outcome & ENCODING_REPLACED) ||
            row_fates_list(&fates->lost_text, detail, "bytes without meaning became \xef\xbf\xbd",
                           "bytes sin significado se cambiaron por \xef\xbf\xbd", arena, err)) &&
           (!(outcome & ENCODING_LOST_BEFORE) ||
            row_fates_list(&fates->lost_before, detail, "\xef\xbf\xbd in the text, kept",
                           "\xef\xbf\xbd en el texto, se conserva", arena, err));
}

static void tell_fate(struct report *report, const char *layer, struct report_rows *rows, const char *code,
                      enum report_severity severity, const char *english, const char *spanish)
{
    if (rows->count == 0) {
        return;
    }
    size_t count = rows->count;
    struct report_message *message =
        report_tell(report, code, severity, "%zu features: %s", "%zu elementos: %s", count, english);
    message->spanish = arena_printf(report->arena, "%zu elementos: %s", count, spanish);
    report_take_rows(report, message, rows);
    report_at(report, message, layer, NULL);
}

void row_fates_tell(struct row_fates *fates, const char *layer, struct report *report)
{
    tell_fate(report, layer, &fates->unusable, "IMP-050", REPORT_WARNING, "left out, since their geometry is unusable",
              "se omitieron porque su geometría es inutilizable");
    tell_fate(report, layer, &fates->misplaced, "IMP-021", REPORT_WARNING, "left out, since they lie nowhere on Earth",
              "se omitieron porque no están en ningún lugar de la Tierra");
    tell_fate(report, layer, &fates->other_kind, "IMP-052", REPORT_WARNING,
              "left out, since their geometry is of another kind", "se omitieron porque su geometría es de otro tipo");
    tell_fate(report, layer, &fates->mended, "IMP-050", REPORT_WARNING, "invalid geometry made valid",
              "geometría inválida reparada");
    tell_fate(report, layer, &fates->closed, "IMP-050", REPORT_WARNING, "open rings closed",
              "anillos abiertos cerrados");
    tell_fate(report, layer, &fates->dropped_parts, "IMP-050", REPORT_WARNING, "parts with too few vertices dropped",
              "partes con muy pocos vértices quitadas");
    tell_fate(report, layer, &fates->other_parts, "IMP-052", REPORT_WARNING,
              "parts of another kind of geometry dropped", "partes de otro tipo de geometría quitadas");
    tell_fate(report, layer, &fates->zero_length, "IMP-050", REPORT_WARNING, "lines without length kept",
              "líneas sin longitud conservadas");
    tell_fate(report, layer, &fates->heights, "IMP-051", REPORT_NOTICE, "heights without value set to 0",
              "alturas sin valor puestas en 0");
    tell_fate(report, layer, &fates->odd_text, "IMP-010", REPORT_WARNING,
              "some text is in another encoding and was read so", "hay texto en otra codificación y se leyó así");
    tell_fate(report, layer, &fates->cut_text, "IMP-010", REPORT_NOTICE,
              "the column's width cut a character, which was dropped",
              "el ancho de la columna cortó un carácter, que se quitó");
    tell_fate(report, layer, &fates->lost_text, "IMP-010", REPORT_WARNING, "some bytes mean nothing in this encoding",
              "hay bytes que no significan nada en esta codificación");
    tell_fate(report, layer, &fates->lost_before, "IMP-010", REPORT_WARNING,
              "text that lost characters before it came here (\xef\xbf\xbd stands for them)",
              "hay texto que perdió caracteres antes de llegar (\xef\xbf\xbd está en su lugar)");
    tell_fate(report, layer, &fates->infinite, "IMP-030", REPORT_WARNING, "infinite numbers, kept as no value",
              "números infinitos, que quedan sin valor");
    tell_fate(report, layer, &fates->no_number, "IMP-030", REPORT_NOTICE,
              "values that are no number (NaN), kept as no value",
              "valores que no son un número (NaN), que quedan sin valor");
}

void row_fates_finish(struct row_fates *fates)
{
    struct report_rows *const all[] = {
        &fates->unusable,      &fates->misplaced,   &fates->other_kind,  &fates->mended,   &fates->closed,
        &fates->dropped_parts, &fates->other_parts, &fates->zero_length, &fates->heights,  &fates->odd_text,
        &fates->cut_text,      &fates->lost_text,   &fates->lost_before, &fates->infinite, &fates->no_number};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        report_rows_finish(all[i]);
    }
}

bool row_fates_any_loss(const struct row_fates *fates)
{
    return fates->unusable.count + fates->misplaced.count + fates->other_kind.count + fates->mended.count +
               fates->closed.count + fates->dropped_parts.count + fates->other_parts.count + fates->heights.count +
               fates->lost_text.count + fates->infinite.count >
           0;
}
