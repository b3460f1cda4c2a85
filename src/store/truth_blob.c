/* SPDX-License-Identifier: MIT */
#include "store/truth_blob.h"

#include <math.h>
#include <string.h>

enum {
    BLOB_START = 0x00,
    BLOB_LITTLE_ENDIAN = 0x01,
    BLOB_BOX_END = 0x7C,
    BLOB_ENTITY = 0x69,
    BLOB_END = 0xFE,
    BOX_OFFSET = 6,
    TYPE_OFFSET = 39,
    COUNT_OFFSET = 43,
    BLOB_BYTES_MIN = 44
};

enum wkb_type { WKB_POINT = 1, WKB_LINE, WKB_POLYGON, WKB_MULTI_POINT, WKB_MULTI_LINE, WKB_MULTI_POLYGON };

struct reader {
    const unsigned char *at;
    const unsigned char *end;
    bool big_endian;
    unsigned type; /* without dimensions */
    bool has_z;
    bool has_m;
};

struct conversion {
    struct reader in;
    enum geometry_kind kind;
    bool out_z;
    struct buffer *out;
    struct bbox bbox;
    uint32_t entities; /* points, lines or polygons written */
    const char *fault;
};

static bool fault(struct conversion *c, const char *what)
{
    c->fault = what;
    return false;
}

static bool read_u32(struct conversion *c, uint32_t *out)
{
    struct reader *in = &c->in;
    if (in->end - in->at < 4) {
        return fault(c, "ends too early");
    }
    uint32_t number = 0;
    for (int i = 0; i < 4; i++) {
        number |= (uint32_t)in->at[i] << (in->big_endian ? 24 - 8 * i : 8 * i);
    }
    in->at += 4;
    *out = number;
    return true;
}

static void put_u32(struct buffer *out, uint32_t number)
{
    unsigned char bytes[4];
    for (int i = 0; i < 4; i++) {
        bytes[i] = (unsigned char)(number >> (8 * i));
    }
    buffer_append(out, bytes, sizeof bytes);
}

static void store_double(unsigned char *out, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    for (int i = 0; i < 8; i++) {
        out[i] = (unsigned char)(bits >> (8 * i));
    }
}

static double load_double(const unsigned char *in, bool big_endian)
{
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++) {
        bits |= (uint64_t)in[i] << (big_endian ? 56 - 8 * i : 8 * i);
    }
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Byte order and type of a geometry or of a part of one. */
static bool read_head(struct conversion *c)
{
    struct reader *in = &c->in;
    if (in->at == in->end || *in->at > 1) {
        return fault(c, "has no valid byte order");
    }
    in->big_endian = *in->at++ == 0;
    uint32_t type;
    if (!read_u32(c, &type)) {
        return false;
    }
    bool extended_z = (type & 0x80000000U) != 0;
    bool extended_m = (type & 0x40000000U) != 0;
    bool extended_srid = (type & 0x20000000U) != 0;
    type &= 0x0fffffffU;
    in->has_z = extended_z || type / 1000 == 1 || type / 1000 == 3;
    in->has_m = extended_m || type / 1000 == 2 || type / 1000 == 3;
    in->type = type % 1000;
    uint32_t srid;
    return type < 4000 ? !extended_srid || read_u32(c, &srid) : fault(c, "has an unknown type");
}

static size_t vertex_bytes(const struct reader *in)
{
    return 8 * (size_t)(2 + in->has_z + in->has_m);
}

static bool is_little_endian(void)
{
    const uint16_t probe = 1;
    return *(const unsigned char *)&probe == 1;
}

/* Adds vertices in this machine's order to the box. */
static bool measure(struct conversion *c, const unsigned char *vertices, uint32_t count, size_t stride)
{
    struct bbox box = c->bbox;
    double nothing = 0; /* a number that is not finite makes it NaN */
    for (uint32_t i = 0; i < count; i++) {
        double place[2];
        memcpy(place, vertices + i * stride, sizeof place);
        nothing += (place[0] - place[0]) + (place[1] - place[1]);
        box.min_x = place[0] < box.min_x ? place[0] : box.min_x;
        box.max_x = place[0] > box.max_x ? place[0] : box.max_x;
        box.min_y = place[1] < box.min_y ? place[1] : box.min_y;
        box.max_y = place[1] > box.max_y ? place[1] : box.max_y;
    }
    c->bbox = box;
    return nothing == 0 || fault(c, "has a coordinate that is not finite");
}

