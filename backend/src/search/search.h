/**
 * @file search/search.h  Finding words in what a person said, asked and was answered
 *
 *     search_open(&search, store, seal);
 *     store_watch(store, search_written, search);           // keeps it up to date
 *     search_find(search, user_id, "kafka ord", &found, why);
 *     search_excerpt(&found.query, text, &excerpt);          // from a line that was found
 *     search_forget(search, user_id);                        // signed out: nothing is kept
 *
 * What is stored is sealed, so nothing on the disk can be searched. A person's index is built in
 * memory when they search, from the newest session back, and updated as they write. It is zeroed
 * and freed when they sign out, are erased or have not searched for SEARCH_IDLE_MS, or when others
 * need the memory (docs/architecture/decisions/0024).
 *
 * Threads    search_find(): worker threads, because it reads the store. The rest: any.
 * Errors     The store's own; UV_ENOMEM.
 * Ownership  search_found_release(). Store and seal are borrowed.
 */
#ifndef SEARCH_SEARCH_H
#define SEARCH_SEARCH_H

#include "base/error.h"
#include "search/index.h"
#include "store/store.h"

enum {
    SEARCH_BYTES_MAX = 256 << 20, /**< Of all indexes together; the least recently used is
                                       dropped */
    SEARCH_PEOPLE_MAX = 256,
    SEARCH_IDLE_MS = 600000,
    SEARCH_QUERY_MAX = 200,   /**< Longest query, in characters */
    SEARCH_EXCERPT_MAX = 200, /**< Longest excerpt [bytes] */
    SEARCH_MARKS_MAX = 16,
};

struct search;
struct seal;

struct search_found {
    struct index_found found; /**< Newest first */
    struct index_query query;
    bool complete; /**< false: the index was full (INDEX_BYTES_MAX), so the oldest sessions are
                        missing */
};

int search_open(struct search **sp, struct store *store, const struct seal *seal);
void search_close(struct search *search); /**< NULL is allowed */

int search_find(struct search *search, const char *user_id, const char *query,
                struct search_found *found, struct errbuf *why);
void search_found_release(struct search_found *found);

/** For store_watch(). */
void search_written(const struct store_written *written, void *search);

void search_forget(struct search *search, const char *user_id);
/** Drops the indexes of people who have not searched for SEARCH_IDLE_MS. now: clock_mono_ms(). */
void search_forget_idle(struct search *search, uint64_t now);

/** Size of all indexes [bytes]. */
size_t search_bytes(struct search *search);

/** The words found, with their surrounding text. */
struct search_excerpt {
    char text[SEARCH_EXCERPT_MAX + 8]; /**< "…" where something is left out */
    size_t mark_count;
    struct {
        size_t start, end; /**< In characters of text */
    } marks[SEARCH_MARKS_MAX];
};

/** Returns how many words of the query text contains; if none, the excerpt is its beginning. */
size_t search_excerpt(const struct index_query *query, const char *text,
                      struct search_excerpt *excerpt);

#endif
