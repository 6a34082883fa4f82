/**
 * @file auth/ended.c  Sign-ins that have ended while some of their access tokens have not expired
 *
 * A hash table with open addressing and linear probing, at most three quarters full. Entries are
 * never removed one by one: expired ones are dropped when the table is rebuilt.
 */
#include "auth/ended.h"

#include "base/id.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { ROOM_FIRST = 256 };

struct entry {
    char family[ID_TEXT_MAX]; /* "": free */
    uint32_t expires_at;      /* [s] since 1970, rounded up */
};

struct ended {
    uv_mutex_t lock;
    struct entry *entries; /* {lock} */
    size_t room;           /* {lock} a power of two */
    size_t count;          /* {lock} */
    int64_t all_until;     /* {lock} [ms] */
};

int ended_open(struct ended **ep)
{
    struct ended *e = calloc(1, sizeof(*e));

    if (e)
        e->entries = calloc(ROOM_FIRST, sizeof(*e->entries));
    if (!e || !e->entries) {
        free(e);
        return UV_ENOMEM;
    }
    e->room = ROOM_FIRST;
    uv_mutex_init(&e->lock);
    *ep = e;
    return 0;
}

void ended_close(struct ended *e)
{
    if (!e)
        return;
    uv_mutex_destroy(&e->lock);
    free(e->entries);
    free(e);
}

/* FNV-1a. The names are our own random ids, so nobody can choose them to collide. */
static size_t hash(const char *family)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (; *family; family++)
        h = (h ^ (unsigned char)*family) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32);
}

/* The entry of the family, or the free one where it would go. */
static struct entry *find(struct entry *entries, size_t room, const char *family)
{
    size_t at = hash(family) & (room - 1);

    while (entries[at].family[0] && strcmp(entries[at].family, family) != 0)
        at = (at + 1) & (room - 1);
    return &entries[at];
}

/* Rebuilds the table without expired entries, with room for as many again as remain. */
static int renew(struct ended *e, int64_t now)
{
    struct entry *entries;
    size_t room = ROOM_FIRST;
    size_t live = 0;

    for (size_t i = 0; i < e->room; i++)
        live += e->entries[i].family[0] && e->entries[i].expires_at * 1000LL > now;
    if (live >= ENDED_MAX)
        return UV_ENOBUFS;
    while (room < 2 * (live + 1))
        room *= 2;
    entries = calloc(room, sizeof(*entries));
    if (!entries)
        return UV_ENOMEM;
    for (size_t i = 0; i < e->room; i++) {
        if (e->entries[i].family[0] && e->entries[i].expires_at * 1000LL > now)
            *find(entries, room, e->entries[i].family) = e->entries[i];
    }
    free(e->entries);
    e->entries = entries;
    e->room = room;
    e->count = live;
    return 0;
}

void ended_add(struct ended *e, const char *family, int64_t expires_at, int64_t now)
{
    struct entry *entry;

    if (expires_at <= now)
        return;
    uv_mutex_lock(&e->lock);
    if (4 * (e->count + 1) > 3 * e->room && renew(e, now)) {
        e->all_until = now;
        memset(e->entries, 0, e->room * sizeof(*e->entries));
        e->count = 0;
    } else {
        entry = find(e->entries, e->room, family);
        e->count += !entry->family[0];
        memcpy(entry->family, family, strnlen(family, ID_TEXT_MAX - 1));
        entry->expires_at = (uint32_t)((expires_at + 999) / 1000);
    }
    uv_mutex_unlock(&e->lock);
}

bool ended_has(struct ended *e, const char *family, int64_t issued_at)
{
    bool has;

    uv_mutex_lock(&e->lock);
    has = issued_at <= e->all_until || find(e->entries, e->room, family)->family[0];
    uv_mutex_unlock(&e->lock);
    return has;
}

int64_t ended_all_until(struct ended *e)
{
    int64_t until;

    uv_mutex_lock(&e->lock);
    until = e->all_until;
    uv_mutex_unlock(&e->lock);
    return until;
}
