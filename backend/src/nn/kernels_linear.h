/**
 * @file nn/kernels_linear.h  The steps of a linear layer
 *
 * Private to nn/kernels*.c. For callers that want some of a layer's outputs in a place of their
 * own, such as the queries, keys and values of one head:
 *
 *     struct nn_layer layer = nn_layer_of(nn, &linear);
 *     if (nn_layer_prepare(&layer))                   // rows of x, with all threads
 *     ...                                             // in chunks of the caller's:
 *     scratch = nn_scratch_need(nn, &nn->workers[worker], nn_layer_scratch(&layer));
 *     nn_layer_columns(&layer, &(struct nn_columns){panel, 4, next, y, ldy}, scratch);
 *
 * Prepared rows live in the context until the next layer is prepared.
 */
#ifndef NN_KERNELS_LINEAR_H
#define NN_KERNELS_LINEAR_H

#include "nn/kernels_isa.h"

struct nn_layer {
    struct nn *nn;
    const struct nn_linear *l;
    const struct nn_matrix *m;
    const struct nn_product *p;
    size_t ldx, ldy, ldr;
    size_t row_bytes;
    uint8_t *rows; /* prepared */
    int panels;    /* in one chunk */

    const struct nn_layer *next; /* its rows are prepared, instead of y; NULL: none */
    int part;                    /* number of columns that it prepares together */
};

/* Outputs from 16 * panel on, of all rows, into rows of y. */
struct nn_columns {
    int panel, n_panels; /* 1 or NN_PANELS_MAX of them */
    int next;            /* first panel that this thread will need afterwards */
    int end;             /* few rows: the panel before which this thread stops */
    float *y;            /* row 0, column 16 panel */
    size_t ldy;
};

struct nn_layer nn_layer_of(struct nn *nn, const struct nn_linear *l);
/** False if the context is starved: then there is nothing to multiply. */
bool nn_layer_prepare(struct nn_layer *j);
size_t nn_layer_scratch(const struct nn_layer *j);
void nn_layer_columns(const struct nn_layer *j, const struct nn_columns *c, uint8_t *scratch);

#endif
