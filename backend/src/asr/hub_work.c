/**
 * @file asr/hub_work.c  The speech workers: which line comes next, and what is done for it
 *
 * A worker takes the line that needs it most, works through a bounded part of its queue, and looks
 * again. Lines with a final waiting come first; among equals, the one that was served longest ago.
 * Partials are made only if the line has caught up, and they come more slowly the more voices a
 * worker has to serve.
 */
#include "asr/hub_internal.h"
#include "base/clock.h"
#include "loop/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PARTIAL_BACKLOG_MAX = 300 * SAMPLES_PER_MS, /* further behind than this: catch up before any
                                                   partial */
    RETRY_FIRST_MS = 1000,                      /* doubled each time */
    WAIT_MAX_MS = 60000,
    NOTE_MAX = 256,
};

/* ---------------------------------------------------------------- streams */

static struct hub_model *current_model(const struct asr_line *line)
{
    return line->work.local ? &line->hub->fallback : &line->hub->main;
}

static struct asr_stream *current_stream(const struct asr_line *line)
{
    return line->work.local ? line->work.fallback : line->work.stream;
}

static void set_stream(struct asr_line *line, struct asr_stream *stream)
{
    uv_mutex_lock(&line->hub->lock);
    if (line->work.local)
        line->work.fallback = stream;
    else
        line->work.stream = stream;
    uv_mutex_unlock(&line->hub->lock);
}

static int open_stream(struct asr_line *line, struct errbuf *why)
{
    struct hub_model *m = current_model(line);
    struct asr_stream *stream = NULL;
    int err;

    uv_mutex_lock(&line->hub->lock);
    err = hub_model_load(line->hub, m, why);
    uv_mutex_unlock(&line->hub->lock);
    if (!err)
        err = m->engine->open(&stream, m->model, &line->params, why);
    if (!err)
        set_stream(line, stream);
    return err;
}

/** Checks that model and settings fit each other; no stream is opened before somebody speaks. */
static int prepare(struct asr_line *line, struct errbuf *why)
{
    struct hub_model *m = current_model(line);
    int err;

    uv_mutex_lock(&line->hub->lock);
    err = hub_model_load(line->hub, m, why);
    uv_mutex_unlock(&line->hub->lock);
    return err || !m->engine->accepts ? err : m->engine->accepts(m->model, &line->params, why);
}

static void close_stream(struct asr_line *line)
{
    struct asr_stream *stream = current_stream(line);

    set_stream(line, NULL);
    if (stream)
        current_model(line)->engine->close(stream);
}

/** Makes sure there is a stream that is in the utterance and has been fed all of the kept audio. */
static int catch_up(struct asr_line *line, struct errbuf *why)
{
    const struct asr_engine *engine;
    int err = 0;

    if (line->work.torn)
        return err_set(why, UV_ENOMEM, "what was said could not be kept to be heard again");
    if (!current_stream(line))
        err = open_stream(line, why);
    engine = current_model(line)->engine;
    if (!err)
        err = engine->begin(current_stream(line), why);
    if (!err && line->work.kept_n)
        err = engine->feed(current_stream(line), line->work.kept, line->work.kept_n, why);
    return err;
}

/* ---------------------------------------------------------------- failures */

static void give_up(struct asr_line *line, int err, const struct errbuf *why)
{
    uv_mutex_lock(&line->hub->lock);
    line->dead = true;
    pieces_drop(line);
    uv_mutex_unlock(&line->hub->lock);
    hub_report(line, REPORT_ERROR, line->work.utterance, NULL, err,
               why->text[0] ? why->text : uv_strerror(err), NULL);
}

static bool is_stopping(struct asr_line *line)
{
    bool stopping;

    uv_mutex_lock(&line->hub->lock);
    stopping = line->closing || line->hub->stopping;
    uv_mutex_unlock(&line->hub->lock);
    return stopping;
}

static void rest_remote(struct asr_hub *hub)
{
    uv_mutex_lock(&hub->lock);
    hub->remote_after = clock_mono_ms() + REMOTE_REST_MS;
    uv_mutex_unlock(&hub->lock);
}

static bool fall_back(struct asr_line *line, int err, const struct errbuf *remote_why)
{
    struct errbuf why = {{0}};
    char text[ERR_TEXT_MAX];

    snprintf(text, sizeof(text), "%.380s; hearing it with %s on this machine instead",
             remote_why->text, line->hub->fallback.engine->name);
    hub_report(line, REPORT_TROUBLE, line->work.utterance, NULL, err, text, NULL);
    rest_remote(line->hub);
    line->work.local = true;
    err = catch_up(line, &why);
    if (err)
        give_up(line, err, &why);
    return err == 0;
}

