/**
 * @file asr/hub.c  The speech workers, seen from the loop: lines, their queues, their reports
 *
 * hub_work.c has what the workers do. A line is a queue of pieces (begin, audio, prefetch final,
 * end); a worker takes the line, not the piece, so the order within a line is kept by itself.
 * Results travel back by loop_post(), which keeps their order too.
 */
#include "asr/hub.h"

#include "asr/hub_internal.h"
#include "loop/loop.h"
#include "loop/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    AUDIO_PIECE_MIN = 3200, /* samples a piece has room for, 200 ms */
    MEMORY_WAIT_MS = 20,    /* before what cannot be dropped is told again */
};

/* ---------------------------------------------------------------- reports */

/** A result on its way to the loop thread, with everything it points to. */
struct report {
    struct asr_line *line;
    enum report_kind kind;
    uint32_t utterance;
    struct asr_result res;
    struct asr_word *words;
    char *text; /**< All the text and words of the result, one after the other */
    int err;
    char message[ERR_TEXT_MAX];
    char more[128];
};

static void report_free(struct report *r)
{
    free(r->words);
    free(r->text);
    free(r);
}

static int copy_result(struct report *r, const struct asr_result *res)
{
    size_t len = strlen(res->text) + 1, total = len;
    char *to;

    for (size_t i = 0; i < res->word_count; i++)
        total += strlen(res->words[i].text) + 1;
    r->text = malloc(total);
    r->words = res->word_count ? calloc(res->word_count, sizeof(*r->words)) : NULL;
    if (!r->text || (res->word_count && !r->words))
        return UV_ENOMEM;
    r->res = *res;
    memcpy(r->text, res->text, len);
    to = r->text + len;
    for (size_t i = 0; i < res->word_count; i++) {
        len = strlen(res->words[i].text) + 1;
        r->words[i] = res->words[i];
        r->words[i].text = memcpy(to, res->words[i].text, len);
        to += len;
    }
    r->res.text = r->text;
    r->res.words = r->words;
    if (r->res.stable > strlen(r->text) || r->kind == REPORT_FINAL)
        r->res.stable = strlen(r->text);
    return 0;
}

static bool wants(const struct report *r)
{
    const struct asr_line *line = r->line;

    if (line->closed || line->failed || line->hub->shut)
        return false;
    return r->kind == REPORT_READY || r->kind == REPORT_ERROR || !r->utterance ||
           r->utterance != line->cancelled;
}

static void call_handler(struct report *r)
{
    struct asr_line *line = r->line;
    const struct asr_line_handlers *h = &line->h;

    switch (r->kind) {
    case REPORT_READY:
        h->on_ready(r->message, r->more, line->arg);
        break;
    case REPORT_PARTIAL:
        h->on_partial(r->utterance, &r->res, line->arg);
        break;
    case REPORT_PREFETCHED:
        if (h->on_prefetched)
            h->on_prefetched(r->utterance, &r->res, line->arg);
        break;
    case REPORT_FINAL:
        r->res.engine = r->message;
        h->on_final(r->utterance, &r->res, line->arg);
        break;
    case REPORT_TROUBLE:
        if (h->on_trouble)
            h->on_trouble(r->utterance, r->err, r->message, line->arg);
        break;
    case REPORT_ERROR:
        line->failed = true;
        h->on_error(r->err, r->message, line->arg);
        break;
    }
}

static void deliver(void *arg)
{
    struct report *r = arg;

    if (r->kind == REPORT_PARTIAL) {
        uv_mutex_lock(&r->line->hub->lock);
        r->line->partial_on_way = false;
        uv_mutex_unlock(&r->line->hub->lock);
    }
    if (wants(r))
        call_handler(r);
    line_release(r->line);
    report_free(r);
}

static struct report *report_new(struct asr_line *line, enum report_kind kind, uint32_t utterance,
                                 const struct asr_result *res, int err, const char *text,
                                 const char *more)
{
    struct report *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->line = line;
    r->kind = kind;
    r->utterance = utterance;
    r->err = err;
    snprintf(r->message, sizeof(r->message), "%s", text ? text : "");
    snprintf(r->more, sizeof(r->more), "%s", more ? more : "");
    if (res && copy_result(r, res)) {
        report_free(r);
        return NULL;
    }
    return r;
}

