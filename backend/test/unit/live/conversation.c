/**
 * @file test/unit/live/conversation.c  Every phase and every event, and the histories that matter
 *
 * What a step does is written down as a line: the phase after it, and its actions in their order.
 * Where a line is missing the event cannot happen in that phase; then nothing may change.
 */
#include "live/conversation.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>

enum {
    SECOND = 1000000,
    NOBODY = 99, /* an id that nothing has */
};

/** What an event does in a phase: the one after it, and the actions. */
struct effect {
    const char *name;
    const char *after; /* NULL: it cannot happen */
    const char *does;
};

#define CANNOT_BE NULL, NULL

static const char *const phase_names[PHASE_COUNT] = {
    [PHASE_NONE] = "gone",
    [PHASE_ASKING_AHEAD] = "asking ahead",
    [PHASE_ASKING] = "asking",
    [PHASE_AHEAD] = "ahead",
    [PHASE_AHEAD_ANSWERED] = "ahead answered",
    [PHASE_ANSWERING] = "answering",
    [PHASE_STORING] = "storing",
    [PHASE_TOLD] = "told",
    [PHASE_GIVING_WAY] = "giving way",
};

static const char *const presence_names[SPEAKER_PRESENCES] = {
    [SPEAKER_NONE] = "gone",
    [SPEAKER_PRESENT] = "present",
    [SPEAKER_STOPPING] = "stopping",
    [SPEAKER_DONE] = "done",
    [SPEAKER_PARKED] = "parked",
    [SPEAKER_PARKED_STOPPING] = "parked stopping",
    [SPEAKER_PARKED_DONE] = "parked done",
    [SPEAKER_LEAVING] = "leaving",
};

static const char *const action_names[] = {
    [DO_ASK] = "ask",
    [DO_REFUSE] = "refuse",
    [DO_SUPERSEDE] = "supersede",
    [DO_INTERRUPT] = "interrupt",
    [DO_CONFIRM] = "confirm",
    [DO_REWORD] = "reword",
    [DO_STORE_QUESTION] = "store-question",
    [DO_STORE_ANSWER] = "store-answer",
    [DO_KEEP] = "keep",
    [DO_ERASE] = "erase",
    [DO_TELL] = "tell",
    [DO_TELL_END] = "tell-end",
    [DO_CATCH_UP] = "catch-up",
    [DO_FORGET] = "forget",
    [DO_BEGIN_TURN] = "begin-turn",
    [DO_REMARK] = "remark",
    [DO_KEEP_WORDS] = "keep-words",
    [DO_RESTORE_REMARK] = "restore-remark",
    [DO_ERASE_REMARK] = "erase-remark",
    [DO_LEAVE_REMARK] = "leave-remark",
    [DO_STOP_HEARING] = "stop-hearing",
    [DO_PARK] = "park",
    [DO_UNPARK] = "unpark",
    [DO_TELL_TAKEN] = "tell-taken",
    [DO_TELL_DONE] = "tell-done",
    [DO_TELL_FATAL] = "tell-fatal",
    [DO_DROP_SPEAKER] = "drop-speaker",
    [DO_END] = "end",
};

struct talk {
    struct conversation c;
    struct conversation_actions did;
    char line[1024];
    uint64_t speaker;
    uint32_t utterance;
    uint64_t now_us;
};

/* The actions as words; with marks for what they say besides. */
static const char *line_of(struct talk *t)
{
    size_t len = 0;

    t->line[0] = '\0';
    for (size_t i = 0; i < t->did.count; i++) {
        const struct conversation_action *a = &t->did.at[i];

        len += (size_t)snprintf(
            t->line + len, sizeof(t->line) - len, "%s%s%s%s%s%s%s", i ? " " : "",
            action_names[a->kind], a->kind == DO_ASK && a->ahead ? "!ahead" : "",
            a->kind == DO_ASK && a->other ? "!in-place" : "", a->row ? "!row" : "",
            a->kind == DO_TELL_END && a->ok ? "!kept" : "", a->superseded ? "!superseded" : "");
    }
    return t->line;
}

static bool step(struct talk *t, struct conversation_event event)
{
    struct conversation before = t->c;
    bool possible;

    if (!event.at_us)
        event.at_us = t->now_us;
    possible = conversation_step(&t->c, &event, &t->did);
    if (!possible) {
        assert_memory_equal(&before, &t->c, sizeof(before));
        assert_int_equal(t->did.count, 0);
    }
    return possible;
}

#define DOES(t, actions, ...)                                                                      \
    do {                                                                                           \
        assert_true(step(t, (struct conversation_event){__VA_ARGS__}));                            \
        assert_string_equal(line_of(t), actions);                                                  \
    } while (0)

#define CANNOT(t, ...) assert_false(step(t, (struct conversation_event){__VA_ARGS__}))

static void begin(struct talk *t)
{
    memset(t, 0, sizeof(*t)); /* padding too: states are compared as bytes */
    conversation_init(&t->c, 0);
    t->now_us = SECOND;
    DOES(t, "", .kind = CONVERSATION_JOINED);
    DOES(t, "", .kind = CONVERSATION_OPENED, .keyed = true);
    t->speaker = t->c.last_id;
}

static struct conversation_exchange *current(struct talk *t)
{
    return conversation_exchange(&t->c, t->c.current);
}

static struct conversation_speaker *speaker(struct talk *t)
{
    return conversation_speaker(&t->c, t->speaker);
}

#define QUESTION                                                                                   \
    {                                                                                              \
        .words = true, .question = true, .count = 9                                                \
    }
#define SAME                                                                                       \
    {                                                                                              \
        .words = true, .question = true, .same = true, .count = 9                                  \
    }
#define REWORDED                                                                                   \
    {                                                                                              \
        .words = true, .question = true, .same = true, .changed = true, .count = 12                \
    }
#define APART                                                                                      \
    {                                                                                              \
        .words = true, .question = true, .apart = true, .count = 9                                 \
    }
#define STATEMENT                                                                                  \
    {                                                                                              \
        .words = true, .count = 9                                                                  \
    }
#define LEAD_IN                                                                                    \
    {                                                                                              \
        .words = true, .count = 2                                                                  \
    }
#define NOTHING                                                                                    \
    {                                                                                              \
        .words = false                                                                             \
    }

/* ----------------------------------------------------------------- ways into a phase */

static void utter(struct talk *t)
{
    t->utterance++;
    DOES(t, t->utterance == 1 || !speaker(t)->turn.utterances ? "begin-turn" : "",
         .kind = CONVERSATION_PARTIAL, .speaker = t->speaker, .utterance = t->utterance,
         .start_ms = t->utterance * 1000, .said = {.words = true});
}

static void ask_ahead(struct talk *t)
{
    utter(t);
    DOES(t, "ask!ahead", .kind = CONVERSATION_EAGER, .speaker = t->speaker,
         .utterance = t->utterance, .said = QUESTION);
}

static void reach(struct talk *t, enum phase phase)
{
    begin(t);
    if (phase == PHASE_NONE)
        return;
    if (phase == PHASE_ASKING) {
        utter(t);
        DOES(t, "ask", .kind = CONVERSATION_ENDED, .speaker = t->speaker, .said = QUESTION);
        return;
    }
    ask_ahead(t);
    if (phase == PHASE_ASKING_AHEAD)
        return;
    DOES(t, "", .kind = CONVERSATION_ASKED, .exchange = t->c.last_id);
    if (phase == PHASE_AHEAD_ANSWERED)
        DOES(t, "", .kind = CONVERSATION_ANSWERED, .exchange = t->c.current);
    if (phase == PHASE_GIVING_WAY) {
        DOES(t, "supersede remark", .kind = CONVERSATION_ENDED, .speaker = t->speaker,
             .said = STATEMENT);
        return;
    }
    if (phase == PHASE_AHEAD || phase == PHASE_AHEAD_ANSWERED)
        return;
    DOES(t, "confirm store-question", .kind = CONVERSATION_ENDED, .speaker = t->speaker,
         .end_ms = 1900, .said = SAME);
    if (phase == PHASE_ANSWERING)
        return;
    DOES(t, "store-answer", .kind = CONVERSATION_ANSWERED, .exchange = t->c.current);
    if (phase == PHASE_TOLD)
        DOES(t, "tell-end!kept", .kind = CONVERSATION_STORED, .exchange = t->c.current, .ok = true);
}

