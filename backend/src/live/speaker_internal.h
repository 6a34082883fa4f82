/**
 * @file live/speaker_internal.h  Shared by the files of a speaker; private to speaker*.c
 *
 *     speaker.c        its socket: opening, feeding, detaching, resuming; events and actions
 *     speaker_hear.c   the recogniser's reports, without echoes of other lines
 *     speaker_words.c  the words themselves: whose they are, their turn, what is asked
 */
#ifndef LIVE_SPEAKER_INTERNAL_H
#define LIVE_SPEAKER_INTERNAL_H

#include "live/live_internal.h"

#include "live/asr_session.h"
#include "live/echo.h"
#include "live/marks.h"
#include "live/resume.h"

enum { HEARD = 4 }; /* latest finals that are compared to find echoes */

struct speaker {
    struct speaker *next;
    struct live *live;
    uint64_t id;
    struct asr_session *session;
    struct speaker_handlers h;
    void *arg;
    bool candidate;
    bool quiet_ready;
    char listener[LIVE_KEY_MAX];   /* "": it has no name */
    struct loop_timer *park_timer; /* NULL without a key */
    struct resume memory;
    uint64_t fed;        /* samples a channel */
    uint64_t fed_before; /* of those, on earlier sockets */
    char engine[32];     /* of its LIVE_LISTENING; "" before */
    char model[96];
    struct buf turn;            /* words of the finished utterances of its turn */
    struct said_words finished; /* who said them, and how long it took */
    struct row row;             /* of those that are not a question */
    struct buf said;            /* followed by the current utterance */
    struct buf asked;           /* the question in that */
    struct buf aside;           /* and the rest */
    struct buf final_text;
    struct buf marked;        /* the question with its doubtful words marked */
    struct marks own_marks;   /* of final_text */
    struct marks turn_marks;  /* of turn */
    struct marks whole_marks; /* of the words being handled */
    int sample_rate;
    char *heard[HEARD]; /* its last finals, without echoes, and when they were said */
    struct echo_span spans[HEARD];
    size_t heard_count;
    struct said_words words; /* of the event being handled */
    const char *why;         /* of on_error, likewise */
    int err;
};

/* speaker.c */

void speaker_tell(struct speaker *speaker, const struct live_event *event);
/** To its own socket, and to everybody else in the interview. */
void speaker_tell_all(struct speaker *speaker, const struct live_event *event);
/** Events that a client that comes back must not miss. */
void speaker_tell_lasting(struct speaker *speaker, const struct live_event *event);
void speaker_tell_listening(struct speaker *speaker);
/** Takes the step. false: the event is impossible now, or the speaker is gone. */
bool speaker_happened(struct speaker *speaker, struct conversation_event event);

/* speaker_hear.c */

extern const struct asr_session_handlers speaker_hears;

/* speaker_words.c */

/** Whose words they are unless a voice says otherwise. */
enum voice_who speaker_who_by_start(const struct speaker *speaker);
/** Whose words an utterance is: as declared by the client, or by the voice once the candidate's is
 *  known. voice: -1 if not by voice. */
enum voice_who speaker_who_says(const struct speaker *speaker, uint32_t utterance, float *voice);
/** The words of its turn followed by these: "Tell me about a time" + "you led". Borrowed. */
const char *speaker_join(struct speaker *speaker, const char *own);
/** What the step needs to know about these words; they are classified here, once. Fills
 *  speaker->words, in which who and voice are already set. */
struct said speaker_facts(struct speaker *speaker, const char *own);
/** For utterances that will not be finished: they count as said now. */
struct said speaker_facts_of_unfinished(struct speaker *speaker);
/** Sets the words of its finished utterances. */
void speaker_lengthen_turn(struct speaker *speaker, const char *whole);

#endif
