/* SPDX-License-Identifier: MIT */
/* The suite "mvt": decode valid and broken vector tiles, compare what comes out with tile.json, and read back what our
 * own encoder writes of it. */
#include "conformance/report.h"

#include "base/file.h"
#include "geo/grid.h"
#include "render/mvt.h"
#include "render/mvt_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TILE_BYTES_MAX = 32 << 20, TEXT_BYTES_MAX = 1 << 20, PATH_BYTES = 4096 };

/* --- what tile.json says --- */

/* The value of {"string_value": …}, {"int_value": …}; NULL when it is not of that form. */
static const struct value *content_of(const struct value *json)
{
    return json->type == VALUE_OBJECT && json->object.count == 1 ? &json->object.members[0].value : json;
}

static bool same_value(const struct value *expected, const struct value *actual)
{
    if (expected->type == VALUE_INT && actual->type == VALUE_STRING) {
        char digits[32]; /* {"string_value": 613}: the writer of the file took the number for its digits */
        snprintf(digits, sizeof digits, "%lld", (long long)expected->integer);
        return text_is(actual->string, digits);
    }
    if (value_is_number(expected) && value_is_number(actual)) {
        /* float_value is written with the digits of a float or of the double it is */
        double a = value_number(expected);
        double b = value_number(actual);
        return a == b || (float)a == (float)b;
    }
    return value_equal(expected, actual);
}

static bool same_geometry(const struct value *expected, struct text actual)
{
    const unsigned char *at = (const unsigned char *)actual.data;
    const unsigned char *end = at + actual.length;
    size_t count = 0;
    while (at < end) {
        uint64_t number = 0;
        for (unsigned shift = 0; at < end; shift += 7) {
            unsigned char byte = *at++;
            number |= (uint64_t)(byte & 127) << shift;
            if (byte < 128) {
                break;
            }
        }
        if (count >= expected->array.count || value_number(&expected->array.items[count]) != (double)number) {
            return false;
        }
        count++;
    }
    return count == expected->array.count;
}

static bool same_tags(const struct value *layer, const struct value *tags, const struct feature_list *list,
                      const struct feature *feature)
{
    const struct value *keys = value_member(layer, "keys");
    const struct value *values = value_member(layer, "values");
    size_t present = 0;
    for (size_t i = 0; i < list->field_count; i++) {
        present += feature->values[i].type != VALUE_NULL;
    }
    size_t pairs = tags ? tags->array.count / 2 : 0;
    for (size_t i = 0; i < pairs; i++) {
        size_t key = (size_t)value_number(&tags->array.items[2 * i]);
        size_t value = (size_t)value_number(&tags->array.items[2 * i + 1]);
        ptrdiff_t field = feature_list_field(list, keys->array.items[key].string);
        if (field < 0 || !same_value(content_of(&values->array.items[value]), &feature->values[field])) {
            return false;
        }
    }
    return present == pairs;
}

static const char *compare_feature(const struct value *layer, const struct value *expected,
                                   const struct mvt_tile_layer *actual, size_t index)
{
    const struct feature *feature = &actual->features.features[index];
    const struct value *id = value_member(expected, "id");
    const struct value *type = value_member(expected, "type");
    const struct value *geometry = value_member(expected, "geometry");
    if (id ? !value_equal(id, &feature->id) : feature->id.type != VALUE_NULL) {
        return "the id differs";
    }
    if ((type ? value_number(type) : 0) != (double)feature->geometry.kind) {
        return "the type differs";
    }
    if (geometry && !same_geometry(geometry, actual->geometries[index])) {
        return "the geometry differs";
    }
    return same_tags(layer, value_member(expected, "tags"), &actual->features, feature) ? NULL
                                                                                        : "the attributes differ";
}