/* -------------------------------------------------------- the table of a question's phases */

static const struct {
    const char *name;
    struct conversation_event event;
    bool of_exchange;
    bool of_speaker;
} happenings[] = {
    {"asked", {.kind = CONVERSATION_ASKED}, .of_exchange = true},
    {"refused", {.kind = CONVERSATION_REFUSED}, .of_exchange = true},
    {"progress", {.kind = CONVERSATION_PROGRESS}, .of_exchange = true},
    {"streamed", {.kind = CONVERSATION_STREAMED}, .of_exchange = true},
    {"answered", {.kind = CONVERSATION_ANSWERED}, .of_exchange = true},
    {"stored", {.kind = CONVERSATION_STORED, .ok = true}, .of_exchange = true},
    {"corrected", {.kind = CONVERSATION_CORRECTED}, .of_exchange = true},
    {"eager same", {.kind = CONVERSATION_EAGER, .utterance = 1, .said = SAME}, .of_speaker = true},
    {"eager other",
     {.kind = CONVERSATION_EAGER, .utterance = 1, .said = QUESTION},
     .of_speaker = true},
    {"resumed", {.kind = CONVERSATION_RESUMED, .utterance = 1}, .of_speaker = true},
    {"final same", {.kind = CONVERSATION_ENDED, .said = SAME}, .of_speaker = true},
    {"final reworded", {.kind = CONVERSATION_ENDED, .said = REWORDED}, .of_speaker = true},
    {"final other", {.kind = CONVERSATION_ENDED, .said = QUESTION}, .of_speaker = true},
    {"final statement", {.kind = CONVERSATION_ENDED, .said = STATEMENT}, .of_speaker = true},
    {"final nothing", {.kind = CONVERSATION_ENDED, .said = {.words = false}}, .of_speaker = true},
    {"give up", {.kind = CONVERSATION_GIVE_UP, .said = STATEMENT}, .of_speaker = true},
    {"typed", {.kind = CONVERSATION_TYPED}, false, false},
    {"interrupt", {.kind = CONVERSATION_INTERRUPT}, false, false},
    {"listened", {.kind = CONVERSATION_LISTENED}, false, false},
    {"shutdown", {.kind = CONVERSATION_SHUTDOWN}, false, false},
};

enum { HAPPENINGS = sizeof(happenings) / sizeof(happenings[0]) };

static const struct effect effects[PHASE_COUNT][HAPPENINGS] =
    {
        [PHASE_NONE] =
            {
                {"asked", CANNOT_BE},           {"refused", CANNOT_BE},
                {"progress", CANNOT_BE},        {"streamed", CANNOT_BE},
                {"answered", CANNOT_BE},        {"stored", CANNOT_BE},
                {"corrected", CANNOT_BE},       {"eager same", "gone", ""},
                {"eager other", "gone", ""},    {"resumed", "gone", ""},
                {"final same", "gone", "ask"},  {"final reworded", "gone", "ask"},
                {"final other", "gone", "ask"}, {"final statement", "gone", "remark"},
                {"final nothing", "gone", ""},  {"give up", "gone", "remark drop-speaker"},
                {"typed", "gone", "ask"},       {"interrupt", "gone", ""},
                {"listened", "gone", ""},       {"shutdown", "gone", ""},
            },
        [PHASE_ASKING_AHEAD] =
            {
                {"asked", "ahead", ""},       {"refused", "gone", "forget"},
                {"progress", CANNOT_BE},      {"streamed", CANNOT_BE},
                {"answered", CANNOT_BE},      {"stored", CANNOT_BE},
                {"corrected", CANNOT_BE},     {"eager same", CANNOT_BE},
                {"eager other", CANNOT_BE},   {"resumed", CANNOT_BE},
                {"final same", CANNOT_BE},    {"final reworded", CANNOT_BE},
                {"final other", CANNOT_BE},   {"final statement", CANNOT_BE},
                {"final nothing", CANNOT_BE}, {"give up", CANNOT_BE},
                {"typed", CANNOT_BE},         {"interrupt", CANNOT_BE},
                {"listened", CANNOT_BE},      {"shutdown", CANNOT_BE},
            },
        [PHASE_ASKING] =
            {
                {"asked", "answering", "store-question"},
                {"refused", "gone", "forget remark"},
                {"progress", CANNOT_BE},
                {"streamed", CANNOT_BE},
                {"answered", CANNOT_BE},
                {"stored", CANNOT_BE},
                {"corrected", CANNOT_BE},
                {"eager same", CANNOT_BE},
                {"eager other", CANNOT_BE},
                {"resumed", CANNOT_BE},
                {"final same", CANNOT_BE},
                {"final reworded", CANNOT_BE},
                {"final other", CANNOT_BE},
                {"final statement", CANNOT_BE},
                {"final nothing", CANNOT_BE},
                {"give up", CANNOT_BE},
                {"typed", CANNOT_BE},
                {"interrupt", CANNOT_BE},
                {"listened", CANNOT_BE},
                {"shutdown", CANNOT_BE},
            },
        [PHASE_AHEAD] =
            {
                {"asked", CANNOT_BE},
                {"refused", CANNOT_BE},
                {"progress", "ahead", "tell"},
                {"streamed", "ahead", "tell"},
                {"answered", "ahead answered", ""},
                {"stored", CANNOT_BE},
                {"corrected", CANNOT_BE},
                {"eager same", "ahead", ""},
                {"eager other", "ahead", "ask!ahead!in-place"},
                {"resumed", "ahead", ""},
                {"final same", "answering", "confirm store-question"},
                {"final reworded", "answering", "confirm store-question"},
                {"final other", "ahead", "ask!in-place"},
                {"final statement", "giving way", "supersede remark"},
                {"final nothing", "giving way", "supersede"},
                {"give up", "answering", "confirm store-question drop-speaker"},
                {"typed", "ahead", "ask"},
                {"interrupt", "ahead", "interrupt"},
                {"listened", "ahead", "catch-up"},
                {"shutdown", "giving way", "supersede"},
            },
        [PHASE_AHEAD_ANSWERED] =
            {
                {"asked", CANNOT_BE},
                {"refused", CANNOT_BE},
                {"progress", CANNOT_BE},
                {"streamed", CANNOT_BE},
                {"answered", CANNOT_BE},
                {"stored", CANNOT_BE},
                {"corrected", CANNOT_BE},
                {"eager same", "ahead answered", ""},
                {"eager other", "ahead answered", "ask!ahead!in-place"},
                {"resumed", "ahead answered", ""},
                {"final same", "storing", "confirm store-answer"},
                {"final reworded", "storing", "confirm store-answer"},
                {"final other", "ahead answered", "ask!in-place"},
                {"final statement", "gone", "tell-end!superseded forget remark"},
                {"final nothing", "gone", "tell-end!superseded forget"},
                {"give up", "storing", "confirm store-answer drop-speaker"},
                {"typed", "ahead answered", "ask"},
                {"interrupt", "ahead answered", ""},
                {"listened", "ahead answered", "catch-up"},
                {"shutdown", "gone", "tell-end!superseded forget"},
            },
        [PHASE_ANSWERING] =
            {
                {"asked", CANNOT_BE},
                {"refused", CANNOT_BE},
                {"progress", "answering", "tell"},
                {"streamed", "answering", "tell"},
                {"answered", "storing", "store-answer"},
                {"stored", CANNOT_BE},
                {"corrected", "answering", "store-question"},
                {"eager same", "answering", ""},
                {"eager other", "answering", "ask!ahead!in-place"},
                {"resumed", "answering", ""},
                {"final same", "answering", ""},
                {"final reworded", "answering", "reword"},
                {"final other", "answering", "ask!in-place"},
                {"final statement", "answering", "remark"},
                {"final nothing", "answering", ""},
                {"give up", "answering", "remark drop-speaker"},
                {"typed", "answering", "ask"},
                {"interrupt", "answering", "interrupt"},
                {"listened", "answering", "catch-up"},
                {"shutdown", "answering", "interrupt"},
            },
        [PHASE_STORING] =
            {
                {"asked", CANNOT_BE},
                {"refused", CANNOT_BE},
                {"progress", CANNOT_BE},
                {"streamed", CANNOT_BE},
                {"answered", CANNOT_BE},
                {"stored", "told", "tell-end!kept"},
                {"corrected", "storing", "store-question"},
                {"eager same", "storing", ""},
                {"eager other", "storing", "ask!ahead!in-place"},
                {"resumed", "storing", ""},
                {"final same", "storing", ""},
                {"final reworded", "storing", "reword"},
                {"final other", "storing", "ask!in-place"},
                {"final statement", "storing", "remark"},
                {"final nothing", "storing", ""},
                {"give up", "storing", "remark drop-speaker"},
                {"typed", "storing", "ask"},
                {"interrupt", "storing", ""},
                {"listened", "storing", "catch-up"},
                {"shutdown", "storing", ""},
            },
        [PHASE_TOLD] =
            {
                {"asked", CANNOT_BE},
                {"refused", CANNOT_BE},
                {"progress", CANNOT_BE},
                {"streamed", CANNOT_BE},
                {"answered", CANNOT_BE},
                {"stored", CANNOT_BE},
                {"corrected", "told", "store-question"},
                {"eager same", "told", ""},
                {"eager other", "told", "ask!ahead!in-place"},
                {"resumed", "told", ""},
                {"final same", "told", ""},
                {"final reworded", "told", "reword"},
                {"final other", "told", "ask!in-place"},
                {"final statement", "told", "remark"},
                {"final nothing", "told", ""},
                {"give up", "told", "remark drop-speaker"},
                {"typed", "told", "ask"},
                {"interrupt", "told", ""},
                {"listened", "told", ""},
                {"shutdown", "told", ""},
            },
        [PHASE_GIVING_WAY] =
            {
                {"asked", CANNOT_BE},
                {"refused", CANNOT_BE},
                {"progress", "giving way", "tell"},
                {"streamed", CANNOT_BE},
                {"answered", "gone", "tell-end forget"},
                {"stored", CANNOT_BE},
                {"corrected", CANNOT_BE},
                {"eager same", "giving way", "ask!ahead!row"},
                {"eager other", "giving way", "ask!ahead!row"},
                {"resumed", "giving way", ""},
                {"final same", "giving way", "ask!row"},
                {"final reworded", "giving way", "ask!row"},
                {"final other", "giving way", "ask!row"},
                {"final statement", "giving way", "remark!row"},
                {"final nothing", "giving way", ""},
                {"give up", "giving way", "remark!row drop-speaker"},
                {"typed", "giving way", "ask"},
                {"interrupt", "giving way", ""},
                {"listened", "giving way", ""},
                {"shutdown", "giving way", ""},
            },
};

