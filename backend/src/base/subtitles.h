/**
 * @file base/subtitles.h  Splitting speech into subtitles
 *
 * A cue stays for at most seven seconds and has at most two lines of 42 letters, the measures of
 * television and of streaming services (BBC Subtitle Guidelines; Netflix Timed Text Style Guide).
 * It ends at the end of a sentence if that comes late enough, else at a comma, at a pause, or when
 * it is full.
 *
 *     subtitles_each(&speech, write_cue, &cues);       // cues it with subtitle_time()
 *
 * Threads    Any; pure.
 * Errors     UV_ENOMEM.
 */
#ifndef BASE_SUBTITLES_H
#define BASE_SUBTITLES_H

#include "base/buffer.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
    SUBTITLE_LETTERS = 42, /**< In one line */
    SUBTITLE_LINES = 2,
    SUBTITLE_MS = 7000,
    SUBTITLE_BYTES = SUBTITLE_LETTERS * SUBTITLE_LINES * 4 + 2, /**< Of UTF-8, a newline, NUL */
};

struct subtitle_span {
    uint64_t start_ms, end_ms;
};

/** A piece of speech; everything is borrowed. */
struct subtitle_speech {
    const char *text; /**< UTF-8, words separated by spaces */
    struct subtitle_span span;
    const struct subtitle_span *words; /**< (optional) Of each word; otherwise time is divided by
                                            length */
    size_t word_count;
};

struct subtitle {
    struct subtitle_span span;
    char text[SUBTITLE_BYTES]; /**< Lines separated by a newline */
};

int subtitles_each(const struct subtitle_speech *speech,
                   void (*take)(const struct subtitle *cue, void *arg), void *arg);

/** "00:00:01,320" with point ',' as in SubRip, "00:00:01.320" with '.' as in WebVTT. */
void subtitle_time(struct buf *out, uint64_t ms, char point);

#endif
