/* SPDX-License-Identifier: MIT */
/* tesela check: is the data directory sound? */

#include "base/json_write.h"
#include "cli/cli.h"
#include "store/store_check.h"

enum { REPORT_BYTES_MAX = 256 * 1024 * 1024 };

static void print_problem(void *context, const struct store_problem *problem)
{
    (void)context;
    char place[160] = "";
    if (problem->layer && problem->version > 0) {
        snprintf(place, sizeof place, "%s %.80s, %s %lld: ", cli_pick("layer", "capa"), problem->layer,
                 cli_pick("version", "versión"), (long long)problem->version);
    }
    bool is_error = problem->severity == STORE_PROBLEM_ERROR;
    cli_say(stdout, "%s %s: %s%s", "%s %s: %s%s", is_error ? cli_pick("error", "error") : cli_pick("notice", "aviso"),
            problem->what.code, place, cli_pick(problem->what.english, problem->what.spanish));
    cli_say(stdout, "  what to do: %s", "  qué hacer: %s", cli_pick(problem->cure.english, problem->cure.spanish));
}

static void write_problem(void *context, const struct store_problem *problem)
{
    struct json_writer *json = context;
    json_write_begin_object(json);
    json_write_member_string(json, "code", problem->what.code);
    json_write_member_string(json, "severity", problem->severity == STORE_PROBLEM_ERROR ? "error" : "notice");
    json_write_member_string(json, "layer", problem->layer);
    json_write_name(json, "version");
    if (problem->version > 0) {
        json_write_int(json, problem->version);
    } else {
        json_write_null(json);
    }
    json_write_member_string(json, "text", cli_pick(problem->what.english, problem->what.spanish));
    json_write_member_string(json, "cure", cli_pick(problem->cure.english, problem->cure.spanish));
    json_write_end_object(json);
}

static bool print_json(const char *directory, bool full, struct store_check *out_check, struct error *err)
{
    struct buffer out;
    struct json_writer json;
    struct store_check_options options = {.full = full, .visit = write_problem, .context = &json};
    buffer_init(&out, REPORT_BYTES_MAX);
    json_write_init(&json, &out);
    json_write_begin_object(&json);
    json_write_name(&json, "problems");
    json_write_begin_array(&json);
    bool ok = store_check(directory, &options, out_check, err);
    if (ok) {
        json_write_end_array(&json);
        json_write_member_int(&json, "layers", out_check->layers);
        json_write_member_int(&json, "versions", out_check->versions);
        json_write_member_int(&json, "features", out_check->features);
        json_write_member_int(&json, "compared", out_check->compared);
        json_write_member_int(&json, "errors", out_check->errors);
        json_write_member_int(&json, "notices", out_check->notices);
        json_write_member_bool(&json, "sound", out_check->errors == 0);
        json_write_end_object(&json);
        ok = cli_print_json(&out) || error_no_memory(err);
    }
    buffer_finish(&out);
    return ok;
}

static bool print_text(const char *directory, bool full, struct store_check *out_check, struct error *err)
{
    struct store_check_options options = {.full = full, .visit = print_problem};
    if (!store_check(directory, &options, out_check, err)) {
        return false;
    }
    cli_say(stdout,
            "%lld published layers, %lld versions, %lld features (%lld compared with their drawing data): %lld errors,"
            " %lld notices",
            "%lld capas publicadas, %lld versiones, %lld elementos (%lld comparados con sus datos de dibujo): %lld"
            " errores, %lld avisos",
            (long long)out_check->layers, (long long)out_check->versions, (long long)out_check->features,
            (long long)out_check->compared, (long long)out_check->errors, (long long)out_check->notices);
    return true;
}

int cli_check(int argc, char **argv)
{
    static const char usage[] = "check [--full] [--json] [--data DIR]";
    const char *data = NULL;
    bool json = false;
    bool full = false;
    const struct cli_option known[] = {
        {"--full", CLI_FLAG, &full}, {"--json", CLI_FLAG, &json}, {"--data", CLI_TEXT, &data}};
    struct error err = {0};
    size_t count = 0;
    if (!cli_parse(argc, argv, known, sizeof known / sizeof known[0], &count, &err)) {
        return cli_usage(&err, usage);
    }
    if (count > 0) {
        return cli_usage(NULL, usage);
    }
    struct store_check check = {0};
    const char *directory = cli_data_directory(data);
    if (!(json ? print_json(directory, full, &check, &err) : print_text(directory, full, &check, &err))) {
        return cli_fail(&err);
    }
    return check.errors > 0 ? CLI_REJECTED : CLI_DONE;
}
