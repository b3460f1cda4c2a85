/* SPDX-License-Identifier: MIT */
#pragma once
/* A data directory of its own for each test, and short ways to load layers into it. */

#include "unit/test.h"

#include "geo/projection.h"
#include "store/store_writer.h"
#include "unit/geo/wkb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    char directory[64];
    struct arena *arena;
    struct error err;
    struct store_writer *writer; /* NULL between uses */
    struct store *store;
};

static inline int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    snprintf(fixture->directory, sizeof fixture->directory, "/tmp/tesela_store_XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    fixture->arena = arena_create((size_t)256 << 20);
    assert_non_null(fixture->arena);
    *state = fixture;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    store_writer_close(fixture->writer);
    store_close(fixture->store);
    arena_destroy(fixture->arena);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->directory);
    assert_int_equal(system(command), 0);
    free(fixture);
    return 0;
}

/* Fails the test with the error's text. */
static inline void check(const struct fixture *fixture, bool ok)
{
    if (!ok) {
        fail_msg("%s %s: %s", error_kind_name(fixture->err.kind), fixture->err.code, fixture->err.english);
    }
}

static inline void open_writer(struct fixture *fixture)
{
    check(fixture, store_writer_open(fixture->directory, &fixture->writer, &fixture->err));
}

static inline void close_writer(struct fixture *fixture)
{
    store_writer_close(fixture->writer);
    fixture->writer = NULL;
}

static inline struct store *open_store(struct fixture *fixture)
{
    if (!fixture->store) {
        check(fixture, store_open(fixture->directory, &fixture->store, &fixture->err));
    }
    return fixture->store;
}

static inline const struct store_layer *find_layer(struct fixture *fixture, const char *id)
{
    struct store_layer_list list;
    check(fixture, store_list(open_store(fixture), fixture->arena, &list, &fixture->err));
    return store_list_find(&list, id);
}

/* A feature from well-known text in `srs` (NULL: degrees; text NULL: no geometry). */
static inline void add_wkt(struct fixture *fixture, int64_t row, const char *wkt, const char *srs,
                           const struct value *values)
{
    struct store_writer_feature feature = {.source_row = row, .values = values};
    struct buffer wkb = {0};
    if (wkt) {
        wkb = wkb_of(wkt);
        struct shape shape;
        feature.wkb = wkb.data;
        feature.wkb_size = wkb.length;
        check(fixture, shape_from_wkb(wkb.data, wkb.length, fixture->arena, &shape, &fixture->err));
        double *xy = arena_memdup(fixture->arena, shape.xy, (size_t)shape.vertex_count * 16);
        shape.xy = xy;
        if (srs) {
            struct projection *projection;
            check(fixture, projection_open(srs, &projection, &fixture->err));
            assert_int_equal(projection_to_lonlat(projection, xy, shape.vertex_count), 0);
            projection_close(projection);
        }
        assert_true(shape_cut_at_antimeridian(&shape, fixture->arena, &feature.shape));
    }
    check(fixture, store_writer_add(fixture->writer, &feature, &fixture->err));
    buffer_finish(&wkb);
}

static inline void begin_layer(struct fixture *fixture, const char *id, enum geometry_kind kind, const char *srs,
                               const struct field *fields, size_t field_count, const char *descriptor)
{
    struct store_writer_layer layer = {.id = id,
                                       .kind = kind,
                                       .srs = srs ? srs : "EPSG:4326",
                                       .fields = fields,
                                       .field_count = field_count,
                                       .descriptor_json = text_of(descriptor),
                                       .source_file = "prueba.geojson",
                                       .source_sha256 = "00",
                                       .report_json = text_of("{}")};
    check(fixture, store_writer_begin(fixture->writer, &layer, &fixture->err));
}

static inline int64_t publish(struct fixture *fixture)
{
    int64_t version = 0;
    check(fixture, store_writer_publish(fixture->writer, &version, &fixture->err));
    return version;
}

/* `across` by `across` squares of 0.01 degrees from 103.5 W, 25.4 N; rows from 1, eastwards then northwards. The fields
 * are "clave" (integer, the key) and "nombre" (text). */
static inline void load_grid(struct fixture *fixture, const char *id, int across, const char *name)
{
    static const struct field fields[] = {{"clave", FIELD_INTEGER}, {"nombre", FIELD_STRING}};
    char descriptor[256];
    snprintf(descriptor, sizeof descriptor,
             "{\"id\": \"%s\", \"title\": {\"es\": \"Cuadrícula\", \"en\": \"Grid\"}, \"key\": \"clave\", "
             "\"label\": \"nombre\"}",
             id);
    open_writer(fixture);
    begin_layer(fixture, id, GEOMETRY_POLYGON, NULL, fields, 2, descriptor);
    for (int i = 0; i < across * across; i++) {
        char wkt[256];
        double x = -103.5 + 0.01 * (i % across);
        double y = 25.4 + 0.01 * (i / across);
        snprintf(wkt, sizeof wkt, "POLYGON((%.2f %.2f,%.2f %.2f,%.2f %.2f,%.2f %.2f,%.2f %.2f))", x, y, x + 0.01, y,
                 x + 0.01, y + 0.01, x, y + 0.01, x, y);
        struct value values[] = {value_of_int(1000 + i), value_of_string(name)};
        add_wkt(fixture, i + 1, wkt, NULL, values);
    }
    publish(fixture);
    close_writer(fixture);
}

static inline struct feature_list find_in(struct fixture *fixture, const struct store_layer *layer, struct bbox degrees,
                                          double zoom)
{
    struct feature_list list;
    struct world_box area = grid_box(&degrees);
    check(fixture, store_find(open_store(fixture), layer, &area, zoom, fixture->arena, &list, &fixture->err));
    return list;
}

/* The output of a program; false when it is not installed. */
static inline bool run_program(const char *command, char *out, size_t size)
{
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t length = fread(out, 1, size - 1, pipe);
    out[length] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) && WEXITSTATUS(status) != 127;
}
