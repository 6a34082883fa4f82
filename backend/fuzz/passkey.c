/**
 * @file fuzz/passkey.c  What a browser, or whoever says to be one, sends of a passkey
 *
 * The first byte says what the rest is: 'c' client data, 'm' an attestation object, 's'
 * authenticator data with 72 bytes of signature behind it; else CBOR. Held: nothing is read beyond
 * its end (each input lies in memory of exactly its size), a key that was taken can be loaded
 * again, and nobody without its private key signs.
 */
#include "auth/passkey.h"
#include "auth/cbor.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct passkey_rp rp = {"interview.example", "https://interview.example"};

/* The P-256 key of RFC 6979, appendix A.2.5. */
static const struct passkey_key somebody = {
    .id = "i",
    .id_len = 1,
    .alg = -7,
    .key_len = 64,
    .key = {0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d, 0x31, 0xc9, 0x61, 0xeb, 0x74, 0xc6,
            0x35, 0x6d, 0x68, 0xc0, 0x49, 0xb8, 0x92, 0x3b, 0x61, 0xfa, 0x6c, 0xe6, 0x69,
            0x62, 0x2e, 0x60, 0xf2, 0x9f, 0xb6, 0x79, 0x03, 0xfe, 0x10, 0x08, 0xb8, 0xbc,
            0x99, 0xa4, 0x1a, 0xe9, 0xe9, 0x56, 0x28, 0xbc, 0x64, 0xf2, 0xf1, 0xb2, 0x0c,
            0x2d, 0x7e, 0x9f, 0x51, 0x77, 0xa3, 0xc2, 0x94, 0xd4, 0x46, 0x22, 0x99},
};

static struct passkey_client client_of(const char *type)
{
    struct passkey_client client = {.challenge = "abc", .origin = "https://interview.example"};

    memcpy(client.type, type, strlen(type) + 1);
    return client;
}

static int sign(const struct passkey_key *key, const unsigned char *data, size_t size)
{
    size_t tail = size < 72 ? size : 72;
    struct passkey_signature s = {data, size - tail, data + size - tail, tail};
    struct passkey_client client = client_of("webauthn.get");
    uint32_t count;

    return passkey_signed(&rp, &client, key, &s, &count, NULL);
}

static void make(const unsigned char *data, size_t size)
{
    struct passkey_client client = client_of("webauthn.create");
    unsigned char answer[37 + 72] = {0};
    struct passkey_key key;

    if (passkey_made(&rp, &client, data, size, &key, NULL))
        return;
    if (!key.id_len || key.id_len > PASSKEY_ID_MAX || !key.key_len || key.key_len > PASSKEY_KEY_MAX)
        abort();
    /* The head of the authenticator data that made it lies somewhere in the input: its RP ID's hash
     * and flags are good for signing in as well. */
    for (size_t i = 0; i + 37 <= size; i++) {
        memcpy(answer, data + i, 37);
        answer[32] &= 0x3f;
        if (sign(&key, answer, sizeof(answer)) == 0)
            abort();
        if (sign(&key, answer, sizeof(answer)) == UV_ENOTSUP)
            abort();
    }
}

static void read_client(const unsigned char *data, size_t size)
{
    struct passkey_client client;
    struct passkey_rp other;

    if (passkey_client_read(data, size, &client, NULL))
        return;
    if (!passkey_rp(client.origin, &other, NULL) && strlen(other.id) >= strlen(other.origin))
        abort();
}

static void walk(const unsigned char *data, size_t size)
{
    size_t at = 0, before = 0;

    while (!cbor_next(data, size, &at, NULL)) {
        if (at <= before || at > size)
            abort();
        before = at;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char *exact;

    if (!size || !(exact = malloc(size)))
        return 0;
    memmove(exact, data + 1, size - 1);
    exact = realloc(exact, size - 1 ? size - 1 : 1);
    if (data[0] == 'c')
        read_client(exact, size - 1);
    else if (data[0] == 'm')
        make(exact, size - 1);
    else if (data[0] == 's' && !sign(&somebody, exact, size - 1))
        abort();
    else
        walk(exact, size - 1);
    free(exact);
    return 0;
}
