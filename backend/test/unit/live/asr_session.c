/**
 * @file test/unit/live/asr_session.c  From frames of any form to partials, finals and turns
 */
#include "live/asr_session.h"

#include "asr/transcribe.h"
#include "cmocka_all.h"
#include "loop/loop.h"
#include "support/asr_script.h"
#include "support/sound.h"

#include <stdlib.h>
#include <string.h>

enum { RATE = 16000, LENGTH = 8 * RATE };

struct seen {
    struct asr_session *h;
    int ready, partials, finals, errors, done;
    int eager, resumed, ended;
    int begun, over;
    uint64_t begun_ms, over_ms;
    bool after_done; /* something came after on_done */
    bool close_in_final;
    char text[512], eager_text[512];
    uint64_t start_ms, end_ms, latency_ms, first_word_ms;
    uint32_t last_utterance;
};

struct world {
    struct loop *loop;
    struct asr_hub *hub;
    struct asr_script script;
    struct seen seen;
    int16_t *pcm;
};

static void on_ready(const char *engine, const char *model, void *arg)
{
    struct seen *s = arg;

    (void)engine;
    (void)model;
    s->ready++;
}

static void on_begin(uint32_t u, uint64_t audio_ms, void *arg)
{
    struct seen *s = arg;

    assert_int_equal(u, ++s->begun);
    s->begun_ms = audio_ms;
}

static void on_end(uint32_t u, uint64_t end_ms, void *arg)
{
    struct seen *s = arg;

    assert_int_equal(u, ++s->over);
    assert_true(s->finals < s->over); /* its words come behind it */
    s->over_ms = end_ms;
}

static void on_partial(uint32_t u, const struct asr_result *res, uint64_t start, uint64_t end,
                       void *arg)
{
    struct seen *s = arg;

    (void)u;
    (void)res;
    (void)start;
    (void)end;
    s->after_done |= s->done;
    s->partials++;
}

static void on_final(const struct asr_session_final *final, void *arg)
{
    const struct asr_result *res = final->result;
    uint32_t u = final->utterance;
    struct seen *s = arg;

    s->after_done |= s->done;
    assert_int_equal(u, s->last_utterance + 1); /* in order, none missing */
    s->last_utterance = u;
    s->finals++;
    s->start_ms = final->start_ms;
    s->end_ms = final->end_ms;
    s->latency_ms = final->latency_ms;
    assert_int_equal((final->final_us - final->speech_end_us) / 1000, final->latency_ms);
    s->first_word_ms = res->word_count ? res->words[0].start_ms : 0;
    snprintf(s->text, sizeof(s->text), "%s", res->text);
    if (s->close_in_final) {
        asr_session_close(s->h);
        s->h = NULL;
    }
}

static void on_turn(const struct asr_session_turn *turn, void *arg)
{
    enum turn_state state = turn->state;
    struct seen *s = arg;

    assert_non_null(s->h); /* nothing after close */
    s->after_done |= s->done;
    s->eager += state == TURN_EAGER;
    s->resumed += state == TURN_RESUMED;
    s->ended += state == TURN_ENDED;
    if (state == TURN_EAGER)
        snprintf(s->eager_text, sizeof(s->eager_text), "%s", turn->text);
    if (state == TURN_ENDED)
        assert_int_equal(turn->utterance, s->last_utterance); /* after its final */
}

static void on_error(int err, const char *message, void *arg)
{
    struct seen *s = arg;

    (void)err;
    assert_true(message[0]);
    s->errors++;
}

static void on_done(void *arg)
{
    ((struct seen *)arg)->done++;
}

static const struct asr_session_handlers handlers = {.on_ready = on_ready,
                                                     .on_begin = on_begin,
                                                     .on_end = on_end,
                                                     .on_partial = on_partial,
                                                     .on_final = on_final,
                                                     .on_turn = on_turn,
                                                     .on_error = on_error,
                                                     .on_done = on_done};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct asr_hub_config config = {.driver = &asr_script_local};

    w->script.words = "tell me about a time you changed your mind";
    w->script.ms_per_word = 100;
    config.model.http = &w->script;
    w->pcm = calloc(LENGTH, sizeof(*w->pcm));
    *state = w;
    if (loop_open(&w->loop, NULL))
        return -1;
    return asr_hub_open(&w->hub, w->loop, &config, NULL);
}

static int teardown(void **state)
{
    struct world *w = *state;

    asr_session_close(w->seen.h);
    asr_hub_close(w->hub);
    assert_int_equal(0, loop_close(w->loop));
    assert_false(w->seen.after_done);
    assert_int_equal(w->script.opens, w->script.closes);
    assert_int_equal(w->script.overlaps, 0);
    free(w->pcm);
    free(w);
    return 0;
}

