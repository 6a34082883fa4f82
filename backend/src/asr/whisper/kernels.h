/**
 * @file asr/whisper/kernels.h  The arithmetic of the Whisper engine
 *
 * Weights come from a `ggml-*.bin` file and are repacked once (wk_matrix_pack); activations are
 * plain float rows, one row a frame or token. A context (wk_open) holds the threads, the scratch
 * memory and the choice of instruction set:
 *
 *     struct wk *wk;
 *     wk_open(&wk, 2, NULL, &err);
 *
 *     struct wk_part qkv[3] = {{WK_Q5_0, query, D}, {WK_Q5_0, key, D}, {WK_Q5_0, value, D}};
 *     struct wk_matrix *w;
 *     wk_matrix_pack(&w, wk, qkv, 3, D, &err);               // one [3D, D] matrix
 *
 *     wk_linear(wk, &(struct wk_linear){                      // y = LN(x) W^T + b
 *         .w = w, .x = x, .ldx = D, .n = n, .ln_weight = lw, .ln_bias = lb,
 *         .bias = b, .y = y, .ldy = 3 * D});
 *     wk_encoder_attention(wk, y, n, heads, head_dim, out);
 *     ...
 *     wk_matrix_free(w);
 *     wk_close(wk);
 *
 * What is quantised stays quantised in memory: a packed matrix takes the bytes of its tensor plus
 * padding of the rows to a multiple of 16. Weights of f16 that are read once a token may be packed
 * as WK_S12 (parts of that type are f16 in the source), which is four fifths of the bytes: integers
 * of at most 2047 in blocks of 32 columns with an f16 scale, so that a weight is off by at most
 * 1/4094 of the largest of its block. Block-quantised weights are multiplied in int8 or int16 with
 * activations quantised on the fly, f16 in int16 or f32, f32 in f32: see
 * docs/architecture/whisper-kernels.md for what is done where and how exact it is.
 *
 * Threads    A struct wk belongs to one thread at a time. Matrices are read-only once packed and
 *            may be used by any number of contexts at once. A struct wk_kv is written by one
 *            thread at a time.
 * Errors     Opening, packing and wk_kv_init can fail. The arithmetic itself cannot: scratch
 *            grows by allocation, and abort() is called when memory is exhausted there.
 * Ownership  Packing copies; the source may be unmapped afterwards. Rows, biases and caches are
 *            the caller's and must not overlap unless a comment says that they may.
 * Alignment  No alignment is required of caller's rows; 64 bytes are fastest.
 */
#ifndef ASR_WHISPER_KERNELS_H
#define ASR_WHISPER_KERNELS_H

#include "asr/whisper/pool.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Numbers of ggml's tensor types (in a model file: `type` of each tensor). */
enum wk_type {
    WK_F32 = 0,
    WK_F16 = 1,
    WK_Q4_0 = 2,
    WK_Q4_1 = 3,
    WK_Q5_0 = 6,
    WK_Q5_1 = 7,
    WK_Q8_0 = 8,
    WK_S12 = 9, /**< In no file: f16 that is packed as 12-bit integers, for memory-bound products */
};

enum {
    WK_BLOCK = 32,         /**< Weights that share a scale in the quantised types */
    WK_DIM_MAX = 1 << 20,  /**< Largest number of rows or columns of a matrix */
    WK_SMALL_BATCH = 8,    /**< Up to so many rows wk_linear is bound by memory, not arithmetic */
    WK_HEAD_DIM_MAX = 128, /**< Largest head; a head is a multiple of 16 wide */
};

/** True when the number names a type above (a hostile file may say anything). */
bool wk_type_known(int type);

/** Bytes of `count` weights of one row of a tensor; count is a multiple of WK_BLOCK for quantised
 *  types. */
size_t wk_type_bytes(enum wk_type type, size_t count);

/** "q5_0" and so on. */
const char *wk_type_name(enum wk_type type);

/* ---- context ---------------------------------------------------------------------------- */

struct wk;

/**
 * Open a context: threads, scratch and kernels.
 *
 * @param threads as wk_pool_open
 * @param isa     "avx512vnni", "avxvnni", "avx2", "neon", "plain"; NULL: $INTERVIEWD_KERNELS when
 * set, else the best this processor can run
 * @return UV_ENOTSUP when this processor or build cannot run the one asked for
 */
int wk_open(struct wk **wkp, int threads, const char *isa, struct errbuf *err);
void wk_close(struct wk *wk);

/** Name of the kernels in use, for example "avx512vnni". */
const char *wk_isa(const struct wk *wk);

/** The n-th kernels this processor can run, best first; NULL after the last ("plain"). */
const char *wk_isa_available(int n);

