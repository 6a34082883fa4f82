/**
 * @file ground/meaning.h  The meaning of a sentence: a point in 384 dimensions
 *
 *     struct meaning *m;                   // the weights, shared by all threads
 *     struct meaning_reader *r;            // one per thread
 *
 *     meaning_open(&m, "meaning.safetensors", "meaning-words.json", &why);
 *     meaning_reader_open(&r, m, &why);
 *     meaning_read(r, texts, 2, points);
 *     alike = meaning_alike(points[0], points[1]);     // -1 .. 1
 *
 * all-MiniLM-L6-v2 (N. Reimers and I. Gurevych, arXiv:1908.10084; W. Wang et al.,
 * arXiv:2002.10957), a BERT of 6 layers of 384, as huggingface.co/sentence-transformers publishes
 * it: word, position and type are added and normalised; then six times attention with 12 heads and
 * a two-layer MLP of width 1536 with GELU, each followed by a residual sum and a layer norm; the
 * result is the mean of all pieces, normalised to length 1.
 *
 * The file stays mapped and words are read from it one row at a time; the layers are packed in
 * blocks of 8 bits (nn/nn.h), 11 MB, and multiplied in integers. The result has a cosine of at
 * least 0.99 with that of the published weights in f32 (test/unit/ground/meaning.c).
 *
 * Threads    A struct meaning is read-only; a reader belongs to one thread at a time.
 * Errors     UV_EINVAL (not these weights; the sentence says what), UV_ENOENT and other system
 *            codes, UV_ENOMEM.
 * Ownership  Close the readers before the weights.
 */
#ifndef GROUND_MEANING_H
#define GROUND_MEANING_H

#include "base/error.h"

#include <stddef.h>

enum {
    MEANING_SIZE = 384,   /**< Numbers in a point */
    MEANING_PIECES = 128, /**< Pieces of a text that are read, as many as in training */
};

struct meaning;
struct meaning_reader;

struct meaning_text {
    const char *text; /**< Not NUL-terminated */
    size_t len;
};

int meaning_open(struct meaning **mp, const char *weights, const char *words, struct errbuf *why);
void meaning_close(struct meaning *m); /**< NULL is allowed */

int meaning_reader_open(struct meaning_reader **rp, const struct meaning *m, struct errbuf *why);
void meaning_reader_close(struct meaning_reader *r); /**< NULL is allowed */

/** The points of n texts, each of length 1. UV_ENOMEM: the points are then meaningless. */
int meaning_read(struct meaning_reader *r, const struct meaning_text *texts, size_t n,
                 float (*points)[MEANING_SIZE]);

/** Cosine of two points. */
float meaning_alike(const float a[MEANING_SIZE], const float b[MEANING_SIZE]);

#endif
