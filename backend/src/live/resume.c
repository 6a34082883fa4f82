/**
 * @file live/resume.c  What a speaker remembers so that a socket that vanished can be taken up
 */
#include "live/resume.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct resume_note {
    struct resume_note *next;
    uint32_t utterance;
    size_t len;
    char text[];
};

void resume_init(struct resume *memory, const char *key)
{
    *memory = (struct resume){0};
    if (key)
        text_copy(memory->key, sizeof(memory->key), key, strlen(key));
}

static void drop_oldest(struct resume *memory)
{
    struct resume_note *note = memory->first;

    memory->first = note->next;
    if (!memory->first)
        memory->last = NULL;
    memory->count--;
    free(note);
}

/* Out of memory: the note is missed if the socket vanishes just now; the transcript has it. */
void resume_note(struct resume *memory, uint32_t utterance, const struct buf *msg)
{
    struct resume_note *note;

    if (!memory->key[0] || msg->err)
        return;
    note = malloc(sizeof(*note) + msg->len);
    if (!note)
        return;
    *note = (struct resume_note){.utterance = utterance, .len = msg->len};
    memcpy(note->text, msg->data, msg->len);
    if (memory->last)
        memory->last->next = note;
    else
        memory->first = note;
    memory->last = note;
    if (++memory->count > RESUME_NOTES_MAX)
        drop_oldest(memory);
}

void resume_tell(const struct resume *memory, uint32_t seen, live_send_fn *send, void *arg)
{
    for (const struct resume_note *note = memory->first; note; note = note->next) {
        if (note->utterance > seen)
            send(note->text, note->len, WS_KEEP, 0, arg);
    }
}

void resume_release(struct resume *memory)
{
    while (memory->first)
        drop_oldest(memory);
}
