/**
 * @file live/conversation_speaker.c  A speaker: its turns, the rows of its remarks, its coming and
 *                                    going
 */
#include "live/conversation_internal.h"

/* ------------------------------------------------------------------------------ remarks */

void conversation_remark(struct conversation *c, struct conversation_speaker *s,
                         struct conversation_actions *out)
{
    struct conversation_action *a = act(out, DO_REMARK);

    a->speaker = s->id;
    a->row = has_finished(s->turn.row);
    s->turn.row = ROW_FINISHED;
    c->writing = true;
}

/* The utterance had no words in the end: what was stored of it is erased. */
static void undo_row(struct conversation *c, struct conversation_speaker *s,
                     struct conversation_actions *out)
{
    if (s->turn.row_taken)
        return;
    if (s->turn.row == ROW_UNFINISHED) {
        act_for(out, DO_ERASE_REMARK, s);
        s->turn.row = ROW_NONE;
        c->writing = true;
    } else if (s->turn.row == ROW_OVERLAID) {
        act_for(out, DO_RESTORE_REMARK, s);
        s->turn.row = ROW_FINISHED;
        c->writing = true;
    }
}

void conversation_keep_words(struct conversation *c, struct conversation_speaker *s,
                             struct conversation_actions *out)
{
    struct conversation_exchange *e = exchange_of_turn(c, s);
    struct conversation_action *a;

    s->unwritten_us = 0;
    c->writing = true;
    if (e && unconfirmed(e) && e->fresh) {
        a = act(out, DO_KEEP);
        a->exchange = e->id;
        a->speaker = s->id;
        e->kept = true;
        e->unwritten_us = 0;
        return;
    }
    a = act(out, DO_KEEP_WORDS);
    a->speaker = s->id;
    a->row = has_finished(s->turn.row);
    s->turn.row = has_finished(s->turn.row) ? ROW_OVERLAID : ROW_UNFINISHED;
}

/* Words of an utterance that will not be finished: if a question was anticipated they become its
 * text; else they are stored as they are. */
static void keep_unfinished(struct conversation *c, struct conversation_speaker *s,
                            const struct said *said, struct conversation_actions *out)
{
    struct conversation_exchange *e = exchange_of_turn(c, s);

    s->unwritten_us = 0;
    if (!said->words)
        return;
    if (e && unconfirmed(e))
        conversation_confirm(c, e, s, said->changed, out);
    else
        conversation_remark(c, s, out);
}

/* ------------------------------------------------------------------------------- a turn */

static void begin_turn(struct conversation_speaker *s, struct conversation_actions *out)
{
    s->turn = (struct conversation_turn){0};
    act_for(out, DO_BEGIN_TURN, s);
}

static void begin_utterance(struct conversation_speaker *s, const struct conversation_event *event,
                            struct conversation_actions *out)
{
    const struct conversation_turn *t = &s->turn;
    bool goes_on;

    if (s->utterance == event->utterance)
        return;
    s->utterance = event->utterance;
    s->start_ms = event->start_ms;
    s->unwritten_us = 0;
    goes_on = t->utterances > 0 && t->utterances < CONVERSATION_JOINS_MAX &&
              s->start_ms <= t->end_ms + (uint64_t)(t->hanging ? CONVERSATION_HANGING_GAP_MS
                                                               : CONVERSATION_JOIN_GAP_MS) &&
              (t->question || t->hanging || t->words <= CONVERSATION_LEAD_IN_WORDS);
    if (!goes_on)
        begin_turn(s, out);
}

/* Two questions in a row are two, however short the pause between them. */
static void part(struct conversation *c, struct conversation_speaker *s, const struct said *said,
                 struct conversation_actions *out)
{
    if (!said->apart || said->own || !s->turn.utterances)
        return;
    undo_row(c, s, out); /* these words were stored after the others */
    begin_turn(s, out);
}

/* A question with final words is on screen. */
static bool is_answered(struct conversation *c)
{
    const struct conversation_exchange *e = conversation_exchange(c, c->current);

    return e && !unconfirmed(e);
}

static void looks_finished(struct conversation *c, struct conversation_speaker *s,
                           const struct conversation_event *event, struct conversation_actions *out)
{
    const struct conversation_exchange *e;

    if (s->candidate || event->said.own || !event->said.question ||
        s->utterance != event->utterance)
        return;
    if (event->said.unsure && is_answered(c))
        return;
    part(c, s, &event->said, out);
    e = exchange_of_turn(c, s);
    if (!e || !event->said.same)
        conversation_ask(c, s, true, e, out);
}

