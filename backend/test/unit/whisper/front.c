/**
 * @file test/unit/whisper/front.c  Log-mel and vocabulary, without any model's data but made here
 */
#include "cmocka_all.h"

#include "asr/whisper/mel.h"
#include "asr/whisper/names.h"
#include "asr/whisper/rules.h"
#include "asr/whisper/vocab.h"
#include "asr/whisper/words.h"
#include "base/buffer.h"
#include "base/json.h"
#include "support/whisper_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BANDS = 80, BINS = 201 };

/* A bank whose band i is bin 2 i alone. */
static struct whisper_mel_bank *bank_of_bins(void)
{
    float *filters = calloc(BANDS * BINS, sizeof(float));
    struct whisper_mel_bank *b = NULL;

    for (int i = 0; i < BANDS; i++)
        filters[i * BINS + 2 * i] = 1.0f;
    assert_int_equal(whisper_mel_bank_open(&b, filters, BANDS, NULL), 0);
    free(filters);
    return b;
}

/* The definition, in double precision and with a slow transform. */
static double slow_log(const int16_t *pcm, int n, int frame, int bin)
{
    double re = 0.0, im = 0.0;

    for (int i = 0; i < 400; i++) {
        int at = frame * 160 - 200 + i;
        double x;

        at = at < 0 ? -at : at;
        x = at < n ? pcm[at] / 32768.0 : 0.0;
        x *= 0.5 - 0.5 * cos(2.0 * M_PI * i / 400.0);
        re += x * cos(2.0 * M_PI * bin * i / 400.0);
        im -= x * sin(2.0 * M_PI * bin * i / 400.0);
    }
    return log10(fmax(re * re + im * im, 1e-10));
}

static void mel_is_what_its_definition_says(void **state)
{
    struct whisper_mel_bank *bank = bank_of_bins();
    struct whisper_mel mel;
    enum { N = 3000, FRAMES = 30 };
    int16_t pcm[N];
    float *got = malloc(FRAMES * BANDS * sizeof(float));
    double max = -10.0;

    (void)state;
    tiny_speech(pcm, N);
    whisper_mel_init(&mel, bank);
    assert_int_equal(whisper_mel_feed(&mel, pcm, N), 0);
    whisper_mel_window(&mel, 0, FRAMES, got);
    for (int f = 0; f < FRAMES; f++)
        for (int b = 0; b < BANDS; b++)
            max = fmax(max, slow_log(pcm, N, f, 2 * b));
    for (int f = 0; f < FRAMES; f++) {
        for (int b = 0; b < BANDS; b++) {
            double want = (fmax(slow_log(pcm, N, f, 2 * b), max - 8.0) + 4.0) / 4.0;

            if (fabs(want - (double)got[f * BANDS + b]) > 1e-4)
                fail_msg("frame %d band %d: %f, expected %f", f, b, (double)got[f * BANDS + b],
                         want);
        }
    }
    assert_int_equal(whisper_mel_length(&mel), 1 + (N - 200) / 160);
    whisper_mel_release(&mel);
    whisper_mel_bank_close(bank);
    free(got);
}

static void a_sine_is_loudest_in_its_band(void **state)
{
    struct whisper_mel_bank *bank = bank_of_bins();
    struct whisper_mel mel;
    float window[10 * BANDS];
    int16_t pcm[3200];
    int best = 0;

    (void)state;
    for (int i = 0; i < 3200; i++)
        pcm[i] = (int16_t)(10000.0 * sin(2.0 * M_PI * 1600.0 * i / 16000.0)); /* bin 40 */
    whisper_mel_init(&mel, bank);
    assert_int_equal(whisper_mel_feed(&mel, pcm, 3200), 0);
    whisper_mel_window(&mel, 5, 10, window);
    for (int b = 0; b < BANDS; b++)
        best = window[b] > window[best] ? b : best;
    assert_int_equal(best, 20);
    whisper_mel_release(&mel);
    whisper_mel_bank_close(bank);
}

