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

/* Values of the characters, plus one; 0 for all others. */
static const unsigned char values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64,
};

/* Four characters to three bytes. An invalid character shows in the high bits: 0 - 1. */
static uint32_t quartet(const unsigned char *p, unsigned char *to)
{
    uint32_t a = values[p[0]] - 1u;
    uint32_t b = values[p[1]] - 1u;
    uint32_t c = values[p[2]] - 1u;
    uint32_t d = values[p[3]] - 1u;
    uint32_t all = a << 18 | b << 12 | c << 6 | d;

    to[0] = (unsigned char)(all >> 16);
    to[1] = (unsigned char)(all >> 8);
    to[2] = (unsigned char)all;
    return (a | b | c | d) & 0x80000000u;
}

/* The last two or three characters: one or two bytes; the leftover bits must be zero. */
static long remainder_of(const unsigned char *p, size_t len, unsigned char *to)
{
    unsigned char padded[4] = {p[0], p[1], len > 2 ? p[2] : 'A', 'A'};
    unsigned char bytes[3];

    if (quartet(padded, bytes) || bytes[len - 1])
        return UV_EINVAL;
    to[0] = bytes[0];
    if (len > 2)
        to[1] = bytes[1];
    return (long)len - 1;
}

long base64url_decode(const char *text, size_t len, void *data, size_t max)
{
    const unsigned char *p = (const unsigned char *)text;
    unsigned char *to = data;
    size_t whole = len / 4;
    uint32_t bad = 0;
    long more = 0;

    if (len % 4 == 1 || whole * 3 + len % 4 * 3 / 4 > max)
        return UV_EINVAL;
    for (size_t i = 0; i < whole; i++)
        bad |= quartet(p + 4 * i, to + 3 * i);
    if (bad)
        return UV_EINVAL;
    if (len % 4)
        more = remainder_of(p + 4 * whole, len % 4, to + 3 * whole);
    return more < 0 ? more : (long)(whole * 3) + more;
}
