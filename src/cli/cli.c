/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void cli_begin(void)
{
    /* SpatiaLite opens file functions to SQL when this is set. */
    unsetenv("SPATIALITE_SECURITY");
    setenv("PROJ_NETWORK", "OFF", 1);
    signal(SIGPIPE, SIG_IGN);
    if (getenv("TESELA_DEBUG")) {
        log_set_level(LOG_DEBUG);
    }
}

enum cli_language cli_language(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *locale = getenv(variables[i]);
        if (locale && locale[0] != '\0') {
            bool spanish = strncmp(locale, "es", 2) == 0 && (locale[2] == '\0' || strchr("_.@-", locale[2]));
            return spanish ? CLI_SPANISH : CLI_ENGLISH;
        }
    }
    return CLI_ENGLISH;
}

const char *cli_pick(const char *english, const char *spanish)
{
    return cli_language() == CLI_SPANISH ? spanish : english;
}

/* A file name may hold escape sequences that would take over the reader's terminal. */
static void print_clean(FILE *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) {
            fprintf(out, "\\x%02x", byte);
        } else {
            fputc(*at, out);
        }
    }
}

void cli_say(FILE *out, const char *english, const char *spanish, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, spanish);
    int length = cli_language() == CLI_SPANISH ? vasprintf(&text, spanish, args) : vasprintf(&text, english, args);
    va_end(args);
    if (length >= 0) {
        print_clean(out, text);
        free(text);
    }
    fputc('\n', out);
}

void cli_print_error(const struct error *err)
{
    fputs(cli_pick("tesela: error", "tesela: error"), stderr);
    if (err->code[0] != '\0') {
        fprintf(stderr, " %s", err->code);
    }
    fputs(": ", stderr);
    print_clean(stderr, cli_pick(err->english, err->spanish));
    fputc('\n', stderr);
}

int cli_exit_code(const struct error *err)
{
    switch (err->kind) {
    case ERROR_NONE:
        return CLI_DONE;
    case ERROR_INVALID:
        return strncmp(err->code, "CLI-", 4) == 0 ? CLI_USAGE : CLI_REJECTED;
    case ERROR_NOT_FOUND:
    case ERROR_TOO_LARGE:
    case ERROR_UNAVAILABLE:
        return CLI_REJECTED;
    case ERROR_INTERNAL:
        return CLI_INTERNAL;
    }
    return CLI_INTERNAL;
}

int cli_fail(const struct error *err)
{
    cli_print_error(err);
    return cli_exit_code(err);
}

int cli_fail_no_memory(void)
{
    struct error err = {0};
    error_no_memory(&err);
    cli_print_error(&err);
    return CLI_INTERNAL;
}

bool cli_print_json(const struct buffer *json)
{
    return !json->failed && fwrite(json->data, 1, json->length, stdout) == json->length && fputc('\n', stdout) != EOF &&
           fflush(stdout) == 0;
}

static const struct cli_option *find_option(const struct cli_option *options, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++) {
        if (text_is(name, options[i].name)) {
            return &options[i];
        }
    }
    return NULL;
}

static bool refuse_unknown(const struct cli_option *options, size_t count, struct text name, struct error *err)
{
    const char *nearest = NULL;
    size_t best = 4;
    for (size_t i = 0; i < count; i++) {
        size_t distance = text_edit_distance(name, text_of(options[i].name));
        if (distance < best) {
            best = distance;
            nearest = options[i].name;
        }
    }
    int length = name.length > 80 ? 80 : (int)name.length;
    if (nearest) {
        error_tell(err, ERROR_INVALID, "CLI-001", "unknown option \"%.*s\": did you mean \"%s\"?",
                   "opción desconocida «%.*s»: ¿quiso decir «%s»?", length, name.data, nearest);
    } else {
        error_tell(err, ERROR_INVALID, "CLI-001", "unknown option \"%.*s\"", "opción desconocida «%.*s»", length,
                   name.data);
    }
    return false;
}

