/* SPDX-License-Identifier: MIT */
#pragma once
/* What the layers of a style want to know of a source's features, and which features none of them shows: so that a
 * store need not read the rest. */

#include "render/render.h"

struct render_sieve;

/* For what `need` asks of a source whose features have `columns`. Lives in `arena`; NULL: memory is out. */
struct render_sieve *render_sieve_create(const struct style *style, const struct render_need *need,
                                         const struct render_assets *assets, const struct text *columns,
                                         size_t column_count, struct arena *arena);
/* For each column whether a filter or property reads it. */
const bool *render_sieve_columns(const struct render_sieve *sieve);
/* True when a feature's id matters to a layer. */
bool render_sieve_reads_ids(const struct render_sieve *sieve);
/* False when no layer shows features with these values; those of columns that are not read do not count. `sieve` is a
 * struct render_sieve: this is handed on as a function. */
bool render_sieve_shows(void *sieve, const struct value *values);
