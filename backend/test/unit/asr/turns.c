/**
 * @file test/unit/asr/turns.c  Utterances, pauses and ends out of audio, with the networks and
 * without
 *
 * What is checked of every run: audio comes in order, without gaps, and only between the beginning
 * and the end of an utterance; a pause is told before it looks over. Recordings and networks are
 * not part of the repository: see support/kit.h.
 */
#include "cmocka_all.h"

#include "asr/nets.h"
#include "asr/turn/turn.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "support/kit.h"
#include "support/sound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS = 16, SILENCE = 4000 * MS, AUDIO_MAX = 40 * 1000 * MS };

struct run {
    struct loop *loop;
    struct lanes *lanes;
    struct asr_nets *nets;
    struct loop_timer *timer;
    struct turn *turn;
    int16_t *pcm;
    size_t n, at, step;
    const char *words; /* what the recogniser hears at every pause; NULL: it never answers */
    const char *last;  /* what it hears when the end is told, not a moment later; or NULL */

    int begun, pauses, looks_over, goes_on, ended;
    uint64_t next_ms; /* where the next audio must begin, to the millisecond */
    size_t given;
    uint64_t start_ms, end_ms, now_ms_at_end;
    float p;
    bool open, paused;
};

static void on_event(const struct turn_event *e, void *arg)
{
    struct run *r = arg;

    assert_non_null(r->turn); /* nothing after it was closed */
    assert_true(e->kind == TURN_BEGINS || r->open);
    switch (e->kind) {
    case TURN_BEGINS:
        assert_false(r->open);
        r->open = true;
        if (asr_nets_gate(r->nets))
            assert_true(e->audio_ms + 1 >= r->next_ms); /* nothing twice */
        r->next_ms = e->audio_ms;
        r->start_ms = e->start_ms;
        r->begun++;
        assert_int_equal(e->utterance, r->begun);
        break;
    case TURN_AUDIO:
        assert_true(e->audio_ms + 1 >= r->next_ms && e->audio_ms <= r->next_ms + 1);
        r->given += e->n;
        r->next_ms = e->audio_ms + e->n / MS;
        break;
    case TURN_PAUSES:
        assert_false(r->paused);
        r->paused = true;
        r->pauses++;
        break;
    case TURN_LOOKS_OVER:
        assert_true(r->paused);
        r->looks_over++;
        break;
    case TURN_GOES_ON:
        assert_true(r->paused);
        r->paused = false;
        r->goes_on++;
        break;
    case TURN_ENDS:
        r->open = r->paused = false;
        r->ended++;
        r->end_ms = e->end_ms;
        r->now_ms_at_end = r->at / MS;
        r->p = e->p;
        if (r->last)
            turn_heard(r->turn, e->utterance, r->last, "en");
        break;
    }
}

/* A step of audio whenever no network is thinking: as if it took no time. */
static void on_timer(void *arg)
{
    struct run *r = arg;
    size_t n = r->n - r->at < r->step ? r->n - r->at : r->step;

    if (lanes_busy(r->lanes))
        return;
    if (!n || !r->turn) {
        loop_stop(r->loop);
        return;
    }
    r->at += n;
    turn_feed(r->turn, r->pcm + r->at - n, n);
    if (r->turn && r->paused && r->words)
        turn_heard(r->turn, (uint32_t)r->begun, r->words, "en");
}

static void on_loading(void *arg)
{
    struct run *r = arg;

    if (!lanes_busy(r->lanes))
        loop_stop(r->loop);
}

/* models: a folder, or NULL. */
static void begin(struct run *r, const char *models)
{
    *r = (struct run){.step = 512};
    r->pcm = calloc(AUDIO_MAX, sizeof(*r->pcm));
    assert_int_equal(loop_open(&r->loop, NULL), 0);
    assert_int_equal(lanes_open(&r->lanes, r->loop, NULL), 0);
    if (!models)
        return;
    assert_int_equal(asr_nets_open(&r->nets, r->lanes, models, NULL), 0);
    asr_nets_look(r->nets);
    assert_int_equal(timer_open(&r->timer, r->loop, on_loading, r), 0);
    timer_start(r->timer, 1, 1);
    loop_run(r->loop);
    timer_close(r->timer);
}

