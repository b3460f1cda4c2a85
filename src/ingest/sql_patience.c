/* SPDX-License-Identifier: MIT */
#include "ingest/sql_patience.h"

#include <sqlite3.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum { STEPS_BETWEEN = 20000 }; /* of SQLite's machine; some tenths of a millisecond */

static _Thread_local struct {
    unsigned seconds;
    int64_t begun_ns; /* 0: with the next step */
    bool lost;
    sqlite3 *opened; /* the last */
} patience;

static int64_t processor_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Not zero ends the statement. */
static int look_at_clock(void *context)
{
    (void)context;
    int64_t now_ns = processor_ns();
    if (patience.begun_ns == 0) {
        patience.begun_ns = now_ns;
    }
    patience.lost |= now_ns - patience.begun_ns > (int64_t)patience.seconds * 1000000000;
    return patience.lost;
}

static int watch(sqlite3 *database, char **out_message, const struct sqlite3_api_routines *unused)
{
    (void)out_message;
    (void)unused;
    /* PROJ has a database, too. */
    const char *name = sqlite3_db_filename(database, "main");
    const char *slash = name ? strrchr(name, '/') : NULL;
    if (slash && strcmp(slash, "/proj.db") != 0) {
        patience.opened = database;
    }
    return SQLITE_OK;
}

void sql_patience_set_up(void)
{
    /* The type that SQLite asks for is that of functions without arguments; it calls them with three. */
    union {
        int (*given)(sqlite3 *, char **, const struct sqlite3_api_routines *);
        void (*asked)(void);
    } entry = {.given = watch};
    patience.opened = NULL;
    sqlite3_auto_extension(entry.asked);
}

struct sqlite3 *sql_patience_connection(void)
{
    return patience.opened;
}

void sql_patience_begin(struct sqlite3 *connection, unsigned seconds)
{
    /* Each time, since GDAL sets a handler of its own. */
    if (connection) {
        sqlite3_progress_handler(connection, STEPS_BETWEEN, look_at_clock, NULL);
    }
    patience.seconds = seconds;
    patience.begun_ns = 0;
    patience.lost = false;
}

bool sql_patience_is_lost(void)
{
    return patience.lost;
}
