/**
 * @file asr/hub.h  The speech workers: many streams, few cores, strict order, fair turns
 *
 *     struct asr_hub *hub;
 *     asr_hub_open(&hub, loop, &(struct asr_hub_config){...}, why);
 *     asr_line_open(&line, hub, &params, &handlers, arg, why);
 *     asr_line_begin(line, 1);  asr_line_feed(line, pcm, n) ...  asr_line_end(line);
 *     asr_line_close(line);                     // at any point, inside a handler too
 *
 * The hub chooses the engine (the configured one, else the best local one that is available; a
 * better one that has come meanwhile takes over with the first line after all others are closed,
 * and so does a better model of the same engine, or the one for the line's language), loads its
 * model once on a worker at the first need (or at once with .preload), and gives each line one
 * worker at a time. When the workers can't keep up, partials become rarer first; finals never go
 * missing.
 *
 * An open line costs next to nothing: a silent speaker needs no recogniser. At the first
 * asr_line_begin() it takes one of lines_max places, and keeps it until it is closed. When none is
 * left, or the backlog of all lines exceeds its limit, that call answers UV_ECANCELED and on_error
 * comes with UV_EAGAIN and a sentence for the person. A line that says nothing for half a minute
 * gives memory back in between.
 *
 * Threads    Every call and every handler on the loop thread.
 * Remote engines: when the service fails for an utterance, that utterance is heard again from its
 * kept audio by the local fallback engine, and the service is left alone for a while. Without a
 * fallback it is tried again a few times; only then on_error says what was not heard.
 *
 * Errors     0 or negative UV_E*. on_error is the last handler that runs for a line.
 * Ownership  The caller owns the line until asr_line_close(). Results are borrowed.
 */
#ifndef ASR_HUB_H
#define ASR_HUB_H

#include "asr/engine.h"

struct loop;
struct asr_hub;
struct asr_nets;
struct asr_line;

struct asr_hub_config {
    const char *engine; /**< Name, or NULL/"auto": best that is available */
    struct asr_model_params model;
    /** A remote engine only: the local engine that hears an utterance again when the service
     *  failed. NULL/"auto": best local one that is available; "none": wait and try again. */
    const char *fallback;
    struct asr_model_params fallback_model;
    const struct asr_engine *driver;          /**< If set, used instead of .engine */
    const struct asr_engine *fallback_driver; /**< If set, used instead of .fallback */
    struct asr_nets *nets; /**< (optional) Outlives the hub; recordings are cut with them */
    int lines_max;         /**< Lines that are heard at the same time; 0: 4 a core */
    bool preload;          /**< Load the model now rather than at the first line */
};

struct asr_line_handlers {
    /** The model is loaded and the line hears. Exactly once, before any other. */
    void (*on_ready)(const char *engine, const char *model, void *arg);
    void (*on_partial)(uint32_t utterance, const struct asr_result *res, void *arg);
    /** Exactly once for every begun utterance that was ended and not cancelled. */
    void (*on_final)(uint32_t utterance, const struct asr_result *res, void *arg);
    void (*on_error)(int err, const char *message, void *arg);
    /** (optional) After asr_line_prefetch_final(): the text of everything fed before it. */
    void (*on_prefetched)(uint32_t utterance, const struct asr_result *res, void *arg);
    /** (optional) Something to tell the person though the line goes on and nothing is lost: a
     *  remote engine failed and the utterance is tried again or heard by a local engine; or, with
     *  utterance 0, the chosen engine did not load and another one hears. */
    void (*on_trouble)(uint32_t utterance, int err, const char *message, void *arg);
};

enum { ASR_BACKLOG_MAX_MS = 60000 }; /**< Audio waiting on one line; then UV_ENOBUFS from feed */

/** UV_ENOENT: no such engine, or none that can be used here (the sentence says what is missing). */
int asr_hub_open(struct asr_hub **hp, struct loop *loop, const struct asr_hub_config *config,
                 struct errbuf *why);
/** The server is about to stop: what is being heard goes on, but no model is loaded for it any
 *  more. One that is being loaded is given up. */
void asr_hub_end(struct asr_hub *hub);
/** Tells the workers to stop (what they do is interrupted) and returns at once. Lines that are open
 *  hear nothing more, new ones are refused; both must still be closed. Call it while the loop still
 *  turns: whoever waits on a worker for a line sees that it is gone, and can leave. */
void asr_hub_stop(struct asr_hub *hub);
/** After asr_hub_stop(): have all workers left? */
bool asr_hub_stopped(const struct asr_hub *hub);
/** Stops, waits for the workers and unloads; not while the loop turns. Lines that are still open
 *  must still be closed. */
void asr_hub_close(struct asr_hub *hub);

struct loop *asr_hub_loop(const struct asr_hub *hub);
const struct asr_engine *asr_hub_engine(const struct asr_hub *hub);
struct asr_nets *asr_hub_nets(const struct asr_hub *hub); /**< NULL: none */
bool asr_hub_loaded(const struct asr_hub *hub);
const char *asr_hub_model(const struct asr_hub *hub); /**< describe(), "" until loaded */
/** The local engine that stands behind a remote one; NULL if there is none. */
const struct asr_engine *asr_hub_fallback(const struct asr_hub *hub);
/** Lines that are being heard, now or between utterances. */
size_t asr_hub_lines(const struct asr_hub *hub);

struct asr_hub_stats {
    int workers;
    int busy;     /**< Workers that are busy with a line */
    size_t lines; /**< As asr_hub_lines() */
    size_t lines_max;
    uint64_t backlog_ms; /**< Audio of all lines that waits */
};
struct asr_hub_stats asr_hub_stats(struct asr_hub *hub);

int asr_line_open(struct asr_line **lp, struct asr_hub *hub, const struct asr_params *params,
                  const struct asr_line_handlers *h, void *arg, struct errbuf *why);
int asr_line_begin(struct asr_line *line, uint32_t utterance);
int asr_line_feed(struct asr_line *line, const int16_t *pcm, size_t n);
int asr_line_prefetch_final(struct asr_line *line); /**< It looks finished: get ready for end() */
int asr_line_end(struct asr_line *line);            /**< on_final follows */
int asr_line_cancel(struct asr_line *line);         /**< Forget the running utterance; no final */
uint32_t asr_line_backlog_ms(const struct asr_line *line); /**< Audio fed but not decoded yet */
bool asr_line_gone(const struct asr_line *line); /**< It has failed, or its hub was closed */
void asr_line_close(struct asr_line *line);      /**< NULL is allowed; no handler runs any more */

#endif
