/* SPDX-License-Identifier: MIT */
/* /api: the interface described by OpenAPI 3.0, made from the tables here so that it cannot name what is not there. */

#include "server/handlers.h"

#include "server/collections.h"

#include <string.h>

struct parameter {
    const char *name;
    const char *description;
    const char *schema; /* JSON */
};

static const struct parameter parameters[] = {
    {"layer", "Id de la capa", "{\"type\":\"string\",\"pattern\":\"^[a-z0-9][a-z0-9_-]{0,63}$\"}"},
    {"map", "Id del mapa", "{\"type\":\"string\",\"pattern\":\"^[a-z0-9][a-z0-9_-]{0,63}$\"}"},
    {"stack", "Nombres de fuentes separados por comas, como en text-font", "{\"type\":\"string\",\"maxLength\":255}"},
    {"range", "256 caracteres: 0-255, 256-511 … 65280-65535", "{\"type\":\"string\",\"pattern\":\"^[0-9]+-[0-9]+$\"}"},
    {"id", "Id del elemento", "{\"type\":\"string\"}"},
    {"z", "Nivel de acercamiento", "{\"type\":\"integer\",\"minimum\":0,\"maximum\":22}"},
    {"x", "Columna de la tesela", "{\"type\":\"integer\",\"minimum\":0}"},
    {"y", "Renglón de la tesela, desde el norte", "{\"type\":\"integer\",\"minimum\":0}"},
    {"limit", "Cuántos elementos como máximo", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":10000,\"default\":10}"},
    {"offset", "Cuántos elementos se saltan", "{\"type\":\"integer\",\"minimum\":0,\"default\":0}"},
    {"cursor", "De un enlace a la página siguiente: sigue donde acabó la anterior", "{\"type\":\"string\"}"},
    {"bbox", "oeste,sur,este,norte en grados (CRS84)",
     "{\"type\":\"array\",\"oneOf\":[{\"minItems\":4,\"maxItems\":4},{\"minItems\":6,\"maxItems\":6}],"
     "\"items\":{\"type\":\"number\"}}"},
    {"datetime", "Fecha o intervalo (RFC 3339)", "{\"type\":\"string\"}"},
    {"f", "Formato", "{\"type\":\"string\"}"},
    {"v", "Versión: la respuesta de la versión vigente no cambia nunca", "{\"type\":\"string\"}"},
    {"width", "Ancho en pixeles", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":4096}"},
    {"height", "Alto en pixeles", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":4096}"},
    {"center", "longitud,latitud en grados", "{\"type\":\"string\"}"},
    {"zoom", "Acercamiento, como lo cuentan las teselas de 256 pixeles",
     "{\"type\":\"number\",\"minimum\":0,\"maximum\":23}"},
    {"size", "anchoxalto en pixeles, por ejemplo 800x600", "{\"type\":\"string\"}"},
    {"scale", "Pixeles de pantalla por pixel", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":3,\"default\":1}"},
    {"lon", "Longitud en grados", "{\"type\":\"number\",\"minimum\":-180,\"maximum\":180}"},
    {"lat", "Latitud en grados", "{\"type\":\"number\",\"minimum\":-90,\"maximum\":90}"},
};

struct operation {
    const char *path;
    const char *id;
    const char *tag;
    const char *summary;
    const char *query; /* parameters beside those of the path, separated by blanks */
    const char *type;  /* of the 200 answer */
};

