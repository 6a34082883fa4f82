/**
 * @file test/unit/asr/openai_answer.c  Replies of transcription services: what was said, and what
 * not
 *
 * The texts here are ours; a folder of captured kinds (../shared/cases/providers) is tried as well
 * where it is there.
 */
#include "cmocka_all.h"

#include "asr/openai_answer.h"
#include "asr/openai_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct openai_asked asked = {"en", "Kubernetes, Terraform, Go, PostgreSQL", 3000};

static void expect(const char *reply, const char *text)
{
    struct openai_answer a;
    struct errbuf err = {""};

    if (openai_answer_read(&a, reply, strlen(reply), &asked, &err))
        fail_msg("%s: %s", reply, err.text);
    if (strcmp(a.text, text) != 0)
        fail_msg("%s\n  was heard as \"%s\", not as \"%s\"", reply, a.text, text);
    for (size_t i = 0; i < a.word_count; i++) {
        assert_true(a.words[i].start_ms <= a.words[i].end_ms && a.words[i].end_ms <= 3000);
        assert_true(!i || a.words[i].start_ms >= a.words[i - 1].start_ms);
    }
    openai_answer_release(&a);
}

static void expect_error(const char *reply, const char *why)
{
    struct openai_answer a;
    struct errbuf err = {""};

    assert_int_equal(openai_answer_read(&a, reply, strlen(reply), &asked, &err), UV_EPROTO);
    if (!strstr(err.text, why))
        fail_msg("%s: \"%s\"", reply, err.text);
    assert_null(a.text);
}

static void text_is_one_line(void **state)
{
    (void)state;
    expect("{\"text\": \" How are\\n you  \\t today?\\r\\n\"}", "How are you today?");
    expect("{\"text\": \"How \\u0000are\\u0007you\\u00a0today?\"}", "How are you today?");
    expect("{\"text\": \"\"}", "");
    expect("{\"text\": null, \"segments\": []}", "");
    expect("How are you\ntoday?\n", "How are you today?");
    expect("{\"text\": \"\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82\"}",
           "\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82");
}

static void what_is_no_transcript_is_an_error(void **state)
{
    (void)state;
    expect_error("", "no transcript");
    expect_error("<html>Bad gateway</html>", "no transcript");
    expect_error("{\"text\": ", "no transcript");
    expect_error("[1, 2]", "no transcript");
    expect_error("{}", "no transcript");
    expect_error("{\"error\": {\"message\": \"Invalid file format\"}}", "Invalid file format");
    expect_error("{\"error\": \"model is loading\"}", "model is loading");
}

static void notes_are_not_words(void **state)
{
    (void)state;
    expect("{\"text\": \" [BLANK_AUDIO]\"}", "");
    expect("{\"text\": \" (upbeat music)\"}", "");
    expect("{\"text\": \"\xe2\x99\xaa\xe2\x99\xaa\"}", "");
    expect("{\"text\": \"*sighs*\"}", "");
    expect("{\"text\": \"<|en|><|transcribe|> Why us?<|endoftext|>\"}", "Why us?");
    expect("{\"text\": \"So [laughter] why us?\"}", "So why us?");
    expect("{\"text\": \" ... \"}", "");
    expect("{\"text\": \"Is it O(n log n) or 2 * 3?\"}", "Is it O or 2 * 3?");
}

static void what_is_doubted_is_not_heard(void **state)
{
    (void)state;
    expect("{\"text\": \" See you.\", \"segments\": [{\"start\": 0, \"end\": 2, \"text\": \" See "
           "you.\","
           "\"avg_logprob\": -1.2, \"no_speech_prob\": 0.9}]}",
           "");
    expect("{\"text\": \" See you.\", \"segments\": [{\"start\": 0, \"end\": 2, \"text\": \" See "
           "you.\","
           "\"avg_logprob\": -0.2, \"no_speech_prob\": 0.3}]}",
           "See you.");
    expect("{\"text\": \" you\", \"segments\": [{\"start\": 0, \"end\": 2, \"text\": \" you\","
           "\"avg_logprob\": -0.4, \"no_speech_prob\": 0.55}]}",
           "");
    expect("{\"text\": \" Thank you for watching!\"}", "");
    expect("{\"text\": \" Thank you.\"}", "Thank you."); /* said every day, and nothing doubts it */
    expect("{\"text\": \" Why us? Bye.\", \"segments\": ["
           "{\"start\": 0, \"end\": 1, \"text\": \" Why us?\", \"avg_logprob\": -0.2, "
           "\"no_speech_prob\": 0.01},"
           "{\"start\": 1, \"end\": 3, \"text\": \" Bye.\", \"avg_logprob\": -0.9, "
           "\"no_speech_prob\": 0.8}]}",
           "Why us?");
}

static void a_phrase_over_and_over_is_not_heard(void **state)
{
    (void)state;
    expect("{\"text\": \"No. No. No. No. No. No.\"}", "");
    expect("{\"text\": \"Why us? I am sorry. I am sorry. I am sorry. I am sorry. I am\"}",
           "Why us?");
    expect("{\"text\": \"It is very very very good.\"}", "It is very very very good.");
    expect("{\"text\": \"a b c\", \"segments\": [{\"text\": \"a b c\", \"compression_ratio\": 9}]}",
           "");
}

