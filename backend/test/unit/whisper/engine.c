/**
 * @file test/unit/whisper/engine.c  Searching, streaming and the engine, on a tiny model
 *
 * The model's weights are noise, so what is heard means nothing; that it is the same however it
 * was come by means everything.
 */
#include "cmocka_all.h"

#include "asr/engine.h"
#include "asr/whisper/stream.h"
#include "asr/whisper/transcribe.h"
#include "models/speed.h"
#include "support/sanitized.h"
#include "support/scratch.h"
#include "support/whisper_file.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { SECONDS = 3, N = SECONDS * 16000 };

static char dir[SCRATCH_MAX];
static char path[256];
static int16_t pcm[N];

static int set_up(void **state)
{
    (void)state;
    scratch_make(dir);
    snprintf(path, sizeof(path), "%s", scratch_path(dir, "ggml-noise.bin"));
    tiny_file_write(path, 5, 1);
    tiny_speech(pcm, N);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(dir);
    return 0;
}

struct kit {
    struct nn *nn;
    struct whisper_model *m;
    struct whisper_compute c;
    struct whisper_decoder d;
};

static void open_kit(struct kit *k)
{
    assert_int_equal(nn_open(&k->nn, 1, NULL, NULL), 0);
    assert_int_equal(whisper_model_load(&k->m, path, k->nn, NULL, NULL, NULL), 0);
    whisper_compute_init(&k->c, k->m, k->nn);
    assert_int_equal(whisper_decoder_init(&k->d, k->m, 1, false, NULL), 0);
}

static void close_kit(struct kit *k)
{
    whisper_decoder_release(&k->d);
    whisper_compute_release(&k->c);
    whisper_model_free(k->m);
    nn_close(k->nn);
}

static void listen_to(struct kit *k, size_t n)
{
    struct whisper_mel mel;

    whisper_mel_init(&mel, k->m->mel);
    assert_int_equal(whisper_mel_feed(&mel, pcm, n), 0);
    assert_int_equal(
        whisper_listen(&k->d, &k->c, &mel, 0, whisper_trimmed_ctx(whisper_mel_length(&mel), 500)),
        0);
    whisper_mel_release(&mel);
}

static struct whisper_search_params quick_params(int tokens)
{
    struct whisper_search_params p = whisper_search_defaults();

    p.temperature_step = 0.0f;
    p.tokens_max = tokens;
    return p;
}

static int search(struct kit *k, const struct whisper_search_params *p, const int *draft,
                  int n_draft, int *ids, struct whisper_search *s)
{
    int prompt[4];
    struct whisper_search_job job = {.prompt = prompt,
                                     .n_prompt =
                                         whisper_prompt_init(k->m->vocab, 0, false, false, prompt),
                                     .seek_end = 300,
                                     .draft = draft,
                                     .n_draft = n_draft};
    const struct whisper_hypothesis *h;

    assert_int_equal(whisper_search_init(s, p), 0);
    assert_int_equal(whisper_search_run(s, &k->d, &k->c, &job), 0);
    h = whisper_search_best(s);
    for (int i = 0; i < h->n; i++)
        ids[i] = h->tokens[i].id;
    return h->n;
}

/* A logit of the last step after so many tokens of context, the last of a run of 300: it depends on
 * each of them that the decoder was given. */
static float logit_after(struct kit *k, int context)
{
    struct whisper_transcribe_params p = whisper_transcribe_defaults();
    struct whisper_transcript t;
    struct whisper_mel mel;
    int prompt[300];

    for (int i = 0; i < 300; i++)
        prompt[i] = 100 + 7 * i;
    p.search = quick_params(3);
    p.language = 0;
    p.prompt = prompt + 300 - context;
    p.n_prompt = context;
    whisper_mel_init(&mel, k->m->mel);
    assert_int_equal(whisper_mel_feed(&mel, pcm, N), 0);
    assert_int_equal(whisper_transcribe(&t, &k->d, &k->c, &mel, &p), 0);
    whisper_transcript_release(&t);
    whisper_mel_release(&mel);
    return k->c.logits[7];
}

