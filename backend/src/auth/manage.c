/**
 * @file auth/manage.c  Listing sign-ins, and administering accounts
 */
#include "auth/accounts_internal.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------ sign-ins */

int accounts_sign_ins(struct accounts *a, const char *user_id, int64_t now, struct store_list *list,
                      struct errbuf *why)
{
    return store_sign_in_list(a->store, user_id, now, list, why);
}

int accounts_sign_out(struct accounts *a, const char *user_id, const char *family, int64_t now,
                      struct errbuf *why)
{
    struct store_list ended;
    int err = store_sign_in_end(a->store, user_id, family, accounts_last_expiry(now), &ended, why);

    if (err)
        return err;
    err = ended.count ? 0 : err_set(why, UV_ENOENT, "there is no such sign-in");
    accounts_all_ended(a, user_id, &ended, now);
    return err;
}

int accounts_sign_out_others(struct accounts *a, const char *user_id, const char *keep, int64_t now,
                             size_t *count, struct errbuf *why)
{
    struct store_list ended;
    int err =
        store_sign_in_end_others(a->store, user_id, keep, accounts_last_expiry(now), &ended, why);

    if (err)
        return err;
    if (count)
        *count = ended.count;
    accounts_all_ended(a, user_id, &ended, now);
    return 0;
}

/* ---- administration ------------------------------------------------------------------------ */

int accounts_add(struct accounts *a, const char *email, const char *display_name,
                 enum store_role role, int64_t now, struct store_user *user, struct errbuf *why)
{
    char address[ACCOUNTS_EMAIL_MAX];
    int err;

    if ((err = accounts_email(email, address)))
        return err_set(why, err, "That is not an e-mail address.");
    if ((err = accounts_make_user(user, address, display_name, now)))
        return err_set(why, err, "out of memory");
    user->role = role;
    err = store_user_put(a->store, user, why);
    if (err)
        store_user_release(user);
    return err;
}

static int change_disabled(struct store_user *user, void *arg)
{
    const int64_t *disabled_at = arg;

    if (!*disabled_at || !user->disabled_at) /* if it was done twice, the first time counts */
        user->disabled_at = *disabled_at;
    return 0;
}

/* A sign-in that is just being made checks this again afterwards, and is refused. */
int accounts_disable(struct accounts *a, const char *user_id, bool disabled, int64_t now,
                     struct store_user *user, struct errbuf *why)
{
    int64_t disabled_at = disabled ? now : 0;
    int err = store_user_change(a->store, user_id, change_disabled, &disabled_at, user, why);

    if (err || !disabled)
        return err;
    err = accounts_sign_out_others(a, user_id, "", now, NULL, why);
    if (err)
        store_user_release(user);
    return err;
}

static int change_role(struct store_user *user, void *arg)
{
    user->role = *(const enum store_role *)arg;
    return 0;
}

int accounts_set_role(struct accounts *a, const char *user_id, enum store_role role,
                      struct store_user *user, struct errbuf *why)
{
    return store_user_change(a->store, user_id, change_role, &role, user, why);
}
