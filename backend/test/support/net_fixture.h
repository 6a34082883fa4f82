/**
 * @file test/support/net_fixture.h  A real server on a free port, its loop on its own thread
 *
 *     struct net_fixture f;
 *     net_fixture_start(&f, &config, routes, sockets);
 *     … wire_request(f.port, …) …
 *     net_fixture_stop(&f);                  // graceful; asserts that the loop closes clean
 */
#ifndef TEST_SUPPORT_NET_FIXTURE_H
#define TEST_SUPPORT_NET_FIXTURE_H

#include "loop/loop.h"
#include "net/http.h"

struct net_fixture {
    struct loop *loop;
    struct lanes *lanes;
    struct http_server *server;
    int port;
    void *app;
    uv_thread_t thread;
    void (*on_stopped)(void); /**< (optional) When http_server_shutdown() is done */
    uint64_t shutdown_ms;     /**< Given to http_server_shutdown(); 0: 2,000 */
};

/** config may be NULL; host and port are set here. */
void net_fixture_start(struct net_fixture *f, const struct http_config *config,
                       const struct http_route *routes, const struct ws_route *sockets);
void net_fixture_stop(struct net_fixture *f);

#endif
