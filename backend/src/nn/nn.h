/**
 * @file nn/nn.h  The arithmetic of every network here: Whisper, voice activity, turns, voices
 *
 * Weights come from a file (nn/weights.h, asr/whisper/file.h) and are repacked once
 * (nn_matrix_pack); activations are plain float rows, one row per frame or token. A context
 * (nn_open) holds the threads, the scratch memory and the choice of instruction set:
 *
 *     struct nn *nn;
 *     nn_open(&nn, 2, NULL, &why);
 *
 *     struct nn_part qkv[3] = {{NN_Q5_0, query, D}, {NN_Q5_0, key, D}, {NN_Q5_0, value, D}};
 *     struct nn_matrix *w;
 *     nn_matrix_pack(&w, nn, qkv, 3, D, &why);               // one [3D, D] matrix
 *
 *     nn_linear(nn, &(struct nn_linear){                      // y = LN(x) W^T + b
 *         .w = w, .x = x, .ldx = D, .n = n, .ln_weight = lw, .ln_bias = lb,
 *         .bias = b, .y = y, .ldy = 3 * D});
 *     nn_encoder_attention(nn, y, n, heads, head_dim, out);
 *     ...
 *     nn_matrix_free(w);
 *     nn_close(nn);
 *
 * Quantised weights stay quantised in memory: a packed matrix takes the bytes of its tensor plus
 * padding of the rows to a multiple of 16. f16 weights that are read once per token may be packed
 * as NN_Q12 (parts of that type are f16 in the source), which takes four fifths of the bytes:
 * integers of at most 2047 in blocks of 32 columns with an f16 scale, so that a weight is off by at
 * most 1/4094 of the largest in its block. Block-quantised weights are multiplied in int8 or int16
 * with activations quantised on the fly, f16 in int16 or f32, f32 in f32;
 * docs/architecture/whisper-kernels.md describes what is done where, and how exact it is.
 *
 * Threads    A struct nn belongs to one thread at a time. Matrices are read-only once packed and
 *            may be used by any number of contexts at once. A struct nn_kv is written by one
 *            thread at a time.
 * Errors     Opening, packing and nn_kv_init can fail. The arithmetic returns no error, but its
 *            scratch memory grows by allocation: if that fails, the result is left uncomputed and
 *            nn_starved() says so afterwards.
 * Ownership  Packing copies; the source may be unmapped afterwards. Rows, biases and caches are
 *            the caller's and must not overlap unless a comment says that they may.
 * Alignment  The caller's rows need no alignment; 64 bytes are fastest.
 */
#ifndef NN_NN_H
#define NN_NN_H

#include "base/error.h"
#include "nn/pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** ggml's numbers for tensor types (in a model file: `type` of each tensor). */
enum nn_type {
    NN_F32 = 0,
    NN_F16 = 1,
    NN_Q4_0 = 2,
    NN_Q4_1 = 3,
    NN_Q5_0 = 6,
    NN_Q5_1 = 7,
    NN_Q8_0 = 8,
    NN_Q12 = 9, /**< Not in files: f16 packed as 12-bit integers, for memory-bound products */
};

enum {
    NN_BLOCK = 32,         /**< Weights that share a scale in the quantised types */
    NN_DIM_MAX = 1 << 20,  /**< Largest number of rows or columns of a matrix */
    NN_SMALL_BATCH = 8,    /**< Up to this many rows nn_linear is bound by memory, not by
                                arithmetic */
    NN_HEAD_DIM_MAX = 128, /**< Widest head; widths are multiples of 16 */
};

/** True if the number is one of the types above (a hostile file may contain any). */
bool nn_type_known(int type);

/** Bytes of `count` weights of one row of a tensor; for quantised types count is a multiple of
 *  NN_BLOCK. */
size_t nn_type_bytes(enum nn_type type, size_t count);

/** "q5_0" and so on. */
const char *nn_type_name(enum nn_type type);

/* ---- context ---------------------------------------------------------------------------- */

struct nn;

