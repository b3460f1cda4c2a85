/* SPDX-License-Identifier: MIT */
#include "ingest/shapefile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SHP_HEADER_BYTES = 100, DBF_COLUMNS_MAX = 2046 };

static uint32_t big32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint32_t little32(const unsigned char *bytes)
{
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

static void put_big32(unsigned char *out, uint32_t value)
{
    out[0] = (unsigned char)(value >> 24);
    out[1] = (unsigned char)(value >> 16);
    out[2] = (unsigned char)(value >> 8);
    out[3] = (unsigned char)value;
}

static FILE *open_sized(const char *path, uint64_t *out_size)
{
    struct stat info;
    FILE *file = fopen(path, "rbe");
    if (!file || fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        if (file) {
            fclose(file);
        }
        return NULL;
    }
    *out_size = (uint64_t)info.st_size;
    return file;
}

static bool is_shape_type(uint32_t type)
{
    switch (type) {
    case 0:
    case 1:
    case 3:
    case 5:
    case 8:
    case 11:
    case 13:
    case 15:
    case 18:
    case 21:
    case 23:
    case 25:
    case 28:
    case 31:
        return true;
    default:
        return false;
    }
}

bool shapefile_read_table(const char *path, struct arena *arena, struct shapefile_table *out_table, struct error *err)
{
    bool ok = false;
    uint64_t size = 0;
    FILE *file = open_sized(path, &size);
    unsigned char head[32];
    struct shapefile_table table = {0};
    if (!file || fread(head, 1, sizeof head, file) != sizeof head) {
        goto damaged;
    }
    table.rows_told = little32(head + 4);
    table.header_bytes = (unsigned)(head[8] | head[9] << 8);
    table.row_bytes = (unsigned)(head[10] | head[11] << 8);
    table.language = head[29];
    if (table.header_bytes < 33 || table.row_bytes < 1 || table.header_bytes > size) {
        goto damaged;
    }
    uint64_t room = (size - table.header_bytes) / table.row_bytes;
    table.rows = room < table.rows_told ? (uint32_t)room : table.rows_told;
    size_t count_max = (table.header_bytes - 32) / 32;
    table.columns = arena_array(arena, count_max + 1, sizeof *table.columns);
    if (!table.columns) {
        error_no_memory(err);
        goto done;
    }
    for (size_t i = 0; i < count_max && i < DBF_COLUMNS_MAX; i++) {
        unsigned char entry[32];
        if (fread(entry, 1, sizeof entry, file) != sizeof entry || entry[0] == 0x0d || entry[0] == 0) {
            break;
        }
        struct shapefile_column *column = &table.columns[table.column_count++];
        memcpy(column->name, entry, 11);
        column->type = (char)entry[11];
        column->width = entry[16];
        column->decimals = entry[17];
        if (column->type == 'C') {
            column->width += (unsigned)entry[17] << 8; /* wide text columns, by Clipper's rule */
            column->decimals = 0;
        }
    }
    *out_table = table;
    ok = true;
    goto done;
damaged:
    error_tell(err, ERROR_INVALID, "IMP-060", "the .dbf file is damaged: export the layer again",
               "el archivo .dbf está dañado: exporte la capa de nuevo");
done:
    if (file) {
        fclose(file);
    }
    return ok;
}

static bool read_header(FILE *file, struct shapefile_shapes *shapes)
{
    unsigned char head[SHP_HEADER_BYTES];
    if (fread(head, 1, sizeof head, file) != sizeof head || big32(head) != 9994 ||
        !is_shape_type(little32(head + 32))) {
        return false;
    }
    shapes->type = (int)little32(head + 32);
    return true;
}

static bool refuse_shapes(struct error *err)
{
    error_tell(err, ERROR_INVALID, "IMP-060", "the .shp file is damaged or is no shapefile: export the layer again",
               "el archivo .shp está dañado o no es un shapefile: exporte la capa de nuevo");
    return false;
}

bool shapefile_read_header(const char *shp, struct shapefile_shapes *out_shapes, struct error *err)
{
    uint64_t size = 0;
    FILE *file = open_sized(shp, &size);
    struct shapefile_shapes shapes = {0};
    bool ok = file && read_header(file, &shapes);
    if (file) {
        fclose(file);
    }
    if (!ok) {
        return refuse_shapes(err);
    }
    *out_shapes = shapes;
    return true;
}

bool shapefile_check_index(const char *shp, const char *shx, struct shapefile_shapes *out_shapes, struct error *err)
{
    bool ok = false;
    uint64_t shp_size = 0;
    uint64_t shx_size = 0;
    FILE *shapes_file = open_sized(shp, &shp_size);
    FILE *index_file = open_sized(shx, &shx_size);
    struct shapefile_shapes shapes = {0};
    struct shapefile_shapes ignored = {0};
    if (!shapes_file || !read_header(shapes_file, &shapes)) {
        refuse_shapes(err);
        goto done;
    }
    if (!index_file || !read_header(index_file, &ignored)) {
        goto damaged;
    }
    uint64_t total = 0;
    unsigned char entry[8];
    while (fread(entry, 1, sizeof entry, index_file) == sizeof entry) {
        uint64_t offset = (uint64_t)big32(entry) * 2;
        uint64_t length = (uint64_t)big32(entry + 4) * 2;
        /* Deleted records are kept by some programs as empty entries. */
        if (length > 0 && (offset < SHP_HEADER_BYTES || offset + 8 > shp_size)) {
            goto damaged;
        }
        total += length + 8;
        shapes.records++;
    }
    if (shapes.records == UINT32_MAX || total > 2 * shp_size + 8 * (uint64_t)shapes.records) {
        goto damaged;
    }
    *out_shapes = shapes;
    ok = true;
    goto done;
damaged:
    error_tell(err, ERROR_INVALID, "IMP-060", "the .shx file does not fit the .shp",
               "el archivo .shx no corresponde al .shp");
done:
    if (shapes_file) {
        fclose(shapes_file);
    }
    if (index_file) {
        fclose(index_file);
    }
    return ok;
}

/* Copies the index entries of all sound records; the file position is just past the header. */
static bool index_records(FILE *in, uint64_t size, FILE *out, struct shapefile_shapes *shapes)
{
    uint64_t at = SHP_HEADER_BYTES;
    while (at + 12 <= size) {
        unsigned char head[12];
        if (fseeko(in, (off_t)at, SEEK_SET) != 0 || fread(head, 1, sizeof head, in) != sizeof head) {
            break;
        }
        uint64_t length = (uint64_t)big32(head + 4) * 2;
        uint32_t type = little32(head + 8);
        if (length < 4 || at + 8 + length > size || (type != 0 && (int)type != shapes->type) || at / 2 > INT32_MAX) {
            shapes->unread_at = at;
            break;
        }
        unsigned char entry[8];
        put_big32(entry, (uint32_t)(at / 2));
        put_big32(entry + 4, (uint32_t)(length / 2));
        if (fwrite(entry, 1, sizeof entry, out) != sizeof entry) {
            return false;
        }
        shapes->records++;
        at += 8 + length;
    }
    return true;
}

bool shapefile_rebuild_index(const char *shp, const char *shx, struct shapefile_shapes *out_shapes, struct error *err)
{
    bool ok = false;
    uint64_t size = 0;
    FILE *in = open_sized(shp, &size);
    FILE *out = NULL;
    struct shapefile_shapes shapes = {0};
    unsigned char head[SHP_HEADER_BYTES];
    if (!in || !read_header(in, &shapes)) {
        refuse_shapes(err);
        goto done;
    }
    rewind(in);
    if (fread(head, 1, sizeof head, in) != sizeof head) {
        refuse_shapes(err);
        goto done;
    }
    out = fopen(shx, "wbe");
    if (!out || fwrite(head, 1, sizeof head, out) != sizeof head || !index_records(in, size, out, &shapes)) {
        goto cannot_write;
    }
    put_big32(head + 24, (uint32_t)(SHP_HEADER_BYTES / 2 + (uint64_t)shapes.records * 4));
    rewind(out);
    if (fwrite(head, 1, sizeof head, out) != sizeof head || fflush(out) != 0) {
        goto cannot_write;
    }
    *out_shapes = shapes;
    ok = true;
    goto done;
cannot_write:
    error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not write a temporary index \"%s\"",
               "no se pudo escribir un índice temporal «%s»", shx);
done:
    if (in) {
        fclose(in);
    }
    if (out) {
        fclose(out);
    }
    return ok;
}
