/**
 * @file fuzz/media.c  Recordings of every format, through the door everybody uses
 *
 * What is fuzzed is our side of the media module (its reader, its limits, its way out); libav*
 * itself has been fuzzed for years. Held: it comes back, with sound or with a sentence. Run it with
 * -rss_limit_mb=1024: one allocation inside the module is at most 256 MiB.
 */
#include "audio/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct errbuf err = {""};
    struct pcm pcm = {0};
    int rc = audio_decode_bytes(data, size, &pcm, &err);

    if (rc == UV_ENOSYS)
        abort(); /* the module is not there: nothing would be tested */
    if (rc && (!err.text[0] || pcm.samples))
        abort();
    if (!rc && (!pcm.n || !pcm.format[0]))
        abort();
    pcm_release(&pcm);
    return 0;
}
