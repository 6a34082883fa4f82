/**
 * @file auth/challenge.c  Challenges: random numbers made here, each for one purpose and one use
 */
#include "auth/challenge.h"

#include "auth/base64url.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    RANDOM_LEN = 16,
    BODY_LEN = RANDOM_LEN + 8, /* plus its expiry time [ms] since 1970 */
    MAC_LEN = 32,
    CHALLENGE_LEN = BODY_LEN + MAC_LEN,
};

struct spent {
    unsigned char random[RANDOM_LEN];
    int64_t ends_at;
};

struct challenges {
    unsigned char key[32];
    uv_mutex_t lock;
    struct spent *spent; /* {lock} a ring, in the order of use */
    size_t first, count; /* {lock} */
};

int challenges_open(struct challenges **cp)
{
    struct challenges *c = calloc(1, sizeof(*c));

    if (c)
        c->spent = calloc(CHALLENGES_MAX, sizeof(*c->spent));
    if (!c || !c->spent || RAND_priv_bytes(c->key, sizeof(c->key)) != 1) {
        free(c ? c->spent : NULL);
        free(c);
        return UV_ENOMEM;
    }
    uv_mutex_init(&c->lock);
    *cp = c;
    return 0;
}

void challenges_close(struct challenges *c)
{
    if (!c)
        return;
    uv_mutex_destroy(&c->lock);
    explicit_bzero(c->key, sizeof(c->key));
    free(c->spent);
    free(c);
}

/* Over the purpose, the user and the body; the first two include their NUL. */
static int make_mac(const struct challenges *c, const char *purpose, const char *user,
                    const unsigned char body[static BODY_LEN], unsigned char mac[static MAC_LEN])
{
    unsigned char text[128];
    size_t n = strlen(purpose) + 1, m = strlen(user) + 1;

    if (n + m + BODY_LEN > sizeof(text))
        return UV_EINVAL;
    memcpy(text, purpose, n);
    memcpy(text + n, user, m);
    memcpy(text + n + m, body, BODY_LEN);
    return HMAC(EVP_sha256(), c->key, sizeof(c->key), text, n + m + BODY_LEN, mac, NULL)
               ? 0
               : UV_ENOMEM;
}

int challenge_new(const struct challenges *c, const char *purpose, const char *user, int64_t now,
                  char text[static CHALLENGE_TEXT_MAX])
{
    unsigned char bytes[CHALLENGE_LEN];
    uint64_t ends_at = (uint64_t)now + CHALLENGE_S * 1000;
    int err;

    if (RAND_bytes(bytes, RANDOM_LEN) != 1)
        return UV_ENOMEM;
    for (int i = 0; i < 8; i++)
        bytes[RANDOM_LEN + i] = (unsigned char)(ends_at >> (56 - 8 * i));
    if (!(err = make_mac(c, purpose, user, bytes, bytes + BODY_LEN)))
        base64url_encode(bytes, sizeof(bytes), text);
    return err;
}

/* Expired ones at the front are dropped. */
static int spend(struct challenges *c, const unsigned char *random, int64_t ends_at, int64_t now)
{
    struct spent *s;

    while (c->count && c->spent[c->first].ends_at <= now) {
        c->first = (c->first + 1) % CHALLENGES_MAX;
        c->count--;
    }
    for (size_t i = 0; i < c->count; i++)
        if (!memcmp(c->spent[(c->first + i) % CHALLENGES_MAX].random, random, RANDOM_LEN))
            return UV_EACCES;
    if (c->count == CHALLENGES_MAX)
        return UV_EBUSY;
    s = &c->spent[(c->first + c->count++) % CHALLENGES_MAX];
    memcpy(s->random, random, RANDOM_LEN);
    s->ends_at = ends_at;
    return 0;
}

int challenge_spend(struct challenges *c, const char *text, const char *purpose, const char *user,
                    int64_t now)
{
    unsigned char bytes[CHALLENGE_LEN];
    unsigned char mac[MAC_LEN];
    uint64_t ends_at = 0;
    int err;

    if (base64url_decode(text, strlen(text), bytes, sizeof(bytes)) != CHALLENGE_LEN)
        return UV_EACCES;
    if ((err = make_mac(c, purpose, user, bytes, mac)))
        return err;
    if (CRYPTO_memcmp(mac, bytes + BODY_LEN, MAC_LEN) != 0)
        return UV_EACCES;
    for (int i = 0; i < 8; i++)
        ends_at = ends_at << 8 | bytes[RANDOM_LEN + i];
    if ((int64_t)ends_at <= now)
        return UV_ETIMEDOUT;
    uv_mutex_lock(&c->lock);
    err = spend(c, bytes, (int64_t)ends_at, now);
    uv_mutex_unlock(&c->lock);
    return err;
}
