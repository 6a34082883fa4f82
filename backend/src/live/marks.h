/**
 * @file live/marks.h  Marks for unsure words, and for places where utterances were joined
 *
 *     marks_note(&own, "We use Cooper Netties.", words, n);     // of a final, with its words
 *     marks_join(&whole, &before, len, &own);      // own comes after len bytes and a space
 *     if (marks_put(&whole, text, start, end, &out)) // "Cooper(?) Netties(?) … and then"
 *         ...
 *
 * A model that knows which words are doubtful does not stumble over them, so prompts contain the
 * marked text instead of the question. Marks beyond MARKS_MAX are dropped.
 *
 * Threads    Any; pure.
 * Errors     UV_ENOMEM stays in out->err.
 * Ownership  The caller's; plain memory.
 */
#ifndef LIVE_MARKS_H
#define LIVE_MARKS_H

#include "asr/engine.h"
#include "base/buffer.h"

enum { MARKS_MAX = 24 };

struct marks {
    struct {
        size_t at; /**< Byte offset in the text, after the word */
        bool seam; /**< Two utterances were joined here; else the word before it is unsure */
    } of[MARKS_MAX];
    size_t count;
};

void marks_note(struct marks *m, const char *text, const struct asr_word *words, size_t n);
/** m may be one of the two. */
void marks_join(struct marks *m, const struct marks *before, size_t len, const struct marks *own);
/** Appends text[start, end) with its marks. false: there are none in it, and nothing was
 *  appended. */
bool marks_put(const struct marks *m, const char *text, size_t start, size_t end, struct buf *out);

#endif
