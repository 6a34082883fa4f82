/**
 * @file whisper-probe/wav.c  A RIFF reader that knows one kind of WAV; see wav.h
 */
#include "whisper-probe/wav.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int read_all(const char *path, uint8_t **data, size_t *len, struct errbuf *err)
{
    FILE *f = fopen(path, "rb");
    long size = -1;

    if (!f)
        return err_set(err, uv_translate_sys_error(errno), "%s: %s", path, strerror(errno));
    if (!fseek(f, 0, SEEK_END))
        size = ftell(f);
    if (size < 12 || size > WAV_BYTES_MAX || fseek(f, 0, SEEK_SET)) {
        fclose(f);
        return err_set(err, UV_EINVAL, "%s: not a WAV file of a sane size", path);
    }
    *data = malloc((size_t)size);
    *len = *data ? fread(*data, 1, (size_t)size, f) : 0;
    fclose(f);
    if (*len == (size_t)size)
        return 0;
    free(*data);
    return err_set(err, UV_EIO, "%s: cannot read it", path);
}

/* The chunk of this name, or NULL. */
static const uint8_t *chunk(const uint8_t *data, size_t len, const char *name, size_t *n)
{
    for (size_t at = 12; at + 8 <= len;) {
        size_t size = le32(data + at + 4);

        if (!memcmp(data + at, name, 4)) {
            *n = size < len - at - 8 ? size : len - at - 8;
            return data + at + 8;
        }
        if (size > len - at - 8)
            break;
        at += 8 + size + (size & 1);
    }
    return NULL;
}

int wav_read(const char *path, int16_t **pcm, size_t *n, struct errbuf *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    size_t fmt_len = 0;
    size_t bytes = 0;
    int code = read_all(path, &data, &len, err);
    const uint8_t *fmt, *samples;

    if (code)
        return code;
    fmt = chunk(data, len, "fmt ", &fmt_len);
    samples = chunk(data, len, "data", &bytes);
    if (memcmp(data, "RIFF", 4) || !fmt || fmt_len < 16 || !samples || le32(fmt) != 0x00010001 ||
        le32(fmt + 4) != 16000 || fmt[14] != 16) {
        free(data);
        return err_set(err, UV_EINVAL, "%s: not a 16 kHz mono 16-bit WAV file", path);
    }
    *pcm = malloc(bytes + 2);
    if (*pcm) {
        memcpy(*pcm, samples, bytes / 2 * 2);
        *n = bytes / 2;
    }
    free(data);
    return *pcm ? 0 : err_set(err, UV_ENOMEM, "not enough memory");
}
