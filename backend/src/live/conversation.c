/**
 * @file live/conversation.c  What a live interview does about what happens in it: one pure step
 */
#include "live/conversation.h"

#include <assert.h>

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

static struct conversation_exchange *exchange_of_turn(struct conversation *c,
                                                      const struct conversation_speaker *s)
{
    return s->turn.exchange == c->current ? conversation_exchange(c, c->current) : NULL;
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

static bool unconfirmed(const struct conversation_exchange *e)
{
    return e->phase == PHASE_AHEAD || e->phase == PHASE_AHEAD_ANSWERED;
}

static struct conversation_action *act(struct conversation_actions *out,
                                       enum conversation_action_kind kind)
{
    struct conversation_action *a = &out->at[out->count];

    assert(out->count < CONVERSATION_ACTIONS_MAX);
    *a = (struct conversation_action){.kind = kind};
    out->count++;
    return a;
}

static void act_on(struct conversation_actions *out, enum conversation_action_kind kind,
                   const struct conversation_exchange *e)
{
    act(out, kind)->exchange = e->id;
}

static void act_for(struct conversation_actions *out, enum conversation_action_kind kind,
                    const struct conversation_speaker *s)
{
    act(out, kind)->speaker = s->id;
}

/* ------------------------------------------------------------------ ends of an exchange */

static void forget(struct conversation_exchange *e, struct conversation_actions *out)
{
    act_on(out, DO_FORGET, e);
    *e = (struct conversation_exchange){.phase = PHASE_NONE};
}

static void tell_superseded(struct conversation_exchange *e, struct conversation_actions *out)
{
    struct conversation_action *a = act(out, DO_TELL_END);

    a->exchange = e->id;
    a->superseded = true;
    forget(e, out);
}

/* Its words never became final. The row it had goes: back to the remark that it took it from, or
 * away. */
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

/* Nothing of it is kept. in_place: what replaces it has its row. */
static void drop(struct conversation *c, struct conversation_exchange *e, bool in_place,
                 struct conversation_actions *out)
{
    bool answered = e->phase == PHASE_AHEAD_ANSWERED;

    if (unconfirmed(e) && !in_place)
        leave_row(c, e, out);
    if (unconfirmed(e)) {
        c->discarded++;
        c->writing = true; /* of that number */
    }
    e->unwritten_us = 0;
    if (answered) {
        tell_superseded(e, out);
        return;
    }
    e->phase = PHASE_GIVING_WAY;
    act_on(out, DO_SUPERSEDE, e);
}

/* It was no question after all. */
static void withdraw(struct conversation *c, struct conversation_exchange *e,
                     struct conversation_actions *out)
{
    if (e->fresh && e->number == c->questions)
        c->questions--;
    c->current = 0;
    drop(c, e, false, out);
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

/* ----------------------------------------------------------------------------- asking */

static struct conversation_exchange *free_place(struct conversation *c)
{
    for (size_t i = 0; i < CONVERSATION_EXCHANGES_MAX; i++) {
        if (c->exchanges[i].phase == PHASE_NONE)
            return &c->exchanges[i];
    }
    return NULL;
}

/* s NULL: typed. old: whose place it takes, or NULL. number: of one that is in the store only. */
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

static bool ask(struct conversation *c, const struct conversation_speaker *s, bool ahead,
                const struct conversation_exchange *old, struct conversation_actions *out)
{
    return ask_as(c, s, ahead, old, 0, out);
}

/* In the place of one that is not the current one and not at its end only it itself could write. */
static void typed(struct conversation *c, const struct conversation_event *event,
                  struct conversation_actions *out)
{
    const struct conversation_exchange *old = conversation_exchange(c, event->exchange);

    if (old && old->id != c->current) {
        act(out, DO_REFUSE);
        return;
    }
    ask_as(c, NULL, false, old, event->number, out);
}

/* The words of the turn are a question's now: no row of their own stays beside it. */
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

static void remark(struct conversation *c, struct conversation_speaker *s,
                   struct conversation_actions *out);

static void refused(struct conversation *c, struct conversation_exchange *e,
                    struct conversation_actions *out)
{
    struct conversation_speaker *s = conversation_speaker(c, e->speaker);
    bool final = e->phase == PHASE_ASKING;

    forget(e, out);
    if (s && final)
        remark(c, s, out);
}

/* The final words mean what was asked. */
static void confirm(struct conversation *c, struct conversation_exchange *e,
                    struct conversation_speaker *s, bool changed, struct conversation_actions *out)
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

/* --------------------------------------------------------------------------- remarks */

static bool has_finished(enum remark_row row)
{
    return row == ROW_FINISHED || row == ROW_OVERLAID;
}

static void remark(struct conversation *c, struct conversation_speaker *s,
                   struct conversation_actions *out)
{
    struct conversation_action *a = act(out, DO_REMARK);

    a->speaker = s->id;
    a->row = has_finished(s->turn.row);
    s->turn.row = ROW_FINISHED;
    c->writing = true;
}

/* The utterance had no words in the end: what was kept of it goes. */
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

/* Words of an utterance that nobody will finish: of a question that was looked ahead to they
 * become the text; else they are kept as they are. */
static void keep_unfinished(struct conversation *c, struct conversation_speaker *s,
                            const struct said *said, struct conversation_actions *out)
{
    struct conversation_exchange *e = exchange_of_turn(c, s);

    s->unwritten_us = 0;
    if (!said->words)
        return;
    if (e && unconfirmed(e))
        confirm(c, e, s, said->changed, out);
    else
        remark(c, s, out);
}

/* ----------------------------------------------------------------------------- a turn */

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

/* Two questions in a row are two, however short the pause. */
static void part(struct conversation *c, struct conversation_speaker *s, const struct said *said,
                 struct conversation_actions *out)
{
    if (!said->apart || said->own || !s->turn.utterances)
        return;
    undo_row(c, s, out); /* what was kept of these words behind the others */
    begin_turn(s, out);
}

/* A question with final words is on the screen. */
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
        ask(c, s, true, e, out);
}

/* The candidate's voice among the interviewer's: what was begun for it is undone, its words get a
 * row of their own, and whoever speaks next begins a turn. */
static void own_voice_ended(struct conversation *c, struct conversation_speaker *s,
                            struct conversation_exchange *e, const struct said *said,
                            struct conversation_actions *out)
{
    if (e && unconfirmed(e))
        withdraw(c, e, out);
    if (s->turn.row == ROW_OVERLAID || !said->words)
        undo_row(c, s, out);
    if (has_finished(s->turn.row))
        act_for(out, DO_LEAVE_REMARK, s);
    if (s->turn.row != ROW_UNFINISHED)
        s->turn.row = ROW_NONE;
    if (said->words)
        remark(c, s, out);
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
            confirm(c, e, s, said->changed, out);
        else if (!ask(c, s, false, e, out))
            remark(c, s, out);
    } else if (e && unconfirmed(e) && s->presence == SPEAKER_LEAVING) {
        keep_unfinished(c, s, said, out); /* asked and heard: there is nobody to ask again */
    } else {
        if (e && unconfirmed(e))
            withdraw(c, e, out);
        if (said->words)
            remark(c, s, out);
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

/* -------------------------------------------------------------------- coming and going */

static void drop_speaker(struct conversation *c, struct conversation_speaker *s,
                         const struct said *said, struct conversation_actions *out)
{
    keep_unfinished(c, s, said, out);
    act_for(out, DO_DROP_SPEAKER, s);
    *s = (struct conversation_speaker){.presence = SPEAKER_NONE};
}

/* Nobody listens any more; what was said is still heard to its end. */
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
        act_for(out, DO_TELL_TAKEN, s); /* its old socket has not noticed yet that it is dead */
    s->presence = s->presence == SPEAKER_PARKED            ? SPEAKER_PRESENT
                  : s->presence == SPEAKER_PARKED_STOPPING ? SPEAKER_STOPPING
                  : s->presence == SPEAKER_PARKED_DONE     ? SPEAKER_DONE
                                                           : s->presence;
}

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

static bool opened(struct conversation *c, const struct conversation_event *event)
{
    if (conversation_is_full(c))
        return false;
    c->speakers[free_speaker(c)] = (struct conversation_speaker){.id = ++c->last_id,
                                                                 .presence = SPEAKER_PRESENT,
                                                                 .candidate = event->candidate,
                                                                 .keyed = event->keyed};
    return true;
}

static bool heard_all(struct conversation *c, struct conversation_speaker *s,
                      const struct said *said, struct conversation_actions *out)
{
    switch (s->presence) {
    case SPEAKER_STOPPING:
        s->presence = SPEAKER_DONE;
        act_for(out, DO_TELL_DONE, s);
        return true;
    case SPEAKER_PRESENT: /* it broke, and that was told */
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

/* ------------------------------------------------------------------------ piecewise */

static void keep_words(struct conversation *c, struct conversation_speaker *s,
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

static bool is_due(uint64_t unwritten_us, uint64_t now_us)
{
    return unwritten_us && now_us - unwritten_us >= KEEP_AFTER_US;
}

static void tick(struct conversation *c, uint64_t now_us, struct conversation_actions *out)
{
    for (size_t i = 0; i < CONVERSATION_SPEAKERS_MAX; i++) {
        struct conversation_speaker *s = &c->speakers[i];

        if (s->presence != SPEAKER_NONE && is_due(s->unwritten_us, now_us))
            keep_words(c, s, out);
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

/* ---------------------------------------------------------------------- the whole step */

static bool exchange_step(struct conversation *c, struct conversation_exchange *e,
                          const struct conversation_event *event, struct conversation_actions *out)
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
        /* In the place of a confirmed question only what is confirmed itself may be written. */
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
        typed(c, event, out);
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

static bool speaker_step(struct conversation *c, struct conversation_speaker *s,
                         const struct conversation_event *event, struct conversation_actions *out)
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
        if (is_parked(s)) { /* who comes back begins anew */
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

static void interrupt(struct conversation *c, struct conversation_actions *out)
{
    const struct conversation_exchange *e = conversation_exchange(c, c->current);

    if (e && (e->phase == PHASE_AHEAD || e->phase == PHASE_ANSWERING))
        act_on(out, DO_INTERRUPT, e);
}

static bool withdraw_unconfirmed(struct conversation *c, struct conversation_actions *out)
{
    struct conversation_exchange *e = conversation_exchange(c, c->current);

    if (!e || !unconfirmed(e))
        return false;
    withdraw(c, e, out);
    return true;
}

static void catch_up(struct conversation *c, struct conversation_actions *out)
{
    const struct conversation_exchange *e = conversation_exchange(c, c->current);

    if (e && e->phase != PHASE_TOLD)
        act_on(out, DO_CATCH_UP, e);
}

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
        catch_up(c, out);
        return true;
    case CONVERSATION_WRITTEN:
        c->writing = false;
        return true;
    case CONVERSATION_TICK:
        tick(c, event->at_us, out);
        return true;
    case CONVERSATION_TYPED:
        typed(c, event, out);
        return true;
    case CONVERSATION_INTERRUPT:
        interrupt(c, out);
        return true;
    case CONVERSATION_SHUTDOWN:
        c->life = CONVERSATION_SHUTTING;
        withdraw_unconfirmed(c, out);
        interrupt(c, out);
        return true;
    case CONVERSATION_OPENED:
        return c->life == CONVERSATION_OPEN && opened(c, event);
    default:
        return false;
    }
}

/* When everybody has left: nobody will say the final words of a question that was only looked
 * ahead to. When nothing is left to be told and stored, the interview is over. */
static void end_if_over(struct conversation *c, struct conversation_actions *out)
{
    if (c->joined > 0)
        return;
    for (size_t i = 0; i < CONVERSATION_SPEAKERS_MAX; i++) {
        if (c->speakers[i].presence != SPEAKER_NONE)
            return;
    }
    withdraw_unconfirmed(c, out);
    for (size_t i = 0; i < CONVERSATION_EXCHANGES_MAX; i++) {
        if (c->exchanges[i].phase != PHASE_NONE && c->exchanges[i].phase != PHASE_TOLD)
            return;
    }
    if (c->writing)
        return;
    c->life = CONVERSATION_OVER;
    act(out, DO_END);
}

/* DO_ASK waits for its answer: it is given before anything else happens. */
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
        possible = exchange_step(c, e, event, actions);
    else if (s)
        possible = speaker_step(c, s, event, actions);
    else
        possible = interview_step(c, event, actions);
    if (possible)
        end_if_over(c, actions);
    return possible;
}
