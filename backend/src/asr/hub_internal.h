/**
 * @file asr/hub_internal.h  Shared by the files of the speech workers
 *
 *     hub.c         starting, calling and stopping: the loop's side
 *     hub_line.c    a line: its place among the lines_max, and its queue of pieces
 *     hub_model.c   an engine with its model: chosen, loaded, replaced by a better one
 *     hub_report.c  results of a worker, on their way to the handlers
 *     hub_work.c    the workers: which line comes next, and what is done for it
 *
 * One lock, asr_hub.lock, guards everything marked {lock}. Handlers and engine calls never run with
 * it held, except engine->interrupt(), which must return at once.
 */
#ifndef ASR_HUB_INTERNAL_H
#define ASR_HUB_INTERNAL_H

#include "asr/hub.h"

enum {
    HUB_WORKERS_MAX = 32,
    HUB_LINES_A_CORE = 4,
    HUB_BACKLOG_MAX_MS = 120000, /* audio waiting on all lines; beyond it new lines are refused */
    LINE_TURN_MS = 200,          /* audio that a worker takes from one line before it looks for
                                    another */
    LINE_KEPT_MAX_MS = 600000,   /* audio of one utterance kept for recognising it again */
    LINE_REST_MS = 30000,        /* of silence, before a line's streams free memory */
    LINE_TRIES_MAX = 4,          /* attempts for an utterance by a remote engine without a
                                    fallback */
    REMOTE_REST_MS = 20000,      /* pause after a failure before the service is called again */
    SAMPLES_PER_MS = ASR_SAMPLE_RATE / 1000,
};

enum model_state { MODEL_UNLOADED, MODEL_LOADING, MODEL_LOADED };

/** An engine with its model. Everything that changes after open is guarded by {lock}. */
struct hub_model {
    const struct asr_engine *engine;
    struct asr_model_params params; /**< Its strings are copies */
    bool choose; /**< "auto": another engine may take over if this one does not load */
    const struct asr_engine *failed; /**< The engine that did not load; another took over */
    char taken_over[ERR_TEXT_MAX];   /**< Why, for people; "": the chosen engine is in use */
    enum model_state state;
    struct asr_model *model;
    char name[128]; /**< describe() */
    bool wanted;    /**< Load even though no line needs it yet */
};

enum piece_kind { PIECE_BEGIN, PIECE_AUDIO, PIECE_PREFETCH_FINAL, PIECE_END };

/** Is somebody waiting for the result? At a pause the words decide whether the turn is over. */
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

/** A line as its worker sees it; nobody else touches it while the line is busy. */
struct hearing_side {
    struct asr_stream *stream;   /**< {lock} for writing, so that the loop can interrupt it */
    struct asr_stream *fallback; /**< {lock} for writing; a stream of the fallback engine */
    bool local;                  /**< The fallback recognises this utterance */
    bool running;                /**< Between begin and the final */
    bool rested;                 /**< Its streams were told to free memory */
    uint32_t utterance;
    size_t since_partial; /**< Samples fed since the last partial */
    int16_t *kept;        /**< The utterance so far, if it may have to be recognised again */
    size_t kept_n, kept_cap;
    bool torn; /**< Part of it could not be kept: recognising it again would miss words */
    int tries;
};

struct asr_line {
    struct asr_line *next; /**< {lock} in the hub's list */
    struct asr_hub *hub;
    unsigned refs; /**< {lock} */

    /* The loop's side. */
    struct asr_line_handlers h;
    void *arg;
    uint32_t running;   /**< Utterance begun and not yet ended or cancelled; 0: none */
    uint32_t cancelled; /**< Results of this utterance are no longer reported */
    bool closed;
    bool failed; /**< on_error was called */

    struct asr_params params; /**< Its strings are copies */

