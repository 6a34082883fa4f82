/**
 * @file test/conformance/asr.c  What every recogniser promises (asr/engine.h)
 *
 * The same tests run on each engine, whose name is the argument. To add one: a line in `drivers`
 * that says how its model is loaded here, and one in meson.build.
 *
 *     pocketsphinx   Debian's model and the language model of the build
 *     whisper        a tiny model of noise: what it hears means nothing, how it does it everything
 *     openai         the stand-in of test/support over a real socket
 */
#include "cmocka_all.h"

#include "asr/engine.h"
#include "loop/loop.h"
#include "net/client.h"
#include "support/scratch.h"
#include "support/sound.h"
#include "support/transcriptions.h"
#include "support/whisper_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 3, N = SECONDS * ASR_SAMPLE_RATE, PIECE = 4800, TEXT_BYTES = 8192 };

/* ------------------------------------------------------------------------- the drivers */

struct bench {
    const struct asr_engine *engine;
    struct asr_model *model;
    struct asr_model_params params;
    char dir[SCRATCH_MAX];
    char path[SCRATCH_MAX + 64];
    struct transcriptions service;
    struct loop *loop; /* remote engines need one that turns */
    struct http_client *http;
    uv_thread_t thread;
    uv_sem_t ready;
};

static int prepare_nothing(struct bench *b)
{
    (void)b;
    return 0;
}

static int prepare_file(struct bench *b)
{
    scratch_make(b->dir);
    snprintf(b->path, sizeof(b->path), "%s", scratch_path(b->dir, "ggml-noise.bin"));
    tiny_file_write(b->path, 5, 1);
    b->params.path = b->path;
    b->params.data_dir = b->dir;
    b->params.threads = 1;
    return 0;
}

static void turn(void *arg)
{
    struct bench *b = arg;

    if (loop_open(&b->loop, NULL) || http_client_open(&b->http, b->loop, NULL))
        abort();
    uv_sem_post(&b->ready);
    loop_run(b->loop);
    http_client_close(b->http);
    loop_close(b->loop);
}

static int prepare_service(struct bench *b)
{
    if (transcriptions_start(&b->service))
        return -1;
    uv_sem_init(&b->ready, 0);
    uv_thread_create(&b->thread, turn, b);
    uv_sem_wait(&b->ready);
    b->params.url = b->service.url;
    b->params.http = b->http;
    b->params.name = "whisper-1";
    return 0;
}

static void tidy_nothing(struct bench *b)
{
    (void)b;
}

static void tidy_file(struct bench *b)
{
    scratch_remove(b->dir);
}

static void tidy_service(struct bench *b)
{
    loop_stop(b->loop);
    uv_thread_join(&b->thread);
    uv_sem_destroy(&b->ready);
    transcriptions_stop(&b->service);
}

static const struct driver {
    const char *name;
    int (*prepare)(struct bench *b);
    void (*tidy)(struct bench *b);
    struct asr_model_params nowhere; /* where no model is */
    const char *slow;                /* name of a model whose finish() takes long, or NULL */
} drivers[] = {
    {"pocketsphinx", prepare_nothing, tidy_nothing, {.path = "/nowhere"}, NULL},
    {"whisper", prepare_file, tidy_file, {.path = "/nowhere", .data_dir = "/nowhere"}, NULL},
    {"openai", prepare_service, tidy_service, {.url = ""}, "slow"},
};

static const struct driver *driver; /* the one that is being tested */
static struct bench bench;
static int16_t voice[N];

