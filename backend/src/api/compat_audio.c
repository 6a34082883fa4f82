/**
 * @file api/compat_audio.c  POST /v1/audio/transcriptions and /v1/audio/translations
 *
 * The form of OpenAI's API, on top of api/hear.h. verbose_json omits what a recogniser does not
 * provide: avg_logprob, no_speech_prob, compression_ratio and temperature come only from our
 * Whisper, and are the same for all segments of a passage; tokens are always an empty list.
 */
#include "api/compat.h"
#include "api/events.h"
#include "api/hear.h"
#include "api/reply.h"
#include "api/validate.h"
#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 16 << 20, FIELD_MAX = 64, SEEK_MS = 10 };

enum form { FORM_JSON, FORM_VERBOSE, FORM_TEXT, FORM_SRT, FORM_VTT };

static const char *const form_names[] = {"json", "verbose_json", "text", "srt", "vtt"};

struct wish {
    enum form form;
    bool segments; /* for verbose_json */
    bool words;
    bool translates;
    char *prompt;
    char language[HEAR_LANGUAGE_MAX];
    bool stream;
    bool begun; /* a segment was sent */
};

static void wish_free(void *arg)
{
    struct wish *w = arg;

    text_wipe(w->prompt);
    free(w);
}

/* -------------------------------------------------------------------------------- answers */

/* Whisper's languages by their English names, as OpenAI's API writes them. */
static const char *language_name(const char *code)
{
    static const char *const names[][2] = {
        {"af", "afrikaans"},      {"am", "amharic"},     {"ar", "arabic"},
        {"as", "assamese"},       {"az", "azerbaijani"}, {"ba", "bashkir"},
        {"be", "belarusian"},     {"bg", "bulgarian"},   {"bn", "bengali"},
        {"bo", "tibetan"},        {"br", "breton"},      {"bs", "bosnian"},
        {"ca", "catalan"},        {"cs", "czech"},       {"cy", "welsh"},
        {"da", "danish"},         {"de", "german"},      {"el", "greek"},
        {"en", "english"},        {"es", "spanish"},     {"et", "estonian"},
        {"eu", "basque"},         {"fa", "persian"},     {"fi", "finnish"},
        {"fo", "faroese"},        {"fr", "french"},      {"gl", "galician"},
        {"gu", "gujarati"},       {"ha", "hausa"},       {"haw", "hawaiian"},
        {"he", "hebrew"},         {"hi", "hindi"},       {"hr", "croatian"},
        {"ht", "haitian creole"}, {"hu", "hungarian"},   {"hy", "armenian"},
        {"id", "indonesian"},     {"is", "icelandic"},   {"it", "italian"},
        {"ja", "japanese"},       {"jw", "javanese"},    {"ka", "georgian"},
        {"kk", "kazakh"},         {"km", "khmer"},       {"kn", "kannada"},
        {"ko", "korean"},         {"la", "latin"},       {"lb", "luxembourgish"},
        {"ln", "lingala"},        {"lo", "lao"},         {"lt", "lithuanian"},
        {"lv", "latvian"},        {"mg", "malagasy"},    {"mi", "maori"},
        {"mk", "macedonian"},     {"ml", "malayalam"},   {"mn", "mongolian"},
        {"mr", "marathi"},        {"ms", "malay"},       {"mt", "maltese"},
        {"my", "myanmar"},        {"ne", "nepali"},      {"nl", "dutch"},
        {"nn", "nynorsk"},        {"no", "norwegian"},   {"oc", "occitan"},
        {"pa", "punjabi"},        {"pl", "polish"},      {"ps", "pashto"},
        {"pt", "portuguese"},     {"ro", "romanian"},    {"ru", "russian"},
        {"sa", "sanskrit"},       {"sd", "sindhi"},      {"si", "sinhala"},
        {"sk", "slovak"},         {"sl", "slovenian"},   {"sn", "shona"},
        {"so", "somali"},         {"sq", "albanian"},    {"sr", "serbian"},
        {"su", "sundanese"},      {"sv", "swedish"},     {"sw", "swahili"},
        {"ta", "tamil"},          {"te", "telugu"},      {"tg", "tajik"},
        {"th", "thai"},           {"tk", "turkmen"},     {"tl", "tagalog"},
        {"tr", "turkish"},        {"tt", "tatar"},       {"uk", "ukrainian"},
        {"ur", "urdu"},           {"uz", "uzbek"},       {"vi", "vietnamese"},
        {"yi", "yiddish"},        {"yo", "yoruba"},      {"yue", "cantonese"},
        {"zh", "chinese"},
    };
    size_t n = strcspn(code, "-");

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i][0]) == n && !strncmp(names[i][0], code, n))
            return names[i][1];
    return code;
}

