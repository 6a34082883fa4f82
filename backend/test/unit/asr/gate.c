/**
 * @file test/unit/asr/gate.c  Utterances, pauses and ends, with networks that say what a test wants
 *
 * Where somebody speaks is how loud the audio is, whether the turn is over is what the test has
 * written down: so turn.c is tried to the window, without any weights. Every sample says where it
 * stands in the recording, so that lost, doubled or foreign audio is noticed.
 */
#include "cmocka_all.h"

#include "asr/nets.h"
#include "asr/turn/silero.h"
#include "asr/turn/turn.h"

#include <stdlib.h>
#include <string.h>

enum { MS = 16, WINDOW = SILERO_WINDOW, WINDOW_MS = 32, WINDOWS = 4000 };
enum { NOT_SURE = 1, VOICE = 2, TRAIL = 3 }; /* of a window; a trail is not sure of silence */

static struct world {
    struct turn *turn;
    char say[WINDOWS]; /* what each window holds */
    size_t fed;        /* windows */
    size_t looked;

    bool has_turn, refuses;
    judged_fn *waiting;
    void *waiting_arg;
    int asked, forgotten;
    size_t judged_n;

    int begun, pauses, looks_over, goes_on, ended;
    bool open;
    uint64_t first, next; /* samples of the utterance that were given out */
    uint64_t start_ms, end_ms;
    float p_told;
} w;

const struct silero_model *__wrap_asr_nets_gate(const struct asr_nets *nets);
bool __wrap_asr_nets_turn(const struct asr_nets *nets);
struct nn *__wrap_asr_nets_nn(struct asr_nets *nets);
int __wrap_asr_nets_judge(struct asr_nets *nets, const int16_t *pcm, size_t n, int what,
                          judged_fn *judged, void *arg, struct nets_job **job);
void __wrap_asr_nets_forget(struct nets_job *job);
float __wrap_silero_step(const struct silero_model *m, struct nn *nn, struct silero *s,
                         const float pcm[SILERO_WINDOW]);

const struct silero_model *__wrap_asr_nets_gate(const struct asr_nets *nets)
{
    (void)nets;
    return (const struct silero_model *)(const void *)&w;
}

bool __wrap_asr_nets_turn(const struct asr_nets *nets)
{
    (void)nets;
    return w.has_turn;
}

struct nn *__wrap_asr_nets_nn(struct asr_nets *nets)
{
    (void)nets;
    return NULL;
}

/* Sample k of the recording. */
static int16_t sample(uint64_t k)
{
    int level = w.say[k / WINDOW] == NOT_SURE || w.say[k / WINDOW] == VOICE ? 8000 : 0;

    return (int16_t)(level + (int)(k % 251));
}

static void is_recording(const int16_t *pcm, uint64_t from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pcm[i], sample(from + i));
}

int __wrap_asr_nets_judge(struct asr_nets *nets, const int16_t *pcm, size_t n, int what,
                          judged_fn *judged, void *arg, struct nets_job **job)
{
    (void)nets;
    assert_int_equal(what, JUDGE_TURN);
    assert_null(w.waiting);
    if (w.refuses)
        return UV_EAGAIN;
    w.asked++;
    w.judged_n = n;
    is_recording(pcm, w.fed * WINDOW - n, n); /* the latest, its silence too */
    w.waiting = judged;
    w.waiting_arg = arg;
    *job = (struct nets_job *)(void *)&w;
    return 0;
}

void __wrap_asr_nets_forget(struct nets_job *job)
{
    if (!job)
        return;
    assert_non_null(w.waiting);
    w.waiting = NULL;
    w.forgotten++;
}

float __wrap_silero_step(const struct silero_model *m, struct nn *nn, struct silero *s,
                         const float pcm[SILERO_WINDOW])
{
    uint64_t k = w.looked++ * WINDOW;

    (void)m;
    (void)nn;
    (void)s;
    for (int i = 0; i < WINDOW; i++)
        assert_true((int)(pcm[i] * 32768) == sample(k + (uint64_t)i));
    return w.say[k / WINDOW] == VOICE ? 0.9f : w.say[k / WINDOW] ? 0.4f : 0.1f;
}

