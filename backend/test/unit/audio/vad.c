/**
 * @file test/unit/audio/vad.c  Voice opens utterances, and nothing else does
 */
#include "audio/vad.h"

#include "cmocka_all.h"
#include "support/sanitized.h"
#include "support/sound.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { RATE = VAD_RATE, SECONDS = 12, LENGTH = SECONDS * RATE, SPANS = 64, NAME_MAX_LEN = 512 };

struct span {
    uint64_t audio_from, audio_to; /* samples */
    uint64_t start_ms, end_ms;
    unsigned eagers, resumes;
    bool ended;
};

struct record {
    const int16_t *pcm; /* what was fed, to compare */
    struct span spans[SPANS];
    size_t count;
};

static void on_event(const struct vad_event *e, void *arg)
{
    struct record *r = arg;
    struct span *s;

    if (e->kind == VAD_BEGIN) {
        assert_true(r->count == 0 || r->spans[r->count - 1].ended);
        s = &r->spans[r->count++];
        s->audio_from = s->audio_to = e->audio_ms * 16;
    }
    s = &r->spans[r->count - 1];
    assert_int_equal(e->utterance, r->count);
    assert_false(s->ended);
    if (e->kind == VAD_AUDIO) { /* in order, without gaps, and what was fed */
        assert_int_equal(s->audio_to, e->audio_ms * 16);
        if (r->pcm)
            assert_memory_equal(e->pcm, r->pcm + s->audio_to, e->n * sizeof(*e->pcm));
        s->audio_to += e->n;
    }
    s->eagers += e->kind == VAD_EAGER;
    s->resumes += e->kind == VAD_RESUMED;
    s->ended = e->kind == VAD_END;
    s->start_ms = e->start_ms;
    s->end_ms = e->end_ms;
}

static void run(struct record *r, const int16_t *pcm, size_t n, const struct vad_params *params,
                size_t piece)
{
    struct vad *vad;

    memset(r, 0, sizeof(*r));
    r->pcm = pcm;
    assert_int_equal(0, vad_open(&vad, params));
    for (size_t at = 0; at < n; at += piece)
        vad_feed(vad, pcm + at, n - at < piece ? n - at : piece, on_event, r);
    r->pcm = NULL; /* the flush may add silence to the last frame */
    vad_flush(vad, on_event, r);
    for (size_t i = 0; i < r->count; i++)
        assert_true(r->spans[i].ended);
    vad_close(vad);
}

static int16_t *silence(void)
{
    return calloc(LENGTH, sizeof(int16_t));
}

static void expect_nothing(int16_t *pcm, const char *what, double level)
{
    struct record r;

    run(&r, pcm, LENGTH, NULL, 320);
    if (r.count)
        fail_msg("%s at %.0f dB opened %zu utterances, the first at %u ms", what, level, r.count,
                 (unsigned)r.spans[0].start_ms);
    free(pcm);
}

static void no_noise_opens_an_utterance(void **state)
{
    static const double levels[] = {-60, -50, -40, -30, -25, -15};

    (void)state;
    expect_nothing(silence(), "silence", 0);
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i += SANITIZED ? 3 : 1) {
        double db = levels[i];
        int16_t *pcm;

        for (unsigned seed = 1; seed <= (SANITIZED ? 1 : 3); seed++) {
            for (int colour = SOUND_WHITE; colour <= SOUND_BROWN; colour++) {
                sound_noise(pcm = silence(), LENGTH, colour, db, seed);
                expect_nothing(pcm, "noise", db);
            }
            sound_typing(pcm = silence(), LENGTH, db + 15, seed);
            sound_noise(pcm, LENGTH, SOUND_PINK, -60, seed);
            expect_nothing(pcm, "typing", db);
            sound_breath(pcm = silence(), LENGTH, db, seed);
            sound_noise(pcm, LENGTH, SOUND_PINK, -65, seed);
            expect_nothing(pcm, "breathing", db);
            sound_fan(pcm = silence(), LENGTH, db, seed);
            expect_nothing(pcm, "a fan", db);
            sound_notes(pcm = silence(), LENGTH, db, seed);
            sound_noise(pcm, LENGTH, SOUND_PINK, db - 30, seed);
            expect_nothing(pcm, "a plucked tune", db);
        }
        sound_hum(pcm = silence(), LENGTH, 50, db);
        expect_nothing(pcm, "50 Hz hum", db);
        sound_hum(pcm = silence(), LENGTH, 60, db);
        sound_noise(pcm, LENGTH, SOUND_WHITE, db - 20, 1);
        expect_nothing(pcm, "60 Hz hum in noise", db);
        sound_chirp(pcm = silence(), LENGTH, 100, 3000, db);
        expect_nothing(pcm, "a chirp", db);
        sound_chirp(pcm = silence(), LENGTH, 440, 440, db);
        expect_nothing(pcm, "a tone", db);
    }
}

