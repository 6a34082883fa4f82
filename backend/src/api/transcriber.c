/**
 * @file api/transcriber.c  Transcribing recordings in the background, one after the other
 *
 *     look -> load (decode lane) -> hear (hub) -> save (request lane) -> look
 *
 * Every failure leads back to look, at once or later.
 */
#include "api/transcriber.h"

#include "api/app.h"
#include "asr/transcribe.h"
#include "audio/decode.h"
#include "base/clock.h"
#include "base/text.h"
#include "blob/blob.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "observe/log.h"
#include "store/sealed.h"

#include <stdlib.h>
#include <string.h>

enum { AGAIN_MS = 30000 }; /* after a failure that is not the recording's fault */

struct transcriber {
    const struct app *app;
    struct loop_timer *again;
    bool stopped;
    bool busy;  /* from look to look */
    bool woken; /* something arrived while busy */

    /* the current one */
    struct store_transcription now; /* id "": none */
    bool forgotten;
    struct transcribe *job;
    struct pcm pcm;
    int err; /* of loading or saving */
    struct errbuf why;
    int tries; /* of the current one */
    char tried[ID_TEXT_MAX];

    uv_mutex_t lock;
    char at_work[ID_TEXT_MAX]; /* {lock} */
    double done;               /* {lock} */
};

static void look(void *arg);

static void show(struct transcriber *t, const char *id, double done)
{
    uv_mutex_lock(&t->lock);
    text_copy(t->at_work, sizeof(t->at_work), id, strlen(id));
    t->done = done;
    uv_mutex_unlock(&t->lock);
}

/* Ready for the next one. */
static void clear(struct transcriber *t)
{
    show(t, "", 0);
    store_transcription_release(&t->now);
    t->now = (struct store_transcription){0};
    pcm_release(&t->pcm);
    t->forgotten = false;
    t->err = 0;
    t->why.text[0] = '\0';
    t->busy = false;
}

static void next(struct transcriber *t)
{
    clear(t);
    if (!t->stopped)
        look(t);
}

static void later(struct transcriber *t)
{
    clear(t);
    if (!t->stopped)
        timer_start(t->again, AGAIN_MS, 0);
}

/* -------------------------------------------------------------------------------- saving */

static void save(void *arg)
{
    struct transcriber *t = arg;

    t->err = sealed_transcription_finish(t->app->store, t->app->seal, &t->now, &t->why);
}

static void saved(int err, void *arg)
{
    struct transcriber *t = arg;

    if (!err && t->err && t->err != UV_ENOENT) {
        log_error("transcribe", "%s: %s", t->now.id, t->why.text);
        err = t->err;
    }
    if (err)
        later(t); /* it is still waiting in the store */
    else
        next(t); /* UV_ENOENT: it was erased meanwhile */
}

static void finish(struct transcriber *t)
{
    t->now.finished_at = clock_unix_ms();
    if (t->stopped || lane_submit(t->app->lanes, LANE_REQUEST, save, saved, t))
        later(t);
}

static void fail(struct transcriber *t, const char *sentence)
{
    t->now.state = STORE_FAILED;
    t->now.error = strdup(sentence && sentence[0] ? sentence : "It cannot be transcribed.");
    if (t->now.error)
        finish(t);
    else
        later(t);
}

/* After a failure that is not the recording's fault. */
static void try_again(struct transcriber *t, const char *sentence)
{
    if (strcmp(t->tried, t->now.id) != 0)
        t->tries = 0;
    memcpy(t->tried, t->now.id, sizeof(t->tried));
    if (++t->tries < TRANSCRIBER_TRIES)
        later(t);
    else
        fail(t, sentence);
}

static void went_wrong(struct transcriber *t, int err, const char *sentence)
{
    if (err == UV_EINVAL || err == UV_ENOTSUP || err == UV_E2BIG || err == UV_ENOENT ||
        err == UV_EILSEQ)
        fail(t, sentence);
    else
        try_again(t, sentence);
}

/* ------------------------------------------------------------------------------- hearing */

static void on_progress(double done, void *arg)
{
    struct transcriber *t = arg;

    show(t, t->now.id, done);
}

static void on_done(int err, const char *message, struct transcript *transcript, void *arg)
{
    struct transcriber *t = arg;
    json_t *json;

    t->job = NULL;
    if (err) {
        went_wrong(t, err, message);
        return;
    }
    json = transcript_json(transcript, false);
    transcript_release(transcript);
    t->now.result = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    t->now.state = STORE_DONE;
    if (t->now.result)
        finish(t);
    else
        later(t);
}

