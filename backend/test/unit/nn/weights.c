/**
 * @file test/unit/nn/weights.c  Readers of weights: what each format says, and what is refused
 *
 * Files are written here byte by byte from the formats' descriptions.
 */
#include "cmocka_all.h"

#include "nn/weights.h"

#include <stdlib.h>
#include <string.h>

struct file {
    uint8_t data[4096];
    size_t len;
};

static void put(struct file *f, const void *data, size_t n)
{
    assert_true(f->len + n <= sizeof(f->data));
    memcpy(f->data + f->len, data, n);
    f->len += n;
}

static void put_u8(struct file *f, int v)
{
    uint8_t byte = (uint8_t)v;

    put(f, &byte, 1);
}

static void put_u32(struct file *f, uint32_t v)
{
    put(f, &v, 4);
}

static void put_text(struct file *f, const char *text)
{
    put(f, text, strlen(text));
}

static void put_floats(struct file *f, int n)
{
    for (int i = 0; i < n; i++) {
        float x = (float)i + 0.5f;

        put(f, &x, 4);
    }
}

static void check_refused(const struct file *f, int code, const char *says)
{
    struct nn_weights *w = NULL;
    struct errbuf err = {""};

    assert_int_equal(nn_weights_parse(&w, f->data, f->len, &err), code);
    assert_null(w);
    if (!strstr(err.text, says))
        fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

/* Every beginning of a sound file, and the file with each byte changed, is read or refused. */
static void check_damaged(const struct file *f)
{
    for (size_t n = 0; n <= f->len; n++) {
        uint8_t *part = malloc(n + 1); /* nothing lies behind its end */
        struct nn_weights *w = NULL;

        memcpy(part, f->data, n);
        if (!nn_weights_parse(&w, part, n, NULL))
            nn_weights_close(w);
        free(part);
    }
    for (size_t at = 0; at < f->len; at++) {
        struct file bad = *f;
        struct nn_weights *w = NULL;

        bad.data[at] ^= 0xff;
        if (!nn_weights_parse(&w, bad.data, bad.len, NULL))
            nn_weights_close(w);
    }
}

/* ---- safetensors ---- */

static void safetensors(struct file *f, const char *head)
{
    uint64_t n = strlen(head);

    f->len = 0;
    put(f, &n, 8);
    put_text(f, head);
}

static void test_safetensors_are_read(void **state)
{
    struct file f = {.len = 0};
    struct nn_weights *w = NULL;
    const struct nn_tensor *t;
    float x[6];

    (void)state;
    safetensors(&f, "{\"__metadata__\":{\"format\":\"pt\"},"
                    "\"b\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                    "\"a\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[24,25]}}");
    put_floats(&f, 6);
    put_u8(&f, 1);
    assert_int_equal(nn_weights_parse(&w, f.data, f.len, NULL), 0);
    assert_int_equal(nn_weights_count(w), 1); /* truth values are no weights */
    t = nn_weights_find(w, "b");
    assert_int_equal(t->n_dims, 2);
    assert_int_equal(t->ne[1], 3);
    assert_int_equal(nn_weights_floats(w, "b", 6, x, NULL), 0);
    assert_true(x[5] == 5.5f);
    assert_int_equal(nn_weights_floats(w, "b", 5, x, NULL), UV_EINVAL);
    assert_null(nn_weights_find(w, "a"));
    nn_weights_close(w);
    check_damaged(&f);
}

static void test_safetensors_outside_of_the_file_are_refused(void **state)
{
    struct file f;

    (void)state;
    safetensors(&f, "{\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}");
    check_refused(&f, UV_EINVAL, "outside");
    safetensors(&f, "{\"b\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}");
    put_floats(&f, 2);
    check_refused(&f, UV_EINVAL, "12");
    safetensors(&f, "{\"b\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],"
                    "\"data_offsets\":[0,8]}}");
    put_floats(&f, 2);
    check_refused(&f, UV_EINVAL, "impossible shape");
}

/* ---- ONNX ---- */

/* A field of bytes: number, length (below 128 here), bytes. */
static void field(struct file *f, int number, const void *data, size_t n)
{
    put_u8(f, number << 3 | 2);
    assert_true(n < 128);
    put_u8(f, (int)n);
    put(f, data, n);
}

static void field_text(struct file *f, int number, const char *text)
{
    field(f, number, text, strlen(text));
}

static void field_int(struct file *f, int number, int value)
{
    put_u8(f, number << 3);
    put_u8(f, value);
}

/* type 1: floats in their own field; 3: bytes, raw; -3: bytes as integers of varying length. */
static void onnx_tensor(struct file *graph, const char *name, int type, int rows, int cols,
                        const void *data, size_t n)
{
    struct file t = {.len = 0};

    field_int(&t, 1, rows);
    if (cols)
        field_int(&t, 1, cols);
    field_int(&t, 2, abs(type));
    field(&t, type == 1 ? 4 : type > 0 ? 9 : 5, data, n);
    field_text(&t, 8, name);
    field(graph, 5, t.data, t.len);
}

static void onnx(struct file *f, int axis)
{
    static const int8_t q[] = {1, 2, 3, -4, -5, -6};
    static const float scales[] = {0.5f, 2.0f, 10.0f};
    static const uint8_t zero[] = {0, 0, 0};
    struct file graph = {.len = 0}, node = {.len = 0}, attribute = {.len = 0}, all = {.len = 0};

    onnx_tensor(&graph, "w_quantized", 3, 2, 3, q, sizeof(q));
    onnx_tensor(&graph, "w_scale", 1, axis == 1 ? 3 : 2, 0, scales, axis == 1 ? 12 : 8);
    onnx_tensor(&graph, "w_zero", -3, axis == 1 ? 3 : 2, 0, zero, axis == 1 ? 3 : 2);
    field_text(&node, 1, "w_quantized");
    field_text(&node, 1, "w_scale");
    field_text(&node, 1, "w_zero");
    field_text(&node, 2, "w");
    field_text(&node, 4, "DequantizeLinear");
    field_text(&attribute, 1, "axis");
    field_int(&attribute, 3, axis);
    field(&node, 5, attribute.data, attribute.len);
    field(&graph, 1, node.data, node.len);
    field_int(&all, 1, 8);
    put_u8(&all, 7 << 3 | 2);
    put_u8(&all, (int)(graph.len & 127) | 128);
    put_u8(&all, (int)(graph.len >> 7));
    put(&all, graph.data, graph.len);
    *f = all;
}

static void test_quantised_matrices_of_onnx_are_read(void **state)
{
    static const float by_column[] = {0.5f, 4, 30, -2, -10, -60},
                       by_row[] = {0.5f, 1, 1.5f, -8, -10, -12};
    struct nn_weights *w = NULL;
    struct file f;
    float x[6];

    (void)state;
    onnx(&f, 1);
    assert_int_equal(nn_weights_parse(&w, f.data, f.len, NULL), 0);
    assert_int_equal(nn_weights_nodes(w), 1);
    assert_string_equal(nn_weights_maker(w, "w")->inputs[1], "w_scale");
    assert_int_equal(nn_weights_matrix(w, "w", 2, 3, false, x, NULL), 0);
    assert_memory_equal(x, by_column, sizeof(x));
    assert_int_equal(nn_weights_matrix(w, "w", 3, 2, true, x, NULL), 0);
    assert_true(x[0] == 0.5f && x[1] == -2 && x[2] == 4);
    assert_int_equal(nn_weights_matrix(w, "w", 3, 3, true, x, NULL), UV_EINVAL);
    assert_int_equal(nn_weights_matrix(w, "v", 2, 3, false, x, NULL), UV_EINVAL);
    nn_weights_close(w);
    check_damaged(&f);

    onnx(&f, 0);
    assert_int_equal(nn_weights_parse(&w, f.data, f.len, NULL), 0);
    assert_int_equal(nn_weights_matrix(w, "w", 2, 3, false, x, NULL), 0);
    assert_memory_equal(x, by_row, sizeof(x));
    nn_weights_close(w);
}

static void test_weights_in_another_file_are_refused(void **state)
{
    struct file f = {.len = 0}, t = {.len = 0}, graph = {.len = 0};

    (void)state;
    field_int(&t, 1, 1);
    field_int(&t, 2, 1);
    field_text(&t, 8, "w");
    field_int(&t, 14, 1);
    field(&graph, 5, t.data, t.len);
    field_int(&f, 1, 8);
    field(&f, 7, graph.data, graph.len);
    check_refused(&f, UV_ENOTSUP, "another file");
}

/* ---- torch ---- */

static void pickle_text(struct file *f, const char *text)
{
    put_u8(f, 'X');
    put_u32(f, (uint32_t)strlen(text));
    put_text(f, text);
}

static void torch_begin(struct file *f)
{
    static const uint8_t magic[] = {0x80, 2,    0x8a, 10,   0x6c, 0xfc, 0x9c, 0x46,
                                    0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};

    f->len = 0;
    put(f, magic, sizeof(magic));
    put(f, "\x80\x02M\xe9\x03.", 6); /* 1001 */
    put(f, "\x80\x02}.", 4);
}

/* {"model_state": {"w": tensor of 2 x 2 from the second number on}} */
static void torch(struct file *f, const char *function, int stride)
{
    uint64_t n = 5;

    torch_begin(f);
    put(f, "\x80\x02}", 3);
    pickle_text(f, "model_state");
    put_text(f, "}");
    pickle_text(f, "w");
    put_text(f, "ctorch._utils\n");
    put_text(f, function);
    put_text(f, "\n((");
    pickle_text(f, "storage");
    put_text(f, "ctorch\nFloatStorage\n");
    pickle_text(f, "94");
    pickle_text(f, "cpu");
    put_text(f, "K\x05Nt"); /* 5 numbers, no view */
    put_text(f, "QK\x01K\x02K\x02\x86");
    put_text(f, "K");
    put_u8(f, stride);
    put_text(f, "K\x01\x86\x89}tRs"); /* no gradient, no hooks: call, and into the inner one */
    put_text(f, "s.");
    put(f, "\x80\x02](", 4);
    pickle_text(f, "94");
    put_text(f, "e.");
    put(f, &n, 8);
    put_floats(f, 5);
}

static void test_a_file_of_torch_is_read(void **state)
{
    struct nn_weights *w = NULL;
    struct errbuf err = {""};
    struct file f;
    float x[4];

    (void)state;
    torch(&f, "_rebuild_tensor_v2", 2);
    if (nn_weights_parse(&w, f.data, f.len, &err))
        fail_msg("%s", err.text);
    assert_int_equal(nn_weights_count(w), 1);
    assert_int_equal(nn_weights_floats(w, "w", 4, x, NULL), 0);
    assert_true(x[0] == 1.5f && x[3] == 4.5f);
    nn_weights_close(w);
    check_damaged(&f);
}

static void test_a_file_of_torch_calls_nothing(void **state)
{
    struct nn_weights *w = NULL;
    struct file f;

    (void)state;
    torch(&f, "system", 2); /* means nothing: there is no such tensor */
    assert_int_equal(nn_weights_parse(&w, f.data, f.len, NULL), 0);
    assert_int_equal(nn_weights_count(w), 0);
    nn_weights_close(w);
    torch(&f, "_rebuild_tensor_v2", 1);
    check_refused(&f, UV_ENOTSUP, "row after row");
    torch_begin(&f);
    put_text(&f, "i"); /* INST: not one of those that are understood */
    check_refused(&f, UV_EINVAL, "torch");
}

/* ---- records, and none of them ---- */

static void record(struct file *f, const char *name, int type)
{
    put_u32(f, 2);
    put_u32(f, (uint32_t)strlen(name));
    put_u32(f, (uint32_t)type);
    put_u32(f, 2);
    put_u32(f, 1);
    put_text(f, name);
    put_floats(f, type ? 1 : 2);
}

static void test_records_are_read(void **state)
{
    struct nn_weights *w = NULL;
    struct errbuf err = {""};
    struct file f = {.len = 0};

    (void)state;
    record(&f, "b", 0);
    record(&f, "a", 1);
    assert_int_equal(nn_weights_records(&w, f.data, f.len, NULL), 0);
    assert_string_equal(nn_weights_at(w, 0)->name, "a");
    assert_int_equal(nn_weights_at(w, 1)->ne[0], 1);
    assert_int_equal(nn_weights_at(w, 1)->ne[1], 2);
    nn_weights_close(w);
    record(&f, "a", 1);
    assert_int_equal(nn_weights_records(&w, f.data, f.len, &err), UV_EINVAL);
    assert_non_null(strstr(err.text, "twice"));
    f.len -= 4;
    assert_int_equal(nn_weights_records(&w, f.data, f.len, &err), UV_EINVAL);
    assert_non_null(strstr(err.text, "cut off within tensor a: 4 bytes needed"));
}

static void put_header(struct file *f, uint32_t rank, const uint32_t *ne, uint32_t type)
{
    put_u32(f, rank);
    put_u32(f, 1);
    put_u32(f, type);
    for (uint32_t i = 0; i < rank; i++)
        put_u32(f, ne[i]);
    put_text(f, "a");
}

static void test_records_of_impossible_shapes_are_refused(void **state)
{
    static const struct {
        uint32_t rank, ne[5], type;
        int err;
        const char *says;
    } cases[] = {
        {4, {1 << 20, 1 << 20, 1 << 20, 1 << 20}, 0, UV_EINVAL, "impossible shape"},
        {3, {1 << 20, 1 << 20, 1 << 20}, 8, UV_EINVAL, ""},
        {5, {1, 1, 1, 1, 1}, 0, UV_EINVAL, "the rank of a tensor is 5"},
        {1, {33}, 8, UV_EINVAL, "not whole blocks of q8_0"},
        {1, {32}, 9, UV_EINVAL, "unknown type 9"},
        {1, {0}, 0, UV_EINVAL, "a dimension of a tensor is 0"},
        {1, {32}, 8, UV_ENOTSUP, "tensors of type q8_0 are not read here"},
    };
    static const float block[16];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nn_weights *w = NULL;
        struct errbuf err = {""};
        struct file f = {.len = 0};

        put_header(&f, cases[i].rank, cases[i].ne, cases[i].type);
        put(&f, block, sizeof(block));
        assert_int_equal(nn_weights_records(&w, f.data, f.len, &err), cases[i].err);
        assert_non_null(strstr(err.text, cases[i].says));
        assert_null(w);
    }
}

static void test_other_files_are_refused(void **state)
{
    struct nn_weights *w = NULL;
    struct errbuf err = {""};
    struct file f = {.len = 0};

    (void)state;
    put_text(&f, "RIFF....WAVEfmt ");
    check_refused(&f, UV_EINVAL, "no weights");
    f.len = 0;
    check_refused(&f, UV_EINVAL, "no weights");
    assert_int_equal(nn_weights_open(&w, "/nowhere/at/all", &err), UV_ENOENT);
    assert_int_equal(nn_weights_open(&w, "/tmp", &err), UV_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_safetensors_are_read),
        cmocka_unit_test(test_safetensors_outside_of_the_file_are_refused),
        cmocka_unit_test(test_quantised_matrices_of_onnx_are_read),
        cmocka_unit_test(test_weights_in_another_file_are_refused),
        cmocka_unit_test(test_a_file_of_torch_is_read),
        cmocka_unit_test(test_a_file_of_torch_calls_nothing),
        cmocka_unit_test(test_records_are_read),
        cmocka_unit_test(test_records_of_impossible_shapes_are_refused),
        cmocka_unit_test(test_other_files_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