static void noise_that_starts_and_stops_opens_nothing(void **state)
{
    int16_t *pcm;

    (void)state;
    for (int colour = SOUND_WHITE; colour <= SOUND_BROWN; colour++) {
        pcm = silence();
        for (size_t at = RATE; at + RATE < LENGTH; at += 2 * RATE)
            sound_noise(pcm + at, RATE, colour, -30, (unsigned)at);
        expect_nothing(pcm, "bursts of noise", -30);
    }
    pcm = silence();
    for (size_t at = RATE; at + RATE < LENGTH; at += 2 * RATE)
        sound_hum(pcm + at, RATE, 50, -30);
    expect_nothing(pcm, "bursts of hum", -30);
}

/** Share of the samples in [from, to) that lie inside utterances. */
static double kept(const struct record *r, uint64_t from, uint64_t to)
{
    uint64_t inside = 0;

    for (size_t i = 0; i < r->count; i++) {
        uint64_t a = r->spans[i].audio_from > from ? r->spans[i].audio_from : from;
        uint64_t b = r->spans[i].audio_to < to ? r->spans[i].audio_to : to;

        inside += b > a ? b - a : 0;
    }
    return (double)inside / (double)(to - from);
}

static void a_voice_opens_one_and_silence_ends_it(void **state)
{
    struct record r;
    int16_t *pcm = silence();

    (void)state;
    sound_voice(pcm + 2 * RATE, 4 * RATE, -25, 1);
    run(&r, pcm, LENGTH, NULL, 320);
    assert_int_equal(r.count, 1);
    assert_in_range(r.spans[0].audio_from, 2 * RATE - RATE / 2, 2 * RATE - RATE / 5);
    assert_in_range(r.spans[0].start_ms, 1900, 2050);
    assert_in_range(r.spans[0].end_ms, 5900, 6050);
    assert_in_range(r.spans[0].audio_to, (5900 + 350) * 16, (6050 + 370) * 16);
    assert_int_equal(r.spans[0].eagers, r.spans[0].resumes + 1);
    free(pcm);
}

static void a_recording_that_begins_with_a_word_keeps_it(void **state)
{
    struct record r;

    (void)state;
    for (int noisy = 0; noisy < 2; noisy++) {
        int16_t *pcm = silence();

        sound_voice(pcm, 4 * RATE, -25, 2);
        if (noisy)
            sound_noise(pcm, LENGTH, SOUND_PINK, -45, 1);
        run(&r, pcm, LENGTH, NULL, 320);
        assert_true(r.count >= 1);
        assert_int_equal(r.spans[0].audio_from, 0);
        assert_true(kept(&r, 0, 4 * RATE) > 0.97);
        free(pcm);
    }
}

static void a_voice_in_noise_is_kept_whole(void **state)
{
    static const double ratios[] = {20, 15, 10};
    struct record r;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (int colour = SOUND_WHITE; colour <= SOUND_BROWN; colour++) {
            int16_t *pcm = silence();
            double share;

            sound_noise(pcm, LENGTH, colour, -25 - ratios[i], 1);
            sound_voice(pcm + 3 * RATE, 5 * RATE, -25, 3);
            run(&r, pcm, LENGTH, NULL, 320);
            share = kept(&r, 3 * RATE, 8 * RATE);
            if (share < 0.97)
                fail_msg("%.0f dB over noise %d: %.1f %% kept", ratios[i], colour, share * 100);
            assert_true(r.spans[r.count - 1].audio_to < LENGTH); /* and it ended */
            free(pcm);
        }
    }
}

