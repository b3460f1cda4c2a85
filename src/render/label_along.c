/* SPDX-License-Identifier: MIT */
#include "render/label_along.h"

#include <math.h>

/* The way from the anchor in one direction, moved sideways. */
struct side {
    const struct label_path *path;
    int step;      /* +1 forwards, -1 backwards */
    size_t next;   /* vertex of the path that ends the piece */
    double offset; /* to the right of the line's own direction, downwards for a line to the right */
    double start;  /* distance of the piece's first point from the anchor, along the moved line */
    double length; /* of the piece */
    double ax, ay; /* the piece */
    double bx, by;
    double dx, dy; /* direction of the piece, away from the anchor; length 1 */
    bool is_over;  /* there is no such piece */
};

static size_t anchor_index(const struct label_path *path)
{
    size_t i = 0;
    while (i + 1 < path->count && path->points[i].along < 0) {
        i++;
    }
    return i;
}

static bool has_vertex(const struct side *side, size_t index)
{
    return side->step > 0 ? index < side->path->count : index != SIZE_MAX;
}

static size_t vertex_after(const struct side *side, size_t index)
{
    return side->step > 0 ? index + 1 : index - 1; /* below 0 it is SIZE_MAX */
}

/* Quicker than hypot, which minds numbers that a map does not have. */
static double distance(double dx, double dy)
{
    return sqrt(dx * dx + dy * dy);
}

/* The unit vector between two points; false when they are the same. */
static bool direction(double ax, double ay, double bx, double by, double *out_x, double *out_y)
{
    double length = distance(bx - ax, by - ay);
    *out_x = length > 0 ? (bx - ax) / length : 0;
    *out_y = length > 0 ? (by - ay) / length : 0;
    return length > 0;
}

/* Where the moved piece (a, direction d) meets the next one, which starts at vertex v and is moved likewise. */
static void meet(const struct side *side, double vx, double vy, double *out_x, double *out_y)
{
    double shift = side->offset * side->step;
    *out_x = vx - side->dy * shift;
    *out_y = vy + side->dx * shift;
    size_t after = vertex_after(side, side->next);
    double nx;
    double ny;
    if (!has_vertex(side, after) ||
        !direction(vx, vy, side->path->points[after].x, side->path->points[after].y, &nx, &ny)) {
        return;
    }
    double cross = side->dx * ny - side->dy * nx;
    if (fabs(cross) < 1e-9) {
        return;
    }
    double px = vx - ny * shift - side->ax;
    double py = vy + nx * shift - side->ay;
    double along = (px * ny - py * nx) / cross;
    *out_x = side->ax + side->dx * along;
    *out_y = side->ay + side->dy * along;
}

/* The piece that ends at vertex side->next; (ux, uy): the unmoved point it starts at. */
static void open_piece(struct side *side, double ux, double uy, bool is_first)
{
    if (!has_vertex(side, side->next)) {
        side->is_over = true;
        return;
    }
    struct label_path_point v = side->path->points[side->next];
    if (!direction(ux, uy, v.x, v.y, &side->dx, &side->dy)) {
        size_t after = vertex_after(side, side->next);
        side->dx = side->dy = 0;
        if (has_vertex(side, after)) {
            direction(v.x, v.y, side->path->points[after].x, side->path->points[after].y, &side->dx, &side->dy);
        }
    }
    if (is_first) {
        side->ax = ux - side->dy * side->offset * side->step;
        side->ay = uy + side->dx * side->offset * side->step;
    }
    if (side->offset == 0) {
        side->bx = v.x;
        side->by = v.y;
    } else {
        meet(side, v.x, v.y, &side->bx, &side->by);
    }
    side->length = distance(side->bx - side->ax, side->by - side->ay);
}

static struct side side_of(const struct label_path *path, int step, double offset)
{
    size_t anchor = anchor_index(path);
    struct side side = {.path = path, .step = step, .offset = offset};
    side.next = vertex_after(&side, anchor);
    open_piece(&side, path->points[anchor].x, path->points[anchor].y, true);
    return side;
}

/* Goes on to the piece that holds `distance`; false when the line ends before. Distances asked for only rise. */
static bool advance(struct side *side, double distance)
{
    while (!side->is_over && side->start + side->length <= distance) {
        struct label_path_point v = side->path->points[side->next];
        side->start += side->length;
        side->ax = side->bx;
        side->ay = side->by;
        side->next = vertex_after(side, side->next);
        open_piece(side, v.x, v.y, false);
    }
    return !side->is_over;
}

struct spot {
    double x;
    double y;
    double cosine; /* of the line's own direction, turned round for flipped text */
    double sine;
};