/* One of the 224 is the token that says that context follows. */
static void context_is_the_last_223_tokens(void **state)
{
    struct kit k;

    (void)state;
    open_kit(&k);
    assert_float_equal(logit_after(&k, 300), logit_after(&k, 223), 0);
    assert_true(fabsf(logit_after(&k, 222) - logit_after(&k, 223)) > 1e-6f);
    close_kit(&k);
}

static void a_draft_changes_the_work_but_not_the_result(void **state)
{
    struct whisper_search_params p = quick_params(20);
    int want[WHISPER_STEPS_MAX], got[WHISPER_STEPS_MAX];
    struct whisper_pick picks[WHISPER_STEPS_MAX];
    struct whisper_search s;
    struct kit k;
    int n;
    int steps;

    (void)state;
    open_kit(&k);
    listen_to(&k, N);
    n = search(&k, &p, NULL, 0, want, &s);
    steps = s.steps;
    memcpy(picks, whisper_search_best(&s)->tokens, sizeof(picks));
    whisper_search_release(&s);
    assert_true(n > 5);
    for (int right = 0; right < n - 1; right += 3) {
        int draft[WHISPER_STEPS_MAX];

        memcpy(draft, want, sizeof(draft));
        draft[right] = draft[right] == 65 ? 66 : 65; /* right up to here, then wrong */
        assert_int_equal(search(&k, &p, draft, n - 1, got, &s), n);
        assert_memory_equal(got, want, (size_t)n * sizeof(int));
        for (int i = 0; i < n; i++) /* to the last bit */
            assert_true(whisper_search_best(&s)->tokens[i].plog == picks[i].plog);
        assert_int_equal(s.accepted, right);
        assert_true(s.steps <= steps - right + 2 + right / NN_SMALL_BATCH);
        whisper_search_release(&s);
    }
    close_kit(&k);
}

/* What is known already may be given: what follows is what would have followed. */
static void a_search_goes_on_behind_a_prefix(void **state)
{
    struct whisper_search_params p = quick_params(12);
    int want[WHISPER_STEPS_MAX], got[WHISPER_STEPS_MAX], prompt[4 + NN_SMALL_BATCH];
    struct whisper_search_job job = {.prompt = prompt, .seek_end = 300};
    struct whisper_search s;
    struct kit k;
    int n, first;

    (void)state;
    open_kit(&k);
    listen_to(&k, N);
    n = search(&k, &p, NULL, 0, want, &s);
    whisper_search_release(&s);
    first = whisper_prompt_init(k.m->vocab, 0, false, false, prompt);
    for (job.n_prefix = 1; job.n_prefix <= 7; job.n_prefix += 3) {
        memcpy(prompt + first, want, (size_t)job.n_prefix * sizeof(int));
        job.n_prompt = first + job.n_prefix;
        p.tokens_max = 12 - job.n_prefix;
        assert_int_equal(whisper_search_init(&s, &p), 0);
        assert_int_equal(whisper_search_run(&s, &k.d, &k.c, &job), 0);
        assert_int_equal(whisper_search_best(&s)->n, n - job.n_prefix);
        for (int i = 0; i < n - job.n_prefix; i++)
            got[i] = whisper_search_best(&s)->tokens[i].id;
        assert_memory_equal(got, want + job.n_prefix, (size_t)(n - job.n_prefix) * sizeof(int));
        whisper_search_release(&s);
    }
    close_kit(&k);
}

static void a_beam_finds_nothing_less_likely_than_greedy(void **state)
{
    struct whisper_search_params p = quick_params(6);
    int ids[WHISPER_STEPS_MAX];
    struct whisper_search s;
    struct kit k;
    double greedy;

    (void)state;
    open_kit(&k);
    listen_to(&k, N);
    search(&k, &p, NULL, 0, ids, &s);
    greedy = whisper_search_best(&s)->mean;
    whisper_search_release(&s);
    p.beams = 4;
    p.align = true;
    search(&k, &p, NULL, 0, ids, &s);
    assert_true(whisper_search_best(&s)->mean >= greedy - 1e-4);
    whisper_search_release(&s);
    close_kit(&k);
}