/* It is the candidate's voice on the interviewer's line: what was begun for it is undone, its words
 * get a row of their own, and the next speaker begins a new turn. */
static void own_voice_ended(struct conversation *c, struct conversation_speaker *s,
                            struct conversation_exchange *e, const struct said *said,
                            struct conversation_actions *out)
{
    if (e && unconfirmed(e))
        conversation_withdraw(c, e, out);
    if (s->turn.row == ROW_OVERLAID || !said->words)
        undo_row(c, s, out);
    if (has_finished(s->turn.row))
        act_for(out, DO_LEAVE_REMARK, s);
    if (s->turn.row != ROW_UNFINISHED)
        s->turn.row = ROW_NONE;
    if (said->words)
        conversation_remark(c, s, out);
    s->turn = (struct conversation_turn){0};
}

static void ended(struct conversation *c, struct conversation_speaker *s,
                  const struct conversation_event *event, struct conversation_actions *out)
{
    struct conversation_exchange *e;
    const struct said *said = &event->said;

    part(c, s, said, out);
    e = exchange_of_turn(c, s);
    s->unwritten_us = 0;
    if (said->own) {
        own_voice_ended(c, s, e, said, out);
        return;
    }
    if (said->words && said->question && !s->candidate) {
        if (e && said->same)
            conversation_confirm(c, e, s, said->changed, out);
        else if (!conversation_ask(c, s, false, e, out))
            conversation_remark(c, s, out);
    } else if (e && unconfirmed(e) && s->presence == SPEAKER_LEAVING) {
        keep_unfinished(c, s, said, out); /* asked and recognised: there is nobody to ask again */
    } else {
        if (e && unconfirmed(e))
            conversation_withdraw(c, e, out);
        if (said->words)
            conversation_remark(c, s, out);
        else
            undo_row(c, s, out);
    }
    if (!said->words)
        return;
    s->turn.utterances++;
    s->turn.end_ms = event->end_ms;
    s->turn.words = said->count;
    s->turn.question = said->question;
    s->turn.hanging = said->hanging;
}

/* --------------------------------------------------------------------- coming and going */

static size_t free_speaker(const struct conversation *c)
{
    size_t i = 0;

    while (i < CONVERSATION_SPEAKERS_MAX && c->speakers[i].presence != SPEAKER_NONE)
        i++;
    return i;
}

bool conversation_is_full(const struct conversation *c)
{
    return free_speaker(c) == CONVERSATION_SPEAKERS_MAX;
}

bool conversation_opened(struct conversation *c, const struct conversation_event *event)
{
    if (conversation_is_full(c))
        return false;
    c->speakers[free_speaker(c)] = (struct conversation_speaker){.id = ++c->last_id,
                                                                 .presence = SPEAKER_PRESENT,
                                                                 .candidate = event->candidate,
                                                                 .keyed = event->keyed};
    return true;
}

static void drop_speaker(struct conversation *c, struct conversation_speaker *s,
                         const struct said *said, struct conversation_actions *out)
{
    keep_unfinished(c, s, said, out);
    act_for(out, DO_DROP_SPEAKER, s);
    *s = (struct conversation_speaker){.presence = SPEAKER_NONE};
}

/* Nobody listens any more; what was said is still recognised to its end. */
static void close_speaker(struct conversation *c, struct conversation_speaker *s,
                          const struct said *said, struct conversation_actions *out)
{
    switch (s->presence) {
    case SPEAKER_PRESENT:
    case SPEAKER_PARKED:
        act_for(out, DO_STOP_HEARING, s);
        s->presence = SPEAKER_LEAVING;
        break;
    case SPEAKER_STOPPING:
    case SPEAKER_PARKED_STOPPING:
        s->presence = SPEAKER_LEAVING;
        break;
    default:
        drop_speaker(c, s, said, out);
        break;
    }
}

static bool is_parked(const struct conversation_speaker *s)
{
    return s->presence == SPEAKER_PARKED || s->presence == SPEAKER_PARKED_STOPPING ||
           s->presence == SPEAKER_PARKED_DONE;
}