/** UV_ENOMEM, or UV_ECANCELED when the loop takes nothing any more. */
static int post_report(struct report *r)
{
    struct asr_line *line = r->line;
    bool partial = r->kind == REPORT_PARTIAL;
    int err;

    uv_mutex_lock(&line->hub->lock);
    line->refs++;
    line->partial_on_way |= partial;
    uv_mutex_unlock(&line->hub->lock);
    err = loop_post(line->hub->loop, deliver, r);
    if (!err)
        return 0;
    if (partial) {
        uv_mutex_lock(&line->hub->lock);
        line->partial_on_way = false;
        uv_mutex_unlock(&line->hub->lock);
    }
    line_release(line);
    return err;
}

static bool is_leaving(struct asr_line *line)
{
    bool leaving;

    uv_mutex_lock(&line->hub->lock);
    leaving = line->closing || line->hub->stopping;
    uv_mutex_unlock(&line->hub->lock);
    return leaving;
}

int hub_report_now(struct asr_line *line, enum report_kind kind, uint32_t utterance,
                   const struct asr_result *res, int err, const char *text, const char *more)
{
    struct report *r = report_new(line, kind, utterance, res, err, text, more);
    int posted = r ? post_report(r) : UV_ENOMEM;

    if (posted && r)
        report_free(r);
    return posted;
}

void hub_report(struct asr_line *line, enum report_kind kind, uint32_t utterance,
                const struct asr_result *res, int err, const char *text, const char *more)
{
    bool droppable = kind == REPORT_PARTIAL || kind == REPORT_TROUBLE;

    /* A final cannot be dropped: the worker waits with it until there is memory again. */
    while (hub_report_now(line, kind, utterance, res, err, text, more) == UV_ENOMEM && !droppable &&
           !is_leaving(line))
        uv_sleep(MEMORY_WAIT_MS);
}

/* ---------------------------------------------------------------- settings */

/** *to becomes a copy; *err stays, or becomes UV_ENOMEM. */
static void copy(const char **to, const char *text, int *err)
{
    *to = text ? strdup(text) : NULL;
    if (text && !*to)
        *err = UV_ENOMEM;
}

static int take_params(struct asr_model_params *to, const struct asr_model_params *from)
{
    int err = 0;

    *to = *from;
    copy(&to->path, from->path, &err);
    copy(&to->data_dir, from->data_dir, &err);
    copy(&to->url, from->url, &err);
    copy(&to->api_key, from->api_key, &err);
    copy(&to->name, from->name, &err);
    copy(&to->language, from->language, &err);
    return err;
}

static void drop(const char *text)
{
    free((void *)(uintptr_t)text);
}

static void drop_params(struct asr_model_params *p)
{
    drop(p->path);
    drop(p->data_dir);
    drop(p->url);
    drop(p->api_key);
    drop(p->name);
    drop(p->language);
}

static void drop_line_params(struct asr_params *p)
{
    for (size_t i = 0; p->vocabulary && i < p->vocabulary_count; i++)
        drop(p->vocabulary[i]);
    free((void *)(uintptr_t)p->vocabulary);
    drop(p->language);
    drop(p->prompt);
}

static int take_line_params(struct asr_params *to, const struct asr_params *from)
{
    const char **words;
    int err = 0;

    if (!from)
        return 0;
    copy(&to->language, from->language, &err);
    copy(&to->prompt, from->prompt, &err);
    to->patient = from->patient;
    to->translate = from->translate;
    if (err || !from->vocabulary_count)
        return err;
    words = calloc(from->vocabulary_count, sizeof(*words));
    if (!words)
        return UV_ENOMEM;
    for (size_t i = 0; i < from->vocabulary_count; i++)
        copy(&words[i], from->vocabulary[i], &err);
    to->vocabulary = words;
    to->vocabulary_count = from->vocabulary_count;
    return err;
}

/* ---------------------------------------------------------------- choosing */

static bool is_auto(const char *name)
{
    return !name || !*name || strcmp(name, "auto") == 0;
}

