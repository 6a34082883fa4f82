/**
 * @file whisper-probe/probe.c  Loading, comparing and transcribing; see probe.h
 */
#include "whisper-probe/probe.h"

#include "base/clock.h"
#include "whisper-probe/golden.h"
#include "whisper-probe/wav.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long probe_memory(const char *field)
{
    FILE *f = fopen("/proc/self/status", "r");
    char row[256];
    long kb = 0;

    while (f && fgets(row, sizeof(row), f)) {
        if (!strncmp(row, field, strlen(field)))
            kb = atol(row + strlen(field) + 1);
    }
    if (f)
        fclose(f);
    return kb;
}

static int compare(struct probe *p, struct errbuf *err)
{
    struct golden g;
    int failed;

    if (golden_open(&g, p->o->golden, p->o->run, err))
        return 2;
    printf("%s, %s kernels, run %s\n", p->model->name, nn_isa(p->nn), p->o->run);
    failed = golden_compare(&g, &p->c, p->pcm, p->n);
    golden_release(&g);
    printf("%s\n", failed ? "FAILED" : "all within tolerance");
    return failed ? 1 : 0;
}

static void print_transcript(const struct whisper_transcript *t)
{
    for (int i = 0; i < t->n_segments; i++) {
        const struct whisper_segment *s = &t->segments[i];

        printf("[%7.2f %7.2f] %.*s\n", s->t0 / 100.0, s->t1 / 100.0, (int)s->text_len,
               t->text.data + s->text);
    }
    for (int i = 0; i < t->n_words; i++)
        printf("  %7.2f %7.2f  %.2f %.*s\n", t->words[i].t0 / 100.0, t->words[i].t1 / 100.0,
               (double)t->words[i].confidence, (int)t->words[i].text_len,
               t->text.data + t->words[i].text);
}

static int transcribe(struct probe *p, struct errbuf *err)
{
    struct whisper_transcribe_params params = whisper_transcribe_defaults();
    struct whisper_transcript t;
    struct whisper_decoder d;
    struct whisper_mel mel;
    int prompt[WHISPER_PROMPT_MAX];
    int code = whisper_decoder_init(&d, p->model, 1, false, err);

    if (code)
        return 2;
    params.audio_ctx = p->o->ctx ? p->o->ctx : -1;
    params.search.beams = p->o->beams;
    params.words = true;
    if (p->o->language)
        params.language = whisper_language_find(p->model->vocab, p->o->language);
    if (p->o->prompt) {
        size_t n = whisper_tokenize(p->model->vocab, p->o->prompt, strlen(p->o->prompt), prompt,
                                    WHISPER_PROMPT_MAX);

        params.prompt = prompt;
        params.n_prompt = n < WHISPER_PROMPT_MAX ? (int)n : WHISPER_PROMPT_MAX;
    }
    whisper_mel_init(&mel, p->model->mel);
    code = whisper_mel_feed(&mel, p->pcm, p->n);
    if (!code)
        code = whisper_transcribe(&t, &d, &p->c, &mel, &params);
    if (!code) {
        print_transcript(&t);
        whisper_transcript_release(&t);
    }
    whisper_mel_release(&mel);
    whisper_decoder_release(&d);
    return code ? err_set(err, code, "cannot transcribe: %s", uv_strerror(code)), 2 : 0;
}

/* The recorded numbers and the timings beside another engine are of a context that stands alone. */
static bool needs_silence(const struct probe_options *o)
{
    return !o->no_silence && (o->kept || o->mode == PROBE_EACH || o->mode == PROBE_STREAM ||
                              o->mode == PROBE_TRANSCRIBE);
}

static int open_all(struct probe *p, struct errbuf *err)
{
    uint64_t start = clock_mono_us();
    int code = nn_open(&p->nn, p->o->threads, p->o->isa, err);

    if (!code && p->o->mode != PROBE_EACH)
        code = wav_read(p->o->wav, &p->pcm, &p->n, err);
    if (!code)
        code = whisper_model_load(&p->model, p->o->model, p->nn, NULL, NULL, err);
    if (!code)
        whisper_compute_init(&p->c, p->model, p->nn);
    if (!code && needs_silence(p->o))
        code = whisper_silence_open(&p->silence, p->model, p->nn, NULL, NULL, err);
    p->c.silence = p->silence;
    p->load_ms = (double)(clock_mono_us() - start) / 1000.0;
    return code;
}

int probe_run(const struct probe_options *o, struct errbuf *err)
{
    struct probe p = {.o = o};
    int status = 2;

    if (!open_all(&p, err)) {
        switch (o->mode) {
        case PROBE_GOLDEN:
            status = compare(&p, err);
            break;
        case PROBE_TIME:
            status = probe_time(&p, err);
            break;
        case PROBE_TRIM:
            status = probe_trim(&p, err);
            break;
        case PROBE_STREAM:
            status = probe_stream(&p, err);
            break;
        case PROBE_EACH:
            status = probe_each(&p, err);
            break;
        case PROBE_TRANSCRIBE:
            status = transcribe(&p, err);
            break;
        }
    }
    whisper_compute_release(&p.c);
    whisper_silence_close(p.silence);
    whisper_model_free(p.model);
    nn_close(p.nn);
    free(p.pcm);
    return status;
}
