/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include "base/clock.h"
#include "cli/cli.h"

#include <unistd.h>

static const int64_t step_ns = 100 * 1000 * 1000;

bool progress_init(struct progress *progress)
{
    *progress = (struct progress){.stage = -1};
    return isatty(STDERR_FILENO) != 0;
}

void progress_show(struct progress *progress, int stage, const char *verb, const char *what, int64_t done,
                   int64_t total)
{
    int64_t now = clock_monotonic_ns();
    if (stage != progress->stage) {
        progress->stage = stage;
        progress->started_ns = now;
    } else if (now - progress->shown_ns < step_ns) {
        return;
    }
    progress->shown_ns = now;
    progress->any = true;
    fprintf(stderr, "\r\033[K%s%s%s: %lld", verb, what[0] != '\0' ? " " : "", what, (long long)done);
    if (total > 0 && done <= total) {
        fprintf(stderr, " / %lld (%d %%)", (long long)total, (int)(done * 100 / total));
        int64_t spent = now - progress->started_ns;
        if (done > 0 && done < total && spent > 1000 * 1000 * 1000) {
            int64_t left = (int64_t)((double)spent / (double)done * (double)(total - done) / 1e9);
            fprintf(stderr, ", %s %lld s", cli_pick("left:", "faltan"), (long long)left);
        }
    }
    fflush(stderr);
}

void progress_clear(const struct progress *progress)
{
    if (progress->any) {
        fputs("\r\033[K", stderr);
    }
}
