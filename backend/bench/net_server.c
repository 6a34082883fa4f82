/**
 * @file bench/net_server.c  The real net layer with nothing behind it
 *
 *     net-server [PORT [WEB_ROOT]]     prints "port N", runs until SIGINT or SIGTERM
 *
 * GET /api/health on a worker, GET /api/inline on the loop, POST /api/echo, GET /api/stream (ten
 * events), WS /ws/echo. What bench/net.sh and the Python clients beside it measure against.
 */
#include "loop/loop.h"
#include "net/http.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct loop *loop;
static struct http_server *server;

static int health(const struct http_request *req, struct http_response *res)
{
    static const char text[] = "{\"status\":\"ok\",\"version\":\"0.1.0\",\"uptime\":12345}";

    (void)req;
    return http_reply_bytes(res, 200, "application/json", text, sizeof(text) - 1);
}

static int echo(const struct http_request *req, struct http_response *res)
{
    return http_reply_bytes(res, 200, "application/octet-stream", req->body ? req->body : "",
                            req->body_len);
}

static void ten_events(struct http_stream *stream, void *arg)
{
    (void)arg;
    for (int i = 0; i < 10; i++) {
        char text[32];
        int n = snprintf(text, sizeof(text), "data: %d\n\n", i);

        http_stream_write(stream, text, (size_t)n);
    }
    http_stream_end(stream);
}

static int stream(const struct http_request *req, struct http_response *res)
{
    (void)req;
    return http_reply_stream(res, "text/event-stream", ten_events, NULL);
}

static int on_open(struct ws *ws, const struct http_request *req, void *app, void **ctx)
{
    (void)req;
    (void)app;
    (void)ctx;
    ws_set_message_max(ws, WS_MESSAGE_MAX);
    return 0;
}

static void on_text(struct ws *ws, const char *text, size_t len, void *ctx)
{
    (void)ctx;
    ws_send(ws, text, len, WS_KEEP, 0);
}

static void on_binary(struct ws *ws, const void *data, size_t len, void *ctx)
{
    char text[64];
    uint64_t stamp = 0;
    int n;

    (void)ctx;
    memcpy(&stamp, data, len < sizeof(stamp) ? len : sizeof(stamp));
    n = snprintf(text, sizeof(text), "{\"stamp\":%llu,\"bytes\":%zu}", (unsigned long long)stamp,
                 len);
    ws_send(ws, text, (size_t)n, WS_KEEP, 0);
}

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/api/health", .handler = health},
    {.method = "GET", .pattern = "/api/inline", .handler = health, .flags = ROUTE_INLINE},
    {.method = "POST", .pattern = "/api/echo", .handler = echo, .body_max = 8 << 20},
    {.method = "GET", .pattern = "/api/stream", .handler = stream},
    {.method = NULL},
};

static const struct ws_route sockets[] = {
    {.path = "/ws/echo", .h = {.on_open = on_open, .on_text = on_text, .on_binary = on_binary}},
    {.path = NULL},
};

static void finished(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void on_signal(uv_signal_t *sig, int num)
{
    (void)num;
    uv_close((uv_handle_t *)sig, NULL);
    http_server_shutdown(server, 2000, finished, NULL);
}

int main(int argc, char **argv)
{
    struct http_config config = {
        .host = "127.0.0.1",
        .port = argc > 1 ? atoi(argv[1]) : 0,
        .web_root = argc > 2 ? argv[2] : NULL,
        .connections_max = 12000,
        .idle_timeout_ms = 60000,
        .tls_cert = getenv("NET_SERVER_CERT"),
        .tls_key = getenv("NET_SERVER_KEY"),
    };
    struct errbuf err = {""};
    struct lanes *lanes;
    uv_signal_t term;
    uv_signal_t intr;

    signal(SIGPIPE, SIG_IGN);
    if (loop_open(&loop, &err) || lanes_open(&lanes, loop, NULL) ||
        http_server_open(&server, loop, lanes, &config, routes, sockets, NULL, &err)) {
        fprintf(stderr, "net-server: %s\n", err.text);
        return 1;
    }
    uv_signal_init(loop_uv(loop), &term);
    uv_signal_start_oneshot(&term, on_signal, SIGTERM);
    uv_signal_init(loop_uv(loop), &intr);
    uv_signal_start_oneshot(&intr, on_signal, SIGINT);
    printf("port %d\n", http_server_port(server));
    fflush(stdout);
    loop_run(loop);
    if (!uv_is_closing((uv_handle_t *)&term))
        uv_close((uv_handle_t *)&term, NULL);
    if (!uv_is_closing((uv_handle_t *)&intr))
        uv_close((uv_handle_t *)&intr, NULL);
    http_server_close(server);
    lanes_close(lanes);
    return loop_close(loop) ? 1 : 0;
}
