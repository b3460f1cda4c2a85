/* SPDX-License-Identifier: MIT */
#include "cli/version_text.h"

#include "cli/cli.h"

bool version_text_parse(const char *text, int64_t *out_version, struct error *err)
{
    uint64_t version;
    if (!text_to_uint(text_of(text), INT64_MAX, &version) || version == 0) {
        error_tell(err, ERROR_INVALID, "CLI-003", "\"%.80s\" is not a version number: \"tesela versions\" lists them",
                   "«%.80s» no es un número de versión: «tesela versions» los lista", text);
        return false;
    }
    *out_version = (int64_t)version;
    return true;
}

const char *version_text_state(enum store_version_state state)
{
    static const char *const english[] = {"published", "withdrawn", "kept", "draft"};
    static const char *const spanish[] = {"publicada", "retirada", "conservada", "borrador"};
    return cli_pick(english[state], spanish[state]);
}

void version_text_write_bbox(struct json_writer *json, const char *name, const struct bbox *bbox)
{
    json_write_name(json, name);
    if (bbox_is_empty(bbox)) {
        json_write_null(json);
        return;
    }
    json_write_begin_array(json);
    json_write_fixed(json, bbox->min_x, 7);
    json_write_fixed(json, bbox->min_y, 7);
    json_write_fixed(json, bbox->max_x, 7);
    json_write_fixed(json, bbox->max_y, 7);
    json_write_end_array(json);
}

void version_text_write(struct json_writer *json, const struct store_version *version)
{
    const struct store_layer *layer = &version->layer;
    json_write_member_int(json, "version", layer->version);
    json_write_member_string(json, "state", store_version_state_name(version->state));
    json_write_member_string(json, "loaded_at", layer->loaded_at);
    json_write_member_string(json, "file", version->source_file);
    json_write_member_string(json, "sha256", version->source_sha256);
    json_write_member_string(json, "geometry", geometry_kind_name(layer->kind));
    json_write_member_int(json, "features", layer->feature_count);
    version_text_write_bbox(json, "bbox", &layer->bbox);
    json_write_member_string(json, "srs", layer->srs);
    json_write_member_string(json, "key", layer->key);
    json_write_member_string(json, "table", layer->table);
}
