/**
 * @file audio/opus_file_module.c  The shared module for Opus: Ogg files (libopus, libogg)
 *
 * RFC 7845: a page with OpusHead, one with OpusTags, then packets of 20 ms. A page's granule
 * position counts samples at 48 kHz, including those that the decoder skips at the beginning; that
 * of the last page is exact, so the padding of the last packet is not played.
 */
#include "audio/opus_door.h"
#include "audio/opus_file.h"

#include <limits.h>
#include <ogg/ogg.h>
#include <opus/opus.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE_OPUS = 48000,
    FRAMES_A_SECOND = 50,
    FRAME_MAX = RATE_OPUS / FRAMES_A_SECOND,
    PACKET_MAX = 1500, /* 20 ms at far more than any bitrate used here */
    COMPLEXITY = 5,    /* of 10: higher values take twice as long without an audible difference for
                          speech */
    WIDEBAND = 16000,  /* up to this rate it is speech, and encoded as speech */
    HEAD_LEN = 19,
    TAGS_MAX = 128,
    SKIP_USUAL =
        312, /* for every encoder of libopus with 20 ms: used if the file's header is not at hand */
};

struct file {
    OpusEncoder *encoder;
    ogg_stream_state ogg;
    int rate;
    size_t frame;    /* samples per packet */
    uint64_t taken;  /* samples */
    uint64_t packed; /* samples in packets, including padding */
    uint32_t skip;   /* at 48 kHz */
    bool begun;
    size_t held; /* samples of the next packet */
    int16_t pcm[FRAME_MAX];
};

/* ------------------------------------------------------------------------------- pages */

static int put_pages(struct file *f, bool all, opus_sink_fn *sink, void *arg)
{
    ogg_page page;

    while (all ? ogg_stream_flush(&f->ogg, &page) : ogg_stream_pageout(&f->ogg, &page)) {
        int err = sink(arg, page.header, (size_t)page.header_len);

        if (!err)
            err = sink(arg, page.body, (size_t)page.body_len);
        if (err)
            return err;
    }
    return 0;
}

static void put32(unsigned char *to, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(n >> (8 * i));
}

/* Each of the two headers has its own page. */
static int put_head(struct file *f, opus_sink_fn *sink, void *arg)
{
    unsigned char head[HEAD_LEN] = "OpusHead", tags[TAGS_MAX] = "OpusTags";
    const char *vendor = opus_get_version_string();
    size_t len = strnlen(vendor, TAGS_MAX - 16);
    int err;

    head[8] = 1; /* version */
    head[9] = 1; /* channel */
    head[10] = (unsigned char)f->skip;
    head[11] = (unsigned char)(f->skip >> 8);
    put32(head + 12, (uint32_t)f->rate);
    ogg_stream_packetin(&f->ogg, &(ogg_packet){.packet = head, .bytes = HEAD_LEN, .b_o_s = 1});
    err = put_pages(f, true, sink, arg);
    put32(tags + 8, (uint32_t)len);
    memcpy(tags + 12, vendor, len);
    ogg_stream_packetin(&f->ogg,
                        &(ogg_packet){.packet = tags, .bytes = (long)(16 + len), .packetno = 1});
    return err ? err : put_pages(f, true, sink, arg);
}

/* ------------------------------------------------------------------------------ packets */

static ogg_int64_t at48(const struct file *f, uint64_t samples)
{
    return (ogg_int64_t)(samples * (uint64_t)(RATE_OPUS / f->rate));
}

static int put_packet(struct file *f, bool last)
{
    unsigned char data[PACKET_MAX];
    opus_int32 len = opus_encode(f->encoder, f->pcm, (int)f->frame, data, sizeof(data));
    ogg_packet packet = {.packet = data, .bytes = len, .e_o_s = last};

    if (len < 0)
        return -1;
    f->packed += f->frame;
    f->held = 0;
    packet.granulepos = last ? (ogg_int64_t)f->skip + at48(f, f->taken) : at48(f, f->packed);
    return ogg_stream_packetin(&f->ogg, &packet);
}

static int put_samples(struct file *f, const int16_t *pcm, size_t n)
{
    int err = 0;

    f->taken += n;
    while (n && !err) {
        size_t take = f->frame - f->held < n ? f->frame - f->held : n;

        memcpy(f->pcm + f->held, pcm, take * sizeof(*pcm));
        f->held += take;
        pcm += take;
        n -= take;
        if (f->held == f->frame)
            err = put_packet(f, false);
    }
    return err;
}