/** The threads, for loops of the caller's own (log-mel, sampling). */
struct wk_pool *wk_pool_of(struct wk *wk);

/* ---- matrices --------------------------------------------------------------------------- */

struct wk_matrix;

/** Rows of one tensor: `rows` x cols values of `type` as they lie in the file. */
struct wk_part {
    enum wk_type type;
    const void *data; /**< No alignment needed */
    int rows;
};

/**
 * Repack the parts, one below the other, as one [sum of rows, cols] matrix, using all threads.
 * All parts have one type. A part that does not begin at a multiple of 16 rows is allowed.
 *
 * Every read of `data` happens before this returns.
 */
int wk_matrix_pack(struct wk_matrix **mp, struct wk *wk, const struct wk_part *parts, int n_parts,
                   int cols, struct errbuf *err);

/**
 * The same for parts that lie in a private read-only mapping of a file: their pages are given back
 * half a megabyte behind the packing, so that memory never holds a large tensor twice.
 */
int wk_matrix_pack_mapped(struct wk_matrix **mp, struct wk *wk, const struct wk_part *parts,
                          int n_parts, int cols, struct errbuf *err);

/**
 * Repack a convolution kernel, file shape [out][in][3] (f32 or f16), as an [out, 3 * in] matrix
 * for rows that hold three successive frames of `in` values. With the input stored frame by
 * frame (frame-major) between one zero frame in front and one behind, the convolution is
 *
 *     wk_linear(wk, &(struct wk_linear){.w = conv, .x = padded, .ldx = stride * in, .n = n_out,
 * ...});
 *
 * where row t begins at padded + t * stride * in: rows overlap, nothing is copied.
 */
int wk_conv_pack(struct wk_matrix **mp, struct wk *wk, enum wk_type type, const void *data, int out,
                 int in, struct errbuf *err);

void wk_matrix_free(struct wk_matrix *m);

int wk_matrix_rows(const struct wk_matrix *m);
int wk_matrix_cols(const struct wk_matrix *m);
enum wk_type wk_matrix_type(const struct wk_matrix *m);

/** Bytes that multiplying by it reads: what memory bandwidth is measured against. */
size_t wk_matrix_bytes(const struct wk_matrix *m);

/** Dequantise one row (token embedding) into cols floats. */
void wk_matrix_row(const struct wk_matrix *m, int row, float *out);

/* ---- linear layer ----------------------------------------------------------------------- */

/**
 * y = residual + act(LN(x) W^T + bias); everything but w, x and y is optional.
 *
 * x, y and residual are rows of floats at distances ldx, ldy, ldr (in floats, 0: rows are as
 * long as the matrix needs). y may be the same memory as residual; x may be the same memory as
 * residual, but y must not overlap x (except x == y == nothing).
 */
struct wk_linear {
    const struct wk_matrix *w;
    const float *x;
    size_t ldx;
    int n;                  /**< Rows; 1 .. WK_SMALL_BATCH take the memory-bound path */
    const float *ln_weight; /**< (optional) layer norm over x first, eps 1e-5: both or none */
    const float *ln_bias;
    const float *bias; /**< (optional) one per row of w */
    bool gelu;         /**< act = GELU, tanh form */
    const float *residual;
    size_t ldr;
    float *y;
    size_t ldy;
    bool exact; /**< f32 arithmetic with unquantised activations, for comparing (slow) */
    const struct wk_matrix *then; /**< (optional) multiplied next: its beginning may be fetched */
};

void wk_linear(struct wk *wk, const struct wk_linear *l);

/**
 * Two layers in a row, as wk_linear() of first and then of second with its x being first's y.
 * The rows between them stay in the context, quantised while they are in cache where the kernels
 * can do that; so first->y, first->ldy, second->x and second->ldx are not used, second has no
 * layer norm, and first->n equals second->n.
 */
void wk_linear_pair(struct wk *wk, const struct wk_linear *first, const struct wk_linear *second);

/* ---- attention -------------------------------------------------------------------------- */

/**
 * Self-attention of the encoder, every frame sees every frame; scores are scaled by
 * 1/sqrt(head_dim) and never materialised beyond a tile.
 *
 * @param qkv n rows of 3 * heads * head_dim: query, key, value, as a stacked wk_linear gives them
 * @param out n rows of heads * head_dim; must not overlap qkv
 */
void wk_encoder_attention(struct wk *wk, const float *qkv, int n, int heads, int head_dim,
                          float *out);

/** The type it multiplies in, as wk_linear_arithmetic(). */
const char *wk_encoder_attention_arithmetic(const struct wk *wk);

