/**
 * @file nn/records.c  Tensors of a ggml model file, one after the other; see weights.h
 *
 * The format is that of whisper.cpp's `ggml-*.bin` files (ggml-org/whisper.cpp, models/README.md):
 * rank, length of the name, type and dimensions as 32-bit numbers, the name, the data; no padding.
 */
#include "nn/cursor.h"
#include "nn/weights.h"

enum {
    NAME_FIRST = 0x21,
    NAME_LAST = 0x7e
}; /* bytes of a name: printable ASCII without the
      space */

static int take_name(struct nn_cursor *c, struct nn_record *r)
{
    r->name = (const char *)nn_cursor_take(c, r->name_len);
    if (!r->name)
        return nn_cursor_damaged(c, "the file ends within the name of a tensor");
    for (size_t i = 0; i < r->name_len; i++) {
        unsigned char byte = (unsigned char)r->name[i];

        if (byte < NAME_FIRST || byte > NAME_LAST)
            return nn_cursor_damaged(c, "the name of a tensor has byte 0x%02x in it", byte);
    }
    return 0;
}

static int take_data(struct nn_cursor *c, struct nn_record *r)
{
    bool blocks = r->type != NN_F32 && r->type != NN_F16;
    int name_len = (int)r->name_len;
    size_t rows = 1;

    if (blocks && r->ne[0] % NN_BLOCK)
        return nn_cursor_damaged(c, "rows of %.*s hold %d values, not whole blocks of %s", name_len,
                                 r->name, r->ne[0], nn_type_name(r->type));
    for (int i = 1; i < r->n_dims; i++) {
        if (rows > SIZE_MAX / 8 / NN_DIM_MAX / (size_t)r->ne[i])
            return nn_cursor_damaged(c, "tensor %.*s has an impossible shape", name_len, r->name);
        rows *= (size_t)r->ne[i];
    }
    r->bytes = rows * nn_type_bytes(r->type, (size_t)r->ne[0]);
    r->data = nn_cursor_take(c, r->bytes);
    if (!r->data)
        return nn_cursor_damaged(
            c, "the file is cut off within tensor %.*s: %zu bytes needed, %zu left", name_len,
            r->name, r->bytes, c->len - c->at);
    return 0;
}

int nn_record_read(const void *data, size_t len, size_t *at, struct nn_record *out,
                   struct errbuf *why)
{
    struct nn_cursor c = {data, len, *at, why};
    struct nn_record r = {.ne = {1, 1, 1, 1}};
    int name_len = 0, type = 0;
    int err = nn_cursor_int(&c, "the rank of a tensor", 1, NN_RANK_MAX, &r.n_dims);

    if (!err)
        err = nn_cursor_int(&c, "the length of a tensor's name", 1, NN_TENSOR_NAME_MAX, &name_len);
    if (!err)
        err = nn_cursor_int(&c, "the type of a tensor", 0, 64, &type);
    for (int i = 0; !err && i < r.n_dims; i++)
        err = nn_cursor_int(&c, "a dimension of a tensor", 1, NN_DIM_MAX, &r.ne[i]);
    r.name_len = (size_t)name_len;
    err = err ? err : take_name(&c, &r);
    if (!err && (!nn_type_known(type) || type == NN_Q12))
        err = nn_cursor_damaged(&c, "tensor %.*s has unknown type %d", name_len, r.name, type);
    r.type = (enum nn_type)type;
    err = err ? err : take_data(&c, &r);
    if (err)
        return err;
    *at = c.at;
    *out = r;
    return 0;
}
