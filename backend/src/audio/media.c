/**
 * @file audio/media.c  The part that knows media formats (libavformat and its family)
 *
 * Runs in a process of its own (media_worker.c): the input comes from strangers, and the libraries
 * read a hundred formats. A crash there becomes a sentence for the person who sent the file.
 *
 * The bytes come through our own reader: no protocol of libavformat's is ever used, so a hostile
 * file cannot name another file or an address. Only formats for sound recordings are accepted
 * (format_list), and the number of streams, channels and damaged packets is limited.
 */
#include "audio/media.h"

#include "audio/mixdown.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    IO_BUFFER = 32 << 10,
    STREAMS_MAX = 32,
    CHANNELS_MAX = 64,
    RATE_MAX = 768000,
    DAMAGE_MAX = 1000,           /* packets that could not be decoded before we give up */
    FRAME_SAMPLES_MAX = 1 << 22, /* samples per channel in one decoded frame */
    CHUNK = 8192,                /* samples passed to the sink at a time */
    ALLOC_MAX = 256 << 20,       /* largest single allocation inside libav* */
};

static const char format_list[] =
    "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,ogg,wav,w64,aiff,au,caf,mp3,flac,aac,amr,amrnb,amrwb,"
    "asf,avi,mpegts,mpeg,flv,ac3,eac3,wv,tta,ape,adts,loas,latm,opus";

struct reading {
    const struct media_source *source;
    const struct media_sink *sink;
    uint64_t offset;
    AVIOContext *io;
    AVFormatContext *format;
    AVCodecContext *codec;
    SwrContext *resample;
    AVChannelLayout layout; /* the layout that the resampler was set up for */
    int rate, sample_format;
    int rate_out;
    int channels_out; /* 2 if the source is stereo: we mix it ourselves, see mixdown.h */
    struct mixdown mixdown;
    AVPacket *packet;
    AVFrame *frame;
    int stream;
    unsigned damaged;
    uint64_t decoded; /* samples passed to the sink */
    bool stopped;
};

static int say(char *why, const char *what, int rc)
{
    char reason[96];

    if (rc && av_strerror(rc, reason, sizeof(reason)) == 0)
        snprintf(why, MEDIA_TEXT_MAX, "%s (%s)", what, reason);
    else
        snprintf(why, MEDIA_TEXT_MAX, "%s", what);
    return -1;
}

/* ---- input ----------------------------------------------------------------------------- */

static int read_bytes(void *arg, uint8_t *to, int n)
{
    struct reading *r = arg;
    int64_t got = r->source->read(r->source->arg, r->offset, to, (size_t)n);

    if (got <= 0)
        return got < 0 ? AVERROR(EIO) : AVERROR_EOF;
    r->offset += (uint64_t)got;
    return (int)got;
}

static int64_t seek_bytes(void *arg, int64_t offset, int whence)
{
    struct reading *r = arg;
    int64_t size = (int64_t)r->source->size;

    whence &= ~AVSEEK_FORCE;
    if (whence == AVSEEK_SIZE)
        return size;
    if (whence == SEEK_CUR)
        offset += (int64_t)r->offset;
    else if (whence == SEEK_END)
        offset += size;
    if (offset < 0 || offset > size)
        return AVERROR(EINVAL);
    r->offset = (uint64_t)offset;
    return offset;
}

static int open_format(struct reading *r, char *why)
{
    uint8_t *buffer = av_malloc(IO_BUFFER);
    int err;

    if (!buffer)
        return say(why, "no memory to decode it", 0);
    r->io = avio_alloc_context(buffer, IO_BUFFER, 0, r, read_bytes, NULL, seek_bytes);
    r->format = avformat_alloc_context();
    if (!r->io)
        av_free(buffer);
    if (!r->io || !r->format)
        return say(why, "no memory to decode it", 0);
    r->format->pb = r->io;
    r->format->flags |= AVFMT_FLAG_CUSTOM_IO;
    r->format->max_streams = STREAMS_MAX;
    r->format->format_whitelist = av_strdup(format_list);
    r->format->protocol_whitelist = av_strdup("");
    err = avformat_open_input(&r->format, NULL, NULL, NULL);
    if (err < 0)
        return say(why, "it is no recording in a format that is known here", err);
    return 0;
}

/* ---- the audio stream ------------------------------------------------------------------ */

static int open_codec(struct reading *r, char *why)
{
    const AVCodec *decoder = NULL;
    int err = avformat_find_stream_info(r->format, NULL);

    if (err < 0)
        return say(why, "it is damaged from the start", err);
    r->stream = av_find_best_stream(r->format, AVMEDIA_TYPE_AUDIO, -1, -1, &decoder, 0);
    if (r->stream == AVERROR_DECODER_NOT_FOUND)
        return say(why, "its sound is in a codec that is not known here", 0);
    if (r->stream < 0)
        return say(why, "there is no sound in it", 0);
    for (unsigned i = 0; i < r->format->nb_streams; i++) {
        if ((int)i != r->stream)
            r->format->streams[i]->discard = AVDISCARD_ALL;
    }
    r->codec = avcodec_alloc_context3(decoder);
    if (!r->codec)
        return say(why, "no memory to decode it", 0);
    r->codec->thread_count = 1;
    r->codec->max_samples = FRAME_SAMPLES_MAX;
    err = avcodec_parameters_to_context(r->codec, r->format->streams[r->stream]->codecpar);
    if (err >= 0)
        err = avcodec_open2(r->codec, decoder, NULL);
    return err < 0 ? say(why, "its sound cannot be decoded", err) : 0;
}

static void name_format(const struct reading *r, char *format)
{
    snprintf(format, MEDIA_FORMAT_MAX, "%s / %s", r->format->iformat->name,
             avcodec_get_name(r->codec->codec_id));
}

