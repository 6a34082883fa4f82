/**
 * @file nn/kernels_heads.c  One head after the other, from projection to output
 *
 * The queries, keys and values of all heads are several times what a core's cache holds; those of
 * one head fit. So a chunk of work is a head: its columns of the layer for all rows, then its
 * attention, or its place in the decoder's cache. If heads are not whole tiles wide, or too few for
 * the threads to share well, the work is done layer by layer.
 */
#include "nn/kernels_linear.h"

enum {
    TILE = NN_PANEL * NN_PANELS_MAX, /* outputs of a tile */
    HEADS_EACH = 3,                  /* heads a thread, at least */
};

struct head_job {
    struct nn_layer layer;
    int parts; /* stacked in the layer: queries, keys, values */
    int heads, head_dim;

    float *out; /* attention: the output, the kept positions, and the work memory */
    const struct nn_kept *kept;
    int kept_n;
    size_t head_bytes, work_bytes;

    struct nn_kv *kv; /* cache */
};

static bool worth_it(const struct nn *nn, int heads, int head_dim)
{
    return head_dim % TILE == 0 && heads >= HEADS_EACH * nn_pool_threads(nn->pool);
}

/* First panel of a part of a head. */
static int panel_of(const struct head_job *j, int part, int head)
{
    return (part * j->heads + head) * (j->head_dim / NN_PANEL);
}

/* The panel that this thread multiplies after part `part` of a head. */
static int panel_after(const struct head_job *j, int part, int head)
{
    int threads = nn_pool_threads(j->layer.nn->pool);

    if (part + 1 < j->parts)
        return panel_of(j, part + 1, head);
    return head + threads < j->heads ? panel_of(j, 0, head + threads) : j->layer.m->panels;
}

/* Projects to rows of parts * head_dim values. */
static void project_head(const struct head_job *j, int head, float *y, uint8_t *scratch)
{
    int panels = j->head_dim / NN_PANEL;

    for (int i = 0; i < j->parts * panels; i += NN_PANELS_MAX) {
        int part = i / panels;
        int panel = panel_of(j, part, head) + i % panels;
        bool last = i % panels + NN_PANELS_MAX == panels;
        struct nn_columns c = {.panel = panel,
                               .n_panels = NN_PANELS_MAX,
                               .next = last ? panel_after(j, part, head) : panel + NN_PANELS_MAX,
                               .end = panel + NN_PANELS_MAX,
                               .y = y + i * NN_PANEL,
                               .ldy = (size_t)(j->parts * j->head_dim)};

        nn_layer_columns(&j->layer, &c, scratch);
    }
}

static size_t projected_bytes(const struct head_job *j)
{
    return align64(sizeof(float) * (size_t)(j->parts * j->head_dim) * (size_t)j->layer.l->n);
}

/* ---- attention ---------------------------------------------------------------------------- */

static void attend(const struct head_job *j, int head, const float *qkv, void *prepared, void *work)
{
    const struct nn_self_kind *self = j->layer.nn->isa->self;
    size_t ld = 3 * (size_t)j->head_dim;
    size_t ldo = (size_t)(j->heads * j->head_dim);
    int n = j->layer.l->n;
    struct nn_keys live = {qkv + j->head_dim, qkv + 2 * j->head_dim, ld, n, j->head_dim};

    self->prepare(&live, nn_kept_head(j->kept, head), j->kept_n, prepared);
    for (int row = 0; row < n; row += NN_QUERY_ROWS) {
        struct nn_self s = {.q = qkv + (size_t)row * ld,
                            .ldq = ld,
                            .rows = n - row < NN_QUERY_ROWS ? n - row : NN_QUERY_ROWS,
                            .n = n,
                            .head_dim = j->head_dim,
                            .prepared = prepared,
                            .kept = nn_kept_head(j->kept, head),
                            .kept_n = j->kept_n,
                            .work = work,
                            .out = j->out + (size_t)row * ldo + (size_t)(head * j->head_dim),
                            .ldo = ldo};

        self->rows(&s);
    }
}

