/**
 * @file ground/similar.c  One network for the whole process; see similar.h
 */
#include "ground/similar.h"

#include "ground/themes.h"
#include "loop/wait.h"
#include "models/models.h"
#include "observe/log.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SENTENCES_MAX = 128,    /* of all themes; a test checks that it is enough */
    BATCH = 4,              /* sentences between two looks at whether anybody still wants them */
    THREAD_BYTES = 1 << 20, /* stack of a thread that indexes */
};

static struct {
    char weights[MODELS_PATH_MAX];
    char words[MODELS_PATH_MAX];
    uv_mutex_t load;  /* {load}: model and refused; held while loading */
    uv_mutex_t index; /* {index}: indexer; one profile at a time */
    uv_mutex_t ask;   /* {ask}: asker */
    uv_mutex_t count; /* {count}: threads and closing */
    uv_cond_t none;
    _Atomic(struct meaning *) model; /* published once */
    struct meaning_reader *indexer;
    struct meaning_reader *asker;
    float told[SENTENCES_MAX][MEANING_SIZE]; /* made before model is published */
    size_t theme_of[SENTENCES_MAX];
    float common[2][MEANING_SIZE]; /* made before model is published */
    size_t sentences;
    bool refused;
    bool closing;
    int threads;
} shelf = {.load = PTHREAD_MUTEX_INITIALIZER,
           .index = PTHREAD_MUTEX_INITIALIZER,
           .ask = PTHREAD_MUTEX_INITIALIZER,
           .count = PTHREAD_MUTEX_INITIALIZER,
           .none = PTHREAD_COND_INITIALIZER};

void similar_use(const char *folder)
{
    const struct model_entry *words = models_entry("meaning-words");

    shelf.weights[0] = '\0';
    shelf.closing = false;
    shelf.refused = false;
    if (folder && !models_network(shelf.weights, folder, MODEL_MEANING))
        snprintf(shelf.words, sizeof(shelf.words), "%s/%s", folder, words->file);
}

static bool is_there(const char *path)
{
    FILE *f = *path ? fopen(path, "rb") : NULL;

    if (f)
        fclose(f);
    return f != NULL;
}

/* As interviewers of any trade ask: for what all questions have in common. */
static const char *const asked[] = {
    "Tell me about a time you disagreed with a colleague.",
    "Have you ever made a serious mistake at work?",
    "Describe a situation in which you had to meet a tight deadline.",
    "How have you dealt with a difficult customer?",
    "Give me an example of something you improved.",
    "When did you last have to learn something quickly?",
    "Walk me through a project that you led.",
    "What is your greatest weakness?",
    "Why do you want this job?",
    "What are your salary expectations?",
    "When could you start?",
    "What experience do you have with this tool?",
    "Which languages do you speak?",
    "What qualifications do you have?",
    "Can you work nights and weekends?",
    "What would you do if a colleague broke the rules?",
    "How do you help junior people grow?",
    "Tell me about going out of your way for somebody.",
    "What are you most proud of?",
    "Have you worked with people from other departments?",
    "How did you convince people who were against it?",
    "Tell me about a time something went wrong.",
    "What are you looking for in your next role?",
    "How large was the team that you managed?",
};

static void add_to(float sum[MEANING_SIZE], const float point[MEANING_SIZE], size_t of)
{
    for (int i = 0; i < MEANING_SIZE; i++)
        sum[i] += point[i] / (float)of;
}

static void read_common(struct meaning_reader *r)
{
    size_t n = sizeof(asked) / sizeof(asked[0]);

    memset(shelf.common, 0, sizeof(shelf.common));
    for (size_t i = 0; i < shelf.sentences; i++)
        add_to(shelf.common[SIMILAR_TOLD], shelf.told[i], shelf.sentences);
    for (size_t i = 0; i < n; i++) {
        struct meaning_text one = {asked[i], strlen(asked[i])};
        float point[MEANING_SIZE];

        if (!meaning_read(r, &one, 1, &point))
            add_to(shelf.common[SIMILAR_ASKED], point, n);
    }
}

const float *similar_common(enum similar_sort sort)
{
    return shelf.common[sort];
}

/** Points for the sentences of all themes (ground/themes.h). */
static void read_themes(const struct meaning *m)
{
    struct meaning_reader *r = NULL;
    struct errbuf why = {""};
    size_t n = 0;

    if (meaning_reader_open(&r, m, &why))
        return;
    for (size_t t = 0; t < themes_count(); t++) {
        const char *told = theme_told(t);

        for (size_t len; told && *told && n < SENTENCES_MAX; told += len + (told[len] == '|')) {
            struct meaning_text one = {told, len = strcspn(told, "|")};

            shelf.theme_of[n] = t;
            n += !meaning_read(r, &one, 1, &shelf.told[n]);
        }
    }
    shelf.sentences = n;
    read_common(r);
    meaning_reader_close(r);
}

/** The network, loaded if need be; NULL: there is none. */
static struct meaning *load(void)
{
    struct errbuf why = {""};
    struct meaning *m;

