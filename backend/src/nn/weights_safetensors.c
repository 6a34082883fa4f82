/**
 * @file nn/weights_safetensors.c  Reading safetensors
 *
 * u64 length of the header, the header in JSON ({"name": {"dtype": "F32", "shape": [2, 3],
 * "data_offsets": [0, 24]}, "__metadata__": {...}}), then the data. Tensors of types that are not
 * needed here are skipped.
 */
#include "nn/weights_internal.h"

#include <jansson.h>
#include <string.h>

enum { HEADER_MAX = 8 << 20 }; /* [bytes] */

static size_t header_bytes(const uint8_t *data, size_t len)
{
    uint64_t n;

    if (len < 10)
        return 0;
    memcpy(&n, data, 8);
    return n > len - 8 || n > HEADER_MAX ? 0 : (size_t)n;
}

bool weights_is_safetensors(const uint8_t *data, size_t len)
{
    return header_bytes(data, len) && data[8] == '{';
}

static bool element_of(const char *dtype, enum nn_element *out)
{
    static const struct {
        const char *name;
        enum nn_element element;
    } known[] = {{"F32", NN_E_F32}, {"F16", NN_E_F16}, {"I8", NN_E_I8},
                 {"U8", NN_E_U8},   {"I32", NN_E_I32}, {"I64", NN_E_I64}};

    for (size_t i = 0; dtype && i < sizeof(known) / sizeof(known[0]); i++) {
        if (!strcmp(known[i].name, dtype)) {
            *out = known[i].element;
            return true;
        }
    }
    return false;
}

static int read_tensor(struct nn_weights *w, const char *name, json_t *about,
                       const struct weights_bytes *data, struct errbuf *why)
{
    struct weights_found f = {.name = name, .name_len = strlen(name)};
    json_t *shape = json_object_get(about, "shape");
    json_t *offsets = json_object_get(about, "data_offsets");
    json_int_t begin = json_integer_value(json_array_get(offsets, 0));
    json_int_t end = json_integer_value(json_array_get(offsets, 1));

    if (!strcmp(name, "__metadata__") ||
        !element_of(json_string_value(json_object_get(about, "dtype")), &f.element))
        return 0;
    if (!json_is_array(shape) || json_array_size(shape) > NN_RANK_MAX || begin < 0 || end < begin ||
        (uint64_t)end > data->len)
        return err_set(why, UV_EINVAL, "tensor %.100s lies outside of the file", name);
    f.n_dims = (int)json_array_size(shape);
    for (int i = 0; i < f.n_dims; i++)
        f.ne[i] = json_integer_value(json_array_get(shape, (size_t)i));
    f.data = data->data + begin;
    f.bytes = (size_t)(end - begin);
    return weights_add(w, &f, why);
}

int weights_read_safetensors(struct nn_weights *w, const uint8_t *data, size_t len,
                             struct errbuf *why)
{
    size_t n = header_bytes(data, len);
    struct weights_bytes rest = {data + 8 + n, len - 8 - n};
    json_error_t said;
    json_t *head = json_loadb((const char *)data + 8, n, JSON_REJECT_DUPLICATES, &said);
    const char *name;
    json_t *about;
    int err = 0;

    if (!json_is_object(head)) {
        json_decref(head);
        return err_set(why, UV_EINVAL, "the header cannot be read");
    }
    json_object_foreach(head, name, about)
    {
        err = read_tensor(w, name, about, &rest, why);
        if (err)
            break;
    }
    json_decref(head);
    return err;
}
