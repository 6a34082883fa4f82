/**
 * @file asr/hub_line.c  A line: its place among the lines_max, and its queue of pieces
 *
 * The loop thread pushes pieces (begin, audio, prefetch final, end) and removes those that it
 * cancels; hub_work.c takes them from the front.
 */
#include "asr/hub_internal.h"

#include <stdlib.h>
#include <string.h>

enum { AUDIO_PIECE_MIN = 3200 }; /* least capacity of a piece: 200 ms of samples */

/* ---- open and close ----------------------------------------------------------------------- */

static void drop_line_params(struct asr_params *p)
{
    for (size_t i = 0; p->vocabulary && i < p->vocabulary_count; i++)
        hub_drop_text(p->vocabulary[i]);
    free((void *)(uintptr_t)p->vocabulary);
    hub_drop_text(p->language);
    hub_drop_text(p->prompt);
}

static int take_line_params(struct asr_params *to, const struct asr_params *from)
{
    const char **words;
    int err = 0;

    if (!from)
        return 0;
    hub_keep_text(&to->language, from->language, &err);
    hub_keep_text(&to->prompt, from->prompt, &err);
    to->patient = from->patient;
    to->translate = from->translate;
    if (err || !from->vocabulary_count)
        return err;
    words = calloc(from->vocabulary_count, sizeof(*words));
    if (!words)
        return UV_ENOMEM;
    for (size_t i = 0; i < from->vocabulary_count; i++)
        hub_keep_text(&words[i], from->vocabulary[i], &err);
    to->vocabulary = words;
    to->vocabulary_count = from->vocabulary_count;
    return err;
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
    hub_model_take_better(hub, line->params.language);
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

void line_interrupt(struct asr_line *line)
{
    const struct asr_hub *hub = line->hub;

    if (line->work.stream && hub->main.engine->interrupt)
        hub->main.engine->interrupt(line->work.stream);
    if (line->work.fallback && hub->fallback.engine->interrupt)
        hub->fallback.engine->interrupt(line->work.fallback);
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
        line_interrupt(line);
        uv_cond_signal(&hub->more);
    }
    uv_mutex_unlock(&hub->lock);
    line_release(line);
}

bool asr_line_gone(const struct asr_line *line)
{
    return line->failed || line->hub->shut;
}

/* ---- queue -------------------------------------------------------------------------------- */

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
        line->pressing -= piece_presses(p->kind);
        piece_free(p);
    }
    line->last = NULL;
    line->hub->backlog -= line->backlog;
    line->backlog = 0;
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

/** {lock} Tells the engine to abandon a partial in progress, which would delay this line. */
static void hurry(struct asr_line *line)
{
    const struct asr_hub *hub = line->hub;

    if (line->work.stream && hub->main.engine->hurry)
        hub->main.engine->hurry(line->work.stream);
    if (line->work.fallback && hub->fallback.engine->hurry)
        hub->fallback.engine->hurry(line->work.fallback);
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
    if (!err && piece_presses(kind)) {
        line->pressing++;
        hurry(line);
    }
    if (!err)
        uv_cond_signal(&hub->more);
    uv_mutex_unlock(&hub->lock);
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

/** {lock} Removes an utterance's pieces from the queue; it is always the last one there. */
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
        line->pressing -= piece_presses(p->kind);
        line->backlog -= p->n;
        line->hub->backlog -= p->n;
        piece_free(p);
    }
}

uint32_t asr_line_backlog_ms(const struct asr_line *line)
{
    size_t n;

    uv_mutex_lock(&line->hub->lock);
    n = line->backlog;
    uv_mutex_unlock(&line->hub->lock);
    return (uint32_t)(n / SAMPLES_PER_MS);
}

/* ---- utterances --------------------------------------------------------------------------- */

/** {lock} May a line that was silent so far get a place? */
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

/** At the first utterance: takes a place, which the line keeps until it closes. A refusal is
 *  reported as the line's error. */
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
