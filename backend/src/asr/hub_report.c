/**
 * @file asr/hub_report.c  Results of a worker, on their way to the handlers on the loop thread
 *
 * A report owns everything it points to. loop_post() keeps the order, and a line lives until its
 * last report has been delivered.
 */
#include "asr/hub_internal.h"
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_WAIT_MS = 20 }; /* before a report that must not be dropped is tried again */

/** A result on its way to the loop thread, with everything that it points to. */
struct report {
    struct asr_line *line;
    enum report_kind kind;
    uint32_t utterance;
    struct asr_result res;
    struct asr_word *words;
    char *text; /**< All text and words of the result, one after the other */
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

/* -------------------------------------------------------------------------- on the loop */

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

/* ------------------------------------------------------------------------ from a worker */

/** UV_ENOMEM, or UV_ECANCELED if the loop accepts nothing any more. */
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

    /* A final must not be dropped: the worker keeps trying until there is memory. */
    while (hub_report_now(line, kind, utterance, res, err, text, more) == UV_ENOMEM && !droppable &&
           !is_leaving(line))
        uv_sleep(MEMORY_WAIT_MS);
}