static void hear(struct transcriber *t)
{
    static const struct transcribe_handlers handlers = {.on_progress = on_progress,
                                                        .on_done = on_done};
    struct asr_params params = {.language = t->now.language, .patient = true};
    int err = transcribe_start(&t->job, t->app->hub, &t->pcm, &params, &handlers, t, &t->why);

    if (err)
        went_wrong(t, err, t->why.text);
}

/* ------------------------------------------------------------------------------- loading */

static int64_t read_blob(void *arg, uint64_t offset, void *to, size_t n)
{
    return blob_read(arg, offset, to, n, NULL);
}

static int decode(struct transcriber *t)
{
    struct media_source source = {.read = read_blob};
    struct blob_reader *r = NULL;
    int err = blob_open(&r, t->app->blobs, t->now.recording_id, &t->why);

    if (err)
        return err;
    source.arg = r;
    source.size = blob_size(r);
    err = audio_decode(&source, &t->pcm, &t->why);
    blob_close(r);
    return err;
}

static void load(void *arg)
{
    struct transcriber *t = arg;

    t->err = store_transcription_next(t->app->store, &t->now, &t->why);
    if (t->err)
        return;
    show(t, t->now.id, 0);
    t->err = decode(t);
}

static void loaded(int err, void *arg)
{
    struct transcriber *t = arg;
    bool none = !t->now.id[0];

    if (none && !err && t->err && t->err != UV_ENOENT)
        log_error("transcribe", "%s", t->why.text);
    if (err || t->stopped) {
        clear(t);
    } else if (none && t->woken) {
        next(t);
    } else if (none) {
        clear(t);
    } else if (t->forgotten) {
        next(t);
    } else if (t->err) {
        went_wrong(t, t->err, t->why.text);
    } else {
        hear(t);
    }
}

static void look(void *arg)
{
    struct transcriber *t = arg;

    t->woken = t->busy;
    if (t->busy || t->stopped)
        return;
    t->busy = true;
    if (lane_submit(t->app->lanes, LANE_DECODE, load, loaded, t))
        later(t);
}

/* ---- public ------------------------------------------------------------------------------- */

void transcriber_wake(struct transcriber *t)
{
    loop_post(t->app->loop, look, t);
}

struct forgetting {
    struct transcriber *t;
    char id[ID_TEXT_MAX];
};

static void forget(void *arg)
{
    struct forgetting *f = arg;
    struct transcriber *t = f->t;

    if (t->job && strcmp(t->now.id, f->id) == 0) {
        transcribe_cancel(t->job);
        t->job = NULL;
        next(t);
    } else {
        uv_mutex_lock(&t->lock); /* a worker may be writing the current one */
        t->forgotten = t->forgotten || strcmp(t->at_work, f->id) == 0;
        uv_mutex_unlock(&t->lock);
    }
    free(f);
}

void transcriber_forget(struct transcriber *t, const char *id)
{
    struct forgetting *f = malloc(sizeof(*f));

    if (!f)
        return; /* it is transcribed in vain, and then discarded */
    f->t = t;
    text_copy(f->id, sizeof(f->id), id, strlen(id));
    if (loop_post(t->app->loop, forget, f))
        free(f);
}

bool transcriber_progress(struct transcriber *t, const char *id, double *done)
{
    bool is;

    uv_mutex_lock(&t->lock);
    is = t->at_work[0] && strcmp(t->at_work, id) == 0;
    if (is)
        *done = t->done;
    uv_mutex_unlock(&t->lock);
    return is;
}

static void release(void *ptr)
{
    struct transcriber *t = ptr;

    uv_mutex_destroy(&t->lock);
    free(t);
}

int transcriber_open(struct transcriber **tp, const struct app *app, struct errbuf *why)
{
    struct transcriber *t = calloc(1, sizeof(*t));
    int err = t ? uv_mutex_init(&t->lock) : UV_ENOMEM;

    if (err) {
        free(t);
        return err_set(why, err, "out of memory");
    }
    t->app = app;
    err = timer_open(&t->again, app->loop, look, t);
    if (err) {
        release(t);
        return err_set(why, err, "out of memory");
    }
    transcriber_wake(t);
    *tp = t;
    return 0;
}

void transcriber_stop(struct transcriber *t)
{
    if (!t || t->stopped)
        return;
    t->stopped = true;
    timer_stop(t->again);
    if (t->job)
        transcribe_cancel(t->job);
    t->job = NULL;
}

void transcriber_close(struct transcriber *t)
{
    if (!t)
        return;
    t->stopped = true;
    clear(t);
    timer_close(t->again);
    loop_free_later(t->app->loop, t, release); /* posted calls still refer to it */
}
