/* SPDX-License-Identifier: MIT */
#include "store/cell_spool.h"

#include "base/large_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUN_BUFFER_BYTES = 256 * 1024, WRITE_BUFFER_BYTES = 1024 * 1024 };

/* Before the bytes of each feature, in memory and in the file: both are this process's own. */
struct head {
    uint64_t key;
    int64_t row;
    int32_t box[4];
    uint32_t geometry_length;
    uint32_t attributes_length;
    uint32_t attributes_elsewhere;
    uint32_t unused;
};

struct place {
    uint64_t key;
    int64_t row;
    size_t offset;
};

/* A sorted stretch of the file, and what was read of it: from `start` up to `length`. */
struct run {
    off_t at;
    off_t end;
    unsigned char *bytes;
    size_t start;
    size_t length;
    size_t room;
    size_t taken; /* of the record handed out last */
    struct head head;
};

struct cell_spool {
    char folder[PATH_MAX];
    size_t memory_max;
    unsigned char *memory;
    size_t used;
    size_t room;
    struct place *places;
    size_t count;
    size_t capacity;
    int file; /* -1: none yet */
    off_t file_end;
    struct run *runs;
    off_t (*stretches)[2];
    size_t run_count;
    size_t *heap; /* runs that have more, by their next record */
    size_t heap_count;
    size_t next; /* among the places, when all is in memory */
    bool is_sorted;
};

void cell_spool_put_geometry(struct buffer *out, const struct geometry *geometry)
{
    const uint32_t counts[] = {geometry->part_count, geometry->vertex_count};
    buffer_append(out, counts, sizeof counts);
    buffer_append(out, geometry->parts, geometry->part_count * sizeof *geometry->parts);
    buffer_append(out, geometry->points, geometry->vertex_count * sizeof *geometry->points);
}

bool cell_spool_get_geometry(struct text text, enum geometry_kind kind, struct geometry *out_geometry)
{
    uint32_t counts[2];
    if (text.length < sizeof counts) {
        return false;
    }
    memcpy(counts, text.data, sizeof counts);
    const char *parts = text.data + sizeof counts;
    const char *points = parts + counts[0] * sizeof(struct shape_part);
    size_t length = sizeof counts + counts[0] * sizeof(struct shape_part) + counts[1] * sizeof(struct world_point);
    *out_geometry = (struct geometry){kind, counts[0], counts[1], (const void *)parts, (const void *)points};
    return length == text.length;
}

bool cell_spool_open(const char *folder, size_t memory_max, struct cell_spool **out_spool, struct error *err)
{
    struct cell_spool *spool = calloc(1, sizeof *spool);
    if (!spool) {
        return error_no_memory(err);
    }
    snprintf(spool->folder, sizeof spool->folder, "%s", folder);
    spool->memory_max = memory_max;
    spool->file = -1;
    *out_spool = spool;
    return true;
}

static void close_runs(struct cell_spool *spool)
{
    for (size_t i = 0; spool->runs && i < spool->run_count; i++) {
        free(spool->runs[i].bytes);
    }
    free(spool->runs);
    free(spool->heap);
    spool->runs = NULL;
    spool->heap = NULL;
}

void cell_spool_close(struct cell_spool *spool)
{
    if (!spool) {
        return;
    }
    close_runs(spool);
    free(spool->stretches);
    large_memory_drop(spool->memory, spool->room);
    free(spool->places);
    if (spool->file >= 0) {
        close(spool->file);
    }
    free(spool);
}

static bool fail_file(const struct cell_spool *spool, int number, struct error *err)
{
    if (number == ENOSPC || number == EDQUOT) {
        error_tell(err, ERROR_UNAVAILABLE, "STO-001", "map data \"%s\": the disk is full: free some space and repeat",
                   "datos de mapas «%s»: el disco está lleno: libere espacio y repita", spool->folder);
    } else {
        error_tell(err, ERROR_UNAVAILABLE, "STO-003", "map data \"%s\": temporary file: %s",
                   "datos de mapas «%s»: archivo temporal: %s", spool->folder, strerror(number));
    }
    return false;
}

/* --- writing --- */

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    if (left->key != right->key) {
        return left->key < right->key ? -1 : 1;
    }
    return left->row < right->row ? -1 : left->row > right->row;
}

static void sort(struct cell_spool *spool)
{
    if (spool->count > 0) {
        qsort(spool->places, spool->count, sizeof *spool->places, compare_places);
    }
}

static bool open_file(struct cell_spool *spool, struct error *err)
{
    if (spool->file >= 0) {
        return true;
    }
    spool->file = open(spool->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spool->file < 0) {
        /* Not every file system knows files without a name. */
        char path[PATH_MAX + 32];
        snprintf(path, sizeof path, "%s/.cells-XXXXXX", spool->folder);
        spool->file = mkostemp(path, O_CLOEXEC);
        if (spool->file >= 0) {
            unlink(path);
        }
    }
    return spool->file >= 0 || fail_file(spool, errno, err);
}

