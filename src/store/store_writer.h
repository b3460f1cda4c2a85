/* SPDX-License-Identifier: MIT */
#pragma once
/* The map data at rest: writing. A load writes new versions of one layer or of several; store_writer_commit makes them
 * visible in one transaction, all or none. Until then, and when the process dies at any instant, readers see the old
 * state; leftovers are swept by the next writer. One writer at a time per data directory (others wait up to 30 s, then
 * fail). */

#include "store/store.h"

struct store_writer;

/* What is known before the first feature. */
struct store_writer_layer {
    const char *id;
    enum geometry_kind kind;    /* GEOMETRY_NONE: a table without geometry */
    bool has_z;                 /* the truth keeps Z */
    const char *srs;            /* "EPSG:6372" or WKT: the reference system of the original coordinates */
    const struct field *fields; /* all columns, hidden ones too */
    size_t field_count;
    struct text descriptor_json; /* the descriptor as it was read or made; kept whole */
    const char *source_file;
    const char *source_sha256;
    struct text report_json; /* may be set later by store_writer_set_report */
    bool draft;              /* kept without being served */
};

/* What is kept of one feature. */
struct store_writer_feature {
    int64_t source_row;       /* from 1, the row number in the source */
    const unsigned char *wkb; /* original coordinates, XY or XYZ, multi types promoted; NULL: no geometry */
    size_t wkb_size;
    struct shape shape;         /* the same in degrees, cut at the antimeridian */
    const struct value *values; /* field_count */
};

bool store_writer_open(const char *directory, struct store_writer **out_writer, struct error *err);
/* Drops what was not published. Accepts NULL. */
void store_writer_close(struct store_writer *writer);

/* Begins a version of a layer (new or replacing). Layers that were completed before and not yet committed belong to the
 * same publication. Whatever fails from here to store_writer_commit drops all of them. */
bool store_writer_begin(struct store_writer *writer, const struct store_writer_layer *layer, struct error *err);
bool store_writer_add(struct store_writer *writer, const struct store_writer_feature *feature, struct error *err);
void store_writer_set_report(struct store_writer *writer, struct text report_json);
/* The file of a raster layer: a layer has one exactly if its descriptor describes it (store/raster_file.h). Copied by
 * store_writer_complete. */
bool store_writer_set_raster(struct store_writer *writer, const char *path, struct error *err);
/* Builds indexes and cells of the version begun. It becomes the served one, or a draft that waits for
 * store_writer_publish_version, when the publication is committed. Keeps the newest versions that were served
 * (environment TESELA_KEEP_VERSIONS, 2 to 100, default 3), as many drafts, and always the served version and the one it
 * replaced. */
bool store_writer_complete(struct store_writer *writer, int64_t *out_version, struct error *err);
/* Makes all completed versions visible at once. */
bool store_writer_commit(struct store_writer *writer, struct error *err);
/* Both, for a publication of one layer. */
bool store_writer_publish(struct store_writer *writer, int64_t *out_version, struct error *err);

/* Removes a layer with all its versions. ERROR_NOT_FOUND when there is none. */
bool store_writer_remove(struct store_writer *writer, const char *layer_id, struct error *err);

/* Rebuilds cells.sqlite from the truth (all layers, or one). */
bool store_writer_rebuild_cells(struct store_writer *writer, const char *layer_id_or_null, struct error *err);
/* The same for published layers that have no cells: what serving needs at its start. Cheap when none is missing. */
bool store_writer_complete_cells(struct store_writer *writer, struct error *err);

/* Serves the given version. ERROR_NOT_FOUND when it is not kept. */
bool store_writer_select(struct store_writer *writer, const char *layer_id, int64_t version, struct error *err);
/* Serves a version that was served before: `version`, or for 0 the newest one older than what is served now. */
bool store_writer_rollback(struct store_writer *writer, const char *layer_id, int64_t version, int64_t *out_from,
                           int64_t *out_to, struct error *err);
/* Serves `version`, or for 0 the newest draft, or for a layer that was withdrawn what it showed before. */
bool store_writer_publish_version(struct store_writer *writer, const char *layer_id, int64_t version,
                                  int64_t *out_version, struct error *err);
/* Stops serving a layer, keeping its versions. `version`: 0, or the one that must be the served one. */
bool store_writer_withdraw(struct store_writer *writer, const char *layer_id, int64_t version, int64_t *out_version,
                           struct error *err);
bool store_writer_unpublish(struct store_writer *writer, const char *layer_id, struct error *err);
