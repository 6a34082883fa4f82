/**
 * @file fuzz/wav.c  WAV files: the header and what follows it, without the media module
 *
 * Held: no more sound comes out than the bytes can hold at the lowest rate, and a refusal has a
 * sentence.
 */
#include "audio/wav.h"
#include "audio/resample.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
    const uint8_t *data;
    size_t len;
};

static int64_t read_bytes(void *arg, uint64_t offset, void *to, size_t n)
{
    const struct bytes *b = arg;

    if (offset >= b->len)
        return 0;
    if (n > b->len - offset)
        n = (size_t)(b->len - offset);
    memcpy(to, b->data + offset, n);
    return (int64_t)n;
}

static int count(void *arg, const int16_t *samples, size_t n)
{
    volatile int16_t touched = samples[0];
    size_t *total = arg;

    touched = samples[n - 1];
    (void)touched;
    *total += n;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, size};
    struct media_source source = {.read = read_bytes, .size = size, .arg = &bytes};
    size_t total = 0;
    struct media_sink sink = {.take = count, .arg = &total};
    char format[MEDIA_FORMAT_MAX] = "", why[MEDIA_TEXT_MAX] = "";
    int rc = wav_decode(&source, &sink, format, why);

    if (rc == -1 && !why[0])
        abort();
    if (rc == WAV_NOT_OURS && total)
        abort();
    if (total > (size + 1) * (16000 / RESAMPLE_RATE_MIN + 1) + 4096)
        abort();
    return 0;
}
