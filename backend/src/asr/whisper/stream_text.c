/**
 * @file asr/whisper/stream_text.c  The words and the text of what a stream has heard
 */
#include "asr/whisper/stream_state.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool whisper_stream_begins_word(const struct whisper_stream *s, int id)
{
    struct whisper_bytes w = whisper_vocab_bytes(s->model->vocab, id);

    return w.len && w.data[0] == ' ';
}

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

/* Words of hyp behind those of done, with times when the decoder kept its attention. */
int whisper_stream_find_words(struct whisper_stream *s)
{
    int frames = (int)whisper_mel_length(&s->mel) - s->seek;
    struct whisper_word *w;
    int n;
    int code = 0;

    if (reserve_words(s, s->n_done_words + s->n_hyp + 1))
        return UV_ENOMEM;
    w = s->words + s->n_done_words;
    n = whisper_words_group(s->model->vocab, s->hyp, s->n_hyp, s->result.language, w);
    if (s->heard_seek == s->seek)
        code = whisper_words_time(&s->d, s->hyp, s->n_hyp, s->n_prompt, frames, w, n);
    for (int i = 0; i < n; i++) {
        w[i].t0 += s->seek;
        w[i].t1 += s->seek;
        w[i].first += s->n_done;
    }
    s->n_words = s->n_done_words + n;
    s->timed = !code;
    return code;
}

static const struct whisper_pick *token_at(const struct whisper_stream *s, int i)
{
    return i < s->n_done ? &s->done[i] : &s->hyp[i - s->n_done];
}

/* Write the text. Malformed bytes, as of a character that is not complete yet, are left out. */
int whisper_stream_write_text(struct whisper_stream *s)
{
    int total = s->n_done + s->n_hyp;
    double sum = 0.0;
    size_t n;

    buf_clear(&s->text);
    s->result.stable = 0;
    for (int i = 0; i < total; i++) {
        const struct whisper_pick *t = token_at(s, i);

        if (i == s->n_done + s->agreed)
            s->result.stable = s->text.len;
        if (whisper_vocab_append(s->model->vocab, &t->id, 1, &s->text))
            return UV_ENOMEM;
        sum += (double)t->plog;
    }
    if (s->agreed == s->n_hyp)
        s->result.stable = s->text.len;
    n = s->text.len && s->text.data[0] == ' ';
    if (n) {
        buf_consume(&s->text, 1);
        s->result.stable -= s->result.stable > 0;
    }
    for (n = s->text.len; n && !utf8_valid(s->text.data, n) && s->text.len - n < 4;)
        n--;
    if (utf8_valid(s->text.data, n))
        s->text.len = n;
    buf_seal(&s->text);
    s->result.text = s->text.len ? s->text.data : "";
    s->result.len = s->text.len;
    s->result.stable = s->result.stable < s->text.len ? s->result.stable : s->text.len;
    s->result.confidence = total ? (float)exp(sum / total) : 0.0f;
    s->result.words = NULL;
    s->result.n_words = 0;
    return 0;
}

/* The words of the result, cut out of its text (whose leading space is gone). */
int whisper_stream_write_words(struct whisper_stream *s)
{
    const struct whisper_vocab *v = s->model->vocab;
    size_t at = 0;
    size_t skipped = 0;
    struct whisper_heard_word *out = realloc(s->out, (size_t)(s->n_words + 1) * sizeof(*out));

    if (!out)
        return UV_ENOMEM;
    s->out = out;
    for (int i = 0; i < s->n_words; i++) {
        const struct whisper_word *w = &s->words[i];
        size_t len = 0;

        for (int k = 0; k < w->n; k++)
            len += whisper_vocab_bytes(v, token_at(s, w->first + k)->id).len;
        if (i == 0 && len > 0 && whisper_stream_begins_word(s, token_at(s, w->first)->id))
            skipped = 1;
        len -= i == 0 ? skipped : 0;
        if (at + len > s->text.len)
            len = s->text.len - at;
        out[i] = (struct whisper_heard_word){.text = at,
                                             .text_len = len,
                                             .start_ms = (uint32_t)w->t0 * 10,
                                             .end_ms = (uint32_t)w->t1 * 10,
                                             .confidence = w->confidence};
        at += len;
        while (out[i].text_len && s->text.data[out[i].text] == ' ') {
            out[i].text++;
            out[i].text_len--;
        }
    }
    s->result.words = out;
    s->result.n_words = (size_t)s->n_words;
    return 0;
}
