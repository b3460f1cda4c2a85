/* SPDX-License-Identifier: MIT */
#include "ingest/ingest.h"

#include "base/file.h"

#include "ingest/child.h"
#include "ingest/gdal_drivers.h"
#include "ingest/intake_paths.h"
#include "ingest/journey.h"
#include "ingest/source.h"
#include "ingest/staging.h"
#include "store/store_version.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LAYERS_MAX = 200, DESCRIPTORS_OPEN = 64 };

#define FRAME_ARENA_BYTES ((size_t)1 << 30)
#define JOURNEY_ARENA_BYTES ((size_t)64 << 20)
#define REPORT_JSON_BYTES ((size_t)256 << 20)

/* What becomes a version: said by the store, not by the process that reads. */
struct published {
    const char *id;
    int64_t version;
    int64_t loaded;
    int64_t left_out;
};

/* One file on its way in, as seen by the process that writes. */
struct intake {
    struct journey_task task;
    struct report *report;
    struct arena *arena;
    struct arena *frame_arena;
    struct store_layer_list stored;
    struct descriptor descriptor;
    const char *folder;
    struct isolation isolation;
    struct child_limits limits;
    struct child *child;
    struct store_writer *writer;
    const char *begun; /* the id of the layer that features belong to; NULL: none */
    size_t field_count;
    int64_t added;
    struct published published[LAYERS_MAX]; /* complete; visible when all are committed */
    size_t published_count;
    struct ingest_style styles[LAYERS_MAX];
    size_t style_count;
    bool ended;
    enum ingest_outcome outcome;
};

/* --- in the process that reads --- */

static enum ingest_outcome read_foreign(struct intake *intake, struct import_stream *stream)
{
    struct error err = {0};
    enum isolation_outcome how;
    if (!isolation_enter(&intake->isolation, &how, &err)) {
        report_tell_error(intake->report, &err);
        return INGEST_BROKEN;
    }
    if (how == ISOLATION_WITHOUT_LANDLOCK) {
        struct report_message *message = report_tell(
            intake->report, "IMP-061", REPORT_WARNING,
            "this system's kernel has no Landlock: the file was read without guarding other files from its reader",
            "el núcleo de este sistema no tiene Landlock: el archivo se leyó sin proteger los demás de su lector");
        report_cure(intake->report, message, "use Linux 5.13 or later with Landlock enabled",
                    "use Linux 5.13 o posterior con Landlock activado");
    }
    gdal_drivers_limit();
    return journey_run(&intake->task, stream, intake->report);
}

static bool run_child(void *context, int to)
{
    struct intake *intake = context;
    struct import_stream *stream = NULL;
    if (!import_stream_open(to, &stream, NULL)) {
        return false;
    }
    enum ingest_outcome outcome = read_foreign(intake, stream);
    bool ok = import_stream_report(stream, intake->report, NULL) && import_stream_end(stream, outcome, NULL);
    import_stream_close(stream);
    return ok;
}

/* --- in the process that writes --- */

static enum ingest_outcome fail(struct intake *intake, const struct error *err)
{
    report_tell_error(intake->report, err);
    return err->kind == ERROR_INTERNAL ? INGEST_BROKEN : INGEST_REJECTED;
}

static bool nonsense(struct error *err)
{
    error_tell(err, ERROR_INVALID, "IMP-061", "the reading process sent something that makes no sense",
               "el proceso de lectura envió algo que no tiene sentido");
    return false;
}

/* Waiting for a writer that never comes, or reading a device, is nobody's wish. */
static bool check_path(const char *path, struct error *err)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        error_tell(err, ERROR_INVALID, "IMP-060", "\"%s\" is not a file", "«%s» no es un archivo", path);
        return false;
    }
    return true;
}

