/**
 * @file test/unit/asr/hub.c  The speech workers: order, fairness, overload, failure, shutdown
 */
#include "asr/hub.h"

#include "cmocka_all.h"
#include "loop/loop.h"
#include "support/asr_script.h"
#include "support/scratch.h"
#include "support/whisper_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SEEN_MAX = 256, SECOND = ASR_SAMPLE_RATE };

struct seen {
    char kind; /* r ready, p partial, s settled, f final, e error, t trouble */
    uint32_t utterance;
    int err;
    unsigned order; /* among everything that any voice saw */
    char text[512];
};

static unsigned order;

struct voice {
    struct asr_line *line;
    struct seen seen[SEEN_MAX];
    size_t count;
    char close_on; /* close the line inside this handler */
    int16_t next;  /* of the ramp */
};

struct world {
    struct loop *loop;
    struct asr_hub *hub;
    struct asr_script script;
    struct asr_script spare;
    uv_sem_t gate;
    uv_sem_t reached;
    _Atomic bool gated;
};

static void note(struct voice *v, char kind, uint32_t utterance, int err, const char *text)
{
    struct seen *s = &v->seen[v->count++];

    assert_true(v->count < SEEN_MAX);
    s->kind = kind;
    s->utterance = utterance;
    s->err = err;
    s->order = ++order;
    snprintf(s->text, sizeof(s->text), "%s", text);
    if (v->close_on == kind) {
        asr_line_close(v->line);
        v->line = NULL;
    }
}

static void on_ready(const char *engine, const char *model, void *arg)
{
    (void)model;
    note(arg, 'r', 0, 0, engine);
}

static void on_partial(uint32_t utterance, const struct asr_result *res, void *arg)
{
    assert_true(res->stable <= strlen(res->text));
    note(arg, 'p', utterance, 0, res->text);
}

static void on_prefetched(uint32_t utterance, const struct asr_result *res, void *arg)
{
    note(arg, 's', utterance, 0, res->text);
}

static void on_final(uint32_t utterance, const struct asr_result *res, void *arg)
{
    assert_int_equal(res->stable, strlen(res->text));
    note(arg, 'f', utterance, 0, res->text);
}

static void on_error(int err, const char *message, void *arg)
{
    note(arg, 'e', 0, err, message);
}

static void on_trouble(uint32_t utterance, int err, const char *message, void *arg)
{
    note(arg, 't', utterance, err, message);
}

static const struct asr_line_handlers handlers = {.on_ready = on_ready,
                                                  .on_partial = on_partial,
                                                  .on_final = on_final,
                                                  .on_error = on_error,
                                                  .on_prefetched = on_prefetched,
                                                  .on_trouble = on_trouble};

static size_t count(const struct voice *v, char kind)
{
    size_t n = 0;

    for (size_t i = 0; i < v->count; i++)
        n += v->seen[i].kind == kind;
    return n;
}

static const struct seen *get(const struct voice *v, char kind, size_t nth)
{
    for (size_t i = 0; i < v->count; i++) {
        if (v->seen[i].kind == kind && nth-- == 0)
            return &v->seen[i];
    }
    fail_msg("no %c number %zu", kind, nth);
    return NULL;
}

static void until(struct world *w, const struct voice *v, char kind, size_t n)
{
    while (count(v, kind) < n)
        uv_run(loop_uv(w->loop), UV_RUN_ONCE);
}

/** Workers stop at the gate, when it is shut, before every call but load. */
static void at_gate(enum script_call call, void *arg)
{
    struct world *w = arg;

    if (call == SCRIPT_LOAD && w->script.load_waits)
        uv_sem_post(&w->reached);
    if (!w->gated || call == SCRIPT_LOAD)
        return;
    uv_sem_post(&w->reached);
    uv_sem_wait(&w->gate);
}

static void open_gate(struct world *w)
{
    w->gated = false;
    for (int i = 0; i < 64; i++)
        uv_sem_post(&w->gate);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    w->script.words = w->spare.words = "tell me about a time you changed your mind";
    w->script.ms_per_word = w->spare.ms_per_word = 100;
    w->script.ramp = w->spare.ramp = true;
    w->script.fail_code = UV_ECONNREFUSED;
    w->script.hook = at_gate;
    w->script.hook_arg = w;
    uv_sem_init(&w->gate, 0);
    uv_sem_init(&w->reached, 0);
    *state = w;
    return loop_open(&w->loop, NULL);
}