static json_t *seconds(uint64_t ms)
{
    return json_thousandths((double)ms / 1000.0);
}

static void set_text(json_t *obj, const struct transcript *t)
{
    struct buf text;

    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; i < t->segment_count; i++)
        buf_printf(&text, "%s%s", i ? " " : "", t->segments[i].text);
    json_set_text(obj, "text", text.data ? text.data : "", text.len);
    buf_release(&text);
}

/* Nothing is charged; the usage is reported all the same. */
static void set_usage(json_t *obj, const struct transcript *t)
{
    json_object_set_new(obj, "usage",
                        json_pack("{s:s, s:I}", "type", "duration", "seconds",
                                  (json_int_t)((t->duration_ms + 999) / 1000)));
}

static json_t *segment_json(const struct transcript_segment *s, size_t id)
{
    const struct asr_figures *f = &s->figures;
    json_t *obj = json_object();

    json_object_set_new(obj, "id", json_integer((json_int_t)id));
    json_object_set_new(obj, "seek", json_integer((json_int_t)(s->start_ms / SEEK_MS)));
    json_object_set_new(obj, "start", seconds(s->start_ms));
    json_object_set_new(obj, "end", seconds(s->end_ms));
    json_set_text(obj, "text", s->text, strlen(s->text));
    json_object_set_new(obj, "tokens", json_array());
    if (!f->known)
        return obj;
    json_object_set_new(obj, "temperature", json_thousandths((double)f->temperature));
    json_object_set_new(obj, "avg_logprob", json_thousandths((double)f->logprob));
    json_object_set_new(obj, "compression_ratio", json_thousandths((double)f->compression));
    json_object_set_new(obj, "no_speech_prob", json_thousandths((double)f->no_speech));
    return obj;
}

static json_t *segments_json(const struct transcript *t)
{
    json_t *list = json_array();

    for (size_t i = 0; i < t->segment_count; i++)
        json_array_append_new(list, segment_json(&t->segments[i], i));
    return list;
}

static json_t *words_json(const struct transcript *t)
{
    json_t *list = json_array();

    for (size_t i = 0; i < t->segment_count; i++) {
        const struct transcript_segment *s = &t->segments[i];

        for (size_t k = 0; k < s->word_count; k++) {
            json_t *word = json_object();

            json_set_text(word, "word", s->words[k].text, strlen(s->words[k].text));
            json_object_set_new(word, "start", seconds(s->words[k].start_ms));
            json_object_set_new(word, "end", seconds(s->words[k].end_ms));
            json_array_append_new(list, word);
        }
    }
    return list;
}

static json_t *verbose_json(const struct transcript *t, const struct wish *w)
{
    json_t *obj = json_object();

    json_set_str(obj, "task", w->translates ? "translate" : "transcribe");
    json_set_str(obj, "language", language_name(w->translates ? "en" : t->language));
    json_object_set_new(obj, "duration", seconds(t->duration_ms));
    set_text(obj, t);
    if (w->segments)
        json_object_set_new(obj, "segments", segments_json(t));
    if (w->words)
        json_object_set_new(obj, "words", words_json(t));
    set_usage(obj, t);
    return obj;
}

static int reply_plain(struct http_response *res, const struct transcript *t, enum form form)
{
    res->status = 200;
    res->type = form == FORM_VTT ? "text/vtt; charset=utf-8" : "text/plain; charset=utf-8";
    buf_clear(&res->body);
    if (form == FORM_SRT)
        return transcript_srt(t, &res->body);
    return form == FORM_VTT ? transcript_vtt(t, &res->body) : transcript_text(t, &res->body);
}

