/**
 * @file net/peer.c  Who asks, and for which site: what the connection itself says
 *
 * Handlers read req->peer, req->peer_loopback, req->tls and req->host and nothing else, so this is
 * the one place that decides what they say.
 */
#include "net/inner.h"

#include "net/address.h"

#include <arpa/inet.h>

void peer_read(struct txn *t)
{
    const struct in6_addr *from = &t->conn->address;
    char *to = t->inner.peer;

    if (IN6_IS_ADDR_V4MAPPED(from))
        inet_ntop(AF_INET, from->s6_addr + 12, to, sizeof(t->inner.peer));
    else
        inet_ntop(AF_INET6, from, to, sizeof(t->inner.peer));
    t->req.peer = to;
    t->req.peer_loopback = address_is_loopback(to);
    t->req.tls = t->conn->ssl != NULL;
}
