/**
 * @file auth/accounts.c  Who somebody is: signing up, in, on and out, over the store
 */
#include "auth/accounts.h"

#include "auth/password.h"
#include "auth/seal.h"
#include "base/clock.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ACCESS_S = 900,
    REFRESH_S = 30 * 24 * 3600,
    ERASED_MAX = 1024, /* accounts erased within the life of an access token; then oldest first */
    EMAIL_MAX = 255,
    ROTATIONS_MAX = 256, /* a rotation takes milliseconds: far more than run at a time */
};

static const char default_settings[] = "{\"preferredLLM\":null,\"audioDevice\":null,"
                                       "\"language\":\"en\",\"voiceId\":null,\"theme\":\"system\"}";
static const char default_subscription[] = "{\"tier\":\"free\",\"expiresAt\":null}";

struct rotation {
    char hash[REFRESH_HASH_MAX]; /* of the token that was used */
    uint64_t done_us;            /* clock_mono_us() when the new one was stored */
};

struct accounts {
    struct store *store;
    struct token_key *key;
    int access_s;
    int refresh_s;

    /* An access token needs no look-up to be believed, so the few users that were erased while
     * theirs were still out are remembered here. */
    pthread_mutex_t lock;
    char erased[ERASED_MAX][ID_TEXT_MAX]; /* {lock} */
    size_t erased_count;                  /* {lock} counts on; the index is modulo ERASED_MAX */

    /* The newest rotations, to tell who asked at the same time from who came later. */
    struct rotation rotations[ROTATIONS_MAX]; /* {lock} */
    size_t rotation_count;                    /* {lock} counts on, modulo ROTATIONS_MAX */
};

int accounts_open(struct accounts **ap, struct store *store, const struct seal *seal,
                  const struct accounts_params *params, struct errbuf *err)
{
    unsigned char raw[TOKEN_KEY_LEN];
    struct accounts *a = calloc(1, sizeof(*a));
    int e;

    if (!a)
        return err_set(err, UV_ENOMEM, "out of memory");
    pthread_mutex_init(&a->lock, NULL);
    a->store = store;
    a->access_s = params && params->access_token_s ? params->access_token_s : ACCESS_S;
    a->refresh_s = params && params->refresh_token_s ? params->refresh_token_s : REFRESH_S;

    e = seal_derive(seal, "interviewd access tokens v1", raw, sizeof(raw));
    if (!e)
        e = token_key_open(&a->key, raw);
    explicit_bzero(raw, sizeof(raw));
    if (e) {
        accounts_close(a);
        return err_set(err, e, "cannot derive the key of access tokens");
    }
    *ap = a;
    return 0;
}

