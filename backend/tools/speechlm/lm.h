/**
 * @file tools/speechlm/lm.h  A trigram language model in memory, at build time
 *
 * The tool reads the general model of the recogniser, counts the n-grams of our question bank and
 * writes one model that knows both (mix.c). Words are numbers: positions in the vocabulary. All
 * probabilities are natural logarithms; LOG_ZERO stands for "never".
 *
 * Errors     This is a build tool: die() prints a sentence and ends it.
 */
#ifndef SPEECHLM_LM_H
#define SPEECHLM_LM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WORD_BITS = 20, /* three words fit a 64-bit key; the general model has 72,547 */
    WORD_LIMIT = 1 << WORD_BITS,
    WORD_TEXT_MAX = 64,
    WORD_NONE = -1,
};

static const double LOG_ZERO = -99.0 * 2.302585;

/** Words and their numbers: an open hash over a growing list. */
struct vocabulary {
    char **word;
    size_t count;
    size_t cap;
    int32_t *slot; /* number + 1, 0 where empty */
    size_t slots;
};

/** One n-gram of two or three words; key packs the words, first word highest. */
struct gram {
    uint64_t key;
    float prob; /* ln P(last | others) */
    float bow;  /* ln back-off weight when it is a context; bigrams only */
};

struct lm {
    struct vocabulary v;
    float *uni; /* ln P(w) */
    float *bow; /* ln back-off weight of context w */
    struct gram *bi;
    size_t bis; /* sorted by key */
    struct gram *tri;
    size_t tris; /* sorted by key */
};

/** Weighted counts of a text, as n-grams with a count instead of a probability. */
struct counted {
    uint64_t key;
    double n;
};

struct counts {
    double *uni; /* by word number, WORD_LIMIT of them */
    struct counted *bi;
    struct counted *tri;
    size_t bis, bi_cap;
    size_t tris, tri_cap;
    double words;
};

/** How strongly the bank speaks; every field is explained in mix.c. */
struct mix_params {
    double unigram;
    double prior2;
    double prior3;
    double shorter;
    size_t keep;
    size_t reserve; /* words without a meaning, kept free for names of a profile */
};

/* Name of the n-th such word; asr/pocketsphinx/vocabulary.c gives it a sound and a meaning. */
#define RESERVED_FORMAT "reserved-%03zu"
#define RESERVED_PREFIX "reserved-"

static inline uint64_t key2(int32_t a, int32_t b)
{
    return (uint64_t)a << WORD_BITS | (uint64_t)b;
}

static inline uint64_t key3(int32_t a, int32_t b, int32_t c)
{
    return key2(a, b) << WORD_BITS | (uint64_t)c;
}

static inline int32_t key_word(uint64_t key, int from_last)
{
    return (int32_t)(key >> (from_last * WORD_BITS) & (WORD_LIMIT - 1));
}

_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void *grow(void *p, size_t *cap, size_t need, size_t size);

/* vocabulary.c */
int32_t vocabulary_find(const struct vocabulary *v, const char *word);
int32_t vocabulary_add(struct vocabulary *v, const char *word);

/* trie.c: the binary format of sphinxbase */
void lm_read(struct lm *lm, const char *path);
void lm_write(const struct lm *lm, const char *path);

/* lm.c */
void lm_release(struct lm *lm);
const struct gram *gram_find(const struct gram *g, size_t n, uint64_t key);
double lm_score2(const struct lm *lm, int32_t a, int32_t b);
double lm_score3(const struct lm *lm, int32_t a, int32_t b, int32_t c);

/* text.c */
void counts_init(struct counts *c);
void counts_release(struct counts *c);
void counts_finish(struct counts *c); /* sort, and join equal n-grams */
void counts_sentence(struct counts *c, struct vocabulary *v, const char *text, double weight);
void counts_bank(struct counts *c, struct vocabulary *v, const char *path);
void counts_templates(struct counts *c, struct vocabulary *v, const char *templates,
                      const char *slots, double weight);
/** Next word of a sentence, lower case, into word; NULL at the end. */
const char *text_word(const char *p, char word[WORD_TEXT_MAX]);

/* mix.c */
void lm_mix(struct lm *out, const struct lm *general, const struct counts *c,
            const struct mix_params *p);

#endif