static int teardown(void **state)
{
    struct world *w = *state;
    int rc;

    asr_hub_close(w->hub);
    rc = loop_close(w->loop);
    assert_int_equal(w->script.breaks, 0);
    assert_int_equal(w->script.overlaps, 0);
    assert_int_equal(w->script.opens, w->script.closes);
    assert_int_equal(w->script.loads, w->script.unloads);
    assert_int_equal(w->spare.breaks, 0);
    assert_int_equal(w->spare.overlaps, 0);
    assert_int_equal(w->spare.opens, w->spare.closes);
    uv_sem_destroy(&w->gate);
    uv_sem_destroy(&w->reached);
    free(w);
    return rc;
}

static void open_hub(struct world *w, const struct asr_engine *driver, int lines)
{
    struct asr_hub_config config = {.driver = driver, .lines_max = lines, .fallback = "none"};

    config.model.http = &w->script;
    assert_int_equal(0, asr_hub_open(&w->hub, w->loop, &config, NULL));
}

static void open_with_fallback(struct world *w)
{
    struct asr_hub_config config = {.driver = &asr_script_remote,
                                    .fallback_driver = &asr_script_local};

    config.model.http = &w->script;
    config.fallback_model.http = &w->spare;
    assert_int_equal(0, asr_hub_open(&w->hub, w->loop, &config, NULL));
}

static void open_line(struct world *w, struct voice *v)
{
    struct errbuf err = {{0}};

    assert_int_equal(0, asr_line_open(&v->line, w->hub, NULL, &handlers, v, &err));
}

static void speak(struct voice *v, size_t samples)
{
    int16_t pcm[1600];

    while (samples > 0 && v->line) {
        size_t n = samples < 1600 ? samples : 1600;

        for (size_t i = 0; i < n; i++)
            pcm[i] = v->next++;
        assert_int_equal(0, asr_line_feed(v->line, pcm, n));
        samples -= n;
    }
}

static void say(struct voice *v, uint32_t utterance, size_t samples)
{
    assert_int_equal(0, asr_line_begin(v->line, utterance));
    speak(v, samples);
    assert_int_equal(0, asr_line_end(v->line));
}

static void a_line_is_ready_then_hears_then_ends(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    open_hub(w, &asr_script_local, 0);
    open_line(w, &v);
    say(&v, 1, SECOND);
    until(w, &v, 'f', 1);
    assert_int_equal(v.seen[0].kind, 'r');
    assert_string_equal(v.seen[0].text, "script");
    assert_string_equal(get(&v, 'f', 0)->text, "tell me about a time you changed your mind tell");
    assert_int_equal(get(&v, 'f', 0)->utterance, 1);
    assert_true(asr_hub_loaded(w->hub));
    assert_string_equal(asr_hub_model(w->hub), "by heart");
    asr_line_close(v.line);
}

static void utterances_keep_their_order_and_their_audio(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    open_hub(w, &asr_script_local, 0);
    open_line(w, &v);
    for (uint32_t u = 1; u <= 20; u++)
        say(&v, u, u * 1600);
    until(w, &v, 'f', 20);
    for (uint32_t u = 1; u <= 20; u++)
        assert_int_equal(get(&v, 'f', u - 1)->utterance, u);
    assert_int_equal(w->script.samples, 210 * 1600);
    asr_line_close(v.line);
}

static void many_lines_are_heard_apart(void **state)
{
    struct world *w = *state;
    struct voice v[8] = {0};

    open_hub(w, &asr_script_local, 8);
    for (int i = 0; i < 8; i++)
        open_line(w, &v[i]);
    for (int i = 0; i < 8; i++)
        say(&v[i], 1, (size_t)(i + 1) * 1600);
    for (int i = 0; i < 8; i++) {
        until(w, &v[i], 'f', 1);
        assert_int_equal(count(&v[i], 'f'), 1);
    }
    assert_string_equal(get(&v[0], 'f', 0)->text, "tell");
    assert_string_equal(get(&v[2], 'f', 0)->text, "tell me about");
    assert_int_equal(w->script.loads, 1);
    for (int i = 0; i < 8; i++)
        asr_line_close(v[i].line);
}

static void a_final_waits_for_no_partial(void **state)
{
    struct world *w = *state;
    struct voice a = {0}, b = {0};

    open_hub(w, &asr_script_single, 0);
    open_line(w, &a);
    open_line(w, &b);
    until(w, &a, 'r', 1);
    until(w, &b, 'r', 1);
    w->gated = true;
    assert_int_equal(0, asr_line_begin(a.line, 1));
    uv_sem_wait(&w->reached); /* the one worker stands before begin(a) */
    speak(&a, 3 * SECOND);
    say(&b, 1, SECOND);
    open_gate(w);
    until(w, &b, 'f', 1);
    asr_line_end(a.line);
    until(w, &a, 'f', 1);
    for (size_t i = 0; i < count(&a, 'p'); i++)
        assert_true(get(&a, 'p', i)->order > get(&b, 'f', 0)->order);
    asr_line_close(a.line);
    asr_line_close(b.line);
}

