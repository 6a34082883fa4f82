/**
 * @file whisper-probe/live.c  A recording heard as if it were spoken now
 *
 * Audio is fed in steps of 100 ms; after each 300 ms there is a partial, then a pause as the
 * endpointer sees it (settle), 300 ms more of silence, and the final. Prints every text with the
 * time it took; the unstable tail is in brackets.
 */
#include "whisper-probe/probe.h"

#include "asr/whisper/stream.h"
#include "base/clock.h"

#include <stdio.h>
#include <string.h>

enum { STEP = WHISPER_RATE / 10, PACE = 3 };

static void show(const struct whisper_stream *s, const char *what, size_t at, uint64_t start)
{
    const struct whisper_heard *h = whisper_stream_heard(s);

    printf("%6.2f s  %-7s %6.1f ms  %.*s[%s]\n", (double)at / WHISPER_RATE, what,
           (double)(clock_mono_us() - start) / 1000.0, (int)h->stable, h->text,
           h->text + h->stable);
}

static int speak(struct probe *p, struct whisper_stream *s)
{
    static const int16_t silence[3 * STEP];
    uint64_t start;
    int code = 0;

    for (size_t at = 0, i = 1; at < p->n && !code; at += STEP, i++) {
        size_t n = p->n - at < STEP ? p->n - at : STEP;

        code = whisper_stream_feed(s, p->pcm + at, n);
        if (code || i % PACE)
            continue;
        start = clock_mono_us();
        code = whisper_stream_update(s, &p->c, false);
        show(s, "partial", at + n, start);
    }
    start = clock_mono_us();
    if (!code)
        code = whisper_stream_feed(s, silence, STEP);
    if (!code)
        code = whisper_stream_update(s, &p->c, true);
    show(s, "settled", p->n + STEP, start);
    if (!code)
        code = whisper_stream_feed(s, silence, 3 * STEP);
    start = clock_mono_us();
    if (!code)
        code = whisper_stream_finish(s, &p->c);
    show(s, "final", p->n + 4 * STEP, start);
    return code;
}

static void show_words(const struct whisper_heard *h)
{
    for (size_t i = 0; i < h->n_words; i++)
        printf("  %6.2f %6.2f  %.2f  %.*s\n", h->words[i].start_ms / 1000.0,
               h->words[i].end_ms / 1000.0, (double)h->words[i].confidence,
               (int)h->words[i].text_len, h->text + h->words[i].text);
}

int probe_stream(struct probe *p, struct errbuf *err)
{
    struct whisper_stream_params params = whisper_stream_defaults();
    const struct whisper_stream_counts *n;
    struct whisper_stream *s = NULL;
    int code;

    if (p->o->language)
        params.language = whisper_language_find(p->model->vocab, p->o->language);
    code = whisper_stream_open(&s, p->model, &params, err);
    if (code)
        return 2;
    code = speak(p, s);
    if (!code) {
        show_words(whisper_stream_heard(s));
        n = whisper_stream_counted(s);
        printf("%d windows encoded, %d decoder runs, %d of %d drafted tokens accepted, %.1f MB\n",
               n->encoded, n->steps, n->accepted, n->drafted,
               (double)whisper_stream_bytes(s) / 1048576.0);
    }
    whisper_stream_close(s);
    return code ? err_set(err, code, "cannot hear it: %s", uv_strerror(code)), 2 : 0;
}
