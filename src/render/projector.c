/* SPDX-License-Identifier: MIT */
#include "render/projector.h"

#include <math.h>

/* Coordinates are kept within this, in fixed-point units, so that sums of two fit int32_t. */
static const double far_limit = 536870912.0; /* 2^29 */

/* True for the zooms of tiles up to style zoom 15. */
static bool drops_bits(double units_per_px, unsigned *out_drop)
{
    int exponent;
    double units = units_per_px / DRAW_ONE;
    bool is_binary = frexp(units, &exponent) == 0.5 && exponent >= 1 && exponent <= 31;
    *out_drop = is_binary ? (unsigned)exponent - 1 : 0;
    return is_binary;
}

struct projector projector_of_view(const struct view *view, const struct render_frame *frame, double translate_x_css_px,
                                   double translate_y_css_px, double reach_px)
{
    double units = view_units_per_px(view);
    struct world_box box = view_box(view);
    double move_x_px = translate_x_css_px * view->pixel_ratio;
    double move_y_px = translate_y_css_px * view->pixel_ratio;
    int64_t reach = (int64_t)ceil(units * (reach_px + 1));
    int64_t shift_x = (int64_t)floor(units * move_x_px + 0.5);
    int64_t shift_y = (int64_t)floor(units * move_y_px + 0.5);
    int64_t base_x = frame ? frame->origin_x : 0;
    int64_t base_y = frame ? frame->origin_y : 0;
    unsigned drop;
    bool is_binary = drops_bits(units, &drop);
    return (struct projector){
        .is_binary = is_binary && !frame,
        .drop = drop,
        .unit = frame ? frame->unit : 1,
        .origin_x = view->origin_x - base_x,
        .origin_y = view->origin_y - base_y,
        .scale = DRAW_ONE / units,
        .move_x = (int32_t)floor(move_x_px * DRAW_ONE + 0.5),
        .move_y = (int32_t)floor(move_y_px * DRAW_ONE + 0.5),
        .visible = {box.min_x - reach - shift_x - base_x, box.min_y - reach - shift_y - base_y,
                    box.max_x + reach - shift_x - base_x, box.max_y + reach - shift_y - base_y},
    };
}

bool projector_includes(const struct projector *projector, const struct projector *other)
{
    const struct world_box *own = &projector->visible;
    const struct world_box *its = &other->visible;
    return projector->unit == other->unit && projector->scale == other->scale &&
           projector->origin_x == other->origin_x && projector->origin_y == other->origin_y &&
           projector->move_x == other->move_x && projector->move_y == other->move_y && own->min_x <= its->min_x &&
           own->min_y <= its->min_y && own->max_x >= its->max_x && own->max_y >= its->max_y;
}

/* Of a feature's box, in world units from the features' (0, 0); as doubles, exact below 2^53. */
struct wide_box {
    double min_x;
    double min_y;
    double max_x;
    double max_y;
};

static struct wide_box box_of(const struct projector *projector, const struct feature *feature)
{
    double shift = (double)feature->shift_x;
    return (struct wide_box){
        (double)feature->box.min_x * projector->unit + shift, (double)feature->box.min_y * projector->unit,
        (double)feature->box.max_x * projector->unit + shift, (double)feature->box.max_y * projector->unit};
}

bool projector_sees(const struct projector *projector, const struct feature *feature)
{
    if (projector->unit == 1) {
        const struct world_box *own = &feature->box;
        const struct world_box *seen = &projector->visible;
        return own->min_x + feature->shift_x <= seen->max_x && own->max_x + feature->shift_x >= seen->min_x &&
               own->min_y <= seen->max_y && own->max_y >= seen->min_y;
    }
    struct wide_box box = box_of(projector, feature);
    const struct world_box *visible = &projector->visible;
    return box.min_x <= (double)visible->max_x && box.max_x >= (double)visible->min_x &&
           box.min_y <= (double)visible->max_y && box.max_y >= (double)visible->min_y;
}

static bool is_near(const struct projector *projector, const struct feature *feature)
{
    struct wide_box box = box_of(projector, feature);
    double x = (double)projector->origin_x;
    double y = (double)projector->origin_y;
    return fabs((box.min_x - x) * projector->scale) < far_limit &&
           fabs((box.max_x - x) * projector->scale) < far_limit &&
           fabs((box.min_y - y) * projector->scale) < far_limit && fabs((box.max_y - y) * projector->scale) < far_limit;
}

struct far_point {
    double x;
    double y;
};

static double along(const struct far_point *point, int axis)
{
    return axis == 0 ? point->x : point->y;
}

static struct far_point meet(const struct far_point *a, const struct far_point *b, int axis, double limit)
{
    double share = (limit - along(a, axis)) / (along(b, axis) - along(a, axis));
    struct far_point met = {a->x + share * (b->x - a->x), a->y + share * (b->y - a->y)};
    if (axis == 0) {
        met.x = limit;
    } else {
        met.y = limit;
    }
    return met;
}