/* Both directions at once. */
struct track {
    const struct label_path *path;
    double offset;
    bool flip;
    struct side sides[2]; /* where the last spots were, backwards and forwards */
    bool is_open[2];
};

static bool find_spot(struct track *track, double at, double along_offset, struct spot *out)
{
    double combined = track->flip ? at - along_offset : at + along_offset;
    int step = combined > 0 ? 1 : -1;
    step = track->flip ? -step : step;
    struct side *side = &track->sides[step > 0];
    double distance = fabs(combined);
    if (!track->is_open[step > 0] || side->is_over || distance < side->start) {
        *side = side_of(track->path, step, track->offset);
        track->is_open[step > 0] = true;
    }
    if (!advance(side, distance)) {
        return false;
    }
    double share = side->length > 0 ? (distance - side->start) / side->length : 0;
    double sign = step > 0 ? 1 : -1;
    double turn = track->flip ? -sign : sign; /* along the direction of the text */
    *out = (struct spot){side->ax + (side->bx - side->ax) * share, side->ay + (side->by - side->ay) * share,
                         side->dx * turn, side->dy * turn};
    return true;
}

/* A text being set along a path. */
struct setting {
    const struct label_style *style;
    const struct label_text *text;
    const struct label_layout *layout;
    struct track track;
    double x_em; /* of the block, without the offset */
    double y_em;
    double size;
};

static double unit_middle(const struct setting *setting, const struct label_piece *piece)
{
    return (setting->x_em + (double)piece->unit_x + (double)piece->unit_width / 2) * setting->size;
}

/* The first and the last letter that shows: MapLibre looks at these alone. */
static bool find_ends(const struct setting *setting, size_t *out_first, size_t *out_last)
{
    const struct label_layout *layout = setting->layout;
    size_t first = layout->count;
    for (size_t i = 0; i < layout->count; i++) {
        if (layout->pieces[i].has_ink) {
            first = first == layout->count ? i : first;
            *out_last = i;
        }
    }
    *out_first = first;
    return first < layout->count;
}

static struct setting setting_of(const struct label_style *style, const struct label_text *text,
                                 const struct label_layout *layout, const struct label_path *path, bool flip)
{
    double size = text->look.size_px;
    return (struct setting){.style = style,
                            .text = text,
                            .layout = layout,
                            .track = {.path = path, .offset = text->offset_y_em * size, .flip = flip},
                            .x_em = -text->share_x * layout->width_em,
                            .y_em = -text->share_y * layout->height_em,
                            .size = size};
}

/* What is to be done so that the text can be read. */
enum remedy { AS_IT_IS, FLIP, STAND, NO_ROOM };

static enum remedy remedy_of(struct setting *setting, bool can_stand, bool stands)
{
    size_t first;
    size_t last = 0;
    if (!find_ends(setting, &first, &last)) {
        return NO_ROOM;
    }
    double along = setting->text->offset_x_em * setting->size;
    struct spot a;
    struct spot b;
    if (!find_spot(&setting->track, unit_middle(setting, &setting->layout->pieces[first]), along, &a) ||
        !find_spot(&setting->track, unit_middle(setting, &setting->layout->pieces[last]), along, &b)) {
        return NO_ROOM;
    }
    if (first == last) {
        b.x = a.x + a.cosine;
        b.y = a.y + a.sine;
    }
    if (!setting->style->text_keeps_upright) {
        return AS_IT_IS;
    }
    if (can_stand && !stands && fabs(b.y - a.y) > fabs(b.x - a.x)) {
        return STAND;
    }
    bool backwards = stands ? a.y > b.y : a.x > b.x || (a.x == b.x && a.y < b.y && !setting->style->task->is_of_view);
    return backwards ? FLIP : AS_IT_IS;
}

