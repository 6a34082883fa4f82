/**
 * @file whisper-probe/golden_full.h  The part of a golden that holds whole transcripts
 */
#ifndef ASR_WHISPER_PROBE_GOLDEN_FULL_H
#define ASR_WHISPER_PROBE_GOLDEN_FULL_H

#include "whisper-probe/golden.h"

/** Compare all transcripts of the run; prints lines; returns how many failed. */
int golden_compare_full(const struct golden *g, struct whisper_compute *c, const int16_t *pcm,
                        size_t n);

/** Largest difference to a recorded step {top_id, top, s}; null in it means -infinity. */
double golden_logits_diff(const json_t *step, const float *logits, int n_vocab);

#endif