/* Log-probability of the tokens, decoded in one batch. */
static double sum_from_scratch(struct kit *k, const struct whisper_rules *rules, const int *ids,
                               int n)
{
    int all[WHISPER_STEPS_MAX + 4];
    int first = whisper_prompt_init(k->m->vocab, 0, false, false, all);
    double sum = 0;

    memcpy(all + first, ids, (size_t)n * sizeof(int));
    assert_int_equal(
        whisper_decode(&k->d, &k->c,
                       &(struct whisper_batch){.tokens = all, .n = first + n, .logits = n + 1}),
        0);
    for (int i = 0; i < n; i++) {
        float *logits = k->c.logits + (size_t)i * (size_t)k->m->vocab->n_vocab;
        struct whisper_past past = {.ids = ids, .n = i};
        struct nn_peak peak;

        whisper_rules_mask(rules, k->m->vocab, &past, logits);
        whisper_rules_choose_sort(rules, k->m->vocab, k->nn, logits, &peak);
        sum += (double)whisper_pick_id(rules, k->m->vocab, logits, &peak, ids[i]).plog;
    }
    return sum;
}

static void a_beam_of_one_path_keeps_its_caches_apart(void **state)
{
    struct whisper_search_params p = quick_params(12);
    int ids[WHISPER_STEPS_MAX];
    struct whisper_search s;
    struct kit k;
    int n;

    (void)state;
    open_kit(&k);
    listen_to(&k, N);
    p.beams = 5;
    n = search(&k, &p, NULL, 0, ids, &s);
    assert_float_equal(sum_from_scratch(&k, &p.rules, ids, n), whisper_search_best(&s)->sum, 0.05);
    whisper_search_release(&s);
    close_kit(&k);
}

/* A final of a dozen tokens has beams of as many, not of all that the model could say; one that is
 * longer later gets what it needs, and finds what a decoder of its own finds. */
static void beams_take_memory_for_what_may_be_said(void **state)
{
    struct whisper_search_params p = quick_params(12), longer = quick_params(150);
    int first[WHISPER_STEPS_MAX], later[WHISPER_STEPS_MAX], n;
    struct whisper_search s;
    size_t one, all;
    struct kit k;

    (void)state;
    p.beams = longer.beams = 5;
    open_kit(&k);
    listen_to(&k, N);
    n = search(&k, &longer, NULL, 0, first, &s);
    whisper_search_release(&s);
    close_kit(&k);
    open_kit(&k);
    all = whisper_decoder_bytes(&k.d);
    listen_to(&k, N);
    one = whisper_decoder_bytes(&k.d);
    search(&k, &p, NULL, 0, later, &s);
    whisper_search_release(&s);
    assert_true(whisper_decoder_bytes(&k.d) < one + all); /* all: of one whole sequence */
    assert_int_equal(search(&k, &longer, NULL, 0, later, &s), n);
    assert_memory_equal(later, first, (size_t)n * sizeof(int));
    whisper_search_release(&s);
    close_kit(&k);
}

static void improbable_text_is_sampled_again(void **state)
{
    struct whisper_search_params p = whisper_search_defaults();
    int ids[WHISPER_STEPS_MAX];
    struct whisper_search s;
    struct kit k;

    (void)state;
    open_kit(&k);
    listen_to(&k, N);
    p.tokens_max = 10;
    p.temperature_step = 0.4f;
    p.plog_min = 0.0f; /* nothing is ever probable enough */
    search(&k, &p, NULL, 0, ids, &s);
    assert_true(s.temperature > 0.7f);
    whisper_search_release(&s);
    close_kit(&k);
}

