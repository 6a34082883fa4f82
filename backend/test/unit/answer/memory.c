/**
 * @file test/unit/answer/memory.c  An answer when memory runs out, at each allocation in turn
 *
 * It may end early, with an error or with less; it must end, and everything must be given back.
 */
#include "cmocka_all.h"

#include "answer/answer.h"
#include "loop/loop.h"
#include "net/client.h"
#include "support/failing.h"
#include "support/stand_in.h"

#include <string.h>

enum { PATIENCE_MS = 10000 };

struct fixture {
    struct loop *loop;
    struct http_client *client;
    struct loop_timer *patience;
    const struct llm_provider *provider; /* NULL: the built-in one */
    int finished;
};

static void on_event(const struct answer_event *event, void *arg)
{
    struct fixture *f = arg;

    switch (event->kind) {
    case ANSWER_STARTED:
    case ANSWER_CHECK:
    case ANSWER_THINKING:
        break;
    case ANSWER_OUTLINE:
        for (size_t i = 0; i < event->outline.count; i++)
            assert_non_null(event->outline.points[i].text);
        break;
    case ANSWER_DELTA:
        assert_non_null(event->delta.text);
        assert_true(event->delta.len > 0);
        break;
    case ANSWER_FINISHED:
        assert_true(event->finished->text || !event->finished->len);
        f->finished++;
        loop_stop(f->loop);
    }
}

static void out_of_patience(void *arg)
{
    (void)arg;
    fail_msg("an answer did not end within %d ms", PATIENCE_MS);
}

static void one_answer(void *arg)
{
    static const char *const skills[] = {"PostgreSQL", "Linux"};
    const struct grounding_input input = {
        .role = "Engineer",
        .years_experience = 5,
        .skills = skills,
        .skill_count = 2,
        .context = "- Led the migration to PostgreSQL, cutting cost by 20 %.\n"
                   "- Found a leak in the scheduler and taught the team to read heap profiles."};
    struct memory *memory = NULL;
    struct answer_ask ask = {.question = "Tell me about a time you led a migration",
                             .preamble = "We like people who lead.",
                             .owner = "u1",
                             .session = "s1",
                             .number = 2};
    struct fixture *f = arg;
    const struct answerer_config config = {.providers = f->provider,
                                           .provider_count = f->provider != NULL};
    struct profile_index *index = NULL;
    struct answerer *answerer = NULL;
    struct answer *answer = NULL;
    struct errbuf err = {""};

    f->finished = 0;
    if (!memory_open(&memory)) {
        memory_heard(memory, MEMORY_INTERVIEWER, "Who are you? We use Oracle here.", 1);
        memory_shown(memory, "I am Ada.", 1);
        ask.memory = memory;
    }
    if (!profile_index_open(&index, &input) &&
        !answerer_open(&answerer, f->loop, f->client, &config, &err) &&
        !answer_ask(answerer, index, &ask, on_event, f, &answer, &err)) {
        timer_start(f->patience, PATIENCE_MS, 0);
        loop_run(f->loop);
        timer_stop(f->patience);
        assert_int_equal(f->finished, 1);
    }
    answerer_close(answerer);
    profile_index_unref(index);
    memory_free(memory);
}

static void run_each(struct fixture *f)
{
    struct errbuf err = {""};

    assert_int_equal(loop_open(&f->loop, &err), 0);
    assert_int_equal(http_client_open(&f->client, f->loop, &err), 0);
    assert_int_equal(timer_open(&f->patience, f->loop, out_of_patience, NULL), 0);
    failing_each(one_answer, f);
    timer_close(f->patience);
    http_client_close(f->client);
    assert_int_equal(loop_close(f->loop), 0);
}

static void a_built_in_answer_ends_wherever_memory_runs_out(void **state)
{
    (void)state;
    run_each(&(struct fixture){0});
}

static void a_streamed_answer_ends_wherever_memory_runs_out(void **state)
{
    static const char *const drivers[] = {"openai", "ollama"};
    struct stand_in service;

    (void)state;
    assert_true(stand_in_open(&service));
    for (int i = 0; i < 2; i++)
        run_each(&(struct fixture){
            .provider = &(struct llm_provider){.name = drivers[i],
                                               .driver = llm_driver_find(drivers[i]),
                                               .url = i ? service.url_ollama : service.url_openai,
                                               .api_key = "k",
                                               .model = "ok"}});
    stand_in_close(&service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_built_in_answer_ends_wherever_memory_runs_out),
        cmocka_unit_test(a_streamed_answer_ends_wherever_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