static bool read_stored(struct intake *intake, struct error *err)
{
    const char *directory = intake->task.options->directory;
    struct store *store = NULL;
    if (!directory) {
        return true;
    }
    /* Closed before there is a second process: connections do not bear that. */
    bool ok = store_open(directory, &store, err) &&
              store_version_latest(store, intake->task.options->draft, intake->arena, &intake->stored, err);
    store_close(store);
    return ok;
}

static bool open_intake(struct intake *intake, struct error *err)
{
    const struct ingest_options *options = intake->task.options;
    intake->arena = arena_create(JOURNEY_ARENA_BYTES);
    intake->frame_arena = arena_create(FRAME_ARENA_BYTES);
    if (!intake->arena || !intake->frame_arena) {
        return error_no_memory(err);
    }
    if (options->layer && !text_is_id(text_of(options->layer))) {
        error_tell(
            err, ERROR_INVALID, "IMP-070",
            "layer id \"%.80s\" should have only a-z, 0-9, _ and - (at most 64, starting with a letter or digit)",
            "el id de capa «%.80s» debe tener solo a-z, 0-9, _ y - (hasta 64, empezando por letra o dígito)",
            options->layer);
        return false;
    }
    if (options->descriptor) {
        if (!descriptor_read(options->descriptor, intake->arena, &intake->descriptor, err)) {
            return false;
        }
        intake->task.descriptor = &intake->descriptor;
    }
    if (!read_stored(intake, err) || !check_path(intake->task.path, err) ||
        !staging_create(intake->arena, &intake->folder, err) ||
        !intake_paths_find(intake->task.path, intake->folder, intake->arena, &intake->isolation, err)) {
        return false;
    }
    intake->task.folder = intake->folder;
    intake->limits = child_limits_get();
    intake->isolation.memory_bytes = intake->limits.memory_bytes;
    intake->isolation.cpu_seconds = intake->limits.cpu_seconds;
    intake->isolation.file_bytes = intake->limits.file_bytes;
    intake->isolation.descriptors = DESCRIPTORS_OPEN;
    return child_start(run_child, intake, intake->folder, &intake->limits, &intake->child, err);
}

/* The first load of all makes the files of the store, which takes as long as thousands of features, while the reader
 * looks at what was brought. They get their names when a layer is published; where this fails it is told then. */
static void make_store_early(struct intake *intake)
{
    const struct ingest_options *options = intake->task.options;
    char path[PATH_MAX];
    bool will_write = !intake->task.inspect && !options->dry_run && options->directory &&
                      (size_t)snprintf(path, sizeof path, "%s/tesela.sqlite", options->directory) < sizeof path;
    if (will_write && !file_exists(path) && !store_writer_open(options->directory, &intake->writer, NULL)) {
        intake->writer = NULL;
    }
}

static void close_intake(struct intake *intake)
{
    child_close(intake->child);
    store_writer_close(intake->writer);
    staging_remove(intake->folder);
    arena_destroy(intake->frame_arena);
    arena_destroy(intake->arena);
}

static bool is_published(const struct intake *intake, const char *id)
{
    bool found = false;
    for (size_t i = 0; i < intake->published_count; i++) {
        found |= strcmp(intake->published[i].id, id) == 0;
    }
    return found;
}

/* Whether the reader may write the layer `id`: one that was asked for, or one that came from this file before, or a
 * new one; and each once. */
static bool may_write(const struct intake *intake, const char *id)
{
    const struct ingest_options *options = intake->task.options;
    const char *asked = options->layer ? options->layer : intake->task.descriptor ? intake->task.descriptor->id : NULL;
    if (is_published(intake, id)) {
        return false;
    }
    if (asked) {
        return strcmp(asked, id) == 0;
    }
    const struct store_layer *old = store_list_find(&intake->stored, id);
    const char *stored = old ? value_member_string(&old->descriptor, "file") : NULL;
    if (!stored) {
        return true;
    }
    const char *slash = strrchr(stored, '/');
    const char *file = strrchr(intake->task.path, '/');
    return strcmp(slash ? slash + 1 : stored, file ? file + 1 : intake->task.path) == 0;
}

