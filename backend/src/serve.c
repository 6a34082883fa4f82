/**
 * @file serve.c  interviewd serve: the server, from start to stop
 *
 * SIGHUP: read the certificate and the keys again. SIGTERM or SIGINT: stop accepting connections,
 * close the WebSockets (1001), interrupt answers in progress and store them, end what is left after
 * STOP_WITHIN_MS, then free everything and exit. A second signal exits at once, and so does a
 * server that hangs: loop/watchdog.h.
 */
#include "program.h"

#include "api/door.h"
#include "api/resealing.h"
#include "api/sockets.h"
#include "asr/engine.h"
#include "llm/provider_probe.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "loop/service.h"
#include "loop/watchdog.h"
#include "net/client.h"
#include "observe/log.h"
#include "welcome.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    STOP_WITHIN_MS = 5000,
    LEAVE_WITHIN_MS = 1500, /* for the workers, once everything they could wait for has ended */
    LEAVE_TICK_MS = 10,
    WELCOME_WAIT_MS = 1000, /* for the answer providers to respond */
};

struct serve {
    struct program program;
    struct http_server *server;
    struct watchdog *watchdog;
    struct service *service;
    uv_signal_t hang_up; /* SIGHUP: read certificate and keys again */
    struct door *door;   /* (optional) for `interviewd admin` */
    int socket;          /* passed by the service manager; -1: none */
    struct loop_timer *leaving;
    struct loop_timer *welcome; /* NULL once it is printed */
    int ticks;
};

static const struct ws_route sockets[] = {
    {.path = "/ws/transcribe"},
    {.path = "/ws/llm-stream"},
    {.path = "/v1/realtime", .protocol = "realtime"},
    {.path = NULL},
};

/* -------------------------------------------------------------------------- stopping */

static void look_who_works(void *arg)
{
    struct serve *s = arg;
    const struct app *app = &s->program.app;
    bool busy = lanes_busy(app->lanes) || (app->hub && !asr_hub_stopped(app->hub));

    if (busy && ++s->ticks < LEAVE_WITHIN_MS / LEAVE_TICK_MS)
        return;
    timer_close(s->leaving);
    loop_stop(s->program.app.loop);
}

/* A worker may be waiting for a transcript or a remote server: both end now, while the loop still
 * runs to tell it. */
static void on_stored(void *arg)
{
    struct serve *s = arg;
    struct app *app = &s->program.app;

    http_client_stop(app->client);
    if (app->hub)
        asr_hub_stop(app->hub);
    if (timer_open(&s->leaving, app->loop, look_who_works, s) ||
        timer_start(s->leaving, 0, LEAVE_TICK_MS))
        loop_stop(app->loop);
}

static void on_server_down(void *arg)
{
    struct serve *s = arg;

    live_registry_shutdown(s->program.app.live, on_stored, s);
}

static void on_stop(int number, void *arg)
{
    struct serve *s = arg;

    log_info("serve", "stopping: signal %d", number);
    service_stopping(s->service);
    resealer_stop(s->program.app.resealer);
    program_stopping(&s->program);
    if (s->program.app.hub)
        asr_hub_end(s->program.app.hub);
    http_server_shutdown(s->server, STOP_WITHIN_MS, on_server_down, s);
}

static void on_hang_up(uv_signal_t *signal, int number)
{
    struct serve *s = signal->data;
    struct errbuf why = {""};

    (void)number;
    resealer_look(s->program.app.resealer);
    if (http_server_renew_certificate(s->server, &why))
        log_error("serve", "SIGHUP: %s; the one before is still used", why.text);
    else
        log_info("serve", "SIGHUP: new connections get the certificate as it is now");
}

static int watch_hang_up(struct serve *s)
{
    int err = uv_signal_init(loop_uv(s->program.app.loop), &s->hang_up);

    if (err)
        return err;
    s->hang_up.data = s;
    return uv_signal_start(&s->hang_up, on_hang_up, SIGHUP);
}

static void say_hung(const char *line)
{
    log_error("watchdog", "%s", line);
}

