/**
 * @file ground/stem.c  English suffix stripping by libstemmer
 */
#include "ground/stem.h"

#include <libstemmer.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static pthread_key_t key;
static bool have_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_stemmer(void *stemmer)
{
    sb_stemmer_delete(stemmer);
}

static void make_key(void)
{
    have_key = !pthread_key_create(&key, free_stemmer);
}

/* A stemmer contains the word that it works on, so threads cannot share one. NULL: no memory. */
static struct sb_stemmer *stemmer_of_thread(void)
{
    struct sb_stemmer *stemmer;

    pthread_once(&once, make_key);
    if (!have_key)
        return NULL;
    stemmer = pthread_getspecific(key);
    if (!stemmer) {
        stemmer = sb_stemmer_new("english", NULL);
        if (stemmer && pthread_setspecific(key, stemmer)) {
            sb_stemmer_delete(stemmer);
            stemmer = NULL;
        }
    }
    return stemmer;
}

static bool is_english(const char *word, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (word[i] < 'a' || word[i] > 'z')
            return false;
    return len > 2;
}

size_t stem_english(char *word, size_t len, size_t size)
{
    struct sb_stemmer *stemmer;
    const sb_symbol *stem;
    size_t n;

    if (!is_english(word, len))
        return len;
    stemmer = stemmer_of_thread();
    stem = stemmer ? sb_stemmer_stem(stemmer, (const sb_symbol *)word, (int)len) : NULL;
    if (!stem)
        return len;
    n = (size_t)sb_stemmer_length(stemmer);
    if (n >= size)
        return len;
    memcpy(word, stem, n);
    word[n] = '\0';
    return n;
}