/**
 * Open a context: threads, scratch and kernels.
 *
 * @param threads as nn_pool_open
 * @param isa     "avx512vnni", "avxvnni", "avx2", "neon", "plain"; NULL: $INTERVIEWD_KERNELS if
 *                set, else the best this processor can run
 * @return UV_ENOTSUP when this processor or build cannot run the one asked for
 */
int nn_open(struct nn **wkp, int threads, const char *isa, struct errbuf *why);
void nn_close(struct nn *nn);
/** Has any arithmetic run out of memory since the last call? Its results are then useless. Models
 *  ask once, after the last layer. */
bool nn_starved(struct nn *nn);

/** Name of the kernels in use, such as "avx512vnni". */
const char *nn_isa(const struct nn *nn);

/** The n-th kernels this processor can run, best first; NULL after the last ("plain"). */
const char *nn_isa_available(int n);

/** The thread pool, for loops of the caller's own (log-mel, sampling). */
struct nn_pool *nn_pool_of(struct nn *nn);

/* ---- matrices --------------------------------------------------------------------------- */

struct nn_matrix;

/** Rows of one tensor: `rows` x cols values of `type`, as stored in the file. */
struct nn_part {
    enum nn_type type;
    const void *data; /**< No alignment needed */
    int rows;
};

/**
 * Repack the parts, one below the other, as one [sum of rows, cols] matrix, using all threads. All
 * parts have one type. A part need not begin at a multiple of 16 rows.
 *
 * `data` is no longer read after this returns.
 */
int nn_matrix_pack(struct nn_matrix **mp, struct nn *nn, const struct nn_part *parts, int n_parts,
                   int cols, struct errbuf *why);

/**
 * The same for parts in a private read-only mapping of a file: their pages are given back half a
 * megabyte behind the packing, so that memory never holds a large tensor twice.
 */
int nn_matrix_pack_mapped(struct nn_matrix **mp, struct nn *nn, const struct nn_part *parts,
                          int n_parts, int cols, struct errbuf *why);

/**
 * Repack a convolution kernel, file shape [out][in][3] (f32 or f16), as an [out, 3 * in] matrix for
 * rows that hold three successive frames of `in` values. With the input stored frame by frame
 * (frame-major) between one zero frame before and one after, the convolution is
 *
 *     nn_linear(nn, &(struct nn_linear){.w = conv, .x = padded, .ldx = stride * in, .n = n_out,
 * ...});
 *
 * where row t begins at padded + t * stride * in: rows overlap, nothing is copied.
 */
int nn_conv_pack(struct nn_matrix **mp, struct nn *nn, enum nn_type type, const void *data, int out,
                 int in, struct errbuf *why);

void nn_matrix_free(struct nn_matrix *m);

int nn_matrix_rows(const struct nn_matrix *m);

/** Bytes read when multiplying by it: the figure to compare with memory bandwidth. */
size_t nn_matrix_bytes(const struct nn_matrix *m);

/** Dequantise one row (token embedding) into cols floats. */
void nn_matrix_row(const struct nn_matrix *m, int row, float *out);

/* ---- linear layer ----------------------------------------------------------------------- */

/**
 * y = residual + act(LN(x) W^T + bias); everything but w, x and y is optional.
 *
 * x, y and residual are rows of floats at distances ldx, ldy, ldr (in floats; 0: rows are
 * contiguous). y may be the same memory as residual, and so may x, but y must not overlap x.
 */
struct nn_linear {
    const struct nn_matrix *w;
    const float *x;
    size_t ldx;
    int n;                  /**< Rows; 1 .. NN_SMALL_BATCH take the memory-bound path */
    const float *ln_weight; /**< (optional) layer norm over x first, eps 1e-5: set both or
                                 neither */
    const float *ln_bias;
    const float *bias; /**< (optional) one per row of w */
    bool gelu;         /**< act = GELU, tanh form */
    const float *residual;
    size_t ldr;
    float *y;
    size_t ldy;
    bool exact; /**< f32 arithmetic with unquantised activations, for comparison (slow) */
    const struct nn_matrix *then; /**< (optional) the next matrix: its beginning may be
                                       prefetched */
};

void nn_linear(struct nn *nn, const struct nn_linear *l);

