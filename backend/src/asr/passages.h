/**
 * @file asr/passages.h  A recording cut at its pauses
 *
 *     passages_open(&p, 28000);
 *     passages_feed(p, pcm, n) ...  passages_end(p);
 *     while ((passage = passages_next(p, &stretches)))
 *         ... recognise samples passage->from .. passage->to - 1 ...
 *     passages_close(p);
 *
 * Voice activity finds stretches of speech; a network (passages_gate()) can discard those in which
 * nobody speaks, such as music. A passage is as many stretches, with the pauses between them, as
 * fit into longest_ms: a recogniser that was trained on half a minute at a time works best with
 * that much context. A silence of PASSAGES_PAUSE_MS ends a passage anyway, so that minutes of
 * silence or music are not processed at all. If longest_ms is 0, each stretch is a passage.
 *
 * Threads    One owner at a time; a second of audio takes about 2 ms.
 * Errors     UV_ENOMEM, UV_E2BIG beyond PASSAGES_MAX stretches.
 */
#ifndef ASR_PASSAGES_H
#define ASR_PASSAGES_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct nn;
struct silero_model;

enum {
    PASSAGES_HANGOVER_MS = 500, /**< Silence within a stretch of speech */
    PASSAGES_PAUSE_MS = 3000,   /**< Longest silence within a passage */
    PASSAGES_TAIL_MS = 200,     /**< Kept after the last voiced frame: words end softly */
    PASSAGES_MAX = 100000,      /**< Most stretches: more than 6 h of the shortest ones */
};

/** Speech without a longer pause; first and last voiced frame [ms] of the recording. */
struct stretch {
    uint64_t start_ms, end_ms;
    size_t from; /**< First sample to recognise, before the first voiced frame */
};

struct passage {
    size_t from, to; /**< Samples */
    size_t first, n; /**< Its stretches */
};

struct passages;

int passages_open(struct passages **pp, uint32_t longest_ms);
void passages_close(struct passages *p); /**< NULL is allowed */

/** Call before the first feed: a stretch in which this network surely finds no voice is discarded.
 *  NULL: no network. */
void passages_gate(struct passages *p, const struct silero_model *gate, struct nn *nn);

int passages_feed(struct passages *p, const int16_t *pcm, size_t n);
int passages_end(struct passages *p); /**< The recording is over */

/** The next complete passage; NULL: feed more. *stretches: all of them, valid until the next feed
 *  or end. */
const struct passage *passages_next(struct passages *p, const struct stretch **stretches);

#endif
