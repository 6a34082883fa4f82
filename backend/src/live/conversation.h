/**
 * @file live/conversation.h  How a live interview reacts to events: one pure step
 *
 *     struct conversation c;
 *     conversation_init(&c, questions_so_far);
 *     if (conversation_step(&c, &event, &actions))
 *         for (size_t i = 0; i < actions.count; i++)
 *             perform(&actions.at[i]);
 *
 * The step does no I/O and reads no clock; texts stay with the caller. What it needs to know about
 * the words comes with the event, as facts (struct said), and so does the time. live.c, exchange.c
 * and speaker.c perform the actions, in their order, and decide nothing.
 *
 * A question and its answer (an exchange) go through these phases. Two things must both happen, in
 * either order: the answer ends, and the final words of the question arrive. An answer that is
 * begun ahead does not wait for those.
 *
 *     ASKING_AHEAD --> AHEAD ------answered-----> AHEAD_ANSWERED
 *                        |                              |
 *                     confirmed                     confirmed
 *                        v                              v
 *     ASKING -----> ANSWERING -----answered---------> STORING --stored--> TOLD
 *
 * From AHEAD and ANSWERING it may give way: superseded in place (its number and its row go to the
 * question that replaces it) or withdrawn, because it was no question after all. A confirmed
 * question that is superseded by another stays in ANSWERING: it is stored with what it has.
 *
 * A speaker is PRESENT, then STOPPING (its client said stop), then DONE. Its socket may vanish at
 * any point: PARKED_… waits for the client to come back. LEAVING: nobody listens any more, but what
 * was said is still recognised to its end.
 *
 * The candidate's own voice may be heard where an interviewer's is expected (one microphone for
 * both). Its words open no question and replace no answer; they end the turn, and are a remark with
 * a row of its own. As long as it is unclear whose voice it is, an answer on the screen is not
 * replaced before the words are final.
 *
 * Words are written incrementally: words that are unwritten for KEEP_AFTER_US are written at the
 * next CONVERSATION_TICK, which comes every KEEP_TICK_MS while conversation_unwritten() is true. A
 * kill -9 loses less than a second.
 *
 * Threads    Any, one at a time: it is a plain value.
 * Errors     conversation_step() returns false and changes nothing if the event is impossible now:
 *            a mistake of the caller.
 */
#ifndef LIVE_CONVERSATION_H
#define LIVE_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CONVERSATION_EXCHANGES_MAX = 32, /**< Not yet stored; a further one gets DO_REFUSE */
    CONVERSATION_SPEAKERS_MAX = 32,
    CONVERSATION_PARKED_MAX = 4, /**< Parked at the same time; beyond it, the one waiting longest
                                      gives up */
    CONVERSATION_JOIN_GAP_MS = 1500,    /**< A shorter pause joins two utterances to one question */
    CONVERSATION_HANGING_GAP_MS = 6000, /**< The same for words that cannot stand alone */
    CONVERSATION_JOINS_MAX = 4,         /**< Most utterances that are joined */
    CONVERSATION_LEAD_IN_WORDS = 4,     /**< "okay so next one" still belongs to what follows */
    KEEP_AFTER_US = 500000,
    KEEP_TICK_MS = 250,
};

enum phase {
    PHASE_NONE,         /**< A free slot */
    PHASE_ASKING_AHEAD, /**< DO_ASK was returned: ASKED or REFUSED comes next */
    PHASE_ASKING,
    PHASE_AHEAD,          /**< The answer streams; the final words are not known yet */
    PHASE_AHEAD_ANSWERED, /**< It has ended; the final words are still not known */
    PHASE_ANSWERING,      /**< The final words are known, and the answer streams */
    PHASE_STORING,        /**< Both are complete: the last write is in progress */
    PHASE_TOLD,           /**< Its end was reported; it stays while it is the current one */
    PHASE_GIVING_WAY,     /**< Nothing of it is kept: waits for the end of its answer */
    PHASE_COUNT
};

enum presence {
    SPEAKER_NONE,
    SPEAKER_PRESENT,
    SPEAKER_STOPPING,
    SPEAKER_DONE, /**< Everything was recognised and the client was told: its socket closes */
    SPEAKER_PARKED,
    SPEAKER_PARKED_STOPPING,
    SPEAKER_PARKED_DONE,
    SPEAKER_LEAVING,
    SPEAKER_PRESENCES
};

