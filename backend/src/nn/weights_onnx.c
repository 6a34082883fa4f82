/**
 * @file nn/weights_onnx.c  Reading the weights in an ONNX model file
 *
 * The file is one protobuf message, ModelProto (onnx/onnx.proto names the fields and their numbers;
 * protobuf.dev/programming-guides/encoding the wire format). The initialisers of the graph are
 * read, and of its nodes as much as is needed to find out which matrix is which. Nested graphs are
 * not read; initialisers whose data is in another file are refused.
 */
#include "nn/weights_internal.h"

#include <string.h>

/* Field numbers. */
enum {
    MODEL_GRAPH = 7,
    GRAPH_NODE = 1,
    GRAPH_INITIALIZER = 5,
    NODE_INPUT = 1,
    NODE_OUTPUT = 2,
    NODE_OP = 4,
    NODE_ATTRIBUTE = 5,
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_INT = 3,
    TENSOR_DIMS = 1,
    TENSOR_TYPE = 2,
    TENSOR_FLOATS = 4,
    TENSOR_INT32S = 5,
    TENSOR_INT64S = 7,
    TENSOR_NAME = 8,
    TENSOR_RAW = 9,
    TENSOR_LOCATION = 14, /* 1: data is in another file */
};

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

struct field {
    uint64_t number;
    enum wire wire;
    uint64_t value;             /* VARINT */
    struct weights_bytes bytes; /* BYTES */
};

static bool take_varint(struct weights_bytes *b, uint64_t *out)
{
    uint64_t v = 0;

    for (int shift = 0; shift < 64; shift += 7) {
        const uint8_t *p = weights_take(b, 1);

        if (!p)
            return false;
        v |= (uint64_t)(*p & 0x7f) << shift;
        if (!(*p & 0x80)) {
            *out = v;
            return true;
        }
    }
    return false;
}

/** Reads the next field of a message. 1; 0 at its end; or UV_EINVAL. */
static int next_field(struct weights_bytes *b, struct field *f)
{
    uint64_t key, len;

    if (!b->len)
        return 0;
    if (!take_varint(b, &key))
        return UV_EINVAL;
    *f = (struct field){.number = key >> 3, .wire = (enum wire)(key & 7)};
    switch (key & 7) {
    case VARINT:
        return take_varint(b, &f->value) ? 1 : UV_EINVAL;
    case FIXED64:
        return weights_take(b, 8) ? 1 : UV_EINVAL;
    case FIXED32:
        return weights_take(b, 4) ? 1 : UV_EINVAL;
    case BYTES:
        if (!take_varint(b, &len) || len > b->len)
            return UV_EINVAL;
        f->bytes = (struct weights_bytes){weights_take(b, (size_t)len), (size_t)len};
        return 1;
    default:
        return UV_EINVAL;
    }
}

static bool is(const struct field *f, uint64_t number, enum wire wire)
{
    return f->number == number && f->wire == wire;
}

static int damaged(struct errbuf *why, const char *what)
{
    return err_set(why, UV_EINVAL, "the ONNX file is damaged within %s", what);
}

/* ---- tensors ------------------------------------------------------------------------------ */

static bool element_of(uint64_t type, enum nn_element *out)
{
    static const struct {
        uint64_t type;
        enum nn_element element;
    } known[] = {{1, NN_E_F32}, {2, NN_E_U8},  {3, NN_E_I8},
                 {6, NN_E_I32}, {7, NN_E_I64}, {10, NN_E_F16}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].type == type) {
            *out = known[i].element;
            return true;
        }
    }
    return false;
}

static int add_dim(struct weights_found *f, uint64_t ne)
{
    if (f->n_dims == NN_RANK_MAX || ne > INT64_MAX)
        return UV_EINVAL;
    f->ne[f->n_dims++] = (int64_t)ne;
    return 0;
}

/** Dimensions come one per field, or all in one packed field. */
static int read_dims(struct weights_found *f, struct field *from)
{
    uint64_t ne;

    if (from->wire == VARINT)
        return add_dim(f, from->value);
    while (from->wire == BYTES && from->bytes.len) {
        if (!take_varint(&from->bytes, &ne) || add_dim(f, ne))
            return UV_EINVAL;
    }
    return from->wire == BYTES ? 0 : UV_EINVAL;
}

/** Turns integers that were written as varints into an array of their type. */
static int unpack_integers(struct nn_weights *w, struct weights_bytes ints, struct weights_found *f)
{
    size_t each = weights_element_bytes(f->element);
    uint8_t *to;

    if (f->element == NN_E_F32 || f->element == NN_E_F16)
        return UV_EINVAL;
    to = weights_alloc(w, ints.len * each); /* each takes at least one byte */
    if (!to)
        return UV_ENOMEM;
    f->data = to;
    for (f->bytes = 0; ints.len; f->bytes += each, to += each) {
        uint64_t v;

        if (!take_varint(&ints, &v))
            return UV_EINVAL;
        memcpy(to, &v, each); /* little-endian: the low bytes */
    }
    return 0;
}

