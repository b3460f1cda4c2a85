/* SPDX-License-Identifier: MIT */
#include "tile/archive_tile.h"

#include "tile/archive_reader.h"
#include "tile/gzip.h"

static bool unpack(const struct buffer *packed, struct buffer *out, struct error *err)
{
    bool is_gzip = packed->length > 2 && packed->data[0] == 0x1f && packed->data[1] == 0x8b;
    if (!is_gzip) {
        buffer_append(out, packed->data, packed->length);
        return true;
    }
    if (!gzip_expand(packed->data, packed->length, out)) {
        error_tell(err, ERROR_UNAVAILABLE, "ARC-002", "the archive is damaged, or was shortened",
                   "el archivo está dañado o incompleto");
        return false;
    }
    return true;
}

bool archive_make_tile(const struct archive_item *item, struct tile_id tile, struct buffer *out, struct error *err)
{
    struct buffer packed;
    bool found = false;
    if (!item) {
        error_tell(err, ERROR_NOT_FOUND, "MAP-404", "there is no such archive", "no existe el archivo de teselas");
        return false;
    }
    buffer_init(&packed, ARCHIVE_TILE_BYTES_MAX);
    bool ok = archive_file_read(item->archive, tile, &packed, &found, err) && (!found || unpack(&packed, out, err));
    buffer_finish(&packed);
    if (ok && !found && archive_file_info(item->archive)->type != ARCHIVE_MVT) {
        error_tell(err, ERROR_NOT_FOUND, "TIL-404", "the archive \"%s\" has no tile %u/%u/%u",
                   "el archivo «%s» no tiene la tesela %u/%u/%u", item->id, tile.z, tile.x, tile.y);
        return false;
    }
    return ok;
}
