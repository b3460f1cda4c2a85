/* SPDX-License-Identifier: MIT */
#include "ingest/archive.h"

#include "ingest/encoding.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>

#define RATIO_FREE_BYTES ((uint64_t)64 << 20)
#define WHOLE_BYTES_MAX ((uint64_t)128 << 20)

struct unpacking {
    const char *archive; /* its file name, for messages */
    const char *folder;
    zip_t *zip;
    struct arena *arena;
    uint64_t file_bytes; /* of the archive */
    uint64_t packed_bytes;
    uint64_t unpacked_bytes;
};

/* Old Windows programs write names in the code page of the console, newer ones in UTF-8 without saying so. */
static const char *readable_name(const char *raw, struct arena *arena)
{
    char *name = encoding_readable(raw, arena);
    /* Some programs for Windows part folders by its own sign. */
    for (char *at = name; at && *at != '\0'; at++) {
        *at = *at == '\\' ? '/' : *at;
    }
    return name;
}

static bool refuse(const struct unpacking *unpacking, const char *name, const char *english, const char *spanish,
                   struct error *err)
{
    if (err) {
        *err = (struct error){.kind = ERROR_INVALID, .code = "IMP-060"};
        snprintf(err->english, sizeof err->english, "archive \"%.120s\": member \"%.120s\" %s", unpacking->archive,
                 name, english);
        snprintf(err->spanish, sizeof err->spanish, "archivo «%.120s»: el miembro «%.120s» %s", unpacking->archive,
                 name, spanish);
    }
    return false;
}

static bool has_control(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || (unsigned char)*at == 0x7f) {
            return true;
        }
    }
    return false;
}

static bool leads_outside(const char *name)
{
    if (name[0] == '/' || name[0] == '\\' || (isalpha((unsigned char)name[0]) && name[1] == ':')) {
        return true;
    }
    for (const char *at = name; at; at = strpbrk(at, "/\\")) {
        at += *at == '/' || *at == '\\';
        size_t length = strcspn(at, "/\\");
        if (length == 2 && at[0] == '.' && at[1] == '.') {
            return true;
        }
    }
    return false;
}

static size_t depth_of(const char *name)
{
    size_t depth = 0;
    for (const char *at = name; *at != '\0'; at++) {
        depth += *at == '/' || *at == '\\';
    }
    return depth;
}

static bool check_name(const struct unpacking *unpacking, const char *name, struct error *err)
{
    if (strlen(name) > ARCHIVE_NAME_BYTES_MAX || depth_of(name) > ARCHIVE_DEPTH_MAX) {
        return refuse(unpacking, name, "has too long a name or lies too deep: pack the files again without folders",
                      "tiene un nombre demasiado largo o está en demasiadas carpetas: comprima de nuevo sin carpetas",
                      err);
    }
    if (has_control(name)) {
        return refuse(unpacking, "?", "has control characters in its name", "tiene caracteres de control en su nombre",
                      err);
    }
    if (leads_outside(name)) {
        return refuse(unpacking, name, "has a name that leads outside the archive: it is not opened",
                      "tiene un nombre que lleva fuera del archivo: no se abre", err);
    }
    return true;
}

/* Systems other than Unix keep no file type there. */
static bool is_regular(zip_t *zip, zip_uint64_t index)
{
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    if (zip_file_get_external_attributes(zip, index, 0, &system, &attributes) != 0) {
        return false;
    }
    mode_t mode = (mode_t)(attributes >> 16);
    return system != ZIP_OPSYS_UNIX || (mode & S_IFMT) == 0 || S_ISREG(mode) || S_ISDIR(mode);
}

