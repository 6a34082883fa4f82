/**
 * @file search/index.h  Which words occur in which lines of one person's interviews
 *
 *     index_open(&ix);
 *     index_session(ix, session_id);                 // forgets its earlier lines
 *     index_line(ix, "", title, strlen(title));      // its head
 *     index_line(ix, transcript_id, text, len);
 *     index_find(ix, "kafka ord", &found);           // all words, the last one a prefix
 *
 * Words are those of ground/terms.h: case-folded, Latin letters without accents, pairs of
 * characters if a script has no spaces. No text is kept, only which words occur where: excerpts are
 * read from the store. A session is found if every word of the query occurs somewhere in it; its
 * lines are ranked by how many of the words they contain.
 *
 * Threads    Not thread-safe: one owner at a time.
 * Errors     UV_ENOMEM; UV_ENOBUFS beyond INDEX_BYTES_MAX. What was added before stays.
 * Ownership  Everything is copied. Memory is zeroed before it is freed or moved.
 */
#ifndef SEARCH_INDEX_H
#define SEARCH_INDEX_H

#include "base/error.h"
#include "base/id.h"
#include "ground/terms.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    INDEX_BYTES_MAX = 64 << 20, /**< Of one index */
    INDEX_WORDS_MAX = 16,       /**< Words of a query; more are ignored */
    INDEX_LINES_MAX = 3,        /**< Lines reported for a found session */
};

struct index;

/** The words of a query, kept to find them again in a text. */
struct index_query {
    size_t count;
    char words[INDEX_WORDS_MAX][TERM_MAX]; /**< Folded; the last one is a prefix */
};

struct index_hit {
    char session_id[ID_TEXT_MAX];
    bool head; /**< Its head contains words of the query */
    size_t line_count;
    char lines[INDEX_LINES_MAX][ID_TEXT_MAX]; /**< Transcripts, best first */
};

/** Sessions, newest first. */
struct index_found {
    struct index_hit *hits;
    size_t count;
};

int index_open(struct index **ip);
void index_free(struct index *ix); /**< NULL is allowed */
size_t index_bytes(const struct index *ix);

/** Starts a session, or starts it again. The lines that follow belong to it. */
int index_session(struct index *ix, const char *session_id);
/** id: the transcript, "" for the session's head. */
int index_line(struct index *ix, const char *id, const char *text, size_t len);
/** Also removes words that occur nowhere else. */
void index_forget(struct index *ix, const char *session_id);

/** A query without words finds nothing. */
void index_query_read(struct index_query *query, const char *text);
int index_find(const struct index *ix, const struct index_query *query, struct index_found *found);
void index_found_release(struct index_found *found);

/** Is this folded word one of the query's? */
bool index_query_has(const struct index_query *query, const char *word);

#endif