static void a_pause_waits_for_no_partial(void **state)
{
    struct world *w = *state;
    struct voice a = {0}, b = {0};

    open_hub(w, &asr_script_single, 0);
    open_line(w, &a);
    open_line(w, &b);
    until(w, &a, 'r', 1);
    until(w, &b, 'r', 1);
    w->gated = true;
    assert_int_equal(0, asr_line_begin(a.line, 1));
    uv_sem_wait(&w->reached); /* the one worker stands before begin(a) */
    speak(&a, SECOND / 2);
    assert_int_equal(0, asr_line_begin(b.line, 1));
    speak(&b, SECOND);
    assert_int_equal(0, asr_line_prefetch_final(b.line));
    open_gate(w);
    until(w, &b, 's', 1);
    assert_int_equal(0, asr_line_end(a.line));
    assert_int_equal(0, asr_line_end(b.line));
    until(w, &a, 'f', 1);
    until(w, &b, 'f', 1);
    for (size_t i = 0; i < count(&a, 'p'); i++)
        assert_true(get(&a, 'p', i)->order > get(&b, 's', 0)->order);
    asr_line_close(a.line);
    asr_line_close(b.line);
}

static void a_pause_hurries_what_its_line_is_busy_with(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    open_hub(w, &asr_script_single, 0);
    open_line(w, &v);
    until(w, &v, 'r', 1);
    assert_int_equal(0, asr_line_begin(v.line, 1));
    speak(&v, SECOND);
    until(w, &v, 'p', 1);
    assert_int_equal(w->script.hurries, 0);
    assert_int_equal(0, asr_line_prefetch_final(v.line));
    assert_int_equal(w->script.hurries, 1);
    until(w, &v, 's', 1);
    assert_int_equal(0, asr_line_end(v.line));
    assert_int_equal(w->script.hurries, 2);
    until(w, &v, 'f', 1);
    asr_line_close(v.line);
}

static void a_pause_that_was_cancelled_holds_nobody_up(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    open_hub(w, &asr_script_single, 0);
    open_line(w, &v);
    until(w, &v, 'r', 1);
    w->gated = true;
    assert_int_equal(0, asr_line_begin(v.line, 1));
    uv_sem_wait(&w->reached);
    speak(&v, SECOND);
    assert_int_equal(0, asr_line_prefetch_final(v.line));
    assert_int_equal(0, asr_line_cancel(v.line));
    open_gate(w);
    v.next = 0;
    assert_int_equal(0, asr_line_begin(v.line, 2));
    speak(&v, SECOND);
    until(w, &v, 'p', 1);
    assert_int_equal(0, asr_line_end(v.line));
    until(w, &v, 'f', 1);
    asr_line_close(v.line);
}

static void partials_thin_out_when_the_worker_is_behind(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    open_hub(w, &asr_script_single, 0);
    open_line(w, &v);
    until(w, &v, 'r', 1);
    w->gated = true;
    assert_int_equal(0, asr_line_begin(v.line, 1));
    uv_sem_wait(&w->reached);
    speak(&v, 10 * SECOND);
    assert_true(asr_line_backlog_ms(v.line) >= 9900);
    open_gate(w);
    while (asr_line_backlog_ms(v.line) > 0)
        uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
    assert_int_equal(0, asr_line_end(v.line));
    until(w, &v, 'f', 1);
    assert_true(w->script.partials <= 3); /* 10 s at 200 ms would be 50 */
    asr_line_close(v.line);
}

static void a_full_hub_refuses_with_a_sentence(void **state)
{
    struct world *w = *state;
    struct voice a = {0}, b = {0};

    open_hub(w, &asr_script_local, 1);
    open_line(w, &a);
    open_line(w, &b);
    assert_int_equal(asr_hub_lines(w->hub), 0); /* who is silent takes no place */
    say(&a, 1, 1600);
    until(w, &a, 'f', 1);
    assert_int_equal(asr_hub_lines(w->hub), 1);
    assert_int_equal(asr_line_begin(b.line, 1), UV_ECANCELED);
    until(w, &b, 'e', 1);
    assert_int_equal(get(&b, 'e', 0)->err, UV_EAGAIN);
    assert_non_null(strstr(get(&b, 'e', 0)->text, "1 recordings"));
    asr_line_close(b.line);
    say(&a, 2, 1600); /* who has one keeps it */
    until(w, &a, 'f', 2);
    asr_line_close(a.line);
    assert_int_equal(asr_hub_lines(w->hub), 0);
    b = (struct voice){0};
    open_line(w, &b);
    say(&b, 1, 1600);
    until(w, &b, 'f', 1);
    asr_line_close(b.line);
}

