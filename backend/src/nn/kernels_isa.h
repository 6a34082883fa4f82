/**
 * @file nn/kernels_isa.h  The interface between the kernels' common part and the instruction sets
 *
 * Private to nn/. The common part (kernels.c, kernels_pack.c, kernels_linear.c,
 * kernels_attention.c) owns memory, threads and the order of work; a struct nn_isa does the
 * arithmetic on what one thread has been given. Each instruction set is one file compiled with its
 * own flags, so nothing in it may be called before nn_isa.usable() has returned true.
 *
 * Layout of a packed matrix. 16 rows form a panel, padded with zero rows; columns are padded
 * with zeros to whole blocks of 32. A panel is one run of bytes:
 *
 *     quantised  qs: per block 4-bit 256 bytes, 8-bit 512 bytes
 *                qh: (5-bit types) per block 64 bytes
 *                d:  per block 16 f16, one a row;   m: (_1 types) the same
 *     s12        words: per block 768 bytes; d: as above
 *     f16, f32   per column 16 values, one a row
 *
 * Within a block the columns form 8 quads of 4. 8-bit: quad q, row r at qs[64 q + 4 r .. + 3].
 * 4-bit: byte 64 q + 4 r + i holds column 4 q + i in its low and column 16 + 4 q + i in its high
 * nibble, q = 0..3 (ggml's own pairing, rows interleaved). qh: bit 4 r + i of the q-th
 * little-endian 64-bit word is the fifth bit of column 4 q + i of row r, q = 0..7: a byte mask
 * for a 512-bit register.
 *
 * 12-bit: eight columns are four pairs; a pair is two 16-bit words per row, side by side. The words
 * of the first three pairs, 64 bytes each, hold their weights in the upper 12 bits. The lower 4
 * bits of the three words in the same place form the weight of the fourth pair, highest bits first.
 */
#ifndef NN_KERNELS_ISA_H
#define NN_KERNELS_ISA_H

#include "nn/nn.h"

#include <stdatomic.h>

/* Put before a loop of constant length whose variables must stay in registers. */
#ifdef __clang__
#define NN_UNROLL   _Pragma("unroll")
#define NN_UNROLL_2 _Pragma("unroll 2")
#else
#define NN_UNROLL   _Pragma("GCC unroll 24")
#define NN_UNROLL_2 _Pragma("GCC unroll 2")
#endif

enum {
    NN_PANEL = 16,      /* rows of a panel */
    NN_PANELS_MAX = 4,  /* panels of one tile of the many-row path */
    NN_QUERY_ROWS = 24, /* most query rows in one tile of encoder attention */
    NN_TILE_ROWS = 48,  /* most input rows that the many-row path finishes at once */
    NN_HEAD_ROWS = 5,   /* most query rows of decoder attention that are answered together */
    NN_NORM_ROWS = 16,  /* most rows normalised at once */
    NN_TOP_12 = 2047,   /* largest 12-bit weight */
};

/* A block of a row of x, to be multiplied by 12-bit weights; q is at most 32767, so that the sum of
 * a block just fits 32 bits: 32 * 2047 * 32767 < 2^31. */
struct nn_block_16 {
    int16_t q[NN_BLOCK];
    float scale;
};

struct nn_matrix {
    enum nn_type type;
    int rows, cols;
    int panels; /* of NN_PANEL rows */
    int blocks; /* of NN_BLOCK columns */
    size_t panel_bytes;
    size_t qh, d, m; /* offsets within a panel */
    uint8_t *data;   /* 64-byte aligned */
    size_t data_bytes;
};

/* Bytes of the integers of a block of a panel: `words`, or `qs` without the fifth bits. */
static inline int nn_block_bytes(enum nn_type type)
{
    return type == NN_Q12 ? 768 : type == NN_Q8_0 ? 512 : 256;
}

static inline const uint8_t *nn_panel(const struct nn_matrix *m, int panel)
{
    return m->data + (size_t)panel * m->panel_bytes;
}

/* What is done to a tile of products before it becomes y; the pointers refer to the tile's
 * corner. */
struct nn_finish {
    const float *bias; /* NULL: none */
    bool gelu;
    const float *residual; /* NULL: none */
    size_t ldr;
    float *y;
    size_t ldy;
    int rows; /* of x */
    int cols; /* of y, at most the tile's width */
};

/* What a product prefetches on the side. Many rows: spread over the work. */
struct nn_ahead {
    const float *y; /* where the finished tile goes; NULL: nothing to prefetch */
    size_t ldy;
    const uint8_t *next; /* a slice of the packed weights that are needed next */
    size_t bytes;
    const uint8_t *end; /* few rows: the end of this thread's share */
};

