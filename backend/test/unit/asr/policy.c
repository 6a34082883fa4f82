/**
 * @file test/unit/asr/policy.c  When a turn is over, as a table
 *
 * Each row is one pause: what p is and when it is known, what the words say and when; and what must
 * be told, at what silence.
 */
#include "cmocka_all.h"

#include "asr/turn/policy.h"
#include "support/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEVER = 0, STEP = 32 };

struct row {
    const char *what;
    enum turn_pace pace;
    float p;
    uint32_t p_ms; /* silence at which it is known; NEVER: there is no network */
    enum turn_words words;
    uint32_t words_ms;          /* likewise */
    uint32_t eager_ms, over_ms; /* the first window in which it is told; NEVER */
};

#define BALANCED TURN_BALANCED
#define COMPLETE TURN_WORDS_COMPLETE

static const struct row rows[] = {
    {"sure, and a final mark", BALANCED, 0.97f, 160, COMPLETE, 192, 192, 192},
    {"sure, but the words come late", BALANCED, 0.97f, 160, COMPLETE, 320, 320, 320},
    {"sure, and the words never come", BALANCED, 0.97f, 160, COMPLETE, 9000, NEVER, 1504},
    {"sure, but \"... and the\"", BALANCED, 0.99f, 160, TURN_WORDS_UNFINISHED, 192, NEVER, 2528},
    {"sure, but no final mark", BALANCED, 0.99f, 160, TURN_WORDS_OPEN, 192, 192, 1024},
    {"likely", BALANCED, 0.6f, 160, COMPLETE, 192, 192, 608},
    {"rather unlikely", BALANCED, 0.4f, 160, COMPLETE, 192, NEVER, 608},
    {"rather unlikely, but a final mark", BALANCED, 0.25f, 160, COMPLETE, 192, NEVER, 608},
    {"quite unlikely, but a final mark", BALANCED, 0.15f, 160, COMPLETE, 192, NEVER, 1024},
    {"rather unlikely, no mark to be had", BALANCED, 0.2f, 160, TURN_WORDS_NONE, 192, NEVER, 1504},
    {"unlikely, though a final mark", BALANCED, 0.08f, 160, COMPLETE, 192, NEVER, 1504},
    {"sounds like an end, but a comma", BALANCED, 0.97f, 160, TURN_WORDS_COMMA, 192, 192, 1024},
    {"unlikely, and a comma", BALANCED, 0.4f, 160, TURN_WORDS_COMMA, 192, NEVER, 2528},
    {"no network, and a comma", BALANCED, 0, NEVER, TURN_WORDS_COMMA, 192, NEVER, 2528},
    {"a question, and likely", BALANCED, 0.4f, 160, TURN_WORDS_ASK, 192, 192, 416},
    {"a question that sounds open", BALANCED, 0.2f, 160, TURN_WORDS_ASK, 192, 192, 608},
    {"a question that sounds wide open", BALANCED, 0.05f, 160, TURN_WORDS_ASK, 192, NEVER, 1024},
    {"a recogniser without marks", BALANCED, 0.97f, 160, TURN_WORDS_NONE, 192, 192, 192},
    {"no network", BALANCED, 0, NEVER, COMPLETE, 192, 192, 480},
    {"no network, \"... and the\"", BALANCED, 0, NEVER, TURN_WORDS_UNFINISHED, 192, NEVER, 2528},
    {"a network that is late", BALANCED, 0.97f, 1600, COMPLETE, 192, NEVER, 1504},
    {"quick and sure", TURN_QUICK, 0.92f, 128, COMPLETE, 128, 128, 128},
    {"quick and unlikely", TURN_QUICK, 0.1f, 128, TURN_WORDS_NONE, 160, NEVER, 1024},
    {"patient and sure", TURN_PATIENT, 0.98f, 160, COMPLETE, 192, 192, 320},
    {"patient and unlikely", TURN_PATIENT, 0.1f, 160, COMPLETE, 192, NEVER, 2016},
    {"patient, but a final mark", TURN_PATIENT, 0.3f, 160, COMPLETE, 192, NEVER, 1024},
    {"patient, quite unlikely, a final mark", TURN_PATIENT, 0.2f, 160, COMPLETE, 192, NEVER, 1408},
    {"patient, \"... and the\"", TURN_PATIENT, 0.99f, 160, TURN_WORDS_UNFINISHED, 192, NEVER, 3008},
};

