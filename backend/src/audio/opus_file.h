/**
 * @file audio/opus_file.h  Writing samples to an Ogg Opus file, as they come
 *
 *     opus_file_open(&f, &(struct opus_file_params){.rate = 16000, .bitrate = 24000}, why);
 *     opus_file_write(f, pcm, n, OPUS_FILE_MORE, &out);    // the head of the file comes first
 *     opus_file_write(f, pcm, n, OPUS_FILE_FLUSH, &out);   // out has all but the last 20 ms
 *     opus_file_write(f, NULL, 0, OPUS_FILE_END, &out);    // out has everything
 *     opus_file_close(f);
 *
 * Only whole pages are written to out (RFC 3533), so a file that ends after any of them plays up to
 * there; RFC 7845 defines Opus in Ogg. If the writer was killed, the file only lacks the page that
 * is marked as the last: opus_file_mend() makes that one.
 *
 * Threads    One at a time for a file; a second of speech takes some 5 ms. Not the loop thread.
 * Errors     UV_ENOSYS: the module is missing; UV_ENOMEM; UV_EINVAL: a rate that Opus does not
 *            support; UV_EILSEQ: not pages. Errors of out stay in out->err.
 * Limits     A file of at most 27 hours, because its length is counted in samples with 32 bits.
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
    int bitrate; /**< Approximate [bit/s] */
};

enum opus_file_how { OPUS_FILE_MORE, OPUS_FILE_FLUSH, OPUS_FILE_END };

#define OPUS_FILE_FORMAT "ogg / opus" /**< What decode.h reports for such a file */

int opus_file_open(struct opus_file **fp, const struct opus_file_params *params,
                   struct errbuf *why);
int opus_file_write(struct opus_file *f, const int16_t *pcm, size_t n, enum opus_file_how how,
                    struct buf *out);
void opus_file_close(struct opus_file *f); /**< NULL is allowed */

/** pages: the last pages of a file, all complete. If the file was not ended, out gets the page that
 *  ends it; *duration_ms is the length of the file. */
int opus_file_mend(const void *pages, size_t len, struct buf *out, uint64_t *duration_ms,
                   struct errbuf *why);

#endif
