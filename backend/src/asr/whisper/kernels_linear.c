/**
 * @file asr/whisper/kernels_linear.c  The order of work of a linear layer
 *
 * 1. Rows of x are normalised (when asked) and prepared, that is quantised or copied, once.
 * 2. Threads take groups of panels; each unpacks its panels, multiplies all prepared rows by
 *    them tile by tile, and finishes the tile (bias, GELU, residual) while it is in cache.
 *
 * Of two layers in a row, the first takes so many panels at once that its finished tiles, side by
 * side, are a group of columns that the second quantises together: they leave the cache prepared.
 *
 * Few rows (the decoder) and many rows (the encoder, prompts) differ in the product the
 * instruction set gives: the first reads packed weights as they are, the second unpacks first.
 */
#include "asr/whisper/kernels_linear.h"

#include <string.h>

enum {
    PREPARE_STEP = 8,      /* rows prepared by one chunk */
    FEW_BYTES = 48 * 1024, /* weights of one chunk, when there are few rows and enough to share */
    ROUNDS = 4,            /* chunks for each thread, at most, when there are few rows */
    FETCH_BYTES = 128 * 1024, /* of the next layer's weights, fetched by a thread that waits */
    TILE_BYTES = WK_TILE_ROWS * WK_PANEL * WK_PANELS_MAX * (int)sizeof(float),
};

static uint8_t *prepared_row(const struct wk_layer *j, int row)
{
    return j->rows + (size_t)row * j->row_bytes;
}

static void prepare_values(const struct wk_layer *j, const float *x, size_t ldx, int row, int n)
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
    const struct wk_layer *j = arg;
    int begin = chunk * PREPARE_STEP;
    int end = begin + PREPARE_STEP < j->l->n ? begin + PREPARE_STEP : j->l->n;
    size_t cols = (size_t)j->m->cols;
    const float *x = j->l->x + (size_t)begin * j->ldx;
    float *normal;

    if (!j->l->ln_weight) {
        prepare_values(j, x, j->ldx, begin, end - begin);
        return;
    }
    normal = wk_scratch_need(&j->wk->workers[worker], PREPARE_STEP * cols * sizeof(float));
    j->wk->isa->layer_norm(&(struct wk_norm){x, j->ldx, end - begin, j->m->cols, j->l->ln_weight,
                                             j->l->ln_bias, normal, cols});
    prepare_values(j, normal, cols, begin, end - begin);
}

/* Where the finished tile of rows from `row` and columns from `panel` on goes. */
static struct wk_finish finish_of(const struct wk_layer *j, int width, int row, int n, int panel)
{
    const struct wk_linear *l = j->l;
    int col = panel * WK_PANEL;
    int left = j->m->rows - col;
    struct wk_finish f = {.gelu = l->gelu, .rows = n, .cols = left < width ? left : width};

    if (l->bias)
        f.bias = l->bias + col;
    if (l->residual) {
        f.residual = l->residual + (size_t)row * j->ldr + col;
        f.ldr = j->ldr;
    }
    return f;
}

static size_t unpacked_bytes(const struct wk_layer *j)
{
    return j->p->scratch_bytes ? align64(j->p->scratch_bytes(j->m)) : 0;
}

static int rows_at_once(const struct wk_layer *j, int row)
{
    return j->l->n - row < WK_TILE_ROWS ? j->l->n - row : WK_TILE_ROWS;
}

/* Rows row .. row + f->rows - 1 by some panels, into f->y. */
static void multiply_tile(const struct wk_layer *j, int panel, int n_panels, int row,
                          const uint8_t *scratch, float *tile, const struct wk_ahead *ahead,
                          const struct wk_finish *f)
{
    if (j->p->multiply_finish) {
        j->p->multiply_finish(j->m, n_panels, scratch, prepared_row(j, row), tile, ahead, f);
        return;
    }
    j->p->multiply(j->m, panel, n_panels, scratch, prepared_row(j, row), f->rows, tile, ahead);
    j->wk->isa->finish(tile, n_panels * WK_PANEL, f);
}

/* ---- into y ------------------------------------------------------------------------------- */

/* While row .. row + n - 1 are multiplied, fetch their y and a share of the panels to come. */
static struct wk_ahead look_ahead(const struct wk_layer *j, const struct wk_columns *c, int row,
                                  int n)
{
    struct wk_ahead a = {
        .y = c->y + (size_t)row * c->ldy, .ldy = c->ldy, .end = wk_panel(j->m, c->end)};
    size_t all = (size_t)c->n_panels * j->m->panel_bytes;

    if (c->next + c->n_panels > j->m->panels)
        return a;
    a.next = wk_panel(j->m, c->next) + all / (size_t)j->l->n * (size_t)row;
    a.bytes = all / (size_t)j->l->n * (size_t)n;
    return a;
}

