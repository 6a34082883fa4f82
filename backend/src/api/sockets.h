/**
 * @file api/sockets.h  The WebSocket endpoints, for the server's table
 */
#ifndef API_SOCKETS_H
#define API_SOCKETS_H

#include "net/http.h"

extern const struct ws_handlers ws_transcribe_handlers; /**< /ws/transcribe */
extern const struct ws_handlers ws_llm_handlers;        /**< /ws/llm-stream */
extern const struct ws_handlers ws_realtime_handlers;   /**< /v1/realtime */

#endif
