/* SPDX-License-Identifier: MIT */
/* The calls that are measured, and the clock. Between start and stop time goes to the stage that was entered last. */

#include "bench/tile_stages.h"

#include "bench/tile_replay.h"
#include "render/layer_features.h"
#include "render/layer_paint.h"
#include "render/pattern.h"
#include "render/sieve.h"
#include "store/store.h"
#include "draw/line_field.h"
#include "tile/tile_raster.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

const char *const stage_names[STAGE_COUNT] = {
    [STAGE_OTHER] = "other",
    [STAGE_FIND] = "find and decode",
    [STAGE_STYLE] = "style",
    [STAGE_PROJECT] = "projection",
    [STAGE_FILL_EDGES] = "fill edges",
    [STAGE_STROKE_EDGES] = "stroke edges",
    [STAGE_SWEEP] = "sweep, composite",
    [STAGE_DECORATION] = "patterns, circles",
    [STAGE_LABEL_PLAN] = "label plans",
    [STAGE_LABELS] = "labels, icons",
    [STAGE_HEATMAP] = "heatmap",
    [STAGE_RASTER_READ] = "raster: read, warp",
    [STAGE_RASTER_PAINT] = "raster: paint",
    [STAGE_PALETTE] = "palette",
    [STAGE_PNG] = "PNG",
};

/* ---- The clock ---- */

/* Where there is no cheap counter, nanoseconds. */
static uint64_t ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
#endif
}

double stages_now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static struct {
    bool runs;
    bool plans; /* what is found now is for labels */
    enum stage stage;
    uint64_t last;
    uint64_t sums[STAGE_COUNT];
    uint64_t looks[STAGE_COUNT]; /* at the clock */
    double start_us;             /* processor time */
    double ticks_per_look;
} stages;

static enum stage stage_enter(enum stage stage)
{
    enum stage outer = stages.stage;
    if (stages.runs && stage != outer) {
        uint64_t now = ticks();
        stages.sums[outer] += now - stages.last;
        stages.looks[outer]++;
        stages.last = now;
        stages.stage = stage;
    }
    return outer;
}

static void stage_leave(enum stage outer)
{
    if (outer != stages.stage) {
        stage_enter(outer);
    }
}

/* A stage that keeps what it calls. */
static bool is_whole(enum stage stage)
{
    return stage >= STAGE_DECORATION;
}

static enum stage stage_of(enum stage stage)
{
    if (stages.plans) {
        return STAGE_LABEL_PLAN;
    }
    return is_whole(stages.stage) && !is_whole(stage) ? stages.stage : stage;
}

/* The least of several tries: another thread may come in between. */
static void calibrate(void)
{
    enum { TRIES = 200, LOOKS = 1000 };
    stages.runs = true;
    stages.ticks_per_look = 1e9;
    for (int i = 0; i < TRIES; i++) {
        uint64_t from = ticks();
        for (int j = 0; j < LOOKS; j++) {
            stage_leave(stage_enter(STAGE_STYLE));
        }
        double cost = (double)(ticks() - from) / (2 * LOOKS);
        stages.ticks_per_look = cost < stages.ticks_per_look ? cost : stages.ticks_per_look;
    }
    stages.runs = false;
}

void stages_start(void)
{
    if (stages.ticks_per_look == 0) {
        calibrate();
    }
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        stages.sums[i] = 0;
        stages.looks[i] = 0;
    }
    stages.plans = false;
    stages.stage = STAGE_OTHER;
    stages.runs = true;
    stages.start_us = stages_now_us();
    stages.last = ticks();
}

/* The counter goes on while other threads run: its shares are those of the processor time. */
void stages_stop(struct stage_times *out_times)
{
    stage_enter(STAGE_COUNT - 1);
    double spent_us = stages_now_us() - stages.start_us;
    stages.runs = false;
    stages.stage = STAGE_OTHER;
    double all = 1;
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        all += (double)stages.sums[i];
    }
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        double spent = (double)stages.sums[i] - (double)stages.looks[i] * stages.ticks_per_look;
        out_times->ticks[i] = spent > 0 ? spent : 0;
        out_times->us[i] = out_times->ticks[i] * spent_us / all;
    }
}