static int set_up(void **state)
{
    struct errbuf err = {""};

    (void)state;
    memset(&bench, 0, sizeof(bench));
    bench.engine = asr_engine_find(driver->name);
    if (!bench.engine || driver->prepare(&bench))
        return -1;
    if (bench.engine->load(&bench.model, &bench.params, &err)) {
        print_message("%s: %s\n", driver->name, err.text);
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bench.engine->unload(bench.model);
    driver->tidy(&bench);
    return 0;
}

/* --------------------------------------------------------------------------- helpers */

static struct asr_stream *open_stream(void)
{
    struct asr_params params = {.language = "en", .patient = true};
    struct asr_stream *s = NULL;
    struct errbuf err = {""};

    if (bench.engine->open(&s, bench.model, &params, &err))
        fail_msg("%s", err.text);
    return s;
}

static void feed_all(struct asr_stream *s, const int16_t *pcm, size_t n)
{
    struct errbuf err = {""};

    for (size_t at = 0; at < n; at += PIECE) {
        if (bench.engine->feed(s, pcm + at, n - at < PIECE ? n - at : PIECE, &err))
            fail_msg("%s", err.text);
    }
}

/* What every result must be, whatever was said. */
static void check_result(const struct asr_result *res, size_t samples)
{
    uint32_t before = 0;

    assert_non_null(res->text);
    assert_true(res->stable <= strlen(res->text));
    assert_true(res->confidence >= 0 && res->confidence <= 1);
    assert_true(strlen(res->language) < ASR_LANGUAGE_MAX);
    assert_true(!res->word_count || res->words);
    for (size_t i = 0; i < res->word_count; i++) {
        const struct asr_word *w = &res->words[i];

        assert_true(w->text && w->text[0]);
        assert_true(w->start_ms >= before && w->end_ms >= w->start_ms);
        assert_true(w->end_ms <= samples / 16 + 1000);
        assert_true(w->confidence >= 0 && w->confidence <= 1);
        before = w->start_ms;
    }
}

static void finish(struct asr_stream *s, size_t samples, char text[TEXT_BYTES])
{
    struct asr_result res = {0};
    struct errbuf err = {""};

    if (bench.engine->finish(s, &res, &err))
        fail_msg("%s", err.text);
    check_result(&res, samples);
    assert_int_equal(res.stable, strlen(res.text)); /* nothing of a final will change */
    snprintf(text, TEXT_BYTES, "%s", res.text);
}

static void hear(struct asr_stream *s, const int16_t *pcm, size_t n, char text[TEXT_BYTES])
{
    struct errbuf err = {""};

    assert_int_equal(bench.engine->begin(s, &err), 0);
    feed_all(s, pcm, n);
    finish(s, n, text);
}

/* ------------------------------------------------------------------------------ tests */

static void its_table_is_complete(void **state)
{
    const struct asr_engine *e = bench.engine;

    (void)state;
    assert_string_equal(e->name, driver->name);
    assert_true(e->available && e->load && e->unload && e->describe && e->open && e->begin);
    assert_true(e->feed && e->finish && e->close);
    assert_true(!e->pace_ms || e->partial); /* who names a pace has partials */
    assert_true(e->available(&bench.params, NULL));
    assert_true(strlen(e->describe(bench.model)) > 0);
    e->unload(NULL);
    e->close(NULL);
}

static void what_is_missing_is_said_in_a_sentence(void **state)
{
    struct asr_model *model = NULL;
    struct errbuf why = {""}, err = {""};

    (void)state;
    assert_false(bench.engine->available(&driver->nowhere, &why));
    assert_true(strlen(why.text) > 10 && strchr(why.text, ' '));
    assert_true(bench.engine->load(&model, &driver->nowhere, &err) < 0);
    assert_true(strlen(err.text) > 10 && strchr(err.text, ' '));
    assert_null(model);
}

static void one_utterance_after_the_other_is_heard_the_same(void **state)
{
    struct asr_stream *s = open_stream();
    struct asr_stream *other = open_stream();
    char first[TEXT_BYTES], again[TEXT_BYTES];

    (void)state;
    hear(s, voice, N, first);
    hear(other, voice, N, again); /* a fresh stream hears what a fresh stream heard */
    assert_string_equal(first, again);
    hear(s, voice, N / 2, again); /* and the next utterance knows nothing of the one before */
    hear(s, voice, 0, again);
    assert_string_equal(again, "");
    bench.engine->close(s);
    bench.engine->close(other);
}

static void silence_and_nothing_are_no_words(void **state)
{
    static const int16_t silence[ASR_SAMPLE_RATE];
    struct asr_stream *s = open_stream();
    char text[TEXT_BYTES];

    (void)state;
    hear(s, silence, 0, text);
    assert_string_equal(text, "");
    hear(s, silence, 37, text); /* less than any frame */
    assert_string_equal(text, "");
    if (!bench.engine->remote) { /* the stand-in hears by length */
        hear(s, silence, ASR_SAMPLE_RATE, text);
        assert_string_equal(text, "");
    }
    bench.engine->close(s);
}

static void audio_of_another_rate_or_kind_is_borne(void **state)
{
    struct asr_stream *s = open_stream();
    int16_t *odd = calloc(N, sizeof(*odd));
    char text[TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < N; i++) /* 48 kHz taken for 16: everything three times as slow */
        odd[i] = voice[i / 3];
    hear(s, odd, N, text);
    for (size_t i = 0; i < N; i++) /* full scale, as from a broken microphone */
        odd[i] = i % 7 < 3 ? INT16_MAX : INT16_MIN;
    hear(s, odd, N, text);
    free(odd);
    bench.engine->close(s);
}

static void what_is_stable_never_changes(void **state)
{
    struct asr_stream *s = open_stream();
    char stable[TEXT_BYTES] = "", text[TEXT_BYTES];
    struct errbuf err = {""};
    size_t n = 0;

    (void)state;
    assert_int_equal(bench.engine->begin(s, &err), 0);
    for (size_t at = 0; at < N; at += PIECE) {
        struct asr_result res = {0};

        assert_int_equal(bench.engine->feed(s, voice + at, PIECE, &err), 0);
        if (!bench.engine->partial)
            continue;
        assert_int_equal(bench.engine->partial(s, &res, &err), 0);
        check_result(&res, at + PIECE);
        assert_true(res.stable >= n && strlen(res.text) < sizeof(stable));
        assert_memory_equal(res.text, stable, n);
        n = res.stable;
        memcpy(stable, res.text, n);
    }
    finish(s, N, text);
    assert_true(strlen(text) >= n);
    assert_memory_equal(text, stable, n);
    bench.engine->close(s);
}

static void a_pause_loses_and_doubles_nothing(void **state)
{
    struct asr_stream *s = open_stream();
    char whole[TEXT_BYTES], paused[TEXT_BYTES];
    struct errbuf err = {""};

    (void)state;
    hear(s, voice, N, whole);
    bench.engine->close(s);
    s = open_stream();
    assert_int_equal(bench.engine->begin(s, &err), 0);
    for (size_t at = 0; at < N; at += N / 3) {
        feed_all(s, voice + at, N / 3);
        if (bench.engine->prefetch_final)
            assert_int_equal(bench.engine->prefetch_final(s, &err), 0);
    }
    finish(s, N, paused);
    assert_int_equal(!whole[0], !paused[0]);
    assert_true(strlen(paused) < 2 * strlen(whole) + 20);
    bench.engine->close(s);
}

static void begin_in_the_middle_forgets(void **state)
{
    struct asr_stream *s = open_stream();
    struct asr_stream *fresh = open_stream();
    char text[TEXT_BYTES], want[TEXT_BYTES];
    struct errbuf err = {""};

    (void)state;
    hear(fresh, voice, 0, want);
    assert_int_equal(bench.engine->begin(s, &err), 0);
    feed_all(s, voice, N / 2);
    hear(s, voice, 0, text);
    assert_string_equal(text, want);
    bench.engine->close(s);
    bench.engine->close(fresh);
}

static void a_stream_may_be_closed_at_any_point(void **state)
{
    struct asr_result res = {0};
    struct errbuf err = {""};

    (void)state;
    for (int stage = 0; stage < 5; stage++) {
        struct asr_stream *s = open_stream();

        if (stage > 0)
            assert_int_equal(bench.engine->begin(s, &err), 0);
        if (stage > 1)
            feed_all(s, voice, N / 2);
        if (stage > 2 && bench.engine->partial)
            assert_int_equal(bench.engine->partial(s, &res, &err), 0);
        if (stage > 3 && bench.engine->prefetch_final)
            assert_int_equal(bench.engine->prefetch_final(s, &err), 0);
        bench.engine->close(s);
    }
}

static void words_to_expect_are_copied(void **state)
{
    char word[] = "Kubernetes";
    const char *odd[] = {word, "", "!!!", "\xc3\xa9t\xc3\xa9", "a b c", "S3"};
    struct asr_params params = {
        .language = "en", .vocabulary = odd, .vocabulary_count = 6, .patient = true};
    struct asr_stream *s = NULL;
    char text[TEXT_BYTES];
    struct errbuf err = {""};

    (void)state;
    if (bench.engine->open(&s, bench.model, &params, &err))
        fail_msg("%s", err.text);
    memset(word, 'x', sizeof(word) - 1);
    odd[1] = NULL;
    hear(s, voice, N, text);
    bench.engine->close(s);
}

struct speaker {
    const int16_t *pcm;
    size_t n;
    char text[TEXT_BYTES];
    int code;
};

static void speak(void *arg)
{
    struct speaker *sp = arg;
    struct asr_params params = {.language = "en", .patient = true};
    const struct asr_engine *e = bench.engine;
    struct asr_stream *s = NULL;
    struct asr_result res = {0};

    sp->code = e->open(&s, bench.model, &params, NULL);
    if (!sp->code)
        sp->code = e->begin(s, NULL);
    for (size_t at = 0; at < sp->n && !sp->code; at += PIECE) {
        sp->code = e->feed(s, sp->pcm + at, PIECE, NULL);
        if (!sp->code && e->partial)
            sp->code = e->partial(s, &res, NULL);
    }
    if (!sp->code)
        sp->code = e->finish(s, &res, NULL);
    snprintf(sp->text, sizeof(sp->text), "%s", sp->code ? "" : res.text);
    e->close(s);
}

static void two_streams_know_nothing_of_each_other(void **state)
{
    struct speaker *sp = calloc(4, sizeof(*sp)); /* two alone, then the same two at once */
    uv_thread_t threads[2];

    (void)state;
    for (int i = 0; i < 4; i++) {
        sp[i].pcm = voice;
        sp[i].n = i % 2 ? (size_t)N / PIECE / 2 * PIECE : (size_t)N;
    }
    speak(&sp[0]);
    speak(&sp[1]);
    for (int i = 0; i < 2; i++)
        assert_int_equal(uv_thread_create(&threads[i], speak, &sp[2 + i]), 0);
    for (int i = 0; i < 2; i++)
        uv_thread_join(&threads[i]);
    for (int i = 0; i < 4; i++)
        assert_int_equal(sp[i].code, 0);
    assert_string_equal(sp[0].text, sp[2].text);
    assert_string_equal(sp[1].text, sp[3].text);
    free(sp);
}

static void interrupting_ends_every_later_call(void **state)
{
    struct asr_stream *s = open_stream();
    struct asr_result res = {0};
    struct errbuf err = {""};

    (void)state;
    if (bench.engine->interrupt) {
        assert_int_equal(bench.engine->begin(s, &err), 0);
        feed_all(s, voice, N);
        bench.engine->interrupt(s);
        assert_int_equal(bench.engine->finish(s, &res, &err), UV_ECANCELED);
        assert_true(err.text[0] != '\0');
    }
    bench.engine->close(s);
}

/* Far more than one utterance in real time would be: long enough to be in the middle of it. */
struct long_call {
    struct asr_stream *s;
    uv_sem_t begun;
    int code;
};

static void call_long(void *arg)
{
    struct long_call *c = arg;
    struct asr_result res = {0};
    struct errbuf err = {""};

    uv_sem_post(&c->begun);
    c->code = bench.engine->finish(c->s, &res, &err);
}

static void a_call_that_runs_is_interrupted(void **state)
{
    struct asr_model_params params = bench.params;
    struct asr_model *slow = NULL;
    struct long_call c = {0};
    struct errbuf err = {""};
    uv_thread_t thread;

    (void)state;
    if (!driver->slow)
        return; /* its calls are short, or interrupting between them is all there is to see */
    params.name = driver->slow;
    assert_int_equal(bench.engine->load(&slow, &params, &err), 0);
    assert_int_equal(bench.engine->open(&c.s, slow, NULL, &err), 0);
    assert_int_equal(bench.engine->begin(c.s, &err), 0);
    feed_all(c.s, voice, N);
    uv_sem_init(&c.begun, 0);
    assert_int_equal(uv_thread_create(&thread, call_long, &c), 0);
    uv_sem_wait(&c.begun);
    uv_sleep(50); /* most likely inside now; the result is the same if not */
    bench.engine->interrupt(c.s);
    uv_thread_join(&thread);
    assert_int_equal(c.code, UV_ECANCELED);
    uv_sem_destroy(&c.begun);
    bench.engine->close(c.s);
    bench.engine->unload(slow);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_table_is_complete),
        cmocka_unit_test(what_is_missing_is_said_in_a_sentence),
        cmocka_unit_test(one_utterance_after_the_other_is_heard_the_same),
        cmocka_unit_test(silence_and_nothing_are_no_words),
        cmocka_unit_test(audio_of_another_rate_or_kind_is_borne),
        cmocka_unit_test(what_is_stable_never_changes),
        cmocka_unit_test(a_pause_loses_and_doubles_nothing),
        cmocka_unit_test(begin_in_the_middle_forgets),
        cmocka_unit_test(a_stream_may_be_closed_at_any_point),
        cmocka_unit_test(words_to_expect_are_copied),
        cmocka_unit_test(two_streams_know_nothing_of_each_other),
        cmocka_unit_test(interrupting_ends_every_later_call),
        cmocka_unit_test(a_call_that_runs_is_interrupted),
    };
    sound_voice(voice, N, -20, 7);
    for (size_t i = 0; argc == 2 && i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        if (!strcmp(argv[1], drivers[i].name))
            driver = &drivers[i];
    }
    if (!driver) {
        fprintf(stderr, "usage: test-asr pocketsphinx|whisper|openai\n");
        return 2;
    }
    return cmocka_run_group_tests_name(driver->name, tests, set_up, tear_down);
}