static void no_stream_is_opened_before_somebody_speaks(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    open_hub(w, &asr_script_local, 0);
    open_line(w, &v);
    until(w, &v, 'r', 1);
    assert_int_equal(w->script.loads, 1);
    assert_int_equal(w->script.opens, 0);
    say(&v, 1, 1600);
    until(w, &v, 'f', 1);
    assert_int_equal(w->script.opens, 1);
    asr_line_close(v.line);
}

static void a_line_too_far_behind_takes_no_more_but_loses_nothing(void **state)
{
    struct world *w = *state;
    struct voice v = {0};
    static const int16_t more[1600];

    open_hub(w, &asr_script_single, 0);
    open_line(w, &v);
    until(w, &v, 'r', 1);
    w->gated = true;
    assert_int_equal(0, asr_line_begin(v.line, 1));
    uv_sem_wait(&w->reached);
    speak(&v, ASR_BACKLOG_MAX_MS * 16);
    assert_int_equal(UV_ENOBUFS, asr_line_feed(v.line, more, 1600));
    assert_int_equal(0, asr_line_end(v.line));
    open_gate(w);
    until(w, &v, 'f', 1);
    assert_int_equal(w->script.samples, ASR_BACKLOG_MAX_MS * 16);
    asr_line_close(v.line);
}

static void a_line_may_be_closed_inside_any_handler(void **state)
{
    struct world *w = *state;
    static const char kinds[] = "rpsf";

    open_hub(w, &asr_script_local, 8);
    for (int i = 0; kinds[i]; i++) {
        struct voice v = {.close_on = kinds[i]};

        open_line(w, &v);
        assert_int_equal(0, asr_line_begin(v.line, 1));
        speak(&v, SECOND);
        if (kinds[i] != 'r')
            until(w, &v, 'r', 1);
        while (v.line && kinds[i] == 'p') {
            uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
            if (v.line && asr_line_backlog_ms(v.line) < 1000) /* no faster than it is heard */
                speak(&v, 160);
        }
        if (v.line)
            assert_int_equal(0, asr_line_prefetch_final(v.line));
        if (kinds[i] == 's')
            until(w, &v, 's', 1);
        if (v.line)
            assert_int_equal(0, asr_line_end(v.line));
        until(w, &v, kinds[i], 1);
        assert_null(v.line);
    }
    while (w->script.opens != w->script.closes)
        uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
}

static void nothing_is_told_after_close(void **state)
{
    struct world *w = *state;
    struct voice v = {0};
    size_t before;

    open_hub(w, &asr_script_local, 0);
    open_line(w, &v);
    until(w, &v, 'r', 1);
    say(&v, 1, SECOND);
    while (!w->script.begins) /* one that nobody began has no stream to close */
        uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
    asr_line_close(v.line);
    before = v.count;
    while (!w->script.closes)
        uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
    uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
    assert_int_equal(v.count, before);
}

static void a_cancelled_utterance_has_no_final(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    open_hub(w, &asr_script_local, 0);
    open_line(w, &v);
    assert_int_equal(0, asr_line_begin(v.line, 1));
    speak(&v, SECOND);
    assert_int_equal(0, asr_line_cancel(v.line));
    v.next = 0;
    say(&v, 2, 3200);
    until(w, &v, 'f', 1);
    assert_int_equal(get(&v, 'f', 0)->utterance, 2);
    assert_string_equal(get(&v, 'f', 0)->text, "tell me");
    asr_line_close(v.line);
}

static void settling_tells_the_text_so_far(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    open_hub(w, &asr_script_local, 0);
    open_line(w, &v);
    assert_int_equal(0, asr_line_begin(v.line, 1));
    speak(&v, 4800);
    assert_int_equal(0, asr_line_prefetch_final(v.line));
    until(w, &v, 's', 1);
    assert_string_equal(get(&v, 's', 0)->text, "tell me about");
    speak(&v, 1600);
    assert_int_equal(0, asr_line_end(v.line));
    until(w, &v, 'f', 1);
    assert_string_equal(get(&v, 'f', 0)->text, "tell me about a");
    assert_int_equal(w->script.prefetches, 1);
    asr_line_close(v.line);
}

/* On a busy machine the end of an utterance is known before its last pause was heard. */
static void a_pause_is_settled_though_the_end_is_known(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    open_hub(w, &asr_script_local, 0);
    open_line(w, &v);
    w->gated = true;
    assert_int_equal(0, asr_line_begin(v.line, 1));
    speak(&v, 4800);
    assert_int_equal(0, asr_line_prefetch_final(v.line));
    assert_int_equal(0, asr_line_end(v.line));
    open_gate(w);
    until(w, &v, 'f', 1);
    assert_int_equal(w->script.prefetches, 1);
    assert_int_equal(count(&v, 's'), 0);
    asr_line_close(v.line);
}