static bool check_member(struct unpacking *unpacking, zip_uint64_t index, const char *name, const zip_stat_t *info,
                         struct error *err)
{
    if (!is_regular(unpacking->zip, index)) {
        return refuse(unpacking, name, "is a link or a device and no file: it is not opened",
                      "es un enlace o un dispositivo y no un archivo: no se abre", err);
    }
    if ((info->valid & ZIP_STAT_ENCRYPTION_METHOD) && info->encryption_method != ZIP_EM_NONE) {
        return refuse(unpacking, name, "is encrypted: pack the files without a password",
                      "está cifrado: comprima los archivos sin contraseña", err);
    }
    if (!(info->valid & ZIP_STAT_SIZE) || !(info->valid & ZIP_STAT_COMP_SIZE)) {
        return refuse(unpacking, name, "does not tell its size", "no dice cuánto mide", err);
    }
    if (info->size > ARCHIVE_UNPACKED_BYTES_MAX - unpacking->unpacked_bytes) {
        return refuse(unpacking, name, "makes the unpacked files larger than 2 GB: load them in parts",
                      "hace que los archivos midan más de 2 GB: cárguelos por partes", err);
    }
    unpacking->unpacked_bytes += info->size;
    unpacking->packed_bytes += info->comp_size;
    if (info->comp_size > unpacking->file_bytes || unpacking->packed_bytes > unpacking->file_bytes) {
        return refuse(unpacking, name, "overlaps with others (a zip bomb?): it is not opened",
                      "se encima con otros (¿bomba zip?): no se abre", err);
    }
    if (unpacking->unpacked_bytes > RATIO_FREE_BYTES &&
        unpacking->unpacked_bytes / ARCHIVE_RATIO_MAX > unpacking->packed_bytes) {
        return refuse(unpacking, name, "unpacks to far more than it holds (a zip bomb?): it is not opened",
                      "se expande mucho más de lo razonable (¿bomba zip?): no se abre", err);
    }
    return true;
}

static bool fail_to_write(const char *path, struct error *err)
{
    error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not write a temporary file \"%s\": %s",
               "no se pudo escribir un archivo temporal «%s»: %s", path, strerror(errno));
    return false;
}

static bool is_damaged(const struct unpacking *unpacking, const char *name, struct error *err)
{
    return refuse(unpacking, name, "is damaged (size or checksum is wrong): fetch or pack the file again",
                  "está dañado (tamaño o suma de control incorrectos): descargue o comprima de nuevo", err);
}

/* Whether there is room to unpack it in one piece, which libdeflate does in less than half the time. */
static bool fits_in_memory(const zip_stat_t *info)
{
    return (info->valid & ZIP_STAT_COMP_METHOD) && info->comp_method == ZIP_CM_DEFLATE &&
           (info->valid & ZIP_STAT_CRC) && info->size > 0 && info->size <= WHOLE_BYTES_MAX &&
           info->comp_size <= WHOLE_BYTES_MAX;
}

static bool read_packed(zip_t *zip, zip_uint64_t index, unsigned char *packed, size_t size)
{
    zip_file_t *in = zip_fopen_index(zip, index, ZIP_FL_COMPRESSED);
    size_t there = 0;
    while (in && there < size) {
        zip_int64_t got = zip_fread(in, packed + there, size - there);
        if (got <= 0) {
            break;
        }
        there += (size_t)got;
    }
    if (in) {
        zip_fclose(in);
    }
    return there == size;
}

/* Unpacks a member into `content`, which has room for what its size is said to be. */
static bool unpack_whole(zip_t *zip, zip_uint64_t index, const zip_stat_t *info, unsigned char *packed,
                         unsigned char *content)
{
    struct libdeflate_decompressor *inflate = libdeflate_alloc_decompressor();
    size_t taken = 0;
    size_t given = 0;
    bool ok = inflate && read_packed(zip, index, packed, info->comp_size) &&
              libdeflate_deflate_decompress_ex(inflate, packed, info->comp_size, content, info->size, &taken, &given) ==
                  LIBDEFLATE_SUCCESS &&
              given == info->size && libdeflate_crc32(0, content, given) == info->crc;
    libdeflate_free_decompressor(inflate);
    return ok;
}

static bool write_all(int out, const unsigned char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t wrote = write(out, bytes, size);
        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        bytes += wrote > 0 ? wrote : 0;
        size -= wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

/* Room on the disk and the file in memory, so that what is unpacked is not copied there. NULL where the file system
 * cannot promise the room: writing past it through memory would end the process. */
static unsigned char *map_output(int out, size_t size)
{
    void *mapped = MAP_FAILED;
    if (fallocate(out, 0, 0, (off_t)size) == 0) {
        mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
    }
    return mapped == MAP_FAILED ? NULL : mapped;
}

static bool write_whole(const struct unpacking *unpacking, zip_uint64_t index, const char *name, const zip_stat_t *info,
                        const char *path, struct error *err)
{
    bool ok = false;
    int out = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0) {
        return fail_to_write(path, err);
    }
    unsigned char *packed = malloc(info->comp_size + 1);
    unsigned char *mapped = map_output(out, info->size);
    unsigned char *content = mapped ? mapped : malloc(info->size);
    if (!packed || !content) {
        error_no_memory(err);
        goto done;
    }
    if (!unpack_whole(unpacking->zip, index, info, packed, content)) {
        is_damaged(unpacking, name, err);
        goto done;
    }
    ok = mapped || write_all(out, content, info->size) || fail_to_write(path, err);
done:
    free(packed);
    if (mapped) {
        munmap(mapped, info->size);
    } else {
        free(content);
    }
    if (close(out) != 0 && ok) {
        ok = fail_to_write(path, err);
    }
    return ok;
}

