/* SPDX-License-Identifier: MIT */
/* tesela style check STYLE.json… [--json]: every finding of the check with its line.
 * tesela style import FILE.sld|FILE.qml -o STYLE.json: a style of another program as one of ours. */
#include "cli/cli.h"

#include "base/file.h"
#include "base/json_write.h"
#include "cli/style_needs.h"
#include "style/import_style.h"
#include "style/style.h"

#include <string.h>

enum {
    STYLE_BYTES_MAX = 64 << 20,
    REPORT_BYTES_MAX = 64 << 20,
    JSON_BYTES_MAX = 64 << 20,
    IMPORT_FILE_BYTES_MAX = 32 << 20,
    IMPORT_ARENA_BYTES_MAX = 512 << 20
};

static const char usage[] = "style check STYLE.json… [--json] | "
                            "style import FILE.sld|FILE.qml [--layer ID] [--latitude N] -o STYLE.json [--json]";

/* What the file at `path` is called in messages: its name without folder and ending (NULL: any). */
static void name_of(const char *path, const char *ending, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(out, size, "%s", slash ? slash + 1 : path);
    char *end = strrchr(out, '.');
    if (end && end != out && (!ending || strcmp(end, ending) == 0)) {
        *end = '\0';
    }
}

static void print_report(const char *path, const struct style_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct style_message *message = &report->messages[i];
        bool error = message->severity == STYLE_ERROR;
        char line[32] = "";
        if (message->line > 0) {
            snprintf(line, sizeof line, ":%zu", message->line);
        }
        cli_say(stdout, "%s%s: %s: %s%s%s", "%s%s: %s: %s%s%s", path, line,
                error ? "error" : cli_pick("warning", "aviso"), message->path, message->path[0] ? ": " : "",
                cli_pick(message->english, message->spanish));
    }
}

static void write_messages(struct json_writer *writer, const struct style_report *report)
{
    json_write_name(writer, "messages");
    json_write_begin_array(writer);
    for (size_t i = 0; i < report->count; i++) {
        const struct style_message *message = &report->messages[i];
        json_write_begin_object(writer);
        json_write_member_string(writer, "severity", message->severity == STYLE_ERROR ? "error" : "warning");
        if (message->line > 0) {
            json_write_member_int(writer, "line", (int64_t)message->line);
        }
        json_write_member_string(writer, "path", message->path);
        json_write_member_string(writer, "message", message->english);
        json_write_member_string(writer, "mensaje", message->spanish);
        json_write_end_object(writer);
    }
    json_write_end_array(writer);
}

/* The verdict on one file; `json` is NULL when lines of text are wanted. */
static enum cli_exit check_file(const char *path, struct json_writer *json)
{
    struct buffer content;
    struct style *style = NULL;
    struct style_report report = {NULL, 0, 0};
    struct error err = {0};
    char name[256];
    enum cli_exit verdict = CLI_REJECTED;
    struct arena *arena = arena_create(REPORT_BYTES_MAX);
    bool read = arena && file_read(path, STYLE_BYTES_MAX, &content, &err);
    bool valid = false;
    if (read) {
        name_of(path, ".json", name, sizeof name);
        struct text text = {(const char *)content.data, content.length};
        valid = style_read(name, text, &style, arena, &report, &err);
        buffer_finish(&content);
    } else if (!arena) {
        error_no_memory(&err);
    }
    if (valid) {
        style_needs_check(path, style, arena, &report);
        verdict = report.count > 0 ? CLI_WARNINGS : CLI_DONE;
    }
    if (json) {
        json_write_begin_object(json);
        json_write_member_string(json, "file", path);
        json_write_member_bool(json, "valid", valid);
        if (!valid) {
            json_write_member_string(json, "error", err.english);
        }
        write_messages(json, &report);
        json_write_end_object(json);
    } else {
        print_report(path, &report);
        if (!valid && report.error_count == 0) {
            cli_print_error(&err);
        } else if (report.count == 0) {
            cli_say(stdout, "%s: valid", "%s: válido", path);
        }
    }
    style_unref(style);
    arena_destroy(arena);
    return verdict;
}

/* Rejected outweighs warnings outweighs done. */
static enum cli_exit check_files(char **paths, size_t count, struct json_writer *json)
{
    enum cli_exit worst = CLI_DONE;
    for (size_t i = 0; i < count; i++) {
        enum cli_exit verdict = check_file(paths[i], json);
        worst = verdict > worst ? verdict : worst;
    }
    return worst;
}