/** The transcript row of a turn's words while they are not a question. */
enum remark_row {
    ROW_NONE,
    ROW_UNFINISHED, /**< Only words of the current utterance */
    ROW_FINISHED,
    ROW_OVERLAID, /**< Finished words, followed by those of the current utterance */
};

struct conversation_exchange {
    uint64_t id;
    enum phase phase;
    int number;
    bool fresh;            /**< Number and row are its own: no question with final words had them
                                before */
    bool kept;             /**< Its row was written before its words were final */
    uint64_t speaker;      /**< 0: typed */
    uint64_t replaces;     /**< While ASKING: the exchange that it replaces, or 0 */
    uint64_t unwritten_us; /**< Since when there are unwritten words of its answer; 0: none */
};

struct conversation_turn {
    int utterances;
    int words;
    uint64_t end_ms;
    bool question;     /**< Its finished words are a question */
    bool hanging;      /**< ... or break off in mid-sentence: the next words belong to them */
    uint64_t exchange; /**< 0: not asked */
    enum remark_row row;
    bool row_taken; /**< The exchange uses this row too, until it is confirmed */
};

struct conversation_speaker {
    uint64_t id;
    enum presence presence;
    bool candidate;
    bool keyed; /**< It can be resumed */
    uint64_t parked_us;
    uint32_t utterance;
    uint64_t start_ms;
    uint64_t unwritten_us; /**< Since when there are unwritten words of the current utterance */
    struct conversation_turn turn;
};

enum conversation_life { CONVERSATION_OPEN, CONVERSATION_SHUTTING, CONVERSATION_OVER };

struct conversation {
    enum conversation_life life;
    int joined;    /**< Number of holders, not counting speakers */
    bool writing;  /**< Something may be on its way to the store */
    int questions; /**< Highest number so far */
    int discarded; /**< Answers begun ahead that were not needed */
    uint64_t last_id;
    uint64_t current; /**< Exchange; 0 before the first, and after the last was withdrawn */
    struct conversation_exchange exchanges[CONVERSATION_EXCHANGES_MAX];
    struct conversation_speaker speakers[CONVERSATION_SPEAKERS_MAX];
};

enum conversation_event_kind {
    CONVERSATION_JOINED,
    CONVERSATION_LEFT,
    CONVERSATION_LISTENED, /**< Somebody listens from now on */
    CONVERSATION_WRITTEN,  /**< Everything is on disk */
    CONVERSATION_TICK,     /**< at_us */
    CONVERSATION_SHUTDOWN, /**< After every speaker gave up */

    CONVERSATION_TYPED, /**< .exchange: replaces that one, which must be the current one or gone;
                             .number: of a question that is only in the store */
    CONVERSATION_INTERRUPT,
    /* of .exchange */
    CONVERSATION_ASKED,
    CONVERSATION_REFUSED,
    CONVERSATION_PROGRESS, /**< Its answer started, or has an outline */
    CONVERSATION_STREAMED, /**< Words of it arrived; at_us */
    CONVERSATION_ANSWERED,
    CONVERSATION_STORED,    /**< .ok */
    CONVERSATION_CORRECTED, /**< Its question was reworded: impossible before its words are final */

    CONVERSATION_OPENED, /**< .speaker is 0: it gets an id; .candidate, .keyed */
    /* of .speaker */
    CONVERSATION_PARTIAL, /**< .utterance, .start_ms, at_us, .said.words */
    CONVERSATION_FINAL,   /**< .utterance, .start_ms: begins the utterance if no partial did */
    CONVERSATION_EAGER,   /**< It looks finished: .utterance, .said */
    CONVERSATION_RESUMED, /**< It goes on after all */
    CONVERSATION_ENDED,   /**< After FINAL: .said, .end_ms */
    CONVERSATION_STOP,
    CONVERSATION_HEARD_ALL, /**< .said: words of utterances that will not be finished */
    CONVERSATION_BROKE,     /**< HEARD_ALL follows */
    CONVERSATION_CLOSE,     /**< .said, likewise */
    CONVERSATION_VANISH,    /**< at_us; .said, likewise */
    CONVERSATION_COME_BACK,
    CONVERSATION_NOBODY_CAME, /**< .said, likewise */
    CONVERSATION_GIVE_UP,     /**< Now, without waiting: .said, likewise */
    CONVERSATION_EVENTS
};

