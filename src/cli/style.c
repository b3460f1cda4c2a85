/* SPDX-License-Identifier: MIT */
/* tesela style check STYLE.json… [--json]: every finding of the check with its line. */
#include "cli/cli.h"

#include "base/file.h"
#include "base/json_write.h"
#include "style/style.h"

#include <string.h>

enum { STYLE_BYTES_MAX = 64 << 20, REPORT_BYTES_MAX = 64 << 20, JSON_BYTES_MAX = 64 << 20 };

static const char usage[] = "style check STYLE.json… [--json]";

/* What the file at `path` is called in messages: its name without folder and ".json". */
static void name_of(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(out, size, "%s", slash ? slash + 1 : path);
    char *end = strrchr(out, '.');
    if (end && end != out && strcmp(end, ".json") == 0) {
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
        printf("%s%s: %s: %s%s%s\n", path, line, error ? cli_pick("error", "error") : cli_pick("warning", "aviso"),
               message->path, message->path[0] ? ": " : "", cli_pick(message->english, message->spanish));
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
        name_of(path, name, sizeof name);
        struct text text = {(const char *)content.data, content.length};
        valid = style_read(name, text, &style, arena, &report, &err);
        buffer_finish(&content);
    } else if (!arena) {
        error_no_memory(&err);
    }
    if (valid) {
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

int cli_style(int argc, char **argv)
{
    bool as_json = false;
    const struct cli_option options[] = {{"--json", CLI_FLAG, &as_json}};
    struct error err = {0};
    size_t count = 0;
    if (!cli_parse(argc, argv, options, 1, &count, &err)) {
        return cli_usage(&err, usage);
    }
    if (count < 2 || strcmp(argv[1], "check") != 0) {
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
