/* SPDX-License-Identifier: MIT */
#include "ingest/archive.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

static const char *const extensions[] = {"shp", "dbf"};

struct place {
    char folder[64];
    char zip[80];
};

static struct place make_place(void)
{
    struct place place = {.folder = "/tmp/tesela-zip-XXXXXX"};
    assert_non_null(mkdtemp(place.folder));
    snprintf(place.zip, sizeof place.zip, "%s.zip", place.folder);
    return place;
}

static void drop_place(const struct place *place, const struct archive *archive)
{
    for (size_t i = 0; i < archive->member_count; i++) {
        unlink(archive->members[i].path);
    }
    char rest[128];
    for (int i = 0; i < 4; i++) {
        snprintf(rest, sizeof rest, "%s/member%d.shp", place->folder, i);
        unlink(rest);
    }
    unlink(place->zip);
    assert_int_equal(rmdir(place->folder), 0);
}

static void write_zip(const char *path, const char *const *names, bool link)
{
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(zip);
    for (size_t i = 0; names[i]; i++) {
        zip_source_t *content = zip_source_buffer(zip, "contenido", 9, 0);
        zip_int64_t index = zip_file_add(zip, names[i], content, 0);
        assert_true(index >= 0);
        if (link) {
            zip_file_set_external_attributes(zip, (zip_uint64_t)index, 0, ZIP_OPSYS_UNIX,
                                             (zip_uint32_t)(S_IFLNK | 0777) << 16);
        }
    }
    assert_int_equal(zip_close(zip), 0);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *names[4];
        bool link;
        int members; /* -1: refused */
        const char *words;
    } cases[] = {
        {{"a.shp", "a.DBF"}, false, 2, NULL},
        {{"carpeta/otra/a.shp", "__MACOSX/carpeta/._a.shp", ".a.shp"}, false, 1, NULL},
        {{"a.txt"}, false, 0, NULL},
        {{"../a.shp"}, false, -1, "outside"},
        {{"x/../../a.shp"}, false, -1, "outside"},
        {{"/etc/a.shp"}, false, -1, "outside"},
        {{"C:\\a.shp"}, false, -1, "outside"},
        {{"a\nb.shp"}, false, -1, "control"},
        {{"1/2/3/4/5/6/7/8/9/a.shp"}, false, -1, "too deep"},
        {{"a.shp", "A.SHP"}, false, -1, "twice"},
        {{"a.shp"}, true, -1, "link"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct place place = make_place();
        struct archive archive = {0};
        struct error err = {0};
        struct arena *arena = arena_create(1 << 20);
        write_zip(place.zip, cases[i].names, cases[i].link);
        bool ok = archive_unpack(place.zip, place.folder, extensions, 2, arena, &archive, &err);
        assert_int_equal(ok, cases[i].members >= 0);
        if (ok) {
            assert_int_equal(archive.member_count, cases[i].members);
            for (size_t j = 0; j < archive.member_count; j++) {
                struct stat info;
                assert_int_equal(stat(archive.members[j].path, &info), 0);
                assert_int_equal(info.st_size, 9);
                assert_null(strstr(archive.members[j].path, "carpeta"));
            }
        } else {
            assert_string_equal(err.code, "IMP-060");
            if (!strstr(err.english, cases[i].words) && strcmp(cases[i].words, "too deep") != 0) {
                fail_msg("%s: %s", cases[i].words, err.english);
            }
        }
        drop_place(&place, &archive);
        arena_destroy(arena);
    }
}

