/**
 * @file api/presence.c  Open sockets, by user and sign-in
 *
 * Chained by user: queries are always about one user, who has only a few sockets.
 */
#include "api/presence.h"

#include "loop/loop.h"
#include "observe/log.h"

#include <stdlib.h>
#include <string.h>

enum { CHAINS = 4096 };

struct presence {
    struct loop *loop;
    struct presence_limits limits;
    struct presence_entry *chains[CHAINS];
};

int presence_open(struct presence **pp, struct loop *loop, const struct presence_limits *limits)
{
    struct presence *p = calloc(1, sizeof(*p));

    if (!p)
        return UV_ENOMEM;
    p->loop = loop;
    p->limits = *limits;
    *pp = p;
    return 0;
}

void presence_close(struct presence *p)
{
    free(p);
}

/* Ids are made by us, so nobody can choose them to collide. */
static struct presence_entry **chain(struct presence *p, const char *user)
{
    unsigned h = 2166136261u;

    for (; *user; user++)
        h = (h ^ (unsigned char)*user) * 16777619u;
    return &p->chains[(h ^ h >> 16) % CHAINS];
}

static void link_entry(struct presence_entry **head, struct presence_entry *e)
{
    e->next = *head;
    e->at = head;
    if (e->next)
        e->next->at = &e->next;
    *head = e;
}

static void unlink_entry(struct presence_entry *e)
{
    *e->at = e->next;
    if (e->next)
        e->next->at = e->at;
}

int presence_join(struct presence *p, struct presence_entry *entry)
{
    int n = 0;

    for (const struct presence_entry *e = *chain(p, entry->user); e; e = e->next)
        n += e->counts && !strcmp(e->user, entry->user);
    if (p->limits.sockets_per_user && n >= p->limits.sockets_per_user)
        return UV_EMFILE;
    presence_follow(p, entry);
    entry->counts = true;
    return 0;
}

void presence_follow(struct presence *p, struct presence_entry *entry)
{
    entry->in = p;
    entry->counts = false;
    entry->listens = false;
    link_entry(chain(p, entry->user), entry);
}

void presence_leave(struct presence_entry *entry)
{
    if (!entry->in)
        return;
    unlink_entry(entry);
    entry->in = NULL;
}

int presence_listen(struct presence_entry *entry)
{
    struct presence *p = entry->in;
    int n = 0;

    if (!p)
        return UV_EMFILE;
    if (entry->listens)
        return 0;
    for (const struct presence_entry *e = *chain(p, entry->user); e; e = e->next)
        n += e->listens && !strcmp(e->user, entry->user);
    if (p->limits.lines_per_user && n >= p->limits.lines_per_user)
        return UV_EMFILE;
    entry->listens = true;
    return 0;
}

/* ---------------------------------------------------------------------------- signed out */

struct ended {
    struct presence *presence;
    char user[ID_TEXT_MAX];
    char family[ID_TEXT_MAX];
};

/* All affected entries are taken out first, because their handlers may remove others. */
static void tell(void *arg)
{
    struct ended *ended = arg;
    struct presence_entry *meant = NULL;
    struct presence_entry *next;

    for (struct presence_entry *e = *chain(ended->presence, ended->user); e; e = next) {
        next = e->next;
        if (strcmp(e->user, ended->user) != 0 || strcmp(e->family, ended->family) != 0)
            continue;
        unlink_entry(e);
        link_entry(&meant, e);
    }
    while (meant) {
        struct presence_entry *e = meant;

        presence_leave(e);
        e->on_signed_out(e->arg);
    }
    free(ended);
}

void presence_signed_out(const char *user_id, const char *family, void *p)
{
    struct presence *presence = p;
    struct ended *ended = calloc(1, sizeof(*ended));

    if (!ended) {
        log_error("api", "out of memory: sockets of a sign-in that ended stay open");
        return;
    }
    ended->presence = presence;
    memcpy(ended->user, user_id, strnlen(user_id, ID_TEXT_MAX - 1));
    memcpy(ended->family, family, strnlen(family, ID_TEXT_MAX - 1));
    if (loop_post(presence->loop, tell, ended)) /* the loop has ended, and every socket with it */
        free(ended);
}
