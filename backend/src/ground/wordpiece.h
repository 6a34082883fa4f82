/**
 * @file ground/wordpiece.h  Text into the numbers that a BERT model reads
 *
 *     struct wordpiece *w;
 *     wordpiece_open(&w, "meaning-words.json", &why);
 *     n = wordpiece_encode(w, text, len, ids, MAX);      // [CLS] … [SEP]
 *     wordpiece_close(w);
 *
 * The words come from a tokenizer.json of the `tokenizers` library with a model of the kind
 * "WordPiece" and lower-cased text (Y. Wu et al., arXiv:1609.08144; J. Devlin et al.,
 * arXiv:1810.04805, section 3): control characters go, accents go, Chinese characters and
 * punctuation stand alone, and each word becomes the longest pieces from its beginning that the
 * list has, a piece inside a word with ## in front.
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

/** How many pieces the list has: no number is as large. */
size_t wordpiece_count(const struct wordpiece *w);

/** Fill ids with at most max (at least 2) numbers; a longer text is cut. Returns how many. */
size_t wordpiece_encode(const struct wordpiece *w, const char *text, size_t len, int32_t *ids,
                        size_t max);

#endif
