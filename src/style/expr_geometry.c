/* SPDX-License-Identifier: MIT */
/* The expressions within and distance: a feature's place against GeoJSON written in the style. within is decided in
 * whole tile units, as the specification's clients do; distance in metres on an ellipsoid that is flat near the
 * feature ("cheap ruler", V. Agafonkin). */
#include "style/expr_parse.h"

#include <math.h>
#include <string.h>

static const double PI = 3.14159265358979323846;
static const double EXTENT = 8192;

struct box {
    double west;
    double south;
    double east;
    double north;
};

static const struct box empty_box = {INFINITY, INFINITY, -INFINITY, -INFINITY};

static void box_add(struct box *box, struct style_point point)
{
    box->west = fmin(box->west, point.x);
    box->south = fmin(box->south, point.y);
    box->east = fmax(box->east, point.x);
    box->north = fmax(box->north, point.y);
}

/* Strictly inside: edges do not touch. */
static bool box_within(const struct box *inner, const struct box *outer)
{
    return inner->west > outer->west && inner->east < outer->east && inner->south > outer->south &&
           inner->north < outer->north;
}

/* A line, ring or set of points. */
struct path {
    size_t count;
    struct style_point *points;
};

struct polygon {
    size_t count;
    struct path *rings;
};

/* --- reading GeoJSON ---------------------------------------------------------------------------------------- */

static bool is_position(const struct value *json)
{
    return json->type == VALUE_ARRAY && json->array.count >= 2 && value_is_number(&json->array.items[0]) &&
           value_is_number(&json->array.items[1]);
}

static bool read_ring(const struct value *json, struct arena *arena, struct expr_ring *out_ring)
{
    if (json->type != VALUE_ARRAY) {
        return false;
    }
    size_t count = json->array.count;
    double *lon_lat = arena_array(arena, count * 2, sizeof *lon_lat);
    if (!lon_lat) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_position(&json->array.items[i])) {
            return false;
        }
        lon_lat[2 * i] = value_number(&json->array.items[i].array.items[0]);
        lon_lat[2 * i + 1] = value_number(&json->array.items[i].array.items[1]);
    }
    *out_ring = (struct expr_ring){count, lon_lat};
    return count > 0;
}

struct shape_list {
    struct arena *arena;
    struct expr_shape *shapes;
    size_t count;
    size_t capacity;
};

static bool add_shape(struct shape_list *list, enum style_geometry type, const struct value *coordinates)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 4;
        struct expr_shape *grown =
            arena_grow(list->arena, list->shapes, list->capacity * sizeof *grown, capacity * sizeof *grown);
        if (!grown) {
            return false;
        }
        list->shapes = grown;
        list->capacity = capacity;
    }
    size_t count = type == STYLE_GEOMETRY_POLYGON ? coordinates->array.count : 1;
    struct expr_ring *rings = arena_array(list->arena, count, sizeof *rings);
    if (!rings || count == 0) {
        return false;
    }
    if (type == STYLE_GEOMETRY_POINT) {
        struct value one = {.type = VALUE_ARRAY, .array = {coordinates, 1}};
        if (!read_ring(&one, list->arena, &rings[0])) {
            return false;
        }
    } else {
        for (size_t i = 0; i < count; i++) {
            const struct value *ring = type == STYLE_GEOMETRY_POLYGON ? &coordinates->array.items[i] : coordinates;
            if (!read_ring(ring, list->arena, &rings[i])) {
                return false;
            }
        }
    }
    list->shapes[list->count++] = (struct expr_shape){type, count, rings};
    return true;
}

static bool add_geometry(struct shape_list *list, const struct value *json, bool polygons_only)
{
    static const char *const single[] = {"", "Point", "LineString", "Polygon"};
    static const char *const multi[] = {"", "MultiPoint", "MultiLineString", "MultiPolygon"};
    const char *name = value_member_string(json, "type");
    const struct value *coordinates = value_member(json, "coordinates");
    if (!name || !coordinates || coordinates->type != VALUE_ARRAY) {
        return polygons_only;
    }
    for (int type = polygons_only ? STYLE_GEOMETRY_POLYGON : STYLE_GEOMETRY_POINT; type <= STYLE_GEOMETRY_POLYGON;
         type++) {
        if (strcmp(name, single[type]) == 0) {
            return add_shape(list, (enum style_geometry)type, coordinates);
        }
        if (strcmp(name, multi[type]) == 0) {
            for (size_t i = 0; i < coordinates->array.count; i++) {
                const struct value *part = &coordinates->array.items[i];
                if (part->type != VALUE_ARRAY || !add_shape(list, (enum style_geometry)type, part)) {
                    return false;
                }
            }
            return true;
        }
    }
    return polygons_only; /* others do not count */
}

