/**
 * @file test/unit/llm/provider_probe.c  Who answers, who does not, and what to do about it
 *
 * The providers' lists come from a driver of this test, so that each says what it is told to.
 */
#include "cmocka_all.h"

#include "llm/provider_probe.h"
#include "loop/loop.h"

#include <stdlib.h>
#include <string.h>

enum { ASKED_MAX = 16 };

static struct {
    void (*fn)(const char *name, int err, void *arg);
    void *arg;
    const char *provider;
} asked[ASKED_MAX];
static int asked_count;
static int refuse; /* what .models returns */

static int list(struct http_client *client, const struct llm_provider *p,
                void (*fn)(const char *name, int err, void *arg), void *arg)
{
    assert_ptr_equal(client, &asked_count); /* the one that was given */
    assert_true(asked_count < ASKED_MAX);
    asked[asked_count].fn = fn;
    asked[asked_count].arg = arg;
    asked[asked_count++].provider = p->name;
    return refuse;
}

static const struct llm_driver complete = {.name = "ollama", .lists_all = true, .models = list};
static const struct llm_driver partial = {.name = "openai", .models = list};
static const struct llm_driver silent = {.name = "outline"};

static const struct llm_provider providers[] = {
    {.name = "ollama", .driver = &complete, .url = "http://o", .model = "llama3.2"},
    {.name = "groq", .driver = &partial, .url = "http://g", .model = "m"},
    {.name = "outline", .driver = &silent, .model = "outline"},
    {.name = "bare", .driver = &complete},
};

struct fixture {
    struct loop *loop;
    struct llm_probe *probe;
    int told;
};

static void on_probed(void *arg)
{
    struct fixture *f = arg;

    f->told++;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct errbuf err = {""};

    *state = f;
    asked_count = refuse = 0;
    return loop_open(&f->loop, &err) ||
           llm_probe_open(&f->probe, f->loop, (struct http_client *)(void *)&asked_count, providers,
                          4);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    llm_probe_close(f->probe);
    llm_probe_close(NULL);
    loop_close(f->loop);
    free(f);
    return 0;
}

static void answer(int i, const char *const *names, int err)
{
    for (; names && *names; names++)
        asked[i].fn(*names, 0, asked[i].arg);
    asked[i].fn(NULL, err, asked[i].arg);
}

static void turn(struct fixture *f)
{
    for (int i = 0; i < 5; i++) /* what is to run now runs */
        uv_run(loop_uv(f->loop), UV_RUN_NOWAIT);
}

static void assert_known(const struct fixture *f, size_t i, enum llm_probe_state state, int err,
                         size_t models)
{
    struct llm_probed known = llm_probe_get(f->probe, i);

    assert_int_equal(known.state, state);
    assert_int_equal(known.err, err);
    assert_int_equal(known.models, models);
}

static void each_is_asked_once_and_believed_for_a_while(void **state)
{
    static const char *const lists[] = {"other:latest", "llama3.2:latest", NULL};
    static const char *const others[] = {"x", NULL};
    struct fixture *f = *state;

    for (size_t i = 0; i < 4; i++)
        assert_known(f, i, i == 2 ? LLM_PROBE_ANSWERS : LLM_PROBE_UNKNOWN, 0, 0);
    llm_probe_look(f->probe, on_probed, f);
    assert_int_equal(asked_count, 3);
    assert_string_equal(asked[1].provider, "groq");
    llm_probe_look(f->probe, NULL, NULL); /* they are being asked */
    assert_int_equal(asked_count, 3);
    answer(0, lists, 0);
    assert_known(f, 0, LLM_PROBE_ANSWERS, 0, 2);
    answer(1, others, 0);
    assert_known(f, 1, LLM_PROBE_ANSWERS, 0, 1); /* it need not name them all */
    turn(f);
    assert_int_equal(f->told, 0); /* one is waited for */
    answer(2, others, UV_ECONNREFUSED);
    assert_int_equal(f->told, 0); /* never from inside */
    turn(f);
    assert_int_equal(f->told, 1);
    assert_known(f, 3, LLM_PROBE_SILENT, UV_ECONNREFUSED, 1);

    llm_probe_look(f->probe, on_probed, f);
    assert_int_equal(asked_count, 3);
    assert_int_equal(f->told, 1);
    turn(f);
    assert_int_equal(f->told, 2);
    turn(f);
    assert_int_equal(f->told, 2); /* once */
}