/** An engine call failed. True: continue, another stream has been fed all of the kept audio. */
static bool recover(struct asr_line *line, int err, const struct errbuf *why)
{
    close_stream(line);
    if (err == UV_ECANCELED || is_stopping(line)) /* interrupted by us: nobody wants the result */
        return false;
    if (!line->work.local && line->hub->fallback.engine)
        return fall_back(line, err, why);
    if (line->work.local || !line->hub->main.engine->remote) {
        give_up(line, err, why);
        return false;
    }
    return false; /* remote without a fallback: run_end() tries again */
}

static bool is_waiting_remote(const struct asr_line *line)
{
    return !line->dead && !line->work.local && line->hub->main.engine->remote &&
           !line->hub->fallback.engine;
}

/* ---------------------------------------------------------------- pieces */

static void keep(struct asr_line *line, const int16_t *pcm, size_t n)
{
    struct hearing_side *w = &line->work;

    if (!line->hub->main.engine->remote)
        return;
    w->torn |= w->kept_n + n > (size_t)LINE_KEPT_MAX_MS * SAMPLES_PER_MS;
    if (!w->torn && w->kept_n + n > w->kept_cap) {
        size_t cap = (w->kept_n + n) * 2;
        int16_t *more = realloc(w->kept, cap * sizeof(*more));

        w->torn = !more; /* only the service can recognise it now */
        w->kept = more ? more : w->kept;
        w->kept_cap = more ? cap : w->kept_cap;
    }
    if (w->torn)
        return;
    memcpy(w->kept + w->kept_n, pcm, n * sizeof(*pcm));
    w->kept_n += n;
}

static void run_begin(struct asr_line *line, const struct piece *p)
{
    struct hearing_side *w = &line->work;
    struct errbuf why = {{0}};
    int err;

    w->utterance = p->utterance;
    w->since_partial = w->kept_n = 0;
    w->tries = 0;
    w->running = true;
    w->rested = w->torn = false;
    uv_mutex_lock(&line->hub->lock);
    w->local = line->hub->fallback.engine && clock_mono_ms() < line->hub->remote_after;
    uv_mutex_unlock(&line->hub->lock);
    err = catch_up(line, &why);
    if (err)
        recover(line, err, &why);
}

static void run_audio(struct asr_line *line, const struct piece *p)
{
    struct errbuf why = {{0}};
    int err;

    keep(line, p->pcm, p->n);
    line->work.since_partial += p->n;
    if (!current_stream(line))
        return;
    err = current_model(line)->engine->feed(current_stream(line), p->pcm, p->n, &why);
    if (err)
        recover(line, err, &why);
}

/* Done even if the end of the utterance is already known and nobody waits for the text: what an
 * engine decodes at a pause may become the final, so the words must not depend on how busy the
 * engine was. */
static void run_prefetch_final(struct asr_line *line)
{
    const struct asr_engine *engine = current_model(line)->engine;
    struct asr_result res = {.text = ""};
    struct errbuf why = {{0}};
    bool over;
    int err = 0;

    uv_mutex_lock(&line->hub->lock);
    over = line->first && line->first->kind == PIECE_END;
    uv_mutex_unlock(&line->hub->lock);
    if (!current_stream(line))
        return;
    if (engine->prefetch_final)
        err = engine->prefetch_final(current_stream(line), &why);
    if (!err && !over && engine->partial)
        err = engine->partial(current_stream(line), &res, &why);
    line->work.since_partial = 0;
    if (err)
        recover(line, err, &why);
    else if (!over)
        hub_report(line, REPORT_PREFETCHED, line->work.utterance, &res, 0, NULL, NULL);
}

/** Puts the end back into the queue and waits: the service may recover. */
static void try_later(struct asr_line *line, struct piece *p, int err, const struct errbuf *why)
{
    struct asr_hub *hub = line->hub;
    uint64_t wait = (uint64_t)RETRY_FIRST_MS << line->work.tries;

    hub_report(line, REPORT_TROUBLE, p->utterance, NULL, err, why->text, NULL);
    line->work.tries++;
    uv_mutex_lock(&hub->lock);
    line->not_before = clock_mono_ms() + wait;
    p->next = line->first;
    line->first = p;
    if (!line->last)
        line->last = p;
    line->pressing++;
    uv_mutex_unlock(&hub->lock);
}

static int finish(struct asr_line *line, struct asr_result *res, struct errbuf *why)
{
    int err = current_stream(line) ? 0 : catch_up(line, why);

    return err ? err : current_model(line)->engine->finish(current_stream(line), res, why);
}

/** Reports a problem that the engine recovered from by itself. */
static void tell_note(struct asr_line *line)
{
    const struct asr_engine *engine = current_model(line)->engine;
    char text[NOTE_MAX];

    if (engine->note && engine->note(current_stream(line), text, sizeof(text)))
        hub_report(line, REPORT_TROUBLE, line->work.utterance, NULL, 0, text, NULL);
}

