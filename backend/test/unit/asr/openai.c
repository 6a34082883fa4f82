/**
 * @file test/unit/asr/openai.c  The distant recogniser against its stand-in: answers and failures
 */
#include "asr/hub.h"
#include "cmocka_all.h"
#include "loop/loop.h"
#include "net/client.h"
#include "support/asr_script.h"
#include "support/transcriptions.h"

#include <stdlib.h>
#include <string.h>

struct heard {
    char text[256], message[ERR_TEXT_MAX], trouble[ERR_TEXT_MAX];
    char language[ASR_LANGUAGE_MAX];
    float confidence;
    size_t words;
    uint32_t last_word_ms;
    int finals, errors, troubles, code;
};

struct world {
    struct transcriptions service;
    struct loop *loop;
    struct http_client *http;
    struct asr_hub *hub;
    struct asr_line *line;
    struct asr_script spare;
    struct heard heard;
};

static void on_ready(const char *engine, const char *model, void *arg)
{
    (void)model;
    (void)arg;
    assert_string_equal(engine, "openai");
}

static void on_partial(uint32_t utterance, const struct asr_result *res, void *arg)
{
    (void)utterance;
    (void)res;
    (void)arg;
}

static void on_final(uint32_t utterance, const struct asr_result *res, void *arg)
{
    struct heard *h = arg;

    (void)utterance;
    h->finals++;
    snprintf(h->text, sizeof(h->text), "%s", res->text);
    snprintf(h->language, sizeof(h->language), "%s", res->language);
    h->confidence = res->confidence;
    h->words = res->word_count;
    h->last_word_ms = res->word_count ? res->words[res->word_count - 1].end_ms : 0;
}

static void on_error(int err, const char *message, void *arg)
{
    struct heard *h = arg;

    h->errors++;
    h->code = err;
    snprintf(h->message, sizeof(h->message), "%s", message);
}

static void on_trouble(uint32_t utterance, int err, const char *message, void *arg)
{
    struct heard *h = arg;

    (void)utterance;
    h->troubles++;
    h->code = err;
    snprintf(h->trouble, sizeof(h->trouble), "%s", message);
}

static const struct asr_line_handlers handlers = {.on_ready = on_ready,
                                                  .on_partial = on_partial,
                                                  .on_final = on_final,
                                                  .on_error = on_error,
                                                  .on_trouble = on_trouble};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    *state = w;
    if (transcriptions_start(&w->service)) {
        free(w);
        *state = NULL;
        return 0;
    }
    w->spare.words = "heard here";
    w->spare.ms_per_word = 500;
    assert_int_equal(0, loop_open(&w->loop, NULL));
    return http_client_open(&w->http, w->loop, NULL);
}

static int teardown(void **state)
{
    struct world *w = *state;

    if (!w)
        return 0;
    asr_line_close(w->line);
    asr_hub_close(w->hub);
    http_client_close(w->http);
    loop_close(w->loop);
    transcriptions_stop(&w->service);
    free(w);
    return 0;
}

static void begin(struct world *w, const char *model, const char *key, bool fallback)
{
    struct asr_hub_config config = {.engine = "openai", .fallback = "none"};
    static const char *const words[] = {"Kubernetes", "idempotency"};
    struct asr_params params = {.language = "en-US", .vocabulary = words, .vocabulary_count = 2};
    struct errbuf err = {{0}};

    config.model.url = w->service.url;
    config.model.api_key = key;
    config.model.name = model;
    config.model.http = w->http;
    if (fallback) {
        config.fallback = NULL;
        config.fallback_driver = &asr_script_local;
        config.fallback_model.http = &w->spare;
    }
    if (asr_hub_open(&w->hub, w->loop, &config, &err))
        fail_msg("%s", err.text);
    assert_int_equal(0, asr_line_open(&w->line, w->hub, &params, &handlers, &w->heard, &err));
}

static void say_a_second(struct world *w)
{
    static int16_t pcm[ASR_SAMPLE_RATE];

    for (int i = 0; i < ASR_SAMPLE_RATE; i++)
        pcm[i] = (int16_t)(i % 200 * 50);
    assert_int_equal(0, asr_line_begin(w->line, 1));
    assert_int_equal(0, asr_line_feed(w->line, pcm, ASR_SAMPLE_RATE));
    assert_int_equal(0, asr_line_end(w->line));
}

