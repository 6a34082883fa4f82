/**
 * @file test/unit/models/convert.c  CTranslate2's files become ggml files
 *
 * The model is made up: one layer on each side, frames of 64 numbers, every number of it telling
 * from which tensor and which place it is. What real weights come out as is held by the catalogue's
 * hashes: test/e2e/models.py gets them where an index can be reached.
 */
#include "cmocka_all.h"

#include "asr/whisper/file.h"
#include "base/buffer.h"
#include "models/convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE = 64, VOCABULARY = 51864, PAIRS = 50256 };

static struct buf model, words;
static size_t second_at; /* where the second variable begins */

static void put(struct buf *b, uint32_t n, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_putc(b, (char)(n >> (8 * i)));
}

static void put_name(const char *name)
{
    put(&model, (uint32_t)strlen(name) + 1, 2);
    buf_append(&model, name, strlen(name) + 1);
}

/* The i-th number of a tensor: a normal half, small, of the name's own. */
static uint16_t number(const char *name, size_t i)
{
    unsigned hash = 17;

    for (; *name; name++)
        hash = hash * 31 + (unsigned char)*name;
    return (uint16_t)(0x2000 | ((hash + i * 7) & 0x0fff));
}

static void put_variable(const char *name, int rank, const uint32_t *shape)
{
    size_t count = 1;

    put_name(name);
    put(&model, (uint32_t)rank, 1);
    for (int i = 0; i < rank; i++) {
        put(&model, shape[i], 4);
        count *= shape[i];
    }
    put(&model, 4, 1);
    put(&model, (uint32_t)(count * 2), 4);
    for (size_t i = 0; i < count; i++)
        put(&model, number(name, i), 2);
}

static void put_pair(const char *at, const char *a, const char *b, uint32_t rows, uint32_t cols)
{
    char name[128];

    snprintf(name, sizeof(name), "%s/%s", at, a);
    put_variable(name, cols ? 2 : 1, (uint32_t[]){rows, cols});
    snprintf(name, sizeof(name), "%s/%s", at, b);
    put_variable(name, 1, (uint32_t[]){rows});
}

static void put_layer(const char *side, bool decoder)
{
    static const char *const norms[] = {"ffn", "self_attention", "attention"};
    char at[96];

    for (int i = 0; i < 2 + decoder; i++) {
        snprintf(at, sizeof(at), "%s/layer_0/%s/layer_norm", side, norms[i]);
        put_pair(at, "gamma", "beta", STATE, 0);
    }
    snprintf(at, sizeof(at), "%s/layer_0/ffn/linear_0", side);
    put_pair(at, "weight", "bias", 4 * STATE, STATE);
    snprintf(at, sizeof(at), "%s/layer_0/ffn/linear_1", side);
    put_pair(at, "weight", "bias", STATE, 4 * STATE);
    snprintf(at, sizeof(at), "%s/layer_0/self_attention/linear_0", side);
    put_pair(at, "weight", "bias", 3 * STATE, STATE);
    snprintf(at, sizeof(at), "%s/layer_0/self_attention/linear_1", side);
    put_pair(at, "weight", "bias", STATE, STATE);
    for (uint32_t i = 0; decoder && i < 3; i++) {
        snprintf(at, sizeof(at), "%s/layer_0/attention/linear_%u", side, i);
        put_pair(at, "weight", "bias", i == 1 ? 2 * STATE : STATE, STATE);
    }
}

static void make_model(void)
{
    put(&model, 6, 4);
    put_name("WhisperSpec");
    put(&model, 3, 4);
    put(&model, 8 + 2 * (2 + (2 + 4) + (3 + 4 + 3)), 4); /* variables */
    put_name("decoder/alignment");                       /* of a type that nobody asks for */
    put(&model, 1, 1);
    put(&model, 2, 4);
    put(&model, 1, 1);
    put(&model, 8, 4);
    put(&model, 0, 4);
    put(&model, 0, 4);
    second_at = model.len;
    put_variable("encoder/conv1/weight", 3, (uint32_t[]){STATE, 80, 3});
    put_variable("encoder/conv1/bias", 1, (uint32_t[]){STATE});
    put_variable("encoder/conv2/weight", 3, (uint32_t[]){STATE, STATE, 3});
    put_variable("encoder/conv2/bias", 1, (uint32_t[]){STATE});
    put_variable("encoder/position_encodings/encodings", 2, (uint32_t[]){1500, STATE});
    put_variable("decoder/position_encodings/encodings", 2, (uint32_t[]){448, STATE});
    put_variable("decoder/embeddings/weight", 2, (uint32_t[]){VOCABULARY, STATE});
    put_pair("encoder/layer_norm", "gamma", "beta", STATE, 0);
    put_pair("decoder/layer_norm", "gamma", "beta", STATE, 0);
    put_layer("encoder", false);
    put_layer("decoder", true);
}

/* "Ġ" is a space, "Ċ" the end of a line, "ł" the byte after the last that has a sign of its own. */
static void make_words(bool array)
{
    static const char *const first[] = {"\xc4\xa0hello", "\xc4\x8a", "\xc5\x82", "\\"};

    buf_clear(&words);
    if (array)
        buf_puts(&words, "[");
    for (int i = 0; i < PAIRS; i++) {
        char word[32];

        snprintf(word, sizeof(word), "%s", i < 3 ? first[i] : "");
        if (i >= 3)
            snprintf(word, sizeof(word), "word%d", i);
        if (array)
            buf_printf(&words, "%s\"%s\"", i ? "," : "", word);
        else
            buf_printf(&words, "%s\n", word);
    }
    buf_puts(&words, array ? "]" : "<|endoftext|>\n");
}