static int open_watchdog(struct serve *s, struct errbuf *why)
{
    const struct watchdog_config config = {
        .stuck_ms = (uint64_t)s->program.config->watchdog_ms,
        .on_stop = on_stop,
        .arg = s,
        .say = say_hung,
    };
    int err = watchdog_open(&s->watchdog, s->program.app.loop, &config, why);

    signal(SIGPIPE, SIG_IGN);
    return err ? err : service_open(&s->service, s->program.app.loop, why);
}

/* -------------------------------------------------------------------------- starting */

static void say_welcome(void *arg)
{
    struct serve *s = arg;

    if (!s->welcome)
        return;
    timer_close(s->welcome);
    s->welcome = NULL;
    welcome_print(&s->program, http_server_port(s->server));
}

/* The server works without it too, and `interviewd admin` reports it. */
static void open_door(struct serve *s)
{
    struct errbuf why = {""};
    const char *path = config_path(s->program.config, DOOR_NAME);

    program_set_url(&s->program, http_server_port(s->server));
    if (!path || door_open(&s->door, &s->program.app, path, &why))
        log_warn("serve", "interviewd admin can't reach this server: %s", why.text);
}

/* The server is listening; what it prints about its providers comes from their own answers. */
static int begin_welcome(struct serve *s)
{
    int err = timer_open(&s->welcome, s->program.app.loop, say_welcome, s);

    if (err)
        return err;
    llm_probe_look(s->program.app.probe, say_welcome, s);
    return timer_start(s->welcome, WELCOME_WAIT_MS, 0);
}

static int open_server(struct serve *s, struct errbuf *why)
{
    const struct config *c = s->program.config;
    struct http_config config = {
        .host = c->listen_host,
        .port = c->listen_port,
        .socket = s->socket > 0 ? s->socket : 0,
        .tls_cert = c->tls_cert,
        .tls_key = c->tls_key,
        .redirect_host = c->redirect_host,
        .redirect_port = c->redirect_port,
        .proxies = c->behind_proxy,
        .web_root = program_web_root(&s->program),
        .origins = c->origins,
        .connections_max = c->connections_max,
        .idle_timeout_ms = (uint64_t)c->idle_timeout_ms,
        .begin = api_begin,
        .before = api_before,
        .handled = api_audit,
        .after = api_after,
    };
    static struct ws_route routes[sizeof(sockets) / sizeof(sockets[0])]; /* the server keeps a
                                                                            pointer to it */

    memcpy(routes, sockets, sizeof(routes));
    routes[0].h = ws_transcribe_handlers;
    routes[1].h = ws_llm_handlers;
    routes[2].h = ws_realtime_handlers;
    return http_server_open(&s->server, s->program.app.loop, s->program.app.lanes, &config,
                            api_routes(), routes, &s->program.app, why);
}

int command_serve(int argc, char **argv)
{
    static struct serve s;
    struct errbuf why = {""};
    int status;

    watchdog_take_signals();
    s.socket = service_socket(&why);
    if (s.socket < -1)
        return program_fail("%s", why.text);
    status = program_open(&s.program, argc, argv,
                          PROGRAM_STORE | PROGRAM_SERVES | PROGRAM_HEARING | PROGRAM_ANSWERS |
                              PROGRAM_DEAF_TOO);
    if (status)
        return status;
    status = program_no_arguments(&s.program);
    if (!status && (config_may_serve(s.program.config, &why) || open_server(&s, &why) ||
                    open_watchdog(&s, &why)))
        status = program_fail("%s", why.text);
    if (!status && watch_hang_up(&s))
        status = program_fail("cannot watch for SIGHUP");
    if (!status && begin_welcome(&s))
        status = program_fail("out of memory");
    if (!status) {
        open_door(&s);
        service_ready(s.service);
        loop_run(s.program.app.loop);
        log_info("serve", "stopped");
    }

    watchdog_leave_loop(s.watchdog);
    service_close(s.service);
    door_close(s.door);
    timer_close(s.welcome);
    if (s.hang_up.data)
        uv_close((uv_handle_t *)&s.hang_up, NULL);
    if (s.server)
        http_server_close(s.server);
    if (s.program.app.loop)
        loop_run_until_idle(s.program.app.loop);
    program_close(&s.program);
    watchdog_close(s.watchdog);
    return status;
}