static const struct {
    const char *name;
    struct conversation_event event;
} comings[] = {
    {"partial",
     {.kind = CONVERSATION_PARTIAL, .utterance = 2, .start_ms = 9000, .said = {.words = true}}},
    {"final", {.kind = CONVERSATION_FINAL, .utterance = 2, .start_ms = 9000}},
    {"eager", {.kind = CONVERSATION_EAGER, .utterance = 1, .said = QUESTION}},
    {"resumed", {.kind = CONVERSATION_RESUMED, .utterance = 1}},
    {"ended", {.kind = CONVERSATION_ENDED, .said = STATEMENT}},
    {"stop", {.kind = CONVERSATION_STOP}},
    {"heard all", {.kind = CONVERSATION_HEARD_ALL, .said = STATEMENT}},
    {"broke", {.kind = CONVERSATION_BROKE}},
    {"close", {.kind = CONVERSATION_CLOSE, .said = STATEMENT}},
    {"vanish", {.kind = CONVERSATION_VANISH}},
    {"come back", {.kind = CONVERSATION_COME_BACK}},
    {"nobody came", {.kind = CONVERSATION_NOBODY_CAME}},
    {"give up", {.kind = CONVERSATION_GIVE_UP, .said = STATEMENT}},
};

enum { COMINGS = sizeof(comings) / sizeof(comings[0]) };

static void be(struct talk *t, enum presence presence)
{
    bool stopped = presence == SPEAKER_STOPPING || presence == SPEAKER_DONE ||
                   presence == SPEAKER_PARKED_STOPPING || presence == SPEAKER_PARKED_DONE;
    bool done = presence == SPEAKER_DONE || presence == SPEAKER_PARKED_DONE;
    bool parked = presence == SPEAKER_PARKED || presence == SPEAKER_PARKED_STOPPING ||
                  presence == SPEAKER_PARKED_DONE;

    begin(t);
    utter(t);
    if (stopped)
        DOES(t, "stop-hearing", .kind = CONVERSATION_STOP, .speaker = t->speaker);
    if (done)
        DOES(t, "tell-done", .kind = CONVERSATION_HEARD_ALL, .speaker = t->speaker);
    if (parked)
        DOES(t, "park", .kind = CONVERSATION_VANISH, .speaker = t->speaker);
    if (presence == SPEAKER_LEAVING)
        DOES(t, "stop-hearing", .kind = CONVERSATION_CLOSE, .speaker = t->speaker);
    assert_int_equal(speaker(t)->presence, presence);
}

static const struct effect changes[SPEAKER_PRESENCES][COMINGS] =
    {
        [SPEAKER_PRESENT] =
            {
                {"partial", "present", "begin-turn"},
                {"final", "present", "begin-turn"},
                {"eager", "present", "ask!ahead"},
                {"resumed", "present", ""},
                {"ended", "present", "remark"},
                {"stop", "stopping", "stop-hearing"},
                {"heard all", "done", ""},
                {"broke", "present", "tell-fatal"},
                {"close", "leaving", "stop-hearing"},
                {"vanish", "parked", "park"},
                {"come back", "present", "tell-taken"},
                {"nobody came", CANNOT_BE},
                {"give up", "gone", "remark drop-speaker"},
            },
        [SPEAKER_STOPPING] =
            {
                {"partial", "stopping", "begin-turn"},
                {"final", "stopping", "begin-turn"},
                {"eager", "stopping", "ask!ahead"},
                {"resumed", "stopping", ""},
                {"ended", "stopping", "remark"},
                {"stop", "stopping", ""},
                {"heard all", "done", "tell-done"},
                {"broke", "stopping", "tell-fatal"},
                {"close", "leaving", ""},
                {"vanish", "parked stopping", "park"},
                {"come back", "stopping", "tell-taken"},
                {"nobody came", CANNOT_BE},
                {"give up", "gone", "remark drop-speaker"},
            },
        [SPEAKER_DONE] =
            {
                {"partial", CANNOT_BE},
                {"final", CANNOT_BE},
                {"eager", CANNOT_BE},
                {"resumed", CANNOT_BE},
                {"ended", CANNOT_BE},
                {"stop", "done", ""},
                {"heard all", CANNOT_BE},
                {"broke", CANNOT_BE},
                {"close", "gone", "remark drop-speaker"},
                {"vanish", "parked done", "park"},
                {"come back", "done", "tell-taken"},
                {"nobody came", CANNOT_BE},
                {"give up", "gone", "remark drop-speaker"},
            },
        [SPEAKER_PARKED] =
            {
                {"partial", "parked", "begin-turn"},
                {"final", "parked", "begin-turn"},
                {"eager", "parked", "ask!ahead"},
                {"resumed", "parked", ""},
                {"ended", "parked", "remark"},
                {"stop", CANNOT_BE},
                {"heard all", "parked done", ""},
                {"broke", "leaving", "unpark"},
                {"close", CANNOT_BE},
                {"vanish", CANNOT_BE},
                {"come back", "present", "unpark"},
                {"nobody came", "leaving", "stop-hearing"},
                {"give up", "gone", "remark drop-speaker"},
            },
        [SPEAKER_PARKED_STOPPING] =
            {
                {"partial", "parked stopping", "begin-turn"},
                {"final", "parked stopping", "begin-turn"},
                {"eager", "parked stopping", "ask!ahead"},
                {"resumed", "parked stopping", ""},
                {"ended", "parked stopping", "remark"},
                {"stop", CANNOT_BE},
                {"heard all", "parked done", ""},
                {"broke", "leaving", "unpark"},
                {"close", CANNOT_BE},
                {"vanish", CANNOT_BE},
                {"come back", "stopping", "unpark"},
                {"nobody came", "leaving", ""},
                {"give up", "gone", "remark drop-speaker"},
            },
        [SPEAKER_PARKED_DONE] =
            {
                {"partial", CANNOT_BE},
                {"final", CANNOT_BE},
                {"eager", CANNOT_BE},
                {"resumed", CANNOT_BE},
                {"ended", CANNOT_BE},
                {"stop", CANNOT_BE},
                {"heard all", CANNOT_BE},
                {"broke", CANNOT_BE},
                {"close", CANNOT_BE},
                {"vanish", CANNOT_BE},
                {"come back", "done", "unpark"},
                {"nobody came", "gone", "drop-speaker"},
                {"give up", "gone", "remark drop-speaker"},
            },
        [SPEAKER_LEAVING] =
            {
                {"partial", "leaving", "begin-turn"},
                {"final", "leaving", "begin-turn"},
                {"eager", "leaving", "ask!ahead"},
                {"resumed", "leaving", ""},
                {"ended", "leaving", "remark"},
                {"stop", CANNOT_BE},
                {"heard all", "gone", "remark drop-speaker"},
                {"broke", "leaving", ""},
                {"close", CANNOT_BE},
                {"vanish", CANNOT_BE},
                {"come back", CANNOT_BE},
                {"nobody came", CANNOT_BE},
                {"give up", "gone", "remark drop-speaker"},
            },
};

