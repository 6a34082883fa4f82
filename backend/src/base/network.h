/**
 * @file base/network.h  IP addresses and networks as numbers
 *
 *     struct network n;
 *     struct ip_address a;
 *
 *     network_parse("10.0.0.0/8", &n);         // or one address: "192.0.2.7", "::1", "[::1]"
 *     if (ip_address_parse("10.1.2.3", strlen("10.1.2.3"), &a) == 0 && network_holds(&n, &a)) ...
 *
 * IPv4 addresses are stored as IPv4-mapped IPv6 (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2), so that
 * a dual-stack socket gives the same address for a client either way.
 *
 * Threads    Any; there is no state.
 * Errors     UV_EINVAL for anything else.
 */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IP_ADDRESS_TEXT_MAX = 46 }; /**< Longest text of an address, with its NUL, [bytes] */

struct ip_address {
    uint8_t byte[16];
};

struct network {
    struct ip_address first;
    int bits; /**< Length of the prefix: 0..128 */
};

/** An address without a port: "192.0.2.7", "2001:db8::1", "[2001:db8::1]". */
int ip_address_parse(const char *text, size_t len, struct ip_address *out);
void ip_address_text(const struct ip_address *a, char to[static IP_ADDRESS_TEXT_MAX]);
bool ip_address_is_loopback(const struct ip_address *a); /**< 127.0.0.0/8 or ::1 */

/** An address, or address/bits (RFC 4632 section 3.1). Bits after the prefix must be zero. */
int network_parse(const char *text, struct network *out);
bool network_holds(const struct network *n, const struct ip_address *a);

#endif
