/**
 * @file audio/decode.c  Recordings of any format to 16 kHz mono
 *
 * Plain WAV files are read here (wav.c), everything else is read in a separate process (media.h).
 */
#include "audio/decode.h"

#include "audio/level.h"
#include "audio/media.h"
#include "audio/wav.h"
#include "base/text.h"
#include "loop/child.h"
#include "loop/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    RATE = 16000,
    FIRST_SAMPLES = 1 << 16,
    WAIT_MS = 60000, /* for the process to send something */
    STILL_MS = 5000, /* of those without computing: it hangs */
    TRIES = 2,       /* the recording need not be what ended a process */
    HEAD = 512,      /* bytes examined to say what a file is if it is not a recording */
};

/* ---- sources --------------------------------------------------------------------------- */

struct bytes {
    const uint8_t *data;
    size_t len;
};

static int64_t read_memory(void *arg, uint64_t offset, void *to, size_t n)
{
    const struct bytes *b = arg;

    if (offset >= b->len)
        return 0;
    if (n > b->len - offset)
        n = (size_t)(b->len - offset);
    memcpy(to, b->data + offset, n);
    return (int64_t)n;
}

static int64_t read_file(void *arg, uint64_t offset, void *to, size_t n)
{
    const int *fd = arg;
    size_t done = 0;

    while (done < n) {
        ssize_t got = pread(*fd, (char *)to + done, n - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return done || got == 0 ? (int64_t)done : -1;
        done += (size_t)got;
    }
    return (int64_t)done;
}

/* ---- sinks ----------------------------------------------------------------------------- */

/* The common part of the sinks. */
struct taker {
    struct media_sink sink;
    void (*restart)(struct taker *taker); /* discards what was taken so far */
    int rate;                             /* 0: RATE */
    size_t n;                             /* samples taken */
    int err;                              /* why it takes no more */
};

static bool is_too_long(struct taker *taker, size_t n)
{
    taker->n += n;
    if (taker->n > (size_t)AUDIO_LENGTH_MAX_S * (size_t)(taker->rate ? taker->rate : RATE))
        taker->err = UV_E2BIG;
    return taker->err != 0;
}

struct collector {
    struct taker taker;
    struct pcm *pcm;
    size_t cap;
};

static void restart_collector(struct taker *taker)
{
    ((struct collector *)taker)->pcm->n = 0;
}

static int collect(void *arg, const int16_t *samples, size_t n)
{
    struct collector *c = arg;
    struct pcm *pcm = c->pcm;

    if (is_too_long(&c->taker, n))
        return 1;
    if (pcm->n + n > c->cap) {
        size_t cap = c->cap ? c->cap * 2 : FIRST_SAMPLES;
        int16_t *more;

        while (cap < pcm->n + n)
            cap *= 2;
        more = realloc(pcm->samples, cap * sizeof(*more));
        if (!more)
            return c->taker.err = UV_ENOMEM;
        pcm->samples = more;
        c->cap = cap;
    }
    memcpy(pcm->samples + pcm->n, samples, n * sizeof(*samples));
    pcm->n += n;
    return 0;
}

struct examiner {
    struct taker taker;
    struct level level;
    const struct audio_sink *sink; /* NULL: none, or not any more */
    const struct audio_sink *all;
};

static void restart_examiner(struct taker *taker)
{
    struct examiner *x = (struct examiner *)taker;

    x->level = (struct level){0};
    x->sink = x->all;
    if (x->sink)
        x->sink->restart(x->sink->arg);
}

static int examine(void *arg, const int16_t *samples, size_t n)
{
    struct examiner *x = arg;

    level_add(&x->level, samples, n);
    if (x->sink && x->sink->take(x->sink->arg, samples, n))
        x->sink = NULL;
    return is_too_long(&x->taker, n);
}

/* ---- other kinds of files --------------------------------------------------------------- */

struct signature {
    const char *bytes;
    size_t len;
    const char *what;
};

static const struct signature signatures[] = {
    {"%PDF", 4, "a PDF document"},
    {"\x89PNG", 4, "a picture"},
    {"\xff\xd8\xff", 3, "a picture"},
    {"GIF8", 4, "a picture"},
    {"PK\x03\x04", 4, "a ZIP archive"},
    {"\x1f\x8b", 2, "a gzip archive"},
    {"7z\xbc\xaf", 4, "a 7z archive"},
    {"\x7f"
     "ELF",
     4, "a program"},
    {"MZ", 2, "a program"},
    {"SQLite format 3", 15, "a database"},
};

static const char *what_it_is(const uint8_t *head, size_t n)
{
    size_t text = 0;

    for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
        if (n >= signatures[i].len && memcmp(head, signatures[i].bytes, signatures[i].len) == 0)
            return signatures[i].what;
    }
    while (text < n && (head[text] >= 0x20 || strchr("\t\r\n", head[text])) && head[text] != 0x7f)
        text++;
    return n > 0 && text == n ? "text" : NULL;
}

