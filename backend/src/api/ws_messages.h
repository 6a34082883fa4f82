/**
 * @file api/ws_messages.h  Parsing the clients' WebSocket messages
 *
 * The messages of docs/api/openapi.yaml (WsTranscribe…, WsLlm…) from JSON to values, apart from the
 * sockets so that they can be fuzzed (fuzz/ws_message.c).
 *
 * Threads    Any; pure.
 * Errors     false, with a complaint: one of WsErrorCode and a sentence for the person.
 * Ownership  The structs point into the message.
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
    bool opus;          /**< Each binary message is a packet, which gives its own rate and
                             channels */
    int sample_rate;    /**< 8,000 to 48,000 [Hz] */
    int channels;       /**< 1 or 2 */
    bool host;          /**< Audio captured on this machine instead of the client's */
    const char *device; /**< Device of this machine; NULL: the configured one */
    bool candidate;
    bool push_to_talk;
    int pace;             /**< enum turn_pace; -1: the configured one */
    const char *language; /**< NULL: the session's */
    const char *resume;   /**< The client's name for this stream of audio, or NULL */
    uint32_t last_final;  /**< The last utterance whose final the client has seen; 0: none */
    const char *listener; /**< Id of the page that listens; NULL: not given */
    bool take_over;       /**< Takes the place of another page */
};

struct ws_start ws_start_defaults(void);
bool ws_read_start(const json_t *msg, struct ws_start *start, struct ws_complaint *why);

enum { WS_WORDING_MAX = 2000 }; /**< Longest consent text [bytes] */

struct ws_record {
    bool on;
    const char *wording; /**< The consent text that the person saw; NULL if off */
};

bool ws_read_record(const json_t *msg, struct ws_record *record, struct ws_complaint *why);

struct ws_generate {
    struct live_ask ask;       /**< Without .again, which is looked up */
    const char *transcript_id; /**< The question that it replaces; NULL: a new one */
};

bool ws_read_generate(const json_t *msg, struct ws_generate *generate, struct ws_complaint *why);

/** Decodes base64 (RFC 4648 section 4, padding required) into room for ws_base64_room(len) bytes:
 *  returns the number written, or -1. */
int ws_base64_decode(const char *text, size_t len, unsigned char *data);
size_t ws_base64_room(size_t len);

#endif