static void every_event_in_every_phase_does_what_the_table_says(void **state)
{
    struct talk t;

    (void)state;
    for (enum phase p = PHASE_NONE; p < PHASE_COUNT; p++) {
        for (size_t i = 0; i < HAPPENINGS; i++) {
            const struct effect *effect = &effects[p][i];
            struct conversation_event e = happenings[i].event;
            const struct conversation_exchange *x;
            uint64_t id;

            assert_string_equal(effect->name, happenings[i].name);
            reach(&t, p);
            id = p == PHASE_NONE                                ? NOBODY
                 : p == PHASE_ASKING || p == PHASE_ASKING_AHEAD ? t.c.last_id
                                                                : t.c.exchanges[0].id;
            if (happenings[i].of_exchange)
                e.exchange = id;
            if (happenings[i].of_speaker)
                e.speaker = t.speaker;
            print_message("%s: %s\n", phase_names[p], effect->name);
            if (!effect->after) {
                assert_false(step(&t, e));
                continue;
            }
            assert_true(step(&t, e));
            assert_string_equal(line_of(&t), effect->does);
            x = conversation_exchange(&t.c, id);
            assert_string_equal(phase_names[x ? x->phase : PHASE_NONE], effect->after);
        }
    }
}

static void every_event_of_a_speaker_does_what_the_table_says(void **state)
{
    struct talk t;

    (void)state;
    for (enum presence p = SPEAKER_PRESENT; p < SPEAKER_PRESENCES; p++) {
        for (size_t i = 0; i < COMINGS; i++) {
            const struct effect *change = &changes[p][i];
            struct conversation_event e = comings[i].event;

            assert_string_equal(change->name, comings[i].name);
            be(&t, p);
            e.speaker = t.speaker;
            print_message("%s: %s\n", presence_names[p], change->name);
            if (!change->after) {
                assert_false(step(&t, e));
                continue;
            }
            assert_true(step(&t, e));
            assert_string_equal(line_of(&t), change->does);
            assert_string_equal(presence_names[speaker(&t) ? speaker(&t)->presence : SPEAKER_NONE],
                                change->after);
        }
    }
}

/* -------------------------------------------------------------------------- histories */

static void an_eager_answer_is_kept_when_the_final_means_the_same(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_AHEAD);
    assert_int_equal(current(&t)->number, 1);
    DOES(&t, "tell", .kind = CONVERSATION_STREAMED, .exchange = t.c.current);
    DOES(&t, "confirm store-question", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = SAME);
    DOES(&t, "store-answer", .kind = CONVERSATION_ANSWERED, .exchange = t.c.current);
    DOES(&t, "tell-end!kept", .kind = CONVERSATION_STORED, .exchange = t.c.current, .ok = true);
    assert_int_equal(t.c.questions, 1);
}

static void another_final_takes_the_place_of_the_eager_question(void **state)
{
    struct talk t;
    uint64_t old;

    (void)state;
    reach(&t, PHASE_AHEAD);
    old = t.c.current;
    DOES(&t, "ask!in-place", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = QUESTION);
    assert_int_equal(t.c.current, old); /* until it is known that it was taken */
    DOES(&t, "supersede store-question", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    assert_int_equal(t.c.current, t.c.last_id);
    assert_int_equal(current(&t)->number, 1);
    assert_int_equal(t.c.questions, 1);
    DOES(&t, "tell-end forget", .kind = CONVERSATION_ANSWERED, .exchange = old);
}

static void another_final_that_is_refused_leaves_the_eager_one(void **state)
{
    struct talk t;
    uint64_t old;

    (void)state;
    reach(&t, PHASE_AHEAD);
    old = t.c.current;
    DOES(&t, "ask!in-place", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = QUESTION);
    DOES(&t, "forget remark", .kind = CONVERSATION_REFUSED, .exchange = t.c.last_id);
    assert_int_equal(t.c.current, old);
    assert_int_equal(t.c.questions, 1);
}

static void who_goes_on_after_an_eager_end_is_asked_again_in_place(void **state)
{
    struct talk t;
    uint64_t old;

    (void)state;
    reach(&t, PHASE_AHEAD);
    old = t.c.current;
    DOES(&t, "", .kind = CONVERSATION_RESUMED, .speaker = t.speaker, .utterance = 1);
    DOES(&t, "ask!ahead!in-place", .kind = CONVERSATION_EAGER, .speaker = t.speaker, .utterance = 1,
         .said = QUESTION);
    DOES(&t, "supersede", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    DOES(&t, "tell-end forget", .kind = CONVERSATION_ANSWERED, .exchange = old);
    DOES(&t, "confirm store-question", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = SAME);
    assert_int_equal(t.c.questions, 1);
    assert_int_equal(current(&t)->number, 1);
}

static void an_eager_end_of_an_utterance_that_is_over_asks_nothing(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    utter(&t);
    DOES(&t, "", .kind = CONVERSATION_EAGER, .speaker = t.speaker, .utterance = 7,
         .said = QUESTION);
}

/* The second utterance begins at start_ms; the first ended at 1,900. */
static void second_utterance(struct talk *t, uint64_t start_ms, const char *does)
{
    t->utterance++;
    DOES(t, does, .kind = CONVERSATION_FINAL, .speaker = t->speaker, .utterance = t->utterance,
         .start_ms = start_ms);
}

static void utterances_of_one_question_are_joined(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_ANSWERING);
    second_utterance(&t, 1900 + CONVERSATION_JOIN_GAP_MS, "");
    DOES(&t, "reword", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = REWORDED);
    assert_int_equal(t.c.questions, 1);

    reach(&t, PHASE_ANSWERING);
    second_utterance(&t, 1900 + CONVERSATION_JOIN_GAP_MS + 1, "begin-turn");
    DOES(&t, "ask", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = QUESTION);
    DOES(&t, "supersede store-question", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    assert_int_equal(current(&t)->number, 2);
}

/* "An inner join", and then "… and a left join": a word that carries meaning is new. */
static void a_longer_version_takes_the_place_and_is_answered_anew(void **state)
{
    static const enum phase phases[] = {PHASE_ANSWERING, PHASE_TOLD};
    static const char *const gives_way[] = {"supersede store-question", "forget store-question"};
    struct talk t;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint64_t half;

        reach(&t, phases[i]);
        half = t.c.current;
        second_utterance(&t, 2000, "");
        DOES(&t, "ask!in-place", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
             .said = QUESTION);
        assert_int_equal(t.did.at[0].other, half); /* whose words leave the memory */
        DOES(&t, gives_way[i], .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
        assert_int_equal(t.c.questions, 1);
        assert_int_equal(current(&t)->number, 1);
        assert_int_equal(t.c.discarded, 0); /* it was no early start */
        if (phases[i] == PHASE_ANSWERING)   /* nothing of the half is stored */
            DOES(&t, "tell-end forget", .kind = CONVERSATION_ANSWERED, .exchange = half);
        assert_null(conversation_exchange(&t.c, half));
    }
}

static void only_so_many_utterances_are_joined(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_ANSWERING);
    for (int i = 1; i < CONVERSATION_JOINS_MAX; i++) {
        second_utterance(&t, 2000, "");
        DOES(&t, "", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 1900,
             .said = SAME);
    }
    second_utterance(&t, 2000, "begin-turn");
}

static void a_few_words_lead_into_the_question_that_follows(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    utter(&t);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 1900,
         .said = LEAD_IN);
    second_utterance(&t, 2500, "");
    DOES(&t, "ask!ahead!row", .kind = CONVERSATION_EAGER, .speaker = t.speaker, .utterance = 2,
         .said = QUESTION);
    DOES(&t, "", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    DOES(&t, "confirm store-question leave-remark", .kind = CONVERSATION_ENDED,
         .speaker = t.speaker, .end_ms = 1900, .said = SAME);

    second_utterance(&t, 2500, ""); /* and has no row of its own any more */
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = STATEMENT);

    begin(&t); /* a whole sentence does not */
    utter(&t);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 1900,
         .said = STATEMENT);
    second_utterance(&t, 2500, "begin-turn");
}

