/* SPDX-License-Identifier: MIT */
#include "draw/text_lines.h"

#include "draw/font.h"
#include "draw/text_script.h"

#include <assert.h>
#include <math.h>

static const double measure = TEXT_CUT_MEASURE;
/* Where the tops of letters are measured from lies this far above the middle of a line … */
static const double line_top_em = 17.0 / 24;
/* … and the baseline that far below, in fonts like Open Sans: capitals are centred. */
static const double baseline_em = 26.0 / 24;

struct line {
    size_t start;
    size_t end;
};

struct placer {
    const struct text_lines *in;
    struct line *lines;
    size_t line_count;
    size_t *order;
    struct text_glyph *glyphs;
    size_t glyph_count;
};

/* MapLibre's list. */
bool text_line_may_end(uint32_t code)
{
    switch (code) {
    case '\n':
    case ' ':
    case '&':
    case ')':
    case '+':
    case '-':
    case '/':
    case 0xad:   /* soft hyphen */
    case 0xb7:   /* middle dot */
    case 0x200b: /* zero-width space */
    case 0x2010: /* hyphen */
    case 0x2013: /* en dash */
    case 0x2027: /* interpunct */
        return true;
    default:
        return false;
    }
}

static const struct text_section *section_of(const struct text_lines *in, const struct text_letter *letter)
{
    return &in->sections[letter->section];
}

/* The pen's move for a letter with the space after it, where lines are broken. */
static double advance_of(const struct text_lines *in, const struct text_letter *letter)
{
    if (!letter->takes_room) {
        return 0;
    }
    const struct text_section *section = section_of(in, letter);
    double advance = letter->advance;
    if (section->is_image && in->wish->breaking_size_px > 0) {
        advance = section->width_px / in->wish->breaking_size_px;
    }
    return advance + in->wish->letter_spacing_em;
}

static double badness_of(double width, double target, double penalty, bool is_last)
{
    double raggedness = (width - target) * (width - target);
    if (is_last) {
        /* A short last line is better than a long one. */
        return width < target ? raggedness / 2 : raggedness * 2;
    }
    return raggedness + fabs(penalty) * penalty;
}

static double penalty_of(uint32_t code, uint32_t next, bool unlikely)
{
    double penalty = code == '\n' ? -10000 : 0;
    penalty += unlikely ? 150 : 0;
    penalty += code == '(' || code == 0xff08 ? 50 : 0;
    penalty += next == ')' || next == 0xff09 ? 50 : 0;
    return penalty;
}

struct text_cut text_cut_best(const struct text_cut *cuts, size_t count, size_t end, double x, double target,
                              double penalty, bool is_last)
{
    struct text_cut cut = {end, x, badness_of(x, target, penalty, is_last), -1};
    for (size_t i = 0; i < count; i++) {
        double badness = badness_of(x - cuts[i].x, target, penalty, is_last) + cuts[i].badness;
        if (badness <= cut.badness) {
            cut.badness = badness;
            cut.before = (ptrdiff_t)i;
        }
    }
    return cut;
}

static bool has_code(const struct text_lines *in, uint32_t code)
{
    for (size_t i = 0; i < in->letter_count; i++) {
        if (in->letters[i].code == code) {
            return true;
        }
    }
    return false;
}

double text_cut_target(double total, double max_width_em)
{
    double longest = max_width_em * measure;
    return longest > 0 ? total / fmax(1, ceil(total / longest)) : 0;
}

static double average_width(const struct text_lines *in)
{
    double total = 0;
    for (size_t i = 0; i < in->letter_count; i++) {
        total += advance_of(in, &in->letters[i]) * measure;
    }
    return text_cut_target(total, in->wish->max_width_em);
}

static void put_line(struct placer *placer, size_t start, size_t end)
{
    const struct text_letter *letters = placer->in->letters;
    while (start < end && text_is_blank(letters[start].code)) {
        start++;
    }
    while (end > start && text_is_blank(letters[end - 1].code)) {
        end--;
    }
    placer->lines[placer->line_count++] = (struct line){start, end};
}

