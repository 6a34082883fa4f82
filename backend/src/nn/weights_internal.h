/**
 * @file nn/weights_internal.h  What the weight readers share
 *
 * Private to src/nn/weights*.c. Each format is one function that fills a table from bytes:
 *
 *     weights.c              opening, the table, ggml records, matrices
 *     weights_onnx.c         ONNX
 *     weights_safetensors.c  safetensors
 *     weights_torch.c        the old format of torch.save()
 */
#ifndef NN_WEIGHTS_INTERNAL_H
#define NN_WEIGHTS_INTERNAL_H

#include "nn/weights.h"

struct weights_memory {
    struct weights_memory *next;
    max_align_t data[];
};

struct nn_weights {
    struct nn_tensor *tensors; /* sorted by name once the table is open */
    size_t n_tensors, tensors_cap;
    struct nn_node *nodes;
    size_t n_nodes, nodes_cap;
    struct nn_node **makers; /* the nodes, sorted by the name of their output */
    struct weights_memory *memory;
    void *map; /* the mapping; NULL: parsed from the caller's memory */
    size_t map_len;
};

/** Bytes that are consumed from the front. */
struct weights_bytes {
    const uint8_t *data;
    size_t len;
};

/** Takes the first n bytes; NULL if there are fewer. */
const uint8_t *weights_take(struct weights_bytes *b, size_t n);

size_t weights_element_bytes(enum nn_element element);

/** Zeroed memory that lives as long as the table. */
void *weights_alloc(struct nn_weights *w, size_t n);

/** A copy as a C string; NULL: no memory, or a NUL inside. */
const char *weights_text(struct nn_weights *w, const void *text, size_t len);

/** What a reader found out about a tensor. The name is not NUL-terminated. */
struct weights_found {
    const void *name;
    size_t name_len;
    enum nn_element element;
    int n_dims;
    int64_t ne[NN_RANK_MAX]; /* ne[0] varies slowest */
    const uint8_t *data;
    size_t bytes;
};

/** Checks that the number of bytes matches the shape. */
int weights_add(struct nn_weights *w, const struct weights_found *f, struct errbuf *why);
int weights_add_node(struct nn_weights *w, const struct nn_node *node, struct errbuf *why);

bool weights_is_onnx(const uint8_t *data, size_t len);
bool weights_is_safetensors(const uint8_t *data, size_t len);
bool weights_is_torch(const uint8_t *data, size_t len);
int weights_read_onnx(struct nn_weights *w, const uint8_t *data, size_t len, struct errbuf *why);
int weights_read_safetensors(struct nn_weights *w, const uint8_t *data, size_t len,
                             struct errbuf *why);
int weights_read_torch(struct nn_weights *w, const uint8_t *data, size_t len, struct errbuf *why);

#endif