static void a_voice_over_hum_is_kept_whole(void **state)
{
    struct record r;
    int16_t *pcm = silence();

    (void)state;
    sound_hum(pcm, LENGTH, 50, -40);
    sound_voice(pcm + 3 * RATE, 5 * RATE, -25, 3);
    run(&r, pcm, LENGTH, NULL, 320);
    assert_true(kept(&r, 3 * RATE, 8 * RATE) > 0.97);
    assert_in_range(r.spans[r.count - 1].end_ms, 7900, 8150);
    free(pcm);
}

static void a_short_pause_is_eager_then_resumed(void **state)
{
    struct record r;
    int16_t *pcm = silence();

    (void)state;
    sound_noise(pcm, LENGTH, SOUND_PINK, -60, 1);
    sound_voice(pcm + 2 * RATE, 2 * RATE, -25, 1);
    sound_voice(pcm + 4 * RATE + RATE / 4, 2 * RATE, -25, 2); /* 250 ms later */
    run(&r, pcm, LENGTH, NULL, 320);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.spans[0].eagers, 2);
    assert_int_equal(r.spans[0].resumes, 1);
    free(pcm);
}

static void typing_in_a_pause_does_not_resume(void **state)
{
    struct record r;
    int16_t *pcm = silence();

    (void)state;
    sound_noise(pcm, LENGTH, SOUND_PINK, -60, 1);
    sound_voice(pcm + 2 * RATE, 2 * RATE, -25, 1);
    sound_typing(pcm + 4 * RATE, 4 * RATE, -20, 1);
    run(&r, pcm, LENGTH, NULL, 320);
    assert_int_equal(r.count, 1);
    assert_in_range(r.spans[0].end_ms, 3900, 4300);
    free(pcm);
}

static void two_sentences_are_two_utterances(void **state)
{
    struct record r;
    int16_t *pcm = silence();

    (void)state;
    sound_voice(pcm + RATE, 2 * RATE, -25, 1);
    sound_voice(pcm + 4 * RATE, 2 * RATE, -25, 2);
    run(&r, pcm, LENGTH, NULL, 320);
    assert_int_equal(r.count, 2);
    assert_true(r.spans[1].audio_from >= r.spans[0].end_ms * 16);
    assert_in_range(r.spans[1].start_ms, 3900, 4050);
    free(pcm);
}

static void an_endless_utterance_is_cut_without_losing_a_sample(void **state)
{
    struct vad_params p = vad_params_defaults();
    struct record r;
    int16_t *pcm = silence();

    (void)state;
    p.longest_ms = 3000;
    sound_voice(pcm, LENGTH, -25, 1);
    run(&r, pcm, LENGTH, &p, 320);
    assert_true(r.count >= 2);
    for (size_t i = 1; i < r.count; i++)
        assert_int_equal(r.spans[i].audio_from, r.spans[i - 1].audio_to);
    assert_true(kept(&r, 0, LENGTH) > 0.999);
    free(pcm);
}

static void push_to_talk_is_one_utterance_whatever_is_heard(void **state)
{
    struct vad_params p = vad_params_defaults();
    struct record r;
    int16_t *pcm = silence();

    (void)state;
    p.push_to_talk = true;
    sound_voice(pcm + 6 * RATE, RATE, -25, 1);
    run(&r, pcm, LENGTH, &p, 320);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.spans[0].audio_from, 0);
    assert_true(r.spans[0].audio_to >= LENGTH);
    free(pcm);
}

static void the_size_of_the_pieces_changes_nothing(void **state)
{
    static const size_t pieces[] = {1, 159, 160, 161, 4096, LENGTH};
    struct record first, r;
    int16_t *pcm = silence();

    (void)state;
    sound_noise(pcm, LENGTH, SOUND_PINK, -50, 1);
    sound_voice(pcm + RATE, 3 * RATE, -25, 1);
    sound_voice(pcm + 6 * RATE, 2 * RATE, -25, 2);
    run(&first, pcm, LENGTH, NULL, 320);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        run(&r, pcm, LENGTH, NULL, pieces[i]);
        assert_int_equal(r.count, first.count);
        for (size_t k = 0; k < r.count; k++) {
            assert_int_equal(r.spans[k].audio_from, first.spans[k].audio_from);
            assert_int_equal(r.spans[k].audio_to, first.spans[k].audio_to);
            assert_int_equal(r.spans[k].end_ms, first.spans[k].end_ms);
        }
    }
    free(pcm);
}

