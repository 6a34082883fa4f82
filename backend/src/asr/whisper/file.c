/**
 * @file asr/whisper/file.c  Reading a ggml Whisper model file; see file.h
 *
 * In the order of the file: cursor, header, filters, vocabulary, tensors, then the check of the
 * tensors against the list that the header requires. A new tensor type is added to ftypes[].
 */
#include "asr/whisper/file.h"

#include "nn/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAGIC = 0x67676d6c,
    QUANT_FACTOR = 1000 /* ftype = type + 1000 * version of the quantisation */
};

static const struct {
    enum nn_type type;
    int ftype; /* as in the header */
} ftypes[] = {
    {NN_F32, 0}, {NN_F16, 1}, {NN_Q4_0, 2}, {NN_Q4_1, 3}, {NN_Q8_0, 7}, {NN_Q5_0, 8}, {NN_Q5_1, 9},
};
enum { N_FTYPES = sizeof(ftypes) / sizeof(ftypes[0]) };

/* ---- header, filters, vocabulary ---------------------------------------------------------- */

static int read_type(struct nn_cursor *c, struct whisper_shape *s)
{
    int ftype = 0;
    int err = nn_cursor_int(c, "the weight type", 0, 1 << 20, &ftype);

    if (err)
        return err;
    for (int i = 0; i < N_FTYPES; i++) {
        if (ftypes[i].ftype == ftype % QUANT_FACTOR) {
            s->type = ftypes[i].type;
            return 0;
        }
    }
    return err_set(c->why, UV_ENOTSUP,
                   "weights of type %d are not supported (f32, f16, q4_0, q4_1, q5_0, q5_1 and "
                   "q8_0 are)",
                   ftype);
}

static int check_width(struct nn_cursor *c, const char *what, int state, int heads)
{
    if (state % heads || state / heads % 16)
        return nn_cursor_damaged(c, "%s width %d does not divide into %d heads of a multiple of 16",
                                 what, state, heads);
    if (state % NN_BLOCK)
        return nn_cursor_damaged(c, "%s width %d is not a multiple of %d", what, state, NN_BLOCK);
    return 0;
}

static int read_header(struct nn_cursor *c, struct whisper_shape *s)
{
    const struct {
        const char *what;
        int min, max;
        int *to;
    } fields[] = {
        {"the number of tokens", 51864, 51866, &s->n_vocab},
        {"the audio context", WHISPER_AUDIO_CTX, WHISPER_AUDIO_CTX, &s->n_audio_ctx},
        {"the encoder width", NN_BLOCK, WHISPER_STATE_MAX, &s->n_audio_state},
        {"the number of encoder heads", 1, WHISPER_HEADS_MAX, &s->n_audio_head},
        {"the number of encoder layers", 1, WHISPER_LAYERS_MAX, &s->n_audio_layer},
        {"the text context", WHISPER_TEXT_CTX, WHISPER_TEXT_CTX, &s->n_text_ctx},
        {"the decoder width", NN_BLOCK, WHISPER_STATE_MAX, &s->n_text_state},
        {"the number of decoder heads", 1, WHISPER_HEADS_MAX, &s->n_text_head},
        {"the number of decoder layers", 1, WHISPER_LAYERS_MAX, &s->n_text_layer},
        {"the number of mel bands", 80, 128, &s->n_mels},
    };
    const uint8_t *p = nn_cursor_take(c, 4);
    uint32_t magic = 0;
    int err = 0;

    if (p)
        memcpy(&magic, p, 4);
    if (magic != MAGIC)
        return err_set(c->why, UV_EINVAL,
                       "not a ggml Whisper model: it begins with 0x%08x and not with 0x%08x", magic,
                       (unsigned)MAGIC);
    for (size_t i = 0; !err && i < sizeof(fields) / sizeof(fields[0]); i++)
        err = nn_cursor_int(c, fields[i].what, fields[i].min, fields[i].max, fields[i].to);
    if (!err)
        err = read_type(c, s);
    if (err)
        return err;
    if (s->n_audio_state != s->n_text_state)
        return nn_cursor_damaged(c, "encoder width %d differs from decoder width %d",
                                 s->n_audio_state, s->n_text_state);
    if (s->n_mels != 80 && s->n_mels != 128)
        return nn_cursor_damaged(c, "the model has %d mel bands, expected 80 or 128", s->n_mels);
    err = check_width(c, "encoder", s->n_audio_state, s->n_audio_head);
    return err ? err : check_width(c, "decoder", s->n_text_state, s->n_text_head);
}