static void attention_chunk(void *arg, int head, int worker)
{
    const struct head_job *j = arg;
    size_t qkv = projected_bytes(j);
    size_t scratch = align64(nn_layer_scratch(&j->layer));
    size_t most = scratch > j->work_bytes ? scratch : j->work_bytes;
    uint8_t *mem =
        nn_scratch_need(j->layer.nn, &j->layer.nn->workers[worker], qkv + j->head_bytes + most);

    if (!mem)
        return;

    project_head(j, head, (float *)(void *)mem, mem + qkv + j->head_bytes);
    attend(j, head, (const float *)(const void *)mem, mem + qkv, mem + qkv + j->head_bytes);
}

static void attention_by_steps(struct nn *nn, const struct nn_linear *qkv, int heads, int head_dim,
                               const struct nn_kept *kept, float *out)
{
    struct nn_linear l = *qkv;

    l.ldy = 0;
    l.y = nn_scratch_need(nn, &nn->between, 3 * sizeof(float) * (size_t)(l.n * heads * head_dim));
    if (!l.y)
        return;
    nn_linear(nn, &l);
    nn_rows_attention(nn, l.y, l.n, heads, head_dim, kept, out);
}

void nn_self_attention(struct nn *nn, const struct nn_linear *qkv, int heads, int head_dim,
                       const struct nn_kept *kept, float *out)
{
    struct head_job j = {.parts = 3, .heads = heads, .head_dim = head_dim, .out = out};

    if (!worth_it(nn, heads, head_dim)) {
        attention_by_steps(nn, qkv, heads, head_dim, kept, out);
        return;
    }
    if (kept && kept->n > qkv->n) {
        j.kept = kept;
        j.kept_n = kept->n;
    }
    j.layer = nn_layer_of(nn, qkv);
    j.head_bytes = align64(nn->isa->self->bytes(qkv->n, j.kept_n, head_dim));
    j.work_bytes = align64(nn->isa->self->work(qkv->n, j.kept_n, head_dim));
    if (nn_layer_prepare(&j.layer))
        nn_pool_run(nn->pool, heads, attention_chunk, &j);
}

/* ---- cache -------------------------------------------------------------------------------- */

static void cache_chunk(void *arg, int head, int worker)
{
    const struct head_job *j = arg;
    size_t kv = projected_bytes(j), ld = 2 * (size_t)j->head_dim;
    uint8_t *mem = nn_scratch_need(j->layer.nn, &j->layer.nn->workers[worker],
                                   kv + nn_layer_scratch(&j->layer));
    const float *keys = (const float *)(const void *)mem;

    if (!mem)
        return;
    project_head(j, head, (float *)(void *)mem, mem + kv);
    nn_kv_store_head(j->layer.nn, j->kv, head, 0, j->layer.l->n, keys, ld, keys + j->head_dim, ld);
}

static void fill_by_steps(struct nn *nn, struct nn_kv *kv, const struct nn_linear *layer)
{
    size_t width = (size_t)(kv->heads * kv->head_dim);
    struct nn_linear l = *layer;

    l.ldy = 0;
    l.y = nn_scratch_need(nn, &nn->between, 2 * sizeof(float) * width * (size_t)l.n);
    if (!l.y)
        return;
    nn_linear(nn, &l);
    nn_kv_store(nn, kv, 0, l.n, l.y, 2 * width, l.y + width, 2 * width);
}

void nn_kv_fill(struct nn *nn, struct nn_kv *kv, const struct nn_linear *layer)
{
    struct head_job j = {.parts = 2, .heads = kv->heads, .head_dim = kv->head_dim, .kv = kv};

    if (!worth_it(nn, kv->heads, kv->head_dim)) {
        fill_by_steps(nn, kv, layer);
        return;
    }
    j.layer = nn_layer_of(nn, layer);
    if (nn_layer_prepare(&j.layer))
        nn_pool_run(nn->pool, kv->heads, cache_chunk, &j);
    kv->n = layer->n;
}
