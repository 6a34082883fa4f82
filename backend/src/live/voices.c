/**
 * @file live/voices.c  The voices known in each session
 *
 * A phrase is spoken before anybody has joined, and a page that is reloaded leaves the interview
 * for a moment: so known voices are kept here, outside the interviews, until they are forgotten or
 * displaced by newer sessions. They are only in memory, never written.
 */
#include "live/live_internal.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { KNOWN_MAX = 256 }; /* sessions without a running interview */

struct known_voices {
    struct known_voices *next;
    char user_id[ID_TEXT_MAX];
    char session_id[ID_TEXT_MAX];
    int holds;        /* number of running interviews */
    uint64_t used_us; /* unused since */
    struct voice_book book;
};

static bool is_of(const struct known_voices *k, const char *user_id, const char *session_id)
{
    return !strcmp(k->user_id, user_id) && (!session_id || !strcmp(k->session_id, session_id));
}

static void drop(struct known_voices **at)
{
    struct known_voices *k = *at;

    *at = k->next;
    explicit_bzero(k, sizeof(*k));
    free(k);
}

/* Makes room for one more: of those not in use the least recently used is dropped. */
static void make_room(struct known_voices **first)
{
    struct known_voices **oldest = NULL;
    size_t idle = 0;

    for (struct known_voices **at = first; *at; at = &(*at)->next) {
        if ((*at)->holds)
            continue;
        idle++;
        if (!oldest || (*at)->used_us < (*oldest)->used_us)
            oldest = at;
    }
    if (idle >= KNOWN_MAX)
        drop(oldest);
}

struct known_voices *known_voices_find(struct known_voices *first, const char *user_id,
                                       const char *session_id)
{
    struct known_voices *k = first;

    while (k && !is_of(k, user_id, session_id))
        k = k->next;
    if (k)
        k->used_us = clock_mono_us();
    return k;
}

struct known_voices *known_voices_hold(struct known_voices **first, const char *user_id,
                                       const char *session_id)
{
    struct known_voices *k = known_voices_find(*first, user_id, session_id);

    if (!k) {
        make_room(first);
        k = calloc(1, sizeof(*k));
        if (!k)
            return NULL;
        text_copy(k->user_id, sizeof(k->user_id), user_id, strlen(user_id));
        text_copy(k->session_id, sizeof(k->session_id), session_id, strlen(session_id));
        k->next = *first;
        *first = k;
    }
    k->holds++;
    return k;
}

void known_voices_release(struct known_voices *k)
{
    if (!k)
        return;
    k->holds--;
    k->used_us = clock_mono_us();
}

struct voice_book *known_voices_book(struct known_voices *k)
{
    return &k->book;
}

void known_voices_forget(struct known_voices **first, const char *user_id, const char *session_id)
{
    for (struct known_voices **at = first; *at;) {
        if (!is_of(*at, user_id, session_id)) {
            at = &(*at)->next;
        } else if ((*at)->holds) {
            explicit_bzero(&(*at)->book, sizeof((*at)->book));
            at = &(*at)->next;
        } else {
            drop(at);
        }
    }
}

void known_voices_close(struct known_voices **first)
{
    while (*first)
        drop(first);
}
