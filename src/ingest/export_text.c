/* SPDX-License-Identifier: MIT */
/* The formats that are text: GeoJSON (RFC 7946), CSV (RFC 4180, geometry as WKT) and KML 2.3. */
#include "base/json_write.h"
#include "ingest/export_file.h"
#include "ingest/export_geometry.h"
#include "ingest/export_sink.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct text_sink {
    struct export_sink base;
    struct export_file file;
    int64_t count;
    unsigned decimals;
};

/* NULL on failure, told in `err`. */
static struct text_sink *open_text(const struct export_job *job, struct error *err)
{
    struct text_sink *sink = calloc(1, sizeof *sink);
    if (!sink) {
        error_no_memory(err);
        return NULL;
    }
    sink->base.job = job;
    sink->decimals = job->decimals;
    if (!export_file_open(job->path, &sink->file, err)) {
        free(sink);
        return NULL;
    }
    return sink;
}

static void close_text(struct export_sink *base)
{
    struct text_sink *sink = (struct text_sink *)base;
    export_file_close(&sink->file);
    free(sink);
}

struct run {
    const struct export_geometry *geometry;
    uint32_t start;
    uint32_t count;
    bool backwards;
};

/* The vertices of a part; rings turned so that shells run counter-clockwise and holes clockwise. */
static struct run run_of(const struct export_geometry *geometry, uint32_t part)
{
    const struct shape *shape = &geometry->shape;
    struct run run = {.geometry = geometry, .start = part > 0 ? shape->parts[part - 1].end : 0};
    run.count = shape->parts[part].end - run.start;
    if (shape->kind == GEOMETRY_POLYGON) {
        double area = shape_ring_area(shape->xy + 2 * (size_t)run.start, run.count);
        run.backwards = shape->parts[part].is_hole ? area > 0 : area < 0;
    }
    return run;
}

/* "x,y" or "x,y,z" of the i-th vertex. */
static void put_vertex(const struct text_sink *sink, const struct run *run, uint32_t i, struct buffer *out)
{
    size_t at = run->start + (run->backwards ? run->count - 1 - i : i);
    export_geometry_put_number(run->geometry->shape.xy[2 * at], sink->decimals, out);
    buffer_append_byte(out, ',');
    export_geometry_put_number(run->geometry->shape.xy[2 * at + 1], sink->decimals, out);
    if (run->geometry->z) {
        buffer_append_byte(out, ',');
        export_geometry_put_number(run->geometry->z[at], 17, out);
    }
}

/* --- GeoJSON --- */

static void put_positions(const struct text_sink *sink, const struct export_geometry *geometry, uint32_t part,
                          struct buffer *out)
{
    struct run run = run_of(geometry, part);
    bool alone = geometry->shape.kind == GEOMETRY_POINT;
    buffer_append_text(out, alone ? "" : "[");
    for (uint32_t i = 0; i < run.count; i++) {
        buffer_append_text(out, i > 0 ? ",[" : "[");
        put_vertex(sink, &run, i, out);
        buffer_append_byte(out, ']');
    }
    buffer_append_text(out, alone ? "" : "]");
}

static void put_json_geometry(const struct text_sink *sink, const struct export_geometry *geometry, struct buffer *out)
{
    static const char *const names[] = {"", "Point", "LineString", "Polygon"};
    const struct shape *shape = &geometry->shape;
    bool polygons = shape->kind == GEOMETRY_POLYGON;
    buffer_printf(out, "{\"type\":\"%s%s\",\"coordinates\":%s", geometry->is_multi ? "Multi" : "", names[shape->kind],
                  geometry->is_multi ? "[" : "");
    for (uint32_t part = 0; part < shape->part_count;) {
        uint32_t end = polygons ? export_geometry_polygon_end(shape, part) : part + 1;
        buffer_append_text(out, part > 0 ? "," : "");
        buffer_append_text(out, polygons ? "[" : "");
        for (uint32_t ring = part; ring < end; ring++) {
            buffer_append_text(out, ring > part ? "," : "");
            put_positions(sink, geometry, ring, out);
        }
        buffer_append_text(out, polygons ? "]" : "");
        part = end;
    }
    buffer_append_text(out, geometry->is_multi ? "]}" : "}");
}