static void judge(float p)
{
    struct judgement j = {.p = p};
    judged_fn *judged = w.waiting;

    assert_non_null(judged);
    w.waiting = NULL;
    judged(&j, w.waiting_arg);
}

static void on_event(const struct turn_event *e, void *arg)
{
    (void)arg;
    assert_true(e->kind == TURN_BEGINS || w.open);
    w.start_ms = e->start_ms;
    w.end_ms = e->end_ms;
    w.p_told = e->p;
    switch (e->kind) {
    case TURN_BEGINS:
        assert_false(w.open);
        w.open = true;
        w.begun++;
        w.first = w.next = e->audio_ms * MS;
        break;
    case TURN_AUDIO:
        assert_int_equal(e->audio_ms, w.next / MS);
        is_recording(e->pcm, w.next, e->n);
        w.next += e->n;
        break;
    case TURN_PAUSES:
        w.pauses++;
        break;
    case TURN_LOOKS_OVER:
        w.looks_over++;
        break;
    case TURN_GOES_ON:
        w.goes_on++;
        break;
    case TURN_ENDS:
        w.open = false;
        w.ended++;
        break;
    }
    assert_int_equal(e->utterance, w.begun);
}

static void say(size_t from, size_t n, int what)
{
    memset(w.say + from, what, n);
}

/* So many windows more, in pieces of any size. */
static void feed(size_t n)
{
    static int16_t pcm[WINDOW];

    for (; n > 0; n--) {
        for (uint64_t i = 0; i < WINDOW; i++)
            pcm[i] = sample(w.fed * WINDOW + i);
        w.fed++;
        turn_feed(w.turn, pcm, 100);
        turn_feed(w.turn, pcm + 100, WINDOW - 100);
    }
}

static void open_with(uint32_t longest_ms)
{
    struct turn_params params = {.vad = vad_params_defaults()};

    if (longest_ms)
        params.vad.longest_ms = longest_ms;
    assert_int_equal(turn_open(&w.turn, NULL, &params, on_event, NULL), 0);
}

static int setup(void **state)
{
    (void)state;
    w = (struct world){.has_turn = true};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    turn_close(w.turn);
    return 0;
}

static void an_utterance_begins_before_its_voice_and_ends_behind_it(void **state)
{
    (void)state;
    say(50, 30, VOICE);
    open_with(0);
    feed(52);
    assert_int_equal(w.begun, 0); /* two windows are a click */
    feed(1);
    assert_int_equal(w.begun, 1);
    assert_int_equal(w.first, 50 * WINDOW - 300 * MS); /* the default pre-roll */
    assert_int_equal(w.start_ms, 50 * WINDOW_MS);
    feed(27 + 4);
    assert_int_equal(w.pauses, 1); /* after 128 ms */
    assert_int_equal(w.asked, 1);
    assert_int_equal(w.judged_n, w.fed * WINDOW - w.first);
    turn_heard(w.turn, 1, "Tell me more?", "en");
    assert_int_equal(w.looks_over, 0);
    judge(0.99f);
    assert_int_equal(w.looks_over, 1);
    assert_true(w.p_told > 0.98f);
    feed(1);
    assert_int_equal(w.ended, 1); /* after 160 ms, when it is sure */
    assert_int_equal(w.end_ms, 80 * WINDOW_MS);
    assert_true(w.next >= 80 * WINDOW);
    assert_true(w.next <= 80 * WINDOW + TURN_TAIL_MS * MS);
    feed(100);
    assert_int_equal(w.begun, 1);
    assert_int_equal(w.goes_on, 0);
}

static void a_click_is_no_utterance(void **state)
{
    (void)state;
    for (size_t i = 10; i < 200; i += 9)
        say(i, 2, VOICE);
    say(300, 100, NOT_SURE);
    open_with(0);
    feed(400);
    assert_int_equal(w.begun, 0);
    say(405, 3, VOICE); /* three of eight, one after the other */
    feed(10);
    assert_int_equal(w.begun, 1);
}