static bool begin(struct intake *intake, struct store_writer_layer *layer, struct error *err)
{
    const char *file = strrchr(intake->task.path, '/');
    /* The same layer again takes the place of what was sent of it. */
    bool other_begun = intake->begun && strcmp(intake->begun, layer->id) != 0;
    if (intake->task.inspect || intake->task.options->dry_run || other_begun || intake->published_count == LAYERS_MAX ||
        !may_write(intake, layer->id)) {
        return nonsense(err);
    }
    layer->source_file = file ? file + 1 : intake->task.path;
    layer->draft = intake->task.options->draft;
    intake->begun = arena_strdup(intake->arena, layer->id);
    intake->field_count = layer->field_count;
    intake->added = 0;
    if (!intake->begun) {
        return error_no_memory(err);
    }
    return (intake->writer || store_writer_open(intake->task.options->directory, &intake->writer, err)) &&
           store_writer_begin(intake->writer, layer, err);
}

/* Puts what the store says into the report, over whatever the reader says. */
static void mark_published(struct intake *intake)
{
    for (struct report_layer *layer = intake->report->layers; layer; layer = layer->next) {
        layer->version = 0;
        layer->loaded = 0;
        layer->left_out = 0;
        for (size_t i = 0; layer->id && i < intake->published_count; i++) {
            const struct published *published = &intake->published[i];
            if (strcmp(published->id, layer->id) == 0) {
                layer->version = published->version;
                layer->loaded = published->loaded;
                layer->left_out = published->left_out;
            }
        }
    }
}

static bool complete(struct intake *intake, const struct import_publish *publish, struct error *err)
{
    const struct ingest_options *options = intake->task.options;
    if (!intake->begun || publish->loaded != intake->added || publish->left_out < 0) {
        return nonsense(err);
    }
    struct published done = {.id = intake->begun, .loaded = intake->added, .left_out = publish->left_out};
    struct buffer json;
    buffer_init(&json, REPORT_JSON_BYTES);
    report_write_json(intake->report, REPORT_SPANISH, true, &json);
    if (!json.failed) {
        store_writer_set_report(intake->writer, (struct text){(const char *)json.data, json.length});
    }
    buffer_finish(&json);
    if (options->progress) {
        options->progress(options->context, INGEST_PUBLISHING, intake->begun, intake->added, intake->added);
    }
    /* A raster's pixels wait in the private folder; whether there should be any says the descriptor. */
    char *pixels = arena_printf(intake->frame_arena, "%s/%s.tif", intake->folder, intake->begun);
    if (!pixels) {
        return error_no_memory(err);
    }
    bool has_pixels = file_exists(pixels);
    if (has_pixels && !store_writer_set_raster(intake->writer, pixels, err)) {
        return false;
    }
    bool stored = store_writer_complete(intake->writer, &done.version, err);
    if (has_pixels) {
        unlink(pixels);
    }
    if (!stored) {
        return false;
    }
    intake->published[intake->published_count++] = done;
    intake->begun = NULL;
    mark_published(intake);
    return true;
}

/* Kept for later: nothing is made of it unless the load succeeds. */
static bool keep_style(struct intake *intake, const struct ingest_style *style, struct error *err)
{
    if (intake->style_count == LAYERS_MAX) {
        return nonsense(err);
    }
    struct ingest_style kept = {
        .layer = arena_strdup(intake->arena, style->layer),
        .source = arena_strdup(intake->arena, style->source),
        .name = arena_strdup(intake->arena, style->name),
        .xml = {arena_strndup(intake->arena, style->xml.data, style->xml.length), style->xml.length},
    };
    if (!kept.layer || !kept.source || !kept.name || !kept.xml.data) {
        return error_no_memory(err);
    }
    intake->styles[intake->style_count++] = kept;
    return true;
}

