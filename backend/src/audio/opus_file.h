/**
 * @file audio/opus_file.h  Samples into an Ogg Opus file, as they come
 *
 *     opus_file_open(&f, &(struct opus_file_params){.rate = 16000, .bitrate = 24000}, why);
 *     opus_file_write(f, pcm, n, OPUS_FILE_MORE, &out);    // the head of the file comes first
 *     opus_file_write(f, pcm, n, OPUS_FILE_FLUSH, &out);   // all but the last 20 ms is in out now
 *     opus_file_write(f, NULL, 0, OPUS_FILE_END, &out);    // all of it; the file is whole
 *     opus_file_close(f);
 *
 * What is put into out is whole pages (RFC 3533), so a file that ends after any of them plays to
 * there; RFC 7845 says how Opus lies in them. A file whose writer was killed lacks nothing but the
 * page that says that it is the last: opus_file_mend() makes that one.
 *
 * Threads    One at a time for a file; a second of speech takes some 5 ms. Not the loop thread.
 * Errors     UV_ENOSYS the module is missing; UV_ENOMEM; UV_EINVAL a rate that Opus does not have;
 *            UV_EILSEQ no pages. Those of out stay in out->err.
 * Limits     A file of 27 hours at most, for its length is counted in 32 bits of samples.
 */
#ifndef AUDIO_OPUS_FILE_H
#define AUDIO_OPUS_FILE_H

#include "base/buffer.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct opus_file;

struct opus_file_params {
    int rate;    /**< 8,000, 12,000, 16,000, 24,000 or 48,000 [Hz], mono */
    int bitrate; /**< About so much, [bit/s] */
};

enum opus_file_how { OPUS_FILE_MORE, OPUS_FILE_FLUSH, OPUS_FILE_END };

#define OPUS_FILE_FORMAT "ogg / opus" /**< As decode.h says it of such a file */

int opus_file_open(struct opus_file **fp, const struct opus_file_params *params,
                   struct errbuf *why);
int opus_file_write(struct opus_file *f, const int16_t *pcm, size_t n, enum opus_file_how how,
                    struct buf *out);
void opus_file_close(struct opus_file *f); /**< NULL is allowed */

/** pages: the last ones of a file, all of them whole. If it was not ended, out gets the page that
 *  ends it; *duration_ms is how long the file is. */
int opus_file_mend(const void *pages, size_t len, struct buf *out, uint64_t *duration_ms,
                   struct errbuf *why);

#endif