static bool copy_vertices(struct conversion *c, uint32_t count)
{
    struct reader *in = &c->in;
    size_t in_bytes = vertex_bytes(in);
    size_t out_bytes = c->out_z ? 24 : 16;
    if (count > (size_t)(in->end - in->at) / in_bytes) {
        return fault(c, "ends too early");
    }
    unsigned char *out = buffer_reserve(c->out, count * out_bytes);
    if (!out) {
        return fault(c, "is too large");
    }
    if (in_bytes == out_bytes && !in->big_endian && is_little_endian()) {
        memcpy(out, in->at, count * out_bytes);
        in->at += count * in_bytes;
        c->out->length += count * out_bytes;
        return measure(c, out, count, out_bytes);
    }
    for (uint32_t i = 0; i < count; i++) {
        double x = load_double(in->at, in->big_endian);
        double y = load_double(in->at + 8, in->big_endian);
        if (!isfinite(x) || !isfinite(y)) {
            return fault(c, "has a coordinate that is not finite");
        }
        bbox_add(&c->bbox, x, y);
        store_double(out, x);
        store_double(out + 8, y);
        if (c->out_z) {
            store_double(out + 16, in->has_z ? load_double(in->at + 16, in->big_endian) : 0);
        }
        in->at += in_bytes;
        out += out_bytes;
    }
    c->out->length += count * out_bytes;
    return true;
}

static bool copy_run(struct conversion *c)
{
    uint32_t count;
    if (!read_u32(c, &count)) {
        return false;
    }
    put_u32(c->out, count);
    return copy_vertices(c, count);
}

static bool copy_rings(struct conversion *c)
{
    uint32_t rings;
    if (!read_u32(c, &rings)) {
        return false;
    }
    put_u32(c->out, rings);
    for (uint32_t i = 0; i < rings; i++) {
        if (!copy_run(c)) {
            return false;
        }
    }
    return true;
}

static bool is_empty_point(const struct conversion *c)
{
    return isnan(load_double(c->in.at, c->in.big_endian)) && isnan(load_double(c->in.at + 8, c->in.big_endian));
}

static bool starts_empty(struct conversion *c)
{
    struct conversion probe = *c;
    uint32_t count;
    return read_u32(&probe, &count) && count == 0;
}

/* One point, line or polygon whose head was read, as an element of a multi geometry. */
static bool copy_entity(struct conversion *c)
{
    struct reader *in = &c->in;
    if (in->type != (unsigned)c->kind) {
        return fault(c, "is of another kind than the layer");
    }
    if (c->kind == GEOMETRY_POINT && (size_t)(in->end - in->at) < vertex_bytes(in)) {
        return fault(c, "ends too early");
    }
    if (c->kind == GEOMETRY_POINT ? is_empty_point(c) : starts_empty(c)) {
        in->at += c->kind == GEOMETRY_POINT ? vertex_bytes(in) : 4;
        return true;
    }
    buffer_append_byte(c->out, BLOB_ENTITY);
    put_u32(c->out, (unsigned)c->kind + (c->out_z ? 1000U : 0U));
    c->entities++;
    switch (c->kind) {
    case GEOMETRY_POINT:
        return copy_vertices(c, 1);
    case GEOMETRY_LINE:
        return copy_run(c);
    case GEOMETRY_POLYGON:
        return copy_rings(c);
    case GEOMETRY_NONE:
        break;
    }
    return fault(c, "is in a layer without geometry");
}

static bool copy_entities(struct conversion *c)
{
    if (!read_head(c)) {
        return false;
    }
    if (c->in.type < WKB_MULTI_POINT) {
        return copy_entity(c);
    }
    if (c->in.type > WKB_MULTI_POLYGON) {
        return fault(c, "is a collection or of an unknown type");
    }
    uint32_t count;
    if (!read_u32(c, &count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!read_head(c) || !copy_entity(c)) {
            return false;
        }
    }
    return true;
}

static void begin_blob(struct conversion *c, int32_t srid)
{
    static const unsigned char box[32] = {0};
    buffer_clear(c->out);
    buffer_append_byte(c->out, BLOB_START);
    buffer_append_byte(c->out, BLOB_LITTLE_ENDIAN);
    put_u32(c->out, (uint32_t)srid);
    buffer_append(c->out, box, sizeof box);
    buffer_append_byte(c->out, BLOB_BOX_END);
    put_u32(c->out, 0); /* type and count are known at the end */
    put_u32(c->out, 0);
}

static void end_blob(struct conversion *c)
{
    unsigned char *bytes = c->out->data;
    store_double(bytes + BOX_OFFSET, c->bbox.min_x);
    store_double(bytes + BOX_OFFSET + 8, c->bbox.min_y);
    store_double(bytes + BOX_OFFSET + 16, c->bbox.max_x);
    store_double(bytes + BOX_OFFSET + 24, c->bbox.max_y);
    unsigned dimensions = c->out_z ? 1000 : 0;
    unsigned type = dimensions + (unsigned)c->kind + 3;
    size_t coordinates = c->out_z ? 24 : 16;
    if (c->kind == GEOMETRY_POINT && c->entities == 1) {
        /* A single point has neither count nor entity mark. */
        type = dimensions + WKB_POINT;
        memmove(bytes + COUNT_OFFSET, bytes + COUNT_OFFSET + 4 + 5, coordinates);
        c->out->length = COUNT_OFFSET + coordinates;
    } else {
        for (int i = 0; i < 4; i++) {
            bytes[COUNT_OFFSET + i] = (unsigned char)(c->entities >> (8 * i));
        }
    }
    for (int i = 0; i < 4; i++) {
        bytes[TYPE_OFFSET + i] = (unsigned char)(type >> (8 * i));
    }
    buffer_append_byte(c->out, BLOB_END);
}

