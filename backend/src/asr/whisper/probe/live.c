/**
 * @file asr/whisper/probe/live.c  A recording heard as if it were spoken now
 */
#include "asr/whisper/probe/probe.h"

int probe_stream(struct probe *p, struct errbuf *err)
{
    (void)p;
    err_set(err, UV_ENOSYS, "streaming is not there yet");
    return 2;
}
