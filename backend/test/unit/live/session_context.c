/**
 * @file test/unit/live/session_context.c  What a session brings: settings, words, earlier pairs
 */
#include "cmocka_all.h"

#include "auth/seal.h"
#include "live/live.h"
#include "store/sealed.h"
#include "support/sealed_store.h"

#include <stdio.h>
#include <string.h>

enum { LONG = 48 };

struct world {
    char dir[SCRATCH_MAX];
    struct store *store;
    struct seal *seal;
    struct live_deps deps;
    struct store_session session;
    struct session_context context;
};

static struct world w;

static int setup(void **state)
{
    struct store_user user = {.display_name = LITERAL("Ada"),
                              .settings = LITERAL("{}"),
                              .subscription = LITERAL("{}"),
                              .created_at = 1};

    (void)state;
    w = (struct world){.store = NULL};
    sealed_store_make(w.dir, NULL, &w.store, &w.seal);
    w.deps = (struct live_deps){.store = w.store, .seal = w.seal};
    id_new(user.id);
    assert_int_equal(store_user_put(w.store, &user, NULL), 0);
    w.session = (struct store_session){.metadata = LITERAL("{}"), .created_at = 1};
    id_new(w.session.id);
    memcpy(w.session.user_id, user.id, ID_TEXT_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    session_context_release(&w.context);
    sealed_store_remove(w.dir, w.store, w.seal);
    return 0;
}

static void load_again(void)
{
    struct errbuf why = {""};

    session_context_release(&w.context);
    if (session_context_load(&w.deps, w.session.user_id, w.session.id, &w.context, &why))
        fail_msg("%s", why.text);
}

static void load(void)
{
    assert_int_equal(sealed_session_put(w.store, w.seal, &w.session, NULL), 0);
    load_again();
}

static bool expects(const char *word)
{
    for (size_t i = 0; i < w.context.vocabulary_count; i++) {
        if (strcmp(w.context.vocabulary[i], word) == 0)
            return true;
    }
    return false;
}

static void add_profile(const char *skills, const char *context)
{
    struct store_profile profile = {.name = LITERAL("Ada Lovelace"),
                                    .role = LITERAL("Engineer"),
                                    .years_experience = 7,
                                    .skills = (char *)(uintptr_t)skills,
                                    .industry = LITERAL("Engines"),
                                    .context = (char *)(uintptr_t)context,
                                    .created_at = 1};

    id_new(profile.id);
    memcpy(profile.user_id, w.session.user_id, ID_TEXT_MAX);
    memcpy(w.session.profile_id, profile.id, ID_TEXT_MAX);
    assert_int_equal(sealed_profile_add(w.store, w.seal, &profile, 100, NULL), 0);
}

static void settings_come_from_the_session(void **state)
{
    struct errbuf why = {""};
    struct session_context other;

    (void)state;
    load();
    assert_string_equal(w.context.session_id, w.session.id);
    assert_string_equal(w.context.user_id, w.session.user_id);
    assert_string_equal(w.context.language, "");
    assert_string_equal(w.context.provider, "");
    assert_string_equal(w.context.model, "");
    assert_non_null(w.context.index);
    assert_int_equal(w.context.questions, 0);
    assert_int_equal(memory_dialogue(w.context.memory, (struct memory_line[MEMORY_LINES_MAX]){{0}}),
                     0);
    assert_int_equal(w.context.vocabulary_count, 0);
    w.session.metadata =
        LITERAL("{\"language\":\"de\",\"llmProvider\":\"groq\",\"model\":\"a-model\"}");
    load();
    assert_string_equal(w.context.language, "de");
    assert_string_equal(w.context.provider, "groq");
    assert_string_equal(w.context.model, "a-model");
    assert_int_equal(session_context_load(&w.deps, "somebody", w.session.id, &other, &why),
                     UV_ENOENT);
    assert_int_equal(session_context_load(&w.deps, w.session.user_id, "nothing", &other, &why),
                     UV_ENOENT);
}

static void names_and_terms_are_expected(void **state)
{
    (void)state;
    add_profile("[\"Go\", \"PostgreSQL\", \"C++\", \"x\", \"postgresql\", 7]",
                "We moved to Kubernetes. Then nobody slept! Afterwards Grafana2 helped\n"
                "Colleagues praised O'Neill: Indeed we use iOS and e5 and 2nd-level, c#");
    w.session.job_description = LITERAL("Somebody who knows Terraform? Good");
    load();
    assert_true(expects("Go"));
    assert_true(expects("PostgreSQL"));
    assert_false(expects("postgresql")); /* once is enough */
    assert_true(expects("C++"));
    assert_false(expects("x")); /* a letter is no word */
    assert_true(expects("Kubernetes"));
    assert_true(expects("Grafana2"));
    assert_true(expects("O'Neill"));
    assert_true(expects("iOS"));
    assert_true(expects("e5"));
    assert_true(expects("Terraform"));
    /* What begins a sentence is a capital for that, and what begins with a digit no name. */
    assert_false(expects("We"));
    assert_false(expects("Then"));
    assert_false(expects("Afterwards"));
    assert_false(expects("Colleagues"));
    assert_false(expects("Indeed"));
    assert_false(expects("Good"));
    assert_false(expects("2nd-level"));
    assert_false(expects("nobody"));
    assert_false(expects("c#"));
    assert_int_equal(w.context.vocabulary_count, 9);
}

static void expected_words_have_a_bound(void **state)
{
    enum { MANY = 250, MOST = 200 };
    static char text[MANY * 16 + 200];
    size_t len = (size_t)snprintf(text, sizeof(text), "we ");
    char longest[LONG + 2];

    (void)state;
    memset(longest, 'a', sizeof(longest));
    longest[0] = 'B';
    longest[LONG + 1] = '\0';
    len += (size_t)snprintf(text + len, sizeof(text) - len, "%s ", longest);
    longest[LONG] = '\0';
    len += (size_t)snprintf(text + len, sizeof(text) - len, "%s ", longest);
    for (int i = 0; i < MANY; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "Word%d ", i);
    add_profile("[]", text);
    load();
    assert_int_equal(w.context.vocabulary_count, MOST);
    assert_string_equal(w.context.vocabulary[0],
                        longest); /* and the one that was too long is not */
    assert_string_equal(w.context.vocabulary[1], "Word0");
}

static void a_profile_that_is_gone_is_done_without(void **state)
{
    (void)state;
    add_profile("[\"Go\"]", "I like Rust a lot.");
    load();
    assert_true(expects("Go") && expects("Rust"));
    assert_int_equal(store_profile_erase(w.store, w.session.user_id, w.session.profile_id, NULL),
                     0);
    load_again();
    assert_non_null(w.context.index);
    assert_false(expects("Go"));
}

static void put_row_of(int number, enum store_line line, const char *question, const char *answer,
                       const char *detail)
{
    static int64_t now = 1000;
    struct store_transcript t = {.question_number = number,
                                 .question = (char *)(uintptr_t)question,
                                 .answer = (char *)(uintptr_t)answer,
                                 .timestamp = now++,
                                 .metrics = LITERAL("{}"),
                                 .detail = (char *)(uintptr_t)detail,
                                 .line = line};

    id_new(t.id);
    memcpy(t.session_id, w.session.id, ID_TEXT_MAX);
    assert_int_equal(sealed_transcript_put(w.store, w.seal, &t, NULL), 0);
}

static void put_row(int number, enum store_line line, const char *question, const char *answer)
{
    put_row_of(number, line, question, answer, "{}");
}

static void what_was_said_comes_back_in_its_order(void **state)
{
    static const struct memory_line expected[] = {
        {MEMORY_INTERVIEWER, "We use Kafka here.", 0},
        {MEMORY_INTERVIEWER, "One?", 1},
        {MEMORY_SHOWN, "Answer 1.", 1},
        {MEMORY_INTERVIEWER, "Two?", 2},
        {MEMORY_CANDIDATE, "I would say that I did it all by myself.", 0},
        {MEMORY_INTERVIEWER, "Three, without an answer?", 3},
    };
    struct memory_line lines[MEMORY_LINES_MAX];
    size_t facts;

    (void)state;
    load();
    put_row(1, STORE_INTERVIEWER, "We use Kafka here.", "");
    put_row(1, STORE_QUESTION, "One?", "Answer 1.");
    put_row(2, STORE_QUESTION, "Two?", "Answer 2.");
    put_row(3, STORE_CANDIDATE, "I would say that I did it all by myself.", "");
    put_row(3, STORE_QUESTION, "Three, without an answer?", "");
    load();
    assert_int_equal(w.context.questions, 3);
    assert_int_equal(memory_dialogue(w.context.memory, lines), 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(lines[i].who, expected[i].who);
        assert_int_equal(lines[i].question, expected[i].question);
        assert_string_equal(lines[i].text, expected[i].text);
    }
    assert_string_equal(memory_facts(w.context.memory, &facts)[0].text, "We use Kafka here");
}

static void the_story_just_told_goes_on_after_a_restart(void **state)
{
    struct memory_follow follow;
    struct memory_story story;

    (void)state;
    add_profile("[]", "Built a scheduler for night shifts that three hospitals use.\n\n"
                      "Caused an outage by a migration that locked the orders table for nine "
                      "minutes, and wrote the rule that no migration runs by day.");
    load();
    put_row_of(1, STORE_QUESTION, "Tell me about a mistake.", "I caused an outage.",
               "{\"kind\":\"behavioral\",\"outline\":[{\"text\":\"Advice\",\"source\":{\"field\":"
               "\"question\",\"quote\":\"Tell me about a mistake.\"}},{\"text\":\"x\",\"source\":{"
               "\"field\":\"context\",\"quote\":\"Caused an outage by a migration that locked the "
               "orders table for nine minutes\"}}]}");
    load();
    follow = memory_follow(w.context.memory, "And what happened then?");
    story = profile_index_place(w.context.index, "Caused an outage by a migration");
    assert_int_equal(follow.is, FOLLOW_ON);
    assert_int_equal(follow.kind, QUESTION_BEHAVIORAL);
    assert_string_equal(follow.question, "Tell me about a mistake.");
    assert_true(story.end > story.first);
    assert_int_equal(follow.story.first, story.first);
    assert_int_equal(follow.story.end, story.end);
    assert_true(memory_told(w.context.memory, &story));
    story = profile_index_place(w.context.index, "Built a scheduler");
    assert_false(memory_told(w.context.memory, &story));
    assert_int_equal(profile_index_place(w.context.index, "nothing of it").end, 0);
    assert_int_equal(profile_index_place(NULL, "Built").end, 0);
}

static void a_remark_has_the_number_of_the_question_that_follows(void **state)
{
    (void)state;
    load();
    put_row(1, STORE_QUESTION, "One?", "1.");
    put_row(2, STORE_QUESTION, "Two?", "2.");
    put_row(3, STORE_CANDIDATE, "I say something.", "");
    load();
    assert_int_equal(w.context.questions, 2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(settings_come_from_the_session),
        T(names_and_terms_are_expected),
        T(expected_words_have_a_bound),
        T(a_profile_that_is_gone_is_done_without),
        T(what_was_said_comes_back_in_its_order),
        T(the_story_just_told_goes_on_after_a_restart),
        T(a_remark_has_the_number_of_the_question_that_follows),
    };

    return cmocka_run_group_tests_name("live/session_context", tests, NULL, NULL);
}
