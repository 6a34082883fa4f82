/**
 * @file live/recorder.c  Mixing the lines of an interview into one recording
 *
 * On the loop: lines, the mix, and what is queued. On a worker, one job at a time: the encoder, the
 * log, the store. A job takes the queued samples along, so neither side touches the other's data.
 */
#include "live/recorder.h"

#include "audio/decode.h"
#include "audio/level.h"
#include "audio/opus_file.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "blob/blob.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "observe/audit.h"
#include "observe/log.h"

#include <stdlib.h>
#include <string.h>

enum {
    LINES_MAX = 32,  /* as many as an interview has speakers */
    PIECES_MAX = 64, /* remembered gaps of a line, the newest ones */
    FIRST_SAMPLES = 1 << 14,
    PART_SAMPLES = RECORDER_RATE, /* encoded into one piece of the log */
};

struct samples {
    int16_t *at;
    size_t n;
    size_t room;
};

/** From here on, sample `line` of a line is sample `whole` of the recording. */
struct piece {
    uint64_t line;
    uint64_t whole;
};

struct line {
    uint64_t id; /* 0: none */
    struct samples waiting;
    uint64_t heard_ms; /* when its last sample came */
    struct piece pieces[PIECES_MAX];
    size_t piece_count; /* in total; only the newest are kept */
};

struct recorder {
    struct recorder_deps deps;
    struct recorder_handlers h;
    void *arg;
    struct loop_timer *timer;
    struct line lines[LINES_MAX];
    struct samples mixed; /* not yet passed to a worker */
    uint64_t whole;       /* samples mixed so far */
    struct level level;
    bool begun; /* on_begun was called */
    bool over;  /* on_over was called */
    int err;
    struct errbuf why;
    bool working;
    bool closing;
    bool closed;

    /* belongs to the worker while it works, except the ids of the record */
    struct job {
        struct store_recording record;
        bool has_record;
        struct opus_file *file;
        struct blob_log *log;
        struct samples samples;
        int64_t bytes;
        int64_t bytes_max;
        bool end;
        int err;
        struct errbuf why;
    } job;
};

static void samples_release(struct samples *s)
{
    if (s->at)
        explicit_bzero(s->at, s->room * sizeof(*s->at));
    free(s->at);
    *s = (struct samples){0};
}

static bool samples_make_room(struct samples *s, size_t n)
{
    size_t room = s->room ? s->room : FIRST_SAMPLES;
    int16_t *more;

    while (room < s->n + n)
        room *= 2;
    if (room == s->room)
        return true;
    more = realloc(s->at, room * sizeof(*more));
    if (!more)
        return false;
    s->at = more;
    s->room = room;
    return true;
}

/* ------------------------------------------------------------------------ with a worker */

static int append(struct job *job, const struct buf *out)
{
    int err = out->err ? err_set(&job->why, out->err, "out of memory") : 0;

    if (err || !out->len)
        return err;
    job->bytes += (int64_t)out->len;
    if (job->bytes > job->bytes_max)
        return err_set(&job->why, UV_ERANGE, "there is no room for more recordings of yours");
    return blob_log_append(job->log, out->data, out->len, &job->why);
}

static int write_samples(struct job *job, const int16_t *pcm, size_t n, enum opus_file_how how)
{
    struct buf out;
    int err;

    buf_init(&out, BLOB_CHUNK);
    err = opus_file_write(job->file, pcm, n, how, &out);
    err = err ? err_set(&job->why, err, "Opus cannot be written") : append(job, &out);
    buf_release(&out);
    return err;
}

/* The record, which must exist before the audio, and the header of the file. */
static int begin(const struct recorder_deps *deps, struct job *job)
{
    const struct opus_file_params params = {RECORDER_RATE, RECORDER_BITRATE};
    struct store_recording *record = &job->record;
    int64_t used = 0;
    struct buf head;
    int err = store_recording_bytes(deps->store, record->user_id, &used, &job->why);

    job->bytes_max = deps->bytes_max - used;
    buf_init(&head, BLOB_CHUNK);
    if (!err)
        err = opus_file_open(&job->file, &params, &job->why);
    if (!err)
        err = opus_file_write(job->file, NULL, 0, OPUS_FILE_FLUSH, &head);
    record->bytes = (int64_t)head.len;
    record->expires_at = deps->keep_until(deps->arg, record->user_id, record->created_at);
    if (!err)
        err = store_recording_add(deps->store, record, deps->bytes_max, &job->why);
    if (!err) {
        err = blob_log_create(&job->log, deps->blobs, record->id, &job->why);
        err = err ? err : append(job, &head);
        job->has_record = !err;
        if (err)
            store_recording_erase(deps->store, record->user_id, record->id, NULL);
        else if (audit(&(struct audit_event){.user = record->user_id,
                                             .action = "record",
                                             .kind = "audio",
                                             .id = record->id,
                                             .status = 201}))
            log_error("audit", "the audit log cannot be written");
    }
    buf_release(&head);
    return err;
}

