/* SPDX-License-Identifier: MIT */
#include "ingest/journey.h"

#include "ingest/journey_load.h"
#include "ingest/journey_plan.h"
#include "ingest/ogr_geopackage.h"

#include <stdlib.h>

#define JOURNEY_ARENA_BYTES ((size_t)64 << 20)

static enum ingest_outcome fail(struct journey *journey, const struct error *err)
{
    report_tell_error(journey->report, err);
    return err->kind == ERROR_INTERNAL ? INGEST_BROKEN : INGEST_REJECTED;
}

static bool open_journey(struct journey *journey, const char *path, struct error *err)
{
    journey->arena = arena_create(JOURNEY_ARENA_BYTES);
    journey->plans = calloc(JOURNEY_PLANS_MAX, sizeof *journey->plans);
    if (!journey->arena || !journey->plans) {
        return error_no_memory(err);
    }
    return repair_open(&journey->repair, err) && source_open(path, journey->report, &journey->source, err);
}

static void close_journey(struct journey *journey)
{
    for (size_t i = 0; i < journey->plan_count; i++) {
        feed_close(journey->plans[i].scan.feed);
    }
    free(journey->plans);
    repair_close(journey->repair);
    source_close(journey->source);
    arena_destroy(journey->arena);
}

static bool has_work(const struct journey *journey)
{
    bool any = false;
    for (size_t i = 0; i < journey->plan_count; i++) {
        any |= !journey->plans[i].scan.is_empty;
    }
    return any;
}

static enum ingest_outcome prepare(struct journey *journey, const char *path, bool check)
{
    struct error err = {0};
    if (!open_journey(journey, path, &err) || !journey_plan_choose(journey, &err)) {
        return fail(journey, &err);
    }
    enum ingest_outcome outcome = INGEST_DONE;
    for (size_t i = 0; i < journey->plan_count; i++) {
        struct plan *plan = &journey->plans[i];
        if (!journey_plan_prepare(journey, i, check, &err)) {
            struct report_message *message = report_tell_error(journey->report, &err);
            report_at(journey->report, message, plan->from->name, NULL);
            outcome = err.kind == ERROR_INTERNAL ? INGEST_BROKEN : INGEST_REJECTED;
        } else if (plan->scan.failed && outcome == INGEST_DONE) {
            outcome = INGEST_REJECTED;
        }
    }
    if (outcome == INGEST_DONE && !has_work(journey)) {
        error_tell(&err, ERROR_INVALID, "IMP-053", "no layer of the file has any features",
                   "ninguna capa del archivo tiene elementos");
        return fail(journey, &err);
    }
    return outcome;
}

/* Styles that a GeoPackage holds beside its layers travel along; what becomes of them is decided elsewhere. */
static bool send_styles(struct journey *journey, struct error *err)
{
    for (size_t i = 0; i < journey->plan_count; i++) {
        const struct plan *plan = &journey->plans[i];
        struct ingest_style style = {.layer = plan->id, .source = plan->from->name};
        bool found = false;
        if (plan->from->format != SOURCE_GEOPACKAGE || plan->scan.is_empty) {
            continue;
        }
        if (!ogr_geopackage_style(plan->from, journey->arena, &style, &found, err)) {
            return false;
        }
        if (found && style.xml.length > IMPORT_STYLE_BYTES_MAX) {
            struct report_message *message = report_tell(
                journey->report, "IMP-100", REPORT_NOTICE,
                "the style \"%.80s\" of the file is larger than %d MB and is passed over",
                "el estilo «%.80s» del archivo pasa de %d MB y se omite", style.name, IMPORT_STYLE_BYTES_MAX >> 20);
            report_at(journey->report, message, plan->from->name, NULL);
        } else if (found && !import_stream_style(journey->stream, &style, err)) {
            return false;
        }
    }
    return true;
}

static enum ingest_outcome load_plans(struct journey *journey)
{
    struct error err = {0};
    for (size_t i = 0; i < journey->plan_count; i++) {
        const struct plan *plan = &journey->plans[i];
        bool guessed = plan->guessed;
        if (plan->scan.is_empty) {
            continue;
        }
        if (!journey_load(journey, &journey->plans[i], &err)) {
            enum ingest_outcome outcome = fail(journey, &err);
            if (guessed) {
                report_at(journey->report, journey->report->last_message, plan->from->name, NULL);
            }
            return outcome;
        }
        if (plan->scan.failed) {
            return INGEST_REJECTED;
        }
    }
    return INGEST_DONE;
}

enum ingest_outcome journey_run(const struct journey_task *task, struct import_stream *stream, struct report *report)
{
    struct journey journey = {
        .folder = task->folder,
        .options = task->options,
        .report = report,
        .stream = stream,
        .stored = task->stored,
        .has_descriptor = task->descriptor != NULL,
    };
    if (task->descriptor) {
        journey.descriptor = *task->descriptor;
    }
    bool look_only = task->inspect || task->options->dry_run;
    enum ingest_outcome outcome = prepare(&journey, task->path, look_only);
    struct error err = {0};
    if (outcome == INGEST_DONE && !send_styles(&journey, &err)) {
        outcome = fail(&journey, &err);
    }
    bool is_known = journey.plan_count != 1 || !journey.plans[0].guessed;
    /* Told before loading, too: whoever writes the store may fail. */
    if (is_known && !import_stream_report(stream, report, &err)) {
        outcome = fail(&journey, &err);
    } else if (outcome == INGEST_DONE && !look_only) {
        outcome = load_plans(&journey);
    }
    close_journey(&journey);
    return outcome;
}
