/**
 * @file live/transcript_writer.c  Writing exchanges to the store, in order, from the loop
 */
#include "live/transcript_writer.h"

#include "answer/outline.h"
#include "base/about.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "live/live.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "observe/log.h"
#include "store/sealed.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    DETAIL_MAX = 4 << 20, /* longest detail JSON [bytes] */
    AGAIN_MS = 50,        /* after the store lane was full */
    AWAY_MS = 500,        /* after its server could not be reached */
};

struct job {
    struct job *next;
    struct transcript_writer *writer;
    struct store_transcript row;
    bool erase;    /* the row goes */
    int discarded; /* no row: adds this to the session of user_id; 0: a row */
    char user_id[ID_TEXT_MAX];
    void (*stored)(int err, void *arg);
    void *arg;
    int tries;
    int err;
    struct errbuf why;
};

struct transcript_writer {
    struct live_deps deps; /* a copy: the registry may be freed before the last write is done */
    struct job *first;     /* the first one is on a worker, or waits for the timer */
    struct job **last;
    struct loop_timer *again;
    bool working;         /* a worker has the first one, or will */
    bool away;            /* the store's server was away at the last try, which was logged */
    uint64_t hurry_until; /* [ms] of the monotonic clock; 0: there is time */
    bool over;            /* the lanes have closed: they are not tried again */
    bool closed;
    void (*idle)(void *arg);
    void *arg;
};

static void on_again(void *arg);

int transcript_writer_open(struct transcript_writer **wp, const struct live_deps *deps,
                           void (*idle)(void *arg), void *arg)
{
    struct transcript_writer *writer = calloc(1, sizeof(*writer));

    if (!writer || timer_open(&writer->again, deps->loop, on_again, writer)) {
        free(writer);
        return UV_ENOMEM;
    }
    writer->deps = *deps;
    writer->last = &writer->first;
    writer->idle = idle;
    writer->arg = arg;
    *wp = writer;
    return 0;
}

bool transcript_writer_busy(const struct transcript_writer *writer)
{
    return writer->first != NULL;
}

static void give_up(struct transcript_writer *writer);

static void writer_free(struct transcript_writer *writer)
{
    give_up(writer);
    loop_free_later(writer->deps.loop, writer, free);
}

void transcript_writer_close(struct transcript_writer *writer)
{
    if (!writer || writer->closed)
        return;
    writer->closed = true;
    timer_close(writer->again);
    if (!writer->working) /* otherwise after the worker is done */
        writer_free(writer);
}

/* ----------------------------------------------------------------- what is written */

json_t *transcript_points(const char *question, const struct llm_point *points, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct llm_point *p = &points[i];
        json_t *point = json_object();
        json_t *source = json_object();

        json_set_str(point, "text", p->text);
        if (p->label)
            json_set_str(point, "label", p->label);
        json_set_str(source, "field", p->field ? p->field : "question");
        json_set_str(source, "quote", p->field ? p->quote : question);
        json_object_set_new(point, "source", source);
        json_array_append_new(list, point);
    }
    return list;
}

/* Null if the stage did not happen (openapi: Latency). */
static void set_stage(json_t *obj, const char *key, int64_t ms)
{
    json_object_set_new(obj, key, ms < 0 ? json_null() : json_integer((json_int_t)ms));
}

json_t *transcript_latency(const struct answer_latency *latency)
{
    json_t *obj = json_object();

    set_stage(obj, "finalMs", latency->final_ms);
    set_stage(obj, "outlineMs", latency->outline_ms);
    set_stage(obj, "firstTokenMs", latency->first_token_ms);
    set_stage(obj, "totalMs", latency->total_ms);
    return obj;
}

json_t *transcript_unsupported(const struct claim *unsupported, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:I, s:I, s:s}", "start",
                                              (json_int_t)unsupported[i].start, "end",
                                              (json_int_t)unsupported[i].end, "why",
                                              claim_kind_name(unsupported[i].kind)));
    return list;
}

void transcript_set_shown(json_t *to, const struct outline_shown *shown)
{
    json_t *keys = json_array();

    for (size_t i = 0; i < shown->key_count; i++) {
        json_t *key = json_object();

        json_set_str(key, "text", shown->keys[i].text);
        json_set_str(key, "number", shown->keys[i].number[0] ? shown->keys[i].number : NULL);
        json_array_append_new(keys, key);
    }
    json_set_str(to, "lead", shown->lead);
    json_object_set_new(to, "keys", keys);
    json_object_set_new(to, "fits", json_boolean(shown->fits));
}

static int count_words(const char *text)
{
    int words = 0;
    bool in_word = false;

    for (; *text; text++) {
        bool space = isspace((unsigned char)*text) != 0;

        words += !space && !in_word;
        in_word = !space;
    }
    return words;
}

