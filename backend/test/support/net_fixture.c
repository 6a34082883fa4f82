/**
 * @file test/support/net_fixture.c  A real server on a free port
 */
#include "cmocka_all.h"

#include "support/net_fixture.h"

#include <signal.h>

static void run(void *arg)
{
    loop_run(((struct net_fixture *)arg)->loop);
}

void net_fixture_start(struct net_fixture *f, const struct http_config *config,
                       const struct http_route *routes, const struct ws_route *sockets)
{
    struct http_config c = config ? *config : (struct http_config){.connections_max = 256};
    const struct lane_size sizes[LANE_COUNT] = {[LANE_REQUEST] = {2, 64}};
    struct errbuf err = {""};

    signal(SIGPIPE, SIG_IGN);
    c.host = "127.0.0.1";
    c.port = 0;
    assert_int_equal(loop_open(&f->loop, &err), 0);
    assert_int_equal(lanes_open(&f->lanes, f->loop, sizes), 0);
    if (http_server_open(&f->server, f->loop, f->lanes, &c, routes, sockets, f->app, &err))
        fail_msg("%s", err.text);
    f->port = http_server_port(f->server);
    assert_int_equal(uv_thread_create(&f->thread, run, f), 0);
}

static void stopped(void *arg)
{
    struct net_fixture *f = arg;

    if (f->on_stopped)
        f->on_stopped();
    loop_stop(f->loop);
}

static void shut_down(void *arg)
{
    struct net_fixture *f = arg;

    http_server_shutdown(f->server, f->shutdown_ms ? f->shutdown_ms : 2000, stopped, f);
}

void net_fixture_stop(struct net_fixture *f)
{
    assert_int_equal(loop_post(f->loop, shut_down, f), 0);
    uv_thread_join(&f->thread);
    http_server_close(f->server);
    lanes_close(f->lanes);
    assert_int_equal(loop_close(f->loop), 0);
}
