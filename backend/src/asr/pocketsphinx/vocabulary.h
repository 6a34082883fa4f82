/**
 * @file asr/pocketsphinx/vocabulary.h  Adding the words of a profile to a search
 *
 * Words are never added to a running decoder: the library's function for it (ps_add_word) leaves a
 * dangling end in the language model's trie and later crashes on ordinary speech. Instead the
 * interview model was built with a few hundred meaningless reserved words that have no
 * pronunciation. A new decoder is loaded with a dictionary of its own, which gives the first few of
 * them the pronunciations of the profile's names; this table says which stands for what.
 *
 * Names are looked up in the general search's dictionary, which has many more words than the
 * interview's; those not in it get a pronunciation from their spelling (pronounce.h).
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
    VOCABULARY_DICT_MAX = 4096 + 300 * (32 + PRONOUNCE_MAX), /**< Size of vocabulary_choose()'s
                                                                  dictionary */
};

struct vocabulary {
    char word[VOCABULARY_MAX][PRONOUNCE_WORD_MAX];    /**< Lower case */
    char written[VOCABULARY_MAX][PRONOUNCE_WORD_MAX]; /**< As in the profile */
    size_t count;
};

/** Takes the words that `interview` does not know from `count` lines (each may be NULL), and writes
 *  a dictionary line for each to dict. Only the first VOCABULARY_MAX are used. */
int vocabulary_choose(struct vocabulary *v, ps_decoder_t *interview, ps_decoder_t *general,
                      const char *const *lines, size_t count, struct buf *dict);

/** What a word of the decoder stands for; the word itself if it is not a reserved one. v may be
 *  NULL. */
const char *vocabulary_word(const struct vocabulary *v, const char *word);

#endif
