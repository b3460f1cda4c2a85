/* SPDX-License-Identifier: MIT */
/* The caller's thread cuts the spool into batches, hands them to the others and takes them back in order; a batch is
 * worked on by one thread. There are three passes: over everything to find junctions, over a sample to see which bands
 * are worth having, and over everything to make them. */
#include "store/cell_crew.h"

#include "base/buffer.h"
#include "store/cell.h"
#include "store/cell_generalise.h"
#include "store/cell_thin.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WORKERS_MAX = 8,
    BATCHES_MAX = 2 * WORKERS_MAX + 2,
    BATCH_RECORDS = 512,
    BATCH_BYTES = 256 * 1024,
    FEW_VERTICES = 20000, /* fewer are worth neither a thread nor leaving a band out */
    FEW_SHAPES = 5000,    /* so few are never thinned */
    BYTES_MAX = 1 << 30,
    ALIGNMENT = 8, /* of the geometry of records in a batch */
    SAMPLES_MAX = 12,
    SAMPLE_BYTES_MAX = 1024 * 1024, /* of one batch: larger ones are not sampled */
    FEATURE_COST = 24,              /* of reading and drawing a feature, in bytes of geometry */
    SMALL_SHARE = 16                /* of the features may be too small in a band that is left out: one in so many */
};

/* A band is made when the next finer one costs more than so many times as much. */
static const double worth_a_band = 1.4;

enum pass { PASS_NOTE, PASS_WEIGH, PASS_MAKE };

/* A feature as one band has it, in bytes of the batch's `out`, and what the thinner is told where it is too small. */
struct piece {
    uint32_t record;
    unsigned band;
    size_t offset;
    size_t length;
    double ink; /* 0: not too small */
    uint64_t lot;
    double way[2];
};

enum batch_state { BATCH_FREE, BATCH_READY, BATCH_TAKEN, BATCH_DONE };

struct batch {
    enum batch_state state;
    struct cell_record records[BATCH_RECORDS];
    size_t count;
    struct buffer bytes; /* what the records' texts point into, once it is complete */
    struct buffer out;
    struct piece *pieces; /* grouped by record, not by band */
    size_t piece_count;
    size_t piece_room;
    bool failed;
    struct error err;
};

struct worker {
    struct crew *crew;
    pthread_t thread;
    struct cell_generaliser *generaliser;
    uint64_t seen_from[CELL_BANDS]; /* features by the coarsest band in which they are not too small */
};

/* What is weighed, copied from the first pass: every so many batches. */
struct sample {
    struct cell_record records[BATCH_RECORDS];
    size_t count;
    struct buffer bytes;
};

struct crew {
    const struct cell_crew_task *task;
    struct cell_junctions *junctions; /* NULL: points have none */
    enum pass pass;
    unsigned bands; /* a bit for each that is made */
    struct sample *samples[SAMPLES_MAX];
    size_t sample_count;
    size_t sample_step;      /* batches from one to the next */
    size_t sample_next;      /* to be handed out */
    double cost[CELL_BANDS]; /* of the sample */
    struct batch *batches;   /* a ring */
    size_t batch_count;
    size_t filled; /* batches since the beginning of the pass */
    size_t begun;
    size_t taken;
    struct worker workers[WORKERS_MAX];
    size_t worker_count;
    size_t thread_count;
    struct cell_thinner thinners[CELL_BAND_FULL];
    pthread_mutex_t lock;
    pthread_cond_t work; /* there is a batch to work on, or none any more */
    pthread_cond_t done; /* a batch is done */
    bool closing;
};

/* --- what is done with a batch, by any thread --- */

static struct piece *add_piece(struct batch *batch, size_t record, unsigned band)
{
    if (batch->piece_count == batch->piece_room) {
        size_t room = batch->piece_room < 512 ? 1024 : batch->piece_room * 2;
        struct piece *pieces = realloc(batch->pieces, room * sizeof *pieces);
        if (!pieces) {
            return NULL;
        }
        batch->pieces = pieces;
        batch->piece_room = room;
    }
    struct piece *piece = &batch->pieces[batch->piece_count++];
    *piece = (struct piece){.record = (uint32_t)record, .band = band, .offset = batch->out.length};
    return piece;
}

