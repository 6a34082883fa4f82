/**
 * @file asr/openai_answer.c  What a transcription service answers, read
 */
#include "asr/openai_answer.h"

#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 4096 };

/** Mean of the segments' exp(avg_logprob), each weighed by its length: the mean probability of a
 *  token, as Whisper itself judges. 0 when there is nothing to judge by. */
static float confidence_of(const json_t *root)
{
    const json_t *segments = json_object_get(root, "segments");
    double sum = 0, weight = 0;

    for (size_t i = 0; i < json_array_size(segments); i++) {
        const json_t *s = json_array_get(segments, i);
        double length = json_num(s, "end", 0) - json_num(s, "start", 0);
        double logprob = json_num(s, "avg_logprob", 1);

        if (logprob > 0 || !(length > 0))
            continue;
        sum += length * exp(logprob);
        weight += length;
    }
    return weight > 0 && isfinite(weight) ? (float)(sum / weight) : 0;
}

static uint32_t to_ms(double seconds)
{
    return seconds > 0 && seconds < 1e6 ? (uint32_t)(seconds * 1000 + 0.5) : 0;
}

static void take_words(struct openai_answer *a)
{
    const json_t *list = json_object_get(a->reply, "words");
    size_t n = json_array_size(list);

    if (n > WORDS_MAX)
        n = WORDS_MAX;
    a->words = n ? calloc(n, sizeof(*a->words)) : NULL;
    for (size_t i = 0; a->words && i < n; i++) {
        const json_t *w = json_array_get(list, i);
        const char *text = json_str(w, "word");
        uint32_t start, end;

        if (!text || !text[strspn(text, " ")])
            continue;
        start = to_ms(json_num(w, "start", 0));
        end = to_ms(json_num(w, "end", 0));
        a->words[a->word_count++] = (struct asr_word){.text = text + strspn(text, " "),
                                                      .start_ms = start,
                                                      .end_ms = end > start ? end : start,
                                                      .confidence = a->confidence};
    }
}

/** Services say "english" where we say "en". */
static void take_language(struct openai_answer *a, const char *asked)
{
    static const char *const names[][2] = {
        {"english", "en"}, {"german", "de"},     {"french", "fr"},  {"spanish", "es"},
        {"italian", "it"}, {"portuguese", "pt"}, {"dutch", "nl"},   {"polish", "pl"},
        {"russian", "ru"}, {"turkish", "tr"},    {"chinese", "zh"}, {"japanese", "ja"},
        {"korean", "ko"},  {"arabic", "ar"},     {"hindi", "hi"},   {"ukrainian", "uk"},
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

static char *trimmed(const char *text)
{
    size_t n;

    text += strspn(text, " \t\r\n");
    n = strlen(text);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]))
        n--;
    return strndup(text, n);
}

int openai_answer_read(struct openai_answer *a, const char *body, size_t len, const char *asked,
                       struct errbuf *err)
{
    const char *text;
    int rc;

    *a = (struct openai_answer){.reply = json_parse(body ? body : "", len)};
    text = json_str(a->reply, "text");
    if (text)
        a->text = trimmed(text);
    if (!a->text) {
        rc = text
                 ? err_set(err, UV_ENOMEM, "no memory for what was said")
                 : err_set(err, UV_EPROTO, "the transcription service answered with no transcript");
        openai_answer_release(a);
        return rc;
    }
    a->confidence = confidence_of(a->reply);
    take_language(a, asked);
    take_words(a);
    return 0;
}

void openai_answer_release(struct openai_answer *a)
{
    free(a->text);
    free(a->words);
    json_decref(a->reply);
    *a = (struct openai_answer){.text = NULL};
}