/* Sampling that no final could wait for: 5 times 180 tokens at each of 10 temperatures. */
static void falling_back_ends_when_its_steps_are_used_up(void **state)
{
    struct whisper_search_params p = whisper_search_defaults();
    int want[WHISPER_STEPS_MAX], ids[WHISPER_STEPS_MAX];
    struct whisper_search s;
    struct kit k;
    int n, steps;

    (void)state;
    open_kit(&k);
    listen_to(&k, N);
    p.temperature_step = 0.0f;
    p.align = true;
    p.tokens_max = 180;
    n = search(&k, &p, NULL, 0, want, &s);
    steps = s.steps;
    whisper_search_release(&s);
    p.temperature_step = 0.1f;
    p.plog_min = 0.0f; /* nothing is ever probable enough */
    p.fallback_steps = 15;
    assert_int_equal(search(&k, &p, NULL, 0, ids, &s), n);
    assert_memory_equal(ids, want, (size_t)n * sizeof(int));
    assert_true(s.temperature == 0.0f);
    assert_in_range(s.steps, steps + 15, steps + 16);
    whisper_search_release(&s);
    close_kit(&k);
}

static void repeated_text_compresses_well(void **state)
{
    static const char loop[] = " and then and then and then and then and then and then and then";
    static const char plain[] = " tell me about a time when you had to change your mind";

    (void)state;
    assert_true(whisper_compression(loop, strlen(loop)) > 2.4);
    assert_true(whisper_compression(plain, strlen(plain)) < 1.5);
    assert_true(whisper_compression("", 0) == 0.0);
}

/* Stable is what four hypotheses agreed on; nothing holds the fifth to it. But in a final all is.
 */
static void what_is_stable_lies_within_the_text(void **state)
{
    struct whisper_stream_params p = whisper_stream_defaults();
    struct whisper_stream *s = NULL;
    struct kit k;

    (void)state;
    open_kit(&k);
    p.language = 0;
    assert_int_equal(whisper_stream_open(&s, k.m, &p, NULL), 0);
    for (size_t at = 0; at < N; at += 4800) {
        const struct whisper_heard *h;

        assert_int_equal(whisper_stream_feed(s, pcm + at, 4800), 0);
        assert_int_equal(whisper_stream_update(s, &k.c, false), 0);
        h = whisper_stream_heard(s);
        assert_true(h->stable <= h->len);
        assert_true(at + 4800 >= 16000 || !h->len); /* less than a second is not guessed at */
        assert_true(at / 4800 >= 3 + 3 || !h->stable);
    }
    assert_int_equal(whisper_stream_finish(s, &k.c), 0);
    assert_int_equal(whisper_stream_heard(s)->stable, whisper_stream_heard(s)->len);
    whisper_stream_close(s);
    close_kit(&k);
}

static void a_final_after_a_pause_has_nothing_left_to_hear(void **state)
{
    static const int16_t silence[4800];
    struct whisper_stream_params p = whisper_stream_defaults();
    struct whisper_stream *s = NULL;
    struct kit k;
    int encoded, steps;

    (void)state;
    open_kit(&k);
    p.language = 0;
    p.trusting = true; /* nobody said what noise says */
    assert_int_equal(whisper_stream_open(&s, k.m, &p, NULL), 0);
    whisper_stream_feed(s, pcm, N);
    assert_int_equal(whisper_stream_update(s, &k.c, true), 0);
    encoded = whisper_stream_counted(s)->encoded;
    steps = whisper_stream_counted(s)->steps;
    whisper_stream_feed(s, silence, 4800);
    assert_int_equal(whisper_stream_finish(s, &k.c), 0);
    assert_int_equal(whisper_stream_counted(s)->encoded, encoded);
    assert_int_equal(whisper_stream_counted(s)->steps, steps);

    whisper_stream_begin(s); /* but speech after the pause is heard */
    whisper_stream_feed(s, pcm, 16000);
    assert_int_equal(whisper_stream_update(s, &k.c, true), 0);
    whisper_stream_feed(s, pcm + 16000, 8000);
    assert_int_equal(whisper_stream_finish(s, &k.c), 0);
    assert_int_equal(whisper_stream_counted(s)->encoded, 2);
    whisper_stream_close(s);
    close_kit(&k);
}

