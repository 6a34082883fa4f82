/**
 * @file asr/whisper/kernels_linear.c  The order of work of a linear layer
 *
 * 1. Rows of x are normalised (when asked) and prepared, that is quantised or copied, once.
 * 2. Threads take groups of panels; each unpacks its panels, multiplies all prepared rows by
 *    them tile by tile, and finishes the tile (bias, GELU, residual) while it is in cache.
 *
 * Few rows (the decoder) and many rows (the encoder, prompts) differ in the product the
 * instruction set gives: the first reads packed weights as they are, the second unpacks first.
 */
#include "asr/whisper/kernels_isa.h"

#include <string.h>

enum {
    PREPARE_STEP = 8,      /* rows prepared by one chunk */
    FEW_BYTES = 48 * 1024, /* weights of one chunk, at least, when there are few rows */
};

struct linear_job {
    struct wk *wk;
    const struct wk_linear *l;
    const struct wk_matrix *m;
    const struct wk_product *p;
    size_t ldx, ldy, ldr;
    size_t row_bytes;
    uint8_t *rows;
    int panels; /* of one chunk */
};

static size_t align64(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

static void prepare_row(const struct linear_job *j, int row, float *normal)
{
    const struct wk_linear *l = j->l;
    const float *x = l->x + (size_t)row * j->ldx;

    if (l->ln_weight) {
        j->wk->isa->layer_norm(x, j->m->cols, l->ln_weight, l->ln_bias, normal);
        x = normal;
    }
    j->p->prepare(j->m, x, j->rows + (size_t)row * j->row_bytes);
}

static void prepare_rows(void *arg, int chunk, int worker)
{
    const struct linear_job *j = arg;
    int end = (chunk + 1) * PREPARE_STEP < j->l->n ? (chunk + 1) * PREPARE_STEP : j->l->n;
    float *normal =
        wk_scratch_need(&j->wk->workers[worker], align64((size_t)j->m->cols * sizeof(float)));

    for (int i = chunk * PREPARE_STEP; i < end; i++)
        prepare_row(j, i, normal);
}

static void finish(const struct linear_job *j, const float *tile, int width, int row, int n,
                   int panel)
{
    const struct wk_linear *l = j->l;
    int col = panel * WK_PANEL;
    int left = j->m->rows - col;
    struct wk_finish f = {.gelu = l->gelu,
                          .y = l->y + (size_t)row * j->ldy + col,
                          .ldy = j->ldy,
                          .rows = n,
                          .cols = left < width ? left : width};

    if (l->bias)
        f.bias = l->bias + col;
    if (l->residual) {
        f.residual = l->residual + (size_t)row * j->ldr + col;
        f.ldr = j->ldr;
    }
    j->wk->isa->finish(tile, width, &f);
}

/* While row .. row + n - 1 are multiplied, fetch their y and a share of the panels to come. */
static struct wk_ahead look_ahead(const struct linear_job *j, int panel, int n_panels, int row,
                                  int n)
{
    struct wk_ahead a = {.y = j->l->y + (size_t)row * j->ldy + panel * WK_PANEL, .ldy = j->ldy};
    int next = panel + n_panels * wk_pool_threads(j->wk->pool);
    size_t all = (size_t)n_panels * j->m->panel_bytes;

    if (next + n_panels > j->m->panels)
        return a;
    a.next = wk_panel(j->m, next) + all / (size_t)j->l->n * (size_t)row;
    a.bytes = all / (size_t)j->l->n * (size_t)n;
    return a;
}

/* One group of panels (at most WK_PANELS_MAX) times all rows. */
static void multiply_group(const struct linear_job *j, int panel, int n_panels, uint8_t *scratch)
{
    size_t unpacked = j->p->scratch_bytes ? align64(j->p->scratch_bytes(j->m)) : 0;
    float *tile = (float *)(void *)(scratch + unpacked);

    if (j->p->unpack)
        j->p->unpack(j->m, panel, n_panels, scratch);
    for (int row = 0; row < j->l->n; row += WK_TILE_ROWS) {
        int n = j->l->n - row < WK_TILE_ROWS ? j->l->n - row : WK_TILE_ROWS;

        struct wk_ahead ahead = look_ahead(j, panel, n_panels, row, n);

        j->p->multiply(j->m, panel, n_panels, scratch, j->rows + (size_t)row * j->row_bytes, n,
                       tile, &ahead);
        finish(j, tile, n_panels * WK_PANEL, row, n, panel);
    }
}

static void multiply_chunk(void *arg, int chunk, int worker)
{
    const struct linear_job *j = arg;
    int begin = chunk * j->panels;
    int end = begin + j->panels < j->m->panels ? begin + j->panels : j->m->panels;
    size_t unpacked = j->p->scratch_bytes ? align64(j->p->scratch_bytes(j->m)) : 0;
    size_t tile = sizeof(float) * WK_TILE_ROWS * WK_PANEL * WK_PANELS_MAX;
    uint8_t *scratch = wk_scratch_need(&j->wk->workers[worker], unpacked + tile);

    for (int panel = begin, n; panel < end; panel += n) {
        n = panel + WK_PANELS_MAX <= end ? WK_PANELS_MAX : 1;
        multiply_group(j, panel, n, scratch);
    }
}

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

/* Panels of a chunk: enough bytes to be worth claiming, few enough to share the work evenly. */
static int chunk_panels(const struct linear_job *j)
{
    int threads = wk_pool_threads(j->wk->pool);
    int even = j->m->panels / (threads * 4);
    int least = (int)(FEW_BYTES / j->m->panel_bytes);
    int panels;

    if (j->l->n > WK_SMALL_BATCH)
        return WK_PANELS_MAX;
    panels = even > least ? even : least;
    panels = (panels + WK_PANELS_MAX - 1) / WK_PANELS_MAX * WK_PANELS_MAX;
    return panels < WK_PANELS_MAX ? WK_PANELS_MAX : panels;
}

void wk_linear(struct wk *wk, const struct wk_linear *l)
{
    const struct wk_matrix *m = l->w;
    struct linear_job j = {.wk = wk, .l = l, .m = m, .p = choose(wk, m, l->n, l->exact)};

    if (l->n < 1)
        return;
    j.ldx = l->ldx ? l->ldx : (size_t)m->cols;
    j.ldy = l->ldy ? l->ldy : (size_t)m->rows;
    j.ldr = l->ldr ? l->ldr : (size_t)m->rows;
    j.row_bytes = j.p->row_bytes(m);
    j.rows = wk_scratch_need(&wk->shared, j.row_bytes * (size_t)l->n);
    j.panels = chunk_panels(&j);
    wk_pool_run(wk->pool, (l->n + PREPARE_STEP - 1) / PREPARE_STEP, prepare_rows, &j);
    wk_pool_run(wk->pool, (m->panels + j.panels - 1) / j.panels, multiply_chunk, &j);
}
