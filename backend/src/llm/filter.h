/**
 * @file llm/filter.h  What of a model's output is for people: no thoughts, no control tokens
 *
 *     struct llm_filter f;
 *     llm_filter_init(&f, false);
 *     switch (llm_filter_feed(&f, text, len, &out)) ...      // for every piece; out gets words
 *     llm_filter_end(&f, &out);                              // what was held back to be sure
 *     llm_filter_release(&f);
 *
 * Models think aloud, and servers pass it on in many ways. Taken out are
 *
 *   - <think>…</think> and its kin ([THINK], <reasoning>, ◁think▷, <|begin_of_thought|> …);
 *   - thoughts whose opening the chat template has eaten: all up to a lone </think>. An answer that
 *     begins like a monologue ("Okay, the user …") is held back until that is decided; when words
 *     went out before, they are taken back (LLM_FILTER_TAKE_BACK);
 *   - every channel but "final" of the harmony format (gpt-oss), also where the server has eaten
 *     the marks and left "analysis…assistantfinal";
 *   - control tokens of chat templates. One that ends a turn ends the answer: models without a
 *     brake go on with the next question of the user.
 *
 * A pure function of the bytes so far: how they are cut into pieces changes nothing in the sum of
 * what comes out. Half of a surrogate pair (see llm_mend_json()) is joined with its other half from
 * the next piece. Space before the first word is dropped.
 *
 * Threads    None of its own.
 * Errors     UV_ENOMEM and UV_ENOBUFS stay in out->err.
 * Ownership  The caller's.
 */
#ifndef LLM_FILTER_H
#define LLM_FILTER_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    LLM_FILTER_MARK_MAX = 64,       /**< Longest mark, [bytes] */
    LLM_FILTER_SUSPECT_MAX = 160,   /**< After so many bytes it is no monologue */
    LLM_FILTER_HELD_MAX = 64 << 10, /**< A monologue longer than this goes out as it is */
};

/** What a piece did besides adding words to out. One bit each. */
enum llm_filter_said {
    LLM_FILTER_THOUGHT = 1,   /**< It held thoughts */
    LLM_FILTER_TAKE_BACK = 2, /**< All that ever came out before this call was a thought */
    LLM_FILTER_OVER = 4,      /**< The model ended its turn: nothing more comes out */
};

struct llm_filter {
    char mark[LLM_FILTER_MARK_MAX]; /**< The beginning of what may be one */
    size_t mark_len;
    struct buf held; /**< The beginning of the answer while it is in doubt */
    enum { LLM_HOLDS_NOT, LLM_HOLDS_SUSPECT, LLM_HOLDS_MONOLOGUE } holding;
    enum { LLM_SHOWN, LLM_THINKING, LLM_CHANNEL_NAME, LLM_HEADER, LLM_DROPPED } where;
    char name[16]; /**< Of a channel, as far as it was read */
    size_t name_len;
    bool begun;       /**< A word went out, or is held */
    bool told;        /**< A word went out */
    bool told_before; /**< In an earlier call */
    bool over;
    bool unopened; /**< It closed thoughts that it never opened: next time hold from the start */
};

/** unopened: it is known of this model that its thoughts come without their opening mark. */
void llm_filter_init(struct llm_filter *f, bool unopened);
unsigned llm_filter_feed(struct llm_filter *f, const char *text, size_t len, struct buf *out);
void llm_filter_end(struct llm_filter *f, struct buf *out);
void llm_filter_release(struct llm_filter *f);

#endif