/** Best local engine that can be used here; `why` collects what each one misses. Audio leaves the
 *  machine only when somebody named the engine that sends it. */
static const struct asr_engine *best(const struct asr_model_params *params, struct errbuf *why)
{
    size_t used = 0;

    why->text[0] = '\0';
    for (size_t i = 0; asr_engines[i]; i++) {
        struct errbuf reason = {{0}};
        int n;

        if (asr_engines[i]->remote)
            continue;
        if (asr_engines[i]->available(params, &reason))
            return asr_engines[i];
        n = snprintf(why->text + used, sizeof(why->text) - used, "%s%s: %s", used ? "; " : "",
                     asr_engines[i]->name, reason.text);
        used += n > 0 && (size_t)n < sizeof(why->text) - used ? (size_t)n : 0;
    }
    return NULL;
}

/** For a model that is being loaded: is it too late? */
static bool is_ending(void *arg)
{
    struct asr_hub *hub = arg;
    bool ending;

    uv_mutex_lock(&hub->lock);
    ending = hub->ending || hub->stopping;
    uv_mutex_unlock(&hub->lock);
    return ending;
}

static int choose_main(struct asr_hub *hub, const struct asr_hub_config *config, struct errbuf *why)
{
    struct errbuf unusable = {{0}};
    struct hub_model *m = &hub->main;

    m->choose = !config->driver && is_auto(config->engine);
    if (config->driver)
        m->engine = config->driver;
    else
        m->engine = m->choose ? best(&config->model, &unusable) : asr_engine_find(config->engine);
    if (m->choose && !m->engine)
        return err_set(why, UV_ENOENT, "no speech recogniser can be used here: %s",
                       unusable.text[0] ? unusable.text : "none was built in");
    if (!m->engine)
        return err_set(why, UV_ENOENT, "there is no speech recogniser called \"%s\"",
                       config->engine);
    if (!m->engine->available(&config->model, &unusable))
        return err_set(why, UV_ENOENT, "the speech recogniser \"%s\" cannot be used: %s",
                       m->engine->name, unusable.text);
    if (take_params(&m->params, &config->model))
        return err_set(why, UV_ENOMEM, "no memory for the speech workers");
    m->params.stop = is_ending;
    m->params.stop_arg = hub;
    m->wanted = config->preload;
    return 0;
}

static int choose_fallback(struct asr_hub *hub, const struct asr_hub_config *config,
                           struct errbuf *why)
{
    struct errbuf unusable;
    const char *name = config->fallback;
    const struct asr_engine *engine;

    if (!hub->main.engine->remote || (name && strcmp(name, "none") == 0))
        return 0;
    if (config->fallback_driver)
        engine = config->fallback_driver;
    else
        engine = is_auto(name) ? best(&config->fallback_model, &unusable) : asr_engine_find(name);
    if (!engine || engine->remote || !engine->available(&config->fallback_model, &unusable))
        return 0;
    hub->fallback.engine = engine;
    if (take_params(&hub->fallback.params, &config->fallback_model))
        return err_set(why, UV_ENOMEM, "no memory for the speech workers");
    hub->fallback.params.stop = is_ending;
    hub->fallback.params.stop_arg = hub;
    return 0;
}

/* ---------------------------------------------------------------- the hub */

static int worker_count(const struct asr_hub *hub)
{
    int n = hub->main.engine->workers;

    if (n <= 0)
        n = (int)uv_available_parallelism();
    return n < HUB_WORKERS_MAX ? n : HUB_WORKERS_MAX;
}

static int start_workers(struct asr_hub *hub, struct errbuf *why)
{
    int want = worker_count(hub), err = 0;

    uv_mutex_lock(&hub->lock);
    while (!err && hub->thread_count < want) {
        err = uv_thread_create(&hub->threads[hub->thread_count], hub_work, hub);
        hub->thread_count += err == 0;
    }
    hub->working = hub->thread_count;
    uv_mutex_unlock(&hub->lock);
    return hub->thread_count
               ? 0 /* fewer will do */
               : err_set(why, err, "cannot start a speech worker: %s", uv_strerror(err));
}