/**
 * Two layers in a row: the same as nn_linear() of first and then of second, with first's y as
 * second's x. The rows between them stay in the context; kernels that can do so quantise them while
 * they are in the cache. So first->y, first->ldy, second->x and second->ldx are not used, second
 * has no layer norm, and first->n equals second->n.
 */
void nn_linear_pair(struct nn *nn, const struct nn_linear *first, const struct nn_linear *second);

/* ---- attention -------------------------------------------------------------------------- */

/**
 * Self-attention of the encoder, every frame sees every frame; scores are scaled by
 * 1/sqrt(head_dim) and never materialised beyond a tile.
 *
 * @param qkv n rows of 3 * heads * head_dim: query, key, value, as a stacked nn_linear produces
 *            them
 * @param out n rows of heads * head_dim; must not overlap qkv
 */
void nn_encoder_attention(struct nn *nn, const float *qkv, int n, int heads, int head_dim,
                          float *out);

/** The type it multiplies in, like nn_linear_arithmetic(). */
const char *nn_encoder_attention_arithmetic(const struct nn *nn);

/**
 * Keys and values of n positions of one layer, laid out once and kept, in 16 bits. They extend
 * whatever is encoded later: a row of a shorter attention sees its own rows and the kept positions
 * after them. Read-only once made; for contexts with the same kernels.
 */
struct nn_kept;

/** @param qkv n rows as for nn_encoder_attention(); its queries are not read */
int nn_kept_open(struct nn_kept **kp, struct nn *nn, const float *qkv, int n, int heads,
                 int head_dim, struct errbuf *why);
void nn_kept_close(struct nn_kept *kept); /**< NULL is allowed */
size_t nn_kept_bytes(const struct nn_kept *kept);

/**
 * The same including the layer that computes queries, keys and values: nn_linear() of qkv, whose y
 * and ldy are not used, then nn_encoder_attention(). If there are enough heads for all threads,
 * each head is done from beginning to end while it is in the cache.
 *
 * @param kept (optional) what the rows see after themselves: its positions from qkv->n on
 */
void nn_self_attention(struct nn *nn, const struct nn_linear *qkv, int heads, int head_dim,
                       const struct nn_kept *kept, float *out);

/** Keys and values of one layer for one sequence. The layout is private to the kernels. */
struct nn_kv {
    int heads, head_dim;
    int cap; /**< Capacity, in positions */
    int n;   /**< Positions stored: 0 .. n - 1; set it lower to forget the end */
    bool f32;
    void *k, *v;
};

/**
 * Reserve room for cap positions.
 *
 * @param f32 store f32 instead of f16 (for exact comparison)
 */
int nn_kv_init(struct nn_kv *kv, int heads, int head_dim, int cap, bool f32, struct errbuf *why);
void nn_kv_release(struct nn_kv *kv);

/** Bytes reserved. */
size_t nn_kv_bytes(const struct nn_kv *kv);

/** Store n positions at first .. first + n - 1 from rows k and v, which are ldk and ldv floats
 *  apart; kv->n becomes first + n. first <= kv->n and first + n <= kv->cap. */
void nn_kv_store(struct nn *nn, struct nn_kv *kv, int first, int n, const float *k, size_t ldk,
                 const float *v, size_t ldv);

/** Fill positions 0 .. layer->n - 1 with the result of nn_linear() of layer (stacked keys and
 *  values; its y and ldy are not used), using all threads. layer->n <= kv->cap. */
void nn_kv_fill(struct nn *nn, struct nn_kv *kv, const struct nn_linear *layer);

/** Copy the first n positions of src to dst (same shape; room for n), for beams. */
void nn_kv_copy(struct nn_kv *dst, const struct nn_kv *src, int n);

/** One sequence's part of a batch of attentions. */
struct nn_attention {
    const float *q; /**< n rows, ldq apart */
    size_t ldq;
    int n;
    struct nn_kv *kv;
    int causal_from; /**< -1: every row sees kv->n positions; else row i sees causal_from + i + 1 */
    const float *k;  /**< (optional) n rows of keys and of values, to be stored first, as by */
    const float *v;  /**< nn_kv_store() at causal_from */
    size_t ldkv;
    float *out; /**< n rows, ldo apart */
    size_t ldo;
    float *probs; /**< (optional) softmax weights [heads][n][kv->n], zero where masked */
};

