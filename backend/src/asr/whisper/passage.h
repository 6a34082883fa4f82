/**
 * @file asr/whisper/passage.h  A passage of a recording, for which nobody waits
 *
 *     whisper_passage_open(&p, model, silence, &params, &why);
 *     whisper_passage_begin(p);
 *     whisper_passage_feed(p, pcm, n) ...
 *     whisper_passage_finish(p);  ... whisper_passage_heard(p) ...
 *
 * A stretch of speech of up to WHISPER_PASSAGE_MS, cut at pauses, is heard in one go with all the
 * care there is: a beam, timestamps, sampling where the result is doubtful, the whole window where
 * it still is. What nobody said is left out as in stream.h. A passage has one thread and scratch of
 * its own, so that several are heard side by side, one a core: that takes less time than all
 * cores on one after the other, because beams are bound by memory and small work does not divide.
 *
 * Threads    One owner at a time. The model and the silence are shared.
 * Errors     UV_ENOMEM; UV_ECANCELED when stop said so.
 * Ownership  What was heard lives until the next call.
 */
#ifndef ASR_WHISPER_PASSAGE_H
#define ASR_WHISPER_PASSAGE_H

#include "asr/whisper/stream.h"

enum {
    WHISPER_PASSAGE_MS = 28000, /**< With the margin behind it, this fills a window */
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