static char *dump(json_t *value)
{
    struct buf out;

    buf_init(&out, DETAIL_MAX);
    json_write(&out, value);
    json_decref(value);
    return buf_steal(&out, NULL);
}

static char *metrics(const struct transcript_pair *pair)
{
    json_t *m = json_object();

    json_object_set_new(m, "responseTime", json_thousandths(pair->response_s));
    json_object_set_new(m, "wordCount", json_integer(count_words(pair->answer)));
    json_object_set_new(m, "confidence", json_confidence((double)pair->confidence));
    json_object_set_new(m, "qualityScore",
                        pair->quality < 0 ? json_null() : json_integer(pair->quality));
    if (pair->speech_ms)
        json_object_set_new(m, "speechMs", json_integer((json_int_t)pair->speech_ms));
    return dump(m);
}

static char *detail(const struct transcript_pair *pair)
{
    json_t *d = json_object();

    if (pair->speaker)
        json_set_str(d, "speaker", pair->speaker);
    if (pair->speaker && pair->voice >= 0)
        json_object_set_new(d, "voice", json_thousandths((double)pair->voice));
    if (pair->heard)
        json_set_str(d, "heard", pair->heard);
    if (pair->outdated)
        json_object_set_new(d, "answerOutdated", json_true());
    if (pair->unfinished)
        json_set_str(d, "unfinished", id_of_process());
    if (pair->unsupported_count)
        json_object_set_new(d, "unsupported",
                            transcript_unsupported(pair->unsupported, pair->unsupported_count));
    if (pair->ended) {
        json_set_str(d, "kind", question_kind_name(pair->kind));
        if (pair->shown)
            transcript_set_shown(d, pair->shown);
        json_object_set_new(d, "outline",
                            transcript_points(pair->question, pair->points, pair->point_count));
        json_set_str(d, "provider", pair->provider);
        json_set_str(d, "model", pair->model);
        json_set_str(d, "finishReason", answer_finish_name(pair->finish));
        json_object_set_new(d, "latency", transcript_latency(&pair->latency));
    }
    return dump(d);
}

static int fill(struct store_transcript *row, const struct transcript_pair *pair)
{
    text_copy(row->id, sizeof(row->id), pair->transcript_id, strlen(pair->transcript_id));
    text_copy(row->session_id, sizeof(row->session_id), pair->session_id, strlen(pair->session_id));
    row->question_number = pair->number;
    row->timestamp = pair->timestamp;
    row->ended_at = pair->timestamp + (int64_t)pair->speech_ms +
                    (pair->ended ? (int64_t)(1000 * pair->response_s) : 0);
    row->line = pair->line;
    if (pair->ended && pair->provider[0]) {
        row->provider = strdup(pair->provider);
        if (!row->provider)
            return UV_ENOMEM;
    }
    row->question = strdup(pair->question);
    row->answer = strdup(pair->answer);
    row->metrics = metrics(pair);
    row->detail = detail(pair);
    row->audio_url = pair->audio_url ? strdup(pair->audio_url) : NULL;
    return row->question && row->answer && row->metrics && row->detail ? 0 : UV_ENOMEM;
}

/* ---- queue
 * ------------------------------------------------------------------------------------- */

static int set_discarded(struct store_session *session, void *arg)
{
    const int *discarded = arg;
    json_t *metadata = json_parse(session->metadata, strlen(session->metadata));
    char *text = NULL;

    if (!metadata)
        metadata = json_object();
    json_object_set_new(metadata, SESSION_DISCARDED, json_integer(*discarded));
    text = dump(metadata);
    if (!text)
        return UV_ENOMEM;
    free(session->metadata);
    session->metadata = text;
    return 0;
}

/* A session that was erased meanwhile has nothing to count. */
static int write_discarded(struct job *job)
{
    const struct live_deps *deps = &job->writer->deps;
    struct store_session session = {0};
    int err = sealed_session_change(deps->store, deps->seal, job->user_id, job->row.session_id,
                                    set_discarded, &job->discarded, &session, &job->why);

    store_session_release(&session);
    return err == UV_ENOENT ? 0 : err;
}

static void write_row(void *arg)
{
    struct job *job = arg;
    const struct live_deps *deps = &job->writer->deps;

    job->tries++;
    if (job->discarded)
        job->err = write_discarded(job);
    else if (job->erase)
        job->err = store_transcript_erase(deps->store, job->row.session_id, job->row.id, &job->why);
    else
        job->err = sealed_transcript_put(deps->store, deps->seal, &job->row, &job->why);
}

static void finish_first(struct transcript_writer *writer)
{
    struct job *job = writer->first;
    struct about before = about_set((struct about){.session = job->row.session_id});

    if (job->err)
        log_error("live", "what was said could not be stored: %s",
                  job->err == UV_ECANCELED ? "the program has ended"
                  : job->why.text[0]       ? job->why.text
                                           : uv_strerror(job->err));
    about_set(before);
    if (job->stored)
        job->stored(job->err, job->arg); /* writer is still busy, so nobody closes it in there */
    writer->first = job->next;
    if (!writer->first)
        writer->last = &writer->first;
    store_transcript_release(&job->row);
    free(job);
}

