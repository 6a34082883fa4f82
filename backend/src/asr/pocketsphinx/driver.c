/**
 * @file asr/pocketsphinx/driver.c  Engine "pocketsphinx", seen from the server: child processes
 *
 * PocketSphinx crashes now and then, so it runs in other processes (worker.c, with the protocol of
 * wire.h). A model is a nursery: a child process that has loaded everything. A stream is a copy of
 * it, forked at the stream's first utterance.
 *
 * The audio of an utterance is kept until its text has come back. If the copy dies, or hangs and is
 * killed, another one is fed the kept audio and continues; it inherits the speaker's voice and the
 * words that were called stable. An utterance that kills two copies is decoded without the
 * profile's words (the usual suspects). One that keeps killing them at the same place, or kills
 * DEATHS_MAX, is abandoned with the words of its last partial. Both are reported (note).
 */
#include "asr/engine.h"
#include "asr/pocketsphinx/wire.h"
#include "base/clock.h"
#include "base/text.h"
#include "loop/child.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM "interviewd-pocketsphinx"
/** Where Debian's pocketsphinx-en-us puts the model; params->path names another folder. */
#define MODEL_FOLDER "/usr/share/pocketsphinx/model/en-us"

enum {
    PACE_MS = 300,
    STREAMS_MAX = 32,      /* copies at the same time; each has 10 to 60 MB of its own memory */
    LOAD_MS = 120000,      /* for a nursery to become ready */
    LOAD_STILL_MS = 20000, /* of those without computing: a slow disk may need them */
    BORN_MS = 20000,       /* for a copy to be forked */
    ANSWER_MS = 90000,     /* for one call; the copy ends itself after 60 s of computing */
    STILL_MS = 3000,       /* of those without computing: the copy hangs */
    SEND_MS = 10000,       /* for a copy to read what is sent */
    NURSERIES_MAX = 3,     /* started for one stream before it counts as an error */
    PLAIN_AFTER = 2,       /* deaths in an utterance, after which the profile's words are left
                              out */
    SAME_PLACE_MAX = 4,    /* deaths in a row after the same sample, after which the utterance is
                              abandoned */
    DEATHS_MAX = 40,       /* deaths in one utterance, anywhere, after which it is abandoned */
    AGAIN_PIECE = 3200,    /* samples per call when audio is fed again: shows where the copy dies */
    PAUSE_FIRST_MS = 20,   /* pause before the third copy for an utterance; then doubled each
                              time */
    PAUSE_MAX_MS = 320,
    KEPT_FIRST = 16000 * 8, /* initial capacity [samples] */
    TEXT_BYTES = 65536,
};

/** Not an error of the engine: the process at the other end is dead. */
enum { DIED = 1 };

struct asr_model {
    uv_mutex_t lock;
    struct child *nursery; /* {lock} NULL: it died and must be started again */
    struct frame_inbox inbox;
    size_t streams; /* {lock} */
    char folder[PATH_MAX];
};

/** A process that decodes one stream. */
struct copy {
    int fd;     /* its socket; negative: none */
    int pid;    /* to see whether it is computing */
    int handle; /* its pidfd, to kill it; negative: not supported by the system */
};

static const struct copy NO_COPY = {.fd = -1, .handle = -1};

struct asr_stream {
    struct asr_model *model;
    char **lines; /* of the profile */
    size_t line_count;
    uv_mutex_t lock;  /* interrupt() comes from any thread */
    struct copy copy; /* {lock} for writing */
    bool interrupted; /* {lock} */
    bool counted;     /* counted in model->streams */
    struct frame_inbox inbox;

    int16_t *kept; /* the utterance so far */
    size_t kept_n, kept_cap;
    bool unkept;     /* there was no memory to keep all of it */
    unsigned deaths; /* in this utterance */
    size_t heard_n;  /* samples fed to the copy */
    size_t died_at;  /* heard_n of the last copy that died */
    unsigned same;   /* how many in a row died there */
    bool plain;      /* the copy was opened without the profile's words */
    bool lost;       /* abandoned: the result is the last partial's text */
    struct buf voice, promised, text;
    struct ear_result result;
    char note[160];
};

