/**
 * @file test/unit/live/live.c  A live interview over a real store: what is said, asked and kept
 *
 * The recogniser is a script, the answers are the built-in ones, the store is SQLite on the disk.
 */
#include "live/live.h"

#include "asr/nets.h"
#include "auth/seal.h"
#include "base/clock.h"
#include "base/json.h"
#include "cmocka_all.h"
#include "live/transcript_writer.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "store/sealed.h"
#include "support/asr_script.h"
#include "support/sealed_store.h"
#include "support/sound.h"

#include <stdlib.h>
#include <string.h>

enum { RATE = 16000, LENGTH = 6 * RATE, EVENTS = 64, JUDGEMENTS = 8 };

struct world {
    char dir[SCRATCH_MAX];
    struct loop *loop;
    struct lanes *lanes;
    struct store *store;
    struct seal *seal;
    struct answerer *answerer;
    struct asr_script script;
    struct asr_hub *hub;
    struct live_registry *registry;
    struct live *live;
    struct live_listener *listener;
    uint64_t speaker;
    char user[ID_TEXT_MAX];
    char session[ID_TEXT_MAX];
    int16_t *pcm;
    size_t fed;

    int told[LIVE_ERROR + 1];
    int mirrored[LIVE_ERROR + 1]; /* of any line */
    uint64_t mirrored_line;
    size_t lines; /* that are listened to */
    int done;
    int taken;
    int shut;
    int64_t heard; /* as LIVE_LISTENING said */
    char final_text[256];
    char generation[ID_TEXT_MAX]; /* as LIVE_STARTED, and all after it, said */
    bool eager;
    int number;
    bool single;         /* there is one answer, and all is of it */
    size_t points, said; /* of the outline, bytes of the answer */
    struct answer_latency latency;
    char why[ERR_TEXT_MAX]; /* of LIVE_ERROR */
    enum live_error error;
    struct live_listener **joins; /* somebody more listens from inside its first event */
    struct world *joiner;
    size_t final_len;
    char transcript[ID_TEXT_MAX];
    enum answer_finish finish;
    struct live_listener *leaves; /* at its first event */

    /* voices: what the network would say, one judgement after the other */
    bool has_voices;
    bool slow; /* judgements come when judge() is called */
    int axes[JUDGEMENTS];
    int judged, asked;
    judged_fn *waiting;
    void *waiting_arg;
    enum voice_who final_who, turn_who;
    float final_voice;
};

static struct world *the_world;

bool __wrap_asr_nets_voices(const struct asr_nets *nets);
int __wrap_asr_nets_judge(struct asr_nets *nets, const int16_t *pcm, size_t n, int what,
                          judged_fn *judged, void *arg, struct nets_job **job);
void __wrap_asr_nets_forget(struct nets_job *job);

bool __wrap_asr_nets_voices(const struct asr_nets *nets)
{
    (void)nets;
    return the_world->has_voices;
}

/* Made-up voices: each lies on an axis of its own, so they are nothing alike. */
static void voice_on(int axis, float voice[VOICE_DIMENSIONS])
{
    memset(voice, 0, VOICE_DIMENSIONS * sizeof(*voice));
    voice[axis] = 1;
}

static void judge(struct world *w)
{
    struct judgement j = {.p = -1, .has_voice = true};
    judged_fn *judged = w->waiting;

    assert_true(w->judged < JUDGEMENTS);
    voice_on(w->axes[w->judged++], j.voice);
    w->waiting = NULL;
    if (judged)
        judged(&j, w->waiting_arg);
}

static void judge_soon(void *arg)
{
    struct world *w = arg;

    if (w->waiting)
        judge(w);
}

int __wrap_asr_nets_judge(struct asr_nets *nets, const int16_t *pcm, size_t n, int what,
                          judged_fn *judged, void *arg, struct nets_job **job)
{
    struct world *w = the_world;

    (void)nets;
    (void)pcm;
    assert_int_equal(what, JUDGE_VOICE);
    assert_true(n >= VOICE_LEAST);
    assert_null(w->waiting);
    w->waiting = judged;
    w->waiting_arg = arg;
    w->asked++;
    *job = (struct nets_job *)(void *)w;
    return w->slow ? 0 : loop_post(w->loop, judge_soon, w);
}

void __wrap_asr_nets_forget(struct nets_job *job)
{
    if (job)
        the_world->waiting = NULL;
}

/* Everything of an answer says whose it is. */
static void note_answer(struct world *w, const struct live_event *event)
{
    switch (event->kind) {
    case LIVE_STARTED:
        memcpy(w->generation, event->started.generation_id, ID_TEXT_MAX);
        w->number = event->started.question_number;
        w->eager = event->started.eager;
        w->points = w->said = 0;
        assert_true(event->started.question[0] && event->started.provider[0]);
        break;
    case LIVE_OUTLINE:
        assert_true(!w->single || !strcmp(event->outline.generation_id, w->generation));
        assert_true(event->outline.question[0]);
        w->points = event->outline.count;
        for (size_t i = 0; i < w->points; i++)
            assert_true(event->outline.points[i].text[0]);
        break;
    case LIVE_DELTA:
        assert_true(!w->single || !strcmp(event->delta.generation_id, w->generation));
        w->said += event->delta.len;
        break;
    case LIVE_FINISHED:
        assert_true(!w->single || !strcmp(event->finished.generation_id, w->generation));
        w->latency = event->finished.latency;
        break;
    case LIVE_ERROR:
        w->error = event->error.code;
        snprintf(w->why, sizeof(w->why), "%s", event->error.why);
        break;
    default:
        break;
    }
}

static void on_event(const struct live_event *event, void *arg)
{
    struct world *w = arg;

    if (event->kind == LIVE_LINES)
        w->lines = event->lines.count;
    if (event->line) { /* told to everybody; its own socket has had it */
        w->mirrored[event->kind]++;
        w->mirrored_line = event->line;
        return;
    }
    w->told[event->kind]++;
    if (event->kind == LIVE_FINAL) {
        w->final_len = strlen(event->words.result->text);
        w->final_who = event->words.who;
        w->final_voice = event->words.voice;
    }
    note_answer(w, event);
    if (w->joins) {
        struct live_listener **lp = w->joins;

        w->joins = NULL;
        assert_int_equal(live_listen(w->live, on_event, w->joiner, lp), 0);
    }
    if (event->kind == LIVE_LISTENING)
        w->heard = event->listening.heard;
    if (event->kind == LIVE_FINAL)
        snprintf(w->final_text, sizeof(w->final_text), "%s", event->words.result->text);
    if (event->kind == LIVE_TURN)
        w->turn_who = event->turn.who;
    if (event->kind == LIVE_FINISHED) {
        w->finish = event->finished.finish;
        if (event->finished.transcript_id)
            memcpy(w->transcript, event->finished.transcript_id, ID_TEXT_MAX);
    }
    if (w->leaves) {
        live_unlisten(w->leaves);
        w->leaves = NULL;
    }
}

static void on_done(void *arg)
{
    ((struct world *)arg)->done++;
}

static void on_fatal(int err, const char *why, void *arg)
{
    (void)arg;
    fail_msg("%d: %s", err, why);
}

