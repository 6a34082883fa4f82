/**
 * @file store/places.h  Where sealed texts are stored, for drivers that speak SQL; private to
 * store/
 *
 * One line per column. Sealed texts in columns that are not listed here are still counted by a
 * driver's sealed_rest(), which looks everywhere, so that no key is discarded while something needs
 * it.
 */
#ifndef STORE_PLACES_H
#define STORE_PLACES_H

#include <stddef.h>

struct place {
    const char *field; /**< As in store/sealed.h: authenticated with the text, like the id */
    const char *table;
    const char *id;
    const char *column;
    const char *only; /**< Which of its rows, as SQL; "": all */
};

extern const struct place store_places[];
extern const size_t store_place_count;

/** NULL if there is no such field. */
const struct place *store_place_of(const char *field);

#endif