static void audio_in_pieces_gives_the_same_frames(void **state)
{
    struct whisper_mel_bank *bank = bank_of_bins();
    enum { N = 16000, FRAMES = 110 };
    static int16_t pcm[N];
    size_t bytes = FRAMES * BANDS * sizeof(float);
    float *whole = malloc(bytes);
    float *pieces = malloc(bytes);
    struct whisper_mel mel;

    (void)state;
    tiny_speech(pcm, N);
    whisper_mel_init(&mel, bank);
    for (size_t step = 1; step < 3000; step = step * 3 + 7) {
        for (size_t len = 90; len <= N; len = len * 5 + 13) {
            whisper_mel_clear(&mel);
            assert_int_equal(whisper_mel_feed(&mel, pcm, len), 0);
            whisper_mel_window(&mel, 0, FRAMES, whole);
            whisper_mel_clear(&mel);
            for (size_t at = 0; at < len; at += step) {
                whisper_mel_feed(&mel, pcm + at, len - at < step ? len - at : step);
                whisper_mel_window(&mel, 0, FRAMES, pieces); /* looking changes nothing */
            }
            assert_memory_equal(whole, pieces, bytes);
        }
    }
    whisper_mel_release(&mel);
    whisper_mel_bank_close(bank);
    free(whole);
    free(pieces);
}

/* ---- vocabulary --------------------------------------------------------------------------- */

static struct whisper_vocab *tiny_vocab(int multilingual)
{
    struct whisper_vocab *v = NULL;
    struct whisper_file *f = NULL;
    struct tiny_file t;

    tiny_file_make(&t, 1, multilingual);
    assert_int_equal(whisper_file_parse(&f, t.data, t.len, NULL), 0);
    assert_int_equal(whisper_vocab_open(&v, f, NULL), 0);
    whisper_file_close(f);
    free(t.data);
    return v;
}

static void what_is_forgotten_was_never_heard(void **state)
{
    struct whisper_mel_bank *bank = bank_of_bins();
    enum { N = 16000, GONE = 40, FED = 12000, FRAMES = 60, EDGE = 2 };
    static int16_t pcm[N];
    size_t bytes = FRAMES * BANDS * sizeof(float);
    float *rest = malloc(bytes), *alone = malloc(bytes);
    struct whisper_mel mel;

    (void)state;
    tiny_speech(pcm, N);
    for (int i = 0; i < N; i++) /* the loudest is forgotten: it no longer hides what is quiet */
        pcm[i] = (int16_t)(i < GONE * 160 - 400 ? pcm[i] * 2
                           : i < N / 2          ? pcm[i] / 64
                                                : pcm[i] / 16);
    whisper_mel_init(&mel, bank);
    assert_int_equal(whisper_mel_feed(&mel, pcm, FED), 0);
    whisper_mel_forget(&mel, GONE);
    assert_int_equal(whisper_mel_feed(&mel, pcm + FED, N - FED), 0);
    assert_int_equal(whisper_mel_length(&mel), 1 + (N - GONE * 160 - 200) / 160);
    whisper_mel_window(&mel, EDGE, FRAMES, rest);
    whisper_mel_clear(&mel);
    assert_int_equal(whisper_mel_feed(&mel, pcm + GONE * 160, N - GONE * 160), 0);
    whisper_mel_window(&mel, EDGE, FRAMES, alone); /* from where no frame is mirrored */
    assert_memory_equal(rest, alone, bytes);
    whisper_mel_release(&mel);
    whisper_mel_bank_close(bank);
    free(rest);
    free(alone);
}

static void special_ids_follow_from_the_size(void **state)
{
    struct whisper_vocab *v = tiny_vocab(0);

    (void)state;
    assert_int_equal(v->eot, 50256);
    assert_int_equal(v->transcribe, 50358);
    assert_int_equal(v->prev, 50360);
    assert_int_equal(v->no_timestamps, 50362);
    assert_int_equal(v->beg, 50363);
    assert_int_equal(whisper_language_find(v, "en-US"), 0);
    assert_int_equal(whisper_language_find(v, "de"), -1);
    whisper_vocab_close(v);
    v = tiny_vocab(1);
    assert_int_equal(v->eot, 50257);
    assert_int_equal(v->transcribe, 50359);
    assert_int_equal(v->beg, 50364);
    assert_int_equal(whisper_language_find(v, "de"), 2);
    assert_int_equal(whisper_language_find(v, "yue"), -1);
    assert_string_equal(whisper_language_code(2), "de");
    whisper_vocab_close(v);
}

