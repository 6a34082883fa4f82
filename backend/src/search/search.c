/**
 * @file search/search.c  One index for each person, built when first needed and kept up to date
 *
 * Two locks: search->lock guards the list and the notes about writes, and is held only briefly; a
 * person's own lock guards the index and is held while the index is built or searched. A write is
 * noted before its caller continues, so that the writer finds what was written.
 */
#include "search/search.h"

#include "auth/seal.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    NOTED_MAX = 64, /* sessions written since the last look; beyond this the index is rebuilt */
    EXCERPT_BEFORE = 60,
};

struct person {
    struct person *next;
    char user_id[ID_TEXT_MAX];
    int users; /* {search->lock} current holders; the same lock guards the next four */
    bool gone; /* removed from the list: the last holder frees it */
    bool stale;
    char noted[NOTED_MAX][ID_TEXT_MAX];
    size_t noted_count;
    uint64_t asked_ms;
    size_t bytes;
    uv_mutex_t lock;
    struct index *index; /* {lock} NULL: not built yet */
    bool complete;
};

struct search {
    struct store *store;
    const struct seal *seal;
    uv_mutex_t lock;
    struct person *first; /* most recent searcher first */
};

int search_open(struct search **sp, struct store *store, const struct seal *seal)
{
    struct search *s = calloc(1, sizeof(*s));

    if (!s || uv_mutex_init(&s->lock)) {
        free(s);
        return UV_ENOMEM;
    }
    s->store = store;
    s->seal = seal;
    *sp = s;
    return 0;
}

static void person_free(struct person *p)
{
    index_free(p->index);
    uv_mutex_destroy(&p->lock);
    explicit_bzero(p, sizeof(*p));
    free(p);
}

void search_close(struct search *search)
{
    if (!search)
        return;
    while (search->first) {
        struct person *p = search->first;

        search->first = p->next;
        person_free(p);
    }
    uv_mutex_destroy(&search->lock);
    free(search);
}

/* ---- people ------------------------------------------------------------------------------- */

/* With search->lock: removes a person from the list; the caller frees it if nobody holds it. */
static struct person *unlink_person(struct person **at)
{
    struct person *p = *at;

    *at = p->next;
    p->next = NULL;
    p->gone = true;
    return p->users ? NULL : p;
}

/* People to be dropped, chained, to be freed without holding the lock. */
struct leaving {
    struct person *first;
};

static void leave(struct leaving *leaving, struct person *p)
{
    if (!p)
        return;
    p->next = leaving->first;
    leaving->first = p;
}

static void free_leaving(struct leaving *leaving)
{
    while (leaving->first) {
        struct person *p = leaving->first;

        leaving->first = p->next;
        person_free(p);
    }
}

static struct person **find(struct search *search, const char *user_id)
{
    struct person **at = &search->first;

    while (*at && strcmp((*at)->user_id, user_id) != 0)
        at = &(*at)->next;
    return at;
}

/* Drops the least recently used indexes until the rest fits. The one in use is at the front. */
static void make_room(struct search *search, struct leaving *leaving)
{
    size_t bytes = 0;
    size_t n = 0;
    struct person **at = &search->first;

    while (*at) {
        bytes += (*at)->bytes;
        if (n++ && (n > SEARCH_PEOPLE_MAX || bytes > SEARCH_BYTES_MAX))
            leave(leaving, unlink_person(at));
        else
            at = &(*at)->next;
    }
}

static struct person *hold(struct search *search, const char *user_id)
{
    struct leaving leaving = {NULL};
    struct person **at;
    struct person *p;

    uv_mutex_lock(&search->lock);
    at = find(search, user_id);
    p = *at;
    if (p) {
        *at = p->next;
    } else {
        p = calloc(1, sizeof(*p));
        if (p && uv_mutex_init(&p->lock)) {
            free(p);
            p = NULL;
        }
        if (p)
            text_copy(p->user_id, sizeof(p->user_id), user_id, strlen(user_id));
    }
    if (p) {
        p->next = search->first;
        search->first = p;
        p->users++;
        p->asked_ms = clock_mono_ms();
        make_room(search, &leaving);
    }
    uv_mutex_unlock(&search->lock);
    free_leaving(&leaving);
    return p;
}

static void let_go(struct search *search, struct person *p, size_t bytes)
{
    struct leaving leaving = {NULL};

    uv_mutex_lock(&search->lock);
    p->bytes = bytes;
    p->users--;
    if (p->gone && !p->users)
        leave(&leaving, p);
    make_room(search, &leaving);
    uv_mutex_unlock(&search->lock);
    free_leaving(&leaving);
}

void search_forget(struct search *search, const char *user_id)
{
    struct leaving leaving = {NULL};
    struct person **at;

    uv_mutex_lock(&search->lock);
    at = find(search, user_id);
    if (*at)
        leave(&leaving, unlink_person(at));
    uv_mutex_unlock(&search->lock);
    free_leaving(&leaving);
}