bool truth_blob_from_wkb(const unsigned char *wkb, size_t size, enum geometry_kind kind, bool has_z, int32_t srid,
                         struct buffer *out, struct truth_blob *out_about, struct error *err)
{
    struct conversion c = {.in = {wkb, wkb + size, false, 0, false, false},
                           .kind = kind,
                           .out_z = has_z,
                           .out = out,
                           .bbox = bbox_empty()};
    begin_blob(&c, srid);
    if (!copy_entities(&c) || out->failed) {
        error_tell(err, ERROR_INVALID, "STO-010", "geometry %s", "geometría inválida (%s)",
                   c.fault ? c.fault : "is too large");
        return false;
    }
    bool is_empty = c.entities == 0 || bbox_is_empty(&c.bbox);
    if (!is_empty) {
        end_blob(&c);
    }
    *out_about = (struct truth_blob){is_empty, c.entities > 1, c.bbox};
    return !out->failed || error_no_memory(err);
}

/* --- back --- */

/* Steps over `count` vertices. */
static bool skip_vertices(struct reader *in, uint32_t count)
{
    if (count > (size_t)(in->end - in->at) / vertex_bytes(in)) {
        return false;
    }
    in->at += count * vertex_bytes(in);
    return true;
}

static bool skip_run(struct conversion *c)
{
    uint32_t count;
    return read_u32(c, &count) && skip_vertices(&c->in, count);
}

static bool skip_entity(struct conversion *c)
{
    if (c->in.type == WKB_POINT) {
        return skip_vertices(&c->in, 1);
    }
    if (c->in.type == WKB_LINE) {
        return skip_run(c);
    }
    uint32_t rings;
    if (c->in.type != WKB_POLYGON || !read_u32(c, &rings)) {
        return false;
    }
    for (uint32_t i = 0; i < rings; i++) {
        if (!skip_run(c)) {
            return false;
        }
    }
    return true;
}

static bool read_type(struct conversion *c)
{
    uint32_t type;
    if (!read_u32(c, &type)) {
        return false;
    }
    c->in.has_z = type / 1000 == 1 || type / 1000 == 3;
    c->in.has_m = type / 1000 == 2 || type / 1000 == 3;
    c->in.type = type % 1000;
    return type < 4000;
}

/* A blob is WKB but for its head and the marks before entities, where WKB has the byte order. */
static bool mend_marks(struct conversion *c, unsigned char *wkb)
{
    unsigned char order = wkb[0];
    if (!read_type(c)) {
        return false;
    }
    if (c->in.type < WKB_MULTI_POINT || c->in.type > WKB_MULTI_POLYGON) {
        return true;
    }
    uint32_t count;
    if (!read_u32(c, &count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (c->in.at == c->in.end || *c->in.at != BLOB_ENTITY) {
            return false;
        }
        wkb[c->in.at - wkb] = order;
        c->in.at++;
        if (!read_type(c) || !skip_entity(c)) {
            return false;
        }
    }
    return true;
}

bool truth_blob_to_wkb(const unsigned char *blob, size_t size, struct arena *arena, const unsigned char **out_wkb,
                       size_t *out_size, struct error *err)
{
    bool framed = size >= BLOB_BYTES_MIN && blob[0] == BLOB_START && blob[1] <= 1 &&
                  blob[TYPE_OFFSET - 1] == BLOB_BOX_END && blob[size - 1] == BLOB_END;
    if (framed) {
        size_t length = size - TYPE_OFFSET; /* the byte order and what follows the head, without the end mark */
        unsigned char *wkb = arena_memdup(arena, blob + TYPE_OFFSET - 1, length);
        if (!wkb) {
            return error_no_memory(err);
        }
        wkb[0] = blob[1];
        struct conversion c = {.in = {.at = wkb + 1, .end = wkb + length, .big_endian = blob[1] == 0}};
        if (mend_marks(&c, wkb)) {
            *out_wkb = wkb;
            *out_size = length;
            return true;
        }
    }
    error_tell(err, ERROR_UNAVAILABLE, "STO-026", "a geometry in the data file is damaged or of a foreign kind",
               "una geometría del archivo de datos está dañada o es de un tipo ajeno");
    return false;
}

bool truth_blob_to_shape(const unsigned char *blob, size_t size, struct arena *arena, struct shape *out_shape,
                         struct error *err)
{
    const unsigned char *wkb = NULL;
    size_t length = 0;
    if (!blob) {
        *out_shape = (struct shape){0};
        return true;
    }
    return truth_blob_to_wkb(blob, size, arena, &wkb, &length, err) &&
           shape_from_wkb(wkb, length, arena, out_shape, err);
}

struct text truth_blob_content(const unsigned char *blob, size_t size)
{
    if (!blob || size < BLOB_BYTES_MIN) {
        return (struct text){"", 0};
    }
    return (struct text){(const char *)blob + TYPE_OFFSET, size - TYPE_OFFSET - 1};
}
