/**
 * @file asr/whisper/kernels_linear.h  A linear layer taken apart
 *
 * Private to asr/whisper/kernels*.c. For who wants some of a layer's outputs in a place of their
 * own, such as the queries, keys and values of one head:
 *
 *     struct wk_layer layer = wk_layer_of(wk, &linear);
 *     wk_layer_prepare(&layer);                       // rows of x, with all threads
 *     ...                                             // in chunks of the caller's:
 *     scratch = wk_scratch_need(&wk->workers[worker], wk_layer_scratch(&layer));
 *     wk_layer_columns(&layer, &(struct wk_columns){panel, 4, next, y, ldy}, scratch);
 *
 * Prepared rows live in the context until the next layer is prepared.
 */
#ifndef ASR_WHISPER_KERNELS_LINEAR_H
#define ASR_WHISPER_KERNELS_LINEAR_H

#include "asr/whisper/kernels_isa.h"

struct wk_layer {
    struct wk *wk;
    const struct wk_linear *l;
    const struct wk_matrix *m;
    const struct wk_product *p;
    size_t ldx, ldy, ldr;
    size_t row_bytes;
    uint8_t *rows; /* prepared */
    int panels;    /* of one chunk */

    const struct wk_layer *next; /* whose rows are prepared instead of y; NULL: none */
    int part;                    /* columns that it prepares together */
};

/* Outputs 16 panel .. of all rows, into rows of y. */
struct wk_columns {
    int panel, n_panels; /* 1 or WK_PANELS_MAX of them */
    int next;            /* first panel that this thread will want afterwards */
    int end;             /* few rows: the panel before which this thread stops */
    float *y;            /* row 0, column 16 panel */
    size_t ldy;
};

struct wk_layer wk_layer_of(struct wk *wk, const struct wk_linear *l);
void wk_layer_prepare(struct wk_layer *j);
size_t wk_layer_scratch(const struct wk_layer *j);
void wk_layer_columns(const struct wk_layer *j, const struct wk_columns *c, uint8_t *scratch);

#endif