/** True if the piece went back into the queue. */
static bool run_end(struct asr_line *line, struct piece *p)
{
    struct asr_result res = {.text = ""};
    struct errbuf why = {{0}};
    int err = finish(line, &res, &why);

    while (err && recover(line, err, &why)) {
        why.text[0] = '\0';
        err = finish(line, &res, &why);
    }
    if (!err) {
        line->work.running = false;
        tell_note(line);
        hub_report(line, REPORT_FINAL, p->utterance, &res, 0, current_model(line)->engine->name,
                   NULL);
    } else if (is_waiting_remote(line) && !is_stopping(line)) {
        if (err != UV_EACCES && !line->work.torn && line->work.tries + 1 < LINE_TRIES_MAX) {
            try_later(line, p, err, &why);
            return true;
        }
        give_up(line, err, &why);
    }
    return false;
}

/* ---------------------------------------------------------------- partials */

/** {lock} Number of voices that one worker has to serve, at least 1. */
static size_t crowd(const struct asr_hub *hub)
{
    size_t running = 0, workers = hub->thread_count > 0 ? (size_t)hub->thread_count : 1;

    for (const struct asr_line *line = hub->lines; line; line = line->next)
        running += line->backlog > 0 || line->busy;
    return running > workers ? (running + workers - 1) / workers : 1;
}

/** {lock} Is a pause or a final waiting for a worker? A line that waits for its remote service does
 *  not count, nor does anything behind it in its queue. */
static bool somebody_waits(const struct asr_hub *hub, uint64_t now)
{
    for (const struct asr_line *line = hub->lines; line; line = line->next) {
        if (line->pressing > 0 && !line->dead && line->not_before <= now)
            return true;
    }
    return false;
}

static bool partial_due(struct asr_line *line, const struct asr_engine *engine)
{
    struct asr_hub *hub = line->hub;
    size_t pace = (size_t)engine->pace_ms * SAMPLES_PER_MS;
    bool due;

    if (!engine->partial || !pace || line->work.since_partial < pace)
        return false;
    uv_mutex_lock(&hub->lock);
    due = !line->partial_on_way && !somebody_waits(hub, clock_mono_ms()) &&
          line->backlog < PARTIAL_BACKLOG_MAX && line->work.since_partial >= pace * crowd(hub);
    uv_mutex_unlock(&hub->lock);
    return due;
}

static void maybe_partial(struct asr_line *line)
{
    const struct asr_engine *engine = current_model(line)->engine;
    struct asr_result res = {.text = ""};
    struct errbuf why = {{0}};
    int err;

    if (!line->work.running || !current_stream(line) || !partial_due(line, engine))
        return;
    line->work.since_partial = 0;
    err = engine->partial(current_stream(line), &res, &why);
    if (err)
        recover(line, err, &why);
    else if (res.text[0])
        hub_report(line, REPORT_PARTIAL, line->work.utterance, &res, 0, NULL, NULL);
}

/* ---------------------------------------------------------------- the worker */

/** {lock} */
static struct piece *pop(struct asr_line *line)
{
    struct piece *p = line->first;

    if (!p || line->closing || line->dead || line->hub->stopping)
        return NULL;
    if (line->not_before && clock_mono_ms() < line->not_before)
        return NULL;
    line->not_before = 0;
    line->first = p->next;
    if (!line->first)
        line->last = NULL;
    p->next = NULL;
    line->backlog -= p->n;
    line->hub->backlog -= p->n;
    line->pressing -= piece_presses(p->kind);
    return p;
}

/** True if the piece may be freed. */
static bool run_piece(struct asr_line *line, struct piece *p)
{
    switch (p->kind) {
    case PIECE_BEGIN:
        run_begin(line, p);
        break;
    case PIECE_AUDIO:
        run_audio(line, p);
        break;
    case PIECE_PREFETCH_FINAL:
        run_prefetch_final(line);
        break;
    case PIECE_END:
        return !run_end(line, p);
    }
    return true;
}

static void get_ready(struct asr_line *line)
{
    struct errbuf why = {{0}};
    int err = prepare(line, &why);

    line->ready_told = true;
    if (err && !is_stopping(line))
        give_up(line, err, &why);
    if (!err)
        hub_report(line, REPORT_READY, 0, NULL, 0, line->hub->main.engine->name,
                   line->hub->main.name);
    if (!err && line->hub->main.taken_over[0]) /* an engine is never replaced silently */
        hub_report(line, REPORT_TROUBLE, 0, NULL, 0, line->hub->main.taken_over, NULL);
}

