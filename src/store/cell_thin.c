/* SPDX-License-Identifier: MIT */
#include "store/cell_thin.h"

#include "base/hash.h"
#include "store/cell.h"

#include <math.h>
#include <string.h>

enum {
    SQUARE_LOG2 = 1,       /* two pixels wide */
    POINT_SQUARE_LOG2 = 0, /* in the last band before the full one, where points are labelled */
    RECORD_BYTES_MAX = 1 << 30
};

static const double least_area_px = 2; /* half a square: on average two polygons of a coverage meet in one */
static const double least_extent_px = 1;
static const double faintest_area_px = 0.25; /* as much as a square of half a pixel; less waits for more */
static const double faintest_length_px = 0.5;
static const double full_share = 0.9; /* a square this full is drawn full, so that coverages have no gaps */

void cell_thinner_open(struct cell_thinner *thinner, unsigned band, enum geometry_kind kind, bool each)
{
    *thinner = (struct cell_thinner){.band = band, .kind = kind, .each = each};
    buffer_init(&thinner->bytes, RECORD_BYTES_MAX);
    buffer_init(&thinner->content, RECORD_BYTES_MAX);
}

void cell_thinner_close(struct cell_thinner *thinner)
{
    buffer_finish(&thinner->bytes);
    buffer_finish(&thinner->content);
}

double cell_thinner_least(unsigned band, enum geometry_kind kind)
{
    double pixel = ldexp(1, (int)cell_pixel_log2(band));
    return kind == GEOMETRY_POLYGON ? least_area_px * pixel * pixel : least_extent_px * pixel;
}

static unsigned square_log2(const struct cell_thinner *thinner)
{
    bool fine = thinner->kind == GEOMETRY_POINT && thinner->band + 1 == CELL_BAND_FULL;
    return cell_pixel_log2(thinner->band) + (fine ? POINT_SQUARE_LOG2 : SQUARE_LOG2);
}

/* On the band's grid, so that sums which differ by less than can be drawn give the same bytes and the same box. */
static int32_t on_grid(const struct cell_thinner *thinner, double unit)
{
    double limited = fmin(fmax(floor(unit + 0.5), (double)INT32_MIN), (double)INT32_MAX);
    return grid_snap((int32_t)limited, cell_shift(thinner->band));
}

static double middle(int64_t low, int64_t high)
{
    int64_t whole = (low + high) / 2;
    return (double)whole;
}

