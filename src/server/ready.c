/* SPDX-License-Identifier: MIT */
#include "server/ready.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1024, TARGET_BYTES_MAX = 200 };

static const int64_t life_ns = 1000000000;

/* An answer lies at the one place that its hash says. */
struct slot {
    uint64_t hash;
    uint64_t turn;
    int64_t until_ns;
    void *answer; /* NULL: free */
    size_t bytes;
    size_t length;
    char target[TARGET_BYTES_MAX];
};

struct ready {
    void (*release)(void *answer);
    size_t bytes_max;
    size_t bytes;
    struct slot slots[SLOTS];
};

struct ready *ready_create(size_t bytes_max, void (*release)(void *answer))
{
    struct ready *ready = calloc(1, sizeof *ready);
    if (ready) {
        ready->release = release;
        ready->bytes_max = bytes_max;
    }
    return ready;
}

static void clear(struct ready *ready, struct slot *slot)
{
    if (slot->answer) {
        ready->release(slot->answer);
        ready->bytes -= slot->bytes;
        slot->answer = NULL;
    }
}

void ready_destroy(struct ready *ready)
{
    if (!ready) {
        return;
    }
    for (size_t i = 0; i < SLOTS; i++) {
        clear(ready, &ready->slots[i]);
    }
    free(ready);
}

static uint64_t hash_of(const struct ready_key *key)
{
    return hash_bytes_seeded(key->target.data, key->target.length, key->takes_gzip);
}

bool ready_find(const struct ready *ready, const struct ready_key *key, uint64_t turn, int64_t now_ns,
                struct ready_answer *out_found)
{
    uint64_t hash = hash_of(key);
    const struct slot *slot = &ready->slots[hash % SLOTS];
    if (!slot->answer || slot->hash != hash || slot->turn != turn || slot->until_ns < now_ns ||
        slot->length != key->target.length || memcmp(slot->target, key->target.data, slot->length) != 0) {
        return false;
    }
    *out_found = (struct ready_answer){slot->answer, slot->bytes};
    return true;
}

static void drop_old(struct ready *ready, uint64_t turn, int64_t now_ns)
{
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &ready->slots[i];
        if (slot->turn != turn || slot->until_ns < now_ns) {
            clear(ready, slot);
        }
    }
}

bool ready_put(struct ready *ready, const struct ready_key *key, uint64_t turn, int64_t now_ns,
               const struct ready_answer *take_answer)
{
    if (key->target.length > TARGET_BYTES_MAX) {
        return false;
    }
    uint64_t hash = hash_of(key);
    struct slot *slot = &ready->slots[hash % SLOTS];
    clear(ready, slot);
    if (take_answer->bytes > ready->bytes_max - ready->bytes) {
        drop_old(ready, turn, now_ns);
    }
    if (take_answer->bytes > ready->bytes_max - ready->bytes) {
        return false;
    }
    *slot = (struct slot){.hash = hash,
                          .turn = turn,
                          .until_ns = now_ns + life_ns,
                          .answer = take_answer->answer,
                          .bytes = take_answer->bytes,
                          .length = key->target.length};
    memcpy(slot->target, key->target.data, key->target.length);
    ready->bytes += take_answer->bytes;
    return true;
}
