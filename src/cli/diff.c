/* SPDX-License-Identifier: MIT */
/* tesela diff: what another version of a layer changes. */

#include "cli/cli.h"
#include "cli/version_text.h"
#include "store/store_diff.h"

#include <string.h>

enum { ARENA_BYTES_MAX = 512 * 1024 * 1024, LIST_TEXT = 20, LIST_JSON = 1000, ID_BYTES = 100 };

struct pair {
    const struct store_version *from;
    const struct store_version *to;
};

/* --- which two --- */

static const struct store_version *served(const struct store_version_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->versions[i].state <= STORE_VERSION_WITHDRAWN) {
            return &list->versions[i];
        }
    }
    return NULL;
}

/* Without numbers: what publishing the newest draft would change, else what the last load changed. */
static struct pair choose_default(const struct store_version_list *list)
{
    const struct store_version *shown = served(list);
    const struct store_version *newest = &list->versions[0];
    if (shown && newest->state == STORE_VERSION_DRAFT) {
        return (struct pair){shown, newest};
    }
    const struct store_version *to = shown ? shown : newest;
    for (size_t i = 0; i < list->count; i++) {
        if (list->versions[i].layer.version < to->layer.version && list->versions[i].state == STORE_VERSION_KEPT) {
            return (struct pair){&list->versions[i], to};
        }
    }
    return (struct pair){NULL, to};
}

static bool find(const struct store_version_list *list, const char *layer, int64_t number,
                 const struct store_version **out, struct error *err)
{
    *out = store_version_find(list, number);
    if (!*out) {
        error_tell(err, ERROR_NOT_FOUND, "STO-015",
                   "layer \"%.80s\" has no version %lld: see \"tesela versions %.80s\"",
                   "la capa «%.80s» no tiene la versión %lld: consulte «tesela versions %.80s»", layer,
                   (long long)number, layer);
    }
    return *out != NULL;
}

static bool choose(const struct store_version_list *list, const char *layer, const int64_t numbers[2], struct pair *out,
                   struct error *err)
{
    if (numbers[0] != 0) {
        return find(list, layer, numbers[0], &out->from, err) && find(list, layer, numbers[1], &out->to, err);
    }
    *out = choose_default(list);
    if (!out->from) {
        error_tell(err, ERROR_NOT_FOUND, "STO-017",
                   "layer \"%.80s\": only one version is kept, there is nothing to compare",
                   "capa «%.80s»: solo se conserva una versión, no hay con qué compararla", layer);
    }
    return out->from != NULL;
}

/* --- JSON --- */

static void write_column(struct json_writer *json, const char *name, enum field_type type)
{
    json_write_begin_object(json);
    json_write_member_string(json, "name", name);
    json_write_member_string(json, "type", field_type_name(type));
    json_write_end_object(json);
}

static void write_schema(struct json_writer *json, const struct pair *pair, const struct store_diff *diff)
{
    json_write_name(json, "schema");
    json_write_begin_object(json);
    json_write_name(json, "added");
    json_write_begin_array(json);
    for (size_t i = 0; i < diff->column_count; i++) {
        if (!diff->columns[i].in_from) {
            write_column(json, diff->columns[i].name, diff->columns[i].to_type);
        }
    }
    json_write_end_array(json);
    json_write_name(json, "removed");
    json_write_begin_array(json);
    for (size_t i = 0; i < diff->column_count; i++) {
        if (!diff->columns[i].in_to) {
            write_column(json, diff->columns[i].name, diff->columns[i].from_type);
        }
    }
    json_write_end_array(json);
    json_write_name(json, "retyped");
    json_write_begin_array(json);
    for (size_t i = 0; i < diff->column_count; i++) {
        const struct store_diff_column *column = &diff->columns[i];
        if (column->in_from && column->in_to && column->from_type != column->to_type) {
            json_write_begin_object(json);
            json_write_member_string(json, "name", column->name);
            json_write_member_string(json, "from", field_type_name(column->from_type));
            json_write_member_string(json, "to", field_type_name(column->to_type));
            json_write_end_object(json);
        }
    }
    json_write_end_array(json);
    json_write_member_bool(json, "srs_changed", strcmp(pair->from->layer.srs, pair->to->layer.srs) != 0);
    json_write_member_bool(json, "geometry_changed", pair->from->layer.kind != pair->to->layer.kind);
    json_write_end_object(json);
}

