/**
 * @file test/unit/api/realtime.c  What a client of /v1/realtime may set, in both of its dialects
 */
#include "cmocka_all.h"

#include "api/realtime.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>

static bool set(struct realtime_settings *s, enum realtime_dialect dialect, const char *text,
                struct realtime_complaint *why)
{
    json_t *session = json_parse(text, strlen(text));
    bool ok;

    assert_non_null(session);
    ok = realtime_read(NULL, session, dialect, s, why);
    json_decref(session);
    return ok;
}

static void only_what_an_update_names_changes(void **state)
{
    struct realtime_settings s = realtime_defaults();
    struct realtime_complaint why;

    (void)state;
    assert_true(set(&s, REALTIME_GA, "{\"type\":\"transcription\"}", &why));
    assert_int_equal(s.silence_ms, 500);
    assert_true(set(&s, REALTIME_GA,
                    "{\"audio\":{\"input\":{\"turn_detection\":{\"type\":\"server_vad\","
                    "\"silence_duration_ms\":200},\"transcription\":{\"language\":\"de\"}}}}",
                    &why));
    assert_true(set(&s, REALTIME_BETA, "{\"input_audio_format\":\"g711_alaw\"}", &why));
    assert_int_equal(s.silence_ms, 200);
    assert_int_equal(s.prefix_ms, 300);
    assert_string_equal(s.language, "de");
    assert_string_equal(s.model, "whisper-1");
    assert_int_equal(s.format, REALTIME_A_LAW);
    assert_int_equal(realtime_rate(&s), 8000);
    assert_true(set(&s, REALTIME_BETA, "{\"turn_detection\":null}", &why));
    assert_int_equal(s.turns, REALTIME_COMMIT);
    assert_true(realtime_hearing(&s, NULL).push_to_talk);
    assert_string_equal(realtime_hearing(&s, NULL).asr.language, "de");
}

static void what_is_wrong_is_named_and_changes_nothing(void **state)
{
    static const char *const wrong[][2] = {
        {"{\"type\":\"realtime\"}", "session.type"},
        {"{\"audio\":{\"input\":{\"format\":{\"type\":\"audio/opus\"}}}}",
         "session.audio.input.format.type"},
        {"{\"audio\":{\"input\":{\"format\":{\"type\":\"audio/pcm\",\"rate\":16000}}}}",
         "session.audio.input.format.rate"},
        {"{\"audio\":{\"input\":{\"transcription\":{\"language\":\"English!\"}}}}",
         "session.audio.input.transcription.language"},
        {"{\"audio\":{\"input\":{\"transcription\":{\"prompt\":7}}}}",
         "session.audio.input.transcription.prompt"},
        {"{\"audio\":{\"input\":{\"transcription\":[]}}}", "session.audio.input.transcription"},
        {"{\"audio\":{\"input\":{\"turn_detection\":{\"type\":\"none\"}}}}",
         "session.audio.input.turn_detection.type"},
        {"{\"audio\":{\"input\":{\"turn_detection\":{\"type\":\"semantic_vad\",\"eagerness\":"
         "\"keen\"}}}}",
         "session.audio.input.turn_detection.eagerness"},
        {"{\"audio\":{\"input\":{\"transcription\":{\"language\":\"de\"},\"turn_detection\":{"
         "\"silence_duration_ms\":1}}}}",
         "session.audio.input.turn_detection.silence_duration_ms"},
        {"{\"audio\":{\"input\":{\"turn_detection\":{\"prefix_padding_ms\":-1}}}}",
         "session.audio.input.turn_detection.prefix_padding_ms"},
        {"{\"audio\":{\"input\":{\"turn_detection\":{\"threshold\":1.5}}}}",
         "session.audio.input.turn_detection.threshold"},
        {"[]", "session"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct realtime_settings s = realtime_defaults(), before = s;
        struct realtime_complaint why = {NULL, ""};

        assert_false(set(&s, REALTIME_GA, wrong[i][0], &why));
        assert_string_equal(why.param, wrong[i][1]);
        assert_true(why.text[0]);
        assert_memory_equal(&s, &before, sizeof(s));
    }
}

/* What is told can be sent back, and means the same. */
static void what_is_told_is_read_again(void **state)
{
    static const char *const turns[] = {
        "null", "{\"type\":\"semantic_vad\",\"eagerness\":\"low\"}",
        "{\"type\":\"semantic_vad\",\"eagerness\":\"auto\"}",
        "{\"type\":\"server_vad\",\"silence_duration_ms\":900,\"prefix_padding_ms\":9}"};

    (void)state;
    for (int dialect = REALTIME_GA; dialect <= REALTIME_BETA; dialect++) {
        for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
            struct realtime_settings s = realtime_defaults(), again = realtime_defaults();
            struct realtime_complaint why;
            char text[512];
            json_t *told;

            snprintf(text, sizeof(text),
                     "{\"input_audio_format\":\"g711_ulaw\",\"turn_detection\":%s,"
                     "\"input_audio_transcription\":{\"prompt\":\"Names: Ada.\"}}",
                     turns[i]);
            assert_true(set(&s, REALTIME_BETA, text, &why));
            told = realtime_write(&s, (enum realtime_dialect)dialect, "sess_1", 0);
            assert_non_null(told);
            assert_true(realtime_read(NULL, told, (enum realtime_dialect)dialect, &again, &why));
            json_decref(told);
            assert_int_equal(again.format, s.format);
            assert_int_equal(again.turns, s.turns);
            assert_int_equal(again.eagerness, s.eagerness);
            assert_int_equal(again.eagerness_is_auto, s.eagerness_is_auto);
            assert_int_equal(again.prefix_ms, s.prefix_ms);
            assert_int_equal(again.silence_ms, s.silence_ms);
            assert_string_equal(again.prompt, "Names: Ada.");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_an_update_names_changes),
        cmocka_unit_test(what_is_wrong_is_named_and_changes_nothing),
        cmocka_unit_test(what_is_told_is_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