static size_t find_cuts(const struct text_lines *in, struct text_cut *cuts)
{
    size_t count = in->letter_count;
    bool suggested = has_code(in, 0x200b);
    double target = average_width(in);
    double x = 0;
    size_t cut_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct text_letter *letter = &in->letters[i];
        uint32_t code = letter->code;
        x += text_is_blank(code) ? 0 : advance_of(in, letter) * measure;
        if (i + 1 >= count) {
            break;
        }
        uint32_t next = in->letters[i + 1].code;
        bool ideograph = text_breaks_anywhere(code);
        if (text_line_may_end(code) || ideograph || section_of(in, letter)->is_image ||
            (i + 2 != count && next == '(')) {
            double penalty = penalty_of(code, next, ideograph && suggested);
            cuts[cut_count] = text_cut_best(cuts, cut_count, i + 1, x, target, penalty, false);
            cut_count++;
        }
    }
    cuts[cut_count] = text_cut_best(cuts, cut_count, count, x, target, 0, true);
    return cut_count;
}

static bool break_lines(struct placer *placer)
{
    const struct text_lines *in = placer->in;
    if (isinf(in->wish->max_width_em) && !has_code(in, '\n')) {
        put_line(placer, 0, in->letter_count);
        return true;
    }
    struct text_cut *cuts = arena_array(in->arena, in->letter_count + 1, sizeof *cuts);
    size_t *ends = arena_array(in->arena, in->letter_count + 1, sizeof *ends);
    if (!cuts || !ends) {
        return false;
    }
    /* Backwards along the chosen cuts, then forwards as lines. */
    size_t end_count = 0;
    for (ptrdiff_t i = (ptrdiff_t)find_cuts(in, cuts); i >= 0; i = cuts[i].before) {
        ends[end_count++] = cuts[i].end;
    }
    for (size_t start = 0; end_count > 0; start = ends[end_count]) {
        end_count--;
        put_line(placer, start, ends[end_count]);
    }
    return true;
}

/* The runs of a line from left to right: rule L2 of annex 9. Returns how many. */
static size_t order_runs(const struct text_lines *in, const struct line *line, size_t *order)
{
    size_t count = 0;
    int highest = 0;
    int lowest_odd = 127;
    for (size_t i = 0; i < in->run_count; i++) {
        if (in->runs[i].end <= line->start || in->runs[i].start >= line->end) {
            continue;
        }
        int level = in->letters[in->runs[i].start].level; /* 0 … 125 */
        highest = level > highest ? level : highest;
        lowest_odd = level % 2 == 1 && level < lowest_odd ? level : lowest_odd;
        order[count++] = i;
    }
    for (int level = highest; level >= lowest_odd; level--) {
        for (size_t i = 0; i < count;) {
            if (in->letters[in->runs[order[i]].start].level < level) {
                i++;
                continue;
            }
            size_t end = i;
            while (end < count && in->letters[in->runs[order[end]].start].level >= level) {
                end++;
            }
            for (size_t a = i, b = end - 1; a < b; a++, b--) {
                size_t swap = order[a];
                order[a] = order[b];
                order[b] = swap;
            }
            i = end;
        }
    }
    return count;
}

/* What a line holds, in ems: the largest letter, and images that are larger. */
struct content {
    double scale; /* of the largest letter */
    double width;
    double height;
    double image_excess; /* by which images are higher than the largest letter */
};

static struct content content_of(const struct text_lines *in, const struct line *line)
{
    struct content content = {0, 0, 0, 0};
    double size = in->wish->size_px;
    for (size_t i = line->start; i < line->end; i++) {
        content.scale = fmax(content.scale, section_of(in, &in->letters[i])->scale);
    }
    content.width = content.scale;
    content.height = content.scale;
    for (size_t i = line->start; i < line->end; i++) {
        const struct text_section *section = section_of(in, &in->letters[i]);
        if (section->is_image && size > 0) {
            content.width = fmax(content.width, section->width_px / size);
            content.height = fmax(content.height, section->height_px / size);
            double along = in->wish->vertical ? section->width_px : section->height_px;
            content.image_excess = fmax(content.image_excess, along * section->scale / size - content.scale);
        }
    }
    return content;
}