static void a_quiet_voice_goes_on_and_does_not_begin(void **state)
{
    (void)state;
    say(10, 5, VOICE);
    say(15, 40, NOT_SURE); /* 0.4: less than what begins, more than what ends */
    open_with(0);
    feed(55);
    assert_int_equal(w.begun, 1);
    assert_int_equal(w.pauses, 0);
    feed(4);
    assert_int_equal(w.pauses, 1);
}

static void speech_that_goes_on_takes_its_pause_back(void **state)
{
    (void)state;
    say(20, 20, VOICE);
    say(46, 1, VOICE); /* one window is nothing, two are */
    say(50, 20, VOICE);
    open_with(0);
    feed(47);
    assert_int_equal(w.pauses, 1);
    assert_int_equal(w.goes_on, 0);
    feed(4);
    assert_int_equal(w.goes_on, 0);
    feed(1);
    assert_int_equal(w.goes_on, 1);
    assert_int_equal(w.forgotten, 1); /* what the network thinks of it is no matter any more */
    feed(18 + 4);
    assert_int_equal(w.pauses, 2);
    assert_int_equal(w.asked, 2);
    turn_heard(w.turn, 1, "Why?", "en");
    judge(0.99f);
    feed(1);
    assert_int_equal(w.ended, 1);
    assert_int_equal(w.begun, 1);
    assert_int_equal(w.end_ms, 70 * WINDOW_MS);
}

static void what_the_network_cannot_say_silence_does(void **state)
{
    static const struct {
        bool has_turn, refuses, fails;
        size_t windows; /* of silence until the end */
    } cases[] = {{false, false, false, 15}, {true, true, false, 15}, {true, false, true, 15}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setup(state);
        w.has_turn = cases[i].has_turn;
        w.refuses = cases[i].refuses;
        say(20, 20, VOICE);
        open_with(0);
        feed(44);
        assert_int_equal(w.pauses, 1);
        turn_heard(w.turn, 1, "Why?", "en");
        if (cases[i].fails)
            judge(-1);
        feed(cases[i].windows - 4 - 1);
        assert_int_equal(w.ended, 0);
        feed(1); /* 450 ms alone */
        assert_int_equal(w.ended, 1);
        assert_true(w.p_told < 0);
        teardown(state);
    }
    w.turn = NULL;
}

static void what_goes_on_for_too_long_is_cut_where_it_is_silent(void **state)
{
    (void)state;
    say(10, 55, VOICE);
    say(68, 100, VOICE);
    open_with(1700); /* 53 windows */
    feed(66);
    assert_int_equal(w.ended, 0);
    feed(1); /* the second silent window */
    assert_int_equal(w.ended, 1);
    assert_int_equal(w.begun, 2);
    assert_int_equal(w.first, 67 * WINDOW); /* nothing twice, nothing lost */
    feed(30);
    assert_true(w.open);
    turn_flush(w.turn);
    assert_int_equal(w.ended, 2);
    assert_int_equal(w.next, w.fed * WINDOW);
}

static void sound_without_an_end_is_cut_in_the_middle(void **state)
{
    size_t cut = 10 + (1700 + 5000 + WINDOW_MS - 1) / WINDOW_MS;

    (void)state;
    say(10, 1000, VOICE);
    open_with(1700);
    feed(cut - 1);
    assert_int_equal(w.ended, 0);
    feed(2);
    assert_int_equal(w.ended, 1);
    assert_int_equal(w.begun, 2);
    turn_flush(w.turn);
    assert_int_equal(w.ended, 2);
    assert_int_equal(w.next, w.fed * WINDOW);
}

static void the_next_utterance_repeats_nothing(void **state)
{
    uint64_t closed;

    (void)state;
    w.has_turn = false;
    say(20, 20, VOICE);
    say(57, 20, VOICE); /* its pre-roll reaches into the one before */
    open_with(0);
    feed(56);
    assert_int_equal(w.pauses, 1);
    turn_heard(w.turn, 1, "Why?", "en");
    assert_int_equal(w.ended, 1);
    closed = w.next;
    feed(5);
    assert_int_equal(w.begun, 2);
    assert_true(w.first >= closed);
    turn_flush(w.turn);
}

