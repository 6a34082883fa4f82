/**
 * @file test/unit/asr/passages.c  Where a recording is cut
 */
#include "cmocka_all.h"

#include "asr/passages.h"
#include "asr/turn/silero.h"
#include "nn/nn.h"
#include "support/kit.h"
#include "support/sound.h"

#include <stdlib.h>

enum { RATE = 16000, MAX = 400 };

/* A recording of voice and silence in turn: lengths in tenths of a second, voice first, 0 ends. */
static int16_t *record(const int *tenths, size_t *n)
{
    int16_t *pcm;
    size_t at = 0;

    *n = RATE / 2;
    for (int i = 0; tenths[i]; i++)
        *n += (size_t)tenths[i] * RATE / 10;
    pcm = calloc(*n, sizeof(*pcm));
    sound_noise(pcm, *n, SOUND_PINK, -65, 5);
    at = RATE / 2;
    for (int i = 0; tenths[i]; i++) {
        size_t length = (size_t)tenths[i] * RATE / 10;

        if (i % 2 == 0)
            sound_voice(pcm + at, length, -24, (unsigned)i + 1);
        at += length;
    }
    return pcm;
}

static size_t cut(const int *tenths, uint32_t longest_ms, struct passage *out)
{
    const struct stretch *stretches;
    const struct passage *next;
    struct passages *p = NULL;
    size_t n, count = 0;
    int16_t *pcm = record(tenths, &n);

    assert_int_equal(passages_open(&p, longest_ms), 0);
    for (size_t at = 0; at < n; at += RATE) {
        assert_int_equal(passages_feed(p, pcm + at, n - at < RATE ? n - at : RATE), 0);
        while ((next = passages_next(p, &stretches)))
            out[count++] = *next;
    }
    assert_int_equal(passages_end(p), 0);
    while ((next = passages_next(p, &stretches)))
        out[count++] = *next;
    for (size_t i = 0; i < count; i++) {
        const struct stretch *first = &stretches[out[i].first];

        assert_true(out[i].from < out[i].to && out[i].to <= n && out[i].n >= 1);
        assert_true(out[i].from <= first->start_ms * (RATE / 1000));
        assert_true(!longest_ms || out[i].to - out[i].from <= (size_t)longest_ms * (RATE / 1000));
        assert_true(i == 0 || out[i].first == out[i - 1].first + out[i - 1].n);
    }
    passages_close(p);
    free(pcm);
    return count;
}

static void stretches_with_short_pauses_make_one_passage(void **state)
{
    static const int tenths[] = {30, 10, 30, 10, 30, 20, 0};
    struct passage out[MAX];

    (void)state;
    assert_int_equal(cut(tenths, 28000, out), 1);
    assert_int_equal(out[0].n, 3);
    assert_int_equal(cut(tenths, 0, out), 3); /* each is one */
}

static void a_long_pause_ends_a_passage(void **state)
{
    static const int tenths[] = {30, 50, 30, 50, 0};
    struct passage out[MAX];

    (void)state;
    assert_int_equal(cut(tenths, 28000, out), 2);
    assert_true(out[1].from > out[0].to + 3 * RATE); /* the pause is not heard */
}

static void a_passage_is_no_longer_than_it_may_be(void **state)
{
    static const int tenths[] = {120, 10, 120, 10, 120, 10, 350, 20, 0};
    struct passage out[MAX];

    (void)state;
    assert_true(cut(tenths, 28000, out) >= 4); /* two, one, and 35 s in two */
    assert_int_equal(out[0].n, 2);
}

/* How many passages of a recording, with a network to say whether there is a voice, or without. */
static size_t passages_of(const char *name, const struct silero_model *gate, struct nn *nn)
{
    const struct stretch *stretches;
    struct passages *p = NULL;
    size_t n, count = 0;
    int16_t *pcm = kit_wav(kit_path(name), &n);

    assert_non_null(pcm);
    assert_int_equal(passages_open(&p, 28000), 0);
    passages_gate(p, gate, nn);
    for (size_t at = 0; at < n; at += 1000)
        assert_int_equal(passages_feed(p, pcm + at, n - at < 1000 ? n - at : 1000), 0);
    assert_int_equal(passages_end(p), 0);
    while (passages_next(p, &stretches))
        count++;
    passages_close(p);
    free(pcm);
    return count;
}

static void music_is_no_passage_where_a_network_hears_it(void **state)
{
    static const char *const music[] = {"speech/nonspeech/max_piano.wav",
                                        "speech/nonspeech/max_jazz_guitar.wav"};
    struct silero_model *gate;
    struct nn *nn;

    (void)state;
    if (!kit_has(kit_weights("vad.onnx")) || !kit_has(kit_path(music[0])))
        skip();
    assert_int_equal(nn_open(&nn, 1, NULL, NULL), 0);
    assert_int_equal(silero_load(&gate, kit_weights("vad.onnx"), nn, NULL), 0);
    assert_true(passages_of(music[0], NULL, NULL) + passages_of(music[1], NULL, NULL) > 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(passages_of(music[i], gate, nn), 0);
    assert_int_equal(passages_of("speech/jfk.wav", gate, nn),
                     passages_of("speech/jfk.wav", NULL, NULL));
    silero_unload(gate);
    nn_close(nn);
}

static void nothing_said_is_no_passage(void **state)
{
    static const int tenths[] = {0};
    struct passage out[MAX];

    (void)state;
    assert_int_equal(cut(tenths, 28000, out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stretches_with_short_pauses_make_one_passage),
        cmocka_unit_test(a_long_pause_ends_a_passage),
        cmocka_unit_test(a_passage_is_no_longer_than_it_may_be),
        cmocka_unit_test(nothing_said_is_no_passage),
        cmocka_unit_test(music_is_no_passage_where_a_network_hears_it),
    };

    return cmocka_run_group_tests_name("asr/passages", tests, NULL, NULL);
}
