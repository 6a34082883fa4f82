/**
 * @file test/unit/asr/transcribe.c  Whole recordings: segments in order, their words and their ends
 *
 * The recogniser is a script: a word for every 250 ms that it is fed, whatever the sound is.
 */
#include "asr/transcribe.h"

#include "cmocka_all.h"
#include "loop/loop.h"
#include "support/asr_script.h"
#include "support/sound.h"

#include <stdlib.h>
#include <string.h>

enum { RATE = 16000, WORD_MS = 250 };

struct whole {
    struct transcript t;
    double progress;
    size_t segments;
    int done, err, troubles;
    uint64_t last_end_ms;
};

/* Of a passage the words say where a segment begins and ends; an utterance is one by its voice. */
static bool by_words;

static void on_progress(double done, void *arg)
{
    struct whole *whole = arg;

    assert_true(done >= whole->progress && done <= 1.0);
    whole->progress = done;
}

/* Words in their order, and a segment that begins and ends with them. */
static void look_at(const struct transcript_segment *s)
{
    uint64_t at = 0;

    assert_true(s->word_count > 0 && s->text[0]);
    if (by_words) {
        assert_int_equal(s->start_ms, s->words[0].start_ms);
        assert_int_equal(s->end_ms, s->words[s->word_count - 1].end_ms);
    }
    assert_true(s->end_ms > s->start_ms);
    assert_memory_equal(s->text, s->words[0].text, strlen(s->words[0].text));
    for (size_t i = 0; i < s->word_count; i++) {
        assert_true(s->words[i].start_ms >= at);
        assert_true(s->words[i].end_ms > s->words[i].start_ms);
        assert_non_null(strstr(s->text, s->words[i].text));
        at = s->words[i].start_ms;
    }
}

static void on_segment(const struct transcript_segment *segment, void *arg)
{
    struct whole *whole = arg;

    look_at(segment);
    assert_true(segment->start_ms >= whole->last_end_ms);
    whole->last_end_ms = segment->end_ms;
    whole->segments++;
}

static void on_done(int err, const char *message, struct transcript *t, void *arg)
{
    struct whole *whole = arg;

    assert_true(!err || message);
    whole->err = err;
    whole->done++;
    if (!err)
        whole->t = *t;
}

static void on_trouble(const char *message, void *arg)
{
    assert_true(message[0]);
    ((struct whole *)arg)->troubles++;
}

static const struct transcribe_handlers handlers = {on_progress, on_segment, on_done, on_trouble};

/* Voices: seconds from, to, …, 0. */
static struct whole hear(const struct asr_engine *engine, struct asr_script *script,
                         const double *voices, double seconds)
{
    struct asr_hub_config config = {.driver = engine, .model = {.http = script}};
    size_t n = (size_t)(seconds * RATE);
    struct pcm pcm = {
        .samples = calloc(n, sizeof(int16_t)), .n = n, .duration_ms = (uint64_t)(seconds * 1000)};
    const struct asr_params params = {.patient = true};
    struct whole whole = {.err = 1};
    struct asr_hub *hub;
    struct loop *loop;

    for (int i = 0; voices[i] > 0; i += 2)
        sound_voice(pcm.samples + (size_t)(voices[i] * RATE),
                    (size_t)((voices[i + 1] - voices[i]) * RATE), -25, (unsigned)i + 1);
    script->ms_per_word = WORD_MS;
    by_words = engine->passage_ms > 0;
    assert_int_equal(loop_open(&loop, NULL), 0);
    assert_int_equal(asr_hub_open(&hub, loop, &config, NULL), 0);
    assert_int_equal(transcribe_start(NULL, hub, &pcm, &params, &handlers, &whole, NULL), 0);
    while (!whole.done) {
        uv_run(loop_uv(loop), UV_RUN_NOWAIT);
        uv_sleep(1);
    }
    asr_hub_close(hub);
    assert_int_equal(loop_close(loop), 0);
    assert_int_equal(script->opens, script->closes);
    assert_int_equal(script->overlaps, 0);
    return whole;
}

