/**
 * @file asr/passages.h  A recording cut at its pauses
 *
 *     passages_open(&p, 28000);
 *     passages_feed(p, pcm, n) ...  passages_end(p);
 *     while ((passage = passages_next(p, &stretches)))
 *         ... hear samples passage->from .. passage->to - 1 ...
 *     passages_close(p);
 *
 * Voice activity finds stretches of speech; with a network beside it (passages_gate()) those in
 * which nobody speaks, such as music, are left out. A passage is as many of them, with the pauses
 * between, as fit into longest_ms: a recogniser that was trained on half a minute at a time hears
 * best with that much around each word. Where nobody speaks for PASSAGES_PAUSE_MS a passage ends
 * anyway, so that minutes of silence or music between are not heard at all. With longest_ms 0 each
 * stretch is a passage.
 *
 * Threads    One owner at a time; a second of audio takes about 2 ms.
 * Errors     UV_ENOMEM, UV_E2BIG past PASSAGES_MAX stretches.
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
    PASSAGES_TAIL_MS = 200,     /**< Kept behind the last voiced frame: words end softly */
    PASSAGES_MAX = 100000,      /**< Stretches: more than 6 h of shortest ones */
};

/** Speech without a longer pause; first and last voiced frame, in [ms] of the recording. */
struct stretch {
    uint64_t start_ms, end_ms;
    size_t from; /**< First sample to hear, before the first voiced frame */
};

struct passage {
    size_t from, to; /**< Samples */
    size_t first, n; /**< Of the stretches */
};

struct passages;

int passages_open(struct passages **pp, uint32_t longest_ms);
void passages_close(struct passages *p); /**< NULL is allowed */

/** Before the first feed: what has surely no voice in it, by this network, is no stretch. NULL:
 * there is none. */
void passages_gate(struct passages *p, const struct silero_model *gate, struct nn *nn);

int passages_feed(struct passages *p, const int16_t *pcm, size_t n);
int passages_end(struct passages *p); /**< The recording is over */

/** The next one that is complete; NULL: feed on. *stretches: all of them, valid until the next feed
 *  or end. */
const struct passage *passages_next(struct passages *p, const struct stretch **stretches);

#endif
