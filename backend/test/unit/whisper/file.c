/**
 * @file test/unit/whisper/file.c  Model files: good ones open, others say exactly why not
 */
#include "cmocka_all.h"

#include "asr/whisper/model.h"
#include "support/scratch.h"
#include "support/whisper_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parse what is in t; the error's text must hold `says`. */
static void refused(const struct tiny_file *t, size_t len, int code, const char *says)
{
    struct whisper_file *f = NULL;
    struct errbuf err = {""};

    assert_int_equal(whisper_file_parse(&f, t->data, len, &err), code);
    assert_null(f);
    if (!strstr(err.text, says))
        fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void put_int(struct tiny_file *t, size_t at, int32_t v)
{
    memcpy(t->data + at, &v, 4);
}

static void a_complete_file_opens(void **state)
{
    struct tiny_file t;
    struct whisper_file *f = NULL;
    struct errbuf err = {""};
    const struct whisper_tensor *w;

    (void)state;
    tiny_file_make(&t, 1, 0);
    assert_int_equal(whisper_file_parse(&f, t.data, t.len, &err), 0);
    assert_int_equal(f->shape.n_audio_state, TINY_STATE);
    assert_int_equal(f->shape.type, NN_F16);
    assert_int_equal(f->n_tensors, 11 + 15 + 24);
    w = whisper_file_tensor(f, "decoder.blocks.0.cross_attn.key.weight");
    assert_non_null(w);
    assert_int_equal(w->bytes, 2 * TINY_STATE * TINY_STATE);
    assert_null(whisper_file_tensor(f, "decoder.blocks.0.attn.key.bias"));
    assert_int_equal(f->tokens['a'].len, 1);
    assert_int_equal(f->tokens['a'].data[0], 'a');
    whisper_file_close(f);
    free(t.data);
}

static void a_file_without_tensors_opens_but_does_not_load(void **state)
{
    struct tiny_file t;
    struct whisper_file *f = NULL;
    struct whisper_model *m = NULL;
    struct errbuf err = {""};
    char dir[SCRATCH_MAX];
    struct nn *nn;
    FILE *out;

    (void)state;
    tiny_file_make(&t, 1, 0);
    assert_int_equal(whisper_file_parse(&f, t.data, t.tensors_at, &err), 0);
    whisper_file_close(f);
    scratch_make(dir);
    out = fopen(scratch_path(dir, "stub.bin"), "wb");
    assert_int_equal(fwrite(t.data, 1, t.tensors_at, out), t.tensors_at);
    fclose(out);
    assert_int_equal(nn_open(&nn, 1, NULL, &err), 0);
    assert_int_equal(whisper_model_load(&m, scratch_path(dir, "stub.bin"), nn, NULL, NULL, &err),
                     UV_EINVAL);
    assert_non_null(strstr(err.text, "no weights"));
    nn_close(nn);
    scratch_remove(dir);
    free(t.data);
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    struct tiny_file t;

    (void)state;
    tiny_file_make(&t, 1, 0);
    refused(&t, 0, UV_EINVAL, "not a ggml Whisper model");
    refused(&t, 3, UV_EINVAL, "not a ggml Whisper model");
    refused(&t, 30, UV_EINVAL, "the file ends within");
    refused(&t, TINY_HEADER + 100, UV_EINVAL, "within the mel filters");
    refused(&t, TINY_VOCAB_AT + 50, UV_EINVAL, "token");
    refused(&t, t.tensors_at + 6, UV_EINVAL, "the file ends within");
    refused(&t, t.tensors_at + 5000, UV_EINVAL, "cut off within tensor encoder.positional_embed");
    refused(&t, t.len - 1, UV_EINVAL, "cut off within tensor decoder.ln.bias");
    for (size_t len = 0; len < t.len; len += 9973) {
        struct whisper_file *f = NULL;
        int code = whisper_file_parse(&f, t.data, len, NULL);

        assert_true(code != 0 || len == t.tensors_at);
        whisper_file_close(f);
    }
    free(t.data);
}

static void a_foreign_file_is_refused(void **state)
{
    struct tiny_file t = {(uint8_t *)(uintptr_t) "GGUF\3\0\0\0 something else entirely", 34, 0};

    (void)state;
    refused(&t, 34, UV_EINVAL, "it begins with 0x46554747");
}

static void hostile_headers_are_refused(void **state)
{
    static const struct {
        size_t at;
        int32_t value;
        int code;
        const char *says;
    } bad[] = {
        {4, -1, UV_EINVAL, "number of tokens is -1"},
        {4, 1 << 30, UV_EINVAL, "number of tokens"},
        {8, 3000, UV_EINVAL, "audio context is 3000"},
        {12, 1 << 20, UV_EINVAL, "encoder width"},
        {12, 64, UV_EINVAL, "differs from decoder width"},
        {16, 0, UV_EINVAL, "encoder heads is 0"},
        {16, 5, UV_EINVAL, "does not divide"},
        {20, 1000000, UV_EINVAL, "encoder layers"},
        {20, 2, UV_EINVAL, "is missing"},
        {40, 81, UV_EINVAL, "81 mel bands"},
        {44, 12, UV_ENOTSUP, "type 12 are not supported"},
        {44, 2007, UV_EINVAL, "has type f16, expected q8_0"},
        {TINY_HEADER, 79, UV_EINVAL, "mel filters"},
        {TINY_VOCAB_AT, -5, UV_EINVAL, "written tokens is -5"},
        {TINY_VOCAB_AT + 4, 1 << 30, UV_EINVAL, "token 0: the length of a token"},
    };
    struct tiny_file t;

    (void)state;
    tiny_file_make(&t, 1, 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int32_t kept;

        memcpy(&kept, t.data + bad[i].at, 4);
        put_int(&t, bad[i].at, bad[i].value);
        refused(&t, t.len, bad[i].code, bad[i].says);
        put_int(&t, bad[i].at, kept);
    }
    free(t.data);
}

static void hostile_tensors_are_refused(void **state)
{
    static const struct {
        size_t at;
        int32_t value;
        const char *says;
    } bad[] = {
        {0, 9, "rank of a tensor is 9"},
        {4, 1 << 28, "length of a tensor's name"},
        {8, 5, "unknown type 5"},
        {8, 9, "unknown type 9"}, /* one of ours that is in no file */
        {12, -32, "a dimension"},
        {12, 1 << 20, "cut off within tensor"},
        {12, 16, "tensor"},
        {20, 0x01020304, "has byte 0x"},
    };
    struct tiny_file t;

    (void)state;
    tiny_file_make(&t, 1, 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int32_t kept;
        size_t at = t.tensors_at + bad[i].at;

        memcpy(&kept, t.data + at, 4);
        put_int(&t, at, bad[i].value);
        refused(&t, t.len, UV_EINVAL, bad[i].says);
        put_int(&t, at, kept);
    }
    t.data[t.tensors_at + 20] = 'E'; /* a name that does not belong */
    refused(&t, t.len, UV_EINVAL, "encoder.positional_embedding is missing");
    free(t.data);
}

static bool stop_at(void *arg)
{
    int *left = arg;

    return --*left == 0;
}

static void a_load_that_nobody_wants_any_more_is_given_up(void **state)
{
    struct whisper_model *m = NULL;
    struct errbuf err = {""};
    char dir[SCRATCH_MAX];
    int asked = 0, code = UV_ECANCELED;
    struct nn *nn;

    (void)state;
    scratch_make(dir);
    tiny_file_write(scratch_path(dir, "m.bin"), 1, 1);
    assert_int_equal(nn_open(&nn, 2, NULL, &err), 0);
    for (int at = 1; code; at++) { /* at its first tensor, at its second, … and not at all */
        int left = at;

        code = whisper_model_load(&m, scratch_path(dir, "m.bin"), nn, stop_at, &left, &err);
        assert_int_equal(code, left > 0 ? 0 : UV_ECANCELED);
        asked = at;
    }
    assert_true(asked > 30);
    assert_true(m->vocab->multilingual);
    whisper_model_free(m);
    assert_int_equal(whisper_model_load(&m, scratch_path(dir, "none.bin"), nn, NULL, NULL, &err),
                     UV_ENOENT);
    nn_close(nn);
    scratch_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_complete_file_opens),
        cmocka_unit_test(a_file_without_tensors_opens_but_does_not_load),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_foreign_file_is_refused),
        cmocka_unit_test(hostile_headers_are_refused),
        cmocka_unit_test(hostile_tensors_are_refused),
        cmocka_unit_test(a_load_that_nobody_wants_any_more_is_given_up),
    };

    return cmocka_run_group_tests_name("whisper/file", tests, NULL, NULL);
}
