/**
 * @file nn/kernels_attention.c  Key and value caches, and the order of work of attention
 *
 * softmax(q K^T / sqrt(d)) V, Vaswani et al. 2017, "Attention is all you need", section 3.2.1.
 * Caches keep keys transposed, so that both products run along contiguous memory, with one vector
 * lane per position (scores) or per channel (output):
 *
 *     k [head][head_dim][cap]      v [head][cap][head_dim]
 */
#include "nn/kernels_isa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CAP_UNIT = 32,       /* caches hold a multiple of this many positions */
    KEYS_AT_ONCE = 16,   /* stored by nn_isa.keys_to_halves() */
    STORE_PARALLEL = 16, /* positions from which storing is shared among threads */
    ALONE = 1 << 15,     /* this many products are not worth waking a helper for */
    STORING = 32,        /* storing one position costs about as much as attending to this many */
};

/* ---- caches ------------------------------------------------------------------------------- */

static size_t half_bytes(const struct nn_kv *kv)
{
    size_t size = kv->f32 ? sizeof(float) : sizeof(uint16_t);

    return align64((size_t)kv->heads * (size_t)kv->head_dim * (size_t)kv->cap * size);
}

size_t nn_kv_bytes(const struct nn_kv *kv)
{
    return kv->k ? 2 * half_bytes(kv) : 0;
}

int nn_kv_init(struct nn_kv *kv, int heads, int head_dim, int cap, bool f32, struct errbuf *why)
{
    struct nn_kv made = {.heads = heads, .head_dim = head_dim, .f32 = f32};

    if (heads < 1 || heads > 1024 || head_dim < 16 || head_dim > NN_HEAD_DIM_MAX ||
        head_dim % 16 != 0 || cap < 1 || cap > NN_DIM_MAX)
        return err_set(why, UV_EINVAL, "no cache of %d heads of %d for %d positions", heads,
                       head_dim, cap);
    made.cap = (cap + CAP_UNIT - 1) / CAP_UNIT * CAP_UNIT;
    made.k = aligned_alloc(64, half_bytes(&made));
    made.v = aligned_alloc(64, half_bytes(&made));
    if (!made.k || !made.v) {
        nn_kv_release(&made);
        return err_set(why, UV_ENOMEM, "out of memory for an attention cache");
    }
    memset(made.k, 0, half_bytes(&made)); /* lanes past the end are computed and discarded */
    memset(made.v, 0, half_bytes(&made));
    *kv = made;
    return 0;
}

void nn_kv_release(struct nn_kv *kv)
{
    if (!kv)
        return;
    free(kv->k);
    free(kv->v);
    *kv = (struct nn_kv){.heads = 0};
}

struct store_job {
    struct nn *nn;
    struct nn_kv *kv;
    int first, n;
    const float *k, *v;
    size_t ldk, ldv;
};

/* Stores one position of one head as f16. */
static void store_key(const struct store_job *j, size_t base, size_t pos, const float *k)
{
    const struct nn_kv *kv = j->kv;
    uint16_t *keys = (uint16_t *)kv->k + base + pos;
    uint16_t half[NN_HEAD_DIM_MAX];

    j->nn->isa->to_halves(k, half, kv->head_dim);
    for (int d = 0; d < kv->head_dim; d++, keys += kv->cap)
        *keys = half[d];
}

/* Stores one head as f16. */
static void store_halves(const struct store_job *j, size_t base, const float *k, const float *v)
{
    const struct nn_kv *kv = j->kv;
    uint16_t *values = (uint16_t *)kv->v + base + (size_t)j->first * (size_t)kv->head_dim;
    int i = 0;

    for (; i < j->n; i++, values += kv->head_dim)
        j->nn->isa->to_halves(v + (size_t)i * j->ldv, values, kv->head_dim);
    i = 0;
    for (; j->nn->isa->keys_to_halves && i + KEYS_AT_ONCE <= j->n; i += KEYS_AT_ONCE)
        j->nn->isa->keys_to_halves(k + (size_t)i * j->ldk, j->ldk, kv->head_dim,
                                   (uint16_t *)kv->k + base + (size_t)(j->first + i),
                                   (size_t)kv->cap);
    for (; i < j->n; i++)
        store_key(j, base, (size_t)(j->first + i), k + (size_t)i * j->ldk);
}

