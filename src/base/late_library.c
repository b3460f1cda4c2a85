/* SPDX-License-Identifier: MIT */
#include "base/late_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

/* Two threads may want a library for the first time at once. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool tell_missing(const char *soname, struct error *err)
{
    const char *why = dlerror();
    error_tell(err, ERROR_UNAVAILABLE, "LIB-001", "library \"%s\" cannot be used (%.200s): install its package",
               "la biblioteca «%s» no se puede usar (%.200s): instale su paquete", soname, why ? why : "?");
    return false;
}

static bool open_locked(struct late_library *library, struct error *err)
{
    void *handle = dlopen(library->soname, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        return tell_missing(library->soname, err);
    }
    for (size_t i = 0; i < library->count; i++) {
        void *found = dlsym(handle, library->names[i]);
        if (!found) {
            tell_missing(library->soname, err);
            dlclose(handle);
            return false;
        }
        memcpy((char *)library->calls + i * sizeof found, &found, sizeof found);
    }
    atomic_store_explicit(&library->is_open, true, memory_order_release);
    return true;
}

bool late_library_open(struct late_library *library, struct error *err)
{
    if (atomic_load_explicit(&library->is_open, memory_order_acquire)) {
        return true;
    }
    pthread_mutex_lock(&lock);
    bool ok = atomic_load_explicit(&library->is_open, memory_order_relaxed) || open_locked(library, err);
    pthread_mutex_unlock(&lock);
    return ok;
}
