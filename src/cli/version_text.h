/* SPDX-License-Identifier: MIT */
#pragma once
/* Versions of layers in the output of commands. */

#include "base/json_write.h"
#include "store/store_version.h"

/* The number after a layer's name on a command line. */
bool version_text_parse(const char *text, int64_t *out_version, struct error *err);
/* The state in the reader's language. */
const char *version_text_state(enum store_version_state state);
/* [west, south, east, north], or null for an empty box. */
void version_text_write_bbox(struct json_writer *json, const char *name, const struct bbox *bbox);
/* The members of one version, in an object that the caller opened. */
void version_text_write(struct json_writer *json, const struct store_version *version);