static void check(const struct row *row)
{
    struct turn_policy policy = turn_policy_of(row->pace);
    struct turn_pause pause = {.p = -1, .network = row->p_ms != NEVER};
    uint32_t looked = 0, eager = 0, over = 0;

    for (uint32_t ms = STEP; ms <= 4000 && !over; ms += STEP) {
        enum turn_step step;

        pause.silence_ms = ms;
        if (row->p_ms != NEVER && ms >= row->p_ms)
            pause.p = row->p;
        if (ms >= row->words_ms)
            pause.words = row->words;
        while ((step = turn_step(&policy, &pause)) != TURN_STEP_WAIT) {
            uint32_t *told = step == TURN_STEP_LOOK    ? &looked
                             : step == TURN_STEP_EAGER ? &eager
                                                       : &over;

            assert_int_equal(*told, 0); /* once */
            *told = ms;
        }
    }
    if (looked != 128 || eager != row->eager_ms || over != row->over_ms)
        fail_msg("%s: looked at %u, looks over at %u, is over at %u", row->what, looked, eager,
                 over);
}

static void test_pauses_end_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(&rows[i]);
}

/* More sure is never later, and neither is a quicker pace. */
static void test_a_surer_end_is_never_later(void **state)
{
    static const enum turn_pace paces[] = {TURN_QUICK, TURN_BALANCED, TURN_PATIENT};

    (void)state;
    for (enum turn_words words = TURN_WORDS_AWAITED; words <= TURN_WORDS_UNFINISHED; words++) {
        uint32_t last[3] = {UINT32_MAX, UINT32_MAX, UINT32_MAX};

        for (float p = 0; p <= 1; p += 0.01f) {
            uint32_t at[3] = {0};

            for (int pace = 0; pace < 3; pace++) {
                struct turn_policy policy = turn_policy_of(paces[pace]);
                struct turn_pause pause = {.p = p, .network = true, .words = words};

                while (!pause.over) {
                    pause.silence_ms += 10;
                    while (turn_step(&policy, &pause) != TURN_STEP_WAIT)
                        ;
                }
                at[pace] = pause.silence_ms;
                assert_true(at[pace] <= last[pace]);
                last[pace] = at[pace];
            }
            assert_true(at[0] <= at[1] && at[1] <= at[2]);
        }
    }
}

static void test_words_say_whether_more_must_come(void **state)
{
    static const struct {
        const char *text, *language;
        bool marks;
        enum turn_words words;
    } rows_of_words[] = {
        {"What is a mutex?", "en", true, TURN_WORDS_ASK},
        {"What are you looking for?", "en", true, TURN_WORDS_ASK},
        {"He said: \"why?\"", "en", true, TURN_WORDS_ASK},
        {"Tell me about yourself.", "en", true, TURN_WORDS_COMPLETE},
        {"Stop!", "en", true, TURN_WORDS_COMPLETE},
        {"Tell me about the.", "en", true, TURN_WORDS_UNFINISHED},
        {"Tell me about", "en", true, TURN_WORDS_UNFINISHED},
        {"I know what it is for.", "en", true, TURN_WORDS_COMPLETE},
        {"I know what it is for", "en", false, TURN_WORDS_UNFINISHED},
        {"and then I ...", "en", true, TURN_WORDS_UNFINISHED},
        {"and then\xe2\x80\xa6", "en", true, TURN_WORDS_UNFINISHED},
        {"first, second,", "en", true, TURN_WORDS_COMMA},
        {"tell me about yourself", "en", false, TURN_WORDS_NONE},
        {"tell me about yourself", "en", true, TURN_WORDS_OPEN},
        {"AND", "en", false, TURN_WORDS_UNFINISHED},
        {"Erzählen Sie von der", "de", true, TURN_WORDS_UNFINISHED},
        {"Erzählen Sie von der", "en", true, TURN_WORDS_OPEN},
        {"¿Qué es la", "es", true, TURN_WORDS_UNFINISHED},
        {"\xe4\xbd\xa0\xe5\xa5\xbd\xe5\x90\x97\xef\xbc\x9f", "zh", true, TURN_WORDS_ASK},
        {"", "en", true, TURN_WORDS_NONE},
        {"?", "en", true, TURN_WORDS_NONE},
        {"   ", "", true, TURN_WORDS_NONE},
        {"a", NULL, true, TURN_WORDS_OPEN},
        {"and supercalifragilisticexpialidocious", "en", true, TURN_WORDS_OPEN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows_of_words) / sizeof(rows_of_words[0]); i++) {
        enum turn_words words =
            turn_words_of(rows_of_words[i].text, rows_of_words[i].language, rows_of_words[i].marks);

        if (words != rows_of_words[i].words)
            fail_msg("\"%s\" says %d", rows_of_words[i].text, words);
    }
}