struct tail {
    uint64_t duration_ms;
    struct errbuf *why;
};

static int end_pages(const void *last, size_t len, struct buf *more, void *arg)
{
    struct tail *tail = arg;

    return opus_file_mend(last, len, more, &tail->duration_ms, tail->why);
}

/* The log becomes a blob, the record is updated, and only then is the log removed: a kill at any
 * point leaves what the next start needs. */
static int make_whole(struct store *store, struct blob_store *blobs, struct store_recording *record,
                      struct errbuf *why)
{
    struct tail tail = {.why = why};
    uint64_t size = 0;
    int err = blob_log_end(blobs, record->id, end_pages, &tail, &size, why);

    if (err == UV_EOF || err == UV_ENOENT || (!err && !tail.duration_ms)) {
        err = store_recording_erase(store, record->user_id, record->id, why);
        blob_erase(blobs, record->id, NULL); /* otherwise the next start removes it */
        return err == UV_ENOENT ? 0 : err;
    }
    if (err)
        return err;
    record->bytes = (int64_t)size;
    record->duration_ms = (int64_t)tail.duration_ms;
    record->growing = 0;
    err = store_recording_finish(store, record, why);
    if (err == UV_ENOENT) { /* erased meanwhile */
        blob_erase(blobs, record->id, NULL);
        return 0;
    }
    if (!err)
        err = blob_claim(blobs, record->id, why);
    return err ? err : blob_log_drop(blobs, record->id, why);
}

int recorder_mend(struct store *store, struct blob_store *blobs,
                  const struct store_recording *recording, struct errbuf *why)
{
    struct store_recording record = *recording; /* its texts remain the caller's */

    return make_whole(store, blobs, &record, why);
}

static void finish(struct recorder *r)
{
    struct job *job = &r->job;
    struct errbuf why = {""};
    int err;

    if (!job->err && job->log)
        write_samples(job, NULL, 0, OPUS_FILE_END);
    blob_log_close(job->log);
    job->log = NULL;
    if (!job->has_record)
        return;
    job->record.quality = level_silent(&r->level)    ? STORE_SOUND_SILENT
                          : level_clipped(&r->level) ? STORE_SOUND_CLIPPED
                                                     : STORE_SOUND_GOOD;
    err = make_whole(r->deps.store, r->deps.blobs, &job->record, &why);
    if (err)
        log_error("audio", "%s: the recording is made whole at the next start: %s", job->record.id,
                  why.text[0] ? why.text : uv_strerror(err));
}

static void work(void *arg)
{
    struct recorder *r = arg;
    struct job *job = &r->job;

    if (!job->has_record && !job->err)
        job->err = begin(&r->deps, job);
    for (size_t at = 0; at < job->samples.n && !job->err; at += PART_SAMPLES) {
        size_t n = job->samples.n - at < PART_SAMPLES ? job->samples.n - at : PART_SAMPLES;

        job->err = write_samples(job, job->samples.at + at, n, OPUS_FILE_FLUSH);
    }
    if (job->end)
        finish(r);
}

/* ------------------------------------------------------------------------------- the mix */

static void fail(struct recorder *r, int err, const char *text)
{
    r->err = r->err ? r->err : err;
    if (text && !r->why.text[0])
        err_set(&r->why, err, "%s", text);
}

static size_t most_waiting(const struct recorder *r)
{
    size_t most = 0;

    for (size_t i = 0; i < LINES_MAX; i++)
        most = r->lines[i].waiting.n > most ? r->lines[i].waiting.n : most;
    return most;
}

/* How many samples can be mixed: as many as the shortest of the active lines has. */
static size_t mixable(const struct recorder *r, bool all)
{
    size_t most = most_waiting(r), n = most;
    uint64_t now = clock_mono_ms();

    for (size_t i = 0; i < LINES_MAX && !all; i++) {
        const struct line *l = &r->lines[i];

        if (l->id && now - l->heard_ms < RECORDER_ABSENT_MS && l->waiting.n < n)
            n = l->waiting.n;
    }
    return most - n > RECORDER_LINE_MAX ? most - RECORDER_LINE_MAX : n;
}