static bool add_geojson(struct shape_list *list, const struct value *json, bool polygons_only)
{
    const char *name = value_member_string(json, "type");
    if (!name) {
        return false;
    }
    if (strcmp(name, "FeatureCollection") == 0) {
        const struct value *features = value_member(json, "features");
        for (size_t i = 0; features && features->type == VALUE_ARRAY && i < features->array.count; i++) {
            if (!add_geometry(list, value_member(&features->array.items[i], "geometry"), polygons_only)) {
                return false;
            }
        }
        return list->count > 0;
    }
    if (strcmp(name, "Feature") == 0) {
        return add_geometry(list, value_member(json, "geometry"), polygons_only) && list->count > 0;
    }
    return add_geometry(list, json, polygons_only) && list->count > 0;
}

static const struct expr *parse_geometry(const struct expr_place *place, const struct value *json, const char *name,
                                         enum expr_op op, enum expr_kind kind)
{
    struct arena *arena = place->parser->arena;
    if (json->array.count != 2) {
        return expr_reject(place, "'%s' expression requires exactly one argument, but found %zu instead.", name,
                           json->array.count - 1);
    }
    struct shape_list list = {.arena = arena};
    struct expr_geometry *geometry = arena_alloc(arena, sizeof *geometry);
    if (!geometry || !add_geojson(&list, &json->array.items[1], op == OP_WITHIN)) {
        return expr_reject(place, "'%s' expression requires valid geojson object that contains polygon geometry type.",
                           name);
    }
    *geometry = (struct expr_geometry){list.shapes, list.count};
    struct expr *expr = expr_new(place, op, expr_type_of_kind(kind), 0, NULL);
    if (expr) {
        expr->geometry = geometry;
    }
    return expr;
}

const struct expr *expr_parse_within(const struct expr_place *place, const struct value *json)
{
    return parse_geometry(place, json, "within", OP_WITHIN, EXPR_BOOLEAN);
}

const struct expr *expr_parse_distance(const struct expr_place *place, const struct value *json)
{
    return parse_geometry(place, json, "distance", OP_DISTANCE, EXPR_NUMBER);
}

/* --- points, segments, polygons ----------------------------------------------------------------------------- */

static bool on_segment(struct style_point p, struct style_point a, struct style_point b)
{
    double x1 = p.x - a.x;
    double y1 = p.y - a.y;
    double x2 = p.x - b.x;
    double y2 = p.y - b.y;
    return x1 * y2 - x2 * y1 == 0 && x1 * x2 <= 0 && y1 * y2 <= 0;
}

