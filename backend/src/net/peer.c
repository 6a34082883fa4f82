/**
 * @file net/peer.c  Who asks, and for which site
 *
 * Handlers read req->peer, req->peer_loopback, req->tls and req->host and nothing else, so this is
 * the one place that decides what they say: the connection itself, or what a proxy that is believed
 * says of the client behind it (forwarded.h).
 */
#include "net/net_internal.h"

#include "net/forwarded.h"

#include <stdlib.h>
#include <string.h>

/* At the person's own machine: the connection comes from it, and nobody stands between. nginx's
 * shortest form adds no field at all, but speaks HTTP/1.0, which no browser has for decades. */
static bool is_from_here(const struct txn *t, const struct ip_address *from,
                         const struct forwarded *f)
{
    return ip_address_is_loopback(from) && !f->seen && !t->http10;
}

int peer_open(struct http_server *s, struct errbuf *why)
{
    const char *const *text = s->config.proxies;
    size_t n = 0;

    while (text && text[n])
        n++;
    s->proxies = calloc(n + 1, sizeof(*s->proxies));
    if (!s->proxies)
        return err_set(why, UV_ENOMEM, "no memory for the addresses of proxies");
    for (size_t i = 0; i < n; i++)
        if (network_parse(text[i], &s->proxies[i]))
            return err_set(why, UV_EINVAL, "\"%.80s\" is no address of a proxy, nor a network",
                           text[i]);
    s->proxy_count = n;
    return 0;
}

void peer_read(struct txn *t)
{
    const struct http_server *s = t->server;
    struct ip_address from;
    struct forwarded f;
    bool believed;

    memcpy(from.byte, t->conn->address.s6_addr, sizeof(from.byte));
    forwarded_read(&f, &t->inner.head, s->proxies, s->proxy_count);
    believed = f.seen && forwarded_believes(s->proxies, s->proxy_count, &from);
    t->req.peer_loopback = is_from_here(t, &from, &f);
    t->req.tls = t->conn->ssl != NULL || (believed && f.https);
    if (believed && f.has_client)
        from = f.client;
    ip_address_text(&from, t->inner.peer);
    t->req.peer = t->inner.peer;
    t->req.peer_port = t->conn->port;
    if (believed && *f.host)
        t->req.host = request_keep(&t->inner, f.host, strlen(f.host));
}