static void store_floats(const struct store_job *j, size_t base, size_t pos, const float *k,
                         const float *v)
{
    const struct nn_kv *kv = j->kv;
    float *keys = (float *)kv->k + base + pos;

    memcpy((float *)kv->v + base + pos * (size_t)kv->head_dim, v,
           (size_t)kv->head_dim * sizeof(float));
    for (int d = 0; d < kv->head_dim; d++, keys += kv->cap)
        *keys = k[d];
}

void nn_kv_store_head(struct nn *nn, struct nn_kv *kv, int head, int first, int n, const float *k,
                      size_t ldk, const float *v, size_t ldv)
{
    struct store_job j = {.nn = nn, .kv = kv, .first = first, .n = n, .ldk = ldk, .ldv = ldv};
    size_t base = (size_t)head * (size_t)kv->head_dim * (size_t)kv->cap;

    if (!kv->f32) {
        store_halves(&j, base, k, v);
        return;
    }
    for (size_t i = 0; i < (size_t)n; i++)
        store_floats(&j, base, (size_t)first + i, k + i * ldk, v + i * ldv);
}

static void store_head(void *arg, int head, int worker)
{
    const struct store_job *j = arg;
    size_t at = (size_t)head * (size_t)j->kv->head_dim;

    (void)worker;
    nn_kv_store_head(j->nn, j->kv, head, j->first, j->n, j->k + at, j->ldk, j->v + at, j->ldv);
}

void nn_kv_store(struct nn *nn, struct nn_kv *kv, int first, int n, const float *k, size_t ldk,
                 const float *v, size_t ldv)
{
    struct store_job j = {
        .nn = nn, .kv = kv, .first = first, .n = n, .k = k, .v = v, .ldk = ldk, .ldv = ldv};

    if (n < STORE_PARALLEL) {
        for (int head = 0; head < kv->heads; head++)
            store_head(&j, head, 0);
    } else {
        nn_pool_run(nn->pool, kv->heads, store_head, &j);
    }
    kv->n = first + n;
}

void nn_kv_copy(struct nn_kv *dst, const struct nn_kv *src, int n)
{
    size_t size = src->f32 ? sizeof(float) : sizeof(uint16_t);
    size_t dim = (size_t)src->head_dim;
    size_t rows = (size_t)src->heads * dim;

    for (size_t r = 0; r < rows; r++)
        memcpy((char *)dst->k + r * (size_t)dst->cap * size,
               (const char *)src->k + r * (size_t)src->cap * size, (size_t)n * size);
    for (size_t h = 0; h < (size_t)src->heads; h++)
        memcpy((char *)dst->v + h * (size_t)dst->cap * dim * size,
               (const char *)src->v + h * (size_t)src->cap * dim * size, (size_t)n * dim * size);
    dst->n = n;
}

/* ---- decoder ------------------------------------------------------------------------------ */

struct attention_job {
    struct nn *nn;
    const struct nn_attention *items;
    int heads;
};

static void keep_probs(const struct nn_attention *it, int head, int row, const float *scores, int n)
{
    size_t at = ((size_t)head * (size_t)it->n + (size_t)row) * (size_t)it->kv->n;

    memcpy(it->probs + at, scores, (size_t)n * sizeof(float));
    memset(it->probs + at + n, 0, (size_t)(it->kv->n - n) * sizeof(float));
}

/* Rows that see the same positions, of so many: as few and equal groups as there can be. */
static int rows_at_once(int rows)
{
    int groups = (rows + NN_HEAD_ROWS - 1) / NN_HEAD_ROWS;

    return (rows + groups - 1) / groups;
}