static const char *compare_tile(const struct value *json, const struct mvt_tile_layer *layers, size_t count)
{
    const struct value *expected = value_member(json, "layers");
    if ((expected ? expected->array.count : 0) != count) {
        return "the number of layers differs";
    }
    for (size_t i = 0; i < count; i++) {
        const struct value *layer = &expected->array.items[i];
        const struct value *features = value_member(layer, "features");
        const struct value *extent = value_member(layer, "extent");
        const char *name = value_member_string(layer, "name");
        if (!name || strcmp(name, layers[i].name) != 0 || layers[i].skipped_count > 0 ||
            value_number(value_member(layer, "version")) != layers[i].version ||
            (extent ? value_number(extent) : 4096) != layers[i].extent ||
            (features ? features->array.count : 0) != layers[i].features.count) {
            return "name, version, extent or number of features of a layer differ";
        }
        for (size_t f = 0; f < layers[i].features.count; f++) {
            const char *difference = compare_feature(layer, &features->array.items[f], &layers[i], f);
            if (difference) {
                return difference;
            }
        }
    }
    return NULL;
}

/* --- our own encoder --- */

static bool same_shape(const struct geometry *a, const struct geometry *b)
{
    if (a->kind != b->kind || a->part_count != b->part_count || a->vertex_count != b->vertex_count) {
        return false;
    }
    for (uint32_t i = 0; i < a->part_count; i++) {
        if (a->parts[i].end != b->parts[i].end || a->parts[i].is_hole != b->parts[i].is_hole) {
            return false;
        }
    }
    return memcmp(a->points, b->points, a->vertex_count * sizeof *a->points) == 0;
}

static bool is_known_to_tiles(const struct value *value)
{
    return value->type != VALUE_NULL && value->type != VALUE_ARRAY && value->type != VALUE_OBJECT;
}

static bool same_attributes(const struct feature_list *a_list, const struct feature *a,
                            const struct feature_list *b_list, const struct feature *b)
{
    for (size_t i = 0; i < a_list->field_count; i++) {
        ptrdiff_t other = feature_list_field(b_list, text_of(a_list->fields[i].name));
        if (is_known_to_tiles(&a->values[i]) && (other < 0 || !value_equal(&a->values[i], &b->values[other]))) {
            return false;
        }
    }
    return true;
}

/* The features of a layer as our encoder wants them: those with a shape, in world units of the tile 0/0/0 of which each
 * unit of a tile of extent 4096 is 2^20; larger extents have smaller steps there. */
static struct feature_list to_world(const struct mvt_tile_layer *layer, struct arena *arena)
{
    struct feature_list world = layer->features;
    struct feature *features = arena_array(arena, world.count, sizeof *features);
    const struct world_box area = mvt_area((struct tile_id){0, 0, 0});
    const int64_t unit = (int64_t)1 << 20;
    size_t count = 0;
    for (size_t i = 0; features && i < world.count; i++) {
        struct feature feature = layer->features.features[i];
        struct world_point *points =
            arena_memdup(arena, feature.geometry.points, feature.geometry.vertex_count * sizeof *points);
        bool fits = feature.geometry.kind != GEOMETRY_NONE && feature.geometry.vertex_count > 0;
        for (uint32_t p = 0; p < feature.geometry.vertex_count; p++) {
            int64_t x = (int64_t)points[p].x * unit - GRID_WORLD_UNITS / 2;
            int64_t y = (int64_t)points[p].y * unit - GRID_WORLD_UNITS / 2;
            fits = fits && x >= INT32_MIN && x <= INT32_MAX && y >= INT32_MIN && y <= INT32_MAX && x >= area.min_x &&
                   x <= area.max_x && y >= area.min_y && y <= area.max_y;
            points[p] = fits ? (struct world_point){(int32_t)x, (int32_t)y} : points[p];
        }
        if (fits) {
            feature.geometry.points = points;
            features[count++] = feature;
        }
    }
    world.features = features;
    world.count = count;
    return world;
}

