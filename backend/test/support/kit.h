/**
 * @file test/support/kit.h  The folder of recordings and recorded numbers beside the repository
 *
 * $INTERVIEWD_TEST_SHARED, else shared/ beside the source; weights of published networks are in
 * $INTERVIEWD_WEIGHTS, else in the build folder's weights/ (the test "weights" puts them there),
 * else in ~/.cache/interviewd-weights. Neither is part of the repository: a test that needs a
 * missing file skips and names it.
 */
#ifndef TEST_SUPPORT_KIT_H
#define TEST_SUPPORT_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nn_weights;

/** Path of a file of the folder, or of weights; borrowed until the next call. */
const char *kit_path(const char *name);
const char *kit_weights(const char *name);

/** Does the file exist? If not, a TAP line says so. */
bool kit_has(const char *path);

/** The samples of a WAV file, 16 kHz, mono, 16 bit; free() them. NULL if it cannot be read. */
int16_t *kit_wav(const char *path, size_t *n);

/** A file of recorded numbers: a header (magic, a kind, some numbers), then ggml records. */
struct kit_golden {
    void *data;
    struct nn_weights *w;
};
bool kit_golden_open(struct kit_golden *g, const char *path);
void kit_golden_close(struct kit_golden *g);

/** Largest difference of `count` numbers from the recorded ones of this name; infinite if fewer
 *  were recorded. */
float kit_difference(const struct kit_golden *g, const char *name, const float *x, size_t count);

#endif
