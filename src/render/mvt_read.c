/* SPDX-License-Identifier: MIT */
#include "render/mvt_read.h"

#include "base/hash.h"
#include "render/mvt_geometry.h"

#include <string.h>

/* Protocol buffers: https://protobuf.dev/programming-guides/encoding/ */
enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };
enum {
    EXTENT_DEFAULT = 4096,
    EXTENT_MAX = 1 << 20,
    COORDINATE_MAX = 1 << 28,
    COUNT_MAX = (1 << 29) - 1,
    LAYERS_MAX = 4096
};

/* --- the wire --- */

struct wire {
    const unsigned char *at;
    const unsigned char *end;
};

struct wire_field {
    uint32_t number;
    unsigned type;
    uint64_t integer;  /* of varints and fixed widths */
    struct wire bytes; /* of WIRE_BYTES */
};

static bool read_varint(struct wire *wire, uint64_t *out_number)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (wire->at == wire->end) {
            return false;
        }
        unsigned char byte = *wire->at++;
        number |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) {
            *out_number = number;
            return true;
        }
    }
    return false;
}

static bool read_fixed(struct wire *wire, unsigned size, uint64_t *out_number)
{
    uint64_t number = 0;
    if ((size_t)(wire->end - wire->at) < size) {
        return false;
    }
    for (unsigned i = 0; i < size; i++) {
        number |= (uint64_t)wire->at[i] << (8 * i);
    }
    wire->at += size;
    *out_number = number;
    return true;
}