static void one_that_cannot_be_asked_is_silent(void **state)
{
    struct fixture *f = *state;

    refuse = UV_EINVAL;
    llm_probe_look(f->probe, on_probed, f);
    assert_int_equal(f->told, 0);
    turn(f);
    assert_int_equal(f->told, 1);
    assert_known(f, 0, LLM_PROBE_SILENT, UV_EINVAL, 0);
}

static void a_model_is_there_under_its_own_name_only(void **state)
{
    static const char *const names[] = {"llama3.2",     "llama3.2:latest", "llama3.2:1b",
                                        "llama3.2-big", "llama3",          ""};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct llm_probe *r;
        const char *const lists[] = {names[i], NULL};

        asked_count = 0;
        assert_int_equal(
            llm_probe_open(&r, f->loop, (struct http_client *)(void *)&asked_count, providers, 1),
            0);
        llm_probe_look(r, NULL, NULL);
        answer(0, lists, 0);
        assert_int_equal(llm_probe_get(r, 0).state, i < 2 ? LLM_PROBE_ANSWERS : LLM_PROBE_NO_MODEL);
        turn(f);
        llm_probe_close(r);
    }
    llm_probe_look(f->probe, NULL, NULL); /* no model is configured: none can be there */
    answer(3, (const char *const[]){"any", NULL}, 0);
    assert_known(f, 3, LLM_PROBE_NO_MODEL, 0, 1);
}

static void what_is_known_is_said_with_the_way_out(void **state)
{
    static const struct {
        size_t provider;
        struct llm_probed known;
        const char *says;
        const char *advises;
    } cases[] = {
        {0, {LLM_PROBE_UNKNOWN, 0, 0}, "", ""},
        {0, {LLM_PROBE_ANSWERS, 0, 3}, "", ""},
        {0,
         {LLM_PROBE_NO_MODEL, 0, 3},
         "has no model called llama3.2",
         "get it: ollama pull llama3.2"},
        {1, {LLM_PROBE_NO_MODEL, 0, 3}, "has no model called m", "choose another than m"},
        {1,
         {LLM_PROBE_SILENT, UV_EACCES, 0},
         "refuses the key",
         "make a new key for groq and set it"},
        {0,
         {LLM_PROBE_SILENT, UV_ECONNREFUSED, 0},
         "does not answer: nothing listens at its address",
         "start it: ollama serve; then: ollama pull llama3.2"},
        {1,
         {LLM_PROBE_SILENT, UV_ETIMEDOUT, 0},
         "does not answer: no reply in time",
         "look at the network, and at its address: http://g"},
        {1,
         {LLM_PROBE_SILENT, UV_EAGAIN, 0},
         "does not answer: it is overloaded or failing",
         "look at the network, and at its address: http://g"},
        {1,
         {LLM_PROBE_SILENT, UV_EAI_NONAME, 0},
         "does not answer: its address has an unknown name",
         "look at the network, and at its address: http://g"},
        {1,
         {LLM_PROBE_SILENT, UV_ECONNRESET, 0},
         "does not answer: connection reset by peer",
         "look at the network, and at its address: http://g"},
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct llm_provider *p = &providers[cases[i].provider];

        assert_string_equal(llm_probe_say(&cases[i].known, p, text, sizeof(text)), cases[i].says);
        assert_string_equal(llm_probe_advise(&cases[i].known, p, text, sizeof(text)),
                            cases[i].advises);
    }
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(each_is_asked_once_and_believed_for_a_while),
        EACH(one_that_cannot_be_asked_is_silent),
        EACH(a_model_is_there_under_its_own_name_only),
        EACH(what_is_known_is_said_with_the_way_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
