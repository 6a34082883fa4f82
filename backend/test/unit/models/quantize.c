/**
 * @file test/unit/models/quantize.c  Quantised files: read again, and byte for byte as published
 *
 * Published bytes need published weights: $INTERVIEWD_TEST_WEIGHTS (else /tmp/weights) holds
 * ggml-base.bin or ggml-tiny.en.bin, or the case is skipped and says so.
 */
#include "cmocka_all.h"

#include "asr/whisper/file.h"
#include "models/quantize.h"
#include "nn/nn.h"
#include "support/whisper_file.h"

#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct buf quantized(const void *from, size_t len, enum models_type type)
{
    struct errbuf err = {""};
    struct buf out;

    buf_init(&out, len + (1 << 20));
    if (models_quantize(from, len, type, &out, &err))
        fail_msg("%s", err.text);
    return out;
}

/* Every matrix is there, each weight within half a step of what it was. */
static void check_close(enum models_type type, const char *name, double steps)
{
    struct tiny_file t;
    struct whisper_file *was = NULL, *is = NULL;
    struct buf out;
    int packed = 0;

    tiny_file_make(&t, 7, 1);
    out = quantized(t.data, t.len, type);
    assert_int_equal(whisper_file_parse(&was, t.data, t.len, NULL), 0);
    assert_int_equal(whisper_file_parse(&is, out.data, out.len, NULL), 0);
    assert_string_equal(nn_type_name(is->shape.type), name);
    assert_int_equal(was->n_tensors, is->n_tensors);
    for (int i = 0; i < is->n_tensors; i++) {
        const struct whisper_tensor *a = &was->tensors[i], *b = &is->tensors[i];
        struct nn_part part = {(enum nn_type)b->type, b->data, b->ne[1]};
        struct nn_matrix *m = NULL;
        struct nn *nn = NULL;
        float *row, *want;

        if (a->type == b->type) {
            assert_memory_equal(a->data, b->data, a->bytes);
            continue;
        }
        packed++;
        assert_int_equal(nn_open(&nn, 1, "plain", NULL), 0);
        assert_int_equal(nn_matrix_pack(&m, nn, &part, 1, b->ne[0], NULL), 0);
        row = malloc(sizeof(float) * (size_t)b->ne[0]);
        want = malloc(sizeof(float) * (size_t)b->ne[0]);
        for (int r = 0; r < b->ne[1]; r++) {
            float most = 0;

            nn_matrix_row(m, r, row);
            if (a->type == NN_F16) {
                uint16_t *halves = malloc(2 * (size_t)b->ne[0]);

                memcpy(halves, a->data + 2 * (size_t)r * (size_t)b->ne[0], 2 * (size_t)b->ne[0]);
                nn_f16_to_f32(halves, want, (size_t)b->ne[0]);
                free(halves);
            } else {
                memcpy(want, a->data + 4 * (size_t)r * (size_t)b->ne[0], 4 * (size_t)b->ne[0]);
            }
            for (int c = 0; c < b->ne[0]; c++)
                most = fmaxf(most, fabsf(want[c]));
            for (int c = 0; c < b->ne[0]; c++)
                assert_float_equal(row[c], want[c], 2 * (double)most / steps);
        }
        free(row);
        free(want);
        nn_matrix_free(m);
        nn_close(nn);
    }
    assert_true(packed > 10);
    whisper_file_close(was);
    whisper_file_close(is);
    buf_release(&out);
    free(t.data);
}

static void weights_stay_within_half_a_step(void **state)
{
    (void)state;
    check_close(MODELS_Q8_0, "q8_0", 250);
    check_close(MODELS_Q5_1, "q5_1", 60);
}

static void what_is_no_model_is_refused(void **state)
{
    struct tiny_file t;
    struct errbuf err = {""};
    struct buf out, twice;

    (void)state;
    tiny_file_make(&t, 7, 0);
    buf_init(&twice, 1 << 24);
    assert_int_equal(models_quantize("nothing at all", 14, MODELS_Q8_0, &twice, &err), UV_EINVAL);
    for (size_t len = 0; len < t.len; len += t.len / 97) {
        buf_clear(&twice);
        if (len != t.tensors_at) /* a file may end before its first tensor */
            assert_int_equal(models_quantize(t.data, len, MODELS_Q8_0, &twice, &err), UV_EINVAL);
    }
    buf_clear(&twice);
    out = quantized(t.data, t.len, MODELS_Q8_0);
    assert_int_equal(models_quantize(out.data, out.len, MODELS_Q5_1, &twice, &err), UV_EINVAL);
    assert_non_null(strstr(err.text, "already"));
    buf_release(&out);
    buf_init(&out, 1000);
    assert_int_equal(models_quantize(t.data, t.len, MODELS_Q8_0, &out, &err), UV_ENOBUFS);
    buf_release(&out);
    buf_release(&twice);
    free(t.data);
}

static void check_published(const char *name, enum models_type type, const char *sha1)
{
    const char *folder = getenv("INTERVIEWD_TEST_WEIGHTS");
    unsigned char digest[20];
    char path[512], hex[41] = "";
    struct buf out;
    uint8_t *data;
    size_t len;
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder && *folder ? folder : "/tmp/weights", name);
    f = fopen(path, "rb");
    if (!f) {
        print_message("# %s is not there: its published bytes are not compared\n", path);
        return;
    }
    fseek(f, 0, SEEK_END);
    len = (size_t)ftell(f);
    rewind(f);
    data = malloc(len);
    assert_int_equal(fread(data, 1, len, f), len);
    fclose(f);
    out = quantized(data, len, type);
    EVP_Digest(out.data, out.len, digest, NULL, EVP_sha1(), NULL);
    for (int i = 0; i < 20; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(hex, sha1);
    buf_release(&out);
    free(data);
}

static void published_files_come_out_byte_for_byte(void **state)
{
    (void)state;
    check_published("ggml-tiny.en.bin", MODELS_Q5_1, "3fb92ec865cbbc769f08137f22470d6b66e071b6");
    check_published("ggml-tiny.en.bin", MODELS_Q8_0, "802d6668e7d411123e672abe4cb6c18f12306abb");
    check_published("ggml-base.bin", MODELS_Q5_1, "a3733eda680ef76256db5fc5dd9de8629e62c5e7");
    check_published("ggml-base.bin", MODELS_Q8_0, "7bb89bb49ed6955013b166f1b6a6c04584a20fbe");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_stay_within_half_a_step),
        cmocka_unit_test(what_is_no_model_is_refused),
        cmocka_unit_test(published_files_come_out_byte_for_byte),
    };

    return cmocka_run_group_tests_name("models/quantize", tests, NULL, NULL);
}
