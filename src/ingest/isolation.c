/* SPDX-License-Identifier: MIT */
#include "ingest/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

/* Sanitizers reserve terabytes of address space, read /proc and start helpers. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Rights that came after the headers we may be built with (Landlock versions 3 and 5). */
#define FS_TRUNCATE ((uint64_t)1 << 14)
#define FS_IOCTL_DEV ((uint64_t)1 << 15)

#define FS_READ ((uint64_t)LANDLOCK_ACCESS_FS_READ_FILE)
#define FS_LIST ((uint64_t)LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE                                                                                                       \
    ((uint64_t)(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |            \
                LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR) |        \
     FS_TRUNCATE)

static bool fail(struct error *err, const char *english, const char *spanish)
{
    error_tell(err, ERROR_INTERNAL, "IMP-061", "the reading process could not be isolated (%s: %s)",
               "no se pudo aislar el proceso de lectura (%s: %s)", english, spanish);
    return false;
}

/* --- files --- */

/* All rights that the kernel's version of Landlock can deny. */
static uint64_t rights_of(long version)
{
    uint64_t rights = ((uint64_t)1 << 13) - 1;
    rights |= version >= 2 ? (uint64_t)1 << 13 : 0;
    rights |= version >= 3 ? FS_TRUNCATE : 0;
    rights |= version >= 5 ? FS_IOCTL_DEV : 0;
    return rights;
}

static bool allow(int ruleset, const char *path, uint64_t rights, struct error *err)
{
    struct stat info;
    int descriptor = path ? open(path, O_PATH | O_CLOEXEC) : -1;
    if (descriptor < 0 || fstat(descriptor, &info) != 0) {
        if (descriptor >= 0) {
            close(descriptor);
        }
        return true; /* what is not there needs no right */
    }
    if (!S_ISDIR(info.st_mode)) {
        rights &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE;
    }
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = descriptor};
    long failed = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(descriptor);
    return failed == 0 || fail(err, "landlock_add_rule", strerror(errno));
}

static bool restrict_files(const struct isolation *isolation, bool *out_done, struct error *err)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) {
        *out_done = false;
        return true;
    }
    bool ok = false;
    uint64_t rights = rights_of(version);
    struct landlock_ruleset_attr attributes = {.handled_access_fs = rights};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0) {
        return fail(err, "landlock_create_ruleset", strerror(errno));
    }
    for (size_t i = 0; i < isolation->read_path_count; i++) {
        if (!allow(ruleset, isolation->read_paths[i], FS_READ | FS_LIST, err)) {
            goto done;
        }
    }
    if (!allow(ruleset, isolation->list_path, FS_LIST, err) ||
        !allow(ruleset, isolation->write_folder, (FS_READ | FS_LIST | FS_WRITE) & rights, err)) {
        goto done;
    }
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) {
        fail(err, "landlock_restrict_self", strerror(errno));
        goto done;
    }
    *out_done = true;
    ok = true;
done:
    close(ruleset);
    return ok;
}

/* --- system calls --- */

/* What reading, computing and writing files take. Whatever is not here fails with EPERM: sockets, new processes,
 * programs, tracing, mounts, keys, io_uring, bpf … */
static const char *const calls[] = {
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "preadv",
    "pwritev",
    "open",
    "openat",
    "close",
    "stat",
    "fstat",
    "lstat",
    "newfstatat",
    "fstatat64",
    "stat64",
    "fstat64",
    "lstat64",
    "statx",
    "statfs",
    "fstatfs",
    "lseek",
    "_llseek",
    "mmap",
    "mmap2",
    "munmap",
    "mprotect",
    "mremap",
    "madvise",
    "msync",
    "brk",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigreturn",
    "sigaltstack",
    "access",
    "faccessat",
    "faccessat2",
    "getdents",
    "getdents64",
    "getcwd",
    "readlink",
    "readlinkat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "symlink",
    "symlinkat",
    "ftruncate",
    "ftruncate64",
    "truncate",
    "fallocate",
    "fsync",
    "fdatasync",
    "fadvise64",
    "fadvise64_64",
    "readahead",
    "copy_file_range",
    "sendfile",
    "flock",
    "dup",
    "dup2",
    "dup3",
    "pipe2",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "futex",
    "futex_time64",
    "sched_yield",
    "sched_getaffinity",
    "nanosleep",
    "clock_nanosleep",
    "clock_nanosleep_time64",
    "clock_gettime",
    "clock_gettime64",
    "clock_getres",
    "gettimeofday",
    "time",
    "times",
    "getrusage",
    "getrlimit",
    "getpid",
    "getppid",
    "gettid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "uname",
    "sysinfo",
    "getrandom",
    "getcpu",
    "exit",
    "exit_group",
    "restart_syscall",
    "set_robust_list",
    "set_tid_address",
    "rseq",
    "umask",
    "chmod",
    "fchmod",
    "fchmodat",
    "utimensat",
    "membarrier",
    "sched_getparam",
    "sched_getscheduler",
    "sched_get_priority_min",
    "sched_get_priority_max",
};