static bool store_value(const struct cli_option *option, char *value, struct error *err)
{
    if (option->kind == CLI_FLAG) {
        *(bool *)option->out = true;
        return true;
    }
    if (option->kind == CLI_TEXTS) {
        struct cli_texts *texts = option->out;
        if (texts->count == CLI_TEXTS_MAX) {
            error_tell(err, ERROR_INVALID, "CLI-001", "option \"%s\" is given more than %d times",
                       "la opción «%s» aparece más de %d veces", option->name, (int)CLI_TEXTS_MAX);
            return false;
        }
        texts->items[texts->count++] = value;
        return true;
    }
    const char **text = option->out;
    if (*text) {
        error_tell(err, ERROR_INVALID, "CLI-001", "option \"%s\" is given twice", "la opción «%s» aparece dos veces",
                   option->name);
        return false;
    }
    if (option->kind == CLI_ID) {
        text_lower_id(value);
    }
    *text = value;
    return true;
}

bool cli_parse(int argc, char **argv, const struct cli_option *options, size_t option_count, size_t *out_count,
               struct error *err)
{
    int kept = 1;
    bool ended = false;
    for (int i = 1; i < argc; i++) {
        char *argument = argv[i];
        if (ended || argument[0] != '-' || argument[1] == '\0') {
            argv[kept++] = argument;
            continue;
        }
        if (strcmp(argument, "--") == 0) {
            ended = true;
            continue;
        }
        char *equals = strncmp(argument, "--", 2) == 0 ? strchr(argument, '=') : NULL;
        struct text name = {argument, equals ? (size_t)(equals - argument) : strlen(argument)};
        const struct cli_option *option = find_option(options, option_count, name);
        if (!option) {
            return refuse_unknown(options, option_count, name, err);
        }
        char *value = equals ? equals + 1 : NULL;
        if (option->kind == CLI_FLAG && value) {
            error_tell(err, ERROR_INVALID, "CLI-001", "option \"%s\" takes no value", "la opción «%s» no lleva valor",
                       option->name);
            return false;
        }
        if (option->kind != CLI_FLAG && !value) {
            if (i + 1 >= argc) {
                error_tell(err, ERROR_INVALID, "CLI-001", "option \"%s\" needs a value",
                           "a la opción «%s» le falta su valor", option->name);
                return false;
            }
            value = argv[++i];
        }
        if (!store_value(option, value, err)) {
            return false;
        }
    }
    *out_count = (size_t)(kept - 1);
    return true;
}

int cli_usage(const struct error *err, const char *usage)
{
    if (err) {
        cli_print_error(err);
    }
    cli_say(stderr, "usage: tesela %s", "uso: tesela %s", usage);
    return CLI_USAGE;
}

static bool refuse_number(const char *option, const char *text, double min, double max, struct error *err)
{
    error_tell(err, ERROR_INVALID, "CLI-002", "option \"%s\": \"%.80s\" is not a number from %g to %g",
               "opción «%s»: «%.80s» no es un número de %g a %g", option, text, min, max);
    return false;
}

bool cli_number(const char *option, const char *text, double min, double max, double *out_number, struct error *err)
{
    double number = 0;
    if (!text_to_double(text_of(text), &number) || number < min || number > max) {
        return refuse_number(option, text, min, max, err);
    }
    *out_number = number;
    return true;
}

bool cli_integer(const char *option, const char *text, long min, long max, long *out_number, struct error *err)
{
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == ' ' || number < min || number > max) {
        return refuse_number(option, text, (double)min, (double)max, err);
    }
    *out_number = number;
    return true;
}

const char *cli_setting(const char *option, const char *variable, const char *fallback)
{
    if (option) {
        return option;
    }
    const char *set = getenv(variable);
    return set && set[0] != '\0' ? set : fallback;
}

const char *cli_data_directory(const char *option)
{
    return cli_setting(option, "TESELA_DATA", "./data");
}

const char *cli_program_folder(const char *option, const char *variable, const char *name)
{
    static char beside[4096];
    const char *told = cli_setting(option, variable, name);
    if (told != name || file_exists(name)) {
        return told;
    }
    char program[3072];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0) {
        return NULL;
    }
    program[length] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(program, '/');
        if (!slash) {
            return NULL;
        }
        *slash = '\0';
    }
    snprintf(beside, sizeof beside, "%s/%s", program, name);
    return file_exists(beside) ? beside : NULL;
}
