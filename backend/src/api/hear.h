/**
 * @file api/hear.h  A recording is heard while its client waits
 *
 *     return hear_bytes(req, res, file.data, file.len, &(struct hear_ask){
 *         .language = "en", .reply = reply_transcript});
 *
 * Decoded on the decoding lane, then heard by the hub while no worker is held: the answer comes
 * later. Nothing is kept. A client that leaves ends its transcription. HEAR_RUNNING_MAX run at the
 * same time, because each takes lines of the recogniser and memory for its samples; another one is
 * told 503 with Retry-After.
 *
 * Threads    Called on a worker of LANE_DECODE; the functions of an ask run on the loop thread.
 * Errors     Answered here: 413 and 415 the recording, 422 /language, 503.
 * Ownership  What is asked is copied but for arg, which is taken and released in any case.
 */
#ifndef API_HEAR_H
#define API_HEAR_H

#include "asr/transcribe.h"
#include "audio/media.h"
#include "net/http.h"

struct events;

enum {
    HEAR_UPLOAD_MAX = 64 << 20,       /**< [bytes] */
    HEAR_LENGTH_MAX_MS = 2 * 3600000, /**< As docs/api/openapi.yaml says */
    HEAR_RUNNING_MAX = 2,
    HEAR_LANGUAGE_MAX = 16, /**< Of the field; a language is shorter */
    HEAR_PROMPT_MAX = 4096, /**< [bytes]; a recogniser uses what it has room for */
};

struct hear_ask {
    const char *language;
    const char *prompt; /**< (optional) Text that might have come before */
    bool translate;     /**< Into English */
    int (*reply)(const struct http_request *req, struct http_response *res,
                 const struct transcript *t, void *arg);
    /** (optional) Both: each segment as it is known and then the whole, as events; no reply. t is
     *  NULL where it broke off, with a sentence. */
    void (*on_segment)(struct events *events, const struct transcript_segment *s, void *arg);
    void (*on_done)(struct events *events, const struct transcript *t, const char *why, void *arg);
    void *arg;
    void (*release)(void *arg); /**< (optional) */
};

int hear_bytes(const struct http_request *req, struct http_response *res, const void *data,
               size_t len, const struct hear_ask *ask);
int hear_source(const struct http_request *req, struct http_response *res,
                const struct media_source *source, const struct hear_ask *ask);

#endif
