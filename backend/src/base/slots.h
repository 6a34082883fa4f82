/**
 * @file base/slots.h  Ids for objects that others refer to and that may disappear
 *
 *     struct slots calls = {0};
 *     uint64_t id = slots_add(&calls, call);       // 0: out of memory
 *     struct call *c = slots_get(&calls, id);      // NULL: it is gone
 *     slots_drop(&calls, id);                      // the slot is reused, the id never
 *
 * A module hands out ids and keeps the pointers to itself: an id that outlives its object finds
 * nothing, where a pointer would find freed memory. An id is a slot and how often that slot has
 * been used, so a lookup is one comparison.
 *
 * Threads    Those of its owner: one at a time.
 * Ownership  The caller owns the objects. slots_release() only frees the table.
 */
#ifndef BASE_SLOTS_H
#define BASE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

enum {
    SLOTS_MAX = 1 << 20
}; /**< Most objects at a time; more is treated like running out of
        memory */

struct slots {
    struct slot *at;
    uint32_t cap;
    uint32_t count; /**< Objects in it now */
    uint32_t free;  /**< First free slot plus one; 0: none */
};

uint64_t slots_add(struct slots *s, void *thing);
void *slots_get(const struct slots *s, uint64_t id);
void *slots_drop(struct slots *s, uint64_t id); /**< The object, or NULL */
void *slots_any(const struct slots *s);         /**< Any of the objects, NULL if empty: for cleaning
                                                     up */
void slots_release(struct slots *s);

#endif
