/* SPDX-License-Identifier: MIT */
#include "style/import_xml.h"

#include "base/late_library.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>

/* Opened when it is first needed. */
/* clang-format off */
#define CALLS(X) \
    X(xmlCreatePushParserCtxt) X(xmlCtxtGetLastError) X(xmlCtxtUseOptions) X(xmlFreeDoc) X(xmlFreeEnumeration) \
    X(xmlFreeParserCtxt) X(xmlParseChunk) X(xmlSAX2GetLineNumber) X(xmlStopParser)
/* clang-format on */
static struct {
    CALLS(LATE_LIBRARY_MEMBER)
} late;
static struct late_library library = LATE_LIBRARY(TESELA_LIBXML2_SONAME, CALLS, late);

enum { ATTRIBUTES_MAX = 256 };

enum refusal { REFUSED_NOTHING, REFUSED_DECLARATION, REFUSED_ENTITY, REFUSED_SIZE, REFUSED_MEMORY };

struct reader {
    struct arena *arena;
    xmlParserCtxtPtr parser;
    struct import_xml *root;
    struct import_xml *open[IMPORT_XML_DEPTH_MAX];
    size_t depth;
    size_t part_count;
    enum refusal refusal;
    size_t refusal_line;
};

static size_t line_of(const struct reader *reader)
{
    int line = late.xmlSAX2GetLineNumber(reader->parser);
    return line > 0 ? (size_t)line : 0;
}

static void refuse(struct reader *reader, enum refusal refusal)
{
    if (reader->refusal == REFUSED_NOTHING) {
        reader->refusal = refusal;
        reader->refusal_line = line_of(reader);
    }
    late.xmlStopParser(reader->parser);
}

/* A new part below the open element; NULL when it is refused. */
static struct import_xml *add_part(struct reader *reader)
{
    if (reader->refusal != REFUSED_NOTHING) {
        return NULL;
    }
    if (reader->part_count >= IMPORT_XML_PARTS_MAX || reader->depth >= IMPORT_XML_DEPTH_MAX) {
        refuse(reader, REFUSED_SIZE);
        return NULL;
    }
    struct import_xml *part = arena_alloc(reader->arena, sizeof *part);
    if (!part) {
        refuse(reader, REFUSED_MEMORY);
        return NULL;
    }
    reader->part_count++;
    part->line = line_of(reader);
    struct import_xml *parent = reader->depth > 0 ? reader->open[reader->depth - 1] : NULL;
    if (parent && parent->last) {
        parent->last->next = part;
    } else if (parent) {
        parent->first = part;
    } else {
        reader->root = part;
    }
    if (parent) {
        parent->last = part;
    }
    return part;
}

static bool read_attributes(struct reader *reader, struct import_xml *part, size_t count, const xmlChar **attributes)
{
    if (count > ATTRIBUTES_MAX) {
        refuse(reader, REFUSED_SIZE);
        return false;
    }
    struct import_xml_attribute *list = arena_array(reader->arena, count, sizeof *list);
    for (size_t i = 0; list && i < count; i++) {
        const char *begin = (const char *)attributes[i * 5 + 3];
        const char *end = (const char *)attributes[i * 5 + 4];
        list[i].name = arena_strdup(reader->arena, (const char *)attributes[i * 5]);
        list[i].value = arena_strndup(reader->arena, begin, (size_t)(end - begin));
        if (!list[i].name || !list[i].value) {
            list = NULL;
        }
    }
    if (!list) {
        refuse(reader, REFUSED_MEMORY);
        return false;
    }
    part->attributes = list;
    part->attribute_count = count;
    return true;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int namespace_count,
                     const xmlChar **namespaces, int attribute_count, int defaulted_count, const xmlChar **attributes)
{
    (void)prefix;
    (void)uri;
    (void)namespace_count;
    (void)namespaces;
    (void)defaulted_count;
    struct reader *reader = context;
    struct import_xml *part = add_part(reader);
    if (!part) {
        return;
    }
    part->name = arena_strdup(reader->arena, (const char *)name);
    if (!part->name) {
        refuse(reader, REFUSED_MEMORY);
        return;
    }
    if (read_attributes(reader, part, (size_t)attribute_count, attributes)) {
        reader->open[reader->depth++] = part;
    }
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    (void)name;
    (void)prefix;
    (void)uri;
    struct reader *reader = context;
    if (reader->refusal == REFUSED_NOTHING && reader->depth > 0) {
        reader->depth--;
    }
}

