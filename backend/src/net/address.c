/**
 * @file net/address.c  Peers, Host and Origin
 */
#include "net/address.h"

#include "base/network.h"
#include "base/text.h"
#include "net/http.h"
#include "net/owner.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HOST_MAX = 256 };

struct authority {
    char name[HOST_MAX]; /* without brackets */
    int64_t port;        /* 0: none given */
};

bool address_is_loopback(const char *text)
{
    struct ip_address a;

    return !ip_address_parse(text, strlen(text), &a) && ip_address_is_loopback(&a);
}

void address_network(const char *text, char to[static 64])
{
    struct in6_addr v6;

    if (strncasecmp(text, "::ffff:", 7) == 0 && strchr(text, '.'))
        text += 7;
    snprintf(to, 64, "%s", text);
    if (inet_pton(AF_INET6, text, &v6) != 1)
        return;
    memset(v6.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &v6, to, 64);
}

/* "name", "name:port", "[v6]", "[v6]:port"; false for anything else. */
static bool split(const char *text, struct authority *a)
{
    const char *end;
    size_t len;

    a->port = 0;
    if (*text == '[') {
        end = strchr(++text, ']');
        len = end ? (size_t)(end - text) : 0;
        end = end ? end + 1 : NULL;
    } else {
        len = strcspn(text, ":");
        end = text + len;
    }
    if (!end || !len || len >= sizeof(a->name))
        return false;
    memcpy(a->name, text, len);
    a->name[len] = '\0';
    if (!*end)
        return true;
    return *end == ':' && text_to_int64(end + 1, 1, 65535, &a->port);
}

bool host_is_loopback(const char *host)
{
    struct authority a;

    if (!host || !split(host, &a))
        return false;
    return text_equal_nocase(a.name, "localhost") || address_is_loopback(a.name);
}

bool origin_is_same(const char *origin, const char *host, bool tls)
{
    const char *scheme = tls ? "https://" : "http://";
    int64_t usual = tls ? 443 : 80;
    struct authority o;
    struct authority h;

    if (!origin || !host || strncasecmp(origin, scheme, strlen(scheme)) != 0)
        return false;
    if (!split(origin + strlen(scheme), &o) || !split(host, &h))
        return false;
    return text_equal_nocase(o.name, h.name) &&
           (o.port ? o.port : usual) == (h.port ? h.port : usual);
}

bool origin_is_listed(const char *origin, const char *const *list)
{
    if (!origin || !list || strcmp(origin, "null") == 0)
        return false;
    for (; *list; list++) {
        if (text_equal_nocase(*list, origin))
            return true;
    }
    return false;
}

bool http_is_local(const struct http_request *req)
{
    const char *host = req->host;
    const char *origin = http_header(req, "origin");
    const char *site = http_header(req, "sec-fetch-site");
    uid_t uid;

    if (!req->peer_loopback || !host_is_loopback(host))
        return false;
    if (owner_of_port(req->peer_port, (uint16_t)http_server_port(req->server), &uid) == 0 &&
        !owner_is_person(uid, geteuid()))
        return false;
    if (origin)
        return origin_is_same(origin, host, req->tls);
    return site && strcmp(site, "same-origin") == 0;
}