/** Attention of each item over its own cache (self: causal_from = position of row 0; cross: -1;
 *  several items may share a cache only if nothing is stored). */
void nn_attention(struct nn *nn, const struct nn_attention *items, int n_items);

/* ---- small things ----------------------------------------------------------------------- */

/** Memory for n floats, aligned to a cache line, because vectors that cross two lines take twice as
 *  long. Free it with free(); NULL: no memory. */
float *nn_floats(size_t n);

/** Layer norm of n rows, eps 1e-5; y may be x. */
void nn_layer_norm(struct nn *nn, const float *x, int n, int dim, const float *weight,
                   const float *bias, float *y);

/** Largest value, its index, and log(sum(exp)) of a row of logits; -inf entries are skipped. */
struct nn_peak {
    int top;
    float top_value;
    float logsumexp; /**< Log-probability of id i is x[i] - logsumexp */
};
void nn_logits_peak(struct nn *nn, const float *x, int count, struct nn_peak *out);

/** f16 <-> f32 rows (IEEE half, round to nearest even). */
void nn_f16_to_f32(const uint16_t *x, float *y, size_t count);
void nn_f32_to_f16(const float *x, uint16_t *y, size_t count);

/** Activation functions, to f32 precision. */
enum nn_curve {
    NN_SIGMOID,
    NN_TANH,
    NN_GELU, /**< With erf; nn_linear() uses the tanh form */
    NN_RELU,
};

/** Applies the curve to x in place, with all threads. */
void nn_curve(struct nn *nn, enum nn_curve which, float *x, size_t count);

/** Replaces x by its softmax. */
void nn_softmax(float *x, size_t count);

/* ---- recurrent layers ------------------------------------------------------------------- */

/** One layer of long short-term memory (Hochreiter and Schmidhuber 1997, with forget gates). */
struct nn_lstm {
    struct nn_matrix *input;  /**< [4 size, in]: gates in PyTorch's order: input, forget, cell,
                                   output */
    struct nn_matrix *hidden; /**< [4 size, size] */
    float *bias;              /**< [4 size]: the sum of both */
    int in, size;             /**< size: a multiple of 16 */
};

/** Copies its arguments; w_ih [4 size][in], w_hh [4 size][size], b_ih and b_hh [4 size]. */
int nn_lstm_pack(struct nn_lstm *l, struct nn *nn, const float *w_ih, const float *w_hh,
                 const float *b_ih, const float *b_hh, int in, int size, struct errbuf *why);
void nn_lstm_release(struct nn_lstm *l);

/**
 * Runs `rows` sequences side by side, `steps` steps each.
 *
 * @param x   [steps][rows][in]
 * @param h   [rows][size], like c: the state before the first step; on return, after the last
 * @param out (optional) [steps][rows][size]: h after each step; must not overlap x
 */
void nn_lstm_run(struct nn *nn, const struct nn_lstm *l, const float *x, int steps, int rows,
                 float *h, float *c, float *out);

/* ---- measuring the machine -------------------------------------------------------------- */

/** The best this machine can do, from register-only loops and from reading memory. */
struct nn_peaks {
    double f32_gops;    /**< Of all threads together, a multiply-add counted as two [1e9/s] */
    double int8_gops;   /**< 0 if the kernels in use have no int8 */
    double int16_gops;  /**< 0 if the kernels in use have no int16 */
    double read_gbytes; /**< Reading several times as much as the caches hold [1e9 bytes/s] */
};

/** Measure for about `ms` milliseconds per figure, with the context's threads. */
void nn_measure_peaks(struct nn *nn, int ms, struct nn_peaks *out);

/** Which of the peaks bounds nn_linear() with n rows and this matrix: "int8", "int16" or "f32". */
const char *nn_linear_arithmetic(const struct nn *nn, const struct nn_matrix *m, int n);

#endif
