/**
 * @file asr/pocketsphinx/worker.c  The program interviewd-pocketsphinx: a nursery of recognisers
 *
 * Started by driver.c, it loads the models once (about 130 MB, 0.4 s), then makes a copy of itself
 * by fork() for each stream that is opened. A copy shares the models' memory and has only its
 * changes for itself; if it crashes, one stream notices and asks for another copy. The messages are
 * in wire.h. It ends when the socket it was started with is closed, and its copies end with it.
 */
#include "asr/pocketsphinx/decoder.h"
#include "asr/pocketsphinx/wire.h"
#include "base/module.h"
#include "loop/child.h"
#include "loop/confine.h"

#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

enum {
    CPU_A_CALL_S = 20,  /* CPU time [s]; a second of audio takes less than one */
    CPU_A_FINAL_S = 60, /* CPU time [s]; the lattice of twenty seconds takes less than five */
    ANSWER_MS = 60000,  /* for the other side to read an answer */
    LINES_MAX = 4096,   /* lines of a profile */
    ANSWER_MAX = FRAME_MAX,
};

/* A crash must not fill the machine's disk or memory. */
static const struct worker_limits limits = {
    .memory_bytes = 2ull << 30, .file_bytes = 16 << 20, .files = 256};

struct stream {
    int fd;
    struct decoder *decoder;
    struct frame_inbox inbox;
    struct buf answer;
};

/* ---- state kept by the engine --------------------------------------------------------------- */

static bool is_sound(const struct moments *m)
{
    bool sound = isfinite(m->frames) && m->frames >= 0 && m->frames <= FRONT_FRAMES_MAX + 1;

    for (int i = 0; i < FRONT_DIM; i++)
        sound = sound && isfinite(m->sum[i]) && isfinite(m->square[i]);
    return sound;
}

static bool take_voice(struct taking *t, struct voice *voice)
{
    size_t n;
    const uint8_t *at = take_blob(t, &n);

    if (!at || n != sizeof(*voice))
        return false;
    memcpy(voice, at, sizeof(*voice));
    return is_sound(&voice->last) && is_sound(&voice->before);
}

/** Copies to aligned memory; NULL if it is malformed or nothing was promised. */
static struct heard *take_promised(struct taking *t, size_t *count)
{
    size_t n;
    const uint8_t *at = take_blob(t, &n);
    struct heard *copy;

    *count = 0;
    if (!at || !n || n % sizeof(*copy) || n / sizeof(*copy) > HEARD_WORDS_MAX)
        return NULL;
    copy = malloc(n);
    if (!copy)
        return NULL;
    memcpy(copy, at, n);
    *count = n / sizeof(*copy);
    for (size_t i = 0; i < *count; i++)
        copy[i].text[sizeof(copy[i].text) - 1] = '\0';
    return copy;
}

/* ---------------------------------------------------------------- calls */

static int open_stream(struct stream *s, struct taking *t, struct errbuf *why)
{
    const char **lines;
    struct voice voice;
    bool known = take_voice(t, &voice);
    size_t count = take_u32(t);
    int err;

    lines = calloc(LINES_MAX, sizeof(*lines));
    if (!lines)
        return err_set(why, UV_ENOMEM, "no memory for a profile's words");
    for (size_t i = 0; i < count && i < LINES_MAX && !t->bad; i++)
        lines[i] = take_text(t);
    err = t->bad ? err_set(why, UV_EPROTO, "a profile's words could not be read") : 0;
    if (!err)
        err = decoder_open(s->decoder, lines, count < LINES_MAX ? count : LINES_MAX,
                           known ? &voice : NULL, why);
    free(lines);
    return err;
}

static int begin(struct stream *s, struct taking *t, struct errbuf *why)
{
    size_t count;
    struct heard *promised = take_promised(t, &count);
    int err = decoder_begin(s->decoder, promised, count, why);

    free(promised);
    return err;
}

static int feed(struct stream *s, const struct frame *f, struct errbuf *why)
{
    int16_t pcm[EAR_PIECE];

    if (f->len > sizeof(pcm) || f->len % sizeof(pcm[0]))
        return err_set(why, UV_EPROTO, "samples that are none");
    memcpy(pcm, f->data, f->len);
    return decoder_feed(s->decoder, pcm, f->len / sizeof(pcm[0]), why);
}

static int tell(struct stream *s, bool final, struct errbuf *why)
{
    struct asr_result res;
    struct voice voice;
    const struct heard *promised;
    size_t count;
    int err =
        final ? decoder_finish(s->decoder, &res, why) : decoder_partial(s->decoder, &res, why);

    if (err)
        return err;
    voice = decoder_voice(s->decoder);
    promised = decoder_promised(s->decoder, &count);
    ear_result_write(&s->answer, &res, promised, final ? 0 : count * sizeof(*promised), &voice,
                     final ? sizeof(voice) : 0);
    return s->answer.err;
}