static void calls_out_of_order_are_refused(void **state)
{
    struct world *w = *state;
    struct voice v = {0};
    static const int16_t pcm[160];

    open_hub(w, &asr_script_local, 0);
    open_line(w, &v);
    assert_int_equal(UV_EINVAL, asr_line_feed(v.line, pcm, 160));
    assert_int_equal(UV_EINVAL, asr_line_end(v.line));
    assert_int_equal(UV_EINVAL, asr_line_prefetch_final(v.line));
    assert_int_equal(UV_EINVAL, asr_line_cancel(v.line));
    assert_int_equal(0, asr_line_begin(v.line, 1));
    assert_int_equal(UV_EINVAL, asr_line_begin(v.line, 2));
    asr_line_close(v.line);
}

static void a_service_that_fails_is_replaced_by_the_local_recogniser(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    w->script.fail_finishes = 1;
    open_with_fallback(w);
    assert_ptr_equal(asr_hub_fallback(w->hub), &asr_script_local);
    open_line(w, &v);
    say(&v, 1, SECOND);
    say(&v, 2, 4800);
    until(w, &v, 'f', 2);
    assert_int_equal(get(&v, 't', 0)->err, UV_ECONNREFUSED);
    assert_non_null(strstr(get(&v, 't', 0)->text, "hearing it with script"));
    assert_string_equal(get(&v, 'f', 0)->text, "tell me about a time you changed your mind tell");
    assert_string_equal(get(&v, 'f', 1)->text, "tell me about");
    assert_int_equal(w->spare.samples, SECOND + 4800); /* the service rests after a failure */
    assert_int_equal(count(&v, 'e'), 0);
    asr_line_close(v.line);
}

static void a_service_that_fails_in_the_middle_loses_no_audio(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    w->script.fail_feeds = 1;
    open_with_fallback(w);
    open_line(w, &v);
    say(&v, 1, SECOND);
    until(w, &v, 'f', 1);
    assert_int_equal(w->spare.samples, SECOND);
    asr_line_close(v.line);
}

static void a_service_without_a_fallback_is_tried_again(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    w->script.fail_finishes = 1;
    open_hub(w, &asr_script_remote, 0);
    open_line(w, &v);
    say(&v, 1, 3200);
    until(w, &v, 'f', 1);
    assert_int_equal(count(&v, 't'), 1);
    assert_string_equal(get(&v, 'f', 0)->text, "tell me");
    asr_line_close(v.line);
}

/* An utterance that waits for its service, and what is said behind it, holds nobody else up. */
static void others_have_partials_while_one_waits_for_its_service(void **state)
{
    struct world *w = *state;
    struct voice waits = {0};
    struct voice speaks = {0};

    w->script.fail_finishes = 1;
    w->script.ramp = false; /* two voices */
    open_hub(w, &asr_script_remote_partial, 0);
    open_line(w, &waits);
    say(&waits, 1, 3200);
    until(w, &waits, 't', 1);
    say(&waits, 2, 3200);

    open_line(w, &speaks);
    assert_int_equal(0, asr_line_begin(speaks.line, 1));
    while (!count(&speaks, 'p') && !count(&waits, 'f')) {
        speak(&speaks, 1600);
        uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
        uv_sleep(20);
    }
    assert_int_equal(count(&waits, 'f'), 0);
    until(w, &waits, 'f', 2);
    assert_string_equal(get(&waits, 'f', 0)->text, "tell me");
    asr_line_close(waits.line);
    asr_line_close(speaks.line);
}

static void a_refused_key_is_an_error_at_once(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    w->script.fail_finishes = 1;
    w->script.fail_code = UV_EACCES;
    open_hub(w, &asr_script_remote, 0);
    open_line(w, &v);
    say(&v, 1, 3200);
    until(w, &v, 'e', 1);
    assert_int_equal(get(&v, 'e', 0)->err, UV_EACCES);
    assert_int_equal(UV_ECANCELED, asr_line_begin(v.line, 2));
    asr_line_close(v.line);
}

static void a_model_that_does_not_load_is_told_and_tried_by_the_next_line(void **state)
{
    struct world *w = *state;
    struct voice a = {0}, b = {0};

    w->script.fail_loads = 1;
    open_hub(w, &asr_script_local, 0);
    open_line(w, &a);
    until(w, &a, 'e', 1);
    assert_string_equal(get(&a, 'e', 0)->text, "the script is torn");
    asr_line_close(a.line);
    open_line(w, &b);
    say(&b, 1, 1600);
    until(w, &b, 'f', 1);
    asr_line_close(b.line);
    w->script.loads--; /* the failed one has nothing to unload */
}

