/* SPDX-License-Identifier: MIT */
/* Messages of the check in Spanish. The English texts are those of the specification's own check; each '*' in a pattern
 * stands for any text, which comes back at the '*' of the translation in the same order. */
#include "style/check_report.h"

#include "base/buffer.h"

#include <string.h>

enum { PARTS_MAX = 8, TEXT_BYTES_MAX = 1 << 16 };

struct translation {
    const char *english;
    const char *spanish;
};

/* clang-format off */
static const struct translation translations[] = {
    {"missing required property \"*\"", "falta la propiedad obligatoria \"*\""},
    {"unknown property \"*\"; did you mean \"*\"?", "propiedad desconocida \"*\"; ¿quiso decir \"*\"?"},
    {"unknown property \"*\"", "propiedad desconocida \"*\""},
    {"property \"*\" is ignored: *", "la propiedad \"*\" se ignora: *"},
    {"layers of type \"*\" are ignored: *", "las capas de tipo \"*\" se ignoran: *"},
    {"a flat map has no pitch", "un mapa plano no tiene inclinación"},
    {"a flat map has no light", "un mapa plano no tiene iluminación"},
    {"a flat map has no sky", "un mapa plano no tiene cielo"},
    {"a flat map has no terrain", "un mapa plano no tiene relieve"},
    {"maps are drawn with north up", "los mapas se dibujan con el norte arriba"},
    {"maps are drawn in Web Mercator", "los mapas se dibujan en Web Mercator"},
    {"NumberFormat options `currency` and `unit` are mutually exclusive", "\"currency\" y \"unit\" no van juntos"},
    {"a rendered tile does not fade in", "un mosaico dibujado no aparece gradualmente"},
    {"array expected, * found", "se esperaba un arreglo y se encontró *"},
    {"object expected, * found", "se esperaba un objeto y se encontró *"},
    {"string or array expected, * found", "se esperaba un texto o un arreglo y se encontró *"},
    {"string, number, or boolean expected, * found", "se esperaba un texto, un número o un valor lógico y se encontró *"},
    {"string expected, * found", "se esperaba un texto y se encontró *"},
    {"number expected, * found\nIf you intended to use a categorical function, specify `\"type\": \"categorical\"`.",
     "se esperaba un número y se encontró *; para una función por categorías escriba \"type\": \"categorical\""},
    {"number expected, * found", "se esperaba un número y se encontró *"},
    {"boolean expected, * found", "se esperaba true o false y se encontró *"},
    {"color expected, * found", "se esperaba un color y se encontró *"},
    {"integer expected, found *", "se esperaba un número entero y se encontró *"},
    {"projection expected, * found", "se esperaba una proyección y se encontró *"},
    {"array length at least * expected, length * found", "se esperaba un arreglo de al menos * elementos y tiene *"},
    {"array length * expected, length * found", "se esperaba un arreglo de * elementos y tiene *"},
    {"array must have at least one stop", "el arreglo debe tener al menos una parada"},
    {"padding requires 1 to 4 values; * values found", "el margen lleva de 1 a 4 valores; se encontraron *"},
    {"variableAnchorOffsetCollection requires a non-empty array of even length",
     "se requiere un arreglo no vacío de longitud par: ancla, desplazamiento, …"},
    {"expected one of [*], * found", "se esperaba uno de [*] y se encontró *"},
    {"* is less than the minimum value *", "* es menor que el mínimo *"},
    {"* is greater than the maximum value *", "* es mayor que el máximo *"},
    {"constants have been deprecated as of v8", "las constantes dejaron de usarse en la versión 8"},
    {"either \"type\" or \"ref\" is required", "falta \"type\" (o \"ref\")"},
    {"\"type\" is required", "falta \"type\""},
    {"\"property\" property is required", "falta \"property\""},
    {"\"*\" is prohibited for ref layers", "\"*\" no se permite en capas con ref"},
    {"ref layer \"*\" not found", "no existe la capa \"*\" a la que remite ref"},
    {"ref cannot reference another ref layer", "ref no puede remitir a otra capa con ref"},
    {"source \"*\" not found", "no existe la fuente \"*\""},
    {"layer \"*\" requires a * source", "la capa \"*\" requiere una fuente de tipo *"},
    {"layer \"*\" must specify a \"source-layer\"", "la capa \"*\" debe indicar \"source-layer\""},
    {"layer \"*\" specifies a line-gradient, which requires a GeoJSON source with `lineMetrics` enabled.",
     "la capa \"*\" usa line-gradient, que requiere una fuente GeoJSON con \"lineMetrics\""},
    {"layer \"*\" redundantly specifies \"resampling\" and \"raster-resampling\" paint properties, but only one is allowed. It is advised to use \"resampling\".",
     "la capa \"*\" indica a la vez \"resampling\" y \"raster-resampling\"; deje solo \"resampling\""},
    {"raster-dem source can only be used with layer type 'hillshade' or 'color-relief'.",
     "una fuente raster-dem solo sirve para capas de tipo hillshade o color-relief"},
    {"duplicate layer id \"*\", previously used at line *", "el id de capa \"*\" está repetido; ya se usó en la línea *"},
    {"\"glyphs\" url must include a \"*\" token", "la dirección de \"glyphs\" debe contener \"*\""},
    {"filter array must have at least 1 element", "el filtro debe tener al menos un elemento"},
    {"filter array for operator \"*\" must have 3 elements", "el filtro \"*\" debe tener 3 elementos"},
    {"filter array for \"*\" operator must have 2 elements", "el filtro \"*\" debe tener 2 elementos"},
    {"\"$type\" cannot be use with operator \"*\"", "\"$type\" no se puede usar con el operador \"*\""},
    {"Mixing deprecated filter syntax with expression syntax is not supported. Replace * with *.",
     "no se puede mezclar la sintaxis antigua de filtros con expresiones: cambie * por *"},
    {"Mixing deprecated filter syntax with expression syntax is not supported. Convert * to expression syntax.",
     "no se puede mezclar la sintaxis antigua de filtros con expresiones: convierta * en una expresión"},
    {"identity function may not have a \"stops\" property", "una función identity no lleva \"stops\""},
    {"exponential functions not supported", "la propiedad no admite funciones exponenciales"},
    {"property functions not supported", "la propiedad no admite funciones de atributos"},
    {"zoom functions not supported", "la propiedad no admite funciones del acercamiento"},
    {"expressions are not allowed in function stops.", "no se permiten expresiones en las paradas de una función"},
    {"object stop key must have *", "a la entrada de la parada le falta \"*\""},
    {"stop zoom values must appear in ascending order", "los acercamientos de las paradas deben ir en orden ascendente"},
    {"stop domain values must appear in ascending order", "los valores de las paradas deben ir en orden ascendente"},
    {"stop domain values must be unique", "los valores de las paradas no deben repetirse"},
    {"stop domain value must be a number, string, or boolean", "la entrada de una parada debe ser número, texto o valor lógico"},
    {"* stop domain type must match previous stop domain type *", "la entrada de la parada es de tipo * y la anterior de tipo *"},
    {"\"text-font\" does not support identity functions", "\"text-font\" no admite funciones identity"},
    {"\"*\" does not support interpolation syntax\nUse an identity property function instead: *",
     "\"*\" no admite llaves; use una función identity: *"},
    {"data expressions not supported", "la propiedad no admite expresiones con atributos"},
    {"zoom expressions not supported", "la propiedad no admite expresiones con el acercamiento"},
    {"Invalid data expression for \"*\". Output values must be contained as literals within the expression.",
     "expresión no válida para \"*\": los resultados deben estar escritos en la propia expresión"},
    {"\"feature-state\" data expressions are not supported with layout properties.",
     "las propiedades layout no admiten \"feature-state\""},
    {"\"feature-state\" data expressions are not supported with filters.", "los filtros no admiten \"feature-state\""},
    {"\"zoom\" expression may only be used as input to a top-level \"step\" or \"interpolate\" expression.",
     "\"zoom\" solo puede ser la entrada de un \"step\" o \"interpolate\" exterior"},
    {"Only one zoom-based \"step\" or \"interpolate\" subexpression may be used in an expression.",
     "una expresión solo puede tener un \"step\" o \"interpolate\" según el acercamiento"},
    {"\"interpolate\" expressions cannot be used with this property", "esta propiedad no se puede interpolar"},
    {"Unknown expression \"*\". If you wanted a literal array, use [\"literal\", [...]].",
     "expresión desconocida \"*\"; para un arreglo literal use [\"literal\", [...]]"},
    {"Expression name must be a string, but found * instead. If you wanted a literal array, use [\"literal\", [...]].",
     "el nombre de una expresión debe ser un texto y se encontró *; para un arreglo literal use [\"literal\", [...]]"},
    {"Expected an array with at least one element. If you wanted a literal array, use [\"literal\", []].",
     "se esperaba un arreglo con al menos un elemento; para un arreglo literal use [\"literal\", []]"},
    {"Bare objects invalid. Use [\"literal\", {...}] instead.", "un objeto suelto no es válido; use [\"literal\", {...}]"},
    {"Expected value to be of type *, but found * instead.", "se esperaba un valor de tipo * y se encontró *"},
    {"Expected arguments of type *, but found (*) instead.", "se esperaban argumentos de tipo * y se encontró (*)"},
    {"Expected * arguments, but found * instead.", "se esperaban * argumentos y se encontraron *"},
    {"Expected at least * arguments, but found only *.", "se esperaban al menos * argumentos y hay solo *"},
    {"Expected two or three arguments.", "se esperaban dos o tres argumentos"},
    {"Expected at least one argument.", "se esperaba al menos un argumento"},
    {"Expected * but found * instead.", "se esperaba * y se encontró *"},
    {"Could not parse color from value '*'", "no se entiende el color '*'"},
    {"Cannot compare types '*' and '*'.", "no se pueden comparar los tipos '*' y '*'"},
    {"Branch labels must be unique.", "las etiquetas de las ramas no deben repetirse"},
    {"Unknown variable \"*\". Make sure * before using it.", "variable desconocida \"*\": defínala antes con \"let\""},
};
/* clang-format on */

