/**
 * @file live/speaker_internal.h  What the files of a speaker share; private to speaker*.c
 *
 *     speaker.c        its socket: opened, fed, parted from and resumed; what is told and performed
 *     speaker_hear.c   what the recogniser reports, without echoes of other lines
 *     speaker_words.c  the words themselves: whose they are, their turn, what is asked
 */
#ifndef LIVE_SPEAKER_INTERNAL_H
#define LIVE_SPEAKER_INTERNAL_H

#include "live/live_internal.h"

#include "live/asr_session.h"
#include "live/echo.h"
#include "live/marks.h"
#include "live/resume.h"

enum { HEARD = 4 }; /* finals that an echo is looked for in */

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
    uint64_t fed_before; /* of those, on sockets before this one */
    char engine[32];     /* of its LIVE_LISTENING; "" before */
    char model[96];
    struct buf turn;            /* words of the finished utterances of its turn */
    struct said_words finished; /* who said them, and how long it took */
    struct row row;             /* of those that are no question */
    struct buf said;            /* the running utterance joined to them */
    struct buf asked;           /* the question in that */
    struct buf aside;           /* and the rest */
    struct buf final_text;
    struct buf marked;        /* the question with what is doubtful in it */
    struct marks own_marks;   /* of final_text */
    struct marks turn_marks;  /* of turn */
    struct marks whole_marks; /* of what is being taken */
    int sample_rate;
    char *heard[HEARD]; /* its last finals, and when they were said; of echoes nothing */
    struct echo_span spans[HEARD];
    size_t heard_count;
    struct said_words words; /* of the event that is being taken */
    const char *why;         /* of on_error, likewise */
    int err;
};

/* speaker.c */

void speaker_tell(struct speaker *speaker, const struct live_event *event);
/** Its own socket, and everybody else in the interview. */
void speaker_tell_all(struct speaker *speaker, const struct live_event *event);
/** What a client that comes back must not have missed. */
void speaker_tell_lasting(struct speaker *speaker, const struct live_event *event);
void speaker_tell_listening(struct speaker *speaker);
/** Takes the step. false: it cannot happen now, or the speaker is gone. */
bool speaker_happened(struct speaker *speaker, struct conversation_event event);

/* speaker_hear.c */

extern const struct asr_session_handlers speaker_hears;

/* speaker_words.c */

/** Whose words they are as long as no voice says otherwise. */
enum voice_who speaker_who_by_start(const struct speaker *speaker);
/** Whose words an utterance is: what the client said, or what the voice says once the candidate's
 *  is known. voice: -1 when it is not by voice. */
enum voice_who speaker_who_says(const struct speaker *speaker, uint32_t utterance, float *voice);
/** The words of its turn with these: "Tell me about a time" + "you led". Borrowed. */
const char *speaker_join(struct speaker *speaker, const char *own);
/** What the step needs to know of these words; they are classified here, once. Fills
 *  speaker->words, of which who and voice are known. */
struct said speaker_facts(struct speaker *speaker, const char *own);
/** Of utterances that nobody will finish: now is when they were said. */
struct said speaker_facts_of_unfinished(struct speaker *speaker);
/** The words of its finished utterances are these now. */
void speaker_lengthen_turn(struct speaker *speaker, const char *whole);

#endif