/* ---------------------------------------------------------------- the nursery */

static int load_nursery(struct asr_model *m, const struct child_patience *patience,
                        struct errbuf *why)
{
    struct frame f;
    struct buf b;
    int fd = child_socket(m->nursery);
    int err;

    buf_init(&b, FRAME_MAX);
    pack_text(&b, m->folder);
    err = frame_send(fd, EAR_LOAD, b.data, b.len, SEND_MS);
    buf_release(&b);
    err = err ? err : child_await(child_pid(m->nursery), fd, patience);
    err = err ? err : frame_receive(fd, &m->inbox, &f, SEND_MS);
    if (err == UV_ECANCELED)
        return err_set(why, err, "interrupted");
    if (err)
        return err_set(why, err == UV_EOF ? UV_ECONNRESET : err,
                       "PocketSphinx's process ended while it loaded the model");
    return f.kind == EAR_READY ? 0 : ear_fail_read(&f, why);
}

/** {lock} */
static void drop_nursery(struct asr_model *m)
{
    child_close(m->nursery);
    m->nursery = NULL;
}

/** {lock} */
static int start_nursery(struct asr_model *m, bool (*stop)(void *arg), void *arg,
                         struct errbuf *why)
{
    const struct child_patience patience = {LOAD_STILL_MS, LOAD_MS, stop, arg};
    int err = child_start(&m->nursery, PROGRAM, why);

    if (!err && (err = load_nursery(m, &patience, why)))
        drop_nursery(m);
    return err;
}

static bool is_interrupted(void *arg)
{
    struct asr_stream *st = arg;
    bool interrupted;

    uv_mutex_lock(&st->lock);
    interrupted = st->interrupted;
    uv_mutex_unlock(&st->lock);
    return interrupted;
}

/* ---------------------------------------------------------------- a copy */

static void end_copy(const struct copy *c)
{
    if (c->handle >= 0) {
        pidfd_send_signal(c->handle, SIGKILL, NULL,
                          0); /* it may hang and never see its socket close */
        close(c->handle);
    }
    if (c->fd >= 0)
        close(c->fd);
}

/** {lock} of the model. The nursery reports on the copy's socket which process it is. */
static int meet_copy(struct asr_stream *st, struct copy *c, struct errbuf *why)
{
    const struct child_patience patience = {STILL_MS, BORN_MS, is_interrupted, st};
    struct frame f;
    struct taking t;
    int err = child_await(child_pid(st->model->nursery), c->fd, &patience);

    err = err ? err : frame_receive(c->fd, &st->inbox, &f, SEND_MS);
    if (err)
        return err == UV_ECANCELED ? err_set(why, err, "interrupted") : DIED;
    if (f.kind == EAR_FAIL)
        return ear_fail_read(&f, why);
    taking_init(&t, &f);
    c->pid = (int)take_u32(&t);
    if (f.kind != EAR_COPY || t.bad || t.left)
        return DIED;
    c->handle = st->inbox.passed;
    st->inbox.passed = -1;
    return 0;
}

/** {lock} of the model. Sends one end of a socket for a new copy. DIED: the nursery did not make
 *  one. */
static int order_copy(struct asr_stream *st, struct copy *c, struct errbuf *why)
{
    int pair[2];
    int err;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return err_set(why, -errno, "no socket to hear with: %s", strerror(errno));
    *c = NO_COPY;
    c->fd = pair[0];
    err = frame_send_with(child_socket(st->model->nursery), EAR_STREAM, NULL, 0, pair[1], SEND_MS);
    close(pair[1]);
    err = err ? DIED : meet_copy(st, c, why);
    if (err)
        end_copy(c);
    return err;
}

