/* SPDX-License-Identifier: MIT */
/* The program: finds the command and runs it. */

#include "cli/cli.h"
#include "cli/import_program.h"

#include <string.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv); /* NULL: the import program does it */
    const char *english;
    const char *spanish;
};

/* By name. */
static const struct command commands[] = {
    {"backup", cli_backup, "copy the data while it is in use", "respaldar los datos mientras se usan"},
    {"check", cli_check, "verify the data directory", "verificar el directorio de datos"},
    {"diff", cli_diff, "compare two versions of a layer", "comparar dos versiones de una capa"},
    {"export", NULL, "write a layer or a map into a file for other programs",
     "escribir una capa o un mapa en un archivo para otros programas"},
    {"inspect", NULL, "tell what is in a file, changing nothing", "decir qué contiene un archivo, sin cambiar nada"},
    {"layers", cli_layers, "list the layers", "listar las capas"},
    {"load", NULL, "load or replace a layer", "cargar o reemplazar una capa"},
    {"publish", cli_publish, "publish a draft or a kept version of a layer",
     "publicar un borrador o una versión conservada de una capa"},
    {"rebuild", cli_rebuild, "rebuild the cache of tile-ready geometry", "rehacer la caché de geometría para teselas"},
    {"remove", cli_remove, "remove a layer", "quitar una capa"},
    {"render", cli_render, "draw a map or style into a PNG file", "dibujar un mapa o estilo en un archivo PNG"},
    {"rollback", cli_rollback, "go back to an earlier version of a layer", "volver a una versión anterior de una capa"},
    {"seed", cli_seed, "make tiles of a map beforehand", "hacer de antemano las teselas de un mapa"},
    {"serve", cli_serve, "serve maps, tiles and data over HTTP", "servir mapas, teselas y datos por HTTP"},
    {"style", cli_style, "check a style, or import one of QGIS", "revisar un estilo, o convertir uno de QGIS"},
    {"tile", cli_tile, "write one tile into a file", "escribir una tesela en un archivo"},
    {"unpublish", cli_unpublish, "stop publishing a layer, keeping it", "dejar de publicar una capa, sin borrarla"},
    {"versions", cli_versions, "list the versions of a layer", "listar las versiones de una capa"},
};

static void print_commands(FILE *out)
{
    cli_say(out, "usage: tesela COMMAND [OPTIONS]", "uso: tesela ORDEN [OPCIONES]");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        fprintf(out, "  %-9s  %s\n", commands[i].name, cli_pick(commands[i].english, commands[i].spanish));
    }
}

static const struct command *nearest(const char *word)
{
    const struct command *best = NULL;
    size_t best_distance = 3;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        size_t distance = text_edit_distance(text_of(word), text_of(commands[i].name));
        if (distance < best_distance) {
            best_distance = distance;
            best = &commands[i];
        }
    }
    return best;
}

int main(int argc, char **argv)
{
    cli_begin();
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--version") == 0) {
        printf("tesela %s\n", TESELA_VERSION);
        return CLI_DONE;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "help") == 0) {
        print_commands(stdout);
        return CLI_DONE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(word, commands[i].name) == 0) {
            return commands[i].run ? commands[i].run(argc - 1, argv + 1) : import_program_run(argv);
        }
    }
    if (word[0] != '\0') {
        const struct command *near = nearest(word);
        if (near) {
            cli_say(stderr, "tesela: no command \"%s\"; did you mean \"%s\"?",
                    "tesela: no hay orden «%s»; ¿quiso decir «%s»?", word, near->name);
        } else {
            cli_say(stderr, "tesela: no command \"%s\"", "tesela: no hay orden «%s»", word);
        }
    }
    print_commands(stderr);
    return CLI_USAGE;
}
