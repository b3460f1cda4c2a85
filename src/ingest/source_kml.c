/* SPDX-License-Identifier: MIT */
#include "ingest/source_kml.h"

#include "ingest/encoding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a KML file says elsewhere, and never is fetched; and what the library that reads it does not survive. */
static bool look_into(const char *path, struct report *report, struct error *err)
{
    char *line = NULL;
    size_t room = 0;
    bool tracks = false;
    bool short_track = false;
    bool links = false;
    size_t times = 0;
    size_t places = 0;
    FILE *file = fopen(path, "rbe");
    while (file && getdelim(&line, &room, '>', file) >= 0) {
        const char *tag = strrchr(line, '<');
        tracks |= tag && strncmp(tag, "<gx:MultiTrack", 14) == 0;
        if (tag && strncmp(tag, "<gx:Track", 9) == 0) {
            times = 0;
            places = 0;
        }
        times += tag && (strncmp(tag, "<when>", 6) == 0 || strncmp(tag, "<when/>", 7) == 0);
        places += tag && strncmp(tag, "<gx:coord>", 10) == 0;
        short_track |= tag && strncmp(tag, "</gx:Track", 10) == 0 && times < places;
        links |= tag && (strncmp(tag, "<NetworkLink>", 13) == 0 || strncmp(tag, "<NetworkLink ", 13) == 0);
    }
    free(line);
    if (file) {
        fclose(file);
    }
    if (links) {
        struct report_message *message = report_tell(
            report, "IMP-060", REPORT_WARNING, "the KML points to other files (NetworkLink); they are not fetched",
            "el KML remite a otros archivos (NetworkLink); no se descargan");
        report_cure(report, message, "in Google Earth, save the linked places as KML, and load that file",
                    "en Google Earth guarde los lugares enlazados como KML y cargue ese archivo");
    }
    if (tracks) {
        error_tell(
            err, ERROR_INVALID, "IMP-060",
            "the KML has tracks of several parts (gx:MultiTrack), which are not read: open it in Google Earth or QGIS "
            "and export it as GeoPackage",
            "el KML tiene recorridos de varias partes (gx:MultiTrack), que no se leen: ábralo en QGIS y expórtelo "
            "como GeoPackage");
        return false;
    }
    if (short_track) {
        error_tell(err, ERROR_INVALID, "IMP-060",
                   "the KML has a track (gx:Track) with fewer times (when) than places (gx:coord): open it in Google "
                   "Earth or QGIS and export it as GeoPackage",
                   "el KML tiene un recorrido (gx:Track) con menos horas (when) que lugares (gx:coord): ábralo en QGIS "
                   "y expórtelo como GeoPackage");
        return false;
    }
    return true;
}

/* The encoding that the head of an XML file names: encoding="…" or '…'. False when it names none that we know. */
static bool declared_encoding(const char *head, size_t length, char out[ENCODING_NAME_BYTES])
{
    static const char word[] = "encoding=";
    const char *at = memmem(head, length, word, sizeof word - 1);
    if (!at || !memmem(head, length, "<?xml", 5)) {
        return false;
    }
    at += sizeof word; /* and the quote */
    size_t left = (size_t)(head + length - at);
    size_t name = 0;
    while (name < left && at[name] != '"' && at[name] != '\'') {
        name++;
    }
    return encoding_canonical((struct text){at, name}, out);
}

/* Copies the file as UTF-8, piece by piece, without the head that names another encoding. */
static bool copy_decoded(FILE *file, const struct encoding_choice *choice, const char *out_path, struct error *err)
{
    bool ok = false;
    char *piece = NULL;
    size_t room = 0;
    struct encoding *encoding = NULL;
    struct arena *arena = arena_create((size_t)256 << 20);
    FILE *out = fopen(out_path, "wbxe");
    if (!arena || !out) {
        error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not copy the KML", "no se pudo copiar el KML");
        goto done;
    }
    if (!encoding_open(choice, &encoding, err)) {
        goto done;
    }
    rewind(file);
    bool head = true;
    for (ssize_t length; (length = getdelim(&piece, &room, '>', file)) >= 0; arena_reset(arena)) {
        unsigned outcome;
        struct text text = encoding_decode(encoding, (struct text){piece, (size_t)length}, 0, arena, &outcome);
        bool skipped = head && memmem(text.data, text.length, "<?xml", 5);
        head = false;
        if (!text.data || (!skipped && fwrite(text.data, 1, text.length, out) != text.length)) {
            error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not copy the KML", "no se pudo copiar el KML");
            goto done;
        }
    }
    ok = fflush(out) == 0;
done:
    if (out) {
        fclose(out);
    }
    encoding_close(encoding);
    arena_destroy(arena);
    free(piece);
    return ok;
}

/* The library knows UTF-8 and ISO-8859-1; anything else, and what is not what it claims to be, is made UTF-8. */
static bool decode(struct source *source, const char **path, struct report *report, struct error *err)
{
    FILE *file = fopen(*path, "rbe");
    struct encoding_evidence *evidence = calloc(1, sizeof *evidence);
    char *piece = NULL;
    size_t room = 0;
    char declared[ENCODING_NAME_BYTES] = "UTF-8";
    bool ok = true;
    bool head = true;
    for (ssize_t length; file && evidence && (length = getdelim(&piece, &room, '>', file)) >= 0; head = false) {
        if (head && !declared_encoding(piece, (size_t)length, declared)) {
            snprintf(declared, sizeof declared, "UTF-8");
        }
        encoding_evidence_add(evidence, (struct text){piece, (size_t)length}, 0);
    }
    struct encoding_choice choice;
    bool known = strcmp(declared, "UTF-8") == 0 || strcmp(declared, "ISO-8859-1") == 0;
    if (!file || !evidence) {
        goto done; /* whoever reads it next says so */
    }
    encoding_decide(evidence, declared, ENCODING_CPG, &choice);
    if (known && !choice.contradicted) {
        goto done;
    }
    const char *copy = arena_printf(source->arena, "%s/utf8-%u", source->folder, source->copies++);
    if (!copy || !copy_decoded(file, &choice, copy, err)) {
        ok = copy ? false : error_no_memory(err);
        goto done;
    }
    *path = copy;
    if (choice.contradicted) {
        struct report_message *message = report_tell(
            report, "IMP-010", REPORT_WARNING, "the KML says that it is in %s; its bytes say %s, as which it was read",
            "el KML dice estar en %s; sus bytes dicen %s, y así se leyó", declared, choice.name);
        report_cure(report, message, "check the texts; if they are wrong, save the KML in UTF-8",
                    "revise los textos; si están mal, guarde el KML en UTF-8");
    }
done:
    if (file) {
        fclose(file);
    }
    free(evidence);
    free(piece);
    return ok;
}

bool source_kml_look(struct source *source, const char **path, struct report *report, struct error *err)
{
    return look_into(*path, report, err) && decode(source, path, report, err);
}