int asr_hub_open(struct asr_hub **hp, struct loop *loop, const struct asr_hub_config *config,
                 struct errbuf *why)
{
    struct asr_hub *hub = calloc(1, sizeof(*hub));
    int err;

    if (!hub)
        return err_set(why, UV_ENOMEM, "no memory for the speech workers");
    hub->nets = config->nets;
    hub->loop = loop;
    hub->refs = 1;
    uv_mutex_init(&hub->lock);
    uv_cond_init(&hub->more);
    uv_cond_init(&hub->loaded);
    hub->lines_max = config->lines_max > 0 ? (size_t)config->lines_max
                                           : HUB_LINES_A_CORE * uv_available_parallelism();
    err = choose_main(hub, config, why);
    if (!err)
        err = choose_fallback(hub, config, why);
    if (!err)
        err = start_workers(hub, why);
    if (err) {
        hub_release(hub);
        return err;
    }
    *hp = hub;
    return 0;
}

void hub_release(struct asr_hub *hub)
{
    unsigned left;

    uv_mutex_lock(&hub->lock);
    left = --hub->refs;
    uv_mutex_unlock(&hub->lock);
    if (left)
        return;
    uv_cond_destroy(&hub->more);
    uv_cond_destroy(&hub->loaded);
    uv_mutex_destroy(&hub->lock);
    drop_params(&hub->main.params);
    drop_params(&hub->fallback.params);
    free(hub);
}

static void interrupt(struct asr_line *line)
{
    const struct asr_hub *hub = line->hub;

    if (line->work.stream && hub->main.engine->interrupt)
        hub->main.engine->interrupt(line->work.stream);
    if (line->work.fallback && hub->fallback.engine->interrupt)
        hub->fallback.engine->interrupt(line->work.fallback);
}

static void close_streams(struct asr_hub *hub)
{
    for (struct asr_line *line = hub->lines; line; line = line->next) {
        if (line->work.stream)
            hub->main.engine->close(line->work.stream);
        if (line->work.fallback)
            hub->fallback.engine->close(line->work.fallback);
        line->work.stream = line->work.fallback = NULL;
        line->dead = true;
    }
}

static void forget_lines(struct asr_hub *hub)
{
    while (hub->lines) {
        struct asr_line *line = hub->lines;

        hub->lines = line->next;
        line->next = NULL;
        pieces_drop(line);
        line_release(line); /* the hub's reference; the caller's remains */
    }
}

void asr_hub_end(struct asr_hub *hub)
{
    uv_mutex_lock(&hub->lock);
    hub->ending = true;
    uv_mutex_unlock(&hub->lock);
}

void asr_hub_stop(struct asr_hub *hub)
{
    if (hub->shut)
        return;
    hub->shut = true;
    uv_mutex_lock(&hub->lock);
    hub->stopping = true;
    for (struct asr_line *line = hub->lines; line; line = line->next)
        interrupt(line);
    uv_cond_broadcast(&hub->more);
    uv_cond_broadcast(&hub->loaded);
    uv_mutex_unlock(&hub->lock);
}

bool asr_hub_stopped(const struct asr_hub *hub)
{
    struct asr_hub *h = (struct asr_hub *)(uintptr_t)hub;
    bool stopped;

    uv_mutex_lock(&h->lock);
    stopped = h->stopping && !h->working;
    uv_mutex_unlock(&h->lock);
    return stopped;
}

static void unload(struct hub_model *m)
{
    if (m->state == MODEL_LOADED)
        m->engine->unload(m->model);
    m->state = MODEL_UNLOADED;
}

void asr_hub_close(struct asr_hub *hub)
{
    if (!hub)
        return;
    asr_hub_stop(hub);
    for (int i = 0; i < hub->thread_count; i++)
        wait_gone(&hub->threads[i], "a speech worker to leave");
    close_streams(hub);
    forget_lines(hub);
    unload(&hub->main);
    unload(&hub->fallback);
    unload(&hub->old);
    hub_release(hub);
}

struct loop *asr_hub_loop(const struct asr_hub *hub)
{
    return hub->loop;
}

