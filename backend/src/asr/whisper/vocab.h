/**
 * @file asr/whisper/vocab.h  Tokens: which ids are special, text to ids, ids to bytes
 *
 * Special ids are not written in the file; they follow from the size of the vocabulary (51864:
 * English only, 51865: 99 languages, 51866: 100 languages). Token text is bytes, not characters: a
 * character may span several tokens.
 *
 * Threads    Read-only after opening.
 * Ownership  Token bytes are copied out of the file, which may be closed.
 */
#ifndef ASR_WHISPER_VOCAB_H
#define ASR_WHISPER_VOCAB_H

#include "asr/whisper/file.h"

struct buf;

enum { WHISPER_LANGUAGES_MAX = 100 };

struct whisper_vocab {
    int n_vocab;
    int n_words; /**< Ids below have text; the rest are special */
    bool multilingual;
    int n_languages;
    int eot, sot, language0, translate, transcribe, solm, prev, nosp, no_timestamps, beg;
    int blank;      /**< The token " ", or -1 */
    uint8_t *pool;  /**< The texts, one after the other */
    uint32_t *ends; /**< End offset of each text in the pool */
    int32_t *hash;  /**< Open addressing, ids, -1: free */
    uint32_t hash_mask;
};

int whisper_vocab_open(struct whisper_vocab **vp, const struct whisper_file *f, struct errbuf *why);
void whisper_vocab_close(struct whisper_vocab *v);

/** The bytes of a token; empty for a special one. */
struct whisper_bytes whisper_vocab_bytes(const struct whisper_vocab *v, int id);

/**
 * Text to ids, as whisper.cpp does it: split into words by a regular expression over bytes, then
 * the longest token from the left within each word (not byte-pair merging). Bytes without a token
 * are left out.
 * @return Number of ids the text has; only the first max are written
 */
size_t whisper_tokenize(const struct whisper_vocab *v, const char *text, size_t len, int *ids,
                        size_t max);

/** Appends the bytes of tokens to b, skipping special tokens. 0 or b's error. */
int whisper_vocab_append(const struct whisper_vocab *v, const int *ids, size_t n, struct buf *b);

/** "en" → 0, counted from language0; -1 if the model does not know it. Also takes "en-US". */
int whisper_language_find(const struct whisper_vocab *v, const char *code);
bool whisper_language_known(const char *code);   /**< Does any model know it? Also takes "en-US" */
const char *whisper_language_code(int language); /**< "en" for anything out of range */

#endif