static bool write_bytes(struct cell_spool *spool, const unsigned char *bytes, size_t size, struct error *err)
{
    while (size > 0) {
        ssize_t wrote = pwrite(spool->file, bytes, size, spool->file_end);
        if (wrote < 0 && errno != EINTR) {
            return fail_file(spool, errno, err);
        }
        if (wrote > 0) {
            bytes += wrote;
            size -= (size_t)wrote;
            spool->file_end += wrote;
        }
    }
    return true;
}

static size_t record_bytes(const struct head *head)
{
    return sizeof *head + (size_t)head->geometry_length + head->attributes_length;
}

static bool write_places(struct cell_spool *spool, unsigned char *out, struct error *err)
{
    size_t used = 0;
    for (size_t i = 0; i < spool->count; i++) {
        struct head head;
        const unsigned char *record = spool->memory + spool->places[i].offset;
        memcpy(&head, record, sizeof head);
        size_t size = record_bytes(&head);
        if (used + size > WRITE_BUFFER_BYTES) {
            if (!write_bytes(spool, out, used, err)) {
                return false;
            }
            used = 0;
        }
        if (size > WRITE_BUFFER_BYTES) {
            if (!write_bytes(spool, record, size, err)) {
                return false;
            }
        } else {
            memcpy(out + used, record, size);
            used += size;
        }
    }
    return write_bytes(spool, out, used, err);
}

/* Makes what is in memory a run of the file. */
static bool write_run(struct cell_spool *spool, struct error *err)
{
    if (!open_file(spool, err)) {
        return false;
    }
    off_t(*stretches)[2] = realloc(spool->stretches, (spool->run_count + 1) * sizeof *stretches);
    if (!stretches) {
        return error_no_memory(err);
    }
    spool->stretches = stretches;
    unsigned char *out = malloc(WRITE_BUFFER_BYTES);
    if (!out) {
        return error_no_memory(err);
    }
    sort(spool);
    stretches[spool->run_count][0] = spool->file_end;
    bool ok = write_places(spool, out, err);
    stretches[spool->run_count][1] = spool->file_end;
    spool->run_count += ok;
    spool->used = 0;
    spool->count = 0;
    free(out);
    return ok;
}

static void drop_memory(struct cell_spool *spool)
{
    large_memory_drop(spool->memory, spool->room);
    spool->memory = NULL;
    spool->room = 0;
}

/* All that is allowed at once, of which only what is used takes room; or what a single feature wants. */
static bool grow_memory(struct cell_spool *spool, size_t wanted, struct error *err)
{
    size_t room = wanted > spool->memory_max ? wanted : spool->memory_max;
    unsigned char *memory = large_memory_take(room);
    if (!memory) {
        return error_no_memory(err);
    }
    if (spool->used > 0) {
        memcpy(memory, spool->memory, spool->used);
    }
    drop_memory(spool);
    spool->memory = memory;
    spool->room = room;
    return true;
}

static bool make_room(struct cell_spool *spool, size_t size, struct error *err)
{
    size_t wanted = spool->used + size;
    if (spool->count > 0 && wanted + (spool->count + 1) * sizeof *spool->places > spool->memory_max) {
        if (!write_run(spool, err)) {
            return false;
        }
        wanted = size;
    }
    if (wanted > spool->room && !grow_memory(spool, wanted, err)) {
        return false;
    }
    if (spool->count == spool->capacity) {
        size_t capacity = spool->capacity < 512 ? 1024 : spool->capacity * 2;
        struct place *places = realloc(spool->places, capacity * sizeof *places);
        if (!places) {
            return error_no_memory(err);
        }
        spool->places = places;
        spool->capacity = capacity;
    }
    return true;
}

bool cell_spool_add(struct cell_spool *spool, const struct cell_record *record, struct error *err)
{
    struct head head = {.key = record->key,
                        .row = record->row,
                        .box = {(int32_t)record->box.min_x, (int32_t)record->box.min_y, (int32_t)record->box.max_x,
                                (int32_t)record->box.max_y},
                        .geometry_length = (uint32_t)record->geometry.length,
                        .attributes_length = (uint32_t)record->attributes.length,
                        .attributes_elsewhere = record->attributes_elsewhere};
    size_t size = record_bytes(&head);
    /* Heads lie aligned. */
    size_t padded = (size + 7) & ~(size_t)7;
    if (!make_room(spool, padded, err)) {
        return false;
    }
    unsigned char *out = spool->memory + spool->used;
    memcpy(out, &head, sizeof head);
    memcpy(out + sizeof head, record->geometry.data, record->geometry.length);
    if (record->attributes.length > 0) {
        memcpy(out + sizeof head + record->geometry.length, record->attributes.data, record->attributes.length);
    }
    spool->places[spool->count++] = (struct place){record->key, record->row, spool->used};
    spool->used += padded;
    return true;
}

/* --- reading --- */

static void set_record(const struct head *head, const unsigned char *bytes, struct cell_record *out)
{
    const char *geometry = (const char *)bytes + sizeof *head;
    *out = (struct cell_record){.key = head->key,
                                .row = head->row,
                                .box = {head->box[0], head->box[1], head->box[2], head->box[3]},
                                .attributes_elsewhere = head->attributes_elsewhere != 0,
                                .geometry = {geometry, head->geometry_length},
                                .attributes = {geometry + head->geometry_length, head->attributes_length}};
}