/* The feature as it came. `*out_number`: its piece's, which moves when another is added. */
static bool put_full(struct batch *batch, size_t index, const struct geometry *geometry, size_t *out_number)
{
    const struct cell_record *record = &batch->records[index];
    struct piece *piece = add_piece(batch, index, CELL_BAND_FULL);
    if (!piece) {
        return false;
    }
    cell_put_snapped(&batch->out, geometry, 0);
    buffer_append(&batch->out, record->attributes.data, record->attributes.length);
    piece->length = batch->out.length - piece->offset;
    *out_number = batch->piece_count - 1;
    return !batch->out.failed;
}

static uint64_t lot_of(const struct batch *batch, size_t full)
{
    const struct piece *piece = &batch->pieces[full];
    size_t attributes = batch->records[piece->record].attributes.length;
    return cell_thinner_lot((struct text){(const char *)batch->out.data + piece->offset, piece->length - attributes});
}

static bool put_band(struct worker *worker, struct batch *batch, size_t full, const struct geometry *geometry,
                     unsigned band)
{
    size_t index = batch->pieces[full].record;
    const struct cell_record *record = &batch->records[index];
    struct geometry reduced;
    double ink;
    cell_generaliser_band(worker->generaliser, band, &reduced, &ink);
    if (reduced.part_count == 0 && ink <= 0) {
        return true;
    }
    struct piece *piece = add_piece(batch, index, band);
    if (!piece) {
        return false;
    }
    if (reduced.part_count > 0) {
        cell_put_compact(&batch->out, &reduced, cell_shift(band));
        buffer_append(&batch->out, record->attributes.data, record->attributes.length);
        piece->length = batch->out.length - piece->offset;
    }
    piece->ink = ink;
    piece->lot = ink > 0 && !batch->out.failed ? lot_of(batch, full) : 0;
    piece->way[0] = (double)geometry->points[geometry->vertex_count - 1].x - geometry->points[0].x;
    piece->way[1] = (double)geometry->points[geometry->vertex_count - 1].y - geometry->points[0].y;
    return !batch->out.failed;
}

static bool generalise(struct worker *worker, struct batch *batch, size_t index, const struct geometry *geometry,
                       struct error *err)
{
    size_t full = 0;
    if (!put_full(batch, index, geometry, &full)) {
        return error_no_memory(err);
    }
    if (!cell_generaliser_set(worker->generaliser, geometry, worker->crew->junctions, err)) {
        return false;
    }
    for (unsigned band = CELL_BAND_FULL; band-- > 0 && geometry->part_count > 0;) {
        if ((worker->crew->bands >> band & 1) && !put_band(worker, batch, full, geometry, band)) {
            return error_no_memory(err);
        }
    }
    return true;
}

static bool note(struct worker *worker, const struct geometry *geometry, struct error *err)
{
    unsigned band;
    if (geometry->kind == GEOMETRY_POINT) {
        return true;
    }
    cell_junctions_note(worker->crew->junctions, geometry);
    if (!cell_generaliser_seen_from(worker->generaliser, geometry, &band, err)) {
        return false;
    }
    worker->seen_from[band]++;
    return true;
}

static bool work_on_record(struct worker *worker, struct batch *batch, size_t index, struct error *err)
{
    const struct cell_record *record = &batch->records[index];
    struct geometry geometry;
    if (!cell_spool_get_geometry(record->geometry, worker->crew->task->kind, &geometry)) {
        error_set(err, ERROR_INTERNAL, "row %lld: could not be read back", (long long)record->row);
        return false;
    }
    if (worker->crew->pass == PASS_NOTE) {
        return note(worker, &geometry, err);
    }
    return generalise(worker, batch, index, &geometry, err);
}

static void work_on(struct worker *worker, struct batch *batch)
{
    batch->failed = false;
    batch->piece_count = 0;
    buffer_clear(&batch->out);
    for (size_t i = 0; i < batch->count && !batch->failed; i++) {
        batch->failed = !work_on_record(worker, batch, i, &batch->err);
    }
}