static bool stands_upright(const struct text_lines *in, uint32_t code)
{
    if (!in->wish->vertical) {
        return false;
    }
    return in->wish->turns_all_back ? !text_is_blank(code) && !text_is_arabic(code) : text_is_upright(code);
}

static double align_share(enum text_align align)
{
    return align == TEXT_ALIGN_TOP ? 0 : align == TEXT_ALIGN_CENTER ? 0.5 : 1;
}

/* A cluster of glyphs about to be placed: the box it fills in its line, in ems. */
struct unit {
    double advance; /* without the turn */
    double step;    /* how far the pen moves */
    double top;     /* from the line's top */
    bool turned_back;
};

static struct unit unit_of(const struct text_lines *in, const struct text_letter *letter, const struct content *content)
{
    const struct text_section *section = section_of(in, letter);
    bool upright = stands_upright(in, letter->code);
    double size = in->wish->size_px;
    struct unit unit = {.turned_back = upright};
    if (section->is_image && size > 0) {
        double height = section->height_px * section->scale / size;
        unit.advance = (upright ? section->height_px : section->width_px) * section->scale / size;
        unit.step = unit.advance;
        unit.top = upright ? content->width - height : (content->height - height) * align_share(section->align);
        return unit;
    }
    unit.advance = letter->advance;
    unit.step = upright ? section->scale : letter->advance;
    unit.top =
        upright ? content->width - section->scale : (content->height - section->scale) * align_share(section->align);
    return unit;
}

/* Where the pen of a glyph is when the top of its line is at 0; `x`: where its cluster starts. */
static struct text_glyph glyph_at(const struct text_lines *in, const struct text_letter *letter,
                                  const struct text_shaped *shaped, const struct unit *unit, double x,
                                  const struct content *content)
{
    const struct text_section *section = section_of(in, letter);
    bool is_outline = !section->is_image && !(letter->font & TEXT_FONT_SDF);
    double px = section->is_image ? section->scale / in->wish->size_px : 0;
    double top = unit->top - line_top_em;
    /* From the point that MapLibre's quads hang on to where the glyph's own origin is. */
    double right = section->is_image ? px : shaped->x;
    double down = section->is_image ? 3 * px : 0;
    if (is_outline) {
        /* Letters of one line share its baseline; MapLibre lets small ones hang a little higher. */
        bool at_bottom = section->align == TEXT_ALIGN_BOTTOM && !unit->turned_back;
        double lowered = at_bottom ? (content->scale - section->scale) * (baseline_em - 1) : 0;
        down = baseline_em * section->scale + lowered + shaped->y;
    }
    struct text_glyph glyph = {
        .font = section->is_image ? TEXT_FONT_IMAGE : letter->font,
        .glyph = section->is_image ? letter->section : shaped->glyph,
        .scale = (float)section->scale,
        .unit_x = (float)x,
        .unit_width = (float)unit->advance,
        .mark = section->mark,
        .turned_back = unit->turned_back,
        .has_ink = shaped->has_ink,
    };
    if (!unit->turned_back) {
        glyph.x = (float)(x + right);
        glyph.y = (float)(top + down);
        return glyph;
    }
    /* MapLibre turns the glyph about the middle of its em square. */
    double excess = fmax(content->image_excess, content->scale - 1);
    double shift = section->is_image ? -(1 - section->width_px * px) / 2 : section->scale - 1;
    double line_shift = in->wish->turns_all_back ? excess / 2 - shift : 0;
    double half = unit->advance / 2;
    double image_shift = section->is_image ? 0.5 - half : 0;
    glyph.x = (float)(x - 7.0 / 24 + down);
    glyph.y = (float)(top - line_shift + line_top_em + half - image_shift - right);
    return glyph;
}

