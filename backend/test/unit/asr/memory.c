/**
 * @file test/unit/asr/memory.c  The speech workers when memory runs out, at each allocation in turn
 *
 * A line may be refused, or end with an error; it never falls silent, no final is lost once its
 * end was taken, and everything is given back.
 */
#include "asr/hub.h"

#include "base/clock.h"
#include "cmocka_all.h"
#include "loop/loop.h"
#include "support/asr_script.h"
#include "support/failing.h"

#include <string.h>

enum { SECOND = ASR_SAMPLE_RATE, PATIENCE_MS = 20000 };

struct world {
    struct loop *loop;
    struct asr_script script;
    struct asr_script spare;
    struct asr_hub_config config;
    struct asr_hub *hub;
    struct asr_line *line;
    int ready, partials, settled, finals, errors, troubles;
    uint64_t began_us;
};

static void on_ready(const char *engine, const char *model, void *arg)
{
    assert_true(engine[0] && model[0]);
    ((struct world *)arg)->ready++;
}

static void look_at(const struct asr_result *res)
{
    assert_non_null(res->text);
    for (size_t i = 0; i < res->word_count; i++)
        assert_true(res->words[i].text[0]);
}

static void on_partial(uint32_t utterance, const struct asr_result *res, void *arg)
{
    (void)utterance;
    look_at(res);
    ((struct world *)arg)->partials++;
}

static void on_prefetched(uint32_t utterance, const struct asr_result *res, void *arg)
{
    (void)utterance;
    look_at(res);
    ((struct world *)arg)->settled++;
}

static void on_final(uint32_t utterance, const struct asr_result *res, void *arg)
{
    assert_int_equal(utterance, 1);
    look_at(res);
    assert_string_equal(res->text, "tell me"); /* all of it, whatever failed */
    ((struct world *)arg)->finals++;
}

static void on_error(int err, const char *message, void *arg)
{
    assert_true(err < 0 && message[0]);
    ((struct world *)arg)->errors++;
}

static void on_trouble(uint32_t utterance, int err, const char *message, void *arg)
{
    (void)utterance;
    (void)err;
    assert_true(message[0]);
    ((struct world *)arg)->troubles++;
}

static const struct asr_line_handlers handlers = {.on_ready = on_ready,
                                                  .on_partial = on_partial,
                                                  .on_final = on_final,
                                                  .on_error = on_error,
                                                  .on_prefetched = on_prefetched,
                                                  .on_trouble = on_trouble};

/* 0, or what the line refused. */
static int say_something(struct world *w)
{
    static const int16_t pcm[SECOND];
    int err = asr_line_begin(w->line, 1);

    for (int i = 0; i < 10 && !err; i++)
        err = asr_line_feed(w->line, pcm + i, SECOND / 10);
    if (!err)
        err = asr_line_prefetch_final(w->line);
    return err ? err : asr_line_end(w->line);
}

static void one_utterance(void *arg)
{
    static const char *const vocabulary[] = {"PostgreSQL", "Ada", "Lovelace"};
    const struct asr_params params = {.language = "en",
                                      .prompt = "An interview.",
                                      .vocabulary = vocabulary,
                                      .vocabulary_count = 3};
    struct world *w = arg;
    struct errbuf why = {""};

    w->line = NULL;
    w->ready = w->partials = w->settled = w->finals = w->errors = w->troubles = 0;
    w->script.fail_finishes = w->config.fallback_driver ? 1 : 0;
    w->began_us = clock_mono_us();
    if (asr_hub_open(&w->hub, w->loop, &w->config, &why)) {
        assert_true(why.text[0]);
        return;
    }
    if (asr_line_open(&w->line, w->hub, &params, &handlers, w, &why) == 0) {
        int refused = say_something(w);

        while (!w->finals && !w->errors && (!refused || refused == UV_ECANCELED)) {
            uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
            uv_sleep(0);
            if (clock_mono_us() - w->began_us > (uint64_t)PATIENCE_MS * 1000)
                fail_msg("silence: ready %d, refused %d", w->ready, refused);
        }
        assert_true(w->finals + w->errors <= 1);
        if (w->finals && w->config.fallback_driver && !refused)
            assert_true(w->spare.finishes > 0);
        asr_line_close(w->line);
    } else {
        assert_true(why.text[0]);
    }
    asr_hub_close(w->hub);
    uv_run(loop_uv(w->loop), UV_RUN_NOWAIT);
}

static void run_each(struct world *w)
{
    w->script.words = w->spare.words = "tell me about a time";
    w->script.ms_per_word = w->spare.ms_per_word = 500;
    w->script.fail_code = UV_EIO;
    w->config.model = (struct asr_model_params){.path = "a path",
                                                .data_dir = "a folder",
                                                .url = "http://example.org",
                                                .api_key = "a key",
                                                .name = "a name",
                                                .language = "en",
                                                .http = &w->script};
    w->config.fallback_model = w->config.model;
    w->config.fallback_model.http = &w->spare;
    assert_int_equal(loop_open(&w->loop, NULL), 0);
    assert_true(failing_each(one_utterance, w) > 15);
    assert_int_equal(loop_close(w->loop), 0);
    assert_int_equal(w->script.opens, w->script.closes);
    assert_int_equal(w->spare.opens, w->spare.closes);
    assert_int_equal(w->script.overlaps + w->spare.overlaps, 0);
}

static void an_utterance_ends_wherever_memory_runs_out(void **state)
{
    (void)state;
    run_each(&(struct world){.config = {.driver = &asr_script_local}});
}

static void a_second_hearing_ends_wherever_memory_runs_out(void **state)
{
    (void)state;
    run_each(&(struct world){
        .config = {.driver = &asr_script_remote_partial, .fallback_driver = &asr_script_single}});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_utterance_ends_wherever_memory_runs_out),
        cmocka_unit_test(a_second_hearing_ends_wherever_memory_runs_out),
    };

    return cmocka_run_group_tests_name("asr/memory", tests, NULL, NULL);
}
