/**
 * @file asr/hub_internal.h  What the files of the speech workers share
 *
 *     hub.c         started, asked, stopped: the loop's side
 *     hub_line.c    a line: its place among those that are heard, and the queue of its pieces
 *     hub_model.c   an engine with its model: chosen, loaded, given up for a better one
 *     hub_report.c  what a worker has to tell, on its way to the handlers
 *     hub_work.c    the workers: which line is next, and what is done for it
 *
 * One lock, asr_hub.lock, guards everything marked {lock}. Handlers and engine calls never run
 * under it, except engine->interrupt(), which must return at once.
 */
#ifndef ASR_HUB_INTERNAL_H
#define ASR_HUB_INTERNAL_H

#include "asr/hub.h"

enum {
    HUB_WORKERS_MAX = 32,
    HUB_LINES_A_CORE = 4,
    HUB_BACKLOG_MAX_MS = 120000, /* audio waiting on all lines; then new lines are refused */
    LINE_TURN_MS = 200,          /* audio a worker takes from one line before it looks around */
    LINE_KEPT_MAX_MS = 600000,   /* audio of one utterance kept for a second hearing */
    LINE_REST_MS = 30000,        /* of silence, then a line's streams give memory back */
    LINE_TRIES_MAX = 4,          /* of an utterance by a remote engine without a fallback */
    REMOTE_REST_MS = 20000,      /* after a failure the service is left alone this long */
    SAMPLES_PER_MS = ASR_SAMPLE_RATE / 1000,
};

enum model_state { MODEL_UNLOADED, MODEL_LOADING, MODEL_LOADED };

/** An engine with its model. Everything is {lock} but what does not change after open. */
struct hub_model {
    const struct asr_engine *engine;
    struct asr_model_params params; /**< Its strings are ours */
    bool choose; /**< "auto": another engine may take over when this one does not load */
    const struct asr_engine *failed; /**< It did not load, another took over */
    char taken_over[ERR_TEXT_MAX];   /**< Why, for people; "": the one that was chosen hears */
    enum model_state state;
    struct asr_model *model;
    char name[128]; /**< describe() */
    bool wanted;    /**< Load though no line needs it yet */
};

enum piece_kind { PIECE_BEGIN, PIECE_AUDIO, PIECE_PREFETCH_FINAL, PIECE_END };

/** Does somebody wait for what follows from it? At a pause the words decide whether it is the end.
 */
static inline bool piece_presses(enum piece_kind kind)
{
    return kind == PIECE_PREFETCH_FINAL || kind == PIECE_END;
}

/** Something to be done for a line, in order. */
struct piece {
    struct piece *next;
    enum piece_kind kind;
    uint32_t utterance;
    size_t n, cap; /**< Samples */
    int16_t *pcm;
};

/** A line as its worker sees it; touched by nobody else while the line is busy. */
struct hearing_side {
    struct asr_stream *stream;   /**< {lock} for writing, so that the loop may interrupt it */
    struct asr_stream *fallback; /**< {lock} likewise; a stream of the fallback engine */
    bool local;                  /**< This utterance is heard by the fallback */
    bool running;                /**< Between begin and the final */
    bool rested;                 /**< Its streams were told to give memory back */
    uint32_t utterance;
    size_t since_partial; /**< Samples fed since the last partial */
    int16_t *kept;        /**< The utterance so far, when it may have to be heard again */
    size_t kept_n, kept_cap;
    bool torn; /**< Not all of it could be kept: a second hearing would miss words */
    int tries;
};

struct asr_line {
    struct asr_line *next; /**< {lock} in the hub's list */
    struct asr_hub *hub;
    unsigned refs; /**< {lock} */

    /* The loop's side. */
    struct asr_line_handlers h;
    void *arg;
    uint32_t running;   /**< Utterance begun and not ended or cancelled, 0 if none */
    uint32_t cancelled; /**< Nothing of this utterance is told any more */
    bool closed;
    bool failed; /**< on_error ran */