/* Places the glyphs of a line from x = 0 and its top at 0; returns its length. */
static double place_line(struct placer *placer, const struct line *line, const struct content *content,
                         bool *out_is_vertical)
{
    const struct text_lines *in = placer->in;
    size_t run_count = order_runs(in, line, placer->order);
    double x = 0;
    struct unit unit = {0};
    uint32_t unit_letter = UINT32_MAX;
    double inner = 0; /* the pen in the cluster */
    double end = 0;
    for (size_t r = 0; r < run_count; r++) {
        const struct text_run *run = &in->runs[placer->order[r]];
        for (size_t i = 0; i < run->glyph_count; i++) {
            assert(in->shaped); /* there are glyphs */
            const struct text_shaped *shaped = &in->shaped[run->first_glyph + i];
            if (shaped->letter < line->start || shaped->letter >= line->end) {
                continue;
            }
            const struct text_letter *letter = &in->letters[shaped->letter];
            if (shaped->letter != unit_letter) {
                x += unit_letter != UINT32_MAX ? unit.step + in->wish->letter_spacing_em : 0;
                unit = unit_of(in, letter, content);
                unit_letter = shaped->letter;
                inner = 0;
                end = x + unit.step;
            }
            struct text_shaped moved = *shaped;
            moved.x += inner;
            placer->glyphs[placer->glyph_count++] = glyph_at(in, letter, &moved, &unit, x, content);
            inner += shaped->advance;
            *out_is_vertical = *out_is_vertical || unit.turned_back;
        }
    }
    return end;
}

static void move_glyphs(struct text_glyph *glyphs, size_t from, size_t to, double x, double y)
{
    for (size_t i = from; i < to; i++) {
        glyphs[i].x += (float)x;
        glyphs[i].unit_x += (float)x;
        glyphs[i].y += (float)y;
    }
}

/* Lines one below the other, then moved to where their justification wants them. */
static bool stack_lines(struct placer *placer, struct text_layout *out)
{
    const struct text_lines *in = placer->in;
    double *lengths = arena_array(in->arena, placer->line_count + 1, sizeof *lengths);
    size_t *ends = arena_array(in->arena, placer->line_count + 1, sizeof *ends);
    if (!lengths || !ends) {
        return false;
    }
    double usual = in->wish->line_height_em;
    double highest = 0;
    double y = 0;
    for (size_t i = 0; i < placer->line_count; i++) {
        const struct line *line = &placer->lines[i];
        size_t first = placer->glyph_count;
        double height = usual;
        if (line->start < line->end) {
            struct content content = content_of(in, line);
            lengths[i] = place_line(placer, line, &content, &out->is_vertical);
            height = usual * content.scale + content.image_excess;
            highest = fmax(highest, height);
        }
        ends[i] = placer->glyph_count;
        move_glyphs(placer->glyphs, first, ends[i], 0, y);
        out->width_em = fmax(out->width_em, lengths[i]);
        y += height;
    }
    double share = in->wish->justify == TEXT_JUSTIFY_LEFT ? 0 : in->wish->justify == TEXT_JUSTIFY_RIGHT ? 1 : 0.5;
    /* Lines of one height are centred on it; otherwise the first one starts at the top. */
    double down = fabs(highest - usual) < 1e-9 ? usual / 2 : line_top_em;
    for (size_t i = 0, first = 0; i < placer->line_count; first = ends[i++]) {
        move_glyphs(placer->glyphs, first, ends[i], (out->width_em - lengths[i]) * share, down);
    }
    out->height_em = y;
    return true;
}

bool text_lines_place(const struct text_lines *lines, struct text_layout *out_layout)
{
    struct placer placer = {.in = lines};
    placer.lines = arena_array(lines->arena, lines->letter_count + 1, sizeof *placer.lines);
    placer.order = arena_array(lines->arena, lines->run_count + 1, sizeof *placer.order);
    placer.glyphs = arena_array(lines->arena, lines->shaped_count + 1, sizeof *placer.glyphs);
    if (!placer.lines || !placer.order || !placer.glyphs || !break_lines(&placer) ||
        !stack_lines(&placer, out_layout)) {
        return false;
    }
    out_layout->glyphs = placer.glyphs;
    out_layout->glyph_count = placer.glyph_count;
    out_layout->line_count = placer.line_count;
    return true;
}