/** {lock} of the model. Starts as many nurseries as it takes, within reason. */
static int get_copy(struct asr_stream *st, struct copy *c, struct errbuf *why)
{
    struct asr_model *m = st->model;
    int err = DIED;

    for (int i = 0; err == DIED && i < NURSERIES_MAX; i++) {
        err = m->nursery ? 0 : start_nursery(m, is_interrupted, st, why);
        if (err && err != UV_ECANCELED)
            err = DIED;
        err = err ? err : order_copy(st, c, why);
        if (err == DIED)
            drop_nursery(m);
    }
    if (err != DIED)
        return err;
    return why->text[0] ? UV_ECONNRESET
                        : err_set(why, UV_ECONNRESET, "PocketSphinx's process does not stay alive");
}

static void set_copy(struct asr_stream *st, const struct copy *c)
{
    struct copy old;

    uv_mutex_lock(&st->lock);
    old = st->copy;
    st->copy = *c;
    uv_mutex_unlock(&st->lock);
    end_copy(&old);
}

static void leave_copy(struct asr_stream *st)
{
    set_copy(st, &NO_COPY);
    if (st->counted) {
        uv_mutex_lock(&st->model->lock);
        st->model->streams--;
        uv_mutex_unlock(&st->model->lock);
    }
    st->counted = false;
}

static int take_copy(struct asr_stream *st, struct errbuf *why)
{
    struct asr_model *m = st->model;
    struct copy c;
    int err = 0;

    leave_copy(st);
    uv_mutex_lock(&m->lock);
    if (m->streams >= STREAMS_MAX)
        err = err_set(why, UV_ENOBUFS,
                      "PocketSphinx hears %d streams at the same time, and all are taken",
                      STREAMS_MAX);
    err = err ? err : get_copy(st, &c, why);
    m->streams += err == 0;
    uv_mutex_unlock(&m->lock);
    if (err)
        return err;
    st->counted = true;
    set_copy(st, &c);
    return 0;
}

/** One call and its answer. 0, DIED, or an error. */
static int ask(struct asr_stream *st, enum ear_kind kind, const void *data, size_t len,
               struct errbuf *why)
{
    const struct child_patience patience = {STILL_MS, ANSWER_MS, is_interrupted, st};
    bool result = kind == EAR_PARTIAL || kind == EAR_FINISH;
    struct frame f;
    int err =
        st->copy.fd < 0 ? UV_EOF : frame_send(st->copy.fd, (uint16_t)kind, data, len, SEND_MS);

    err = err ? err : child_await(st->copy.pid, st->copy.fd, &patience);
    if (err && err != UV_ECANCELED && st->copy.fd >= 0 && st->copy.handle < 0) {
        /* It hangs and there is no handle to kill it: ending its nursery ends it too. */
        uv_mutex_lock(&st->model->lock);
        drop_nursery(st->model);
        uv_mutex_unlock(&st->model->lock);
    }
    err = err ? err : frame_receive(st->copy.fd, &st->inbox, &f, SEND_MS);
    if (is_interrupted(st))
        return err_set(why, UV_ECANCELED, "interrupted");
    if (!err && f.kind == EAR_FAIL)
        return ear_fail_read(&f, why);
    if (!err && result)
        err = ear_result_read(&st->result, &f);
    else if (!err && f.kind != EAR_DONE)
        err = UV_EPROTO;
    return err ? DIED : 0;
}

