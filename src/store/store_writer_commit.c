/* SPDX-License-Identifier: MIT */
/* The end of a publication: both files are committed and, those that are fresh, get their names. store_writer.c tells
 * in which order and why. */
#include "store/database.h"
#include "store/fresh_file.h"
#include "store/writer.h"

#include <pthread.h>
#include <sqlite3.h>

/* What is done with the file of the cells once its transaction is committed. */
struct settling {
    struct store_writer *writer;
    pthread_t thread;
    bool threaded;
    bool ok;
    struct error err;
};

/* A fresh file is made ready to be shown; otherwise the log is copied, and whether that succeeds matters nothing. */
static void *settle_cells(void *context)
{
    struct settling *settling = context;
    struct store_writer *writer = settling->writer;
    if (!writer->cells_are_fresh) {
        database_checkpoint(writer->cells);
        settling->ok = true;
        return NULL;
    }
    settling->ok = fresh_file_finish(writer->cells, &settling->err);
    database_close(writer->cells);
    writer->cells = NULL;
    settling->ok = settling->ok && fresh_file_sync(writer->cells_path, &settling->err);
    return NULL;
}

/* In a thread of its own: the disk is what both files wait for. */
static void begin_settling(struct store_writer *writer, struct settling *settling)
{
    *settling = (struct settling){.writer = writer};
    settling->threaded = pthread_create(&settling->thread, NULL, settle_cells, settling) == 0;
    if (!settling->threaded) {
        settle_cells(settling);
    }
}

static bool wait_for_cells(struct settling *settling, struct error *err)
{
    if (settling->threaded) {
        pthread_join(settling->thread, NULL);
    }
    if (!settling->ok && err) {
        *err = settling->err;
    }
    return settling->ok;
}

static bool show_cells(struct store_writer *writer, struct error *err)
{
    if (!writer->cells_are_fresh) {
        return true;
    }
    if (!fresh_file_show(writer->cells_path, err)) {
        return false;
    }
    writer->cells_are_fresh = false;
    return true;
}

bool writer_commit_cells(struct store_writer *writer, struct error *err)
{
    struct settling settling = {.writer = writer};
    if (!database_run(writer->cells, "COMMIT", err)) {
        return false;
    }
    settle_cells(&settling);
    return wait_for_cells(&settling, err) && show_cells(writer, err) &&
           (writer->cells || writer_open_cells(writer, err));
}

static bool commit_truth(struct store_writer *writer, struct error *err)
{
    if (!database_run(writer->truth.db, "COMMIT", err)) {
        return false;
    }
    if (writer->truth.is_fresh) {
        return truth_finish(writer->truth_path, &writer->truth, err);
    }
    database_checkpoint(writer->truth.db);
    return true;
}

/* What is shown of the cells belongs to no version until the truth says so. */
bool writer_commit(struct store_writer *writer, struct error *err)
{
    struct settling settling;
    if (!database_run(writer->cells, "COMMIT", err)) {
        return false;
    }
    begin_settling(writer, &settling);
    if (!writer->truth.is_fresh && writer->cells_are_fresh) {
        /* They must be in their place before the transaction that decides. */
        return wait_for_cells(&settling, err) && show_cells(writer, err) && writer_open_cells(writer, err) &&
               commit_truth(writer, err);
    }
    bool ok = commit_truth(writer, err);
    ok = wait_for_cells(&settling, ok ? err : NULL) && ok;
    if (!ok || !writer->truth.is_fresh) {
        return ok;
    }
    database_close(writer->cells); /* those that were there before the truth */
    writer->cells = NULL;
    writer->rests = show_cells(writer, err) && truth_show(writer->truth_path, &writer->truth, err);
    return writer->rests;
}