/* Sutherland-Hodgman against one side of the square of ±far_limit. An open line is treated as a ring that runs back
 * along itself outside the picture: what it adds lies on the square's border, far from anything visible. */
static size_t clip_side(const struct far_point *from, size_t count, int axis, double sign, bool is_ring,
                        struct far_point *to)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool has_next = is_ring || i + 1 < count;
        const struct far_point *a = &from[i];
        const struct far_point *b = &from[(i + 1) % count];
        bool a_in = sign * along(a, axis) <= far_limit;
        bool b_in = sign * along(b, axis) <= far_limit;
        if (a_in) {
            to[kept++] = *a;
        }
        if (has_next && a_in != b_in) {
            to[kept++] = meet(a, b, axis, sign * far_limit);
        }
    }
    return kept;
}

static const struct draw_point *far_part(const struct projector *projector, const struct feature *feature,
                                         const struct world_point *points, uint32_t count, bool is_ring,
                                         struct arena *arena, size_t *out_count)
{
    size_t room = 2 * (size_t)count + 16;
    struct far_point *from = arena_array(arena, 16 * room, sizeof *from);
    if (!from) {
        return NULL;
    }
    struct far_point *to = from + 8 * room;
    double shift_x = (double)(feature->shift_x - projector->origin_x);
    double shift_y = (double)-projector->origin_y;
    for (uint32_t i = 0; i < count; i++) {
        from[i].x = ((double)points[i].x * projector->unit + shift_x) * projector->scale;
        from[i].y = ((double)points[i].y * projector->unit + shift_y) * projector->scale;
    }
    size_t size = count;
    for (int side = 0; side < 4 && size > 0; side++) {
        size = clip_side(from, size, side / 2, side % 2 == 0 ? 1 : -1, is_ring, to);
        struct far_point *swap = from;
        from = to;
        to = swap;
    }
    struct draw_point *projected = arena_array(arena, size, sizeof *projected);
    for (size_t i = 0; projected && i < size; i++) {
        projected[i].x = (int32_t)floor(from[i].x + 0.5) + projector->move_x;
        projected[i].y = (int32_t)floor(from[i].y + 0.5) + projector->move_y;
    }
    *out_count = size;
    return projected;
}

/* True when all of the feature is so near to the picture's corner that whole numbers of 32 bits will do. */
static bool is_short(const struct projector *projector, const struct feature *feature)
{
    int64_t x = feature->shift_x - projector->origin_x;
    int64_t limit = (int64_t)far_limit;
    return feature->box.min_x + x > -limit && feature->box.max_x + x < limit &&
           feature->box.min_y - projector->origin_y > -limit && feature->box.max_y - projector->origin_y < limit;
}

/* The same as floor(… * scale + 0.5), in whole numbers that a processor takes several of at once. */
static void project_binary(const struct projector *projector, const struct feature *feature,
                           const struct world_point *points, uint32_t count, struct draw_point *projected)
{
    unsigned drop = projector->drop;
    uint32_t half = drop > 0 ? 1U << (drop - 1) : 0;
    uint32_t add_x = (uint32_t)(feature->shift_x - projector->origin_x) + half;
    uint32_t add_y = half - (uint32_t)projector->origin_y;
    int32_t move_x = projector->move_x;
    int32_t move_y = projector->move_y;
    for (uint32_t i = 0; i < count; i++) {
        projected[i].x = ((int32_t)((uint32_t)points[i].x + add_x) >> drop) + move_x;
        projected[i].y = ((int32_t)((uint32_t)points[i].y + add_y) >> drop) + move_y;
    }
}

const struct draw_point *projector_part(const struct projector *projector, const struct feature *feature,
                                        const struct world_point *points, uint32_t count, bool is_ring,
                                        struct draw_point *room, struct arena *arena, size_t *out_count)
{
    bool is_binary = projector->is_binary && is_short(projector, feature);
    if (!is_binary && !is_near(projector, feature)) {
        return far_part(projector, feature, points, count, is_ring, arena, out_count);
    }
    *out_count = count;
    if (is_binary) {
        project_binary(projector, feature, points, count, room);
        return room;
    }
    double shift_x = (double)(feature->shift_x - projector->origin_x);
    double shift_y = (double)-projector->origin_y;
    for (uint32_t i = 0; i < count; i++) {
        double x = ((double)points[i].x * projector->unit + shift_x) * projector->scale;
        double y = ((double)points[i].y * projector->unit + shift_y) * projector->scale;
        room[i].x = (int32_t)floor(x + 0.5) + projector->move_x;
        room[i].y = (int32_t)floor(y + 0.5) + projector->move_y;
    }
    return room;
}
