/**
 * @file asr/whisper/names.h  The names that a speaker may use, as a sentence in the prompt
 *
 *     n = whisper_names_tell(vocab, language, terms, count, ids, WHISPER_STREAM_PROMPT_MAX,
 * &words);
 *
 * If they are given as a list ("Kubernetes, Siemens."), its style leaks into the transcript and
 * more words are wrong than without. As a sentence ("We talk about Kubernetes and Siemens.") they
 * cost nothing, and more names are right. Both make a model now and then write a name that was not
 * said. The model is uncertain of such names, and a final with an uncertain name is decoded again
 * without names.
 *
 * Threads    Any.
 */
#ifndef ASR_WHISPER_NAMES_H
#define ASR_WHISPER_NAMES_H

#include "asr/whisper/vocab.h"

#include <stdbool.h>

enum { WHISPER_NAME_BYTES = 96 }; /**< Longest word, with its punctuation, that can be a name */

/** A name from the prompt that is recognised with less confidence than this was perhaps not said:
 *  of 12 that people said, tiny.en has one below it; of 2 that it made up, both. */
#define WHISPER_NAME_SURE 0.55f

/**
 * Writes as many terms, from the first on, as fit into max tokens.
 *
 * @param language as in whisper_stream_params; without a sentence for it nothing is written
 * @param words    the words of those terms for whisper_names_has(); empty, initialised
 * @return number of tokens written; 0: none, or no memory
 */
int whisper_names_tell(const struct whisper_vocab *v, int language, const char *const *terms,
                       size_t count, int *ids, int max, struct buf *words);

/** Is this word, ignoring punctuation and case, one of them? */
bool whisper_names_has(const char *words, const char *word, size_t len);

#endif
