/**
 * @file asr/subtitles.h  A transcript's segment in pieces that can be read while they are said
 *
 * A cue stays for at most seven seconds and has at most two lines of 42 letters, the measures of
 * television and of streaming services (BBC Subtitle Guidelines; Netflix Timed Text Style Guide).
 * It ends with a sentence where one ends late enough, else at a comma, a pause, or where it is
 * full.
 *
 *     subtitles_each(segment, write_cue, &out);
 *
 * Threads    Any; pure.
 * Errors     UV_ENOMEM.
 */
#ifndef ASR_SUBTITLES_H
#define ASR_SUBTITLES_H

#include "asr/transcribe.h"

enum {
    SUBTITLE_LETTERS = 42, /**< In one line */
    SUBTITLE_LINES = 2,
    SUBTITLE_MS = 7000,
    SUBTITLE_BYTES = SUBTITLE_LETTERS * SUBTITLE_LINES * 4 + 2, /**< Of UTF-8, a newline, NUL */
};

struct subtitle {
    uint64_t start_ms, end_ms;
    char text[SUBTITLE_BYTES]; /**< Lines with a newline between */
};

int subtitles_each(const struct transcript_segment *segment,
                   void (*take)(const struct subtitle *cue, void *arg), void *arg);

#endif
