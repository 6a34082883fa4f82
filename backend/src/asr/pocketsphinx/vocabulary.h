/**
 * @file asr/pocketsphinx/vocabulary.h  Words of a profile join a search
 *
 * A running decoder is never given a word: the library's way to do so (ps_add_word) leaves the
 * language model's trie with an end that points nowhere, and crashes on ordinary speech later.
 * Instead the interview model was built with some hundred reserved words that mean nothing and have
 * no pronunciation. A new decoder is loaded with a dictionary of its own, in which the first few of
 * them sound like the profile's names; here is which stands for what.
 *
 * Names are looked up in the general search's dictionary, which has many more words than the
 * interview's; what is not there sounds as its spelling suggests (pronounce.h).
 *
 * Threads  One owner.
 */
#ifndef ASR_POCKETSPHINX_VOCABULARY_H
#define ASR_POCKETSPHINX_VOCABULARY_H

#include "asr/pocketsphinx/pronounce.h"
#include "base/buffer.h"

#include <pocketsphinx.h>
#include <stdbool.h>

enum {
    VOCABULARY_MAX = 300, /**< Reserved words in the model (tools/speechlm) */
    VOCABULARY_DICT_MAX = 4096 + 300 * (32 + PRONOUNCE_MAX), /**< Of vocabulary_choose() */
};

struct vocabulary {
    char word[VOCABULARY_MAX][PRONOUNCE_WORD_MAX];    /**< Lower case */
    char written[VOCABULARY_MAX][PRONOUNCE_WORD_MAX]; /**< As in the profile */
    size_t count;
};

/** Takes the words that `interview` does not know out of `count` lines, each may be NULL, and
 *  writes a line of dictionary for each into dict. The first VOCABULARY_MAX are taken. */
int vocabulary_choose(struct vocabulary *v, ps_decoder_t *interview, ps_decoder_t *general,
                      const char *const *lines, size_t count, struct buf *dict);

/** What a word of the decoder stands for; itself when it is no reserved one. v may be NULL. */
const char *vocabulary_word(const struct vocabulary *v, const char *word);

#endif
