/**
 * @file asr/pocketsphinx/decoder.h  PocketSphinx decoding one stream: two searches that compete
 *
 * Every stream decodes the same frames twice: once with the interview language model (precise, with
 * a small vocabulary), once with the general one. A language model is a probability over sentences,
 * so the two best paths can be compared: whichever explains the audio better is taken. The first
 * wins for interview questions, the second for everything else, and neither makes the other worse
 * (docs/architecture/speech-pocketsphinx.md has the figures).
 *
 * Lives in the child process (worker.c). Loaded once, it is copied by fork() for each stream: a
 * copy shares the memory that it does not change.
 *
 *     decoder_load(&d, folder, why);                          // once
 *     fork();  decoder_open(d, lines, count, NULL, why);       // in each copy
 *     decoder_begin(d, NULL, 0, why); decoder_feed(...) ... decoder_partial() ... decoder_finish()
 *
 * Threads    One owner. decoder_load() starts no thread, so that fork() is allowed after it;
 *            decoder_open() starts one, for the second search.
 * Errors     0 or a negative UV_E* code with a sentence.
 * Ownership  Text and words of a result live until the next call.
 */
#ifndef ASR_POCKETSPHINX_DECODER_H
#define ASR_POCKETSPHINX_DECODER_H

#include "asr/engine.h"
#include "asr/pocketsphinx/front.h"
#include "asr/pocketsphinx/heard.h"

struct decoder;

/** What is known about a speaker's voice; survives the process that learned it. */
struct voice {
    struct moments last;   /**< Of the last utterance */
    struct moments before; /**< Of the utterances before it */
};

/** folder: of the acoustic model and the general language model. */
int decoder_load(struct decoder **dp, const char *folder, struct errbuf *why);
void decoder_free(struct decoder *d); /**< NULL is allowed */

/** Also recognise the words in these lines (vocabulary.h). voice: NULL for a new speaker. */
int decoder_open(struct decoder *d, const char *const *lines, size_t count,
                 const struct voice *voice, struct errbuf *why);
/** promised: words that an earlier process called stable in this utterance; they stay. */
int decoder_begin(struct decoder *d, const struct heard *promised, size_t count,
                  struct errbuf *why);
int decoder_feed(struct decoder *d, const int16_t *pcm, size_t n, struct errbuf *why);
int decoder_partial(struct decoder *d, struct asr_result *res, struct errbuf *why);
int decoder_prefetch_final(struct decoder *d, struct errbuf *why);
int decoder_finish(struct decoder *d, struct asr_result *res, struct errbuf *why);

/** The words that partials of this utterance called stable. */
const struct heard *decoder_promised(const struct decoder *d, size_t *count);
struct voice decoder_voice(const struct decoder *d); /**< After decoder_finish() */

#endif
