/**
 * @file audio/wav.c  WAV files, read without the media module
 */
#include "audio/wav.h"

#include "audio/resample.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAG_PCM = 1,
    TAG_FLOAT = 3,
    TAG_EXTENSIBLE = 0xFFFE,
    CHUNKS_MAX = 256,    /* before the sound; a hostile file could have millions */
    BLOCK_FRAMES = 2048, /* samples per channel converted at a time */
    FORMAT_BYTES = 40,   /* the relevant part of the fmt chunk */
};

struct wav {
    unsigned tag, channels, rate, block, bits;
    uint64_t at, length; /**< Position and length of the sound [bytes] */
    bool has_format, has_data;
};

static uint32_t le16(const uint8_t *p)
{
    return (uint32_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
    return le16(p) | le16(p + 2) << 16;
}

static bool read_all(const struct media_source *s, uint64_t at, void *to, size_t n)
{
    return s->read(s->arg, at, to, n) == (int64_t)n;
}

static void take_format(struct wav *w, const uint8_t *p, size_t n)
{
    w->tag = le16(p);
    w->channels = le16(p + 2);
    w->rate = le32(p + 4);
    w->block = le16(p + 12);
    w->bits = le16(p + 14);
    if (w->tag == TAG_EXTENSIBLE && n >= 26)
        w->tag = le16(p + 24); /* the first two bytes of the sub-format's GUID */
    w->has_format = true;
}

/** Walks the chunks up to the sound. A length of 0 or all ones means "to the end": recorders write
 *  that if they could not fill it in afterwards. */
static bool find_sound(const struct media_source *s, struct wav *w)
{
    uint8_t head[12], chunk[8], format[FORMAT_BYTES] = {0};
    uint64_t at = 12;

    if (!read_all(s, 0, head, 12) || memcmp(head, "RIFF", 4) != 0 || memcmp(head + 8, "WAVE", 4))
        return false;
    for (int i = 0; i < CHUNKS_MAX && read_all(s, at, chunk, 8); i++) {
        uint64_t length = le32(chunk + 4);

        at += 8;
        if (memcmp(chunk, "fmt ", 4) == 0 && length >= 16) {
            size_t n = length < FORMAT_BYTES ? (size_t)length : FORMAT_BYTES;

            if (!read_all(s, at, format, n))
                return false;
            take_format(w, format, n);
        } else if (memcmp(chunk, "data", 4) == 0) {
            w->at = at;
            w->length = length == 0 || length > s->size - at ? s->size - at : length;
            w->has_data = true;
            return w->has_format;
        }
        at += length + (length & 1);
    }
    return false;
}

static bool is_ours(const struct wav *w)
{
    bool pcm = w->tag == TAG_PCM && w->bits >= 8 && w->bits <= 32 && w->bits % 8 == 0;
    bool real = w->tag == TAG_FLOAT && (w->bits == 32 || w->bits == 64);

    return (pcm || real) && w->channels >= 1 && w->channels <= RESAMPLE_CHANNELS_MAX &&
           w->rate >= RESAMPLE_RATE_MIN && w->rate <= RESAMPLE_RATE_MAX &&
           w->block == w->channels * w->bits / 8;
}

static int16_t from_real(double value)
{
    if (!(value > -1))
        return value <= -1 ? -32768 : 0; /* NaN becomes silence */
    return value >= 1 ? 32767 : (int16_t)(value * 32767);
}

static int16_t sample(const struct wav *w, const uint8_t *p)
{
    float single;
    double real;

    if (w->tag == TAG_PCM && w->bits == 8)
        return (int16_t)((p[0] - 128) * 256);
    if (w->tag == TAG_PCM) /* the two high bytes */
        return (int16_t)le16(p + w->bits / 8 - 2);
    if (w->bits == 32) {
        memcpy(&single, p, 4);
        return from_real((double)single);
    }
    memcpy(&real, p, 8);
    return from_real(real);
}

struct room {
    uint8_t *bytes;
    int16_t *pcm;
    int16_t *out;
    struct resampler *resampler;
};

static void room_release(struct room *room)
{
    resampler_close(room->resampler);
    free(room->bytes);
    free(room->pcm);
    free(room->out);
}

static bool room_init(struct room *room, const struct wav *w)
{
    memset(room, 0, sizeof(*room));
    if (resampler_open(&room->resampler, (int)w->rate, (int)w->channels))
        return false;
    room->bytes = malloc((size_t)BLOCK_FRAMES * w->block);
    room->pcm = calloc((size_t)BLOCK_FRAMES * w->channels, sizeof(*room->pcm));
    room->out = calloc(resampler_room(room->resampler, BLOCK_FRAMES), sizeof(*room->out));
    return room->bytes && room->pcm && room->out;
}

static int convert(const struct media_source *s, const struct media_sink *sink, const struct wav *w,
                   struct room *room)
{
    uint64_t at = w->at, end = w->at + w->length;
    unsigned bytes = w->bits / 8;
    size_t n;

    while (end - at >= w->block) {
        uint64_t want = (end - at) / w->block;
        int64_t got;

        if (want > BLOCK_FRAMES)
            want = BLOCK_FRAMES;
        got = s->read(s->arg, at, room->bytes, (size_t)want * w->block);
        if (got < (int64_t)w->block)
            break; /* the file became shorter: keep what was read */
        n = (size_t)got / w->block;
        for (size_t i = 0; i < n * w->channels; i++)
            room->pcm[i] = sample(w, room->bytes + i * bytes);
        at += n * w->block;
        n = resampler_feed(room->resampler, room->pcm, n, room->out);
        if (n && sink->take(sink->arg, room->out, n))
            return 1;
    }
    n = resampler_flush(room->resampler, room->out, resampler_room(room->resampler, 0));
    return n && sink->take(sink->arg, room->out, n) ? 1 : 0;
}

int wav_decode(const struct media_source *source, const struct media_sink *sink,
               char format[MEDIA_FORMAT_MAX], char why[MEDIA_TEXT_MAX])
{
    struct wav w = {0};
    struct room room;
    int err;

    if (!find_sound(source, &w) || !is_ours(&w))
        return WAV_NOT_OURS;
    if (w.length < w.block) {
        snprintf(why, MEDIA_TEXT_MAX, "there is no sound in it");
        return -1;
    }
    snprintf(format, MEDIA_FORMAT_MAX, "wav / pcm_%c%u%s",
             w.tag == TAG_FLOAT ? 'f'
             : w.bits == 8      ? 'u'
                                : 's',
             w.bits, w.bits > 8 ? "le" : "");
    err = -1;
    if (room_init(&room, &w))
        err = convert(source, sink, &w, &room);
    else
        snprintf(why, MEDIA_TEXT_MAX, "no memory to decode it");
    room_release(&room);
    return err;
}
