/* SPDX-License-Identifier: MIT */
#include "ingest/feed.h"

#include "ingest/feed_csv.h"
#include "ingest/feed_ogr.h"
#include "ingest/feed_raster.h"

bool feed_open(const struct source_layer *layer, struct report *report, struct feed **out_feed, struct error *err)
{
    if (layer->format == SOURCE_CSV || layer->format == SOURCE_ODS || layer->format == SOURCE_XLSX) {
        return feed_csv_open(layer, report, out_feed, err);
    }
    if (layer->format == SOURCE_RASTER) {
        return feed_raster_open(layer, report, out_feed, err);
    }
    return feed_ogr_open(layer, report, out_feed, err);
}

void feed_close(struct feed *feed)
{
    if (feed) {
        feed->kind->close(feed);
    }
}

bool feed_next(struct feed *feed, struct arena *arena, struct feed_feature *out_feature, bool *out_end,
               struct error *err)
{
    return feed->kind->next(feed, arena, out_feature, out_end, err);
}

bool feed_rewind(struct feed *feed, struct error *err)
{
    return feed->kind->rewind(feed, err);
}
