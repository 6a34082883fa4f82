/**
 * @file llm/outline.c  The built-in driver: streams the draft that was made from the profile
 *
 * The words come with the request (answer/spoken.h): they are quoted from the profile, so that
 * nothing about the candidate is invented. They are sent a few at a time from a timer, so that this
 * provider can be interrupted like any other.
 */
#include "llm/driver_internal.h"

#include "loop/loop.h"

#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 64 * 1024,
    STEP_MS = 8,    /* between two pieces: looks like writing, ends within half a second */
    STEP_WORDS = 3, /* words per piece */
};

static const char nothing[] = "There is nothing to say this from yet: add a profile.";

struct writer {
    struct llm_gen *gen;
    struct loop_timer *timer;
    struct buf text;
    size_t sent;
    bool started;
};

static void writer_release(void *state)
{
    struct writer *w = state;

    if (w->text.data)
        explicit_bzero(w->text.data, w->text.cap);
    buf_release(&w->text);
    free(w);
}

static size_t next_piece(const struct writer *w)
{
    size_t at = w->sent;

    for (int i = 0; i < STEP_WORDS && at < w->text.len; i++) {
        while (at < w->text.len && strchr(" \n", w->text.data[at]))
            at++;
        while (at < w->text.len && !strchr(" \n", w->text.data[at]))
            at++;
    }
    return at - w->sent;
}

static void on_step(void *arg)
{
    struct writer *w = arg;
    struct llm_gen *gen = w->gen;
    size_t n = next_piece(w);

    if (!w->started) {
        w->started = true;
        llm_emit_start(gen, "outline");
    }
    w->sent += n;
    llm_emit_delta(gen, w->text.data + w->sent - n, n);
    if (w->sent == w->text.len)
        llm_emit_end(gen, 0, LLM_STOP, 0, NULL);
}

static int outline_start(struct llm_gen *gen, const struct llm_request *req, struct errbuf *why)
{
    struct writer *w = calloc(1, sizeof(*w));
    int err;

    if (!w)
        return err_set(why, UV_ENOMEM, "out of memory");
    w->gen = gen;
    buf_init(&w->text, TEXT_MAX);
    buf_puts(&w->text, req->draft && *req->draft ? req->draft : nothing);
    err = w->text.err;
    if (!err)
        err = timer_open(&w->timer, gen->loop, on_step, w);
    if (!err)
        err = timer_start(w->timer, 0, STEP_MS);
    if (err) {
        timer_close(w->timer);
        writer_release(w);
        return err_set(why, err, "the outline cannot be written: %s", uv_strerror(err));
    }
    gen->state = w;
    return 0;
}

static void outline_cancel(struct llm_gen *gen)
{
    struct writer *w = gen->state;

    if (w)
        timer_close(w->timer);
}

const struct llm_driver llm_driver_outline = {
    .name = "outline",
    .plain = true,
    .start = outline_start,
    .cancel = outline_cancel,
    .release = writer_release,
};
