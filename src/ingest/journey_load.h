/* SPDX-License-Identifier: MIT */
#pragma once
/* Loads one layer: reads it feature by feature, decodes, mends, reprojects and sends it on. */

#include "ingest/journey_plan.h"

/* `plan` was prepared. A layer that must not be loaded (`scan.failed`) was told so, and is not published. */
bool journey_load(struct journey *journey, struct plan *plan, struct error *err);