/* Nothing is written any more: reports that for all queued jobs, including those added
 * meanwhile. */
static void give_up(struct transcript_writer *writer)
{
    while (writer->first) {
        writer->first->err = UV_ECANCELED;
        finish_first(writer);
    }
}

static void written(int err, void *arg);

/* A full queue must not lose an exchange: it is tried again. That the lanes have closed is also
 * reported from the timer, because we may be inside transcript_write(). */
static int start_first(struct transcript_writer *writer)
{
    struct job *job = writer->first;
    int err = 0;

    if (job)
        err = writer->over ? UV_ECANCELED
                           : lane_submit(writer->deps.lanes, LANE_STORE, write_row, written, job);
    writer->working = job && !err;
    writer->over |= err == UV_ECANCELED;
    if (err)
        timer_start(writer->again, writer->over ? 0 : AGAIN_MS, 0);
    return err;
}

/* What is said meanwhile is kept here, and written when the server is there again. */
static bool waits_for_server(struct transcript_writer *writer, const struct job *job)
{
    struct about before;
    bool away = job->err == UV_ENOTCONN && !writer->over &&
                (!writer->hurry_until || clock_mono_ms() < writer->hurry_until);

    if (away != writer->away) {
        before = about_set((struct about){.session = job->row.session_id});
        if (away)
            log_warn("live", "what is said is kept in memory until it can be stored: %s",
                     job->why.text);
        else if (!job->err)
            log_info("live", "what was said meanwhile is being stored");
        about_set(before);
    }
    writer->away = away;
    return away && !timer_start(writer->again, AWAY_MS, 0);
}

/* Nobody waits for the server too: whoever does is told that this is not kept yet. */
static void tell_early(struct transcript_writer *writer)
{
    for (struct job *job = writer->first; job; job = job->next) {
        void (*stored)(int err, void *arg) = job->stored;

        job->stored = NULL;
        if (stored)
            stored(UV_ENOTCONN, job->arg); /* writer is still busy, so nobody closes it in there */
    }
}

static void go_on(struct transcript_writer *writer)
{
    if (start_first(writer) == UV_ECANCELED)
        give_up(writer);
    if (!writer->first)
        writer->idle(writer->arg); /* may close writer, which is freed at the end of the turn */
}

static void written(int err, void *arg)
{
    struct job *job = arg;
    struct transcript_writer *writer = job->writer;

    writer->working = false;
    if (err)
        job->err = err;
    if (!writer->closed && waits_for_server(writer, job)) {
        tell_early(writer);
        return;
    }
    if (job->err != UV_EAGAIN || job->tries >= TRANSCRIPT_TRIES)
        finish_first(writer);
    if (writer->closed)
        writer_free(writer);
    else
        go_on(writer);
}

void transcript_writer_hurry(struct transcript_writer *writer)
{
    writer->hurry_until = clock_mono_ms() + TRANSCRIPT_HURRY_MS;
}

static void on_again(void *arg)
{
    go_on(arg);
}

static void enqueue(struct transcript_writer *writer, struct job *job)
{
    bool was_idle = !writer->first;

    job->writer = writer;
    *writer->last = job;
    writer->last = &job->next;
    if (was_idle)
        start_first(writer);
}

int transcript_write(struct transcript_writer *writer, const struct transcript_pair *pair,
                     void (*stored)(int err, void *arg), void *arg)
{
    struct job *job = calloc(1, sizeof(*job));

    if (!job || fill(&job->row, pair)) {
        if (job)
            store_transcript_release(&job->row);
        free(job);
        return UV_ENOMEM;
    }
    job->stored = stored;
    job->arg = arg;
    enqueue(writer, job);
    return 0;
}

void transcript_erase(struct transcript_writer *writer, const char *session_id,
                      const char *transcript_id)
{
    struct job *job = writer->deps.keep ? calloc(1, sizeof(*job)) : NULL;

    if (!job)
        return;
    job->erase = true;
    text_copy(job->row.id, sizeof(job->row.id), transcript_id, strlen(transcript_id));
    text_copy(job->row.session_id, sizeof(job->row.session_id), session_id, strlen(session_id));
    enqueue(writer, job);
}

void transcript_count_discarded(struct transcript_writer *writer, const char *user_id,
                                const char *session_id, int discarded)
{
    struct job *job = writer->deps.keep ? calloc(1, sizeof(*job)) : NULL;

    if (!job)
        return;
    job->discarded = discarded;
    text_copy(job->user_id, sizeof(job->user_id), user_id, strlen(user_id));
    text_copy(job->row.session_id, sizeof(job->row.session_id), session_id, strlen(session_id));
    enqueue(writer, job);
}