static void *work(void *context)
{
    struct worker *worker = context;
    struct crew *crew = worker->crew;
    pthread_mutex_lock(&crew->lock);
    while (!crew->closing) {
        if (crew->begun == crew->filled) {
            pthread_cond_wait(&crew->work, &crew->lock);
            continue;
        }
        struct batch *batch = &crew->batches[crew->begun++ % crew->batch_count];
        pthread_mutex_unlock(&crew->lock);
        work_on(worker, batch);
        pthread_mutex_lock(&crew->lock);
        batch->state = BATCH_DONE;
        pthread_cond_signal(&crew->done);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* --- the caller's thread --- */

static bool open_worker(struct crew *crew, struct worker *worker, struct error *err)
{
    worker->crew = crew;
    return cell_generaliser_open(&worker->generaliser, err);
}

static bool open_crew(struct crew *crew, struct error *err)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    bool alone = crew->task->vertex_count < FEW_VERTICES || processors < 2;
    crew->worker_count = alone ? 1 : processors > WORKERS_MAX ? WORKERS_MAX : (size_t)processors;
    crew->batch_count = alone ? 1 : 2 * crew->worker_count + 2;
    crew->batches = calloc(crew->batch_count, sizeof *crew->batches);
    if (!crew->batches) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < crew->batch_count; i++) {
        buffer_init(&crew->batches[i].bytes, BYTES_MAX);
        buffer_init(&crew->batches[i].out, BYTES_MAX);
    }
    for (size_t i = 0; i < crew->worker_count; i++) {
        if (!open_worker(crew, &crew->workers[i], err)) {
            return false;
        }
    }
    /* Where threads are not to be had the caller does the work. */
    while (!alone && crew->thread_count < crew->worker_count &&
           pthread_create(&crew->workers[crew->thread_count].thread, NULL, work, &crew->workers[crew->thread_count]) ==
               0) {
        crew->thread_count++;
    }
    return true;
}

static void drop_sample(struct crew *crew, size_t index)
{
    buffer_finish(&crew->samples[index]->bytes);
    free(crew->samples[index]);
    crew->samples[index] = NULL;
}

static void close_crew(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->closing = true;
    pthread_cond_broadcast(&crew->work);
    pthread_mutex_unlock(&crew->lock);
    for (size_t i = 0; i < crew->thread_count; i++) {
        pthread_join(crew->workers[i].thread, NULL);
    }
    for (size_t i = 0; i < crew->worker_count; i++) {
        cell_generaliser_close(crew->workers[i].generaliser);
    }
    for (size_t i = 0; crew->batches && i < crew->batch_count; i++) {
        buffer_finish(&crew->batches[i].bytes);
        buffer_finish(&crew->batches[i].out);
        free(crew->batches[i].pieces);
    }
    free(crew->batches);
    while (crew->sample_count > 0) {
        drop_sample(crew, --crew->sample_count);
    }
    cell_junctions_close(crew->junctions);
    pthread_cond_destroy(&crew->work);
    pthread_cond_destroy(&crew->done);
    pthread_mutex_destroy(&crew->lock);
}

static size_t padding_of(const struct cell_record *record)
{
    size_t length = record->geometry.length + record->attributes.length;
    return (ALIGNMENT - length % ALIGNMENT) % ALIGNMENT;
}

static bool point_at_bytes(struct batch *batch, struct error *err)
{
    const char *at = (const char *)batch->bytes.data;
    for (size_t i = 0; i < batch->count && !batch->bytes.failed; i++) {
        batch->records[i].geometry.data = at;
        at += batch->records[i].geometry.length;
        batch->records[i].attributes.data = at;
        at += batch->records[i].attributes.length + padding_of(&batch->records[i]);
    }
    return !batch->bytes.failed || error_no_memory(err);
}

/* The texts of records are copied; they are pointed at when the bytes do not move any more. */
static bool fill(const struct crew *crew, struct batch *batch, bool *out_end, struct error *err)
{
    static const char nothing[ALIGNMENT] = {0};
    batch->count = 0;
    buffer_clear(&batch->bytes);
    *out_end = false;
    while (batch->count < BATCH_RECORDS && batch->bytes.length < BATCH_BYTES) {
        struct cell_record *record = &batch->records[batch->count];
        if (!cell_spool_next(crew->task->spool, record, out_end, err)) {
            return false;
        }
        if (*out_end) {
            break;
        }
        buffer_append(&batch->bytes, record->geometry.data, record->geometry.length);
        buffer_append(&batch->bytes, record->attributes.data, record->attributes.length);
        buffer_append(&batch->bytes, nothing, padding_of(record));
        batch->count++;
    }
    return point_at_bytes(batch, err);
}

