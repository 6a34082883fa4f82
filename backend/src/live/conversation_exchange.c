/**
 * @file live/conversation_exchange.c  The phases of a question and its answer
 *
 * As drawn in conversation.h: asked, answered and confirmed in any order, then stored and reported;
 * or dropped before its words were final.
 */
#include "live/conversation_internal.h"

/* ------------------------------------------------------------------ ends of an exchange */

static void forget(struct conversation_exchange *e, struct conversation_actions *out)
{
    act_on(out, DO_FORGET, e);
    *e = (struct conversation_exchange){.phase = PHASE_NONE};
}

/* Its words never became final. Its row goes back to the remark that it was taken from, or is
 * erased. */
static void leave_row(struct conversation *c, struct conversation_exchange *e,
                      struct conversation_actions *out)
{
    struct conversation_speaker *s = conversation_speaker(c, e->speaker);

    if (s && s->turn.exchange == e->id && s->turn.row_taken) {
        s->turn.row_taken = false;
        if (e->kept)
            s->turn.row = s->turn.row == ROW_FINISHED ? ROW_OVERLAID : s->turn.row;
    } else if (e->kept && e->fresh) {
        act_on(out, DO_ERASE, e);
        c->writing = true;
    }
    e->kept = false;
}

/* Nothing of it is kept. in_place: the question that replaces it has its row. */
static void drop(struct conversation *c, struct conversation_exchange *e, bool in_place,
                 struct conversation_actions *out)
{
    bool answered = e->phase == PHASE_AHEAD_ANSWERED;
    struct conversation_action *a;

    if (unconfirmed(e) && !in_place)
        leave_row(c, e, out);
    if (unconfirmed(e)) {
        c->discarded++;
        c->writing = true; /* of the row with that number */
    }
    e->unwritten_us = 0;
    if (answered) {
        a = act(out, DO_TELL_END);
        a->exchange = e->id;
        a->superseded = true;
        forget(e, out);
    } else {
        e->phase = PHASE_GIVING_WAY;
        act_on(out, DO_SUPERSEDE, e);
    }
}

/* It was no question after all. */
void conversation_withdraw(struct conversation *c, struct conversation_exchange *e,
                           struct conversation_actions *out)
{
    if (e->fresh && e->number == c->questions)
        c->questions--;
    c->current = 0;
    drop(c, e, false, out);
}

bool conversation_withdraw_unconfirmed(struct conversation *c, struct conversation_actions *out)
{
    struct conversation_exchange *e = conversation_exchange(c, c->current);

    if (!e || !unconfirmed(e))
        return false;
    conversation_withdraw(c, e, out);
    return true;
}

/* Another question is the current one now. */
static void give_way(struct conversation *c, struct conversation_exchange *e, bool in_place,
                     struct conversation_actions *out)
{
    switch (e->phase) {
    case PHASE_AHEAD:
    case PHASE_AHEAD_ANSWERED:
        drop(c, e, in_place, out);
        break;
    case PHASE_ANSWERING:
        if (in_place)
            drop(c, e, true, out);
        else
            act_on(out, DO_SUPERSEDE, e);
        break;
    case PHASE_TOLD:
        forget(e, out);
        break;
    default: /* STORING ends by itself */
        break;
    }
}

/* ------------------------------------------------------------------------------- asking */

static struct conversation_exchange *free_place(struct conversation *c)
{
    for (size_t i = 0; i < CONVERSATION_EXCHANGES_MAX; i++) {
        if (c->exchanges[i].phase == PHASE_NONE)
            return &c->exchanges[i];
    }
    return NULL;
}

/* s NULL: typed. old: the question that it replaces, or NULL. number: of one that is only in the
 * store. */
static bool ask_as(struct conversation *c, const struct conversation_speaker *s, bool ahead,
                   const struct conversation_exchange *old, int number,
                   struct conversation_actions *out)
{
    struct conversation_exchange *e = c->life == CONVERSATION_OPEN ? free_place(c) : NULL;
    struct conversation_action *a;

    if (!e) {
        act(out, DO_REFUSE)->speaker = s ? s->id : 0;
        return false;
    }
    *e = (struct conversation_exchange){
        .id = ++c->last_id,
        .phase = ahead ? PHASE_ASKING_AHEAD : PHASE_ASKING,
        .speaker = s ? s->id : 0,
        .replaces = old ? old->id : 0,
        .number = old      ? old->number
                  : number ? number
                           : c->questions + 1,
        .fresh = old ? unconfirmed(old) && old->fresh : !number,
        .kept = old && unconfirmed(old) && old->kept,
    };
    a = act(out, DO_ASK);
    a->exchange = e->id;
    a->speaker = e->speaker;
    a->other = e->replaces;
    a->ahead = ahead;
    a->row = !old && s && s->turn.row != ROW_NONE;
    return true;
}

bool conversation_ask(struct conversation *c, const struct conversation_speaker *s, bool ahead,
                      const struct conversation_exchange *old, struct conversation_actions *out)
{
    return ask_as(c, s, ahead, old, 0, out);
}

/* If the one to be replaced is neither current nor finished, only it could write to its row. */
void conversation_typed(struct conversation *c, const struct conversation_event *event,
                        struct conversation_actions *out)
{
    const struct conversation_exchange *old = conversation_exchange(c, event->exchange);

    if (old && old->id != c->current) {
        act(out, DO_REFUSE);
        return;
    }
    ask_as(c, NULL, false, old, event->number, out);
}

/* ----------------------------------------------------------------- the answer to DO_ASK */

/* The words of the turn now belong to a question: they have no row of their own beside it. */
static void give_row(struct conversation *c, struct conversation_speaker *s,
                     struct conversation_actions *out)
{
    enum remark_row row = s->turn.row_taken ? ROW_NONE : s->turn.row;

