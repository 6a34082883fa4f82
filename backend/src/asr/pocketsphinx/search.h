/**
 * @file asr/pocketsphinx/search.h  One decoder with one language model, fed frame by frame
 *
 * Threads    One owner.
 * Ownership  The caller owns names, which outlive the search.
 */
#ifndef ASR_POCKETSPHINX_SEARCH_H
#define ASR_POCKETSPHINX_SEARCH_H

#include "asr/pocketsphinx/front.h"
#include "asr/pocketsphinx/heard.h"
#include "asr/pocketsphinx/vocabulary.h"
#include "base/error.h"

enum {
    SEARCH_REFINE_FRAMES = 2000 /**< [10 ms] Longer utterances keep the words of the first pass */
};

struct search {
    ps_decoder_t *ps;
    cmd_ln_t *config;
    const struct vocabulary *names; /**< What reserved words stand for; NULL: none */
    size_t fed;                     /**< Frames of the utterance decoded so far */
    bool running;
};

struct search_files {
    const char *acoustic; /**< Folder of the acoustic model */
    const char *features; /**< feat.params, but the mean is subtracted by us */
    const char *lm;
    const char *dict;
    int alive; /**< Most phone models alive in one frame */
};

int search_open(struct search *s, const struct search_files *files, struct errbuf *why);
void search_close(struct search *s);
int search_begin(struct search *s, struct errbuf *why);
int search_advance(struct search *s, const struct front *f, struct errbuf *why);
/** Logarithm of the best path's probability, to the decoder's base; comparable between searches
 *  over the same frames, because all senones are always scored. */
int32_t search_score(struct search *s);
size_t search_words(struct search *s, const struct front *f, struct heard *to, size_t max);
/** The words of the best path through the lattice, which uses the full language model where the
 *  first pass shortens its history. Takes up to 70 ms for a sentence, 0.2 to 0.4 s for 11 s. Only
 *  after search_end(): in the middle of an utterance the library (0.8+5prealpha, find_end_node())
 *  reads the index of a frame that has not come yet, which is uninitialised memory. False: no path,
 *  or the utterance is still running; count is unchanged. */
bool search_refine(struct search *s, const struct front *f, struct heard *to, size_t max,
                   size_t *count);
void search_end(struct search *s);

#endif