static void mix(struct recorder *r, bool all)
{
    size_t n = mixable(r, all);
    int16_t *to;

    if (!n || r->err)
        return;
    if (r->mixed.n + n > RECORDER_WAITING_MAX) {
        fail(r, UV_ENOBUFS, "the disk is too slow for the recording");
        return;
    }
    if (!samples_make_room(&r->mixed, n)) {
        fail(r, UV_ENOMEM, "not enough memory to record");
        return;
    }
    to = r->mixed.at + r->mixed.n;
    memset(to, 0, n * sizeof(*to));
    for (size_t i = 0; i < LINES_MAX; i++) {
        struct samples *from = &r->lines[i].waiting;
        size_t take = from->n < n ? from->n : n;

        for (size_t k = 0; k < take; k++) {
            int sum = to[k] + from->at[k];

            to[k] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
        }
        from->n -= take;
        if (from->n)
            memmove(from->at, from->at + take, from->n * sizeof(*from->at));
    }
    level_add(&r->level, to, n);
    r->mixed.n += n;
    r->whole += n;
    if (r->whole / RECORDER_RATE >= AUDIO_LENGTH_MAX_S)
        fail(r, UV_E2BIG, "a recording is six hours long at most");
}

/* --------------------------------------------------------------------------- on the loop */

static void recorder_free(void *arg)
{
    struct recorder *r = arg;

    for (size_t i = 0; i < LINES_MAX; i++)
        samples_release(&r->lines[i].waiting);
    samples_release(&r->mixed);
    samples_release(&r->job.samples);
    opus_file_close(r->job.file);
    blob_log_close(r->job.log);
    free(r->job.record.wording);
    free(r);
}

static void gone(struct recorder *r)
{
    r->closed = true;
    timer_close(r->timer);
    loop_free_later(r->deps.loop, r, recorder_free);
    if (r->h.on_gone)
        r->h.on_gone(r->arg);
}

static void tell(struct recorder *r)
{
    if (r->closing)
        return;
    if (!r->begun && !r->working && r->job.has_record) {
        r->begun = true;
        if (r->h.on_begun)
            r->h.on_begun(r->arg);
    }
    if (r->closing || r->over || !r->err)
        return;
    r->over = true;
    if (r->h.on_over)
        r->h.on_over(r->err, r->why.text[0] ? r->why.text : uv_strerror(r->err), r->arg);
}

static void give_work(struct recorder *r);

static void worked(int err, void *arg)
{
    struct recorder *r = arg;

    r->working = false;
    r->job.samples.n = 0;
    if (err || r->job.end) { /* the lanes have closed: the next start completes it */
        gone(r);
        return;
    }
    if (r->job.err)
        fail(r, r->job.err, r->job.why.text);
    tell(r);
    if (r->closing)
        give_work(r);
}

static void give_work(struct recorder *r)
{
    struct samples empty = r->job.samples;
    int err;

    if (r->working || r->closed)
        return;
    mix(r, r->closing);
    if (!r->closing && r->job.has_record && !r->mixed.n)
        return;
    r->job.samples = r->mixed;
    r->mixed = empty;
    r->job.end = r->closing;
    err = lane_submit(r->deps.lanes, LANE_READ, work, worked, r);
    r->working = !err;
    if (!err)
        return;
    r->mixed = r->job.samples; /* later: the lane is full */
    r->job.samples = empty;
    if (err == UV_ECANCELED)
        gone(r);
}

static void on_timer(void *arg)
{
    struct recorder *r = arg;

    tell(r);
    if (!r->closed && (!r->err || r->closing))
        give_work(r);
}

