/**
 * @file asr/speakers.h  Who speaks in which segment of a recording's transcript
 *
 *     transcript_speakers(&transcript, "data/models/voices.pt", samples, n, &why);
 *
 * Each segment is taken for one person's: segments end where somebody pauses. Of one shorter than
 * 1.6 s little can be told; it goes to who it is most like, or to nobody.
 *
 * Threads    Any; takes about 8 ms for each second of speech.
 * Errors     UV_ENOENT with the way to get the network, UV_EINVAL, UV_ENOMEM; the transcript is as
 *            it was.
 */
#ifndef ASR_SPEAKERS_H
#define ASR_SPEAKERS_H

#include "asr/transcribe.h"

/** network: voices.pt; samples: the whole recording, 16 kHz. */
int transcript_speakers(struct transcript *t, const char *network, const int16_t *samples, size_t n,
                        struct errbuf *why);

#endif
