/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void writes_and_reads_back(void **state)
{
    (void)state;
    char folder[] = "/tmp/tesela-file-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[128];
    snprintf(path, sizeof path, "%s/a/b", folder);
    struct error err = {0};
    assert_true(file_make_folder(path, &err));
    assert_true(file_make_folder(path, &err));
    snprintf(path, sizeof path, "%s/a/b/c.bin", folder);
    assert_true(file_write(path, "one", 3, &err));
    assert_true(file_write(path, "two\0", 4, &err));
    struct buffer content;
    assert_true(file_read(path, 4, &content, &err));
    assert_int_equal(content.length, 4);
    assert_memory_equal(content.data, "two\0", 4);
    buffer_finish(&content);
    assert_false(file_read(path, 3, &content, &err));
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
    assert_true(file_exists(path));
    unlink(path);
    assert_false(file_read(path, 4, &content, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_non_null(strstr(err.spanish, "no se pudo abrir"));
    assert_false(file_read(folder, 4, &content, &err));
    assert_int_equal(err.kind, ERROR_INVALID);
    snprintf(path, sizeof path, "%s/missing/c.bin", folder);
    assert_false(file_write(path, "x", 1, &err));
    snprintf(path, sizeof path, "rm -r %s", folder);
    assert_int_equal(system(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(writes_and_reads_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