/* The texts that the stars of the pattern stand for; -1 when the text does not fit. */
static int match_pattern(const char *pattern, const char *text, struct text parts[PARTS_MAX])
{
    int count = 0;
    for (;;) {
        const char *star = strchr(pattern, '*');
        size_t fixed = star ? (size_t)(star - pattern) : strlen(pattern);
        if (strncmp(pattern, text, fixed) != 0) {
            return -1;
        }
        text += fixed;
        pattern += fixed;
        if (!star) {
            return *text == '\0' ? count : -1;
        }
        pattern++;
        const char *next = strchr(pattern, '*');
        size_t follow = next ? (size_t)(next - pattern) : strlen(pattern);
        size_t rest = strlen(text);
        const char *end = NULL;
        if (!next) {
            /* the last piece stands at the end */
            end = rest >= follow && strcmp(text + rest - follow, pattern) == 0 ? text + rest - follow : NULL;
        } else {
            end = follow > 0 ? memmem(text, rest, pattern, follow) : text;
        }
        if (!end || count == PARTS_MAX) {
            return -1;
        }
        parts[count++] = (struct text){text, (size_t)(end - text)};
        text = end;
    }
}

static const char *fill_pattern(const char *pattern, const struct text *parts, int count, struct arena *arena)
{
    struct buffer out;
    buffer_init(&out, TEXT_BYTES_MAX);
    int used = 0;
    for (const char *at = pattern; *at; at++) {
        if (*at == '*' && used < count) {
            char *copy = arena_strndup(arena, parts[used].data, parts[used].length);
            const char *inner = copy ? check_spanish(copy, arena) : NULL;
            buffer_append_text(&out, inner ? inner : "");
            used++;
        } else {
            buffer_append_byte(&out, (unsigned char)*at);
        }
    }
    const char *filled = arena_strdup(arena, buffer_text(&out));
    buffer_finish(&out);
    return filled;
}

const char *check_spanish(const char *english, struct arena *arena)
{
    static const struct translation words[] = {{"number", "número"}, {"string", "texto"},  {"boolean", "valor lógico"},
                                               {"array", "arreglo"}, {"object", "objeto"}, {"null", "nada"},
                                               {"zoom", "zoom"},     {"value", "value"},   {"color", "color"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(english, words[i].english) == 0) {
            return words[i].spanish;
        }
    }
    for (size_t i = 0; i < sizeof translations / sizeof translations[0]; i++) {
        struct text parts[PARTS_MAX];
        int count = match_pattern(translations[i].english, english, parts);
        if (count >= 0) {
            const char *spanish = fill_pattern(translations[i].spanish, parts, count, arena);
            return spanish ? spanish : english;
        }
    }
    return english;
}