/* The next field of a message; false when it is cut off or of a kind nobody uses. */
static bool read_field(struct wire *wire, struct wire_field *out_field)
{
    uint64_t key;
    if (!read_varint(wire, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX) {
        return false;
    }
    *out_field = (struct wire_field){.number = (uint32_t)(key >> 3), .type = (unsigned)(key & 7)};
    switch (out_field->type) {
    case WIRE_VARINT:
        return read_varint(wire, &out_field->integer);
    case WIRE_FIXED64:
        return read_fixed(wire, 8, &out_field->integer);
    case WIRE_FIXED32:
        return read_fixed(wire, 4, &out_field->integer);
    case WIRE_BYTES: {
        uint64_t length;
        if (!read_varint(wire, &length) || length > (uint64_t)(wire->end - wire->at)) {
            return false;
        }
        out_field->bytes = (struct wire){wire->at, wire->at + length};
        wire->at += length;
        return true;
    }
    default:
        return false;
    }
}

static struct text text_of_wire(struct wire bytes)
{
    return (struct text){(const char *)bytes.at, (size_t)(bytes.end - bytes.at)};
}

static int64_t unzigzag(uint64_t number)
{
    return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

/* --- the pieces of a layer before they are put together --- */

struct layer_reader {
    struct arena *arena;
    struct mvt_tile_layer *layer;
    struct wire *features;
    size_t feature_count;
    struct value *values;
    size_t value_count;
    struct text *keys;
    size_t key_count;
    uint32_t *column_of_key; /* keys that stand there twice share a column */
    struct field *fields;
    size_t field_count;
    struct error *err;
};

static bool broken(struct error *err, const char *what)
{
    error_tell(err, ERROR_INVALID, "TIL-020", "the vector tile is damaged: %s", "la tesela vectorial está dañada: %s",
               what);
    return false;
}

static bool read_value(struct wire wire, struct value *out_value)
{
    static const unsigned types[] = {0,           WIRE_BYTES,  WIRE_FIXED32, WIRE_FIXED64,
                                     WIRE_VARINT, WIRE_VARINT, WIRE_VARINT,  WIRE_VARINT};
    struct wire_field field;
    bool found = false;
    while (wire.at < wire.end) {
        if (!read_field(&wire, &field) || field.number > 7 || field.type != types[field.number]) {
            return false;
        }
        found = true;
        switch (field.number) {
        case 1:
            *out_value = value_of_text(text_of_wire(field.bytes));
            break;
        case 2: {
            uint32_t bits = (uint32_t)field.integer;
            float number;
            memcpy(&number, &bits, sizeof number);
            *out_value = value_of_real((double)number);
            break;
        }
        case 3: {
            double number;
            memcpy(&number, &field.integer, sizeof number);
            *out_value = value_of_real(number);
            break;
        }
        case 4:
            *out_value = value_of_int((int64_t)field.integer);
            break;
        case 5:
            *out_value =
                field.integer > INT64_MAX ? value_of_real((double)field.integer) : value_of_int((int64_t)field.integer);
            break;
        case 6:
            *out_value = value_of_int(unzigzag(field.integer));
            break;
        default:
            *out_value = value_of_bool(field.integer != 0);
        }
    }
    return found;
}

/* --- geometry --- */

struct path {
    struct world_point *points;
    struct shape_part *parts;
    uint32_t point_count;
    uint32_t part_count;
    int64_t x;
    int64_t y;
};

/* Nothing is seen of what lies farther off; differences still fit 32 bits. */
static int32_t near(int64_t coordinate)
{
    return (int32_t)(coordinate < -COORDINATE_MAX  ? -COORDINATE_MAX
                     : coordinate > COORDINATE_MAX ? COORDINATE_MAX
                                                   : coordinate);
}

static bool read_point(struct wire *wire, struct path *path)
{
    uint64_t dx;
    uint64_t dy;
    if (!read_varint(wire, &dx) || !read_varint(wire, &dy) || dx > UINT32_MAX || dy > UINT32_MAX) {
        return false;
    }
    path->x += unzigzag(dx);
    path->y += unzigzag(dy);
    path->points[path->point_count++] = (struct world_point){near(path->x), near(path->y)};
    return true;
}

static bool read_points(struct wire *wire, uint64_t count, struct path *path)
{
    /* A pair takes at least two bytes: an announced count is believed only as far as there are bytes for it. */
    if (count == 0 || count > (uint64_t)(wire->end - wire->at) / 2) {
        return false;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!read_point(wire, path)) {
            return false;
        }
    }
    return true;
}

/* A command of this kind and its count. */
static bool read_command(struct wire *wire, unsigned command, uint64_t *out_count)
{
    uint64_t word;
    if (!read_varint(wire, &word) || word > UINT32_MAX || (word & 7) != command) {
        return false;
    }
    *out_count = word >> 3;
    return true;
}

static void end_part(struct path *path, bool is_hole)
{
    path->parts[path->part_count++] = (struct shape_part){path->point_count, is_hole};
}

static bool read_multipoint(struct wire *wire, struct path *path)
{
    uint64_t count;
    if (!read_command(wire, MVT_MOVE_TO, &count)) {
        return false;
    }
    if (count == COUNT_MAX) {
        while (wire->at < wire->end) { /* the largest count there is says nothing: as many as there are */
            if (!read_point(wire, path)) {
                return false;
            }
        }
    } else if (!read_points(wire, count, path) || wire->at != wire->end) {
        return false;
    }
    for (uint32_t i = 0; i < path->point_count; i++) {
        path->parts[path->part_count++] = (struct shape_part){i + 1, false};
    }
    return true;
}

static void turn_ring(struct world_point *points, uint32_t count)
{
    for (uint32_t i = 0; i < count / 2; i++) {
        struct world_point swap = points[i];
        points[i] = points[count - 1 - i];
        points[count - 1 - i] = swap;
    }
}

/* Lines and rings: a MoveTo of one point and a LineTo, rings with a ClosePath after them. The first ring with an area
 * is a shell, and so is each that is wound the same way; version 1 of the specification does not say which way. */
static bool read_lines(struct wire *wire, bool is_polygon, struct path *path)
{
    int64_t shells = 0;
    while (wire->at < wire->end) {
        uint32_t start = path->point_count;
        uint64_t moves;
        uint64_t lines;
        if (!read_command(wire, MVT_MOVE_TO, &moves) || moves != 1 || !read_points(wire, 1, path) ||
            !read_command(wire, MVT_LINE_TO, &lines) || !read_points(wire, lines, path)) {
            return false;
        }
        if (!is_polygon) {
            end_part(path, false);
            continue;
        }
        uint64_t closes;
        if (lines < 2 || !read_command(wire, MVT_CLOSE_PATH, &closes) || closes != 1) {
            return false;
        }
        path->points[path->point_count++] = path->points[start];
        int64_t area = mvt_ring_area(path->points + start, path->point_count - start);
        shells = shells == 0 ? area : shells;
        if (area == 0 || path->point_count - start < 4) {
            path->point_count = start; /* nothing to fill */
            continue;
        }
        if (shells < 0) {
            turn_ring(path->points + start, path->point_count - start);
        }
        end_part(path, (area < 0) != (shells < 0));
    }
    return path->point_count > 0 || is_polygon;
}

static struct world_box box_of(const struct path *path)
{
    struct world_box box = {0, 0, 0, 0};
    for (uint32_t i = 0; i < path->point_count; i++) {
        struct world_point point = path->points[i];
        box.min_x = i == 0 || point.x < box.min_x ? point.x : box.min_x;
        box.min_y = i == 0 || point.y < box.min_y ? point.y : box.min_y;
        box.max_x = i == 0 || point.x > box.max_x ? point.x : box.max_x;
        box.max_y = i == 0 || point.y > box.max_y ? point.y : box.max_y;
    }
    return box;
}

static bool read_geometry(struct layer_reader *reader, struct wire wire, struct feature *feature)
{
    size_t bytes = (size_t)(wire.end - wire.at);
    /* Each pair of bytes is a point at most, each ring repeats its first. */
    struct path path = {.points = arena_alloc_raw(reader->arena, (bytes + 2) * sizeof(struct world_point)),
                        .parts = arena_alloc_raw(reader->arena, (bytes + 2) * sizeof(struct shape_part))};
    if (!path.points || !path.parts) {
        return error_no_memory(reader->err);
    }
    bool ok = true;
    if (feature->geometry.kind == GEOMETRY_POINT) {
        ok = read_multipoint(&wire, &path);
    } else if (feature->geometry.kind != GEOMETRY_NONE) {
        ok = bytes > 0 && read_lines(&wire, feature->geometry.kind == GEOMETRY_POLYGON, &path);
    }
    if (!ok) {
        return broken(reader->err, "the commands of a geometry");
    }
    feature->geometry.part_count = path.part_count;
    feature->geometry.vertex_count = path.point_count;
    feature->geometry.parts = path.parts;
    feature->geometry.points = path.points;
    feature->box = box_of(&path);
    return true;
}

/* --- features --- */

struct raw_feature {
    uint64_t id;
    bool has_id;
    bool has_type;
    uint64_t type;
    struct wire tags;
    struct wire geometry;
    unsigned geometry_count;
};

static bool read_raw(struct wire wire, struct raw_feature *out_raw)
{
    static const unsigned types[] = {0, WIRE_VARINT, WIRE_BYTES, WIRE_VARINT, WIRE_BYTES};
    *out_raw = (struct raw_feature){0};
    while (wire.at < wire.end) {
        struct wire_field field;
        if (!read_field(&wire, &field) || (field.number <= 4 && field.type != types[field.number])) {
            return false;
        }
        switch (field.number) {
        case 1:
            out_raw->id = field.integer;
            out_raw->has_id = true;
            break;
        case 2:
            out_raw->tags = field.bytes;
            break;
        case 3:
            out_raw->type = field.integer;
            out_raw->has_type = true;
            break;
        case 4:
            out_raw->geometry = field.bytes;
            out_raw->geometry_count++;
            break;
        default:
            break; /* of a later version */
        }
    }
    return true;
}

/* Pairs of indexes into keys and values; false when one leads nowhere. */
static bool read_tags(const struct layer_reader *reader, struct wire wire, struct value *values)
{
    while (wire.at < wire.end) {
        uint64_t key;
        uint64_t value;
        if (!read_varint(&wire, &key) || !read_varint(&wire, &value) || key >= reader->key_count ||
            value >= reader->value_count) {
            return false;
        }
        values[reader->column_of_key[key]] = reader->values[value];
    }
    return true;
}

static bool read_feature(struct layer_reader *reader, struct wire wire, struct feature *features,
                         struct text *geometries)
{
    struct mvt_tile_layer *layer = reader->layer;
    struct raw_feature raw;
    if (!read_raw(wire, &raw)) {
        return broken(reader->err, "the fields of a feature");
    }
    struct value *values = arena_array(reader->arena, reader->field_count, sizeof *values);
    if (!values) {
        return error_no_memory(reader->err);
    }
    if (!raw.has_type || raw.type > 3 || raw.geometry_count != 1 || !read_tags(reader, raw.tags, values)) {
        layer->skipped_count++;
        return true;
    }
    struct feature *feature = &features[layer->features.count];
    *feature = (struct feature){.row = (int64_t)layer->features.count + 1,
                                .id = raw.has_id && raw.id <= INT64_MAX ? value_of_int((int64_t)raw.id) : value_null(),
                                .geometry = {.kind = (enum geometry_kind)raw.type},
                                .values = values};
    if (!read_geometry(reader, raw.geometry, feature)) {
        return false;
    }
    geometries[layer->features.count++] = text_of_wire(raw.geometry);
    return true;
}

/* --- layers --- */

/* One column for each distinct key. */
static bool make_columns(struct layer_reader *reader)
{
    size_t slot_count = 16;
    while (slot_count < 2 * reader->key_count) {
        slot_count *= 2;
    }
    uint32_t *slots = arena_array(reader->arena, slot_count, sizeof *slots); /* column + 1 */
    reader->fields = arena_array(reader->arena, reader->key_count, sizeof *reader->fields);
    reader->column_of_key = arena_array(reader->arena, reader->key_count, sizeof *reader->column_of_key);
    if (!slots || !reader->fields || !reader->column_of_key) {
        return error_no_memory(reader->err);
    }
    for (size_t i = 0; i < reader->key_count; i++) {
        struct text key = reader->keys[i];
        size_t slot = hash_bytes_seeded(key.data, key.length, 0) & (slot_count - 1);
        while (slots[slot] != 0 && !text_is(key, reader->fields[slots[slot] - 1].name)) {
            slot = (slot + 1) & (slot_count - 1);
        }
        if (slots[slot] == 0) {
            char *name = arena_strndup(reader->arena, key.data, key.length);
            if (!name) {
                return error_no_memory(reader->err);
            }
            reader->fields[reader->field_count] = (struct field){.name = name, .type = FIELD_STRING};
            slots[slot] = (uint32_t)++reader->field_count;
        }
        reader->column_of_key[i] = slots[slot] - 1;
    }
    return true;
}

static bool count_parts(struct wire wire, size_t counts[16])
{
    while (wire.at < wire.end) {
        struct wire_field field;
        if (!read_field(&wire, &field)) {
            return false;
        }
        counts[field.number < 16 ? field.number : 0]++;
    }
    return true;
}

static bool read_layer_field(struct layer_reader *reader, const struct wire_field *field)
{
    static const unsigned types[] = {0, WIRE_BYTES, WIRE_BYTES, WIRE_BYTES, WIRE_BYTES, WIRE_VARINT};
    struct mvt_tile_layer *layer = reader->layer;
    if ((field->number <= 5 && field->type != types[field->number]) ||
        (field->number == 15 && field->type != WIRE_VARINT)) {
        return broken(reader->err, "a field of a layer is of another kind than it should be");
    }
    switch (field->number) {
    case 1: {
        struct text name = text_of_wire(field->bytes);
        layer->name = arena_strndup(reader->arena, name.data, name.length);
        return layer->name || error_no_memory(reader->err);
    }
    case 2:
        reader->features[reader->feature_count++] = field->bytes;
        return true;
    case 3:
        reader->keys[reader->key_count++] = text_of_wire(field->bytes);
        return true;
    case 4:
        return read_value(field->bytes, &reader->values[reader->value_count++]) ||
               broken(reader->err, "an attribute's value");
    case 5:
        layer->extent = field->integer <= EXTENT_MAX ? (uint32_t)field->integer : 0;
        return layer->extent > 0 || broken(reader->err, "the extent of a layer");
    case 15:
        layer->version = field->integer == 1 || field->integer == 2 ? (uint32_t)field->integer : 0;
        return layer->version > 0 || broken(reader->err, "a layer of an unknown version");
    default:
        return true; /* of a later version */
    }
}

static bool read_layer(struct wire wire, struct arena *arena, struct mvt_tile_layer *layer, struct error *err)
{
    size_t counts[16] = {0};
    if (!count_parts(wire, counts)) {
        return broken(err, "the fields of a layer");
    }
    *layer = (struct mvt_tile_layer){.extent = EXTENT_DEFAULT};
    struct layer_reader reader = {.arena = arena, .layer = layer, .err = err};
    reader.features = arena_array(arena, counts[2], sizeof *reader.features);
    reader.keys = arena_array(arena, counts[3], sizeof *reader.keys);
    reader.values = arena_array(arena, counts[4], sizeof *reader.values);
    struct feature *features = arena_array(arena, counts[2], sizeof *features);
    struct text *geometries = arena_array(arena, counts[2], sizeof *geometries);
    if (!reader.features || !reader.keys || !reader.values || !features || !geometries) {
        return error_no_memory(err);
    }
    while (wire.at < wire.end) {
        struct wire_field field;
        if (!read_field(&wire, &field) || !read_layer_field(&reader, &field)) {
            return false;
        }
    }
    if (!layer->name || layer->version == 0) {
        return broken(err, layer->name ? "a layer without version" : "a layer without name");
    }
    if (!make_columns(&reader)) {
        return false;
    }
    for (size_t i = 0; i < reader.feature_count; i++) {
        if (!read_feature(&reader, reader.features[i], features, geometries)) {
            return false;
        }
    }
    layer->features.fields = reader.fields;
    layer->features.field_count = reader.field_count;
    layer->features.features = features;
    layer->geometries = geometries;
    return true;
}

static bool is_repeated(const struct mvt_tile_layer *layers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(layers[i].name, layers[count].name) == 0) {
            return true;
        }
    }
    return false;
}

bool mvt_read(const void *bytes, size_t size, struct arena *arena, struct mvt_tile_layer **out_layers,
              size_t *out_count, struct error *err)
{
    struct wire tile = {bytes, bytes ? (const unsigned char *)bytes + size : NULL};
    size_t counts[16] = {0};
    if (!count_parts(tile, counts)) {
        return broken(err, "its fields");
    }
    if (counts[3] > LAYERS_MAX) {
        return broken(err, "too many layers");
    }
    struct mvt_tile_layer *layers = arena_array(arena, counts[3], sizeof *layers);
    if (!layers) {
        return error_no_memory(err);
    }
    size_t count = 0;
    while (tile.at < tile.end) {
        struct wire_field field;
        if (!read_field(&tile, &field) || (field.number == 3 && field.type != WIRE_BYTES)) {
            return broken(err, "its fields");
        }
        if (field.number != 3) {
            continue;
        }
        if (!read_layer(field.bytes, arena, &layers[count], err)) {
            return false;
        }
        count += !is_repeated(layers, count); /* names are unique: the first of its name counts */
    }
    *out_layers = layers;
    *out_count = count;
    return true;
}
