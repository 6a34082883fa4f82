/**
 * @file api/realtime.c  What a client of /v1/realtime sets
 *
 * Read into a copy, which takes the place of what was set before only when all of it is right.
 */
#include "api/realtime.h"

#include "api/validate.h"
#include "audio/g711.h"
#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
    PCM_RATE = 24000, /* [Hz] */
    PREFIX_MS = 300,  /* OpenAI's own, as the next one */
    SILENCE_MS = 500,
    PREFIX_MAX_MS = 1000,
    SILENCE_MIN_MS = 100,
    SILENCE_MAX_MS = 10000,
    PREFIX_HEARD_MS = 600, /* more than that before a voice is not kept (audio/vad.h) */
    LOOK_MS = 160,         /* of a silence, until the words so far are asked for */
};

/* The two names of a format. */
static const char *const ga_formats[] = {"audio/pcm", "audio/pcmu", "audio/pcma"};
static const char *const beta_formats[] = {"pcm16", "g711_ulaw", "g711_alaw"};

static const char *const eagerness_names[] = {
    [TURN_BALANCED] = "medium", [TURN_QUICK] = "high", [TURN_PATIENT] = "low"};

struct realtime_settings realtime_defaults(void)
{
    return (struct realtime_settings){.model = "whisper-1",
                                      .threshold = 0.5,
                                      .prefix_ms = PREFIX_MS,
                                      .silence_ms = SILENCE_MS,
                                      .eagerness_is_auto = true};
}

static bool complain(struct realtime_complaint *why, const char *param, const char *text)
{
    why->param = param;
    snprintf(why->text, sizeof(why->text), "%s", text);
    return false;
}

/* -------------------------------------------------------------------------------- reading */

static bool choose(const char *name, const char *const names[], size_t n, int *chosen)
{
    for (size_t i = 0; name && i < n; i++) {
        if (!strcmp(names[i], name)) {
            *chosen = (int)i;
            return true;
        }
    }
    return false;
}

static bool read_ga_format(const json_t *format, struct realtime_settings *s,
                           struct realtime_complaint *why)
{
    int chosen = 0;

    if (!choose(json_str(format, "type"), ga_formats, 3, &chosen))
        return complain(why, "session.audio.input.format.type",
                        "must be audio/pcm, audio/pcmu or audio/pcma");
    if (chosen == REALTIME_PCM16 && json_int(format, "rate", PCM_RATE) != PCM_RATE)
        return complain(why, "session.audio.input.format.rate", "must be 24000");
    s->format = (enum realtime_format)chosen;
    return true;
}

static bool read_beta_format(const json_t *format, struct realtime_settings *s,
                             struct realtime_complaint *why)
{
    int chosen = 0;

    if (!choose(json_string_value(format), beta_formats, 3, &chosen))
        return complain(why, "session.input_audio_format", "must be pcm16, g711_ulaw or g711_alaw");
    s->format = (enum realtime_format)chosen;
    return true;
}

static bool read_language(const json_t *value, struct realtime_settings *s)
{
    const char *text = json_string_value(value);

    if (!value || json_is_null(value) || (text && !*text)) {
        s->language[0] = value ? '\0' : s->language[0];
        return true;
    }
    if (!text || strlen(text) >= sizeof(s->language) || !validate_is_language(text))
        return false;
    text_copy(s->language, sizeof(s->language), text, strlen(text));
    return true;
}

static bool read_prompt(const json_t *value, struct realtime_settings *s)
{
    const char *text = json_is_null(value) ? "" : json_string_value(value);

    if (!value)
        return true;
    if (!text || strlen(text) != (json_is_null(value) ? 0 : json_string_length(value)) ||
        strlen(text) >= sizeof(s->prompt))
        return false;
    text_copy(s->prompt, sizeof(s->prompt), text, strlen(text));
    return true;
}

/* null asks for no words, which nobody opens this socket for: they come all the same. */
static bool read_transcription(const struct app *app, const json_t *t, struct realtime_settings *s,
                               struct realtime_complaint *why)
{
    const json_t *model = json_object_get(t, "model");

