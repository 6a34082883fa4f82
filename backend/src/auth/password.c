/**
 * @file auth/password.c  Passwords: argon2id, in its encoded form
 */
#include "auth/password.h"

#include "base/id.h"
#include "loop/lanes.h"

#include <argon2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#include <zxcvbn.h>

/* OWASP Password Storage Cheat Sheet: argon2id with m = 19 MiB, t = 2, p = 1. */
enum {
    MEMORY_KIB = 19 * 1024,
    PASSES = 2,
    LANES = 1,
    SALT_LEN = 16,
    HASH_LEN = 32,
    MEMORY_MAX_KIB = 256 * 1024, /* an encoded string that needs more is not one of ours */

    /* Some ten million guesses: far more than the sign-in limit allows, and all lists of the most
     * common passwords are covered before. */
    BITS_MIN = 24,
    WORDS_MAX = 16, /* in a name and an e-mail */
    WORD_MIN = 3,
    WORD_MAX = 64,
};

int password_hash(const char *password, char encoded[static PASSWORD_TEXT_MAX])
{
    unsigned char salt[SALT_LEN];
    int err;

    lane_only(LANE_HASH, "hashing a password");
    random_bytes(salt, sizeof(salt));
    err = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password, strlen(password), salt,
                                sizeof(salt), HASH_LEN, encoded, PASSWORD_TEXT_MAX);
    return err == ARGON2_OK ? 0 : UV_ENOMEM;
}

struct cost {
    unsigned memory, passes, lanes;
};

static bool read_cost(const char *encoded, struct cost *c)
{
    int end = 0;

    return sscanf(encoded, "$argon2id$v=19$m=%u,t=%u,p=%u$%n", &c->memory, &c->passes, &c->lanes,
                  &end) == 3 &&
           end > 0;
}

int password_check(const char *encoded, const char *password)
{
    struct cost c;
    int err;

    if (!read_cost(encoded, &c) || c.memory > MEMORY_MAX_KIB || c.passes > 16 || c.lanes > 16)
        return UV_EINVAL;
    lane_only(LANE_HASH, "hashing a password");
    err = argon2id_verify(encoded, password, strlen(password));
    if (err == ARGON2_OK)
        return 0;
    if (err == ARGON2_MEMORY_ALLOCATION_ERROR)
        return UV_ENOMEM;
    return err == ARGON2_VERIFY_MISMATCH ? UV_EACCES : UV_EINVAL;
}

bool password_outdated(const char *encoded)
{
    struct cost c;

    return !read_cost(encoded, &c) || c.memory < MEMORY_KIB || c.passes < PASSES || c.lanes < LANES;
}

/* The same work as checking one of our hashes; the result is ignored. */
int password_check_nobody(const char *password)
{
    static const unsigned char salt[SALT_LEN] = "nobody has this";
    unsigned char hash[HASH_LEN];
    int err;

    lane_only(LANE_HASH, "hashing a password");
    err = argon2id_hash_raw(PASSES, MEMORY_KIB, LANES, password, strlen(password), salt,
                            sizeof(salt), hash, sizeof(hash));
    return err == ARGON2_MEMORY_ALLOCATION_ERROR ? UV_ENOMEM : UV_EACCES;
}

/* The words of a text, split where letters and digits end: "Ada Lovelace" gives two. */
static size_t add_words(const char *text, char words[][WORD_MAX], size_t count)
{
    while (*text && count < WORDS_MAX) {
        size_t n = strcspn(text, " @.-_+");

        if (n >= WORD_MIN && n < WORD_MAX) {
            memcpy(words[count], text, n);
            words[count++][n] = '\0';
        }
        text += n;
        text += *text != '\0';
    }
    return count;
}

/* The reason that accounts for most of it. */
static const char *reason(const ZxcMatch_t *matches)
{
    const ZxcMatch_t *most = matches;

    for (const ZxcMatch_t *m = matches; m; m = m->Next)
        if (m->Length > most->Length)
            most = m;
    if (most && most->Type & MULTIPLE_MATCH)
        return "the same again and again, which is tried first";
    switch (most ? most->Type : NON_MATCH) {
    case USER_MATCH:
    case USER_LEET_MATCH:
        return "made of your name or e-mail, which is tried first";
    case REPEATS_MATCH:
        return "the same again and again, which is tried first";
    case SEQUENCE_MATCH:
    case SPATIAL_MATCH:
        return "a row of keys or numbers, which is tried first";
    case DATE_MATCH:
    case YEAR_MATCH:
        return "a date, which is tried first";
    default:
        return "one of the passwords that are tried first, or nearly";
    }
}

const char *password_weakness(const char *password, const char *const *about)
{
    char words[WORDS_MAX][WORD_MAX] = {"interviewd", "interview", "assistant"};
    const char *list[WORDS_MAX + 1] = {NULL};
    ZxcMatch_t *matches = NULL;
    const char *why = NULL;
    size_t count = 3;

    for (; about && *about; about++)
        count = add_words(*about, words, count);
    for (size_t i = 0; i < count; i++)
        list[i] = words[i];
    if (ZxcvbnMatch(password, list, &matches) < BITS_MIN)
        why = reason(matches);
    ZxcvbnFreeInfo(matches);
    return why;
}