static int read_filters(struct nn_cursor *c, struct whisper_file *f)
{
    size_t n = (size_t)f->shape.n_mels * WHISPER_FFT_BINS;
    int bands = 0;
    int bins = 0;
    int err;
    const uint8_t *p;

    err = nn_cursor_int(c, "the number of mel filters", f->shape.n_mels, f->shape.n_mels, &bands);
    if (!err)
        err = nn_cursor_int(c, "the length of a mel filter", WHISPER_FFT_BINS, WHISPER_FFT_BINS,
                            &bins);
    if (err)
        return err;
    p = nn_cursor_take(c, n * sizeof(float));
    if (!p)
        return nn_cursor_damaged(c, "the file ends within the mel filters");
    f->filters = malloc(n * sizeof(float));
    if (!f->filters)
        return UV_ENOMEM;
    memcpy(f->filters, p, n * sizeof(float));
    for (size_t i = 0; i < n; i++) {
        if (!(f->filters[i] >= 0.0f && f->filters[i] < 1e3f)) /* also NaN */
            return nn_cursor_damaged(c, "mel filter value %zu is not a sane number", i);
    }
    return 0;
}

static int read_vocab(struct nn_cursor *c, struct whisper_file *f)
{
    int count = 0;
    int err = nn_cursor_int(c, "the number of written tokens", 1, f->shape.n_vocab, &count);

    if (err)
        return err;
    f->tokens = calloc((size_t)count, sizeof(*f->tokens));
    if (!f->tokens)
        return UV_ENOMEM;
    for (int i = 0; i < count; i++) {
        int len = 0;

        err = nn_cursor_int(c, "the length of a token", 0, WHISPER_TOKEN_BYTES_MAX, &len);
        if (err)
            return err_prefix(c->why, err, "token %d", i);
        f->tokens[i].data = nn_cursor_take(c, (size_t)len);
        f->tokens[i].len = (size_t)len;
        if (!f->tokens[i].data)
            return nn_cursor_damaged(c, "the file ends within token %d", i);
    }
    f->n_tokens = count;
    return 0;
}

/* ---- tensors ------------------------------------------------------------------------------ */

static int read_tensor(struct nn_cursor *c, struct whisper_tensor *t)
{
    struct nn_record r;
    int err = nn_record_read(c->data, c->len, &c->at, &r, c->why);

    if (err)
        return err;
    if (r.n_dims > WHISPER_RANK_MAX || r.name_len > WHISPER_NAME_MAX)
        return nn_cursor_damaged(c, "tensor %.*s has a name of %zu bytes and %d dimensions",
                                 (int)r.name_len, r.name, r.name_len, r.n_dims);
    *t = (struct whisper_tensor){
        .type = r.type, .n_dims = r.n_dims, .data = r.data, .bytes = r.bytes};
    memcpy(t->name, r.name, r.name_len);
    memcpy(t->ne, r.ne, sizeof(t->ne));
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct whisper_tensor *)a)->name,
                  ((const struct whisper_tensor *)b)->name);
}

static int max_tensors(const struct whisper_shape *s)
{
    return 11 + 15 * s->n_audio_layer + 24 * s->n_text_layer;
}

static int read_tensors(struct nn_cursor *c, struct whisper_file *f)
{
    int max = max_tensors(&f->shape);
    int err = 0;

    f->tensors = calloc((size_t)max, sizeof(*f->tensors));
    if (!f->tensors)
        return UV_ENOMEM;
    while (!err && c->at < c->len) {
        if (f->n_tensors == max)
            return nn_cursor_damaged(c, "more than the %d tensors such a model has", max);
        err = read_tensor(c, &f->tensors[f->n_tensors]);
        if (!err)
            f->n_tensors++;
    }
    if (err)
        return err;
    qsort(f->tensors, (size_t)f->n_tensors, sizeof(*f->tensors), by_name);
    for (int i = 1; i < f->n_tensors; i++) {
        if (!strcmp(f->tensors[i - 1].name, f->tensors[i].name))
            return nn_cursor_damaged(c, "tensor %s is there twice", f->tensors[i].name);
    }
    return 0;
}

