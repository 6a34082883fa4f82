/**
 * @file audio/wav.h  WAV files, read without the media module
 *
 * Private to audio/. Integer samples of 8 to 32 bits and floating point of 32 and 64, plain or
 * WAVE_FORMAT_EXTENSIBLE, any order of chunks, truncated and never-finished files ("Multimedia
 * Programming Interface and Data Specifications 1.0", 1991; RFC 2361 for the format tags).
 *
 * Threads    Any.
 */
#ifndef AUDIO_WAV_H
#define AUDIO_WAV_H

#include "audio/media.h"

enum { WAV_NOT_OURS = 2 }; /**< Not WAV, or in a codec that the media process may support */

/** Returns what media_decode() does, or WAV_NOT_OURS before anything went to the sink. */
int wav_decode(const struct media_source *source, const struct media_sink *sink,
               char format[MEDIA_FORMAT_MAX], char why[MEDIA_TEXT_MAX]);

#endif
