/**
 * @file api/audio.h  Shared by the files of /api/v1/audio
 *
 * Private to api/audio*.c.
 */
#ifndef API_AUDIO_H
#define API_AUDIO_H

#include "audio/decode.h"
#include "base/buffer.h"
#include "base/id.h"
#include "net/http.h"
#include "store/store.h"

struct blob_store;

enum {
    AUDIO_FILE_MAX = 200 << 20, /**< As docs/api/openapi.yaml says [bytes] */
    AUDIO_FORM_MORE = 16 << 10, /**< Size of a form around its file [bytes] */
    API_UPLOAD_MAX = AUDIO_FILE_MAX + AUDIO_FORM_MORE,
};

/** A recording as JSON (Recording). */
void recording_write(struct buf *out, const struct store_recording *recording);

int api_list_devices(const struct http_request *req, struct http_response *res);
int api_upload_audio(const struct http_request *req, struct http_response *res);
extern const struct http_intake api_upload_intake;

/** The form in which an upload is stored. */
struct audio_kept {
    char id[ID_TEXT_MAX]; /**< Of the blob: the upload itself, or another one */
    char format[64];
    uint64_t bytes;           /**< In: size of the upload */
    struct audio_facts facts; /**< Of the upload */
};

/** Decodes the committed upload `id` and makes a smaller version of it: Opus at 48 kHz mono, unless
 *  it already is Opus or would not become smaller. as_it_is: the upload itself is kept. Both blobs
 *  stay unclaimed. Errors are those of audio_examine(). Any worker. */
int audio_keep(struct blob_store *blobs, const char *id, bool as_it_is, struct audio_kept *kept,
               struct errbuf *why);

#endif
