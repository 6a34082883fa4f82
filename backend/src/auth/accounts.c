/**
 * @file auth/accounts.c  Accounts on top of the store: sign-up, sign-in, refresh and sign-out
 */
#include "auth/accounts_internal.h"

#include "auth/challenge.h"
#include "auth/ended.h"
#include "auth/password.h"
#include "auth/seal.h"
#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>
#include <uv.h>

enum {
    ACCESS_S = 900,
    REFRESH_S = 30 * 24 * 3600,
};

static const char default_settings[] = "{\"preferredLLM\":null,\"audioDevice\":null,"
                                       "\"language\":\"en\",\"voiceId\":null,\"theme\":\"system\"}";
static const char default_subscription[] = "{\"tier\":\"free\",\"expiresAt\":null}";

static int open_keys(struct accounts *a, const struct seal *seal, int number)
{
    unsigned char raw[TOKEN_KEY_LEN];
    char purpose[64];
    char kid[TOKEN_KID_MAX];
    int err = 0;

    for (int i = 0; i < KEYS && number - i > 0 && !err; i++) {
        snprintf(kid, sizeof(kid), "%d", number - i);
        snprintf(purpose, sizeof(purpose), "interviewd access tokens v%s", kid);
        err = seal_derive(seal, purpose, raw, sizeof(raw));
        if (!err)
            err = token_key_open(&a->keys[i], raw, kid);
    }
    explicit_bzero(raw, sizeof(raw));
    return err;
}

/* Loads sign-ins that ended before this start, but whose tokens may still be valid. */
static int load_ended(struct accounts *a, int64_t now, struct errbuf *why)
{
    struct store_list list = {0};
    const struct store_ended *items;
    int err = store_ended_list(a->store, now, &list, why);

    items = list.items;
    for (size_t i = 0; i < list.count; i++)
        ended_add(a->ended, items[i].family, items[i].expires_at, now);
    free(list.items);
    return err;
}

int accounts_open(struct accounts **ap, struct store *store, const struct seal *seal,
                  const struct accounts_params *params, struct errbuf *why)
{
    struct accounts *a = calloc(1, sizeof(*a));
    int err;

    if (!a)
        return err_set(why, UV_ENOMEM, "out of memory");
    uv_mutex_init(&a->lock);
    a->store = store;
    a->access_s = params && params->access_token_s ? params->access_token_s : ACCESS_S;
    a->refresh_s = params && params->refresh_token_s ? params->refresh_token_s : REFRESH_S;
    if (a->access_s > TOKEN_LIFE_MAX_S)
        a->access_s = TOKEN_LIFE_MAX_S;
    if (a->access_s > a->refresh_s) /* a sign-in is known as long as it has a refresh token */
        a->access_s = a->refresh_s;

    err = open_keys(a, seal, params && params->token_key ? params->token_key : 1);
    if (err)
        err_set(why, err, "cannot derive the key of access tokens");
    if (!err && ((err = ended_open(&a->ended)) || (err = challenges_open(&a->challenges))))
        err_set(why, err, "out of memory");
    if (!err)
        err = load_ended(a, clock_unix_ms(), why);
    if (err)
        accounts_close(a);
    else
        *ap = a;
    return err;
}

void accounts_close(struct accounts *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < KEYS; i++)
        token_key_close(a->keys[i]);
    ended_close(a->ended);
    challenges_close(a->challenges);
    uv_mutex_destroy(&a->lock);
    free(a);
}

void grant_release(struct grant *grant)
{
    store_user_release(&grant->user);
    explicit_bzero(grant, sizeof(*grant));
}

/* ------------------------------------------------------------------------------- grants */

/* A new pair of tokens for grant->user; the refresh row is filled in but not stored yet. began_at:
 * when their sign-in began. */
static int make_tokens(const struct accounts *a, const char *family, int64_t began_at, int64_t now,
                       const struct sign_in_from *from, struct grant *grant,
                       struct store_refresh *row)
{
    struct token_claims claims = {.issued_at = now, .expires_at = now + a->access_s * 1000LL};
    int64_t refused = ended_all_until(a->ended);

