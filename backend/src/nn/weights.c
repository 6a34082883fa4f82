/**
 * @file nn/weights.c  The table of named tensors, and its queries; see weights.h
 *
 * To read another format: write weights_NAME.c with two functions (one recognises the format, one
 * fills the table) and list them in `formats`.
 */
#include "nn/weights_internal.h"

#include "nn/nn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    COUNT_MAX = 1 << 30, /* numbers in a tensor: 4 GB of floats */
    FILE_MAX_MB = 4096,
};

static const struct {
    bool (*is)(const uint8_t *data, size_t len);
    int (*read)(struct nn_weights *w, const uint8_t *data, size_t len, struct errbuf *why);
} formats[] = {
    {weights_is_safetensors, weights_read_safetensors},
    {weights_is_torch, weights_read_torch},
    {weights_is_onnx, weights_read_onnx},
};

/* ---- what readers share -------------------------------------------------------------------- */

const uint8_t *weights_take(struct weights_bytes *b, size_t n)
{
    const uint8_t *p = b->data;

    if (n > b->len)
        return NULL;
    b->data += n;
    b->len -= n;
    return p;
}

size_t weights_element_bytes(enum nn_element element)
{
    static const size_t bytes[] = {[NN_E_F32] = 4, [NN_E_F16] = 2, [NN_E_I8] = 1,
                                   [NN_E_U8] = 1,  [NN_E_I32] = 4, [NN_E_I64] = 8};

    return bytes[element];
}

void *weights_alloc(struct nn_weights *w, size_t n)
{
    struct weights_memory *m = calloc(1, sizeof(*m) + n);

    if (!m)
        return NULL;
    m->next = w->memory;
    w->memory = m;
    return m->data;
}

const char *weights_text(struct nn_weights *w, const void *text, size_t len)
{
    char *copy;

    if (len && memchr(text, 0, len))
        return NULL;
    copy = weights_alloc(w, len + 1);
    if (copy && len)
        memcpy(copy, text, len);
    return copy;
}

/** Makes room for one more; if the limit is reached, the sentence names it. */
static int grow(void **items, size_t *cap, size_t n, size_t size, size_t max, const char *what,
                struct errbuf *why)
{
    size_t wanted = *cap ? 2 * *cap : 64;
    void *more;

    if (n < *cap)
        return 0;
    if (n >= max)
        return err_set(why, UV_ENOTSUP, "more than %zu %s", max, what);
    more = realloc(*items, wanted * size);
    if (!more)
        return err_set(why, UV_ENOMEM, "not enough memory for the list of %s", what);
    *items = more;
    *cap = wanted;
    return 0;
}

int weights_add(struct nn_weights *w, const struct weights_found *f, struct errbuf *why)
{
    struct nn_tensor t = {.element = f->element, .n_dims = f->n_dims, .count = 1};
    int shown = f->name_len < 100 ? (int)f->name_len : 100;
    int err;

    if (!f->name_len || f->name_len > NN_TENSOR_NAME_MAX)
        return err_set(why, UV_EINVAL, "the name of a tensor is %zu bytes long", f->name_len);
    for (int i = 0; i < NN_RANK_MAX; i++) {
        int64_t ne = i < f->n_dims ? f->ne[i] : 1;

        if (ne < 0 || ne > COUNT_MAX || (ne && t.count > COUNT_MAX / (size_t)ne))
            return err_set(why, UV_EINVAL, "tensor %.*s has an impossible shape", shown,
                           (const char *)f->name);
        t.ne[i] = (size_t)ne;
        t.count *= (size_t)ne;
    }
    if (t.count * weights_element_bytes(f->element) != f->bytes)
        return err_set(why, UV_EINVAL, "tensor %.*s has %zu bytes, its shape calls for %zu", shown,
                       (const char *)f->name, f->bytes,
                       t.count * weights_element_bytes(f->element));
    err = grow((void **)&w->tensors, &w->tensors_cap, w->n_tensors, sizeof(t), NN_TENSORS_MAX,
               "tensors", why);
    if (err)
        return err;
    t.name = weights_text(w, f->name, f->name_len);
    if (!t.name)
        return err_set(why, UV_EINVAL, "the name of a tensor cannot be read");
    t.data = f->data;
    t.bytes = f->bytes;
    w->tensors[w->n_tensors++] = t;
    return 0;
}

int weights_add_node(struct nn_weights *w, const struct nn_node *node, struct errbuf *why)
{
    int err = grow((void **)&w->nodes, &w->nodes_cap, w->n_nodes, sizeof(*node), NN_NODES_MAX,
                   "nodes", why);

    if (!err)
        w->nodes[w->n_nodes++] = *node;
    return err;
}

