/**
 * @file live/resume.c  What a speaker remembers so that a vanished socket can be resumed
 */
#include "live/resume.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/** A copy of an event, with its words. */
struct resume_note {
    struct resume_note *next;
    uint32_t utterance;
    struct live_event event;
    struct asr_result result;
    struct asr_word *words;
    char *text; /* all text of the result, concatenated */
};

void resume_init(struct resume *memory, const char *key)
{
    *memory = (struct resume){0};
    if (key)
        text_copy(memory->key, sizeof(memory->key), key, strlen(key));
}

static void note_free(struct resume_note *note)
{
    free(note->words);
    free(note->text);
    free(note);
}

static void drop_oldest(struct resume *memory)
{
    struct resume_note *note = memory->first;

    memory->first = note->next;
    if (!memory->first)
        memory->last = NULL;
    memory->count--;
    note_free(note);
}

static const char *pack(char **to, const char *text)
{
    size_t len = strlen(text) + 1;
    char *at = *to;

    memcpy(at, text, len);
    *to += len;
    return at;
}

static int copy_words(struct resume_note *note, const struct asr_result *from)
{
    size_t room = strlen(from->text) + 1;
    char *to;

    for (size_t i = 0; i < from->word_count; i++)
        room += strlen(from->words[i].text) + 1;
    note->text = to = malloc(room);
    note->words = from->word_count ? calloc(from->word_count, sizeof(*note->words)) : NULL;
    if (!note->text || (from->word_count && !note->words))
        return UV_ENOMEM;
    note->result = *from;
    note->result.text = pack(&to, from->text);
    note->result.words = note->words;
    for (size_t i = 0; i < from->word_count; i++) {
        note->words[i] = from->words[i];
        note->words[i].text = pack(&to, from->words[i].text);
    }
    note->event.words.result = &note->result;
    return 0;
}

static struct resume_note *note_of(const struct live_event *event)
{
    struct resume_note *note = calloc(1, sizeof(*note));

    if (!note)
        return NULL;
    note->event = *event;
    note->utterance = event->kind == LIVE_TURN ? event->turn.utterance : event->words.utterance;
    if (event->kind == LIVE_FINAL && copy_words(note, event->words.result)) {
        note_free(note);
        return NULL;
    }
    return note;
}

/* Out of memory: if the socket vanishes just now, the note is missed; the transcript has it. */
void resume_note(struct resume *memory, const struct live_event *event)
{
    struct resume_note *note = memory->key[0] ? note_of(event) : NULL;

    if (!note)
        return;
    if (memory->last)
        memory->last->next = note;
    else
        memory->first = note;
    memory->last = note;
    if (++memory->count > RESUME_NOTES_MAX)
        drop_oldest(memory);
}

void resume_tell(const struct resume *memory, uint32_t seen, live_event_fn *on_event, void *arg)
{
    for (const struct resume_note *note = memory->first; note; note = note->next) {
        if (note->utterance > seen)
            on_event(&note->event, arg);
    }
}

void resume_release(struct resume *memory)
{
    while (memory->first)
        drop_oldest(memory);
}