static void an_engine_that_is_missing_says_why(void **state)
{
    struct world *w = *state;
    struct asr_hub_config config = {.driver = &asr_script_local};
    struct errbuf err = {{0}};

    w->script.missing = true;
    config.model.http = &w->script;
    assert_int_equal(UV_ENOENT, asr_hub_open(&w->hub, w->loop, &config, &err));
    assert_non_null(strstr(err.text, "the script is missing"));
    config.driver = NULL;
    config.engine = "nosuch";
    assert_int_equal(UV_ENOENT, asr_hub_open(&w->hub, w->loop, &config, &err));
    assert_non_null(strstr(err.text, "nosuch"));
    assert_null(w->hub);
}

static void a_preloaded_model_waits_for_its_first_line(void **state)
{
    struct world *w = *state;
    struct asr_hub_config config = {.driver = &asr_script_local, .preload = true};

    config.model.http = &w->script;
    assert_int_equal(0, asr_hub_open(&w->hub, w->loop, &config, NULL));
    while (!asr_hub_loaded(w->hub))
        uv_sleep(1);
    assert_int_equal(w->script.loads, 1);
}

static void closing_the_hub_interrupts_what_runs(void **state)
{
    struct world *w = *state;
    struct voice v = {0};
    size_t before;

    open_hub(w, &asr_script_single, 0);
    open_line(w, &v);
    until(w, &v, 'r', 1);
    w->gated = true;
    say(&v, 1, 10 * SECOND);
    uv_sem_wait(&w->reached);
    open_gate(w);
    before = v.count;
    asr_hub_close(w->hub);
    w->hub = NULL;
    uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
    assert_int_equal(v.count, before);
    assert_int_equal(UV_ECANCELED, asr_line_begin(v.line, 2));
    asr_line_close(v.line);
}

static void stop_now(void *arg)
{
    struct world *w = arg;

    asr_hub_stop(w->hub);
    loop_stop(w->loop);
}

/* On a loop that turns, where every wait aborts the process. */
static void stopping_waits_for_no_worker(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    open_hub(w, &asr_script_single, 0);
    open_line(w, &v);
    until(w, &v, 'r', 1);
    w->gated = true;
    say(&v, 1, 10 * SECOND);
    uv_sem_wait(&w->reached); /* the worker stands where nothing interrupts it */
    assert_int_equal(loop_post(w->loop, stop_now, w), 0);
    loop_run(w->loop);
    assert_false(asr_hub_stopped(w->hub));
    open_gate(w);
    for (int i = 0; i < 10000 && !asr_hub_stopped(w->hub); i++)
        uv_sleep(1);
    assert_true(asr_hub_stopped(w->hub));
    asr_line_close(v.line);
}

static void a_load_is_given_up_when_the_server_ends(void **state)
{
    struct world *w = *state;
    struct voice v = {0};

    w->script.load_waits = true;
    open_hub(w, &asr_script_single, 0);
    open_line(w, &v);
    uv_sem_wait(&w->reached);
    asr_hub_end(w->hub);
    until(w, &v, 'e', 1);
    assert_int_equal(get(&v, 'e', 0)->err, UV_ECANCELED);
    assert_non_null(strstr(get(&v, 'e', 0)->text, "shutting down"));
    assert_int_equal(w->script.loads, 0);
    asr_line_close(v.line);
}

/* Two voices need the local recogniser at the same time: one worker loads it, another waits for
 * that. Who comes meanwhile must wake a worker who is free, not the one that waits. */
static void who_waits_for_a_model_takes_no_work_from_others(void **state)
{
    struct world *w = *state;
    struct voice v[2] = {0}, late[8] = {0};

    w->spare.load_waits = true;
    w->script.fail_feeds = 1;
    open_with_fallback(w);
    for (int i = 0; i < 2; i++)
        open_line(w, &v[i]);
    say(&v[0], 1, SECOND);
    until(w, &v[0], 't', 1);
    say(&v[1], 1, SECOND); /* the service is left alone: this one is local from its first word */
    for (int i = 0; i < 8; i++) {
        open_line(w, &late[i]);
        until(w, &late[i], 'r', 1);
    }
    w->spare.load_waits = false;
    for (int i = 0; i < 2; i++)
        until(w, &v[i], 'f', 1);
    for (int i = 0; i < 8; i++)
        asr_line_close(late[i].line);
    for (int i = 0; i < 2; i++)
        asr_line_close(v[i].line);
}