    /* {lock} */
    struct piece *first, *last;
    size_t backlog;    /**< Samples in pieces */
    unsigned pressing; /**< Pieces in the queue whose result somebody waits for */
    bool busy;
    bool closing;
    bool placed; /**< Has begun an utterance: counts as one of the lines_max */
    bool dead;   /**< Failed: nothing more is done for it */
    bool ready_told;
    bool partial_on_way; /**< A partial is posted and not yet delivered: no further one now */
    uint64_t not_before; /**< [ms] monotonic; a remote engine is not called before */
    uint64_t served_at;  /**< [ms] monotonic, the end of its last service */
    uint64_t served;     /**< Turn number of its last service: the lowest is next */

    struct hearing_side work;
};

struct asr_hub {
    struct loop *loop;
    uv_mutex_t lock;
    uv_cond_t more;   /**< There is work; signal one worker */
    uv_cond_t loaded; /**< A model was loaded, or failed to load */
    unsigned refs;    /**< {lock} held by the opener and each line */
    bool ending;      /**< {lock} No model is loaded any more */
    bool stopping;    /**< {lock} */
    bool shut;        /**< Loop thread: no handler is called any more */

    struct asr_nets *nets;
    struct hub_model main;
    struct hub_model fallback;      /**< engine NULL: none */
    struct hub_model old;           /**< {lock} a worker unloads it; engine NULL: none */
    struct hub_model old_fallback;  /**< {lock} likewise */
    struct hub_model next;          /**< {lock} asr_hub_use(): takes over; engine NULL: none */
    struct hub_model next_fallback; /**< {lock} with it; engine NULL: none */
    uint64_t remote_after;          /**< {lock} [ms] no remote calls before this time */

    struct asr_line *lines; /**< {lock} */
    size_t line_count;      /**< {lock} those that have a place */
    size_t lines_max;
    size_t backlog; /**< {lock} samples on all lines */
    uint64_t turn;  /**< {lock} */

    uv_thread_t threads[HUB_WORKERS_MAX];
    int thread_count;
    int working; /**< {lock} threads that have not ended */
};

/* hub.c */
/** {lock} held. Starts as many as the engine wants; none is ended. 0: at least one runs. */
int hub_start_workers(struct asr_hub *hub);
void hub_release(struct asr_hub *hub); /**< Loop thread, or the last worker to end */

/* hub_work.c */
void hub_work(void *hub); /**< Thread function of a worker */

/* hub_line.c */
void line_release(struct asr_line *line);   /**< Any thread */
void line_interrupt(struct asr_line *line); /**< {lock} held; the engine call in progress ends
                                                 early */
void piece_free(struct piece *piece);
void pieces_drop(struct asr_line *line); /**< {lock} held */

/* hub_model.c */
/** Chooses the engine for these settings, and the fallback for it. Neither is loaded. */
int hub_model_choose(struct asr_hub *hub, const struct asr_hub_config *config,
                     struct hub_model *chosen, struct hub_model *behind, struct errbuf *why);
/** {lock} held. hub->next takes over, if there is one and no line uses the current engine. */
void hub_model_take_next(struct asr_hub *hub);
/** {lock} held; released while loading. */
int hub_model_load(struct asr_hub *hub, struct hub_model *m, struct errbuf *why);
/** {lock} held. If no other line is left, a better engine or model takes over, if there is one. */
void hub_model_take_better(struct asr_hub *hub, const char *language);
void hub_model_unload(struct hub_model *m);
/** {lock} held; released meanwhile. */
void hub_model_unload_old(struct asr_hub *hub);
void hub_model_release(struct hub_model *m); /**< Frees its settings */
void hub_give_memory_back(void);
/** Sets *to to a copy of text; *err is unchanged, or becomes UV_ENOMEM. */
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
/** Reports to the loop; res may be NULL. From a worker, without the lock: a report that must not be
 *  lost is repeated until there is memory for it. */
void hub_report(struct asr_line *line, enum report_kind kind, uint32_t utterance,
                const struct asr_result *res, int err, const char *text, const char *more);
/** The same from any thread: UV_ENOMEM or UV_ECANCELED if it could not be reported. */
int hub_report_now(struct asr_line *line, enum report_kind kind, uint32_t utterance,
                   const struct asr_result *res, int err, const char *text, const char *more);

#endif
