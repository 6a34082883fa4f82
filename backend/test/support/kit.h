/**
 * @file test/support/kit.h  The folder of recordings and recorded numbers beside the repository
 *
 * $INTERVIEWD_TEST_SHARED, else shared/ beside the source; weights of published networks lie in
 * $INTERVIEWD_WEIGHTS, else in the build folder's weights/ (the test "weights" brings them there),
 * else in ~/.cache/interviewd-weights. Neither belongs to the repository: a
 * test that needs one of them skips, and says what is missing, where it is absent.
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

/** Is it there? Else a line of TAP says that it is not. */
bool kit_has(const char *path);

/** The samples of a WAV file, 16 kHz, mono, 16 bit; free() them. NULL: it cannot be read. */
int16_t *kit_wav(const char *path, size_t *n);

/** A file of recorded numbers: a header (magic, a kind, some numbers), then ggml records. */
struct kit_golden {
    void *data;
    struct nn_weights *w;
};
bool kit_golden_open(struct kit_golden *g, const char *path);
void kit_golden_close(struct kit_golden *g);

/** Largest difference of `count` numbers from those of this name; infinite when they are fewer. */
float kit_difference(const struct kit_golden *g, const char *name, const float *x, size_t count);

#endif
