/**
 * @file test/unit/llm/filter.c  What of a model's output reaches people, however it is cut
 */
#include "cmocka_all.h"

#include "llm/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen {
    char text[4096];
    unsigned said;
    bool unopened;
};

/** Feed text in pieces of so many bytes and collect what a reader has in the end. */
static struct seen filtered(const char *text, size_t piece, bool unopened)
{
    struct seen s = {.said = 0};
    struct llm_filter f;
    struct buf out;
    size_t len = strlen(text);

    llm_filter_init(&f, unopened);
    buf_init(&out, sizeof(s.text) - 1);
    for (size_t i = 0; i < len; i += piece) {
        unsigned said = llm_filter_feed(&f, text + i, len - i < piece ? len - i : piece, &out);

        if (said & LLM_FILTER_TAKE_BACK)
            s.text[0] = '\0';
        if (out.len)
            strcat(s.text, out.data);
        buf_clear(&out);
        s.said |= said;
    }
    llm_filter_end(&f, &out);
    if (out.len)
        strcat(s.text, out.data);
    s.unopened = f.unopened;
    buf_release(&out);
    llm_filter_release(&f);
    return s;
}

struct filter_case {
    const char *from;
    const char *to;
};

static const struct filter_case cases[] = {
    {"Plain words.", "Plain words."},
    {"", ""},
    {"  \n Leading space goes.\n", "Leading space goes.\n"},
    {"<think>\nSecret.\n</think>\n\nHello.", "Hello."},
    {"<THINK>Secret</Think>Hello.", "Hello."},
    {"<thinking>a</thinking>b <reasoning>c</reasoning>d", "b d"},
    {"[THINK]plan[/THINK]Hello [context].", "Hello [context]."},
    {"\xe2\x97\x81think\xe2\x96\xb7plan\xe2\x97\x81/think\xe2\x96\xb7Hello.", "Hello."},
    {"<|begin_of_thought|>plan<|end_of_thought|>Hello.", "Hello."},
    {"<think>never closed", ""},
    {"Okay, the user asks. </think>\n\nHello.", "Hello."},
    {"Hmm. They want a story. I should keep it short. </think>Hello.", "Hello."},
    {"It was spoken aloud before.</think>Hello.", "Hello."},
    {"Okay, the user gets what was said.", "Okay, the user gets what was said."},
    {"First, I would look at the logs, because they tell.",
     "First, I would look at the logs, because they tell."},
    {"<|channel|>analysis<|message|>We need.<|end|><|start|>assistant<|channel|>final<|message|>"
     "Hello.<|return|>",
     "Hello."},
    {"<|start|>assistant<|channel|>commentary to=f<|message|>{}<|call|>", ""},
    {"analysisWe need to answer briefly.assistantfinalHello.", "Hello."},
    {"analysis is what I do.", "analysis is what I do."},
    {"Hello.<|eot_id|>", "Hello."},
    {"Hello.<|im_end|>\n<|im_start|>user\nNext?", "Hello."},
    {"Hello.<end_of_turn>", "Hello."},
    {"<start_of_turn>model\nHello.", "Hello."},
    {"<|im_start|>assistant\nHello.", "Hello."},
    {"<|start_header_id|>assistant<|end_header_id|>\n\nHello.", "Hello."},
    {"<\xef\xbd\x9c"
     "Assistant\xef\xbd\x9c>Hello.<\xef\xbd\x9c"
     "end\xe2\x96\x81of\xe2\x96\x81"
     "sentence\xef\xbd\x9c>",
     "Hello."},
    {"Hello.</s>", "Hello."},
    {"Hello.</s>\n", "Hello."},
    {"Use <s>old</s> for struck text.", "Use <s>old</s> for struck text."},
    {"Hello <|vendor_token_7|>there.", "Hello there."},
    {"a < b, c<d, x <| f |> y, [1, 2] and <thin air>",
     "a < b, c<d, x <| f |> y, [1, 2] and <thin air>"},
    {"<<think>x</think>y", "<y"},
    {"cut at the end <thi", "cut at the end <thi"},
    {"Hi \xf4\x8f\xa0\xbd\xf4\x8f\xb8\x80 ok", "Hi \xf0\x9f\x98\x80 ok"},
    {"Hi \xf4\x8f\xa0\xbd ok", "Hi \xef\xbf\xbd ok"},
    {"Hi \xf4\x8f\xb8\x80 ok", "Hi \xef\xbf\xbd ok"},
    {"Hi \xf4\x8f\xa0\xbd", "Hi \xef\xbf\xbd"},
    {"\xf4\x8f\xa0\xbd\xf4\x8f\xa0\xbd\xf4\x8f\xb8\x80", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
    {"na\xc3\xafve caf\xc3\xa9 \xe4\xbd\xa0 \xf0\x9f\x98\x80 \xe2\x80\x94",
     "na\xc3\xafve caf\xc3\xa9 \xe4\xbd\xa0 \xf0\x9f\x98\x80 \xe2\x80\x94"},
};

static void only_what_is_for_people_comes_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t piece = 1; piece < 400; piece = piece < 8 ? piece + 1 : piece * 2) {
            struct seen s = filtered(cases[i].from, piece, false);

            if (strcmp(s.text, cases[i].to) != 0)
                fail_msg("\"%s\" in pieces of %zu: \"%s\"", cases[i].from, piece, s.text);
        }
}

