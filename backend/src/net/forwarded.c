/**
 * @file net/forwarded.c  What the proxies in front say of who asks
 */
#include "net/forwarded.h"

#include "base/text.h"
#include "net/target.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HOPS_MAX = 16 }; /* no chain of proxies is longer; further to the left is not read */

/* One proxy's word: whom it talked to, and how that one spoke. */
struct hop {
    struct piece from; /* empty: not said */
    struct piece scheme;
    struct piece host;
};

/* From left to right; when there are too many, the last ones. */
struct hops {
    struct hop at[HOPS_MAX];
    size_t n;
};

static struct hop *add(struct hops *h)
{
    if (h->n == HOPS_MAX) {
        memmove(h->at, h->at + 1, (HOPS_MAX - 1) * sizeof(h->at[0]));
        h->n--;
    }
    h->at[h->n] = (struct hop){{NULL, 0}, {NULL, 0}, {NULL, 0}};
    return &h->at[h->n++];
}

static struct piece trimmed(const char *at, size_t len)
{
    while (len && (*at == ' ' || *at == '\t')) {
        at++;
        len--;
    }
    while (len && (at[len - 1] == ' ' || at[len - 1] == '\t'))
        len--;
    if (len >= 2 && *at == '"' && at[len - 1] == '"') {
        at++;
        len -= 2;
    }
    return (struct piece){at, len};
}

/* Up to one of these outside quotation marks, or to the end. */
static size_t span(const char *text, const char *ends)
{
    bool quoted = false;
    size_t n = 0;

    for (; text[n] && (quoted || !strchr(ends, text[n])); n++) {
        if (text[n] == '"')
            quoted = !quoted;
        else if (quoted && text[n] == '\\' && text[n + 1])
            n++;
    }
    return n;
}

static bool is_named(const char *text, size_t len, const char *name)
{
    return len == strlen(name) && strncasecmp(text, name, len) == 0;
}

/* for=192.0.2.60;proto=https;host=example.com (RFC 7239 section 4) */
static void read_element(struct hop *hop, const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        size_t pair = span(text, ";");
        const char *equals;
        struct piece name, value;

        if (pair > (size_t)(end - text))
            pair = (size_t)(end - text);
        equals = memchr(text, '=', pair);
        if (equals) {
            name = trimmed(text, (size_t)(equals - text));
            value = trimmed(equals + 1, (size_t)(text + pair - equals - 1));
            if (is_named(name.at, name.len, "for"))
                hop->from = value;
            else if (is_named(name.at, name.len, "proto"))
                hop->scheme = value;
            else if (is_named(name.at, name.len, "host"))
                hop->host = value;
        }
        text += pair + 1;
    }
}

static void read_forwarded(struct hops *hops, const char *value)
{
    while (*value) {
        size_t len = span(value, ",");

        read_element(add(hops), value, len);
        value += len + (value[len] == ',');
    }
}

/* ---------------------------------------------------------- the older fields */

struct list {
    struct piece at[HOPS_MAX];
    size_t n;
};

static void read_list(struct list *l, const char *value)
{
    while (*value) {
        size_t len = strcspn(value, ",");

        if (l->n == HOPS_MAX)
            memmove(l->at, l->at + 1, --l->n * sizeof(l->at[0]));
        l->at[l->n++] = trimmed(value, len);
        value += len + (value[len] == ',');
    }
}

/* The word that goes with the i-th address of n. Proxies that set a field instead of adding to it
 * leave one word for all of them; then the last one counts, which a believed hand wrote. */
static struct piece word_of(const struct list *l, size_t i, size_t n)
{
    if (!l->n)
        return (struct piece){NULL, 0};
    return l->n == n ? l->at[i] : l->at[l->n - 1];
}

static void pair_up(struct hops *hops, const struct list *from, const struct list *scheme,
                    const struct list *host)
{
    size_t n = from->n ? from->n : 1;

    for (size_t i = 0; i < n; i++) {
        struct hop *hop = add(hops);

        if (from->n)
            hop->from = from->at[i];
        hop->scheme = word_of(scheme, i, n);
        hop->host = word_of(host, i, n);
    }
}

/* ------------------------------------------------------------------ reading */

/* "192.0.2.7", "192.0.2.7:4711", "[2001:db8::1]:4711", "2001:db8::1" */
static bool read_client(struct piece from, struct ip_address *to)
{
    const char *end, *colon;

    if (!from.len)
        return false;
    end = from.at + from.len;
    if (*from.at == '[') {
        const char *bracket = memchr(from.at, ']', from.len);

        return bracket && (bracket + 1 == end || bracket[1] == ':') &&
               ip_address_parse(from.at, (size_t)(bracket + 1 - from.at), to) == 0;
    }
    colon = memchr(from.at, ':', from.len);
    if (colon && !memchr(colon + 1, ':', (size_t)(end - colon - 1)))
        from.len = (size_t)(colon - from.at);
    return ip_address_parse(from.at, from.len, to) == 0;
}

