/* SPDX-License-Identifier: MIT */
/* Two samples are compressed, each of slices from all over the bytes: one slice of either from each stretch, at a place
 * that chance chooses, so that nothing that repeats is met in step. What the two differ by tells how far to trust them.
 */
#include "tile/gzip_guess.h"

#include "base/hash.h"
#include "tile/gzip.h"

#include <math.h>
#include <string.h>

enum { SAMPLES = 2, STRETCHES = 32, SLICE_BYTES = 2048, SAMPLE_BYTES = STRETCHES * SLICE_BYTES };

/* The slices of one sample, one after the other. Returns how many bytes they are. */
static size_t take_slices(const unsigned char *bytes, size_t size, size_t sample, unsigned char *out)
{
    size_t length = 0;
    for (size_t i = 0; i < STRETCHES; i++) {
        size_t part = i * SAMPLES + sample;
        size_t first = size / (STRETCHES * SAMPLES) * part;
        size_t room = size / (STRETCHES * SAMPLES) - SLICE_BYTES;
        size_t start = first + (size_t)(hash_mix(size, part) % (room + 1));
        memcpy(out + length, bytes + start, SLICE_BYTES);
        length += SLICE_BYTES;
    }
    return length;
}

static bool compress_whole(const void *bytes, size_t size, double *out_size)
{
    struct buffer packed;
    buffer_init(&packed, size + size / 8 + 1024);
    bool ok = gzip_compress(bytes, size, GZIP_LEVEL_SERVED, &packed);
    *out_size = (double)packed.length;
    buffer_finish(&packed);
    return ok;
}

bool gzip_guess(const void *bytes, size_t size, double clear, struct gzip_guess *out_guess)
{
    double sizes[SAMPLES];
    unsigned char slices[SAMPLE_BYTES];
    if (size < (size_t)2 * SAMPLES * SAMPLE_BYTES) {
        bool ok = compress_whole(bytes, size, &sizes[0]);
        *out_guess = (struct gzip_guess){sizes[0], sizes[0]};
        return ok;
    }
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t length = take_slices(bytes, size, i, slices);
        if (!compress_whole(slices, length, &sizes[i])) {
            return false;
        }
        sizes[i] *= (double)size / (double)length;
        if (i == 0 && sizes[i] < clear) {
            *out_guess = (struct gzip_guess){sizes[i], sizes[i]};
            return true;
        }
    }
    double mean = (sizes[0] + sizes[1]) / 2;
    *out_guess = (struct gzip_guess){mean, mean + fabs(sizes[0] - sizes[1])};
    return true;
}