/* ---- The calls ---- */

/* Names with two underscores belong to the compiler; these are the linker's. */
#define WRAPPED(type, name, parameters)                                                                                \
    type real_##name parameters __asm__("__real_" #name);                                                              \
    type wrap_##name parameters __asm__("__wrap_" #name)

#define STAGE(where, type, name, parameters, arguments)                                                                \
    WRAPPED(type, name, parameters);                                                                                   \
    type wrap_##name parameters                                                                                        \
    {                                                                                                                  \
        enum stage outer = stage_enter(stage_of(where));                                                               \
        type result = real_##name arguments;                                                                           \
        stage_leave(outer);                                                                                            \
        return result;                                                                                                 \
    }

#define STAGE_VOID(where, name, parameters, arguments)                                                                 \
    WRAPPED(void, name, parameters);                                                                                   \
    void wrap_##name parameters                                                                                        \
    {                                                                                                                  \
        enum stage outer = stage_enter(stage_of(where));                                                               \
        real_##name arguments;                                                                                         \
        stage_leave(outer);                                                                                            \
    }

STAGE(STAGE_FIND, bool, store_find_wanted,
      (struct store * store, const struct store_layer *layer, const struct world_box *area, double zoom,
       const struct store_wish *wish, struct arena *arena, struct feature_list *out_found, struct error *err),
      (store, layer, area, zoom, wish, arena, out_found, err))
STAGE(STAGE_STYLE, bool, render_sieve_shows, (void *sieve, const struct value *values), (sieve, values))
STAGE(STAGE_RASTER_READ, bool, tile_raster_find,
      (struct tile_worker * worker, const struct store_layer *layer, const struct render_need *need,
       const struct view *view, struct render_input *out_input, struct error *err),
      (worker, layer, need, view, out_input, err))

STAGE(STAGE_STYLE, bool, layer_features_find,
      (const struct render_layer_context *context, const struct projector *projector, enum style_property sort_key,
       unsigned kinds, struct layer_features **out_found, struct error *err),
      (context, projector, sort_key, kinds, out_found, err))
STAGE(STAGE_STYLE, double, style_number,
      (const struct style_layer *layer, enum style_property property, const struct style_scope *scope),
      (layer, property, scope))
STAGE(STAGE_STYLE, bool, style_bool,
      (const struct style_layer *layer, enum style_property property, const struct style_scope *scope),
      (layer, property, scope))
STAGE(STAGE_STYLE, struct style_color, style_color,
      (const struct style_layer *layer, enum style_property property, const struct style_scope *scope),
      (layer, property, scope))
STAGE(STAGE_STYLE, int, style_enum,
      (const struct style_layer *layer, enum style_property property, const struct style_scope *scope),
      (layer, property, scope))
STAGE(STAGE_STYLE, struct text, style_text,
      (const struct style_layer *layer, enum style_property property, const struct style_scope *scope),
      (layer, property, scope))
STAGE(STAGE_STYLE, size_t, style_numbers,
      (const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
       double *out_numbers, size_t capacity),
      (layer, property, scope, out_numbers, capacity))

STAGE(STAGE_PROJECT, bool, layer_features_project,
      (struct layer_features * found, const struct projector *projector, struct arena *arena),
      (found, projector, arena))

/* What is drawn inside labels and the like is theirs, and no shape of the map's. */
static bool is_recorded(void)
{
    return replay_records() && !is_whole(stages.stage);
}

WRAPPED(void, raster_add_ring, (struct raster * raster, const struct draw_point *points, size_t count));
void wrap_raster_add_ring(struct raster *raster, const struct draw_point *points, size_t count)
{
    if (is_recorded()) {
        replay_note_ring(points, count);
    }
    enum stage outer = stage_enter(stage_of(STAGE_FILL_EDGES));
    real_raster_add_ring(raster, points, count);
    stage_leave(outer);
}

