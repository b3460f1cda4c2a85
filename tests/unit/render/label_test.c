/* SPDX-License-Identifier: MIT */
#include "render/label.h"

#include "render/label_case.h"
#include "render/label_line.h"
#include "render/label_plan.h"
#include "render/label_pole.h"
#include "render/painter.h"
#include "unit/render/label_tiles.h"
#include "unit/test.h"

static const char all_kinds[] =
    "[{'id':'quarters','type':'symbol','source':'quarters','source-layer':'quarters','layout':{'text-field':['get','"
    "name'],'text-size':14,"
    "'text-font':['Open Sans Bold'],'text-transform':'uppercase','text-letter-spacing':0.1},"
    "'paint':{'text-color':'#555','text-halo-color':'#fff','text-halo-width':1.5}},"
    "{'id':'streets','type':'symbol','source':'streets','source-layer':'streets','layout':{'text-field':['get','name'],"
    "'text-size':12,"
    "'text-font':['Open Sans Regular'],'symbol-placement':'line'},"
    "'paint':{'text-color':'#333','text-halo-color':'rgba(255,255,255,0.8)','text-halo-width':2,'text-halo-blur':1}},"
    "{'id':'points','type':'symbol','source':'points','source-layer':'points','layout':{'text-field':['get','name'],'"
    "text-size':13,"
    "'text-font':['Open Sans Semibold'],'symbol-sort-key':['get','rank'],'text-max-width':8,"
    "'text-variable-anchor':['top','bottom','left','right'],'text-radial-offset':0.5,'text-justify':'auto'},"
    "'paint':{'text-color':'#004','text-halo-color':'#fff','text-halo-width':1.5}}]";

static void fill(struct town *town, size_t points, size_t side, size_t rivers, size_t quarters)
{
    struct world_box box = box_of((struct label_square){ZOOM, COLUMN - 1, ROW - 1}, BLOCK + 2);
    town_add_points(town, &box, points);
    town_add_streets(town, &box, side);
    town_add_rivers(town, &box, rivers);
    town_add_quarters(town, &box, quarters);
}

static void start(struct town *town, const char *layers, uint64_t seed)
{
    struct error err = {0};
    if (!town_init(town, layers, seed, &err)) {
        fail_msg("%s", err.english);
    }
    struct text name = text_of("Open Sans Regular");
    struct text_engine *text = town->painter->text;
    if (text_engine_stack_quality(text, text_engine_stack(text, &name, 1)) != TEXT_STACK_EXACT) {
        town_finish(town);
        print_message("needs the fonts of the Debian package fonts-open-sans\n");
        skip();
    }
}

static const struct label *find_label(const struct label_plan *plan, uint64_t layer_hash, const struct label *wanted)
{
    for (size_t i = 0; i < plan->layer_count; i++) {
        const struct label_layer *layer = &plan->layers[i];
        for (size_t j = layer->first; layer->id_hash == layer_hash && j < layer->first + layer->count; j++) {
            const struct label *label = &plan->labels[j];
            if (label->x == wanted->x && label->y == wanted->y &&
                label_order_compare(&label->order, &wanted->order) == 0) {
                return label;
            }
        }
    }
    return NULL;
}

/* True when ink of the label lies in the square `column` right and `row` below the block's first. */
static bool reaches(const struct label *label, int64_t column, int64_t row)
{
    double scale = label_scale_of_zoom(ZOOM);
    struct world_box box = box_of((struct label_square){ZOOM, COLUMN + column, ROW + row}, 1);
    return label->x + label->ink.min_x < label_position(box.max_x, scale) &&
           label->x + label->ink.max_x >= label_position(box.min_x, scale) &&
           label->y + label->ink.min_y < label_position(box.max_y, scale) &&
           label->y + label->ink.max_y >= label_position(box.min_y, scale);
}

static void assert_same_label(const struct label_plan *a, const struct label *first, const struct label_plan *b,
                              const struct label *second)
{
    assert_non_null(second);
    assert_int_equal(first->glyph_count, second->glyph_count);
    assert_memory_equal(&first->ink, &second->ink, sizeof first->ink);
    assert_memory_equal(a->glyphs + first->first_glyph, b->glyphs + second->first_glyph,
                        first->glyph_count * sizeof *a->glyphs);
}