    if (row == ROW_UNFINISHED)
        act_for(out, DO_ERASE_REMARK, s);
    else if (row == ROW_OVERLAID)
        act_for(out, DO_RESTORE_REMARK, s);
    c->writing |= row == ROW_UNFINISHED || row == ROW_OVERLAID;
    if (s->turn.row != ROW_NONE)
        act_for(out, DO_LEAVE_REMARK, s);
    s->turn.row = ROW_NONE;
    s->turn.row_taken = false;
}

static void asked(struct conversation *c, struct conversation_exchange *e,
                  struct conversation_actions *out)
{
    struct conversation_speaker *s = conversation_speaker(c, e->speaker);
    struct conversation_exchange *before = conversation_exchange(c, c->current);
    bool in_place = before && before->id == e->replaces;

    if (e->number > c->questions)
        c->questions = e->number;
    if (s && !e->replaces)
        s->turn.row_taken = s->turn.row != ROW_NONE;
    c->current = e->id;
    if (before)
        give_way(c, before, in_place, out);
    if (s)
        s->turn.exchange = e->id;
    if (e->phase == PHASE_ASKING_AHEAD) {
        e->phase = PHASE_AHEAD;
        return;
    }
    e->phase = PHASE_ANSWERING;
    e->fresh = e->kept = false;
    act_on(out, DO_STORE_QUESTION, e);
    c->writing = true;
    if (s)
        give_row(c, s, out);
}

static void refused(struct conversation *c, struct conversation_exchange *e,
                    struct conversation_actions *out)
{
    struct conversation_speaker *s = conversation_speaker(c, e->speaker);
    bool final = e->phase == PHASE_ASKING;

    forget(e, out);
    if (s && final)
        conversation_remark(c, s, out);
}

/* -------------------------------------------------------------------------- final words */

/* The final words ask the same. */
void conversation_confirm(struct conversation *c, struct conversation_exchange *e,
                          struct conversation_speaker *s, bool changed,
                          struct conversation_actions *out)
{
    struct conversation_action *a;

    if (unconfirmed(e) || changed) {
        a = act(out, unconfirmed(e) ? DO_CONFIRM : DO_REWORD);
        a->exchange = e->id;
        a->speaker = s->id;
        c->writing = true;
    }
    if (unconfirmed(e)) {
        bool answered = e->phase == PHASE_AHEAD_ANSWERED;

        e->phase = answered ? PHASE_STORING : PHASE_ANSWERING;
        e->fresh = e->kept = false;
        e->unwritten_us = 0;
        act_on(out, answered ? DO_STORE_ANSWER : DO_STORE_QUESTION, e);
    }
    give_row(c, s, out);
}

/* --------------------------------------------------------------------------- its events */

bool conversation_exchange_step(struct conversation *c, struct conversation_exchange *e,
                                const struct conversation_event *event,
                                struct conversation_actions *out)
{
    bool streams = e->phase == PHASE_AHEAD || e->phase == PHASE_ANSWERING;
    bool asking = e->phase == PHASE_ASKING || e->phase == PHASE_ASKING_AHEAD;

    switch (event->kind) {
    case CONVERSATION_ASKED:
        if (asking)
            asked(c, e, out);
        return asking;
    case CONVERSATION_REFUSED:
        if (asking)
            refused(c, e, out);
        return asking;
    case CONVERSATION_PROGRESS:
        if (!streams && e->phase != PHASE_GIVING_WAY)
            return false;
        act_on(out, DO_TELL, e);
        return true;
    case CONVERSATION_STREAMED:
        if (!streams)
            return false;
        act_on(out, DO_TELL, e);
        /* Only a confirmed question may be written in the place of a confirmed one. */
        if (!e->unwritten_us && (e->phase == PHASE_ANSWERING || e->fresh))
            e->unwritten_us = event->at_us;
        return true;
    case CONVERSATION_ANSWERED:
        if (e->phase == PHASE_GIVING_WAY) {
            act_on(out, DO_TELL_END, e);
            forget(e, out);
        } else if (e->phase == PHASE_AHEAD) {
            e->phase = PHASE_AHEAD_ANSWERED;
        } else if (e->phase == PHASE_ANSWERING) {
            e->phase = PHASE_STORING;
            e->unwritten_us = 0;
            act_on(out, DO_STORE_ANSWER, e);
            c->writing = true;
        } else {
            return false;
        }
        return true;
    case CONVERSATION_TYPED: /* asked again */
        conversation_typed(c, event, out);
        return true;
    case CONVERSATION_CORRECTED:
        if (e->phase != PHASE_ANSWERING && e->phase != PHASE_STORING && e->phase != PHASE_TOLD)
            return false;
        act_on(out, DO_STORE_QUESTION, e);
        c->writing = true;
        return true;
    case CONVERSATION_STORED: {
        struct conversation_action *a;

        if (e->phase != PHASE_STORING)
            return false;
        a = act(out, DO_TELL_END);
        a->exchange = e->id;
        a->ok = event->ok;
        e->phase = PHASE_TOLD;
        if (c->current != e->id)
            forget(e, out);
        return true;
    }
    default:
        return false;
    }
}

void conversation_interrupt(struct conversation *c, struct conversation_actions *out)
{
    const struct conversation_exchange *e = conversation_exchange(c, c->current);

    if (e && (e->phase == PHASE_AHEAD || e->phase == PHASE_ANSWERING))
        act_on(out, DO_INTERRUPT, e);
}

void conversation_catch_up(struct conversation *c, struct conversation_actions *out)
{
    const struct conversation_exchange *e = conversation_exchange(c, c->current);

    if (e && e->phase != PHASE_TOLD)
        act_on(out, DO_CATCH_UP, e);
}
