/**
 * @file search/index.c  Which words occur in which lines of one person's interviews
 *
 * An inverted index: a table of words, each with the ascending numbers of the lines that contain
 * it. When a session is read again, its old lines are marked dead and its lines get new numbers;
 * once most lines are dead, the live ones are renumbered (compact()). The last word of a query is a
 * prefix and is looked up by scanning the table, which takes a millisecond for all the words that a
 * person ever says.
 */
#include "search/index.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_WORDS = 1024, /* slots of a new table; a power of two, as every table size is */
    FIRST_LINES = 8,
    DEAD_MIN = 1024, /* with fewer dead lines, compacting is not worth it */
};

static const uint32_t NOWHERE = UINT32_MAX;

struct word {
    uint32_t at; /* offset into texts */
    uint32_t len;
    uint32_t *lines; /* ascending */
    uint32_t count;
    uint32_t room;
};

struct line {
    char id[ID_TEXT_MAX];
    uint32_t session;
    bool dead;
};

struct session {
    char id[ID_TEXT_MAX];
    bool dead;
};

struct index {
    struct word *words;
    size_t word_count, word_room;
    uint32_t *table; /* word_table slots: the number of a word, or NOWHERE */
    size_t table_size;
    char *texts;
    size_t text_len, text_room;
    struct line *lines;
    size_t line_count, line_room, dead;
    struct session *sessions;
    size_t session_count, session_room;
    uint32_t current; /* the session that lines are added to */
    size_t bytes;
    int err; /* error of the line that is being added */
};

/* ------------------------------------------------------------------------------- memory */

/* Not realloc(), which would leave a copy behind. */
static int grow(struct index *ix, void *arrayp, size_t *room, size_t item, size_t want)
{
    size_t to = *room ? *room : FIRST_LINES;
    void *old, *fresh;

    if (want <= *room)
        return 0;
    while (to < want)
        to *= 2;
    if (ix->bytes + (to - *room) * item > INDEX_BYTES_MAX)
        return UV_ENOBUFS;
    fresh = calloc(to, item);
    if (!fresh)
        return UV_ENOMEM;
    memcpy(&old, arrayp, sizeof(old));
    if (old) {
        memcpy(fresh, old, *room * item);
        explicit_bzero(old, *room * item);
        free(old);
    }
    memcpy(arrayp, &fresh, sizeof(fresh));
    ix->bytes += (to - *room) * item;
    *room = to;
    return 0;
}

static void wipe(void *array, size_t bytes)
{
    if (array)
        explicit_bzero(array, bytes);
    free(array);
}

int index_open(struct index **ip)
{
    struct index *ix = calloc(1, sizeof(*ix));

    if (!ix)
        return UV_ENOMEM;
    ix->table = malloc(FIRST_WORDS * sizeof(*ix->table));
    if (!ix->table) {
        free(ix);
        return UV_ENOMEM;
    }
    memset(ix->table, 0xff, FIRST_WORDS * sizeof(*ix->table));
    ix->table_size = FIRST_WORDS;
    ix->bytes = sizeof(*ix) + FIRST_WORDS * sizeof(*ix->table);
    *ip = ix;
    return 0;
}

void index_free(struct index *ix)
{
    if (!ix)
        return;
    for (size_t i = 0; i < ix->word_count; i++)
        wipe(ix->words[i].lines, ix->words[i].room * sizeof(uint32_t));
    wipe(ix->words, ix->word_room * sizeof(*ix->words));
    wipe(ix->table, ix->table_size * sizeof(*ix->table));
    wipe(ix->texts, ix->text_room);
    wipe(ix->lines, ix->line_room * sizeof(*ix->lines));
    wipe(ix->sessions, ix->session_room * sizeof(*ix->sessions));
    wipe(ix, sizeof(*ix));
}

size_t index_bytes(const struct index *ix)
{
    return ix->bytes;
}

/* -------------------------------------------------------------------------------- words */

static size_t hash(const char *word, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a, 64 bit */

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)word[i]) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32);
}

static bool is_word(const struct index *ix, uint32_t number, const char *word, size_t len)
{
    const struct word *w = &ix->words[number];

    return w->len == len && !memcmp(ix->texts + w->at, word, len);
}