static int say_open(struct asr_stream *st, struct errbuf *why)
{
    size_t count = st->plain ? 0 : st->line_count;
    struct buf b;
    int err;

    buf_init(&b, FRAME_MAX);
    pack_blob(&b, st->voice.data, st->voice.len);
    pack_u32(&b, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        pack_text(&b, st->lines[i]);
    err = b.err ? err_set(why, b.err, "the profile has more words than can be listened for")
                : ask(st, EAR_OPEN, b.data, b.len, why);
    buf_release(&b);
    return err;
}

static int say_begin(struct asr_stream *st, struct errbuf *why)
{
    struct buf b;
    int err;

    buf_init(&b, FRAME_MAX);
    pack_blob(&b, st->promised.data, st->promised.len);
    err = b.err ? err_set(why, b.err, "no memory to hear") : ask(st, EAR_BEGIN, b.data, b.len, why);
    buf_release(&b);
    return err;
}

static int say_audio(struct asr_stream *st, const int16_t *pcm, size_t n, size_t piece,
                     struct errbuf *why)
{
    int err = 0;

    for (size_t at = 0; at < n && !err; at += piece) {
        size_t take = n - at < piece ? n - at : piece;

        err = ask(st, EAR_FEED, pcm + at, take * sizeof(*pcm), why);
        st->heard_n += err ? 0 : take;
    }
    return err;
}

/* ---------------------------------------------------------------- after a death */

/** Short enough for a worker, and long enough that a stream that kills each copy at once does not
 *  keep a core busy. */
static void pause_before(unsigned deaths)
{
    unsigned ms = PAUSE_FIRST_MS;

    for (unsigned i = PLAIN_AFTER + 1; i < deaths && ms < PAUSE_MAX_MS; i++)
        ms *= 2;
    if (deaths > PLAIN_AFTER)
        uv_sleep(ms);
}

/** Is it pointless to try again? */
static bool is_hopeless(struct asr_stream *st)
{
    st->deaths++;
    st->same = st->heard_n == st->died_at ? st->same + 1 : 1;
    st->died_at = st->heard_n;
    return st->same > SAME_PLACE_MAX || st->deaths > DEATHS_MAX || st->unkept;
}

static void give_up(struct asr_stream *st)
{
    leave_copy(st);
    st->lost = true;
    snprintf(st->note, sizeof(st->note),
             "PocketSphinx failed at this utterance %u times; what it had heard of it is kept",
             st->deaths);
}

/** Gets another copy and feeds it all of the kept audio of the utterance. Also 0 if the utterance
 *  was abandoned. */
static int hear_again(struct asr_stream *st, struct errbuf *why)
{
    int err = DIED;

    while (err == DIED) {
        child_lost(PROGRAM);
        if (is_hopeless(st)) {
            give_up(st);
            return 0;
        }
        if (st->deaths >= PLAIN_AFTER && st->line_count && !st->plain) {
            st->plain = true;
            snprintf(st->note, sizeof(st->note),
                     "PocketSphinx failed twice at this utterance; it was heard without the names "
                     "of the profile");
        }
        pause_before(st->deaths);
        err = take_copy(st, why);
        err = err ? err : say_open(st, why);
        err = err ? err : say_begin(st, why);
        st->heard_n = 0;
        err = err ? err : say_audio(st, st->kept, st->kept_n, AGAIN_PIECE, why);
    }
    return err;
}

/** Calls ask() with as many copies as it takes. Once an utterance is abandoned, every call returns
 *  0. */
static int insist(struct asr_stream *st, enum ear_kind kind, struct errbuf *why)
{
    int err = DIED;

    while (!st->lost && (err = ask(st, kind, NULL, 0, why)) == DIED)
        if ((err = hear_again(st, why)))
            return err;
    return st->lost ? 0 : err;
}

/* ---------------------------------------------------------------- the engine */

static bool ps_available(const struct asr_model_params *params, struct errbuf *why)
{
    const char *folder = params && params->path ? params->path : MODEL_FOLDER;
    char path[PATH_MAX];

    if (child_find(PROGRAM, why))
        return false;
    if (snprintf(path, sizeof(path), "%s/en-us/mdef", folder) < (int)sizeof(path) &&
        access(path, R_OK) == 0)
        return true;
    err_set(why, UV_ENOENT, "no PocketSphinx model in %s: install the package pocketsphinx-en-us",
            folder);
    return false;
}

static void ps_unload(struct asr_model *m)
{
    if (!m)
        return;
    child_close(m->nursery);
    frame_inbox_release(&m->inbox);
    uv_mutex_destroy(&m->lock);
    free(m);
}

static int ps_load(struct asr_model **mp, const struct asr_model_params *params, struct errbuf *why)
{
    const char *folder = params->path ? params->path : MODEL_FOLDER;
    struct asr_model *m = calloc(1, sizeof(*m));
    int err;

    if (!m)
        return err_set(why, UV_ENOMEM, "no memory for the model");
    uv_mutex_init(&m->lock);
    frame_inbox_init(&m->inbox);
    text_copy(m->folder, sizeof(m->folder), folder, strlen(folder));
    uv_mutex_lock(&m->lock);
    err = start_nursery(m, params->stop, params->stop_arg, why);
    uv_mutex_unlock(&m->lock);
    if (err) {
        ps_unload(m);
        return err;
    }
    *mp = m;
    return 0;
}

static const char *ps_describe(const struct asr_model *m)
{
    (void)m;
    return "en-us with interview questions";
}

static void ps_close(struct asr_stream *st)
{
    if (!st)
        return;
    leave_copy(st);
    for (size_t i = 0; st->lines && i < st->line_count; i++)
        free(st->lines[i]);
    free(st->lines);
    free(st->kept);
    buf_release(&st->voice);
    buf_release(&st->promised);
    buf_release(&st->text);
    frame_inbox_release(&st->inbox);
    uv_mutex_destroy(&st->lock);
    free(st);
}

static int copy_lines(struct asr_stream *st, const struct asr_params *params)
{
    size_t n = params ? params->vocabulary_count : 0;

    st->lines = n ? calloc(n, sizeof(*st->lines)) : NULL;
    if (n && !st->lines)
        return UV_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!params->vocabulary[i])
            continue;
        st->lines[st->line_count] = strdup(params->vocabulary[i]);
        if (!st->lines[st->line_count])
            return UV_ENOMEM;
        st->line_count++;
    }
    return 0;
}

