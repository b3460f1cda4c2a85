/* SPDX-License-Identifier: MIT */
#include "cli/pyramid.h"

#include "base/clock.h"
#include "cli/cli.h"
#include "geo/grid.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int64_t tell_every_ns = 500 * 1000 * 1000;

bool pyramid_parse_zooms(const char *text, uint32_t *out_min, uint32_t *out_max, struct error *err)
{
    const char *dash = strchr(text, '-');
    uint64_t low;
    uint64_t high;
    struct text first = {text, dash ? (size_t)(dash - text) : strlen(text)};
    if (!text_to_uint(first, GRID_ZOOM_MAX, &low) ||
        !text_to_uint(dash ? text_of(dash + 1) : first, GRID_ZOOM_MAX, &high) || low > high) {
        error_tell(err, ERROR_INVALID, "CLI-003", "--zooms \"%s\" is not a zoom or a range such as 10-16, up to %d",
                   "--zooms «%s» no es un nivel ni un intervalo como 10-16, hasta %d", text, GRID_ZOOM_MAX);
        return false;
    }
    *out_min = (uint32_t)low;
    *out_max = (uint32_t)high;
    return true;
}

static bool is_ended;

static void end(int number)
{
    (void)number;
    *(volatile bool *)&is_ended = true;
    /* The next one ends the program at once. */
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

const bool *pyramid_catch_signals(void)
{
    signal(SIGINT, end);
    signal(SIGTERM, end);
    return &is_ended;
}

void pyramid_progress_start(struct pyramid_progress *progress)
{
    *progress = (struct pyramid_progress){.is_shown = isatty(STDERR_FILENO) == 1, .started_ns = clock_monotonic_ns()};
}

void pyramid_progress_tell(struct pyramid_progress *progress, uint32_t zoom)
{
    int64_t now = clock_monotonic_ns();
    if (!progress->is_shown || now - progress->told_ns < tell_every_ns) {
        return;
    }
    progress->told_ns = now;
    double seconds = (double)(now - progress->started_ns) / 1e9;
    fprintf(stderr, "\r%s %u: %llu %s, %.0f/s\033[K", cli_pick("zoom", "nivel"), zoom,
            (unsigned long long)progress->made, cli_pick("tiles", "teselas"),
            (double)progress->made / (seconds > 0 ? seconds : 1));
    fflush(stderr);
}

void pyramid_progress_end(struct pyramid_progress *progress)
{
    if (progress->is_shown && progress->told_ns > 0) {
        fputs("\r\033[K", stderr);
    }
}
