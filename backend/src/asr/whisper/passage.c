/**
 * @file asr/whisper/passage.c  Decoding a passage window by window; see passage.h
 */
#include "asr/whisper/passage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FALLBACK_STEPS = 1500, /* decoder runs of sampling for a doubtful window */
    WORD_MS = 20,          /* least length of a word */
};

struct whisper_passage {
    struct nn *nn;
    struct whisper_compute c;
    struct whisper_decoder d;
    struct whisper_mel mel;
    struct whisper_passage_params params;
    int prompt[WHISPER_PROMPT_MAX];

    struct buf text;
    uint8_t *keep; /* for each byte of the transcript: was it said? */
    struct whisper_heard_word *words;
    size_t words_cap;
    struct whisper_heard heard;
};

int whisper_passage_open(struct whisper_passage **pp, const struct whisper_model *m,
                         const struct whisper_silence *silence,
                         const struct whisper_passage_params *params, struct errbuf *why)
{
    struct whisper_passage *p = calloc(1, sizeof(*p));
    int err;

    if (!p)
        return err_set(why, UV_ENOMEM, "not enough memory for another passage");
    p->params = *params;
    if (p->params.n_prompt > WHISPER_PROMPT_MAX)
        p->params.n_prompt = WHISPER_PROMPT_MAX;
    if (p->params.n_prompt > 0)
        memcpy(p->prompt, params->prompt, (size_t)p->params.n_prompt * sizeof(int));
    p->params.prompt = p->prompt;
    buf_init(&p->text, WHISPER_TRANSCRIPT_TEXT_MAX);
    whisper_mel_init(&p->mel, m->mel);
    err = nn_open(&p->nn, 1, NULL, why);
    if (!err)
        err = whisper_decoder_init(&p->d, m, 1, false, why);
    if (err) {
        whisper_passage_close(p);
        return err;
    }
    whisper_compute_init(&p->c, m, p->nn);
    p->c.silence = silence;
    p->c.stop = params->stop;
    p->c.stop_arg = params->stop_arg;
    *pp = p;
    return 0;
}

void whisper_passage_close(struct whisper_passage *p)
{
    if (!p)
        return;
    whisper_compute_release(&p->c);
    whisper_decoder_release(&p->d);
    whisper_mel_release(&p->mel);
    nn_close(p->nn);
    buf_release(&p->text);
    free(p->keep);
    free(p->words);
    free(p);
}

void whisper_passage_begin(struct whisper_passage *p)
{
    whisper_mel_clear(&p->mel);
    buf_clear(&p->text);
    p->heard = (struct whisper_heard){.text = ""};
}

int whisper_passage_feed(struct whisper_passage *p, const int16_t *pcm, size_t n)
{
    return whisper_mel_feed(&p->mel, pcm, n);
}

/* ---- filtering what was said ---------------------------------------------------------------- */

/* Mean confidence of the words whose text begins in [from, to), and their number. */
static float confidence_within(const struct whisper_transcript *t, size_t from, size_t to, int *n)
{
    float sum = 0.0f;

    *n = 0;
    for (int i = 0; i < t->n_words; i++) {
        if (t->words[i].text < from || t->words[i].text >= to || !t->words[i].text_len)
            continue;
        sum += t->words[i].confidence;
        ++*n;
    }
    return *n ? sum / (float)*n : 0.0f;
}

/* Marks the bytes that were said: notes were not, nor were segments with too little confidence. */
static int mark_said(struct whisper_passage *p, const struct whisper_transcript *t)
{
    uint8_t *keep = realloc(p->keep, t->text.len + 1);

    if (!keep)
        return UV_ENOMEM;
    p->keep = keep;
    whisper_said(t->text.len ? t->text.data : "", t->text.len, keep);
    for (int i = 0; i < t->n_segments; i++) {
        const struct whisper_segment *s = &t->segments[i];
        int n;
        float mean = confidence_within(t, s->text, s->text + s->text_len, &n);

        if (n && mean < (t->n_words == 1 ? WHISPER_SAID_ALONE_MIN : WHISPER_SAID_MIN))
            memset(keep + s->text, 0, s->text_len);
    }
    return 0;
}

