/**
 * @file audio/opus_module.c  The shared module for Opus (libopus): packets to samples
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
const struct opus_door opus_door = {
    .abi = OPUS_DOOR_ABI,
    .open = door_open,
    .decode = door_decode,
    .close = door_close,
    .file_open = door_file_open,
    .file_write = door_file_write,
    .file_close = door_file_close,
    .file_mend = door_file_mend,
};