static void words_take_the_longest_token_from_the_left(void **state)
{
    struct whisper_vocab *v = tiny_vocab(0);
    static const char text[] = "hello hello's  hello 42x\n";
    int ids[32];
    size_t n = whisper_tokenize(v, text, strlen(text), ids, 32);
    struct buf back;

    (void)state;
    /* "hello" " hello" "'s" " " " hello" " 42" "x" "\n" */
    assert_int_equal(n, 8);
    assert_int_equal(ids[0], 256 + 10);
    assert_int_equal(ids[1], 256 + 0);
    assert_int_equal(ids[2], 256 + 12);
    assert_int_equal(ids[3], ' ');
    assert_int_equal(ids[4], 256 + 0);
    assert_int_equal(ids[5], 256 + 13);
    buf_init(&back, 100);
    assert_int_equal(whisper_vocab_append(v, ids, n, &back), 0);
    assert_string_equal(back.data, text);
    assert_int_equal(whisper_tokenize(v, text, strlen(text), ids, 2), 8);
    buf_release(&back);
    whisper_vocab_close(v);
}

static void expect_names(const struct whisper_vocab *v, int language, int max, const char *sentence)
{
    static const char *const terms[] = {"Ada Lovelace", "C++", "Kubernetes"};
    int ids[64];
    struct buf words, told;
    int n;

    buf_init(&words, 200);
    buf_init(&told, 200);
    n = whisper_names_tell(v, language, terms, 3, ids, max, &words);
    assert_true(n <= max);
    assert_int_equal(whisper_vocab_append(v, ids, (size_t)n, &told), 0);
    assert_string_equal(told.data ? told.data : "", sentence);
    assert_int_equal(n > 0, whisper_names_has(words.data, " Lovelace,", 10));
    assert_false(whisper_names_has(words.data, " love", 5));
    assert_false(whisper_names_has(words.data, " ", 1));
    assert_int_equal(strstr(sentence, "C++") != NULL, whisper_names_has(words.data, "c++", 3));
    buf_release(&words);
    buf_release(&told);
}

static void names_are_told_as_a_sentence(void **state)
{
    struct whisper_vocab *v = tiny_vocab(0);

    (void)state;
    expect_names(v, -1, 64, " We talk about Ada Lovelace, C++ and Kubernetes.");
    expect_names(v, -1, 26, " We talk about Ada Lovelace.");
    expect_names(v, -1, 4, "");
    whisper_vocab_close(v);
    v = tiny_vocab(1);
    expect_names(v, whisper_language_find(v, "de"), 64,
                 " Es geht um Ada Lovelace, C++ und Kubernetes.");
    expect_names(v, whisper_language_find(v, "fr"), 64, "");
    expect_names(v, -1, 64, ""); /* not known yet */
    whisper_vocab_close(v);
}

/* ---- whisper.cpp's own results ------------------------------------------------------------ */

static json_t *shared_json(const char *name, char *dir, size_t size)
{
    const char *shared = getenv("INTERVIEWD_TEST_SHARED");
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");
    char path[1024];

    if (shared)
        snprintf(dir, size, "%s/whisper", shared);
    else
        snprintf(dir, size, "%s/../shared/whisper", root ? root : "..");
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return json_load_file(path, 0, NULL);
}

static void check_texts(const struct whisper_vocab *v, json_t *texts)
{
    size_t i, k;
    json_t *row;

    json_array_foreach(texts, i, row)
    {
        const char *text = json_string_value(json_array_get(row, 0));
        const json_t *want = json_array_get(row, 1);
        int ids[256];
        size_t n = whisper_tokenize(v, text, strlen(text), ids, 256);

        if (n != json_array_size(want))
            fail_msg("\"%s\": %zu ids, expected %zu", text, n, json_array_size(want));
        for (k = 0; k < n; k++)
            assert_int_equal(ids[k], json_integer_value(json_array_get(want, k)));
    }
}

