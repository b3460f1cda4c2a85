/* SPDX-License-Identifier: MIT */
/* /sprites/… and /fonts/…: what clients that draw a style by themselves need beside tiles. Made on a worker and kept in
 * the tile cache, as tiles are. */

#include "server/handlers.h"

#include <stdio.h>
#include <string.h>

static void want_sprite(const struct request *request, struct handler_context *context, struct response *response,
                        enum tile_format format, uint32_t pixel_ratio)
{
    const char *id = request_capture(request, 0);
    const struct catalog_map *map = catalog_map_find(context->catalog, id);
    if (!map || map->state == MAP_IGNORE) {
        response_problem(response, request, 404, "MAP-404", "no existe el mapa «%.64s»", id);
        return;
    }
    response->content_type = format == TILE_SPRITE_PNG ? TYPE_PNG : TYPE_JSON;
    response->wants_tile = true;
    response->tile = (struct tile_request){.format = format, .pixel_ratio = pixel_ratio};
    snprintf(response->tile.subject, sizeof response->tile.subject, "%s", map->id);
    response->version = map->version;
}

void handle_sprite_json(const struct request *request, struct handler_context *context, struct response *response)
{
    want_sprite(request, context, response, TILE_SPRITE_JSON, 1);
}

void handle_sprite_json_2x(const struct request *request, struct handler_context *context, struct response *response)
{
    want_sprite(request, context, response, TILE_SPRITE_JSON, 2);
}

void handle_sprite_png(const struct request *request, struct handler_context *context, struct response *response)
{
    want_sprite(request, context, response, TILE_SPRITE_PNG, 1);
}

void handle_sprite_png_2x(const struct request *request, struct handler_context *context, struct response *response)
{
    want_sprite(request, context, response, TILE_SPRITE_PNG, 2);
}

/* "256-511": 256 characters from a multiple of 256 on, up to 65535. */
static bool read_range(const char *text, uint32_t *out_start)
{
    const char *dash = strchr(text, '-');
    uint64_t first;
    uint64_t last;
    if (!dash || !text_to_uint((struct text){text, (size_t)(dash - text)}, 65535, &first) ||
        !text_to_uint(text_of(dash + 1), 65535, &last) || first % 256 != 0 || last != first + 255) {
        return false;
    }
    char plain[16]; /* each range has one address */
    snprintf(plain, sizeof plain, "%u-%u", (unsigned)first, (unsigned)last);
    *out_start = (uint32_t)first;
    return strcmp(plain, text) == 0;
}

void handle_glyphs(const struct request *request, struct handler_context *context, struct response *response)
{
    (void)context;
    const char *stack = request_capture(request, 0);
    const char *range = request_capture(request, 1);
    uint32_t start;
    if (!read_range(range, &start)) {
        response_problem(response, request, 400, "SRV-015",
                         "«%.32s» no es un intervalo de caracteres; son 0-255, 256-511 … 65280-65535", range);
        return;
    }
    if (strlen(stack) >= TILE_SUBJECT_BYTES || !text_is_utf8(text_of(stack))) {
        response_problem(response, request, 400, "SRV-016", "la lista de fuentes pasa de %d bytes",
                         TILE_SUBJECT_BYTES - 1);
        return;
    }
    response->content_type = TYPE_GLYPHS;
    response->wants_tile = true;
    response->tile = (struct tile_request){.format = TILE_GLYPHS, .tile = {.x = start}};
    snprintf(response->tile.subject, sizeof response->tile.subject, "%s", stack);
}