static void vanish(struct conversation *c, struct conversation_speaker *s,
                   const struct conversation_event *event, struct conversation_actions *out)
{
    struct conversation_speaker *longest = NULL;
    size_t parked = 0;

    if (!s->keyed || c->life != CONVERSATION_OPEN) {
        close_speaker(c, s, &event->said, out);
        return;
    }
    s->presence = s->presence == SPEAKER_PRESENT    ? SPEAKER_PARKED
                  : s->presence == SPEAKER_STOPPING ? SPEAKER_PARKED_STOPPING
                                                    : SPEAKER_PARKED_DONE;
    s->parked_us = event->at_us;
    act_for(out, DO_PARK, s);
    for (size_t i = 0; i < CONVERSATION_SPEAKERS_MAX; i++) {
        struct conversation_speaker *other = &c->speakers[i];

        if (!is_parked(other))
            continue;
        parked++;
        if (!longest || other->parked_us < longest->parked_us)
            longest = other;
    }
    if (parked > CONVERSATION_PARKED_MAX) {
        act_for(out, DO_UNPARK, longest);
        close_speaker(c, longest, &(struct said){.words = false}, out);
    }
}

static void come_back(struct conversation_speaker *s, struct conversation_actions *out)
{
    if (is_parked(s))
        act_for(out, DO_UNPARK, s);
    else
        act_for(out, DO_TELL_TAKEN, s); /* its old socket does not know yet that it is dead */
    s->presence = s->presence == SPEAKER_PARKED            ? SPEAKER_PRESENT
                  : s->presence == SPEAKER_PARKED_STOPPING ? SPEAKER_STOPPING
                  : s->presence == SPEAKER_PARKED_DONE     ? SPEAKER_DONE
                                                           : s->presence;
}

static bool heard_all(struct conversation *c, struct conversation_speaker *s,
                      const struct said *said, struct conversation_actions *out)
{
    switch (s->presence) {
    case SPEAKER_STOPPING:
        s->presence = SPEAKER_DONE;
        act_for(out, DO_TELL_DONE, s);
        return true;
    case SPEAKER_PRESENT: /* it broke, and that was reported */
        s->presence = SPEAKER_DONE;
        return true;
    case SPEAKER_PARKED:
    case SPEAKER_PARKED_STOPPING:
        s->presence = SPEAKER_PARKED_DONE;
        return true;
    case SPEAKER_LEAVING:
        drop_speaker(c, s, said, out);
        return true;
    default:
        return false;
    }
}

/* --------------------------------------------------------------------------- its events */

bool conversation_speaker_step(struct conversation *c, struct conversation_speaker *s,
                               const struct conversation_event *event,
                               struct conversation_actions *out)
{
    bool hears = s->presence != SPEAKER_DONE && s->presence != SPEAKER_PARKED_DONE;
    bool attached = s->presence == SPEAKER_PRESENT || s->presence == SPEAKER_STOPPING ||
                    s->presence == SPEAKER_DONE;

    switch (event->kind) {
    case CONVERSATION_PARTIAL:
        if (!hears)
            return false;
        begin_utterance(s, event, out);
        if (event->said.words && !s->unwritten_us)
            s->unwritten_us = event->at_us;
        return true;
    case CONVERSATION_FINAL:
        if (hears)
            begin_utterance(s, event, out);
        return hears;
    case CONVERSATION_EAGER:
        if (hears)
            looks_finished(c, s, event, out);
        return hears;
    case CONVERSATION_RESUMED:
        return hears;
    case CONVERSATION_ENDED:
        if (hears)
            ended(c, s, event, out);
        return hears;
    case CONVERSATION_STOP:
        if (s->presence != SPEAKER_PRESENT)
            return s->presence == SPEAKER_STOPPING || s->presence == SPEAKER_DONE;
        s->presence = SPEAKER_STOPPING;
        act_for(out, DO_STOP_HEARING, s);
        return true;
    case CONVERSATION_HEARD_ALL:
        return heard_all(c, s, &event->said, out);
    case CONVERSATION_BROKE:
        if (!hears)
            return false;
        if (is_parked(s)) { /* a client that comes back starts again */
            act_for(out, DO_UNPARK, s);
            s->presence = SPEAKER_LEAVING;
        } else if (attached) {
            act_for(out, DO_TELL_FATAL, s);
        }
        return true;
    case CONVERSATION_CLOSE:
        if (s->presence == SPEAKER_LEAVING || is_parked(s))
            return false;
        close_speaker(c, s, &event->said, out);
        return true;
    case CONVERSATION_VANISH:
        if (attached)
            vanish(c, s, event, out);
        return attached;
    case CONVERSATION_COME_BACK:
        if (s->presence == SPEAKER_LEAVING || !s->keyed)
            return false;
        come_back(s, out);
        return true;
    case CONVERSATION_NOBODY_CAME:
        if (!is_parked(s))
            return false;
        close_speaker(c, s, &event->said, out);
        return true;
    case CONVERSATION_GIVE_UP:
        drop_speaker(c, s, &event->said, out);
        return true;
    default:
        return false;
    }
}
