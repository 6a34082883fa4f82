/**
 * @file api/ws_messages.h  What clients say on the WebSockets, read
 *
 * The messages of docs/api/openapi.yaml (WsTranscribe…, WsLlm…) from JSON to values, apart from the
 * sockets so that they can be fuzzed (fuzz/ws_message.c).
 *
 * Threads    Any; pure.
 * Errors     false, with a complaint: one of WsErrorCode and a sentence for the person.
 * Ownership  What a struct points to belongs to the message.
 */
#ifndef API_WS_MESSAGES_H
#define API_WS_MESSAGES_H

#include "live/live.h"

#include <jansson.h>
#include <stdbool.h>

struct ws_complaint {
    const char *code;
    char text[128];
};

struct ws_start {
    bool opus;          /**< One packet a binary message; the packet says its rate and channels */
    int sample_rate;    /**< 8,000 to 48,000 [Hz] */
    int channels;       /**< 1 or 2 */
    bool host;          /**< What this machine hears, not what the client sends */
    const char *device; /**< Of this machine; NULL: as the settings say */
    bool candidate;
    bool push_to_talk;
    int pace;             /**< enum turn_pace; -1: as the settings say */
    const char *language; /**< NULL: the session's */
    const char *resume;   /**< The client's name for this line of audio, or NULL */
    uint32_t last_final;  /**< The last utterance whose final the client has seen; 0: none */
    const char *listener; /**< Which page listens; NULL: it does not say */
    bool take_over;       /**< In place of another page */
};

struct ws_start ws_start_defaults(void);
bool ws_read_start(const json_t *msg, struct ws_start *start, struct ws_complaint *why);

enum { WS_WORDING_MAX = 2000 }; /**< Longest wording of a consent, [bytes] */

struct ws_record {
    bool on;
    const char *wording; /**< What the person agreed to, as they read it; NULL when off */
};

bool ws_read_record(const json_t *msg, struct ws_record *record, struct ws_complaint *why);

struct ws_generate {
    struct live_ask ask;       /**< Without .again: that is looked up */
    const char *transcript_id; /**< Of the question whose place it takes; NULL: it is a new one */
};

bool ws_read_generate(const json_t *msg, struct ws_generate *generate, struct ws_complaint *why);

/** Base64 (RFC 4648 section 4, with its padding and nothing else) into room for
 *  ws_base64_room(len) bytes: how many were written, or -1. */
int ws_base64_decode(const char *text, size_t len, unsigned char *data);
size_t ws_base64_room(size_t len);

#endif
