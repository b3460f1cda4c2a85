/* SPDX-License-Identifier: MIT */
#pragma once
/* What every command of the program shares: exit codes, options, language of messages.
 *
 * A command is a function cli_NAME(argc, argv) in a file of its own; argv[0] is the command's name ("load"). It
 * returns one of the exit codes below. stdout is for the result, stderr for messages and progress. */

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"

#include <stdio.h>

enum cli_exit {
    CLI_DONE = 0,
    CLI_WARNINGS = 1, /* done, with warnings that were told */
    CLI_REJECTED = 2, /* the input was rejected: nothing changed */
    CLI_USAGE = 3,
    CLI_INTERNAL = 4
};

int cli_load(int argc, char **argv);
int cli_inspect(int argc, char **argv);
int cli_layers(int argc, char **argv);
int cli_remove(int argc, char **argv);
int cli_serve(int argc, char **argv);
int cli_render(int argc, char **argv);
int cli_tile(int argc, char **argv);
int cli_style(int argc, char **argv);
int cli_rebuild(int argc, char **argv);
int cli_versions(int argc, char **argv);
int cli_publish(int argc, char **argv);
int cli_unpublish(int argc, char **argv);
int cli_rollback(int argc, char **argv);
int cli_diff(int argc, char **argv);
int cli_export(int argc, char **argv);
int cli_seed(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_backup(int argc, char **argv);

/* What a program does first: the environment as libraries may see it, broken pipes as errors, the level of the log. */
void cli_begin(void);

enum cli_language { CLI_ENGLISH, CLI_SPANISH };

/* The language of messages: the first of LC_ALL, LC_MESSAGES, LANG that is set and not empty decides; "es…" is
 * Spanish, everything else English. */
enum cli_language cli_language(void);

/* The one of two texts that the reader's language asks for. */
const char *cli_pick(const char *english, const char *spanish);

/* Prints one line to `out` in the reader's language; both formats take the same arguments in the same order. Control
 * characters other than line ends and tabs, which names of files may hold, are shown escaped. */
void cli_say(FILE *out, const char *english, const char *spanish, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));

/* "tesela: error IMP-020: …" on stderr in the reader's language. Control characters are shown escaped. */
void cli_print_error(const struct error *err);
/* Prints `err` and returns its exit code. */
int cli_fail(const struct error *err);
int cli_fail_no_memory(void);
/* Writes JSON that was gathered, and a line end, to stdout; false when some of it was lost. */
bool cli_print_json(const struct buffer *json);
/* The exit code that the kind of error stands for: invalid, not found, too large and unavailable give CLI_REJECTED. */
int cli_exit_code(const struct error *err);

enum cli_option_kind {
    CLI_FLAG, /* bool, set to true */
    CLI_TEXT, /* const char *, borrowed from argv */
    CLI_ID,   /* the same for the id of a layer: its capitals become small */
    CLI_TEXTS /* struct cli_texts, may be given several times */
};

enum { CLI_TEXTS_MAX = 16 };

struct cli_texts {
    const char *items[CLI_TEXTS_MAX];
    size_t count;
};

/* One option of a command. `name` with its dashes: "--layer", "-o". */
struct cli_option {
    const char *name;
    enum cli_option_kind kind;
    void *out; /* bool *, const char ** or struct cli_texts *, by kind */
};

/* Reads options ("--name value", "--name=value", "-o value") in any order; "--" ends them. What is no option is moved
 * to argv[1], argv[2], … in its order, and its number is returned in `out_count`. Fails with code CLI-001 on an unknown
 * option (naming the nearest one), on a missing value, and on an option given twice. */
bool cli_parse(int argc, char **argv, const struct cli_option *options, size_t option_count, size_t *out_count,
               struct error *err);

/* Prints `err` and the usage line ("load FILE… [--layer ID]") on stderr; returns CLI_USAGE. `err` may be NULL. */
int cli_usage(const struct error *err, const char *usage);

/* Whole numbers and decimals of options, named in the error by `option`. */
bool cli_number(const char *option, const char *text, double min, double max, double *out_number, struct error *err);
bool cli_integer(const char *option, const char *text, long min, long max, long *out_number, struct error *err);

/* The data directory: `option` (of --data) when not NULL, else environment TESELA_DATA, else "./data". */
const char *cli_data_directory(const char *option);
/* A folder that comes with the program ("styles", "www"): `option` when not NULL, else the environment variable, else
 * `name` in the current folder, else `name` beside the folder of the program's own file. NULL when there is none. The
 * text lives until the next call. */
const char *cli_program_folder(const char *option, const char *variable, const char *name);
/* The same for any option with an environment variable and a default. */
const char *cli_setting(const char *option, const char *variable, const char *fallback);
