/**
 * @file audio/decode.h  Recordings of any format to 16 kHz mono
 *
 * libavformat/libavcodec/libswresample read what strangers send and cost 26 MB the moment they are
 * linked: they live in a program beside the executable that is started for each recording, with
 * limits (media.h). A recording that crashes it is an error with a sentence.
 *
 *     audio_examine(&source, NULL, &facts, why)      // all of it is decoded, and nothing kept
 *     audio_examine(&source, &sink, &facts, why)     // and its sound given to the sink as it comes
 *
 *     struct pcm pcm;
 *     audio_decode_file(path, &pcm, why)  /  audio_decode_bytes(data, len, &pcm, why)
 *     pcm_release(&pcm);
 *
 * Threads    Any worker; blocks.
 * Errors     UV_ENOENT no file, UV_EINVAL not audio (the sentence says what it is), UV_E2BIG
 *            longer than AUDIO_LENGTH_MAX_S, UV_ENOSYS the program is missing.
 */
#ifndef AUDIO_DECODE_H
#define AUDIO_DECODE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AUDIO_LENGTH_MAX_S = 6 * 3600 }; /**< Longest recording taken, in [s] */

/** Bytes of a recording, wherever they are. */
struct media_source {
    /** Copy up to n bytes at offset; the number copied, 0 at the end, negative on failure. */
    int64_t (*read)(void *arg, uint64_t offset, void *to, size_t n);
    uint64_t size; /**< [bytes] */
    void *arg;
};

/** What a recording is. */
struct audio_facts {
    uint64_t duration_ms;
    char format[64]; /**< "matroska,webm / opus" */
    bool silent;     /**< Nothing in it is louder than -60 dBFS: no microphone was on */
    bool clipped;    /**< Much of it is cut off at full scale */
};

/** Where the sound goes while it is decoded. */
struct audio_sink {
    int rate; /**< 16,000 or 48,000 [Hz], mono */
    /** Non-zero: it wants no more; the decoding goes on without it. */
    int (*take)(void *arg, const int16_t *samples, size_t n);
    void (*restart)(void *arg); /**< What it took is void: the decoder died, another begins anew */
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

/** From wherever its bytes are. */
int audio_decode(const struct media_source *source, struct pcm *pcm, struct errbuf *why);
int audio_decode_file(const char *path, struct pcm *pcm, struct errbuf *why);
int audio_decode_bytes(const void *data, size_t len, struct pcm *pcm, struct errbuf *why);
void pcm_release(struct pcm *pcm);

#endif