static void texts_get_the_ids_that_whisper_cpp_gives_them(void **state)
{
    static const char *const stubs[][2] = {{"mini-en-f32.bin", "for-tests-ggml-tiny.en.bin"},
                                           {"mini-ml-f32.bin", "for-tests-ggml-tiny.bin"}};
    char dir[900];
    json_t *all = shared_json("tokenizer.json", dir, sizeof(dir));

    (void)state;
    if (!all) {
        print_message("# no recorded tokens at %s\n", dir);
        skip();
    }
    for (size_t i = 0; i < 2; i++) {
        struct whisper_vocab *v = NULL;
        struct whisper_file *f = NULL;
        struct errbuf err = {""};
        char path[1024];

        snprintf(path, sizeof(path), "%s/%s", dir, stubs[i][1]);
        assert_int_equal(whisper_file_open(&f, path, &err), 0);
        /* The stubs lost the tokens that are single bytes past ASCII; GPT-2's order is known. */
        uint8_t bytes[256];
        int n = 0;
        for (int c = 0; c < 256; c++)
            if ((c >= 33 && c < 127) || (c >= 161 && c < 173) || c >= 174)
                bytes[n++] = (uint8_t)c;
        for (int c = 0; c < 256; c++)
            if (!((c >= 33 && c < 127) || (c >= 161 && c < 173) || c >= 174))
                bytes[n++] = (uint8_t)c;
        for (int id = 0; id < 256; id++)
            f->tokens[id] = (struct whisper_bytes){&bytes[id], 1};
        assert_int_equal(whisper_vocab_open(&v, f, &err), 0);
        check_texts(v, json_object_get(json_object_get(all, stubs[i][0]), "tokenize"));
        whisper_vocab_close(v);
        whisper_file_close(f);
    }
    json_decref(all);
}

/* ---- rules and words ---------------------------------------------------------------------- */

static void fill(float *x, int n, float value)
{
    for (int i = 0; i < n; i++)
        x[i] = value;
}

static void timestamps_come_in_pairs_and_never_go_back(void **state)
{
    struct whisper_vocab *v = tiny_vocab(0);
    struct whisper_rules rules = {.timestamps = true, .first_stamp_max = 50};
    float *x = malloc((size_t)v->n_vocab * sizeof(float));
    int ids[] = {v->beg + 10, 65, v->beg + 30};
    struct whisper_past past = {ids, 0, false, 0};

    (void)state;
    fill(x, v->n_vocab, 0.0f);
    whisper_rules_mask(&rules, v, &past, x);
    assert_true(isinf(x[v->beg + 51]) && !isinf(x[v->beg + 50])); /* not too late at first */
    assert_true(isinf(x[v->sot]) && isinf(x[v->nosp]) && isinf(x[v->no_timestamps]));
    fill(x, v->n_vocab, 0.0f);
    past = (struct whisper_past){ids, 3, true, 30};
    whisper_rules_mask(&rules, v, &past, x);
    assert_true(isinf(x[65])); /* text, stamp: a stamp or the end */
    assert_true(!isinf(x[v->eot]) && !isinf(x[v->beg + 30]));
    assert_true(isinf(x[v->beg + 29])); /* not back in time */
    fill(x, v->n_vocab, 0.0f);
    past = (struct whisper_past){ids, 1, true, 10};
    whisper_rules_mask(&rules, v, &past, x);
    assert_true(isinf(x[v->beg + 20]) && !isinf(x[65])); /* a stamp that opens: text */
    free(x);
    whisper_vocab_close(v);
}