void wk_layer_columns(const struct wk_layer *j, const struct wk_columns *c, uint8_t *scratch)
{
    float *tile = (float *)(void *)(scratch + unpacked_bytes(j));

    if (j->p->unpack)
        j->p->unpack(j->m, c->panel, c->n_panels, scratch);
    for (int row = 0, n; row < j->l->n; row += n) {
        struct wk_ahead ahead;
        struct wk_finish f;

        n = rows_at_once(j, row);
        ahead = look_ahead(j, c, row, n);
        f = finish_of(j, c->n_panels * WK_PANEL, row, n, c->panel);
        f.y = c->y + (size_t)row * c->ldy;
        f.ldy = c->ldy;
        multiply_tile(j, c->panel, c->n_panels, row, scratch, tile, &ahead, &f);
    }
}

size_t wk_layer_scratch(const struct wk_layer *j)
{
    return unpacked_bytes(j) + TILE_BYTES;
}

static void multiply_chunk(void *arg, int chunk, int worker)
{
    const struct wk_layer *j = arg;
    int begin = chunk * j->panels;
    int end = begin + j->panels < j->m->panels ? begin + j->panels : j->m->panels;
    int step = wk_pool_threads(j->wk->pool);
    uint8_t *scratch = wk_scratch_need(&j->wk->workers[worker], wk_layer_scratch(j));

    for (int panel = begin, n; panel < end; panel += n) {
        n = panel + WK_PANELS_MAX <= end ? WK_PANELS_MAX : j->p->unpack ? 1 : end - panel;
        wk_layer_columns(j,
                         &(struct wk_columns){.panel = panel,
                                              .n_panels = n,
                                              .next = panel + n * step,
                                              .end = end,
                                              .y = j->l->y + panel * WK_PANEL,
                                              .ldy = j->ldy},
                         scratch);
    }
}

/* ---- into the next layer's rows ----------------------------------------------------------- */

/* Panels panel .. panel + n_panels - 1, unpacked one after the other, times some rows. */
static void multiply_side_by_side(const struct wk_layer *j, int panel, int n_panels, int row,
                                  const uint8_t *scratch, float *tile, float *wide)
{
    int n = rows_at_once(j, row);

    for (int p = 0, some; p < n_panels; p += some, scratch += unpacked_bytes(j)) {
        struct wk_ahead none = {.y = NULL};
        struct wk_finish f;

        some = p + WK_PANELS_MAX <= n_panels ? WK_PANELS_MAX : 1;
        f = finish_of(j, some * WK_PANEL, row, n, panel + p);
        f.y = wide + p * WK_PANEL;
        f.ldy = (size_t)j->part;
        multiply_tile(j, panel + p, some, row, scratch, tile, &none, &f);
    }
    j->next->p->prepare_part(j->next->m, wide, (size_t)j->part, n, panel * WK_PANEL / j->part,
                             prepared_row(j->next, row));
}

/* One part of the next layer's columns. */
static void multiply_part(void *arg, int part, int worker)
{
    const struct wk_layer *j = arg;
    int panel = part * j->part / WK_PANEL;
    int n_panels = j->part / WK_PANEL;
    size_t unpacked = unpacked_bytes(j) * (size_t)(n_panels / WK_PANELS_MAX + WK_PANELS_MAX - 1);
    size_t tile = TILE_BYTES;
    size_t wide = sizeof(float) * WK_TILE_ROWS * (size_t)j->part;
    uint8_t *scratch = wk_scratch_need(&j->wk->workers[worker], unpacked + tile + wide);

    n_panels = panel + n_panels < j->m->panels ? n_panels : j->m->panels - panel;
    for (int p = 0, at = 0, some; p < n_panels; p += some, at++) {
        some = p + WK_PANELS_MAX <= n_panels ? WK_PANELS_MAX : 1;
        j->p->unpack(j->m, panel + p, some, scratch + (size_t)at * unpacked_bytes(j));
    }
    for (int row = 0; row < j->l->n; row += WK_TILE_ROWS)
        multiply_side_by_side(j, panel, n_panels, row, scratch,
                              (float *)(void *)(scratch + unpacked),
                              (float *)(void *)(scratch + unpacked + tile));
}

/* ---- the order of work -------------------------------------------------------------------- */