/* ---- the table ---------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct nn_tensor *)a)->name, ((const struct nn_tensor *)b)->name);
}

static int by_output(const void *a, const void *b)
{
    return strcmp((*(struct nn_node *const *)a)->output, (*(struct nn_node *const *)b)->output);
}

/** Everything was read: sort the table so that it can be searched. */
static int finish(struct nn_weights *w, struct errbuf *why)
{
    if (w->n_tensors)
        qsort(w->tensors, w->n_tensors, sizeof(*w->tensors), by_name);
    for (size_t i = 1; i < w->n_tensors; i++) {
        if (!strcmp(w->tensors[i - 1].name, w->tensors[i].name))
            return err_set(why, UV_EINVAL, "tensor %.100s is there twice", w->tensors[i].name);
    }
    w->makers = calloc(w->n_nodes + 1, sizeof(struct nn_node *));
    if (!w->makers)
        return err_set(why, UV_ENOMEM, "not enough memory for the list of nodes");
    for (size_t i = 0; i < w->n_nodes; i++)
        w->makers[i] = &w->nodes[i];
    if (w->n_nodes)
        qsort(w->makers, w->n_nodes, sizeof(struct nn_node *), by_output);
    return 0;
}

static int parse_any(struct nn_weights *w, const void *data, size_t len, struct errbuf *why)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (formats[i].is(data, len)) {
            int err = formats[i].read(w, data, len, why);

            return err ? err : finish(w, why);
        }
    }
    return err_set(why, UV_EINVAL, "these are no weights in a format that is read here");
}

int nn_weights_parse(struct nn_weights **wp, const void *data, size_t len, struct errbuf *why)
{
    struct nn_weights *w = calloc(1, sizeof(*w));
    int err;

    if (!w)
        return err_set(why, UV_ENOMEM, "not enough memory for a list of weights");
    err = parse_any(w, data, len, why);
    if (err)
        nn_weights_close(w);
    else
        *wp = w;
    return err;
}

