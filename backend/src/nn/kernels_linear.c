/**
 * @file nn/kernels_linear.c  The order of work of a linear layer
 *
 * 1. Rows of x are normalised (if requested) and prepared, that is quantised or copied, once.
 * 2. Threads take groups of panels; each thread unpacks its panels, multiplies all prepared rows by
 *    them tile by tile, and finishes the tile (bias, GELU, residual) while it is in cache.
 *
 * For two layers in a row, the first takes as many panels at once as make a group of columns that
 * the second quantises together: the rows are prepared before they leave the cache.
 *
 * Few rows (the decoder) and many rows (the encoder, prompts) use different products of the
 * instruction set: the first reads packed weights directly, the second unpacks them first.
 */
#include "nn/kernels_linear.h"

#include <string.h>

enum {
    PREPARE_STEP = 8,      /* rows prepared by one chunk */
    FEW_BYTES = 48 * 1024, /* weights of one chunk, if rows are few and there is enough to share */
    ROUNDS = 4,            /* at most this many chunks for each thread, if rows are few */
    FETCH_BYTES = 128 * 1024, /* of the next layer's weights, prefetched by a waiting thread */
    TILE_BYTES = NN_TILE_ROWS * NN_PANEL * NN_PANELS_MAX * (int)sizeof(float),
};

static uint8_t *prepared_row(const struct nn_layer *j, int row)
{
    return j->rows + (size_t)row * j->row_bytes;
}

static void prepare_values(const struct nn_layer *j, const float *x, size_t ldx, int row, int n)
{
    if (!j->p->prepare_part) {
        for (int i = 0; i < n; i++)
            j->p->prepare(j->m, x + (size_t)i * ldx, prepared_row(j, row + i));
        return;
    }
    for (int part = 0, cols = j->p->part(j->m); part * cols < j->m->cols; part++)
        j->p->prepare_part(j->m, x + part * cols, ldx, n, part, prepared_row(j, row));
}

static void prepare_rows(void *arg, int chunk, int worker)
{
    const struct nn_layer *j = arg;
    int begin = chunk * PREPARE_STEP;
    int end = begin + PREPARE_STEP < j->l->n ? begin + PREPARE_STEP : j->l->n;
    size_t cols = (size_t)j->m->cols;
    const float *x = j->l->x + (size_t)begin * j->ldx;
    float *normal;

    if (!j->l->ln_weight) {
        prepare_values(j, x, j->ldx, begin, end - begin);
        return;
    }
    normal = nn_scratch_need(j->nn, &j->nn->workers[worker], PREPARE_STEP * cols * sizeof(float));
    if (!normal)
        return;
    j->nn->isa->layer_norm(&(struct nn_norm){x, j->ldx, end - begin, j->m->cols, j->l->ln_weight,
                                             j->l->ln_bias, normal, cols});
    prepare_values(j, normal, cols, begin, end - begin);
}

/* Where the finished tile of rows from `row` on and columns from `panel` on goes. */
static struct nn_finish finish_of(const struct nn_layer *j, int width, int row, int n, int panel)
{
    const struct nn_linear *l = j->l;
    int col = panel * NN_PANEL;
    int left = j->m->rows - col;
    struct nn_finish f = {.gelu = l->gelu, .rows = n, .cols = left < width ? left : width};

    if (l->bias)
        f.bias = l->bias + col;
    if (l->residual) {
        f.residual = l->residual + (size_t)row * j->ldr + col;
        f.ldr = j->ldr;
    }
    return f;
}

static size_t unpacked_bytes(const struct nn_layer *j)
{
    return j->p->scratch_bytes ? align64(j->p->scratch_bytes(j->m)) : 0;
}

static int rows_at_once(const struct nn_layer *j, int row)
{
    return j->l->n - row < NN_TILE_ROWS ? j->l->n - row : NN_TILE_ROWS;
}

/* Multiplies rows row .. row + f->rows - 1 by some panels, into f->y. */
static void multiply_tile(const struct nn_layer *j, int panel, int n_panels, int row,
                          const uint8_t *scratch, float *tile, const struct nn_ahead *ahead,
                          const struct nn_finish *f)
{
    if (j->p->multiply_finish) {
        j->p->multiply_finish(j->m, n_panels, scratch, prepared_row(j, row), tile, ahead, f);
        return;
    }
    j->p->multiply(j->m, panel, n_panels, scratch, prepared_row(j, row), f->rows, tile, ahead);
    j->nn->isa->finish(tile, n_panels * NN_PANEL, f);
}

/* ---- into y ------------------------------------------------------------------------------- */

/* What to prefetch while row .. row + n - 1 are multiplied: their y, and a share of the next
 * panels. */
