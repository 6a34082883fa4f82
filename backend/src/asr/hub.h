/**
 * @file asr/hub.h  The speech workers: many streams, few cores, strict order, fair turns
 *
 *     struct asr_hub *hub;
 *     asr_hub_open(&hub, loop, &(struct asr_hub_config){...}, why);
 *     asr_line_open(&line, hub, &params, &handlers, arg, why);
 *     asr_line_begin(line, 1);  asr_line_feed(line, pcm, n) ...  asr_line_end(line);
 *     asr_line_close(line);                     // at any point, inside a handler too
 *
 * The hub chooses the engine: the configured one, else the best local one that is available. If a
 * better engine, a better model of the same engine or a model for the line's language has become
 * available, it takes over with the first line after all others are closed. The model is loaded
 * once, on a worker, when it is first needed (or at once with .preload). Each line has one worker
 * at a time. If the workers cannot keep up, partials become rarer first; finals are never lost.
 *
 * An open line costs next to nothing, because a silent speaker needs no recogniser. At its first
 * asr_line_begin() it takes one of lines_max places and keeps it until it is closed. If no place is
 * left, or the backlog of all lines exceeds its limit, that call returns UV_ECANCELED and on_error
 * follows with UV_EAGAIN and a sentence for the person. A line that is silent for half a minute
 * frees memory until somebody speaks again.
 *
 * Threads    Every call and every handler on the loop thread.
 * Remote engines: if the service fails for an utterance, the local fallback engine recognises it
 * from the kept audio, and the service is left alone for a while. Without a fallback the service is
 * tried a few more times; only then does on_error report what was lost.
 *
 * Errors     0 or negative UV_E*. on_error is the last handler called for a line.
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
    const char *engine; /**< Name, or NULL/"auto": the best available */
    struct asr_model_params model;
    /** For a remote engine only: the local engine that takes an utterance over when the service
     *  fails. NULL/"auto": the best local one that is available; "none": wait and try again. */
    const char *fallback;
    struct asr_model_params fallback_model;
    const struct asr_engine *driver;          /**< If set, used instead of .engine */
    const struct asr_engine *fallback_driver; /**< If set, used instead of .fallback */
    struct asr_nets *nets; /**< (optional) Outlives the hub; used to cut recordings */
    int lines_max;         /**< Most lines with a recogniser at the same time; 0: 4 per core */
    bool preload;          /**< Load the model now instead of at the first line */
};

struct asr_line_handlers {
    /** The model is loaded and the line can be used. Exactly once, before any other handler. */
    void (*on_ready)(const char *engine, const char *model, void *arg);
    void (*on_partial)(uint32_t utterance, const struct asr_result *res, void *arg);
    /** Exactly once for every utterance that was begun, ended and not cancelled. */
    void (*on_final)(uint32_t utterance, const struct asr_result *res, void *arg);
    void (*on_error)(int err, const char *message, void *arg);
    /** (optional) After asr_line_prefetch_final(): the text of all audio fed before it. */
    void (*on_prefetched)(uint32_t utterance, const struct asr_result *res, void *arg);
    /** (optional) Something to tell the person although the line goes on and nothing is lost: a
     *  remote engine failed, and the utterance is tried again or given to a local engine; or, with
     *  utterance 0, the chosen engine did not load and another one is used. */
    void (*on_trouble)(uint32_t utterance, int err, const char *message, void *arg);
};

enum { ASR_BACKLOG_MAX_MS = 60000 }; /**< Most audio waiting on one line; then UV_ENOBUFS */

/** UV_ENOENT: no such engine, or none that can be used here (the sentence says what is missing). */
int asr_hub_open(struct asr_hub **hp, struct loop *loop, const struct asr_hub_config *config,
                 struct errbuf *why);
/** Use another engine or model from now on; lines_max and nets stay as they were. Open lines keep
 *  the old one: the new one takes over when no line is left, or at once if there is none.
 *  UV_ENOENT: as asr_hub_open(), and nothing was changed. */
int asr_hub_use(struct asr_hub *hub, const struct asr_hub_config *config, struct errbuf *why);
/** Do the settings given to asr_hub_use() still wait for a line to close? If none is left, they
 *  take over now. */
bool asr_hub_waits(struct asr_hub *hub);
/** The server is about to stop: utterances in progress go on, but no model is loaded for them any
 *  more, and one that is being loaded is abandoned. */
void asr_hub_end(struct asr_hub *hub);
/** Tells the workers to stop (interrupting what they do) and returns at once. Open lines get no
 *  more results and new ones are refused; open ones must still be closed. Call it while the loop
 *  still runs: whoever waits for a line on a worker thread then sees that it is gone, and can
 *  stop. */
void asr_hub_stop(struct asr_hub *hub);
/** After asr_hub_stop(): have all workers ended? */
bool asr_hub_stopped(const struct asr_hub *hub);
/** Stops, waits for the workers and unloads; not while the loop runs. Lines that are still open
 *  must still be closed. */
void asr_hub_close(struct asr_hub *hub);

struct loop *asr_hub_loop(const struct asr_hub *hub);
const struct asr_engine *asr_hub_engine(const struct asr_hub *hub);
struct asr_nets *asr_hub_nets(const struct asr_hub *hub); /**< NULL: none */
bool asr_hub_loaded(const struct asr_hub *hub);
const char *asr_hub_model(const struct asr_hub *hub); /**< describe(), "" until loaded */
/** The local fallback of a remote engine; NULL: none. */
const struct asr_engine *asr_hub_fallback(const struct asr_hub *hub);
/** Lines that have a place, now speaking or between utterances. */
size_t asr_hub_lines(const struct asr_hub *hub);

struct asr_hub_stats {
    int workers;
    int busy;     /**< Workers that are busy */
    size_t lines; /**< As asr_hub_lines() */
    size_t lines_max;
    uint64_t backlog_ms; /**< Audio of all lines that waits [ms] */
};
struct asr_hub_stats asr_hub_stats(struct asr_hub *hub);

int asr_line_open(struct asr_line **lp, struct asr_hub *hub, const struct asr_params *params,
                  const struct asr_line_handlers *h, void *arg, struct errbuf *why);
int asr_line_begin(struct asr_line *line, uint32_t utterance);
int asr_line_feed(struct asr_line *line, const int16_t *pcm, size_t n);
int asr_line_prefetch_final(struct asr_line *line); /**< It looks finished: prepare for
                                                         asr_line_end() */
int asr_line_end(struct asr_line *line);            /**< on_final follows */
int asr_line_cancel(struct asr_line *line);         /**< Discard the running utterance; no final */
uint32_t asr_line_backlog_ms(const struct asr_line *line); /**< Audio fed but not yet decoded */
bool asr_line_gone(const struct asr_line *line); /**< It has failed, or its hub was closed */
void asr_line_close(struct asr_line *line);      /**< NULL is allowed; no handler is called any
                                                      more */

#endif