static int ps_accepts(struct asr_model *m, const struct asr_params *params, struct errbuf *why)
{
    (void)m;
    if (params && params->language && strcmp(params->language, "auto") != 0 &&
        strncmp(params->language, "en", 2) != 0)
        return err_set(why, UV_ENOTSUP, "PocketSphinx hears English only, not \"%s\"",
                       params->language);
    return 0;
}

static int ps_open(struct asr_stream **sp, struct asr_model *m, const struct asr_params *params,
                   struct errbuf *why)
{
    int err = ps_accepts(m, params, why);
    struct asr_stream *st = err ? NULL : calloc(1, sizeof(*st));

    if (err)
        return err;
    if (!st)
        return err_set(why, UV_ENOMEM, "no memory for a stream");
    st->model = m;
    st->copy = NO_COPY;
    uv_mutex_init(&st->lock);
    frame_inbox_init(&st->inbox);
    buf_init(&st->voice, EAR_VOICE_MAX);
    buf_init(&st->promised, EAR_PROMISED_MAX);
    buf_init(&st->text, TEXT_BYTES);
    if (copy_lines(st, params)) {
        ps_close(st);
        return err_set(why, UV_ENOMEM, "no memory for a stream");
    }
    *sp = st;
    return 0;
}

static int ps_begin(struct asr_stream *st, struct errbuf *why)
{
    int err;

    st->kept_n = 0;
    st->deaths = st->same = 0;
    st->heard_n = st->died_at = 0;
    st->unkept = st->lost = false;
    buf_clear(&st->promised);
    buf_clear(&st->text);
    if (st->plain) /* each utterance tries the profile's words again */
        leave_copy(st);
    st->plain = false;
    if (st->copy.fd < 0) {
        err = take_copy(st, why);
        err = err ? err : say_open(st, why);
        err = err ? err : say_begin(st, why);
    } else {
        err = say_begin(st, why);
    }
    return err == DIED ? hear_again(st, why) : err;
}