const struct asr_engine *asr_hub_engine(const struct asr_hub *hub)
{
    struct asr_hub *h = (struct asr_hub *)(uintptr_t)hub;
    const struct asr_engine *engine;

    uv_mutex_lock(&h->lock);
    engine = h->main.engine;
    uv_mutex_unlock(&h->lock);
    return engine;
}

const struct asr_engine *asr_hub_fallback(const struct asr_hub *hub)
{
    return hub->fallback.engine;
}

struct asr_nets *asr_hub_nets(const struct asr_hub *hub)
{
    return hub->nets;
}

bool asr_hub_loaded(const struct asr_hub *hub)
{
    struct asr_hub *h = (struct asr_hub *)(uintptr_t)hub;
    bool loaded;

    uv_mutex_lock(&h->lock);
    loaded = h->main.state == MODEL_LOADED;
    uv_mutex_unlock(&h->lock);
    return loaded;
}

const char *asr_hub_model(const struct asr_hub *hub)
{
    return asr_hub_loaded(hub) ? hub->main.name : "";
}

size_t asr_hub_lines(const struct asr_hub *hub)
{
    struct asr_hub *h = (struct asr_hub *)(uintptr_t)hub;
    size_t n;

    uv_mutex_lock(&h->lock);
    n = h->line_count;
    uv_mutex_unlock(&h->lock);
    return n;
}

struct asr_hub_stats asr_hub_stats(struct asr_hub *hub)
{
    struct asr_hub_stats stats = {.workers = hub->thread_count, .lines_max = hub->lines_max};

    uv_mutex_lock(&hub->lock);
    stats.lines = hub->line_count;
    stats.backlog_ms = hub->backlog / SAMPLES_PER_MS;
    for (const struct asr_line *line = hub->lines; line; line = line->next)
        stats.busy += line->busy;
    uv_mutex_unlock(&hub->lock);
    return stats;
}

/* ---------------------------------------------------------------- lines */

void piece_free(struct piece *piece)
{
    if (piece)
        free(piece->pcm);
    free(piece);
}

void pieces_drop(struct asr_line *line)
{
    while (line->first) {
        struct piece *p = line->first;

        line->first = p->next;
        if (p->kind == PIECE_END) {
            line->ends--;
        }
        piece_free(p);
    }
    line->last = NULL;
    line->hub->backlog -= line->backlog;
    line->backlog = 0;
}

void line_release(struct asr_line *line)
{
    struct asr_hub *hub = line->hub;
    unsigned left;

    uv_mutex_lock(&hub->lock);
    left = --line->refs;
    uv_mutex_unlock(&hub->lock);
    if (left)
        return;
    drop_line_params(&line->params);
    free(line->work.kept);
    free(line);
    hub_release(hub);
}

/** {lock} May a line that was silent so far be heard? */
static int admit(const struct asr_hub *hub, struct errbuf *why)
{
    if (hub->line_count >= hub->lines_max)
        return err_set(why, UV_EAGAIN,
                       "%zu recordings are being heard already, which is all "
                       "this machine is set to; try again when one has ended",
                       hub->line_count);
    if (hub->backlog > (size_t)HUB_BACKLOG_MAX_MS * SAMPLES_PER_MS)
        return err_set(why, UV_EAGAIN,
                       "the recogniser is behind with what it hears already; "
                       "try again in a moment");
    return 0;
}

static struct asr_line *line_new(struct asr_hub *hub, const struct asr_params *params)
{
    struct asr_line *line = calloc(1, sizeof(*line));

    if (!line)
        return NULL;
    line->hub = hub;
    if (take_line_params(&line->params, params)) {
        drop_line_params(&line->params);
        free(line);
        return NULL;
    }
    return line;
}

/** "en" of "en-GB"; NULL stays NULL. */
static const char *tongue_of(const char *language, char to[static ASR_LANGUAGE_MAX])
{
    if (!language || !*language)
        return NULL;
    snprintf(to, ASR_LANGUAGE_MAX, "%.*s", (int)strcspn(language, "-_"), language);
    return to;
}

/** For this language; with no model loaded: is there one for it? */
static bool is_outdated(const struct hub_model *m, const char *language)
{
    struct asr_model_params params = m->params;

    if (language)
        params.language = language;
    return m->engine->outdated &&
           m->engine->outdated(m->state == MODEL_LOADED ? m->model : NULL, &params);
}

