/* SPDX-License-Identifier: MIT */
#pragma once
/* Which characters the bytes of a table mean, decided from what the file declares and from the bytes themselves, for
 * the layer and, where a table mixes encodings, for each value. What comes out is always valid UTF-8. */

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

enum { ENCODING_NAME_BYTES = 32, ENCODING_SAMPLES = 64, ENCODING_SAMPLE_BYTES = 160 };

enum encoding_source {
    ENCODING_UNDECLARED,
    ENCODING_FORMAT,   /* the format fixes it: GeoPackage, GeoJSON */
    ENCODING_CPG,      /* a .cpg or .cst file */
    ENCODING_LANGUAGE, /* the language byte of a .dbf */
    ENCODING_OPTION    /* said by a person: --encoding or the descriptor */
};

/* What the bytes of a layer say; starts zeroed, fed with every text value. */
struct encoding_evidence {
    uint64_t ascii;    /* values of ASCII only */
    uint64_t utf8;     /* values with well-formed sequences beyond ASCII */
    uint64_t utf8_cut; /* the same, but the field's width cut the last character */
    uint64_t other;    /* values that are not UTF-8 */
    double cp1252;     /* how Spanish the others look in each encoding; more is better */
    double cp850;
    double cp437;
    double mac;
    uint64_t twice; /* of utf8: were made UTF-8 a second time */
    uint64_t plain; /* of ascii: longer than one byte */
    uint64_t nuls;  /* whether a NUL stood inside a value: text in UTF-16 */
    size_t sample_count;
    struct {
        unsigned char bytes[ENCODING_SAMPLE_BYTES];
        uint8_t length;
        bool utf8;
    } samples[ENCODING_SAMPLES];
};

/* `raw` as it stands in the file; `width` is the column's width in bytes, 0 where it has none. */
void encoding_evidence_add(struct encoding_evidence *evidence, struct text raw, unsigned width);

struct encoding_choice {
    char name[ENCODING_NAME_BYTES];     /* "UTF-8", "windows-1252", "CP850", … */
    char fallback[ENCODING_NAME_BYTES]; /* for values that are not UTF-8 where `name` is UTF-8 */
    double confidence;                  /* 0 … 1 */
    const char *how_english;
    const char *how_spanish;
    bool said;         /* a person named it: values are not second-guessed */
    bool contradicted; /* the bytes say something else than what was declared */
};

/* The encoding's usual name for what people and programs write ("utf8", "88591", "ANSI 1252", "OEM 850", "Latin-1").
 * False when it is unknown here. */
bool encoding_canonical(struct text label, char out[ENCODING_NAME_BYTES]);
/* The encoding that the language byte of a .dbf stands for; NULL for 0 and unknown bytes. */
const char *encoding_of_language(unsigned char language);

/* `declared` is canonical, or NULL. */
void encoding_decide(const struct encoding_evidence *evidence, const char *declared, enum encoding_source source,
                     struct encoding_choice *out_choice);

enum encoding_outcome {
    ENCODING_OK = 0,
    ENCODING_OTHERWISE = 1,  /* the value was in another encoding than the layer and was read in that */
    ENCODING_CUT = 2,        /* a half character at the end was dropped */
    ENCODING_REPLACED = 4,   /* bytes that mean nothing became U+FFFD */
    ENCODING_LOST_BEFORE = 8 /* U+FFFD stood there already */
};

/* A name that came without any word on its encoding, as UTF-8; NULL when memory is out. */
char *encoding_readable(const char *raw, struct arena *arena);

/* Decodes values of one layer. Belongs to one thread. */
struct encoding;

bool encoding_open(const struct encoding_choice *choice, struct encoding **out_encoding, struct error *err);
void encoding_close(struct encoding *encoding);

/* `raw` as UTF-8 in `arena` (or `raw` itself where nothing is to do); NULL data when memory is out. NUL bytes end the
 * text. */
struct text encoding_decode(struct encoding *encoding, struct text raw, unsigned width, struct arena *arena,
                            unsigned *out_outcome);
