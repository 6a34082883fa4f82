/**
 * @file test/support/api_server.c  The REST server alone: no page, no sockets, no recogniser
 *
 *     api-server --listen=127.0.0.1:0 --data=DIR [further settings]
 *
 * Prints "listening on PORT" once it does, and runs until SIGTERM. For the tests and measurements
 * of the resources; `interviewd serve` is the product.
 */
#include "api/app.h"
#include "auth/accounts.h"
#include "auth/ratelimit.h"
#include "auth/seal.h"
#include "config/config.h"
#include "loop/loop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static struct app app;
static struct http_server *server;

static void on_down(void *arg)
{
    (void)arg;
    loop_stop(app.loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    uv_close((uv_handle_t *)handle, NULL);
    http_server_shutdown(server, 3000, on_down, NULL);
}

static int open_parts(struct config *c, struct errbuf *err)
{
    struct store_params params = {.path = config_path(c, "interview.db")};
    struct accounts_params life = {.access_token_s = c->access_token_s,
                                   .refresh_token_s = c->refresh_token_s};
    int e;

    app.config = c;
    if ((e = loop_open(&app.loop, err)) || (e = lanes_open(&app.lanes, app.loop, NULL)) ||
        (e = store_open(&app.store, "sqlite", &params, err)) ||
        (e = store_migrate(app.store, NULL, NULL, err)) ||
        (e = seal_open(&app.seal, config_path(c, "keys/master.key"), c->master_key,
                       SEAL_FIRST_START, err)) ||
        (e = accounts_open(&app.accounts, app.store, app.seal, &life, err)))
        return e;
    if (c->requests_per_minute)
        ratelimit_open(&app.user_limit, "user", c->requests_per_minute, 60);
    if (c->sign_ins_per_minute)
        ratelimit_open(&app.sign_in_limit, "sign-in", c->sign_ins_per_minute, 60);
    return 0;
}

static int serve(struct config *c, struct errbuf *err)
{
    struct http_config http = {.host = c->listen_host,
                               .port = c->listen_port,
                               .origins = c->origins,
                               .connections_max = c->connections_max,
                               .idle_timeout_ms = (uint64_t)c->idle_timeout_ms,
                               .before = api_before};
    static const struct ws_route no_sockets[] = {{NULL, {0}}};
    uv_signal_t stop;
    int e =
        http_server_open(&server, app.loop, app.lanes, &http, api_routes(), no_sockets, &app, err);

    if (e)
        return e;
    uv_signal_init(loop_uv(app.loop), &stop);
    uv_signal_start(&stop, on_signal, SIGTERM);
    printf("listening on %d\n", http_server_port(server));
    fflush(stdout);
    loop_run(app.loop);
    return 0;
}

int main(int argc, char **argv)
{
    struct config *config = NULL;
    struct errbuf err = {""};
    int e = config_load(&config, argc - 1, argv + 1, NULL, &err);

    signal(SIGPIPE, SIG_IGN);
    if (!e)
        e = open_parts(config, &err);
    if (!e)
        e = serve(config, &err);
    if (e)
        fprintf(stderr, "api-server: %s\n", err.text);
    http_server_close(server);
    lanes_close(app.lanes);
    ratelimit_close(app.user_limit);
    ratelimit_close(app.sign_in_limit);
    accounts_close(app.accounts);
    seal_close(app.seal);
    store_close(app.store);
    loop_close(app.loop);
    config_free(config);
    return e ? 1 : 0;
}