static void set_tongue(struct hub_model *m, const char *language)
{
    char *own = language ? strdup(language) : NULL;

    if (!own)
        return;
    free((void *)(uintptr_t)m->params.language);
    m->params.language = own;
}

/** {lock} A model may have come since the last session: with no line left that uses the old one
 *  (each holds the hub until its streams are closed), the better engine or the better model of the
 *  same takes over, and one that hears the language where the other does not. An engine that did
 *  not load is not tried again. */
static void take_better(struct asr_hub *hub, const char *language)
{
    struct hub_model *m = &hub->main;
    struct asr_model_params any = m->params;
    char to[ASR_LANGUAGE_MAX];
    const char *tongue = tongue_of(language, to);
    const struct asr_engine *better;
    struct errbuf why;

    if (hub->refs > 1 || m->state == MODEL_LOADING || hub->old.engine || hub->stopping)
        return;
    any.language = NULL; /* which engine does not depend on the last session's */
    better = m->choose ? best(&any, &why) : m->engine;
    if (!better || better == m->failed)
        return;
    if (better == m->engine && !is_outdated(m, tongue))
        return;
    if (better == m->engine)
        set_tongue(m, tongue);
    if (better == m->engine && m->state != MODEL_LOADED)
        return;
    hub->old = *m; /* to give back hundreds of megabytes takes longer than the loop has */
    m->model = NULL;
    m->name[0] = m->taken_over[0] = '\0';
    m->state = MODEL_UNLOADED;
    m->engine = better;
}

int asr_line_open(struct asr_line **lp, struct asr_hub *hub, const struct asr_params *params,
                  const struct asr_line_handlers *h, void *arg, struct errbuf *why)
{
    struct asr_line *line = line_new(hub, params);
    int err;

    if (!line)
        return err_set(why, UV_ENOMEM, "no memory to hear another voice");
    line->h = *h;
    line->arg = arg;
    line->refs = 2; /* the caller's, and the hub's until the stream is closed */

    uv_mutex_lock(&hub->lock);
    take_better(hub, line->params.language);
    err = hub->stopping ? err_set(why, UV_ECANCELED, "the server is shutting down") : 0;
    if (!err) {
        line->next = hub->lines;
        hub->lines = line;
        hub->refs++;
        line->served = hub->turn++;
        uv_cond_signal(&hub->more);
    }
    uv_mutex_unlock(&hub->lock);
    if (err) {
        drop_line_params(&line->params);
        free(line);
        return err;
    }
    *lp = line;
    return 0;
}

/** {lock} */
static struct piece *push(struct asr_line *line, enum piece_kind kind, uint32_t utterance,
                          size_t room)
{
    struct piece *p = calloc(1, sizeof(*p));

    if (p && room) {
        p->pcm = malloc(room * sizeof(*p->pcm));
        p->cap = room;
    }
    if (!p || (room && !p->pcm)) {
        piece_free(p);
        return NULL;
    }
    p->kind = kind;
    p->utterance = utterance;
    if (line->last)
        line->last->next = p;
    else
        line->first = p;
    line->last = p;
    return p;
}

static int push_mark(struct asr_line *line, enum piece_kind kind, uint32_t utterance)
{
    struct asr_hub *hub = line->hub;
    int err = 0;

    uv_mutex_lock(&hub->lock);
    if (line->dead || hub->stopping)
        err = UV_ECANCELED;
    else if (!push(line, kind, utterance, 0))
        err = UV_ENOMEM;
    if (!err && kind == PIECE_END) {
        line->ends++;
    }
    if (!err)
        uv_cond_signal(&hub->more);
    uv_mutex_unlock(&hub->lock);
    return err;
}

/** The first time somebody speaks: a place among those that are heard, kept until the line closes.
 *  A refusal is told as the line's error. */