/* 300 MB of zeros in some hundred kilobytes. */
static void test_bomb(void **state)
{
    (void)state;
    struct place place = make_place();
    struct archive archive = {0};
    struct error err = {0};
    struct arena *arena = arena_create(1 << 20);
    size_t size = (size_t)300 << 20;
    void *zeros = calloc(1, size);
    assert_non_null(zeros);
    zip_t *zip = zip_open(place.zip, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_true(zip_file_add(zip, "a.shp", zip_source_buffer(zip, zeros, size, 0), 0) >= 0);
    assert_int_equal(zip_close(zip), 0);
    free(zeros);
    assert_false(archive_unpack(place.zip, place.folder, extensions, 2, arena, &archive, &err));
    assert_non_null(strstr(err.english, "bomb"));
    drop_place(&place, &archive);
    arena_destroy(arena);
}

/* Any single byte changed: an error or the right content, never another. */
static void test_damage(void **state)
{
    (void)state;
    static const char *const names[] = {"a.shp", NULL};
    struct place place = make_place();
    write_zip(place.zip, names, false);
    unsigned char bytes[512];
    FILE *file = fopen(place.zip, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    struct archive archive = {0};
    for (size_t i = 0; i < size; i++) {
        struct error err = {0};
        struct arena *arena = arena_create(1 << 20);
        bytes[i] ^= 0x55;
        file = fopen(place.zip, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, size, file), size);
        fclose(file);
        bytes[i] ^= 0x55;
        if (archive_unpack(place.zip, place.folder, extensions, 2, arena, &archive, &err)) {
            for (size_t j = 0; j < archive.member_count; j++) {
                char content[16] = "";
                FILE *member = fopen(archive.members[j].path, "rb");
                assert_non_null(member);
                assert_int_equal(fread(content, 1, sizeof content, member), 9);
                fclose(member);
                assert_memory_equal(content, "contenido", 9);
                unlink(archive.members[j].path);
            }
            archive.member_count = 0;
        }
        char rest[128];
        snprintf(rest, sizeof rest, "%s/member0.shp", place.folder);
        unlink(rest);
        arena_destroy(arena);
    }
    drop_place(&place, &archive);
}

/* A member that is really packed: the right content, and refused when its checksum is another. */
static void test_packed_member(void **state)
{
    (void)state;
    enum { BYTES = 300000 };
    static unsigned char content[BYTES];
    static unsigned char found[BYTES + 1];
    for (size_t i = 0; i < BYTES; i++) {
        content[i] = (unsigned char)(i / 7 % 50 + i % 3);
    }
    struct place place = make_place();
    struct archive archive = {0};
    struct error err = {0};
    struct arena *arena = arena_create(1 << 20);
    zip_t *zip = zip_open(place.zip, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    zip_int64_t index = zip_file_add(zip, "a.shp", zip_source_buffer(zip, content, BYTES, 0), 0);
    assert_int_equal(zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_DEFLATE, 6), 0);
    assert_int_equal(zip_close(zip), 0);
    assert_true(archive_unpack(place.zip, place.folder, extensions, 2, arena, &archive, &err));
    assert_int_equal(archive.member_count, 1);
    FILE *file = fopen(archive.members[0].path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(found, 1, sizeof found, file), BYTES);
    fclose(file);
    assert_memory_equal(found, content, BYTES);
    unlink(archive.members[0].path);
    /* The checksum stands 16 bytes into the central entry. */
    file = fopen(place.zip, "r+b");
    assert_non_null(file);
    size_t size = fread(found, 1, sizeof found, file);
    size_t entry = 0;
    while (entry + 4 < size && memcmp(found + entry, "PK\1\2", 4) != 0) {
        entry++;
    }
    found[entry + 16] ^= 1;
    rewind(file);
    assert_int_equal(fwrite(found, 1, size, file), size);
    fclose(file);
    assert_false(archive_unpack(place.zip, place.folder, extensions, 2, arena, &archive, &err));
    assert_non_null(strstr(err.english, "damaged"));
    archive.member_count = 0;
    char rest[128];
    snprintf(rest, sizeof rest, "%s/member0.shp", place.folder);
    unlink(rest);
    drop_place(&place, &archive);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_bomb),
                                       cmocka_unit_test(test_damage), cmocka_unit_test(test_packed_member)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
