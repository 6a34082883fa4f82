/**
 * @file observe/log.h  One line for each thing worth knowing afterwards
 *
 *     log_open("info", "auto");
 *     log_info("net", "listening on port %d", port);
 *     log_error("store", "%s", err.text);
 *     log_close();                                  // writes what is still queued
 *
 * Readable text if standard error is a terminal, otherwise one JSON object per line: time, level,
 * area, message and, if known, requestId, sessionId, generationId and traceId of what the thread is
 * working on (base/about.h). Lines go through a bounded queue to a writer thread, so that no caller
 * waits for a disk. Beyond LOG_QUEUE_MAX the newest lines are dropped and counted, and a line says
 * how many.
 *
 * What must never be logged: secrets, keys, tokens, transcripts, audio, query strings.
 *
 * Threads    Any, at any time. Before log_open() and after log_close() lines are written at once.
 * Ownership  Everything is copied.
 */
#ifndef OBSERVE_LOG_H
#define OBSERVE_LOG_H

#include <stdint.h>

enum {
    LOG_LINE_MAX = 1024,  /**< Longest message; the rest is cut off [bytes] */
    LOG_QUEUE_MAX = 4096, /**< Lines waiting for the writer */
};

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/** level: "error", "warn", "info", "debug"; format: "auto", "text", "json". 0 or UV_EINVAL. */
int log_open(const char *level, const char *format);
void log_close(void);

void log_line(enum log_level level, const char *area, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** An answered request: it has a line format of its own, at level info. */
struct log_request {
    const char *method;
    const char *route; /**< The pattern, never the address or its query; NULL: the page's files */
    int status;
    uint64_t micros;
    uint64_t bytes;
};
void log_request(const struct log_request *r);

/** From now on fn also gets every error, on the thread that logs it; fn must not block or log.
 *  NULL: stop; no call of fn is running when this returns. Only one watcher at a time. */
void log_watch(void (*fn)(const char *area, const char *message, void *arg), void *arg);

#define log_error(area, ...) log_line(LOG_ERROR, area, __VA_ARGS__)
#define log_warn(area, ...)  log_line(LOG_WARN, area, __VA_ARGS__)
#define log_info(area, ...)  log_line(LOG_INFO, area, __VA_ARGS__)
#define log_debug(area, ...) log_line(LOG_DEBUG, area, __VA_ARGS__)

#endif