/* Each label of a plan that reaches into another square is in that one's plan, and the other way round. Returns how
 * many such pairs there are. */
static size_t check_neighbours(struct label_plan *plans[BLOCK][BLOCK], int64_t column, int64_t row)
{
    const struct label_plan *plan = plans[row][column];
    size_t shared = 0;
    for (size_t l = 0; l < plan->layer_count; l++) {
        for (size_t i = 0; i < plan->layers[l].count; i++) {
            const struct label *label = &plan->labels[plan->layers[l].first + i];
            assert_true(reaches(label, column, row));
            for (int64_t other = 0; other < (int64_t)BLOCK * BLOCK; other++) {
                int64_t x = other % BLOCK;
                int64_t y = other / BLOCK;
                if ((x == column && y == row) || !reaches(label, x, y)) {
                    continue;
                }
                assert_same_label(plan, label, plans[y][x], find_label(plans[y][x], plan->layers[l].id_hash, label));
                shared++;
            }
        }
    }
    return shared;
}

static void check_agreement(const char *style, uint64_t seeds)
{
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct town town;
        struct label_plan *plans[BLOCK][BLOCK];
        start(&town, style, seed);
        fill(&town, 1500, 60, 12, 250);
        for (int64_t row = 0; row < BLOCK; row++) {
            for (int64_t column = 0; column < BLOCK; column++) {
                plans[row][column] = plan_of(&town, (struct label_square){ZOOM, COLUMN + column, ROW + row});
                assert_true(label_plan_count(plans[row][column]) > 100);
                assert_true(plans[row][column]->layer_count >= 2);
            }
        }
        size_t shared = 0;
        for (int64_t i = 0; i < (int64_t)BLOCK * BLOCK; i++) {
            shared += check_neighbours(plans, i % BLOCK, i / BLOCK);
        }
        assert_true(shared > 100);
        for (int64_t i = 0; i < (int64_t)BLOCK * BLOCK; i++) {
            label_plan_destroy(plans[i / BLOCK][i % BLOCK]);
        }
        town_finish(&town);
    }
}

static void neighbouring_squares_agree(void **state)
{
    (void)state;
    check_agreement(all_kinds, 2);
}

/* Texts with one position each, whose reach is bounded before they are set; upright ones on lines are not. */
static const char single_positions[] =
    "[{'id':'quarters','type':'symbol','source':'quarters','source-layer':'quarters','layout':{'text-field':['get','"
    "name'],'text-size':16,'text-font':['Open Sans Bold'],'text-anchor':'right','text-letter-spacing':0.3}},"
    "{'id':'streets','type':'symbol','source':'streets','source-layer':'streets','layout':{'text-field':['get','name'],"
    "'text-size':12,'text-font':['Open Sans Regular'],'symbol-placement':'line','text-rotation-alignment':'viewport'}},"
    "{'id':'points','type':'symbol','source':'points','source-layer':'points','layout':{'text-field':['get','name'],'"
    "text-size':13,'text-font':['Open Sans Semibold'],'text-max-width':40,'text-anchor':'left','text-offset':[2,-1.5]}}"
    "]";

static void neighbouring_squares_agree_on_single_positions(void **state)
{
    (void)state;
    check_agreement(single_positions, 2);
}

/* Where the letters are: half an em around each. */
static struct label_box letter_box(const struct label_plan *plan, const struct label *label, size_t glyph)
{
    const struct label_glyph *letter = &plan->glyphs[label->first_glyph + glyph];
    double size = label->look.size_px * LABEL_ONE;
    double x = letter->x + ((double)letter->cosine * 0.25 + (double)letter->sine * 0.35) * size;
    double y = letter->y + ((double)letter->sine * 0.25 - (double)letter->cosine * 0.35) * size;
    int64_t base_x = label->x - plan->labels[0].x;
    int64_t base_y = label->y - plan->labels[0].y;
    int32_t half = (int32_t)(size * 0.2);
    return (struct label_box){(int32_t)(base_x + (int64_t)x) - half, (int32_t)(base_y + (int64_t)y) - half,
                              (int32_t)(base_x + (int64_t)x) + half, (int32_t)(base_y + (int64_t)y) + half};
}

