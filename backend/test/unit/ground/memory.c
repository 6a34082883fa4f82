/**
 * @file test/unit/ground/memory.c  What was said is remembered, and what follows it is known
 *
 * test/data/interview/dialogues.tsv: sixty dialogues, each with a question, the story its answer
 * was made of, and what the interviewer says next.
 */
#include "cmocka_all.h"

#include "ground/memory.h"
#include "ground/spans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double FLOOR = 0.9;

static struct memory *open_memory(void)
{
    struct memory *m;

    assert_int_equal(memory_open(&m), 0);
    return m;
}

static void offer(struct memory *m, int number, const char *question, const char *text)
{
    memory_offered(m,
                   &(struct memory_offer){.number = number,
                                          .question = question,
                                          .kind = QUESTION_BEHAVIORAL,
                                          .story = {(size_t)number * 10, (size_t)number * 10 + 4},
                                          .text = text});
}

static enum memory_follows wanted(char label)
{
    return label == 'F' ? FOLLOW_ON : label == 'A' ? FOLLOW_ANOTHER : FOLLOW_NOTHING;
}

static void what_follows_a_story_is_known(void **state)
{
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");
    struct memory *m = open_memory();
    char path[512];
    char line[2048];
    int all = 0, right = 0, dialogues = 0;
    FILE *f;

    (void)state;
    snprintf(path, sizeof(path), "%s/backend/test/data/interview/dialogues.tsv", root ? root : ".");
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        char *question = line + 2;
        char *story = strchr(question, '\t');
        struct memory_follow follow;

        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || !line[0])
            continue;
        if (story)
            *story++ = '\0';
        if (line[0] == 'Q') {
            memory_free(m);
            m = open_memory();
            dialogues++;
        }
        follow = memory_follow(m, question);
        all++;
        right += follow.is == wanted(line[0]);
        if (follow.is != wanted(line[0]))
            print_message("# %c taken for %d: %s\n", line[0], (int)follow.is, question);
        if (line[0] == 'Q')
            offer(m, 1, question, story);
        else if (follow.is != FOLLOW_NOTHING)
            assert_int_equal(follow.story.first, 10);
    }
    fclose(f);
    memory_free(m);
    print_message("# %d of %d right in %d dialogues\n", right, all, dialogues);
    assert_true(dialogues >= 60);
    assert_true(right >= FLOOR * all);
}

static void a_story_is_told_once(void **state)
{
    struct memory *m = open_memory();

    (void)state;
    assert_int_equal(memory_follow(m, "and what happened then").is, FOLLOW_NOTHING);
    offer(m, 1, "Tell me about a mistake.", "Caused an outage by a migration.");
    assert_true(memory_told(m, &(struct memory_story){12, 13}));
    assert_false(memory_told(m, &(struct memory_story){14, 20}));
    memory_forget(m, 1);
    assert_false(memory_told(m, &(struct memory_story){12, 13}));
    assert_int_equal(memory_follow(m, "and what happened then").is, FOLLOW_NOTHING);
    memory_free(m);
    assert_false(memory_told(NULL, &(struct memory_story){12, 13}));
    assert_int_equal(memory_follow(NULL, "and then").is, FOLLOW_NOTHING);
}

static void a_story_that_was_not_told_is_free_again(void **state)
{
    struct memory *m = open_memory();

    (void)state;
    offer(m, 1, "Tell me about a mistake.",
          "Caused an outage by a migration that locked the orders table for nine minutes.");
    memory_heard(m, MEMORY_CANDIDATE,
                 "Well, at the bakery where I worked as a student I once forgot the salt in the "
                 "bread, and I had to tell all the customers that morning, which was embarrassing.",
                 0);
    assert_false(memory_told(m, &(struct memory_story){10, 14}));
    assert_int_equal(memory_follow(m, "And how did the customers react?").is, FOLLOW_ON);
    assert_int_equal(memory_follow(m, "And how did the customers react?").story.end, 0);
    offer(m, 2, "Tell me about an outage.",
          "Caused an outage by a migration that locked the orders table for nine minutes.");
    memory_heard(m, MEMORY_CANDIDATE,
                 "So I caused an outage myself. I ran a migration in the morning and it locked the "
                 "orders table for about nine minutes until I rolled it back again by hand.",
                 0);
    assert_true(memory_told(m, &(struct memory_story){20, 24}));
    memory_free(m);
}

static void the_dialogue_is_what_was_said(void **state)
{
    struct memory *m = open_memory();
    struct memory_line lines[MEMORY_LINES_MAX];

    (void)state;
    memory_heard(m, MEMORY_INTERVIEWER, "Tell me about a time", 1);
    memory_heard(m, MEMORY_INTERVIEWER, "Tell me about a time you failed", 1);
    offer(m, 1, "Tell me about a time you failed", "Caused an outage.");
    memory_heard(m, MEMORY_CANDIDATE, "I once caused an outage.", 0);
    memory_heard(m, MEMORY_INTERVIEWER, "", 0);
    assert_int_equal(memory_dialogue(m, lines), 2);
    assert_string_equal(lines[0].text, "Tell me about a time you failed");
    assert_int_equal(lines[0].question, 1);
    assert_int_equal(lines[1].who, MEMORY_CANDIDATE);
    memory_free(m);
}