static int read_tensor(struct nn_weights *w, struct weights_bytes b, struct errbuf *why)
{
    struct weights_found f = {.n_dims = 0};
    struct weights_bytes raw = {NULL, 0}, ints = {NULL, 0};
    uint64_t type = 0, location = 0;
    struct field field;
    int err;

    while ((err = next_field(&b, &field)) > 0) {
        if (field.number == TENSOR_DIMS && read_dims(&f, &field))
            return damaged(why, "a tensor's shape");
        else if (is(&field, TENSOR_TYPE, VARINT))
            type = field.value;
        else if (is(&field, TENSOR_NAME, BYTES))
            f.name = field.bytes.data, f.name_len = field.bytes.len;
        else if (is(&field, TENSOR_RAW, BYTES) || is(&field, TENSOR_FLOATS, BYTES))
            raw = field.bytes;
        else if (is(&field, TENSOR_INT32S, BYTES) || is(&field, TENSOR_INT64S, BYTES))
            ints = field.bytes;
        else if (is(&field, TENSOR_LOCATION, VARINT))
            location = field.value;
    }
    if (err)
        return damaged(why, "a tensor");
    if (!element_of(type, &f.element))
        return 0; /* strings, booleans and so on: nothing that is multiplied */
    if (location)
        return err_set(why, UV_ENOTSUP, "the ONNX file keeps its weights in another file");
    f.data = raw.data;
    f.bytes = raw.len;
    if (ints.data) {
        err = unpack_integers(w, ints, &f);
        if (err)
            return damaged(why, "a tensor's integers");
    }
    return weights_add(w, &f, why);
}

/* ---- nodes -------------------------------------------------------------------------------- */

static int read_attribute(struct nn_node *node, struct weights_bytes b)
{
    struct weights_bytes name = {NULL, 0};
    uint64_t value = 0;
    struct field field;
    int err;

    while ((err = next_field(&b, &field)) > 0) {
        if (is(&field, ATTRIBUTE_NAME, BYTES))
            name = field.bytes;
        else if (is(&field, ATTRIBUTE_INT, VARINT))
            value = field.value;
    }
    if (name.len == 4 && !memcmp(name.data, "axis", 4))
        node->axis = (int64_t)value;
    if (name.len == 6 && !memcmp(name.data, "transB", 6))
        node->transposed = value == 1;
    return err;
}

static int read_node(struct nn_weights *w, struct weights_bytes b, struct errbuf *why)
{
    struct nn_node node = {.op = "", .output = NULL, .axis = 1};
    struct field field;
    int inputs = 0, err;

    while ((err = next_field(&b, &field)) > 0) {
        const char **to = NULL;

        if (is(&field, NODE_INPUT, BYTES) && inputs < NN_NODE_INPUTS_MAX)
            to = &node.inputs[inputs++];
        else if (is(&field, NODE_OUTPUT, BYTES) && !node.output)
            to = &node.output;
        else if (is(&field, NODE_OP, BYTES))
            to = &node.op;
        else if (is(&field, NODE_ATTRIBUTE, BYTES) && read_attribute(&node, field.bytes))
            return damaged(why, "an attribute");
        if (to) {
            *to = weights_text(w, field.bytes.data, field.bytes.len);
            if (!*to)
                return damaged(why, "the names of a node");
        }
    }
    if (err)
        return damaged(why, "a node");
    if (!node.output)
        node.output = "";
    return weights_add_node(w, &node, why);
}

/* ---- the whole ---------------------------------------------------------------------------- */

/** An ONNX file begins with its version, field 1, a small number. */
bool weights_is_onnx(const uint8_t *data, size_t len)
{
    return len > 4 && data[0] == 0x08 && data[1] < 0x80;
}

static int read_graph(struct nn_weights *w, struct weights_bytes b, struct errbuf *why)
{
    struct field field;
    int rc;

    while ((rc = next_field(&b, &field)) > 0) {
        int err = 0;

        if (is(&field, GRAPH_INITIALIZER, BYTES))
            err = read_tensor(w, field.bytes, why);
        else if (is(&field, GRAPH_NODE, BYTES))
            err = read_node(w, field.bytes, why);
        if (err)
            return err;
    }
    return rc ? damaged(why, "its graph") : 0;
}

int weights_read_onnx(struct nn_weights *w, const uint8_t *data, size_t len, struct errbuf *why)
{
    struct weights_bytes b = {data, len};
    struct field field;
    int err;

    while ((err = next_field(&b, &field)) > 0) {
        if (is(&field, MODEL_GRAPH, BYTES)) {
            err = read_graph(w, field.bytes, why);
            if (err)
                return err;
        }
    }
    return err ? damaged(why, "the model") : 0;
}
