/**
 * @file test/unit/asr/transcript.c  A transcript in each of its forms
 */
#include "cmocka_all.h"

#include "asr/transcribe.h"
#include "support/scratch.h"

#include <string.h>

static void who_speaks_is_said_in_every_form(void **state)
{
    struct transcript_segment segments[] = {
        {.start_ms = 0, .end_ms = 1000, .text = LITERAL("Tell me."), .speaker = 1},
        {.start_ms = 1500, .end_ms = 2500, .text = LITERAL("Why?"), .speaker = 1},
        {.start_ms = 3000, .end_ms = 4000, .text = LITERAL("Because."), .speaker = 2},
        {.start_ms = 4100, .end_ms = 4300, .text = LITERAL("Mm.")},
    };
    struct transcript t = {.segments = segments, .segment_count = 4, .speakers = true};
    json_t *json;
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 16);
    assert_int_equal(transcript_text(&t, &out), 0);
    assert_string_equal(out.data, "Speaker 1: Tell me.\nWhy?\nSpeaker 2: Because.\nMm.\n");
    buf_clear(&out);
    assert_int_equal(transcript_srt(&t, &out), 0);
    assert_non_null(strstr(out.data, "\n[Speaker 1] Tell me.\n"));
    assert_non_null(strstr(out.data, "\nWhy?\n"));
    assert_non_null(strstr(out.data, "\n[Speaker 2] Because.\n"));
    buf_clear(&out);
    assert_int_equal(transcript_vtt(&t, &out), 0);
    assert_non_null(strstr(out.data, "\n<v Speaker 1>Why?\n"));
    assert_non_null(strstr(out.data, "\n<v Speaker 2>Because.\n"));
    assert_non_null(strstr(out.data, "\nMm.\n"));
    json = transcript_json(&t, false);
    assert_int_equal(json_integer_value(json_object_get(
                         json_array_get(json_object_get(json, "segments"), 2), "speaker")),
                     2);
    assert_null(json_object_get(json_array_get(json_object_get(json, "segments"), 3), "speaker"));
    json_decref(json);
    t.speakers = false;
    buf_clear(&out);
    assert_int_equal(transcript_text(&t, &out), 0);
    assert_null(strstr(out.data, "Speaker"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_speaks_is_said_in_every_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
