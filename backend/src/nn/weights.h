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
 * The file is mapped and told by its first bytes:
 *
 *     safetensors   8 bytes of length, a JSON header, data (huggingface.co/docs/safetensors)
 *     torch         torch.save() before version 1.6: five pickles, then the storages one after the
 *                   other. No pickle is run: a reader of the fifteen instructions that such a file
 *                   needs builds tuples, strings and numbers, and takes from them what a tensor is
 *     ONNX          the initialisers of a ModelProto (protobuf wire format; onnx/onnx.proto), and
 *                   the nodes of its graph, because a quantised export names its matrices by
 *                   number: which one belongs to which layer is told by what it is multiplied with
 *
 * A ggml model file has a header of its own kind before its tensors, so whoever knows the header
 * reads them one by one: nn_record_read(); nn_weights_records() makes a table of those in f32 or
 * f16.
 *
 * A table that opens is sound: every tensor's bytes lie within the file and are as many as its
 * shape and type call for, and no name is there twice. What a network needs beyond that (which
 * tensors, which shapes) it says when it asks.
 *
 * Threads    Any number may read an open table.
 * Errors     UV_EINVAL damaged or not such a file (the sentence says what), UV_ENOTSUP a kind that
 *            is not read here, UV_ENOENT and other system codes, UV_ENOMEM.
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
    NN_RANK_MAX = 4,          /**< Most dimensions */
    NN_TENSORS_MAX = 4096,    /**< Most tensors of a file; past it UV_ENOTSUP */
    NN_NODES_MAX = 16384,     /**< Most nodes of an ONNX graph */
    NN_NODE_INPUTS_MAX = 5,   /**< Further ones are not kept */
    NN_TENSOR_NAME_MAX = 255, /**< Longest name, in [bytes] */
};

/** What a number of a tensor is. */
enum nn_element { NN_E_F32, NN_E_F16, NN_E_I8, NN_E_U8, NN_E_I32, NN_E_I64 };

struct nn_tensor {
    const char *name;
    enum nn_element element;
    int n_dims;
    size_t ne[NN_RANK_MAX]; /**< ne[0] varies slowest; 1 where unused */
    size_t count;           /**< Of numbers */
    const uint8_t *data;
    size_t bytes;
};

/** One node of an ONNX graph. */
struct nn_node {
    const char *op;
    const char
        *inputs[NN_NODE_INPUTS_MAX]; /**< "" for one that is left out; NULL behind the last */
    const char *output;              /**< The first; "" for none */
    int64_t axis;                    /**< Of that attribute; 1 where there is none */
    bool transposed;                 /**< Attribute transB is 1 */
};

struct nn_weights;

int nn_weights_open(struct nn_weights **wp, const char *path, struct errbuf *why);

/** The same from memory, which must outlive the table. */
int nn_weights_parse(struct nn_weights **wp, const void *data, size_t len, struct errbuf *why);

/** One tensor of a ggml model file, as it lies there. */
struct nn_record {
    const char *name; /**< Visible ASCII, not terminated */
    size_t name_len;
    enum nn_type type;
    int n_dims;
    int ne[NN_RANK_MAX]; /**< ne[0] varies fastest, as ggml counts; 1 where unused */
    const uint8_t *data; /**< Not aligned */
    size_t bytes;        /**< As many as shape and type call for */
};

/** The record at *at, which then moves behind it. UV_EINVAL: damaged, the sentence says where. */
int nn_record_read(const void *data, size_t len, size_t *at, struct nn_record *out,
                   struct errbuf *why);

/** Records from memory until its end. f32 and f16 only: blocks of quantised weights have another
 *  meaning. */
int nn_weights_records(struct nn_weights **wp, const void *data, size_t len, struct errbuf *why);

void nn_weights_close(struct nn_weights *w); /**< NULL is allowed */

size_t nn_weights_count(const struct nn_weights *w);
const struct nn_tensor *nn_weights_at(const struct nn_weights *w,
                                      size_t i); /**< In order of name */

/** NULL if there is none of that name. */
const struct nn_tensor *nn_weights_find(const struct nn_weights *w, const char *name);

/** Its numbers as floats; exactly `count` of them, of any type but i64, or UV_EINVAL. */
int nn_weights_floats(const struct nn_weights *w, const char *name, size_t count, float *to,
                      struct errbuf *why);

/** Nodes of an ONNX graph in their order; none of other formats. */
size_t nn_weights_nodes(const struct nn_weights *w);
const struct nn_node *nn_weights_node(const struct nn_weights *w, size_t i);

/** The node whose output has this name; NULL if there is none. */
const struct nn_node *nn_weights_maker(const struct nn_weights *w, const char *output);

/**
 * A matrix as [rows][cols] floats, each output's weights a row, whatever the file does to it:
 * `name` is a tensor, or what DequantizeLinear makes of integers and scales (of the whole tensor
 * or along an axis, zero points 0). turned: the file has [cols][rows].
 *
 * @param count rows * cols, so that a kernel [out][in][3] may be asked for as rows out, cols in * 3
 */
int nn_weights_matrix(const struct nn_weights *w, const char *name, size_t rows, size_t cols,
                      bool turned, float *to, struct errbuf *why);

#endif