static bool write_stream(const struct unpacking *unpacking, zip_uint64_t index, const char *name, uint64_t size,
                         const char *path, struct error *err)
{
    bool ok = false;
    int out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    zip_file_t *in = zip_fopen_index(unpacking->zip, index, 0);
    if (out < 0) {
        fail_to_write(path, err);
        goto done;
    }
    if (!in) {
        refuse(unpacking, name, "cannot be unpacked (damaged, or packed by an unknown method)",
               "no se puede descomprimir (dañado o con un método desconocido)", err);
        goto done;
    }
    uint64_t written = 0;
    unsigned char block[65536];
    zip_int64_t got;
    while ((got = zip_fread(in, block, sizeof block)) > 0) {
        written += (uint64_t)got;
        if (written > size) {
            break;
        }
        if (!write_all(out, block, (size_t)got)) {
            fail_to_write(path, err);
            goto done;
        }
    }
    /* Reading to the end checks the checksum, too. */
    if (got < 0 || written != size) {
        is_damaged(unpacking, name, err);
        goto done;
    }
    ok = true;
done:
    if (in) {
        zip_fclose(in);
    }
    if (out >= 0 && close(out) != 0) {
        ok = false;
    }
    return ok;
}

static bool is_litter(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    return strncmp(name, "__MACOSX/", 9) == 0 || strstr(name, "/__MACOSX/") || base[0] == '.' ||
           strcasecmp(base, "thumbs.db") == 0 || strcasecmp(base, "desktop.ini") == 0;
}