static void attend_head(void *arg, int chunk, int worker)
{
    const struct attention_job *j = arg;
    const struct nn_attention *it = &j->items[chunk / j->heads];
    const struct nn_kv *kv = it->kv;
    int head = chunk % j->heads;
    size_t size = kv->f32 ? sizeof(float) : sizeof(uint16_t);
    size_t base = (size_t)head * (size_t)kv->head_dim * (size_t)kv->cap * size;
    struct nn_head h = {.k = (const char *)kv->k + base,
                        .v = (const char *)kv->v + base,
                        .head_dim = kv->head_dim,
                        .cap = kv->cap,
                        .f32 = kv->f32};

    if (it->k)
        nn_kv_store_head(j->nn, it->kv, head, it->causal_from, it->n,
                         it->k + (size_t)(head * kv->head_dim), it->ldkv,
                         it->v + (size_t)(head * kv->head_dim), it->ldkv);
    h.scores = nn_scratch_need(j->nn, &j->nn->workers[worker],
                               NN_HEAD_ROWS * (size_t)kv->cap * sizeof(float));
    if (!h.scores)
        return;
    for (int i = 0, n; i < it->n; i += n) {
        h.n = it->causal_from < 0 ? kv->n : it->causal_from + i + 1;
        n = it->causal_from < 0 && j->nn->isa->head_rows ? rows_at_once(it->n - i) : 1;
        h.q = it->q + (size_t)i * it->ldq + (size_t)(head * kv->head_dim);
        h.out = it->out + (size_t)i * it->ldo + (size_t)(head * kv->head_dim);
        if (n == 1)
            j->nn->isa->head(&h);
        else
            j->nn->isa->head_rows(&(struct nn_head_rows){
                .first = h, .rows = n, .ldq = it->ldq, .lds = (size_t)kv->cap, .ldo = it->ldo});
        for (int k = 0; it->probs && k < n; k++)
            keep_probs(it, head, i + k, h.scores + (size_t)k * (size_t)kv->cap, h.n);
    }
}

void nn_attention(struct nn *nn, const struct nn_attention *items, int n_items)
{
    struct attention_job j = {.nn = nn, .items = items};
    size_t work = 0;

    if (n_items < 1)
        return;
    j.heads = items[0].kv->heads;
    for (int i = 0; i < n_items; i++) {
        if (items[i].k)
            items[i].kv->n = items[i].causal_from + items[i].n;
        work += (size_t)items[i].n * (size_t)(items[i].kv->n + (items[i].k ? STORING : 0));
    }
    if (work * (size_t)(j.heads * items[0].kv->head_dim) >= ALONE) {
        nn_pool_run(nn->pool, n_items * j.heads, attend_head, &j);
        return;
    }
    for (int i = 0; i < n_items * j.heads; i++)
        attend_head(&j, i, 0);
}

/* ---- encoder ------------------------------------------------------------------------------ */

struct self_job {
    struct nn *nn;
    const float *qkv;
    float *out;
    int n, heads, head_dim, tiles;
    const struct nn_kept *kept;
    int kept_n;
    size_t head_bytes, work_bytes;
    uint8_t *prepared;
};

static struct nn_keys keys_of(const struct self_job *j, int head)
{
    size_t dim = (size_t)(j->heads * j->head_dim);
    const float *k = j->qkv + dim + (size_t)(head * j->head_dim);

    return (struct nn_keys){k, k + dim, 3 * dim, j->n, j->head_dim};
}

static void prepare_head(void *arg, int head, int worker)
{
    const struct self_job *j = arg;
    struct nn_keys live = keys_of(j, head);

    (void)worker;
    j->nn->isa->self->prepare(&live, nn_kept_head(j->kept, head), j->kept_n,
                              j->prepared + (size_t)head * j->head_bytes);
}

