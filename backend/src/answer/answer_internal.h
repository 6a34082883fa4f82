/**
 * @file answer/answer_internal.h  An answer in progress (private to answer/)
 *
 * answer.c creates, ends and reports it; chain.c asks the providers, with prompts made by
 * chain_prompt.c.
 */
#ifndef ANSWER_INTERNAL_H
#define ANSWER_INTERNAL_H

#include "answer/answer.h"
#include "answer/breaker.h"
#include "answer/guard.h"
#include "answer/outline.h"
#include "answer/prompt.h"
#include "base/buffer.h"
#include "base/id.h"
#include "ground/memory.h"
#include "observe/trace.h"

#include <stdatomic.h>

enum {
    ANSWER_PROVIDERS_MAX = 16,
    ANSWER_LEFT_MAX = ANSWER_PROVIDERS_MAX,
    ANSWER_WHY_MAX = ERR_TEXT_MAX,
    ANSWER_FITS_MAX = 3,           /* times that a prompt is shortened because it did not fit */
    ANSWER_BYTES_MAX = 256 * 1024, /* a longer answer is cut here: finish "length" */
};

struct own_link;

/** A provider in a chain, and what is known about it. */
struct answer_link {
    struct llm_provider provider;
    struct breaker breaker;
    struct llm_habits habits;
    char model[LLM_HABIT_NAME_MAX]; /* the model that was found, if nobody chose one */
    bool found;                     /* it has answered once */
    char logged[64];                /* why it failed, as logged; "" while it works */
    struct answer_pace pace;
    struct own_link *own;       /* if part of it belongs to a user (user_chain.c); else NULL, and it
                                   lives as long as the answerer */
    struct answer_link *base;   /* with .own: the operator's provider of that name; NULL: none */
    struct http_client *client; /* with .own: its own connections; NULL: those of the answerer */
};

/** Private to answer/; see user_chain.h. */
struct user_chain {
    struct answerer *a;
    struct loop *loop; /* outlives it */
    unsigned refs;
    struct user_chain *next;  /* of answerer.chains */
    struct user_chain *newer; /* held: the user's next choice */
    char user[ID_TEXT_MAX];
    int64_t version; /* of the choice, like the next two */
    const char *preferred;
    bool addresses;
    struct answer_link *links[ANSWER_PROVIDERS_MAX];
    size_t count;
    struct own_link *owned[ANSWER_PROVIDERS_MAX]; /* the held ones among these */
    size_t owned_count;
};

struct answerer {
    struct loop *loop;
    struct http_client *client;
    struct answer_link links[ANSWER_PROVIDERS_MAX];
    struct llm_provider providers[ANSWER_PROVIDERS_MAX]; /* the same, for answerer_providers() */
    size_t count;
    struct llm_provider usual[ANSWER_PROVIDERS_MAX]; /* answerer_config.usual */
    size_t usual_count;
    struct user_chain *operators; /* consists of all of .links */
    struct user_chain *chains;    /* of users; most recent first */
    size_t chain_count;
    int breaker_failures;
    uint64_t breaker_rest_ms;
    uint64_t first_token_max_ms;
    uint64_t local_first_token_max_ms;
    uint64_t stand_ms;
    uint64_t stall_ms;
    int max_tokens;
    struct answer *running;         /* a list */
    struct completion *completions; /* another */
    struct { /* reading the beginning of all prompts before the first question */
        struct llm_gen *gen;
        struct answer_link *link;
        struct user_chain *chain; /* the chain that contains the link */
        struct profile_index *index;
        int fitted; /* as answer.fitted */
        int fits;
    } warm;
};

struct profile_index {
    struct grounding *g;
    atomic_uint refs;
};

enum answer_state { ASKED, STREAMING, ENDING, CLOSED };

/** What was said before a question, kept as it was when it was asked: the next provider may need a
 *  shorter prompt. Owns all texts. */
struct answer_said {
    struct memory_line *lines; /**< Oldest first, without the question itself */
    size_t line_count;
    const char **facts; /**< What the interviewer said about themselves */
    size_t fact_count;
    const char *heard; /**< As in answer_ask */
    const char *story; /**< The story just told, if the question is a follow-up; NULL: none */
    bool unsure;
    int number;
};