static const struct operation operations[] = {
    {"/", "getLandingPage", "Capacidades", "Portada", "f", TYPE_JSON},
    {"/conformance", "getConformance", "Capacidades", "Clases de conformidad", "f", TYPE_JSON},
    {"/api", "getApi", "Capacidades", "Este documento", "f", TYPE_JSON},
    {"/collections", "getCollections", "Datos", "Las capas", "f", TYPE_JSON},
    {"/collections/{layer}", "describeCollection", "Datos", "Una capa", "f", TYPE_JSON},
    {"/collections/{layer}/items", "getFeatures", "Datos", "Los elementos de una capa",
     "limit offset cursor bbox datetime f", TYPE_GEOJSON},
    {"/collections/{layer}/items/{id}", "getFeature", "Datos", "Un elemento", "f", TYPE_GEOJSON},
    {"/data/{layer}.geojson", "getData", "Datos", "La capa completa", "v", TYPE_GEOJSON},
    {"/tiles/{map}/{z}/{x}/{y}.png", "getTile", "Teselas", "Tesela dibujada de 256 pixeles", "v", TYPE_PNG},
    {"/tiles/{map}/{z}/{x}/{y}@2x.png", "getTile2x", "Teselas", "La misma a doble resolución", "v", TYPE_PNG},
    {"/tiles/{map}/{z}/{x}/{y}.jpg", "getTileJpeg", "Teselas", "La misma en JPEG, sobre blanco", "v", TYPE_JPEG},
    {"/tiles/{map}/{z}/{x}/{y}@2x.jpg", "getTileJpeg2x", "Teselas", "En JPEG a doble resolución", "v", TYPE_JPEG},
    {"/tiles/{map}/{z}/{x}/{y}.webp", "getTileWebp", "Teselas", "La misma en WebP", "v", TYPE_WEBP},
    {"/tiles/{map}/{z}/{x}/{y}@2x.webp", "getTileWebp2x", "Teselas", "En WebP a doble resolución", "v", TYPE_WEBP},
    {"/tiles/{map}/512/{z}/{x}/{y}.png", "getTile512", "Teselas", "Tesela dibujada de 512 pixeles", "v", TYPE_PNG},
    {"/tiles/{map}/512/{z}/{x}/{y}@2x.png", "getTile512x2", "Teselas", "La misma a doble resolución", "v", TYPE_PNG},
    {"/tiles/{layer}/{z}/{x}/{y}.mvt", "getVectorTile", "Teselas", "Tesela vectorial (MVT 2.1) de una capa o un mapa",
     "v", TYPE_MVT},
    {"/tiles/{layer}/{z}/{x}/{y}.geojson", "getGeojsonTile", "Teselas", "Los mismos elementos en GeoJSON", "v",
     TYPE_GEOJSON},
    {"/tiles/{layer}.json", "getTileJson", "Teselas", "TileJSON 3.0 de una capa o un mapa", "v", TYPE_JSON},
    {"/styles/{map}.json", "getStyle", "Mapas", "El estilo, para MapLibre GL", "v", TYPE_JSON},
    {"/sprites/{map}.json", "getSprite", "Mapas", "Los íconos del estilo: índice", "v", TYPE_JSON},
    {"/sprites/{map}.png", "getSpritePicture", "Mapas", "Los íconos del estilo: hoja", "v", TYPE_PNG},
    {"/sprites/{map}@2x.json", "getSprite2x", "Mapas", "Los íconos a doble resolución: índice", "v", TYPE_JSON},
    {"/sprites/{map}@2x.png", "getSpritePicture2x", "Mapas", "Los íconos a doble resolución: hoja", "v", TYPE_PNG},
    {"/fonts/{stack}/{range}.pbf", "getGlyphs", "Mapas", "Letras de una lista de fuentes, para MapLibre GL", "v",
     TYPE_GLYPHS},
    {"/maps/{map}.png", "getMap", "Mapas", "Una imagen de un área", "bbox width height center zoom size scale v",
     TYPE_PNG},
    {"/legend/{map}", "getLegend", "Mapas", "La leyenda", "f v", TYPE_JSON},
    {"/identify/{map}", "identify", "Mapas", "Lo que hay en un punto", "lon lat zoom", TYPE_JSON},
    {"/health/live", "getLive", "Estado", "El servidor responde", "", TYPE_JSON},
    {"/health/ready", "getReady", "Estado", "El servidor puede atender", "", TYPE_JSON},
    {"/metrics", "getMetrics", "Estado", "Métricas (Prometheus)", "", "text/plain"},
};

static const struct parameter *find_parameter(struct text name)
{
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        if (text_is(name, parameters[i].name)) {
            return &parameters[i];
        }
    }
    return NULL;
}

static void write_parameter(struct json_writer *writer, struct text name, bool in_path)
{
    const struct parameter *parameter = find_parameter(name);
    if (!parameter) {
        return;
    }
    json_write_begin_object(writer);
    json_write_member_string(writer, "name", parameter->name);
    json_write_member_string(writer, "in", in_path ? "path" : "query");
    json_write_member_bool(writer, "required", in_path);
    json_write_member_string(writer, "description", parameter->description);
    json_write_name(writer, "schema");
    json_write_raw(writer, text_of(parameter->schema));
    if (text_is(name, "bbox")) {
        json_write_member_string(writer, "style", "form");
        json_write_member_bool(writer, "explode", false);
    }
    json_write_end_object(writer);
}