static int map_file(struct nn_weights *w, const char *path, struct errbuf *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    int err = 0;

    if (fd < 0)
        return err_set(why, -errno, "%.300s cannot be opened: %s", path, strerror(errno));
    if (fstat(fd, &st) < 0)
        err = err_set(why, -errno, "%.300s cannot be read: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode) || st.st_size < 16 || st.st_size / 1048576 >= FILE_MAX_MB)
        err = err_set(why, UV_EINVAL, "%.300s is no file of weights", path);
    if (!err) {
        void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

        if (map == MAP_FAILED) {
            err = err_set(why, -errno, "%.300s cannot be mapped: %s", path, strerror(errno));
        } else {
            w->map = map;
            w->map_len = (size_t)st.st_size;
        }
    }
    close(fd);
    return err;
}

int nn_weights_open(struct nn_weights **wp, const char *path, struct errbuf *why)
{
    struct nn_weights *w = calloc(1, sizeof(*w));
    int err;

    if (!w)
        return err_set(why, UV_ENOMEM, "not enough memory for a list of weights");
    err = map_file(w, path, why);
    if (!err) {
        err = parse_any(w, w->map, w->map_len, why);
        if (err)
            err_prefix(why, err, "%.300s", path);
    }
    if (err)
        nn_weights_close(w);
    else
        *wp = w;
    return err;
}

void nn_weights_close(struct nn_weights *w)
{
    if (!w)
        return;
    while (w->memory) {
        struct weights_memory *m = w->memory;

        w->memory = m->next;
        free(m);
    }
    if (w->map)
        munmap(w->map, w->map_len);
    free(w->tensors);
    free(w->nodes);
    free(w->makers);
    free(w);
}

size_t nn_weights_count(const struct nn_weights *w)
{
    return w->n_tensors;
}

const struct nn_tensor *nn_weights_at(const struct nn_weights *w, size_t i)
{
    return &w->tensors[i];
}

const struct nn_tensor *nn_weights_find(const struct nn_weights *w, const char *name)
{
    struct nn_tensor key = {.name = name};

    return w->n_tensors ? bsearch(&key, w->tensors, w->n_tensors, sizeof(key), by_name) : NULL;
}

size_t nn_weights_nodes(const struct nn_weights *w)
{
    return w->n_nodes;
}

const struct nn_node *nn_weights_node(const struct nn_weights *w, size_t i)
{
    return &w->nodes[i];
}

const struct nn_node *nn_weights_maker(const struct nn_weights *w, const char *output)
{
    struct nn_node key = {.output = output}, *pointer = &key, **found;

    found =
        w->n_nodes ? bsearch(&pointer, w->makers, w->n_nodes, sizeof(pointer), by_output) : NULL;
    return found ? *found : NULL;
}

/* ---- ggml records ------------------------------------------------------------------------- */

static int add_record(struct nn_weights *w, const struct nn_record *r, struct errbuf *why)
{
    struct weights_found f = {.name = r->name,
                              .name_len = r->name_len,
                              .element = r->type == NN_F16 ? NN_E_F16 : NN_E_F32,
                              .n_dims = r->n_dims,
                              .data = r->data,
                              .bytes = r->bytes};

    if (r->type != NN_F32 && r->type != NN_F16)
        return err_set(why, UV_ENOTSUP, "tensors of type %s are not read here",
                       nn_type_name(r->type));
    for (int i = 0; i < r->n_dims; i++)
        f.ne[i] = r->ne[r->n_dims - 1 - i];
    return weights_add(w, &f, why);
}

int nn_weights_records(struct nn_weights **wp, const void *data, size_t len, struct errbuf *why)
{
    struct nn_weights *w = calloc(1, sizeof(*w));
    size_t at = 0;
    int err = 0;

    if (!w)
        return err_set(why, UV_ENOMEM, "not enough memory for a list of weights");
    while (!err && at < len) {
        struct nn_record r;

        err = nn_record_read(data, len, &at, &r, why);
        err = err ? err : add_record(w, &r, why);
    }
    if (!err)
        err = finish(w, why);
    if (err)
        nn_weights_close(w);
    else
        *wp = w;
    return err;
}

/* ---- numbers ------------------------------------------------------------------------------ */

static void to_floats(const struct nn_tensor *t, float *to)
{
    for (size_t i = 0; i < t->count; i++) {
        int32_t word;
        uint16_t half;

        switch (t->element) {
        case NN_E_F32:
            memcpy(&to[i], t->data + 4 * i, 4);
            break;
        case NN_E_F16:
            memcpy(&half, t->data + 2 * i, 2);
            nn_f16_to_f32(&half, &to[i], 1);
            break;
        case NN_E_I8:
            to[i] = (float)(int8_t)t->data[i];
            break;
        case NN_E_U8:
            to[i] = (float)t->data[i];
            break;
        default:
            memcpy(&word, t->data + 4 * i, 4);
            to[i] = (float)word;
        }
    }
}

int nn_weights_floats(const struct nn_weights *w, const char *name, size_t count, float *to,
                      struct errbuf *why)
{
    const struct nn_tensor *t = nn_weights_find(w, name);

    if (!t)
        return err_set(why, UV_EINVAL, "there is no tensor %.100s", name);
    if (t->count != count || t->element == NN_E_I64)
        return err_set(why, UV_EINVAL, "tensor %.100s has %zu numbers and not %zu", name, t->count,
                       count);
    to_floats(t, to);
    return 0;
}

static bool all_zero(const struct nn_tensor *t)
{
    for (size_t i = 0; i < t->bytes; i++) {
        if (t->data[i])
            return false;
    }
    return true;
}

/** Multiplies integers by their scales: one for all, or one for each index along `axis`. */
static int scale(const struct nn_weights *w, const struct nn_node *node, const struct nn_tensor *t,
                 float *to, struct errbuf *why)
{
    const struct nn_tensor *s = nn_weights_find(w, node->inputs[1]);
    const struct nn_tensor *zero = node->inputs[2] ? nn_weights_find(w, node->inputs[2]) : NULL;
    int64_t axis = node->axis < 0           ? node->axis + t->n_dims
                   : node->axis < t->n_dims ? node->axis
                                            : t->n_dims - 1; /* a vector has only one */
    size_t inner = 1;
    float *scales;

    if (!s || s->element != NN_E_F32 || (zero && !all_zero(zero)))
        return err_set(why, UV_ENOTSUP, "tensor %.100s is quantised in a way not read here",
                       t->name);
    if (s->count != 1 && (axis < 0 || axis >= t->n_dims || s->count != t->ne[axis]))
        return err_set(why, UV_EINVAL, "tensor %.100s has %zu scales", t->name, s->count);
    scales = malloc(s->count * sizeof(*scales));
    if (!scales)
        return err_set(why, UV_ENOMEM, "not enough memory for scales");
    to_floats(s, scales);
    for (int i = (int)axis + 1; s->count != 1 && i < t->n_dims; i++)
        inner *= t->ne[i];
    for (size_t i = 0; i < t->count; i++)
        to[i] *= scales[s->count == 1 ? 0 : i / inner % s->count];
    free(scales);
    return 0;
}

static void turn(const float *from, size_t rows, size_t cols, float *to)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++)
            to[r * cols + c] = from[c * rows + r];
    }
}

int nn_weights_matrix(const struct nn_weights *w, const char *name, size_t rows, size_t cols,
                      bool turned, float *to, struct errbuf *why)
{
    const struct nn_tensor *t = nn_weights_find(w, name);
    const struct nn_node *node = t ? NULL : nn_weights_maker(w, name);
    float *plain = NULL;
    int err = 0;

    if (node && !strcmp(node->op, "DequantizeLinear") && node->inputs[0] && node->inputs[1])
        t = nn_weights_find(w, node->inputs[0]);
    if (!t)
        return err_set(why, UV_EINVAL, "there is no matrix %.100s", name);
    if (t->count != rows * cols || t->element == NN_E_I64)
        return err_set(why, UV_EINVAL, "matrix %.100s has %zu numbers and not %zu x %zu", name,
                       t->count, rows, cols);
    plain = turned ? malloc(t->count * sizeof(float)) : to;
    if (!plain)
        return err_set(why, UV_ENOMEM, "not enough memory for a matrix");
    to_floats(t, plain);
    if (node)
        err = scale(w, node, t, plain, why);
    if (!err && turned)
        turn(plain, rows, cols, to);
    if (turned)
        free(plain);
    return err;
}