const struct whisper_tensor *whisper_file_tensor(const struct whisper_file *f, const char *name)
{
    struct whisper_tensor key;

    if (strlen(name) > WHISPER_NAME_MAX)
        return NULL;
    strcpy(key.name, name);
    return bsearch(&key, f->tensors, (size_t)f->n_tensors, sizeof(key), by_name);
}

/* ---- required tensors ---------------------------------------------------------------------- */

struct want {
    const struct whisper_file *f;
    struct errbuf *why;
    int err;
};

static void want(struct want *w, enum nn_type type, const char *prefix, const char *name, int n0,
                 int n1, int n2)
{
    const struct whisper_tensor *t;
    char full[2 * WHISPER_NAME_MAX];

    if (w->err)
        return;
    snprintf(full, sizeof(full), "%s%s", prefix, name);
    t = whisper_file_tensor(w->f, full);
    if (!t)
        w->err = err_set(w->why, UV_EINVAL, "tensor %s is missing", full);
    else if (t->ne[0] != n0 || t->ne[1] != n1 || t->ne[2] != n2)
        w->err = err_set(w->why, UV_EINVAL, "tensor %s is %dx%dx%d, expected %dx%dx%d", full,
                         t->ne[2], t->ne[1], t->ne[0], n2, n1, n0);
    else if (t->type != type)
        w->err = err_set(w->why, UV_EINVAL, "tensor %s has type %s, expected %s", full,
                         nn_type_name(t->type), nn_type_name(type));
}

static void want_linear(struct want *w, const char *prefix, const char *name, int in, int out,
                        bool bias)
{
    char full[WHISPER_NAME_MAX];

    snprintf(full, sizeof(full), "%s.weight", name);
    want(w, w->f->shape.type, prefix, full, in, out, 1);
    snprintf(full, sizeof(full), "%s.bias", name);
    if (bias)
        want(w, NN_F32, prefix, full, out, 1, 1);
}

static void want_norm(struct want *w, const char *prefix, const char *name, int n)
{
    char full[WHISPER_NAME_MAX];

    snprintf(full, sizeof(full), "%s.weight", name);
    want(w, NN_F32, prefix, full, n, 1, 1);
    snprintf(full, sizeof(full), "%s.bias", name);
    want(w, NN_F32, prefix, full, n, 1, 1);
}

static void want_attention(struct want *w, const char *prefix, const char *name, int n)
{
    static const struct {
        const char *part;
        bool bias;
    } parts[] = {{"query", true}, {"key", false}, {"value", true}, {"out", true}};
    char full[WHISPER_NAME_MAX];

    for (size_t i = 0; i < 4; i++) {
        snprintf(full, sizeof(full), "%s.%s", name, parts[i].part);
        want_linear(w, prefix, full, n, n, parts[i].bias);
    }
    snprintf(full, sizeof(full), "%s_ln", name);
    want_norm(w, prefix, full, n);
}

static void want_block(struct want *w, const char *side, int layer, int n, bool cross)
{
    char prefix[WHISPER_NAME_MAX];

    snprintf(prefix, sizeof(prefix), "%s.blocks.%d.", side, layer);
    want_attention(w, prefix, "attn", n);
    if (cross)
        want_attention(w, prefix, "cross_attn", n);
    want_linear(w, prefix, "mlp.0", n, 4 * n, true);
    want_linear(w, prefix, "mlp.2", 4 * n, n, true);
    want_norm(w, prefix, "mlp_ln", n);
}

