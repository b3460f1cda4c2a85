/* SPDX-License-Identifier: MIT */
#pragma once
/* XML read into a tree in an arena, the one door to libxml2. Nothing but the given bytes is looked at: no network, no
 * files, no DTD. A DOCTYPE line, which QGIS writes, is passed over; one that declares something is refused, and so is
 * every entity but the five of XML itself. Size, depth and number of parts are bounded. */

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

enum { IMPORT_XML_BYTES_MAX = 32 << 20, IMPORT_XML_DEPTH_MAX = 96, IMPORT_XML_PARTS_MAX = 400000 };

struct import_xml_attribute {
    const char *name; /* without prefix */
    const char *value;
};

struct import_xml {
    const char *name; /* without prefix; NULL for a piece of text */
    const char *text; /* of a piece of text, else NULL */
    size_t line;
    const struct import_xml_attribute *attributes;
    size_t attribute_count;
    struct import_xml *first; /* child */
    struct import_xml *last;
    struct import_xml *next; /* sibling */
};

/* Reads a document. On failure `err` names the line. */
bool import_xml_read(struct text xml, struct arena *arena, struct import_xml **out_root, struct error *err);

/* The attribute, NULL when absent. */
const char *import_xml_get(const struct import_xml *element, const char *name);
/* The first child of that name, NULL when absent or when `element` is NULL. */
const struct import_xml *import_xml_child(const struct import_xml *element, const char *name);
/* The next sibling of that name; NULL after the last. */
const struct import_xml *import_xml_next(const struct import_xml *element, const char *name);
/* The text right inside, blanks around it left out; "" when there is none. NULL when memory is out. */
const char *import_xml_text(const struct import_xml *element, struct arena *arena);