void search_forget_idle(struct search *search, uint64_t now)
{
    struct leaving leaving = {NULL};
    struct person **at = &search->first;

    uv_mutex_lock(&search->lock);
    while (*at) {
        if ((*at)->asked_ms + SEARCH_IDLE_MS <= now)
            leave(&leaving, unlink_person(at));
        else
            at = &(*at)->next;
    }
    uv_mutex_unlock(&search->lock);
    free_leaving(&leaving);
}

size_t search_bytes(struct search *search)
{
    size_t bytes = 0;

    uv_mutex_lock(&search->lock);
    for (const struct person *p = search->first; p; p = p->next)
        bytes += p->bytes;
    uv_mutex_unlock(&search->lock);
    return bytes;
}

/* ------------------------------------------------------------------------ what is written */

static void note(struct person *p, const char *session_id)
{
    for (size_t i = 0; i < p->noted_count; i++)
        if (!strcmp(p->noted[i], session_id))
            return;
    if (p->noted_count == NOTED_MAX) {
        p->stale = true;
        return;
    }
    memcpy(p->noted[p->noted_count], session_id, ID_TEXT_MAX - 1);
    p->noted_count++;
}

void search_written(const struct store_written *written, void *arg)
{
    struct search *search = arg;
    struct person *p;

    if (!written->session_id) {
        search_forget(search, written->user_id); /* the user was erased */
        return;
    }
    uv_mutex_lock(&search->lock);
    p = *find(search, written->user_id);
    if (p)
        note(p, written->session_id);
    uv_mutex_unlock(&search->lock);
}

/* A copy of what was noted; the notes are cleared. */
struct noted {
    char ids[NOTED_MAX][ID_TEXT_MAX];
    size_t count;
    bool stale;
};

static void take_noted(struct search *search, struct person *p, struct noted *noted)
{
    uv_mutex_lock(&search->lock);
    noted->count = p->noted_count;
    noted->stale = p->stale;
    memcpy(noted->ids, p->noted, sizeof(noted->ids));
    p->noted_count = 0;
    p->stale = false;
    uv_mutex_unlock(&search->lock);
}

/* ------------------------------------------------------------------------ what is indexed */

static int add_text(struct index *ix, const char *id, char *text)
{
    int err = text && *text ? index_line(ix, id, text, strlen(text)) : 0;

    if (text)
        explicit_bzero(text, strlen(text));
    return err;
}

static int add_said(const struct search *search, struct index *ix, struct store_transcript *t,
                    struct errbuf *why)
{
    int err;

    if (t->detail)
        t->detail[0] = '\0'; /* not searched, so not opened */
    err = sealed_transcript_open(search->seal, t, why);
    if (!err)
        err = add_text(ix, t->id, t->question);
    return err ? err : add_text(ix, t->id, t->answer);
}

static int add_lines(const struct search *search, const struct person *p, const char *session_id,
                     struct errbuf *why)
{
    char cursor[STORE_CURSOR_MAX] = "";
    int err;

    do {
        struct store_list list = {0};

        err = store_transcript_list(search->store, p->user_id, session_id, false, STORE_PAGE_MAX,
                                    cursor, &list, why);
        for (size_t i = 0; i < list.count && !err; i++)
            err = add_said(search, p->index, (struct store_transcript *)list.items + i, why);
        memcpy(cursor, list.next, sizeof(cursor));
        store_list_release(&list, STORE_KIND_TRANSCRIPT);
    } while (!err && cursor[0]);
    return err;
}

/* Adds a session with all its lines, decrypted only for as long as its words are read. */
static int add_session(const struct search *search, const struct person *p,
                       struct store_session *session, struct errbuf *why)
{
    int err = index_session(p->index, session->id);

    if (!err)
        err = sealed_session_open(search->seal, session, why);
    if (!err)
        err = add_text(p->index, "", session->title);
    if (!err)
        err = add_text(p->index, "", session->job_description);
    return err ? err : add_lines(search, p, session->id, why);
}

static int read_again(const struct search *search, struct person *p, const char *session_id,
                      struct errbuf *why)
{
    struct store_session session;
    int err = store_session_get(search->store, p->user_id, session_id, &session, why);

    if (err == UV_ENOENT) {
        index_forget(p->index, session_id);
        return 0;
    }
    if (err)
        return err;
    err = add_session(search, p, &session, why);
    store_session_release(&session);
    return err == UV_ENOENT ? 0 : err; /* erased meanwhile: that was noted as well */
}