/* The word's slot in the table: it holds its number, or NOWHERE if the word is new. */
static uint32_t *place(const struct index *ix, const char *word, size_t len)
{
    size_t mask = ix->table_size - 1;
    size_t i = hash(word, len) & mask;

    while (ix->table[i] != NOWHERE && !is_word(ix, ix->table[i], word, len))
        i = (i + 1) & mask;
    return &ix->table[i];
}

static int widen_table(struct index *ix)
{
    size_t size = ix->table_size * 2;
    uint32_t *fresh = malloc(size * sizeof(*fresh));

    if (!fresh)
        return UV_ENOMEM;
    memset(fresh, 0xff, size * sizeof(*fresh));
    ix->bytes += (size - ix->table_size) * sizeof(*fresh);
    wipe(ix->table, ix->table_size * sizeof(*fresh));
    ix->table = fresh;
    ix->table_size = size;
    for (uint32_t i = 0; i < ix->word_count; i++)
        *place(ix, ix->texts + ix->words[i].at, ix->words[i].len) = i;
    return 0;
}

static int add_word(struct index *ix, const char *word, size_t len, uint32_t *number)
{
    uint32_t *at = place(ix, word, len);
    int err = 0;

    if (*at != NOWHERE) {
        *number = *at;
        return 0;
    }
    if (ix->word_count * 2 >= ix->table_size)
        err = widen_table(ix);
    if (!err)
        err = grow(ix, &ix->words, &ix->word_room, sizeof(*ix->words), ix->word_count + 1);
    if (!err)
        err = grow(ix, &ix->texts, &ix->text_room, 1, ix->text_len + len);
    if (err)
        return err;
    memcpy(ix->texts + ix->text_len, word, len);
    ix->words[ix->word_count] = (struct word){.at = (uint32_t)ix->text_len, .len = (uint32_t)len};
    ix->text_len += len;
    *number = (uint32_t)ix->word_count++;
    *place(ix, word, len) = *number;
    return 0;
}

static void take_term(const struct term *term, void *arg)
{
    struct index *ix = arg;
    uint32_t line = (uint32_t)ix->line_count - 1;
    uint32_t number;
    struct word *w;
    size_t room;

    if (!ix->err)
        ix->err = add_word(ix, term->word, strlen(term->word), &number);
    if (ix->err)
        return;
    w = &ix->words[number];
    if (w->count && w->lines[w->count - 1] == line)
        return;
    room = w->room;
    ix->err = grow(ix, &w->lines, &room, sizeof(*w->lines), (size_t)w->count + 1);
    w->room = (uint32_t)room;
    if (!ix->err)
        w->lines[w->count++] = line;
}

/* ------------------------------------------------------------------- sessions and lines */

static uint32_t find_session(const struct index *ix, const char *id)
{
    for (size_t i = ix->session_count; i > 0; i--)
        if (!ix->sessions[i - 1].dead && !strcmp(ix->sessions[i - 1].id, id))
            return (uint32_t)i - 1;
    return NOWHERE;
}

/* Removes words that have no line any more and moves the others up. */
static void drop_words(struct index *ix)
{
    size_t kept = 0;
    size_t len = 0;

    for (size_t i = 0; i < ix->word_count; i++) {
        struct word w = ix->words[i];

        if (!w.count) {
            ix->bytes -= w.room * sizeof(*w.lines);
            wipe(w.lines, w.room * sizeof(*w.lines));
            continue;
        }
        memmove(ix->texts + len, ix->texts + w.at, w.len);
        w.at = (uint32_t)len;
        len += w.len;
        ix->words[kept++] = w;
    }
    if (ix->texts)
        explicit_bzero(ix->texts + len, ix->text_len - len);
    ix->text_len = len;
    ix->word_count = kept;
    memset(ix->table, 0xff, ix->table_size * sizeof(*ix->table));
    for (uint32_t i = 0; i < kept; i++)
        *place(ix, ix->texts + ix->words[i].at, ix->words[i].len) = i;
}

