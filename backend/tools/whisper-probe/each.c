/**
 * @file whisper-probe/each.c  Many recordings heard one after the other, as if they were spoken now
 *
 * WAV is a list: one recording a line. What happens is what happens in a live interview, with voice
 * activity opening utterances, seeing pauses and ending them, but for time: a partial is made after
 * each 300 ms of an utterance, however long it takes. So the words are the same on every machine of
 * one kind, and a word error rate can have a limit. Prints a JSON object a recording.
 */
#include "whisper-probe/probe.h"
#include "whisper-probe/wav.h"

#include "asr/whisper/stream.h"
#include "audio/vad.h"
#include "base/clock.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PACE = 300 * VAD_RATE / 1000, TEXT_MAX = 1 << 20 };

struct listener {
    struct probe *p;
    struct whisper_stream *s;
    size_t since; /* samples since the last partial */
    struct buf stable;
    struct buf text;
    json_t *utterances;
    double settle_ms, cpu_ms; /* of the last pause; of everything */
    int code;
};

static double cpu_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Update, and remember the longest stretch that was called stable. */
static double update(struct listener *l, bool whole)
{
    const struct whisper_heard *h = whisper_stream_heard(l->s);
    uint64_t start = clock_mono_us();

    if (!l->code)
        l->code = whisper_stream_update(l->s, &l->p->c, whole);
    if (h->stable > l->stable.len) {
        buf_clear(&l->stable);
        buf_append(&l->stable, h->text, h->stable);
    }
    l->since = 0;
    return (double)(clock_mono_us() - start) / 1000.0;
}

static json_t *words_of(const struct whisper_heard *h)
{
    json_t *words = json_array();

    for (size_t i = 0; i < h->n_words; i++) {
        json_t *w = json_object();

        json_set_text(w, "text", h->text + h->words[i].text, h->words[i].text_len);
        json_object_set_new(w, "startMs", json_integer(h->words[i].start_ms));
        json_object_set_new(w, "endMs", json_integer(h->words[i].end_ms));
        json_object_set_new(w, "confidence", json_thousandths((double)h->words[i].confidence));
        json_array_append_new(words, w);
    }
    return words;
}

static void finish(struct listener *l, const struct vad_event *e)
{
    const struct whisper_heard *h = whisper_stream_heard(l->s);
    const struct whisper_stream_counts *n = whisper_stream_counted(l->s);
    uint64_t start = clock_mono_us();
    json_t *u = json_object();

    if (!l->code)
        l->code = whisper_stream_finish(l->s, &l->p->c);
    json_object_set_new(u, "startMs", json_integer((json_int_t)e->start_ms));
    json_object_set_new(u, "endMs", json_integer((json_int_t)e->end_ms));
    json_set_text(u, "text", h->text, h->len);
    json_set_text(u, "stable", l->stable.data ? l->stable.data : "", l->stable.len);
    json_object_set_new(u, "language", json_string(whisper_language_code(h->language)));
    json_object_set_new(u, "settleMs", json_real(l->settle_ms));
    json_object_set_new(u, "finishMs", json_real((double)(clock_mono_us() - start) / 1000.0));
    json_object_set_new(u, "encoded", json_integer(n->encoded));
    json_object_set_new(u, "again", json_integer(n->again));
    json_object_set_new(u, "dropped", json_integer(n->dropped));
    json_object_set_new(u, "words", words_of(h));
    json_array_append_new(l->utterances, u);
    if (h->len) {
        buf_puts(&l->text, l->text.len ? " " : "");
        buf_append(&l->text, h->text, h->len);
    }
}

static void on_voice(const struct vad_event *e, void *arg)
{
    struct listener *l = arg;

    switch (e->kind) {
    case VAD_BEGIN:
        whisper_stream_begin(l->s);
        buf_clear(&l->stable);
        l->since = 0;
        break;
    case VAD_AUDIO:
        if (!l->code)
            l->code = whisper_stream_feed(l->s, e->pcm, e->n);
        l->since += e->n;
        if (l->since >= PACE && !l->p->o->finals_only)
            update(l, false);
        break;
    case VAD_EAGER:
        l->settle_ms = update(l, true);
        break;
    case VAD_RESUMED:
        break;
    case VAD_END:
        finish(l, e);
        break;
    }
}

static int hear(struct listener *l, const char *path, struct errbuf *err)
{
    struct vad_params params = vad_params_defaults();
    struct vad *vad = NULL;
    int16_t *pcm = NULL;
    size_t n = 0;
    int code;

    if (l->p->o->eager_ms)
        params.eager_ms = (uint32_t)l->p->o->eager_ms;
    if (l->p->o->hangover_ms)
        params.hangover_ms = (uint32_t)l->p->o->hangover_ms;
    code = wav_read(path, &pcm, &n, err);
    if (!code)
        code = vad_open(&vad, &params);
    for (size_t at = 0; !code && at < n; at += VAD_FRAME)
        vad_feed(vad, pcm + at, n - at < VAD_FRAME ? n - at : VAD_FRAME, on_voice, l);
    if (!code)
        vad_flush(vad, on_voice, l);
    vad_close(vad);
    free(pcm);
    return code ? code : l->code;
}

static int hear_and_print(struct listener *l, const char *path, struct errbuf *err)
{
    double start = cpu_now();
    json_t *out = json_object();
    char *line;
    int code;

    l->utterances = json_array();
    buf_clear(&l->text);
    code = hear(l, path, err);
    json_object_set_new(out, "file", json_string(path));
    json_set_text(out, "text", l->text.data ? l->text.data : "", l->text.len);
    json_object_set_new(out, "cpuMs", json_real(cpu_now() - start));
    json_object_set_new(out, "utterances", l->utterances);
    line = json_dumps(out, JSON_COMPACT | JSON_REAL_PRECISION(6));
    if (line)
        puts(line);
    free(line);
    json_decref(out);
    return code;
}

/* The words of --names as tokens of context. */
static int names(const struct probe *p, int *ids)
{
    size_t n;

    if (!p->o->prompt)
        return 0;
    n = whisper_tokenize(p->model->vocab, p->o->prompt, strlen(p->o->prompt), ids,
                         WHISPER_STREAM_PROMPT_MAX);
    return n < WHISPER_STREAM_PROMPT_MAX ? (int)n : WHISPER_STREAM_PROMPT_MAX;
}

int probe_each(struct probe *p, struct errbuf *err)
{
    struct whisper_stream_params params = whisper_stream_defaults();
    int ids[WHISPER_STREAM_PROMPT_MAX];
    struct listener l = {.p = p};
    FILE *list = fopen(p->o->wav, "r");
    char path[4096];
    int code = list ? 0 : err_set(err, UV_ENOENT, "%s: cannot be read", p->o->wav);

    if (p->o->language && strcmp(p->o->language, "auto") != 0)
        params.language = whisper_language_find(p->model->vocab, p->o->language);
    if (p->o->whole)
        params.pad_ms = 30000;
    params.prompt = ids;
    params.n_prompt = names(p, ids);
    buf_init(&l.stable, TEXT_MAX);
    buf_init(&l.text, TEXT_MAX);
    while (!code && fgets(path, sizeof(path), list)) {
        path[strcspn(path, "\n")] = '\0';
        code = whisper_stream_open(&l.s, p->model, &params, err); /* each is another speaker */
        if (!code)
            code = hear_and_print(&l, path, err);
        whisper_stream_close(l.s);
        l.s = NULL;
    }
    buf_release(&l.stable);
    buf_release(&l.text);
    if (list)
        fclose(list);
    return code ? err_prefix(err, code, "cannot hear it"), 2 : 0;
}