WRAPPED(bool, stroke_add,
        (struct raster * raster, const struct draw_point *points, size_t count, bool closed,
         const struct stroke *stroke));
bool wrap_stroke_add(struct raster *raster, const struct draw_point *points, size_t count, bool closed,
                     const struct stroke *stroke)
{
    if (is_recorded()) {
        replay_note_stroke(points, count, closed, stroke);
    }
    enum stage outer = stage_enter(stage_of(STAGE_STROKE_EDGES));
    bool ok = real_stroke_add(raster, points, count, closed, stroke);
    stage_leave(outer);
    return ok;
}

WRAPPED(void, raster_fill,
        (struct raster * raster, struct canvas *canvas, enum fill_rule rule, const struct paint *paint));
void wrap_raster_fill(struct raster *raster, struct canvas *canvas, enum fill_rule rule, const struct paint *paint)
{
    if (is_recorded()) {
        replay_note_sweep(SWEEP_FILL, rule, paint->pixel);
    }
    enum stage outer = stage_enter(stage_of(paint->pattern ? STAGE_DECORATION : STAGE_SWEEP));
    real_raster_fill(raster, canvas, rule, paint);
    stage_leave(outer);
}

WRAPPED(void, raster_fill_apart,
        (struct raster * raster, struct canvas *layer, enum fill_rule rule, struct pixel pixel));
void wrap_raster_fill_apart(struct raster *raster, struct canvas *layer, enum fill_rule rule, struct pixel pixel)
{
    if (is_recorded()) {
        replay_note_sweep(SWEEP_APART, rule, pixel);
    }
    enum stage outer = stage_enter(stage_of(STAGE_SWEEP));
    real_raster_fill_apart(raster, layer, rule, pixel);
    stage_leave(outer);
}

WRAPPED(void, raster_merge, (struct raster * raster, enum fill_rule rule));
void wrap_raster_merge(struct raster *raster, enum fill_rule rule)
{
    if (is_recorded()) {
        replay_note_sweep(SWEEP_MERGE, rule, (struct pixel){0, 0, 0, 255});
    }
    enum stage outer = stage_enter(stage_of(STAGE_SWEEP));
    real_raster_merge(raster, rule);
    stage_leave(outer);
}

STAGE_VOID(STAGE_SWEEP, raster_fill_merged, (struct raster * raster, struct canvas *canvas, struct pixel pixel),
           (raster, canvas, pixel))
STAGE_VOID(STAGE_SWEEP, raster_discard, (struct raster * raster), (raster))
STAGE_VOID(STAGE_SWEEP, canvas_lay_over, (struct canvas * canvas, const struct canvas *above, uint8_t opacity),
           (canvas, above, opacity))
STAGE_VOID(STAGE_SWEEP, canvas_lay_on, (struct canvas * canvas, struct pixel ground), (canvas, ground))
STAGE_VOID(STAGE_SWEEP, canvas_fill, (struct canvas * canvas, struct pixel pixel), (canvas, pixel))
STAGE_VOID(STAGE_SWEEP, canvas_clear, (struct canvas * canvas, struct pixel pixel), (canvas, pixel))

STAGE(STAGE_DECORATION, bool, pattern_paint,
      (const struct render_layer_context *context, struct text name, const double translate_css_px[2], double opacity,
       struct paint *out_paint),
      (context, name, translate_css_px, opacity, out_paint))
STAGE(STAGE_DECORATION, bool, circle_paint, (const struct render_layer_context *context, struct error *err),
      (context, err))
STAGE(STAGE_DECORATION, bool, line_field_paint,
      (struct line_field * line_field, struct canvas *canvas, const struct draw_point *points, size_t count,
       bool closed, const struct line_paint *paint),
      (line_field, canvas, points, count, closed, paint))
STAGE(STAGE_HEATMAP, bool, heatmap_paint,
      (struct render_layer_context * context, const struct render_input *inputs, size_t count, struct error *err),
      (context, inputs, count, err))
STAGE(STAGE_RASTER_PAINT, bool, raster_layer_paint, (const struct render_layer_context *context, struct error *err),
      (context, err))