static void write_parameters(struct json_writer *writer, const struct operation *operation)
{
    json_write_name(writer, "parameters");
    json_write_begin_array(writer);
    for (const char *open = strchr(operation->path, '{'); open; open = strchr(open + 1, '{')) {
        const char *close = strchr(open, '}');
        write_parameter(writer, (struct text){open + 1, (size_t)(close - open - 1)}, true);
    }
    const char *rest = operation->query;
    while (*rest) {
        struct text name = {rest, strcspn(rest, " ")};
        write_parameter(writer, name, false);
        rest += name.length;
        rest += strspn(rest, " ");
    }
    json_write_end_array(writer);
}

static void write_answer(struct json_writer *writer, const char *status, const char *description, const char *type)
{
    json_write_name(writer, status);
    json_write_begin_object(writer);
    json_write_member_string(writer, "description", description);
    json_write_name(writer, "content");
    json_write_begin_object(writer);
    json_write_name(writer, type);
    json_write_begin_object(writer);
    json_write_name(writer, "schema");
    bool is_json = strstr(type, "json") != NULL;
    json_write_raw(writer, text_of(strcmp(type, TYPE_PROBLEM) == 0 ? "{\"$ref\":\"#/components/schemas/problem\"}"
                                   : is_json                       ? "{\"type\":\"object\"}"
                                                                   : "{\"type\":\"string\",\"format\":\"binary\"}"));
    json_write_end_object(writer);
    json_write_end_object(writer);
    json_write_end_object(writer);
}

static void write_operation(struct json_writer *writer, const struct operation *operation)
{
    json_write_name(writer, operation->path);
    json_write_begin_object(writer);
    json_write_name(writer, "get");
    json_write_begin_object(writer);
    json_write_name(writer, "tags");
    json_write_begin_array(writer);
    json_write_string(writer, operation->tag);
    json_write_end_array(writer);
    json_write_member_string(writer, "operationId", operation->id);
    json_write_member_string(writer, "summary", operation->summary);
    write_parameters(writer, operation);
    json_write_name(writer, "responses");
    json_write_begin_object(writer);
    write_answer(writer, "200", "La respuesta", operation->type);
    write_answer(writer, "400", "Solicitud incorrecta", TYPE_PROBLEM);
    write_answer(writer, "404", "No existe", TYPE_PROBLEM);
    write_answer(writer, "503", "Demasiada carga; intente de nuevo", TYPE_PROBLEM);
    json_write_end_object(writer);
    json_write_end_object(writer);
    json_write_end_object(writer);
}

void handle_api(const struct request *request, struct handler_context *context, struct response *response)
{
    static const char problem_schema[] =
        "{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\",\"code\"],\"properties\":{"
        "\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
        "\"detail\":{\"type\":\"string\"},\"code\":{\"type\":\"string\"},\"instance\":{\"type\":\"string\"}}}";
    struct json_writer writer;
    (void)context;
    if (!collections_check_format(request, response)) {
        return;
    }
    response->content_type = "application/vnd.oai.openapi+json;version=3.0";
    json_write_init(&writer, &response->body);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "openapi", "3.0.3");
    json_write_name(&writer, "info");
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "title", "Tesela");
    json_write_member_string(&writer, "description",
                             "Teselas, mapas y capas de datos geográficos municipales. Sin clave; los errores son "
                             "application/problem+json con un código estable.");
    json_write_member_string(&writer, "version", TESELA_VERSION);
    json_write_end_object(&writer);
    json_write_name(&writer, "servers");
    json_write_begin_array(&writer);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "url", request->base_url);
    json_write_end_object(&writer);
    json_write_end_array(&writer);
    json_write_name(&writer, "paths");
    json_write_begin_object(&writer);
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        write_operation(&writer, &operations[i]);
    }
    json_write_end_object(&writer);
    json_write_name(&writer, "components");
    json_write_begin_object(&writer);
    json_write_name(&writer, "schemas");
    json_write_begin_object(&writer);
    json_write_name(&writer, "problem");
    json_write_raw(&writer, text_of(problem_schema));
    json_write_end_object(&writer);
    json_write_end_object(&writer);
    json_write_end_object(&writer);
}