static void self_tile(void *arg, int chunk, int worker)
{
    const struct self_job *j = arg;
    int head = chunk / j->tiles;
    int row = chunk % j->tiles * NN_QUERY_ROWS;
    size_t dim = (size_t)(j->heads * j->head_dim);
    size_t col = (size_t)(head * j->head_dim);
    struct nn_self s = {.q = j->qkv + (size_t)row * 3 * dim + col,
                        .ldq = 3 * dim,
                        .rows = j->n - row < NN_QUERY_ROWS ? j->n - row : NN_QUERY_ROWS,
                        .n = j->n,
                        .head_dim = j->head_dim,
                        .prepared = j->prepared + (size_t)head * j->head_bytes,
                        .kept = nn_kept_head(j->kept, head),
                        .kept_n = j->kept_n,
                        .work = nn_scratch_need(j->nn, &j->nn->workers[worker], j->work_bytes),
                        .out = j->out + (size_t)row * dim + col,
                        .ldo = dim};

    if (s.work)
        j->nn->isa->self->rows(&s);
}

void nn_rows_attention(struct nn *nn, const float *qkv, int n, int heads, int head_dim,
                       const struct nn_kept *kept, float *out)
{
    struct self_job j = {
        .nn = nn, .qkv = qkv, .out = out, .n = n, .heads = heads, .head_dim = head_dim};

    if (kept && kept->n > n) {
        j.kept = kept;
        j.kept_n = kept->n;
    }
    j.tiles = (n + NN_QUERY_ROWS - 1) / NN_QUERY_ROWS;
    j.head_bytes = align64(nn->isa->self->bytes(n, j.kept_n, head_dim));
    j.work_bytes = align64(nn->isa->self->work(n, j.kept_n, head_dim));
    j.prepared = nn_scratch_need(nn, &nn->heads, j.head_bytes * (size_t)heads);
    if (!j.prepared)
        return;
    nn_pool_run(nn->pool, heads, prepare_head, &j);
    nn_pool_run(nn->pool, heads * j.tiles, self_tile, &j);
}

void nn_encoder_attention(struct nn *nn, const float *qkv, int n, int heads, int head_dim,
                          float *out)
{
    nn_rows_attention(nn, qkv, n, heads, head_dim, NULL, out);
}

/* ---- kept positions ----------------------------------------------------------------------- */

struct keep_job {
    struct self_job of;
    struct nn_kept *kept;
};

static void keep_head(void *arg, int head, int worker)
{
    const struct keep_job *j = arg;
    struct nn_keys all = keys_of(&j->of, head);

    (void)worker;
    j->kept->isa->self->keep(&all, j->kept->data + (size_t)head * j->kept->head_bytes);
}

int nn_kept_open(struct nn_kept **kp, struct nn *nn, const float *qkv, int n, int heads,
                 int head_dim, struct errbuf *why)
{
    struct nn_kept *kept = calloc(1, sizeof(*kept));
    struct keep_job j = {{.qkv = qkv, .n = n, .heads = heads, .head_dim = head_dim}, kept};

    if (kept) {
        *kept = (struct nn_kept){.isa = nn->isa, .n = n, .heads = heads, .head_dim = head_dim};
        kept->head_bytes = align64(nn->isa->self->kept_bytes(n, head_dim));
        kept->data = aligned_alloc(64, kept->head_bytes * (size_t)heads);
    }
    if (!kept || !kept->data) {
        nn_kept_close(kept);
        return err_set(why, UV_ENOMEM, "out of memory for keys and values to keep");
    }
    nn_pool_run(nn->pool, heads, keep_head, &j);
    *kp = kept;
    return 0;
}

void nn_kept_close(struct nn_kept *kept)
{
    if (!kept)
        return;
    free(kept->data);
    free(kept);
}

size_t nn_kept_bytes(const struct nn_kept *kept)
{
    return kept->head_bytes * (size_t)kept->heads;
}

const char *nn_encoder_attention_arithmetic(const struct nn *nn)
{
    return nn->isa->self->arithmetic;
}