static void on_text(void *context, const xmlChar *bytes, int length)
{
    struct reader *reader = context;
    if (reader->depth == 0 || length <= 0 || reader->refusal != REFUSED_NOTHING) {
        return;
    }
    const char *text = (const char *)bytes;
    size_t blanks = strspn(text, " \t\r\n");
    struct import_xml *last = reader->open[reader->depth - 1]->last;
    if (blanks >= (size_t)length && !(last && last->text)) {
        return; /* only the indentation between elements */
    }
    struct import_xml *part = add_part(reader);
    if (part) {
        part->text = arena_strndup(reader->arena, text, (size_t)length);
        if (!part->text) {
            refuse(reader, REFUSED_MEMORY);
        }
    }
}

static xmlEntityPtr on_entity(void *context, const xmlChar *name)
{
    (void)name;
    refuse(context, REFUSED_ENTITY);
    return NULL;
}

static void on_reference(void *context, const xmlChar *name)
{
    (void)name;
    refuse(context, REFUSED_ENTITY);
}

static void on_entity_declaration(void *context, const xmlChar *name, int type, const xmlChar *public_id,
                                  const xmlChar *system_id, xmlChar *content)
{
    (void)name;
    (void)type;
    (void)public_id;
    (void)system_id;
    (void)content;
    refuse(context, REFUSED_DECLARATION);
}

static void on_element_declaration(void *context, const xmlChar *name, int type, xmlElementContentPtr content)
{
    (void)name;
    (void)type;
    (void)content;
    refuse(context, REFUSED_DECLARATION);
}

static void on_attribute_declaration(void *context, const xmlChar *element, const xmlChar *name, int type, int kind,
                                     const xmlChar *value, xmlEnumerationPtr tree)
{
    (void)element;
    (void)name;
    (void)type;
    (void)kind;
    (void)value;
    late.xmlFreeEnumeration(tree);
    refuse(context, REFUSED_DECLARATION);
}

static void on_notation(void *context, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
    (void)name;
    (void)public_id;
    (void)system_id;
    refuse(context, REFUSED_DECLARATION);
}

static void tell_refusal(const struct reader *reader, struct error *err)
{
    switch (reader->refusal) {
    case REFUSED_DECLARATION:
    case REFUSED_ENTITY:
        error_tell(err, ERROR_INVALID, "IMP-080",
                   "line %zu: XML with entities or declarations of its own is not read; save the style again from QGIS",
                   "línea %zu: no se lee XML con entidades o declaraciones propias; guarde el estilo de nuevo en QGIS",
                   reader->refusal_line);
        break;
    case REFUSED_SIZE:
        error_tell(err, ERROR_TOO_LARGE, "IMP-080",
                   "line %zu: the XML is nested deeper than %d levels or has more than %d parts",
                   "línea %zu: el XML tiene más de %d niveles o más de %d partes", reader->refusal_line,
                   (int)IMPORT_XML_DEPTH_MAX, (int)IMPORT_XML_PARTS_MAX);
        break;
    case REFUSED_MEMORY:
    case REFUSED_NOTHING:
        error_no_memory(err);
        break;
    }
}

static void tell_wrong(const struct reader *reader, struct error *err)
{
    const xmlError *last = late.xmlCtxtGetLastError(reader->parser);
    char why[160] = "";
    if (last && last->message) {
        snprintf(why, sizeof why, "%s", last->message);
        why[strcspn(why, "\r\n")] = '\0';
    }
    error_tell(err, ERROR_INVALID, "IMP-080", "line %d: this is no well-formed XML: %s",
               "línea %d: no es XML bien formado: %s", last ? last->line : 0, why);
}