    struct asr_params params; /**< Its strings are ours */

    /* {lock} */
    struct piece *first, *last;
    size_t backlog;    /**< Samples in pieces */
    unsigned pressing; /**< Pieces waiting whose words somebody waits for */
    bool busy;
    bool closing;
    bool placed; /**< Has begun an utterance: counts among those that are heard */
    bool dead;   /**< Failed: nothing more is done for it */
    bool ready_told;
    bool partial_on_way; /**< One is posted and not delivered: no further one now */
    uint64_t not_before; /**< [ms] monotonic, while a remote engine is given time */
    uint64_t served_at;  /**< [ms] monotonic, the end of its last service */
    uint64_t served;     /**< Turn number of its last service: least is next */

    struct hearing_side work;
};

struct asr_hub {
    struct loop *loop;
    uv_mutex_t lock;
    uv_cond_t more;   /**< There is work; one worker is enough for it */
    uv_cond_t loaded; /**< A model was loaded, or was not */
    unsigned refs;    /**< {lock} the opener, and each line */
    bool ending;      /**< {lock} No model is loaded any more */
    bool stopping;    /**< {lock} */
    bool shut;        /**< Loop thread: no handler runs any more */

    struct asr_nets *nets;
    struct hub_model main;
    struct hub_model fallback; /**< engine NULL: none */
    struct hub_model old;      /**< {lock} a worker unloads it; engine NULL: none */
    uint64_t remote_after;     /**< {lock} [ms] no remote calls before */

    struct asr_line *lines; /**< {lock} */
    size_t line_count;      /**< {lock} those with a place */
    size_t lines_max;
    size_t backlog; /**< {lock} samples on all lines */
    uint64_t turn;  /**< {lock} */

    uv_thread_t threads[HUB_WORKERS_MAX];
    int thread_count;
    int working; /**< {lock} threads that have not left */
};

/* hub.c */
void hub_release(struct asr_hub *hub); /**< Loop thread, or the last worker gone */

/* hub_work.c */
void hub_work(void *hub); /**< A worker's thread */

/* hub_line.c */
void line_release(struct asr_line *line);   /**< Any thread */
void line_interrupt(struct asr_line *line); /**< {lock} held; the engine call it is in ends early */
void piece_free(struct piece *piece);
void pieces_drop(struct asr_line *line); /**< {lock} held */

/* hub_model.c */
int hub_model_choose(struct asr_hub *hub, const struct asr_hub_config *config, struct errbuf *why);
/** {lock} held; it is given up while loading. */
int hub_model_load(struct asr_hub *hub, struct hub_model *m, struct errbuf *why);
/** {lock} held. With no other line left, a better engine or model takes over, if there is one. */
void hub_model_take_better(struct asr_hub *hub, const char *language);
void hub_model_unload(struct hub_model *m);
void hub_model_unload_old(struct asr_hub *hub); /**< {lock} held; it is given up meanwhile */
void hub_model_release(struct hub_model *m);    /**< Its settings */
void hub_give_memory_back(void);
/** *to becomes a copy of text; *err stays, or becomes UV_ENOMEM. */
void hub_keep_text(const char **to, const char *text, int *err);
void hub_drop_text(const char *text);

/* hub_report.c */
enum report_kind {
    REPORT_READY,
    REPORT_PARTIAL,
    REPORT_PREFETCHED,
    REPORT_FINAL,
    REPORT_TROUBLE,
    REPORT_ERROR
};
/** Tell the loop; res may be NULL. From a worker, without the lock: what must not be lost is told
 *  as soon as there is memory. */
void hub_report(struct asr_line *line, enum report_kind kind, uint32_t utterance,
                const struct asr_result *res, int err, const char *text, const char *more);
/** The same from any thread: UV_ENOMEM or UV_ECANCELED when it could not be told. */
int hub_report_now(struct asr_line *line, enum report_kind kind, uint32_t utterance,
                   const struct asr_result *res, int err, const char *text, const char *more);

#endif