static bool boxes_touch(struct label_box a, struct label_box b)
{
    return a.min_x < b.max_x && b.min_x < a.max_x && a.min_y < b.max_y && b.min_y < a.max_y;
}

static void labels_do_not_overlap(void **state)
{
    (void)state;
    struct town town;
    start(&town, all_kinds, 7);
    fill(&town, 1500, 60, 12, 250);
    struct label_plan *plan = plan_of(&town, (struct label_square){ZOOM, COLUMN, ROW});
    size_t compared = 0;
    for (size_t i = 0; i < plan->label_count; i++) {
        const struct label *a = &plan->labels[i];
        for (size_t j = i + 1; j < plan->label_count; j++) {
            const struct label *b = &plan->labels[j];
            if (llabs(a->x - b->x) > 300 * LABEL_ONE || llabs(a->y - b->y) > 300 * LABEL_ONE) {
                continue;
            }
            compared++;
            for (size_t g = 0; g < a->glyph_count; g++) {
                for (size_t h = 0; h < b->glyph_count; h++) {
                    assert_false(boxes_touch(letter_box(plan, a, g), letter_box(plan, b, h)));
                }
            }
        }
    }
    assert_true(compared > 200);
    label_plan_destroy(plan);
    town_finish(&town);
}

static void tiles_join_to_the_byte(void **state)
{
    (void)state;
    struct town town;
    start(&town, all_kinds, 11);
    fill(&town, 1500, 60, 12, 250);
    size_t inked = 0;
    /* The seam of 512 px tiles at even multiples of 4 is a corner of squares. */
    uint32_t x = (COLUMN + 1) * 4;
    uint32_t y = (ROW + 1) * 4;
    inked += check_tiles(&town, (struct tile_id){ZOOM, x - 1, y - 1}, 512, 1);
    inked += check_tiles(&town, (struct tile_id){ZOOM, x + 1, y - 1}, 512, 2);
    inked += check_tiles(&town, (struct tile_id){ZOOM + 1, 2 * x - 1, 2 * y - 1}, 256, 1);
    inked += check_tiles(&town, (struct tile_id){ZOOM + 1, 2 * x + 2, 2 * y + 3}, 256, 2);
    assert_true(inked > 100);
    town_finish(&town);
}

static const char overlapping[] =
    "[{'id':'points','type':'symbol','source':'points','source-layer':'points','layout':{'text-field':['get','name'],'"
    "text-size':20,"
    "'text-allow-overlap':true,'text-rotate':['*',['get','rank'],20]},"
    "'paint':{'text-color':['step',['get','rank'],'#f00',1,'#0f0',2,'#00f',3,'#ff0'],'text-halo-color':'#000',"
    "'text-halo-width':3}}]";

/* Overlapping labels show in which order they are painted: it must not depend on the picture. */
static void overlaps_join_too(void **state)
{
    (void)state;
    struct town town;
    start(&town, overlapping, 5);
    struct world_box box = box_of((struct label_square){ZOOM, COLUMN, ROW}, 2);
    town_add_points(&town, &box, 8000);
    uint32_t x = (COLUMN + 1) * 4;
    uint32_t y = (ROW + 1) * 4;
    assert_true(check_tiles(&town, (struct tile_id){ZOOM, x - 1, y - 1}, 512, 1) > 300);
    assert_true(check_tiles(&town, (struct tile_id){ZOOM + 1, 2 * x - 2, 2 * y - 1}, 256, 1) > 100);
    town_finish(&town);
}

static const char plain_points[] =
    "[{'id':'points','type':'symbol','source':'points','source-layer':'points','layout':{'text-field':['get','name'],"
    "'text-size':16},'paint':{'text-color':'#000','text-halo-color':'#fff',"
    "'text-halo-width':2}}]";

