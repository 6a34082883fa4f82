/**
 * @file base/network.c  IP addresses and networks as numbers
 */
#include "base/network.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>
#include <uv.h>

enum { MAPPED = 96, ALL = 128 }; /* bits of ::ffff:0:0/96, and of an address */

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_mapped(const struct ip_address *a)
{
    return memcmp(a->byte, mapped, sizeof(mapped)) == 0;
}

int ip_address_parse(const char *text, size_t len, struct ip_address *out)
{
    char copy[IP_ADDRESS_TEXT_MAX];
    struct ip_address a;

    if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (!len || len >= sizeof(copy))
        return UV_EINVAL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET6, copy, a.byte) != 1) {
        memcpy(a.byte, mapped, sizeof(mapped));
        if (inet_pton(AF_INET, copy, a.byte + sizeof(mapped)) != 1)
            return UV_EINVAL;
    }
    *out = a;
    return 0;
}

void ip_address_text(const struct ip_address *a, char to[static IP_ADDRESS_TEXT_MAX])
{
    if (is_mapped(a))
        inet_ntop(AF_INET, a->byte + sizeof(mapped), to, IP_ADDRESS_TEXT_MAX);
    else
        inet_ntop(AF_INET6, a->byte, to, IP_ADDRESS_TEXT_MAX);
}

bool ip_address_is_loopback(const struct ip_address *a)
{
    static const struct ip_address one = {.byte = {[15] = 1}};

    if (is_mapped(a))
        return a->byte[sizeof(mapped)] == 127;
    return memcmp(a, &one, sizeof(one)) == 0;
}

int network_parse(const char *text, struct network *out)
{
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    struct network n = {.bits = ALL};
    struct network rest;
    int64_t bits;

    if (ip_address_parse(text, len, &n.first))
        return UV_EINVAL;
    if (slash) {
        bool v4 = !memchr(text, ':', len);

        if (slash[1] == '-' || !text_to_int64(slash + 1, 0, v4 ? ALL - MAPPED : ALL, &bits))
            return UV_EINVAL;
        n.bits = (int)bits + (v4 ? MAPPED : 0);
    }
    rest = n;
    for (int bit = n.bits; bit < ALL; bit++)
        rest.first.byte[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
    if (memcmp(&rest.first, &n.first, sizeof(n.first)) != 0)
        return UV_EINVAL; /* 10.0.0.1/8: an address or the network? Ambiguous */
    *out = n;
    return 0;
}

bool network_holds(const struct network *n, const struct ip_address *a)
{
    int whole = n->bits / 8;
    uint8_t mask = (uint8_t) ~(0xff >> n->bits % 8);

    if (memcmp(n->first.byte, a->byte, (size_t)whole) != 0)
        return false;
    return !mask || (n->first.byte[whole] & mask) == (a->byte[whole] & mask);
}