static void on_taken(void *arg)
{
    ((struct world *)arg)->taken++;
}

static const struct speaker_handlers handlers = {
    .on_event = on_event, .on_done = on_done, .on_fatal = on_fatal, .on_taken = on_taken};

static void put_records(struct world *w)
{
    struct store_user user = {.display_name = LITERAL("Ada"),
                              .settings = LITERAL("{}"),
                              .subscription = LITERAL("{}"),
                              .created_at = 1};
    struct store_session session = {.metadata = LITERAL("{\"language\":\"en\"}"), .created_at = 1};
    struct errbuf why = {""};

    id_new(user.id);
    id_new(session.id);
    memcpy(session.user_id, user.id, ID_TEXT_MAX);
    memcpy(w->user, user.id, ID_TEXT_MAX);
    memcpy(w->session, session.id, ID_TEXT_MAX);
    if (store_user_put(w->store, &user, &why) || store_session_put(w->store, &session, &why))
        fail_msg("%s", why.text);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct answerer_config answers = {0};
    struct asr_hub_config hub = {.driver = &asr_script_local};
    struct session_context context;
    struct live_deps deps;

    *state = the_world = w;
    w->script.words = "tell me about a time you changed your mind";
    w->script.ms_per_word = 100;
    hub.model.http = &w->script;
    sealed_store_make(w->dir, NULL, &w->store, &w->seal);
    put_records(w);
    assert_int_equal(loop_open(&w->loop, NULL), 0);
    assert_int_equal(lanes_open(&w->lanes, w->loop, NULL), 0);
    assert_int_equal(store_use_lanes(w->store, w->lanes), 0);
    assert_int_equal(answerer_open(&w->answerer, w->loop, NULL, &answers, NULL), 0);
    assert_int_equal(asr_hub_open(&w->hub, w->loop, &hub, NULL), 0);
    deps = (struct live_deps){.loop = w->loop,
                              .lanes = w->lanes,
                              .store = w->store,
                              .seal = w->seal,
                              .answerer = w->answerer,
                              .hub = w->hub,
                              .keep = true};
    assert_int_equal(live_registry_open(&w->registry, &deps), 0);
    assert_int_equal(session_context_load(&deps, w->user, w->session, &context, NULL), 0);
    assert_int_equal(live_join(w->registry, &context, &w->live), 0);
    session_context_release(&context);
    assert_int_equal(live_listen(w->live, on_event, w, &w->listener), 0);
    w->pcm = calloc(LENGTH, sizeof(*w->pcm));
    sound_voice(w->pcm + RATE, 3 * RATE, -25, 1);
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    lanes_close(w->lanes);
    live_registry_close(w->registry);
    answerer_close(w->answerer);
    asr_hub_close(w->hub);
    assert_int_equal(loop_close(w->loop), 0);
    assert_int_equal(w->script.opens, w->script.closes);
    sealed_store_remove(w->dir, w->store, w->seal);
    free(w->pcm);
    free(w);
    return 0;
}

static void turn(struct world *w)
{
    uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
}

static void until(struct world *w, const int *count, int n)
{
    while (*count < n) {
        turn(w);
        uv_sleep(1);
    }
}

static void speak(struct world *w, bool candidate)
{
    struct speaker_params params = {
        .sample_rate = RATE, .channels = 1, .candidate = candidate, .vad = vad_params_defaults()};
    struct errbuf why = {""};

    if (speaker_open(&w->speaker, w->live, &params, &handlers, w, &why))
        fail_msg("%s", why.text);
}

static void feed(struct world *w, size_t upto)
{
    for (; w->fed < upto; w->fed += 320) {
        assert_int_equal(speaker_feed(w->live, w->speaker, w->pcm + w->fed, 320), 0);
        turn(w);
    }
}

static void pause_ms(struct world *w, uint64_t ms)
{
    uint64_t until_us = clock_mono_us() + ms * 1000;

    while (clock_mono_us() < until_us) {
        turn(w);
        uv_sleep(1);
    }
}

/* The session's transcripts, opened; release them with store_list_release(). */
static struct store_list kept(struct world *w)
{
    struct store_list list;

    assert_int_equal(
        store_transcript_list(w->store, w->user, w->session, false, 10, NULL, &list, NULL), 0);
    for (size_t i = 0; i < list.count; i++)
        assert_int_equal(
            sealed_transcript_open(w->seal, (struct store_transcript *)list.items + i, NULL), 0);
    return list;
}

static bool is_unfinished(const struct store_transcript *t)
{
    json_t *detail = t->detail ? json_parse(t->detail, strlen(t->detail)) : NULL;
    bool unfinished = json_str(detail, "unfinished") != NULL;

    json_decref(detail);
    return unfinished;
}

static void on_shut(void *arg)
{
    ((struct world *)arg)->shut++;
}

static void leave(struct world *w)
{
    live_unlisten(w->listener);
    w->listener = NULL;
    live_leave(w->live);
    w->live = NULL;
    while (live_count(w->registry)) {
        turn(w);
        uv_sleep(1);
    }
}

