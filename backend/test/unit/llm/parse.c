/**
 * @file test/unit/llm/parse.c  What providers send, piece by piece
 */
#include "cmocka_all.h"

#include "llm/driver_internal.h"
#include "llm/provider.h"

#include <string.h>

static struct llm_chunk chunk(const char *json)
{
    struct llm_chunk c;

    assert_int_equal(openai_parse_chunk(json, strlen(json), &c), 0);
    return c;
}

static void chunks_of_a_completion_are_understood(void **state)
{
    struct llm_chunk c;

    (void)state;
    c = chunk("{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
              "\"finish_reason\":null}],\"x_groq\":{\"id\":\"req_1\"}}");
    assert_int_equal(c.len, 0);
    assert_false(c.done);
    llm_chunk_release(&c);
    c = chunk("{\"choices\":[{\"delta\":{\"content\":\"h\\u00e9\"}}]}");
    assert_string_equal(c.text, "h\xc3\xa9");
    assert_int_equal(c.len, 3);
    llm_chunk_release(&c);
    c = chunk("{\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}");
    assert_true(c.done);
    assert_int_equal(c.finish, LLM_LENGTH);
    llm_chunk_release(&c);
    c = chunk("{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}");
    assert_false(c.done);
    assert_int_equal(c.prompt_tokens, 5);
    assert_int_equal(c.answer_tokens, 7);
    llm_chunk_release(&c);
    c = chunk(" [DONE] ");
    assert_true(c.done);
    assert_null(c.json);
}

static void an_error_in_a_stream_is_not_words(void **state)
{
    struct llm_chunk c =
        chunk("{\"error\":{\"message\":\"over capacity\",\"type\":\"server_error\"}}");

    (void)state;
    assert_string_equal(c.error, "over capacity");
    assert_string_equal(c.code, "server_error");
    llm_chunk_release(&c);
    c = chunk("{\"error\":\"plain\"}");
    assert_string_equal(c.error, "plain");
    llm_chunk_release(&c);
}

static void what_is_not_the_protocol_is_refused(void **state)
{
    static const char *const bad[] = {"", "hello", "[1]", "\"x\"", "{\"choices\":", "null"};
    static const char *const odd[] = {"{}", "{\"choices\":5}", "{\"choices\":[5]}",
                                      "{\"choices\":[{\"delta\":7,\"finish_reason\":1}]}"};
    struct llm_chunk c;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(openai_parse_chunk(bad[i], strlen(bad[i]), &c), UV_EPROTO);
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        c = chunk(odd[i]);
        assert_null(c.text);
        llm_chunk_release(&c);
    }
}

static void lines_of_ollama_are_understood(void **state)
{
    static const char text[] =
        "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},"
        "\"done\":false}";
    static const char last[] =
        "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},"
        "\"done\":true,\"done_reason\":\"length\",\"eval_count\":3}";
    static const char error[] = "{\"error\":\"out of memory\"}";
    struct llm_chunk c;

    (void)state;
    assert_int_equal(ollama_parse_line(text, strlen(text), &c), 0);
    assert_string_equal(c.text, "Hi");
    llm_chunk_release(&c);
    assert_int_equal(ollama_parse_line(last, strlen(last), &c), 0);
    assert_true(c.done);
    assert_int_equal(c.finish, LLM_LENGTH);
    llm_chunk_release(&c);
    assert_int_equal(ollama_parse_line(error, strlen(error), &c), 0);
    assert_string_equal(c.error, "out of memory");
    llm_chunk_release(&c);
    assert_int_equal(ollama_parse_line("404 page", 8, &c), UV_EPROTO);
}

static void waiting_times_of_every_spelling_are_read(void **state)
{
    const int64_t noon = 1767268800000; /* 2026-01-01 12:00:00 UTC */

    (void)state;
    assert_int_equal(llm_retry_ms("7", 0), 7000);
    assert_int_equal(llm_retry_ms("2.5", 0), 2500);
    assert_int_equal(llm_retry_ms("7m12s", 0), 432000);
    assert_int_equal(llm_retry_ms("1m26.4s", 0), 86400);
    assert_int_equal(llm_retry_ms("850ms", 0), 850);
    assert_int_equal(llm_retry_ms("Thu, 01 Jan 2026 12:00:30 GMT", noon), 30000);
    assert_int_equal(llm_retry_ms("soon", 0), 0);
    assert_int_equal(llm_retry_ms("-3", 0), 0);
    assert_int_equal(llm_retry_ms("5 apples", 0), 0);
    assert_int_equal(llm_retry_ms("1e999", 0), 0);
    assert_int_equal(llm_retry_ms("99999999999", 0), 86400000);
    assert_int_equal(llm_retry_ms(NULL, 0), 0);
}

static void error_bodies_of_every_form_give_a_sentence(void **state)
{
    char text[64];

    (void)state;
    assert_true(llm_error_sentence("{\"error\":{\"message\":\"a\\nb\"}}", 28, text, sizeof(text)));
    assert_string_equal(text, "a b");
    assert_true(llm_error_sentence("{\"error\":\"c\"}", 13, text, sizeof(text)));
    assert_true(llm_error_sentence("{\"detail\":\"d\"}", 14, text, sizeof(text)));
    assert_false(llm_error_sentence("<html>", 6, text, sizeof(text)));
}

static void malformed_bytes_never_pass(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    assert_int_equal(llm_put_clean(&b,
                                   "a\xff"
                                   "b\xe2\x82",
                                   5),
                     0);
    assert_string_equal(b.data, "a\xef\xbf\xbd"
                                "b\xef\xbf\xbd\xef\xbf\xbd");
    buf_release(&b);
}

static void presets_say_what_is_missing(void **state)
{
    struct llm_provider p;
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(llm_provider_fill(&p, "groq", NULL, NULL, NULL, &err), UV_EINVAL);
    assert_non_null(strstr(err.text, "GROQ_API_KEY"));
    assert_int_equal(llm_provider_fill(&p, "groq", NULL, "k", NULL, &err), 0);
    assert_string_equal(p.url, "https://api.groq.com/openai/v1");
    assert_int_equal(llm_provider_fill(&p, "compatible", "ftp://x", NULL, "m", &err), UV_EINVAL);
    assert_int_equal(llm_provider_fill(&p, "compatible", "http://x/v1", NULL, "m", &err), 0);
    assert_int_equal(llm_provider_fill(&p, "nobody", NULL, NULL, NULL, &err), UV_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_of_a_completion_are_understood),
        cmocka_unit_test(an_error_in_a_stream_is_not_words),
        cmocka_unit_test(what_is_not_the_protocol_is_refused),
        cmocka_unit_test(lines_of_ollama_are_understood),
        cmocka_unit_test(waiting_times_of_every_spelling_are_read),
        cmocka_unit_test(error_bodies_of_every_form_give_a_sentence),
        cmocka_unit_test(malformed_bytes_never_pass),
        cmocka_unit_test(presets_say_what_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
