/* SPDX-License-Identifier: MIT */
#include "server/router.h"

#include "server/handlers.h"
#include "server/pages.h"

#include <string.h>

static const struct route routes[] = {
    {"/", ROUTE_WORKER, handle_landing, "f lang"},
    {"/api", ROUTE_INLINE, handle_api, "f"},
    {"/collections", ROUTE_INLINE, handle_collections, "f"},
    {"/collections/{layer}", ROUTE_INLINE, handle_collection, "f"},
    {"/collections/{layer}/items", ROUTE_WORKER, handle_items, "bbox cursor datetime f limit offset"},
    {"/collections/{layer}/items/{id}", ROUTE_WORKER, handle_item, "f"},
    {"/conformance", ROUTE_INLINE, handle_conformance, "f"},
    {"/data/{layer}.geojson", ROUTE_INLINE, handle_data_geojson, "v"},
    {"/fonts/{stack}/{range}.pbf", ROUTE_INLINE, handle_glyphs, "v"},
    {"/health/live", ROUTE_INLINE, handle_live, ""},
    {"/health/ready", ROUTE_INLINE, handle_ready, ""},
    {"/identify/{map}", ROUTE_WORKER, handle_identify, "feature lang lat lon radius zoom"},
    {"/legend/{map}", ROUTE_WORKER, handle_legend, "f lang v"},
    {"/mapas", ROUTE_WORKER, handle_maps, "f lang *"},
    {"/mapas/{map}", ROUTE_WORKER, handle_map_page, "capas embed lang opacidad sel v *"},
    {"/mapas/{map}/tabla", ROUTE_WORKER, handle_map_table, "capa lang pagina *"},
    {"/maps/{map}.png", ROUTE_WORKER, handle_picture, "bbox center height scale size v width zoom"},
    {"/metrics", ROUTE_INLINE, handle_metrics, ""},
    {"/robots.txt", ROUTE_INLINE, handle_robots, ""},
    {"/sitemap.xml", ROUTE_WORKER, handle_sitemap, ""},
    {"/sprites/{map}.json", ROUTE_INLINE, handle_sprite_json, "v"},
    {"/sprites/{map}.png", ROUTE_INLINE, handle_sprite_png, "v"},
    {"/sprites/{map}@2x.json", ROUTE_INLINE, handle_sprite_json_2x, "v"},
    {"/sprites/{map}@2x.png", ROUTE_INLINE, handle_sprite_png_2x, "v"},
    {"/static/{file...}", ROUTE_INLINE, handle_static, "v"},
    {"/styles/{map}.json", ROUTE_INLINE, handle_style, "v"},
    {"/tiles/{map}/512/{z}/{x}/{y}.png", ROUTE_INLINE, handle_tile_png_512, "v"},
    {"/tiles/{map}/512/{z}/{x}/{y}@2x.png", ROUTE_INLINE, handle_tile_png_512_2x, "v"},
    {"/tiles/{map}/{z}/{x}/{y}.geojson", ROUTE_INLINE, handle_tile_geojson, "v"},
    {"/tiles/{map}/{z}/{x}/{y}.jpg", ROUTE_INLINE, handle_tile_jpeg, "v"},
    {"/tiles/{map}/{z}/{x}/{y}.mvt", ROUTE_INLINE, handle_tile_mvt, "v"},
    {"/tiles/{map}/{z}/{x}/{y}.pbf", ROUTE_INLINE, handle_tile_mvt, "v"},
    {"/tiles/{map}/{z}/{x}/{y}.png", ROUTE_INLINE, handle_tile_png, "v"},
    {"/tiles/{map}/{z}/{x}/{y}.webp", ROUTE_INLINE, handle_tile_webp, "v"},
    {"/tiles/{map}/{z}/{x}/{y}@2x.jpg", ROUTE_INLINE, handle_tile_jpeg_2x, "v"},
    {"/tiles/{map}/{z}/{x}/{y}@2x.png", ROUTE_INLINE, handle_tile_png_2x, "v"},
    {"/tiles/{map}/{z}/{x}/{y}@2x.webp", ROUTE_INLINE, handle_tile_webp_2x, "v"},
    {"/tiles/{subject}.json", ROUTE_INLINE, handle_tilejson, "v"},
};

const struct route *router_routes(size_t *out_count)
{
    *out_count = sizeof routes / sizeof routes[0];
    return routes;
}

struct match {
    struct text captures[REQUEST_CAPTURES_MAX];
    bool is_id[REQUEST_CAPTURES_MAX]; /* of a map or a layer: the same in either case */
    size_t capture_count;
    size_t literal; /* characters that stand in the pattern */
};

