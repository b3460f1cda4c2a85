/* SPDX-License-Identifier: MIT */
/* What the process that reads foreign files cannot do, tried by one that wants to. */

#include "ingest/isolation.h"

#include "ingest/child.h"
#include "ingest/import_stream.h"
#include "ingest/staging.h"

#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct attempt {
    const char *folder;
    const char *input;
    bool (*act)(const struct attempt *attempt);
    enum isolation_outcome least; /* what the attempt needs; a weaker one is not tried */
};

/* How the attempts end: a number past what programs and signals give. */
enum { NOT_TRIED = 99 };

static bool enter(const struct attempt *attempt, enum isolation_outcome *out_outcome)
{
    const char *paths[] = {attempt->input, "/usr/lib", "/lib", "/etc/ld.so.cache", "/nowhere/at/all"};
    struct isolation isolation = {
        .read_paths = paths,
        .read_path_count = 5,
        .write_folder = attempt->folder,
        .memory_bytes = (uint64_t)256 << 20,
        .cpu_seconds = 1,
        .file_bytes = 1 << 20,
        .descriptors = 32,
    };
    struct error err;
    return isolation_enter(&isolation, out_outcome, &err);
}

static bool run(void *context, int to)
{
    const struct attempt *attempt = context;
    enum isolation_outcome outcome;
    (void)to;
    if (!enter(attempt, &outcome)) {
        return false;
    }
    if (outcome > attempt->least) {
        _exit(NOT_TRIED);
    }
    return attempt->act(attempt);
}

/* --- attempts: true when refused --- */

static bool denied(bool failed)
{
    return failed && (errno == EACCES || errno == EPERM || errno == ENOSYS);
}

static bool read_passwords(const struct attempt *attempt)
{
    (void)attempt;
    return denied(open("/etc/passwd", O_RDONLY) < 0);
}

static bool list_root(const struct attempt *attempt)
{
    (void)attempt;
    return denied(open("/", O_RDONLY | O_DIRECTORY) < 0);
}

static bool read_through_link(const struct attempt *attempt)
{
    char name[4096];
    snprintf(name, sizeof name, "%s/link", attempt->folder);
    return symlink("/etc/passwd", name) == 0 && denied(open(name, O_RDONLY) < 0);
}

static bool read_own_memory(const struct attempt *attempt)
{
    (void)attempt;
    return denied(open("/proc/self/mem", O_RDWR) < 0);
}

static bool write_outside(const struct attempt *attempt)
{
    char name[4096];
    snprintf(name, sizeof name, "%s-beside", attempt->folder);
    return denied(open(name, O_WRONLY | O_CREAT, 0600) < 0) && denied(mkdir(name, 0700) < 0);
}

static bool write_input(const struct attempt *attempt)
{
    return denied(open(attempt->input, O_WRONLY) < 0) && denied(truncate(attempt->input, 0) < 0) &&
           denied(unlink(attempt->input) < 0);
}

static bool open_sockets(const struct attempt *attempt)
{
    (void)attempt;
    int pair[2];
    return denied(socket(AF_INET, SOCK_STREAM, 0) < 0) && denied(socket(AF_INET6, SOCK_DGRAM, 0) < 0) &&
           denied(socket(AF_UNIX, SOCK_STREAM, 0) < 0) && denied(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0);
}

static bool start_processes(const struct attempt *attempt)
{
    (void)attempt;
    char program[] = "/bin/true";
    char *arguments[] = {program, NULL};
    pid_t process = fork();
    if (process == 0) {
        _exit(0);
    }
    return denied(process < 0) && denied(execv(program, arguments) < 0);
}

static bool call_kernel(const struct attempt *attempt)
{
    (void)attempt;
    return denied(syscall(SYS_io_uring_setup, 1, NULL) < 0) && denied(syscall(SYS_bpf, 0, NULL, 0) < 0) &&
           denied(syscall(SYS_ptrace, 0, 0, 0, 0) < 0) && denied(syscall(SYS_keyctl, 0, 0) < 0) &&
           denied(syscall(SYS_unshare, 0) < 0) && denied(syscall(SYS_mount, "", "/", "", 0, NULL) < 0) &&
           denied(kill(getppid(), 0) < 0) && denied(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) < 0);
}