/* Removes dead lines and sessions and renumbers the others in the same order. */
static int compact(struct index *ix)
{
    uint32_t *line_to = malloc((ix->line_count + 1) * sizeof(*line_to));
    uint32_t *session_to = malloc((ix->session_count + 1) * sizeof(*session_to));
    uint32_t lines = 0, sessions = 0;

    if (!line_to || !session_to) {
        free(line_to);
        free(session_to);
        return UV_ENOMEM;
    }
    for (size_t i = 0; i < ix->session_count; i++) {
        session_to[i] = ix->sessions[i].dead ? NOWHERE : sessions;
        if (!ix->sessions[i].dead)
            ix->sessions[sessions++] = ix->sessions[i];
    }
    for (size_t i = 0; i < ix->line_count; i++) {
        line_to[i] = ix->lines[i].dead ? NOWHERE : lines;
        if (ix->lines[i].dead)
            continue;
        ix->lines[lines] = ix->lines[i];
        ix->lines[lines++].session = session_to[ix->lines[i].session];
    }
    for (size_t i = 0; i < ix->word_count; i++) {
        struct word *w = &ix->words[i];
        uint32_t n = 0;

        for (uint32_t k = 0; k < w->count; k++)
            if (line_to[w->lines[k]] != NOWHERE)
                w->lines[n++] = line_to[w->lines[k]];
        w->count = n;
    }
    if (ix->current != NOWHERE && ix->session_count)
        ix->current = session_to[ix->current];
    ix->line_count = lines;
    ix->session_count = sessions;
    ix->dead = 0;
    free(line_to);
    free(session_to);
    drop_words(ix);
    return 0;
}

static void mark_dead(struct index *ix, uint32_t session)
{
    ix->sessions[session].dead = true;
    for (size_t i = 0; i < ix->line_count; i++) {
        if (ix->lines[i].session != session || ix->lines[i].dead)
            continue;
        ix->lines[i].dead = true;
        ix->dead++;
    }
}

int index_session(struct index *ix, const char *session_id)
{
    uint32_t old = find_session(ix, session_id);
    int err;

    ix->current = NOWHERE;
    if (old != NOWHERE)
        mark_dead(ix, old);
    if (ix->dead > DEAD_MIN && ix->dead > ix->line_count / 2) {
        err = compact(ix);
        if (err)
            return err;
    }
    err = grow(ix, &ix->sessions, &ix->session_room, sizeof(*ix->sessions), ix->session_count + 1);
    if (err)
        return err;
    ix->current = (uint32_t)ix->session_count++;
    ix->sessions[ix->current] = (struct session){.dead = false};
    memcpy(ix->sessions[ix->current].id, session_id, strnlen(session_id, ID_TEXT_MAX - 1));
    return 0;
}

int index_line(struct index *ix, const char *id, const char *text, size_t len)
{
    size_t last = ix->line_count ? ix->line_count - 1 : 0;
    int err;

    if (ix->current == NOWHERE || ix->current >= ix->session_count)
        return UV_EINVAL;
    /* A line may be added in several pieces: a question and its answer. */
    if (!ix->line_count || ix->lines[last].session != ix->current || ix->lines[last].dead ||
        strcmp(ix->lines[last].id, id) != 0) {
        err = grow(ix, &ix->lines, &ix->line_room, sizeof(*ix->lines), ix->line_count + 1);
        if (err)
            return err;
        ix->lines[ix->line_count] = (struct line){.session = ix->current};
        memcpy(ix->lines[ix->line_count].id, id, strnlen(id, ID_TEXT_MAX - 1));
        ix->line_count++;
    }
    ix->err = 0;
    words_each(text, len, take_term, ix);
    return ix->err;
}

void index_forget(struct index *ix, const char *session_id)
{
    uint32_t session = find_session(ix, session_id);

    if (session == NOWHERE)
        return;
    if (ix->current == session)
        ix->current = NOWHERE;
    mark_dead(ix, session);
    compact(ix); /* if memory runs out, the dead lines stay until the next time */
}

/* ------------------------------------------------------------------------------- queries */

static void take_query_word(const struct term *term, void *arg)
{
    struct index_query *query = arg;

    if (query->count == INDEX_WORDS_MAX)
        return;
    memcpy(query->words[query->count++], term->word, strlen(term->word) + 1);
}

void index_query_read(struct index_query *query, const char *text)
{
    query->count = 0;
    words_each(text, strlen(text), take_query_word, query);
}

bool index_query_has(const struct index_query *query, const char *word)
{
    for (size_t i = 0; i < query->count; i++) {
        const char *wanted = query->words[i];

        if (i + 1 == query->count ? !strncmp(word, wanted, strlen(wanted)) : !strcmp(word, wanted))
            return true;
    }
    return false;
}

/* For each line and each session a bit set of the query's words in it. */
struct having {
    uint16_t *lines;
    uint16_t *sessions;
};

