/**
 * @file test/support/asr_script.c  A scripted recogniser: its words depend only on the amount of
 * audio
 */
#include "support/asr_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { TEXT_MAX = 64 << 10, WORDS_MAX = 256 };

struct asr_model {
    struct asr_script *script;
    char language[ASR_LANGUAGE_MAX]; /* the model was loaded for this language */
};

struct asr_stream {
    struct asr_script *script;
    _Atomic bool in_call;
    _Atomic bool interrupted;
    bool running;
    bool failed;
    bool any; /* a sample was fed: the ramp has a previous value */
    int16_t last;
    size_t samples;
    char text[TEXT_MAX];
    char word_text[TEXT_MAX];
    struct asr_word words[WORDS_MAX];
};

static bool script_available(const struct asr_model_params *params, struct errbuf *why)
{
    const struct asr_script *s = params->http;

    if (s->missing)
        err_set(why, UV_ENOENT, "the script is missing");
    return !s->missing;
}

static void hook(struct asr_script *s, enum script_call call)
{
    if (s->hook)
        s->hook(call, s->hook_arg);
}

static int script_load(struct asr_model **mp, const struct asr_model_params *params,
                       struct errbuf *err)
{
    struct asr_script *s = params->http;
    struct asr_model *m;

    hook(s, SCRIPT_LOAD);
    while (s->load_waits && !(params->stop && params->stop(params->stop_arg)))
        uv_sleep(1);
    if (params->stop && params->stop(params->stop_arg))
        return err_set(err, UV_ECANCELED, "the script is put away");
    s->loads++;
    if (s->fail_loads > 0) {
        s->fail_loads--;
        return err_set(err, UV_EIO, "the script is torn");
    }
    m = calloc(1, sizeof(*m));
    if (!m)
        return UV_ENOMEM;
    m->script = s;
    snprintf(m->language, sizeof(m->language), "%s", params->language ? params->language : "");
    *mp = m;
    return 0;
}

static void script_unload(struct asr_model *model)
{
    if (model)
        model->script->unloads++;
    free(model);
}

static bool script_outdated(const struct asr_model *model, const struct asr_model_params *params)
{
    const char *language = params->language ? params->language : "";

    if (!model)
        return true;
    return model->script->outdated ||
           (model->script->by_language && strcmp(language, model->language) != 0);
}

static const char *script_describe(const struct asr_model *model)
{
    (void)model;
    return "by heart";
}

static int script_open(struct asr_stream **sp, struct asr_model *model,
                       const struct asr_params *params, struct errbuf *err)
{
    struct asr_stream *st = calloc(1, sizeof(*st));

    (void)params;
    (void)err;
    if (!st)
        return UV_ENOMEM;
    st->script = model->script;
    model->script->opens++;
    *sp = st;
    return 0;
}

/** A call starts: no other may be running, and the hook may block it. */
static int enter(struct asr_stream *st, enum script_call call, bool legal)
{
    if (atomic_exchange(&st->in_call, true) || !legal || st->failed)
        st->script->overlaps++;
    hook(st->script, call);
    return st->interrupted ? UV_ECANCELED : 0;
}

static int leave(struct asr_stream *st, int rc, struct errbuf *err)
{
    st->failed |= rc != 0;
    st->in_call = false;
    return rc ? err_set(err, rc, "the prompter is gone") : 0;
}

static int script_begin(struct asr_stream *st, struct errbuf *err)
{
    int rc = enter(st, SCRIPT_BEGIN, true);

    st->script->begins++;
    st->running = true;
    st->any = false;
    st->samples = 0;
    return leave(st, rc, err);
}

static int failing(_Atomic int *left, int code)
{
    if (*left <= 0)
        return 0;
    --*left;
    return code;
}

static int script_feed(struct asr_stream *st, const int16_t *pcm, size_t n, struct errbuf *err)
{
    int rc = enter(st, SCRIPT_FEED, st->running);

    for (size_t i = 0; i < n; i++) {
        if (st->script->ramp && st->any && pcm[i] != (int16_t)(st->last + 1))
            st->script->breaks++;
        st->last = pcm[i];
        st->any = true;
    }
    st->samples += n;
    st->script->samples += (long)n;
    return leave(st, rc ? rc : failing(&st->script->fail_feeds, st->script->fail_code), err);
}

