/**
 * @file asr/openai_answer.c  Reading the answer of a transcription service
 */
#include "asr/openai_answer.h"

#include "asr/openai_text.h"
#include "base/json.h"
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    WORDS_MAX = 4096,
    SEGMENTS_MAX = 4096,
    TEXT_BYTES = 1 << 20,
    COMPLAINT_MAX = 160,
};

/* Whisper's own limits are 0.6 and -1.0, each applied separately. Here both are weighed together:
 * the probability that somebody spoke, times the mean probability of a token. */
static const double SILENT_FROM = 0.6;
static const double SPEECH_LEAST = 0.25;
static const double SILENT_ALONE = 0.8;     /* if there are no token probabilities */
static const double DOUBTFUL_FROM = 0.5;    /* for phrases that are often hallucinated */
static const double COMPRESSION_MOST = 2.4; /* repetitive text compresses well */

/* ---------------------------------------------------------------- numbers */

/** Some services write numbers as text. */
static double number(const json_t *obj, const char *key, double otherwise)
{
    const char *text = json_str(obj, key);
    char *end;
    double value;

    if (!text)
        return json_num(obj, key, otherwise);
    value = strtod(text, &end);
    return end != text && !*end && isfinite(value) ? value : otherwise;
}

/** Mean of the segments' exp(avg_logprob), weighted by length: the mean probability of a token, as
 *  Whisper itself judges. 0 if there is nothing to go by. */
struct weighing {
    double sum, weight;
};

static void weigh(struct weighing *w, const json_t *segment)
{
    double length = number(segment, "end", 0) - number(segment, "start", 0);
    double logprob = number(segment, "avg_logprob", 1);

    if (logprob > 0 || !(length > 0) || !isfinite(length))
        return;
    w->sum += length * exp(logprob);
    w->weight += length;
}

/* ---------------------------------------------------------------- segments */

/** Was this really said? */
static bool is_said(const json_t *segment, const char *text, const char *prompt)
{
    double silent = number(segment, "no_speech_prob", -1);
    double logprob = number(segment, "avg_logprob", 1);
    bool alone = logprob > 0;

    if (!*text || openai_text_is_invented(text, true))
        return false;
    if (number(segment, "compression_ratio", 0) > COMPRESSION_MOST)
        return false;
    if (silent >= DOUBTFUL_FROM && openai_text_is_invented(text, false))
        return false;
    if ((silent < 0 || silent >= DOUBTFUL_FROM) && openai_text_is_echo(text, prompt))
        return false;
    if (silent < SILENT_FROM)
        return true;
    return alone ? silent < SILENT_ALONE : (1 - silent) * exp(logprob) >= SPEECH_LEAST;
}

struct reading {
    struct openai_answer *a;
    const struct openai_asked *asked;
    struct buf text;
    struct buf word_text;
    size_t at;     /* in text: everything before it was matched to words */
    uint32_t last; /* [ms] start of the previous word */
    uint32_t last_end;
};

/** Collects the text of the segments that were really said; false if there are no segments. */
static bool read_segments(struct reading *r)
{
    const json_t *list = json_object_get(r->a->reply, "segments");
    struct weighing w = {0};
    bool any = false;

    for (size_t i = 0; i < json_array_size(list) && i < SEGMENTS_MAX; i++) {
        const json_t *segment = json_array_get(list, i), *text = json_object_get(segment, "text");
        size_t before = r->text.len, from;

        if (!json_is_string(text))
            continue;
        any = true;
        if (before)
            buf_putc(&r->text, ' ');
        from = r->text.len;
        openai_text_clean(&r->text, json_string_value(text), json_string_length(text));
        if (!r->text.err && r->text.data &&
            is_said(segment, r->text.data + from, r->asked->prompt)) {
            weigh(&w, segment);
            continue;
        }
        r->text.len = before; /* removes the space too */
        buf_seal(&r->text);
    }
    r->a->confidence = w.weight > 0 ? (float)(w.sum / w.weight) : 0;
    return any;
}

static void read_whole_text(struct reading *r, const char *text, size_t len)
{
    openai_text_clean(&r->text, text, len);
    if (!r->text.err && r->text.len && !is_said(NULL, r->text.data, r->asked->prompt)) {
        r->text.len = 0;
        buf_seal(&r->text);
    }
}

static void cut_loop(struct reading *r)
{
    if (r->text.err || !r->text.len)
        return;
    r->text.len = openai_text_before_loop(r->text.data);
    buf_seal(&r->text);
}

/* ---------------------------------------------------------------- words */

static bool is_mark(char c)
{
    return (unsigned char)c < 0x80 && !isalnum((unsigned char)c);
}

/** Is this word the next one in the text? Words of omitted segments are not. */
static bool follows(struct reading *r, const char *word)
{
    size_t n = strlen(word), at = r->at;

    while (n && is_mark(word[n - 1]))
        n--;
    while (n && is_mark(*word)) {
        word++;
        n--;
    }
    while (r->text.data[at] && is_mark(r->text.data[at]))
        at++;
    if (!n || strncasecmp(r->text.data + at, word, n) != 0)
        return false;
    r->at = at + n;
    return true;
}

/** A time within the audio and not before `from`; if it makes no sense, `from`. [ms] */
static uint32_t time_of(const json_t *word, const char *key, uint32_t from, uint32_t audio_ms)
{
    double ms = number(word, key, -1) * 1000;
    double most = audio_ms ? audio_ms : 1e9;

    return ms >= from && ms <= most ? (uint32_t)(ms + 0.5) : from;
}

