/**
 * @file fuzz/ws_message.c  What clients say on the WebSockets: JSON, start, audioData, generate,
 * record, and what a client of /v1/realtime sets
 *
 * Held: a message is either taken within its limits or refused with a code and a sentence.
 */
#include "api/realtime.h"
#include "api/ws_messages.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_complain(const struct ws_complaint *why)
{
    if (!why->code || !why->text[0] || strlen(why->text) >= sizeof(why->text))
        abort();
}

static void read_start(const json_t *msg)
{
    struct ws_start start = ws_start_defaults();
    struct ws_complaint why = {NULL, ""};

    if (!ws_read_start(msg, &start, &why))
        must_complain(&why);
    else if (start.sample_rate < 8000 || start.sample_rate > 48000 || start.channels < 1 ||
             start.channels > 2 || (start.language && strlen(start.language) > 6) ||
             (start.device && (!start.host || !start.device[0])))
        abort();
}

static void read_audio(const json_t *msg)
{
    const char *text = json_str(msg, "audioData");
    size_t len = text ? strlen(text) : 0;
    unsigned char *room;
    int n;

    if (!text)
        return;
    room = malloc(ws_base64_room(len)); /* of the exact size, so that one byte more is seen */
    n = ws_base64_decode(text, len, room);
    if (n > 0 && (size_t)n > len / 4 * 3)
        abort();
    free(room);
}

static void read_record(const json_t *msg)
{
    struct ws_complaint why = {NULL, ""};
    struct ws_record record;

    if (!ws_read_record(msg, &record, &why))
        must_complain(&why);
    else if (record.on && (!record.wording || strlen(record.wording) > WS_WORDING_MAX))
        abort();
}

static void read_generate(const json_t *msg)
{
    struct ws_complaint why = {NULL, ""};
    struct ws_generate said;

    if (!ws_read_generate(msg, &said, &why))
        must_complain(&why);
    else if (!said.ask.question || !said.ask.question[0] ||
             (said.transcript_id && !id_valid(said.transcript_id)))
        abort();
}

/* In both dialects. What was taken is told again, as JSON that is read alike. */
static void read_realtime(const json_t *msg)
{
    for (int dialect = REALTIME_GA; dialect <= REALTIME_BETA; dialect++) {
        struct realtime_settings s = realtime_defaults(), again = s;
        struct realtime_complaint why = {NULL, ""};
        json_t *told;

        if (!realtime_read(NULL, msg, (enum realtime_dialect)dialect, &s, &why)) {
            if (!why.param || !why.text[0])
                abort();
            continue;
        }
        told = realtime_write(&s, (enum realtime_dialect)dialect, "sess", 0);
        if (!told || !realtime_read(NULL, told, (enum realtime_dialect)dialect, &again, &why) ||
            strcmp(s.prompt, again.prompt) != 0 || s.turns != again.turns)
            abort();
        json_decref(told);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *msg = json_parse((const char *)data, size);

    if (json_is_object(msg)) {
        read_start(msg);
        read_audio(msg);
        read_generate(msg);
        read_record(msg);
        read_realtime(msg);
    }
    json_decref(msg);
    return 0;
}