/* The last column of tiles and the first one meet at the antimeridian. */
static void world_is_round(void **state)
{
    (void)state;
    struct town town;
    start(&town, plain_points, 3);
    uint32_t zooms[] = {2, 5};
    for (size_t i = 0; i < 2; i++) {
        struct world_point point = {INT32_MAX - 1000, (int32_t)i * 50000000};
        town_add(&town, TOWN_POINTS, GEOMETRY_POINT, &point, 1, "Antimeridiano", 0);
        uint32_t side = 1u << zooms[i];
        struct tile_id last = {zooms[i], side - 1, side / 2};
        struct tile_id first = {zooms[i], 0, side / 2};
        struct view both = view_of_tile(last, 512, 1);
        both.width_px *= 2;
        struct canvas *large = paint_view(&town, &both);
        struct view views[2] = {view_of_tile(last, 512, 1), view_of_tile(first, 512, 1)};
        for (uint32_t half = 0; half < 2; half++) {
            struct canvas *small = paint_view(&town, &views[half]);
            for (uint32_t y = 0; y < 512; y++) {
                assert_memory_equal(small->rgba + (size_t)y * 2048, large->rgba + (size_t)y * 4096 + half * 2048, 2048);
            }
            assert_true(inked_rows(small, half ? 4 : 507) > 5);
            canvas_destroy(small);
        }
        canvas_destroy(large);
    }
    /* Where the whole world is smaller than a square, a label that would be cut is left out. */
    struct view world = view_of_tile((struct tile_id){0, 0, 0}, 512, 1);
    struct canvas *canvas = paint_view(&town, &world);
    assert_int_equal(inked_rows(canvas, 511), 0);
    assert_int_equal(inked_rows(canvas, 0), 0);
    canvas_destroy(canvas);
    town_finish(&town);
}

/* One point in the middle of the block's first square, and a plan with it. */
static struct label_plan *plan_of_point(struct town *town, const char *layers, const char *name)
{
    start(town, layers, 1);
    struct world_box box = box_of((struct label_square){ZOOM, COLUMN, ROW}, 1);
    struct world_point point = town_at(&box, 0.5, 0.5);
    town_add(town, TOWN_POINTS, GEOMETRY_POINT, &point, 1, name, 0);
    return plan_of(town, (struct label_square){ZOOM, COLUMN, ROW});
}

struct anchor_case {
    const char *anchor;
    int right; /* where the label lies from its point: -1, 0, 1 */
    int down;
};

