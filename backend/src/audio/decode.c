/**
 * @file audio/decode.c  Recordings of any format to 16 kHz mono
 *
 * Plain WAV files are read here (wav.c), everything else by the media module.
 */
#include "audio/decode.h"

#include "audio/media.h"
#include "audio/wav.h"
#include "base/module.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    RATE = 16000,
    FIRST_SAMPLES = 1 << 16,
    HEAD = 512, /* bytes looked at to say what a file is that is no recording */
};

/* ---------------------------------------------------------------- where bytes come from */

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

/* ---------------------------------------------------------------- where samples go */

struct collector {
    struct pcm *pcm;
    size_t cap;
    int err;
};

static int collect(void *arg, const int16_t *samples, size_t n)
{
    struct collector *c = arg;
    struct pcm *pcm = c->pcm;

    if (pcm->n + n > (size_t)AUDIO_LENGTH_MAX_S * RATE)
        return c->err = UV_E2BIG;
    if (pcm->n + n > c->cap) {
        size_t cap = c->cap ? c->cap * 2 : FIRST_SAMPLES;
        int16_t *more;

        while (cap < pcm->n + n)
            cap *= 2;
        more = realloc(pcm->samples, cap * sizeof(*more));
        if (!more)
            return c->err = UV_ENOMEM;
        pcm->samples = more;
        c->cap = cap;
    }
    memcpy(pcm->samples + pcm->n, samples, n * sizeof(*samples));
    pcm->n += n;
    return 0;
}

/* ---------------------------------------------------------------- what it is instead */

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

static pthread_mutex_t module_lock = PTHREAD_MUTEX_INITIALIZER;

static const struct media_module *media(struct errbuf *err)
{
    static const struct media_module *module; /* {module_lock} */
    const struct media_module *found;

    pthread_mutex_lock(&module_lock);
    if (!module)
        module = module_open("interviewd-media", "media_module", err);
    found = module;
    pthread_mutex_unlock(&module_lock);
    if (found && found->abi != MEDIA_ABI) {
        err_set(err, UV_ENOSYS, "interviewd-media.so belongs to another version of the program");
        return NULL;
    }
    return found;
}

static int by_module(const struct media_source *source, const struct media_sink *sink,
                     struct pcm *pcm, char *why, struct errbuf *err)
{
    const struct media_module *module = media(err);

    if (!module)
        return UV_ENOSYS;
    return module->decode(source, sink, pcm->format, why);
}

static int refuse(const struct media_source *source, const char *why, struct errbuf *err)
{
    uint8_t head[HEAD];
    int64_t n = source->read(source->arg, 0, head, sizeof(head));
    const char *what = what_it_is(head, n > 0 ? (size_t)n : 0);

    if (what)
        return err_set(err, UV_EINVAL, "this is %s, not a recording", what);
    return err_set(err, UV_EINVAL, "this recording cannot be read: %s", why);
}

static int decode(const struct media_source *source, struct pcm *pcm, struct errbuf *err)
{
    struct pcm got = {0};
    struct collector collector = {.pcm = &got};
    struct media_sink sink = {.take = collect, .arg = &collector};
    char why[MEDIA_TEXT_MAX] = "";
    int rc;

    if (source->size == 0)
        return err_set(err, UV_EINVAL, "this recording is empty");
    rc = wav_decode(source, &sink, got.format, why);
    if (rc == WAV_NOT_OURS)
        rc = by_module(source, &sink, &got, why, err);
    if (rc == 1 && collector.err == UV_E2BIG)
        rc = err_set(err, UV_E2BIG, "this recording is longer than %d hours",
                     AUDIO_LENGTH_MAX_S / 3600);
    else if (rc == 1)
        rc = err_set(err, UV_ENOMEM, "there is not enough memory for this recording");
    else if (rc == -1)
        rc = refuse(source, why, err);
    if (rc) {
        pcm_release(&got);
        return rc;
    }
    got.duration_ms = (uint64_t)got.n * 1000 / RATE;
    *pcm = got;
    return 0;
}

int audio_decode_bytes(const void *data, size_t len, struct pcm *pcm, struct errbuf *err)
{
    struct bytes bytes = {data, len};
    struct media_source source = {.read = read_memory, .size = len, .arg = &bytes};

    return decode(&source, pcm, err);
}

int audio_decode_file(const char *path, struct pcm *pcm, struct errbuf *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;
    struct media_source source = {.read = read_file, .arg = &fd};

    if (fd < 0)
        return err_set(err, -errno, "%s: %s", path, strerror(errno));
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        close(fd);
        return err_set(err, UV_EINVAL, "%s is not a file", path);
    }
    source.size = (uint64_t)st.st_size;
    rc = decode(&source, pcm, err);
    close(fd);
    return rc ? err_prefix(err, rc, "%s", path) : 0;
}

void pcm_release(struct pcm *pcm)
{
    if (!pcm)
        return;
    free(pcm->samples);
    pcm->samples = NULL;
    pcm->n = 0;
}