/** What is known of the words of an event. */
struct said {
    bool words;    /**< There are any */
    bool question; /**< With those of their turn they are a question */
    bool same;     /**< ... that means the same as the turn's exchange */
    bool changed;  /**< ... in other words than those it has */
    bool own;      /**< In the candidate's own voice: they ask nothing, whatever they say */
    bool unsure;   /**< Whose voice it is cannot be told; it may be the candidate's */
    bool apart;    /**< They ask something other than the turn's finished words do */
    bool hanging; /**< Even with the rest of their turn they cannot stand alone: more must follow */
    int count;    /**< Number of words in the turn, these included */
};

struct conversation_event {
    enum conversation_event_kind kind;
    uint64_t exchange;
    uint64_t speaker;
    uint64_t at_us;
    uint32_t utterance;
    uint64_t start_ms;
    uint64_t end_ms;
    int number;
    struct said said;
    bool ok;
    bool candidate;
    bool keyed;
};

enum conversation_action_kind {
    /* of .exchange */
    DO_ASK,    /**< For .speaker (0: typed), in the place of .other or in a new one; .ahead, .row:
                    in the row of the turn's remark. Answer with ASKED or REFUSED before anything else
                */
    DO_REFUSE, /**< Too many at once, or the end: nothing was asked */
    DO_SUPERSEDE,
    DO_INTERRUPT,
    DO_CONFIRM, /**< It has the words of .speaker now, and they are final */
    DO_REWORD,  /**< Likewise, and its row gets them */
    DO_STORE_QUESTION,
    DO_STORE_ANSWER, /**< Answer with STORED */
    DO_KEEP,         /**< Write what there is so far; .speaker: with its running words */
    DO_ERASE,        /**< Its row: nothing of it is to stay there */
    DO_TELL,         /**< What came with PROGRESS or STREAMED */
    DO_TELL_END,     /**< .ok: it is kept; .superseded: that is how it ended */
    DO_CATCH_UP,     /**< Tell a new listener what the others were told of it */
    DO_FORGET,
    /* of .speaker */
    DO_BEGIN_TURN,
    DO_REMARK,         /**< Its words stay as they are; .row: behind those in the turn's row */
    DO_KEEP_WORDS,     /**< Likewise those of the running utterance, so far */
    DO_RESTORE_REMARK, /**< The row has the finished words only */
    DO_ERASE_REMARK,
    DO_LEAVE_REMARK, /**< The row is the question's now */
    DO_STOP_HEARING,
    DO_PARK,
    DO_UNPARK,
    DO_TELL_TAKEN, /**< Another socket has it */
    DO_TELL_DONE,
    DO_TELL_FATAL,
    DO_DROP_SPEAKER,

    DO_END, /**< Nothing holds the interview any more */
};

struct conversation_action {
    enum conversation_action_kind kind;
    uint64_t exchange;
    uint64_t speaker;
    uint64_t other;
    bool ahead;
    bool row;
    bool ok;
    bool superseded;
};

enum { CONVERSATION_ACTIONS_MAX = 4 * CONVERSATION_EXCHANGES_MAX + 2 * CONVERSATION_SPEAKERS_MAX };

struct conversation_actions {
    size_t count;
    struct conversation_action at[CONVERSATION_ACTIONS_MAX];
};

void conversation_init(struct conversation *c, int questions);
bool conversation_step(struct conversation *c, const struct conversation_event *event,
                       struct conversation_actions *actions);

struct conversation_exchange *conversation_exchange(struct conversation *c, uint64_t id);
struct conversation_speaker *conversation_speaker(struct conversation *c, uint64_t id);

/** The exchange of the speaker's turn if it is still the current one; else 0. */
uint64_t conversation_turn_exchange(struct conversation *c, uint64_t speaker);
bool conversation_unwritten(const struct conversation *c);
bool conversation_is_full(const struct conversation *c); /**< OPENED cannot happen */

#endif