struct answer {
    struct answerer *a;
    struct user_chain *chain; /* held */
    struct profile_index *b;
    struct answer *next;
    struct answer *prev;
    answer_event_fn *on_event;
    void *arg;
    char id[ID_TEXT_MAX];
    char owner[64];
    char session[64];
    char *question;
    char *model_asked; /* NULL: each provider's own */
    struct outline outline;
    struct buf draft; /* the built-in answer */
    struct answer_said said;
    struct prompt prompt; /* as sent to the provider at x->at */
    struct guard guard;
    int fitted; /* tokens that the prompt was fitted to, or has */
    int fits;   /* how often it was shortened because it did not fit */
    enum question_kind kind;
    struct memory_story told; /* the place that the outline is based on */
    enum answer_state state;
    struct answer_link *order[ANSWER_PROVIDERS_MAX];
    size_t order_count;
    size_t at; /* index in order of the current one */
    struct llm_gen *gen;
    struct llm_gen *stand;       /* streams the built-in answer while gen is slow */
    bool stands;                 /* the words reported so far are the built-in answer's */
    struct loop_timer *tick;     /* for the first reports, moving on and the end: never from inside
                                    a call */
    struct loop_timer *deadline; /* for the first word, then for each next one */
    struct loop_timer *standing; /* until the built-in answer is shown */
    uint64_t begun_ms;           /* when the provider was asked */
    uint64_t asked_ms;           /* when it was last asked again */
    uint64_t thinking_ms;        /* when thinking was last reported; 0: it is not thinking */
    bool again;                  /* deadline will ask the same provider again */
    bool awaits_warm;            /* what it needs is already being read */
    bool leaving;                /* tick will ask the next provider */
    bool moved;                  /* tick will report a new provider */
    bool outlined;
    struct buf text;
    struct claims *known; /* what the answer may claim; NULL until the first check */
    struct claim unsupported[CLAIMS_MAX];
    size_t unsupported_count;
    size_t certain;   /* number of those in complete sentences */
    size_t looked_at; /* where the first incomplete sentence of text begins */
    char model[128];
    struct answer_left left[ANSWER_LEFT_MAX]; /* owns each why */
    size_t left_count;
    char why[ANSWER_WHY_MAX];
    enum answer_finish finish;
    struct answer_times times;
    struct trace_context trace; /* its span */
    struct span asking;         /* of the current provider; .start_us 0: none */
};

/* ------------------------------------------------------------------ answer.c */

void answer_tell(struct answer *x, struct answer_event event);
/** Stops the provider and keeps what arrived; ANSWER_FINISHED follows from the tick. */
void answer_end(struct answer *x, enum answer_finish finish, const char *why);
/** Reports who answers, and the outline the first time. A handler may end or close it in there. */
void answer_progress(struct answer *x);
struct answer_link *answer_current(const struct answer *x);
/** The order of providers: the requested one, then the rest of the chain; those with an open
 *  circuit breaker are skipped, except the built-in answer. Returns how many. */
size_t answer_order(const struct user_chain *chain, const char *provider,
                    struct answer_link *order[static ANSWER_PROVIDERS_MAX]);
/** The operator's provider with that name; answerer.count: none. */
size_t answer_link_find(const struct answerer *a, const char *name);
/** False for one that has to be found and was not found yet. */
bool answer_link_there(const struct answer_link *l);
/** The connections that are used for it. */
struct http_client *answer_link_client(const struct answerer *a, const struct answer_link *l);
/** It answers and has this model. */
void answer_link_learn(struct answer_link *l, const struct llm_facts *facts);
/** The time from asking to the first word. */
void answer_measured(struct answer_link *l, uint64_t first_ms);
/** The author of the words so far. */
const struct llm_provider *answer_teller(const struct answer *x);

/* ------------------------------------------------------------------- check.c */

/** Reports statements in the words so far that nothing supports, if that has changed. whole: no
 *  more words will come. A handler may end or close the answer in there. */
void check_words(struct answer *x, bool whole);
/** The words so far are void. */
void check_void(struct answer *x);

/* ------------------------------------------------------------------- chain.c */

/** Ask the provider at x->at. */
int chain_start(struct answer *x, struct errbuf *why);
/** Gives up the provider that failed; the next is asked from the tick. */
void chain_leave(struct answer *x, int err, const char *why);
/** Asks the next provider, or ends the answer if none is left. */
void chain_next(struct answer *x);
/** The label of this failure in METRIC_PROVIDER_ERRORS. */
const char *chain_failure_kind(int err);
/** Closes everything that runs for it. */
void chain_stop(struct answer *x);
/** Shows the built-in answer while the provider is slow. */
void chain_stand(void *answer);
void chain_deadline(void *answer);

/* ------------------------------------------------------------ chain_prompt.c */

/** Tokens of context to request, if the server allows that. */
int chain_context(const struct llm_provider *p, const struct llm_habit *habit);
/** The size that prompts are fitted to: that, or less if that much was refused. */
int chain_fit(int context, const struct llm_habit *habit);
/** Tokens of an answer. */
int chain_length(const struct answerer *a, int context, int millions);
/** The fit of the next prompt, after one of that many tokens was too long. known: the limit was
 *  known. */
int chain_shorter(const struct llm_end *e, int fitted, bool known);
/** Builds x->prompt and its guard for the provider at x->at; context: what it is fitted to. */
int chain_prompt(struct answer *x, const struct llm_habit *habit, int context);
/** Makes the first provider of the chain read the common beginning of all prompts. */
void chain_warm(struct user_chain *chain, struct profile_index *b);
/** Give that up. */
void chain_cool(struct answerer *a);

/* -------------------------------------------------------------- user_chain.c */

/** Forget all users. */
void user_chain_close_all(struct answerer *a);

#endif