/* All layers of the file, or none. */
static bool end(struct intake *intake, enum ingest_outcome outcome, struct error *err)
{
    if (outcome == INGEST_DONE && intake->begun) {
        return nonsense(err);
    }
    if (outcome == INGEST_DONE && intake->published_count > 0 && !store_writer_commit(intake->writer, err)) {
        return false;
    }
    intake->ended = true;
    intake->outcome = outcome;
    return true;
}

static void offer_styles(const struct intake *intake)
{
    const struct ingest_options *options = intake->task.options;
    bool look_only = intake->task.inspect || options->dry_run;
    for (size_t i = 0; options->style && i < intake->style_count; i++) {
        if (look_only || is_published(intake, intake->styles[i].layer)) {
            options->style(options->context, &intake->styles[i]);
        }
    }
}

static bool take_frame(struct intake *intake, struct import_frame *frame, struct error *err)
{
    const struct ingest_options *options = intake->task.options;
    switch (frame->type) {
    case IMPORT_PROGRESS:
        if (options->progress) {
            options->progress(options->context, frame->progress.stage, frame->progress.layer, frame->progress.done,
                              frame->progress.total);
        }
        return true;
    case IMPORT_BEGIN:
        return begin(intake, &frame->layer, err);
    case IMPORT_FEATURE:
        if (!intake->begun) {
            return nonsense(err);
        }
        intake->added++;
        if (!store_writer_add(intake->writer, &frame->feature, err)) {
            error_prefix(err, "#%lld", (long long)frame->feature.source_row);
            return false;
        }
        return true;
    case IMPORT_REPORT:
        mark_published(intake);
        return true;
    case IMPORT_PUBLISH:
        return complete(intake, &frame->publish, err);
    case IMPORT_STYLE:
        return keep_style(intake, &frame->style, err);
    case IMPORT_END:
        return end(intake, frame->outcome, err);
    }
    return nonsense(err);
}

/* Everything the reader says, up to its end. */
static bool take_frames(struct intake *intake, struct error *err)
{
    while (!intake->ended) {
        const unsigned char *bytes = NULL;
        size_t size = 0;
        struct import_frame frame;
        arena_reset(intake->frame_arena);
        if (!child_next(intake->child, &bytes, &size, err)) {
            return false;
        }
        if (!bytes) {
            return child_wait(intake->child, err) && nonsense(err);
        }
        if (!import_frame_read(bytes, size, intake->field_count, intake->frame_arena, intake->report, &frame, err) ||
            !take_frame(intake, &frame, err)) {
            return false;
        }
    }
    /* It has said all: how it ends changes nothing, but a sanitizer's last words are waited for. */
    (void)child_wait(intake->child, NULL);
    return true;
}

/* The reader broke down: what it could not tell itself. */
static enum ingest_outcome tell_breakdown(struct intake *intake, const struct error *err)
{
    struct report_message *message =
        report_tell(intake->report, "IMP-061", REPORT_ERROR, "\"%s\": %s; nothing was changed",
                    "«%s»: %s; no se cambió nada", intake->task.path, err->english);
    message->spanish =
        arena_printf(intake->report->arena, "«%s»: %s; no se cambió nada", intake->task.path, err->spanish);
    report_cure(intake->report, message,
                "open the file in QGIS and export it again; if it fails again, pass it on to those who maintain "
                "this server",
                "abra el archivo en QGIS y expórtelo de nuevo; si vuelve a fallar, envíelo a quienes mantienen "
                "este servidor");
    return INGEST_REJECTED;
}

static enum ingest_outcome take_in(const char *path, const struct ingest_options *options, bool inspect,
                                   struct report *report)
{
    struct intake intake = {.report = report, .task = {.path = path, .options = options, .inspect = inspect}};
    struct error err = {0};
    enum ingest_outcome outcome;
    intake.task.stored = &intake.stored;
    bool is_open = open_intake(&intake, &err);
    if (is_open) {
        make_store_early(&intake);
    }
    if (!is_open) {
        outcome = fail(&intake, &err);
    } else if (!take_frames(&intake, &err)) {
        outcome = strcmp(err.code, "IMP-061") == 0 ? tell_breakdown(&intake, &err) : fail(&intake, &err);
    } else {
        outcome = intake.outcome;
    }
    if (outcome == INGEST_DONE) {
        offer_styles(&intake);
    } else {
        /* What was complete goes with the rest: nothing changed. */
        intake.published_count = 0;
        mark_published(&intake);
    }
    close_intake(&intake);
    return outcome;
}