/* Writes one word, preceded by a space unless it is the first or its language has none. */
static void write_word(struct whisper_passage *p, const struct whisper_transcript *t,
                       const struct whisper_word *w)
{
    size_t start, before = p->text.len;
    uint32_t from, until;

    for (size_t i = w->text; i < w->text + w->text_len; i++) {
        bool space = t->text.data[i] == ' ';
        bool after_space = !p->text.len || p->text.data[p->text.len - 1] == ' ';

        if (p->keep[i] && !(space && after_space))
            buf_putc(&p->text, t->text.data[i]);
    }
    start = before + (p->text.len > before && p->text.data[before] == ' ');
    if (p->text.len <= start)
        return;
    from = (uint32_t)w->t0 * 10;
    if (p->heard.n_words && from < p->words[p->heard.n_words - 1].start_ms)
        from = p->words[p->heard.n_words - 1].start_ms; /* windows may overlap */
    until = (uint32_t)w->t1 * 10;
    p->words[p->heard.n_words++] =
        (struct whisper_heard_word){.text = start,
                                    .text_len = p->text.len - start,
                                    .start_ms = from,
                                    .end_ms = until > from ? until : from + WORD_MS,
                                    .confidence = w->confidence};
}

/* Means over the windows, weighted by the number of tokens in their segments. */
static struct asr_figures figures_of(const struct whisper_transcript *t)
{
    struct asr_figures f = {.known = t->n_tokens > 0 && t->n_segments > 0};
    float tokens = 0.0f;

    for (int i = 0; i < t->n_segments; i++) {
        const struct whisper_segment *s = &t->segments[i];
        float n = (float)s->n;

        tokens += n;
        f.logprob += n * s->logprob;
        f.no_speech += n * s->no_speech;
        f.temperature += n * s->temperature;
    }
    if (tokens > 0.0f) {
        f.logprob /= tokens;
        f.no_speech /= tokens;
        f.temperature /= tokens;
    }
    if (t->text.len)
        f.compression = (float)whisper_compression(t->text.data, t->text.len);
    return f;
}

static int write_heard(struct whisper_passage *p, const struct whisper_transcript *t)
{
    double sum = 0.0;
    int err = mark_said(p, t);

    if (!err && (size_t)t->n_words > p->words_cap) {
        struct whisper_heard_word *words = realloc(p->words, (size_t)t->n_words * sizeof(*words));

        if (!words)
            return UV_ENOMEM;
        p->words = words;
        p->words_cap = (size_t)t->n_words;
    }
    for (int i = 0; !err && i < t->n_words; i++)
        write_word(p, t, &t->words[i]);
    if (err || p->text.err)
        return err ? err : UV_ENOMEM;
    if (!whisper_is_word(p->text.len ? p->text.data : "", p->text.len)) {
        buf_clear(&p->text);
        p->heard.n_words = 0;
    }
    buf_seal(&p->text);
    for (size_t i = 0; i < p->heard.n_words; i++)
        sum += log(fmax((double)p->words[i].confidence, 1e-6));
    p->heard.text = p->text.len ? p->text.data : "";
    p->heard.len = p->heard.stable = p->text.len;
    p->heard.language = t->language;
    p->heard.words = p->words;
    p->heard.figures = figures_of(t);
    p->heard.confidence = p->heard.n_words ? (float)exp(sum / (double)p->heard.n_words) : 0.0f;
    return 0;
}

static struct whisper_transcribe_params params_of(const struct whisper_passage *p)
{
    struct whisper_transcribe_params params = whisper_transcribe_defaults();

    params.language = p->params.language;
    params.translate = p->params.translate;
    params.prompt = p->prompt;
    params.n_prompt = p->params.n_prompt;
    params.search.beams = WHISPER_PASSAGE_BEAMS;
    params.search.fallback_steps = FALLBACK_STEPS;
    params.words = true;
    return params;
}

int whisper_passage_finish(struct whisper_passage *p)
{
    struct whisper_transcribe_params params = params_of(p);
    struct whisper_transcript t;
    int err = whisper_transcribe(&t, &p->d, &p->c, &p->mel, &params);

    if (err)
        return err;
    err = write_heard(p, &t);
    whisper_transcript_release(&t);
    return err;
}

const struct whisper_heard *whisper_passage_heard(const struct whisper_passage *p)
{
    return &p->heard;
}
