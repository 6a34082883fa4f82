/**
 * @file whisper-probe/golden.h  Comparing the engine with recorded numbers of whisper.cpp
 *
 * A golden is a JSON file: for one model and some recordings the values that whisper.cpp computed
 * after each stage, and the tolerances that its own variants need among themselves. Every
 * comparison prints one line: what, the largest difference, the tolerance, ok or FAIL.
 *
 * Errors     UV_EINVAL for a file that is no golden or has no such run.
 */
#ifndef ASR_WHISPER_PROBE_GOLDEN_H
#define ASR_WHISPER_PROBE_GOLDEN_H

#include "asr/whisper/decoder.h"

#include <jansson.h>

struct golden {
    json_t *root;
    json_t *run;
    bool exact;                    /**< A run of the reference with f32 caches and tables */
    double mel, conv, enc, logits; /**< Tolerances */
    double margin;                 /**< An argmax must agree where the margin is above this */
};

int golden_open(struct golden *g, const char *path, const char *run, struct errbuf *err);
void golden_release(struct golden *g);

/** Compare everything the golden holds; prints lines; returns how many comparisons failed. */
int golden_compare(const struct golden *g, struct whisper_compute *c, const int16_t *pcm, size_t n);

#endif