static bool take_memory(const struct attempt *attempt)
{
    (void)attempt;
    return mmap(NULL, (size_t)10 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
           errno == ENOMEM && !malloc((size_t)10 << 30);
}

static bool open_many(const struct attempt *attempt)
{
    int opened[64];
    int count = 0;
    while (count < 64 && (opened[count] = open(attempt->input, O_RDONLY)) >= 0) {
        count++;
    }
    bool refused = count < 64 && errno == EMFILE;
    while (count > 0) {
        close(opened[--count]);
    }
    return refused;
}

/* And what it must be able to do. */
static bool work(const struct attempt *attempt)
{
    char name[4096];
    snprintf(name, sizeof name, "%s/inner", attempt->folder);
    bool ok = mkdir(name, 0700) == 0;
    snprintf(name, sizeof name, "%s/inner/part", attempt->folder);
    FILE *file = fopen(name, "wbe");
    ok = ok && file && fputs("bytes", file) >= 0 && fclose(file) == 0;
    char *memory = malloc((size_t)64 << 20);
    int descriptor = open(attempt->input, O_RDONLY);
    ok = ok && memory && descriptor >= 0 && close(descriptor) == 0;
    free(memory);
    return ok && truncate(name, 2) == 0 && unlink(name) == 0;
}

/* --- endings --- */

static bool do_abort(const struct attempt *attempt)
{
    (void)attempt;
    signal(SIGABRT, SIG_DFL);
    abort();
}

static bool spin(const struct attempt *attempt)
{
    (void)attempt;
    for (volatile unsigned i = 0;; i++) {
    }
    return false;
}

static bool write_large(const struct attempt *attempt)
{
    static const char block[65536];
    char name[4096];
    snprintf(name, sizeof name, "%s/large", attempt->folder);
    int descriptor = open(name, O_WRONLY | O_CREAT, 0600);
    for (int i = 0; i < 64 && write(descriptor, block, sizeof block) > 0; i++) {
    }
    return false;
}

static bool leave(const struct attempt *attempt)
{
    (void)attempt;
    _exit(7);
}

static bool hang(const struct attempt *attempt)
{
    (void)attempt;
    struct timespec day = {.tv_sec = 86400};
    nanosleep(&day, NULL);
    return true;
}

/* --- the test's own folder --- */

static struct arena *arena;
static const char *staging;
static const char *input;

static int set_up(void **state)
{
    (void)state;
    struct error err;
    arena = arena_create(1 << 20);
    const char *top = NULL;
    if (!arena || !staging_create(arena, &top, &err)) {
        return -1;
    }
    staging = arena_printf(arena, "%s/inside", top);
    input = arena_printf(arena, "%s/input.geojson", top);
    FILE *file = fopen(input, "wbe");
    return mkdir(staging, 0700) == 0 && file && fputs("{}", file) >= 0 && fclose(file) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char *top = arena_strdup(arena, staging);
    *strrchr(top, '/') = '\0';
    staging_remove(top);
    struct stat info;
    int gone = stat(top, &info);
    arena_destroy(arena);
    return gone == 0 ? -1 : 0;
}

static const struct child_limits limits = {
    .memory_bytes = (uint64_t)256 << 20, .cpu_seconds = 1, .silent_seconds = 20, .wait_seconds = 20};

/* Runs it to its end; false with `err` as the one who reads the pipe sees it. */
static bool finish(struct child *child, struct error *err)
{
    const unsigned char *frame = NULL;
    size_t size = 0;
    bool ok;
    do {
        ok = child_next(child, &frame, &size, err);
    } while (ok && frame);
    ok = ok && child_wait(child, err);
    child_close(child);
    return ok;
}

static bool attempt(bool (*act)(const struct attempt *attempt), enum isolation_outcome least, struct error *err)
{
    struct attempt attempt = {.folder = staging, .input = input, .act = act, .least = least};
    struct child *child = NULL;
    assert_true(child_start(run, &attempt, staging, &limits, &child, err));
    return finish(child, err);
}

static void check_refused(bool (*act)(const struct attempt *attempt), enum isolation_outcome least)
{
    struct error err = {0};
    if (!attempt(act, least, &err)) {
        if (strstr(err.english, "(99)")) {
            skip();
        }
        fail_msg("not refused: %s", err.english);
    }
}

static void test_files(void **state)
{
    (void)state;
    check_refused(read_passwords, ISOLATION_WHOLE);
    check_refused(list_root, ISOLATION_WHOLE);
    check_refused(read_through_link, ISOLATION_WHOLE);
    check_refused(read_own_memory, ISOLATION_WHOLE);
    check_refused(write_outside, ISOLATION_WHOLE);
    check_refused(write_input, ISOLATION_WHOLE);
}

static void test_calls(void **state)
{
    (void)state;
    check_refused(open_sockets, ISOLATION_WITHOUT_LANDLOCK);
    check_refused(start_processes, ISOLATION_WITHOUT_LANDLOCK);
    check_refused(call_kernel, ISOLATION_WITHOUT_LANDLOCK);
    check_refused(take_memory, ISOLATION_WITHOUT_LANDLOCK);
}

static void test_bounds_and_work(void **state)
{
    (void)state;
    check_refused(open_many, ISOLATION_NONE);
    check_refused(work, ISOLATION_NONE);
}

/* Nothing is inherited but the pipe, and what the environment says is little. */
static bool is_bare(void *context, int to)
{
    (void)context;
    int open_count = 0;
    for (int i = 3; i < 64; i++) {
        open_count += fcntl(i, F_GETFD) >= 0;
    }
    return open_count == 1 && fcntl(to, F_GETFD) >= 0 && !getenv("SECRET") && !getenv("PATH") &&
           strcmp(getenv("TMPDIR"), staging) == 0 && strcmp(getenv("PROJ_NETWORK"), "OFF") == 0;
}

static void test_bare(void **state)
{
    (void)state;
    struct child *child = NULL;
    struct error err = {0};
    setenv("SECRET", "1", 1);
    int descriptor = open("/etc/passwd", O_RDONLY);
    assert_true(child_start(is_bare, NULL, staging, &limits, &child, &err));
    bool ok = finish(child, &err);
    close(descriptor);
    unsetenv("SECRET");
    if (!ok) {
        fail_msg("%s", err.english);
    }
}

/* Every bad end is one error in two languages. */
static void test_endings(void **state)
{
    (void)state;
    static const struct {
        bool (*act)(const struct attempt *attempt);
        const char *english;
    } cases[] = {
        {do_abort, "crashed (Aborted)"},
        {spin, "more than 1 s of processor time"},
        {write_large, "temporary file that is too large"},
        {leave, "ended early (7)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {0};
        assert_false(attempt(cases[i].act, ISOLATION_NONE, &err));
        assert_string_equal(err.code, "IMP-061");
        assert_int_equal(err.kind, ERROR_INVALID);
        if (!strstr(err.english, cases[i].english)) {
            fail_msg("case %zu: %s", i, err.english);
        }
        assert_true(err.spanish[0] != '\0' && strcmp(err.english, err.spanish) != 0);
    }
}

static void test_hang(void **state)
{
    (void)state;
    static const struct child_limits cases[] = {
        {.cpu_seconds = 60, .silent_seconds = 1, .wait_seconds = 60},
        {.cpu_seconds = 60, .silent_seconds = 60, .wait_seconds = 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct attempt attempt = {.folder = staging, .input = input, .act = hang, .least = ISOLATION_NONE};
        struct child *child = NULL;
        struct error err = {0};
        assert_true(child_start(run, &attempt, staging, &cases[i], &child, &err));
        assert_false(finish(child, &err));
        assert_string_equal(err.code, "IMP-061");
        assert_non_null(strstr(err.english, "came to no end (gave up after 1 s)"));
    }
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static bool send_bytes(void *context, int to)
{
    const struct text *bytes = context;
    return write(to, bytes->data, bytes->length) == (ssize_t)bytes->length;
}

static void test_garbage(void **state)
{
    (void)state;
    static const struct text cases[] = {
        {"\xff\xff\xff\xff\xff\xff\xff\xff", 8}, /* no such frame */
        {"\x03\0\0\0\xff\xff\xff\x7f", 8},       /* two gigabytes are to follow */
        {"<html>404</html>", 16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text bytes = cases[i];
        struct child *child = NULL;
        struct error err = {0};
        assert_true(child_start(send_bytes, &bytes, staging, &limits, &child, &err));
        assert_false(finish(child, &err));
        assert_string_equal(err.code, "IMP-061");
    }
}

/* A frame that is announced and not sent is the end, and costs no memory. */
static void test_cut(void **state)
{
    (void)state;
    struct text bytes = {"\x03\0\0\0\0\0\0\x10 and so on", 18};
    struct child *child = NULL;
    struct error err = {0};
    const unsigned char *frame = (const unsigned char *)"";
    size_t size = 1;
    assert_true(child_start(send_bytes, &bytes, staging, &limits, &child, &err));
    assert_true(child_next(child, &frame, &size, &err));
    assert_null(frame);
    child_close(child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),   cmocka_unit_test(test_calls),   cmocka_unit_test(test_bounds_and_work),
        cmocka_unit_test(test_bare),    cmocka_unit_test(test_endings), cmocka_unit_test(test_hang),
        cmocka_unit_test(test_garbage), cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
