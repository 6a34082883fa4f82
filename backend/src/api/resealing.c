/**
 * @file api/resealing.c  Resealing with the newest key what older keys sealed
 */
#include "api/resealing.h"

#include "auth/seal.h"
#include "base/text.h"
#include "store/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void name_prefix(const struct seal *seal, char prefix[static SEAL_PREFIX_MAX])
{
    char ids[SEAL_KEYS_MAX][SEAL_ID_LEN + 1];

    seal_ids(seal, ids);
    snprintf(prefix, SEAL_PREFIX_MAX, "v2.%s.", ids[0]);
}

/* ------------------------------------------------------------------------------- fields */

/* The same text sealed with the newest key; NULL: it is already, or no key opens it. */
static int seal_again_text(struct resealing *r, const struct store_sample *s, char **now)
{
    char *clear = NULL;
    int err;

    *now = NULL;
    if (seal_is_fresh(r->seal, s->text))
        return 0;
    err = unseal_text(r->seal, s->id, s->field, s->text, &clear);
    if (err == UV_EILSEQ) {
        r->damaged++;
        return 0;
    }
    if (!err)
        err = seal_text(r->seal, s->id, s->field, clear, now);
    text_wipe(clear);
    return err;
}

/* In place: texts with a new version move to the front. */
static int seal_samples(struct resealing *r, struct store_sample *samples, size_t n,
                        char *now[static STORE_RESEAL_MAX], size_t *kept, struct errbuf *why)
{
    *kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct store_sample s = samples[i];
        int err = seal_again_text(r, &s, &now[*kept]);

        if (err)
            return err_set(why, err, "a field could not be encrypted");
        if (!now[*kept])
            continue;
        samples[i] = samples[*kept];
        samples[(*kept)++] = s;
    }
    return 0;
}

static int step_field(struct resealing *r, struct errbuf *why)
{
    struct store_sample samples[STORE_RESEAL_MAX];
    char *now[STORE_RESEAL_MAX] = {NULL};
    char fresh[SEAL_PREFIX_MAX];
    char last[ID_TEXT_MAX] = "";
    size_t n = 0;
    size_t kept = 0;
    int err;

    name_prefix(r->seal, fresh);
    err =
        store_sealed_stale(r->store, r->field, fresh, r->after, STORE_RESEAL_MAX, samples, &n, why);
    if (n)
        memcpy(last, samples[n - 1].id, sizeof(last));
    if (!err)
        err = seal_samples(r, samples, n, now, &kept, why);
    if (!err && kept)
        err = store_sealed_replace(r->store, samples, now, kept, why);
    for (size_t i = 0; i < n; i++) {
        free(samples[i].text);
        free(now[i]);
    }
    if (err)
        return err;
    r->done += kept;
    memcpy(r->after, last, sizeof(last));
    r->field += n < STORE_RESEAL_MAX;
    if (n < STORE_RESEAL_MAX)
        r->after[0] = '\0';
    return 0;
}

/* --------------------------------------------------------------------------- recordings */

static int remember(const char *id, enum blob_form form, void *arg)
{
    struct resealing *r = arg;

    (void)form;
    if (r->id_count == r->id_room) {
        size_t room = r->id_room ? 2 * r->id_room : 64;
        void *more = reallocarray(r->ids, room, sizeof(*r->ids));

        if (!more)
            return UV_ENOMEM;
        r->ids = more;
        r->id_room = room;
    }
    snprintf(r->ids[r->id_count++], sizeof(*r->ids), "%s", id);
    return 0;
}

/* A text that was erased meanwhile is skipped, and one that is damaged stays damaged. */
static int step_recording(struct resealing *r, struct errbuf *why)
{
    const char *id = r->ids[r->id_at];
    bool fresh = false;
    int err = blob_is_fresh(r->blobs, id, &fresh, why);

    if (!err && !fresh)
        err = blob_reseal(r->blobs, id, why);
    if (err == UV_EILSEQ)
        r->damaged++;
    else if (err && err != UV_ENOENT)
        return err;
    r->done += !err && !fresh;
    r->id_at++;
    return 0;
}

