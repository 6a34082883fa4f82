/**
 * @file api/stop_words.h  Cutting a streamed text before the first stop word
 *
 *     struct stop_words stop = {.count = 1, .words = {"\n\n"}};
 *     over = stop_words_feed(&stop, text, len, &out);     // out: what may go out now
 *     stop_words_end(&stop, &out);                        // what is still held back
 *
 * A stop word may be split between pieces, so text that may be the beginning of one is held back
 * until it is clear.
 *
 * Threads    Any; pure.
 * Errors     The buffer's.
 */
#ifndef API_STOP_WORDS_H
#define API_STOP_WORDS_H

#include "base/buffer.h"

#include <stdbool.h>

enum { STOP_WORDS_MAX = 4, STOP_WORD_BYTES = 256 }; /**< Longest stop word, with its NUL */

struct stop_words {
    size_t count;
    char words[STOP_WORDS_MAX][STOP_WORD_BYTES]; /**< None may be empty */
    char held[STOP_WORD_BYTES];
    size_t held_len;
};

/** true: one was found. Nothing from there on is output; feed no more. */
bool stop_words_feed(struct stop_words *s, const char *text, size_t len, struct buf *out);
void stop_words_end(struct stop_words *s, struct buf *out);

#endif
