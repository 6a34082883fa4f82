/**
 * @file whisper-probe/each.c  Many recordings heard one after the other, as if they were spoken now
 *
 * WAV is a list: one recording a line. What happens is what happens in a live interview, with
 * asr/turn/turn.h opening utterances, seeing pauses and ending them (with the networks of --nets,
 * else by voice activity), but for time: a partial is made after each 300 ms of an utterance,
 * however long it takes, and the words and the probability of an end are known --late ms of audio
 * after a pause was seen. So the words are the same on every machine of one kind, and a word error
 * rate can have a limit. Prints a JSON object a recording.
 */
#include "whisper-probe/probe.h"
#include "whisper-probe/wav.h"

#include "asr/nets.h"
#include "asr/turn/turn.h"
#include "asr/whisper/stream.h"
#include "base/json.h"
#include "loop/lanes.h"
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MS = VAD_RATE / 1000,
    PACE = 300 * MS,
    FRAME = 20 * MS,   /* samples that arrive together */
    SILENCE_MS = 3000, /* follows a recording, as a room goes on being quiet */
    TEXT_MAX = 1 << 20,
};

struct listener {
    struct probe *p;
    struct loop *loop;
    struct lanes *lanes;
    struct asr_nets *nets;
    struct turn *turn;
    struct whisper_stream *s;
    uint64_t fed;      /* samples of this recording */
    uint64_t asked;    /* what was fed when a pause was told; 0: nothing is awaited */
    uint32_t asked_of; /* utterance */
    int pauses;        /* of this utterance */
    bool network_done;
    size_t since; /* samples since the last partial */
    struct buf stable;
    struct buf text;
    json_t *utterances;
    double settle_ms; /* processor time of the last pause */
    int code;
};