/* --------------------------------------------------------------------------------- a pass */

void resealing_begin(struct resealing *r, struct store *store, struct blob_store *blobs,
                     const struct seal *seal)
{
    *r = (struct resealing){.store = store, .blobs = blobs, .seal = seal};
}

int resealing_step(struct resealing *r, bool *over, struct errbuf *why)
{
    *over = false;
    if (store_sealed_field(r->store, r->field))
        return step_field(r, why);
    if (!r->listed) {
        int err = r->blobs ? blob_list(r->blobs, remember, r, why) : 0;

        r->listed = !err;
        return err;
    }
    if (r->id_at < r->id_count)
        return step_recording(r, why);
    *over = true;
    return sealed_check_renew(r->store, r->seal, why);
}

void resealing_end(struct resealing *r)
{
    free(r->ids);
    *r = (struct resealing){0};
}

/* ---- inspection --------------------------------------------------------------------------- */

/* As reported by store_sealed_rest(). */
static bool looks_sealed(const char *text)
{
    enum { SHORTEST = 41 };

    return !strncmp(text, "v2.", 3) || (!strncmp(text, "v1.", 3) && strlen(text) >= SHORTEST);
}

static int look_at_field(struct resealing *r, struct resealing_need *need, int64_t *stale,
                         struct errbuf *why)
{
    struct store_sample samples[STORE_RESEAL_MAX];
    char fresh[SEAL_PREFIX_MAX];
    size_t n = STORE_RESEAL_MAX;
    int err = 0;

    name_prefix(r->seal, fresh);
    r->after[0] = '\0';
    while (!err && n == STORE_RESEAL_MAX) {
        err = store_sealed_stale(r->store, r->field, fresh, r->after, STORE_RESEAL_MAX, samples, &n,
                                 why);
        for (size_t i = 0; i < n; i++) {
            char *clear = NULL;

            *stale += looks_sealed(samples[i].text);
            memcpy(r->after, samples[i].id, sizeof(r->after));
            if (seal_is_fresh(r->seal, samples[i].text))
                ;
            else if (unseal_text(r->seal, samples[i].id, samples[i].field, samples[i].text, &clear))
                need->damaged++;
            else
                need->fields++;
            text_wipe(clear);
            free(samples[i].text);
        }
    }
    return err;
}

static int look_at_recordings(struct resealing *r, struct resealing_need *need, struct errbuf *why)
{
    int err = r->blobs ? blob_list(r->blobs, remember, r, why) : 0;

    for (size_t i = 0; i < r->id_count && !err; i++) {
        bool fresh = false;

        err = blob_is_fresh(r->blobs, r->ids[i], &fresh, why);
        if (err == UV_EILSEQ)
            need->damaged++;
        else if (!err && !fresh)
            need->recordings++;
        if (err == UV_EILSEQ || err == UV_ENOENT)
            err = 0;
    }
    return err;
}

int resealing_look(struct store *store, struct blob_store *blobs, const struct seal *seal,
                   struct resealing_need *need, struct errbuf *why)
{
    char fresh[SEAL_PREFIX_MAX];
    struct resealing r;
    int64_t stale = 0;
    int64_t rest = 0;
    int err = 0;

    *need = (struct resealing_need){0};
    name_prefix(seal, fresh);
    resealing_begin(&r, store, blobs, seal);
    for (; store_sealed_field(store, r.field) && !err; r.field++)
        err = look_at_field(&r, need, &stale, why);
    if (!err)
        err = look_at_recordings(&r, need, why);
    if (!err)
        err = sealed_check_is_fresh(store, seal, &need->taken_up, why);
    if (!err)
        err = store_sealed_rest(store, fresh, &rest, why);
    rest -= !need->taken_up; /* it looks sealed, too */
    need->unknown = rest > stale ? rest - stale : 0;
    resealing_end(&r);
    return err;
}
