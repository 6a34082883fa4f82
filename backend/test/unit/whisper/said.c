/**
 * @file test/unit/whisper/said.c  What was said of a text and before it, which words stay, which
 * language it is
 */
#include "cmocka_all.h"

#include "asr/whisper/lead.h"
#include "asr/whisper/said.h"
#include "asr/whisper/tongue.h"

#include <stdlib.h>
#include <string.h>

static void check_said(const char *text, const char *want)
{
    size_t len = strlen(text), n = 0;
    uint8_t *keep = malloc(len + 1);
    char *got = malloc(len + 1);

    whisper_said(text, len, keep);
    for (size_t i = 0; i < len; i++) {
        if (keep[i])
            got[n++] = text[i];
    }
    got[n] = '\0';
    assert_string_equal(got, want);
    free(keep);
    free(got);
}

static void notes_are_not_said(void **state)
{
    (void)state;
    check_said("", "");
    check_said(" And so it begins.", " And so it begins.");
    check_said(" (people chattering)", " ");
    check_said(" [BLANK_AUDIO]", " ");
    check_said(" Well *sighs* yes.", " Well  yes.");
    check_said(" \u266a I will always love you \u266a", " ");
    check_said(" \u266a\u266a", " ");
    check_said(">> Hello. (laughs) Hi.", " Hello.  Hi.");
    check_said("\uff08\u97f3\u4e50\uff09\u4f60\u597d", "\u4f60\u597d");
    check_said(" Yes. (door cl", " Yes. "); /* it is still being written */
    check_said(" 2 * 3 is 6", " 2 ");       /* no better is known */
}

static void a_bracket_that_is_never_closed_is_just_a_sign(void **state)
{
    char text[200];
    uint8_t keep[200];

    (void)state;
    memset(text, 'a', sizeof(text));
    text[0] = '(';
    whisper_said(text, sizeof(text), keep);
    assert_false(keep[0]);
    assert_true(keep[1] && keep[199]);
}

static void a_word_has_a_letter_or_a_digit(void **state)
{
    (void)state;
    assert_false(whisper_is_word("", 0));
    assert_false(whisper_is_word("...", 3));
    assert_false(whisper_is_word("\u2014 !", 5));
    assert_true(whisper_is_word("7", 1));
    assert_true(whisper_is_word("\u4f60", 3));
}

static size_t agree(struct whisper_agreement *a, const char *text)
{
    size_t stable = 99;

    assert_int_equal(whisper_agree(a, text, strlen(text), &stable), 0);
    return stable;
}

static void words_are_stable_when_four_hypotheses_agree(void **state)
{
    struct whisper_agreement a = {0};

    (void)state;
    assert_int_equal(agree(&a, "Ask not what"), 0);
    assert_int_equal(agree(&a, "Ask not, what your"), 0);
    assert_int_equal(agree(&a, "ask not what your country"), 0);
    assert_int_equal(agree(&a, "Ask not what your country"), strlen("Ask not what"));
    assert_int_equal(agree(&a, "Ask NOT what your country can"), strlen("Ask NOT what your"));
    assert_int_equal(agree(&a, "Ask me what your country can"), strlen("Ask"));
    assert_int_equal(agree(&a, ""), 0);
    assert_int_equal(agree(&a, "Ask"), 0); /* from the beginning */
    whisper_agree_clear(&a);
    for (int i = 0; i < 3; i++)
        assert_int_equal(agree(&a, "Don\u2019t stop."), 0);
    assert_int_equal(agree(&a, "Dont stop now."), strlen("Dont stop"));
    whisper_agree_release(&a);
}

static void the_last_word_may_still_grow(void **state)
{
    struct whisper_agreement a = {0};

    (void)state;
    for (int i = 0; i < 8; i++)
        assert_true(agree(&a, "Tell me about micro") <= strlen("Tell me about"));
    assert_int_equal(agree(&a, "Tell me about microservices"), strlen("Tell me about"));
    whisper_agree_release(&a);
}

static void characters_without_spaces_are_words(void **state)
{
    struct whisper_agreement a = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        agree(&a, "\u5e7f\u5dde");
    assert_int_equal(agree(&a, "\u5e7f\u5dde\u5e02"), 6);
    whisper_agree_release(&a);
}

enum { EN, DE, ES };