    if (claims.issued_at / 1000 <= refused / 1000) /* JWTs have whole seconds */
        claims.issued_at = refused + 1000;
    *row = (struct store_refresh){
        .expires_at = now + a->refresh_s * 1000LL, .began_at = began_at, .seen_at = now};
    if (from) {
        snprintf(row->address, sizeof(row->address), "%s", from->address);
        snprintf(row->program, sizeof(row->program), "%s", from->program);
    }
    snprintf(row->family, sizeof(row->family), "%s", family);
    memcpy(grant->family, row->family, sizeof(grant->family));
    memcpy(row->user_id, grant->user.id, sizeof(row->user_id));
    memcpy(claims.user, grant->user.id, sizeof(claims.user));
    memcpy(claims.family, row->family, sizeof(claims.family));

    refresh_new(grant->refresh);
    refresh_hash(grant->refresh, row->hash);
    grant->expires_in = a->access_s;
    grant->refresh_expires_in = a->refresh_s;
    return token_issue(a->keys[0], &claims, grant->access);
}

/* Starts a new family of refresh tokens. */
int accounts_begin(struct accounts *a, int64_t now, const struct sign_in_from *from,
                   struct grant *grant, struct errbuf *why)
{
    struct store_refresh row;
    char family[ID_TEXT_MAX];
    int err;

    id_new(family);
    if ((err = make_tokens(a, family, now, now, from, grant, &row)))
        return err_set(why, err, "cannot make a token");
    if ((err = store_refresh_put(a->store, &row, why)))
        return err;
    return store_refresh_prune(a->store, now, why);
}

/* ---- ending sign-ins ----------------------------------------------------------------------- */

int64_t accounts_last_expiry(int64_t now)
{
    return now + TOKEN_LIFE_MAX_S * 1000LL + TOKEN_LEEWAY_MS;
}

/* The end is already stored. */
static void ended_now(struct accounts *a, const char *user_id, const char *family, int64_t now)
{
    void (*fn)(const char *user_id, const char *family, void *arg);
    void *arg;

    ended_add(a->ended, family, accounts_last_expiry(now), now);
    uv_mutex_lock(&a->lock);
    fn = a->on_end;
    arg = a->on_end_arg;
    uv_mutex_unlock(&a->lock);
    if (fn)
        fn(user_id, family, arg);
}

void accounts_all_ended(struct accounts *a, const char *user_id, struct store_list *list,
                        int64_t now)
{
    const struct store_ended *items = list->items;

    for (size_t i = 0; i < list->count; i++)
        ended_now(a, user_id, items[i].family, now);
    free(list->items);
}

void accounts_watch(struct accounts *a,
                    void (*fn)(const char *user_id, const char *family, void *arg), void *arg)
{
    uv_mutex_lock(&a->lock);
    a->on_end = fn;
    a->on_end_arg = arg;
    uv_mutex_unlock(&a->lock);
}

int accounts_end(struct accounts *a, const char *user_id, const char *family, int64_t now,
                 struct errbuf *why)
{
    int err = store_refresh_revoke(a->store, family, accounts_last_expiry(now), why);

    if (!err)
        ended_now(a, user_id, family, now);
    return err;
}

/* ------------------------------------------------------------------------------ accounts */

static bool is_space(ucs4_t c)
{
    return c <= ' ' || c == 0x7f || c == 0xa0 || c == 0x200b || c == 0xfeff;
}