    if (json_is_null(t))
        return true;
    if (!json_is_object(t))
        return complain(why, "session.audio.input.transcription", "must be an object or null");
    if (model && !json_is_null(model)) {
        const char *name = json_string_value(model);

        if (!name || strlen(name) >= sizeof(s->model) || (app && !compat_hears(app, name)))
            return complain(why, "session.audio.input.transcription.model",
                            "must be a recogniser that GET /v1/models lists; whisper-1 is "
                            "whatever hears here");
        text_copy(s->model, sizeof(s->model), name, strlen(name));
    }
    if (!read_language(json_object_get(t, "language"), s))
        return complain(why, "session.audio.input.transcription.language",
                        "must be a language such as en or en-GB");
    if (!read_prompt(json_object_get(t, "prompt"), s))
        return complain(why, "session.audio.input.transcription.prompt",
                        "must be a text of at most 4096 bytes");
    return true;
}

/* A member of [ms]; what is not there stays. */
static bool read_ms(const json_t *value, uint32_t least, uint32_t most, uint32_t *ms)
{
    if (!value)
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < least ||
        json_integer_value(value) > most)
        return false;
    *ms = (uint32_t)json_integer_value(value);
    return true;
}

static bool read_silence(const json_t *turns, struct realtime_settings *s,
                         struct realtime_complaint *why)
{
    const json_t *threshold = json_object_get(turns, "threshold");

    s->turns = REALTIME_SILENCE;
    if (threshold && (!json_is_number(threshold) || json_number_value(threshold) < 0 ||
                      json_number_value(threshold) > 1))
        return complain(why, "session.audio.input.turn_detection.threshold", "must be 0 to 1");
    s->threshold = threshold ? json_number_value(threshold) : s->threshold;
    if (!read_ms(json_object_get(turns, "prefix_padding_ms"), 0, PREFIX_MAX_MS, &s->prefix_ms))
        return complain(why, "session.audio.input.turn_detection.prefix_padding_ms",
                        "must be a whole number, 0 to 1000");
    if (!read_ms(json_object_get(turns, "silence_duration_ms"), SILENCE_MIN_MS, SILENCE_MAX_MS,
                 &s->silence_ms))
        return complain(why, "session.audio.input.turn_detection.silence_duration_ms",
                        "must be a whole number, 100 to 10000");
    return true;
}

static bool read_meaning(const json_t *turns, struct realtime_settings *s,
                         struct realtime_complaint *why)
{
    const json_t *eagerness = json_object_get(turns, "eagerness");
    const char *name = json_string_value(eagerness);
    int chosen = TURN_BALANCED;

    s->turns = REALTIME_MEANING;
    if (!eagerness)
        return true;
    s->eagerness_is_auto = name && !strcmp(name, "auto");
    if (!s->eagerness_is_auto && !choose(name, eagerness_names, 3, &chosen))
        return complain(why, "session.audio.input.turn_detection.eagerness",
                        "must be low, medium, high or auto");
    s->eagerness = (enum turn_pace)chosen;
    return true;
}

static bool read_turns(const json_t *turns, struct realtime_settings *s,
                       struct realtime_complaint *why)
{
    const char *type = json_str(turns, "type");

    if (json_is_null(turns)) {
        s->turns = REALTIME_COMMIT;
        return true;
    }
    if (json_is_object(turns) && (!type || !strcmp(type, "server_vad")))
        return read_silence(turns, s, why);
    if (type && !strcmp(type, "semantic_vad"))
        return read_meaning(turns, s, why);
    return complain(why, "session.audio.input.turn_detection.type",
                    "must be server_vad or semantic_vad; null leaves it to your commits");
}

bool realtime_read(const struct app *app, const json_t *session, enum realtime_dialect dialect,
                   struct realtime_settings *settings, struct realtime_complaint *why)
{
    bool ga = dialect == REALTIME_GA;
    const json_t *input =
        ga ? json_object_get(json_object_get(session, "audio"), "input") : session;
    const json_t *format = json_object_get(input, ga ? "format" : "input_audio_format");
    const json_t *words =
        json_object_get(input, ga ? "transcription" : "input_audio_transcription");
    const json_t *turns = json_object_get(input, "turn_detection");
    const char *type = json_str(session, "type");
    struct realtime_settings s = *settings;