static void hub_and_lines_close_in_any_order(void **state)
{
    struct world *w = *state;

    for (int round = 0; round < 30; round++) {
        struct voice v[3] = {0};

        open_hub(w, &asr_script_local, 8);
        for (int i = 0; i < 3; i++) {
            open_line(w, &v[i]);
            say(&v[i], 1, (size_t)(round + 1) * 800);
        }
        if (round % 3 == 0)
            until(w, &v[0], 'f', 1);
        asr_line_close(v[round % 3].line);
        asr_hub_close(w->hub);
        w->hub = NULL;
        asr_line_close(v[(round + 1) % 3].line);
        asr_line_close(v[(round + 2) % 3].line);
        uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void ignore_ready(const char *engine, const char *model, void *arg)
{
    (void)engine;
    (void)model;
    (void)arg;
}

static void ignore_result(uint32_t utterance, const struct asr_result *res, void *arg)
{
    (void)utterance;
    (void)res;
    (void)arg;
}

static void ignore_error(int err, const char *message, void *arg)
{
    (void)err;
    (void)message;
    (void)arg;
}

/* A model arrives while one session is open: that one keeps its ear, the next has the better. */
static void a_better_engine_takes_over_between_sessions(void **state)
{
    static const struct asr_line_handlers quiet = {.on_ready = ignore_ready,
                                                   .on_partial = ignore_result,
                                                   .on_final = ignore_result,
                                                   .on_error = ignore_error};
    struct world *w = *state;
    char data[SCRATCH_MAX], folder[SCRATCH_MAX + 16];
    struct asr_hub_config config = {.model = {.data_dir = data}};
    struct asr_hub *hub = NULL;
    struct asr_line *line = NULL;
    struct errbuf err = {""};

    scratch_make(data);
    if (!asr_engine_find("whisper") || asr_hub_open(&hub, w->loop, &config, &err)) {
        print_message("# only one local recogniser was built: nothing takes over\n");
        scratch_remove(data);
        return;
    }
    assert_string_equal(asr_hub_engine(hub)->name, "pocketsphinx");
    assert_int_equal(asr_line_open(&line, hub, NULL, &quiet, NULL, &err), 0);
    snprintf(folder, sizeof(folder), "%s/models", data);
    mkdir(folder, 0755);
    tiny_file_write(scratch_path(folder, "ggml-tiny.en.bin"), 3, 0);
    assert_string_equal(asr_hub_engine(hub)->name, "pocketsphinx");
    for (int i = 0; i < 1000 && strcmp(asr_hub_engine(hub)->name, "whisper") != 0; i++) {
        asr_line_close(line); /* its worker lets go of the old one in its own time */
        uv_sleep(20);
        loop_run_until_idle(w->loop);
        assert_int_equal(asr_line_open(&line, hub, NULL, &quiet, NULL, &err), 0);
    }
    assert_string_equal(asr_hub_engine(hub)->name, "whisper");
    asr_line_close(line);
    asr_hub_close(hub);
    scratch_remove(data);
}

/* Likewise a better model for the same recogniser: the old one goes with the last session. */
static void a_better_model_takes_over_between_sessions(void **state)
{
    struct world *w = *state;
    struct voice a = {0}, b = {0};

    open_hub(w, &asr_script_local, 0);
    open_line(w, &a);
    say(&a, 1, SECOND);
    until(w, &a, 'f', 1);
    assert_int_equal(w->script.loads, 1);
    w->script.outdated = true;
    open_line(w, &b); /* beside the first one: both hear with what is there */
    say(&b, 1, SECOND);
    until(w, &b, 'f', 1);
    assert_int_equal(w->script.loads, 1);
    asr_line_close(a.line);
    asr_line_close(b.line);
    for (int i = 0; i < 1000 && w->script.loads < 2; i++) {
        struct voice c = {0};

        uv_sleep(5); /* workers let go of a stream in their own time */
        loop_run_until_idle(w->loop);
        w->script.outdated = w->script.loads < 2;
        open_line(w, &c);
        say(&c, 1, SECOND);
        until(w, &c, 'f', 1);
        asr_line_close(c.line);
    }
    assert_int_equal(w->script.loads, 2);
}

static void say_in(struct world *w, const char *language)
{
    struct asr_params params = {.language = language};
    struct errbuf err = {{0}};
    struct voice v = {0};

    assert_int_equal(0, asr_line_open(&v.line, w->hub, &params, &handlers, &v, &err));
    say(&v, 1, SECOND);
    until(w, &v, 'f', 1);
    asr_line_close(v.line);
}

static void until_loads(struct world *w, const char *language, int n)
{
    for (int i = 0; i < 1000 && w->script.loads < n; i++) {
        uv_sleep(5);
        loop_run_until_idle(w->loop);
        say_in(w, language);
    }
    assert_int_equal(w->script.loads, n);
}

/* A session in a language that the loaded model does not hear takes one that does. */
static void the_language_of_a_session_chooses_the_model(void **state)
{
    struct world *w = *state;

    w->script.by_language = true;
    open_hub(w, &asr_script_local, 0);
    say_in(w, "en");
    assert_int_equal(w->script.loads, 1);
    for (int i = 0; i < 5; i++)
        say_in(w, i % 2 ? "en-GB" : "en"); /* the same language */
    assert_int_equal(w->script.loads, 1);
    until_loads(w, "de", 2);
    until_loads(w, "en", 3);
}

/* Somebody chooses another recogniser: who is being heard keeps theirs, the next has the other,
 * with what stands behind it, and the old ones are given back. */
static void what_was_chosen_takes_over_between_sessions(void **state)
{
    struct world *w = *state;
    struct asr_script first = w->script; /* the one that is given up */
    struct asr_hub_config config = {.driver = &asr_script_remote,
                                    .fallback_driver = &asr_script_local};
    struct voice a = {0}, b = {0};

    first.hook = NULL;
    w->script.ramp = false;
    config.model.http = config.fallback_model.http = &first;
    assert_int_equal(0, asr_hub_open(&w->hub, w->loop, &config, NULL));
    open_line(w, &a);
    say(&a, 1, SECOND);
    until(w, &a, 'f', 1);
    first.fail_finishes = 1; /* so that the fallback is loaded too */
    say(&a, 2, SECOND);
    until(w, &a, 'f', 2);
    assert_int_equal(first.loads, 2);

    config = (struct asr_hub_config){.engine = "nonesuch"};
    assert_int_equal(UV_ENOENT, asr_hub_use(w->hub, &config, NULL));
    assert_false(asr_hub_waits(w->hub));
    config = (struct asr_hub_config){.driver = &asr_script_local, .model.http = &w->spare};
    assert_int_equal(0, asr_hub_use(w->hub, &config, NULL)); /* and then another one after all */
    config.model.http = &w->script;
    assert_int_equal(0, asr_hub_use(w->hub, &config, NULL));
    assert_true(asr_hub_waits(w->hub));
    say(&a, 3, SECOND);
    until(w, &a, 'f', 3);
    assert_int_equal(w->script.loads, 0);
    asr_line_close(a.line);
    for (int i = 0; i < 1000 && asr_hub_waits(w->hub); i++) {
        uv_sleep(5);
        loop_run_until_idle(w->loop);
    }
    assert_false(asr_hub_waits(w->hub));
    assert_ptr_equal(asr_hub_engine(w->hub), &asr_script_local);
    assert_null(asr_hub_fallback(w->hub));
    open_line(w, &b);
    say(&b, 1, SECOND);
    until(w, &b, 'f', 1);
    assert_int_equal(w->script.loads, 1);
    for (int i = 0; i < 1000 && first.unloads < 2; i++)
        uv_sleep(5);
    assert_int_equal(first.unloads, 2);
    assert_int_equal(w->spare.loads, 0);
    asr_line_close(b.line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_was_chosen_takes_over_between_sessions),
        T(a_line_is_ready_then_hears_then_ends),
        T(a_better_engine_takes_over_between_sessions),
        T(a_better_model_takes_over_between_sessions),
        T(the_language_of_a_session_chooses_the_model),
        T(utterances_keep_their_order_and_their_audio),
        T(many_lines_are_heard_apart),
        T(a_final_waits_for_no_partial),
        T(a_pause_waits_for_no_partial),
        T(a_pause_hurries_what_its_line_is_busy_with),
        T(a_pause_that_was_cancelled_holds_nobody_up),
        T(partials_thin_out_when_the_worker_is_behind),
        T(a_full_hub_refuses_with_a_sentence),
        T(no_stream_is_opened_before_somebody_speaks),
        T(a_line_too_far_behind_takes_no_more_but_loses_nothing),
        T(a_line_may_be_closed_inside_any_handler),
        T(nothing_is_told_after_close),
        T(a_cancelled_utterance_has_no_final),
        T(settling_tells_the_text_so_far),
        T(a_pause_is_settled_though_the_end_is_known),
        T(calls_out_of_order_are_refused),
        T(a_service_that_fails_is_replaced_by_the_local_recogniser),
        T(a_service_that_fails_in_the_middle_loses_no_audio),
        T(a_service_without_a_fallback_is_tried_again),
        T(others_have_partials_while_one_waits_for_its_service),
        T(a_refused_key_is_an_error_at_once),
        T(a_model_that_does_not_load_is_told_and_tried_by_the_next_line),
        T(an_engine_that_is_missing_says_why),
        T(a_preloaded_model_waits_for_its_first_line),
        T(closing_the_hub_interrupts_what_runs),
        T(stopping_waits_for_no_worker),
        T(a_load_is_given_up_when_the_server_ends),
        T(who_waits_for_a_model_takes_no_work_from_others),
        T(hub_and_lines_close_in_any_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