static void settings_that_contradict_each_other_are_refused(void **state)
{
    struct vad_params p = vad_params_defaults();
    struct vad *vad = NULL;

    (void)state;
    p.eager_ms = p.hangover_ms + 1;
    assert_int_equal(UV_EINVAL, vad_open(&vad, &p));
    p = vad_params_defaults();
    p.open_ms = 0;
    assert_int_equal(UV_EINVAL, vad_open(&vad, &p));
    assert_null(vad);
    vad_close(NULL);
}

/** A 16 kHz mono WAV from the shared folder; NULL when it is not there. */
static int16_t *shared(const char *name, size_t *n)
{
    const char *folder = getenv("INTERVIEWD_TEST_SHARED"), *root = getenv("INTERVIEWD_SOURCE_ROOT");
    char path[NAME_MAX_LEN];
    int16_t *pcm = calloc(60 * RATE, sizeof(*pcm));
    FILE *f;

    if (folder)
        snprintf(path, sizeof(path), "%s/speech/%s", folder, name);
    else
        snprintf(path, sizeof(path), "%s/../shared/speech/%s", root ? root : "..", name);
    f = fopen(path, "rb");
    if (!f) {
        free(pcm);
        return NULL;
    }
    assert_int_equal(0, fseek(f, 44, SEEK_SET));
    *n = fread(pcm, sizeof(*pcm), 60 * RATE, f);
    fclose(f);
    return pcm;
}

static void recorded_noise_opens_nothing_and_recorded_speech_does(void **state)
{
    static const char *const noises[] = {"n_brown-30dB", "n_hum100",     "n_pink-30dB",
                                         "n_sine440",    "n_white-25dB", "n_white-40dB",
                                         "n_white-60dB", "n_zeros"};
    static const char *const voices[] = {"goforward", "librivox_0880", "cards_002",  "cards_004",
                                         "jfk",       "fliteslt__q01", "espkgb__q05"};
    char name[64];
    struct record r;
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof(noises) / sizeof(noises[0]); i++) {
        int16_t *pcm;

        snprintf(name, sizeof(name), "noise/%s.wav", noises[i]);
        pcm = shared(name, &n);
        if (!pcm) {
            print_message("# skipped: no shared recordings beside the repository\n");
            skip();
        }
        run(&r, pcm, n, NULL, 320);
        if (r.count)
            fail_msg("%s opened an utterance", name);
        free(pcm);
    }
    for (size_t i = 0; i < sizeof(voices) / sizeof(voices[0]); i++) {
        int16_t *pcm;

        snprintf(name, sizeof(name), "%s.wav", voices[i]);
        pcm = shared(name, &n);
        assert_non_null(pcm);
        run(&r, pcm, n, NULL, 320);
        if (!r.count)
            fail_msg("%s opened no utterance", name);
        free(pcm);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_noise_opens_an_utterance),
        cmocka_unit_test(noise_that_starts_and_stops_opens_nothing),
        cmocka_unit_test(a_voice_opens_one_and_silence_ends_it),
        cmocka_unit_test(a_recording_that_begins_with_a_word_keeps_it),
        cmocka_unit_test(a_voice_in_noise_is_kept_whole),
        cmocka_unit_test(a_voice_over_hum_is_kept_whole),
        cmocka_unit_test(a_short_pause_is_eager_then_resumed),
        cmocka_unit_test(typing_in_a_pause_does_not_resume),
        cmocka_unit_test(two_sentences_are_two_utterances),
        cmocka_unit_test(an_endless_utterance_is_cut_without_losing_a_sample),
        cmocka_unit_test(push_to_talk_is_one_utterance_whatever_is_heard),
        cmocka_unit_test(the_size_of_the_pieces_changes_nothing),
        cmocka_unit_test(settings_that_contradict_each_other_are_refused),
        cmocka_unit_test(recorded_noise_opens_nothing_and_recorded_speech_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