STAGE(STAGE_RASTER_PAINT, bool, hillshade_paint, (const struct render_layer_context *context, struct error *err),
      (context, err))
STAGE(STAGE_RASTER_PAINT, bool, color_relief_paint, (const struct render_layer_context *context, struct error *err),
      (context, err))

/* Planning begins with the question what it needs and ends with the plan. */
WRAPPED(bool, label_needs,
        (const struct style *style, struct label_square square, struct arena *arena, struct render_need **out_needs,
         size_t *out_count, struct error *err));
bool wrap_label_needs(const struct style *style, struct label_square square, struct arena *arena,
                      struct render_need **out_needs, size_t *out_count, struct error *err)
{
    stages.plans = true;
    enum stage outer = stage_enter(STAGE_LABEL_PLAN);
    bool ok = real_label_needs(style, square, arena, out_needs, out_count, err);
    stage_leave(outer);
    return ok;
}

WRAPPED(bool, label_plan_create,
        (struct painter * painter, const struct style *style, const struct render_assets *assets,
         struct label_square square, const struct render_input *inputs, size_t input_count, struct arena *arena,
         struct label_plan **out_plan, struct error *err));
bool wrap_label_plan_create(struct painter *painter, const struct style *style, const struct render_assets *assets,
                            struct label_square square, const struct render_input *inputs, size_t input_count,
                            struct arena *arena, struct label_plan **out_plan, struct error *err)
{
    enum stage outer = stage_enter(STAGE_LABEL_PLAN);
    bool ok = real_label_plan_create(painter, style, assets, square, inputs, input_count, arena, out_plan, err);
    stage_leave(outer);
    stages.plans = false;
    return ok;
}

STAGE(STAGE_LABELS, bool, label_plans_paint,
      (const struct label_plan *const *plans, size_t plan_count, struct painter *painter,
       const struct render_assets *assets, const struct style_layer *layer, const struct view *view,
       struct canvas *canvas, struct error *err),
      (plans, plan_count, painter, assets, layer, view, canvas, err))
STAGE(STAGE_LABELS, bool, label_plans_print,
      (const struct label_plan *const *plans, size_t plan_count, const struct style *style, const struct view *view,
       uint64_t *out_print),
      (plans, plan_count, style, view, out_print))

STAGE(STAGE_PALETTE, bool, style_palettes_find,
      (struct style_palettes * palettes, const struct style *style, const struct sprite *sprite, double zoom,
       struct palette_map **out_map, struct error *err),
      (palettes, style, sprite, zoom, out_map, err))
STAGE(STAGE_PALETTE, size_t, palette_map_canvas,
      (struct palette_map * map, const struct canvas *canvas, uint8_t *out_indices, bool out_used[PALETTE_COLORS_MAX]),
      (map, canvas, out_indices, out_used))

WRAPPED(bool, png_encode,
        (struct png_encoder * encoder, const struct canvas *canvas, const struct png_options *options,
         struct buffer *out, struct error *err));
bool wrap_png_encode(struct png_encoder *encoder, const struct canvas *canvas, const struct png_options *options,
                     struct buffer *out, struct error *err)
{
    replay_note_picture(canvas);
    enum stage outer = stage_enter(STAGE_PNG);
    bool ok = real_png_encode(encoder, canvas, options, out, err);
    stage_leave(outer);
    return ok;
}

WRAPPED(bool, png_encode_with_palette,
        (struct png_encoder * encoder, const struct canvas *canvas, struct palette_map *map,
         const struct png_options *options, struct buffer *out, struct error *err));
bool wrap_png_encode_with_palette(struct png_encoder *encoder, const struct canvas *canvas, struct palette_map *map,
                                  const struct png_options *options, struct buffer *out, struct error *err)
{
    replay_note_picture(canvas);
    enum stage outer = stage_enter(STAGE_PNG);
    bool ok = real_png_encode_with_palette(encoder, canvas, map, options, out, err);
    stage_leave(outer);
    return ok;
}