static void of_too_many_lines_the_older_half_goes_at_once(void **state)
{
    struct memory *m = open_memory();
    struct memory_line lines[MEMORY_LINES_MAX];
    char text[32];
    size_t before = 0;
    int cut = 0;

    (void)state;
    for (int i = 0; i < 3 * MEMORY_LINES_MAX; i++) {
        size_t n;

        snprintf(text, sizeof(text), "line %d", i);
        memory_heard(m, MEMORY_CANDIDATE, text, 0);
        n = memory_dialogue(m, lines);
        assert_string_equal(lines[n - 1].text, text);
        assert_true(n == before + 1 || n == MEMORY_LINES_MAX / 2 + 1);
        cut += n <= before;
        before = n;
    }
    assert_int_equal(cut, 4);
    memory_free(m);
}

static void what_was_shown_is_no_word_of_anybody(void **state)
{
    struct memory *m = open_memory();
    struct memory_line lines[MEMORY_LINES_MAX];
    size_t n;

    (void)state;
    memory_heard(m, MEMORY_INTERVIEWER, "Why did you leave?", 1);
    memory_heard(m, MEMORY_CANDIDATE, "Well.", 0);
    memory_shown(m, "I wanted to run a ward. We use Kafka.", 1);
    memory_shown(m, "", 1); /* none came */
    assert_int_equal(memory_dialogue(m, lines), 3);
    assert_int_equal(lines[2].who, MEMORY_SHOWN);
    assert_int_equal(lines[2].question, 1);
    memory_facts(m, &n);
    assert_int_equal(n, 0);
    memory_heard(m, MEMORY_INTERVIEWER, "Why did you leave your job?", 1);
    assert_int_equal(memory_dialogue(m, lines), 3); /* reworded: the question alone moves */
    assert_int_equal(lines[1].who, MEMORY_SHOWN);
    memory_forget(m, 1);
    assert_int_equal(memory_dialogue(m, lines), 1);
    memory_heard(m, MEMORY_INTERVIEWER, "And now?", 2);
    memory_heard(m, MEMORY_CANDIDATE, "Now I look for a place where I can lead.", 0);
    memory_shown(m, "I look for a ward to run.", 2); /* it is known what they said */
    assert_int_equal(memory_dialogue(m, lines), 3);
    assert_int_equal(lines[2].who, MEMORY_CANDIDATE);
    memory_free(m);
}

static void what_the_interviewer_told_is_kept(void **state)
{
    struct memory *m = open_memory();
    const struct memory_fact *facts;
    size_t n;

    (void)state;
    memory_heard(m, MEMORY_INTERVIEWER,
                 "Hi, my name is Sarah. We use Kafka and Postgres. The weather is nice. We need "
                 "somebody by the end of March. Why do you want to use Kafka?",
                 0);
    memory_heard(m, MEMORY_CANDIDATE, "We use Oracle where I work.", 0);
    facts = memory_facts(m, &n);
    assert_int_equal(n, 3);
    assert_int_equal(facts[0].about, MEMORY_NAME);
    assert_string_equal(facts[1].text, "We use Kafka and Postgres");
    assert_int_equal(facts[1].about, MEMORY_STACK);
    assert_int_equal(facts[2].about, MEMORY_CONSTRAINT);
    memory_free(m);
}

static void an_answer_on_the_same_microphone_is_known(void **state)
{
    struct memory *m = open_memory();

    (void)state;
    assert_false(memory_answers(m, "I would say that I worked on it for about two years myself"));
    offer(m, 1, "Tell me about a mistake.",
          "Caused an outage by a migration that locked the orders table for nine minutes.");
    assert_true(
        memory_answers(m, "so what I did was run a migration that locked the orders table"));
    assert_true(memory_answers(m, "well I think my biggest one was when I joined and I told my "
                                  "manager that I would do it alone"));
    assert_false(memory_answers(m, "what did you do when the table was locked"));
    assert_false(memory_answers(m, "okay thanks"));
    memory_free(m);
}

static void words_that_cannot_stand_alone_hang(void **state)
{
    static const char *const hanging[] = {"tell me about the", "what would you do if",
                                          "can you walk me through your",
                                          "Suppose the server is down and nobody answers"};
    static const char *const whole[] = {"tell me about yourself", "Why do you want this job?",
                                        "Suppose the server is down, what do you do?",
                                        "what would you do", "What are you looking for?"};

    (void)state;
    for (size_t i = 0; i < sizeof(hanging) / sizeof(hanging[0]); i++)
        assert_true(question_hangs(hanging[i], strlen(hanging[i])));
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        assert_false(question_hangs(whole[i], strlen(whole[i])));
    assert_false(question_hangs("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_follows_a_story_is_known),
        cmocka_unit_test(a_story_is_told_once),
        cmocka_unit_test(a_story_that_was_not_told_is_free_again),
        cmocka_unit_test(the_dialogue_is_what_was_said),
        cmocka_unit_test(of_too_many_lines_the_older_half_goes_at_once),
        cmocka_unit_test(what_was_shown_is_no_word_of_anybody),
        cmocka_unit_test(what_the_interviewer_told_is_kept),
        cmocka_unit_test(an_answer_on_the_same_microphone_is_known),
        cmocka_unit_test(words_that_cannot_stand_alone_hang),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