static void anchors_lie_where_they_say(void **state)
{
    (void)state;
    static const struct anchor_case cases[] = {
        {"center", 0, 0},     {"left", 1, 0},         {"right", -1, 0},
        {"top", 0, 1},        {"bottom", 0, -1},      {"top-left", 1, 1},
        {"top-right", -1, 1}, {"bottom-left", 1, -1}, {"bottom-right", -1, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct town town;
        char layers[512];
        snprintf(layers, sizeof layers,
                 "[{'id':'a','type':'symbol','source':'points','source-layer':'points','layout':{'text-field':['get','"
                 "name'],'text-size':20,"
                 "'text-anchor':'%s'}}]",
                 cases[i].anchor);
        struct label_plan *plan = plan_of_point(&town, layers, "Nombre");
        assert_int_equal(plan->label_count, 1);
        struct label_box ink = plan->labels[0].ink;
        int32_t x = (ink.min_x + ink.max_x) / 2;
        int32_t y = (ink.min_y + ink.max_y) / 2;
        int32_t width = (ink.max_x - ink.min_x) / 2 - 9 * LABEL_ONE; /* the margin for ink: 0.35 * 20 + 2 */
        int32_t height = (ink.max_y - ink.min_y) / 2 - 9 * LABEL_ONE;
        assert_true(width > 20 * LABEL_ONE && abs(height - 12 * LABEL_ONE) <= 2);
        assert_true(abs(x - cases[i].right * width) <= 2);
        assert_true(abs(y - cases[i].down * height) <= 2);
        label_plan_destroy(plan);
        town_finish(&town);
    }
}

/* Lines of the layout, from the baselines. */
static size_t lines_of(const struct label_plan *plan)
{
    size_t lines = 0;
    for (size_t i = 0; i < plan->labels[0].glyph_count; i++) {
        lines += i == 0 || plan->glyphs[i].y != plan->glyphs[i - 1].y;
    }
    return lines;
}

static void long_names_are_broken(void **state)
{
    (void)state;
    static const char *const narrow =
        "[{'id':'a','type':'symbol','source':'points','source-layer':'points','layout':{'text-field':['get','name'],"
        "'text-max-width':8}}]";
    static const char *const wide =
        "[{'id':'a','type':'symbol','source':'points','source-layer':'points','layout':{'text-field':['get','name'],"
        "'text-max-width':40}}]";
    struct town town;
    struct label_plan *plan = plan_of_point(&town, narrow, "Unidad Habitacional Nazas Oriente");
    assert_int_equal(lines_of(plan), 3);
    label_plan_destroy(plan);
    town_finish(&town);
    plan = plan_of_point(&town, wide, "Unidad Habitacional Nazas Oriente");
    assert_int_equal(lines_of(plan), 1);
    label_plan_destroy(plan);
    town_finish(&town);
}

static void too_long_labels_are_counted(void **state)
{
    (void)state;
    static const char *const layers =
        "[{'id':'a','type':'symbol','source':'points','source-layer':'points','layout':{'text-field':['get','name'],"
        "'text-size':60,'text-max-width':100}}]";
    struct town town;
    struct label_plan *plan = plan_of_point(&town, layers, "Una etiqueta que no cabe en ninguna parte");
    assert_int_equal(label_plan_count(plan), 0);
    assert_int_equal(label_plan_stats(plan).too_long, 1);
    label_plan_destroy(plan);
    town_finish(&town);
}

static const char streets_only[] = "[{'id':'streets','type':'symbol','source':'streets','source-layer':'streets','"
                                   "layout':{'text-field':['get','name'],'text-size':14,"
                                   "'symbol-placement':'line','symbol-spacing':250}}]";

/* A street in pieces of 60 px that lead from right to left. */
static void add_pieces(struct town *town, int count, const char *name, double y)
{
    struct world_box box = box_of((struct label_square){ZOOM, COLUMN, ROW}, 1);
    for (int i = 0; i < count; i++) {
        struct world_point ends[2] = {town_at(&box, 0.3 + 60 * (i + 1) / 2048.0, y),
                                      town_at(&box, 0.3 + 60 * i / 2048.0, y)};
        town_add(town, TOWN_STREETS, GEOMETRY_LINE, ends, 2, name, 0);
    }
}

static void pieces_of_a_street_join(void **state)
{
    (void)state;
    static const char *const name = "Boulevard Independencia";
    struct town town;
    start(&town, streets_only, 1);
    add_pieces(&town, 2, name, 0.2);
    struct label_plan *plan = plan_of(&town, (struct label_square){ZOOM, COLUMN, ROW});
    assert_int_equal(plan->label_count, 0); /* 120 px are too short */
    label_plan_destroy(plan);
    add_pieces(&town, 8, name, 0.6);
    plan = plan_of(&town, (struct label_square){ZOOM, COLUMN, ROW});
    assert_int_equal(plan->label_count, 2); /* anchors 90 and 390 px from the end: more than 250 apart */
    label_plan_destroy(plan);
    add_pieces(&town, 6, name, 0.4);
    memmove(town.features[TOWN_STREETS], town.features[TOWN_STREETS] + 10, 6 * sizeof *town.features[TOWN_STREETS]);
    town.counts[TOWN_STREETS] = 6; /* the others are gone */
    plan = plan_of(&town, (struct label_square){ZOOM, COLUMN, ROW});
    assert_int_equal(plan->label_count, 1); /* 360 px: not twice within 250 */
    assert_true(label_plan_stats(plan).repeated > 0);
    const struct label *label = &plan->labels[0];
    const struct label_glyph *glyphs = plan->glyphs + label->first_glyph;
    for (size_t i = 1; i < label->glyph_count; i++) {
        assert_true(glyphs[i].x > glyphs[i - 1].x); /* reads from left to right */
    }
    assert_true(label->upright);
    label_plan_destroy(plan);
    town_finish(&town);
}

static void sharp_bends_have_no_label(void **state)
{
    (void)state;
    struct town town;
    start(&town, streets_only, 1);
    struct world_box box = box_of((struct label_square){ZOOM, COLUMN, ROW}, 1);
    struct world_point zigzag[40];
    for (int i = 0; i < 40; i++) {
        zigzag[i] = town_at(&box, 0.3 + i * 0.01, i % 2 ? 0.3 : 0.33);
    }
    town_add(&town, TOWN_STREETS, GEOMETRY_LINE, zigzag, 40, "Camino al Cañón", 0);
    struct label_plan *plan = plan_of(&town, (struct label_square){ZOOM, COLUMN, ROW});
    assert_int_equal(label_plan_count(plan), 0);
    label_plan_destroy(plan);
    struct world_point straight[2] = {town_at(&box, 0.3, 0.6), town_at(&box, 0.7, 0.65)};
    town_add(&town, TOWN_STREETS, GEOMETRY_LINE, straight, 2, "Camino al Cañón", 0);
    plan = plan_of(&town, (struct label_square){ZOOM, COLUMN, ROW});
    assert_int_equal(label_plan_count(plan), 3); /* 822 px: an anchor each 250 */
    assert_false(plan->labels[0].upright);
    label_plan_destroy(plan);
    town_finish(&town);
}

static void later_layers_go_first(void **state)
{
    (void)state;
    static const char *const layers =
        "[{'id':'low','type':'symbol','source':'points','source-layer':'points','filter':['==',['get','rank'],0],"
        "'layout':{'text-field':['get','name']}},"
        "{'id':'high','type':'symbol','source':'points','source-layer':'points','filter':['==',['get','rank'],1],"
        "'layout':{'text-field':['get','name']}}]";
    struct town town;
    start(&town, layers, 1);
    struct world_box box = box_of((struct label_square){ZOOM, COLUMN, ROW}, 1);
    struct world_point point = town_at(&box, 0.5, 0.5);
    town_add(&town, TOWN_POINTS, GEOMETRY_POINT, &point, 1, "bajo", 0);
    town_add(&town, TOWN_POINTS, GEOMETRY_POINT, &point, 1, "alto", 1);
    struct label_plan *plan = plan_of(&town, (struct label_square){ZOOM, COLUMN, ROW});
    assert_int_equal(plan->label_count, 1);
    assert_int_equal(plan->labels[0].order.row, 2);
    assert_int_equal(label_plan_stats(plan).collided, 1);
    label_plan_destroy(plan);
    town_finish(&town);
}

static void variable_anchors_find_room(void **state)
{
    (void)state;
    static const char *const layers =
        "[{'id':'a','type':'symbol','source':'points','source-layer':'points','layout':{'text-field':['get','name'],"
        "'text-variable-anchor':['left','right'],'text-radial-offset':0.5}}]";
    struct town town;
    start(&town, layers, 1);
    struct world_box box = box_of((struct label_square){ZOOM, COLUMN, ROW}, 1);
    struct world_point point = town_at(&box, 0.5, 0.5);
    town_add(&town, TOWN_POINTS, GEOMETRY_POINT, &point, 1, "uno", 0);
    town_add(&town, TOWN_POINTS, GEOMETRY_POINT, &point, 1, "dos", 0);
    town_add(&town, TOWN_POINTS, GEOMETRY_POINT, &point, 1, "tres", 0);
    struct label_plan *plan = plan_of(&town, (struct label_square){ZOOM, COLUMN, ROW});
    assert_int_equal(plan->label_count, 2);
    assert_true(plan->labels[0].ink.max_x > -plan->labels[0].ink.min_x); /* to the right of the point */
    assert_true(plan->labels[1].ink.max_x < -plan->labels[1].ink.min_x);
    label_plan_destroy(plan);
    town_finish(&town);
}

static void a_picture_of_its_own(void **state)
{
    (void)state;
    struct town town;
    start(&town, all_kinds, 21);
    fill(&town, 1500, 60, 12, 250);
    struct world_box box = box_of((struct label_square){ZOOM, COLUMN + 1, ROW + 1}, 1);
    struct view view = {.origin_x = box.min_x + 777,
                        .origin_y = box.min_y + 333,
                        .zoom = 14.4,
                        .pixel_ratio = 1.5,
                        .width_px = 900,
                        .height_px = 600};
    struct render_need *needs;
    size_t need_count;
    struct error err = {0};
    struct label_plan *plan = NULL;
    assert_true(label_needs_of_view(town.style, &view, town.scratch, &needs, &need_count, &err));
    assert_int_equal(need_count, 3);
    struct render_input *inputs = town_find(&town, needs, need_count);
    assert_true(label_plan_create_for_view(town.painter, town.style, NULL, &view, inputs, need_count, town.scratch,
                                           &plan, &err));
    assert_true(label_plan_count(plan) > 10);
    struct canvas *canvas = town_paint(&town, &view, (const struct label_plan *const *)&plan, 1, &err);
    size_t inked = 0;
    for (uint32_t x = 0; x < canvas->width_px; x++) {
        inked += inked_rows(canvas, x);
    }
    assert_true(inked > 10000);
    canvas_destroy(canvas);
    label_plan_destroy(plan);
    town_finish(&town);
}

static void squares_of_a_tile(void **state)
{
    (void)state;
    struct label_square squares[4];
    struct view view = view_of_tile((struct tile_id){10, 0, 3}, 512, 1);
    assert_int_equal(label_squares_of_view(&view, squares, 4), 1);
    assert_int_equal(squares[0].column, 0);
    assert_int_equal(squares[0].row, 0);
    view.origin_x -= 1; /* beyond the left edge: the last column */
    assert_int_equal(label_squares_of_view(&view, squares, 4), 2);
    assert_int_equal(squares[0].column, 255);
    assert_int_equal(squares[1].column, 0);
    view = view_of_tile((struct tile_id){0, 0, 0}, 256, 1);
    assert_int_equal(label_squares_of_view(&view, squares, 4), 1);
    assert_int_equal(squares[0].zoom, -1);
}

static void cases_of_letters(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 16);
    struct text upper = label_case_upper(text_of("Ángel Núñez, güero straße ĉiu ж é1"), arena);
    struct text lower = label_case_lower(text_of("ÁNGEL NÚÑEZ ÜÇ Ж Ÿ"), arena);
    assert_true(text_is(upper, "ÁNGEL NÚÑEZ, GÜERO STRASSE ĈIU Ж É1"));
    assert_true(text_is(lower, "ángel núñez üç ж ÿ"));
    arena_destroy(arena);
}

