/**
 * @file base/slots.c  Ids for objects that others refer to and that may disappear
 */
#include "base/slots.h"

#include <stdlib.h>

struct slot {
    void *thing;   /* NULL: free */
    uint32_t used; /* how often the slot was used; the upper half of the id */
    uint32_t next; /* index of the next free slot, plus one; 0: none */
};

static int grow(struct slots *s)
{
    uint32_t cap = s->cap ? 2 * s->cap : 16;
    struct slot *at = cap <= SLOTS_MAX ? realloc(s->at, cap * sizeof(*at)) : NULL;

    if (!at)
        return -1;
    for (uint32_t i = s->cap; i < cap; i++)
        at[i] = (struct slot){.next = i + 1 < cap ? i + 2 : 0};
    s->free = s->cap + 1;
    s->at = at;
    s->cap = cap;
    return 0;
}

uint64_t slots_add(struct slots *s, void *thing)
{
    uint32_t place;

    if (!s->free && grow(s))
        return 0;
    place = s->free - 1;
    s->free = s->at[place].next;
    s->at[place].thing = thing;
    if (++s->at[place].used == 0)
        s->at[place].used = 1; /* an id is never 0 */
    s->count++;
    return (uint64_t)s->at[place].used << 32 | place;
}

static struct slot *find(const struct slots *s, uint64_t id)
{
    uint32_t place = (uint32_t)id;

    if (place >= s->cap || !s->at[place].thing || s->at[place].used != id >> 32)
        return NULL;
    return &s->at[place];
}

void *slots_get(const struct slots *s, uint64_t id)
{
    struct slot *slot = find(s, id);

    return slot ? slot->thing : NULL;
}

void *slots_drop(struct slots *s, uint64_t id)
{
    struct slot *slot = find(s, id);
    void *thing;

    if (!slot)
        return NULL;
    thing = slot->thing;
    slot->thing = NULL;
    slot->next = s->free;
    s->free = (uint32_t)id + 1;
    s->count--;
    return thing;
}

void *slots_any(const struct slots *s)
{
    for (uint32_t i = 0; i < s->cap; i++) {
        if (s->at[i].thing)
            return s->at[i].thing;
    }
    return NULL;
}

void slots_release(struct slots *s)
{
    free(s->at);
    *s = (struct slots){0};
}