static void write_list(struct json_writer *json, const char *name, const struct store_diff *diff,
                       const struct store_diff_list *list)
{
    json_write_name(json, name);
    json_write_begin_array(json);
    for (size_t i = 0; i < list->count; i++) {
        const struct store_diff_feature *feature = &list->features[i];
        json_write_begin_object(json);
        json_write_name(json, "id");
        json_write_value(json, &feature->id);
        if (feature->from_row > 0) {
            json_write_member_int(json, "from_row", feature->from_row);
        }
        if (feature->to_row > 0) {
            json_write_member_int(json, "to_row", feature->to_row);
        }
        if (feature->fields) {
            json_write_member_bool(json, "geometry", feature->geometry);
            json_write_name(json, "fields");
            json_write_begin_array(json);
            for (size_t k = 0; k < diff->column_count; k++) {
                if (feature->fields[k]) {
                    json_write_string(json, diff->columns[k].name);
                }
            }
            json_write_end_array(json);
        }
        json_write_end_object(json);
    }
    json_write_end_array(json);
}

static void write_counts(struct json_writer *json, const struct store_diff *diff)
{
    static const char *const compared[] = {"exact", "plane", "degrees"};
    json_write_member_string(json, "matched_by", diff->by_key ? "key" : "content");
    json_write_member_string(json, "geometry_compared", compared[diff->geometry]);
    if (diff->pixels != STORE_DIFF_NO_PIXELS) {
        json_write_name(json, "pixels_changed");
        json_write_bool(json, diff->pixels == STORE_DIFF_OTHER_PIXELS);
    }
    json_write_name(json, "features");
    json_write_begin_object(json);
    json_write_member_int(json, "added", diff->added);
    json_write_member_int(json, "removed", diff->removed);
    json_write_member_int(json, "changed", diff->changed);
    json_write_member_int(json, "unchanged", diff->unchanged);
    json_write_member_int(json, "geometry_changed", diff->geometry_changed);
    json_write_member_int(json, "attributes_changed", diff->attributes_changed);
    json_write_name(json, "fields");
    json_write_begin_object(json);
    for (size_t i = 0; i < diff->column_count; i++) {
        if (diff->columns[i].changed > 0) {
            json_write_member_int(json, diff->columns[i].name, diff->columns[i].changed);
        }
    }
    json_write_end_object(json);
    json_write_end_object(json);
}

static bool print_json(const char *layer, const struct pair *pair, const struct store_diff *diff)
{
    struct buffer out;
    struct json_writer json;
    buffer_init(&out, ARENA_BYTES_MAX);
    json_write_init(&json, &out);
    json_write_begin_object(&json);
    json_write_member_string(&json, "layer", layer);
    json_write_name(&json, "from");
    json_write_begin_object(&json);
    version_text_write(&json, pair->from);
    json_write_end_object(&json);
    json_write_name(&json, "to");
    json_write_begin_object(&json);
    version_text_write(&json, pair->to);
    json_write_end_object(&json);
    write_counts(&json, diff);
    write_schema(&json, pair, diff);
    write_list(&json, "added", diff, &diff->added_features);
    write_list(&json, "removed", diff, &diff->removed_features);
    write_list(&json, "changed", diff, &diff->changed_features);
    json_write_end_object(&json);
    bool ok = cli_print_json(&out);
    buffer_finish(&out);
    return ok;
}

/* --- text --- */