/* From the newest session back, until the index is full. */
static int build(const struct search *search, struct person *p, struct errbuf *why)
{
    char cursor[STORE_CURSOR_MAX] = "";
    int err = index_open(&p->index);

    p->complete = true;
    while (!err) {
        struct store_list list = {0};

        err =
            store_session_list(search->store, p->user_id, NULL, STORE_PAGE_MAX, cursor, &list, why);
        for (size_t i = 0; i < list.count && !err; i++) {
            err = add_session(search, p, (struct store_session *)list.items + i, why);
            err = err == UV_ENOENT ? 0 : err;
        }
        memcpy(cursor, list.next, sizeof(cursor));
        store_list_release(&list, STORE_KIND_SESSION);
        if (!cursor[0])
            break;
    }
    if (err == UV_ENOBUFS) {
        p->complete = false;
        return 0;
    }
    if (err) {
        index_free(p->index);
        p->index = NULL;
    }
    return err;
}

/* With p->lock. If the noted sessions cannot be read, they are all noted again. */
static int bring_up(struct search *search, struct person *p, struct errbuf *why)
{
    struct noted noted;
    int err = 0;

    take_noted(search, p, &noted);
    if (noted.stale || !p->index) {
        index_free(p->index);
        p->index = NULL;
        return build(search, p, why);
    }
    for (size_t i = 0; i < noted.count && !err; i++)
        err = read_again(search, p, noted.ids[i], why);
    if (err == UV_ENOBUFS) {
        p->complete = false;
        err = 0;
    }
    if (err) {
        index_free(p->index);
        p->index = NULL;
    }
    return err;
}

int search_find(struct search *search, const char *user_id, const char *query,
                struct search_found *found, struct errbuf *why)
{
    struct person *p = hold(search, user_id);
    size_t bytes;
    int err;

    *found = (struct search_found){.complete = true};
    if (!p)
        return err_set(why, UV_ENOMEM, "out of memory");
    index_query_read(&found->query, query);
    uv_mutex_lock(&p->lock);
    err = bring_up(search, p, why);
    if (!err)
        err = index_find(p->index, &found->query, &found->found);
    found->complete = p->complete;
    bytes = p->index ? index_bytes(p->index) : 0;
    uv_mutex_unlock(&p->lock);
    let_go(search, p, bytes);
    return err;
}

void search_found_release(struct search_found *found)
{
    index_found_release(&found->found);
    explicit_bzero(&found->query, sizeof(found->query));
}

/* ------------------------------------------------------------------------------- excerpts */

struct marking {
    const struct index_query *query;
    struct {
        size_t at, len;
    } words[SEARCH_MARKS_MAX];
    size_t count;
    size_t all;
    uint32_t seen; /* words of the query that occur, as bits */
};

static void mark(const struct term *term, void *arg)
{
    struct marking *m = arg;

    if (!index_query_has(m->query, term->word))
        return;
    m->all++;
    for (size_t i = 0; i < m->query->count; i++)
        if (!strncmp(term->word, m->query->words[i], strlen(m->query->words[i])))
            m->seen |= 1u << i;
    if (m->count == SEARCH_MARKS_MAX)
        return;
    m->words[m->count].at = term->at;
    m->words[m->count].len = term->len;
    m->count++;
}

/* Forward to the beginning of a word, unless it is far away. */
static size_t word_begin(const char *text, size_t len, size_t at)
{
    size_t i = at;

    while (i < len && i < at + EXCERPT_BEFORE / 2 && text[i] != ' ')
        i++;
    return i < len && text[i] == ' ' ? i + 1 : utf8_floor(text, len, at);
}

static size_t word_end(const char *text, size_t len, size_t begin)
{
    size_t end = utf8_floor(text, len, begin + SEARCH_EXCERPT_MAX);
    size_t i = end;

    if (end >= len)
        return len;
    while (i > begin + SEARCH_EXCERPT_MAX / 2 && text[i] != ' ')
        i--;
    return i > begin + SEARCH_EXCERPT_MAX / 2 ? i : end;
}

size_t search_excerpt(const struct index_query *query, const char *text,
                      struct search_excerpt *excerpt)
{
    struct marking m = {.query = query};
    size_t len = strlen(text);
    size_t first, begin = 0, end;

    words_each(text, len, mark, &m);
    first = m.count ? m.words[0].at : 0;
    if (first > EXCERPT_BEFORE)
        begin = word_begin(text, len, first - EXCERPT_BEFORE);
    end = word_end(text, len, begin);
    excerpt->mark_count = 0;
    snprintf(excerpt->text, sizeof(excerpt->text), "%s%.*s%s", begin ? "…" : "", (int)(end - begin),
             text + begin, end < len ? "…" : "");
    for (char *p = excerpt->text; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    for (size_t i = 0; i < m.count; i++) {
        size_t at = m.words[i].at;

        if (at < begin || at + m.words[i].len > end)
            continue;
        excerpt->marks[excerpt->mark_count].start =
            (begin > 0) + utf8_count(text + begin, at - begin);
        excerpt->marks[excerpt->mark_count].end =
            (begin > 0) + utf8_count(text + begin, at + m.words[i].len - begin);
        excerpt->mark_count++;
    }
    return (size_t)__builtin_popcount(m.seen);
}