static void an_utterance_longer_than_a_window_goes_on(void **state)
{
    const int pieces = SANITIZED ? 13 : 25; /* 39 or 75 seconds */
    struct whisper_stream_params p = whisper_stream_defaults();
    struct whisper_stream *s = NULL;
    const struct whisper_heard *h;
    uint32_t before = 0;
    struct kit k;

    (void)state;
    open_kit(&k);
    p.language = 0;
    p.trusting = true; /* nobody said what noise says */
    assert_int_equal(whisper_stream_open(&s, k.m, &p, NULL), 0);
    for (int i = 0; i < pieces; i++) {
        assert_int_equal(whisper_stream_feed(s, pcm, N), 0);
        assert_int_equal(whisper_stream_update(s, &k.c, false), 0);
    }
    assert_int_equal(whisper_stream_finish(s, &k.c), 0);
    h = whisper_stream_heard(s);
    /* its tokens have no text; that no word is lost is seen with a real model */
    assert_true(whisper_stream_counted(s)->encoded > pieces);
    for (size_t i = 0; i < h->n_words; i++) {
        assert_true(h->words[i].start_ms >= before && h->words[i].end_ms >= h->words[i].start_ms);
        assert_true(h->words[i].text + h->words[i].text_len <= h->len);
        before = h->words[i].start_ms;
    }
    assert_true(before <= (uint32_t)(pieces * SECONDS * 1000));
    whisper_stream_close(s);
    close_kit(&k);
}

static void silence_is_no_text(void **state)
{
    static const int16_t silence[32000];
    struct whisper_stream_params p = whisper_stream_defaults();
    struct whisper_stream *s = NULL;
    struct kit k;

    (void)state;
    open_kit(&k);
    assert_int_equal(whisper_stream_open(&s, k.m, &p, NULL), 0);
    whisper_stream_feed(s, silence, 32000);
    assert_int_equal(whisper_stream_update(s, &k.c, false), 0);
    assert_int_equal(whisper_stream_finish(s, &k.c), 0);
    assert_string_equal(whisper_stream_heard(s)->text, "");
    whisper_stream_begin(s);
    assert_int_equal(whisper_stream_finish(s, &k.c), 0); /* nor is no audio at all */
    assert_string_equal(whisper_stream_heard(s)->text, "");
    whisper_stream_close(s);
    close_kit(&k);
}

static bool stop_now(void *arg)
{
    return --*(int *)arg < 0;
}

static void a_cancelled_update_can_be_repeated(void **state)
{
    struct whisper_stream_params p = whisper_stream_defaults();
    struct whisper_stream *s = NULL;
    char text[4096];
    struct kit k;

    (void)state;
    open_kit(&k);
    p.language = 0;
    assert_int_equal(whisper_stream_open(&s, k.m, &p, NULL), 0);
    whisper_stream_feed(s, pcm, N);
    assert_int_equal(whisper_stream_update(s, &k.c, false), 0);
    snprintf(text, sizeof(text), "%s", whisper_stream_heard(s)->text);
    whisper_stream_begin(s);
    whisper_stream_feed(s, pcm, N);
    k.c.stop = stop_now;
    for (int layers = 0; layers < 3; layers++) {
        int left = layers;

        k.c.stop_arg = &left;
        assert_int_equal(whisper_stream_update(s, &k.c, false), UV_ECANCELED);
        assert_string_equal(whisper_stream_heard(s)->text, "");
    }
    k.c.stop = NULL;
    assert_int_equal(whisper_stream_update(s, &k.c, false), 0);
    assert_string_equal(whisper_stream_heard(s)->text, text);
    whisper_stream_close(s);
    close_kit(&k);
}

/* ---- the engine --------------------------------------------------------------------------- */

static struct asr_model *load_engine(const struct asr_engine *e)
{
    struct asr_model_params params = {.data_dir = dir, .path = path, .threads = 2};
    struct asr_model *m = NULL;
    struct errbuf err = {""};

    assert_true(e->available(&params, &err));
    assert_int_equal(e->load(&m, &params, &err), 0);
    assert_non_null(strstr(e->describe(m), "f16"));
    return m;
}

static void the_engine_says_what_is_missing(void **state)
{
    const struct asr_engine *e = asr_engine_find("whisper");
    struct asr_model_params params = {.data_dir = "/nonexistent"};
    struct asr_model *m = NULL;
    struct errbuf err = {""};

    (void)state;
    assert_non_null(e);
    assert_false(e->available(&params, &err));
    assert_non_null(strstr(err.text, "interviewd models get"));
    assert_int_equal(e->load(&m, &params, &err), UV_ENOENT);
}