static bool set_glyphs(struct setting *setting, struct arena *arena, struct label_candidate *candidate)
{
    const struct label_layout *layout = setting->layout;
    struct label_glyph *glyphs = arena_alloc_raw(arena, layout->count * sizeof *glyphs);
    if (!glyphs) {
        return false;
    }
    bool turns = setting->style->values.choices[LABEL_TEXT_ROTATION] != STYLE_TEXT_ROTATION_ALIGNMENT_VIEWPORT_GLYPH;
    const struct label_text *text = setting->text;
    double size = setting->size;
    candidate->upright = true;
    for (size_t i = 0; i < layout->count; i++) {
        const struct label_piece *piece = &layout->pieces[i];
        struct spot spot;
        if (!piece->has_ink ||
            !find_spot(&setting->track, unit_middle(setting, piece), text->offset_x_em * size, &spot)) {
            continue;
        }
        double cosine = turns ? spot.cosine : 1;
        double sine = turns ? spot.sine : 0;
        /* The pen from the middle of its cluster; text-rotate turns each letter about that. */
        double right = ((double)piece->x - (double)piece->unit_x - (double)piece->unit_width / 2) * size;
        double down = (setting->y_em + (double)piece->y) * size;
        double turned_right = right * text->cosine - down * text->sine;
        double turned_down = right * text->sine + down * text->cosine;
        double glyph_cosine = cosine * text->cosine - sine * text->sine;
        double glyph_sine = sine * text->cosine + cosine * text->sine;
        glyphs[candidate->glyph_count++] = (struct label_glyph){
            .font = piece->font,
            .glyph = piece->glyph,
            .scale = piece->font == TEXT_FONT_IMAGE ? piece->scale * (float)text->image_scale : piece->scale,
            .x = label_fixed(spot.x + turned_right * cosine - turned_down * sine + text->translate_x_px),
            .y = label_fixed(spot.y + turned_right * sine + turned_down * cosine + text->translate_y_px),
            .cosine = (float)(piece->turned_back ? glyph_sine : glyph_cosine),
            .sine = (float)(piece->turned_back ? -glyph_cosine : glyph_sine),
            .mark = piece->mark,
        };
        candidate->upright = candidate->upright && !piece->turned_back && glyph_sine == 0 && glyph_cosine == 1;
    }
    candidate->glyphs = glyphs;
    return true;
}

/* The piece of the moved line between the first and the last letter. Returns how many points. */
static size_t trace(const struct setting *setting, struct label_point *points, size_t capacity)
{
    size_t first;
    size_t last = 0;
    find_ends(setting, &first, &last);
    double along = setting->text->offset_x_em * setting->size;
    along = setting->track.flip ? -along : along;
    double from = unit_middle(setting, &setting->layout->pieces[first]) + along;
    double to = unit_middle(setting, &setting->layout->pieces[last]) + along;
    size_t count = 0;
    for (int end = 0; end < 2; end++) {
        double distance = end == 0 ? from : to;
        int step = distance > 0 ? 1 : -1;
        step = setting->track.flip ? -step : step;
        struct side side = side_of(setting->track.path, step, setting->track.offset);
        size_t begin = count;
        double wanted = fabs(distance);
        while (!side.is_over && side.start + side.length <= wanted && count + 2 < capacity) {
            points[count++] = (struct label_point){side.bx, side.by};
            if (!advance(&side, side.start + side.length)) {
                break;
            }
        }
        double share = side.length > 0 ? (wanted - side.start) / side.length : 0;
        points[count++] =
            (struct label_point){side.ax + (side.bx - side.ax) * share, side.ay + (side.by - side.ay) * share};
        for (size_t a = begin, b = count - 1; end == 0 && a < b; a++, b--) {
            struct label_point swap = points[a];
            points[a] = points[b];
            points[b] = swap;
        }
    }
    return count;
}

static double length_of(const struct label_point *points, size_t count)
{
    double length = 0;
    for (size_t i = 1; i < count; i++) {
        length += distance(points[i].x - points[i - 1].x, points[i].y - points[i - 1].y);
    }
    return length;
}

/* A way along points; distances asked for only rise. */
struct way_along {
    const struct label_point *points;
    size_t count;
    size_t next;   /* point that ends the piece */
    double start;  /* of the piece */
    double length; /* of the piece */
};

/* The point at a distance from the start; before it and behind the end it is the start and the end. */
static struct label_point point_at(struct way_along *way, double wanted)
{
    const struct label_point *points = way->points;
    while (way->next < way->count && wanted > way->start + way->length) {
        way->start += way->length;
        way->next++;
        way->length = way->next < way->count ? distance(points[way->next].x - points[way->next - 1].x,
                                                        points[way->next].y - points[way->next - 1].y)
                                             : 0;
    }
    if (!(wanted > 0) || way->next >= way->count) {
        return wanted > 0 ? points[way->count - 1] : points[0];
    }
    double share = (wanted - way->start) / way->length;
    struct label_point a = points[way->next - 1];
    struct label_point b = points[way->next];
    return (struct label_point){a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share};
}