/* One way of multiplying: how rows of x are prepared, and a panel product. */
struct nn_product {
    const char *arithmetic; /* "int8", "int16", "f32" */

    /* Bytes of one prepared row of m->cols values, a multiple of 64. */
    size_t (*row_bytes)(const struct nn_matrix *m);
    void (*prepare)(const struct nn_matrix *m, const float *x, void *row);

    /* (optional; then there is no prepare) Prepares the same part of n rows, part(m) columns wide;
     * x is its first column, rows are ldx apart, and columns after the last are not read. part() is
     * a multiple of NN_PANEL * NN_PANELS_MAX. */
    int (*part)(const struct nn_matrix *m);
    void (*prepare_part)(const struct nn_matrix *m, const float *x, size_t ldx, int n, int part,
                         void *rows);

    /* Bytes of a thread's scratch memory for unpacked panels. */
    size_t (*scratch_bytes)(const struct nn_matrix *m);

    /* Unpacks n_panels (1 or NN_PANELS_MAX) into scratch. NULL: multiply reads the packed panel. */
    void (*unpack)(const struct nn_matrix *m, int panel, int n_panels, void *scratch);

    /* tile[n][NN_PANEL * n_panels] = rows * panel^T. Without unpack: any n_panels. */
    void (*multiply)(const struct nn_matrix *m, int panel, int n_panels, const void *scratch,
                     const void *rows, int n, float *tile, const struct nn_ahead *ahead);

    /* (optional, with unpack; then there is no multiply) The same for f->rows rows, and finishes
     * them; `tile` is working memory. */
    void (*multiply_finish)(const struct nn_matrix *m, int n_panels, const void *scratch,
                            const void *rows, float *tile, const struct nn_ahead *ahead,
                            const struct nn_finish *f);
};

/* Decoder attention of one head over a cache, f16 or f32; see kernels_attention.c. */
struct nn_head {
    const float *q; /* head_dim values */
    const void *k;  /* this head's keys: [head_dim][cap] */
    const void *v;  /* this head's values: [cap][head_dim] */
    int head_dim, cap, n;
    bool f32;
    float *scores; /* n rounded up to 16; softmax weights afterwards */
    float *out;    /* head_dim values */
};

/* Rows of one head that see the same positions. */
struct nn_head_rows {
    struct nn_head first;
    int rows;             /* 2 .. NN_HEAD_ROWS */
    size_t ldq, lds, ldo; /* from one row's q, scores, out to the next, [floats] */
};

/* A tile of query rows of one head of the encoder. */
struct nn_self {
    const float *q; /* rows, ldq apart */
    size_t ldq;
    int rows, n, head_dim;
    const void *prepared;
    const void *kept; /* positions n .. kept_n - 1 of it are visible; NULL: none */
    int kept_n;
    void *work;
    float *out; /* rows, ldo apart */
    size_t ldo;
};

/* Keys and values of one head: n rows, ld apart. */
struct nn_keys {
    const float *k, *v;
    size_t ld;
    int n, head_dim;
};

/* Encoder self-attention: one head's keys and values are laid out once (in `bytes` of memory), then
 * tiles of at most NN_QUERY_ROWS query rows are computed. q is not scaled. The kept part of a head
 * (keep) has kept_n positions, of which those from n on are visible; kept_n 0: nothing is kept. */
struct nn_self_kind {
    const char *arithmetic; /* of both products, as in struct nn_product */
    size_t (*bytes)(int n, int kept_n, int head_dim);
    void (*prepare)(const struct nn_keys *live, const void *kept, int kept_n, void *prepared);
    size_t (*work)(int n, int kept_n, int head_dim); /* bytes of scratch per thread */
    void (*rows)(const struct nn_self *s);
    size_t (*kept_bytes)(int n, int head_dim);
    void (*keep)(const struct nn_keys *all, void *kept);
};

/* Layer norm of rows; y may be x. */
struct nn_norm {
    const float *x;
    size_t ldx;
    int n, dim; /* at most NN_NORM_ROWS rows */
    const float *weight, *bias;
    float *y;
    size_t ldy;
};

struct nn_isa {
    const char *name;
    bool (*usable)(void);

    /* NULL if the product does not suit the type. Few rows: 1 .. NN_SMALL_BATCH. */
    const struct nn_product *(*few)(enum nn_type type);
    const struct nn_product *(*many)(enum nn_type type);

