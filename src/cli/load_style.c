/* SPDX-License-Identifier: MIT */
#include "cli/load_style.h"

#include "base/file.h"
#include "cli/cli.h"
#include "style/import_style.h"

#include <limits.h>
#include <stdio.h>

enum { STYLE_BYTES_MAX = 64 << 20, ARENA_BYTES_MAX = 512 << 20 };

const char *load_style_folder(const char *option)
{
    const char *folder = cli_program_folder(option, "TESELA_STYLES", "styles");
    return folder ? folder : "styles";
}

static void tell_offer(const struct ingest_style *style, const char *path, struct report *report)
{
    struct report_message *message =
        report_tell(report, "IMP-100", REPORT_NOTICE, "the file has a style of QGIS for this layer (\"%.80s\")",
                    "el archivo trae un estilo de QGIS para esta capa («%.80s»)", style->name);
    report_cure(report, message, "to make %s of it, load with --with-style",
                "para convertirlo en %s, cargue con --with-style", path);
    report_at(report, message, style->source, NULL);
}

static void tell_kept(const struct ingest_style *style, const char *path, struct report *report)
{
    struct report_message *message =
        report_tell(report, "IMP-100", REPORT_NOTICE, "\"%s\" exists and stays: the file's style was not taken",
                    "«%s» ya existe y se conserva: no se tomó el estilo del archivo", path);
    report_cure(report, message, "to take the file's style, move that one away and load again",
                "para tomar el del archivo, aparte el existente y cargue de nuevo");
    report_at(report, message, style->source, NULL);
}

static void tell_failure(const struct ingest_style *style, const struct error *err, struct report *report)
{
    struct report_message *message =
        report_tell(report, "IMP-101", REPORT_WARNING, "the style \"%.80s\" was not converted: %s",
                    "no se convirtió el estilo «%.80s»: %s", style->name, err->english);
    message->spanish = arena_printf(report->arena, "no se convirtió el estilo «%.80s»: %s", style->name, err->spanish);
    report_cure(report, message, "save the style of the layer in QGIS as QML, and use \"tesela style import\"",
                "guarde el estilo de la capa en QGIS como QML y use «tesela style import»");
    report_at(report, message, style->source, NULL);
}

static void tell_losses(const struct ingest_style *style, const struct style_report *losses, struct report *report)
{
    for (size_t i = 0; i < losses->count; i++) {
        const struct style_message *loss = &losses->messages[i];
        struct report_message *message =
            report_tell(report, "IMP-101", REPORT_WARNING, "style, line %zu: %s%s%s", "estilo, línea %zu: %s%s%s",
                        loss->line, loss->path, loss->path[0] != '\0' ? ": " : "", loss->english);
        message->spanish = arena_printf(report->arena, "estilo, línea %zu: %s%s%s", loss->line, loss->path,
                                        loss->path[0] != '\0' ? ": " : "", loss->spanish);
        report_at(report, message, style->source, NULL);
    }
}

static void tell_written(const struct ingest_style *style, const char *path, struct report *report)
{
    struct report_message *message =
        report_tell(report, "IMP-100", REPORT_NOTICE, "the style \"%.80s\" was converted to \"%s\"",
                    "el estilo «%.80s» se convirtió en «%s»", style->name, path);
    report_cure(report, message, "look at the map before publishing it, and complete its title, source and date",
                "revise el mapa antes de publicarlo y complete su título, fuente y fecha");
    report_at(report, message, style->source, NULL);
}

static bool convert(const struct ingest_style *style, const char *folder, const char *path,
                    struct style_report *out_losses, struct arena *arena, struct error *err)
{
    struct buffer json;
    struct import_options options = {style->layer, style->layer, IMPORT_LATITUDE};
    buffer_init(&json, STYLE_BYTES_MAX);
    bool ok = import_style(style->xml, &options, arena, &json, out_losses, err) && file_make_folder(folder, err) &&
              file_write(path, json.data, json.length, err);
    buffer_finish(&json);
    return ok;
}

void load_style_offer(const struct load_style_plan *plan, const struct ingest_style *style, bool look_only,
                      struct report *report)
{
    char path[PATH_MAX];
    struct error err = {0};
    struct style_report losses = {NULL, 0, 0};
    if ((size_t)snprintf(path, sizeof path, "%s/%s.json", plan->folder, style->layer) >= sizeof path) {
        return;
    }
    if (file_exists(path)) {
        if (plan->wanted) {
            tell_kept(style, path, report);
        }
        return;
    }
    if (!plan->wanted || look_only) {
        tell_offer(style, path, report);
        return;
    }
    struct arena *arena = arena_create(ARENA_BYTES_MAX);
    bool ok = arena ? convert(style, plan->folder, path, &losses, arena, &err) : error_no_memory(&err);
    if (ok) {
        tell_written(style, path, report);
    } else {
        tell_failure(style, &err, report);
    }
    tell_losses(style, &losses, report);
    arena_destroy(arena);
}
