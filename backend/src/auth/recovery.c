/**
 * @file auth/recovery.c  A way back in for a user who has forgotten the password
 */
#include "auth/recovery.h"

#include "auth/accounts_internal.h"
#include "auth/password.h"

#include <stdio.h>
#include <string.h>

static const char not_good[] =
    "This link does not work any more: it was used already, or it is too "
    "old. Ask for a new one.";

/* Like a refresh token, with another prefix so that neither can be taken for the other. */
static int hash_of(const char *token, char hash[static REFRESH_HASH_MAX])
{
    char text[RECOVERY_TEXT_MAX];

    if (strncmp(token, "rp_", 3) != 0 || strlen(token) != RECOVERY_TEXT_MAX - 1)
        return UV_EINVAL;
    memcpy(text, token, sizeof(text));
    memcpy(text, "rt_", 3);
    return refresh_hash(text, hash);
}

static int may_recover(struct accounts *a, const char *user_id, struct errbuf *why)
{
    struct store_user user;
    int err = store_user_get(a->store, user_id, &user, why);

    if (err)
        return err;
    if (!user.email)
        err = err_set(why, UV_EPERM, "The local owner has no password.");
    else if (user.disabled_at)
        err = err_set(why, UV_EPERM, "The account is disabled.");
    store_user_release(&user);
    return err;
}

int recovery_begin(struct accounts *a, const char *user_id, int life_s, int64_t now,
                   char token[static RECOVERY_TEXT_MAX], struct errbuf *why)
{
    struct store_reset reset = {.expires_at = now + life_s * 1000LL};
    int err = may_recover(a, user_id, why);

    if (err)
        return err;
    refresh_new(token);
    memcpy(token, "rp_", 3);
    hash_of(token, reset.hash);
    snprintf(reset.user_id, sizeof(reset.user_id), "%s", user_id);
    err = store_reset_put(a->store, &reset, why);
    if (err)
        explicit_bzero(token, RECOVERY_TEXT_MAX);
    return err;
}

int recovery_end(struct accounts *a, const char *token, const char *password, int64_t now,
                 char user_id[static ID_TEXT_MAX], struct errbuf *why)
{
    char encoded[PASSWORD_TEXT_MAX];
    char hash[REFRESH_HASH_MAX];
    struct store_list ended;
    int err;

    user_id[0] = '\0';
    if (hash_of(token, hash))
        return err_set(why, UV_EACCES, "%s", not_good);
    if ((err = password_hash(password, encoded)))
        return err_set(why, err, "the password could not be hashed");
    err = store_reset_use(a->store, hash, now, encoded, accounts_last_expiry(now), user_id, &ended,
                          why);
    if (err)
        return err == UV_ENOENT ? err_set(why, UV_EACCES, "%s", not_good) : err;
    accounts_all_ended(a, user_id, &ended, now);
    return 0;
}