/** The n-th word of the script, going round. */
static size_t nth(const char *words, size_t n, const char **word)
{
    const char *at = words;

    for (;; n--) {
        size_t len = strcspn(at, " ");

        *word = at;
        if (n == 0)
            return len;
        at += len;
        at += strspn(at, " ");
        if (!*at)
            at = words;
    }
}

static void recite(struct asr_stream *st, struct asr_result *res)
{
    uint32_t step = st->script->ms_per_word;
    size_t count = st->script->words[0] ? st->samples / 16 / step : 0, used = 0, copied = 0;

    st->text[0] = '\0';
    if (count > WORDS_MAX)
        count = WORDS_MAX;
    for (size_t i = 0; i < count; i++) {
        const char *word;
        int len = (int)nth(st->script->words, i, &word);

        if (used + (size_t)len + 2 > TEXT_MAX) {
            count = i;
            break;
        }
        used +=
            (size_t)snprintf(st->text + used, TEXT_MAX - used, "%s%.*s", i ? " " : "", len, word);
        st->words[i] = (struct asr_word){st->word_text + copied, (uint32_t)i * step,
                                         (uint32_t)(i + 1) * step, 0.9f};
        copied +=
            (size_t)snprintf(st->word_text + copied, TEXT_MAX - copied, "%.*s", len, word) + 1;
    }
    *res = (struct asr_result){.text = st->text,
                               .stable = used,
                               .confidence = 0.9f,
                               .language = "en",
                               .words = st->words,
                               .word_count = count};
}

static int script_partial(struct asr_stream *st, struct asr_result *res, struct errbuf *err)
{
    int rc = enter(st, SCRIPT_PARTIAL, st->running);

    st->script->partials++;
    recite(st, res);
    return leave(st, rc, err);
}

static int script_settle(struct asr_stream *st, struct errbuf *err)
{
    int rc = enter(st, SCRIPT_PREFETCH_FINAL, st->running);

    st->script->prefetches++;
    return leave(st, rc, err);
}

static int script_finish(struct asr_stream *st, struct asr_result *res, struct errbuf *err)
{
    int rc = enter(st, SCRIPT_FINISH, st->running);

    st->script->finishes++;
    st->running = false;
    recite(st, res);
    return leave(st, rc ? rc : failing(&st->script->fail_finishes, st->script->fail_code), err);
}

static void script_hurry(struct asr_stream *st)
{
    st->script->hurries++;
}

static void script_interrupt(struct asr_stream *st)
{
    st->interrupted = true;
    st->script->interrupts++;
}

static void script_close(struct asr_stream *st)
{
    if (!st)
        return;
    if (st->in_call)
        st->script->overlaps++;
    st->script->closes++;
    free(st);
}

#define SCRIPT_CALLS                                                                               \
    .available = script_available, .load = script_load, .unload = script_unload,                   \
    .outdated = script_outdated, .describe = script_describe, .open = script_open,                 \
    .begin = script_begin, .feed = script_feed, .prefetch_final = script_settle,                   \
    .hurry = script_hurry, .finish = script_finish, .interrupt = script_interrupt,                 \
    .close = script_close

const struct asr_engine asr_script_local = {
    .name = "script", .pace_ms = 200, .partial = script_partial, SCRIPT_CALLS};
const struct asr_engine asr_script_single = {
    .name = "script", .workers = 1, .pace_ms = 200, .partial = script_partial, SCRIPT_CALLS};
const struct asr_engine asr_script_remote = {
    .name = "distant", .remote = true, .workers = 4, SCRIPT_CALLS};
const struct asr_engine asr_script_remote_partial = {.name = "distant",
                                                     .remote = true,
                                                     .workers = 4,
                                                     .pace_ms = 200,
                                                     .partial = script_partial,
                                                     SCRIPT_CALLS};
