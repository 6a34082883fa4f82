/**
 * @file answer/chain_prompt.c  Prompts that fit each provider, and reading their beginning ahead
 *
 * A provider may state its limit, or refuse a prompt that is too long; its habits remember that, so
 * the next prompt fits at once. All prompts of a profile begin the same, so a provider on this
 * machine reads that beginning before the first question.
 */
#include "answer/answer_internal.h"
#include "answer/user_chain.h"

#include "loop/loop.h"

#include <string.h>

enum {
    OLLAMA_CONTEXT = 4096,
    SMALL_TOKENS = 160, /* for an answer by a model under 3 B */
};

/* ---- sizes -------------------------------------------------------------------------------- */

/** Ollama is told how much room to make, always the same: with another size it reloads the
 *  model. */
int chain_context(const struct llm_provider *p, const struct llm_habit *habit)
{
    if (strcmp(p->driver->name, "ollama") != 0)
        return habit->context;
    return habit->context && habit->context < OLLAMA_CONTEXT ? habit->context : OLLAMA_CONTEXT;
}

/** The size that prompts are fitted to: that, or less if that much was refused. */
int chain_fit(int context, const struct llm_habit *habit)
{
    return habit->fit && (!context || habit->fit < context) ? habit->fit : context;
}

/** An answer takes at most a quarter of the context; a small model is done after a few sentences,
 *  and then only repeats them. */
int chain_length(const struct answerer *a, int context, int millions)
{
    int most = millions && millions < PROMPT_SMALL_MODEL && a->max_tokens > SMALL_TOKENS
                   ? SMALL_TOKENS
                   : a->max_tokens;

    return context && context / 4 < most ? context / 4 : most;
}

/** After a prompt did not fit that was fitted to that many tokens, or had about that many: the size
 *  for the next one. The server's figure counts; without one, half if nothing was known, and less
 *  each time if tokens are shorter than usual. */
int chain_shorter(const struct llm_end *e, int fitted, bool known)
{
    if (e->context && e->context < fitted)
        return e->context;
    return known ? fitted * 3 / 4 : fitted / 2;
}

/** Tokens that a prompt was fitted to, or has with its answer if it did not need them all. */
static int fitted_to(int context, const struct prompt *p, int max_tokens)
{
    enum { TOKEN_BYTES = 4 }; /* of English */
    size_t bytes = 0;
    int size;

    for (size_t i = 0; i < p->count; i++)
        bytes += strlen(p->messages[i].text);
    size = (int)(bytes / TOKEN_BYTES) + max_tokens;
    return context && context < size ? context : size;
}

/* ---- for a question -------------------------------------------------------------------------- */

int chain_prompt(struct answer *x, const struct llm_habit *habit, int context)
{
    const struct prompt_input in = {
        .g = x->b ? x->b->g : NULL,
        .question = x->question,
        .heard = x->said.heard,
        .unsure = x->said.unsure,
        .kind = x->kind,
        .points = x->outline.points,
        .point_count = x->outline.count,
        .dialogue = x->said.lines,
        .dialogue_count = x->said.line_count,
        .facts = x->said.facts,
        .fact_count = x->said.fact_count,
        .story = x->said.story,
        .number = x->said.number,
        .context = context,
        .max_tokens = chain_length(x->a, context, habit->millions),
        .millions = habit->millions,
    };
    int err;

    prompt_release(&x->prompt);
    guard_close(&x->guard);
    err = prompt_build(&x->prompt, &in);
    x->fitted = fitted_to(context, &x->prompt, in.max_tokens);
    return err ? err : guard_open(&x->guard, prompt_rules(&in), prompt_asked(&x->prompt));
}

/* ---- for a profile --------------------------------------------------------------------------- */

static int read_prefix(struct answerer *a);

static void warm_end(const struct llm_end *e, void *arg)
{
    struct answerer *a = arg;
    struct llm_habit *habit =
        llm_habit_of(a->warm.link->provider.habits, a->warm.link->provider.model);

    a->warm.gen = NULL;
    if (e->err == UV_E2BIG && a->warm.fits++ < ANSWER_FITS_MAX) {
        habit->fit = chain_shorter(e, a->warm.fitted, habit->context || habit->fit);
        if (!read_prefix(a))
            return;
    }
    chain_cool(a);
}

static void no_name(const char *name, int err, void *arg)
{
    (void)name;
    (void)err;
    (void)arg;
}

/** The same beginning as every question of this profile, and one token of an answer. */
static int read_prefix(struct answerer *a)
{
    static const struct llm_handlers handlers = {.on_end = warm_end};
    const struct llm_provider *provider = &a->warm.link->provider;
    const struct llm_habit *habit = llm_habit_of(a->warm.link->provider.habits, provider->model);
    int context = chain_context(provider, habit);
    int fit = chain_fit(context, habit);
    const struct prompt_input in = {.g = a->warm.index ? a->warm.index->g : NULL,
                                    .question = "Are you ready?",
                                    .kind = QUESTION_SMALL_TALK,
                                    .context = fit,
                                    .max_tokens = chain_length(a, fit, habit->millions),
                                    .millions = habit->millions};
    struct llm_request req = {.max_tokens = 1, .context = context};
    struct errbuf why = {""};
    struct prompt p;
    int err = prompt_build(&p, &in);

    if (err)
        return err;
    a->warm.fitted = fitted_to(fit, &p, in.max_tokens);
    req.messages = p.messages;
    req.message_count = p.count;
    err = llm_start(a->loop, answer_link_client(a, a->warm.link), provider, &req, &handlers, a,
                    &a->warm.gen, &why);
    prompt_release(&p);
    return err;
}

void chain_cool(struct answerer *a)
{
    llm_cancel(a->warm.gen);
    profile_index_unref(a->warm.index);
    user_chain_close(a->warm.chain);
    memset(&a->warm, 0, sizeof(a->warm));
    for (struct answer *x = a->running; x; x = x->next)
        if (x->awaits_warm) {
            x->awaits_warm = false;
            timer_start(x->deadline, 0, 0);
        }
}

void chain_warm(struct user_chain *chain, struct profile_index *b)
{
    struct answerer *a = chain->a;

    for (size_t i = 0; i < chain->count; i++) {
        struct answer_link *l = chain->links[i];

        if (!answer_link_there(l) || l->provider.driver->plain)
            continue;
        if (!l->provider.local) {
            user_chain_models(chain, i, no_name, NULL);
        } else if (!a->warm.gen) {
            a->warm.link = l;
            a->warm.chain = user_chain_ref(chain);
            a->warm.index = profile_index_ref(b);
            if (read_prefix(a))
                chain_cool(a);
        }
        return;
    }
}