/**
 * The same with the layer that gives queries, keys and values: wk_linear() of qkv, whose y and ldy
 * are not used, then wk_encoder_attention(). Where there are heads enough for all threads, one
 * head after the other is done from beginning to end while it is in cache.
 */
void wk_self_attention(struct wk *wk, const struct wk_linear *qkv, int heads, int head_dim,
                       float *out);

/** Keys and values of one layer of one sequence. Layout is private to the kernels. */
struct wk_kv {
    int heads, head_dim;
    int cap; /**< Positions there is room for */
    int n;   /**< Positions stored: 0 .. n - 1; set lower to forget the end */
    bool f32;
    void *k, *v;
};

/**
 * Reserve room for cap positions.
 *
 * @param f32 keep f32 instead of f16 (for exact comparison)
 */
int wk_kv_init(struct wk_kv *kv, int heads, int head_dim, int cap, bool f32, struct errbuf *err);
void wk_kv_release(struct wk_kv *kv);

/** Bytes reserved. */
size_t wk_kv_bytes(const struct wk_kv *kv);

/** Store n positions at first .. first + n - 1 from rows k and v, ldk and ldv floats apart; kv->n
 *  becomes first + n. first <= kv->n and first + n <= kv->cap. */
void wk_kv_store(struct wk *wk, struct wk_kv *kv, int first, int n, const float *k, size_t ldk,
                 const float *v, size_t ldv);

/** Positions 0 .. layer->n - 1 are what wk_linear() of layer (a stack of keys and values; its y and
 *  ldy are not used) gives, with all threads. layer->n <= kv->cap. */
void wk_kv_fill(struct wk *wk, struct wk_kv *kv, const struct wk_linear *layer);

/** dst becomes a copy of the first n positions of src (same shape; room for n), for beams. */
void wk_kv_copy(struct wk_kv *dst, const struct wk_kv *src, int n);

/** One sequence's share of a batch of attentions. */
struct wk_attention {
    const float *q; /**< n rows, ldq apart */
    size_t ldq;
    int n;
    struct wk_kv *kv;
    int causal_from; /**< -1: every row sees kv->n positions; else row i sees causal_from + i + 1 */
    const float *k; /**< (optional) n rows of keys, and of values, that are stored first, as with */
    const float *v; /**< wk_kv_store() at causal_from */
    size_t ldkv;
    float *out; /**< n rows, ldo apart */
    size_t ldo;
    float *probs; /**< (optional) softmax weights [heads][n][kv->n], zero where masked */
};

/** Attention of each item over a cache of its own (self: causal_from = position of row 0; cross:
 *  -1, with several items on one cache only when nothing is stored). */
void wk_attention(struct wk *wk, const struct wk_attention *items, int n_items);

/* ---- small things ----------------------------------------------------------------------- */

/** Memory for n floats that begins with a cache line, because vectors that lie across two of them
 *  take twice as long. Give it back with free(); NULL: there is none. */
float *wk_floats(size_t n);

/** Layer norm of n rows, eps 1e-5; y may be x. */
void wk_layer_norm(struct wk *wk, const float *x, int n, int dim, const float *weight,
                   const float *bias, float *y);

/** Largest value, where it is, and log(sum(exp)) of a row of logits; -inf entries are skipped. */
struct wk_peak {
    int top;
    float top_value;
    float logsumexp; /**< Log-probability of id i is x[i] - logsumexp */
};
void wk_logits_peak(struct wk *wk, const float *x, int count, struct wk_peak *out);

/** f16 <-> f32 rows (IEEE half, round to nearest even). */
void wk_f16_to_f32(const uint16_t *x, float *y, size_t count);
void wk_f32_to_f16(const float *x, uint16_t *y, size_t count);

/* ---- measuring the machine -------------------------------------------------------------- */

/** What this machine can do at best, from register-only loops and from reading memory. */
struct wk_peaks {
    double f32_gops;    /**< Multiply and add counted as two, all threads together, in [1e9/s] */
    double int8_gops;   /**< 0 where the kernels in use have no int8 */
    double int16_gops;  /**< 0 where the kernels in use have no int16 */
    double read_gbytes; /**< Reading several times what the caches hold, in [1e9 bytes/s] */
};

/** Measure for about `ms` milliseconds per figure, with the context's threads. */
void wk_measure_peaks(struct wk *wk, int ms, struct wk_peaks *out);

/** Which of the peaks bounds wk_linear with n rows for this matrix: "int8", "int16" or "f32". */
const char *wk_linear_arithmetic(const struct wk *wk, const struct wk_matrix *m, int n);

#endif
