/**
 * @file audio/opus_module.c  The shared module that knows Opus (libopus)
 */
#include "audio/opus_door.h"

#include <limits.h>
#include <opus/opus.h>

static void *door_open(int rate)
{
    return opus_decoder_create(rate, 1, NULL);
}

static int door_decode(void *decoder, const uint8_t *packet, size_t len, int16_t *pcm, size_t room)
{
    if (len > INT_MAX)
        return -1;
    return opus_decode(decoder, packet, (opus_int32)len, pcm, (int)room, 0);
}

static void door_close(void *decoder)
{
    opus_decoder_destroy(decoder);
}

extern const struct opus_door opus_door;
const struct opus_door opus_door = {OPUS_DOOR_ABI, door_open, door_decode, door_close};