static void rest_stream(const struct asr_engine *engine, struct asr_stream *stream)
{
    if (stream && engine->rest)
        engine->rest(stream);
}

/** {lock} Streams of a line that has been silent for a while free memory. */
static bool may_rest(const struct asr_line *line)
{
    return !line->work.rested && !line->work.running && !line->first &&
           (line->work.stream || line->work.fallback);
}

static void maybe_rest(struct asr_line *line)
{
    bool rest;

    uv_mutex_lock(&line->hub->lock);
    rest = may_rest(line) && clock_mono_ms() >= line->served_at + LINE_REST_MS;
    uv_mutex_unlock(&line->hub->lock);
    if (!rest)
        return;
    rest_stream(line->hub->main.engine, line->work.stream);
    rest_stream(line->hub->fallback.engine, line->work.fallback);
    line->work.rested = true;
}

/** One turn: some audio, or everything up to the next final. */
static void serve(struct asr_line *line)
{
    struct asr_hub *hub = line->hub;
    size_t heard = 0;

    if (!line->ready_told)
        get_ready(line);
    maybe_rest(line);
    while (heard < LINE_TURN_MS * SAMPLES_PER_MS) {
        struct piece *p;

        uv_mutex_lock(&hub->lock);
        p = pop(line);
        uv_mutex_unlock(&hub->lock);
        if (!p)
            break;
        heard += p->kind == PIECE_END ? SIZE_MAX / 2 : p->n;
        if (run_piece(line, p))
            piece_free(p);
    }
    maybe_partial(line);
}

/** {lock} Can a worker do something for the line now? *soon is lowered to the time when it can. */
static bool is_due(const struct asr_line *line, uint64_t now, uint64_t *soon)
{
    if (line->busy)
        return false;
    if (line->closing)
        return true;
    if (line->dead)
        return false;
    if (!line->ready_told)
        return line->hub->main.state != MODEL_LOADING;
    if (line->not_before > now) {
        if (line->not_before < *soon)
            *soon = line->not_before;
        return false;
    }
    if (line->first)
        return true;
    if (may_rest(line) && line->served_at + LINE_REST_MS <= now)
        return true;
    if (may_rest(line) && line->served_at + LINE_REST_MS < *soon)
        *soon = line->served_at + LINE_REST_MS;
    return false;
}

static unsigned urgency(const struct asr_line *line)
{
    return line->closing ? 2 : line->pressing > 0;
}

/** {lock} */
static struct asr_line *pick(struct asr_hub *hub, uint64_t *soon)
{
    struct asr_line *best = NULL;
    uint64_t now = clock_mono_ms();

    *soon = now + WAIT_MAX_MS;
    for (struct asr_line *line = hub->lines; line; line = line->next) {
        if (!is_due(line, now, soon))
            continue;
        if (!best || urgency(line) > urgency(best) ||
            (urgency(line) == urgency(best) && line->served < best->served))
            best = line;
    }
    *soon -= now;
    return best;
}

/** {lock} Its streams are closed, and no worker uses it any more. */
static void end_line(struct asr_hub *hub, struct asr_line *line)
{
    struct asr_line **at = &hub->lines;

    while (*at != line)
        at = &(*at)->next;
    *at = line->next;
    uv_mutex_unlock(&hub->lock);
    line->work.local = false;
    close_stream(line);
    line->work.local = true;
    if (line->work.fallback)
        close_stream(line);
    line_release(line);
    hub_give_memory_back();
    uv_mutex_lock(&hub->lock);
}

/** {lock} */
static void serve_next(struct asr_hub *hub, struct asr_line *line)
{
    if (line->closing) {
        end_line(hub, line);
        return;
    }
    line->busy = true;
    line->served = ++hub->turn;
    uv_mutex_unlock(&hub->lock);
    serve(line);
    uv_mutex_lock(&hub->lock);
    line->busy = false;
    line->served_at = clock_mono_ms();
    uv_cond_signal(&hub->more); /* the line may be due again, and another worker may be free */
}

void hub_work(void *arg)
{
    struct asr_hub *hub = arg;

    uv_mutex_lock(&hub->lock);
    while (!hub->stopping) {
        uint64_t soon;
        struct asr_line *line = pick(hub, &soon);

        if (line) {
            serve_next(hub, line);
        } else if (hub->old.engine) {
            hub_model_unload_old(hub);
        } else if (hub->main.wanted && hub->main.state == MODEL_UNLOADED) {
            struct errbuf why;

            hub_model_load(hub, &hub->main,
                           &why); /* the first line reports what is wrong, if it still is */
        } else {
            wait_for_work(&hub->more, &hub->lock, uv_hrtime() + soon * 1000000);
        }
    }
    hub->working--;
    uv_mutex_unlock(&hub->lock);
}
