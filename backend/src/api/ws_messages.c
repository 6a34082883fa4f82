/**
 * @file api/ws_messages.c  Parsing the clients' WebSocket messages
 */
#include "api/ws_messages.h"

#include "api/validate.h"
#include "asr/engine.h"
#include "audio/capture.h"
#include "base/json.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { LISTENER_MIN = 8 }; /* so that two pages never have the same by chance [bytes] */

static bool complain(struct ws_complaint *why, const char *code, const char *text)
{
    why->code = code;
    snprintf(why->text, sizeof(why->text), "%s", text);
    return false;
}

/* ------------------------------------------------------------------------ start */

struct ws_start ws_start_defaults(void)
{
    return (struct ws_start){.sample_rate = ASR_SAMPLE_RATE, .channels = 1, .pace = -1};
}

static bool read_number(const json_t *msg, const char *key, int min, int max, int *to,
                        struct ws_complaint *why)
{
    const json_t *value = json_object_get(msg, key);
    json_int_t n = json_integer_value(value);

    if (!value)
        return true;
    if (!json_is_integer(value) || n < min || n > max)
        return complain(why, "unsupported",
                        strcmp(key, "channels")
                            ? "sampleRate must be a whole number from 8000 to 48000"
                            : "channels must be 1 or 2");
    *to = (int)n;
    return true;
}

/* One of two words, of which the first is the default. */
static bool read_choice(const json_t *msg, const char *key, const char *one, const char *two,
                        bool *is_two, struct ws_complaint *why)
{
    const json_t *value = json_object_get(msg, key);
    const char *text = json_string_value(value);
    bool encoding = !strcmp(key, "encoding");

    if (!value)
        return true;
    *is_two = text && !strcmp(text, two);
    if (*is_two || (text && !strcmp(text, one)))
        return true;
    why->code = encoding ? "unsupported" : "bad_message";
    snprintf(why->text, sizeof(why->text), "%s must be %s or %s", key, one, two);
    return false;
}

static bool read_pace(const json_t *msg, int *to, struct ws_complaint *why)
{
    const json_t *value = json_object_get(msg, "turn");
    enum turn_pace pace;

    if (!value)
        return true;
    if (!turn_pace_read(json_string_value(value), &pace))
        return complain(why, "bad_message", "turn must be quick, balanced or patient");
    *to = (int)pace;
    return true;
}

static bool read_language(const json_t *msg, const char **to, struct ws_complaint *why)
{
    const json_t *value = json_object_get(msg, "language");
    const char *text = json_string_value(value);

    if (!value)
        return true;
    if (!text || !validate_is_language(text))
        return complain(why, "unsupported", "language must be like en, en-GB or auto");
    *to = text;
    return true;
}

static bool read_resume(const json_t *msg, struct ws_start *start, struct ws_complaint *why)
{
    const json_t *value = json_object_get(msg, "resume");
    const char *key = json_string_value(value);
    json_int_t seen = json_integer_value(json_object_get(msg, "lastFinal"));

    if (!value)
        return true;
    if (!key || strlen(key) < LIVE_KEY_MIN || strlen(key) >= LIVE_KEY_MAX)
        return complain(why, "bad_message", "resume must be a text of 16 to 64 bytes");
    start->resume = key;
    start->last_final = seen > 0 && seen <= UINT32_MAX ? (uint32_t)seen : 0;
    return true;
}

static bool read_listener(const json_t *msg, struct ws_start *start, struct ws_complaint *why)
{
    const json_t *value = json_object_get(msg, "listener");
    const json_t *take_over = json_object_get(msg, "takeOver");
    const char *name = json_string_value(value);

    if (take_over && !json_is_boolean(take_over))
        return complain(why, "bad_message", "takeOver must be true or false");
    start->take_over = json_is_true(take_over);
    if (!value)
        return true;
    if (!name || strlen(name) < LISTENER_MIN || strlen(name) >= LIVE_KEY_MAX)
        return complain(why, "bad_message", "listener must be a text of 8 to 64 bytes");
    start->listener = name;
    return true;
}

static bool read_device(const json_t *msg, struct ws_start *start, struct ws_complaint *why)
{
    const json_t *value = json_object_get(msg, "device");
    const char *text = json_string_value(value);

    if (!value || json_is_null(value))
        return true;
    if (!start->host)
        return complain(why, "bad_message", "a device belongs to source host");
    if (!text || !*text || strlen(text) >= CAPTURE_NAME_MAX)
        return complain(why, "bad_message", "device must be a name of GET audio/devices");
    start->device = text;
    return true;
}

bool ws_read_start(const json_t *msg, struct ws_start *start, struct ws_complaint *why)
{
    return read_choice(msg, "encoding", "pcm_s16le", "opus", &start->opus, why) &&
           read_number(msg, "sampleRate", 8000, 48000, &start->sample_rate, why) &&
           read_number(msg, "channels", 1, 2, &start->channels, why) &&
           read_choice(msg, "source", "client", "host", &start->host, why) &&
           read_device(msg, start, why) &&
           read_choice(msg, "speaker", "interviewer", "candidate", &start->candidate, why) &&
           read_choice(msg, "mode", "hands_free", "push_to_talk", &start->push_to_talk, why) &&
           read_pace(msg, &start->pace, why) && read_language(msg, &start->language, why) &&
           read_resume(msg, start, why) && read_listener(msg, start, why);
}

/* ------------------------------------------------------------------------ audioData */

size_t ws_base64_room(size_t len)
{
    return len / 4 * 3 + 4;
}

int ws_base64_decode(const char *text, size_t len, unsigned char *data)
{
    size_t body = strcspn(text, "=");
    size_t padding = strspn(text + body, "=");
    int n;

    if (body + padding != len || padding > 2 || strpbrk(text, " \t\r\n"))
        return -1;
    n = EVP_DecodeBlock(data, (const unsigned char *)text, (int)len);
    return n < 0 ? -1 : n - (int)padding;
}

/* ------------------------------------------------------------------------ record */

bool ws_read_record(const json_t *msg, struct ws_record *record, struct ws_complaint *why)
{
    const json_t *on = json_object_get(msg, "on");

    *record = (struct ws_record){.on = json_is_true(on), .wording = json_str(msg, "wording")};
    if (!json_is_boolean(on))
        return complain(why, "bad_message", "record needs on: true or false");
    if (!record->on)
        return true;
    if (!record->wording || !record->wording[strspn(record->wording, " \t\r\n")] ||
        strlen(record->wording) > WS_WORDING_MAX)
        return complain(
            why, "bad_message",
            "record needs the wording that the person agreed to, of 2000 bytes at most");
    return true;
}

/* ------------------------------------------------------------------------ generate */

bool ws_read_generate(const json_t *msg, struct ws_generate *generate, struct ws_complaint *why)
{
    const char *question = json_str(msg, "question");
    const json_t *again = json_object_get(msg, "transcriptId");

    *generate = (struct ws_generate){
        .ask = {.question = question,
                .provider = json_str(msg, "provider"),
                .model = json_str(msg, "model")},
        .transcript_id = json_string_value(again),
    };
    if (!question || !question[strspn(question, " \t\r\n")])
        return complain(why, "bad_message", "generate needs a question");
    if (again && (!generate->transcript_id || !id_valid(generate->transcript_id)))
        return complain(why, "bad_message", "transcriptId must be the id of a question");
    return true;
}