static void a_lead_in_keeps_its_row_when_no_question_follows(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    utter(&t);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 1900,
         .said = LEAD_IN);
    second_utterance(&t, 2500, "");
    DOES(&t, "ask!ahead!row", .kind = CONVERSATION_EAGER, .speaker = t.speaker, .utterance = 2,
         .said = QUESTION);
    DOES(&t, "", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    DOES(&t, "supersede remark!row", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = STATEMENT);
    assert_int_equal(t.c.questions, 0);
}

static void a_question_superseded_while_it_is_stored_is_told_as_kept(void **state)
{
    struct talk t;
    uint64_t old;

    (void)state;
    reach(&t, PHASE_STORING);
    old = t.c.current;
    DOES(&t, "ask", .kind = CONVERSATION_TYPED);
    DOES(&t, "store-question", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    DOES(&t, "tell-end!kept forget", .kind = CONVERSATION_STORED, .exchange = old, .ok = true);
}

static void a_write_that_failed_is_told_as_not_kept(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_STORING);
    DOES(&t, "tell-end", .kind = CONVERSATION_STORED, .exchange = t.c.current);
}

static void a_typed_question_supersedes_one_of_its_own_right(void **state)
{
    struct talk t;
    uint64_t old;

    (void)state;
    reach(&t, PHASE_ANSWERING);
    old = t.c.current;
    DOES(&t, "ask", .kind = CONVERSATION_TYPED);
    DOES(&t, "supersede store-question", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    assert_int_equal(current(&t)->number, 2);
    DOES(&t, "store-answer", .kind = CONVERSATION_ANSWERED, .exchange = old); /* it is kept */
    DOES(&t, "tell-end!kept forget", .kind = CONVERSATION_STORED, .exchange = old, .ok = true);

    reach(&t, PHASE_AHEAD); /* one that was only looked ahead to is not */
    old = t.c.current;
    DOES(&t, "ask", .kind = CONVERSATION_TYPED);
    DOES(&t, "supersede store-question", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    DOES(&t, "tell-end forget", .kind = CONVERSATION_ANSWERED, .exchange = old);

    reach(&t, PHASE_TOLD);
    DOES(&t, "ask", .kind = CONVERSATION_TYPED);
    DOES(&t, "forget store-question", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
}

static void a_number_goes_back_only_where_it_was_new(void **state)
{
    struct talk t;
    uint64_t old;

    (void)state;
    reach(&t, PHASE_AHEAD);
    assert_int_equal(t.c.questions, 1);
    DOES(&t, "supersede remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = STATEMENT);
    assert_int_equal(t.c.questions, 0);
    assert_int_equal(t.c.current, 0);

    reach(&t, PHASE_ANSWERING); /* its number is in the store already */
    old = t.c.current;
    second_utterance(&t, 2500, "");
    DOES(&t, "ask!ahead!in-place", .kind = CONVERSATION_EAGER, .speaker = t.speaker, .utterance = 2,
         .said = QUESTION);
    DOES(&t, "supersede", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    DOES(&t, "supersede remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = STATEMENT);
    assert_int_equal(t.c.questions, 1);
    DOES(&t, "tell-end forget", .kind = CONVERSATION_ANSWERED, .exchange = old);
}

static void an_interrupt_before_the_final_ends_the_answer_and_keeps_the_question(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_AHEAD);
    DOES(&t, "interrupt", .kind = CONVERSATION_INTERRUPT);
    DOES(&t, "", .kind = CONVERSATION_ANSWERED, .exchange = t.c.current);
    DOES(&t, "", .kind = CONVERSATION_INTERRUPT);
    DOES(&t, "confirm store-answer", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = SAME);
}

static void the_candidate_is_never_asked(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    DOES(&t, "", .kind = CONVERSATION_OPENED, .candidate = true);
    t.speaker = t.c.last_id;
    utter(&t);
    DOES(&t, "", .kind = CONVERSATION_EAGER, .speaker = t.speaker, .utterance = 1,
         .said = QUESTION);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = QUESTION);
}

static void what_was_said_on_a_socket_that_is_gone_is_heard_and_answered(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    utter(&t);
    DOES(&t, "stop-hearing", .kind = CONVERSATION_CLOSE, .speaker = t.speaker);
    DOES(&t, "", .kind = CONVERSATION_LEFT);
    DOES(&t, "ask", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = QUESTION);
    DOES(&t, "store-question", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    DOES(&t, "drop-speaker", .kind = CONVERSATION_HEARD_ALL, .speaker = t.speaker);
    DOES(&t, "", .kind = CONVERSATION_WRITTEN);
    DOES(&t, "store-answer", .kind = CONVERSATION_ANSWERED, .exchange = t.c.current);
    DOES(&t, "tell-end!kept", .kind = CONVERSATION_STORED, .exchange = t.c.current, .ok = true);
    DOES(&t, "end", .kind = CONVERSATION_WRITTEN);
    CANNOT(&t, .kind = CONVERSATION_JOINED);
}

/* It was asked, and shown; that its last words made it no question is not worth taking it back. */
static void a_question_asked_ahead_stays_one_when_its_speaker_has_left(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_AHEAD);
    DOES(&t, "stop-hearing", .kind = CONVERSATION_CLOSE, .speaker = t.speaker);
    DOES(&t, "confirm store-question", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = STATEMENT);

    reach(&t, PHASE_AHEAD); /* and where nothing was heard in the end, it goes with the last */
    DOES(&t, "stop-hearing", .kind = CONVERSATION_CLOSE, .speaker = t.speaker);
    DOES(&t, "", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = NOTHING);
    DOES(&t, "", .kind = CONVERSATION_LEFT);
    DOES(&t, "drop-speaker supersede", .kind = CONVERSATION_HEARD_ALL, .speaker = t.speaker);
    DOES(&t, "tell-end forget", .kind = CONVERSATION_ANSWERED, .exchange = t.c.exchanges[0].id);
    DOES(&t, "end", .kind = CONVERSATION_WRITTEN); /* that it was for nothing */
}

static void a_socket_that_vanishes_in_the_middle_is_taken_up(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_AHEAD);
    DOES(&t, "park", .kind = CONVERSATION_VANISH, .speaker = t.speaker);
    DOES(&t, "unpark", .kind = CONVERSATION_COME_BACK, .speaker = t.speaker);
    DOES(&t, "confirm store-question", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = SAME);

    begin(&t); /* one without a key is closed */
    DOES(&t, "", .kind = CONVERSATION_OPENED);
    DOES(&t, "stop-hearing", .kind = CONVERSATION_VANISH, .speaker = t.c.last_id);
    CANNOT(&t, .kind = CONVERSATION_COME_BACK, .speaker = t.c.last_id);
}

static void the_longest_parked_gives_up_first(void **state)
{
    uint64_t ids[CONVERSATION_PARKED_MAX + 1];
    struct talk t;

    (void)state;
    begin(&t);
    for (size_t i = 0; i <= CONVERSATION_PARKED_MAX; i++) {
        DOES(&t, "", .kind = CONVERSATION_OPENED, .keyed = true);
        ids[i] = t.c.last_id;
    }
    /* The one that was opened last vanishes first, and so on. */
    for (size_t i = CONVERSATION_PARKED_MAX; i > 0; i--)
        DOES(&t, "park", .kind = CONVERSATION_VANISH, .speaker = ids[i],
             .at_us = (10 - i) * SECOND);
    DOES(&t, "park unpark stop-hearing", .kind = CONVERSATION_VANISH, .speaker = ids[0],
         .at_us = 20 * SECOND);
    assert_int_equal(conversation_speaker(&t.c, ids[CONVERSATION_PARKED_MAX])->presence,
                     SPEAKER_LEAVING);
    assert_int_equal(conversation_speaker(&t.c, ids[0])->presence, SPEAKER_PARKED);
}

static void too_many_questions_at_once_are_refused(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    for (size_t i = 0; i < CONVERSATION_EXCHANGES_MAX; i++) {
        DOES(&t, "ask", .kind = CONVERSATION_TYPED);
        DOES(&t, i ? "supersede store-question" : "store-question", .kind = CONVERSATION_ASKED,
             .exchange = t.c.last_id);
    }
    DOES(&t, "refuse", .kind = CONVERSATION_TYPED);
    utter(&t);
    DOES(&t, "refuse remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = QUESTION);
}

static void only_so_many_speak_at_once(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    for (size_t i = 1; i < CONVERSATION_SPEAKERS_MAX; i++)
        DOES(&t, "", .kind = CONVERSATION_OPENED);
    assert_true(conversation_is_full(&t.c));
    CANNOT(&t, .kind = CONVERSATION_OPENED);
    DOES(&t, "drop-speaker", .kind = CONVERSATION_GIVE_UP, .speaker = t.speaker);
    assert_false(conversation_is_full(&t.c));
}

/* Whatever runs is ended, and stored with what it has, in whatever phase it is. */
static void a_shutdown_ends_every_phase(void **state)
{
    (void)state;
    for (enum phase p = PHASE_NONE; p < PHASE_COUNT; p++) {
        struct talk t;
        uint64_t id;

        reach(&t, p);
        if (p == PHASE_ASKING || p == PHASE_ASKING_AHEAD) {
            CANNOT(&t, .kind = CONVERSATION_SHUTDOWN);
            continue;
        }
        id = t.c.exchanges[0].phase ? t.c.exchanges[0].id : 0;
        assert_true(step(
            &t, (struct conversation_event){.kind = CONVERSATION_GIVE_UP, .speaker = t.speaker}));
        assert_true(step(&t, (struct conversation_event){.kind = CONVERSATION_SHUTDOWN}));
        CANNOT(&t, .kind = CONVERSATION_JOINED);
        CANNOT(&t, .kind = CONVERSATION_OPENED);
        DOES(&t, "refuse", .kind = CONVERSATION_TYPED);
        assert_true(step(&t, (struct conversation_event){.kind = CONVERSATION_LEFT}));
        if (conversation_exchange(&t.c, id) &&
            (p == PHASE_AHEAD || p == PHASE_ANSWERING || p == PHASE_GIVING_WAY))
            assert_true(step(
                &t, (struct conversation_event){.kind = CONVERSATION_ANSWERED, .exchange = id}));
        if (p == PHASE_ANSWERING || p == PHASE_STORING)
            DOES(&t, "tell-end!kept", .kind = CONVERSATION_STORED, .exchange = id, .ok = true);
        if (t.c.life != CONVERSATION_OVER)
            DOES(&t, "end", .kind = CONVERSATION_WRITTEN);
        assert_int_equal(t.c.life, CONVERSATION_OVER);
    }
}

static void an_interview_lasts_as_long_as_something_holds_it(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    DOES(&t, "", .kind = CONVERSATION_JOINED);
    DOES(&t, "", .kind = CONVERSATION_LEFT);
    DOES(&t, "", .kind = CONVERSATION_LEFT);
    CANNOT(&t, .kind = CONVERSATION_LEFT);
    DOES(&t, "drop-speaker end", .kind = CONVERSATION_GIVE_UP, .speaker = t.speaker);
}

static void who_listens_late_is_told_what_runs(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_STORING);
    DOES(&t, "catch-up", .kind = CONVERSATION_LISTENED);
    DOES(&t, "tell-end!kept", .kind = CONVERSATION_STORED, .exchange = t.c.current, .ok = true);
    DOES(&t, "", .kind = CONVERSATION_LISTENED);
}

/* ---------------------------------------------------------------------- piecewise */

static void tick(struct talk *t, const char *does, uint64_t after_us)
{
    t->now_us += after_us;
    DOES(t, does, .kind = CONVERSATION_TICK);
}

static void words_are_kept_while_they_are_said(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    assert_false(conversation_unwritten(&t.c));
    utter(&t);
    assert_true(conversation_unwritten(&t.c));
    tick(&t, "", KEEP_AFTER_US - 1);
    tick(&t, "keep-words", 1);
    assert_false(conversation_unwritten(&t.c));
    tick(&t, "", SECOND);
    DOES(&t, "", .kind = CONVERSATION_PARTIAL, .speaker = t.speaker, .utterance = 1,
         .said = {.words = true});
    tick(&t, "keep-words", KEEP_AFTER_US);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = STATEMENT);
    assert_true(t.c.writing);
    DOES(&t, "", .kind = CONVERSATION_WRITTEN);
    assert_false(t.c.writing);
    tick(&t, "", SECOND);
    /* A partial without words has none to keep. */
    DOES(&t, "begin-turn", .kind = CONVERSATION_PARTIAL, .speaker = t.speaker, .utterance = 2,
         .start_ms = 9000);
    assert_false(conversation_unwritten(&t.c));
}

static void the_oldest_unwritten_word_counts(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    utter(&t);
    for (int i = 0; i < 4; i++) {
        t.now_us += KEEP_AFTER_US / 5;
        DOES(&t, "", .kind = CONVERSATION_PARTIAL, .speaker = t.speaker, .utterance = 1,
             .said = {.words = true});
    }
    tick(&t, "keep-words", KEEP_AFTER_US / 5);
}

static void kept_words_that_were_none_in_the_end_go(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    utter(&t);
    tick(&t, "keep-words", SECOND);
    DOES(&t, "erase-remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = NOTHING);

    begin(&t); /* of a row with finished words these stay */
    utter(&t);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 1900,
         .said = LEAD_IN);
    utter(&t);
    tick(&t, "keep-words!row", SECOND);
    DOES(&t, "restore-remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = NOTHING);
}

static void kept_words_become_the_question(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    utter(&t);
    tick(&t, "keep-words", SECOND);
    DOES(&t, "ask!ahead!row", .kind = CONVERSATION_EAGER, .speaker = t.speaker, .utterance = 1,
         .said = QUESTION);
    DOES(&t, "", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    DOES(&t, "tell", .kind = CONVERSATION_STREAMED, .exchange = t.c.current);
    tick(&t, "keep", SECOND);
    /* The person goes on: these words are kept in the question's row too. */
    DOES(&t, "", .kind = CONVERSATION_PARTIAL, .speaker = t.speaker, .utterance = 1,
         .said = {.words = true});
    tick(&t, "keep", SECOND);
    DOES(&t, "confirm store-question leave-remark", .kind = CONVERSATION_ENDED,
         .speaker = t.speaker, .said = SAME);
    DOES(&t, "tell", .kind = CONVERSATION_STREAMED, .exchange = t.c.current);
    tick(&t, "keep", SECOND);
    DOES(&t, "tell", .kind = CONVERSATION_STREAMED, .exchange = t.c.current);
    DOES(&t, "store-answer", .kind = CONVERSATION_ANSWERED, .exchange = t.c.current);
    tick(&t, "", SECOND); /* what is stored whole is not kept piecewise after it */
}

static void a_kept_question_that_was_none_leaves_no_row(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_AHEAD); /* its row is its own */
    DOES(&t, "tell", .kind = CONVERSATION_STREAMED, .exchange = t.c.current);
    speaker(&t)->unwritten_us = 0;
    tick(&t, "keep", SECOND);
    DOES(&t, "erase supersede remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = STATEMENT);

    begin(&t); /* its row was the remark's: that is written again */
    utter(&t);
    tick(&t, "keep-words", SECOND);
    DOES(&t, "ask!ahead!row", .kind = CONVERSATION_EAGER, .speaker = t.speaker, .utterance = 1,
         .said = QUESTION);
    DOES(&t, "", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    DOES(&t, "tell", .kind = CONVERSATION_STREAMED, .exchange = t.c.current);
    tick(&t, "keep", SECOND);
    DOES(&t, "supersede remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = STATEMENT);

    begin(&t); /* and where nothing was said in the end, the row goes */
    utter(&t);
    tick(&t, "keep-words", SECOND);
    DOES(&t, "ask!ahead!row", .kind = CONVERSATION_EAGER, .speaker = t.speaker, .utterance = 1,
         .said = QUESTION);
    DOES(&t, "", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    DOES(&t, "supersede erase-remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = NOTHING);
}

static void words_behind_a_confirmed_question_do_not_stay_beside_it(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_ANSWERING);
    utter(&t);
    tick(&t, "keep-words", SECOND);
    DOES(&t, "reword erase-remark leave-remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .end_ms = 2900, .said = REWORDED);
    utter(&t);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = STATEMENT);

    reach(&t, PHASE_ANSWERING); /* asked ahead in its place: not written before it is confirmed */
    utter(&t);
    tick(&t, "keep-words", SECOND);
    DOES(&t, "ask!ahead!in-place", .kind = CONVERSATION_EAGER, .speaker = t.speaker, .utterance = 2,
         .said = QUESTION);
    DOES(&t, "supersede", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    DOES(&t, "tell", .kind = CONVERSATION_STREAMED, .exchange = t.c.current);
    tick(&t, "", SECOND);
    DOES(&t, "", .kind = CONVERSATION_PARTIAL, .speaker = t.speaker, .utterance = 2,
         .said = {.words = true});
    tick(&t, "keep-words", SECOND);
    DOES(&t, "supersede remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = STATEMENT);
}

static void a_lead_in_that_was_kept_as_a_question_is_a_remark_again(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    utter(&t);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 1900,
         .said = LEAD_IN);
    utter(&t);
    DOES(&t, "ask!ahead!row", .kind = CONVERSATION_EAGER, .speaker = t.speaker, .utterance = 2,
         .said = QUESTION);
    DOES(&t, "", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    tick(&t, "keep", SECOND);
    DOES(&t, "supersede restore-remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = NOTHING);
}

static void two_questions_in_a_row_stay_two(void **state)
{
    struct talk t;
    uint64_t first;

    (void)state;
    reach(&t, PHASE_ANSWERING);
    first = t.c.current;
    utter(&t);
    DOES(&t, "begin-turn ask!ahead", .kind = CONVERSATION_EAGER, .speaker = t.speaker,
         .utterance = 2, .said = APART);
    DOES(&t, "supersede", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    assert_int_equal(current(&t)->number, 2);
    assert_int_equal(conversation_exchange(&t.c, first)->phase, PHASE_ANSWERING);
    DOES(&t, "store-answer", .kind = CONVERSATION_ANSWERED, .exchange = first);
    DOES(&t, "tell-end!kept forget", .kind = CONVERSATION_STORED, .exchange = first, .ok = true);
    DOES(&t, "confirm store-question", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .end_ms = 2900, .said = SAME);
}

static void words_kept_behind_a_remark_leave_it_when_they_are_apart(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    utter(&t);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 1900,
         .said = LEAD_IN);
    utter(&t);
    tick(&t, "keep-words!row", SECOND);
    DOES(&t, "restore-remark begin-turn ask", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .end_ms = 2900, .said = APART);
}

static void what_cannot_stand_alone_waits_longer_for_the_rest(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    utter(&t);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 1900,
         .said = {.words = true, .hanging = true, .count = 9});
    DOES(&t, "", .kind = CONVERSATION_PARTIAL, .speaker = t.speaker, .utterance = 2,
         .start_ms = 1900 + CONVERSATION_HANGING_GAP_MS, .said = {.words = true});
    DOES(&t, "ask!row", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 9000,
         .said = QUESTION);

    begin(&t); /* asked already: it is asked again in its place */
    utter(&t);
    DOES(&t, "ask", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 1900,
         .said = {.words = true, .question = true, .hanging = true, .count = 5});
    DOES(&t, "store-question", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    DOES(&t, "", .kind = CONVERSATION_PARTIAL, .speaker = t.speaker, .utterance = 2,
         .start_ms = 1900 + CONVERSATION_HANGING_GAP_MS, .said = {.words = true});
    DOES(&t, "ask!in-place", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 9000,
         .said = QUESTION);

    begin(&t); /* but not for ever */
    utter(&t);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 1900,
         .said = {.words = true, .hanging = true, .count = 9});
    DOES(&t, "begin-turn", .kind = CONVERSATION_PARTIAL, .speaker = t.speaker, .utterance = 2,
         .start_ms = 1901 + CONVERSATION_HANGING_GAP_MS, .said = {.words = true});

    begin(&t); /* what can does not */
    utter(&t);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 1900,
         .said = STATEMENT);
    DOES(&t, "begin-turn", .kind = CONVERSATION_PARTIAL, .speaker = t.speaker, .utterance = 2,
         .start_ms = 1900 + CONVERSATION_JOIN_GAP_MS, .said = {.words = true});
}

static void early_starts_that_were_for_nothing_are_counted(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_AHEAD); /* another question in the end */
    DOES(&t, "ask!in-place", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = QUESTION);
    assert_int_equal(t.c.discarded, 0);
    DOES(&t, "supersede store-question", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    assert_int_equal(t.c.discarded, 1);
    assert_true(t.c.writing);

    reach(&t, PHASE_AHEAD_ANSWERED); /* no question at all */
    DOES(&t, "tell-end!superseded forget remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = STATEMENT);
    assert_int_equal(t.c.discarded, 1);

    reach(&t, PHASE_AHEAD); /* the question that it was begun for */
    DOES(&t, "confirm store-question", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = SAME);
    assert_int_equal(t.c.discarded, 0);
}

static void the_oldest_unwritten_word_of_an_answer_counts(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_ANSWERING);
    for (int i = 0; i < 5; i++) {
        DOES(&t, "tell", .kind = CONVERSATION_STREAMED, .exchange = t.c.current);
        t.now_us += KEEP_AFTER_US / 5;
    }
    tick(&t, "keep", 0);
}

static void words_of_an_answer_that_gives_way_are_not_kept(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_AHEAD);
    DOES(&t, "tell", .kind = CONVERSATION_STREAMED, .exchange = t.c.current);
    DOES(&t, "supersede remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = STATEMENT);
    assert_false(conversation_unwritten(&t.c));
    tick(&t, "", SECOND); /* a row written now would have nothing to do with it */
}

static void nothing_is_over_while_a_write_is_under_way(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    utter(&t);
    DOES(&t, "", .kind = CONVERSATION_LEFT);
    DOES(&t, "remark drop-speaker", .kind = CONVERSATION_GIVE_UP, .speaker = t.speaker,
         .said = STATEMENT);
    DOES(&t, "end", .kind = CONVERSATION_WRITTEN);
}

/* ------------------------------------------------------------------ the candidate's voice */

#define OWN                                                                                        \
    {                                                                                              \
        .words = true, .own = true, .count = 9                                                     \
    }

static void the_own_voice_is_a_remark_and_ends_the_turn(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_ANSWERING);
    utter(&t); /* so close behind the question that it would belong to it */
    DOES(&t, "", .kind = CONVERSATION_EAGER, .speaker = t.speaker, .utterance = t.utterance,
         .said = OWN);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 2900,
         .said = OWN);
    assert_int_equal(current(&t)->phase, PHASE_ANSWERING);
    t.utterance++;
    DOES(&t, "begin-turn", .kind = CONVERSATION_PARTIAL, .speaker = t.speaker,
         .utterance = t.utterance, .start_ms = 3000, .said = {.words = true});
}

static void what_was_asked_ahead_in_the_own_voice_is_withdrawn(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_AHEAD);
    DOES(&t, "supersede remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .said = OWN);
    assert_int_equal(t.c.current, 0);
}

static void the_own_voice_leaves_the_row_of_what_was_said_before_it(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    utter(&t);
    DOES(&t, "remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker, .end_ms = 1900,
         .said = LEAD_IN);
    utter(&t);
    t.now_us += SECOND;
    DOES(&t, "keep-words!row", .kind = CONVERSATION_TICK); /* behind the lead-in, in its row */
    DOES(&t, "restore-remark leave-remark remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = OWN);
}

static void nothing_is_left_of_an_own_utterance_without_words(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    utter(&t);
    t.now_us += SECOND;
    DOES(&t, "keep-words", .kind = CONVERSATION_TICK);
    DOES(&t, "erase-remark", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = {.own = true});
}

static void a_voice_that_cannot_be_told_replaces_no_answer_ahead(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_TOLD);
    utter(&t);
    DOES(&t, "", .kind = CONVERSATION_EAGER, .speaker = t.speaker, .utterance = t.utterance,
         .said = {.words = true, .question = true, .unsure = true, .count = 9});
    DOES(&t, "ask!in-place", .kind = CONVERSATION_ENDED, .speaker = t.speaker,
         .said = {.words = true, .question = true, .unsure = true, .count = 9});
    reach(&t, PHASE_NONE);
    utter(&t);
    DOES(&t, "ask!ahead", .kind = CONVERSATION_EAGER, .speaker = t.speaker,
         .utterance = t.utterance,
         .said = {.words = true, .question = true, .unsure = true, .count = 9});
}

#define TEST(name) cmocka_unit_test(name)

/* ------------------------------------------------------------- asked again in its place */

static void a_question_asked_again_has_its_number_and_its_row(void **state)
{
    struct talk t;
    uint64_t first;

    (void)state;
    reach(&t, PHASE_TOLD);
    first = t.c.current;
    DOES(&t, "ask!in-place", .kind = CONVERSATION_TYPED, .exchange = first);
    assert_int_equal(conversation_exchange(&t.c, t.c.last_id)->replaces, first);
    assert_int_equal(conversation_exchange(&t.c, t.c.last_id)->number, 1);
    DOES(&t, "forget store-question", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    assert_int_equal(t.c.questions, 1);
}

static void one_that_is_in_the_store_only_keeps_its_number_too(void **state)
{
    struct talk t;

    (void)state;
    reach(&t, PHASE_TOLD);
    t.c.questions = 7;
    DOES(&t, "ask", .kind = CONVERSATION_TYPED, .number = 3);
    assert_int_equal(conversation_exchange(&t.c, t.c.last_id)->number, 3);
    DOES(&t, "forget store-question", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    assert_int_equal(t.c.questions, 7);
    DOES(&t, "ask", .kind = CONVERSATION_TYPED);
    assert_int_equal(conversation_exchange(&t.c, t.c.last_id)->number, 8);
}

/* Its answer is still to be written, by itself: another one in its row would be overwritten. */
static void one_that_another_took_over_from_is_not_asked_again_before_it_is_stored(void **state)
{
    struct talk t;
    uint64_t first;

    (void)state;
    reach(&t, PHASE_ANSWERING);
    first = t.c.current;
    DOES(&t, "ask", .kind = CONVERSATION_TYPED);
    DOES(&t, "supersede store-question", .kind = CONVERSATION_ASKED, .exchange = t.c.last_id);
    DOES(&t, "refuse", .kind = CONVERSATION_TYPED, .exchange = first);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(every_event_in_every_phase_does_what_the_table_says),
        TEST(every_event_of_a_speaker_does_what_the_table_says),
        TEST(an_eager_answer_is_kept_when_the_final_means_the_same),
        TEST(another_final_takes_the_place_of_the_eager_question),
        TEST(another_final_that_is_refused_leaves_the_eager_one),
        TEST(who_goes_on_after_an_eager_end_is_asked_again_in_place),
        TEST(an_eager_end_of_an_utterance_that_is_over_asks_nothing),
        TEST(utterances_of_one_question_are_joined),
        TEST(a_longer_version_takes_the_place_and_is_answered_anew),
        TEST(only_so_many_utterances_are_joined),
        TEST(a_few_words_lead_into_the_question_that_follows),
        TEST(a_lead_in_keeps_its_row_when_no_question_follows),
        TEST(a_question_superseded_while_it_is_stored_is_told_as_kept),
        TEST(a_write_that_failed_is_told_as_not_kept),
        TEST(a_typed_question_supersedes_one_of_its_own_right),
        TEST(a_number_goes_back_only_where_it_was_new),
        TEST(an_interrupt_before_the_final_ends_the_answer_and_keeps_the_question),
        TEST(the_candidate_is_never_asked),
        TEST(what_was_said_on_a_socket_that_is_gone_is_heard_and_answered),
        TEST(a_question_asked_ahead_stays_one_when_its_speaker_has_left),
        TEST(a_socket_that_vanishes_in_the_middle_is_taken_up),
        TEST(the_longest_parked_gives_up_first),
        TEST(too_many_questions_at_once_are_refused),
        TEST(only_so_many_speak_at_once),
        TEST(a_shutdown_ends_every_phase),
        TEST(an_interview_lasts_as_long_as_something_holds_it),
        TEST(who_listens_late_is_told_what_runs),
        TEST(words_are_kept_while_they_are_said),
        TEST(the_oldest_unwritten_word_counts),
        TEST(kept_words_that_were_none_in_the_end_go),
        TEST(kept_words_become_the_question),
        TEST(a_kept_question_that_was_none_leaves_no_row),
        TEST(words_behind_a_confirmed_question_do_not_stay_beside_it),
        TEST(a_lead_in_that_was_kept_as_a_question_is_a_remark_again),
        TEST(early_starts_that_were_for_nothing_are_counted),
        TEST(the_oldest_unwritten_word_of_an_answer_counts),
        TEST(words_of_an_answer_that_gives_way_are_not_kept),
        TEST(two_questions_in_a_row_stay_two),
        TEST(words_kept_behind_a_remark_leave_it_when_they_are_apart),
        TEST(what_cannot_stand_alone_waits_longer_for_the_rest),
        TEST(nothing_is_over_while_a_write_is_under_way),
        TEST(the_own_voice_is_a_remark_and_ends_the_turn),
        TEST(what_was_asked_ahead_in_the_own_voice_is_withdrawn),
        TEST(the_own_voice_leaves_the_row_of_what_was_said_before_it),
        TEST(nothing_is_left_of_an_own_utterance_without_words),
        TEST(a_voice_that_cannot_be_told_replaces_no_answer_ahead),
        TEST(a_question_asked_again_has_its_number_and_its_row),
        TEST(one_that_is_in_the_store_only_keeps_its_number_too),
        TEST(one_that_another_took_over_from_is_not_asked_again_before_it_is_stored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