void accounts_close(struct accounts *a)
{
    if (!a)
        return;
    token_key_close(a->key);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

void grant_release(struct grant *grant)
{
    store_user_release(&grant->user);
    explicit_bzero(grant, sizeof(*grant));
}

/* ------------------------------------------------------------------------------- grants */

/* A fresh pair of tokens for grant->user; the refresh row is filled but not stored yet. */
static int make_tokens(const struct accounts *a, const char *family, int64_t now,
                       struct grant *grant, struct store_refresh *row)
{
    struct token_claims claims = {.issued_at = now, .expires_at = now + a->access_s * 1000LL};

    *row = (struct store_refresh){.expires_at = now + a->refresh_s * 1000LL};
    snprintf(row->family, sizeof(row->family), "%s", family);
    memcpy(row->user_id, grant->user.id, sizeof(row->user_id));
    memcpy(claims.user, grant->user.id, sizeof(claims.user));
    memcpy(claims.family, row->family, sizeof(claims.family));

    refresh_new(grant->refresh);
    refresh_hash(grant->refresh, row->hash);
    grant->expires_in = a->access_s;
    grant->refresh_expires_in = a->refresh_s;
    return token_issue(a->key, &claims, grant->access);
}

/* A new sign-in, that is, a new family of refresh tokens. */
static int begin(struct accounts *a, int64_t now, struct grant *grant, struct errbuf *err)
{
    struct store_refresh row;
    char family[ID_TEXT_MAX];
    int e;

    id_new(family);
    if ((e = make_tokens(a, family, now, grant, &row)))
        return err_set(err, e, "cannot make a token");
    if ((e = store_refresh_put(a->store, &row, err)))
        return e;
    return store_refresh_prune(a->store, now, err);
}

static void normalise(const char *email, char to[static EMAIL_MAX])
{
    size_t n = 0;

    while (isspace((unsigned char)*email))
        email++;
    for (; *email && n < EMAIL_MAX - 1; email++)
        to[n++] = (char)tolower((unsigned char)*email);
    while (n && isspace((unsigned char)to[n - 1]))
        n--;
    to[n] = '\0';
}

static int make_user(struct store_user *user, const char *email, const char *display_name,
                     int64_t now)
{
    *user = (struct store_user){.created_at = now};
    id_new(user->id);
    user->email = email ? strdup(email) : NULL;
    user->display_name = strdup(display_name);
    user->settings = strdup(default_settings);
    user->subscription = strdup(default_subscription);
    if ((email && !user->email) || !user->display_name || !user->settings || !user->subscription) {
        store_user_release(user);
        return UV_ENOMEM;
    }
    return 0;
}

/* On failure nothing of the grant is left behind. */
static int settle(struct grant *grant, int e)
{
    if (e)
        grant_release(grant);
    return e;
}

int accounts_signup(struct accounts *a, const char *email, const char *password,
                    const char *display_name, int64_t now, struct grant *grant, struct errbuf *err)
{
    char encoded[PASSWORD_TEXT_MAX];
    char address[EMAIL_MAX];
    int e;

    *grant = (struct grant){0};
    normalise(email, address);
    if ((e = password_hash(password, encoded)) ||
        (e = make_user(&grant->user, address, display_name, now)))
        return err_set(err, e, "out of memory");
    grant->user.password = strdup(encoded);
    if (!grant->user.password)
        return settle(grant, err_set(err, UV_ENOMEM, "out of memory"));
    e = store_user_put(a->store, &grant->user, err);
    return settle(grant, e ? e : begin(a, now, grant, err));
}

struct rehash {
    const char *old;
    const char *encoded;
};

/* Unless the password was changed since it was checked. */
static int change_password(struct store_user *user, void *arg)
{
    const struct rehash *how = arg;
    char *copy;

    if (!user->password || strcmp(user->password, how->old) != 0)
        return UV_EAGAIN;
    copy = strdup(how->encoded);
    if (!copy)
        return UV_ENOMEM;
    free(user->password);
    user->password = copy;
    return 0;
}

/* The parameters have become stronger since this password was set. When that cannot be stored now,
 * the next sign-in tries again. */
static void rehash(struct accounts *a, struct store_user *user, const char *password)
{
    char encoded[PASSWORD_TEXT_MAX];
    struct rehash how = {user->password, encoded};
    struct store_user fresh;

    if (password_hash(password, encoded) ||
        store_user_change(a->store, user->id, change_password, &how, &fresh, NULL))
        return;
    store_user_release(user);
    *user = fresh;
}

int accounts_login(struct accounts *a, const char *email, const char *password, int64_t now,
                   struct grant *grant, struct errbuf *err)
{
    char address[EMAIL_MAX];
    int e;

    *grant = (struct grant){0};
    normalise(email, address);
    e = store_user_by_email(a->store, address, &grant->user, err);
    if (e && e != UV_ENOENT)
        return e;
    if (e || !grant->user.password) {
        store_user_release(&grant->user);
        password_check_nobody(password);
        return err_set(err, UV_EACCES, "E-mail or password is not right.");
    }
    if ((e = password_check(grant->user.password, password)))
        return settle(grant, e == UV_ENOMEM
                                 ? err_set(err, e, "out of memory")
                                 : err_set(err, UV_EACCES, "E-mail or password is not right."));
    if (password_outdated(grant->user.password))
        rehash(a, &grant->user, password);
    return settle(grant, begin(a, now, grant, err));
}

int accounts_local(struct accounts *a, int64_t now, struct grant *grant, struct errbuf *err)
{
    int e;

    *grant = (struct grant){0};
    e = store_user_local(a->store, &grant->user, err);
    if (e == UV_ENOENT) {
        if (make_user(&grant->user, NULL, "You", now))
            return err_set(err, UV_ENOMEM, "out of memory");
        e = store_user_put(a->store, &grant->user, err);
        if (e == UV_EEXIST) { /* another request made it in between */
            store_user_release(&grant->user);
            e = store_user_local(a->store, &grant->user, err);
        }
    }
    return settle(grant, e ? e : begin(a, now, grant, err));
}

/* Before the token is used, so that whoever finds it used finds this too. */
static struct rotation *rotation_begin(struct accounts *a, const char *hash)
{
    struct rotation *r;

    pthread_mutex_lock(&a->lock);
    r = &a->rotations[a->rotation_count++ % ROTATIONS_MAX];
    snprintf(r->hash, sizeof(r->hash), "%s", hash);
    r->done_us = UINT64_MAX;
    pthread_mutex_unlock(&a->lock);
    return r;
}

static void rotation_end(struct accounts *a, struct rotation *r, const char *hash, bool used)
{
    pthread_mutex_lock(&a->lock);
    if (strcmp(r->hash, hash) == 0) {
        r->done_us = clock_mono_us();
        if (!used)
            r->hash[0] = '\0';
    }
    pthread_mutex_unlock(&a->lock);
}

/* Did somebody use it while this request was on its way already? */
static bool is_beside_another(struct accounts *a, const char *hash, uint64_t asked_us)
{
    bool found = false;

    pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < ROTATIONS_MAX && !found; i++) {
        const struct rotation *r = &a->rotations[i];

        found = strcmp(r->hash, hash) == 0 && asked_us <= r->done_us;
    }
    pthread_mutex_unlock(&a->lock);
    return found;
}