    /* Applies bias, GELU and residual to a tile of width ld. */
    void (*finish)(const float *tile, int ld, const struct nn_finish *f);

    void (*layer_norm)(const struct nn_norm *t);
    void (*head)(const struct nn_head *h);
    void (*head_rows)(const struct nn_head_rows *r); /* (optional) bit for bit as head() */

    const struct nn_self_kind *self;

    void (*to_halves)(const float *x, uint16_t *y, int count);

    /* (optional) Converts 16 rows of dim values, ld apart, to dim columns of 16 halves, cap
     * apart. */
    void (*keys_to_halves)(const float *k, size_t ld, int dim, uint16_t *keys, size_t cap);
    double (*sum_exp)(const float *x, int count, float max);

    /* both come from kernels_curves.h */
    void (*curve)(enum nn_curve which, float *x, size_t count);
    void (*lstm_cell)(const float *gates, size_t size, float *h, float *c);

    /* Operations done by `rounds` rounds of a register-only loop (a multiply-add is two). */
    double (*peak_f32)(long rounds);
    double (*peak_int8)(long rounds);  /* NULL: no int8 */
    double (*peak_int16)(long rounds); /* NULL: no int16 */
    uint64_t (*read)(const void *p, size_t bytes);
};

extern const struct nn_isa nn_isa_plain;
#ifdef NN_HAVE_AVXVNNI
extern const struct nn_isa nn_isa_avxvnni;
#endif
#ifdef NN_HAVE_AVX2
extern const struct nn_isa nn_isa_avx2;
#endif
#ifdef NN_HAVE_AVX512VNNI
extern const struct nn_isa nn_isa_avx512vnni;
#endif
#ifdef NN_HAVE_NEON
extern const struct nn_isa nn_isa_neon;
#endif

/* The largest magnitude of a group to be quantised, or 0 if the group is practically empty: the
 * inverse of anything smaller would be infinite, and denormal products cost a hundred cycles
 * each. */
static inline float nn_worth(float max)
{
    return max > 1e-30f ? max : 0;
}

/* Scalar f16 conversion, for packing and for remainders. */
float nn_half_to_float(uint16_t h);
uint16_t nn_float_to_half(float f);

/* nn_q12_put() packs 32 weights of row r of a panel into the words of a 12-bit block, with their
 * scale; nn_q12_at() returns the integer that column c (0..31) became. */
void nn_q12_put(const uint16_t halves[NN_BLOCK], int r, uint8_t *words, uint16_t *scale);
int nn_q12_at(const uint8_t *words, int r, int c);

/* Dequantises block `b` of a panel: out[32][16], column-major like the panel. */
void nn_block_floats(const struct nn_matrix *m, const uint8_t *panel, int b, float *out);

/* nn_kv_store() for one head, whose first values are k and v; kv->n does not change. */
void nn_kv_store_head(struct nn *nn, struct nn_kv *kv, int head, int first, int n, const float *k,
                      size_t ldk, const float *v, size_t ldv);

/* Heads of one layer whose positions are kept behind those of others. */
struct nn_kept {
    const struct nn_isa *isa;
    int n, heads, head_dim;
    size_t head_bytes;
    uint8_t *data; /* [heads][head_bytes] */
};

static inline const void *nn_kept_head(const struct nn_kept *kept, int head)
{
    return kept ? kept->data + (size_t)head * kept->head_bytes : NULL;
}

/* nn_encoder_attention() with kept positions after the live ones; kept may be NULL. */
void nn_rows_attention(struct nn *nn, const float *qkv, int n, int heads, int head_dim,
                       const struct nn_kept *kept, float *out);

/* Rounds up to the next multiple of a cache line. */
static inline size_t align64(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* One worker's scratch memory, grown to at least `bytes`; 64-byte aligned. */
struct nn_scratch {
    void *data;
    size_t bytes;
};

/* A context. */
struct nn {
    struct nn_pool *pool;
    const struct nn_isa *isa;
    struct nn_scratch shared;                  /* prepared rows, written by all threads */
    struct nn_scratch between;                 /* those of the second layer of a pair */
    struct nn_scratch heads;                   /* prepared keys and values */
    struct nn_scratch gates;                   /* of a recurrent layer */
    struct nn_scratch workers[NN_THREADS_MAX]; /* one per thread */
    atomic_bool starved;                       /* see nn_starved() */
};

/* NULL if there is no memory: the context is then starved, and the caller leaves its part undone.
 * Each scratch is requested by only one thread at a time. */
void *nn_scratch_need(struct nn *nn, struct nn_scratch *s, size_t bytes);

#endif
