/**
 * @file auth/base64url.c  base64url without padding (RFC 4648 section 5), strict
 */
#include "auth/base64url.h"

#include <stdint.h>
#include <uv.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t base64url_encode(const void *data, size_t n, char *text)
{
    const unsigned char *p = data;
    uint32_t acc = 0;
    unsigned bits = 0;
    char *to = text;

    for (size_t i = 0; i < n; i++) {
        acc = acc << 8 | p[i];
        for (bits += 8; bits >= 6; bits -= 6)
            *to++ = alphabet[acc >> (bits - 6) & 63];
    }
    if (bits)
        *to++ = alphabet[acc << (6 - bits) & 63];
    *to = '\0';
    return (size_t)(to - text);
}

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : -1;
}

long base64url_decode(const char *text, size_t len, void *data, size_t max)
{
    unsigned char *to = data;
    uint32_t acc = 0;
    unsigned bits = 0;
    size_t n = 0;

    if (len % 4 == 1 || len / 4 * 3 + len % 4 * 3 / 4 > max)
        return UV_EINVAL;
    for (size_t i = 0; i < len; i++) {
        int d = digit(text[i]);

        if (d < 0)
            return UV_EINVAL;
        acc = acc << 6 | (uint32_t)d;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            to[n++] = (unsigned char)(acc >> bits);
        }
    }
    if (acc & ((1u << bits) - 1))
        return UV_EINVAL;
    return (long)n;
}
