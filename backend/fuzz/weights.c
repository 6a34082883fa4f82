/**
 * @file fuzz/weights.c  Files of weights in every format: any bytes are a table or refused
 *
 * Held: all numbers of every tensor can be read, matrices that a graph makes too, and a refusal has
 * a sentence.
 */
#include "nn/weights.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct nn_weights *w)
{
    float *x = malloc(COUNT_MAX * sizeof(*x));

    for (size_t i = 0; i < nn_weights_count(w); i++) {
        const struct nn_tensor *t = nn_weights_at(w, i);

        if (t->count <= COUNT_MAX && t->element != NN_E_I64 &&
            nn_weights_floats(w, t->name, t->count, x, NULL))
            abort();
    }
    for (size_t i = 0; i < nn_weights_nodes(w); i++) {
        const struct nn_node *node = nn_weights_node(w, i);

        for (size_t rows = 1; rows < 4; rows++) {
            for (size_t cols = 1; cols < 4; cols++)
                nn_weights_matrix(w, node->output, rows, cols, cols == 2, x, NULL);
        }
        nn_weights_maker(w, node->output);
    }
    free(x);
    nn_weights_close(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nn_weights *w = NULL;
    struct errbuf err = {""};

    if (!nn_weights_parse(&w, data, size, &err))
        look(w);
    else if (!err.text[0])
        abort();
    w = NULL;
    if (!nn_weights_records(&w, data, size, &err))
        look(w);
    return 0;
}