static bool read_at_least(struct cell_spool *spool, struct run *run, size_t size, struct error *err)
{
    if (run->length - run->start >= size) {
        return true;
    }
    memmove(run->bytes, run->bytes + run->start, run->length - run->start);
    run->length -= run->start;
    run->start = 0;
    if (size > run->room) {
        unsigned char *larger = realloc(run->bytes, size);
        if (!larger) {
            return error_no_memory(err);
        }
        run->bytes = larger;
        run->room = size;
    }
    while (run->length < size) {
        size_t wanted = run->room - run->length;
        size_t there = (size_t)(run->end - run->at);
        ssize_t got = pread(spool->file, run->bytes + run->length, wanted < there ? wanted : there, run->at);
        if (got <= 0 && errno != EINTR) {
            return fail_file(spool, got == 0 ? EIO : errno, err);
        }
        if (got > 0) {
            run->length += (size_t)got;
            run->at += got;
        }
    }
    return true;
}

/* Puts the run's next record into `run->head`; `*out_end` when there is none. */
static bool advance(struct cell_spool *spool, struct run *run, bool *out_end, struct error *err)
{
    run->start += run->taken;
    run->taken = 0;
    *out_end = run->start == run->length && run->at == run->end;
    if (*out_end) {
        return true;
    }
    if (!read_at_least(spool, run, sizeof run->head, err)) {
        return false;
    }
    memcpy(&run->head, run->bytes + run->start, sizeof run->head);
    run->taken = record_bytes(&run->head);
    return read_at_least(spool, run, run->taken, err);
}

static bool comes_before(const struct cell_spool *spool, size_t a, size_t b)
{
    const struct head *left = &spool->runs[a].head;
    const struct head *right = &spool->runs[b].head;
    return left->key != right->key ? left->key < right->key : left->row < right->row;
}

static void sift_down(struct cell_spool *spool, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < spool->heap_count; child++) {
            least = comes_before(spool, spool->heap[child], spool->heap[least]) ? child : least;
        }
        if (least == at) {
            return;
        }
        size_t swapped = spool->heap[at];
        spool->heap[at] = spool->heap[least];
        spool->heap[least] = swapped;
        at = least;
    }
}

static bool open_runs(struct cell_spool *spool, struct error *err)
{
    close_runs(spool);
    spool->runs = calloc(spool->run_count, sizeof *spool->runs);
    spool->heap = calloc(spool->run_count, sizeof *spool->heap);
    if (!spool->runs || !spool->heap) {
        return error_no_memory(err);
    }
    spool->heap_count = 0;
    for (size_t i = 0; i < spool->run_count; i++) {
        struct run *run = &spool->runs[i];
        bool end = false;
        run->at = spool->stretches[i][0];
        run->end = spool->stretches[i][1];
        run->room = RUN_BUFFER_BYTES;
        run->bytes = malloc(run->room);
        if (!run->bytes) {
            return error_no_memory(err);
        }
        if (!advance(spool, run, &end, err)) {
            return false;
        }
        if (!end) {
            spool->heap[spool->heap_count++] = i;
        }
    }
    for (size_t i = spool->heap_count; i > 0; i--) {
        sift_down(spool, i - 1);
    }
    return true;
}

bool cell_spool_rewind(struct cell_spool *spool, struct error *err)
{
    if (spool->run_count > 0 && spool->count > 0 && !write_run(spool, err)) {
        return false;
    }
    if (spool->run_count > 0) {
        drop_memory(spool);
        free(spool->places);
        spool->places = NULL;
        spool->capacity = 0;
        spool->next = 0;
        return open_runs(spool, err);
    }
    if (!spool->is_sorted) {
        sort(spool);
        spool->is_sorted = true;
    }
    spool->next = 0;
    return true;
}

static bool next_of_runs(struct cell_spool *spool, struct cell_record *out_record, bool *out_end, struct error *err)
{
    /* The record handed out last is only passed now: it had to live until this call. */
    if (spool->next > 0) {
        bool end = false;
        if (!advance(spool, &spool->runs[spool->heap[0]], &end, err)) {
            return false;
        }
        if (end) {
            spool->heap[0] = spool->heap[--spool->heap_count];
        }
        sift_down(spool, 0);
    }
    *out_end = spool->heap_count == 0;
    if (!*out_end) {
        const struct run *run = &spool->runs[spool->heap[0]];
        set_record(&run->head, run->bytes + run->start, out_record);
        spool->next = 1;
    }
    return true;
}

bool cell_spool_next(struct cell_spool *spool, struct cell_record *out_record, bool *out_end, struct error *err)
{
    if (spool->run_count > 0) {
        return next_of_runs(spool, out_record, out_end, err);
    }
    *out_end = spool->next == spool->count;
    if (!*out_end) {
        struct head head;
        const unsigned char *bytes = spool->memory + spool->places[spool->next++].offset;
        memcpy(&head, bytes, sizeof head);
        set_record(&head, bytes, out_record);
    }
    return true;
}