static void print_head(const char *layer, const struct pair *pair)
{
    cli_say(stdout, "%s: version %lld (%s, %s) to version %lld (%s, %s)",
            "%s: de la versión %lld (%s, %s) a la versión %lld (%s, %s)", layer, (long long)pair->from->layer.version,
            version_text_state(pair->from->state), pair->from->layer.loaded_at, (long long)pair->to->layer.version,
            version_text_state(pair->to->state), pair->to->layer.loaded_at);
}

static void print_schema(const struct pair *pair, const struct store_diff *diff)
{
    for (size_t i = 0; i < diff->column_count; i++) {
        const struct store_diff_column *column = &diff->columns[i];
        if (!column->in_from) {
            cli_say(stdout, "  + column \"%s\" (%s)", "  + columna «%s» (%s)", column->name,
                    field_type_name(column->to_type));
        } else if (!column->in_to) {
            cli_say(stdout, "  - column \"%s\" (%s)", "  - columna «%s» (%s)", column->name,
                    field_type_name(column->from_type));
        } else if (column->from_type != column->to_type) {
            cli_say(stdout, "  ~ column \"%s\": %s, now %s", "  ~ columna «%s»: %s, ahora %s", column->name,
                    field_type_name(column->from_type), field_type_name(column->to_type));
        }
    }
    if (strcmp(pair->from->layer.srs, pair->to->layer.srs) != 0) {
        cli_say(stdout, "  ~ reference system: %.80s, now %.80s (geometry compared to 2 cm)",
                "  ~ sistema de referencia: %.80s, ahora %.80s (geometría comparada a 2 cm)", pair->from->layer.srs,
                pair->to->layer.srs);
    }
}

static void print_pixels(const struct store_diff *diff)
{
    if (diff->pixels == STORE_DIFF_OTHER_PIXELS) {
        cli_say(stdout, "  ~ pixels: changed", "  ~ píxeles: cambiaron");
    } else if (diff->pixels == STORE_DIFF_SAME_PIXELS) {
        cli_say(stdout, "  pixels: the same", "  píxeles: los mismos");
    }
}

static void print_extent(const struct pair *pair)
{
    const struct bbox *a = &pair->from->layer.bbox;
    const struct bbox *b = &pair->to->layer.bbox;
    if (a->min_x != b->min_x || a->min_y != b->min_y || a->max_x != b->max_x || a->max_y != b->max_y) {
        cli_say(stdout, "  ~ extent: %.5f,%.5f,%.5f,%.5f, now %.5f,%.5f,%.5f,%.5f",
                "  ~ extensión: %.5f,%.5f,%.5f,%.5f, ahora %.5f,%.5f,%.5f,%.5f", a->min_x, a->min_y, a->max_x, a->max_y,
                b->min_x, b->min_y, b->max_x, b->max_y);
    }
}

static void put_id(const struct value *id, char out[ID_BYTES])
{
    if (id->type == VALUE_STRING) {
        int length = id->string.length < 80 ? (int)id->string.length : 80;
        snprintf(out, ID_BYTES, "%.*s", length, id->string.data);
    } else {
        snprintf(out, ID_BYTES, "%lld", (long long)id->integer);
    }
}

static void put_fields(const struct store_diff *diff, const struct store_diff_feature *feature, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    if (feature->geometry) {
        length = (size_t)snprintf(out, size, "%s", cli_pick("geometry", "geometría"));
    }
    for (size_t i = 0; feature->fields && i < diff->column_count && length < size - 80; i++) {
        if (feature->fields[i]) {
            length +=
                (size_t)snprintf(out + length, size - length, "%s%.60s", length > 0 ? ", " : "", diff->columns[i].name);
        }
    }
}

static void print_list(const char *mark, const struct store_diff *diff, const struct store_diff_list *list,
                       int64_t count)
{
    for (size_t i = 0; i < list->count; i++) {
        char id[ID_BYTES];
        char fields[400];
        const struct store_diff_feature *feature = &list->features[i];
        int64_t row = feature->to_row > 0 ? feature->to_row : feature->from_row;
        put_id(&feature->id, id);
        put_fields(diff, feature, fields, sizeof fields);
        cli_say(stdout, "  %s %s (row %lld)%s%s", "  %s %s (fila %lld)%s%s", mark, id, (long long)row,
                fields[0] != '\0' ? ": " : "", fields);
    }
    if ((int64_t)list->count < count) {
        cli_say(stdout, "  %s %lld more", "  %s %lld más", mark, (long long)(count - (int64_t)list->count));
    }
}

