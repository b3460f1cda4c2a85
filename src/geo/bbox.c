/* SPDX-License-Identifier: MIT */
#include "geo/bbox.h"

#include <math.h>
#include <string.h>

struct bbox bbox_empty(void)
{
    return (struct bbox){INFINITY, INFINITY, -INFINITY, -INFINITY};
}

bool bbox_is_empty(const struct bbox *box)
{
    return !(box->min_y <= box->max_y);
}

void bbox_add(struct bbox *box, double x, double y)
{
    /* Not fmin and fmax: they are calls, and this is done for every vertex of an answer. */
    box->min_x = x < box->min_x ? x : box->min_x;
    box->min_y = y < box->min_y ? y : box->min_y;
    box->max_x = x > box->max_x ? x : box->max_x;
    box->max_y = y > box->max_y ? y : box->max_y;
}

void bbox_add_box(struct bbox *box, const struct bbox *other)
{
    if (!bbox_is_empty(other)) {
        bbox_add(box, other->min_x, other->min_y);
        bbox_add(box, other->max_x, other->max_y);
    }
}

static bool refuse(struct text text, struct error *err)
{
    int length = text.length > 80 ? 80 : (int)text.length;
    error_tell(err, ERROR_INVALID, "REQ-010",
               "bbox \"%.*s\" is not valid: four numbers west,south,east,north in degrees",
               "bbox «%.*s» no es válido: cuatro números oeste,sur,este,norte en grados", length, text.data);
    return false;
}

bool bbox_parse(struct text text, struct bbox *out_box, struct error *err)
{
    double numbers[6];
    size_t count = 0;
    size_t start = 0;
    for (size_t i = 0; i <= text.length; i++) {
        if (i < text.length && text.data[i] != ',') {
            continue;
        }
        if (count == 6 || !text_to_double((struct text){text.data + start, i - start}, &numbers[count])) {
            return refuse(text, err);
        }
        count++;
        start = i + 1;
    }
    if (count != 4 && count != 6) {
        return refuse(text, err);
    }
    struct bbox box = count == 4 ? (struct bbox){numbers[0], numbers[1], numbers[2], numbers[3]}
                                 : (struct bbox){numbers[0], numbers[1], numbers[3], numbers[4]};
    bool inside = fabs(box.min_x) <= 180 && fabs(box.max_x) <= 180 && fabs(box.min_y) <= 90 && fabs(box.max_y) <= 90;
    if (!inside || box.min_y > box.max_y) {
        return refuse(text, err);
    }
    *out_box = box;
    return true;
}

bool world_box_touches(const struct world_box *a, const struct world_box *b)
{
    return a->min_x <= b->max_x && b->min_x <= a->max_x && a->min_y <= b->max_y && b->min_y <= a->max_y;
}

void world_box_add_box(struct world_box *box, const struct world_box *other)
{
    box->min_x = other->min_x < box->min_x ? other->min_x : box->min_x;
    box->min_y = other->min_y < box->min_y ? other->min_y : box->min_y;
    box->max_x = other->max_x > box->max_x ? other->max_x : box->max_x;
    box->max_y = other->max_y > box->max_y ? other->max_y : box->max_y;
}