static void the_words_to_expect_are_not_heard_as_said(void **state)
{
    (void)state;
    expect("{\"text\": \" Kubernetes, Terraform, Go, PostgreSQL\"}", "");
    expect("{\"text\": \" Terraform, Go, PostgreSQL.\"}", "");
    expect("{\"text\": \" Go, PostgreSQL\"}", "Go, PostgreSQL");
    expect("{\"text\": \" I know Kubernetes, Terraform, Go, PostgreSQL\"}",
           "I know Kubernetes, Terraform, Go, PostgreSQL");
    expect("{\"text\": \" Kubernetes, Terraform, Go\", \"segments\": [{\"start\": 0, \"end\": 2, "
           "\"text\": \" Kubernetes, Terraform, Go\", \"avg_logprob\": -0.1, "
           "\"no_speech_prob\": 0.01}]}",
           "Kubernetes, Terraform, Go");
}

static void words_lie_in_the_audio_in_order(void **state)
{
    static const char reply[] =
        "{\"text\": \"Why us?\", \"words\": [{\"word\": \"Why\", \"start\": -0.2, \"end\": 0.3},"
        "{\"word\": \" us?\", \"start\": 9999, \"end\": 1}]}";
    struct openai_answer a;

    (void)state;
    assert_int_equal(openai_answer_read(&a, reply, strlen(reply), &asked, NULL), 0);
    assert_int_equal(a.word_count, 2);
    assert_int_equal(a.words[0].start_ms, 0);
    assert_int_equal(a.words[0].end_ms, 300);
    assert_string_equal(a.words[1].text, "us?");
    assert_in_range(a.words[1].start_ms, 300, 3000);
    assert_in_range(a.words[1].end_ms, a.words[1].start_ms, 3000);
    openai_answer_release(&a);
}

static void words_may_lie_in_segments_and_what_was_left_out_has_none(void **state)
{
    static const char reply[] =
        "{\"text\": \" Why [noise] us? Bye.\", \"segments\": ["
        "{\"start\": \"0.0\", \"end\": \"1.5\", \"text\": \" Why [noise] us?\", \"avg_logprob\": "
        "\"-0.1\","
        " \"words\": [{\"word\": \" Why\", \"start\": 0.1, \"end\": 0.3, \"probability\": 0.5},"
        "  {\"word\": \" [noise]\", \"start\": 0.3, \"end\": 0.8},"
        "  {\"word\": \" us?\", \"start\": 0.8, \"end\": 1.2}]},"
        "{\"start\": 1.5, \"end\": 3, \"text\": \" Bye.\", \"avg_logprob\": -1, "
        "\"no_speech_prob\": 0.9,"
        " \"words\": [{\"word\": \" Bye.\", \"start\": 2, \"end\": 2.5}]}]}";
    struct openai_answer a;

    (void)state;
    assert_int_equal(openai_answer_read(&a, reply, strlen(reply), &asked, NULL), 0);
    assert_string_equal(a.text, "Why us?");
    assert_int_equal(a.word_count, 2);
    assert_string_equal(a.words[1].text, "us?");
    assert_float_equal(a.words[0].confidence, 0.5, 0.001);
    assert_float_equal(a.confidence, 0.905, 0.001);
    openai_answer_release(&a);
}

static void no_word_about_certainty_is_no_certainty(void **state)
{
    static const char reply[] = "{\"text\": \"Why us?\", \"segments\": null, \"words\": null, "
                                "\"language\": null}";
    struct openai_answer a;

    (void)state;
    assert_int_equal(openai_answer_read(&a, reply, strlen(reply), &asked, NULL), 0);
    assert_string_equal(a.text, "Why us?");
    assert_true(a.confidence <= 0);
    assert_string_equal(a.language, "en");
    openai_answer_release(&a);
}

static void expect_file(const char *name, const char *text)
{
    const char *shared = getenv("INTERVIEWD_TEST_SHARED");
    char path[512], reply[8192];
    size_t n;
    FILE *f;

    snprintf(path, sizeof(path), "%s%s/cases/providers/transcription_replies/%s.json",
             shared ? shared : getenv("INTERVIEWD_SOURCE_ROOT"), shared ? "" : "/../shared", name);
    f = fopen(path, "rb");
    if (!f) {
        print_message("skipped: %s is not there\n", path);
        return;
    }
    n = fread(reply, 1, sizeof(reply) - 1, f);
    fclose(f);
    reply[n] = '\0';
    expect(reply, text);
}

static void captured_kinds_are_right(void **state)
{
    static const char *const nothing[] = {"thanks", "blank", "music",    "notes",     "loop",
                                          "youyou", "empty", "textnull", "promptecho"};

    (void)state;
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
        expect_file(nothing[i], "");
    expect_file("mixed", "Tell me about yourself.");
    expect_file("good", "Tell me about yourself.");
    expect_file("segnull", "Why do you want this job?");
    expect_file("nonl", "Why do you want this job?");
    expect_file("plain", "Why do you want this job?");
    expect_file("wrongwords", "Why us?");
    expect_file("wordNone", "Why us?");
    expect_file("strnum", "Why us?");
    expect_file("ctrl", "Why us?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_one_line),
        cmocka_unit_test(what_is_no_transcript_is_an_error),
        cmocka_unit_test(notes_are_not_words),
        cmocka_unit_test(what_is_doubted_is_not_heard),
        cmocka_unit_test(a_phrase_over_and_over_is_not_heard),
        cmocka_unit_test(the_words_to_expect_are_not_heard_as_said),
        cmocka_unit_test(words_lie_in_the_audio_in_order),
        cmocka_unit_test(words_may_lie_in_segments_and_what_was_left_out_has_none),
        cmocka_unit_test(no_word_about_certainty_is_no_certainty),
        cmocka_unit_test(captured_kinds_are_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