static void print_text(const char *layer, const struct pair *pair, const struct store_diff *diff)
{
    print_head(layer, pair);
    cli_say(stdout, "  features: %lld, now %lld: %lld added, %lld removed, %lld changed, %lld the same",
            "  elementos: %lld, ahora %lld: %lld nuevos, %lld quitados, %lld cambiados, %lld iguales",
            (long long)pair->from->layer.feature_count, (long long)pair->to->layer.feature_count,
            (long long)diff->added, (long long)diff->removed, (long long)diff->changed, (long long)diff->unchanged);
    if (!diff->by_key) {
        cli_say(stdout, "  (no key: a changed feature counts as one removed and one added)",
                "  (sin clave: un elemento cambiado cuenta como uno quitado y uno nuevo)");
    }
    if (diff->changed > 0) {
        cli_say(stdout, "  geometry changed in %lld, attributes in %lld",
                "  cambió la geometría en %lld y los atributos en %lld", (long long)diff->geometry_changed,
                (long long)diff->attributes_changed);
    }
    for (size_t i = 0; i < diff->column_count; i++) {
        if (diff->columns[i].changed > 0) {
            cli_say(stdout, "    column \"%s\" in %lld", "    la columna «%s» en %lld", diff->columns[i].name,
                    (long long)diff->columns[i].changed);
        }
    }
    print_schema(pair, diff);
    print_pixels(diff);
    print_extent(pair);
    print_list("+", diff, &diff->added_features, diff->added);
    print_list("-", diff, &diff->removed_features, diff->removed);
    print_list("~", diff, &diff->changed_features, diff->changed);
}

static int compare(const char *directory, const char *layer, const int64_t numbers[2], bool json)
{
    struct error err = {0};
    struct store *store = NULL;
    struct store_version_list list;
    struct store_diff diff;
    struct pair pair;
    struct store_diff_options options = {.list_max = json ? LIST_JSON : LIST_TEXT};
    int code = CLI_INTERNAL;
    struct arena *arena = arena_create(ARENA_BYTES_MAX);
    if (!arena) {
        return cli_fail_no_memory();
    }
    if (!store_open(directory, &store, &err) || !store_version_list(store, layer, arena, &list, &err) ||
        !choose(&list, layer, numbers, &pair, &err) ||
        !store_diff(store, pair.from, pair.to, &options, arena, &diff, &err)) {
        code = cli_fail(&err);
    } else if (json) {
        code = print_json(layer, &pair, &diff) ? CLI_DONE : CLI_INTERNAL;
    } else {
        print_text(layer, &pair, &diff);
        code = CLI_DONE;
    }
    store_close(store);
    arena_destroy(arena);
    return code;
}

int cli_diff(int argc, char **argv)
{
    static const char usage[] = "diff LAYER [V1 V2] [--json] [--data DIR]";
    bool json = false;
    const char *data = NULL;
    const struct cli_option known[] = {{"--json", CLI_FLAG, &json}, {"--data", CLI_TEXT, &data}};
    struct error err = {0};
    size_t count = 0;
    int64_t numbers[2] = {0, 0};
    if (!cli_parse(argc, argv, known, sizeof known / sizeof known[0], &count, &err)) {
        return cli_usage(&err, usage);
    }
    if (count != 1 && count != 3) {
        return cli_usage(NULL, usage);
    }
    if (count == 3 &&
        (!version_text_parse(argv[2], &numbers[0], &err) || !version_text_parse(argv[3], &numbers[1], &err))) {
        return cli_usage(&err, usage);
    }
    text_lower_id(argv[1]);
    return compare(cli_data_directory(data), argv[1], numbers, json);
}