static void the_first_sure_utterances_settle_the_language(void **state)
{
    struct whisper_tongue t = {.settled = -1};

    (void)state;
    assert_int_equal(whisper_tongue_choose(&t, ES, 0.4f, 50), ES); /* nothing better is known */
    whisper_tongue_learn(&t, ES, 0.4f, 200);                       /* not sure */
    whisper_tongue_learn(&t, ES, 0.99f, 50);                       /* too short */
    assert_int_equal(t.settled, -1);
    whisper_tongue_learn(&t, DE, 0.9f, 150);
    assert_int_equal(t.settled, -1);
    assert_int_equal(whisper_tongue_choose(&t, EN, 0.9f, 90), DE); /* one sure opinion is known */
    whisper_tongue_learn(&t, DE, 0.9f, 150);
    assert_int_equal(t.settled, DE);
    assert_int_equal(whisper_tongue_choose(&t, EN, 0.9f, 150), DE);
    t = (struct whisper_tongue){.settled = -1};
    whisper_tongue_learn(&t, DE, 0.97f, 400); /* one long and very sure one is enough */
    assert_int_equal(t.settled, DE);
}

static void a_settled_language_may_change(void **state)
{
    struct whisper_tongue t = {.settled = EN};

    (void)state;
    assert_int_equal(whisper_tongue_choose(&t, DE, 0.99f, 500), DE);
    whisper_tongue_learn(&t, DE, 0.99f, 500);
    assert_int_equal(t.settled, EN);
    whisper_tongue_learn(&t, EN, 0.9f, 200); /* so that was a word of it, no more */
    whisper_tongue_learn(&t, DE, 0.99f, 500);
    assert_int_equal(t.settled, EN);
    whisper_tongue_learn(&t, DE, 0.85f, 200);
    assert_int_equal(t.settled, DE);
    assert_int_equal(whisper_tongue_choose(&t, EN, 0.6f, 80), DE);
}

static void what_leads_begins_with_a_whole_word(void **state)
{
    struct whisper_lead l = {.n = 0};

    (void)state;
    for (int i = 0; i < 10; i++) { /* words of two tokens, each half a second */
        whisper_lead_add(&l, 100 + 2 * i, 50 * i + 20);
        whisper_lead_add(&l, 101 + 2 * i, -1);
    }
    l.frames = 540;
    assert_int_equal(whisper_lead_from(&l, 0), 0);
    assert_int_equal(whisper_lead_from(&l, 71), 4);
    assert_int_equal(whisper_lead_from(&l, 471), l.n);
    assert_int_equal(whisper_lead_start(&l, 4), 115);
    assert_int_equal(whisper_lead_cut(&l, 71), 115);
    assert_int_equal(l.n, 16);
    assert_int_equal(l.ids[0], 104);
    assert_int_equal(l.at[0], 5);
    assert_int_equal(l.at[1], -1);
    assert_int_equal(l.frames, 425);
}

static void what_leads_is_bounded(void **state)
{
    struct whisper_lead l = {.n = 0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        whisper_lead_add(&l, i, i % 3 ? -1 : i);
    assert_in_range(l.n, WHISPER_LEAD_TOKENS - 2, WHISPER_LEAD_TOKENS);
    assert_int_equal(l.at[0], l.ids[0]); /* a word begins there */
    assert_int_equal(l.ids[l.n - 1], 999);
    l.frames = 1200;
    assert_int_equal(whisper_lead_cut(&l, 5000), 1200);
    assert_int_equal(l.n, 0);
}

static void an_echo_is_something_said_before(void **state)
{
    static const int said[] = {5, 6, 7, 8, 9}, echo[] = {7, 8, 9}, other[] = {7, 8, 5}, yes[] = {9};
    struct whisper_lead l = {.n = 0};

    (void)state;
    for (int i = 0; i < 5; i++)
        whisper_lead_add(&l, said[i], 10 * i);
    assert_true(whisper_lead_echoed(&l, echo, 3));
    assert_false(whisper_lead_echoed(&l, other, 3));
    assert_false(whisper_lead_echoed(&l, yes, 1)); /* "Yes. Yes." */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_are_not_said),
        cmocka_unit_test(a_bracket_that_is_never_closed_is_just_a_sign),
        cmocka_unit_test(a_word_has_a_letter_or_a_digit),
        cmocka_unit_test(words_are_stable_when_four_hypotheses_agree),
        cmocka_unit_test(the_last_word_may_still_grow),
        cmocka_unit_test(characters_without_spaces_are_words),
        cmocka_unit_test(the_first_sure_utterances_settle_the_language),
        cmocka_unit_test(a_settled_language_may_change),
        cmocka_unit_test(what_leads_begins_with_a_whole_word),
        cmocka_unit_test(what_leads_is_bounded),
        cmocka_unit_test(an_echo_is_something_said_before),
    };

    return cmocka_run_group_tests_name("whisper/said", tests, NULL, NULL);
}