static void a_spoken_question_is_answered_and_kept(void **state)
{
    struct world *w = *state;
    const struct store_transcript *t;
    struct store_list list;

    speak(w, false);
    feed(w, LENGTH);
    until(w, &w->told[LIVE_FINISHED], 1);
    assert_int_equal(w->finish, ANSWER_STOP);
    assert_int_equal(w->told[LIVE_FINAL], 1);
    assert_true(w->told[LIVE_STARTED] && w->told[LIVE_OUTLINE] && w->told[LIVE_DELTA]);
    speaker_stop(w->live, w->speaker);
    until(w, &w->done, 1);
    speaker_close(w->live, w->speaker);
    leave(w);

    list = kept(w);
    assert_int_equal(list.count, 1);
    t = list.items;
    assert_string_equal(t->id, w->transcript);
    assert_int_equal(t->line, STORE_QUESTION);
    assert_int_equal(t->question_number, 1);
    assert_true(strlen(t->answer) > 0);
    assert_false(is_unfinished(t));
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

static void the_question_is_kept_apart_from_what_was_said_around_it(void **state)
{
    struct world *w = *state;
    const struct store_transcript *t;
    struct store_list list;
    int questions = 0;
    int remarks = 0;

    w->script.words = "we are a small company with an office in leeds so "
                      "tell me about a time you changed your mind";
    w->script.ms_per_word = 180;
    speak(w, false);
    feed(w, LENGTH);
    until(w, &w->told[LIVE_FINISHED], 1);
    speaker_stop(w->live, w->speaker);
    until(w, &w->done, 1);
    speaker_close(w->live, w->speaker);
    leave(w);

    list = kept(w);
    assert_int_equal(list.count, 2);
    for (size_t i = 0; i < list.count; i++) {
        t = (const struct store_transcript *)list.items + i;
        questions += t->line == STORE_QUESTION &&
                     !strncmp(t->question, "tell me about a time you changed your", 37);
        remarks += t->line == STORE_INTERVIEWER &&
                   !strncmp(t->question, "we are a small company with an office in leeds", 46);
        assert_int_equal(t->question_number, 1);
    }
    assert_int_equal(questions, 1);
    assert_int_equal(remarks, 1);
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

static void a_final_of_any_length_is_kept(void **state)
{
    struct world *w = *state;
    const struct store_transcript *t;
    struct store_list list;

    w->script.words = "donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamte";
    w->script.ms_per_word = 10;
    speak(w, true);
    feed(w, LENGTH);
    until(w, &w->told[LIVE_FINAL], 1);
    assert_true(w->final_len > 8192);
    speaker_close(w->live, w->speaker);
    leave(w);

    list = kept(w);
    assert_int_equal(list.count, 1);
    t = list.items;
    assert_int_equal(t->line, STORE_CANDIDATE);
    assert_int_equal(strlen(t->question), w->final_len);
    assert_false(is_unfinished(t));
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

static void words_are_in_the_store_while_they_are_said(void **state)
{
    struct world *w = *state;
    const struct store_transcript *t;
    struct store_list list;

    speak(w, true);
    feed(w, 3 * RATE);
    until(w, &w->told[LIVE_PARTIAL], 1);
    pause_ms(w, 900); /* KEEP_AFTER_US, a tick, and a write */
    list = kept(w);
    assert_int_equal(list.count, 1);
    t = list.items;
    assert_memory_equal(t->question, "tell me about", 13);
    assert_true(is_unfinished(t));
    store_list_release(&list, STORE_KIND_TRANSCRIPT);

    feed(w, LENGTH);
    until(w, &w->told[LIVE_FINAL], 1);
    speaker_close(w->live, w->speaker);
    leave(w);
    list = kept(w);
    assert_int_equal(list.count, 1); /* the same row, whole */
    t = list.items;
    assert_int_equal(strlen(t->question), w->final_len);
    assert_false(is_unfinished(t));
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

static void a_shutdown_in_the_middle_of_a_word_keeps_it(void **state)
{
    struct world *w = *state;
    struct store_list list;

    speak(w, false);
    feed(w, 3 * RATE);
    until(w, &w->told[LIVE_PARTIAL], 1);
    live_unlisten(w->listener);
    live_leave(w->live);
    live_registry_shutdown(w->registry, on_shut, w);
    until(w, &w->shut, 1);
    assert_int_equal(live_count(w->registry), 0);

    list = kept(w);
    assert_int_equal(list.count, 1);
    assert_false(is_unfinished(list.items));
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

static void close_lanes(struct world *w)
{
    lanes_close(w->lanes);
    w->lanes = NULL;
}

static void hold_the_lane(void *arg)
{
    (void)arg;
    uv_sleep(400);
}

/* Asked and answered while the lane is held up: its rows wait. */
static void ask_while_nothing_is_written(struct world *w)
{
    struct live_ask ask = {.question = "What is a mutex?"};
    char id[ID_TEXT_MAX];

    assert_int_equal(lane_submit(w->lanes, LANE_STORE, hold_the_lane, NULL, NULL), 0);
    assert_int_equal(live_ask(w->live, &ask, id, NULL), 0);
    until(w, &w->told[LIVE_DELTA], 1);
    pause_ms(w, 150);
    assert_int_equal(w->told[LIVE_FINISHED], 0);
}

static void what_waits_when_the_lanes_close_is_told_so(void **state)
{
    struct world *w = *state;

    ask_while_nothing_is_written(w);
    close_lanes(w);
    assert_int_equal(w->told[LIVE_FINISHED], 1);
    assert_string_equal(w->transcript, ""); /* not kept */
    leave(w);                               /* nothing is left to wait for */
}

/* Also what comes when they have closed already. */
static void what_is_asked_after_the_lanes_closed_ends_too(void **state)
{
    struct world *w = *state;
    struct live_ask ask = {.question = "What is a mutex?"};
    char id[ID_TEXT_MAX];

    close_lanes(w);
    assert_int_equal(live_ask(w->live, &ask, id, NULL), 0); /* it is written down at once */
    until(w, &w->told[LIVE_FINISHED], 1);
    assert_string_equal(w->transcript, "");
    leave(w);
}

/* The program ends at its deadline: the interviews go while a row is being written. */
static void what_is_left_at_the_deadline_is_given_back(void **state)
{
    struct world *w = *state;

    ask_while_nothing_is_written(w);
    live_registry_close(w->registry);
    w->registry = NULL;
    close_lanes(w);
    assert_int_equal(w->told[LIVE_FINISHED], 0); /* a close calls nobody */
    free(w->listener);                           /* what it listened to is gone */
}

static void a_speaker_that_is_gone_is_a_normal_answer(void **state)
{
    struct world *w = *state;

    assert_int_equal(speaker_feed(w->live, 77, w->pcm, 320), UV_ECANCELED);
    speaker_stop(w->live, 77);
    speaker_close(w->live, 77);
    speaker_vanish(w->live, 77);
    assert_true(speaker_finished(w->live, 77));
    leave(w);
}

static void a_listener_may_leave_while_it_is_told(void **state)
{
    struct world *w = *state;
    struct live_ask ask = {.question = "What is a mutex?"};
    struct live_listener *other;
    char id[ID_TEXT_MAX];

    assert_int_equal(live_listen(w->live, on_event, w, &other), 0);
    w->leaves = other;
    assert_int_equal(live_ask(w->live, &ask, id, NULL), 0);
    until(w, &w->told[LIVE_FINISHED], 1);
    pause_ms(w, 20);
    assert_int_equal(w->told[LIVE_FINISHED], 1);
    leave(w);
}

static void a_question_that_cannot_be_asked_says_why(void **state)
{
    struct world *w = *state;
    struct live_ask ask = {.question = " "};
    struct errbuf why = {""};

    assert_int_equal(live_ask(w->live, &ask, NULL, &why), UV_EINVAL);
    assert_true(why.text[0]);
    ask = (struct live_ask){.question = "Hello?", .provider = "nobody"};
    assert_int_equal(live_ask(w->live, &ask, NULL, &why), UV_EINVAL);
    assert_int_equal(w->told[LIVE_STARTED], 0);
    leave(w);
}

/* ------------------------------------------------------------------------- voices */

enum { OWN, OTHER, THIRD };

/* A network is there, and the candidate spoke a phrase before the interview. */
static void teach(struct world *w)
{
    float voice[VOICE_DIMENSIONS];

    voice_on(OWN, voice);
    w->has_voices = true;
    assert_int_equal(live_teach_voice(w->registry, w->user, w->session, voice, 6000), 0);
}

/* Two utterances of the same words a second apart. */
static void say_twice(struct world *w)
{
    w->pcm = realloc(w->pcm, 2 * LENGTH * sizeof(*w->pcm));
    memset(w->pcm, 0, 2 * LENGTH * sizeof(*w->pcm));
    sound_voice(w->pcm + RATE, 3 * RATE, -25, 1);
    sound_voice(w->pcm + 5 * RATE, 3 * RATE, -25, 2);
}

static json_t *detail_of(const struct store_transcript *t)
{
    json_t *detail = json_parse(t->detail, strlen(t->detail));

    assert_non_null(detail);
    return detail;
}

static void end(struct world *w)
{
    speaker_close(w->live, w->speaker);
    leave(w);
}

static void the_own_voice_asks_nothing_and_is_kept_as_the_candidates(void **state)
{
    struct world *w = *state;
    const struct store_transcript *t;
    struct store_list list;
    json_t *detail;

    teach(w);
    speak(w, false);
    feed(w, LENGTH);
    until(w, &w->told[LIVE_FINAL], 1);
    pause_ms(w, 20);
    assert_int_equal(w->told[LIVE_STARTED], 0);
    assert_int_equal(w->final_who, VOICE_CANDIDATE);
    assert_true(w->final_voice > 0.99f);
    end(w);
    list = kept(w);
    assert_int_equal(list.count, 1);
    t = list.items;
    assert_int_equal(t->line, STORE_CANDIDATE);
    detail = detail_of(t);
    assert_string_equal(json_str(detail, "speaker"), "candidate");
    assert_true(json_num(detail, "voice", 0) > 0.99);
    json_decref(detail);
    assert_non_null(strstr(t->metrics, "\"speechMs\":"));
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

static void the_own_voice_replaces_no_answer(void **state)
{
    struct world *w = *state;
    const struct store_transcript *t;
    struct store_list list;

    teach(w);
    say_twice(w);
    w->axes[0] = OTHER;
    speak(w, false);
    feed(w, LENGTH - RATE);
    until(w, &w->told[LIVE_FINISHED], 1);
    assert_int_equal(w->final_who, VOICE_INTERVIEWER);
    feed(w, 2 * LENGTH);
    until(w, &w->told[LIVE_FINAL], 2);
    pause_ms(w, 20);
    assert_int_equal(w->final_who, VOICE_CANDIDATE);
    assert_int_equal(w->told[LIVE_STARTED], 1);
    end(w);
    list = kept(w);
    assert_int_equal(list.count, 2);
    t = list.items;
    assert_int_equal(t[0].line == STORE_CANDIDATE, t[1].line == STORE_QUESTION);
    assert_int_equal(t[0].line == STORE_QUESTION, t[1].line == STORE_CANDIDATE);
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

static void an_answer_waits_until_it_is_known_whose_question_it_is(void **state)
{
    struct world *w = *state;

    teach(w);
    w->slow = true;
    speak(w, false);
    feed(w, LENGTH);
    until(w, &w->asked, 1);
    pause_ms(w, 100);
    assert_int_equal(w->told[LIVE_FINAL], 0); /* a final says whose it is */
    assert_int_equal(w->told[LIVE_TURN], 0);
    assert_int_equal(w->told[LIVE_STARTED], 0);
    w->axes[0] = OTHER;
    judge(w);
    assert_int_equal(w->told[LIVE_FINAL], 1);
    assert_true(w->final_len > 0);
    assert_int_equal(w->told[LIVE_TURN], 1);
    assert_int_equal(w->turn_who, VOICE_INTERVIEWER);
    until(w, &w->told[LIVE_FINISHED], 1);
    speaker_stop(w->live, w->speaker);
    until(w, &w->done, 1);
    end(w);
}

static void a_line_that_stops_waits_for_a_voice_too(void **state)
{
    struct world *w = *state;

    teach(w);
    w->slow = true;
    speak(w, false);
    feed(w, LENGTH);
    until(w, &w->asked, 1);
    speaker_stop(w->live, w->speaker);
    pause_ms(w, 100);
    assert_int_equal(w->done, 0);
    judge(w);
    until(w, &w->done, 1);
    assert_int_equal(w->told[LIVE_STARTED], 0);
    end(w);
}

static void the_next_utterance_waits_for_no_voice(void **state)
{
    struct world *w = *state;

    teach(w);
    say_twice(w);
    w->slow = true;
    speak(w, false);
    feed(w, 2 * LENGTH); /* the judgement of the first never comes */
    until(w, &w->told[LIVE_FINAL], 2);
    until(w, &w->told[LIVE_STARTED], 1);
    end(w);
}

static void without_a_phrase_everybody_is_who_the_client_says(void **state)
{
    struct world *w = *state;

    w->has_voices = true;
    speak(w, false);
    feed(w, LENGTH);
    until(w, &w->told[LIVE_FINISHED], 1);
    assert_int_equal(w->final_who, VOICE_INTERVIEWER);
    assert_true(w->final_voice < 0);
    end(w);
}

static void a_second_interviewer_is_told_from_the_first(void **state)
{
    struct world *w = *state;

    teach(w);
    say_twice(w);
    w->axes[0] = OTHER;
    w->axes[1] = THIRD;
    speak(w, false);
    feed(w, 2 * LENGTH);
    until(w, &w->told[LIVE_FINAL], 2);
    assert_int_equal(w->final_who, VOICE_INTERVIEWER2);
    end(w);
}

static void a_loudspeaker_beside_the_candidate_teaches_nothing(void **state)
{
    struct world *w = *state;
    struct store_list list;

    teach(w);
    w->axes[0] = OTHER;
    speak(w, false);
    feed(w, LENGTH);
    until(w, &w->told[LIVE_FINISHED], 1);
    speaker_close(w->live, w->speaker);
    w->axes[1] = OTHER; /* out of the loudspeaker, into the candidate's microphone */
    w->fed = 0;
    speak(w, true);
    feed(w, LENGTH);
    until(w, &w->told[LIVE_FINAL], 2);
    pause_ms(w, 20);
    assert_int_equal(w->final_who, VOICE_INTERVIEWER);
    assert_int_equal(live_voice_ms(w->registry, w->user, w->session), 6000);
    end(w);
    list = kept(w);
    for (size_t i = 0; i < list.count; i++)
        assert_int_not_equal(((struct store_transcript *)list.items)[i].line, STORE_CANDIDATE);
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

static void voices_outlive_a_page_and_are_forgotten_when_asked(void **state)
{
    struct world *w = *state;

    teach(w);
    leave(w);
    assert_int_equal(live_voice_ms(w->registry, w->user, w->session), 6000);
    assert_int_equal(live_voice_ms(w->registry, w->user, "another"), 0);
    live_forget_voices(w->registry, w->user, NULL);
    assert_int_equal(live_voice_ms(w->registry, w->user, w->session), 0);
}

/* ------------------------------------------------------------------------- echoes */

/* The tab, and the microphone that hears it out of a loudspeaker: later and more quietly. */
static void hear_both(struct world *w, size_t delay)
{
    enum { STEP = 320 };
    int16_t *echo = calloc(LENGTH + delay, sizeof(*echo));
    uint64_t tab;

    for (size_t i = 0; i < LENGTH; i++)
        echo[i + delay] = (int16_t)(w->pcm[i] / 3);
    speak(w, false);
    tab = w->speaker;
    speak(w, true);
    for (size_t at = 0; at < LENGTH + delay; at += STEP) {
        if (at < LENGTH)
            assert_int_equal(speaker_feed(w->live, tab, w->pcm + at, STEP), 0);
        assert_int_equal(speaker_feed(w->live, w->speaker, echo + at, STEP), 0);
        turn(w);
        uv_sleep(STEP * 1000 / RATE / 4); /* four times as fast as it is said */
    }
    free(echo);
    until(w, &w->told[LIVE_FINAL], 2);
    until(w, &w->told[LIVE_FINISHED], 1);
    speaker_close(w->live, tab);
    end(w);
}

static void an_echo_in_the_microphone_stays_one_utterance(void **state)
{
    struct world *w = *state;
    struct store_list list;

    hear_both(w, RATE / 10 / 320 * 320);
    assert_int_equal(w->told[LIVE_STARTED], 1);
    list = kept(w);
    assert_int_equal(list.count, 1);
    assert_int_equal(((struct store_transcript *)list.items)->line, STORE_QUESTION);
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

/* ------------------------------------------------------------------- what is kept */

/* What a page shows of an answer later is what it showed when it came. */
static void an_answer_is_kept_with_all_that_was_told_of_it(void **state)
{
    struct world *w = *state;
    const struct store_transcript *t;
    struct store_list list;
    json_t *detail, *latency, *outline, *metrics;

    w->single = true;
    speak(w, false);
    feed(w, LENGTH);
    until(w, &w->told[LIVE_FINISHED], 1);
    assert_int_equal(w->told[LIVE_ERROR], 0);
    assert_int_equal(w->number, 1);
    assert_true(w->points > 0 && w->said > 0);
    assert_true(w->latency.final_ms >= 0);
    assert_true(w->latency.outline_ms >= 0);
    assert_true(w->latency.first_token_ms >= w->latency.outline_ms);
    assert_true(w->latency.total_ms >= w->latency.first_token_ms);
    end(w);
    list = kept(w);
    assert_int_equal(list.count, 1);
    t = list.items;
    assert_string_equal(t->question, w->final_text);
    assert_int_equal(strlen(t->answer), w->said);
    detail = detail_of(t);
    assert_string_equal(json_str(detail, "provider"), "outline");
    assert_non_null(json_str(detail, "model"));
    assert_string_equal(json_str(detail, "finishReason"), "stop");
    assert_string_equal(json_str(detail, "kind"), "behavioral");
    assert_string_equal(json_str(detail, "speaker"), "interviewer");
    assert_null(json_object_get(detail, "voice"));
    outline = json_object_get(detail, "outline");
    assert_int_equal(json_array_size(outline), w->points);
    assert_true(json_str(json_array_get(outline, 0), "text")[0]);
    assert_non_null(json_str(json_object_get(json_array_get(outline, 0), "source"), "field"));
    latency = json_object_get(detail, "latency");
    assert_int_equal(json_integer_value(json_object_get(latency, "finalMs")), w->latency.final_ms);
    assert_int_equal(json_integer_value(json_object_get(latency, "outlineMs")),
                     w->latency.outline_ms);
    assert_int_equal(json_integer_value(json_object_get(latency, "firstTokenMs")),
                     w->latency.first_token_ms);
    assert_int_equal(json_integer_value(json_object_get(latency, "totalMs")), w->latency.total_ms);
    json_decref(detail);
    metrics = json_parse(t->metrics, strlen(t->metrics));
    assert_true(json_num(metrics, "wordCount", 0) > 3);
    assert_true(json_num(metrics, "confidence", 0) > 0.89);
    assert_true(json_num(metrics, "speechMs", 0) > 2500);
    assert_true(json_num(metrics, "speechMs", 0) < 4000);
    assert_true(json_is_number(json_object_get(metrics, "qualityScore")));
    json_decref(metrics);
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

static void a_typed_question_has_no_voice_and_no_final(void **state)
{
    struct world *w = *state;
    struct live_ask ask = {.question = "What is a mutex?"};
    char id[ID_TEXT_MAX] = "";
    const struct store_transcript *t;
    struct store_list list;
    json_t *detail;

    w->single = true;
    assert_int_equal(live_ask(w->live, &ask, id, NULL), 0);
    until(w, &w->told[LIVE_FINISHED], 1);
    assert_string_equal(id, w->generation);
    assert_false(w->eager);
    assert_int_equal(w->latency.final_ms, -1);
    assert_true(w->latency.total_ms >= 0);
    assert_int_equal(w->told[LIVE_ERROR], 0);
    leave(w);
    list = kept(w);
    assert_int_equal(list.count, 1);
    t = list.items;
    assert_string_equal(t->question, "What is a mutex?");
    detail = detail_of(t);
    assert_null(json_str(detail, "speaker"));
    assert_true(json_is_null(json_object_get(json_object_get(detail, "latency"), "finalMs")));
    json_decref(detail);
    assert_null(strstr(t->metrics, "speechMs"));
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

static void what_is_not_to_be_kept_is_not(void **state)
{
    struct world *w = *state;
    struct live_ask ask = {.question = "What is a mutex?"};
    struct live_deps deps = {.loop = w->loop,
                             .lanes = w->lanes,
                             .store = w->store,
                             .seal = w->seal,
                             .answerer = w->answerer,
                             .hub = w->hub};
    struct session_context context;
    struct live_registry *registry;
    struct store_list list;

    leave(w);
    live_registry_close(w->registry);
    assert_int_equal(live_registry_open(&registry, &deps), 0);
    w->registry = registry;
    assert_int_equal(session_context_load(&deps, w->user, w->session, &context, NULL), 0);
    assert_int_equal(live_join(w->registry, &context, &w->live), 0);
    assert_int_equal(live_listen(w->live, on_event, w, &w->listener), 0);
    speak(w, true);
    feed(w, LENGTH);
    until(w, &w->told[LIVE_FINAL], 1);
    assert_int_equal(live_ask(w->live, &ask, NULL, NULL), 0);
    until(w, &w->told[LIVE_FINISHED], 1);
    assert_string_equal(w->transcript, "");
    end(w);
    list = kept(w);
    assert_int_equal(list.count, 0);
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

static void what_was_asked_is_remembered_by_who_comes_back(void **state)
{
    enum { QUESTIONS = 3 };
    struct world *w = *state;
    struct live_ask ask = {.question = "What is a mutex?"};
    struct memory_line lines[MEMORY_LINES_MAX];
    struct session_context context;

    for (int i = 1; i <= QUESTIONS; i++) {
        assert_int_equal(live_ask(w->live, &ask, NULL, NULL), 0);
        until(w, &w->told[LIVE_FINISHED], i);
        assert_int_equal(w->number, i);
    }
    leave(w);
    assert_int_equal(session_context_load(&(struct live_deps){.store = w->store, .seal = w->seal},
                                          w->user, w->session, &context, NULL),
                     0);
    assert_int_equal(memory_dialogue(context.memory, lines), 2 * QUESTIONS);
    for (int i = 0; i < 2 * QUESTIONS; i++) {
        assert_int_equal(lines[i].who, i % 2 ? MEMORY_SHOWN : MEMORY_INTERVIEWER);
        assert_int_equal(lines[i].question, i / 2 + 1);
    }
    assert_int_equal(context.questions, QUESTIONS);
    session_context_release(&context);
}

static void on_idle(void *arg)
{
    ++*(int *)arg;
}

/* The number stands in the session, beside what else its metadata hold. */
static void early_starts_in_vain_are_counted_on_the_session(void **state)
{
    struct world *w = *state;
    struct live_deps deps = {
        .loop = w->loop, .lanes = w->lanes, .store = w->store, .seal = w->seal, .keep = true};
    struct transcript_writer *writer;
    struct store_session session;
    struct session_context context;
    int idle = 0;

    assert_int_equal(transcript_writer_open(&writer, &deps, on_idle, &idle), 0);
    transcript_count_discarded(writer, w->user, w->session, 2);
    transcript_count_discarded(writer, w->user, w->session, 3);
    transcript_count_discarded(writer, "nobody", w->session, 9);
    until(w, &idle, 1);
    transcript_writer_close(writer);
    assert_int_equal(sealed_session_get(w->store, w->seal, w->user, w->session, &session, NULL), 0);
    assert_string_equal(session.metadata, "{\"language\":\"en\",\"eagerDiscarded\":3}");
    store_session_release(&session);
    assert_int_equal(session_context_load(&deps, w->user, w->session, &context, NULL), 0);
    assert_int_equal(context.discarded, 3);
    session_context_release(&context);
    leave(w);
}

/* "Tell me about", a breath, and the rest of it: one question, in one row. */
static void a_question_in_two_breaths_is_one(void **state)
{
    struct world *w = *state;
    const struct store_transcript *t;
    struct store_list list;
    char first[256];

    memset(w->pcm, 0, LENGTH * sizeof(*w->pcm));
    sound_voice(w->pcm + RATE / 2, RATE / 5, -25, 1);
    sound_voice(w->pcm + RATE / 2 + RATE / 5 + 5 * RATE / 4, 2 * RATE, -25, 2);
    speak(w, false);
    feed(w, RATE / 2 + RATE / 5 + RATE);
    until(w, &w->told[LIVE_FINAL], 1);
    memcpy(first, w->final_text, sizeof(first));
    feed(w, LENGTH);
    until(w, &w->told[LIVE_FINAL], 2);
    while (w->told[LIVE_FINISHED] < w->told[LIVE_STARTED] || !w->told[LIVE_FINISHED])
        pause_ms(w, 10);
    end(w);
    list = kept(w);
    assert_int_equal(list.count, 1);
    t = list.items;
    assert_int_equal(t->line, STORE_QUESTION);
    assert_memory_equal(t->question, first, strlen(first));
    assert_int_equal(strlen(t->question), strlen(first) + 1 + strlen(w->final_text));
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

/* Stopped in the middle of a word, before any pause: then is when it is judged. */
static void a_voice_is_judged_at_the_end_at_the_latest(void **state)
{
    struct world *w = *state;

    teach(w);
    w->axes[0] = OTHER;
    speak(w, false);
    feed(w, 7 * RATE / 2);
    assert_int_equal(w->asked, 0);
    speaker_stop(w->live, w->speaker);
    until(w, &w->done, 1);
    assert_int_equal(w->asked, 1);
    assert_int_equal(w->turn_who, VOICE_INTERVIEWER);
    end(w);
}

/* --------------------------------------------------------------- who comes and goes */

/* Somebody who comes in the middle hears what was said so far, once. */
static void who_comes_in_the_middle_misses_nothing(void **state)
{
    struct world *w = *state;
    struct world late = {.dir = ""};
    struct live_listener *l;
    char id[ID_TEXT_MAX];

    ask_while_nothing_is_written(w); /* told in full, but for its end */
    assert_int_equal(live_listen(w->live, on_event, &late, &l), 0);
    assert_int_equal(late.told[LIVE_STARTED], 1);
    assert_int_equal(late.told[LIVE_OUTLINE], 1);
    assert_int_equal(late.told[LIVE_DELTA], 1);
    assert_int_equal(late.said, w->said);
    assert_int_equal(late.points, w->points);
    memcpy(id, w->generation, ID_TEXT_MAX);
    assert_string_equal(late.generation, id);
    until(w, &w->told[LIVE_FINISHED], 1);
    assert_int_equal(late.told[LIVE_FINISHED], 1);
    live_unlisten(l);
    leave(w);
}

static void who_comes_at_the_beginning_hears_no_outline_yet(void **state)
{
    struct world *w = *state;
    struct world late = {.dir = ""};
    struct live_ask ask = {.question = "What is a mutex?"};
    struct live_listener *l = NULL;

    w->joins = &l;
    w->joiner = &late;
    assert_int_equal(live_ask(w->live, &ask, NULL, NULL), 0);
    until(w, &w->told[LIVE_FINISHED], 1);
    assert_int_equal(late.told[LIVE_STARTED], 1);
    assert_int_equal(late.told[LIVE_OUTLINE], 1);
    assert_int_equal(late.said, w->said);
    assert_int_equal(late.told[LIVE_FINISHED], 1);
    live_unlisten(l);
    leave(w);
}

static void who_leaves_in_the_middle_hears_no_more(void **state)
{
    struct world *w = *state;
    struct live_listener *l;

    ask_while_nothing_is_written(w);
    assert_int_equal(live_listen(w->live, on_event, w, &l), 0);
    assert_int_equal(w->told[LIVE_STARTED], 2);
    live_unlisten(l);
    live_unlisten(l); /* twice is once */
    until(w, &w->told[LIVE_FINISHED], 1);
    pause_ms(w, 20);
    assert_int_equal(w->told[LIVE_FINISHED], 1);
    leave(w);
}

static void an_interview_is_its_users_and_its_sessions(void **state)
{
    struct world *w = *state;

    assert_ptr_equal(live_find(w->registry, w->user, w->session), w->live);
    assert_null(live_find(w->registry, "somebody", w->session));
    assert_null(live_find(w->registry, w->user, "another"));
    leave(w);
    assert_null(live_find(w->registry, w->user, w->session));
}

static void everybody_in_a_session_shares_its_interview(void **state)
{
    struct world *w = *state;
    struct live_deps deps = {.store = w->store, .seal = w->seal};
    struct session_context context;
    struct live *again;

    assert_int_equal(session_context_load(&deps, w->user, w->session, &context, NULL), 0);
    assert_int_equal(live_join(w->registry, &context, &again), 0);
    session_context_release(&context);
    assert_ptr_equal(again, w->live);
    assert_int_equal(live_count(w->registry), 1);
    live_leave(again);
    pause_ms(w, 20);
    assert_int_equal(live_count(w->registry), 1);
    leave(w);
}

static void nobody_joins_a_server_that_goes(void **state)
{
    struct world *w = *state;
    struct live_deps deps = {.store = w->store, .seal = w->seal};
    struct speaker_params params = {
        .sample_rate = RATE, .channels = 1, .vad = vad_params_defaults()};
    struct live_ask ask = {.question = "What is a mutex?"};
    struct session_context context;
    struct errbuf why = {""};
    struct live *again;
    uint64_t id;

    ask_while_nothing_is_written(w);
    assert_int_equal(session_context_load(&deps, w->user, w->session, &context, NULL), 0);
    live_registry_shutdown(w->registry, on_shut, w);
    assert_int_equal(live_join(w->registry, &context, &again), UV_ECANCELED);
    session_context_release(&context);
    assert_int_equal(live_ask(w->live, &ask, NULL, &why), UV_ECANCELED);
    assert_true(why.text[0]);
    why.text[0] = '\0';
    assert_int_equal(speaker_open(&id, w->live, &params, &handlers, w, &why), UV_ECANCELED);
    assert_true(why.text[0]);
    live_unlisten(w->listener);
    live_leave(w->live);
    until(w, &w->shut, 1);
    assert_int_equal(w->shut, 1);
}

static void there_is_something_to_interrupt_or_not(void **state)
{
    struct world *w = *state;
    struct live_ask ask = {.question = "What is a mutex?"};

    assert_false(live_interrupt(w->live));
    assert_int_equal(live_ask(w->live, &ask, NULL, NULL), 0);
    assert_true(live_interrupt(w->live));
    until(w, &w->told[LIVE_FINISHED], 1);
    assert_int_equal(w->finish, ANSWER_INTERRUPTED);
    assert_int_equal(w->told[LIVE_ERROR], 0);
    assert_false(live_interrupt(w->live));
    leave(w);
}

/* -------------------------------------------------------- a socket that vanishes */

static uint64_t speak_with_key(struct world *w, bool quiet)
{
    struct speaker_params params = {.sample_rate = RATE,
                                    .channels = 1,
                                    .candidate = true,
                                    .quiet_ready = quiet,
                                    .key = "a key nobody guesses",
                                    .vad = vad_params_defaults()};
    struct errbuf why = {""};

    if (speaker_open(&w->speaker, w->live, &params, &handlers, w, &why))
        fail_msg("%s", why.text);
    return w->speaker;
}

static void who_comes_back_hears_what_was_said_meanwhile(void **state)
{
    struct world *w = *state;
    struct world back = {.dir = ""};
    uint64_t id = speak_with_key(w, false);

    until(w, &w->told[LIVE_LISTENING], 1);
    assert_int_equal(w->heard, 0);
    feed(w, LENGTH);
    speaker_vanish(w->live, id);
    while (!w->script.finishes)
        pause_ms(w, 10);
    pause_ms(w, 50);
    assert_int_equal(speaker_resume(w->live, "another key", 0, &handlers, &back), 0);
    assert_int_equal(speaker_resume(w->live, "a key nobody guesses", 0, &handlers, &back), id);
    assert_int_equal(w->taken, 0); /* there was nobody any more */
    assert_int_equal(back.told[LIVE_LISTENING], 1);
    assert_int_equal(back.heard, LENGTH);
    until(w, &back.told[LIVE_FINAL], 1);
    assert_memory_equal(back.final_text, "tell me about", 13);
    assert_true(back.told[LIVE_TURN] >= 1);
    /* And once more, by somebody else, who has seen it: the first is told that it is over. */
    back.told[LIVE_FINAL] = back.told[LIVE_TURN] = 0;
    assert_int_equal(speaker_resume(w->live, "a key nobody guesses", 1, &handlers, w), id);
    assert_int_equal(back.taken, 1);
    assert_int_equal(w->told[LIVE_LISTENING], 2);
    assert_int_equal(back.told[LIVE_FINAL], 0);
    speaker_stop(w->live, id);
    until(w, &w->done, 1);
    assert_true(speaker_finished(w->live, id));
    end(w);
}

/* Another page of the same interview: its words and who listens are told to everybody. */
static void of_the_pages_that_listen_one_does(void **state)
{
    struct world *w = *state;
    struct world other = {.dir = ""};
    struct speaker_params params = {.sample_rate = RATE,
                                    .channels = 1,
                                    .candidate = true,
                                    .listener = "the first page",
                                    .vad = vad_params_defaults()};
    struct errbuf why = {""};
    uint64_t id;

    params.key = "a key nobody guesses";
    assert_int_equal(speaker_open(&w->speaker, w->live, &params, &handlers, w, &why), 0);
    params.key = NULL;
    assert_int_equal(w->lines, 1);
    feed(w, LENGTH);
    until(w, &w->mirrored[LIVE_PARTIAL], 1);
    assert_int_equal(w->mirrored_line, w->speaker);
    until(w, &w->mirrored[LIVE_FINAL], 1);
    assert_int_equal(w->told[LIVE_FINAL], 1);

    params.candidate = false; /* its own second line */
    assert_int_equal(speaker_open(&id, w->live, &params, &handlers, &other, &why), 0);
    assert_int_equal(w->lines, 2);
    params.listener = "the second page";
    assert_int_equal(speaker_open(&id, w->live, &params, &handlers, &other, &why), UV_EBUSY);
    assert_true(strstr(why.text, "another page listens") != NULL);
    assert_int_equal(w->taken, 0);
    params.take_over = true;
    speaker_vanish(w->live, w->speaker); /* its client may come back: not any more */
    assert_int_equal(w->lines, 2);
    assert_int_equal(speaker_open(&id, w->live, &params, &handlers, &other, &why), 0);
    assert_int_equal(w->taken, 0); /* there was nobody to be told */
    assert_int_equal(other.taken, 1);
    assert_int_equal(w->lines, 1);
    assert_int_equal(speaker_resume(w->live, "a key nobody guesses", 0, &handlers, w), 0);
    params.listener = NULL; /* a program, which is minded by nobody */
    assert_int_equal(speaker_open(&w->speaker, w->live, &params, &handlers, &other, &why), 0);
    assert_int_equal(w->lines, 2);
    speaker_close(w->live, id);
    end(w);
}

static void a_speaker_without_a_key_is_gone_when_it_vanishes(void **state)
{
    struct world *w = *state;
    struct store_list list;

    speak(w, true);
    until(w, &w->told[LIVE_LISTENING], 1);
    assert_int_equal(w->heard, -1);
    feed(w, 3 * RATE);
    until(w, &w->told[LIVE_PARTIAL], 1);
    assert_false(speaker_finished(w->live, w->speaker));
    speaker_vanish(w->live, w->speaker);
    assert_int_equal(speaker_resume(w->live, "", 0, &handlers, w), 0);
    leave(w);
    list = kept(w); /* what was said is kept all the same */
    assert_int_equal(list.count, 1);
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
}

static void a_socket_that_is_ready_is_not_told_twice(void **state)
{
    struct world *w = *state;

    speak_with_key(w, true);
    feed(w, 3 * RATE);
    until(w, &w->told[LIVE_PARTIAL], 1);
    assert_int_equal(w->told[LIVE_LISTENING], 0);
    end(w);
}

/* --------------------------------------------------------------------- what fails */

static void on_broken(int err, const char *why, void *arg)
{
    struct world *w = arg;

    assert_true(err < 0 && why[0]);
    w->shut++;
}

static void a_recogniser_that_breaks_is_told_by_its_kind(void **state)
{
    static const struct {
        int code;
        enum live_error error;
    } cases[] = {{UV_EIO, LIVE_INTERNAL},       {UV_EAGAIN, LIVE_OVERLOADED},
                 {UV_ENOBUFS, LIVE_OVERLOADED}, {UV_ENOENT, LIVE_UNAVAILABLE},
                 {UV_ENOSYS, LIVE_UNAVAILABLE}, {UV_EINVAL, LIVE_BAD_AUDIO}};
    static const struct speaker_handlers broken = {
        .on_event = on_event, .on_done = on_done, .on_fatal = on_broken};
    struct speaker_params params = {
        .sample_rate = RATE, .channels = 1, .vad = vad_params_defaults()};
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        w->shut = w->told[LIVE_ERROR] = 0;
        w->script.fail_feeds = 1;
        w->script.fail_code = cases[i].code;
        assert_int_equal(speaker_open(&w->speaker, w->live, &params, &broken, w, NULL), 0);
        for (size_t at = 0; at < LENGTH && !w->shut; at += 320) {
            speaker_feed(w->live, w->speaker, w->pcm + at, 320);
            turn(w);
        }
        until(w, &w->shut, 1);
        assert_int_equal(w->told[LIVE_ERROR], 1);
        assert_int_equal(w->error, cases[i].error);
        assert_string_equal(w->why, "the prompter is gone");
        speaker_close(w->live, w->speaker);
    }
    leave(w);
}

static void an_interview_hears_so_many_and_no_more(void **state)
{
    enum { MOST = 32 };
    struct speaker_params params = {
        .sample_rate = RATE, .channels = 1, .vad = vad_params_defaults()};
    struct world *w = *state;
    struct errbuf why = {""};
    uint64_t id[MOST + 1];
    int opens;

    for (int i = 0; i < MOST; i++)
        assert_int_equal(speaker_open(&id[i], w->live, &params, &handlers, w, &why), 0);
    opens = w->script.opens;
    assert_int_equal(speaker_open(&id[MOST], w->live, &params, &handlers, w, &why), UV_EAGAIN);
    assert_non_null(strstr(why.text, "as many as can be"));
    assert_int_equal(w->script.opens, opens); /* no recogniser was bothered with it */
    for (int i = 0; i < MOST; i++)
        speaker_close(w->live, id[i]);
    pause_ms(w, 20);
    assert_int_equal(speaker_open(&id[0], w->live, &params, &handlers, w, &why), 0);
    speaker_close(w->live, id[0]);
    leave(w);
}

static void without_a_recogniser_it_is_said_so(void **state)
{
    struct world *w = *state;
    struct live_deps deps = {.loop = w->loop,
                             .lanes = w->lanes,
                             .store = w->store,
                             .seal = w->seal,
                             .answerer = w->answerer};
    struct speaker_params params = {
        .sample_rate = RATE, .channels = 1, .vad = vad_params_defaults()};
    struct session_context context;
    struct errbuf why = {""};
    uint64_t id;

    leave(w);
    live_registry_close(w->registry);
    assert_int_equal(live_registry_open(&w->registry, &deps), 0);
    assert_int_equal(session_context_load(&deps, w->user, w->session, &context, NULL), 0);
    assert_int_equal(live_join(w->registry, &context, &w->live), 0);
    assert_int_equal(speaker_open(&id, w->live, &params, &handlers, w, &why), UV_ENOENT);
    assert_non_null(strstr(why.text, "doctor"));
    live_leave(w->live);
    pause_ms(w, 20);
    assert_int_equal(live_count(w->registry), 0);
}

static void voices_of_the_newest_sessions_are_known(void **state)
{
    enum { KNOWN = 256 };
    struct world *w = *state;
    float voice[VOICE_DIMENSIONS];
    char session[ID_TEXT_MAX];

    leave(w);
    voice_on(OWN, voice);
    for (int i = 0; i <= KNOWN; i++) {
        snprintf(session, sizeof(session), "session-%d", i);
        assert_int_equal(live_teach_voice(w->registry, w->user, session, voice, 6000), 0);
        if (i < 3) /* the oldest by the clock, too */
            uv_sleep(2);
        if (i == KNOWN - 1) /* looked at, so it is not the oldest any more */
            assert_int_equal(live_voice_ms(w->registry, w->user, "session-0"), 6000);
    }
    for (int i = 0; i < 2 * KNOWN; i++) { /* who only asks pushes nobody out */
        char nobodys[ID_TEXT_MAX];

        snprintf(nobodys, sizeof(nobodys), "nobodys-%d", i);
        assert_int_equal(live_voice_ms(w->registry, w->user, nobodys), 0);
    }
    assert_int_equal(live_voice_ms(w->registry, w->user, session), 6000);
    assert_int_equal(live_voice_ms(w->registry, w->user, "session-2"), 6000);
    assert_int_equal(live_voice_ms(w->registry, w->user, "session-0"), 6000);
    assert_int_equal(live_voice_ms(w->registry, w->user, "session-1"), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(a_spoken_question_is_answered_and_kept),
        T(the_question_is_kept_apart_from_what_was_said_around_it),
        T(a_final_of_any_length_is_kept),
        T(words_are_in_the_store_while_they_are_said),
        T(a_shutdown_in_the_middle_of_a_word_keeps_it),
        T(what_waits_when_the_lanes_close_is_told_so),
        T(what_is_asked_after_the_lanes_closed_ends_too),
        T(what_is_left_at_the_deadline_is_given_back),
        T(a_speaker_that_is_gone_is_a_normal_answer),
        T(a_listener_may_leave_while_it_is_told),
        T(a_question_that_cannot_be_asked_says_why),
        T(the_own_voice_asks_nothing_and_is_kept_as_the_candidates),
        T(the_own_voice_replaces_no_answer),
        T(an_answer_waits_until_it_is_known_whose_question_it_is),
        T(a_line_that_stops_waits_for_a_voice_too),
        T(the_next_utterance_waits_for_no_voice),
        T(without_a_phrase_everybody_is_who_the_client_says),
        T(a_second_interviewer_is_told_from_the_first),
        T(a_loudspeaker_beside_the_candidate_teaches_nothing),
        T(voices_outlive_a_page_and_are_forgotten_when_asked),
        T(an_echo_in_the_microphone_stays_one_utterance),
        T(voices_of_the_newest_sessions_are_known),
        T(an_answer_is_kept_with_all_that_was_told_of_it),
        T(a_typed_question_has_no_voice_and_no_final),
        T(what_is_not_to_be_kept_is_not),
        T(a_question_in_two_breaths_is_one),
        T(a_voice_is_judged_at_the_end_at_the_latest),
        T(what_was_asked_is_remembered_by_who_comes_back),
        T(early_starts_in_vain_are_counted_on_the_session),
        T(who_comes_in_the_middle_misses_nothing),
        T(who_comes_at_the_beginning_hears_no_outline_yet),
        T(who_leaves_in_the_middle_hears_no_more),
        T(an_interview_is_its_users_and_its_sessions),
        T(everybody_in_a_session_shares_its_interview),
        T(nobody_joins_a_server_that_goes),
        T(there_is_something_to_interrupt_or_not),
        T(who_comes_back_hears_what_was_said_meanwhile),
        T(of_the_pages_that_listen_one_does),
        T(a_speaker_without_a_key_is_gone_when_it_vanishes),
        T(a_socket_that_is_ready_is_not_told_twice),
        T(a_recogniser_that_breaks_is_told_by_its_kind),
        T(an_interview_hears_so_many_and_no_more),
        T(without_a_recogniser_it_is_said_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
