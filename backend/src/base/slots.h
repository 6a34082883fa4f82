/**
 * @file base/slots.h  Ids for things that may go before who knows them
 *
 *     struct slots calls = {0};
 *     uint64_t id = slots_add(&calls, call);       // 0: out of memory
 *     struct call *c = slots_get(&calls, id);      // NULL: it is gone
 *     slots_drop(&calls, id);                      // its place is used again, its id never
 *
 * A room gives out ids and keeps the pointers to itself: an id that outlived its thing finds
 * nothing, where a pointer would have found freed memory. An id is a place and how often the place
 * has been used, so that looking up is one comparison.
 *
 * Threads    As its owner's: one at a time.
 * Ownership  The caller owns what it puts in. slots_release() frees the table alone.
 */
#ifndef BASE_SLOTS_H
#define BASE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

enum { SLOTS_MAX = 1 << 20 }; /**< Things at a time; more is answered like no memory */

struct slots {
    struct slot *at;
    uint32_t cap;
    uint32_t count; /**< Things in it now */
    uint32_t free;  /**< First free place and one, 0: none */
};

uint64_t slots_add(struct slots *s, void *thing);
void *slots_get(const struct slots *s, uint64_t id);
void *slots_drop(struct slots *s, uint64_t id); /**< What it was, or NULL */
void *slots_any(const struct slots *s);         /**< One of them, NULL when empty: for the end */
void slots_release(struct slots *s);

#endif
