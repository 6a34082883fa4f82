/**
 * @file audio/opus.c  Opus packets to 16 kHz mono
 */
#include "audio/opus.h"

#include "audio/opus_door.h"
#include "base/module.h"

#include <stdlib.h>
#include <uv.h>

enum { RATE = 16000 };

struct opus_stream {
    const struct opus_door *door;
    void *decoder;
};

const struct opus_door *opus_door_open(struct errbuf *why)
{
    static uv_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static const struct opus_door *door; /* {lock} */
    const struct opus_door *found;

    uv_mutex_lock(&lock);
    if (!door)
        door = module_open("interviewd-opus", "opus_door", why);
    found = door;
    uv_mutex_unlock(&lock);
    if (found && found->abi != OPUS_DOOR_ABI) {
        err_set(why, UV_ENOSYS, "interviewd-opus.so belongs to another version of the program");
        return NULL;
    }
    return found;
}

int opus_stream_open(struct opus_stream **op, struct errbuf *why)
{
    const struct opus_door *door = opus_door_open(why);
    struct opus_stream *o;

    if (!door)
        return UV_ENOSYS;
    o = calloc(1, sizeof(*o));
    if (o) {
        o->door = door;
        o->decoder = door->open(RATE);
    }
    if (!o || !o->decoder) {
        free(o);
        return err_set(why, UV_ENOMEM, "not enough memory to hear Opus");
    }
    *op = o;
    return 0;
}

int opus_stream_decode(struct opus_stream *o, const void *packet, size_t len,
                       int16_t pcm[OPUS_SAMPLES_MAX])
{
    int n;

    if (len == 0)
        return 0;
    if (len > OPUS_PACKET_MAX)
        return UV_EINVAL;
    n = o->door->decode(o->decoder, packet, len, pcm, OPUS_SAMPLES_MAX);
    return n < 0 ? UV_EINVAL : n;
}

void opus_stream_close(struct opus_stream *o)
{
    if (!o)
        return;
    o->door->close(o->decoder);
    free(o);
}