/* Case folding and composing can each undo the other once, so u8_casefold() does both. */
int accounts_email(const char *email, char to[static ACCOUNTS_EMAIL_MAX])
{
    const char *end = email + strlen(email);
    const char *first = NULL, *last = NULL;
    uint8_t *folded;
    size_t n = 0;

    if (!utf8_valid(email, (size_t)(end - email)))
        return UV_EINVAL;
    for (const char *p = email; p < end;) {
        const char *at = p;

        if (is_space(utf8_next(&p, end)))
            continue;
        first = first ? first : at;
        last = p;
    }
    if (!first || last - first > 4 * ACCOUNTS_EMAIL_MAX)
        return UV_EINVAL;
    folded =
        u8_casefold((const uint8_t *)first, (size_t)(last - first), NULL, UNINORM_NFC, NULL, &n);
    if (!folded)
        return UV_ENOMEM;
    if (n < ACCOUNTS_EMAIL_MAX) {
        memcpy(to, folded, n);
        to[n] = '\0';
    }
    free(folded);
    return n && n < ACCOUNTS_EMAIL_MAX ? 0 : UV_EINVAL;
}

int accounts_make_user(struct store_user *user, const char *email, const char *display_name,
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

int accounts_finish(struct grant *grant, int err)
{
    char user[ID_TEXT_MAX];

    if (!err)
        return 0;
    memcpy(user, grant->user.id, sizeof(user));
    grant_release(grant);
    memcpy(grant->user.id, user, sizeof(user));
    return err;
}

int accounts_signup(struct accounts *a, const char *email, const char *password,
                    const char *display_name, int64_t now, const struct sign_in_from *from,
                    struct grant *grant, struct errbuf *why)
{
    char encoded[PASSWORD_TEXT_MAX];
    char address[ACCOUNTS_EMAIL_MAX];
    int err;

    *grant = (struct grant){0};
    if ((err = accounts_email(email, address)))
        return err_set(why, err, "That is not an e-mail address.");
    if ((err = password_hash(password, encoded)) ||
        (err = accounts_make_user(&grant->user, address, display_name, now)))
        return err_set(why, err, "out of memory");
    grant->user.password = strdup(encoded);
    if (!grant->user.password)
        return accounts_finish(grant, err_set(why, UV_ENOMEM, "out of memory"));
    err = store_user_put(a->store, &grant->user, why);
    return accounts_finish(grant, err ? err : accounts_begin(a, now, from, grant, why));
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

/* The parameters have become stronger since this password was set. If the new hash cannot be stored
 * now, the next sign-in tries again. */
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

/* The error returned to the caller when checking a password fails. */
static int not_right(int err, const char *sentence, struct errbuf *why)
{
    if (err == UV_ENOMEM || err == UV_EAGAIN)
        return err_set(why, err, "the password could not be checked now");
    return err_set(why, UV_EACCES, "%s", sentence);
}

int accounts_refuse_disabled(struct errbuf *why)
{
    return err_set(why, UV_EPERM, "This account is disabled; ask whoever runs this server.");
}

/* The password may have been changed, or the user disabled, after it was read and before this
 * sign-in existed. */
static int still_may(struct accounts *a, const struct grant *grant, int64_t now, struct errbuf *why)
{
    struct store_user user;
    bool same, disabled;
    int err = store_user_get(a->store, grant->user.id, &user, why);

    if (err)
        return err == UV_ENOENT ? err_set(why, UV_EACCES, "E-mail or password is not right.") : err;
    same = user.password && strcmp(user.password, grant->user.password) == 0;
    disabled = user.disabled_at != 0;
    store_user_release(&user);
    if (same && !disabled)
        return 0;
    accounts_end(a, grant->user.id, grant->family, now, NULL);
    if (same)
        return accounts_refuse_disabled(why);
    return err_set(why, UV_EACCES, "E-mail or password is not right.");
}

int accounts_login(struct accounts *a, const char *email, const char *password, int64_t now,
                   const struct sign_in_from *from, struct grant *grant, struct errbuf *why)
{
    char address[ACCOUNTS_EMAIL_MAX];
    int err;

    *grant = (struct grant){0};
    err = accounts_email(email, address) ? UV_ENOENT : 0;
    if (!err)
        err = store_user_by_email(a->store, address, &grant->user, why);
    if (err && err != UV_ENOENT)
        return err;
    if (err || !grant->user.password) {
        store_user_release(&grant->user);
        err = password_check_nobody(password);
        return not_right(err, "E-mail or password is not right.", why);
    }
    if ((err = password_check(grant->user.password, password)))
        return accounts_finish(grant, not_right(err, "E-mail or password is not right.", why));
    if (grant->user.disabled_at) /* only reported to somebody who knows the password */
        return accounts_finish(grant, accounts_refuse_disabled(why));
    if (password_outdated(grant->user.password))
        rehash(a, &grant->user, password);
    if (!(err = accounts_begin(a, now, from, grant, why)))
        err = still_may(a, grant, now, why);
    return accounts_finish(grant, err);
}

int accounts_check_password(struct accounts *a, const char *user_id, const char *password,
                            struct errbuf *why)
{
    struct store_user user;
    int err = store_user_get(a->store, user_id, &user, why);

    if (err)
        return err;
    if (!user.password)
        err = err_set(why, UV_ENOTSUP, "This user signs in without a password.");
    else if ((err = password_check(user.password, password)))
        err = not_right(err, "That is not the password.", why);
    store_user_release(&user);
    return err;
}

int accounts_password(struct accounts *a, const char *user_id, const char *keep,
                      const char *current, const char *fresh, int64_t now, struct errbuf *why)
{
    char encoded[PASSWORD_TEXT_MAX];
    struct store_list ended;
    int err = accounts_check_password(a, user_id, current, why);

    if (err)
        return err;
    if ((err = password_hash(fresh, encoded)))
        return err_set(why, err, "the password could not be hashed");
    err = store_user_password(a->store, user_id, encoded, keep, accounts_last_expiry(now), &ended,
                              why);
    if (!err)
        accounts_all_ended(a, user_id, &ended, now);
    return err;
}

int accounts_local(struct accounts *a, int64_t now, const struct sign_in_from *from,
                   struct grant *grant, struct errbuf *why)
{
    int err;

    *grant = (struct grant){0};
    err = store_user_local(a->store, &grant->user, why);
    if (err == UV_ENOENT) {
        if (accounts_make_user(&grant->user, NULL, "You", now))
            return err_set(why, UV_ENOMEM, "out of memory");
        err = store_user_put(a->store, &grant->user, why);
        if (err == UV_EEXIST) { /* another request created it meanwhile */
            store_user_release(&grant->user);
            err = store_user_local(a->store, &grant->user, why);
        }
    }
    return accounts_finish(grant, err ? err : accounts_begin(a, now, from, grant, why));
}

/* Noted before the token is marked as used, so that a request that finds it used finds this too. */
static struct rotation *rotation_begin(struct accounts *a, const char *hash)
{
    struct rotation *r;

    uv_mutex_lock(&a->lock);
    r = &a->rotations[a->rotation_count++ % ROTATIONS_MAX];
    snprintf(r->hash, sizeof(r->hash), "%s", hash);
    r->done_us = UINT64_MAX;
    uv_mutex_unlock(&a->lock);
    return r;
}

static void rotation_end(struct accounts *a, struct rotation *r, const char *hash, bool used)
{
    uv_mutex_lock(&a->lock);
    if (strcmp(r->hash, hash) == 0) {
        r->done_us = clock_mono_us();
        if (!used)
            r->hash[0] = '\0';
    }
    uv_mutex_unlock(&a->lock);
}

/* Had another request already used it when this one arrived? */
static bool is_beside_another(struct accounts *a, const char *hash, uint64_t asked_us)
{
    bool found = false;

    uv_mutex_lock(&a->lock);
    for (size_t i = 0; i < ROTATIONS_MAX && !found; i++) {
        const struct rotation *r = &a->rotations[i];

        found = strcmp(r->hash, hash) == 0 && asked_us <= r->done_us;
    }
    uv_mutex_unlock(&a->lock);
    return found;
}

static int used_before(struct accounts *a, const struct store_refresh *old, bool beside,
                       int64_t now, struct errbuf *why)
{
    int err;

    if (beside)
        return err_set(why, UV_EBUSY,
                       "The sign-in was renewed by another request at the same moment.");
    err = accounts_end(a, old->user_id, old->family, now, why);
    return err ? err
               : err_set(why, UV_EALREADY,
                         "The refresh token had been used before, so this sign-in was ended "
                         "everywhere; sign in again.");
}

int accounts_refresh(struct accounts *a, const char *refresh, int64_t now, uint64_t asked_us,
                     const struct sign_in_from *from, struct grant *grant, struct errbuf *why)
{
    struct store_refresh old;
    struct store_refresh fresh;
    struct rotation *rotation;
    char hash[REFRESH_HASH_MAX];
    int err;

    *grant = (struct grant){0};
    if (refresh_hash(refresh, hash))
        return err_set(why, UV_EACCES, "That is not a refresh token.");
    err = store_refresh_get(a->store, hash, &old, why);
    if (err == UV_ENOENT)
        return err_set(why, UV_EACCES, "The refresh token is not known; sign in again.");
    if (err)
        return err;
    memcpy(grant->user.id, old.user_id, sizeof(grant->user.id));
    if (old.expires_at <= now)
        return err_set(why, UV_ETIMEDOUT, "The refresh token has expired; sign in again.");
    if (old.used_at)
        return used_before(a, &old, is_beside_another(a, hash, asked_us), now, why);

    if ((err = store_user_get(a->store, old.user_id, &grant->user, why)))
        return err == UV_ENOENT ? UV_EACCES : err;
    if (grant->user.disabled_at)
        return accounts_finish(
            grant,
            err_set(why, UV_EACCES, "This account is disabled; ask whoever runs this server."));
    if ((err = make_tokens(a, old.family, old.began_at, now, from, grant, &fresh)))
        return accounts_finish(grant, err_set(why, err, "cannot make a token"));

    /* A request that comes later with the same token is not to be trusted, and neither is the first
     * one: nobody knows which of them is the thief's. */
    rotation = rotation_begin(a, hash);
    err = store_refresh_rotate(a->store, hash, &fresh, now, why);
    rotation_end(a, rotation, hash, !err);
    if (err == UV_EEXIST) /* used after we looked, that is, at the same time */
        return accounts_finish(grant, used_before(a, &old, true, now, why));
    return accounts_finish(grant, err == UV_ENOENT ? UV_EACCES : err);
}

int accounts_logout(struct accounts *a, const char *refresh, int64_t now,
                    char user[static ID_TEXT_MAX], struct errbuf *why)
{
    struct store_refresh row;
    char hash[REFRESH_HASH_MAX];
    int err;

    user[0] = '\0';
    if (refresh_hash(refresh, hash))
        return 0;
    err = store_refresh_get(a->store, hash, &row, why);
    if (err)
        return err == UV_ENOENT ? 0 : err;
    memcpy(user, row.user_id, ID_TEXT_MAX);
    return accounts_end(a, row.user_id, row.family, now, why);
}

int accounts_erase(struct accounts *a, const char *user_id, int64_t now, struct errbuf *why)
{
    struct store_list ended;
    int err = store_user_erase(a->store, user_id, accounts_last_expiry(now), &ended, why);

    if (!err)
        accounts_all_ended(a, user_id, &ended, now);
    return err;
}

bool accounts_has_ended(struct accounts *a, const struct token_claims *claims)
{
    return ended_has(a->ended, claims->family, claims->issued_at);
}

int accounts_verify(struct accounts *a, const char *token, size_t len, int64_t now,
                    struct token_claims *claims)
{
    struct token_claims c;
    int err = UV_EACCES;

    for (size_t i = 0; i < KEYS && a->keys[i] && err == UV_EACCES; i++)
        err = token_verify(a->keys[i], token, len, now, &c);
    if (!err && accounts_has_ended(a, &c))
        err = UV_EACCES;
    if (!err)
        *claims = c;
    return err;
}
