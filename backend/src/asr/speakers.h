/**
 * @file asr/speakers.h  Who speaks in which segment of a recording's transcript
 *
 *     transcript_speakers(&transcript, "data/models/voices.pt", samples, n, &why);
 *
 * Each segment is taken to be spoken by one person, because segments end at pauses. A segment
 * shorter than 1.6 s says little; it is assigned to the person whose voice is most similar, or to
 * nobody.
 *
 * Threads    Any; takes about 8 ms for each second of speech.
 * Errors     UV_ENOENT, saying how to get the network, UV_EINVAL, UV_ENOMEM; the transcript is
 *            unchanged.
 */
#ifndef ASR_SPEAKERS_H
#define ASR_SPEAKERS_H

#include "asr/transcribe.h"

/** network: voices.pt; samples: the whole recording, 16 kHz. */
int transcript_speakers(struct transcript *t, const char *network, const int16_t *samples, size_t n,
                        struct errbuf *why);

#endif