static void a_language_it_cannot_hear_is_said_before_anybody_speaks(void **state)
{
    const struct asr_engine *e = asr_engine_find("whisper");
    char english[SCRATCH_MAX + 32];
    struct asr_model_params params = {.path = english, .threads = 1};
    struct asr_params german = {.language = "de-AT"}, klingon = {.language = "xx"},
                      any = {.language = "auto"};
    struct asr_model *m = NULL;
    struct errbuf err = {""};

    (void)state;
    snprintf(english, sizeof(english), "%s/ggml-english.bin", dir);
    tiny_file_write(english, 5, 0);
    assert_int_equal(e->load(&m, &params, &err), 0);
    assert_int_equal(e->accepts(m, &any, &err), 0);
    assert_int_equal(e->accepts(m, &german, &err), UV_ENOTSUP);
    assert_non_null(strstr(err.text, "interviewd models get base-q8_0"));
    assert_int_equal(e->accepts(m, &klingon, &err), UV_ENOTSUP);
    assert_non_null(strstr(err.text, "no language"));
    e->unload(m);
    m = load_engine(e); /* of many languages */
    assert_int_equal(e->accepts(m, &german, &err), 0);
    assert_int_equal(e->accepts(m, &klingon, &err), UV_ENOTSUP);
    e->unload(m);
}

