/**
 * @file answer/answer_internal.h  One answer on its way (private to answer/)
 *
 * answer.c makes, ends and reports it; chain.c asks the providers, with what chain_prompt.c made
 * for them.
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
    ANSWER_FITS_MAX = 3,           /* times that a prompt is made shorter because it did not fit */
    ANSWER_BYTES_MAX = 256 * 1024, /* a longer answer is cut here: finish "length" */
};

struct own_link;

/** A provider of a chain and what is known of it. */
struct answer_link {
    struct llm_provider provider;
    struct breaker breaker;
    struct llm_habits habits;
    char model[LLM_HABIT_NAME_MAX]; /* the one that was found, where nobody chose one */
    bool found;                     /* it answered once */
    char logged[64];                /* why it was left, as the log has it; "" while it answers */
    struct answer_pace pace;
    struct own_link *own;       /* something of it is one user's (user_chain.c); else NULL, and it
                                   lives as long as the answerer */
    struct answer_link *base;   /* with .own: the operator's of that name; NULL: there is none */
    struct http_client *client; /* with .own: its own connections; NULL: those of the answerer */
};

/** Private to answer/: user_chain.h says what it is. */
struct user_chain {
    struct answerer *a;
    struct loop *loop; /* which outlives it */
    unsigned refs;
    struct user_chain *next;  /* of answerer.chains */
    struct user_chain *newer; /* held: what the user chose after this */
    char user[ID_TEXT_MAX];
    int64_t version; /* of the choice, as the next two */
    const char *preferred;
    bool addresses;
    struct answer_link *links[ANSWER_PROVIDERS_MAX];
    size_t count;
    struct own_link *owned[ANSWER_PROVIDERS_MAX]; /* of these, the ones that are held */
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
    struct user_chain *operators; /* all of .links */
    struct user_chain *chains;    /* of users; who asked last is first */
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
    struct { /* the beginning of all prompts is read before the first question */
        struct llm_gen *gen;
        struct answer_link *link;
        struct user_chain *chain; /* which has the link */
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
 *  shorter prompt. All texts are owned. */
struct answer_said {
    struct memory_line *lines; /**< Oldest first, without the question itself */
    size_t line_count;
    const char **facts; /**< What the interviewer told of themselves */
    size_t fact_count;
    const char *heard; /**< As in answer_ask */
    const char *story; /**< Told just before, when the question goes on with it; NULL: none */
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
    struct prompt prompt; /* as the provider at x->at gets it */
    struct guard guard;
    int fitted; /* tokens that the prompt was given, or has */
    int fits;   /* how often it was made shorter because it did not fit */
    enum question_kind kind;
    struct memory_story told; /* the place that the outline stands on */
    enum answer_state state;
    struct answer_link *order[ANSWER_PROVIDERS_MAX];
    size_t order_count;
    size_t at; /* in order: the one that runs */
    struct llm_gen *gen;
    struct llm_gen *stand;       /* says the built-in answer while gen is slow */
    bool stands;                 /* what was told so far is the built-in answer */
    struct loop_timer *tick;     /* first reports, moving on, the end: never from inside a call */
    struct loop_timer *deadline; /* for the first word, then for the next one */
    struct loop_timer *standing; /* until the built-in answer is put up */
    uint64_t begun_ms;           /* when the provider was asked */
    uint64_t asked_ms;           /* the same for the last time it was asked once more */
    uint64_t thinking_ms;        /* when it was last told that it thinks; 0: it does not */
    bool again;                  /* deadline is to ask the same provider once more */
    bool awaits_warm;            /* what it needs is being read already */
    bool leaving;                /* tick is to ask the next provider */
    bool moved;                  /* tick is to report a new provider */
    bool outlined;
    struct buf text;
    struct claims *known; /* what the answer may claim; NULL until it is first looked at */
    struct claim unsupported[CLAIMS_MAX];
    size_t unsupported_count;
    size_t certain;   /* of these are in sentences that are whole */
    size_t looked_at; /* where the first sentence of text begins that is not */
    char model[128];
    struct answer_left left[ANSWER_LEFT_MAX]; /* whys are owned */
    size_t left_count;
    char why[ANSWER_WHY_MAX];
    enum answer_finish finish;
    struct answer_times times;
    struct trace_context trace; /* its span */
    struct span asking;         /* of the provider that runs; .start_us 0: none does */
};

/* ------------------------------------------------------------------ answer.c */

void answer_tell(struct answer *x, struct answer_event event);
/** Stop the provider, keep what arrived; ANSWER_FINISHED follows from the tick. */
void answer_end(struct answer *x, enum answer_finish finish, const char *why);
/** Tell who answers, and the outline the first time. A handler may end or close it in there. */
void answer_progress(struct answer *x);
struct answer_link *answer_current(const struct answer *x);
/** Who is asked, in this order: the one that was asked for, then the rest of the chain; those that
 *  rest are left out, but for the built-in answer. Returns how many. */
size_t answer_order(const struct user_chain *chain, const char *provider,
                    struct answer_link *order[static ANSWER_PROVIDERS_MAX]);
/** Of the operator's, the one of that name; answerer.count: there is none. */
size_t answer_link_find(const struct answerer *a, const char *name);
/** One that has to be found was; others are always there. */
bool answer_link_there(const struct answer_link *l);
/** Whose connections it is asked on. */
struct http_client *answer_link_client(const struct answerer *a, const struct answer_link *l);
/** It answers and has this model. */
void answer_link_learn(struct answer_link *l, const struct llm_facts *facts);
/** The first word came so long after it was asked for. */
void answer_measured(struct answer_link *l, uint64_t first_ms);
/** Who said what was told so far. */
const struct llm_provider *answer_teller(const struct answer *x);

/* ------------------------------------------------------------------- check.c */

/** Tell what of the words so far nothing supports, if that has changed. whole: no more will come.
 *  A handler may end or close the answer in there. */
void check_words(struct answer *x, bool whole);
/** The words so far are void. */
void check_void(struct answer *x);

/* ------------------------------------------------------------------- chain.c */

/** Ask the provider at x->at. */
int chain_start(struct answer *x, struct errbuf *why);
/** Leave the provider that failed; the next is asked from the tick. */
void chain_leave(struct answer *x, int err, const char *why);
/** Ask the next provider, or end the answer when none is left. */
void chain_next(struct answer *x);
/** What METRIC_PROVIDER_ERRORS calls this failure. */
const char *chain_failure_kind(int err);
/** Close what runs for it. */
void chain_stop(struct answer *x);
/** The built-in answer, while the provider is slow. */
void chain_stand(void *answer);
void chain_deadline(void *answer);

/* ------------------------------------------------------------ chain_prompt.c */

/** Tokens of context that a model is given, where its server lets us say. */
int chain_context(const struct llm_provider *p, const struct llm_habit *habit);
/** What prompts are fitted to: of that, or less where so much was refused. */
int chain_fit(int context, const struct llm_habit *habit);
/** Tokens of an answer. */
int chain_length(const struct answerer *a, int context, int millions);
/** The fit of the next prompt, after one of so many tokens was too long. known: so far somebody had
 *  said what fits. */
int chain_shorter(const struct llm_end *e, int fitted, bool known);
/** x->prompt and its guard, for the provider at x->at; context: what it is fitted to. */
int chain_prompt(struct answer *x, const struct llm_habit *habit, int context);
/** Let the first of the chain read what every prompt begins with. */
void chain_warm(struct user_chain *chain, struct profile_index *b);
/** Give that up. */
void chain_cool(struct answerer *a);

/* -------------------------------------------------------------- user_chain.c */

/** Forget all users. */
void user_chain_close_all(struct answerer *a);

#endif
