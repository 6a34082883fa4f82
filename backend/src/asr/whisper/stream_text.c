/**
 * @file asr/whisper/stream_text.c  The words and the text of a stream's result
 */
#include "asr/whisper/stream_state.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int reserve_words(struct whisper_stream *s, int n)
{
    struct whisper_word *words;

    if (n <= s->cap_words)
        return 0;
    words = realloc(s->words, (size_t)n * 2 * sizeof(*words));
    if (!words)
        return UV_ENOMEM;
    s->words = words;
    s->cap_words = n * 2;
    return 0;
}

/* Finds the words of hyp, after those of done, with times if the decoder kept its attention. */
int whisper_stream_find_words(struct whisper_stream *s)
{
    int frames = (int)whisper_mel_length(&s->mel) - s->seek;
    struct whisper_word *w;
    int n;
    int err = 0;

    if (reserve_words(s, s->n_done_words + s->n_hyp + 1))
        return UV_ENOMEM;
    w = s->words + s->n_done_words;
    n = whisper_words_group(s->model->vocab, s->hyp, s->n_hyp, s->result.language, w);
    if (s->heard_seek == s->seek)
        err = whisper_words_time(&s->d, s->hyp, s->n_hyp, s->n_prompt,
                                 s->seek < s->lead.frames ? s->lead.frames - s->seek : 0, frames, w,
                                 n);
    for (int i = 0; i < n; i++) {
        w[i].t0 += s->seek;
        w[i].t1 += s->seek;
        w[i].first += s->n_done;
    }
    s->n_words = s->n_done_words + n;
    s->timed = !err;
    return err;
}

static const struct whisper_pick *token_at(const struct whisper_stream *s, int i)
{
    return i < s->n_done ? &s->done[i] : &s->hyp[i - s->n_done];
}

/* Length of the leading whole characters [bytes]. */
static size_t whole_length(const struct buf *b)
{
    size_t n = b->len;

    while (n && !utf8_valid(b->data, n) && b->len - n < 4)
        n--;
    return utf8_valid(b->data, n) ? n : b->len;
}

static int reserve_bytes(struct whisper_stream *s, size_t n)
{
    size_t *at;
    uint8_t *keep;

    if (n <= s->cap_at)
        return 0;
    at = realloc(s->at, 2 * n * sizeof(*at));
    if (at)
        s->at = at;
    keep = realloc(s->keep, 2 * n);
    if (keep)
        s->keep = keep;
    if (!at || !keep)
        return UV_ENOMEM;
    s->cap_at = 2 * n;
    return 0;
}

/* Writes what was said in raw, without leftover spaces in between. */
static int write_said(struct whisper_stream *s, size_t len)
{
    if (reserve_bytes(s, len + 1))
        return UV_ENOMEM;
    whisper_said(s->raw.data, len, s->keep);
    buf_clear(&s->text);
    for (size_t i = 0; i < len; i++) {
        bool space = s->raw.data[i] == ' ';
        bool after_space = !s->text.len || s->text.data[s->text.len - 1] == ' ';

        s->at[i] = s->text.len;
        if (s->keep[i] && !(space && after_space))
            buf_putc(&s->text, s->raw.data[i]);
    }
    if (s->text.len && s->text.data[s->text.len - 1] == ' ')
        s->text.len--;
    if (!whisper_is_word(s->text.len ? s->text.data : "", s->text.len))
        buf_clear(&s->text);
    for (size_t i = 0; i <= len; i++)
        s->at[i] = i < len && s->at[i] < s->text.len ? s->at[i] : s->text.len;
    return s->text.err;
}

int whisper_stream_write_text(struct whisper_stream *s)
{
    int total = s->n_done + s->n_hyp, code = 0;
    double sum = 0.0;

    buf_clear(&s->raw);
    for (int i = 0; !code && i < total; i++) {
        const struct whisper_pick *t = token_at(s, i);

        code = whisper_vocab_append(s->model->vocab, &t->id, 1, &s->raw);
        sum += (double)t->plog;
    }
    if (!code)
        code = write_said(s, whole_length(&s->raw));
    if (code)
        return code;
    buf_seal(&s->text);
    s->result.text = s->text.len ? s->text.data : "";
    s->result.len = s->text.len;
    s->result.confidence = total && s->text.len ? (float)exp(sum / total) : 0.0f;
    s->result.words = NULL;
    s->result.n_words = 0;
    if (s->fresh)
        code = whisper_agree(&s->agreement, s->result.text, s->result.len, &s->result.stable);
    s->fresh = false;
    return code;
}

/* Time of a frame since the first sample of the utterance [ms]. */
static uint32_t time_of(const struct whisper_stream *s, int frame)
{
    return frame > s->lead.frames ? (uint32_t)(frame - s->lead.frames) * 10 : 0;
}

int whisper_stream_write_words(struct whisper_stream *s)
{
    const struct whisper_vocab *v = s->model->vocab;
    size_t from = 0, len = whole_length(&s->raw);
    struct whisper_heard_word *out = realloc(s->out, (size_t)(s->n_words + 1) * sizeof(*out));

    if (!out)
        return UV_ENOMEM;
    s->out = out;
    s->result.n_words = 0;
    for (int i = 0; i < s->n_words; i++) {
        const struct whisper_word *w = &s->words[i];
        size_t to = from, first, end;

        for (int k = 0; k < w->n; k++)
            to += whisper_vocab_bytes(v, token_at(s, w->first + k)->id).len;
        to = to < len ? to : len;
        for (first = s->at[from], end = s->at[to]; first < end && s->text.data[first] == ' ';)
            first++;
        for (from = to; first < end && s->text.data[end - 1] == ' ';)
            end--;
        if (first < end)
            out[s->result.n_words++] = (struct whisper_heard_word){.text = first,
                                                                   .text_len = end - first,
                                                                   .start_ms = time_of(s, w->t0),
                                                                   .end_ms = time_of(s, w->t1),
                                                                   .confidence = w->confidence};
    }
    s->result.words = out;
    return 0;
}