static void until_told(struct world *w, const int *count)
{
    while (!*count)
        uv_run(loop_uv(w->loop), UV_RUN_ONCE);
}

static struct world *world(void **state)
{
    if (!*state)
        skip();
    return *state;
}

static void text_words_language_and_confidence_are_read(void **state)
{
    struct world *w = world(state);

    begin(w, "whisper-1", "secret", false);
    say_a_second(w);
    until_told(w, &w->heard.finals);
    assert_string_equal(w->heard.text, "tell me about yourself tell me about yourself tell me");
    assert_string_equal(w->heard.language, "en");
    assert_int_equal(w->heard.words, 10);
    assert_int_equal(w->heard.last_word_ms, 1000);
    assert_true(w->heard.confidence > 0.89f && w->heard.confidence < 0.92f);
    assert_true(asr_hub_engine(w->hub)->remote);
}

static void a_server_that_only_knows_json_is_asked_for_json(void **state)
{
    struct world *w = world(state);

    begin(w, "plain-only", NULL, false);
    say_a_second(w);
    until_told(w, &w->heard.finals);
    assert_memory_equal(w->heard.text, "tell me", 7);
    assert_int_equal(w->heard.words, 0);
    assert_string_equal(w->heard.language, "en");
    assert_int_equal(w->heard.troubles, 0);
}

static void a_short_rate_limit_and_one_failure_are_waited_out(void **state)
{
    struct world *w = world(state);

    begin(w, "busy-once", NULL, false);
    say_a_second(w);
    until_told(w, &w->heard.finals);
    assert_int_equal(w->heard.troubles, 0);
}

static void one_failure_of_the_server_is_not_noticed(void **state)
{
    struct world *w = world(state);

    begin(w, "broken-once", NULL, false);
    say_a_second(w);
    until_told(w, &w->heard.finals);
    assert_int_equal(w->heard.troubles, 0);
}

static void a_refused_key_is_said_without_the_key(void **state)
{
    struct world *w = world(state);

    begin(w, "whisper-1", "wrong", false);
    say_a_second(w);
    until_told(w, &w->heard.errors);
    assert_int_equal(w->heard.code, UV_EACCES);
    assert_string_equal(w->heard.message, "the transcription service refused the key");
}

static void a_long_rate_limit_hands_over_to_the_local_recogniser(void **state)
{
    struct world *w = world(state);

    begin(w, "busy", NULL, true);
    say_a_second(w);
    until_told(w, &w->heard.finals);
    assert_string_equal(w->heard.text, "heard here");
    assert_int_equal(w->heard.code, UV_EAGAIN);
    assert_non_null(strstr(w->heard.trouble, "rate limit"));
    assert_int_equal(w->heard.errors, 0);
}

static void what_is_no_transcript_hands_over_too(void **state)
{
    struct world *w = world(state);

    begin(w, "garbage", NULL, true);
    say_a_second(w);
    until_told(w, &w->heard.finals);
    assert_string_equal(w->heard.text, "heard here");
}

static void a_model_that_is_not_there_is_named(void **state)
{
    struct world *w = world(state);

    begin(w, "whisper-9", NULL, true);
    say_a_second(w);
    until_told(w, &w->heard.troubles);
    assert_non_null(strstr(w->heard.trouble, "whisper-9"));
    until_told(w, &w->heard.finals);
}

static void a_service_that_is_down_hands_over_to_the_local_recogniser(void **state)
{
    struct world *w = world(state);

    snprintf(w->service.url, sizeof(w->service.url), "http://127.0.0.1:1/v1");
    begin(w, "whisper-1", NULL, true);
    say_a_second(w);
    until_told(w, &w->heard.finals);
    assert_string_equal(w->heard.text, "heard here");
    assert_int_equal(w->heard.code, UV_ECONNREFUSED);
}