/* ---------------------------------------------------------------- decoding */

/** Answers the process's request for bytes of the recording. */
static int answer_read(const struct media_source *source, int fd, const struct frame *f)
{
    uint8_t *bytes;
    uint64_t offset;
    uint32_t n;
    int64_t got;
    int err;

    if (f->len != sizeof(offset) + sizeof(n))
        return UV_EPROTO;
    memcpy(&offset, f->data, sizeof(offset));
    memcpy(&n, f->data + sizeof(offset), sizeof(n));
    if (n > MEDIA_READ_MAX)
        return UV_EPROTO;
    bytes = malloc(n ? n : 1);
    if (!bytes)
        return UV_ENOMEM;
    got = offset < source->size ? source->read(source->arg, offset, bytes, n) : 0;
    err = frame_send(fd, got < 0 ? MEDIA_BROKEN : MEDIA_BYTES, bytes, got > 0 ? (size_t)got : 0,
                     WAIT_MS);
    free(bytes);
    return err;
}

static int take_samples(const struct media_sink *sink, const struct frame *f, int16_t *aligned)
{
    if (f->len % sizeof(*aligned) || f->len > MEDIA_SAMPLES_MAX * sizeof(*aligned))
        return UV_EPROTO;
    if (f->len)
        memcpy(aligned, f->data, f->len);
    return sink->take(sink->arg, aligned, f->len / sizeof(*aligned));
}

/** How it ended. Only printable text is accepted. */
static int take_end(const struct frame *f, char *to, size_t size)
{
    struct taking t;
    const char *text;

    taking_init(&t, f);
    text = take_text(&t);
    if (t.bad || t.left || !utf8_valid(text, strlen(text)))
        return UV_EPROTO;
    text_copy(to, size, text, strlen(text));
    return f->kind == MEDIA_DONE ? 0 : -1;
}

/** 0, 1 or -1 like media_decode(), or a UV_E* code if the process did not do its part. */
static int talk(const struct child *child, const struct media_source *source,
                const struct taker *to, char *format, char *said)
{
    const struct child_patience patience = {.still_ms = STILL_MS, .at_most_ms = WAIT_MS};
    int fd = child_socket(child);
    int16_t *aligned = malloc(MEDIA_SAMPLES_MAX * sizeof(*aligned));
    struct media_order order = {source->size, (uint32_t)(to->rate ? to->rate : RATE), 0};
    struct frame_inbox inbox;
    bool over = false;
    int err = aligned ? frame_send(fd, MEDIA_DECODE, &order, sizeof(order), WAIT_MS) : UV_ENOMEM;

    frame_inbox_init(&inbox);
    while (!err && !over) {
        struct frame f;

        err = child_await(child_pid(child), fd, &patience);
        err = err ? err : frame_receive(fd, &inbox, &f, WAIT_MS);
        if (err)
            break;
        over = f.kind == MEDIA_DONE || f.kind == MEDIA_FAILED;
        if (over)
            err = take_end(&f, f.kind == MEDIA_DONE ? format : said,
                           f.kind == MEDIA_DONE ? MEDIA_FORMAT_MAX : MEDIA_TEXT_MAX);
        else if (f.kind == MEDIA_READ)
            err = answer_read(source, fd, &f);
        else
            err = f.kind == MEDIA_SAMPLES ? take_samples(&to->sink, &f, aligned) : UV_EPROTO;
    }
    frame_inbox_release(&inbox);
    free(aligned);
    return err;
}

static int by_process(const struct media_source *source, const struct taker *to, char *format,
                      char *said, struct errbuf *why)
{
    struct child *child = NULL;
    int err = child_start(&child, MEDIA_PROGRAM, why);

    if (err)
        return err;
    err = talk(child, source, to, format, said);
    child_close(child);
    if (err == UV_EOF)
        return err;
    if (err == UV_ENOMEM)
        return err_set(why, err, "there is not enough memory for this recording");
    if (err == UV_ETIMEDOUT)
        return err_set(why, UV_EINVAL, "this recording cannot be read: decoding it takes too long");
    if (err == 1 || err == 0 || err == -1)
        return err;
    return err_set(why, UV_EINVAL, "this recording cannot be read: its decoder went astray");
}

