/**
 * @file auth/signup_link.c  A token for creating an account: an address and a time, sealed
 */
#include "auth/signup_link.h"

#include "auth/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "su_"
#define OWNER  "signup" /* associated data, so that no sealed field can be used as a link */
#define FIELD  "signup.link"

static const char not_good[] =
    "This link does not work any more: it was used already, or it is too old. Ask for a new one.";

int signup_link_make(const struct seal *seal, const char *email, int64_t now,
                     char token[static SIGNUP_LINK_TEXT_MAX], struct errbuf *why)
{
    char clear[24 + ACCOUNTS_EMAIL_MAX];
    char *sealed = NULL;
    int n, err;

    snprintf(clear, sizeof(clear), "%lld %s", now + SIGNUP_LINK_S * 1000LL, email);
    err = seal_text(seal, OWNER, FIELD, clear, &sealed);
    if (err)
        return err_set(why, err, "a link could not be made");
    n = snprintf(token, SIGNUP_LINK_TEXT_MAX, PREFIX "%s", sealed);
    free(sealed);
    return n < SIGNUP_LINK_TEXT_MAX ? 0 : err_set(why, UV_E2BIG, "a link could not be made");
}

/* The address in "<until> <address>" if it has not expired; else NULL. */
static const char *address_of(const char *clear, int64_t now)
{
    char *end;
    long long until = strtoll(clear, &end, 10);

    return *end == ' ' && now < until && strlen(end + 1) < ACCOUNTS_EMAIL_MAX ? end + 1 : NULL;
}

int signup_link_read(const struct seal *seal, const char *token, int64_t now,
                     char email[static ACCOUNTS_EMAIL_MAX], struct errbuf *why)
{
    const size_t head = sizeof(PREFIX) - 1;
    const char *address = NULL;
    char *clear = NULL;

    if (!strncmp(token, PREFIX, head) && token[head] &&
        !unseal_text(seal, OWNER, FIELD, token + head, &clear))
        address = address_of(clear, now);
    if (address)
        snprintf(email, ACCOUNTS_EMAIL_MAX, "%s", address);
    free(clear);
    return address ? 0 : err_set(why, UV_EACCES, "%s", not_good);
}