static void keep(struct asr_stream *st, const int16_t *pcm, size_t n)
{
    size_t cap = st->kept_cap ? st->kept_cap : KEPT_FIRST;

    while (cap < st->kept_n + n)
        cap *= 2;
    if (cap != st->kept_cap) {
        int16_t *more = realloc(st->kept, cap * sizeof(*more));

        if (!more) {
            st->unkept = true; /* cannot be fed again if the copy dies */
            return;
        }
        st->kept = more;
        st->kept_cap = cap;
    }
    memcpy(st->kept + st->kept_n, pcm, n * sizeof(*pcm));
    st->kept_n += n;
}

static int ps_feed(struct asr_stream *st, const int16_t *pcm, size_t n, struct errbuf *why)
{
    int err;

    if (st->lost)
        return 0;
    if (!st->unkept)
        keep(st, pcm, n);
    err = say_audio(st, pcm, n, EAR_PIECE, why);
    return err == DIED ? hear_again(st, why) : err;
}

static int ps_prefetch_final(struct asr_stream *st, struct errbuf *why)
{
    return insist(st, EAR_PREFETCH_FINAL, why);
}

static int tell(struct asr_stream *st, enum ear_kind kind, struct asr_result *res,
                struct errbuf *why)
{
    int err = insist(st, kind, why);

    if (err)
        return err;
    if (!st->lost) {
        *res = st->result.res;
        return 0;
    }
    /* The words of the last partial, as there are no better ones. */
    memset(res, 0, sizeof(*res));
    res->text = st->text.len ? st->text.data : "";
    strcpy(res->language, "en");
    return 0;
}

static int ps_partial(struct asr_stream *st, struct asr_result *res, struct errbuf *why)
{
    int err = tell(st, EAR_PARTIAL, res, why);

    if (err || st->lost)
        return err;
    buf_clear(&st->promised);
    buf_append(&st->promised, st->result.promised, st->result.promised_len);
    buf_clear(&st->text);
    buf_puts(&st->text, res->text);
    return 0;
}

static int ps_finish(struct asr_stream *st, struct asr_result *res, struct errbuf *why)
{
    int err = tell(st, EAR_FINISH, res, why);

    if (err)
        return err;
    res->stable = strlen(res->text);
    st->kept_n = 0;
    if (st->lost)
        return 0;
    buf_clear(&st->voice);
    buf_append(&st->voice, st->result.voice, st->result.voice_len);
    return 0;
}

static const char *ps_note(struct asr_stream *st, char *to, size_t size)
{
    if (!st->note[0])
        return NULL;
    text_copy(to, size, st->note, strlen(st->note));
    st->note[0] = '\0';
    return to;
}

static void ps_rest(struct asr_stream *st)
{
    leave_copy(st);
    free(st->kept);
    st->kept = NULL;
    st->kept_n = st->kept_cap = 0;
}

static void ps_interrupt(struct asr_stream *st)
{
    uv_mutex_lock(&st->lock);
    st->interrupted = true;
    if (st->copy.fd >= 0)
        shutdown(st->copy.fd, SHUT_RDWR);
    uv_mutex_unlock(&st->lock);
}

extern const struct asr_engine asr_pocketsphinx;

const struct asr_engine asr_pocketsphinx = {
    .name = "pocketsphinx",
    .pace_ms = PACE_MS,
    .available = ps_available,
    .load = ps_load,
    .unload = ps_unload,
    .describe = ps_describe,
    .accepts = ps_accepts,
    .open = ps_open,
    .begin = ps_begin,
    .feed = ps_feed,
    .partial = ps_partial,
    .prefetch_final = ps_prefetch_final,
    .finish = ps_finish,
    .note = ps_note,
    .rest = ps_rest,
    .interrupt = ps_interrupt,
    .close = ps_close,
};
