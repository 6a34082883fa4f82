/**
 * @file test/unit/live/memory.c  A live interview when memory runs out, at each allocation in turn
 *
 * What is said or asked then may be lost, and that is told: as an error, or as an answer that is
 * not kept. The interview must end, and everything must be given back.
 */
#include "cmocka_all.h"

#include "auth/seal.h"
#include "base/clock.h"
#include "live/live.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "store/store.h"
#include "support/asr_script.h"
#include "support/failing.h"
#include "support/sealed_store.h"
#include "support/sound.h"

#include <stdlib.h>
#include <string.h>

enum { RATE = 16000, LENGTH = 3 * RATE, STEP = RATE / 10, PATIENCE_MS = 20000 };

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
    char user[ID_TEXT_MAX];
    char session[ID_TEXT_MAX];
    int16_t pcm[LENGTH];
    uint64_t began_us;

    int told[LIVE_ERROR + 1];
    int done;
    bool fatal;
    char transcript[ID_TEXT_MAX]; /* of the answer, when it was kept */
};

static void on_event(const struct live_event *event, void *arg)
{
    struct world *w = arg;

    w->told[event->kind]++;
    if (event->kind == LIVE_PARTIAL || event->kind == LIVE_FINAL)
        assert_false(w->done); /* whatever was lost before: done is done */
    if (event->kind == LIVE_ERROR)
        assert_true(event->error.why[0]);
    if (event->kind == LIVE_FINISHED && event->finished.transcript_id)
        memcpy(w->transcript, event->finished.transcript_id, ID_TEXT_MAX);
}

static void on_done(void *arg)
{
    ((struct world *)arg)->done++;
}

static void on_fatal(int err, const char *why, void *arg)
{
    struct world *w = arg;

    assert_true(err < 0 && why[0]);
    w->fatal = true;
}

static const struct speaker_handlers handlers = {
    .on_event = on_event, .on_done = on_done, .on_fatal = on_fatal};

static void put_records(struct world *w)
{
    struct store_user user = {.display_name = LITERAL("Ada"),
                              .settings = LITERAL("{}"),
                              .subscription = LITERAL("{}"),
                              .created_at = 1};
    struct store_session session = {.metadata = LITERAL("{}"),
                                    .job_description =
                                        LITERAL("We look for somebody who knows PostgreSQL."),
                                    .created_at = 1};

    id_new(user.id);
    id_new(session.id);
    memcpy(session.user_id, user.id, ID_TEXT_MAX);
    memcpy(w->user, user.id, ID_TEXT_MAX);
    memcpy(w->session, session.id, ID_TEXT_MAX);
    assert_int_equal(store_user_put(w->store, &user, NULL), 0);
    assert_int_equal(store_session_put(w->store, &session, NULL), 0);
}

static void begin(struct world *w)
{
    struct answerer_config answers = {0};
    struct asr_hub_config hub = {.driver = &asr_script_local};
    struct live_deps deps;

    w->script.words = "so";
    w->script.ms_per_word = 500;
    hub.model.http = &w->script;
    sound_voice(w->pcm + RATE / 2, RATE, -25, 1);
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
}

static void end(struct world *w)
{
    lanes_close(w->lanes);
    live_registry_close(w->registry);
    answerer_close(w->answerer);
    asr_hub_close(w->hub);
    assert_int_equal(loop_close(w->loop), 0);
    assert_int_equal(w->script.opens, w->script.closes);
    sealed_store_remove(w->dir, w->store, w->seal);
}

static void turn(struct world *w, const char *what)
{
    uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
    uv_sleep(0);
    if (clock_mono_us() - w->began_us > (uint64_t)PATIENCE_MS * 1000)
        fail_msg("%s did not come: %d finals, %d errors, done %d, fatal %d", what,
                 w->told[LIVE_FINAL], w->told[LIVE_ERROR], w->done, w->fatal);
}

/* Somebody in an interview of this session, who hears what is told in it. NULL: no memory. */
static struct live *join(struct world *w, struct live_listener **listener)
{
    struct live_deps deps = {.loop = w->loop, .store = w->store, .seal = w->seal};
    struct session_context context;
    struct errbuf why = {""};
    struct live *live = NULL;
    int err;

    memset(w->told, 0, sizeof(w->told));
    w->done = 0;
    w->fatal = false;
    w->transcript[0] = '\0';
    w->began_us = clock_mono_us();
    *listener = NULL;
    err = session_context_load(&deps, w->user, w->session, &context, &why);
    if (err)
        return NULL;
    err = live_join(w->registry, &context, &live);
    session_context_release(&context);
    if (err)
        return NULL;
    if (live_listen(live, on_event, w, listener)) {
        live_leave(live);
        return NULL;
    }
    return live;
}

static void leave(struct world *w, struct live *live, struct live_listener *listener)
{
    live_unlisten(listener);
    live_leave(live);
    while (live_count(w->registry))
        turn(w, "the end of the interview");
}

/* The session's rows, and away with them. */
static size_t rows(struct world *w)
{
    struct store_list list = {0};
    size_t n;

    failing_hold();
    assert_int_equal(
        store_transcript_list(w->store, w->user, w->session, false, 10, NULL, &list, NULL), 0);
    n = list.count;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(store_transcript_erase(w->store, w->session,
                                                ((struct store_transcript *)list.items)[i].id,
                                                NULL),
                         0);
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
    failing_go_on();
    return n;
}

static void somebody_speaks(void *arg)
{
    struct world *w = arg;
    struct speaker_params params = {.sample_rate = RATE,
                                    .channels = 1,
                                    .candidate = true,
                                    .key = "a key that nobody guesses",
                                    .vad = vad_params_defaults()};
    struct live_listener *listener;
    struct live *live = join(w, &listener);
    struct errbuf why = {""};
    uint64_t id;

    if (!live)
        return;
    if (speaker_open(&id, live, &params, &handlers, w, &why) == 0) {
        for (size_t at = 0; at < LENGTH && !w->fatal; at += STEP) {
            speaker_feed(live, id, w->pcm + at, STEP);
            turn(w, "a word");
        }
        speaker_stop(live, id);
        while (!w->done && !w->fatal)
            turn(w, "the end of what was said");
        assert_true(w->told[LIVE_FINAL] || w->told[LIVE_ERROR]);
        speaker_close(live, id);
    }
    leave(w, live, listener);
    assert_true(rows(w) <= 1);
}

static void somebody_asks(void *arg)
{
    struct world *w = arg;
    struct live_ask ask = {.question = "What is a mutex?"};
    struct live_listener *listener;
    struct live *live = join(w, &listener);
    struct errbuf why = {""};

    if (!live)
        return;
    if (live_ask(live, &ask, NULL, &why) == 0) {
        while (!w->told[LIVE_FINISHED])
            turn(w, "the end of the answer");
        if (w->transcript[0]) /* who is told that it is kept finds it */
            assert_int_equal(rows(w), 1);
    }
    leave(w, live, listener);
    rows(w);
}

static void run_each(void (*scenario)(void *arg))
{
    struct world *w = calloc(1, sizeof(*w));

    begin(w);
    assert_true(failing_each(scenario, w) > 50);
    end(w);
    free(w);
}

static void words_end_wherever_memory_runs_out(void **state)
{
    (void)state;
    run_each(somebody_speaks);
}

static void an_answer_ends_wherever_memory_runs_out(void **state)
{
    (void)state;
    run_each(somebody_asks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_end_wherever_memory_runs_out),
        cmocka_unit_test(an_answer_ends_wherever_memory_runs_out),
    };

    return cmocka_run_group_tests_name("live/memory", tests, NULL, NULL);
}
