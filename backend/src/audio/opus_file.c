/**
 * @file audio/opus_file.c  Writing samples to an Ogg Opus file, as they come
 */
#include "audio/opus_file.h"

#include "audio/opus_door.h"
#include "base/id.h"

#include <stdlib.h>

enum { RATE_OPUS = 48000 };

struct opus_file {
    const struct opus_door *door;
    void *file;
};

static int into_buf(void *arg, const void *data, size_t len)
{
    return buf_append(arg, data, len);
}

int opus_file_open(struct opus_file **fp, const struct opus_file_params *params, struct errbuf *why)
{
    const struct opus_door *door = opus_door_open(why);
    struct opus_file *f;
    uint32_t serial;

    if (!door)
        return UV_ENOSYS;
    f = calloc(1, sizeof(*f));
    if (!f)
        return err_set(why, UV_ENOMEM, "not enough memory to write Opus");
    random_bytes(&serial, sizeof(serial));
    f->door = door;
    f->file = door->file_open(params->rate, params->bitrate, serial);
    if (!f->file) {
        free(f);
        return err_set(why, UV_EINVAL, "Opus cannot be written at %d Hz", params->rate);
    }
    *fp = f;
    return 0;
}

int opus_file_write(struct opus_file *f, const int16_t *pcm, size_t n, enum opus_file_how how,
                    struct buf *out)
{
    int err = f->door->file_write(f->file, pcm, n, (int)how, into_buf, out);

    return out->err ? out->err : err ? UV_EINVAL : 0;
}

void opus_file_close(struct opus_file *f)
{
    if (!f)
        return;
    f->door->file_close(f->file);
    free(f);
}

int opus_file_mend(const void *pages, size_t len, struct buf *out, uint64_t *duration_ms,
                   struct errbuf *why)
{
    const struct opus_door *door = opus_door_open(why);
    uint64_t samples;

    if (!door)
        return UV_ENOSYS;
    if (door->file_mend(pages, len, into_buf, out, &samples))
        return err_set(why, UV_EILSEQ, "what was recorded does not end in whole pages");
    *duration_ms = samples * 1000 / RATE_OPUS;
    return out->err;
}