static bool point_in_polygon(struct style_point p, const struct polygon *polygon, bool on_edge)
{
    bool inside = false;
    for (size_t r = 0; r < polygon->count; r++) {
        const struct path *ring = &polygon->rings[r];
        for (size_t i = 0; i + 1 < ring->count; i++) {
            struct style_point a = ring->points[i];
            struct style_point b = ring->points[i + 1];
            if (on_segment(p, a, b)) {
                return on_edge;
            }
            if ((a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x) {
                inside = !inside;
            }
        }
    }
    return inside;
}

/* True when p1 and p2 lie on different sides of the line through q1 and q2. */
static bool on_two_sides(struct style_point p1, struct style_point p2, struct style_point q1, struct style_point q2)
{
    double x3 = q2.x - q1.x;
    double y3 = q2.y - q1.y;
    double side1 = (p1.x - q1.x) * y3 - x3 * (p1.y - q1.y);
    double side2 = (p2.x - q1.x) * y3 - x3 * (p2.y - q1.y);
    return (side1 > 0 && side2 < 0) || (side1 < 0 && side2 > 0);
}

static bool segments_cross(struct style_point a, struct style_point b, struct style_point c, struct style_point d)
{
    double turn = (d.x - c.x) * (b.y - a.y) - (d.y - c.y) * (b.x - a.x);
    return turn != 0 && on_two_sides(a, b, c, d) && on_two_sides(c, d, a, b);
}

static bool line_within_polygon(const struct path *line, const struct polygon *polygon)
{
    for (size_t i = 0; i < line->count; i++) {
        if (!point_in_polygon(line->points[i], polygon, false)) {
            return false;
        }
    }
    for (size_t i = 0; i + 1 < line->count; i++) {
        for (size_t r = 0; r < polygon->count; r++) {
            const struct path *ring = &polygon->rings[r];
            for (size_t j = 0; j + 1 < ring->count; j++) {
                if (segments_cross(line->points[i], line->points[i + 1], ring->points[j], ring->points[j + 1])) {
                    return false;
                }
            }
        }
    }
    return true;
}

/* --- within ------------------------------------------------------------------------------------------------- */

static double round_half_up(double number)
{
    return floor(number + 0.5);
}

static struct style_point world_point(double lon, double lat, double tiles)
{
    double x = (180 + lon) / 360;
    double y = (180 - (180 / PI * log(tan(PI / 4 + lat * PI / 360)))) / 360;
    return (struct style_point){round_half_up(x * tiles * EXTENT), round_half_up(y * tiles * EXTENT)};
}

static bool world_polygons(const struct expr_geometry *geometry, double tiles, struct arena *arena,
                           struct polygon **out_polygons, struct box *box)
{
    struct polygon *polygons = arena_array(arena, geometry->count, sizeof *polygons);
    for (size_t s = 0; polygons && s < geometry->count; s++) {
        const struct expr_shape *shape = &geometry->shapes[s];
        polygons[s] = (struct polygon){shape->count, arena_array(arena, shape->count, sizeof(struct path))};
        for (size_t r = 0; r < shape->count; r++) {
            const struct expr_ring *ring = &shape->rings[r];
            struct style_point *points = arena_array(arena, ring->count, sizeof *points);
            if (!polygons[s].rings || !points) {
                return false;
            }
            for (size_t i = 0; i < ring->count; i++) {
                points[i] = world_point(ring->lon_lat[2 * i], ring->lon_lat[2 * i + 1], tiles);
                box_add(box, points[i]);
            }
            polygons[s].rings[r] = (struct path){ring->count, points};
        }
    }
    *out_polygons = polygons;
    return polygons;
}

/* Moves a point round the world to the side where the polygons are. */
static void bring_near(struct style_point *point, const struct box *box, double world)
{
    if (point->x >= box->west && point->x <= box->east) {
        return;
    }
    double half = world / 2;
    double shift = point->x - box->west > half ? -world : box->west - point->x > half ? world : 0;
    if (shift == 0) {
        shift = point->x - box->east > half ? -world : box->east - point->x > half ? world : 0;
    }
    point->x += shift;
}

/* The parts of a feature in units of the world; false when memory is out. */
static bool world_parts(const struct style_shape *shape, struct arena *arena, struct path **out_parts)
{
    size_t total = shape->part_count ? shape->part_ends[shape->part_count - 1] : 0;
    struct style_point *points = arena_array(arena, total, sizeof *points);
    struct path *parts = arena_array(arena, shape->part_count, sizeof *parts);
    if (!points || !parts) {
        return false;
    }
    for (size_t i = 0; i < total; i++) {
        points[i] = (struct style_point){shape->points[i].x + shape->tile_x * EXTENT,
                                         shape->points[i].y + shape->tile_y * EXTENT};
    }
    size_t start = 0;
    for (size_t i = 0; i < shape->part_count; i++) {
        parts[i] = (struct path){shape->part_ends[i] - start, points + start};
        start = shape->part_ends[i];
    }
    *out_parts = parts;
    return true;
}

static bool part_within(const struct path *part, bool line, const struct polygon *polygons, size_t count)
{
    if (line) {
        for (size_t i = 0; i < count; i++) {
            if (line_within_polygon(part, &polygons[i])) {
                return true;
            }
        }
        return false;
    }
    for (size_t p = 0; p < part->count; p++) {
        bool inside = false;
        for (size_t i = 0; i < count && !inside; i++) {
            inside = point_in_polygon(part->points[p], &polygons[i], false);
        }
        if (!inside) {
            return false;
        }
    }
    return true;
}

bool expr_within(const struct expr_geometry *geometry, const struct style_feature *feature, struct arena *arena)
{
    bool line = feature && feature->geometry == STYLE_GEOMETRY_LINE;
    if (!feature || !feature->shape || (!line && feature->geometry != STYLE_GEOMETRY_POINT)) {
        return false;
    }
    const struct style_shape *shape = feature->shape;
    double tiles = exp2(shape->tile_z);
    double world = tiles * EXTENT;
    struct box polygons_box = empty_box;
    struct box box = empty_box;
    struct polygon *polygons;
    struct path *parts;
    if (!world_polygons(geometry, tiles, arena, &polygons, &polygons_box) || !world_parts(shape, arena, &parts)) {
        return false;
    }
    for (size_t i = 0; i < shape->part_count; i++) {
        for (size_t p = 0; p < parts[i].count; p++) {
            box_add(&box, parts[i].points[p]);
        }
    }
    /* lines longer than half the world stay where they are */
    if (!line || box.east - box.west <= world / 2) {
        box = empty_box;
        for (size_t i = 0; i < shape->part_count; i++) {
            for (size_t p = 0; p < parts[i].count; p++) {
                bring_near(&parts[i].points[p], &polygons_box, world);
                box_add(&box, parts[i].points[p]);
            }
        }
    }
    if (!box_within(&box, &polygons_box)) {
        return false;
    }
    for (size_t i = 0; i < shape->part_count; i++) {
        if (!part_within(&parts[i], line, polygons, geometry->count)) {
            return false;
        }
    }
    return true;
}

/* --- distance ----------------------------------------------------------------------------------------------- */

/* Metres per degree near a latitude on the ellipsoid WGS 84 (curvature formulas). */
struct ruler {
    double kx;
    double ky;
};

static struct ruler ruler_at(double lat)
{
    const double flattening = 1 / 298.257223563;
    const double e2 = flattening * (2 - flattening);
    const double radians = PI / 180;
    const double m = radians * 6378.137 * 1000;
    double cosine = cos(lat * radians);
    double w2 = 1 / (1 - e2 * (1 - cosine * cosine));
    double w = sqrt(w2);
    return (struct ruler){m * w * cosine, m * w * w2 * (1 - e2)};
}

static double wrap(double degrees)
{
    if (!isfinite(degrees)) {
        return degrees;
    }
    if (fabs(degrees) > 1e6) {
        degrees = fmod(degrees, 360);
    }
    while (degrees < -180) {
        degrees += 360;
    }
    while (degrees > 180) {
        degrees -= 360;
    }
    return degrees;
}

static double distance_between(struct ruler ruler, struct style_point a, struct style_point b)
{
    double dx = wrap(a.x - b.x) * ruler.kx;
    double dy = (a.y - b.y) * ruler.ky;
    return sqrt(dx * dx + dy * dy);
}

static double point_to_segment(struct ruler ruler, struct style_point p, struct style_point a, struct style_point b)
{
    double dx = wrap(b.x - a.x) * ruler.kx;
    double dy = (b.y - a.y) * ruler.ky;
    if (dx != 0 || dy != 0) {
        double t = (wrap(p.x - a.x) * ruler.kx * dx + (p.y - a.y) * ruler.ky * dy) / (dx * dx + dy * dy);
        if (t > 1) {
            a = b;
        } else if (t > 0) {
            a.x += dx / ruler.kx * t;
            a.y += dy / ruler.ky * t;
        }
    }
    return distance_between(ruler, p, a);
}

static double segment_to_segment(struct ruler ruler, struct style_point a, struct style_point b, struct style_point c,
                                 struct style_point d)
{
    if (segments_cross(a, b, c, d)) {
        return 0;
    }
    double from_first = fmin(point_to_segment(ruler, a, c, d), point_to_segment(ruler, b, c, d));
    double from_second = fmin(point_to_segment(ruler, c, a, b), point_to_segment(ruler, d, a, b));
    return fmin(from_first, from_second);
}

static double point_to_path(struct ruler ruler, struct style_point point, const struct path *path)
{
    double nearest = INFINITY;
    for (size_t i = 0; i + 1 < path->count; i++) {
        nearest = fmin(nearest, point_to_segment(ruler, point, path->points[i], path->points[i + 1]));
    }
    return path->count == 1 ? distance_between(ruler, point, path->points[0]) : nearest;
}

static double path_to_path(struct ruler ruler, const struct path *a, const struct path *b)
{
    double nearest = INFINITY;
    for (size_t i = 0; i + 1 < a->count; i++) {
        for (size_t j = 0; j + 1 < b->count; j++) {
            nearest = fmin(nearest,
                           segment_to_segment(ruler, a->points[i], a->points[i + 1], b->points[j], b->points[j + 1]));
            if (nearest == 0) {
                return 0;
            }
        }
    }
    return nearest;
}

/* Points or a line against a polygon. */
static double path_to_polygon(struct ruler ruler, const struct path *path, bool line, const struct polygon *polygon)
{
    double nearest = INFINITY;
    for (size_t i = 0; i < path->count; i++) {
        if (point_in_polygon(path->points[i], polygon, true)) {
            return 0;
        }
    }
    for (size_t r = 0; r < polygon->count; r++) {
        if (line) {
            nearest = fmin(nearest, path_to_path(ruler, path, &polygon->rings[r]));
            continue;
        }
        for (size_t i = 0; i < path->count; i++) {
            nearest = fmin(nearest, point_to_path(ruler, path->points[i], &polygon->rings[r]));
        }
    }
    return nearest;
}

static bool any_point_in(const struct polygon *a, const struct polygon *b)
{
    for (size_t r = 0; r < a->count; r++) {
        for (size_t i = 0; i < a->rings[r].count; i++) {
            if (point_in_polygon(a->rings[r].points[i], b, true)) {
                return true;
            }
        }
    }
    return false;
}

static struct box polygon_box(const struct polygon *polygon)
{
    struct box box = empty_box;
    for (size_t r = 0; r < polygon->count; r++) {
        for (size_t i = 0; i < polygon->rings[r].count; i++) {
            box_add(&box, polygon->rings[r].points[i]);
        }
    }
    return box;
}

static double polygon_to_polygon(struct ruler ruler, const struct polygon *a, const struct polygon *b)
{
    struct box box_a = polygon_box(a);
    struct box box_b = polygon_box(b);
    bool inner = box_within(&box_a, &box_b);
    if (inner ? any_point_in(a, b) : any_point_in(b, a)) {
        return 0;
    }
    double nearest = INFINITY;
    for (size_t i = 0; i < a->count; i++) {
        for (size_t j = 0; j < b->count; j++) {
            nearest = fmin(nearest, path_to_path(ruler, &a->rings[i], &b->rings[j]));
        }
    }
    return nearest;
}

/* The parts of a feature in degrees. */
static bool degree_parts(const struct style_shape *shape, struct arena *arena, struct path **out_parts)
{
    size_t total = shape->part_count ? shape->part_ends[shape->part_count - 1] : 0;
    struct style_point *points = arena_array(arena, total, sizeof *points);
    struct path *parts = arena_array(arena, shape->part_count, sizeof *parts);
    if (!points || !parts) {
        return false;
    }
    double tiles = exp2(shape->tile_z);
    for (size_t i = 0; i < total; i++) {
        double x = (shape->points[i].x / EXTENT + shape->tile_x) / tiles;
        double y = (shape->points[i].y / EXTENT + shape->tile_y) / tiles;
        points[i] = (struct style_point){x * 360 - 180, 360 / PI * atan(exp((180 - y * 360) * PI / 180)) - 90};
    }
    size_t start = 0;
    for (size_t i = 0; i < shape->part_count; i++) {
        parts[i] = (struct path){shape->part_ends[i] - start, points + start};
        start = shape->part_ends[i];
    }
    *out_parts = parts;
    return true;
}

/* The style's shape as paths in degrees. */
static bool style_polygon(const struct expr_shape *shape, struct arena *arena, struct polygon *out_polygon)
{
    struct path *rings = arena_array(arena, shape->count, sizeof *rings);
    for (size_t r = 0; rings && r < shape->count; r++) {
        struct style_point *points = arena_array(arena, shape->rings[r].count, sizeof *points);
        if (!points) {
            return false;
        }
        for (size_t i = 0; i < shape->rings[r].count; i++) {
            points[i] = (struct style_point){shape->rings[r].lon_lat[2 * i], shape->rings[r].lon_lat[2 * i + 1]};
        }
        rings[r] = (struct path){shape->rings[r].count, points};
    }
    *out_polygon = (struct polygon){shape->count, rings};
    return rings;
}

/* All points of a feature, or all its lines one after the other, against a shape of the style. */
static double path_to_shape(struct ruler ruler, const struct path *path, bool line, enum style_geometry type,
                            const struct polygon *shape)
{
    if (type == STYLE_GEOMETRY_POLYGON) {
        return path_to_polygon(ruler, path, line, shape);
    }
    const struct path *other = &shape->rings[0];
    bool other_line = type == STYLE_GEOMETRY_LINE;
    if (line && other_line) {
        return path_to_path(ruler, path, other);
    }
    double nearest = INFINITY;
    if (line) {
        return point_to_path(ruler, other->points[0], path);
    }
    for (size_t i = 0; i < path->count; i++) {
        nearest = fmin(nearest, point_to_path(ruler, path->points[i], other));
    }
    return nearest;
}

static double signed_area(const struct path *ring)
{
    double sum = 0;
    for (size_t i = 0, j = ring->count - 1; i < ring->count; j = i++) {
        sum += (ring->points[j].x - ring->points[i].x) * (ring->points[i].y + ring->points[j].y);
    }
    return sum;
}

/* Sorts rings into polygons: each that winds like the first begins one. Returns how many. */
static size_t classify_rings(struct path *rings, size_t count, struct polygon *out_polygons)
{
    size_t polygons = 0;
    int first_winding = 0;
    struct path *kept = rings;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        double area = rings[i].count ? signed_area(&rings[i]) : 0;
        if (area == 0 && count > 1) {
            continue;
        }
        int winding = area < 0 ? -1 : 1;
        first_winding = first_winding ? first_winding : winding;
        kept[used] = rings[i];
        if (winding == first_winding || polygons == 0) {
            out_polygons[polygons++] = (struct polygon){0, &kept[used]};
        }
        out_polygons[polygons - 1].count++;
        used++;
    }
    return polygons;
}