static void a_service_that_hangs_is_left_after_five_seconds(void **state)
{
    struct world *w = world(state);
    uint64_t start = uv_hrtime();

    begin(w, "slow", NULL, true);
    say_a_second(w);
    until_told(w, &w->heard.finals);
    assert_string_equal(w->heard.text, "heard here");
    assert_int_equal(w->heard.code, UV_ETIMEDOUT);
    assert_in_range((uv_hrtime() - start) / 1000000, 4900, 9000);
}

static void a_whole_address_is_taken_as_it_is(void **state)
{
    struct world *w = world(state);
    char *path = strstr(w->service.url, "/v1");

    assert_non_null(path);
    strcpy(path, "/inference");
    begin(w, "whisper-1", NULL, false);
    say_a_second(w);
    until_told(w, &w->heard.finals);
    assert_memory_equal(w->heard.text, "tell me", 7);
}

/* With what recordings are asked with. */
static void begin_with(struct world *w, const char *model, const struct asr_params *params)
{
    struct asr_hub_config config = {.engine = "openai", .fallback = "none"};
    struct errbuf err = {{0}};

    config.model.url = w->service.url;
    config.model.name = model;
    config.model.http = w->http;
    if (asr_hub_open(&w->hub, w->loop, &config, &err))
        fail_msg("%s", err.text);
    assert_int_equal(0, asr_line_open(&w->line, w->hub, params, &handlers, &w->heard, &err));
}

static void a_translation_is_asked_for_where_it_is_made(void **state)
{
    struct world *w = world(state);

    begin_with(w, "whisper-1", &(struct asr_params){.language = "de", .translate = true});
    say_a_second(w);
    until_told(w, &w->heard.finals);
    assert_memory_equal(w->heard.text, "told in english", 15);
    assert_string_equal(w->heard.language, "en");
}

static void a_server_with_one_address_is_told_to_translate(void **state)
{
    struct world *w = world(state);

    strcpy(strstr(w->service.url, "/v1"), "/inference");
    begin_with(w, "whisper-1", &(struct asr_params){.translate = true});
    say_a_second(w);
    until_told(w, &w->heard.finals);
    assert_memory_equal(w->heard.text, "told in english", 15);
}

static void what_came_before_is_told_with_the_words_to_expect(void **state)
{
    static const char *const words[] = {"Kubernetes"};
    struct world *w = world(state);

    begin_with(
        w, "repeats-prompt",
        &(struct asr_params){.prompt = "Dear Ada", .vocabulary = words, .vocabulary_count = 1});
    say_a_second(w);
    until_told(w, &w->heard.finals);
    assert_memory_equal(w->heard.text, "Dear Ada, Kubernetes", 20);
}

static void auto_never_sends_audio_away_even_with_a_key(void **state)
{
    struct world *w = world(state);
    struct asr_hub_config config = {.engine = "auto", .fallback = "none"};
    struct errbuf err = {{0}};

    config.model.url = w->service.url;
    config.model.api_key = "secret";
    config.model.name = "whisper-1";
    config.model.http = w->http;
    if (asr_hub_open(&w->hub, w->loop, &config, &err)) /* none here that keeps it on the machine */
        assert_non_null(strstr(err.text, "no speech recogniser"));
    else
        assert_false(asr_hub_engine(w->hub)->remote);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(text_words_language_and_confidence_are_read),
        T(a_server_that_only_knows_json_is_asked_for_json),
        T(a_short_rate_limit_and_one_failure_are_waited_out),
        T(one_failure_of_the_server_is_not_noticed),
        T(a_refused_key_is_said_without_the_key),
        T(a_long_rate_limit_hands_over_to_the_local_recogniser),
        T(what_is_no_transcript_hands_over_too),
        T(a_model_that_is_not_there_is_named),
        T(a_service_that_hangs_is_left_after_five_seconds),
        T(a_whole_address_is_taken_as_it_is),
        T(a_translation_is_asked_for_where_it_is_made),
        T(a_server_with_one_address_is_told_to_translate),
        T(what_came_before_is_told_with_the_words_to_expect),
        T(auto_never_sends_audio_away_even_with_a_key),
        T(a_service_that_is_down_hands_over_to_the_local_recogniser),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