static void open_hearing(struct world *w, const struct asr_session_params *params)
{
    struct errbuf err = {{0}};

    if (asr_session_open(&w->seen.h, w->hub, params, &handlers, &w->seen, &err))
        fail_msg("%s", err.text);
}

static void turn(struct world *w)
{
    uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
}

static void until(struct world *w, const int *count, int n)
{
    while (*count < n) { /* not UV_RUN_ONCE: it sleeps on after a timer was the last thing due */
        uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
        uv_sleep(1);
    }
}

static void feed(struct world *w, const int16_t *pcm, size_t n)
{
    for (size_t at = 0; at < n && w->seen.h; at += 320) {
        assert_int_equal(0, asr_session_feed(w->seen.h, pcm + at, n - at < 320 ? n - at : 320));
        turn(w);
    }
}

static void a_sentence_becomes_a_final_with_its_times(void **state)
{
    struct world *w = *state;

    sound_voice(w->pcm + 2 * RATE, 3 * RATE, -25, 1);
    open_hearing(w, &(struct asr_session_params){0});
    feed(w, w->pcm, LENGTH);
    until(w, &w->seen.ended, 1);
    assert_int_equal(w->seen.finals, 1);
    assert_in_range(w->seen.start_ms, 1900, 2050);
    assert_in_range(w->seen.end_ms, 4900, 5050);
    assert_int_equal(w->seen.begun, 1);
    assert_in_range(w->seen.begun_ms, 1500, 1800); /* with the pre-roll */
    assert_int_equal(w->seen.over, 1);
    assert_int_equal(w->seen.over_ms, w->seen.end_ms);
    assert_in_range(w->seen.first_word_ms, 1500, 1800); /* stream time: where the pre-roll began */
    assert_memory_equal(w->seen.text, "tell me about", 13);
    asr_session_stop(w->seen.h);
    until(w, &w->seen.done, 1);
    assert_int_equal(w->seen.ready, 1);
    assert_int_equal(w->seen.errors, 0);
    assert_int_equal(UV_EPIPE, asr_session_feed(w->seen.h, w->pcm, 320));
}

static void an_eager_turn_has_the_words_up_to_the_pause(void **state)
{
    struct world *w = *state;

    sound_voice(w->pcm + RATE, 2 * RATE, -25, 1);
    open_hearing(w, &(struct asr_session_params){0});
    feed(w, w->pcm, 3 * RATE + RATE / 4); /* 250 ms into the silence */
    until(w, &w->seen.eager, 1);
    assert_memory_equal(w->seen.eager_text, "tell me about a time", 20);
    assert_int_equal(w->seen.finals, 0);
    feed(w, w->pcm + 3 * RATE + RATE / 4, RATE);
    until(w, &w->seen.ended, 1);
    assert_int_equal(w->seen.resumed, 0);
}

static void speech_after_a_short_pause_resumes_the_turn(void **state)
{
    struct world *w = *state;

    sound_voice(w->pcm + RATE, 2 * RATE, -25, 1);
    sound_voice(w->pcm + 3 * RATE + RATE / 4, RATE, -25, 2);
    open_hearing(w, &(struct asr_session_params){0});
    feed(w, w->pcm, 3 * RATE + RATE / 4);
    until(w, &w->seen.eager, 1);
    feed(w, w->pcm + 3 * RATE + RATE / 4, 3 * RATE);
    until(w, &w->seen.ended, 1);
    assert_int_equal(w->seen.resumed, 1);
    assert_int_equal(w->seen.finals, 1);
}

static void any_rate_and_channel_count_is_heard_alike(void **state)
{
    static const int rates[] = {8000, 44100, 48000};
    struct world *w = *state;

    sound_voice(w->pcm + 2 * RATE, 3 * RATE, -25, 1);
    for (size_t i = 0; i < 3; i++) {
        int rate = rates[i];
        size_t n = (size_t)rate * 8;
        int16_t *stereo = calloc(n * 2, sizeof(*stereo));

        for (size_t k = 0; k < n; k++) /* the nearest sample will do for a voice like this */
            stereo[2 * k] = stereo[2 * k + 1] = w->pcm[k * RATE / (size_t)rate];
        memset(&w->seen, 0, sizeof(w->seen));
        open_hearing(w, &(struct asr_session_params){.sample_rate = rate, .channels = 2});
        for (size_t at = 0; at < n; at += 1000)
            assert_int_equal(
                0, asr_session_feed(w->seen.h, stereo + 2 * at, n - at < 1000 ? n - at : 1000));
        asr_session_stop(w->seen.h);
        until(w, &w->seen.done, 1);
        assert_int_equal(w->seen.finals, 1);
        assert_in_range(w->seen.start_ms, 1850, 2100);
        assert_in_range(w->seen.end_ms, 4850, 5150);
        asr_session_close(w->seen.h);
        w->seen.h = NULL;
        free(stereo);
    }
}