static double polygons_to_shape(struct ruler ruler, const struct polygon *polygons, size_t count,
                                enum style_geometry type, const struct polygon *shape)
{
    double nearest = INFINITY;
    for (size_t i = 0; i < count && nearest > 0; i++) {
        double distance = type == STYLE_GEOMETRY_POLYGON
                              ? polygon_to_polygon(ruler, &polygons[i], shape)
                              : path_to_polygon(ruler, &shape->rings[0], type == STYLE_GEOMETRY_LINE, &polygons[i]);
        nearest = fmin(nearest, distance);
    }
    return nearest;
}

double expr_distance(const struct expr_geometry *geometry, const struct style_feature *feature, struct arena *arena)
{
    if (!feature || !feature->shape || feature->geometry == STYLE_GEOMETRY_UNKNOWN) {
        return NAN;
    }
    const struct style_shape *shape = feature->shape;
    struct path *parts;
    struct polygon *polygons = arena_array(arena, shape->part_count, sizeof *polygons);
    if (!polygons || !degree_parts(shape, arena, &parts) || shape->part_count == 0 || parts[0].count == 0) {
        return NAN;
    }
    bool area = feature->geometry == STYLE_GEOMETRY_POLYGON;
    size_t polygon_count = area ? classify_rings(parts, shape->part_count, polygons) : 0;
    if (area && polygon_count == 0) {
        return NAN;
    }
    struct ruler ruler = ruler_at(area ? polygons[0].rings[0].points[0].y : parts[0].points[0].y);
    /* parts lie one after the other in memory */
    struct path whole = {shape->part_ends[shape->part_count - 1], parts[0].points};
    double nearest = INFINITY;
    for (size_t s = 0; s < geometry->count && nearest > 0; s++) {
        struct polygon other;
        if (!style_polygon(&geometry->shapes[s], arena, &other)) {
            return NAN;
        }
        enum style_geometry type = geometry->shapes[s].type;
        double distance = area ? polygons_to_shape(ruler, polygons, polygon_count, type, &other)
                               : path_to_shape(ruler, &whole, feature->geometry == STYLE_GEOMETRY_LINE, type, &other);
        nearest = fmin(nearest, distance);
    }
    return nearest;
}