static const struct wk_product *choose(const struct wk *wk, const struct wk_matrix *m, int n,
                                       bool exact)
{
    const struct wk_isa *isa = exact ? &wk_isa_plain : wk->isa;

    return n <= WK_SMALL_BATCH ? isa->few(m->type) : isa->many(m->type);
}

const char *wk_linear_arithmetic(const struct wk *wk, const struct wk_matrix *m, int n)
{
    return choose(wk, m, n, false)->arithmetic;
}

/* Panels of a chunk. Few rows: equal shares for all threads, in several rounds when there is enough
 * to read that a late thread can be helped out. */
static int chunk_panels(const struct wk *wk, const struct wk_matrix *m, int n)
{
    int threads = wk_pool_threads(wk->pool);
    size_t rounds = (size_t)m->panels * m->panel_bytes / FEW_BYTES / (size_t)threads;
    int chunks = threads * (rounds < 1 ? 1 : rounds > ROUNDS ? ROUNDS : (int)rounds);

    if (n > WK_SMALL_BATCH)
        return WK_PANELS_MAX;
    return (m->panels + chunks - 1) / chunks;
}

/* Helpers that wait for few rows of the next layer fetch the beginning of what they will read. */
static void fetch_next(const struct wk_layer *j)
{
    const struct wk_matrix *m = j->l->then;
    size_t chunk;

    if (!m || j->l->n > WK_SMALL_BATCH) {
        wk_pool_fetch(j->wk->pool, NULL, 0, 0);
        return;
    }
    chunk = (size_t)chunk_panels(j->wk, m, j->l->n) * m->panel_bytes;
    wk_pool_fetch(j->wk->pool, m->data, chunk, chunk < FETCH_BYTES ? chunk : FETCH_BYTES);
}

struct wk_layer wk_layer_of(struct wk *wk, const struct wk_linear *l)
{
    const struct wk_matrix *m = l->w;
    struct wk_layer j = {.wk = wk, .l = l, .m = m, .p = choose(wk, m, l->n, l->exact)};

    j.ldx = l->ldx ? l->ldx : (size_t)m->cols;
    j.ldy = l->ldy ? l->ldy : (size_t)m->rows;
    j.ldr = l->ldr ? l->ldr : (size_t)m->rows;
    j.row_bytes = j.p->row_bytes(m);
    j.panels = chunk_panels(wk, m, l->n);
    return j;
}

void wk_layer_prepare(struct wk_layer *j)
{
    j->rows = wk_scratch_need(&j->wk->shared, j->row_bytes * (size_t)j->l->n);
    wk_pool_run(j->wk->pool, (j->l->n + PREPARE_STEP - 1) / PREPARE_STEP, prepare_rows, j);
}

static void multiply_all(struct wk_layer *j)
{
    fetch_next(j);
    wk_pool_run(j->wk->pool, (j->m->panels + j->panels - 1) / j->panels, multiply_chunk, j);
}

void wk_linear(struct wk *wk, const struct wk_linear *l)
{
    struct wk_layer j;

    if (l->n < 1)
        return;
    j = wk_layer_of(wk, l);
    wk_layer_prepare(&j);
    multiply_all(&j);
}

/* The rows between two layers as floats, in the context. */
static void pair_by_floats(struct wk *wk, const struct wk_linear *first,
                           const struct wk_linear *second)
{
    struct wk_linear up = *first, down = *second;

    up.ldy = down.ldx = 0;
    up.y = wk_scratch_need(&wk->between, sizeof(float) * (size_t)first->n * (size_t)first->w->rows);
    down.x = up.y;
    wk_linear(wk, &up);
    wk_linear(wk, &down);
}

/* Parts are large: there must be about as many for each thread. */
static bool shared_equally(const struct wk *wk, const struct wk_layer *down)
{
    int threads = wk_pool_threads(wk->pool), part = down->p->part(down->m);
    int parts = (down->m->cols + part - 1) / part;

    return parts % threads == 0 || parts > 3 * threads;
}

void wk_linear_pair(struct wk *wk, const struct wk_linear *first, const struct wk_linear *second)
{
    struct wk_layer up, down;

    if (first->n < 1)
        return;
    up = wk_layer_of(wk, first);
    down = wk_layer_of(wk, second);
    if (!up.p->unpack || !down.p->prepare_part || !shared_equally(wk, &down)) {
        pair_by_floats(wk, first, second);
        return;
    }
    down.rows = wk_scratch_need(&wk->between, down.row_bytes * (size_t)second->n);
    up.next = &down;
    up.part = down.p->part(down.m);
    wk_layer_prepare(&up);
    wk_pool_run(wk->pool, (up.m->rows + up.part - 1) / up.part, multiply_part, &up);
    multiply_all(&down);
}