static bool open_geojson(const struct export_job *job, struct export_sink **out_sink, struct error *err)
{
    struct text_sink *sink = open_text(job, err);
    struct json_writer json;
    if (!sink) {
        return false;
    }
    buffer_append_text(&sink->file.out, "{\"type\":\"FeatureCollection\",\"name\":");
    json_write_init(&json, &sink->file.out);
    json_write_string(&json, job->version->layer.id);
    buffer_append_text(&sink->file.out, ",\"features\":[");
    *out_sink = &sink->base;
    return true;
}

static bool add_geojson(struct export_sink *base, const struct export_feature *feature, struct arena *arena,
                        struct error *err)
{
    struct text_sink *sink = (struct text_sink *)base;
    struct buffer *out = &sink->file.out;
    struct json_writer json;
    buffer_append_text(out, sink->count++ > 0 ? ",\n" : "\n");
    buffer_printf(out, "{\"type\":\"Feature\",\"id\":%lld,\"properties\":", (long long)feature->row);
    json_write_init(&json, out);
    json_write_begin_object(&json);
    for (size_t i = 0; i < base->job->column_count; i++) {
        const struct export_column *column = &base->job->columns[i];
        const struct value *value = &feature->values[column->source];
        json_write_name(&json, column->written);
        if (value->type == VALUE_REAL && value->real == rint(value->real) && fabs(value->real) < 1e15) {
            /* Else a column of whole reals would come back as whole numbers. */
            char text[40];
            int length = snprintf(text, sizeof text, "%.1f", value->real);
            json_write_raw(&json, (struct text){text, (size_t)length});
        } else {
            json_write_value(&json, value);
        }
    }
    json_write_end_object(&json);
    buffer_append_text(out, ",\"geometry\":");
    if (feature->wkb) {
        struct export_geometry geometry;
        if (!export_geometry_read(feature->wkb, feature->wkb_size, arena, &geometry, err)) {
            return false;
        }
        put_json_geometry(sink, &geometry, out);
    } else {
        buffer_append_text(out, "null");
    }
    buffer_append_byte(out, '}');
    return export_file_flush(&sink->file, err);
}

static bool finish_geojson(struct export_sink *base, struct error *err)
{
    struct text_sink *sink = (struct text_sink *)base;
    buffer_append_text(&sink->file.out, "\n]}\n");
    return export_file_finish(&sink->file, err);
}

const struct export_kind export_geojson = {.name = "geojson",
                                           .endings = {".geojson", ".json"},
                                           .in_degrees = true,
                                           .open = open_geojson,
                                           .add = add_geojson,
                                           .finish = finish_geojson,
                                           .close = close_text};

/* --- CSV --- */

/* Texts are always quoted and nothing else is, so that types can be told apart, and nothing from an empty text. */
static void put_quoted(struct text text, struct buffer *out)
{
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"') {
            buffer_append_byte(out, '"');
        }
        buffer_append_byte(out, (unsigned char)text.data[i]);
    }
    buffer_append_byte(out, '"');
}

static void put_csv_value(const struct export_column *column, const struct value *value, struct buffer *out)
{
    switch (value->type) {
    case VALUE_BOOL:
        buffer_append_text(out, value->boolean ? "true" : "false");
        break;
    case VALUE_INT:
        buffer_printf(out, "%lld", (long long)value->integer);
        break;
    case VALUE_REAL:
        if (value->real == rint(value->real) && fabs(value->real) < 1e15) {
            buffer_printf(out, "%.1f", value->real); /* a whole number would come back as such */
        } else if (isfinite(value->real)) {
            export_geometry_put_number(value->real, 17, out);
        }
        break;
    case VALUE_STRING:
        if (column->type == FIELD_STRING) {
            put_quoted(value->string, out);
        } else {
            buffer_append(out, value->string.data, value->string.length);
        }
        break;
    case VALUE_NULL:
    case VALUE_ARRAY:
    case VALUE_OBJECT:
        break;
    }
}

