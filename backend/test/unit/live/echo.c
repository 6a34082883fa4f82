/**
 * @file test/unit/live/echo.c  Which words are those of another line, once more
 */
#include "live/echo.h"

#include "cmocka_all.h"

enum { MS = 1000 };

static const char question[] = "Tell me about a time you changed your mind.";

static struct echo_span tab(const char *words, uint64_t from_ms, uint64_t to_ms)
{
    return (struct echo_span){.words = words, .start_us = from_ms * MS, .end_us = to_ms * MS};
}

static struct echo_span microphone(const char *words, uint64_t from_ms, uint64_t to_ms)
{
    struct echo_span span = tab(words, from_ms, to_ms);

    span.microphone = true;
    return span;
}

static void the_loudspeaker_in_the_microphone_is_an_echo(void **state)
{
    const struct echo_span said = tab(question, 1000, 3500);
    const struct echo_span heard =
        microphone("tell me about the time you change your mind", 1080, 3600);
    const struct echo_span early = microphone(question, 900, 3500); /* two detectors differ */

    (void)state;
    assert_true(echo_is_of(&heard, &said));
    assert_true(echo_is_of(&early, &said));
    assert_false(echo_is_of(&said, &heard)); /* only one of them is */
    assert_false(echo_is_of(&said, &early));
}

static void what_a_call_brings_back_is_an_echo(void **state)
{
    const struct echo_span said = microphone("I led the migration for two years", 1000, 3000);
    const struct echo_span back = tab("I led the migration for two years", 1400, 3400);

    (void)state;
    assert_true(echo_is_of(&back, &said));
    assert_false(echo_is_of(&said, &back));
}

static void other_words_and_other_moments_are_none(void **state)
{
    const struct echo_span said = tab(question, 1000, 3500);
    const struct echo_span answer =
        microphone("Well, once I had to drop a design that I liked", 1200, 3600);
    const struct echo_span later = microphone(question, 6000, 8500);
    const struct echo_span other_tab = tab(question, 1100, 3600);

    (void)state;
    assert_false(echo_is_of(&answer, &said));
    assert_false(echo_is_of(&later, &said)); /* repeated to gain time */
    assert_false(echo_is_of(&other_tab, &said));
}

static void few_words_must_all_be_the_same(void **state)
{
    const struct echo_span said = tab("Yes, why?", 1000, 1600);
    const struct echo_span echo = microphone("yes why", 1050, 1700);
    const struct echo_span own = microphone("Yes, sure.", 1050, 1700);
    const struct echo_span nothing = microphone("", 1050, 1700);

    (void)state;
    assert_true(echo_is_of(&echo, &said));
    assert_false(echo_is_of(&own, &said));
    assert_false(echo_is_of(&nothing, &said));
}

static void an_echo_may_be_heard_before_the_rest_of_what_it_repeats(void **state)
{
    struct echo_span said = tab("Tell me about a time", 1000, 3000);
    const struct echo_span echo = microphone(question, 1050, 3100);

    (void)state;
    assert_false(echo_is_of(&echo, &said));
    said.running = true;
    assert_true(echo_is_of(&echo, &said));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loudspeaker_in_the_microphone_is_an_echo),
        cmocka_unit_test(what_a_call_brings_back_is_an_echo),
        cmocka_unit_test(other_words_and_other_moments_are_none),
        cmocka_unit_test(few_words_must_all_be_the_same),
        cmocka_unit_test(an_echo_may_be_heard_before_the_rest_of_what_it_repeats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