    uv_mutex_lock(&shelf.load);
    m = shelf.model;
    if (!m && !shelf.refused && is_there(shelf.weights) && is_there(shelf.words)) {
        shelf.refused = meaning_open(&m, shelf.weights, shelf.words, &why) != 0;
        if (shelf.refused)
            log_warn("ground", "%s; places are found by their words alone", why.text);
        else {
            read_themes(m);
            atomic_store(&shelf.model, m);
        }
    }
    uv_mutex_unlock(&shelf.load);
    return m;
}

/* ------------------------------------------------------------------------------------ indexing */

static bool closing(void)
{
    bool yes;

    uv_mutex_lock(&shelf.count);
    yes = shelf.closing;
    uv_mutex_unlock(&shelf.count);
    return yes;
}

static bool wants_point(const struct passage *p)
{
    return p->field == GROUND_CONTEXT && !p->is_heading;
}

/** Points for the next few passages from *i on. */
static int read_batch(const struct grounding *g, size_t *i, float *points)
{
    struct meaning_text texts[BATCH];
    float found[BATCH][MEANING_SIZE];
    size_t at[BATCH];
    size_t n = 0;
    int err;

    for (; *i < grounding_count(g) && n < BATCH; (*i)++) {
        const struct passage *p = grounding_passage(g, *i);

        if (!wants_point(p))
            continue;
        at[n] = *i;
        texts[n++] = (struct meaning_text){p->text, p->len};
    }
    err = n ? meaning_read(shelf.indexer, texts, n, found) : 0;
    for (size_t k = 0; k < n && !err; k++)
        memcpy(points + at[k] * MEANING_SIZE, found[k], sizeof(found[k]));
    return err;
}

/** {index} is held. */
static void index_now(struct grounding *g, bool alone, const struct meaning *m)
{
    struct errbuf why = {""};
    float *points = NULL;
    size_t i = 0;

    if (!shelf.indexer && meaning_reader_open(&shelf.indexer, m, &why)) {
        log_warn("ground", "%s", why.text);
        return;
    }
    points = calloc(grounding_count(g) + 1, MEANING_SIZE * sizeof(*points));
    while (points && i < grounding_count(g)) {
        if ((alone && !grounding_shared(g)) || closing() || read_batch(g, &i, points)) {
            free(points);
            points = NULL;
        }
    }
    if (points)
        grounding_set_points(g, points);
}

static void index_profile(struct grounding *g, bool alone)
{
    const struct meaning *m;

    uv_mutex_lock(&shelf.index);
    m = load();
    if (m)
        index_now(g, alone, m);
    uv_mutex_unlock(&shelf.index);
}

static void leave(void)
{
    uv_mutex_lock(&shelf.count);
    shelf.threads--;
    uv_cond_signal(&shelf.none);
    uv_mutex_unlock(&shelf.count);
}

static void *run(void *arg)
{
    struct grounding *g = arg;

    index_profile(g, true);
    grounding_free(g);
    leave();
    return NULL;
}

static bool start(struct grounding *g)
{
    pthread_attr_t attr;
    pthread_t thread;
    bool started;

    if (pthread_attr_init(&attr))
        return false;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, THREAD_BYTES);
    started = pthread_create(&thread, &attr, run, g) == 0;
    pthread_attr_destroy(&attr);
    return started;
}

void similar_index(struct grounding *g, bool wait)
{
    bool closed;

    if (!shelf.weights[0] || !g)
        return;
    if (wait) {
        index_profile(g, false);
        return;
    }
    uv_mutex_lock(&shelf.count);
    closed = shelf.closing;
    shelf.threads += !closed;
    uv_mutex_unlock(&shelf.count);
    if (closed)
        return;
    grounding_ref(g);
    if (!start(g)) {
        grounding_free(g);
        leave();
    }
}

/* -------------------------------------------------------------------------------------- asking */

bool similar_points(const struct meaning_text *texts, size_t n, float (*points)[MEANING_SIZE])
{
    const struct meaning *m = atomic_load(&shelf.model);
    struct errbuf why = {""};
    bool ok;

    if (!m)
        return false;
    uv_mutex_lock(&shelf.ask);
    ok = (shelf.asker || !meaning_reader_open(&shelf.asker, m, &why)) &&
         !meaning_read(shelf.asker, texts, n, points);
    uv_mutex_unlock(&shelf.ask);
    return ok;
}

float similar_told(size_t theme, const float point[MEANING_SIZE])
{
    float best = -1;

    if (!atomic_load(&shelf.model))
        return -1;
    for (size_t i = 0; i < shelf.sentences; i++)
        if (shelf.theme_of[i] == theme)
            best = fmaxf(best, meaning_alike(shelf.told[i], point));
    return best;
}

void similar_close(void)
{
    uv_mutex_lock(&shelf.count);
    shelf.closing = true;
    while (shelf.threads)
        wait_on(&shelf.none, &shelf.count, WAIT_OTHERS, "a look at meanings", 0);
    uv_mutex_unlock(&shelf.count);
    meaning_reader_close(shelf.indexer);
    meaning_reader_close(shelf.asker);
    meaning_close(shelf.model);
    shelf.indexer = shelf.asker = NULL;
    shelf.model = NULL;
    shelf.weights[0] = '\0';
}