static void the_voice_is_without_the_silence_behind_it(void **state)
{
    static int16_t pcm[60 * WINDOW];
    size_t n;

    (void)state;
    say(20, 30, VOICE);
    open_with(0);
    feed(56);
    assert_int_equal(w.pauses, 1);
    n = turn_voice(w.turn, pcm, sizeof(pcm) / sizeof(*pcm));
    assert_int_equal(n, 50 * WINDOW - w.first);
    is_recording(pcm, w.first, n);
    n = turn_voice(w.turn, pcm, 1000);
    assert_int_equal(n, 1000);
    is_recording(pcm, 50 * WINDOW - 1000, n);
}

/* The network goes on for some 100 ms behind a voice: its end is where it is loud for the last
 * time. */
static void a_voice_ends_where_it_is_heard(void **state)
{
    static const size_t begins[] = {10, 100, 1000}; /* before and after 2 s of levels are known */

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        setup(state);
        say(begins[i], 20, VOICE);
        say(begins[i] + 20, 3, TRAIL);
        open_with(0);
        feed(begins[i] + 20 + 3 + 1);
        assert_int_equal(w.pauses, 1); /* 128 ms behind the voice, 32 ms behind the trail */
        assert_in_range(w.end_ms, (begins[i] + 20) * WINDOW_MS - 8, (begins[i] + 20) * WINDOW_MS);
        teardown(state);
    }
    w.turn = NULL;
}

static void audio_comes_in_pieces_of_any_size(void **state)
{
    enum { ALL = 60 * WINDOW };
    static const size_t sizes[] = {1, 100, WINDOW - 1, WINDOW, WINDOW + 1, 3000, ALL};
    static int16_t pcm[ALL];

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        setup(state);
        w.has_turn = false;
        say(20, 20, VOICE);
        for (uint64_t k = 0; k < ALL; k++)
            pcm[k] = sample(k);
        open_with(0);
        for (size_t at = 0; at < ALL; at += sizes[i])
            turn_feed(w.turn, pcm + at, ALL - at < sizes[i] ? ALL - at : sizes[i]);
        turn_flush(w.turn);
        assert_int_equal(w.begun, 1);
        assert_int_equal(w.start_ms, 20 * WINDOW_MS);
        assert_int_equal(w.end_ms, 40 * WINDOW_MS);
        assert_int_equal(w.ended, 1);
        teardown(state);
    }
    w.turn = NULL;
}

static void who_closes_in_a_pause_is_forgotten(void **state)
{
    (void)state;
    say(20, 20, VOICE);
    open_with(0);
    feed(46);
    assert_int_equal(w.asked, 1);
    turn_close(w.turn);
    w.turn = NULL;
    assert_int_equal(w.forgotten, 1);
    assert_null(w.waiting);
}

static void words_of_another_utterance_are_no_matter(void **state)
{
    (void)state;
    say(20, 20, VOICE);
    open_with(0);
    feed(44);
    judge(0.99f);
    turn_heard(w.turn, 7, "Why?", "en");
    feed(2);
    assert_int_equal(w.ended, 0); /* its own are awaited, for a while */
    turn_heard(w.turn, 1, "Why?", "en");
    assert_int_equal(w.ended, 1);
    turn_heard(w.turn, 1, "Why?", "en"); /* too late, and harmless */
    assert_int_equal(w.ended, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_utterance_begins_before_its_voice_and_ends_behind_it),
        T(a_click_is_no_utterance),
        T(a_quiet_voice_goes_on_and_does_not_begin),
        T(speech_that_goes_on_takes_its_pause_back),
        T(what_the_network_cannot_say_silence_does),
        T(what_goes_on_for_too_long_is_cut_where_it_is_silent),
        T(sound_without_an_end_is_cut_in_the_middle),
        T(the_next_utterance_repeats_nothing),
        T(the_voice_is_without_the_silence_behind_it),
        T(a_voice_ends_where_it_is_heard),
        T(audio_comes_in_pieces_of_any_size),
        T(who_closes_in_a_pause_is_forgotten),
        T(words_of_another_utterance_are_no_matter),
    };

    return cmocka_run_group_tests_name("asr/gate", tests, NULL, NULL);
}
