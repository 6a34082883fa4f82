/**
 * @file test/unit/live/resume.c  What a speaker remembers for a socket that vanished
 */
#include "live/resume.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>

enum { TOLD_MAX = 64 };

struct told {
    size_t count;
    struct {
        enum live_event_kind kind;
        uint32_t utterance;
        enum turn_state state;
        char text[64];
        size_t words;
        char last_word[32];
        uint32_t last_end_ms;
        float confidence;
        uint64_t latency_ms;
    } at[TOLD_MAX];
};

static void on_event(const struct live_event *event, void *arg)
{
    struct told *t = arg;
    const struct asr_result *res = event->kind == LIVE_FINAL ? event->words.result : NULL;
    size_t i = t->count++;

    assert_true(t->count <= TOLD_MAX);
    t->at[i].kind = event->kind;
    t->at[i].utterance = res ? event->words.utterance : event->turn.utterance;
    if (!res) {
        t->at[i].state = event->turn.state;
        return;
    }
    t->at[i].latency_ms = event->words.latency_ms;
    t->at[i].confidence = res->confidence;
    t->at[i].words = res->word_count;
    snprintf(t->at[i].text, sizeof(t->at[i].text), "%s", res->text);
    if (res->word_count) {
        const struct asr_word *last = &res->words[res->word_count - 1];

        snprintf(t->at[i].last_word, sizeof(t->at[i].last_word), "%s", last->text);
        t->at[i].last_end_ms = last->end_ms;
    }
}

/* Its texts are gone when this returns, as the recogniser's are. */
static void note_final(struct resume *memory, uint32_t utterance, size_t word_count)
{
    char text[] = "tell me more", one[] = "tell", two[] = "me", three[] = "more";
    struct asr_word words[] = {{one, 0, 10, 0.5f}, {two, 10, 20, 0.5f}, {three, 20, 30, 0.5f}};
    struct asr_result res = {
        .text = text, .confidence = 0.5f, .words = words, .word_count = word_count};

    resume_note(memory, &(struct live_event){
                            .kind = LIVE_FINAL,
                            .words = {.utterance = utterance, .result = &res, .latency_ms = 7}});
    memset(text, '#', sizeof(text) - 1);
    memset(one, '#', sizeof(one) - 1);
    memset(two, '#', sizeof(two) - 1);
    memset(three, '#', sizeof(three) - 1);
    memset(words, 0, sizeof(words));
    memset(&res, 0, sizeof(res));
}

static void note_turn(struct resume *memory, uint32_t utterance, enum turn_state state)
{
    resume_note(memory, &(struct live_event){.kind = LIVE_TURN,
                                             .turn = {.utterance = utterance, .state = state}});
}

static void what_was_said_is_told_again_as_it_was(void **state)
{
    struct told told = {.count = 0};
    struct resume memory;

    (void)state;
    resume_init(&memory, "a key");
    assert_string_equal(memory.key, "a key");
    note_final(&memory, 1, 3);
    note_turn(&memory, 1, TURN_ENDED);
    note_final(&memory, 2, 0);
    resume_tell(&memory, 0, on_event, &told);
    assert_int_equal(told.count, 3);
    assert_int_equal(told.at[0].kind, LIVE_FINAL);
    assert_int_equal(told.at[0].utterance, 1);
    assert_string_equal(told.at[0].text, "tell me more");
    assert_int_equal(told.at[0].words, 3);
    assert_string_equal(told.at[0].last_word, "more");
    assert_int_equal(told.at[0].last_end_ms, 30);
    assert_int_equal(told.at[0].latency_ms, 7);
    assert_true(told.at[0].confidence > 0.49f);
    assert_int_equal(told.at[1].kind, LIVE_TURN);
    assert_int_equal(told.at[1].state, TURN_ENDED);
    assert_int_equal(told.at[2].utterance, 2);
    assert_string_equal(told.at[2].text, "tell me more");
    assert_int_equal(told.at[2].words, 0);
    resume_release(&memory);
}

static void what_was_seen_is_not_told_again(void **state)
{
    struct told told = {.count = 0};
    struct resume memory;

    (void)state;
    resume_init(&memory, "a key");
    for (uint32_t i = 1; i <= 3; i++) {
        note_final(&memory, i, 3);
        note_turn(&memory, i, TURN_EAGER);
    }
    resume_tell(&memory, 2, on_event, &told);
    assert_int_equal(told.count, 2);
    assert_int_equal(told.at[0].utterance, 3);
    assert_int_equal(told.at[1].utterance, 3);
    resume_tell(&memory, 3, on_event, &told);
    assert_int_equal(told.count, 2);
    resume_release(&memory);
}

static void the_oldest_goes(void **state)
{
    struct told told = {.count = 0};
    struct resume memory;

    (void)state;
    resume_init(&memory, "a key");
    for (uint32_t i = 1; i <= RESUME_NOTES_MAX; i++)
        note_final(&memory, i, 1);
    resume_tell(&memory, 0, on_event, &told);
    assert_int_equal(told.count, RESUME_NOTES_MAX);
    for (uint32_t i = 1; i <= 3; i++)
        note_final(&memory, RESUME_NOTES_MAX + i, 1);
    told.count = 0;
    resume_tell(&memory, 0, on_event, &told);
    assert_int_equal(told.count, RESUME_NOTES_MAX);
    assert_int_equal(memory.count, RESUME_NOTES_MAX);
    assert_int_equal(told.at[0].utterance, 4);
    assert_int_equal(told.at[told.count - 1].utterance, RESUME_NOTES_MAX + 3);
    resume_release(&memory);
    assert_null(memory.first);
    note_final(&memory, 1, 1); /* and it may begin anew */
    told.count = 0;
    resume_tell(&memory, 0, on_event, &told);
    assert_int_equal(told.count, 1);
    resume_release(&memory);
}

static void who_cannot_come_back_costs_nothing(void **state)
{
    struct told told = {.count = 0};
    struct resume memory;

    (void)state;
    resume_init(&memory, NULL);
    note_final(&memory, 1, 3);
    assert_null(memory.first);
    resume_tell(&memory, 0, on_event, &told);
    assert_int_equal(told.count, 0);
    resume_release(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_said_is_told_again_as_it_was),
        cmocka_unit_test(what_was_seen_is_not_told_again),
        cmocka_unit_test(the_oldest_goes),
        cmocka_unit_test(who_cannot_come_back_costs_nothing),
    };

    return cmocka_run_group_tests_name("live/resume", tests, NULL, NULL);
}