static void stamps_win_when_together_they_are_likelier_than_any_text(void **state)
{
    struct whisper_vocab *v = tiny_vocab(0);
    struct whisper_rules rules = {.timestamps = true};
    float *x = malloc((size_t)v->n_vocab * sizeof(float));
    struct nn_peak peak;
    struct nn *nn;

    (void)state;
    assert_int_equal(nn_open(&nn, 1, NULL, NULL), 0);
    fill(x, v->n_vocab, -20.0f);
    x[65] = 3.0f;
    for (int i = 0; i < 10; i++)
        x[v->beg + i] = 1.0f + 0.01f * (float)i; /* each is less, together e^1 * 10 > e^3 */
    whisper_rules_choose_sort(&rules, v, nn, x, &peak);
    assert_int_equal(peak.top, v->beg + 9);
    assert_true(isinf(x[65]));
    x[65] = 8.0f;
    whisper_rules_choose_sort(&rules, v, nn, x, &peak);
    assert_int_equal(peak.top, 65);
    nn_close(nn);
    free(x);
    whisper_vocab_close(v);
}

/* Of equals the first comes first; what may not come is never among them. */
static void the_most_probable_ids_come_best_first(void **state)
{
    struct whisper_vocab *v = tiny_vocab(0);
    float *x = malloc((size_t)v->n_vocab * sizeof(float));
    int ids[5], last = v->n_vocab - 1;

    (void)state;
    fill(x, v->n_vocab, -INFINITY);
    assert_int_equal(whisper_pick_top(v, x, 5, ids), 0);
    x[last] = -3.0f;
    x[64] = -4.0f;
    assert_int_equal(whisper_pick_top(v, x, 5, ids), 2);
    assert_int_equal(ids[0], last);
    assert_int_equal(ids[1], 64);
    for (int i = 0; i < v->n_vocab; i++)
        x[i] = -10.0f - (float)(i % 7);
    x[127] = x[63] = 1.0f;
    x[0] = 2.0f;
    x[last] = 0.5f;
    assert_int_equal(whisper_pick_top(v, x, 5, ids), 5);
    assert_memory_equal(ids, ((int[]){0, 63, 127, last, 7}), sizeof(ids));
    free(x);
    whisper_vocab_close(v);
}

static void the_cheapest_path_is_found(void **state)
{
    /* Row 0 is cheap in columns 0-1, row 1 in 2, row 2 in 3-4. */
    static const float cost[3 * 5] = {-1, -1, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, -1, -1};
    int start[3];

    (void)state;
    assert_int_equal(whisper_dtw(cost, 3, 5, start), 0);
    assert_int_equal(start[0], 0);
    assert_int_equal(start[1], 2);
    assert_int_equal(start[2], 3);
}

static void tokens_become_words_at_spaces(void **state)
{
    struct whisper_vocab *v = tiny_vocab(0);
    struct whisper_pick t[6] = {{.id = 256 + 4, .plog = -0.5f},
                                {.id = 256 + 5},
                                {.id = 256 + 2},
                                {.id = 256 + 3},
                                {.id = '.'},
                                {.id = 50256}};
    struct whisper_word w[6];

    (void)state;
    assert_int_equal(whisper_words_group(v, t, 6, 0, w), 3); /* tell | me | quickly. */
    assert_int_equal(w[2].first, 2);
    assert_int_equal(w[2].n, 3);
    assert_float_equal(w[0].confidence, exp(-0.5), 1e-5);
    assert_float_equal(w[1].confidence, 1.0, 1e-5);
    whisper_vocab_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mel_is_what_its_definition_says),
        cmocka_unit_test(a_sine_is_loudest_in_its_band),
        cmocka_unit_test(audio_in_pieces_gives_the_same_frames),
        cmocka_unit_test(what_is_forgotten_was_never_heard),
        cmocka_unit_test(special_ids_follow_from_the_size),
        cmocka_unit_test(words_take_the_longest_token_from_the_left),
        cmocka_unit_test(names_are_told_as_a_sentence),
        cmocka_unit_test(texts_get_the_ids_that_whisper_cpp_gives_them),
        cmocka_unit_test(timestamps_come_in_pairs_and_never_go_back),
        cmocka_unit_test(stamps_win_when_together_they_are_likelier_than_any_text),
        cmocka_unit_test(the_most_probable_ids_come_best_first),
        cmocka_unit_test(the_cheapest_path_is_found),
        cmocka_unit_test(tokens_become_words_at_spaces),
    };

    return cmocka_run_group_tests_name("whisper/front", tests, NULL, NULL);
}