static void the_first_use_of_an_ear_measures_the_machine(void **state)
{
    const struct asr_engine *e = asr_engine_find("whisper");
    char folder[SCRATCH_MAX + 16], file[SCRATCH_MAX + 48], speed[SCRATCH_MAX + 32];
    struct asr_model_params params = {.data_dir = dir, .threads = 2};
    struct asr_model *m = NULL;
    struct errbuf err = {""};
    char *first, *second;

    (void)state;
    snprintf(folder, sizeof(folder), "%s/models", dir);
    snprintf(file, sizeof(file), "%s/ggml-tiny-q8_0.bin", folder);
    snprintf(speed, sizeof(speed), "%s/speed", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    tiny_file_write(file, 5, 1);
    assert_int_equal(e->load(&m, &params, &err), 0);
    e->unload(m);
    assert_true(models_speed_of(folder, "base") > 0.0);
    assert_true(models_speed_of(folder, "tiny") < models_speed_of(folder, "base"));
    first = scratch_read(speed, NULL);
    if (!models_speed_wanted(folder)) { /* it is measured again where it seemed slow */
        assert_int_equal(e->load(&m, &params, &err), 0);
        e->unload(m);
        second = scratch_read(speed, NULL);
        assert_string_equal(first, second);
        free(second);
    }
    free(first);
}

struct speaker {
    const struct asr_engine *e;
    struct asr_model *m;
    bool ok;
};

static bool speak_once(struct speaker *sp, struct asr_stream *s)
{
    const size_t piece = SANITIZED ? N / 4 : N / 10;
    struct asr_result res;
    bool ok = !sp->e->begin(s, NULL);

    for (size_t at = 0; ok && at < N; at += piece) {
        ok = !sp->e->feed(s, pcm + at, piece, NULL) && !sp->e->partial(s, &res, NULL) &&
             res.stable <= strlen(res.text);
    }
    ok = ok && !sp->e->prefetch_final(s, NULL) && !sp->e->finish(s, &res, NULL);
    return ok && res.stable == strlen(res.text);
}

static void speak(void *arg)
{
    static const char *const terms[] = {"hello", "quick", "time"};
    struct speaker *sp = arg;
    struct asr_params params = {.language = "en", .vocabulary = terms, .vocabulary_count = 3};
    struct asr_stream *s = NULL;

    sp->ok = !sp->e->open(&s, sp->m, &params, NULL) && speak_once(sp, s) && speak_once(sp, s);
    sp->e->close(s);
}

static void many_streams_share_one_model(void **state)
{
    enum { SPEAKERS = 5 };
    const struct asr_engine *e = asr_engine_find("whisper");
    struct asr_model *m = load_engine(e);
    struct speaker sp[SPEAKERS];
    uv_thread_t threads[SPEAKERS];

    (void)state;
    for (int i = 0; i < SPEAKERS; i++) {
        sp[i] = (struct speaker){.e = e, .m = m};
        assert_int_equal(uv_thread_create(&threads[i], speak, &sp[i]), 0);
    }
    for (int i = 0; i < SPEAKERS; i++)
        uv_thread_join(&threads[i]);
    for (int i = 0; i < SPEAKERS; i++) /* what noise "says" depends on which partials there were */
        assert_true(sp[i].ok);
    e->unload(m);
}

static void an_interrupted_stream_returns_at_once(void **state)
{
    const struct asr_engine *e = asr_engine_find("whisper");
    struct asr_model *m = load_engine(e);
    struct asr_params params = {.language = "auto"};
    struct asr_stream *s = NULL;
    struct asr_result res;
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(e->open(&s, m, &params, &err), 0);
    assert_int_equal(e->begin(s, &err), 0);
    assert_int_equal(e->feed(s, pcm, N, &err), 0);
    e->interrupt(s);
    assert_int_equal(e->finish(s, &res, &err), UV_ECANCELED);
    e->close(s);
    params.language = "klingon";
    assert_int_equal(e->open(&s, m, &params, &err), UV_EINVAL);
    e->unload(m);
}

/* Processor time of a partial of all there is, in [ms]. */
static double partial_costs(const struct asr_engine *e, struct asr_stream *s, bool hurried)
{
    struct asr_result res;
    struct timespec from, to;

    assert_int_equal(e->begin(s, NULL), 0); /* nothing is in the way of this utterance */
    assert_int_equal(e->feed(s, pcm, N, NULL), 0);
    if (hurried)
        e->hurry(s);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    assert_int_equal(e->partial(s, &res, NULL), 0);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

static void a_partial_that_is_in_the_way_is_given_up(void **state)
{
    const struct asr_engine *e = asr_engine_find("whisper");
    struct asr_model *m = load_engine(e);
    struct asr_params params = {.language = "en"};
    struct asr_stream *s = NULL;
    double plain = 0, hurried = 0;

    (void)state;
    assert_int_equal(e->open(&s, m, &params, NULL), 0);
    for (int i = 0; i < 3; i++) {
        hurried += partial_costs(e, s, true);
        plain += partial_costs(e, s, false);
    }
    assert_true(hurried < plain / 4);
    e->close(s);
    e->unload(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context_is_the_last_223_tokens),
        cmocka_unit_test(a_draft_changes_the_work_but_not_the_result),
        cmocka_unit_test(a_search_goes_on_behind_a_prefix),
        cmocka_unit_test(a_beam_finds_nothing_less_likely_than_greedy),
        cmocka_unit_test(a_beam_of_one_path_keeps_its_caches_apart),
        cmocka_unit_test(beams_take_memory_for_what_may_be_said),
        cmocka_unit_test(improbable_text_is_sampled_again),
        cmocka_unit_test(falling_back_ends_when_its_steps_are_used_up),
        cmocka_unit_test(repeated_text_compresses_well),
        cmocka_unit_test(what_is_stable_lies_within_the_text),
        cmocka_unit_test(a_final_after_a_pause_has_nothing_left_to_hear),
        cmocka_unit_test(an_utterance_longer_than_a_window_goes_on),
        cmocka_unit_test(silence_is_no_text),
        cmocka_unit_test(a_cancelled_update_can_be_repeated),
        cmocka_unit_test(the_engine_says_what_is_missing),
        cmocka_unit_test(a_language_it_cannot_hear_is_said_before_anybody_speaks),
        cmocka_unit_test(the_first_use_of_an_ear_measures_the_machine),
        cmocka_unit_test(many_streams_share_one_model),
        cmocka_unit_test(an_interrupted_stream_returns_at_once),
        cmocka_unit_test(a_partial_that_is_in_the_way_is_given_up),
    };

    return cmocka_run_group_tests_name("whisper/engine", tests, set_up, tear_down);
}