static void pole_of_a_crescent(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    /* A U: the middle of its box lies outside. */
    struct label_point u[] = {{0, 0}, {40, 0}, {40, 160}, {160, 160}, {160, 0}, {190, 0}, {190, 200}, {0, 200}, {0, 0}};
    size_t ends[] = {9};
    struct label_point pole;
    assert_true(label_pole_find(u, ends, 1, 0, arena, &pole));
    assert_true(pole.x > 10 && pole.x < 30 && pole.y > 15 && pole.y < 185);
    /* A square with a hole in its middle: the widest places are the corners of what is left. */
    struct label_point ring[] = {{0, 0},   {90, 0},  {90, 90}, {0, 90},  {0, 0},
                                 {20, 20}, {70, 20}, {70, 70}, {20, 70}, {20, 20}};
    size_t ring_ends[] = {5, 10};
    assert_true(label_pole_find(ring, ring_ends, 2, 0, arena, &pole));
    double to_side = fmin(fmin(pole.x, 90 - pole.x), fmin(pole.y, 90 - pole.y));
    assert_true(to_side > 9);
    struct label_point flat[] = {{0, 0}, {50, 0}, {100, 0}, {0, 0}};
    size_t flat_ends[] = {4};
    assert_false(label_pole_find(flat, flat_ends, 1, 0, arena, &pole));
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(squares_of_a_tile),          cmocka_unit_test(cases_of_letters),
        cmocka_unit_test(pole_of_a_crescent),         cmocka_unit_test(anchors_lie_where_they_say),
        cmocka_unit_test(long_names_are_broken),      cmocka_unit_test(too_long_labels_are_counted),
        cmocka_unit_test(later_layers_go_first),      cmocka_unit_test(variable_anchors_find_room),
        cmocka_unit_test(pieces_of_a_street_join),    cmocka_unit_test(sharp_bends_have_no_label),
        cmocka_unit_test(neighbouring_squares_agree), cmocka_unit_test(neighbouring_squares_agree_on_single_positions),
        cmocka_unit_test(labels_do_not_overlap),      cmocka_unit_test(tiles_join_to_the_byte),
        cmocka_unit_test(overlaps_join_too),          cmocka_unit_test(world_is_round),
        cmocka_unit_test(a_picture_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
