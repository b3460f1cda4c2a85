/* SPDX-License-Identifier: MIT */
/* What labels cost: planning a square and painting a tile, with cold and with warm caches.
 *
 *   cmake --preset release && ninja -C build bench_label && build/tests/bench_label */

#include "unit/render/label_town.h"

#include <time.h>

static const char upright[] = "[{'id':'points','type':'symbol','source':'points','source-layer':'points','layout':{'"
                              "text-field':['get','name'],'text-size':13,"
                              "'text-font':['Open Sans Semibold'],'symbol-sort-key':['get','rank'],'text-max-width':8},"
                              "'paint':{'text-color':'#004','text-halo-color':'#fff','text-halo-width':1.5}}]";

static const char along[] = "[{'id':'streets','type':'symbol','source':'streets','source-layer':'streets','layout':{'"
                            "text-field':['get','name'],'text-size':12,"
                            "'text-font':['Open Sans Regular'],'symbol-placement':'line'},"
                            "'paint':{'text-color':'#333','text-halo-color':'#fff','text-halo-width':1.5}}]";

static const char quarters[] = "[{'id':'quarters','type':'symbol','source':'quarters','source-layer':'quarters','"
                               "layout':{'text-field':['get','name'],'text-size':13,"
                               "'text-font':['Open Sans Bold'],'text-transform':'uppercase','text-max-width':8},"
                               "'paint':{'text-color':'#333','text-halo-color':'#fff','text-halo-width':1.5}}]";

enum { ZOOM = 14, COLUMN = 1700, ROW = 1400 };

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static struct world_box block_box(void)
{
    int64_t units = (int64_t)LABEL_SQUARE_PX << (23 - ZOOM);
    int64_t x = COLUMN * units - GRID_WORLD_UNITS / 2;
    int64_t y = ROW * units - GRID_WORLD_UNITS / 2;
    /* The square and what it looks at around itself. */
    return (struct world_box){x - units / 2, y - units / 2, x + units + units / 2, y + units + units / 2};
}

/* The plan alone: features are found before the clock starts. */
static struct label_plan *timed_plan(struct town *town, double *out_ms)
{
    const struct label_square square = {ZOOM, COLUMN, ROW};
    struct render_need *needs;
    size_t need_count;
    struct error err = {0};
    struct label_plan *plan = NULL;
    arena_reset(town->scratch);
    if (!label_needs(town->style, square, town->scratch, &needs, &need_count, &err)) {
        return NULL;
    }
    struct render_input *inputs = town_find(town, needs, need_count);
    double start = now_ms();
    label_plan_create(town->painter, town->style, NULL, square, inputs, need_count, town->scratch, &plan, &err);
    *out_ms = now_ms() - start;
    return plan;
}

static void measure_tiles(struct town *town, const struct label_plan *plan, uint32_t ratio)
{
    struct error err = {0};
    struct canvas *canvas = canvas_create(512 * ratio, 512 * ratio);
    const struct style_layer *layer = style_layer_at(town->style, 0);
    double cold = 0;
    double warm = 1e9;
    for (int round = 0; round < 5; round++) {
        double start = now_ms();
        for (uint32_t i = 0; i < 16; i++) {
            struct view view = view_of_tile((struct tile_id){ZOOM, COLUMN * 4 + i % 4, ROW * 4 + i / 4}, 512, ratio);
            label_plans_paint(&plan, 1, town->painter, NULL, layer, &view, canvas, &err);
        }
        double took = now_ms() - start;
        cold = round == 0 ? took : cold;
        warm = took < warm ? took : warm;
    }
    double count = (double)label_plan_count(plan);
    printf("  paint @%ux, 512 px tiles: %6.2f ms a tile cold, %6.2f warm; 50 labels %5.2f ms cold, %5.2f warm\n", ratio,
           cold / 16, warm / 16, cold / count * 50, warm / count * 50);
    canvas_destroy(canvas);
}

static void measure(const char *title, const char *layers, size_t points, size_t streets, size_t areas)
{
    struct town town;
    struct error err = {0};
    if (!town_init(&town, layers, 1, &err)) {
        printf("%s: %s\n", title, err.english);
        return;
    }
    struct world_box box = block_box();
    town_add_points(&town, &box, points);
    if (streets > 0) {
        town_add_streets(&town, &box, streets);
    }
    town_add_quarters(&town, &box, areas);
    double cold = 0;
    double best = 1e9;
    struct label_plan *plan = NULL;
    for (int round = 0; round < 10; round++) {
        double took;
        label_plan_destroy(plan);
        plan = timed_plan(&town, &took);
        if (!plan) {
            break;
        }
        cold = round == 0 ? took : cold;
        best = took < best ? took : best;
    }
    if (plan) {
        struct label_stats stats = label_plan_stats(plan);
        printf("%s: %zu candidates, %zu placed, %zu in the square (%zu KB): plan %.2f ms cold, %.2f warm\n", title,
               stats.candidates, stats.placed, label_plan_count(plan), label_plan_size(plan) / 1024, cold, best);
        measure_tiles(&town, plan, 1);
        measure_tiles(&town, plan, 2);
    }
    label_plan_destroy(plan);
    town_finish(&town);
}

int main(void)
{
    measure("points", upright, 2000, 0, 0);
    measure("streets", along, 0, 33, 0);
    measure("quarters", quarters, 0, 0, 2000);
    return 0;
}
