/**
 * @file asr/pocketsphinx/vocabulary.h  Words of a profile join a search
 *
 * Names in lines of text are looked up in the general search's dictionary, which has many more
 * words than the interview's; what is not there sounds as its spelling suggests (pronounce.h).
 *
 * Threads  The owner of both searches.
 */
#ifndef ASR_POCKETSPHINX_VOCABULARY_H
#define ASR_POCKETSPHINX_VOCABULARY_H

#include "asr/pocketsphinx/search.h"

/** Add the words of `count` lines, each may be NULL, to s. True: s knows words it did not. */
bool vocabulary_add(struct search *s, const struct search *general, const char *const *words,
                    size_t count);

#endif