/** If a process dies or hangs, another one starts from the beginning. */
static int by_processes(const struct media_source *source, struct taker *to, char *format,
                        char *said, struct errbuf *why)
{
    int err = UV_EOF;

    for (int i = 0; i < TRIES && err == UV_EOF; i++) {
        to->n = 0;
        to->restart(to);
        err = by_process(source, to, format, said, why);
        if (err == UV_EOF)
            child_lost(MEDIA_PROGRAM);
    }
    if (err == UV_EOF)
        return err_set(why, UV_EINVAL,
                       "this recording cannot be read: it is damaged in a way that ended its "
                       "decoder");
    return err;
}

static int refuse(const struct media_source *source, const char *said, struct errbuf *why)
{
    uint8_t head[HEAD];
    int64_t n = source->read(source->arg, 0, head, sizeof(head));
    const char *what = what_it_is(head, n > 0 ? (size_t)n : 0);

    if (what)
        return err_set(why, UV_EINVAL, "this is %s, not a recording", what);
    return err_set(why, UV_EINVAL, "this recording cannot be read: %s", said);
}

static int decode_to(const struct media_source *source, struct taker *to, char *format,
                     struct errbuf *why)
{
    char said[MEDIA_TEXT_MAX] = "";
    int err;

    if (source->size == 0)
        return err_set(why, UV_EINVAL, "this recording is empty");
    err = to->rate && to->rate != RATE ? WAV_NOT_OURS /* wav.c only produces 16 kHz */
                                       : wav_decode(source, &to->sink, format, said);
    if (err == WAV_NOT_OURS)
        err = by_processes(source, to, format, said, why);
    if (err == 1 && to->err == UV_E2BIG)
        err = err_set(why, UV_E2BIG, "this recording is longer than %d hours",
                      AUDIO_LENGTH_MAX_S / 3600);
    else if (err == 1)
        err = err_set(why, UV_ENOMEM, "there is not enough memory for this recording");
    else if (err == -1)
        err = refuse(source, said, why);
    return err;
}

int audio_decode(const struct media_source *source, struct pcm *pcm, struct errbuf *why)
{
    struct pcm got = {0};
    struct collector collector = {.taker = {.restart = restart_collector}, .pcm = &got};
    int err;

    collector.taker.sink = (struct media_sink){collect, &collector};
    err = decode_to(source, &collector.taker, got.format, why);
    if (err) {
        pcm_release(&got);
        return err;
    }
    got.duration_ms = (uint64_t)got.n * 1000 / RATE;
    *pcm = got;
    return 0;
}

int audio_examine(const struct media_source *source, const struct audio_sink *sink,
                  struct audio_facts *facts, struct errbuf *why)
{
    const int rate = sink ? sink->rate : RATE;
    struct examiner x = {
        .taker = {.restart = restart_examiner, .rate = rate}, .sink = sink, .all = sink};
    struct audio_facts found = {0};
    int err;

    x.taker.sink = (struct media_sink){examine, &x};
    err = decode_to(source, &x.taker, found.format, why);
    if (err)
        return err;
    found.duration_ms = (uint64_t)x.taker.n * 1000 / (uint64_t)rate;
    found.silent = level_silent(&x.level);
    found.clipped = level_clipped(&x.level);
    *facts = found;
    return 0;
}

int audio_decode_bytes(const void *data, size_t len, struct pcm *pcm, struct errbuf *why)
{
    struct bytes bytes = {data, len};
    struct media_source source = {.read = read_memory, .size = len, .arg = &bytes};

    return audio_decode(&source, pcm, why);
}

int audio_decode_file(const char *path, struct pcm *pcm, struct errbuf *why)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;
    struct media_source source = {.read = read_file, .arg = &fd};

    if (fd < 0)
        return err_set(why, -errno, "%s: %s", path, strerror(errno));
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        close(fd);
        return err_set(why, UV_EINVAL, "%s is not a file", path);
    }
    source.size = (uint64_t)st.st_size;
    err = audio_decode(&source, pcm, why);
    close(fd);
    return err ? err_prefix(why, err, "%s", path) : 0;
}

void pcm_release(struct pcm *pcm)
{
    if (!pcm)
        return;
    free(pcm->samples);
    pcm->samples = NULL;
    pcm->n = 0;
}
