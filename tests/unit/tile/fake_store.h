/* SPDX-License-Identifier: MIT */
#pragma once
/* A store in memory that stands in for the real one at link time: three layers whose content tests know.
 *
 *   "puntos"   points, as many as fake_points_set says, ids 1, 2, …; fields "nombre" and "valor"
 *   "islas"    one polygon that crosses the antimeridian, cut in two, and a feature without geometry; text ids
 *   "calles"   no features
 */

#include <stdint.h>

void fake_points_set(int64_t count);
/* What the next store_generation tells, and the serial of every layer. Each generation changed all of "puntos", except
 * that from the second on only what lies west of the prime meridian and north of the equator. */
void fake_generation_set(uint64_t generation);