/* The next batch of the sample; what it had is dropped. */
static bool fill_from_sample(struct crew *crew, struct batch *batch, bool *out_end, struct error *err)
{
    *out_end = crew->sample_next == crew->sample_count;
    batch->count = 0;
    buffer_clear(&batch->bytes);
    if (*out_end) {
        return true;
    }
    const struct sample *sample = crew->samples[crew->sample_next++];
    batch->count = sample->count;
    memcpy(batch->records, sample->records, sample->count * sizeof *sample->records);
    buffer_append(&batch->bytes, sample->bytes.data, sample->bytes.length);
    return point_at_bytes(batch, err);
}

/* Samples lie `sample_step` batches apart, which doubles when there are too many: so they are of the whole layer. */
static bool keep_sample(struct crew *crew, const struct batch *batch, size_t number, struct error *err)
{
    if (number % crew->sample_step != 0 || batch->bytes.length > SAMPLE_BYTES_MAX) {
        return true;
    }
    if (crew->sample_count == SAMPLES_MAX) {
        crew->sample_step *= 2;
        for (size_t i = 0; i < SAMPLES_MAX; i++) {
            if (i % 2 == 1) {
                drop_sample(crew, i);
            } else {
                crew->samples[i / 2] = crew->samples[i];
            }
        }
        crew->sample_count = (SAMPLES_MAX + 1) / 2;
        if (number % crew->sample_step != 0) {
            return true;
        }
    }
    struct sample *sample = calloc(1, sizeof *sample);
    if (!sample) {
        return error_no_memory(err);
    }
    crew->samples[crew->sample_count++] = sample;
    sample->count = batch->count;
    memcpy(sample->records, batch->records, batch->count * sizeof *batch->records);
    buffer_init(&sample->bytes, BYTES_MAX);
    buffer_append(&sample->bytes, batch->bytes.data, batch->bytes.length);
    return !sample->bytes.failed || error_no_memory(err);
}

/* Attributes cost the same in all bands. */
static bool weigh(void *context, unsigned band, const struct cell_record *record, struct text content,
                  struct error *err)
{
    (void)err;
    struct crew *crew = context;
    crew->cost[band] += FEATURE_COST + (double)(content.length - record->attributes.length);
    return true;
}

static bool take_piece(struct crew *crew, const struct batch *batch, const struct piece *piece, struct error *err)
{
    const struct cell_crew_task *task = crew->task;
    const struct cell_record *record = &batch->records[piece->record];
    cell_crew_taker *taker = crew->pass == PASS_WEIGH ? weigh : task->take;
    void *context = crew->pass == PASS_WEIGH ? crew : task->context;
    struct text content = {(const char *)batch->out.data + piece->offset, piece->length};
    if (piece->ink > 0) {
        struct cell_small small = {record, piece->lot, piece->ink, {piece->way[0], piece->way[1]}, content};
        return cell_thinner_add(&crew->thinners[piece->band], &small, taker, context, err);
    }
    return content.length == 0 || taker(context, piece->band, record, content, err);
}

static bool take(struct crew *crew, const struct batch *batch, struct error *err)
{
    if (batch->failed) {
        if (err) {
            *err = batch->err;
        }
        return false;
    }
    for (size_t i = 0; i < batch->piece_count; i++) {
        if (!take_piece(crew, batch, &batch->pieces[i], err)) {
            return false;
        }
    }
    return true;
}

static bool is_few(const struct crew *crew)
{
    return crew->task->shape_count <= FEW_SHAPES;
}

static void open_thinners(struct crew *crew)
{
    for (unsigned band = 0; band < CELL_BAND_FULL; band++) {
        cell_thinner_open(&crew->thinners[band], band, crew->task->kind, is_few(crew));
    }
}

static void close_thinners(struct crew *crew)
{
    for (unsigned band = 0; band < CELL_BAND_FULL; band++) {
        cell_thinner_close(&crew->thinners[band]);
    }
}

static bool finish_thinners(struct crew *crew, struct error *err)
{
    cell_crew_taker *taker = crew->pass == PASS_WEIGH ? weigh : crew->task->take;
    void *context = crew->pass == PASS_WEIGH ? crew : crew->task->context;
    for (unsigned band = 0; band < CELL_BAND_FULL; band++) {
        if (!cell_thinner_finish(&crew->thinners[band], taker, context, err)) {
            return false;
        }
    }
    return true;
}