static void test_paces_have_names(void **state)
{
    enum turn_pace pace = TURN_BALANCED;

    (void)state;
    assert_true(turn_pace_read("quick", &pace));
    assert_int_equal(pace, TURN_QUICK);
    assert_true(turn_pace_read("patient", &pace));
    assert_int_equal(pace, TURN_PATIENT);
    assert_false(turn_pace_read("slow", &pace));
    assert_false(turn_pace_read(NULL, &pace));
    assert_int_equal(pace, TURN_PATIENT);
}

/* ---- 732 windows of people's speech ---- */

enum { COLUMNS = 13 };

struct window {
    char kind[24];
    long pause_ms;
    float p; /* at 160 ms of silence, else at 200; -1: not measured */
    enum turn_words words;
};

/* id, set, kind, pause_ms, function_word_last, whisper_last, p at 100, 160, 200 ... */
static bool read_window(char *line, struct window *w)
{
    char *column[COLUMNS] = {NULL}, *last, *p;
    bool function_word;
    int n = 0;

    for (char *at = line; at && n < COLUMNS;)
        column[n++] = strsep(&at, "\t\n");
    if (n < COLUMNS - 1)
        return false;
    snprintf(w->kind, sizeof(w->kind), "%s", column[2]);
    w->pause_ms = atol(column[3]);
    function_word = *column[4] == '1';
    last = column[5];
    p = *column[7] ? column[7] : column[8];
    w->p = *p ? strtof(p, NULL) : -1;
    w->words = !strcmp(last, "?")                         ? TURN_WORDS_ASK
               : function_word                            ? TURN_WORDS_UNFINISHED
               : !strcmp(last, ".") || !strcmp(last, "!") ? TURN_WORDS_COMPLETE
               : !strcmp(last, "none")                    ? TURN_WORDS_OPEN
               : !strcmp(last, ",")                       ? TURN_WORDS_COMMA
               : *last                                    ? TURN_WORDS_UNFINISHED
                                                          : TURN_WORDS_NONE;
    return true;
}

static bool ends_within(const struct window *w, uint32_t ms, bool text)
{
    struct turn_policy policy = turn_policy_of(TURN_BALANCED);
    struct turn_pause pause = {.p = -1, .network = true};

    while (!pause.over && (pause.silence_ms += STEP) < ms) {
        if (pause.silence_ms >= 192) {
            pause.p = w->p < 0 ? 0 : w->p;
            pause.words = text ? w->words : TURN_WORDS_NONE;
        }
        while (turn_step(&policy, &pause) != TURN_STEP_WAIT)
            ;
    }
    return pause.over;
}

/* Pauses that are cut, of those inside a sentence: where a recogniser's words were taken down,
 * after cuts of any length; and the real ones, as long as they were. */
static void test_few_pauses_of_people_are_cut(void **state)
{
    static const struct {
        uint32_t ms;
        double limit;
    } made[] = {{300, 4}, {500, 5}, {800, 12}};
    int cut[4] = {0}, windows = 0, pauses = 0;
    char line[512];
    FILE *f;

    (void)state;
    if (!kit_has(kit_path("nn/turn/measured.tsv")))
        skip();
    f = fopen(kit_path("nn/turn/measured.tsv"), "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        struct window w;

        if (!read_window(line, &w))
            continue;
        if (!strcmp(w.kind, "inc_pause")) {
            pauses++;
            cut[3] += ends_within(&w, (uint32_t)w.pause_ms, true);
        }
        if (w.p < 0 || w.words == TURN_WORDS_NONE ||
            (strcmp(w.kind, "inc_func") && strcmp(w.kind, "inc_mid") &&
             strcmp(w.kind, "inc_comma")))
            continue;
        windows++;
        for (int i = 0; i < 3; i++)
            cut[i] += ends_within(&w, made[i].ms, true);
    }
    fclose(f);
    printf("# of %d pauses made by hand", windows);
    for (int i = 0; i < 3; i++)
        printf(", %.1f %% are cut at %u ms", 100.0 * cut[i] / windows, made[i].ms);
    printf("; of %d natural ones %.1f %%\n", pauses, 100.0 * cut[3] / pauses);
    assert_true(windows > 100 && pauses == 150);
    for (int i = 0; i < 3; i++)
        assert_true(100.0 * cut[i] <= made[i].limit * windows);
    assert_true(100.0 * cut[3] <= 15.0 * pauses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pauses_end_as_the_table_says),
        cmocka_unit_test(test_a_surer_end_is_never_later),
        cmocka_unit_test(test_words_say_whether_more_must_come),
        cmocka_unit_test(test_paces_have_names),
        cmocka_unit_test(test_few_pauses_of_people_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
