/**
 * @file store/sealed_key.c  Checking the key that seals the stored data
 */
#include "store/sealed.h"

#include <stdlib.h>

/* A fact that only the right key can open, and its associated data. */
#define KEY_FACT  "key.check"
#define KEY_OWNER "store"

enum { SAMPLES_MAX = 16 };

/* For a store from before that fact existed: does the key open any sealed field? A single row may
 * be damaged, but not all. */
static int check_samples(struct store *store, const struct seal *seal, struct errbuf *why)
{
    struct store_sample samples[SAMPLES_MAX];
    size_t opened = 0;
    size_t n = 0;
    int err = store_samples(store, SAMPLES_MAX, samples, &n, why);

    for (size_t i = 0; i < n; i++) {
        char *clear = NULL;

        opened += !unseal_text(seal, samples[i].id, samples[i].field, samples[i].text, &clear);
        free(clear);
        free(samples[i].text);
    }
    return !err && n && !opened ? UV_EILSEQ : err;
}

static int open_fact(const struct seal *seal, const char *fact)
{
    char *clear = NULL;
    int err = unseal_text(seal, KEY_OWNER, KEY_FACT, fact, &clear);

    free(clear);
    return err;
}

/* Checks the fact, or creates it with this key. */
static int check_fact(struct store *store, const struct seal *seal, struct errbuf *why)
{
    char *ours = NULL;
    char *fact = NULL;
    int err = store_fact_get(store, KEY_FACT, &fact, why);

    if (err == UV_ENOENT) {
        err = check_samples(store, seal, why);
        if (!err)
            err = seal_text(seal, KEY_OWNER, KEY_FACT, "interviewd", &ours);
        if (!err)
            err = store_fact_claim(store, KEY_FACT, ours, &fact, why);
    }
    if (!err)
        err = open_fact(seal, fact);
    free(ours);
    free(fact);
    return err;
}

int sealed_check(struct store *store, const struct seal *seal, struct errbuf *why)
{
    int err = check_fact(store, seal, why);

    if (err == UV_EILSEQ)
        return err_set(
            why, err,
            "the master key is not the one that sealed what is stored: put the right key "
            "file back, or set INTERVIEWD_MASTER_KEY to the right key; nothing was "
            "changed");
    return err;
}

int sealed_check_is_fresh(struct store *store, const struct seal *seal, bool *fresh,
                          struct errbuf *why)
{
    char *fact = NULL;
    int err = store_fact_get(store, KEY_FACT, &fact, why);

    if (!err)
        *fresh = seal_is_fresh(seal, fact);
    free(fact);
    return err;
}

int sealed_check_renew(struct store *store, const struct seal *seal, struct errbuf *why)
{
    char *fact = NULL;
    int err = seal_text(seal, KEY_OWNER, KEY_FACT, "interviewd", &fact);

    if (err)
        return err_set(why, err, "a field could not be encrypted");
    err = store_fact_put(store, KEY_FACT, fact, why);
    free(fact);
    return err;
}

int sealed_any(struct store *store, bool *any, struct errbuf *why)
{
    struct store_sample sample;
    char *fact = NULL;
    size_t n = 0;
    int err = store_fact_get(store, KEY_FACT, &fact, why);

    if (err == UV_ENOENT) {
        err = store_samples(store, 1, &sample, &n, why);
        if (n)
            free(sample.text);
    } else {
        n = 1;
    }
    free(fact);
    if (!err)
        *any = n > 0;
    return err;
}
