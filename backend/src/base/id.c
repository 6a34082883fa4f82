/**
 * @file base/id.c  Opaque ids, and random bytes for anything that needs them
 */
#include "base/id.h"

#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uv.h>

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* Crockford: no i l o u */

static struct {
    uv_mutex_t lock;
    uint64_t last_ms; /* {lock} */
    uint16_t counter; /* {lock} 12 bits */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

void random_bytes(void *to, size_t n)
{
    unsigned char *p = to;

    while (n > 0) {
        ssize_t got = getrandom(p, n < 256 ? n : 256, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            abort();
        p += got;
        n -= (size_t)got;
    }
}

/* The time and counter parts: never the same pair twice, and never going back. */
static void next_tick(uint64_t *ms, uint16_t *counter)
{
    uint64_t now = (uint64_t)clock_unix_ms();

    uv_mutex_lock(&state.lock);
    if (now > state.last_ms) {
        state.last_ms = now;
        state.counter = 0;
    } else if (++state.counter > 0xfff) {
        state.last_ms++;
        state.counter = 0;
    }
    *ms = state.last_ms;
    *counter = state.counter;
    uv_mutex_unlock(&state.lock);
}

/* 128 bits as 26 digits of 5 bits; the first digit only holds 3. */
static void write_base32(const unsigned char raw[static 16], char text[static ID_TEXT_MAX])
{
    unsigned acc = 0;
    unsigned bits = 2; /* two leading zero bits make 130 */
    char *to = text;

    for (int i = 0; i < 16; i++) {
        acc = acc << 8 | raw[i];
        for (bits += 8; bits >= 5; bits -= 5)
            *to++ = alphabet[acc >> (bits - 5) & 31];
    }
    *to = '\0';
}

static void write_id(char text[static ID_TEXT_MAX], uint64_t ms, uint16_t counter)
{
    unsigned char raw[16];

    random_bytes(raw, sizeof(raw));
    for (int i = 0; i < 6; i++)
        raw[i] = (unsigned char)(ms >> (40 - 8 * i));
    raw[6] = (unsigned char)(0x70 | counter >> 8);
    raw[7] = (unsigned char)counter;
    raw[8] = (unsigned char)(0x80 | (raw[8] & 0x3f));

    write_base32(raw, text);
}

void id_new(char text[static ID_TEXT_MAX])
{
    uint64_t ms;
    uint16_t counter;

    next_tick(&ms, &counter);
    write_id(text, ms, counter);
}

void id_new_at(char text[static ID_TEXT_MAX], int64_t unix_ms)
{
    write_id(text, (uint64_t)unix_ms, 0);
}

static char process[ID_TEXT_MAX];

static void make_process(void)
{
    id_new(process);
}

const char *id_of_process(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_process);
    return process;
}

/* Ten digits of 5 bits: the two zero bits and the 48 of the time. */
int64_t id_time(const char *text)
{
    int64_t ms = 0;

    for (int i = 0; i < 10; i++)
        ms = ms << 5 | (strchr(alphabet, text[i]) - alphabet);
    return ms;
}

bool id_valid(const char *text)
{
    if (!text || strlen(text) != ID_TEXT_MAX - 1)
        return false;
    return strspn(text, alphabet) == ID_TEXT_MAX - 1;
}