static const char *extension_of(const char *name, struct arena *arena)
{
    const char *slash = strrchr(name, '/');
    const char *dot = strrchr(slash ? slash : name, '.');
    char *extension = arena_strdup(arena, dot ? dot + 1 : "");
    for (char *at = extension; at && *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return extension;
}

static bool is_wanted(const char *extension, const char *const *extensions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(extension, extensions[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_repeated(const struct archive *archive, const char *name)
{
    for (size_t i = 0; i < archive->member_count; i++) {
        if (strcasecmp(archive->members[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool unpack_all(struct unpacking *unpacking, zip_uint64_t count, const char *const *extensions,
                       size_t extension_count, struct archive *archive, struct error *err)
{
    for (zip_uint64_t i = 0; i < count; i++) {
        zip_stat_t info;
        zip_stat_init(&info);
        const char *raw = zip_get_name(unpacking->zip, i, ZIP_FL_ENC_RAW);
        if (!raw || zip_stat_index(unpacking->zip, i, 0, &info) != 0) {
            return refuse(unpacking, "?", "cannot be read: the archive is damaged",
                          "no se puede leer: el archivo está dañado", err);
        }
        if (!check_name(unpacking, raw, err)) {
            return false;
        }
        size_t length = strlen(raw);
        if (length == 0 || raw[length - 1] == '/' || raw[length - 1] == '\\' || is_litter(raw)) {
            continue;
        }
        const char *name = readable_name(raw, unpacking->arena);
        const char *extension = name ? extension_of(name, unpacking->arena) : NULL;
        if (!extension) {
            return error_no_memory(err);
        }
        if (!check_member(unpacking, i, name, &info, err)) {
            return false;
        }
        if (!is_wanted(extension, extensions, extension_count)) {
            archive->ignored[archive->ignored_count++] = name;
            continue;
        }
        if (is_repeated(archive, name)) {
            return refuse(unpacking, name, "occurs twice: pack the files again",
                          "aparece dos veces: comprima de nuevo los archivos", err);
        }
        const char *path = arena_printf(unpacking->arena, "%s/member%u.%s", unpacking->folder, (unsigned)i, extension);
        if (!path) {
            return error_no_memory(err);
        }
        if (fits_in_memory(&info) ? !write_whole(unpacking, i, name, &info, path, err)
                                  : !write_stream(unpacking, i, name, info.size, path, err)) {
            return false;
        }
        archive->members[archive->member_count++] =
            (struct archive_member){.name = name, .extension = extension, .path = path, .size = info.size};
    }
    return true;
}

bool archive_unpack(const char *path, const char *folder, const char *const *extensions, size_t extension_count,
                    struct arena *arena, struct archive *out_archive, struct error *err)
{
    const char *slash = strrchr(path, '/');
    struct unpacking unpacking = {.archive = slash ? slash + 1 : path, .folder = folder, .arena = arena};
    int code = 0;
    struct stat whole;
    unpacking.file_bytes = stat(path, &whole) == 0 ? (uint64_t)whole.st_size : 0;
    unpacking.zip = zip_open(path, ZIP_RDONLY, &code);
    if (!unpacking.zip) {
        zip_error_t why;
        zip_error_init_with_code(&why, code);
        error_tell(err, ERROR_INVALID, "IMP-060", "archive \"%s\" cannot be opened (%s): pack or fetch it again",
                   "el archivo «%s» no se puede abrir (%s): comprímalo o descárguelo de nuevo", unpacking.archive,
                   zip_error_strerror(&why));
        zip_error_fini(&why);
        return false;
    }
    bool ok = false;
    zip_int64_t count = zip_get_num_entries(unpacking.zip, 0);
    struct archive archive = {0};
    if (count < 0 || count > ARCHIVE_ENTRIES_MAX) {
        error_tell(err, ERROR_TOO_LARGE, "IMP-060",
                   "archive \"%s\" has %lld members, more than %d: pack only the layer",
                   "el archivo «%s» tiene %lld miembros, más de %d: comprima solo la capa", unpacking.archive,
                   (long long)count, (int)ARCHIVE_ENTRIES_MAX);
        goto done;
    }
    archive.members = arena_array(arena, (size_t)count + 1, sizeof *archive.members);
    archive.ignored = arena_array(arena, (size_t)count + 1, sizeof *archive.ignored);
    if (!archive.members || !archive.ignored) {
        error_no_memory(err);
        goto done;
    }
    ok = unpack_all(&unpacking, (zip_uint64_t)count, extensions, extension_count, &archive, err);
    if (ok) {
        *out_archive = archive;
    }
done:
    zip_discard(unpacking.zip);
    return ok;
}

bool archive_gunzip(const char *path, const char *out_path, struct error *err)
{
    bool ok = false;
    struct stat whole;
    uint64_t packed = stat(path, &whole) == 0 ? (uint64_t)whole.st_size : 0;
    uint64_t written = 0;
    gzFile in = gzopen(path, "rbe");
    int out = open(out_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (!in || out < 0) {
        fail_to_write(out_path, err);
        goto done;
    }
    unsigned char block[65536];
    int got;
    while ((got = gzread(in, block, sizeof block)) > 0) {
        written += (uint64_t)got;
        if (written > ARCHIVE_UNPACKED_BYTES_MAX ||
            (written > RATIO_FREE_BYTES && written / ARCHIVE_RATIO_MAX > packed)) {
            error_tell(err, ERROR_TOO_LARGE, "IMP-060",
                       "the packed file unpacks to more than 2 GB or %d times its size: it is not opened",
                       "el archivo comprimido se expande a más de 2 GB o %d veces su tamaño: no se abre",
                       (int)ARCHIVE_RATIO_MAX);
            goto done;
        }
        if (!write_all(out, block, (size_t)got)) {
            fail_to_write(out_path, err);
            goto done;
        }
    }
    /* A file that was cut off reads like a shorter one, and is told only here. */
    int closed = gzclose_r(in);
    in = NULL;
    if (got < 0 || closed != Z_OK) {
        error_tell(err, ERROR_INVALID, "IMP-060",
                   "the packed file is damaged (cut off, or its checksum is wrong): fetch or pack it again",
                   "el archivo comprimido está dañado (cortado o con suma de control incorrecta): descárguelo o "
                   "comprímalo de nuevo");
        goto done;
    }
    ok = true;
done:
    if (in) {
        gzclose_r(in);
    }
    if (out >= 0 && close(out) != 0) {
        ok = false;
    }
    return ok;
}