/* One segment of the pattern against one of the path, both without slashes. */
static bool match_segment(struct text pattern, struct text segment, struct match *match)
{
    if (pattern.length == 0 || pattern.data[0] != '{') {
        match->literal += pattern.length;
        return text_equal(pattern, segment);
    }
    const char *close = memchr(pattern.data, '}', pattern.length);
    struct text suffix = {close + 1, (size_t)(pattern.data + pattern.length - close - 1)};
    if (segment.length <= suffix.length ||
        memcmp(segment.data + segment.length - suffix.length, suffix.data, suffix.length) != 0) {
        return false;
    }
    struct text name = {pattern.data + 1, (size_t)(close - pattern.data - 1)};
    match->literal += suffix.length;
    match->is_id[match->capture_count] = text_is(name, "map") || text_is(name, "layer") || text_is(name, "subject");
    match->captures[match->capture_count++] = (struct text){segment.data, segment.length - suffix.length};
    return true;
}

static bool is_rest(struct text pattern)
{
    return pattern.length > 4 && memcmp(pattern.data + pattern.length - 4, "...}", 4) == 0;
}

static bool match_path(const char *pattern, const char *path, struct match *out_match)
{
    *out_match = (struct match){0};
    while (*pattern == '/' && *path == '/') {
        pattern++;
        path++;
        struct text pattern_segment = {pattern, strcspn(pattern, "/")};
        struct text segment = {path, strcspn(path, "/")};
        if (is_rest(pattern_segment)) {
            out_match->captures[out_match->capture_count++] = text_of(path);
            return *path != '\0';
        }
        if (!match_segment(pattern_segment, segment, out_match)) {
            return false;
        }
        pattern += pattern_segment.length;
        path += segment.length;
    }
    return *pattern == '\0' && *path == '\0';
}

const struct route *router_match(const char *path, struct arena *arena, const char *out_captures[REQUEST_CAPTURES_MAX],
                                 size_t *out_capture_count)
{
    const struct route *best = NULL;
    struct match best_match = {0};
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        struct match match;
        if (match_path(routes[i].pattern, path, &match) && (!best || match.literal > best_match.literal)) {
            best = &routes[i];
            best_match = match;
        }
    }
    if (!best) {
        return NULL;
    }
    for (size_t i = 0; i < best_match.capture_count; i++) {
        char *capture = arena_strndup(arena, best_match.captures[i].data, best_match.captures[i].length);
        if (!capture) {
            return NULL;
        }
        if (best_match.is_id[i]) {
            text_lower_id(capture);
        }
        out_captures[i] = capture;
    }
    *out_capture_count = best_match.capture_count;
    return best;
}

/* Cuts the next name off a list separated by blanks; empty at the end. */
static struct text next_name(const char **list)
{
    *list += strspn(*list, " ");
    struct text name = {*list, strcspn(*list, " ")};
    *list += name.length;
    return name;
}

static bool knows(const char *list, const char *wanted)
{
    for (struct text name = next_name(&list); name.length > 0; name = next_name(&list)) {
        if (text_is(name, wanted)) {
            return true;
        }
    }
    return false;
}

static struct text nearest(const char *list, const char *wanted)
{
    struct text best = {"", 0};
    size_t best_distance = 0;
    for (struct text name = next_name(&list); name.length > 0; name = next_name(&list)) {
        size_t distance = text_edit_distance(name, text_of(wanted));
        if (best.length == 0 || distance < best_distance) {
            best = name;
            best_distance = distance;
        }
    }
    return best;
}

static bool refuse_unknown(const struct route *route, const char *name, struct error *err)
{
    struct text near = nearest(route->parameters, name);
    if (near.length == 0) {
        error_tell(err, ERROR_INVALID, "SRV-010", "unknown parameter \"%.64s\"; this address takes none",
                   "el parámetro «%.64s» no existe; esta dirección no admite parámetros", name);
    } else {
        error_tell(err, ERROR_INVALID, "SRV-010", "unknown parameter \"%.64s\"; did you mean \"%.*s\"? Known: %s",
                   "el parámetro «%.64s» no existe; ¿quiso decir «%.*s»? Se admiten: %s", name, (int)near.length,
                   near.data, route->parameters);
    }
    return false;
}

bool router_check_parameters(const struct route *route, const struct request_parameter *parameters, size_t count,
                             struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!knows(route->parameters, parameters[i].name) && !knows(route->parameters, "*")) {
            return refuse_unknown(route, parameters[i].name, err);
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(parameters[k].name, parameters[i].name) == 0) {
                error_tell(err, ERROR_INVALID, "SRV-011", "parameter \"%.64s\" is given more than once",
                           "el parámetro «%.64s» está repetido", parameters[i].name);
                return false;
            }
        }
    }
    return true;
}