bool forwarded_believes(const struct network *proxies, size_t proxy_count,
                        const struct ip_address *from)
{
    if (ip_address_is_loopback(from))
        return true;
    for (size_t i = 0; i < proxy_count; i++) {
        if (network_holds(&proxies[i], from))
            return true;
    }
    return false;
}

static void take_host(struct forwarded *out, struct piece host, const char *port)
{
    bool has_port = host.len && memchr(host.at, ':', host.len) && host.at[host.len - 1] != ']';
    char text[FORWARDED_HOST_MAX];
    int n = snprintf(text, sizeof(text), "%.*s%s%s", (int)(host.len < 512 ? host.len : 512),
                     host.len ? host.at : "", port && !has_port ? ":" : "",
                     port && !has_port ? port : "");

    if (host.len && n < (int)sizeof(text) && authority_valid(text))
        memcpy(out->host, text, (size_t)n + 1);
}

static void take(struct forwarded *out, const struct hops *hops, const struct network *proxies,
                 size_t proxy_count, const char *port)
{
    const struct hop *hop = NULL;

    for (size_t i = hops->n; i > 0; i--) {
        hop = &hops->at[i - 1];
        out->has_client = read_client(hop->from, &out->client);
        if (!out->has_client || !forwarded_believes(proxies, proxy_count, &out->client))
            break;
    }
    if (!hop)
        return;
    out->https = is_named(hop->scheme.at, hop->scheme.len, "https") ||
                 is_named(hop->scheme.at, hop->scheme.len, "wss");
    out->has_scheme = out->https || is_named(hop->scheme.at, hop->scheme.len, "http") ||
                      is_named(hop->scheme.at, hop->scheme.len, "ws");
    take_host(out, hop->host, port);
}

/* Fields that only a proxy writes, when it passes a request on: those of common servers, balancers
 * and content networks. A name that ends with * stands for all that begin so. */
static bool tells_of_a_proxy(const char *name)
{
    static const char *const names[] = {"forwarded",
                                        "forwarded-for",
                                        "via",
                                        "x-forwarded*",
                                        "x-original-*",
                                        "x-rewrite-url",
                                        "x-real-*",
                                        "x-client-ip",
                                        "client-ip",
                                        "x-cluster-*",
                                        "true-client-ip",
                                        "x-remote-*",
                                        "x-proxyuser-*",
                                        "x-originating-*",
                                        "x-host",
                                        "x-scheme",
                                        "x-url-scheme",
                                        "front-end-https",
                                        "cf-*",
                                        "cdn-loop",
                                        "cloudfront-*",
                                        "fastly-*",
                                        "fly-*",
                                        "x-amzn-*",
                                        "x-appengine-*",
                                        "x-azure-*",
                                        "x-envoy-*",
                                        "tailscale-user-*"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t len = strcspn(names[i], "*");

        if (strncmp(name, names[i], len) == 0 && (names[i][len] || !name[len]))
            return true;
    }
    return false;
}

static bool agree(const struct forwarded *a, const struct forwarded *b)
{
    return a->has_client == b->has_client && a->https == b->https &&
           memcmp(&a->client, &b->client, sizeof(a->client)) == 0;
}

void forwarded_read(struct forwarded *out, const struct head *head, const struct network *proxies,
                    size_t proxy_count)
{
    struct hops standard = {.n = 0}, older = {.n = 0};
    struct list from = {.n = 0}, scheme = {.n = 0}, host = {.n = 0};
    const char *port = NULL;
    const char *real = NULL;
    struct forwarded other = {.seen = true};

    *out = (struct forwarded){.seen = false};
    for (int i = 0; i < head->count; i++) {
        const char *name = head->text + head->field[i].name;
        const char *value = head->text + head->field[i].value;

        if (!tells_of_a_proxy(name))
            continue;
        out->seen = true;
        if (strcmp(name, "forwarded") == 0)
            read_forwarded(&standard, value);
        else if (strcmp(name, "x-forwarded-for") == 0)
            read_list(&from, value);
        else if (strcmp(name, "x-forwarded-proto") == 0)
            read_list(&scheme, value);
        else if (strcmp(name, "x-forwarded-host") == 0)
            read_list(&host, value);
        else if (strcmp(name, "x-forwarded-port") == 0)
            port = value;
        else if (strcmp(name, "x-real-ip") == 0)
            real = value;
    }
    if (!from.n && real)
        read_list(&from, real);
    if (from.n || scheme.n || host.n)
        pair_up(&older, &from, &scheme, &host);
    take(out, standard.n ? &standard : &older, proxies, proxy_count, standard.n ? NULL : port);
    if (!standard.n || !older.n)
        return;
    /* A proxy that writes one kind lets the client's own words in the other pass. */
    take(&other, &older, proxies, proxy_count, port);
    if (!agree(out, &other))
        *out = (struct forwarded){.seen = true};
}