/* ---- output ---------------------------------------------------------------------------- */

/** n samples per channel; two channels are mixed to one in place. */
static int give(struct reading *r, int16_t *samples, int n)
{
    for (int i = 0; r->channels_out == 2 && i < n; i++)
        samples[i] = (int16_t)mixdown_stereo(&r->mixdown, samples[2 * i], samples[2 * i + 1]);
    r->decoded += (uint64_t)n;
    if (n > 0 && r->sink->take(r->sink->arg, samples, (size_t)n)) {
        r->stopped = true;
        return 1;
    }
    return 0;
}

/** Resamples n samples per channel; if `in` is NULL, outputs what the resampler still holds. */
static int convert(struct reading *r, const uint8_t **in, int n)
{
    int16_t out[CHUNK * 2];
    uint8_t *to[1] = {(uint8_t *)out};
    int got = swr_convert(r->resample, to, CHUNK, in, n);

    while (got > 0) {
        if (give(r, out, got))
            return 1;
        if (in && got < CHUNK)
            return 0;
        got = swr_convert(r->resample, to, CHUNK, in, 0);
    }
    return got;
}

static int convert_frame(struct reading *r, const AVFrame *f)
{
    const uint8_t *planes[CHANNELS_MAX] = {NULL};
    int count = av_sample_fmt_is_planar(f->format) ? f->ch_layout.nb_channels : 1;

    for (int i = 0; i < count; i++)
        planes[i] = f->extended_data[i];
    return convert(r, planes, f->nb_samples);
}

static bool same_form(const struct reading *r, const AVFrame *f)
{
    return r->resample && r->rate == f->sample_rate && r->sample_format == f->format &&
           av_channel_layout_compare(&r->layout, &f->ch_layout) == 0;
}

/** The format of a stream may change midway; the resampler is then set up again. */
static int fit_resampler(struct reading *r, const AVFrame *f)
{
    AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO, stereo = AV_CHANNEL_LAYOUT_STEREO, from = {0};
    int err;

    if (same_form(r, f))
        return 0;
    if (f->sample_rate <= 0 || f->sample_rate > RATE_MAX || f->ch_layout.nb_channels < 1 ||
        f->ch_layout.nb_channels > CHANNELS_MAX)
        return AVERROR_INVALIDDATA;
    if (r->resample && convert(r, NULL, 0) == 1)
        return 1;
    swr_free(&r->resample);
    if (f->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&from, f->ch_layout.nb_channels);
    else
        av_channel_layout_copy(&from, &f->ch_layout);
    r->channels_out = f->ch_layout.nb_channels == 2 ? 2 : 1;
    err =
        swr_alloc_set_opts2(&r->resample, r->channels_out == 2 ? &stereo : &mono, AV_SAMPLE_FMT_S16,
                            r->rate_out, &from, f->format, f->sample_rate, 0, NULL);
    if (err >= 0)
        err = swr_init(r->resample);
    av_channel_layout_uninit(&from);
    av_channel_layout_uninit(&r->layout);
    av_channel_layout_copy(&r->layout, &f->ch_layout);
    r->rate = f->sample_rate;
    r->sample_format = f->format;
    return err;
}

/** 0 to go on, 1 if the sink takes no more. */
static int take_frames(struct reading *r)
{
    int err = avcodec_receive_frame(r->codec, r->frame);

    while (err >= 0) {
        int fit = fit_resampler(r, r->frame);

        if (fit == 1)
            return 1;
        if (fit < 0)
            r->damaged++;
        else if (convert_frame(r, r->frame) == 1)
            return 1;
        av_frame_unref(r->frame);
        err = avcodec_receive_frame(r->codec, r->frame);
    }
    if (err != AVERROR(EAGAIN) && err != AVERROR_EOF)
        r->damaged++;
    return 0;
}

static int decode_all(struct reading *r, char *why)
{
    while (!r->stopped && r->damaged <= DAMAGE_MAX && av_read_frame(r->format, r->packet) >= 0) {
        if (r->packet->stream_index == r->stream) {
            if (avcodec_send_packet(r->codec, r->packet) < 0)
                r->damaged++;
            take_frames(r);
        }
        av_packet_unref(r->packet);
    }
    if (!r->stopped) {
        avcodec_send_packet(r->codec, NULL);
        take_frames(r);
    }
    if (!r->stopped && r->resample)
        convert(r, NULL, 0);
    if (r->stopped)
        return 1;
    return r->decoded ? 0 : say(why, "its sound is damaged beyond reading", 0);
}

static void close_reading(struct reading *r)
{
    av_frame_free(&r->frame);
    av_packet_free(&r->packet);
    swr_free(&r->resample);
    av_channel_layout_uninit(&r->layout);
    avcodec_free_context(&r->codec);
    avformat_close_input(&r->format);
    if (r->io)
        av_freep(&r->io->buffer);
    avio_context_free(&r->io);
}

int media_decode(const struct media_source *source, int rate, const struct media_sink *sink,
                 char format[MEDIA_FORMAT_MAX], char why[MEDIA_TEXT_MAX])
{
    struct reading r = {.source = source, .sink = sink, .rate_out = rate};
    int err;

    av_log_set_level(AV_LOG_QUIET); /* its messages may quote the contents of the file */
    av_max_alloc(ALLOC_MAX);
    r.packet = av_packet_alloc();
    r.frame = av_frame_alloc();
    err = r.packet && r.frame ? 0 : say(why, "no memory to decode it", 0);
    if (!err)
        err = open_format(&r, why);
    if (!err)
        err = open_codec(&r, why);
    if (!err) {
        name_format(&r, format);
        err = decode_all(&r, why);
    }
    close_reading(&r);
    return err;
}