static struct nn_ahead look_ahead(const struct nn_layer *j, const struct nn_columns *c, int row,
                                  int n)
{
    struct nn_ahead a = {
        .y = c->y + (size_t)row * c->ldy, .ldy = c->ldy, .end = nn_panel(j->m, c->end)};
    size_t all = (size_t)c->n_panels * j->m->panel_bytes;

    if (c->next + c->n_panels > j->m->panels)
        return a;
    a.next = nn_panel(j->m, c->next) + all / (size_t)j->l->n * (size_t)row;
    a.bytes = all / (size_t)j->l->n * (size_t)n;
    return a;
}

void nn_layer_columns(const struct nn_layer *j, const struct nn_columns *c, uint8_t *scratch)
{
    float *tile = (float *)(void *)(scratch + unpacked_bytes(j));

    if (j->p->unpack)
        j->p->unpack(j->m, c->panel, c->n_panels, scratch);
    for (int row = 0, n; row < j->l->n; row += n) {
        struct nn_ahead ahead;
        struct nn_finish f;

        n = rows_at_once(j, row);
        ahead = look_ahead(j, c, row, n);
        f = finish_of(j, c->n_panels * NN_PANEL, row, n, c->panel);
        f.y = c->y + (size_t)row * c->ldy;
        f.ldy = c->ldy;
        multiply_tile(j, c->panel, c->n_panels, row, scratch, tile, &ahead, &f);
    }
}

size_t nn_layer_scratch(const struct nn_layer *j)
{
    return unpacked_bytes(j) + TILE_BYTES;
}

static void multiply_chunk(void *arg, int chunk, int worker)
{
    const struct nn_layer *j = arg;
    int begin = chunk * j->panels;
    int end = begin + j->panels < j->m->panels ? begin + j->panels : j->m->panels;
    int step = nn_pool_threads(j->nn->pool);
    uint8_t *scratch = nn_scratch_need(j->nn, &j->nn->workers[worker], nn_layer_scratch(j));

    for (int panel = begin, n; scratch && panel < end; panel += n) {
        n = panel + NN_PANELS_MAX <= end ? NN_PANELS_MAX : j->p->unpack ? 1 : end - panel;
        nn_layer_columns(j,
                         &(struct nn_columns){.panel = panel,
                                              .n_panels = n,
                                              .next = panel + n * step,
                                              .end = end,
                                              .y = j->l->y + panel * NN_PANEL,
                                              .ldy = j->ldy},
                         scratch);
    }
}

/* ---- into the next layer's rows ----------------------------------------------------------- */

/* Multiplies some rows by panels panel .. panel + n_panels - 1, unpacked one after the other. */
static void multiply_side_by_side(const struct nn_layer *j, int panel, int n_panels, int row,
                                  const uint8_t *scratch, float *tile, float *wide)
{
    int n = rows_at_once(j, row);

    for (int p = 0, some; p < n_panels; p += some, scratch += unpacked_bytes(j)) {
        struct nn_ahead none = {.y = NULL};
        struct nn_finish f;

        some = p + NN_PANELS_MAX <= n_panels ? NN_PANELS_MAX : 1;
        f = finish_of(j, some * NN_PANEL, row, n, panel + p);
        f.y = wide + p * NN_PANEL;
        f.ldy = (size_t)j->part;
        multiply_tile(j, panel + p, some, row, scratch, tile, &none, &f);
    }
    j->next->p->prepare_part(j->next->m, wide, (size_t)j->part, n, panel * NN_PANEL / j->part,
                             prepared_row(j->next, row));
}

/* One part of the next layer's columns. */
static void multiply_part(void *arg, int part, int worker)
{
    const struct nn_layer *j = arg;
    int panel = part * j->part / NN_PANEL;
    int n_panels = j->part / NN_PANEL;
    size_t unpacked = unpacked_bytes(j) * (size_t)(n_panels / NN_PANELS_MAX + NN_PANELS_MAX - 1);
    size_t tile = TILE_BYTES;
    size_t wide = sizeof(float) * NN_TILE_ROWS * (size_t)j->part;
    uint8_t *scratch = nn_scratch_need(j->nn, &j->nn->workers[worker], unpacked + tile + wide);

    if (!scratch)
        return;
    n_panels = panel + n_panels < j->m->panels ? n_panels : j->m->panels - panel;
    for (int p = 0, at = 0, some; p < n_panels; p += some, at++) {
        some = p + NN_PANELS_MAX <= n_panels ? NN_PANELS_MAX : 1;
        j->p->unpack(j->m, panel + p, some, scratch + (size_t)at * unpacked_bytes(j));
    }
    for (int row = 0; row < j->l->n; row += NN_TILE_ROWS)
        multiply_side_by_side(j, panel, n_panels, row, scratch,
                              (float *)(void *)(scratch + unpacked),
                              (float *)(void *)(scratch + unpacked + tile));
}

/* ---- the order of work -------------------------------------------------------------------- */

