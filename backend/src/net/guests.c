/**
 * @file net/guests.c  How many connections an address has
 *
 * A table of chains that is as large as it will be, because the connections are limited too. IPv6
 * hosts are given whole /64 networks, so that much of an address counts as one.
 */
#include "net/net_internal.h"

#include <stdlib.h>
#include <string.h>

enum { CHAINS = 512 };

struct guest {
    struct guest *next;
    struct in6_addr from;
    size_t count;
};

struct guests {
    struct guest *chain[CHAINS];
    uint64_t seed; /* nobody outside can choose who shares a chain */
};

int guests_open(struct guests **gp)
{
    struct guests *g = calloc(1, sizeof(*g));

    if (!g)
        return UV_ENOMEM;
    uv_random(NULL, NULL, &g->seed, sizeof(g->seed), 0, NULL);
    *gp = g;
    return 0;
}

void guests_close(struct guests *g)
{
    if (!g)
        return;
    for (int i = 0; i < CHAINS; i++) {
        for (struct guest *at = g->chain[i], *next; at; at = next) {
            next = at->next;
            free(at);
        }
    }
    free(g);
}

static struct in6_addr network_of(const struct in6_addr *from)
{
    struct in6_addr net = *from;

    if (!IN6_IS_ADDR_V4MAPPED(from))
        memset(net.s6_addr + 8, 0, 8);
    return net;
}

static struct guest **find(struct guests *g, const struct in6_addr *net)
{
    uint64_t hash = g->seed;
    struct guest **at;

    for (int i = 0; i < 16; i++)
        hash = (hash ^ net->s6_addr[i]) * 0x100000001b3u; /* FNV-1a */
    at = &g->chain[(hash >> 20) % CHAINS];
    while (*at && memcmp(&(*at)->from, net, sizeof(*net)) != 0)
        at = &(*at)->next;
    return at;
}

size_t guests_enter(struct guests *g, const struct in6_addr *from)
{
    struct in6_addr net = network_of(from);
    struct guest **at = find(g, &net);

    if (!*at) {
        *at = calloc(1, sizeof(**at));
        if (!*at)
            return SIZE_MAX;
        (*at)->from = net;
    }
    return ++(*at)->count;
}

void guests_leave(struct guests *g, const struct in6_addr *from)
{
    struct in6_addr net = network_of(from);
    struct guest **at = find(g, &net);
    struct guest *gone = *at;

    if (!gone || --gone->count)
        return;
    *at = gone->next;
    free(gone);
}