static bool parse(struct reader *reader, struct text xml, struct error *err)
{
    size_t head = xml.length < 4 ? xml.length : 4;
    xmlSAXHandler handler = {.startElementNs = on_start,
                             .endElementNs = on_end,
                             .characters = on_text,
                             .cdataBlock = on_text,
                             .getEntity = on_entity,
                             .getParameterEntity = on_entity,
                             .reference = on_reference,
                             .entityDecl = on_entity_declaration,
                             .elementDecl = on_element_declaration,
                             .attributeDecl = on_attribute_declaration,
                             .notationDecl = on_notation,
                             .initialized = XML_SAX2_MAGIC};
    reader->parser = late.xmlCreatePushParserCtxt(&handler, reader, xml.data, (int)head, NULL);
    if (!reader->parser) {
        return error_no_memory(err);
    }
    late.xmlCtxtUseOptions(reader->parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    int wrong = late.xmlParseChunk(reader->parser, xml.data + head, (int)(xml.length - head), 1);
    bool ok = wrong == 0 && reader->refusal == REFUSED_NOTHING && reader->root && reader->parser->wellFormed;
    if (reader->refusal != REFUSED_NOTHING) {
        tell_refusal(reader, err);
    } else if (!ok) {
        tell_wrong(reader, err);
    }
    late.xmlFreeDoc(reader->parser->myDoc);
    reader->parser->myDoc = NULL;
    late.xmlFreeParserCtxt(reader->parser);
    return ok;
}

bool import_xml_read(struct text xml, struct arena *arena, struct import_xml **out_root, struct error *err)
{
    if (xml.length > IMPORT_XML_BYTES_MAX) {
        error_tell(err, ERROR_TOO_LARGE, "IMP-080", "the XML is larger than %d MB", "el XML pasa de %d MB",
                   IMPORT_XML_BYTES_MAX >> 20);
        return false;
    }
    if (!late_library_open(&library, err)) {
        return false;
    }
    struct reader *reader = arena_alloc(arena, sizeof *reader);
    if (!reader) {
        return error_no_memory(err);
    }
    reader->arena = arena;
    if (!parse(reader, xml, err)) {
        return false;
    }
    *out_root = reader->root;
    return true;
}

const char *import_xml_get(const struct import_xml *element, const char *name)
{
    for (size_t i = 0; element && i < element->attribute_count; i++) {
        if (strcmp(element->attributes[i].name, name) == 0) {
            return element->attributes[i].value;
        }
    }
    return NULL;
}

static const struct import_xml *named_from(const struct import_xml *at, const char *name)
{
    while (at && !(at->name && strcmp(at->name, name) == 0)) {
        at = at->next;
    }
    return at;
}

const struct import_xml *import_xml_child(const struct import_xml *element, const char *name)
{
    return element ? named_from(element->first, name) : NULL;
}

const struct import_xml *import_xml_next(const struct import_xml *element, const char *name)
{
    return element ? named_from(element->next, name) : NULL;
}

const char *import_xml_text(const struct import_xml *element, struct arena *arena)
{
    size_t length = 0;
    for (const struct import_xml *part = element ? element->first : NULL; part; part = part->next) {
        length += part->text ? strlen(part->text) : 0;
    }
    char *text = arena_alloc(arena, length + 1);
    if (!text) {
        return NULL;
    }
    size_t at = 0;
    for (const struct import_xml *part = element ? element->first : NULL; part; part = part->next) {
        size_t size = part->text ? strlen(part->text) : 0;
        if (size > 0) {
            memcpy(text + at, part->text, size);
        }
        at += size;
    }
    while (length > 0 && strchr(" \t\r\n", text[length - 1])) {
        text[--length] = '\0';
    }
    return text + strspn(text, " \t\r\n");
}