static double cpu_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Update, and remember the longest stretch that was called stable. Its processor time in [ms]. */
static double update(struct listener *l, bool whole)
{
    const struct whisper_heard *h = whisper_stream_heard(l->s);
    double start = cpu_now();

    if (!l->code)
        l->code = whisper_stream_update(l->s, &l->p->c, whole);
    if (h->stable > l->stable.len) {
        buf_clear(&l->stable);
        buf_append(&l->stable, h->text, h->stable);
    }
    l->since = 0;
    return cpu_now() - start;
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

static void finish(struct listener *l, const struct turn_event *e)
{
    const struct whisper_heard *h = whisper_stream_heard(l->s);
    const struct whisper_stream_counts *n = whisper_stream_counted(l->s);
    double start = cpu_now();
    json_t *u = json_object();

    if (!l->code)
        l->code = whisper_stream_finish(l->s, &l->p->c);
    json_object_set_new(u, "startMs", json_integer((json_int_t)e->start_ms));
    json_object_set_new(u, "endMs", json_integer((json_int_t)e->end_ms));
    json_object_set_new(u, "toldMs", json_integer((json_int_t)(l->fed / MS)));
    json_object_set_new(u, "p", json_thousandths((double)e->p));
    json_object_set_new(u, "pauses", json_integer(l->pauses));
    json_set_text(u, "text", h->text, h->len);
    json_set_text(u, "stable", l->stable.data ? l->stable.data : "", l->stable.len);
    json_object_set_new(u, "language", json_string(whisper_language_code(h->language)));
    json_object_set_new(u, "settleMs", json_real(l->settle_ms));
    json_object_set_new(u, "finishMs", json_real(cpu_now() - start));
    json_object_set_new(u, "encoded", json_integer(n->encoded));
    json_object_set_new(u, "again", json_integer(n->again));
    json_object_set_new(u, "beams", json_integer(n->beams));
    json_object_set_new(u, "dropped", json_integer(n->dropped));
    json_object_set_new(u, "words", words_of(h));
    json_array_append_new(l->utterances, u);
    if (h->len) {
        buf_puts(&l->text, l->text.len ? " " : "");
        buf_append(&l->text, h->text, h->len);
    }
}

static void on_turn(const struct turn_event *e, void *arg)
{
    struct listener *l = arg;

    switch (e->kind) {
    case TURN_BEGINS:
        whisper_stream_begin(l->s);
        buf_clear(&l->stable);
        l->since = 0;
        l->pauses = 0;
        break;
    case TURN_AUDIO:
        if (!l->code)
            l->code = whisper_stream_feed(l->s, e->pcm, e->n);
        l->since += e->n;
        if (l->since >= PACE && !l->p->o->finals_only)
            update(l, false);
        break;
    case TURN_PAUSES:
        l->settle_ms = update(l, true);
        l->asked = l->fed;
        l->asked_of = e->utterance;
        l->pauses++;
        break;
    case TURN_LOOKS_OVER:
    case TURN_GOES_ON:
        break;
    case TURN_ENDS:
        finish(l, e);
        break;
    }
}

/* ---- the networks ------------------------------------------------------------------------- */

static void nothing(void *arg)
{
    (void)arg;
}

static void on_network_done(int err, void *arg)
{
    (void)err;
    ((struct listener *)arg)->network_done = true;
}

/* What was asked before is answered: their lane has one thread. */
static void await_networks(struct listener *l)
{
    l->network_done = false;
    if (lane_submit(l->lanes, LANE_SOUND, nothing, on_network_done, l))
        return;
    while (!l->network_done)
        uv_run(loop_uv(l->loop), UV_RUN_ONCE);
}

/* The answers to a pause, when their time has come. */
static void answer(struct listener *l)
{
    const struct whisper_heard *h = whisper_stream_heard(l->s);

    if (!l->asked || l->fed < l->asked + (uint64_t)l->p->o->late_ms * MS)
        return;
    l->asked = 0;
    turn_heard(l->turn, l->asked_of, h->text, whisper_language_code(h->language));
    if (l->nets)
        await_networks(l);
}

static int open_networks(struct listener *l, struct errbuf *err)
{
    int code = loop_open(&l->loop, err);

    if (!code && lanes_open(&l->lanes, l->loop, NULL))
        code = err_set(err, UV_ENOMEM, "no memory for the networks");
    if (!code)
        code = asr_nets_open(&l->nets, l->lanes, l->p->o->nets, err);
    if (code)
        return code;
    asr_nets_look(l->nets);
    await_networks(l);
    if (!asr_nets_gate(l->nets))
        return err_set(err, UV_ENOENT, "%s/vad.onnx: not there", l->p->o->nets);
    return 0;
}

static void close_networks(struct listener *l)
{
    lanes_close(l->lanes);
    asr_nets_close(l->nets);
    loop_close(l->loop);
}

/* ---- a recording -------------------------------------------------------------------------- */

static void feed(struct listener *l, const int16_t *pcm, size_t n)
{
    l->fed += n;
    turn_feed(l->turn, pcm, n);
    answer(l);
}

static int hear(struct listener *l, const char *path, struct errbuf *err)
{
    static const int16_t silence[FRAME];
    struct turn_params params = {.vad = vad_params_defaults()};
    int16_t *pcm = NULL;
    size_t n = 0;
    int code;

    if (l->p->o->eager_ms)
        params.vad.eager_ms = (uint32_t)l->p->o->eager_ms;
    if (l->p->o->hangover_ms)
        params.vad.hangover_ms = (uint32_t)l->p->o->hangover_ms;
    l->fed = l->asked = 0;
    code = wav_read(path, &pcm, &n, err);
    if (!code)
        code = turn_open(&l->turn, l->nets, &params, on_turn, l);
    for (size_t at = 0; !code && at < n; at += FRAME)
        feed(l, pcm + at, n - at < FRAME ? n - at : FRAME);
    for (int ms = 0; !code && ms < SILENCE_MS; ms += FRAME / MS)
        feed(l, silence, FRAME);
    if (!code)
        turn_flush(l->turn);
    turn_close(l->turn);
    l->turn = NULL;
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

/* The names of --names, between commas, as tokens of context. */
static int names(const struct probe *p, int language, int *ids, struct buf *words)
{
    enum { NAMES_MAX = 64 };
    const char *terms[NAMES_MAX];
    char *list = p->o->names ? strdup(p->o->names) : NULL, *rest = list;
    size_t n = 0;
    int tokens;

    while (rest && n < NAMES_MAX)
        terms[n++] = strsep(&rest, ",");
    tokens = whisper_names_tell(p->model->vocab, language, terms, n, ids, WHISPER_STREAM_PROMPT_MAX,
                                words);
    free(list);
    return tokens;
}

int probe_each(struct probe *p, struct errbuf *err)
{
    struct whisper_stream_params params = whisper_stream_defaults();
    int ids[WHISPER_STREAM_PROMPT_MAX];
    struct buf words;
    struct listener l = {.p = p};
    FILE *list = fopen(p->o->wav, "r");
    char path[4096];
    int code = list ? 0 : err_set(err, UV_ENOENT, "%s: cannot be read", p->o->wav);

    if (p->o->language && strcmp(p->o->language, "auto") != 0)
        params.language = whisper_language_find(p->model->vocab, p->o->language);
    if (p->o->whole)
        params.pad_ms = 30000;
    if (p->o->alone)
        params.lead_frames = 0;
    params.prompt = ids;
    buf_init(&words, TEXT_MAX);
    params.n_prompt = names(p, params.language, ids, &words);
    params.names = params.n_prompt ? words.data : NULL;
    buf_init(&l.stable, TEXT_MAX);
    buf_init(&l.text, TEXT_MAX);
    if (!code && p->o->nets)
        code = open_networks(&l, err);
    while (!code && fgets(path, sizeof(path), list)) {
        path[strcspn(path, "\n")] = '\0';
        code = whisper_stream_open(&l.s, p->model, &params, err); /* each is another speaker */
        if (!code)
            code = hear_and_print(&l, path, err);
        whisper_stream_close(l.s);
        l.s = NULL;
    }
    buf_release(&words);
    buf_release(&l.stable);
    buf_release(&l.text);
    close_networks(&l);
    if (list)
        fclose(list);
    return code ? err_prefix(err, code, "cannot hear it"), 2 : 0;
}