/* MapLibre's circles: as high as the block, a little apart. */
static bool set_circles(const struct setting *setting, struct arena *arena, struct label_candidate *candidate)
{
    const struct label_text *text = setting->text;
    size_t capacity = 2 * setting->track.path->count + 4;
    struct label_point *points = arena_alloc_raw(arena, capacity * sizeof *points);
    if (!points) {
        return false;
    }
    size_t point_count = trace(setting, points, capacity);
    double height_em = fmax(10.0 / 24, setting->layout->height_em);
    double radius = height_em * text->box_size_px / 2 + text->padding_px;
    double length = length_of(points, point_count);
    double padding = radius * 0.25;
    size_t count = 1;
    if (length > 0.5 * radius && radius > 0) {
        count = (size_t)fmin(400, ceil((length + 2 * padding) / (radius * 2.5))) + 1;
    }
    struct label_circle *circles = arena_alloc_raw(arena, count * sizeof *circles);
    if (!circles) {
        return false;
    }
    struct way_along way = {.points = points, .count = point_count};
    for (size_t i = 0; i < count; i++) {
        double share = count > 1 ? (double)i / (double)(count - 1) : 0;
        struct label_point at = point_at(&way, share * (length + 2 * padding) - padding);
        circles[i] = (struct label_circle){label_fixed(at.x + text->translate_x_px),
                                           label_fixed(at.y + text->translate_y_px), label_fixed(fmax(radius, 0))};
        struct label_box box = {circles[i].x - circles[i].radius, circles[i].y - circles[i].radius,
                                circles[i].x + circles[i].radius, circles[i].y + circles[i].radius};
        candidate->reach = i > 0 ? label_box_joined(candidate->reach, box) : box;
    }
    candidate->circles = circles;
    candidate->circle_count = count;
    return true;
}

/* Ink lies within a block's height of the letters' pens. */
static void find_ink(const struct setting *setting, struct label_candidate *candidate)
{
    double size = setting->size;
    double margin = label_ink_margin_px(&setting->text->look) + size * fmax(1, setting->layout->height_em);
    for (size_t i = 0; i < candidate->glyph_count; i++) {
        struct label_box pen = {candidate->glyphs[i].x, candidate->glyphs[i].y, candidate->glyphs[i].x,
                                candidate->glyphs[i].y};
        candidate->ink = i > 0 ? label_box_joined(candidate->ink, pen) : pen;
    }
    candidate->ink = label_box_grown(candidate->ink, margin);
    candidate->reach = label_box_joined(candidate->reach, candidate->ink);
}

static bool set_text(const struct label_style *style, const struct label_path *path, struct label_candidate *candidate,
                     bool *out_fits)
{
    const struct label_text *text = candidate->text;
    struct arena *arena = style->task->arena;
    const struct label_layout *layout = text->across;
    bool can_stand = text->vertical != NULL;
    struct setting setting = setting_of(style, text, layout, path, false);
    enum remedy remedy = remedy_of(&setting, can_stand, false);
    bool stands = remedy == STAND;
    if (stands) {
        setting = setting_of(style, text, text->vertical, path, false);
        remedy = remedy_of(&setting, can_stand, true);
    }
    if (remedy == FLIP) {
        setting.track.flip = true;
        struct setting flipped = setting;
        remedy = remedy_of(&flipped, false, stands) == NO_ROOM ? NO_ROOM : AS_IT_IS;
    }
    *out_fits = remedy != NO_ROOM;
    if (!*out_fits) {
        return true;
    }
    if (!set_glyphs(&setting, arena, candidate) || !set_circles(&setting, arena, candidate)) {
        return false;
    }
    find_ink(&setting, candidate);
    return true;
}

/* An icon stands on its anchor, turned as the line. */
static void set_icon(const struct label_style *style, const struct label_path *path, struct label_candidate *candidate)
{
    const struct label_icon *icon = candidate->icon;
    double scale = icon->look.size_px / 24;
    struct track track = {.path = path, .offset = icon->offset_y_px * scale};
    struct spot spot = {0, 0, 1, 0};
    if (!find_spot(&track, 0, icon->offset_x_px * scale, &spot)) {
        struct side side = side_of(path, 1, track.offset);
        spot = (struct spot){side.ax, side.ay, side.is_over ? 1 : side.dx, side.is_over ? 0 : side.dy};
    }
    if (style->icon_keeps_upright && spot.cosine < 0) {
        struct spot other = {spot.x, spot.y, -spot.cosine, -spot.sine};
        track.flip = true;
        find_spot(&track, 0, icon->offset_x_px * scale, &other);
        spot = other;
    }
    candidate->icon_x = label_fixed(spot.x);
    candidate->icon_y = label_fixed(spot.y);
    candidate->icon_cosine = spot.cosine;
    candidate->icon_sine = spot.sine;
}

bool label_along_set(const struct label_style *style, const struct label_path *path, struct label_candidate *candidate,
                     bool *out_fits)
{
    *out_fits = true;
    candidate->icon_cosine = 1;
    if (candidate->icon && style->icon_along) {
        set_icon(style, path, candidate);
    }
    if (candidate->text && style->text_along) {
        return set_text(style, path, candidate, out_fits);
    }
    return true;
}
