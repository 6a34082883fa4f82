/**
 * @file nn/weights.h  Weights as they are published: one table of named tensors for every format
 *
 *     struct nn_weights *w;
 *
 *     err = nn_weights_open(&w, "vad.onnx", &why);
 *     t = nn_weights_find(w, "model.decoder.rnn.bias_ih");
 *     err = nn_weights_floats(w, "model.decoder.rnn.bias_ih", 512, bias, &why);
 *     ... nn_matrix_pack() and so on: everything is copied ...
 *     nn_weights_close(w);            // nothing may point into the file after this
 *
 * The file is mapped, and its format is recognised by its first bytes:
 *
 *     safetensors   8 bytes of length, a JSON header, data (huggingface.co/docs/safetensors)
 *     torch         torch.save() before version 1.6: five pickles, then the storages one after the
 *                   other. No pickle is executed: a reader of the fifteen instructions that such a
 *                   file needs builds tuples, strings and numbers, and reads the tensors from them
 *     ONNX          the initialisers of a ModelProto (protobuf wire format; onnx/onnx.proto), and
 *                   the nodes of its graph, because a quantised export names its matrices by
 *                   number: which layer a matrix belongs to follows from what it is multiplied with
 *
 * A ggml model file has a header of its own before its tensors, so a caller that knows the header
 * reads them one by one with nn_record_read(), or all that follow, in f32 or f16, into a table with
 * nn_weights_records().
 *
 * An open table is sound: every tensor's bytes lie within the file and match its shape and type,
 * and no name occurs twice. Which tensors and shapes a network needs is checked when it asks for
 * them.
 *
 * Threads    Any number of threads may read an open table.
 * Errors     UV_EINVAL: damaged, or not such a file (the sentence says what); UV_ENOTSUP: an
 *            unsupported kind; UV_ENOENT and other system codes, UV_ENOMEM.
 * Ownership  Tensors and nodes belong to the table; data lies in the mapping, not aligned.
 */
#ifndef NN_WEIGHTS_H
#define NN_WEIGHTS_H

#include "base/error.h"
#include "nn/nn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NN_RANK_MAX = 4,          /**< Most dimensions of a tensor */
    NN_TENSORS_MAX = 4096,    /**< Most tensors in a file; beyond it UV_ENOTSUP */
    NN_NODES_MAX = 16384,     /**< Most nodes in an ONNX graph */
    NN_NODE_INPUTS_MAX = 5,   /**< Further inputs are dropped */
    NN_TENSOR_NAME_MAX = 255, /**< Longest name [bytes] */
};

/** Element type of a tensor. */
enum nn_element { NN_E_F32, NN_E_F16, NN_E_I8, NN_E_U8, NN_E_I32, NN_E_I64 };

struct nn_tensor {
    const char *name;
    enum nn_element element;
    int n_dims;
    size_t ne[NN_RANK_MAX]; /**< ne[0] varies slowest; 1 if unused */
    size_t count;           /**< Number of elements */
    const uint8_t *data;
    size_t bytes;
};

/** One node of an ONNX graph. */
struct nn_node {
    const char *op;
    const char
        *inputs[NN_NODE_INPUTS_MAX]; /**< "" for one that is left out; NULL behind the last */
    const char *output;              /**< The first output; "": none */
    int64_t axis;                    /**< The attribute `axis`; 1 if absent */
    bool transposed;                 /**< Attribute transB is 1 */
};

struct nn_weights;

int nn_weights_open(struct nn_weights **wp, const char *path, struct errbuf *why);

/** The same from memory, which must outlive the table. */
int nn_weights_parse(struct nn_weights **wp, const void *data, size_t len, struct errbuf *why);

/** One tensor of a ggml model file, as stored there. */
struct nn_record {
    const char *name; /**< Visible ASCII, not terminated */
    size_t name_len;
    enum nn_type type;
    int n_dims;
    int ne[NN_RANK_MAX]; /**< ne[0] varies fastest, as in ggml; 1 if unused */
    const uint8_t *data; /**< Not aligned */
    size_t bytes;        /**< As many as shape and type require */
};

/** Reads the record at *at and moves *at past it. UV_EINVAL: damaged; the sentence says where. */
int nn_record_read(const void *data, size_t len, size_t *at, struct nn_record *out,
                   struct errbuf *why);

/** Records from memory until its end. Only f32 and f16: quantised blocks are not supported. */
int nn_weights_records(struct nn_weights **wp, const void *data, size_t len, struct errbuf *why);

void nn_weights_close(struct nn_weights *w); /**< NULL is allowed */

size_t nn_weights_count(const struct nn_weights *w);
const struct nn_tensor *nn_weights_at(const struct nn_weights *w, size_t i); /**< Sorted by name */

/** NULL if no tensor has that name. */
const struct nn_tensor *nn_weights_find(const struct nn_weights *w, const char *name);

/** A tensor's elements as floats; exactly `count` of them, of any type but i64, else UV_EINVAL. */
int nn_weights_floats(const struct nn_weights *w, const char *name, size_t count, float *to,
                      struct errbuf *why);

/** Nodes of an ONNX graph in their order; other formats have none. */
size_t nn_weights_nodes(const struct nn_weights *w);
const struct nn_node *nn_weights_node(const struct nn_weights *w, size_t i);

/** The node whose output has this name; NULL if there is none. */
const struct nn_node *nn_weights_maker(const struct nn_weights *w, const char *output);

/**
 * A matrix as [rows][cols] floats, one row of weights per output, however the file stores it:
 * `name` is a tensor, or the output of a DequantizeLinear of integers and scales (for the whole
 * tensor or along an axis, zero points 0). turned: the file has [cols][rows].
 *
 * @param count rows * cols, so a kernel [out][in][3] can be read with rows out, cols in * 3
 */
int nn_weights_matrix(const struct nn_weights *w, const char *name, size_t rows, size_t cols,
                      bool turned, float *to, struct errbuf *why);

#endif
