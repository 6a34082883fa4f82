/**
 * @file live/conversation.c  How a live interview reacts to events: one pure step
 */
#include "live/conversation_internal.h"

void conversation_init(struct conversation *c, int questions)
{
    *c = (struct conversation){.questions = questions};
}

struct conversation_exchange *conversation_exchange(struct conversation *c, uint64_t id)
{
    for (size_t i = 0; id && i < CONVERSATION_EXCHANGES_MAX; i++) {
        if (c->exchanges[i].phase != PHASE_NONE && c->exchanges[i].id == id)
            return &c->exchanges[i];
    }
    return NULL;
}

struct conversation_speaker *conversation_speaker(struct conversation *c, uint64_t id)
{
    for (size_t i = 0; id && i < CONVERSATION_SPEAKERS_MAX; i++) {
        if (c->speakers[i].presence != SPEAKER_NONE && c->speakers[i].id == id)
            return &c->speakers[i];
    }
    return NULL;
}

uint64_t conversation_turn_exchange(struct conversation *c, uint64_t speaker)
{
    const struct conversation_speaker *s = conversation_speaker(c, speaker);
    const struct conversation_exchange *e = s ? exchange_of_turn(c, s) : NULL;

    return e ? e->id : 0;
}

bool conversation_unwritten(const struct conversation *c)
{
    for (size_t i = 0; i < CONVERSATION_EXCHANGES_MAX; i++) {
        if (c->exchanges[i].phase != PHASE_NONE && c->exchanges[i].unwritten_us)
            return true;
    }
    for (size_t i = 0; i < CONVERSATION_SPEAKERS_MAX; i++) {
        if (c->speakers[i].presence != SPEAKER_NONE && c->speakers[i].unwritten_us)
            return true;
    }
    return false;
}

/* ---- incremental writes ----------------------------------------------------------------- */

static bool is_due(uint64_t unwritten_us, uint64_t now_us)
{
    return unwritten_us && now_us - unwritten_us >= KEEP_AFTER_US;
}

static void tick(struct conversation *c, uint64_t now_us, struct conversation_actions *out)
{
    for (size_t i = 0; i < CONVERSATION_SPEAKERS_MAX; i++) {
        struct conversation_speaker *s = &c->speakers[i];

        if (s->presence != SPEAKER_NONE && is_due(s->unwritten_us, now_us))
            conversation_keep_words(c, s, out);
    }
    for (size_t i = 0; i < CONVERSATION_EXCHANGES_MAX; i++) {
        struct conversation_exchange *e = &c->exchanges[i];

        if (e->phase == PHASE_NONE || !is_due(e->unwritten_us, now_us))
            continue;
        act_on(out, DO_KEEP, e);
        e->kept |= unconfirmed(e);
        e->unwritten_us = 0;
        c->writing = true;
    }
}

/* ----------------------------------------------------------------------- the whole step */

static bool interview_step(struct conversation *c, const struct conversation_event *event,
                           struct conversation_actions *out)
{
    switch (event->kind) {
    case CONVERSATION_JOINED:
        if (c->life == CONVERSATION_OPEN)
            c->joined++;
        return c->life == CONVERSATION_OPEN;
    case CONVERSATION_LEFT:
        if (c->joined == 0)
            return false;
        c->joined--;
        return true;
    case CONVERSATION_LISTENED:
        conversation_catch_up(c, out);
        return true;
    case CONVERSATION_WRITTEN:
        c->writing = false;
        return true;
    case CONVERSATION_TICK:
        tick(c, event->at_us, out);
        return true;
    case CONVERSATION_TYPED:
        conversation_typed(c, event, out);
        return true;
    case CONVERSATION_INTERRUPT:
        conversation_interrupt(c, out);
        return true;
    case CONVERSATION_SHUTDOWN:
        c->life = CONVERSATION_SHUTTING;
        conversation_withdraw_unconfirmed(c, out);
        conversation_interrupt(c, out);
        return true;
    case CONVERSATION_OPENED:
        return c->life == CONVERSATION_OPEN && conversation_opened(c, event);
    default:
        return false;
    }
}

/* After everybody has left: nobody will say the final words of a question that was only
 * anticipated. When nothing is left to report or store, the interview is over. */
static void end_if_over(struct conversation *c, struct conversation_actions *out)
{
    if (c->joined > 0)
        return;
    for (size_t i = 0; i < CONVERSATION_SPEAKERS_MAX; i++) {
        if (c->speakers[i].presence != SPEAKER_NONE)
            return;
    }
    conversation_withdraw_unconfirmed(c, out);
    for (size_t i = 0; i < CONVERSATION_EXCHANGES_MAX; i++) {
        if (c->exchanges[i].phase != PHASE_NONE && c->exchanges[i].phase != PHASE_TOLD)
            return;
    }
    if (c->writing)
        return;
    c->life = CONVERSATION_OVER;
    act(out, DO_END);
}

/* DO_ASK waits for its answer, which comes before any other event. */
static bool is_asking(const struct conversation *c)
{
    for (size_t i = 0; i < CONVERSATION_EXCHANGES_MAX; i++) {
        if (c->exchanges[i].phase == PHASE_ASKING || c->exchanges[i].phase == PHASE_ASKING_AHEAD)
            return true;
    }
    return false;
}

bool conversation_step(struct conversation *c, const struct conversation_event *event,
                       struct conversation_actions *actions)
{
    struct conversation_exchange *e = conversation_exchange(c, event->exchange);
    struct conversation_speaker *s = conversation_speaker(c, event->speaker);
    bool possible;

    actions->count = 0;
    if (is_asking(c) && event->kind != CONVERSATION_ASKED && event->kind != CONVERSATION_REFUSED)
        return false;
    if (c->life == CONVERSATION_OVER || (event->exchange && !e) || (event->speaker && !s))
        return false;
    if (e)
        possible = conversation_exchange_step(c, e, event, actions);
    else if (s)
        possible = conversation_speaker_step(c, s, event, actions);
    else
        possible = interview_step(c, event, actions);
    if (possible)
        end_if_over(c, actions);
    return possible;
}
