/**
 * @file ground/wordpiece.h  Converting text to the token ids of a BERT model
 *
 *     struct wordpiece *w;
 *     wordpiece_open(&w, "meaning-words.json", &why);
 *     n = wordpiece_encode(w, text, len, ids, MAX);      // [CLS] … [SEP]
 *     wordpiece_close(w);
 *
 * The vocabulary comes from a tokenizer.json of the `tokenizers` library with a model of the kind
 * "WordPiece" and lower-cased text (Y. Wu et al., arXiv:1609.08144; J. Devlin et al.,
 * arXiv:1810.04805, section 3): control characters and accents are removed, Chinese characters and
 * punctuation are separate, and each word is split from its beginning into the longest pieces in
 * the vocabulary; pieces inside a word begin with ##.
 *
 * Threads    Any, once opened.
 * Errors     UV_EINVAL (not such a file; the sentence says what is missing), UV_ENOENT and other
 *            system codes, UV_ENOMEM.
 */
#ifndef GROUND_WORDPIECE_H
#define GROUND_WORDPIECE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct wordpiece;

int wordpiece_open(struct wordpiece **wp, const char *path, struct errbuf *why);
void wordpiece_close(struct wordpiece *w); /**< NULL is allowed */

/** Size of the vocabulary: every id is smaller. */
size_t wordpiece_count(const struct wordpiece *w);

/** Fills ids with at most max (at least 2) ids; a longer text is cut. Returns how many. */
size_t wordpiece_encode(const struct wordpiece *w, const char *text, size_t len, int32_t *ids,
                        size_t max);

#endif