static int serve(struct stream *s, const struct frame *f, struct errbuf *why)
{
    struct taking t;

    taking_init(&t, f);
    switch (f->kind) {
    case EAR_OPEN:
        return open_stream(s, &t, why);
    case EAR_BEGIN:
        return begin(s, &t, why);
    case EAR_FEED:
        return feed(s, f, why);
    case EAR_PREFETCH_FINAL:
        return decoder_prefetch_final(s->decoder, why);
    case EAR_PARTIAL:
    case EAR_FINISH:
        return tell(s, f->kind == EAR_FINISH, why);
    default:
        return err_set(why, UV_EPROTO, "an unknown call");
    }
}

/** Serves until the other side closes the socket. */
static void serve_stream(struct decoder *decoder, int fd)
{
    struct stream s = {.fd = fd, .decoder = decoder};
    struct frame f;

    frame_inbox_init(&s.inbox);
    buf_init(&s.answer, ANSWER_MAX);
    while (!frame_receive(fd, &s.inbox, &f, -1)) {
        struct errbuf why = {{0}};
        bool result = f.kind == EAR_PARTIAL || f.kind == EAR_FINISH;
        int err;

        worker_allow_cpu(f.kind == EAR_FINISH ? CPU_A_FINAL_S : CPU_A_CALL_S);
        buf_clear(&s.answer);
        err = serve(&s, &f, &why);
        if (err) {
            buf_clear(&s.answer);
            ear_fail_write(&s.answer, err, why.text);
        }
        if (frame_send(fd,
                       err      ? EAR_FAIL
                       : result ? EAR_RESULT
                                : EAR_DONE,
                       s.answer.data, s.answer.len, ANSWER_MS))
            break;
    }
}

/* ---------------------------------------------------------------- the nursery */

static void refuse(int fd, int err, const char *text)
{
    struct buf b;

    buf_init(&b, FRAME_MAX);
    ear_fail_write(&b, err, text);
    frame_send(fd, EAR_FAIL, b.data, b.len, ANSWER_MS);
    buf_release(&b);
}

/** A pidfd cannot come to mean another process, as a number can. If the system has none, the engine
 *  ends a hanging copy together with its nursery. */
static void tell_copy(int fd, pid_t pid)
{
    int handle = pidfd_open(pid, 0);
    struct buf b;

    buf_init(&b, FRAME_MAX);
    pack_u32(&b, (uint32_t)pid);
    frame_send_with(fd, EAR_COPY, b.data, b.len, handle, ANSWER_MS);
    buf_release(&b);
    if (handle >= 0)
        close(handle);
}

static void make_copy(struct decoder *decoder, int nursery, int fd)
{
    int parent = (int)getpid();
    pid_t pid = fork();

    if (pid < 0)
        refuse(fd, UV_EAGAIN, "no further process can be made to hear with");
    if (pid > 0)
        tell_copy(fd, pid);
    if (pid)
        return;
    if (worker_follow(parent)) {
        close(nursery);
        serve_stream(decoder, fd);
    }
    _exit(0); /* the copy must not run the nursery's exit handlers */
}

static int load(int fd, struct decoder **decoder)
{
    struct frame_inbox inbox;
    struct taking t;
    struct frame f;
    struct errbuf why = {{0}};
    int err;

    frame_inbox_init(&inbox);
    err = frame_receive(fd, &inbox, &f, -1);
    if (!err) {
        taking_init(&t, &f);
        err = f.kind == EAR_LOAD ? decoder_load(decoder, take_text(&t), &why) : UV_EPROTO;
        if (err)
            refuse(fd, err, why.text);
        else
            err = frame_send(fd, EAR_READY, NULL, 0, ANSWER_MS);
    }
    frame_inbox_release(&inbox);
    return err;
}

/* Gives up rights; each copy still reads its dictionary. */
static void give_up(void)
{
    struct confine c = {0};
    char folder[PATH_MAX];

    if (!exe_folder(folder, sizeof(folder)))
        confine_allow(&c, CONFINE_READ, folder);
    confine_allow(&c, CONFINE_READ, getenv("INTERVIEWD_MODULES"));
    confine_allow(&c, CONFINE_READ, "/usr/share/pocketsphinx");
    confine_worker(CONFINE_FORKS, &c);
}

int main(void)
{
    int fd = worker_begin(&limits);
    struct decoder *decoder = NULL;
    struct frame_inbox inbox;
    struct frame f;

    if (fd < 0) {
        fputs("interviewd-pocketsphinx is started by interviewd, not by hand\n", stderr);
        return 2;
    }
    signal(SIGCHLD, SIG_IGN); /* no need to wait for copies */
    if (load(fd, &decoder))
        return 1;
    give_up();
    frame_inbox_init(&inbox);
    while (!frame_receive(fd, &inbox, &f, -1)) {
        if (f.kind == EAR_STREAM && inbox.passed >= 0)
            make_copy(decoder, fd, inbox.passed);
    }
    frame_inbox_release(&inbox);
    decoder_free(decoder);
    return 0;
}
