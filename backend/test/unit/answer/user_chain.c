/**
 * @file test/unit/answer/user_chain.c  Whose language models answer a user
 *
 * The operator has Groq and a server of a compatible kind; what users bring is their own alone.
 */
#include "cmocka_all.h"

#include "answer/user_chain.h"
#include "loop/loop.h"
#include "net/client.h"

#include <stdio.h>
#include <string.h>

#define TEXT(literal) ((char[]){literal}) /* a choice may change its texts */

struct fixture {
    struct loop *loop;
    struct http_client *client;
    struct answerer *answerer;
};

static int open_both(void **state)
{
    static struct fixture f;
    const struct llm_provider operators[] = {
        {.name = "groq",
         .driver = llm_driver_find("openai"),
         .url = "https://groq.example/v1",
         .api_key = "operator",
         .model = "big"},
        {.name = "compatible",
         .driver = llm_driver_find("openai"),
         .url = "https://ours.example/v1",
         .model = "ours"},
    };
    const struct llm_provider usual[] = {{.name = "openai",
                                          .driver = llm_driver_find("openai"),
                                          .url = "https://openai.example/v1",
                                          .model = "small"}};
    const struct answerer_config config = {
        .providers = operators, .provider_count = 2, .usual = usual, .usual_count = 1};
    struct errbuf why = {""};

    assert_int_equal(loop_open(&f.loop, &why), 0);
    assert_int_equal(http_client_open(&f.client, f.loop, &why), 0);
    assert_int_equal(answerer_open(&f.answerer, f.loop, f.client, &config, &why), 0);
    *state = &f;
    return 0;
}

static int close_both(void **state)
{
    struct fixture *f = *state;

    answerer_close(f->answerer);
    http_client_close(f->client);
    return loop_close(f->loop);
}

/* "groq+ compatible outline": + where the key is the user's own, * where something else is. */
static const char *order_of(const struct user_chain *c)
{
    static char text[256];
    struct user_link link;
    size_t n = 0;

    for (size_t i = 0; user_chain_at(c, i, &link); i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%s", i ? " " : "",
                              link.provider->name,
                              link.own_key ? "+"
                              : link.own   ? "*"
                                           : "");
    return text;
}

static struct user_chain *chain_of(struct fixture *f, const char *user, const struct choice *choice)
{
    struct user_chain *c = NULL;

    assert_int_equal(user_chain_open(&c, f->answerer, user, choice), 0);
    return c;
}

static const struct llm_provider *provider_of(const struct user_chain *c, const char *name)
{
    struct user_link link;

    assert_true(user_chain_at(c, user_chain_find(c, name), &link));
    return link.provider;
}

static void without_a_choice_it_is_the_operators(void **state)
{
    struct user_chain *c = chain_of(*state, "u1", NULL);

    assert_string_equal(order_of(c), "groq compatible outline");
    assert_string_equal(provider_of(c, "groq")->api_key, "operator");
    user_chain_close(c);
}

static void a_key_makes_a_provider_of_ones_own(void **state)
{
    const struct choice of_one = {
        .version = 1,
        .own_count = 2,
        .own = {{.name = "openai", .key = TEXT("one")}, {.name = "groq", .key = TEXT("mine")}}};
    const struct choice of_another = {
        .version = 1, .own_count = 1, .own = {{.name = "openai", .key = TEXT("two")}}};
    struct user_chain *one = chain_of(*state, "u1", &of_one);
    struct user_chain *another = chain_of(*state, "u2", &of_another);
    struct user_chain *none = chain_of(*state, "u3", NULL);

    assert_string_equal(order_of(one), "openai+ groq+ compatible outline");
    assert_string_equal(order_of(another), "openai+ groq compatible outline");
    assert_string_equal(provider_of(one, "openai")->api_key, "one");
    assert_string_equal(provider_of(another, "openai")->api_key, "two");
    assert_string_equal(provider_of(one, "openai")->url, "https://openai.example/v1");
    assert_string_equal(provider_of(one, "groq")->api_key, "mine");
    assert_string_equal(provider_of(none, "groq")->api_key, "operator");
    user_chain_close(one);
    user_chain_close(another);
    user_chain_close(none);
}

