/* SPDX-License-Identifier: MIT */
#pragma once
/* A foreign library that is opened when it is first needed. To be linked at the start of the program costs
 * milliseconds, needed or not: GDAL and what it brings along took longer than all the rest of a server's start.
 *
 *   #define CALLS(X) X(cairo_create) X(cairo_destroy)
 *   static struct {
 *       CALLS(LATE_LIBRARY_MEMBER)
 *   } late;
 *   static struct late_library library = LATE_LIBRARY("libcairo.so.2", CALLS, late);
 *
 *   if (!late_library_open(&library, err)) …
 *   cairo_t *cairo = late.cairo_create(surface);
 */

#include "base/error.h"

#include <stdatomic.h>
#include <stddef.h>

struct late_library {
    const char *soname;
    const char *const *names;
    void *calls; /* as many pointers to functions, in the order of `names` */
    size_t count;
    atomic_bool is_open;
};

#define LATE_LIBRARY_MEMBER(name) __typeof__(name) *name;
#define LATE_LIBRARY_NAME(name) #name,
#define LATE_LIBRARY(name, CALLS, members)                                                                             \
    {                                                                                                                  \
        .soname = (name), .names = (const char *const[]){CALLS(LATE_LIBRARY_NAME)}, .calls = &(members),               \
        .count = sizeof(members) / sizeof(void (*)(void))                                                              \
    }

/* Opens it if need be, for the rest of the process's life; any thread. Fails with LIB-001 when it is not installed or
 * is another one. */
bool late_library_open(struct late_library *library, struct error *err);
