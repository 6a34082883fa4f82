/**
 * @file test/unit/llm/habits.c  What error bodies tell, addresses as people paste them, memory
 */
#include "cmocka_all.h"

#include "llm/driver_internal.h"

#include <stdio.h>
#include <string.h>

static unsigned refused(const char *body, unsigned sent)
{
    return llm_refused_fields(body, strlen(body), sent);
}

static void the_field_that_is_refused_is_found(void **state)
{
    const unsigned all = LLM_FIELD_STREAM_OPTIONS | LLM_FIELD_MAX | LLM_FIELD_TEMPERATURE |
                         LLM_FIELD_SYSTEM | LLM_FIELD_REASONING | LLM_FIELD_STREAM;
    static const struct {
        const char *body;
        unsigned field;
    } cases[] = {
        {"{\"error\":{\"message\":\"stream_options: Extra inputs are not permitted\",\"param\":"
         "\"stream_options\"}}",
         LLM_FIELD_STREAM_OPTIONS},
        {"{\"error\":{\"message\":\"Unsupported parameter: 'max_tokens'. Use "
         "'max_completion_tokens' instead.\",\"param\":\"max_tokens\"}}",
         LLM_FIELD_MAX},
        {"{\"error\":{\"message\":\"'temperature' does not support 0.4 with this model\"}}",
         LLM_FIELD_TEMPERATURE},
        {"{\"error\":\"System role not supported\"}", LLM_FIELD_SYSTEM},
        {"{\"error\":{\"message\":\"Conversation roles must alternate user/assistant\"}}",
         LLM_FIELD_SYSTEM},
        {"{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"stream_options\"],\"msg\":"
         "\"Extra inputs are not permitted\"}]}",
         LLM_FIELD_STREAM_OPTIONS},
        {"{\"error\":\"\\\"qwen\\\" does not support thinking\"}", LLM_FIELD_REASONING},
        {"{\"error\":{\"message\":\"reasoning_format is not supported\"}}", LLM_FIELD_REASONING},
        {"{\"error\":{\"message\":\"streaming is not supported here\"}}", LLM_FIELD_STREAM},
        {"stream_options may only be set with stream", LLM_FIELD_STREAM_OPTIONS},
        {"{\"error\":{\"message\":\"Unknown field in request\"}}",
         LLM_FIELD_STREAM_OPTIONS | LLM_FIELD_TEMPERATURE | LLM_FIELD_REASONING},
        {"{\"error\":{\"message\":\"messages: field is required\"}}", 0},
        {"", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (refused(cases[i].body, all) != cases[i].field)
            fail_msg("%s: %#x", cases[i].body, refused(cases[i].body, all));
    assert_int_equal(refused(cases[0].body, LLM_FIELD_MAX), 0); /* it was not sent */
}

static void a_prompt_that_is_too_long_is_known(void **state)
{
    static const char llama[] =
        "{\"error\":{\"code\":400,\"message\":\"the request exceeds the available context size\","
        "\"type\":\"exceed_context_size_error\",\"n_prompt_tokens\":1500,\"n_ctx\":1024}}";
    static const char openai[] = "{\"error\":{\"message\":\"This model's maximum context length is "
                                 "2048 tokens\",\"code\":\"context_length_exceeded\"}}";
    static const char other[] = "{\"error\":{\"message\":\"bad request\"}}";
    int context = -1;

    (void)state;
    assert_true(llm_overflowed(llama, strlen(llama), &context));
    assert_int_equal(context, 1024);
    assert_true(llm_overflowed(openai, strlen(openai), &context));
    assert_int_equal(context, 2048);
    assert_false(llm_overflowed(other, strlen(other), &context));
}

static void sizes_and_thinkers_are_read_from_names(void **state)
{
    (void)state;
    assert_int_equal(llm_millions_of("SmolLM2-135M-Instruct.Q4_1.gguf"), 135);
    assert_int_equal(llm_millions_of("qwen2.5:0.5b"), 500);
    assert_int_equal(llm_millions_of("llama-3.3-70b-versatile"), 70000);
    assert_int_equal(llm_millions_of("gemma3:1b-it-qat"), 1000);
    assert_int_equal(llm_millions_of("llama3.2"), 0);
    assert_int_equal(llm_millions_of("gpt-4o-mini"), 0);
    assert_int_equal(llm_millions_of(""), 0);
    assert_true(llm_name_thinks("deepseek-r1:8b"));
    assert_true(llm_name_thinks("o3-mini"));
    assert_true(llm_name_thinks("qwen/qwen3-32b"));
    assert_false(llm_name_thinks("gpt-4o-mini"));
    assert_false(llm_name_thinks("command-r1x"));
}

static void models_are_remembered_and_the_oldest_forgotten(void **state)
{
    struct llm_habits h = {.count = 0};
    char name[16];

    (void)state;
    llm_habit_of(&h, "first")->without = LLM_FIELD_TEMPERATURE;
    for (int i = 0; i < LLM_HABITS_MODELS - 1; i++) {
        snprintf(name, sizeof(name), "m%d", i);
        llm_habit_of(&h, name)->thinks = true;
    }
    assert_int_equal(llm_habit_of(&h, "first")->without, LLM_FIELD_TEMPERATURE);
    assert_false(llm_habit_of(&h, "one more")->thinks);
    assert_true(llm_habit_of(&h, "m1")->thinks);
    assert_false(llm_habit_of(&h, "m0")->thinks); /* it gave its place */
}

static void addresses_are_understood_as_they_are_pasted(void **state)
{
    static const struct {
        const char *driver;
        const char *url;
        const char *path;
        enum llm_v1 v1;
        const char *to;
    } cases[] = {
        {"openai", "https://api.groq.com/openai/v1", "/chat/completions", 0,
         "https://api.groq.com/openai/v1/chat/completions"},
        {"openai", "http://h:8080", "/chat/completions", 0, "http://h:8080/v1/chat/completions"},
        {"openai", "http://h:8080/", "/models", 0, "http://h:8080/v1/models"},
        {"openai", "http://h:8080", "/models", LLM_V1_LEFT_OUT, "http://h:8080/models"},
        {"openai", "http://h/openai", "/chat/completions", LLM_V1_ADDED,
         "http://h/openai/v1/chat/completions"},
        {"openai", "http://h/v1/chat/completions", "/chat/completions", 0,
         "http://h/v1/chat/completions"},
        {"openai", "http://h/v1/chat/completions/", "/models", 0, "http://h/v1/models"},
        {"openai", "http://h/v1?api-version=1", "/chat/completions", 0,
         "http://h/v1/chat/completions?api-version=1"},
        {"openai", "https://n.openai.azure.com/openai/deployments/d/chat/completions?api-version=7",
         "/chat/completions", 0,
         "https://n.openai.azure.com/openai/deployments/d/chat/completions?api-version=7"},
        {"openai", "https://n.openai.azure.com/openai/deployments/d", "/chat/completions", 0,
         "https://n.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"},
        {"openai", "https://n.openai.azure.com/openai/deployments/d?api-version=7", "/models", 0,
         "https://n.openai.azure.com/openai/models?api-version=7"},
        {"openai", "https://n.openai.azure.com/", "/chat/completions", 0,
         "https://n.openai.azure.com/openai/v1/chat/completions"},
        {"openai", "https://n.openai.azure.com/openai", "/models", 0,
         "https://n.openai.azure.com/openai/v1/models"},
        {"openai", "http://h:8080/v1", "/props", 0, "http://h:8080/props"},
        {"openai", "http://h/llama/v1/chat/completions", "/props", 0, "http://h/llama/props"},
        {"openai", "http://h:8080", "/props", LLM_V1_ADDED, "http://h:8080/props"},
        {"ollama", "http://h:11434/v1/chat/completions", "/api/show", 0, "http://h:11434/api/show"},
        {"ollama", "http://h:11434/api/chat", "/api/chat", 0, "http://h:11434/api/chat"},
        {"ollama", "http://h:11434/v1/", "/api/tags", 0, "http://h:11434/api/tags"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct llm_habits habits = {.v1 = cases[i].v1};
        struct llm_provider p = {
            .url = cases[i].url, .driver = llm_driver_find(cases[i].driver), .habits = &habits};
        char to[LLM_URL_MAX];

        assert_int_equal(llm_endpoint(to, sizeof(to), &p, cases[i].path), 0);
        assert_string_equal(to, cases[i].to);
    }
}

static void a_key_stays_with_its_server(void **state)
{
    struct llm_provider p = {.url = "https://n.openai.azure.com/openai/v1", .api_key = "k1"};
    char to[LLM_URL_MAX];

    (void)state;
    assert_int_equal(llm_key_header(to, sizeof(to), &p), 0);
    assert_string_equal(to, "api-key: k1");
    p.url = "http://gateway.example/ai";
    p.name = "azure";
    assert_int_equal(llm_key_header(to, sizeof(to), &p), 0);
    assert_string_equal(to, "api-key: k1");
    p.name = "compatible";
    p.url = "https://evil.example/?.azure.com";
    assert_int_equal(llm_key_header(to, sizeof(to), &p), 0);
    assert_string_equal(to, "Authorization: Bearer k1");
    assert_int_equal(llm_follow(to, sizeof(to), "http://h:1/v1/chat", "/v2/chat"), 0);
    assert_string_equal(to, "http://h:1/v2/chat");
    assert_int_equal(llm_follow(to, sizeof(to), "http://h/v1/chat", "https://h/v1/chat"), 0);
    assert_int_equal(llm_follow(to, sizeof(to), "https://h/v1", "http://h/v1"), UV_EACCES);
    assert_int_equal(llm_follow(to, sizeof(to), "http://h/v1", "http://other/v1"), UV_EACCES);
    assert_int_equal(llm_follow(to, sizeof(to), "http://h:1/v1", "http://h:2/v1"), UV_EACCES);
}

static void what_no_text_can_hold_is_mended(void **state)
{
    static const struct {
        const char *from;
        const char *to;
    } cases[] = {
        {"\"a\\u0000b\"", "\"ab\""},
        {"\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\""},
        {"\"\\uD83D\"", "\"\xf4\x8f\xa0\xbd\""},
        {"\"\\ude00 ok\"", "\"\xf4\x8f\xb8\x80 ok\""},
        {"\"\\\\ud83d\"", "\"\\\\ud83d\""},
        {"\"x\xff\"", "\"x\xef\xbf\xbd\""},
        {"\\", "\\"},
        {"\\u12", "\\u12"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;

        buf_init(&out, 256);
        assert_int_equal(llm_mend_json(&out, cases[i].from, strlen(cases[i].from)), 0);
        assert_string_equal(out.data, cases[i].to);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_field_that_is_refused_is_found),
        cmocka_unit_test(a_prompt_that_is_too_long_is_known),
        cmocka_unit_test(sizes_and_thinkers_are_read_from_names),
        cmocka_unit_test(models_are_remembered_and_the_oldest_forgotten),
        cmocka_unit_test(addresses_are_understood_as_they_are_pasted),
        cmocka_unit_test(a_key_stays_with_its_server),
        cmocka_unit_test(what_no_text_can_hold_is_mended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