static bool hand_on(struct cell_thinner *thinner, const struct geometry *geometry, cell_thinner_taker *take,
                    void *context, struct error *err)
{
    struct cell_record record = thinner->chosen;
    struct text attributes = {(const char *)thinner->bytes.data, record.attributes.length};
    struct buffer content;
    buffer_init(&content, RECORD_BYTES_MAX);
    record.box = (struct world_box){INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (uint32_t i = 0; i < geometry->vertex_count; i++) {
        struct world_point point = geometry->points[i];
        record.box.min_x = point.x < record.box.min_x ? point.x : record.box.min_x;
        record.box.min_y = point.y < record.box.min_y ? point.y : record.box.min_y;
        record.box.max_x = point.x > record.box.max_x ? point.x : record.box.max_x;
        record.box.max_y = point.y > record.box.max_y ? point.y : record.box.max_y;
    }
    bool ok = true;
    if (cell_put_geometry(&content, geometry, cell_shift(thinner->band))) {
        buffer_append(&content, attributes.data, attributes.length);
        ok = content.failed ? error_no_memory(err)
                            : take(context, thinner->band, &record,
                                   (struct text){(const char *)content.data, content.length}, err);
    }
    buffer_finish(&content);
    return ok;
}

/* A square of the area that came together: the whole square of the grid, or a smaller one around the chosen polygon. */
static bool draw_polygon(struct cell_thinner *thinner, cell_thinner_taker *take, void *context, struct error *err)
{
    const struct world_box *box = &thinner->chosen.box;
    unsigned log2 = square_log2(thinner);
    double pixel = ldexp(1, (int)cell_pixel_log2(thinner->band));
    double width = ldexp(1, (int)log2);
    double capacity = width * width;
    double area = thinner->total + thinner->carried;
    double faintest = faintest_area_px * pixel * pixel;
    if (area < faintest && !thinner->each) {
        thinner->carried = area;
        return true;
    }
    area = fmax(area, faintest);
    double x = middle(box->min_x, box->max_x);
    double y = middle(box->min_y, box->max_y);
    double half;
    if (area >= full_share * capacity) {
        x = (floor(x / width) + 0.5) * width;
        y = (floor(y / width) + 0.5) * width;
        half = width / 2;
        thinner->carried = thinner->each ? 0 : fmin(area - capacity, capacity);
    } else {
        half = sqrt(area) / 2;
        thinner->carried = 0;
    }
    int32_t west = on_grid(thinner, x - half);
    int32_t north = on_grid(thinner, y - half);
    int32_t east = on_grid(thinner, x + half);
    int32_t south = on_grid(thinner, y + half);
    const struct world_point points[] = {{west, north}, {east, north}, {east, south}, {west, south}, {west, north}};
    const struct shape_part part = {5, false};
    const struct geometry geometry = {GEOMETRY_POLYGON, 1, 5, &part, points};
    return hand_on(thinner, &geometry, take, context, err);
}

/* A stretch as long as the lines are together, but not longer than a square is across. */
static bool draw_line(struct cell_thinner *thinner, cell_thinner_taker *take, void *context, struct error *err)
{
    const struct world_box *box = &thinner->chosen.box;
    double pixel = ldexp(1, (int)cell_pixel_log2(thinner->band));
    double most = ldexp(1, (int)square_log2(thinner));
    double length = thinner->total + thinner->carried;
    double faintest = faintest_length_px * pixel;
    if (length < faintest && !thinner->each) {
        thinner->carried = length;
        return true;
    }
    double drawn = fmin(fmax(length, faintest), most);
    thinner->carried = thinner->each ? 0 : fmin(fmax(length - drawn, 0), most);
    double way = hypot(thinner->chosen_way[0], thinner->chosen_way[1]);
    double dx = way > 0 ? thinner->chosen_way[0] / way * drawn / 2 : drawn / 2;
    double dy = way > 0 ? thinner->chosen_way[1] / way * drawn / 2 : 0;
    double x = middle(box->min_x, box->max_x);
    double y = middle(box->min_y, box->max_y);
    const struct world_point points[] = {{on_grid(thinner, x - dx), on_grid(thinner, y - dy)},
                                         {on_grid(thinner, x + dx), on_grid(thinner, y + dy)}};
    const struct shape_part part = {2, false};
    const struct geometry geometry = {GEOMETRY_LINE, 1, 2, &part, points};
    return hand_on(thinner, &geometry, take, context, err);
}

static bool draw_point(struct cell_thinner *thinner, cell_thinner_taker *take, void *context, struct error *err)
{
    const struct world_box *box = &thinner->chosen.box;
    const struct world_point point = {(int32_t)box->min_x, (int32_t)box->min_y};
    const struct shape_part part = {1, false};
    const struct geometry geometry = {GEOMETRY_POINT, 1, 1, &part, &point};
    return hand_on(thinner, &geometry, take, context, err);
}

bool cell_thinner_finish(struct cell_thinner *thinner, cell_thinner_taker *take, void *context, struct error *err)
{
    if (!thinner->is_open) {
        return true;
    }
    thinner->is_open = false;
    if (thinner->count == 1 && thinner->content.length > 0) {
        struct text content = {(const char *)thinner->content.data, thinner->content.length};
        return take(context, thinner->band, &thinner->chosen, content, err);
    }
    switch (thinner->kind) {
    case GEOMETRY_POLYGON:
        return draw_polygon(thinner, take, context, err);
    case GEOMETRY_LINE:
        return draw_line(thinner, take, context, err);
    case GEOMETRY_POINT:
        return draw_point(thinner, take, context, err);
    case GEOMETRY_NONE:
        break;
    }
    return true;
}

uint64_t cell_thinner_lot(struct text geometry)
{
    return hash_bytes(geometry.data, geometry.length);
}

/* Each feature is chosen with a chance of its share of what has come so far: in the end, of all. Those that lie in one
 * place follow one another, and each draws anew. */
static bool is_chosen(const struct cell_thinner *thinner, double ink)
{
    uint64_t hash = hash_mix(thinner->lot + thinner->equals, thinner->band);
    return ldexp((double)(hash >> 11), -53) * thinner->total <= ink;
}

bool cell_thinner_add(struct cell_thinner *thinner, const struct cell_small *feature, cell_thinner_taker *take,
                      void *context, struct error *err)
{
    const struct cell_record *record = feature->record;
    uint64_t square = record->key >> (2 * square_log2(thinner));
    if (thinner->is_open && (thinner->each || square != thinner->square) &&
        !cell_thinner_finish(thinner, take, context, err)) {
        return false;
    }
    if (!thinner->is_open) {
        thinner->is_open = true;
        thinner->square = square;
        thinner->count = 0;
        thinner->total = 0;
        buffer_clear(&thinner->content);
        buffer_append(&thinner->content, feature->content.data, feature->content.length);
    }
    thinner->equals = thinner->count > 0 && feature->lot == thinner->lot ? thinner->equals + 1 : 0;
    thinner->lot = feature->lot;
    thinner->count++;
    thinner->total += feature->ink;
    if (thinner->count > 1 && !is_chosen(thinner, feature->ink)) {
        return true;
    }
    thinner->chosen = *record;
    thinner->chosen_way[0] = feature->way[0];
    thinner->chosen_way[1] = feature->way[1];
    buffer_clear(&thinner->bytes);
    buffer_append(&thinner->bytes, record->attributes.data, record->attributes.length);
    return (!thinner->bytes.failed && !thinner->content.failed) || error_no_memory(err);
}