static int check_tensors(const struct whisper_file *f, struct errbuf *why)
{
    const struct whisper_shape *s = &f->shape;
    enum nn_type conv = s->type == NN_F32 ? NN_F32 : NN_F16;
    struct want w = {f, why, 0};
    int n = s->n_audio_state;

    want(&w, NN_F32, "encoder.", "positional_embedding", n, s->n_audio_ctx, 1);
    want(&w, conv, "encoder.", "conv1.weight", 3, s->n_mels, n);
    want(&w, NN_F32, "encoder.", "conv1.bias", 1, n, 1);
    want(&w, conv, "encoder.", "conv2.weight", 3, n, n);
    want(&w, NN_F32, "encoder.", "conv2.bias", 1, n, 1);
    for (int i = 0; i < s->n_audio_layer; i++)
        want_block(&w, "encoder", i, n, false);
    want_norm(&w, "encoder.", "ln_post", n);
    want(&w, NN_F32, "decoder.", "positional_embedding", n, s->n_text_ctx, 1);
    want(&w, s->type, "decoder.", "token_embedding.weight", n, s->n_vocab, 1);
    for (int i = 0; i < s->n_text_layer; i++)
        want_block(&w, "decoder", i, n, true);
    want_norm(&w, "decoder.", "ln", n);
    if (!w.err && f->n_tensors != max_tensors(s))
        w.err = err_set(why, UV_EINVAL, "%d tensors, expected %d: some are foreign", f->n_tensors,
                        max_tensors(s));
    return w.err;
}

/* ---- opening and closing ------------------------------------------------------------------ */

static int parse(struct whisper_file *f, struct errbuf *why)
{
    struct nn_cursor c = {f->map, f->size, 0, why};
    int err = read_header(&c, &f->shape);

    if (!err)
        err = read_filters(&c, f);
    if (!err)
        err = read_vocab(&c, f);
    if (!err)
        err = read_tensors(&c, f);
    if (!err && f->n_tensors)
        err = check_tensors(f, why);
    if (err == UV_ENOMEM)
        err_set(why, err, "not enough memory");
    return err;
}

int whisper_file_parse(struct whisper_file **fp, const void *data, size_t len, struct errbuf *why)
{
    struct whisper_file *f = calloc(1, sizeof(*f));
    int err;

    if (!f)
        return err_set(why, UV_ENOMEM, "not enough memory");
    f->map = data;
    f->size = len;
    err = parse(f, why);
    if (err)
        whisper_file_close(f);
    else
        *fp = f;
    return err;
}

static int map_file(const char *path, void **map, size_t *size, struct errbuf *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    int err = 0;

    if (fd < 0)
        return err_set(why, uv_translate_sys_error(errno), "%s", strerror(errno));
    if (fstat(fd, &st))
        err = err_set(why, uv_translate_sys_error(errno), "%s", strerror(errno));
    else if (!S_ISREG(st.st_mode) || st.st_size == 0)
        err = err_set(why, UV_EINVAL, "not a ggml Whisper model: %s",
                      S_ISREG(st.st_mode) ? "it is empty" : "not a file");
    if (!err) {
        *size = (size_t)st.st_size;
        *map = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (*map == MAP_FAILED)
            err = err_set(why, uv_translate_sys_error(errno), "cannot map it: %s", strerror(errno));
    }
    close(fd);
    return err;
}

int whisper_file_open(struct whisper_file **fp, const char *path, struct errbuf *why)
{
    void *map = NULL;
    size_t size = 0;
    int err = map_file(path, &map, &size, why);

    if (!err) {
        err = whisper_file_parse(fp, map, size, why);
        if (err)
            munmap(map, size);
        else
            (*fp)->mapped = true;
    }
    return err ? err_prefix(why, err, "%s", path) : 0;
}

void whisper_file_done(const struct whisper_file *f, const struct whisper_tensor *t)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)t->data + page - 1) / page * page;
    uintptr_t to = (uintptr_t)(t->data + t->bytes) / page * page;

    /* Only whole pages: a neighbour on the same page may not have been read yet. */
    if (f->mapped && to > from)
        madvise((void *)from, to - from, MADV_DONTNEED);
}

void whisper_file_vocab_done(struct whisper_file *f)
{
    free(f->tokens);
    f->tokens = NULL;
    f->n_tokens = 0;
    /* Finding the tensors has mapped the pages around each of their headers, which is tenths of a
     * small file. */
    if (f->mapped)
        madvise((void *)(uintptr_t)f->map, f->size, MADV_DONTNEED);
}

void whisper_file_close(struct whisper_file *f)
{
    if (!f)
        return;
    if (f->mapped)
        munmap((void *)(uintptr_t)f->map, f->size);
    free(f->filters);
    free(f->tokens);
    free(f->tensors);
    free(f);
}
