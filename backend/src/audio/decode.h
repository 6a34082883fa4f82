/**
 * @file audio/decode.h  Recordings of any format to 16 kHz mono
 *
 * libavformat/libavcodec/libswresample read untrusted input and cost 26 MB as soon as they are
 * linked. So they are in a separate program that is started for each recording, with limits
 * (media.h). A recording that crashes it gives an error with a sentence.
 *
 *     audio_examine(&source, NULL, &facts, why)      // decodes everything, keeps nothing
 *     audio_examine(&source, &sink, &facts, why)     // and passes the sound to the sink
 *
 *     struct pcm pcm;
 *     audio_decode_file(path, &pcm, why)  /  audio_decode_bytes(data, len, &pcm, why)
 *     pcm_release(&pcm);
 *
 * Threads    Any worker; blocks.
 * Errors     UV_ENOENT: no file; UV_EINVAL: not audio (the sentence says what it is); UV_E2BIG:
 *            longer than AUDIO_LENGTH_MAX_S; UV_ENOSYS: the program is missing.
 */
#ifndef AUDIO_DECODE_H
#define AUDIO_DECODE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AUDIO_LENGTH_MAX_S = 6 * 3600 }; /**< Longest recording accepted [s] */

/** Bytes of a recording, wherever they are. */
struct media_source {
    /** Copies up to n bytes from offset; returns the number copied, 0 at the end, negative on
     *  failure. */
    int64_t (*read)(void *arg, uint64_t offset, void *to, size_t n);
    uint64_t size; /**< [bytes] */
    void *arg;
};

/** Properties of a recording. */
struct audio_facts {
    uint64_t duration_ms;
    char format[64]; /**< "matroska,webm / opus" */
    bool silent;     /**< Nothing is louder than -60 dBFS: the microphone was off */
    bool clipped;    /**< Much of it is clipped at full scale */
};

/** Where the sound goes while it is decoded. */
struct audio_sink {
    int rate; /**< 16,000 or 48,000 [Hz], mono */
    /** Non-zero: it takes no more; decoding goes on without it. */
    int (*take)(void *arg, const int16_t *samples, size_t n);
    void (*restart)(void *arg); /**< Discard what was taken: the decoder died, and another starts
                                     from the beginning */
    void *arg;
};

int audio_examine(const struct media_source *source, const struct audio_sink *sink,
                  struct audio_facts *facts, struct errbuf *why);

struct pcm {
    int16_t *samples; /**< 16 kHz mono */
    size_t n;
    uint64_t duration_ms;
    char format[64]; /**< "matroska,webm / opus" */
};

/** Decodes from any source. */
int audio_decode(const struct media_source *source, struct pcm *pcm, struct errbuf *why);
int audio_decode_file(const char *path, struct pcm *pcm, struct errbuf *why);
int audio_decode_bytes(const void *data, size_t len, struct pcm *pcm, struct errbuf *why);
void pcm_release(struct pcm *pcm);

#endif