static void thoughts_and_ends_are_told(void **state)
{
    (void)state;
    assert_true(filtered("<think>a</think>b", 1, false).said & LLM_FILTER_THOUGHT);
    assert_false(filtered("Plain words.", 1, false).said);
    assert_true(filtered("Hi<|eot_id|>", 1, false).said & LLM_FILTER_OVER);
    assert_true(filtered("Aloud.</think>Hi", 1, false).said & LLM_FILTER_TAKE_BACK);
    assert_false(filtered("Aloud.</think>Hi", 99, false).said & LLM_FILTER_TAKE_BACK);
}

/** Who closed thoughts without opening them is held from the start the next time. */
static void a_habit_is_learnt(void **state)
{
    struct seen s = filtered("Aloud.</think>Hi", 1, false);

    (void)state;
    assert_true(s.unopened);
    s = filtered("Aloud.</think>Hi", 1, true);
    assert_false(s.said & LLM_FILTER_TAKE_BACK);
    assert_string_equal(s.text, "Hi");
    s = filtered("No thoughts today.", 1, true); /* and is given in the end where there were none */
    assert_string_equal(s.text, "No thoughts today.");
    s = filtered("<think>a</think>Hi", 1, true);
    assert_string_equal(s.text, "Hi");
}

/** Whatever is fed, how it is cut changes nothing: pieces of chance made of marks and words. */
static void cutting_changes_nothing(void **state)
{
    static const char *const bits[] = {"<think>",
                                       "</think>",
                                       "Okay, the user ",
                                       "word ",
                                       "<",
                                       "|",
                                       "<|",
                                       "|>",
                                       "</s>",
                                       "<|im_end|>",
                                       "<|channel|>",
                                       "final",
                                       "analysis",
                                       "<|message|>",
                                       "<|end|>",
                                       "\xf4\x8f\xa0\xbd",
                                       "\xf4\x8f\xb8\x80",
                                       "\xe2\x97\x81",
                                       "think",
                                       "\n",
                                       "[",
                                       "/THINK]",
                                       "[THINK]",
                                       "<|x|>"};
    unsigned seed = 20261130;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        char text[400] = "";
        struct seen whole;
        struct seen bytes;
        int n = 1 + rand_r(&seed) % 12;

        for (int i = 0; i < n; i++)
            strcat(text, bits[(size_t)rand_r(&seed) % (sizeof(bits) / sizeof(bits[0]))]);
        whole = filtered(text, sizeof(text), false);
        bytes = filtered(text, 1 + (size_t)rand_r(&seed) % 5, false);
        if (strcmp(whole.text, bytes.text) != 0)
            fail_msg("\"%s\": \"%s\" or \"%s\"", text, whole.text, bytes.text);
        if (strstr(whole.text, "<think>") || strstr(whole.text, "</think>"))
            fail_msg("\"%s\": \"%s\"", text, whole.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_for_people_comes_out),
        cmocka_unit_test(thoughts_and_ends_are_told),
        cmocka_unit_test(a_habit_is_learnt),
        cmocka_unit_test(cutting_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
