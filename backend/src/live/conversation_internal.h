/**
 * @file live/conversation_internal.h  Shared by the files of the step; private to conversation*.c
 *
 *     conversation.c           the whole step: dispatches events, and handles the interview's own
 *     conversation_exchange.c  the phases of a question and its answer
 *     conversation_speaker.c   a speaker: its turns, the rows of its remarks, its coming and going
 *
 * Each takes the current conversation, changes it, and adds to the actions.
 */
#ifndef LIVE_CONVERSATION_INTERNAL_H
#define LIVE_CONVERSATION_INTERNAL_H

#include "live/conversation.h"

#include <assert.h>

static inline struct conversation_exchange *exchange_of_turn(struct conversation *c,
                                                             const struct conversation_speaker *s)
{
    return s->turn.exchange == c->current ? conversation_exchange(c, c->current) : NULL;
}

static inline bool unconfirmed(const struct conversation_exchange *e)
{
    return e->phase == PHASE_AHEAD || e->phase == PHASE_AHEAD_ANSWERED;
}

static inline bool has_finished(enum remark_row row)
{
    return row == ROW_FINISHED || row == ROW_OVERLAID;
}

static inline struct conversation_action *act(struct conversation_actions *out,
                                              enum conversation_action_kind kind)
{
    struct conversation_action *a = &out->at[out->count];

    assert(out->count < CONVERSATION_ACTIONS_MAX);
    *a = (struct conversation_action){.kind = kind};
    out->count++;
    return a;
}

static inline void act_on(struct conversation_actions *out, enum conversation_action_kind kind,
                          const struct conversation_exchange *e)
{
    act(out, kind)->exchange = e->id;
}

static inline void act_for(struct conversation_actions *out, enum conversation_action_kind kind,
                           const struct conversation_speaker *s)
{
    act(out, kind)->speaker = s->id;
}

/* conversation_exchange.c */

bool conversation_exchange_step(struct conversation *c, struct conversation_exchange *e,
                                const struct conversation_event *event,
                                struct conversation_actions *out);
/** The words of s are a question; old: the question that it replaces, or NULL. false: it was
 *  refused. */
bool conversation_ask(struct conversation *c, const struct conversation_speaker *s, bool ahead,
                      const struct conversation_exchange *old, struct conversation_actions *out);
void conversation_typed(struct conversation *c, const struct conversation_event *event,
                        struct conversation_actions *out);
/** The final words ask the same. */
void conversation_confirm(struct conversation *c, struct conversation_exchange *e,
                          struct conversation_speaker *s, bool changed,
                          struct conversation_actions *out);
/** It was no question after all. */
void conversation_withdraw(struct conversation *c, struct conversation_exchange *e,
                           struct conversation_actions *out);
bool conversation_withdraw_unconfirmed(struct conversation *c, struct conversation_actions *out);
void conversation_interrupt(struct conversation *c, struct conversation_actions *out);
void conversation_catch_up(struct conversation *c, struct conversation_actions *out);

/* conversation_speaker.c */

bool conversation_speaker_step(struct conversation *c, struct conversation_speaker *s,
                               const struct conversation_event *event,
                               struct conversation_actions *out);
bool conversation_opened(struct conversation *c, const struct conversation_event *event);
/** The final words of its turn are not a question: they are stored as a remark. */
void conversation_remark(struct conversation *c, struct conversation_speaker *s,
                         struct conversation_actions *out);
/** Writes what it has said so far of the current utterance, unfinished as it is. */
void conversation_keep_words(struct conversation *c, struct conversation_speaker *s,
                             struct conversation_actions *out);

#endif
