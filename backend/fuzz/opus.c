/**
 * @file fuzz/opus.c  Opus packets of a stream; two bytes (low first) before each say its length
 */
#include "audio/opus.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int16_t pcm[OPUS_SAMPLES_MAX];
    struct opus_stream *o;

    if (opus_stream_open(&o, NULL))
        abort(); /* the module is not there: nothing would be tested */
    while (size >= 2) {
        size_t len = (size_t)(data[0] | data[1] << 8);
        int n;

        data += 2;
        size -= 2;
        if (len > size)
            len = size;
        n = opus_stream_decode(o, data, len, pcm);
        if (n > OPUS_SAMPLES_MAX)
            abort();
        data += len;
        size -= len;
    }
    opus_stream_close(o);
    return 0;
}
