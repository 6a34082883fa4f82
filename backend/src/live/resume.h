/**
 * @file live/resume.h  What a speaker remembers so that a client whose socket vanished can resume
 * it
 *
 * Private to src/live/. A client that names its line (`resume` in `start`) may lose its socket in
 * the middle of a word and come back with another one: the speaker waits for it, and events that
 * were sent meanwhile or lost on the way are repeated.
 *
 *     resume_init(&memory, key);
 *     resume_note(&memory, event);                    // what must not be missed
 *     resume_tell(&memory, last_seen, on_event, arg); // to the new socket, in order
 *     resume_release(&memory);
 *
 * Threads    Loop thread only.
 */
#ifndef LIVE_RESUME_H
#define LIVE_RESUME_H

#include "live/live.h"

enum {
    RESUME_NOTES_MAX = 32, /* events remembered: about eight utterances; the oldest is dropped */
};

struct resume_note;

struct resume {
    char key[LIVE_KEY_MAX]; /* "": this speaker cannot be resumed, and nothing is remembered */
    struct resume_note *first;
    struct resume_note *last;
    size_t count;
};

void resume_init(struct resume *memory, const char *key);
void resume_note(struct resume *memory, const struct live_event *event); /**< FINAL or TURN */

/** Sends the notes of utterances above `seen`. */
void resume_tell(const struct resume *memory, uint32_t seen, live_event_fn *on_event, void *arg);
void resume_release(struct resume *memory);

#endif
