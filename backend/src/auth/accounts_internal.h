/**
 * @file auth/accounts_internal.h  Shared by the files of accounts; private to auth/
 */
#ifndef AUTH_ACCOUNTS_INTERNAL_H
#define AUTH_ACCOUNTS_INTERNAL_H

#include "auth/accounts.h"

#include <uv.h>

struct challenges;
struct ended;

enum {
    KEYS = 2,            /**< The current signing key, and the previous one */
    ROTATIONS_MAX = 256, /**< Far more than run at the same time: each takes milliseconds */
};

struct rotation {
    char hash[REFRESH_HASH_MAX]; /* of the token that was used */
    uint64_t done_us;            /* clock_mono_us() when the new one was stored */
};

struct accounts {
    struct store *store;
    struct token_key *keys[KEYS]; /* the second may be NULL */
    struct ended *ended;
    struct challenges *challenges; /* for passkeys */
    int access_s;
    int refresh_s;

    uv_mutex_t lock;
    void (*on_end)(const char *user_id, const char *family, void *arg); /* {lock} */
    void *on_end_arg;                                                   /* {lock} */

    /* The newest rotations, to distinguish requests at the same time from later ones. */
    struct rotation rotations[ROTATIONS_MAX]; /* {lock} */
    size_t rotation_count;                    /* {lock} counts on, modulo ROTATIONS_MAX */
};

/** The latest time at which a token issued until now can expire, even with another
 *  access_token_s. */
int64_t accounts_last_expiry(int64_t now);

/** These sign-ins, whose end is stored, are over: struct store_ended. Frees the items. */
void accounts_all_ended(struct accounts *a, const char *user_id, struct store_list *list,
                        int64_t now);

/** A new user with an id; email is in the form of accounts_email(), or NULL. UV_ENOMEM. */
int accounts_make_user(struct store_user *user, const char *email, const char *display_name,
                       int64_t now);

/** A new sign-in of grant->user, with its tokens. */
int accounts_begin(struct accounts *a, int64_t now, const struct sign_in_from *from,
                   struct grant *grant, struct errbuf *why);
/** Returns err. On an error only the user remains in the grant. */
int accounts_finish(struct grant *grant, int err);
int accounts_refuse_disabled(struct errbuf *why);

/** UV_EACCES: not the user's password; UV_ENOTSUP: the user has none. */
int accounts_check_password(struct accounts *a, const char *user_id, const char *password,
                            struct errbuf *why);

#endif