/* Encodes what was read and reads it again. */
static const char *compare_encoded(const struct mvt_tile_layer *layers, size_t count, struct arena *arena,
                                   struct error *err)
{
    struct mvt_layer *encoded = arena_array(arena, count, sizeof *encoded);
    struct buffer bytes;
    struct mvt_tile_layer *again;
    size_t again_count;
    for (size_t i = 0; i < count; i++) {
        encoded[i] = (struct mvt_layer){layers[i].name, to_world(&layers[i], arena)};
    }
    buffer_init(&bytes, TILE_BYTES_MAX);
    bool ok = mvt_encode(encoded, count, (struct tile_id){0, 0, 0}, arena, &bytes, err);
    void *kept = ok ? arena_memdup(arena, bytes.data, bytes.length) : NULL;
    ok = ok && mvt_read(kept, bytes.length, arena, &again, &again_count, err);
    buffer_finish(&bytes);
    if (!ok) {
        return err->english;
    }
    size_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        const struct feature_list *wanted = &encoded[i].features;
        if (wanted->count == 0) {
            continue; /* a layer without a feature is left out */
        }
        const struct mvt_tile_layer *got = seen < again_count ? &again[seen++] : NULL;
        if (!got || strcmp(got->name, layers[i].name) != 0 || got->features.count != wanted->count ||
            got->skipped_count > 0) {
            return "what our encoder writes has other layers or features";
        }
        size_t next = 0;
        for (size_t f = 0; f < wanted->count; f++) {
            while (layers[i].features.features[next].row != wanted->features[f].row) {
                next++;
            }
            const struct feature *original = &layers[i].features.features[next];
            const struct feature *copy = &got->features.features[f];
            if (!value_equal(&original->id, &copy->id) || !same_shape(&original->geometry, &copy->geometry) ||
                !same_attributes(&layers[i].features, original, &got->features, copy)) {
                return "what our encoder writes has other content";
            }
        }
    }
    return NULL;
}

/* --- one fixture --- */

static const char *judge(const struct value *info, const struct value *json, const void *bytes, size_t size,
                         struct arena *arena, struct error *err)
{
    const struct value *validity = value_member(info, "validity");
    const struct value *valid = value_member(validity, "v2");
    const char *class = value_member_string(validity, "error");
    struct mvt_tile_layer *layers = NULL;
    size_t count = 0;
    bool read = mvt_read(bytes, size, arena, &layers, &count, err);
    if (valid && valid->boolean) {
        if (!read) {
            return err->english;
        }
        const char *difference = compare_tile(json, layers, count);
        return difference ? difference : compare_encoded(layers, count, arena, err);
    }
    if (class && strcmp(class, "fatal") == 0) {
        return read ? "a broken tile is read without an error" : NULL;
    }
    if (class && strcmp(class, "recoverable") == 0) {
        return read ? NULL : err->english;
    }
    return NULL; /* broken without a class: it is enough to survive it */
}

static void run_fixture(void *subject, struct report *report, const char *name, struct arena *arena)
{
    (void)subject;
    char path[PATH_BYTES];
    struct value info;
    struct value json;
    struct buffer tile;
    struct error err = {0};
    snprintf(path, sizeof path, "%s/fixtures/%s/info.json", report->options->folder, name);
    bool ok = fixture_read_json(path, arena, &info, &err);
    snprintf(path, sizeof path, "%s/fixtures/%s/tile.json", report->options->folder, name);
    ok = ok && fixture_read_json(path, arena, &json, &err);
    snprintf(path, sizeof path, "%s/fixtures/%s/tile.mvt", report->options->folder, name);
    if (!ok || !file_read(path, TILE_BYTES_MAX, &tile, &err)) {
        report_add(report, name, REPORT_FAILED, err.english);
        return;
    }
    /* In memory of its own, so that a sanitizer sees any byte read beyond the end. */
    void *bytes = malloc(tile.length + 1);
    if (!bytes) {
        abort();
    }
    void *kept = tile.length > 0 ? realloc(bytes, tile.length) : bytes;
    memcpy(kept, tile.data, tile.length);
    const char *difference = judge(&info, &json, kept, tile.length, arena, &err);
    report_add(report, name, difference ? REPORT_FAILED : REPORT_PASSED, difference);
    free(kept);
    buffer_finish(&tile);
}

int mvt_run(const struct fixture_options *options)
{
    return report_each(options, "mvt", "fixtures", "/info.json", run_fixture, NULL, NULL);
}
