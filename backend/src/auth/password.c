/**
 * @file auth/password.c  Passwords: argon2id, in its encoded form
 */
#include "auth/password.h"

#include "base/id.h"
#include "base/text.h"
#include "loop/lanes.h"

#include <argon2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* OWASP Password Storage Cheat Sheet: argon2id with m = 19 MiB, t = 2, p = 1. */
enum {
    MEMORY_KIB = 19 * 1024,
    PASSES = 2,
    LANES = 1,
    SALT_LEN = 16,
    HASH_LEN = 32,
    MEMORY_MAX_KIB = 256 * 1024, /* an encoded string that asks for more is not one of ours */
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

/* The same work as a check against a hash of ours; the outcome is thrown away. */
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

/* Of ten characters and more: shorter ones are refused for their length. */
static const char *const common[] = {
    "0123456789",   "0987654321",         "1q2w3e4r5t",       "1q2w3e4r5t6y", "1234567890",
    "12345678910",  "123456789012",       "1234512345",       "1234567891",   "9876543210",
    "abcdefghij",   "abcdefghijk",        "abc1234567",       "abcd123456",   "admin12345",
    "admin123456",  "asdfghjkl1",         "asdfghjkl;",       "basketball",   "changeme123",
    "changeme1234", "football123",        "helloworld",       "iloveyou123",  "iloveyou12",
    "interview123", "interviewassistant", "letmein123",       "letmein1234",  "liverpool1",
    "mypassword",   "p@ssw0rd123",        "passw0rd123",      "password01",   "password10",
    "password11",   "password12",         "password123",      "password1234", "password12345",
    "password!1",   "password1!",         "passwordpassword", "princess123",  "q1w2e3r4t5",
    "q1w2e3r4t5y6", "qazwsxedcrfv",       "qwerty12345",      "qwerty123456", "qwertyuiop",
    "qwertyuiop1",  "qwertyuiop123",      "qwertyuiop[]",     "sunshine123",  "superman123",
    "test123456",   "testtest123",        "welcome123",       "welcome1234",  "zaq12wsxcde3",
    "zxcvbnm123",   "1qaz2wsx3edc",       "1qazxsw23edc",     "111222333444",
};

bool password_is_common(const char *password)
{
    size_t len = strlen(password);

    if (len && strspn(password, (char[]){password[0], '\0'}) == len)
        return true;
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        if (text_equal_nocase(common[i], password))
            return true;
    }
    return false;
}
