/* SPDX-License-Identifier: MIT */
#pragma once
/* The few GDAL drivers that foreign files may reach. */

/* Takes all others (some two hundred, among them those that open further files or the network) out of this process. */
void gdal_drivers_limit(void);
