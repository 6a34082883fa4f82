/**
 * @file test/unit/answer/guard.c  Loops and echoes are noticed, speech and code are left alone
 */
#include "cmocka_all.h"

#include "answer/guard.h"

#include <string.h>

static const char rules[] =
    "You are the candidate in a job interview. Answer in the first person, in "
    "two to four short sentences. Use only facts of the profile below.";
static const char question[] =
    "The interviewer asks: Tell me about a time when you had to disagree with your own manager.";

static enum guard_finding found(const char *text, size_t piece, size_t *kept)
{
    struct guard g;
    enum guard_finding finding = GUARD_FINE;

    assert_int_equal(guard_open(&g, rules, question), 0);
    for (size_t i = 0, n = strlen(text); i < n && finding == GUARD_FINE; i += piece)
        finding = guard_feed(&g, text + i, n - i < piece ? n - i : piece);
    if (kept)
        *kept = g.kept;
    guard_close(&g);
    return finding;
}

static void check(const char *text, enum guard_finding wanted)
{
    for (size_t piece = 1; piece < 64; piece *= 3)
        if (found(text, piece, NULL) != wanted)
            fail_msg("\"%s\" in pieces of %zu: %d", text, piece, (int)found(text, piece, NULL));
}

static void a_loop_is_noticed(void **state)
{
    size_t kept;

    (void)state;
    check("I see. I see. I see. I see. I see. ", GUARD_LOOP);
    check("I led the team and, I led the team and, I led the team and, I led the team and, ",
          GUARD_LOOP);
    check("no no no no no no no no no no no no no ", GUARD_LOOP);
    check(
        "I am a good fit for this job. Yes. I am a good fit for this job. Oh, I am a good fit for "
        "this job. Well: I am a good fit for this job. ",
        GUARD_LOOP);
    assert_int_equal(found("One two three four. I see. I see. I see. I see. ", 1, &kept),
                     GUARD_LOOP);
    assert_int_equal(kept, 4);
}

static void an_echo_is_noticed(void **state)
{
    (void)state;
    check("Answer in the first person, in two to four short sentences. ", GUARD_ECHO);
    check("Tell me about a time when you had to disagree with your own manager. ", GUARD_ECHO);
    check("You had to disagree with your own manager? I did, once. ", GUARD_FINE);
}

static void speech_is_left_alone(void **state)
{
    (void)state;
    check("I was very, very, very tired, and we went on and on and on. ", GUARD_FINE);
    check("First I asked. Then I asked again. Then I wrote it down, and I asked a third time. ",
          GUARD_FINE);
    check("- cut build times [context]\n- cut cost [context]\n- cut noise [context]\n- cut waste "
          "[context]\n- cut risk [context]\n",
          GUARD_FINE);
    check("```\nfor i in range(3):\n    x = 0\n    x = 0\n    x = 0\n    x = 0\n    x = "
          "0\n```\nDone. ",
          GUARD_FINE);
    check("", GUARD_FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_is_noticed),
        cmocka_unit_test(an_echo_is_noticed),
        cmocka_unit_test(speech_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