static int reply(const struct http_request *req, struct http_response *res,
                 const struct transcript *t, void *arg)
{
    const struct wish *w = arg;
    json_t *obj;

    (void)req;
    if (w->form > FORM_VERBOSE)
        return reply_plain(res, t, w->form);
    if (w->form == FORM_VERBOSE)
        return http_reply_json(res, 200, verbose_json(t, w));
    obj = json_object();
    set_text(obj, t);
    set_usage(obj, t);
    return http_reply_json(res, 200, obj);
}

/* -------------------------------------------------------------------------------- a stream */

static void say(struct events *events, const char *type, json_t *obj)
{
    struct buf out;

    buf_init(&out, TEXT_MAX);
    if (!json_write(&out, obj))
        events_say(events, type, out.data, out.len);
    json_decref(obj);
    buf_release(&out);
}

static void on_segment(struct events *events, const struct transcript_segment *s, void *arg)
{
    struct wish *w = arg;
    json_t *obj = json_object();
    struct buf text;

    buf_init(&text, TEXT_MAX);
    buf_printf(&text, "%s%s", w->begun ? " " : "", s->text);
    w->begun = true;
    json_set_str(obj, "type", "transcript.text.delta");
    json_set_text(obj, "delta", text.data ? text.data : "", text.len);
    buf_release(&text);
    say(events, "transcript.text.delta", obj);
}

static void on_done(struct events *events, const struct transcript *t, const char *why, void *arg)
{
    static const char done[] = "[DONE]";
    json_t *obj = json_object(), *error;

    (void)arg;
    if (!t) {
        error =
            json_pack("{s:s, s:n, s:s}", "type", "server_error", "param", "code", "unavailable");
        json_set_text(error, "message", why, strlen(why));
        json_object_set_new(obj, "error", error);
        say(events, "error", obj);
        return;
    }
    json_set_str(obj, "type", "transcript.text.done");
    set_text(obj, t);
    set_usage(obj, t);
    say(events, "transcript.text.done", obj);
    events_say(events, NULL, done, sizeof(done) - 1);
}

/* --------------------------------------------------------------------------------- the form */

/* A field's text; false: absent. Longer ones are cut so that they match no valid choice. */
static bool field(const struct http_request *req, const char *name, char to[static FIELD_MAX])
{
    struct http_part part;

    if (http_multipart(req, name, &part))
        return false;
    text_copy(to, FIELD_MAX, part.data ? part.data : "", part.len);
    return part.len > 0;
}

static const char *read_form(const struct http_request *req, struct wish *w)
{
    char text[FIELD_MAX];

    if (!field(req, "response_format", text))
        return NULL;
    for (size_t i = 0; i < sizeof(form_names) / sizeof(form_names[0]); i++) {
        if (strcmp(form_names[i], text) == 0) {
            w->form = (enum form)i;
            return NULL;
        }
    }
    return "must be json, verbose_json, text, srt or vtt";
}

static const char *read_language(const struct http_request *req, struct wish *w)
{
    char text[FIELD_MAX];

    snprintf(w->language, sizeof(w->language), "auto");
    if (!field(req, "language", text))
        return NULL;
    if (strlen(text) >= HEAR_LANGUAGE_MAX || !validate_is_language(text))
        return "must be a language such as en or en-GB, or auto";
    snprintf(w->language, sizeof(w->language), "%.*s", HEAR_LANGUAGE_MAX - 1, text);
    return NULL;
}

static const char *read_prompt(const struct http_request *req, struct wish *w)
{
    struct http_part part;

    if (http_multipart(req, "prompt", &part) || !part.len)
        return NULL;
    if (part.len > HEAR_PROMPT_MAX || !utf8_valid(part.data, part.len) ||
        memchr(part.data, '\0', part.len))
        return "must be a text of at most 4096 bytes";
    w->prompt = strndup(part.data, part.len);
    return NULL;
}

/* The recogniser starts at 0 and raises it when needed; no other start is supported. */
static const char *read_temperature(const struct http_request *req)
{
    char text[FIELD_MAX], *end;
    double value;

    if (!field(req, "temperature", text))
        return NULL;
    value = strtod(text, &end);
    return end != text && !*end && value >= 0 && value <= 1 ? NULL : "must be 0 to 1";
}

