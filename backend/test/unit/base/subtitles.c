/**
 * @file test/unit/base/subtitles.c  Cues that can be read while they are said
 */
#include "cmocka_all.h"

#include "base/subtitles.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUES_MAX = 64, WORDS_MAX = 256 };

struct seen {
    struct subtitle cue[CUES_MAX];
    size_t n;
};

static void take(const struct subtitle *cue, void *arg)
{
    struct seen *s = arg;

    assert_true(s->n < CUES_MAX);
    s->cue[s->n++] = *cue;
}

/* Whatever the speech: lines, letters, seconds, order, and every letter is there once. */
static void check(const struct subtitle_speech *speech, const struct seen *s)
{
    char *all = calloc(1, strlen(speech->text) + CUES_MAX + 1);
    size_t to = 0, from = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct subtitle *c = &s->cue[i];
        const char *line = c->text;
        size_t lines = 0;

        assert_true(c->span.end_ms >= c->span.start_ms &&
                    c->span.end_ms - c->span.start_ms <= SUBTITLE_MS);
        assert_true(!i || c->span.start_ms >= s->cue[i - 1].span.start_ms);
        assert_true(c->text[0] != '\0' && utf8_valid(c->text, strlen(c->text)));
        for (; line; lines++) {
            const char *end = strchr(line, '\n');
            size_t len = end ? (size_t)(end - line) : strlen(line);

            assert_in_range(utf8_count(line, len), 1, SUBTITLE_LETTERS);
            line = end ? end + 1 : NULL;
        }
        assert_in_range(lines, 1, SUBTITLE_LINES);
        strcat(all, c->text);
    }
    for (size_t i = 0; all[i]; i++)
        if (!strchr(" \n", all[i]))
            all[to++] = all[i];
    all[to] = '\0';
    for (size_t i = 0; speech->text[i]; i++) {
        if (speech->text[i] == ' ')
            continue;
        assert_int_equal(all[from], speech->text[i]);
        from++;
    }
    assert_int_equal(from, to);
    free(all);
}

static struct seen cut(const char *text, uint64_t start_ms, uint64_t end_ms)
{
    struct subtitle_speech speech = {.text = text, .span = {start_ms, end_ms}};
    struct seen s = {0};

    assert_int_equal(subtitles_each(&speech, take, &s), 0);
    check(&speech, &s);
    return s;
}

static void what_fits_stays_one_cue(void **state)
{
    struct seen s = cut("Why do you want to work here?", 1000, 3500);

    (void)state;
    assert_int_equal(s.n, 1);
    assert_string_equal(s.cue[0].text, "Why do you want to work here?");
    assert_int_equal(s.cue[0].span.start_ms, 1000);
    assert_int_equal(s.cue[0].span.end_ms, 3500);
}

static void a_long_line_becomes_two(void **state)
{
    struct seen s = cut("Tell me about a time you had a conflict with a coworker.", 0, 4000);

    (void)state;
    assert_int_equal(s.n, 1);
    assert_string_equal(s.cue[0].text, "Tell me about a time you had a conflict\nwith a coworker.");
}

static void half_a_minute_without_a_pause_is_cut(void **state)
{
    char text[1024] = "";
    struct seen s;

    (void)state;
    for (int i = 0; i < 8; i++)
        strcat(text,
               "and then I told the team that we should move the service to the new platform ");
    text[strlen(text) - 1] = '.';
    s = cut(text, 2000, 37000);
    assert_in_range(s.n, 8, 20);
    assert_int_equal(s.cue[0].span.start_ms, 2000);
    assert_int_equal(s.cue[s.n - 1].span.end_ms, 37000);
}

static void a_cue_ends_with_its_sentence(void **state)
{
    struct seen s = cut("That is what we did in the end. And it was cheaper than anybody had "
                        "thought before we began.",
                        0, 6000);

    (void)state;
    assert_string_equal(s.cue[0].text, "That is what we did in the end.");
}

static void text_without_spaces_and_words_without_end_are_cut(void **state)
{
    char chinese[3 * 200 + 1] = "", address[401];

    (void)state;
    for (int i = 0; i < 200; i++)
        strcat(chinese, "\xe4\xbd\xa0");
    cut(chinese, 0, 40000);
    memset(address, 'x', 400);
    address[400] = '\0';
    cut(address, 0, 3000);
    cut("", 0, 0);
}

static void words_give_their_times(void **state)
{
    struct subtitle_span words[] = {
        {1000, 1200}, {1200, 1500}, {4000, 4300}, {4300, 4400}, {4400, 15000}};
    struct subtitle_speech speech = {"So yes after a pause.", {900, 15000}, words, 5};
    struct seen s = {0};

    (void)state;
    assert_int_equal(subtitles_each(&speech, take, &s), 0);
    check(&speech, &s);
    assert_int_equal(s.n, 3);
    assert_string_equal(s.cue[0].text, "So yes");
    assert_int_equal(s.cue[0].span.end_ms, 1500);
    assert_string_equal(s.cue[1].text, "after a");
    assert_int_equal(s.cue[1].span.start_ms, 4000);
    assert_int_equal(s.cue[2].span.end_ms,
                     4400 + SUBTITLE_MS); /* nobody says a word for ten seconds */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_stays_one_cue),
        cmocka_unit_test(a_long_line_becomes_two),
        cmocka_unit_test(half_a_minute_without_a_pause_is_cut),
        cmocka_unit_test(a_cue_ends_with_its_sentence),
        cmocka_unit_test(text_without_spaces_and_words_without_end_are_cut),
        cmocka_unit_test(words_give_their_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
