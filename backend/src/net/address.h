/**
 * @file net/address.h  Who may talk to us: peers, Host and Origin, as pure functions
 *
 * A page of another site can make a browser on this machine send requests to 127.0.0.1. What it
 * cannot do is hide where it came from: its Origin is foreign, and after DNS rebinding its Host
 * is a foreign name. So whoever trusts "it comes from this machine" must ask all three.
 *
 * Threads    Any; nothing here keeps state.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>

struct http_request;

/** Text of an address: 127.0.0.0/8, ::1 or ::ffff:127.x.x.x? */
bool address_is_loopback(const char *text);

/** The client that an address counts as: a whole /64 is one client (RFC 6177), an IPv4 address is
 *  itself, mapped or not. */
void address_network(const char *text, char to[static 64]);

/** Host header ("localhost:8080", "[::1]:80", "127.0.0.1"): does it name this machine only? */
bool host_is_loopback(const char *host);

/** Is origin ("https://a.example:8443") the site that host and tls describe? Default ports count
 *  as written out. NULL is no origin and false. */
bool origin_is_same(const char *origin, const char *host, bool tls);

/** Is origin in the NULL-terminated list? Compared without case; "null" never matches. */
bool origin_is_listed(const char *origin, const char *const *list);

/** Loopback peer, loopback Host, and an Origin (or, without one, Sec-Fetch-Site) that is the
 *  same site, and an account of this machine that may (net/owner.h): the guard for whatever needs
 *  no password on this machine. */
bool http_is_local(const struct http_request *req);

#endif
