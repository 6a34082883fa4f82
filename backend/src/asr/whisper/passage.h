/**
 * @file asr/whisper/passage.h  A passage of a recording, decoded when nobody is waiting
 *
 *     whisper_passage_open(&p, model, silence, &params, &why);
 *     whisper_passage_begin(p);
 *     whisper_passage_feed(p, pcm, n) ...
 *     whisper_passage_finish(p);  ... whisper_passage_heard(p) ...
 *
 * A stretch of speech of up to WHISPER_PASSAGE_MS, cut at pauses, is decoded in one go and as
 * carefully as possible: with a beam and timestamps, with sampling if the result is doubtful, and
 * with the whole window if it still is. Text that nobody said is removed as in stream.h. A passage
 * has its own thread and scratch memory, so that several are decoded side by side, one per core.
 * That takes less time than using all cores on one after another, because beams are bound by memory
 * and small jobs do not divide well.
 *
 * Threads    One owner at a time. The model and the silence are shared.
 * Errors     UV_ENOMEM; UV_ECANCELED if stop() returned true.
 * Ownership  The result lives until the next call.
 */
#ifndef ASR_WHISPER_PASSAGE_H
#define ASR_WHISPER_PASSAGE_H

#include "asr/whisper/stream.h"

enum {
    WHISPER_PASSAGE_MS = 28000, /**< With the margin after it, this fills a window */
    WHISPER_PASSAGE_BEAMS = 5,
};

struct whisper_passage_params {
    int language;      /**< -1: detect */
    bool translate;    /**< Into English */
    const int *prompt; /**< Tokens of context; copied, at most WHISPER_PROMPT_MAX */
    int n_prompt;
    bool (*stop)(void *arg); /**< (optional) As in struct whisper_compute */
    void *stop_arg;
};

struct whisper_passage;

int whisper_passage_open(struct whisper_passage **pp, const struct whisper_model *m,
                         const struct whisper_silence *silence,
                         const struct whisper_passage_params *params, struct errbuf *why);
void whisper_passage_close(struct whisper_passage *p); /**< NULL is allowed */

void whisper_passage_begin(struct whisper_passage *p);
int whisper_passage_feed(struct whisper_passage *p, const int16_t *pcm, size_t n);
int whisper_passage_finish(struct whisper_passage *p);

const struct whisper_heard *whisper_passage_heard(const struct whisper_passage *p);

#endif