static const char *read_granularities(const struct http_request *req, struct wish *w)
{
    static const char *const names[] = {"timestamp_granularities[]", "timestamp_granularities"};
    bool any = false;
    struct http_part part;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        for (size_t n = 0; !http_multipart_nth(req, names[i], n, &part); n++) {
            bool word = part.len == 4 && !memcmp(part.data, "word", 4);

            if (!word && (part.len != 7 || memcmp(part.data, "segment", 7) != 0))
                return "must be word or segment";
            w->words |= word;
            w->segments |= !word;
            any = true;
        }
    }
    if (any && w->form != FORM_VERBOSE)
        return "needs response_format=verbose_json";
    w->segments |= !any;
    return NULL;
}

static const char *read_stream(const struct http_request *req, struct wish *w)
{
    char text[FIELD_MAX];

    if (!field(req, "stream", text) || !strcasecmp(text, "false") || !strcmp(text, "0"))
        return NULL;
    if (strcasecmp(text, "true") != 0 && strcmp(text, "1") != 0)
        return "must be true or false";
    w->stream = true;
    return w->form > FORM_VERBOSE ? "goes with response_format=json" : NULL;
}

/* The invalid parameter, and why; NULL: all are valid. */
static const char *read_fields(const struct http_request *req, struct wish *w, const char **why)
{
    if ((*why = read_form(req, w)))
        return "response_format";
    if (!w->translates && (*why = read_language(req, w)))
        return "language";
    if ((*why = read_prompt(req, w)))
        return "prompt";
    if ((*why = read_temperature(req)))
        return "temperature";
    if ((*why = read_granularities(req, w)))
        return "timestamp_granularities";
    if ((*why = read_stream(req, w)))
        return "stream";
    return NULL;
}

static int hear_form(const struct http_request *req, struct http_response *res, bool translates)
{
    struct wish *w;
    struct hear_ask ask = {.reply = reply, .release = wish_free};
    struct http_part file;
    char model[FIELD_MAX * 2] = "";
    const char *param, *why = NULL;
    int err;

    if (!app_of(req)->hub)
        return http_problem(res, req, 503, "unavailable", "No recogniser is set up.", NULL);
    err = http_multipart(req, "file", &file);
    if (err == UV_ENOENT)
        return compat_refuse(req, res, "file", "is missing");
    if (err)
        return http_problem(res, req, 400, "bad_request", "The form cannot be read.", NULL);
    if (!field(req, "model", model))
        return compat_refuse(req, res, "model", "is missing: whisper-1 is whatever hears here");
    if (!compat_hears(app_of(req), model))
        return compat_no_model(req, res, model);
    w = calloc(1, sizeof(*w));
    if (!w)
        return UV_ENOMEM;
    w->translates = translates;
    snprintf(w->language, sizeof(w->language), "auto");
    param = read_fields(req, w, &why);
    if (param) {
        wish_free(w);
        return compat_refuse(req, res, param, why);
    }
    ask.language = w->language;
    ask.prompt = w->prompt;
    ask.translate = translates;
    ask.on_segment = w->stream ? on_segment : NULL;
    ask.on_done = on_done;
    ask.arg = w;
    return hear_bytes(req, res, file.data, file.len, &ask);
}

static int post_transcription(const struct http_request *req, struct http_response *res)
{
    return hear_form(req, res, false);
}

static int post_translation(const struct http_request *req, struct http_response *res)
{
    return hear_form(req, res, true);
}

const struct http_route api_compat_audio_routes[] = {
    {"POST", "/v1/audio/transcriptions", post_transcription,
     .flags = ROUTE_AUTH | ROUTE_LANE_DECODE, .body_max = HEAR_UPLOAD_MAX,
     .types = "multipart/form-data", .problem = compat_problem},
    {"POST", "/v1/audio/translations", post_translation, .flags = ROUTE_AUTH | ROUTE_LANE_DECODE,
     .body_max = HEAR_UPLOAD_MAX, .types = "multipart/form-data", .problem = compat_problem},
    {.method = NULL},
};