enum ingest_outcome ingest_inspect(const char *path, const struct ingest_options *options, struct report *report)
{
    return take_in(path, options, true, report);
}

enum ingest_outcome ingest_load(const char *path, const struct ingest_options *options, struct report *report)
{
    return take_in(path, options, false, report);
}

static bool same_descriptor(const struct value *stored, const struct descriptor *descriptor, struct arena *arena)
{
    /* What was stored is what was read, with the members that loading adds; compared in the same form. */
    struct descriptor_change none = {
        .id = descriptor->id,
        .file = value_member_string(&descriptor->value, "file"),
        .source_layer = descriptor->source_layer,
        .srs = descriptor->srs,
        .encoding = descriptor->encoding,
    };
    struct text left = descriptor_write(stored, &none, arena);
    struct text right = descriptor_write(&descriptor->value, &none, arena);
    struct value a;
    struct value b;
    return left.data && right.data && value_read_json(left, arena, &a, NULL) &&
           value_read_json(right, arena, &b, NULL) && value_equal(&a, &b);
}

/* The version that a load of the layer would take the place of; NULL when there is none. A layer of which there are
 * only drafts has yet to be published. */
static const struct store_layer *find_current(const struct store_version_list *list, bool draft)
{
    for (size_t i = 0; i < list->count; i++) {
        enum store_version_state state = list->versions[i].state;
        if (state <= STORE_VERSION_WITHDRAWN || (draft && state == STORE_VERSION_DRAFT)) {
            return &list->versions[i].layer;
        }
    }
    return NULL;
}

/* True with an empty list when nothing is kept of the layer. */
static bool list_versions(const char *directory, const char *layer, struct arena *arena,
                          struct store_version_list *out_list, struct error *err)
{
    struct store *store = NULL;
    struct error failure = {0};
    bool ok = store_open(directory, &store, &failure) && store_version_list(store, layer, arena, out_list, &failure);
    store_close(store);
    if (!ok && failure.kind == ERROR_NOT_FOUND) {
        *out_list = (struct store_version_list){NULL, 0};
        return true;
    }
    if (!ok && err) {
        *err = failure;
    }
    return ok;
}

bool ingest_is_current(const char *descriptor_path, const char *directory, bool draft, bool *out_current,
                       struct error *err)
{
    bool ok = false;
    struct arena *arena = arena_create(JOURNEY_ARENA_BYTES);
    struct descriptor descriptor;
    struct store_version_list list;
    if (!arena) {
        return error_no_memory(err);
    }
    if (!descriptor_read(descriptor_path, arena, &descriptor, err)) {
        goto done;
    }
    if (!descriptor.id || !descriptor.file) {
        error_tell(err, ERROR_INVALID, "IMP-080", "\"%s\": \"id\" and \"file\" are needed to load it",
                   "«%s»: para cargarlo hacen falta «id» y «file»", descriptor_path);
        goto done;
    }
    if (!list_versions(directory, descriptor.id, arena, &list, err)) {
        goto done;
    }
    const struct store_layer *layer = find_current(&list, draft);
    const char *stored = layer ? value_member_string(&layer->descriptor, "tesela:sha256") : NULL;
    bool current = false;
    if (stored) {
        char sha256[65];
        if (!source_hash(descriptor.file, sha256, err)) {
            goto done;
        }
        current = strcmp(stored, sha256) == 0 && same_descriptor(&layer->descriptor, &descriptor, arena);
    }
    *out_current = current;
    ok = true;
done:
    arena_destroy(arena);
    return ok;
}
