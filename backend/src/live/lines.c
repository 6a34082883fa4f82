/**
 * @file live/lines.c  Which page listens, and notifying everybody
 *
 * An interview may be open in several pages, on a second screen or a phone. If two of them
 * listened, every question would be recognised and stored twice; so of the listeners with a name
 * only one listens, and another has to take over. Listeners without a name (programs) are not
 * restricted.
 */
#include "live/live_internal.h"

#include <string.h>

/* Does it listen, or is it expected back? */
static bool listens(const struct conversation_speaker *s)
{
    return s->presence == SPEAKER_PRESENT || s->presence == SPEAKER_PARKED;
}

int lines_claim(struct live *live, const char *listener, bool take_over, struct errbuf *why)
{
    for (size_t i = 0; i < CONVERSATION_SPEAKERS_MAX; i++) {
        const struct conversation_speaker *s = &live->conversation.speakers[i];
        struct speaker *other = listens(s) ? speaker_find(live, s->id) : NULL;

        if (!other || !speaker_listener(other)[0] || !strcmp(speaker_listener(other), listener))
            continue;
        if (!take_over)
            return err_set(why, UV_EBUSY, "another page listens to this interview already");
        speaker_take_away(other);
    }
    return 0;
}

static size_t collect(struct live *live, struct lines *lines)
{
    size_t count = 0;

    for (size_t i = 0; i < CONVERSATION_SPEAKERS_MAX; i++) {
        const struct conversation_speaker *s = &live->conversation.speakers[i];
        const struct speaker *speaker = listens(s) ? speaker_find(live, s->id) : NULL;

        if (speaker)
            lines->at[count++] = (struct live_line){
                .id = s->id, .candidate = s->candidate, .listener = speaker_listener(speaker)};
    }
    return count;
}

static struct live_event event_of(const struct lines *lines, size_t count)
{
    return (struct live_event){.kind = LIVE_LINES, .lines = {.at = lines->at, .count = count}};
}

void lines_watch(struct live *live)
{
    uint64_t now[CONVERSATION_SPEAKERS_MAX] = {0};
    struct lines lines;
    struct live_event event;
    size_t count = collect(live, &lines);

    for (size_t i = 0; i < count; i++)
        now[i] = lines.at[i].id;
    if (!memcmp(now, live->lines, sizeof(now)))
        return;
    memcpy(live->lines, now, sizeof(now));
    event = event_of(&lines, count);
    live_tell(live, &event);
}

bool lines_event(struct live *live, struct lines *lines, struct live_event *event)
{
    size_t count = collect(live, lines);

    *event = event_of(lines, count);
    return count > 0;
}