static void stopping_in_mid_word_still_gives_the_final(void **state)
{
    struct world *w = *state;

    sound_voice(w->pcm, LENGTH, -25, 1);
    open_hearing(w, &(struct asr_session_params){0});
    feed(w, w->pcm, 2 * RATE);
    asr_session_stop(w->seen.h);
    until(w, &w->seen.done, 1);
    assert_int_equal(w->seen.finals, 1);
    assert_int_equal(w->seen.ended, 1);
    assert_memory_equal(w->seen.text, "tell me about a time you", 24);
}

static void the_words_of_an_open_utterance_can_be_kept(void **state)
{
    struct world *w = *state;

    sound_voice(w->pcm, LENGTH, -25, 1);
    open_hearing(w, &(struct asr_session_params){0});
    assert_string_equal(asr_session_unfinished(w->seen.h), "");
    feed(w, w->pcm, 3 * RATE);
    while (!w->seen.partials) { /* a little more speech until the recogniser is caught up */
        asr_session_feed(w->seen.h, w->pcm, 160);
        uv_sleep(1);
        turn(w);
    }
    assert_memory_equal(asr_session_unfinished(w->seen.h), "tell me", 7);
}

static void push_to_talk_ends_when_the_button_is_released(void **state)
{
    struct world *w = *state;

    sound_voice(w->pcm + RATE / 2, RATE, -25, 1);
    sound_voice(w->pcm + 3 * RATE, RATE, -25, 2); /* 1.5 s later, same press */
    open_hearing(w, &(struct asr_session_params){.push_to_talk = true});
    feed(w, w->pcm, 5 * RATE);
    assert_int_equal(w->seen.finals, 0);
    asr_session_end_utterance(w->seen.h);
    until(w, &w->seen.finals, 1);
    feed(w, w->pcm, 2 * RATE); /* pressed again */
    asr_session_stop(w->seen.h);
    until(w, &w->seen.done, 1);
    assert_int_equal(w->seen.finals, 2);
}

static void it_may_be_closed_inside_its_handlers(void **state)
{
    struct world *w = *state;

    w->seen.close_in_final = true;
    sound_voice(w->pcm + RATE, 2 * RATE, -25, 1);
    open_hearing(w, &(struct asr_session_params){0});
    feed(w, w->pcm, LENGTH);
    until(w, &w->seen.finals, 1);
    assert_null(w->seen.h);
}

static void silence_and_noise_say_nothing(void **state)
{
    struct world *w = *state;

    sound_noise(w->pcm, LENGTH, SOUND_PINK, -30, 1);
    open_hearing(w, &(struct asr_session_params){0});
    feed(w, w->pcm, LENGTH);
    asr_session_stop(w->seen.h);
    until(w, &w->seen.done, 1);
    assert_int_equal(w->seen.finals, 0);
    assert_int_equal(w->script.samples, 0);
}

static void a_recogniser_that_fails_is_an_error_then_done(void **state)
{
    struct world *w = *state;

    w->script.fail_feeds = 1;
    w->script.fail_code = UV_EIO;
    sound_voice(w->pcm, LENGTH, -25, 1);
    open_hearing(w, &(struct asr_session_params){0});
    for (size_t at = 0; at < LENGTH && !w->seen.errors; at += 320) {
        asr_session_feed(w->seen.h, w->pcm + at, 320);
        turn(w);
    }
    until(w, &w->seen.done, 1);
    assert_int_equal(w->seen.errors, 1);
}

static void a_form_that_cannot_be_taken_is_refused(void **state)
{
    struct world *w = *state;
    struct errbuf err = {{0}};

    assert_int_equal(UV_EINVAL, asr_session_open(&w->seen.h, w->hub,
                                                 &(struct asr_session_params){.sample_rate = 4000},
                                                 &handlers, &w->seen, &err));
    assert_non_null(strstr(err.text, "4000 Hz"));
    assert_null(w->seen.h);
}

static void block_feeds(enum script_call call, void *arg)
{
    if (call == SCRIPT_FEED)
        uv_sem_wait(arg);
}