static const double two[] = {1, 3, 5, 7, 0};

static void utterances_become_segments(void **state)
{
    struct asr_script script = {.words = "tell me about a time"};
    struct whole whole = hear(&asr_script_local, &script, two, 8);

    (void)state;
    assert_int_equal(whole.err, 0);
    assert_int_equal(whole.segments, 2);
    assert_int_equal(whole.t.segment_count, 2);
    assert_int_equal(whole.t.duration_ms, 8000);
    assert_true(whole.progress > 0.99);
    for (int i = 0; i < 2; i++) {
        const struct transcript_segment *s = &whole.t.segments[i];

        look_at(s);
        assert_in_range(s->start_ms, 500 + 4000 * i, 1200 + 4000 * i);
        assert_in_range(s->end_ms, 2800 + 4000 * i, 3800 + 4000 * i);
        assert_in_range(s->word_count, 8, 12);
        assert_true(s->confidence > 0.89f && s->confidence < 0.91f);
        assert_string_equal(s->engine, "script");
    }
    assert_true(whole.t.confidence > 0.89f && whole.t.confidence < 0.91f);
    transcript_release(&whole.t);
}

/* One that hears long passages: its words are cut where nobody speaks, and end with the speech. */
static void a_passage_is_cut_at_its_pauses(void **state)
{
    struct asr_engine passages = asr_script_local;
    struct asr_script script = {.words = "tell me about a time"};
    struct whole whole;

    (void)state;
    passages.passage_ms = 28000;
    whole = hear(&passages, &script, two, 8);
    assert_int_equal(whole.err, 0);
    assert_true(whole.segments >= 2);
    assert_int_equal(whole.t.segment_count, whole.segments);
    for (size_t i = 0; i < whole.t.segment_count; i++)
        look_at(&whole.t.segments[i]);
    assert_true(whole.t.segments[0].end_ms <= 5000);
    assert_in_range(whole.last_end_ms, 6500, 8000);
    transcript_release(&whole.t);
}

static void a_long_sentence_is_a_segment(void **state)
{
    static const double one[] = {1, 11, 0};
    struct asr_engine passages = asr_script_local;
    struct asr_script script = {.words = "so we did it all. then it was over."};
    struct whole whole;

    (void)state;
    passages.passage_ms = 28000;
    whole = hear(&passages, &script, one, 12);
    assert_int_equal(whole.err, 0);
    assert_true(whole.segments >= 3);
    for (size_t i = 0; i + 1 < whole.t.segment_count; i++) {
        const char *text = whole.t.segments[i].text;

        look_at(&whole.t.segments[i]);
        assert_int_equal(text[strlen(text) - 1], '.');
    }
    transcript_release(&whole.t);
}

static void silence_is_no_speech(void **state)
{
    static const double none[] = {0};
    struct asr_script script = {.words = "tell me"};
    struct whole whole = hear(&asr_script_local, &script, none, 5);

    (void)state;
    assert_int_equal(whole.err, 0);
    assert_int_equal(whole.segments, 0);
    assert_int_equal(script.samples, 0);
    transcript_release(&whole.t);
}

static void what_the_recogniser_cannot_hear_is_an_error(void **state)
{
    struct asr_script script = {.words = "tell me", .fail_finishes = 100, .fail_code = UV_EIO};
    struct whole whole = hear(&asr_script_local, &script, two, 8);

    (void)state;
    assert_int_equal(whole.err, UV_EIO);
    assert_int_equal(whole.done, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utterances_become_segments),
        cmocka_unit_test(a_passage_is_cut_at_its_pauses),
        cmocka_unit_test(a_long_sentence_is_a_segment),
        cmocka_unit_test(silence_is_no_speech),
        cmocka_unit_test(what_the_recogniser_cannot_hear_is_an_error),
    };

    return cmocka_run_group_tests_name("asr/transcribe", tests, NULL, NULL);
}
