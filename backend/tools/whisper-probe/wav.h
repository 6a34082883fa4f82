/**
 * @file whisper-probe/wav.h  Reading the 16 kHz mono 16-bit WAV files that goldens were made of
 *
 * Only for the probe and the tests; the program reads recordings through audio/decode.h.
 */
#ifndef ASR_WHISPER_PROBE_WAV_H
#define ASR_WHISPER_PROBE_WAV_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { WAV_BYTES_MAX = 1 << 30 };

/** free() *pcm. */
int wav_read(const char *path, int16_t **pcm, size_t *n, struct errbuf *err);

#endif