static void play(struct run *r, enum turn_pace pace)
{
    struct turn_params params = {.pace = pace};

    assert_int_equal(turn_open(&r->turn, r->nets, &params, on_event, r), 0);
    assert_int_equal(timer_open(&r->timer, r->loop, on_timer, r), 0);
    timer_start(r->timer, 0, 1);
    loop_run(r->loop);
    timer_close(r->timer);
    if (r->turn)
        turn_flush(r->turn);
    turn_close(r->turn);
    r->turn = NULL;
}

static void end(struct run *r)
{
    lanes_close(r->lanes);
    asr_nets_close(r->nets);
    assert_int_equal(loop_close(r->loop), 0);
    free(r->pcm);
}

static void add_noise(struct run *r, size_t n)
{
    sound_noise(r->pcm + r->n, n, SOUND_PINK, -66, 3);
    r->n += n;
}

static void add_clip(struct run *r, const char *name, size_t from, size_t n)
{
    size_t all;
    int16_t *pcm = kit_wav(kit_path(name), &all);

    assert_non_null(pcm);
    assert_true(from < all);
    n = n < all - from ? n : all - from;
    memcpy(r->pcm + r->n, pcm + from, n * sizeof(*pcm));
    r->n += n;
    free(pcm);
}

static bool has_all(void)
{
    return kit_has(kit_weights("vad.onnx")) && kit_has(kit_weights("turn.onnx")) &&
           kit_has(kit_path("speech/human/riva_what_is_nlp.wav"));
}

static void test_without_networks_silence_decides(void **state)
{
    struct run r;

    (void)state;
    begin(&r, NULL);
    r.words = "";
    add_noise(&r, 1000 * MS);
    sound_voice(r.pcm + r.n, 2000 * MS, -22, 5);
    r.n += 2000 * MS;
    add_noise(&r, SILENCE);
    play(&r, TURN_BALANCED);
    assert_int_equal(r.begun, r.ended);
    assert_true(r.begun >= 1 && r.pauses >= r.begun && r.looks_over >= r.begun);
    assert_true(r.now_ms_at_end >= r.end_ms + 350 && r.now_ms_at_end <= r.end_ms + 520);
    assert_true(r.p < 0);
    end(&r);
}

/* Nothing looks over that is over. */
static void test_words_that_come_with_the_end_change_nothing(void **state)
{
    struct run r;

    (void)state;
    begin(&r, NULL);
    r.last = "Tell me more about it?";
    add_noise(&r, 1000 * MS);
    sound_voice(r.pcm + r.n, 2000 * MS, -22, 5);
    r.n += 2000 * MS;
    add_noise(&r, SILENCE);
    play(&r, TURN_BALANCED);
    assert_true(r.begun >= 1);
    assert_int_equal(r.begun, r.ended);
    assert_int_equal(r.looks_over, 0);
    end(&r);
}

static void test_a_question_ends_once(void **state)
{
    struct run r;

    (void)state;
    if (!has_all())
        skip();
    begin(&r, kit_weights(""));
    assert_true(asr_nets_turn(r.nets));
    r.words = "What is natural language processing?";
    add_noise(&r, 500 * MS);
    add_clip(&r, "speech/human/riva_what_is_nlp.wav", 0, SIZE_MAX);
    add_noise(&r, SILENCE);
    play(&r, TURN_BALANCED);
    printf("# ended %llu ms after its last voice, p %.2f\n",
           (unsigned long long)(r.now_ms_at_end - r.end_ms), (double)r.p);
    assert_int_equal(r.begun, 1);
    assert_int_equal(r.ended, 1);
    assert_true(r.looks_over >= 1);
    assert_true(r.p > 0.3f);
    assert_true(r.now_ms_at_end - r.end_ms <= 640);
    /* All of the voice was given, and a tail; not the silence behind it. */
    assert_true(r.given > 2000 * MS);
    assert_true(r.next_ms >= r.end_ms + 100 && r.next_ms <= r.end_ms + 300);
    end(&r);
}

