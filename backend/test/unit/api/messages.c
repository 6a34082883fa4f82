/**
 * @file test/unit/api/messages.c  Every event as the JSON of the wire, and how it waits
 */
#include "api/messages.h"

#include "base/json.h"
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

static const struct asr_word spoken[] = {{"tell", 9000, 9200, 0.5f}, {"me", 9200, 9400, 1}};
static const struct asr_result heard = {.text = "tell me",
                                        .stable = 4,
                                        .confidence = 0.75f,
                                        .language = "en",
                                        .words = spoken,
                                        .word_count = 2};
static const struct answer_left left[] = {{"a", "a refuses the key"}, {"b", "b is away"}};
static const struct claim claimed[] = {{3, 5, CLAIM_NUMBER, false}, {9, 16, CLAIM_EMPLOYER, false}};
static const struct llm_point points[] = {
    {.text = "Say it", .label = "Result", .field = "context", .quote = "I did"},
    {.text = "Repeat it"},
};

static const struct {
    struct live_event event;
    const char *json;
} told[] = {
    {{.kind = LIVE_LISTENING, .listening = {.engine = "e", .model = "m", .heard = -1}},
     "{'type':'ready','engine':'e','model':'m'}"},
    {{.kind = LIVE_LISTENING, .listening = {.engine = "e", .model = "m", .heard = 0}},
     "{'type':'ready','engine':'e','model':'m','heardSamples':0}"},
    {{.kind = LIVE_PARTIAL,
      .words = {.utterance = 2, .result = &heard, 9000, 9400, 0, VOICE_UNKNOWN, -1}},
     "{'type':'partial','utterance':2,'text':'tell me','stable':4,'isFinal':false,'startMs':9000,"
     "'endMs':9400,'speaker':'unknown'}"},
    /* times of words are those of the line already: nothing is added to them */
    {{.kind = LIVE_FINAL,
      .words = {.utterance = 2, .result = &heard, 9000, 9400, 120, VOICE_INTERVIEWER, 0.875f}},
     "{'type':'final','utterance':2,'text':'tell me','isFinal':true,'startMs':9000,'endMs':9400,"
     "'confidence':0.75,'language':'en','words':[{'text':'tell','startMs':9000,'endMs':9200,"
     "'confidence':0.5},{'text':'me','startMs':9200,'endMs':9400,'confidence':1.0}],"
     "'latencyMs':120,'speaker':'interviewer','voice':0.875}"},
    {{.kind = LIVE_TURN,
      .turn =
          {.utterance = 1, .state = TURN_RESUMED, .p = -1, .who = VOICE_INTERVIEWER, .voice = -1}},
     "{'type':'turn','utterance':1,'state':'resumed','question':false,'speaker':'interviewer'}"},
    {{.kind = LIVE_TURN,
      .turn = {1,
               TURN_EAGER,
               {.is_question = true, .kind = QUESTION_BEHAVIORAL},
               0.75f,
               VOICE_INTERVIEWER2,
               -1}},
     "{'type':'turn','utterance':1,'state':'eager','question':true,'kind':'behavioral','p':0.75,'"
     "speaker':'interviewer2'}"},
    {{.kind = LIVE_TURN,
      .turn = {.utterance = 1, .state = TURN_ENDED, .p = -1, .who = VOICE_CANDIDATE, .voice = -1}},
     "{'type':'turn','utterance':1,'state':'ended','question':false,'speaker':'candidate'}"},
    {{.kind = LIVE_STARTED,
      .started = {.generation_id = "g", .question = "q", .provider = "p", .eager = true}},
     "{'type':'started','generationId':'g','questionNumber':null,'question':'q','provider':'p',"
     "'model':'','eager':true}"},
    {{.kind = LIVE_STARTED,
      .started = {.generation_id = "g",
                  .question_number = 3,
                  .question = "q",
                  .provider = "p",
                  .model = "m"}},
     "{'type':'started','generationId':'g','questionNumber':3,'question':'q','provider':'p',"
     "'model':'m','eager':false}"},
    {{.kind = LIVE_STARTED,
      .started = {.generation_id = "g",
                  .question_number = 3,
                  .question = "q",
                  .provider = "p",
                  .transcript_id = "t",
                  .heard = "cue"}},
     "{'type':'started','generationId':'g','questionNumber':3,'question':'q','provider':'p',"
     "'model':'','eager':false,'transcriptId':'t','heard':'cue'}"},
    {{.kind = LIVE_STARTED,
      .started =
          {.generation_id = "g", .question = "q", .provider = "p", .left = left, .left_count = 2}},
     "{'type':'started','generationId':'g','questionNumber':null,'question':'q','provider':'p',"
     "'model':'','eager':false,'replaced':[{'provider':'a','why':'a refuses the key'},{'provider':"
     "'b','why':'b is away'}]}"},
    {{.kind = LIVE_THINKING, .thinking = {.generation_id = "g"}},
     "{'type':'thinking','generationId':'g'}"},
    {{.kind = LIVE_OUTLINE,
      .outline = {.generation_id = "g",
                  .question = "q",
                  .kind = QUESTION_DESIGN,
                  .points = points,
                  .count = 2}},
     "{'type':'outline','generationId':'g','kind':'design','points':[{'text':'Say it',"
     "'label':'Result','source':{'field':'context','quote':'I did'}},{'text':'Repeat it',"
     "'source':{'field':'question','quote':'q'}}]}"},
    {{.kind = LIVE_DELTA, .delta = {.generation_id = "g", .text = "words and more", .len = 5}},
     "{'type':'delta','generationId':'g','delta':'words','finish':false}"},
    {{.kind = LIVE_CHECK, .check = {.generation_id = "g", .unsupported = claimed, .count = 2}},
     "{'type':'check','generationId':'g','unsupported':[{'start':3,'end':5,'why':'number'},"
     "{'start':9,'end':16,'why':'employer'}]}"},
    {{.kind = LIVE_CHECK, .check = {.generation_id = "g"}},
     "{'type':'check','generationId':'g','unsupported':[]}"},
    {{.kind = LIVE_FINISHED,
      .finished = {.generation_id = "g", .finish = ANSWER_SUPERSEDED, .latency = {-1, 0, 7, 900}}},
     "{'type':'delta','generationId':'g','delta':'','finish':true,'finishReason':'superseded',"
     "'transcriptId':null,'latency':{'finalMs':null,'outlineMs':0,'firstTokenMs':7,"
     "'totalMs':900}}"},
    {{.kind = LIVE_FINISHED,
      .finished = {.generation_id = "g",
                   .finish = ANSWER_STOP,
                   .transcript_id = "t",
                   .discarded = 2,
                   .latency = {-1, 0, -1, 9}}},
     "{'type':'delta','generationId':'g','delta':'','finish':true,'finishReason':'stop',"
     "'transcriptId':'t','latency':{'finalMs':null,'outlineMs':0,'firstTokenMs':null,"
     "'totalMs':9},'eagerDiscarded':2}"},
    {{.kind = LIVE_ERROR, .error = {LIVE_OVERLOADED, "too much"}},
     "{'type':'error','code':'overloaded','message':'too much'}"},
    {{.kind = LIVE_ERROR, .error = {LIVE_PROVIDER_FAILED, "w"}},
     "{'type':'error','code':'provider_failed','message':'w'}"},
    {{.kind = LIVE_ERROR, .error = {LIVE_UNAVAILABLE, "w"}},
     "{'type':'error','code':'unavailable','message':'w'}"},
    {{.kind = LIVE_ERROR, .error = {LIVE_BAD_AUDIO, "w"}},
     "{'type':'error','code':'bad_audio','message':'w'}"},
    {{.kind = LIVE_ERROR, .error = {LIVE_INTERNAL, "w"}},
     "{'type':'error','code':'internal','message':'w'}"},
};