static int take_place(struct asr_line *line)
{
    struct asr_hub *hub = line->hub;
    struct errbuf why = {{0}};
    int err = 0;

    uv_mutex_lock(&hub->lock);
    if (!line->placed && !line->dead && !hub->stopping)
        err = admit(hub, &why);
    if (err) {
        line->dead = true;
    } else if (!line->placed) {
        line->placed = true;
        hub->line_count++;
    }
    uv_mutex_unlock(&hub->lock);
    if (!err)
        return 0;
    return hub_report_now(line, REPORT_ERROR, 0, NULL, err, why.text, NULL) ? UV_ENOMEM
                                                                            : UV_ECANCELED;
}

int asr_line_begin(struct asr_line *line, uint32_t utterance)
{
    int err;

    if (line->running || !utterance)
        return UV_EINVAL;
    err = take_place(line);
    err = err ? err : push_mark(line, PIECE_BEGIN, utterance);
    if (!err)
        line->running = utterance;
    return err;
}

/** {lock} */
static int push_audio(struct asr_line *line, const int16_t *pcm, size_t n)
{
    struct piece *p = line->last;

    if (line->backlog + n > (size_t)ASR_BACKLOG_MAX_MS * SAMPLES_PER_MS)
        return UV_ENOBUFS;
    if (!p || p->kind != PIECE_AUDIO || p->cap - p->n < n)
        p = push(line, PIECE_AUDIO, line->running, n > AUDIO_PIECE_MIN ? n : AUDIO_PIECE_MIN);
    if (!p)
        return UV_ENOMEM;
    memcpy(p->pcm + p->n, pcm, n * sizeof(*pcm));
    p->n += n;
    line->backlog += n;
    line->hub->backlog += n;
    return 0;
}

int asr_line_feed(struct asr_line *line, const int16_t *pcm, size_t n)
{
    struct asr_hub *hub = line->hub;
    int err;

    if (!line->running)
        return UV_EINVAL;
    if (n == 0)
        return 0;
    uv_mutex_lock(&hub->lock);
    err = line->dead || hub->stopping ? UV_ECANCELED : push_audio(line, pcm, n);
    if (!err)
        uv_cond_signal(&hub->more);
    uv_mutex_unlock(&hub->lock);
    return err;
}

int asr_line_prefetch_final(struct asr_line *line)
{
    return line->running ? push_mark(line, PIECE_PREFETCH_FINAL, line->running) : UV_EINVAL;
}

int asr_line_end(struct asr_line *line)
{
    uint32_t utterance = line->running;

    if (!utterance)
        return UV_EINVAL;
    line->running = 0;
    return push_mark(line, PIECE_END, utterance);
}

/** {lock} Take the pieces of an utterance out of the queue; it is always the last one there. */
static void unqueue(struct asr_line *line, uint32_t utterance)
{
    struct piece **at = &line->first;

    line->last = NULL;
    while (*at) {
        struct piece *p = *at;

        if (p->utterance != utterance) {
            line->last = p;
            at = &p->next;
            continue;
        }
        *at = p->next;
        line->backlog -= p->n;
        line->hub->backlog -= p->n;
        piece_free(p);
    }
}

int asr_line_cancel(struct asr_line *line)
{
    if (!line->running)
        return UV_EINVAL;
    uv_mutex_lock(&line->hub->lock);
    unqueue(line, line->running);
    uv_mutex_unlock(&line->hub->lock);
    line->cancelled = line->running;
    line->running = 0;
    return 0;
}

uint32_t asr_line_backlog_ms(const struct asr_line *line)
{
    size_t n;

    uv_mutex_lock(&line->hub->lock);
    n = line->backlog;
    uv_mutex_unlock(&line->hub->lock);
    return (uint32_t)(n / SAMPLES_PER_MS);
}

bool asr_line_gone(const struct asr_line *line)
{
    return line->failed || line->hub->shut;
}

void asr_line_close(struct asr_line *line)
{
    struct asr_hub *hub;

    if (!line)
        return;
    hub = line->hub;
    line->closed = true;
    uv_mutex_lock(&hub->lock);
    hub->line_count -= line->placed;
    line->placed = false;
    pieces_drop(line);
    if (!hub->stopping) {
        line->closing = true;
        interrupt(line);
        uv_cond_signal(&hub->more);
    }
    uv_mutex_unlock(&hub->lock);
    line_release(line);
}