/* The same audio stops in the middle of a sentence, and the words say so. */
static void test_words_that_are_unfinished_wait(void **state)
{
    static const char *const words[] = {"When one man takes the", "When one man speaks."};
    uint64_t waited[2];

    (void)state;
    if (!has_all())
        skip();
    for (int i = 0; i < 2; i++) {
        struct run r;

        begin(&r, kit_weights(""));
        r.words = words[i];
        add_noise(&r, 500 * MS);
        add_clip(&r, "speech/jfk.wav", 0, 2200 * MS);
        add_noise(&r, SILENCE);
        play(&r, TURN_BALANCED);
        assert_int_equal(r.begun, 1);
        waited[i] = r.now_ms_at_end - r.end_ms;
        end(&r);
    }
    assert_true(waited[0] >= 2500 && waited[0] <= 2600);
    assert_true(waited[1] <= 1600);
}

/* A pause in the middle: it is told, and taken back; the audio has no gap. */
static void test_speech_may_go_on(void **state)
{
    struct run r;

    (void)state;
    if (!has_all())
        skip();
    begin(&r, kit_weights(""));
    r.words = "And so my";
    add_noise(&r, 500 * MS);
    add_clip(&r, "speech/jfk.wav", 0, 2200 * MS);
    add_noise(&r, 800 * MS);
    add_clip(&r, "speech/jfk.wav", 2200 * MS, SIZE_MAX);
    add_noise(&r, SILENCE);
    play(&r, TURN_PATIENT);
    assert_int_equal(r.begun, 1);
    assert_true(r.pauses >= 2);
    assert_int_equal(r.goes_on, r.pauses - 1);
    assert_true(r.given >= 11000 * MS);
    end(&r);
}

static void test_music_and_noise_are_no_speech(void **state)
{
    static const char *const names[] = {"max_piano",  "max_jazz_guitar", "moh_macroform-cold_day",
                                        "max_typing", "max_rain",        "esc10_clock_tick_2"};
    struct run r;

    (void)state;
    if (!has_all())
        skip();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char name[128];

        snprintf(name, sizeof(name), "speech/nonspeech/%s.wav", names[i]);
        if (!kit_has(kit_path(name)))
            skip();
        begin(&r, kit_weights(""));
        add_clip(&r, name, 0, SIZE_MAX);
        play(&r, TURN_QUICK);
        assert_int_equal(r.begun, 0);
        end(&r);
    }
}

/* Whoever asked the network is gone before it answers. */
static void test_it_may_be_closed_while_the_network_thinks(void **state)
{
    struct turn_params params = {.pace = TURN_BALANCED};
    struct run r;

    (void)state;
    if (!has_all())
        skip();
    begin(&r, kit_weights(""));
    add_noise(&r, 500 * MS);
    add_clip(&r, "speech/jfk.wav", 0, 2200 * MS);
    add_noise(&r, SILENCE);
    assert_int_equal(turn_open(&r.turn, r.nets, &params, on_event, &r), 0);
    while (!r.pauses) {
        r.at += 512;
        turn_feed(r.turn, r.pcm + r.at - 512, 512);
    }
    turn_close(r.turn);
    r.turn = NULL;
    end(&r); /* the lanes wait for the network; nothing is told any more */
}

static void test_an_endless_utterance_is_cut_without_a_gap(void **state)
{
    struct turn_params params = {.pace = TURN_BALANCED, .vad = vad_params_defaults()};
    struct run r;

    (void)state;
    if (!has_all())
        skip();
    begin(&r, kit_weights(""));
    params.vad.longest_ms = 3000;
    add_clip(&r, "speech/jfk.wav", 300 * MS, SIZE_MAX);
    assert_int_equal(turn_open(&r.turn, r.nets, &params, on_event, &r), 0);
    while (r.at < r.n) { /* no network answers, no words */
        size_t n = r.n - r.at < 700 ? r.n - r.at : 700;

        r.at += n;
        turn_feed(r.turn, r.pcm + r.at - n, n);
    }
    turn_flush(r.turn);
    turn_close(r.turn);
    assert_true(r.begun >= 3);
    assert_int_equal(r.begun, r.ended);
    assert_true(r.given >= 9000 * MS);
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_networks_silence_decides),
        cmocka_unit_test(test_words_that_come_with_the_end_change_nothing),
        cmocka_unit_test(test_a_question_ends_once),
        cmocka_unit_test(test_words_that_are_unfinished_wait),
        cmocka_unit_test(test_speech_may_go_on),
        cmocka_unit_test(test_music_and_noise_are_no_speech),
        cmocka_unit_test(test_it_may_be_closed_while_the_network_thinks),
        cmocka_unit_test(test_an_endless_utterance_is_cut_without_a_gap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