static void hand_out(struct crew *crew, struct batch *batch)
{
    if (crew->thread_count == 0) {
        work_on(&crew->workers[0], batch);
        batch->state = BATCH_DONE;
        crew->filled++;
        return;
    }
    pthread_mutex_lock(&crew->lock);
    batch->state = BATCH_READY;
    crew->filled++;
    pthread_cond_signal(&crew->work);
    pthread_mutex_unlock(&crew->lock);
}

static void wait_for(struct crew *crew, const struct batch *batch)
{
    pthread_mutex_lock(&crew->lock);
    while (batch->state != BATCH_DONE) {
        pthread_cond_wait(&crew->done, &crew->lock);
    }
    pthread_mutex_unlock(&crew->lock);
}

static bool run_pass(struct crew *crew, enum pass pass, struct error *err)
{
    crew->pass = pass;
    size_t before = crew->taken;
    bool ok = pass == PASS_WEIGH || cell_spool_rewind(crew->task->spool, err);
    bool end = false;
    while (ok && (!end || crew->taken < crew->filled)) {
        if (!end && crew->filled - crew->taken < crew->batch_count) {
            struct batch *batch = &crew->batches[crew->filled % crew->batch_count];
            ok = pass == PASS_WEIGH ? fill_from_sample(crew, batch, &end, err) : fill(crew, batch, &end, err);
            if (ok) {
                hand_out(crew, batch);
            }
            continue;
        }
        struct batch *batch = &crew->batches[crew->taken % crew->batch_count];
        size_t number = crew->taken++ - before;
        wait_for(crew, batch);
        ok = take(crew, batch, err) && (pass != PASS_NOTE || keep_sample(crew, batch, number, err));
    }
    return ok;
}

/* A band is left out when a tile of its zooms costs little more from the next finer one that is made, and looks the
 * same: when hardly a feature is too small in it, for those are drawn larger than they are, or one for several. */
static unsigned choose_bands(const struct crew *crew)
{
    unsigned bands = 1U << CELL_BAND_FULL;
    unsigned finer = CELL_BAND_FULL;
    uint64_t small_max = is_few(crew) ? 0 : crew->task->shape_count / SMALL_SHARE;
    uint64_t small = 0;
    for (unsigned band = CELL_BAND_FULL; band-- > 0;) {
        for (size_t i = 0; i < crew->worker_count; i++) {
            small += crew->workers[i].seen_from[band + 1];
        }
        if (crew->sample_count == 0 || small > small_max || crew->cost[finer] > worth_a_band * crew->cost[band]) {
            bands |= 1U << band;
            finer = band;
        }
    }
    return bands;
}

static bool find_bands(struct crew *crew, struct error *err)
{
    crew->bands = (1U << CELL_BANDS) - 1;
    crew->sample_step = 1;
    open_thinners(crew);
    bool all = crew->task->vertex_count < FEW_VERTICES;
    bool ok = (all && !crew->junctions) || run_pass(crew, PASS_NOTE, err);
    ok = ok && (all || (run_pass(crew, PASS_WEIGH, err) && finish_thinners(crew, err)));
    close_thinners(crew);
    crew->bands = all ? crew->bands : choose_bands(crew);
    return ok;
}

static bool make_bands(struct crew *crew, struct error *err)
{
    open_thinners(crew);
    bool ok = run_pass(crew, PASS_MAKE, err) && finish_thinners(crew, err);
    close_thinners(crew);
    return ok;
}

bool cell_crew_run(const struct cell_crew_task *task, unsigned *out_bands, struct error *err)
{
    struct crew crew = {.task = task,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .work = PTHREAD_COND_INITIALIZER,
                        .done = PTHREAD_COND_INITIALIZER};
    bool has_borders = task->kind == GEOMETRY_LINE || task->kind == GEOMETRY_POLYGON;
    bool ok = open_crew(&crew, err) &&
              (!has_borders || cell_junctions_open(task->vertex_count, &crew.junctions, err)) &&
              find_bands(&crew, err) && make_bands(&crew, err);
    *out_bands = crew.bands;
    close_crew(&crew);
    return ok;
}