static void take_word(struct reading *r, const json_t *word)
{
    struct openai_answer *a = r->a;
    const json_t *text = json_object_get(word, "word");
    size_t from = r->word_text.len;
    struct asr_word *to = &a->words[a->word_count];
    double sure = number(word, "probability", (double)a->confidence);

    if (!json_is_string(text) || a->word_count == WORDS_MAX)
        return;
    openai_text_clean(&r->word_text, json_string_value(text), json_string_length(text));
    if (r->word_text.err || r->word_text.len == from || !follows(r, r->word_text.data + from)) {
        r->word_text.len = from;
        return;
    }
    buf_append(&r->word_text, "", 1);
    to->text = (const char *)(uintptr_t)from; /* becomes a pointer once the buffer no longer
                                                 moves */
    to->start_ms = time_of(word, "start", r->last, r->asked->audio_ms);
    if (number(word, "start", -1) * 1000 > (double)r->asked->audio_ms && r->asked->audio_ms)
        to->start_ms = r->last_end;
    to->end_ms = time_of(word, "end", to->start_ms, r->asked->audio_ms);
    to->confidence = sure >= 0 && sure <= 1 ? (float)sure : a->confidence;
    r->last = to->start_ms;
    r->last_end = to->end_ms;
    a->word_count++;
}

static int take_words(struct reading *r)
{
    struct openai_answer *a = r->a;
    const json_t *list = json_object_get(a->reply, "words");
    const json_t *segments = json_object_get(a->reply, "segments");

    a->words = calloc(WORDS_MAX, sizeof(*a->words));
    if (!a->words)
        return UV_ENOMEM;
    for (size_t i = 0; i < json_array_size(list); i++)
        take_word(r, json_array_get(list, i));
    for (size_t s = 0; !json_array_size(list) && s < json_array_size(segments); s++) {
        const json_t *words = json_object_get(json_array_get(segments, s), "words");

        for (size_t i = 0; i < json_array_size(words); i++)
            take_word(r, json_array_get(words, i));
    }
    if (r->word_text.err)
        return r->word_text.err;
    a->word_text = buf_steal(&r->word_text, NULL);
    if (!a->word_text)
        return UV_ENOMEM;
    for (size_t i = 0; i < a->word_count; i++)
        a->words[i].text = a->word_text + (uintptr_t)a->words[i].text;
    return 0;
}

/* ---- the whole answer --------------------------------------------------------------------- */

/** Services say "english" for "en". */
static void take_language(struct openai_answer *a, const char *asked)
{
    static const char *const names[][2] = {
        {"english", "en"}, {"german", "de"},     {"french", "fr"},  {"spanish", "es"},
        {"italian", "it"}, {"portuguese", "pt"}, {"dutch", "nl"},   {"polish", "pl"},
        {"russian", "ru"}, {"turkish", "tr"},    {"chinese", "zh"}, {"japanese", "ja"},
        {"korean", "ko"},  {"arabic", "ar"},     {"hindi", "hi"},   {"ukrainian", "uk"},
        {"swedish", "sv"},
    };
    const char *said = json_str(a->reply, "language");

    for (size_t i = 0; said && i < sizeof(names) / sizeof(names[0]); i++) {
        if (text_equal_nocase(said, names[i][0]))
            said = names[i][1];
    }
    if (!said || strlen(said) > 3)
        said = asked;
    snprintf(a->language, sizeof(a->language), "%s", said);
}

/** `response_format` text, which some servers return no matter what was asked for: neither HTML nor
 *  JSON. */
static bool is_text(const char *body, size_t len)
{
    size_t at = 0;

    while (at < len && isspace((unsigned char)body[at]))
        at++;
    return at < len && !strchr("<{[\"", body[at]) && utf8_valid(body, len);
}

static int complain(const json_t *reply, struct errbuf *why)
{
    const json_t *error = json_object_get(reply, "error");
    const char *message =
        json_is_string(error) ? json_string_value(error) : json_str(error, "message");

    if (message)
        return err_set(why, UV_EPROTO, "the transcription service answered: %.*s", COMPLAINT_MAX,
                       message);
    return err_set(why, UV_EPROTO, "the transcription service answered with no transcript");
}

static int read_reply(struct reading *r, const char *body, size_t len, struct errbuf *why)
{
    const json_t *text = json_object_get(r->a->reply, "text");

    if (!r->a->reply && is_text(body, len))
        read_whole_text(r, body, len);
    else if (!read_segments(r) && json_is_string(text))
        read_whole_text(r, json_string_value(text), json_string_length(text));
    else if (!text && !json_is_array(json_object_get(r->a->reply, "segments")))
        return complain(r->a->reply, why);
    cut_loop(r);
    return r->text.err;
}

int openai_answer_read(struct openai_answer *a, const char *body, size_t len,
                       const struct openai_asked *asked, struct errbuf *why)
{
    struct reading r = {.a = a, .asked = asked};
    int err;

    *a = (struct openai_answer){.text = NULL};
    body = body ? body : "";
    a->reply = json_read(body, len, JSON_ALLOW_NUL, NULL);
    buf_init(&r.text, TEXT_BYTES);
    buf_init(&r.word_text, TEXT_BYTES);
    err = read_reply(&r, body, len, why);
    if (!err)
        a->text = buf_steal(&r.text, NULL);
    if (!err && !a->text)
        err = UV_ENOMEM;
    if (!err) {
        take_language(a, asked->language);
        r.text.data = a->text;
        err = take_words(&r);
        r.text.data = NULL;
    }
    if (err && err != UV_EPROTO)
        err_set(why, err, "no memory for what was said");
    buf_release(&r.text);
    buf_release(&r.word_text);
    if (err)
        openai_answer_release(a);
    return err;
}

void openai_answer_release(struct openai_answer *a)
{
    free(a->text);
    free(a->words);
    free(a->word_text);
    json_decref(a->reply);
    *a = (struct openai_answer){.text = NULL};
}