static void have(const struct index *ix, struct having *having, const struct word *w, unsigned bit)
{
    for (uint32_t i = 0; i < w->count; i++) {
        const struct line *line = &ix->lines[w->lines[i]];

        if (line->dead)
            continue;
        having->lines[w->lines[i]] |= (uint16_t)(1u << bit);
        having->sessions[line->session] |= (uint16_t)(1u << bit);
    }
}

static void look_up(const struct index *ix, const struct index_query *query, struct having *having)
{
    for (unsigned q = 0; q < query->count; q++) {
        const char *wanted = query->words[q];
        size_t len = strlen(wanted);
        uint32_t exact = q + 1 < query->count ? *place(ix, wanted, len) : NOWHERE;

        if (exact != NOWHERE)
            have(ix, having, &ix->words[exact], q);
        if (q + 1 < query->count)
            continue;
        for (size_t i = 0; i < ix->word_count; i++)
            if (ix->words[i].len >= len && !memcmp(ix->texts + ix->words[i].at, wanted, len))
                have(ix, having, &ix->words[i], q);
    }
}

static int newest_first(const void *a, const void *b)
{
    return strcmp(((const struct index_hit *)b)->session_id,
                  ((const struct index_hit *)a)->session_id);
}

/* A hit keeps the lines with the most words, and among equals the earlier ones. */
struct ranked {
    struct index_hit hit;
    int have[INDEX_LINES_MAX];
};

static void rank_line(struct ranked *r, const struct line *line, int count)
{
    size_t at = r->hit.line_count;

    if (!line->id[0]) {
        r->hit.head = true;
        return;
    }
    while (at > 0 && r->have[at - 1] < count)
        at--;
    if (at == INDEX_LINES_MAX)
        return;
    if (r->hit.line_count < INDEX_LINES_MAX)
        r->hit.line_count++;
    for (size_t i = r->hit.line_count - 1; i > at; i--) {
        memcpy(r->hit.lines[i], r->hit.lines[i - 1], ID_TEXT_MAX);
        r->have[i] = r->have[i - 1];
    }
    memcpy(r->hit.lines[at], line->id, ID_TEXT_MAX);
    r->have[at] = count;
}

static int collect(const struct index *ix, const struct having *having, uint16_t all,
                   struct index_found *found)
{
    uint32_t *to = malloc((ix->session_count + 1) * sizeof(*to));
    struct ranked *ranked;
    size_t n = 0;

    if (!to)
        return UV_ENOMEM;
    for (size_t i = 0; i < ix->session_count; i++) {
        bool is = !ix->sessions[i].dead && having->sessions[i] == all;

        to[i] = is ? (uint32_t)n++ : NOWHERE;
    }
    ranked = calloc(n + 1, sizeof(*ranked));
    found->hits = calloc(n + 1, sizeof(*found->hits));
    if (!ranked || !found->hits) {
        free(to);
        free(ranked);
        free(found->hits);
        return UV_ENOMEM;
    }
    for (size_t i = 0; i < ix->session_count; i++)
        if (to[i] != NOWHERE)
            memcpy(ranked[to[i]].hit.session_id, ix->sessions[i].id, ID_TEXT_MAX);
    for (size_t i = 0; i < ix->line_count; i++)
        if (having->lines[i] && to[ix->lines[i].session] != NOWHERE)
            rank_line(&ranked[to[ix->lines[i].session]], &ix->lines[i],
                      __builtin_popcount(having->lines[i]));
    for (size_t i = 0; i < n; i++)
        found->hits[i] = ranked[i].hit;
    found->count = n;
    free(to);
    free(ranked);
    qsort(found->hits, n, sizeof(*found->hits), newest_first);
    return 0;
}

int index_find(const struct index *ix, const struct index_query *query, struct index_found *found)
{
    struct having having = {calloc(ix->line_count + 1, sizeof(uint16_t)),
                            calloc(ix->session_count + 1, sizeof(uint16_t))};
    int err = having.lines && having.sessions ? 0 : UV_ENOMEM;

    *found = (struct index_found){NULL, 0};
    if (!err && query->count) {
        look_up(ix, query, &having);
        err = collect(ix, &having, (uint16_t)((1u << query->count) - 1), found);
    }
    free(having.lines);
    free(having.sessions);
    return err;
}

void index_found_release(struct index_found *found)
{
    free(found->hits);
    *found = (struct index_found){NULL, 0};
}