static void test_every_event_is_the_message_of_the_wire(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        char *expected = strdup(told[i].json);
        struct buf out;

        for (char *c = expected; *c; c++)
            *c = *c == '\'' ? '"' : *c;
        buf_init(&out, MESSAGE_MAX);
        message_write(&out, &told[i].event);
        assert_int_equal(out.err, 0);
        assert_string_equal(out.data, expected);
        buf_release(&out);
        free(expected);
    }
}

static void test_partials_replace_deltas_merge_and_the_rest_is_kept(void **state)
{
    struct message_delivery how;

    (void)state;
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        how = message_delivery(&told[i].event);
        switch (told[i].event.kind) {
        case LIVE_PARTIAL:
            assert_int_equal(how.kind, WS_REPLACE);
            assert_int_equal(how.key, 2);
            break;
        case LIVE_FINAL: /* its unsent partials go */
            assert_int_equal(how.kind, WS_KEEP);
            assert_int_equal(how.key, 2);
            break;
        case LIVE_DELTA:
            assert_int_equal(how.kind, WS_MERGE);
            assert_int_not_equal(how.key, 0);
            break;
        case LIVE_CHECK: /* the newest tells all */
            assert_int_equal(how.kind, WS_REPLACE);
            assert_int_not_equal(how.key, 0);
            break;
        default:
            assert_int_equal(how.kind, WS_KEEP);
            assert_int_equal(how.key, 0);
        }
    }
}

static void write_delta(struct buf *out, const char *generation_id, const char *text)
{
    buf_init(out, MESSAGE_MAX);
    message_write(out, &(struct live_event){.kind = LIVE_DELTA,
                                            .delta = {generation_id, text, strlen(text)}});
}

static void test_deltas_of_one_answer_merge_and_no_others(void **state)
{
    struct live_event end = {.kind = LIVE_FINISHED, .finished = {.generation_id = "g"}};
    struct buf one, two, other, last;

    (void)state;
    write_delta(&one, "g", "I led ");
    write_delta(&two, "g", "a \"team\"");
    write_delta(&other, "h", "no");
    buf_init(&last, MESSAGE_MAX);
    message_write(&last, &end);

    assert_true(message_merge(&one, two.data, two.len));
    assert_string_equal(one.data, "{\"type\":\"delta\",\"generationId\":\"g\",\"delta\":\"I led a "
                                  "\\\"team\\\"\",\"finish\":false}");
    assert_false(message_merge(&one, other.data, other.len));
    assert_false(message_merge(&one, last.data, last.len));
    assert_false(message_merge(&last, two.data, two.len));
    buf_release(&one);
    buf_release(&two);
    buf_release(&other);
    buf_release(&last);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event_is_the_message_of_the_wire),
        cmocka_unit_test(test_partials_replace_deltas_merge_and_the_rest_is_kept),
        cmocka_unit_test(test_deltas_of_one_answer_merge_and_no_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
