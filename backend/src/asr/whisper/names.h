/**
 * @file asr/whisper/names.h  The names a speaker may use, told as a sentence before what is heard
 *
 *     n = whisper_names_tell(vocab, language, terms, count, ids, WHISPER_STREAM_PROMPT_MAX,
 * &words);
 *
 * Told as a list ("Kubernetes, Siemens.") their style leaks into what is written: more words are
 * wrong than without. As a sentence ("We talk about Kubernetes and Siemens.") they cost nothing and
 * more names are right. Both make a model now and then write a name where none was said; those are
 * the ones it is not certain of, and a final with one of them is heard without names.
 *
 * Threads    Any.
 */
#ifndef ASR_WHISPER_NAMES_H
#define ASR_WHISPER_NAMES_H

#include "asr/whisper/vocab.h"

#include <stdbool.h>

enum { WHISPER_NAME_BYTES = 96 }; /**< Of a word, with its marks, that may be a name */

/** A told name that is heard with less confidence than this was perhaps not said: of 12 that people
 *  said tiny.en has one below, of 2 that it made up both. */
#define WHISPER_NAME_SURE 0.55f

/**
 * As many terms, from the first on, as fit into max tokens.
 *
 * @param language as in whisper_stream_params; one that no sentence is known for is told nothing
 * @param words    the words of those terms for whisper_names_has(); empty, initialised
 * @return tokens written; 0 for none, or without memory
 */
int whisper_names_tell(const struct whisper_vocab *v, int language, const char *const *terms,
                       size_t count, int *ids, int max, struct buf *words);

/** Is this word, marks and case aside, one of them? */
bool whisper_names_has(const char *words, const char *word, size_t len);

#endif
