/**
 * @file auth/accounts_internal.h  What the files of accounts share; private to auth/
 */
#ifndef AUTH_ACCOUNTS_INTERNAL_H
#define AUTH_ACCOUNTS_INTERNAL_H

#include "auth/accounts.h"

#include <uv.h>

struct challenges;
struct ended;

enum {
    KEYS = 2,            /**< The key that signs, and the one that did before */
    ROTATIONS_MAX = 256, /**< Far more than run at a time: each takes milliseconds */
};

struct rotation {
    char hash[REFRESH_HASH_MAX]; /* of the token that was used */
    uint64_t done_us;            /* clock_mono_us() when the new one was stored */
};

struct accounts {
    struct store *store;
    struct token_key *keys[KEYS]; /* the second may be NULL */
    struct ended *ended;
    struct challenges *challenges; /* of passkeys */
    int access_s;
    int refresh_s;

    uv_mutex_t lock;
    void (*on_end)(const char *user_id, const char *family, void *arg); /* {lock} */
    void *on_end_arg;                                                   /* {lock} */

    /* The newest rotations, to tell who asked at the same time from who came later. */
    struct rotation rotations[ROTATIONS_MAX]; /* {lock} */
    size_t rotation_count;                    /* {lock} counts on, modulo ROTATIONS_MAX */
};

/** Until when a token may be out that was issued by now, also with another access_token_s. */
int64_t accounts_last_expiry(int64_t now);

/** These sign-ins, whose end is stored, are over now: struct store_ended. Frees the items. */
void accounts_all_ended(struct accounts *a, const char *user_id, struct store_list *list,
                        int64_t now);

/** A new user with an id; email is as accounts_email() writes it, or NULL. UV_ENOMEM. */
int accounts_make_user(struct store_user *user, const char *email, const char *display_name,
                       int64_t now);

/** A new sign-in of grant->user: its tokens. */
int accounts_begin(struct accounts *a, int64_t now, const struct sign_in_from *from,
                   struct grant *grant, struct errbuf *why);
/** Passes err on. If it is an error, nothing is left of the grant but the user it would have been
 *  for. */
int accounts_finish(struct grant *grant, int err);
int accounts_refuse_disabled(struct errbuf *why);

/** UV_EACCES: it is not the user's; UV_ENOTSUP: the user has none. */
int accounts_check_password(struct accounts *a, const char *user_id, const char *password,
                            struct errbuf *why);

#endif