/* A recogniser that does not come along: told once, with what to make of it, and then done. */
static void who_is_too_far_behind_is_told_once(void **state)
{
    enum { MINUTES = 2 };
    struct world *w = *state;
    int err = 0;
    uv_sem_t gate;

    uv_sem_init(&gate, 0);
    w->script.hook = block_feeds;
    w->script.hook_arg = &gate;
    sound_voice(w->pcm, LENGTH, -25, 1);
    open_hearing(w, &(struct asr_session_params){0});
    for (size_t at = 0; at < (size_t)MINUTES * 60 * RATE && !err; at += 1600)
        err = asr_session_feed(w->seen.h, w->pcm + at % LENGTH, 1600);
    assert_true(err == UV_ENOBUFS || err == UV_EPIPE);
    assert_int_equal(w->seen.errors, 1);
    assert_int_equal(asr_session_feed(w->seen.h, w->pcm, 320), UV_EPIPE);
    assert_int_equal(w->seen.errors, 1);
    for (int i = 0; i < 100000; i++)
        uv_sem_post(&gate);
    until(w, &w->seen.done, 1);
    asr_session_close(w->seen.h);
    w->seen.h = NULL;
    asr_hub_close(w->hub);
    w->hub = NULL;
    uv_sem_destroy(&gate);
}

/* ---- whole recordings ---- */

struct whole {
    struct transcript t;
    double progress;
    int segments, done, err;
};

static void on_progress(double done, void *arg)
{
    struct whole *whole = arg;

    assert_true(done >= whole->progress && done <= 1.0);
    whole->progress = done;
}

static void on_segment(const struct transcript_segment *segment, void *arg)
{
    assert_true(segment->end_ms > segment->start_ms);
    ((struct whole *)arg)->segments++;
}

static void on_whole(int err, const char *message, struct transcript *t, void *arg)
{
    struct whole *whole = arg;

    (void)message;
    whole->err = err;
    whole->done++;
    if (!err)
        whole->t = *t;
}

static void a_recording_becomes_segments_with_times(void **state)
{
    static const struct transcribe_handlers h = {on_progress, on_segment, on_whole, NULL};
    struct world *w = *state;
    struct pcm pcm = {.samples = w->pcm, .n = LENGTH, .duration_ms = 8000};
    struct whole whole = {0};
    struct buf out;
    json_t *json;

    sound_voice(w->pcm + RATE, 2 * RATE, -25, 1);
    sound_voice(w->pcm + 5 * RATE, 2 * RATE, -25, 2);
    assert_int_equal(0, transcribe_start(NULL, w->hub, &pcm, NULL, &h, &whole, NULL));
    w->pcm = NULL; /* it was taken */
    until(w, &whole.done, 1);
    assert_int_equal(whole.err, 0);
    assert_int_equal(whole.segments, 2);
    assert_int_equal(whole.t.segment_count, 2);
    assert_in_range(whole.t.segments[1].start_ms, 4900, 5050);
    assert_in_range(whole.t.segments[1].words[0].start_ms, 4500, 4800);
    assert_true(whole.t.confidence > 0.89f && whole.t.confidence < 0.91f);
    buf_init(&out, 1 << 16);
    assert_int_equal(0, transcript_srt(&whole.t, &out));
    assert_memory_equal(out.data, "1\n00:00:0", 9);
    assert_non_null(strstr(out.data, " --> 00:00:0"));
    buf_release(&out);
    json = transcript_json(&whole.t, true);
    assert_int_equal(json_integer_value(json_object_get(json, "durationMs")), 8000);
    assert_int_equal(json_array_size(json_object_get(json, "segments")), 2);
    json_decref(json);
    transcript_release(&whole.t);
}

static void a_recording_whose_hub_closes_is_given_up(void **state)
{
    static const struct transcribe_handlers h = {.on_done = on_whole};
    struct world *w = *state;
    struct pcm pcm = {.samples = w->pcm, .n = LENGTH, .duration_ms = 8000};
    struct whole whole = {0};

    sound_voice(w->pcm, LENGTH, -25, 1);
    assert_int_equal(0, transcribe_start(NULL, w->hub, &pcm, NULL, &h, &whole, NULL));
    w->pcm = NULL;
    asr_hub_close(w->hub);
    w->hub = NULL;
    until(w, &whole.done, 1);
    assert_int_equal(whole.err, UV_ECANCELED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_sentence_becomes_a_final_with_its_times),
        T(an_eager_turn_has_the_words_up_to_the_pause),
        T(speech_after_a_short_pause_resumes_the_turn),
        T(any_rate_and_channel_count_is_heard_alike),
        T(stopping_in_mid_word_still_gives_the_final),
        T(the_words_of_an_open_utterance_can_be_kept),
        T(push_to_talk_ends_when_the_button_is_released),
        T(it_may_be_closed_inside_its_handlers),
        T(silence_and_noise_say_nothing),
        T(a_recogniser_that_fails_is_an_error_then_done),
        T(a_form_that_cannot_be_taken_is_refused),
        T(who_is_too_far_behind_is_told_once),
        T(a_recording_becomes_segments_with_times),
        T(a_recording_whose_hub_closes_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