static int used_before(struct accounts *a, const struct store_refresh *old, bool beside,
                       struct errbuf *err)
{
    int e;

    if (beside)
        return err_set(err, UV_EBUSY,
                       "The sign-in was renewed by another request at the same moment.");
    e = store_refresh_revoke(a->store, old->family, err);
    return e ? e
             : err_set(err, UV_EALREADY,
                       "The refresh token had been used before, so this sign-in was ended "
                       "everywhere; sign in again.");
}

int accounts_refresh(struct accounts *a, const char *refresh, int64_t now, uint64_t asked_us,
                     struct grant *grant, struct errbuf *err)
{
    struct store_refresh old;
    struct store_refresh fresh;
    struct rotation *rotation;
    char hash[REFRESH_HASH_MAX];
    int e;

    *grant = (struct grant){0};
    if (refresh_hash(refresh, hash))
        return err_set(err, UV_EACCES, "That is not a refresh token.");
    e = store_refresh_get(a->store, hash, &old, err);
    if (e == UV_ENOENT)
        return err_set(err, UV_EACCES, "The refresh token is not known; sign in again.");
    if (e)
        return e;
    if (old.expires_at <= now)
        return err_set(err, UV_ETIMEDOUT, "The refresh token has expired; sign in again.");
    if (old.used_at)
        return used_before(a, &old, is_beside_another(a, hash, asked_us), err);

    if ((e = store_user_get(a->store, old.user_id, &grant->user, err)))
        return e == UV_ENOENT ? UV_EACCES : e;
    if ((e = make_tokens(a, old.family, now, grant, &fresh)))
        return settle(grant, err_set(err, e, "cannot make a token"));

    /* Whoever comes later with the same token is not to be trusted, and neither is who came
     * first: nobody knows which of them is the thief. */
    rotation = rotation_begin(a, hash);
    e = store_refresh_rotate(a->store, hash, &fresh, now, err);
    rotation_end(a, rotation, hash, !e);
    if (e == UV_EEXIST) /* used since we looked: at the same moment, that is */
        return settle(grant, used_before(a, &old, true, err));
    return settle(grant, e == UV_ENOENT ? UV_EACCES : e);
}

int accounts_logout(struct accounts *a, const char *refresh, struct errbuf *err)
{
    struct store_refresh row;
    char hash[REFRESH_HASH_MAX];
    int e;

    if (refresh_hash(refresh, hash))
        return 0;
    e = store_refresh_get(a->store, hash, &row, err);
    if (e)
        return e == UV_ENOENT ? 0 : e;
    return store_refresh_revoke(a->store, row.family, err);
}

/* ------------------------------------------------------------------------------- erasure */

static void remember_erased(struct accounts *a, const char *user_id)
{
    pthread_mutex_lock(&a->lock);
    snprintf(a->erased[a->erased_count++ % ERASED_MAX], ID_TEXT_MAX, "%s", user_id);
    pthread_mutex_unlock(&a->lock);
}

static bool is_erased(struct accounts *a, const char *user_id)
{
    bool found = false;

    pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < a->erased_count && i < ERASED_MAX && !found; i++)
        found = strcmp(a->erased[i], user_id) == 0;
    pthread_mutex_unlock(&a->lock);
    return found;
}

int accounts_erase(struct accounts *a, const char *user_id, struct errbuf *err)
{
    int e = store_user_erase(a->store, user_id, err);

    if (!e)
        remember_erased(a, user_id);
    return e;
}

int accounts_verify(struct accounts *a, const char *token, size_t len, int64_t now,
                    char user[static ID_TEXT_MAX])
{
    struct token_claims claims;
    int e = token_verify(a->key, token, len, now, &claims);

    if (e)
        return e;
    if (is_erased(a, claims.user))
        return UV_EACCES;
    memcpy(user, claims.user, ID_TEXT_MAX);
    return 0;
}