/* The encoder is `skip` samples behind: packets of silence flush what it still holds. */
static int put_rest(struct file *f)
{
    ogg_int64_t end = (ogg_int64_t)f->skip + at48(f, f->taken);
    bool last = false;
    int err = 0;

    while (!last && !err) {
        memset(f->pcm + f->held, 0, (f->frame - f->held) * sizeof(*f->pcm));
        last = at48(f, f->packed + f->frame) >= end;
        err = put_packet(f, last);
    }
    return err;
}

/* ---- the interface --------------------------------------------------------------------- */

void door_file_close(void *file)
{
    struct file *f = file;

    if (!f)
        return;
    ogg_stream_clear(&f->ogg);
    if (f->encoder)
        opus_encoder_destroy(f->encoder);
    memset(f->pcm, 0, sizeof(f->pcm));
    free(f);
}

void *door_file_open(int rate, int bitrate, uint32_t serial)
{
    struct file *f = calloc(1, sizeof(*f));
    bool speech = rate <= WIDEBAND;
    opus_int32 skip = 0;

    if (!f)
        return NULL;
    f->encoder =
        opus_encoder_create(rate, 1, speech ? OPUS_APPLICATION_VOIP : OPUS_APPLICATION_AUDIO, NULL);
    if (!f->encoder || ogg_stream_init(&f->ogg, (int)serial) ||
        opus_encoder_ctl(f->encoder, OPUS_SET_BITRATE(bitrate)) ||
        opus_encoder_ctl(f->encoder, OPUS_SET_COMPLEXITY(COMPLEXITY)) ||
        opus_encoder_ctl(f->encoder, OPUS_GET_LOOKAHEAD(&skip))) {
        door_file_close(f);
        return NULL;
    }
    f->rate = rate;
    f->frame = (size_t)(rate / FRAMES_A_SECOND);
    f->skip = (uint32_t)(skip * (RATE_OPUS / rate));
    return f;
}

int door_file_write(void *file, const int16_t *pcm, size_t n, int how, opus_sink_fn *sink,
                    void *arg)
{
    struct file *f = file;
    int err = f->begun ? 0 : put_head(f, sink, arg);

    f->begun = true;
    if (!err)
        err = put_samples(f, pcm, n);
    if (!err && how == OPUS_FILE_END)
        err = put_rest(f);
    return err ? err : put_pages(f, how != OPUS_FILE_MORE, sink, arg);
}

/* ---- mending a file that was not ended -------------------------------------------------- */

/* The last of the pages; false: there is none, or they end in the middle of one. */
static bool find_last(const unsigned char *data, size_t len, const unsigned char **last)
{
    enum { PAGE_HEAD = 27, SEGMENTS_AT = 26 };
    size_t at = 0;

    *last = NULL;
    while (len - at >= PAGE_HEAD && !memcmp(data + at, "OggS", 4)) {
        size_t size = PAGE_HEAD + data[at + SEGMENTS_AT];

        for (size_t i = 0; i < data[at + SEGMENTS_AT] && at + PAGE_HEAD + i < len; i++)
            size += data[at + PAGE_HEAD + i];
        if (size > len - at)
            return false;
        *last = data + at;
        at += size;
    }
    return *last && at == len;
}

int door_file_mend(const void *pages, size_t len, opus_sink_fn *sink, void *arg,
                   uint64_t *samples48)
{
    const unsigned char *last;
    unsigned char head[27];
    ogg_page page = {.header = head, .header_len = sizeof(head), .body = head};
    ogg_int64_t granule;
    bool ended;
    long number;

    if (!find_last(pages, len, &last))
        return -1;
    memcpy(head, last, sizeof(head));
    ended = ogg_page_eos(&page) != 0;
    granule = ogg_page_granulepos(&page);
    number = ogg_page_pageno(&page);
    head[5] = 4; /* the last page, with no continued packet */
    put32(head + 18, (uint32_t)number + 1);
    head[26] = 0; /* no packets in it */
    ogg_page_checksum_set(&page);
    *samples48 = granule > SKIP_USUAL ? (uint64_t)granule - SKIP_USUAL : 0;
    return ended ? 0 : sink(arg, head, sizeof(head));
}