int recorder_open(struct recorder **rp, const struct recorder_deps *deps,
                  const struct recorder_params *params, const struct recorder_handlers *h,
                  void *arg, struct errbuf *why)
{
    struct recorder *r = calloc(1, sizeof(*r));
    int64_t now = clock_unix_ms();
    struct store_recording *record;

    if (!r)
        return err_set(why, UV_ENOMEM, "not enough memory to record");
    record = &r->job.record;
    r->deps = *deps;
    r->h = *h;
    r->arg = arg;
    r->job.record = (struct store_recording){.format = (char *)(uintptr_t)OPUS_FILE_FORMAT,
                                             .created_at = now,
                                             .agreed_at = now,
                                             .growing = 1};
    id_new(record->id);
    text_copy(record->user_id, ID_TEXT_MAX, params->user_id, strlen(params->user_id));
    text_copy(record->session_id, ID_TEXT_MAX, params->session_id, strlen(params->session_id));
    record->wording = strdup(params->wording);
    if (!record->wording || timer_open(&r->timer, deps->loop, on_timer, r) ||
        timer_start(r->timer, RECORDER_EVERY_MS, RECORDER_EVERY_MS)) {
        timer_close(r->timer);
        recorder_free(r);
        return err_set(why, UV_ENOMEM, "not enough memory to record");
    }
    *rp = r;
    give_work(r);
    return 0;
}

const char *recorder_id(const struct recorder *r)
{
    return r->job.record.id;
}

uint64_t recorder_ms(const struct recorder *r)
{
    return r->whole * 1000 / RECORDER_RATE;
}

/* ---------------------------------------------------------------------------- its lines */

/* The line's slot; a new line gets that of the line silent for longest. */
static struct line *line_of(struct recorder *r, uint64_t id)
{
    struct line *oldest = NULL;

    for (size_t i = 0; i < LINES_MAX; i++) {
        struct line *l = &r->lines[i];

        if (l->id == id)
            return l;
        if (!l->waiting.n && (!oldest || l->heard_ms < oldest->heard_ms))
            oldest = l;
    }
    if (oldest) {
        oldest->id = id;
        oldest->piece_count = 0;
    }
    return oldest;
}

static struct piece *newest(struct line *l)
{
    return l->piece_count ? &l->pieces[(l->piece_count - 1) % PIECES_MAX] : NULL;
}

void recorder_hear(struct recorder *r, uint64_t line, uint64_t at, const int16_t *pcm, size_t n)
{
    struct line *l = r->err || r->closing ? NULL : line_of(r, line);
    struct piece *last = l ? newest(l) : NULL;
    uint64_t whole;

    if (!l || !n)
        return;
    if (l->waiting.n + n > 2 * RECORDER_LINE_MAX)
        mix(r, false);
    if (!samples_make_room(&l->waiting, n)) {
        fail(r, UV_ENOMEM, "not enough memory to record");
        return;
    }
    whole = r->whole + l->waiting.n;
    if (!last || at - last->line != whole - last->whole)
        l->pieces[l->piece_count++ % PIECES_MAX] = (struct piece){at, whole};
    memcpy(l->waiting.at + l->waiting.n, pcm, n * sizeof(*pcm));
    l->waiting.n += n;
    l->heard_ms = clock_mono_ms();
}

/* Where a sample of the line is in the recording. before: it precedes everything remembered. */
static uint64_t place_of(const struct line *l, uint64_t sample, bool *before)
{
    size_t n = l->piece_count < PIECES_MAX ? l->piece_count : PIECES_MAX;
    const struct piece *p = NULL;

    *before = true;
    for (size_t back = 1; back <= n && *before; back++) {
        p = &l->pieces[(l->piece_count - back) % PIECES_MAX];
        *before = p->line > sample;
    }
    return *before ? p->whole : p->whole + (sample - p->line);
}

bool recorder_place(const struct recorder *r, uint64_t line, uint64_t from_ms, uint64_t to_ms,
                    struct recorder_place *place)
{
    const uint64_t a_ms = RECORDER_RATE / 1000;
    const struct line *l = r->lines;
    bool before_from, before_to;
    uint64_t from, to;

    while (l < r->lines + LINES_MAX && l->id != line)
        l++;
    if (!r->begun || l == r->lines + LINES_MAX || !l->piece_count)
        return false;
    from = place_of(l, from_ms * a_ms, &before_from);
    to = place_of(l, to_ms * a_ms, &before_to);
    if (before_to || to <= from)
        return false;
    memcpy(place->recording, r->job.record.id, sizeof(place->recording));
    place->from_ms = from / a_ms;
    place->to_ms = to / a_ms;
    return true;
}

/* ------------------------------------------------------------------------------- its end */

void recorder_close(struct recorder *r)
{
    if (!r || r->closing)
        return;
    r->closing = true;
    give_work(r);
}

void recorder_forget(struct recorder *r)
{
    r->h = (struct recorder_handlers){0};
    recorder_close(r);
}