    if (!json_is_object(session))
        return complain(why, "session", "is missing, or no object");
    if (ga && type && strcmp(type, "transcription") != 0)
        return complain(why, "session.type",
                        "must be transcription: here is what hears, and nobody who speaks");
    if ((format && !(ga ? read_ga_format : read_beta_format)(format, &s, why)) ||
        (words && !read_transcription(app, words, &s, why)) ||
        (turns && !read_turns(turns, &s, why)))
        return false;
    *settings = s;
    return true;
}

/* -------------------------------------------------------------------------------- telling */

static json_t *write_transcription(const struct realtime_settings *s)
{
    json_t *obj = json_object();

    json_set_str(obj, "model", s->model);
    if (s->language[0])
        json_set_str(obj, "language", s->language);
    json_set_str(obj, "prompt", s->prompt);
    return obj;
}

static json_t *write_turns(const struct realtime_settings *s)
{
    if (s->turns == REALTIME_COMMIT)
        return json_null();
    if (s->turns == REALTIME_MEANING)
        return json_pack("{s:s, s:s}", "type", "semantic_vad", "eagerness",
                         s->eagerness_is_auto ? "auto" : eagerness_names[s->eagerness]);
    return json_pack("{s:s, s:f, s:i, s:i}", "type", "server_vad", "threshold", s->threshold,
                     "prefix_padding_ms", (int)s->prefix_ms, "silence_duration_ms",
                     (int)s->silence_ms);
}

static json_t *write_ga(const struct realtime_settings *s)
{
    json_t *format = json_pack("{s:s}", "type", ga_formats[s->format]);

    if (s->format == REALTIME_PCM16)
        json_object_set_new(format, "rate", json_integer(PCM_RATE));
    return json_pack("{s:{s:o, s:n, s:o, s:o}}", "input", "format", format, "noise_reduction",
                     "transcription", write_transcription(s), "turn_detection", write_turns(s));
}

json_t *realtime_write(const struct realtime_settings *s, enum realtime_dialect dialect,
                       const char *id, int64_t expires_at)
{
    json_t *obj = json_object();

    json_set_str(obj, "object", "realtime.transcription_session");
    json_set_str(obj, "id", id);
    if (expires_at)
        json_object_set_new(obj, "expires_at", json_integer(expires_at));
    if (dialect == REALTIME_GA) {
        json_set_str(obj, "type", "transcription");
        json_object_set_new(obj, "audio", write_ga(s));
        return obj;
    }
    json_set_str(obj, "input_audio_format", beta_formats[s->format]);
    json_object_set_new(obj, "input_audio_noise_reduction", json_null());
    json_object_set_new(obj, "input_audio_transcription", write_transcription(s));
    json_object_set_new(obj, "turn_detection", write_turns(s));
    return obj;
}

/* -------------------------------------------------------------------------------- hearing */

int realtime_rate(const struct realtime_settings *s)
{
    return s->format == REALTIME_PCM16 ? PCM_RATE : G711_RATE;
}

struct asr_session_params realtime_hearing(const struct realtime_settings *s, struct asr_nets *nets)
{
    struct asr_session_params p = {
        .sample_rate = realtime_rate(s),
        .channels = 1,
        .push_to_talk = s->turns == REALTIME_COMMIT,
        .vad = vad_params_defaults(),
        .pace = s->eagerness,
        .nets = s->turns == REALTIME_MEANING ? nets : NULL,
        .asr = {.language = s->language[0] ? s->language : "auto",
                .prompt = s->prompt[0] ? s->prompt : NULL},
    };

    if (s->turns == REALTIME_SILENCE) {
        p.vad.pre_roll_ms = s->prefix_ms < PREFIX_HEARD_MS ? s->prefix_ms : PREFIX_HEARD_MS;
        p.vad.hangover_ms = s->silence_ms;
        p.vad.eager_ms = s->silence_ms < LOOK_MS ? s->silence_ms : LOOK_MS;
    }
    return p;
}
