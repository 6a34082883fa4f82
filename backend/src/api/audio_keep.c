/**
 * @file api/audio_keep.c  The form in which an upload is stored
 *
 * For speech Opus at 40 kbit/s sounds like the original, and a WAV file is six to forty times as
 * large. It is made while the upload is decoded for examination, so decoding happens only once.
 */
#include "api/audio.h"

#include "audio/opus_file.h"
#include "blob/blob.h"
#include "observe/log.h"

#include <stdio.h>
#include <string.h>

static const struct opus_file_params form = {.rate = 48000, .bitrate = 40000};

struct compressor {
    struct blob_store *blobs;
    char id[ID_TEXT_MAX];
    struct blob_writer *writer;
    struct opus_file *file;
    uint64_t bytes;
    uint64_t bytes_max; /* size of the upload: a larger result is useless */
    int err;            /* UV_E2BIG: that happened; others: the upload is kept unchanged */
    struct errbuf why;
};

static int put(struct compressor *c, const int16_t *samples, size_t n, enum opus_file_how how)
{
    struct buf out;

    buf_init(&out, BLOB_CHUNK);
    if (!c->err)
        c->err = opus_file_write(c->file, samples, n, how, &out);
    c->bytes += out.len;
    if (!c->err && c->bytes >= c->bytes_max)
        c->err = UV_E2BIG;
    if (!c->err && out.len)
        c->err = blob_append(c->writer, out.data, out.len, &c->why);
    buf_release(&out);
    return c->err;
}

static int take(void *arg, const int16_t *samples, size_t n)
{
    return put(arg, samples, n, OPUS_FILE_MORE);
}

static void drop(struct compressor *c)
{
    opus_file_close(c->file);
    blob_abandon(c->writer);
    c->file = NULL;
    c->writer = NULL;
}

static void begin(void *arg)
{
    struct compressor *c = arg;

    drop(c);
    id_new(c->id);
    c->bytes = 0;
    c->err = opus_file_open(&c->file, &form, &c->why);
    if (!c->err)
        c->err = blob_create(&c->writer, c->blobs, c->id, &c->why);
}

static bool is_opus(const char *format)
{
    const char *codec = strrchr(format, ' ');

    return codec && !strcmp(codec + 1, "opus");
}

/* Writes the rest to the disk. 0, or why the result is useless. */
static int end(struct compressor *c, const struct audio_kept *kept)
{
    struct blob_writer *writer;
    int err = is_opus(kept->facts.format) ? UV_E2BIG : put(c, NULL, 0, OPUS_FILE_END);

    if (err)
        return err;
    writer = c->writer;
    c->writer = NULL;
    return blob_commit(writer, &c->bytes, &c->why);
}

static int64_t read_blob(void *arg, uint64_t offset, void *to, size_t n)
{
    return blob_read(arg, offset, to, n, NULL);
}

int audio_keep(struct blob_store *blobs, const char *id, bool as_it_is, struct audio_kept *kept,
               struct errbuf *why)
{
    struct compressor c = {.blobs = blobs, .bytes_max = kept->bytes, .err = UV_E2BIG};
    const struct audio_sink sink = {.rate = form.rate, .take = take, .restart = begin, .arg = &c};
    struct media_source source = {.read = read_blob, .size = kept->bytes};
    struct blob_reader *r = NULL;
    int err = blob_open(&r, blobs, id, why);

    if (err)
        return err;
    source.arg = r;
    err = audio_examine(&source, as_it_is ? NULL : &sink, &kept->facts, why);
    blob_close(r);
    snprintf(kept->id, sizeof(kept->id), "%s", id);
    snprintf(kept->format, sizeof(kept->format), "%s", kept->facts.format);
    if (!err && !as_it_is) {
        int useless = end(&c, kept);

        if (useless && useless != UV_E2BIG)
            log_warn("audio", "an upload is kept as it was sent: %s",
                     c.why.text[0] ? c.why.text : uv_strerror(useless));
        if (!useless) {
            memcpy(kept->id, c.id, sizeof(kept->id));
            snprintf(kept->format, sizeof(kept->format), "%s", OPUS_FILE_FORMAT);
            kept->bytes = c.bytes;
        }
    }
    drop(&c);
    return err;
}