static void an_order_is_all_that_is_asked(void **state)
{
    const struct choice choice = {.version = 1,
                                  .ordered = true,
                                  .order = {"compatible", "openai", "compatible"},
                                  .order_count = 3};
    const struct choice nobody = {.version = 1, .ordered = true};
    struct user_chain *c = chain_of(*state, "u1", &choice);
    struct user_chain *alone = chain_of(*state, "u2", &nobody);

    assert_string_equal(order_of(c), "compatible outline"); /* there is no key for OpenAI */
    assert_string_equal(order_of(alone), "outline");
    user_chain_close(c);
    user_chain_close(alone);
}

static void an_address_counts_for_who_may_name_one(void **state)
{
    struct choice choice = {.version = 1,
                            .own_count = 1,
                            .own = {{.name = "groq", .url = TEXT("https://elsewhere.example/v1")}}};
    struct user_chain *c = chain_of(*state, "u1", &choice);

    assert_string_equal(order_of(c), "groq compatible outline");
    assert_string_equal(provider_of(c, "groq")->url, "https://groq.example/v1");
    user_chain_close(c);
    choice.addresses = true;
    c = chain_of(*state, "u1", &choice);
    assert_string_equal(order_of(c), "groq* compatible outline");
    assert_string_equal(provider_of(c, "groq")->url, "https://elsewhere.example/v1");
    assert_null(provider_of(c, "groq")->api_key); /* the operator's key goes nowhere else */
    user_chain_close(c);
}

static void a_newer_choice_keeps_what_stayed_the_same(void **state)
{
    struct choice choice = {
        .version = 2,
        .own_count = 2,
        .own = {{.name = "openai", .key = TEXT("one")}, {.name = "groq", .key = TEXT("mine")}}};
    struct user_chain *held = chain_of(*state, "u1", &choice);
    const struct llm_provider *openai = provider_of(held, "openai");
    const struct llm_provider *groq = provider_of(held, "groq");
    struct user_chain *c;

    choice.version = 3;
    choice.own[1].key = TEXT("new");
    c = chain_of(*state, "u1", &choice);
    assert_ptr_equal(provider_of(c, "openai"), openai);
    assert_ptr_not_equal(provider_of(c, "groq"), groq);
    assert_string_equal(provider_of(held, "groq")->api_key, "mine"); /* who asks goes on */
    user_chain_renew(&held);
    assert_ptr_equal(held, c);
    user_chain_close(c);
    choice.version = 1; /* read before, and late */
    choice.own_count = 0;
    c = chain_of(*state, "u1", &choice);
    assert_ptr_equal(held, c);
    user_chain_close(c);
    user_chain_close(held);
}

static void who_is_gone_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    const struct choice choice = {
        .version = 1, .own_count = 1, .own = {{.name = "groq", .key = TEXT("mine")}}};
    struct user_chain *held = chain_of(f, "u1", &choice);

    user_chain_forget(f->answerer, "u1");
    user_chain_forget(f->answerer, "nobody");
    user_chain_renew(&held);
    assert_string_equal(order_of(held), "groq compatible outline");
    assert_string_equal(provider_of(held, "groq")->api_key, "operator");
    user_chain_close(held);
}

static void those_who_asked_last_are_remembered(void **state)
{
    const struct choice choice = {
        .version = 1, .own_count = 1, .own = {{.name = "groq", .key = TEXT("mine")}}};
    struct user_chain *first = chain_of(*state, "first", &choice);
    struct user_chain *again;
    char user[16];

    for (int i = 0; i < 3 * USER_CHAINS_KEPT; i++) {
        snprintf(user, sizeof(user), "u%d", i);
        user_chain_close(chain_of(*state, user, &choice));
    }
    again = chain_of(*state, "first", &choice); /* an interview holds it: it was not forgotten */
    assert_ptr_equal(again, first);
    user_chain_close(again);
    user_chain_close(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_choice_it_is_the_operators, open_both,
                                        close_both),
        cmocka_unit_test_setup_teardown(a_key_makes_a_provider_of_ones_own, open_both, close_both),
        cmocka_unit_test_setup_teardown(an_order_is_all_that_is_asked, open_both, close_both),
        cmocka_unit_test_setup_teardown(an_address_counts_for_who_may_name_one, open_both,
                                        close_both),
        cmocka_unit_test_setup_teardown(a_newer_choice_keeps_what_stayed_the_same, open_both,
                                        close_both),
        cmocka_unit_test_setup_teardown(who_is_gone_leaves_nothing, open_both, close_both),
        cmocka_unit_test_setup_teardown(those_who_asked_last_are_remembered, open_both, close_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