static bool add_calls(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        int number = seccomp_syscall_resolve_name(calls[i]);
        /* Names of other machines and kernels are unknown here or have no number. */
        if (number != __NR_SCMP_ERROR && number >= 0 && seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) != 0) {
            return false;
        }
    }
    scmp_datum_t self = (scmp_datum_t)getpid();
    bool ok =
        /* Threads, but no processes. clone3 hides its flags in memory: libraries fall back to clone. */
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                         SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) == 0 &&
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
        /* abort() and no signals to others. */
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, self)) == 0 &&
        /* Asking for limits, not setting them. */
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, SCMP_A0(SCMP_CMP_EQ, 0),
                         SCMP_A2(SCMP_CMP_EQ, 0)) == 0 &&
        /* Locks and flags of descriptors; no signals by descriptor (F_SETOWN). */
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME)) == 0 &&
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0) == 0;
    static const int commands[] = {F_DUPFD, F_GETFD,  F_SETFD,         F_GETFL,     F_SETFL,     F_GETLK,
                                   F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW};
    for (size_t i = 0; ok && i < sizeof commands / sizeof commands[0]; i++) {
        ok = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                              SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i])) == 0;
    }
    return ok;
}

static bool restrict_calls(struct error *err)
{
    /* Calls of a foreign machine type (32 bits on 64) end the process: the default of libseccomp. */
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool ok = filter && add_calls(filter) && seccomp_load(filter) == 0;
    if (filter) {
        seccomp_release(filter);
    }
    return ok || fail(err, "seccomp", strerror(errno));
}

/* --- bounds --- */

/* Address space this process has already. */
static uint64_t address_space(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        if (fscanf(file, "%llu", &pages) != 1) { /* NOLINT(cert-err34-c): the kernel's own number */
            pages = 0;
        }
        fclose(file);
    }
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool set_limit(int resource, uint64_t soft, uint64_t hard, struct error *err)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) != 0) {
        return fail(err, "getrlimit", strerror(errno));
    }
    limit.rlim_max = limit.rlim_max < hard ? limit.rlim_max : hard;
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    return setrlimit((__rlimit_resource_t)resource, &limit) == 0 || fail(err, "setrlimit", strerror(errno));
}

static bool set_limits(const struct isolation *isolation, struct error *err)
{
    uint64_t memory = address_space() + isolation->memory_bytes;
    return set_limit(RLIMIT_CORE, 0, 0, err) &&
           /* SIGXCPU at the first, SIGKILL at the second. */
           set_limit(RLIMIT_CPU, isolation->cpu_seconds, isolation->cpu_seconds + 5, err) &&
           set_limit(RLIMIT_FSIZE, isolation->file_bytes, isolation->file_bytes, err) &&
           set_limit(RLIMIT_NOFILE, isolation->descriptors, isolation->descriptors, err) &&
           (SANITIZED || set_limit(RLIMIT_AS, memory, memory, err));
}

bool isolation_enter(const struct isolation *isolation, enum isolation_outcome *out_outcome, struct error *err)
{
    bool files = false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return fail(err, "no_new_privs", strerror(errno));
    }
    if (!set_limits(isolation, err)) {
        return false;
    }
    if (SANITIZED) {
        *out_outcome = ISOLATION_NONE;
        return true;
    }
    /* Nobody may trace it or read its memory. */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!restrict_files(isolation, &files, err) || !restrict_calls(err)) {
        return false;
    }
    *out_outcome = files ? ISOLATION_WHOLE : ISOLATION_WITHOUT_LANDLOCK;
    return true;
}