static int make(void **state)
{
    (void)state;
    buf_init(&model, 1 << 25);
    buf_init(&words, 1 << 21);
    make_model();
    make_words(false);
    return model.err || words.err;
}

static int drop(void **state)
{
    (void)state;
    buf_release(&model);
    buf_release(&words);
    return 0;
}

static int take(const void *data, size_t n, void *arg)
{
    return buf_append(arg, data, n);
}

static int convert(size_t len, struct buf *out, struct errbuf *err)
{
    struct convert_source from = {model.data, len, words.data, words.len};

    err->text[0] = '\0';
    buf_clear(out);
    return models_convert(&from, take, out, err);
}

static const struct whisper_tensor *tensor(const struct whisper_file *f, const char *name)
{
    for (int i = 0; i < f->n_tensors; i++) {
        if (!strcmp(f->tensors[i].name, name))
            return &f->tensors[i];
    }
    fail_msg("no %s", name);
    return NULL;
}

static void check_rows(const struct whisper_file *f, const char *name, const char *from, size_t row)
{
    const struct whisper_tensor *t = tensor(f, name);

    assert_int_equal(t->type, NN_F16);
    for (size_t i = 0; i < (size_t)STATE * STATE; i++)
        assert_int_equal(t->data[2 * i] | t->data[2 * i + 1] << 8, number(from, row * STATE + i));
}

static void every_tensor_is_where_it_belongs(void **state)
{
    struct whisper_file *f = NULL;
    struct errbuf err;
    struct buf out;
    float bias;

    (void)state;
    buf_init(&out, 1 << 25);
    assert_int_equal(convert(model.len, &out, &err), 0);
    if (whisper_file_parse(&f, out.data, out.len, &err))
        fail_msg("%s", err.text);
    assert_int_equal(f->shape.n_vocab, VOCABULARY);
    assert_int_equal(f->shape.n_mels, 80);
    check_rows(f, "encoder.blocks.0.attn.query.weight",
               "encoder/layer_0/self_attention/linear_0/weight", 0);
    check_rows(f, "encoder.blocks.0.attn.key.weight",
               "encoder/layer_0/self_attention/linear_0/weight", STATE);
    check_rows(f, "decoder.blocks.0.attn.value.weight",
               "decoder/layer_0/self_attention/linear_0/weight", 2 * STATE);
    check_rows(f, "decoder.blocks.0.cross_attn.value.weight",
               "decoder/layer_0/attention/linear_1/weight", STATE);
    memcpy(&bias, tensor(f, "decoder.blocks.0.attn.value.bias")->data, 4);
    assert_true(bias > 0.0078f && bias < 0.125f); /* 0x2000 … 0x2fff as a half */
    whisper_file_close(f);
    buf_release(&out);
}

static void words_may_be_lines_or_an_array(void **state)
{
    struct errbuf err;
    struct buf lines, array;

    (void)state;
    buf_init(&lines, 1 << 25);
    buf_init(&array, 1 << 25);
    assert_int_equal(convert(model.len, &lines, &err), 0);
    make_words(true);
    assert_int_equal(convert(model.len, &array, &err), 0);
    assert_int_equal(lines.len, array.len);
    assert_memory_equal(lines.data, array.data, lines.len);
    assert_non_null(
        memmem(lines.data, lines.len, "\x06\0\0\0 hello\x01\0\0\0\n\x01\0\0\0\xa0", 19));
    words.len -= 1000;
    assert_int_equal(convert(model.len, &array, &err), UV_EINVAL);
    make_words(false);
    words.len /= 2;
    assert_int_equal(convert(model.len, &array, &err), UV_EINVAL);
    make_words(false);
    words.data[3] = '\x7f'; /* no sign of the alphabet */
    assert_int_equal(convert(model.len, &array, &err), UV_EINVAL);
    make_words(false);
    buf_release(&lines);
    buf_release(&array);
}

static void what_is_no_model_is_refused(void **state)
{
    struct errbuf err;
    struct buf out;
    char was;

    (void)state;
    buf_init(&out, 1 << 25);
    for (size_t len = 0; len < model.len; len += len < 400 ? 1 : model.len / 61) {
        int code = convert(len, &out, &err);

        assert_true(code == UV_EINVAL || code == UV_ENOTSUP);
        assert_true(err.text[0]);
    }
    was = model.data[0];
    model.data[0] = 5;
    assert_int_equal(convert(model.len, &out, &err), UV_ENOTSUP);
    model.data[0] = was;
    was = model.data[second_at + 3]; /* a letter of a name: the variable is missing */
    model.data[second_at + 3] = 'X';
    assert_true(convert(model.len, &out, &err) < 0);
    model.data[second_at + 3] = was;
    out.max = 1000;
    assert_int_equal(convert(model.len, &out, &err), UV_ENOBUFS);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tensor_is_where_it_belongs),
        cmocka_unit_test(words_may_be_lines_or_an_array),
        cmocka_unit_test(what_is_no_model_is_refused),
    };

    return cmocka_run_group_tests_name("models/convert", tests, make, drop);
}