static const struct nn_product *choose(const struct nn *nn, const struct nn_matrix *m, int n,
                                       bool exact)
{
    const struct nn_isa *isa = exact ? &nn_isa_plain : nn->isa;

    return n <= NN_SMALL_BATCH ? isa->few(m->type) : isa->many(m->type);
}

const char *nn_linear_arithmetic(const struct nn *nn, const struct nn_matrix *m, int n)
{
    return choose(nn, m, n, false)->arithmetic;
}

/* Panels of a chunk. Few rows: equal shares for all threads, in several rounds if there is enough
 * to read that others can take over from a late thread. */
static int chunk_panels(const struct nn *nn, const struct nn_matrix *m, int n)
{
    int threads = nn_pool_threads(nn->pool);
    size_t rounds = (size_t)m->panels * m->panel_bytes / FEW_BYTES / (size_t)threads;
    int chunks = threads * (rounds < 1 ? 1 : rounds > ROUNDS ? ROUNDS : (int)rounds);

    if (n > NN_SMALL_BATCH)
        return NN_PANELS_MAX;
    return (m->panels + chunks - 1) / chunks;
}

/* Helpers that wait for few rows of the next layer prefetch the beginning of their share. */
static void fetch_next(const struct nn_layer *j)
{
    const struct nn_matrix *m = j->l->then;
    size_t chunk;

    if (!m || j->l->n > NN_SMALL_BATCH) {
        nn_pool_fetch(j->nn->pool, NULL, 0, 0);
        return;
    }
    chunk = (size_t)chunk_panels(j->nn, m, j->l->n) * m->panel_bytes;
    nn_pool_fetch(j->nn->pool, m->data, chunk, chunk < FETCH_BYTES ? chunk : FETCH_BYTES);
}

struct nn_layer nn_layer_of(struct nn *nn, const struct nn_linear *l)
{
    const struct nn_matrix *m = l->w;
    struct nn_layer j = {.nn = nn, .l = l, .m = m, .p = choose(nn, m, l->n, l->exact)};

    j.ldx = l->ldx ? l->ldx : (size_t)m->cols;
    j.ldy = l->ldy ? l->ldy : (size_t)m->rows;
    j.ldr = l->ldr ? l->ldr : (size_t)m->rows;
    j.row_bytes = j.p->row_bytes(m);
    j.panels = chunk_panels(nn, m, l->n);
    return j;
}

bool nn_layer_prepare(struct nn_layer *j)
{
    j->rows = nn_scratch_need(j->nn, &j->nn->shared, j->row_bytes * (size_t)j->l->n);
    if (!j->rows)
        return false;
    nn_pool_run(j->nn->pool, (j->l->n + PREPARE_STEP - 1) / PREPARE_STEP, prepare_rows, j);
    return true;
}

static void multiply_all(struct nn_layer *j)
{
    fetch_next(j);
    nn_pool_run(j->nn->pool, (j->m->panels + j->panels - 1) / j->panels, multiply_chunk, j);
}

void nn_linear(struct nn *nn, const struct nn_linear *l)
{
    struct nn_layer j;

    if (l->n < 1)
        return;
    j = nn_layer_of(nn, l);
    if (nn_layer_prepare(&j))
        multiply_all(&j);
}

/* The rows between two layers stay floats, in the context. */
static void pair_by_floats(struct nn *nn, const struct nn_linear *first,
                           const struct nn_linear *second)
{
    struct nn_linear up = *first, down = *second;

    up.ldy = down.ldx = 0;
    up.y = nn_scratch_need(nn, &nn->between,
                           sizeof(float) * (size_t)first->n * (size_t)first->w->rows);
    if (!up.y)
        return;
    down.x = up.y;
    nn_linear(nn, &up);
    nn_linear(nn, &down);
}

/* Parts are large: each thread must get about the same number of them. */
static bool shared_equally(const struct nn *nn, const struct nn_layer *down)
{
    int threads = nn_pool_threads(nn->pool), part = down->p->part(down->m);
    int parts = (down->m->cols + part - 1) / part;

    return parts % threads == 0 || parts > 3 * threads;
}

void nn_linear_pair(struct nn *nn, const struct nn_linear *first, const struct nn_linear *second)
{
    struct nn_layer up, down;

    if (first->n < 1)
        return;
    up = nn_layer_of(nn, first);
    down = nn_layer_of(nn, second);
    if (!up.p->unpack || !down.p->prepare_part || !shared_equally(nn, &down)) {
        pair_by_floats(nn, first, second);
        return;
    }
    down.rows = nn_scratch_need(nn, &nn->between, down.row_bytes * (size_t)second->n);
    up.next = &down;
    up.part = down.p->part(down.m);
    if (!down.rows || !nn_layer_prepare(&up))
        return;
    nn_pool_run(nn->pool, (up.m->rows + up.part - 1) / up.part, multiply_part, &up);
    multiply_all(&down);
}