static bool has_column(const struct export_job *job, const char *name)
{
    for (size_t i = 0; i < job->column_count; i++) {
        if (strcasecmp(job->columns[i].written, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool open_csv(const struct export_job *job, struct export_sink **out_sink, struct error *err)
{
    static const char *const geometry_names[] = {"wkt", "geometria", "geometry", "geom"};
    struct text_sink *sink = open_text(job, err);
    size_t free_name = 0;
    while (free_name < 3 && has_column(job, geometry_names[free_name])) {
        free_name++;
    }
    if (!sink) {
        return false;
    }
    buffer_append_text(&sink->file.out, geometry_names[free_name]);
    for (size_t i = 0; i < job->column_count; i++) {
        buffer_append_byte(&sink->file.out, ',');
        put_quoted(text_of(job->columns[i].written), &sink->file.out);
    }
    buffer_append_byte(&sink->file.out, '\n');
    struct report_message *message =
        report_tell(job->report, "EXP-011", REPORT_NOTICE, "a CSV does not tell its reference system: it is %.80s",
                    "un CSV no dice su sistema de referencia: es %.80s", job->srs);
    report_cure(job->report, message, "tell it to whoever gets the file, or choose --srs EPSG:4326",
                "dígaselo a quien reciba el archivo, o elija --srs EPSG:4326");
    *out_sink = &sink->base;
    return true;
}

static bool add_csv(struct export_sink *base, const struct export_feature *feature, struct arena *arena,
                    struct error *err)
{
    struct text_sink *sink = (struct text_sink *)base;
    struct buffer *out = &sink->file.out;
    if (feature->wkb) {
        struct export_geometry geometry;
        if (!export_geometry_read(feature->wkb, feature->wkb_size, arena, &geometry, err)) {
            return false;
        }
        buffer_append_byte(out, '"');
        export_geometry_put_wkt(&geometry, out);
        buffer_append_byte(out, '"');
    }
    for (size_t i = 0; i < base->job->column_count; i++) {
        const struct export_column *column = &base->job->columns[i];
        buffer_append_byte(out, ',');
        put_csv_value(column, &feature->values[column->source], out);
    }
    buffer_append_byte(out, '\n');
    return export_file_flush(&sink->file, err);
}

static bool finish_csv(struct export_sink *base, struct error *err)
{
    return export_file_finish(&((struct text_sink *)base)->file, err);
}

const struct export_kind export_csv = {
    .name = "csv", .endings = {".csv"}, .open = open_csv, .add = add_csv, .finish = finish_csv, .close = close_text};

/* --- KML --- */

/* XML 1.0 has no control characters but tab and line ends. */
static void put_xml(struct text text, struct buffer *out)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        switch (byte) {
        case '&':
            buffer_append_text(out, "&amp;");
            break;
        case '<':
            buffer_append_text(out, "&lt;");
            break;
        case '>':
            buffer_append_text(out, "&gt;");
            break;
        case '"':
            buffer_append_text(out, "&quot;");
            break;
        default:
            buffer_append_byte(out, byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r' ? byte : ' ');
        }
    }
}

static const char *kml_type(enum field_type type)
{
    switch (type) {
    case FIELD_REAL:
        return "double";
    case FIELD_BOOLEAN:
        return "bool";
    case FIELD_INTEGER: /* "int" has 32 bits in KML */
    case FIELD_STRING:
    case FIELD_DATE:
    case FIELD_DATETIME:
    case FIELD_TIME:
        break;
    }
    return "string";
}

static bool open_kml(const struct export_job *job, struct export_sink **out_sink, struct error *err)
{
    struct text_sink *sink = open_text(job, err);
    if (!sink) {
        return false;
    }
    struct buffer *out = &sink->file.out;
    buffer_append_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                            "<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document><name>");
    put_xml(text_of(job->title), out);
    buffer_printf(out, "</name>\n<Schema name=\"%s\" id=\"%s\">\n", job->version->layer.id, job->version->layer.id);
    for (size_t i = 0; i < job->column_count; i++) {
        buffer_printf(out, "<SimpleField type=\"%s\" name=\"", kml_type(job->columns[i].type));
        put_xml(text_of(job->columns[i].written), out);
        buffer_append_text(out, "\"/>\n");
    }
    buffer_append_text(out, "</Schema>\n<Folder><name>");
    put_xml(text_of(job->version->layer.id), out);
    buffer_append_text(out, "</name>\n");
    *out_sink = &sink->base;
    return true;
}

static void put_kml_value(const struct export_column *column, const struct value *value, struct buffer *out)
{
    if (value->type == VALUE_STRING) {
        put_xml(value->string, out);
    } else if (value->type == VALUE_BOOL) {
        buffer_append_byte(out, value->boolean ? '1' : '0'); /* GDAL reads no words */
    } else {
        put_csv_value(column, value, out);
    }
}

static void put_kml_run(const struct text_sink *sink, const struct export_geometry *geometry, uint32_t part,
                        struct buffer *out)
{
    struct run run = run_of(geometry, part);
    buffer_append_text(out, "<coordinates>");
    for (uint32_t i = 0; i < run.count; i++) {
        buffer_append_text(out, i > 0 ? " " : "");
        put_vertex(sink, &run, i, out);
    }
    buffer_append_text(out, "</coordinates>");
}

static void put_kml_geometry(const struct text_sink *sink, const struct export_geometry *geometry, struct buffer *out)
{
    static const char *const names[] = {"", "Point", "LineString", "Polygon"};
    const struct shape *shape = &geometry->shape;
    bool polygons = shape->kind == GEOMETRY_POLYGON;
    bool several = geometry->is_multi && shape->part_count > 1;
    buffer_append_text(out, several ? "<MultiGeometry>" : "");
    for (uint32_t part = 0; part < shape->part_count;) {
        uint32_t end = polygons ? export_geometry_polygon_end(shape, part) : part + 1;
        buffer_printf(out, "<%s>", names[shape->kind]);
        buffer_append_text(out, geometry->z ? "<altitudeMode>absolute</altitudeMode>" : "");
        for (uint32_t ring = part; ring < end; ring++) {
            const char *side = ring > part ? "inner" : "outer";
            if (polygons) {
                buffer_printf(out, "<%sBoundaryIs><LinearRing>", side);
            }
            put_kml_run(sink, geometry, ring, out);
            if (polygons) {
                buffer_printf(out, "</LinearRing></%sBoundaryIs>", side);
            }
        }
        buffer_printf(out, "</%s>", names[shape->kind]);
        part = end;
    }
    buffer_append_text(out, several ? "</MultiGeometry>" : "");
}

/* What a reader shows as the name of a feature: the label, else the key. */
static void put_kml_name(const struct export_job *job, const struct export_feature *feature, struct buffer *out)
{
    const struct store_layer *layer = &job->version->layer;
    const char *wanted = layer->label ? layer->label : layer->key;
    for (size_t i = 0; wanted && i < job->column_count; i++) {
        const struct export_column *column = &job->columns[i];
        if (strcmp(column->name, wanted) == 0 && feature->values[column->source].type != VALUE_NULL) {
            buffer_append_text(out, "<name>");
            put_kml_value(column, &feature->values[column->source], out);
            buffer_append_text(out, "</name>");
        }
    }
}

static bool add_kml(struct export_sink *base, const struct export_feature *feature, struct arena *arena,
                    struct error *err)
{
    struct text_sink *sink = (struct text_sink *)base;
    const struct export_job *job = base->job;
    struct buffer *out = &sink->file.out;
    buffer_printf(out, "<Placemark id=\"%s.%lld\">", job->version->layer.id, (long long)feature->row);
    put_kml_name(job, feature, out);
    buffer_printf(out, "<ExtendedData><SchemaData schemaUrl=\"#%s\">", job->version->layer.id);
    for (size_t i = 0; i < job->column_count; i++) {
        const struct export_column *column = &job->columns[i];
        const struct value *value = &feature->values[column->source];
        if (value->type != VALUE_NULL) {
            buffer_append_text(out, "<SimpleData name=\"");
            put_xml(text_of(column->written), out);
            buffer_append_text(out, "\">");
            put_kml_value(column, value, out);
            buffer_append_text(out, "</SimpleData>");
        }
    }
    buffer_append_text(out, "</SchemaData></ExtendedData>");
    if (feature->wkb) {
        struct export_geometry geometry;
        if (!export_geometry_read(feature->wkb, feature->wkb_size, arena, &geometry, err)) {
            return false;
        }
        put_kml_geometry(sink, &geometry, out);
    }
    buffer_append_text(out, "</Placemark>\n");
    return export_file_flush(&sink->file, err);
}

static bool finish_kml(struct export_sink *base, struct error *err)
{
    struct text_sink *sink = (struct text_sink *)base;
    buffer_append_text(&sink->file.out, "</Folder></Document></kml>\n");
    return export_file_finish(&sink->file, err);
}

const struct export_kind export_kml = {.name = "kml",
                                       .endings = {".kml"},
                                       .in_degrees = true,
                                       .open = open_kml,
                                       .add = add_kml,
                                       .finish = finish_kml,
                                       .close = close_text};
