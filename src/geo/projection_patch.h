/* SPDX-License-Identifier: MIT */
#pragma once
/* A projection is smooth: within a square of some kilometres it is a polynomial to far less than what degrees are
 * stored to. Each square that is met gets one, fitted to the exact transformation and compared with it; where it is
 * more than 10^-11 degrees off (a micrometre) the square goes by the exact one. What comes of a point depends on the
 * point alone, not on what was asked before. */

#include "base/error.h"

#include <stddef.h>

/* Transforms pairs in place; those that cannot be become (HUGE_VAL, HUGE_VAL). */
typedef void projection_exact(void *context, double *xy, size_t count);

struct projection_patches;

/* Of a projected system, whose units are metres or feet. */
bool projection_patches_open(projection_exact *exact, void *context, struct projection_patches **out_patches,
                             struct error *err);
void projection_patches_close(struct projection_patches *patches);

/* Transforms pairs in place, as `exact` does. */
void projection_patches_transform(struct projection_patches *patches, double *xy, size_t count);