struct import_request {
    const char *path;
    const char *layer;
    const char *latitude;
    const char *out;
    bool as_json;
};

static enum cli_exit print_import(const struct import_request *request, const struct style_report *report)
{
    if (!request->as_json) {
        print_report(request->path, report);
        cli_say(stderr, "%s: written, %zu things not carried over as they are; look at it before publishing",
                "%s: escrito, %zu cosas no se convirtieron tal cual; revíselo antes de publicar", request->out,
                report->count);
    } else {
        struct buffer text;
        struct json_writer json;
        buffer_init(&text, JSON_BYTES_MAX);
        json_write_init(&json, &text);
        json_write_begin_object(&json);
        json_write_member_string(&json, "file", request->path);
        json_write_member_string(&json, "style", request->out);
        write_messages(&json, report);
        json_write_end_object(&json);
        printf("%s\n", buffer_text(&text));
        buffer_finish(&text);
    }
    return report->count > 0 ? CLI_WARNINGS : CLI_DONE;
}

static enum cli_exit import_file(const struct import_request *request)
{
    char name[256];
    struct error err = {0};
    struct buffer content = {0};
    struct buffer style;
    struct style_report report = {NULL, 0, 0};
    struct import_options options = {name, request->layer, IMPORT_LATITUDE};
    if (request->layer && !text_is_id(text_of(request->layer))) {
        error_tell(&err, ERROR_INVALID, "CLI-003", "--layer \"%s\" is no id: small letters, digits, - and _",
                   "--layer «%s» no es un identificador: minúsculas, dígitos, - y _", request->layer);
        return (enum cli_exit)cli_usage(&err, usage);
    }
    if (request->latitude && !cli_number("--latitude", request->latitude, -85, 85, &options.latitude, &err)) {
        return (enum cli_exit)cli_usage(&err, usage);
    }
    struct arena *arena = arena_create(IMPORT_ARENA_BYTES_MAX);
    buffer_init(&style, STYLE_BYTES_MAX);
    name_of(request->path, NULL, name, sizeof name);
    bool ok = arena ? file_read(request->path, IMPORT_FILE_BYTES_MAX, &content, &err) : error_no_memory(&err);
    if (ok) {
        struct text xml = {(const char *)content.data, content.length};
        ok = import_style(xml, &options, arena, &style, &report, &err);
        if (!ok) {
            error_prefix(&err, "%s", request->path);
            print_report(request->path, &report);
        }
        buffer_finish(&content);
    }
    ok = ok && file_write(request->out, style.data, style.length, &err);
    enum cli_exit exit = CLI_DONE;
    if (ok) {
        exit = print_import(request, &report);
    } else {
        cli_print_error(&err);
        exit = (enum cli_exit)cli_exit_code(&err);
    }
    buffer_finish(&style);
    arena_destroy(arena);
    return exit;
}

int cli_style(int argc, char **argv)
{
    bool as_json = false;
    struct import_request request = {0};
    const struct cli_option options[] = {{"--json", CLI_FLAG, &as_json},
                                         {"--layer", CLI_ID, &request.layer},
                                         {"--latitude", CLI_TEXT, &request.latitude},
                                         {"-o", CLI_TEXT, &request.out}};
    struct error err = {0};
    size_t count = 0;
    if (!cli_parse(argc, argv, options, sizeof options / sizeof *options, &count, &err)) {
        return cli_usage(&err, usage);
    }
    if (count == 2 && strcmp(argv[1], "import") == 0 && request.out) {
        request.path = argv[2];
        request.as_json = as_json;
        return (int)import_file(&request);
    }
    if (count < 2 || strcmp(argv[1], "check") != 0 || request.layer || request.latitude || request.out) {
        return cli_usage(NULL, usage);
    }
    if (!as_json) {
        return (int)check_files(argv + 2, count - 1, NULL);
    }
    struct buffer out;
    struct json_writer writer;
    buffer_init(&out, JSON_BYTES_MAX);
    json_write_init(&writer, &out);
    json_write_begin_object(&writer);
    json_write_name(&writer, "styles");
    json_write_begin_array(&writer);
    int worst = (int)check_files(argv + 2, count - 1, &writer);
    json_write_end_array(&writer);
    json_write_end_object(&writer);
    bool failed = out.failed;
    printf("%s\n", buffer_text(&out));
    buffer_finish(&out);
    return failed ? CLI_INTERNAL : worst;
}
