/* SPDX-License-Identifier: MIT */
#pragma once
/* In which reference system a layer that is looked at is, and whether its coordinates can be there. */

#include "ingest/scan.h"

/* Fills `scan->crs`, once the extent is known; what contradicts itself is told. */
bool scan_crs_decide(struct scan *scan, const struct scan_wishes *wishes, struct error *err);

/* Degrees of the extent, walked along its edges, for the report. With `check` it is told when part of it is nowhere on
 * Earth. */
bool scan_crs_place(struct scan *scan, bool check, struct error *err);

/* Far outside of where the system is meant for, something is wrong: a wrong zone, exchanged axes, other units. */
void scan_crs_check(struct scan *scan);
