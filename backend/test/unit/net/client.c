/**
 * @file test/unit/net/client.c  Calling other servers: ours stands at the other end
 */
#include "cmocka_all.h"

#include "net/client.h"
#include "support/net_fixture.h"
#include "support/wire.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct net_fixture f;
static struct http_client *client;
static atomic_int gone;

/* --------------------------------------------------- the far end, and us */

static int hello(const struct http_request *req, struct http_response *res)
{
    http_set_header(res, "Retry-After", "7");
    http_set_header(res, "X-Agent", http_header(req, "user-agent"));
    return http_reply_bytes(res, 429, "text/plain", req->body ? req->body : "none",
                            req->body ? req->body_len : 4);
}

static int away(const struct http_request *req, struct http_response *res)
{
    (void)req;
    http_set_header(res, "Location", "/hello");
    return http_reply_empty(res, 302);
}

static void on_gone(void *arg)
{
    (void)arg;
    atomic_fetch_add(&gone, 1);
}

static void first_only(struct http_stream *stream, void *arg)
{
    (void)arg;
    http_stream_on_gone(stream, on_gone, NULL);
    http_stream_write(stream, "data: 1\n\n", 9);
}

static int endless(const struct http_request *req, struct http_response *res)
{
    (void)req;
    return http_reply_stream(res, "text/event-stream", first_only, NULL);
}

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/hello", .handler = hello},
    {.method = "POST", .pattern = "/hello", .handler = hello},
    {.method = "GET", .pattern = "/away", .handler = away},
    {.method = "GET", .pattern = "/endless", .handler = endless},
    {.method = NULL},
};

static void open_client(void *arg)
{
    assert_int_equal(http_client_open(&client, f.loop, NULL), 0);
    uv_sem_post(arg);
}

static void close_client(void *arg)
{
    http_client_close(client);
    uv_sem_post(arg);
}

static void on_loop(void (*fn)(void *arg))
{
    uv_sem_t done;

    uv_sem_init(&done, 0);
    assert_int_equal(loop_post(f.loop, fn, &done), 0);
    uv_sem_wait(&done);
    uv_sem_destroy(&done);
}

static int start(void **state)
{
    (void)state;
    setenv("no_proxy", "127.0.0.1,localhost", 1);
    net_fixture_start(&f, NULL, routes, NULL);
    on_loop(open_client);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    on_loop(close_client);
    net_fixture_stop(&f);
    return 0;
}

static int fetch(const struct http_call_request *base, const char *path, size_t max,
                 struct http_reply *reply, struct errbuf *err)
{
    struct http_call_request req = *base;
    char url[128];

    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", f.port, path);
    req.url = url;
    return http_fetch(client, &req, max, NULL, reply, err);
}

/* ------------------------------------------------------------- fetching */

static void an_answer_comes_with_status_body_and_patience(void **state)
{
    struct http_call_request req = {.method = "POST", .body = "abc", .body_len = 3};
    struct http_reply reply;

    (void)state;
    assert_int_equal(fetch(&req, "/hello", 100, &reply, NULL), 0);
    assert_int_equal(reply.status, 429);
    assert_int_equal(reply.retry_after_ms, 7000);
    assert_string_equal(reply.body.data, "abc");
    buf_release(&reply.body);
}

static void redirects_are_reported_not_followed(void **state)
{
    struct http_call_request req = {.method = NULL};
    struct http_reply reply;

    (void)state;
    assert_int_equal(fetch(&req, "/away", 100, &reply, NULL), 0);
    assert_int_equal(reply.status, 302);
    buf_release(&reply.body);
}

static void an_answer_that_is_too_large_is_cut_off(void **state)
{
    struct http_call_request req = {.method = "POST", .body = "abcdefgh", .body_len = 8};
    struct http_reply reply;
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(fetch(&req, "/hello", 4, &reply, &err), UV_ENOBUFS);
    assert_string_equal(err.text, "the answer is too large");
}

static void silence_is_a_timeout(void **state)
{
    struct http_call_request req = {.idle_timeout_ms = 200};
    struct http_reply reply;
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(fetch(&req, "/endless?key=secret", 100, &reply, &err), UV_ETIMEDOUT);
    assert_null(strstr(err.text, "secret"));
    assert_non_null(strstr(err.text, "127.0.0.1"));
}

/* A port nobody listens on: bound, never listening. */
static int dead_port(int *fd)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);

    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&a, sizeof(a)), 0);
    getsockname(*fd, (struct sockaddr *)&a, &len);
    return ntohs(a.sin_port);
}

static void failures_have_their_names(void **state)
{
    struct http_call_request req = {.url = NULL};
    struct http_reply reply;
    char url[64];
    int fd;

    (void)state;
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", dead_port(&fd));
    req.url = url;
    assert_int_equal(http_fetch(client, &req, 10, NULL, &reply, NULL), UV_ECONNREFUSED);
    close(fd);
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", f.port);
    assert_int_equal(http_fetch(client, &req, 10, NULL, &reply, NULL), UV_EPROTO);
    req.url = "ftp://127.0.0.1/";
    assert_int_equal(http_fetch(client, &req, 10, NULL, &reply, NULL), UV_EINVAL);
}

/* --------------------------------------------------------------- calling */

struct run {
    struct http_call *call;
    int port;
    atomic_int datas;
    atomic_int dones;
    bool cancel_inside;
    uv_sem_t step;
};

static void on_data(struct http_call *call, const char *data, size_t len, void *arg)
{
    struct run *r = arg;

    (void)data;
    (void)len;
    atomic_fetch_add(&r->datas, 1);
    assert_string_equal(http_call_header(call, "Content-Type"), "text/event-stream");
    if (r->cancel_inside)
        http_call_cancel(call);
    uv_sem_post(&r->step);
}

static void on_done(struct http_call *call, int err, const char *why, void *arg)
{
    (void)call;
    (void)err;
    (void)why;
    atomic_fetch_add(&((struct run *)arg)->dones, 1);
}

static void start_call(void *arg)
{
    static const struct http_call_handlers h = {.on_data = on_data, .on_done = on_done};
    struct run *r = arg;
    char url[64];

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/endless", f.port);
    assert_int_equal(
        http_call_start(client, &(struct http_call_request){.url = url}, &h, r, &r->call), 0);
}

static void cancel_call(void *arg)
{
    http_call_cancel(((struct run *)arg)->call);
}

static void cancel_and_watch(bool inside)
{
    struct run r = {.cancel_inside = inside};
    int before = atomic_load(&gone);

    uv_sem_init(&r.step, 0);
    loop_post(f.loop, start_call, &r);
    uv_sem_wait(&r.step);
    if (!inside)
        loop_post(f.loop, cancel_call, &r);
    for (int i = 0; i < 500 && atomic_load(&gone) == before; i++)
        usleep(2000);
    assert_int_equal(atomic_load(&gone), before + 1);
    assert_int_equal(atomic_load(&r.datas), 1);
    assert_int_equal(atomic_load(&r.dones), 0);
    uv_sem_destroy(&r.step);
}

static void a_cancelled_call_hangs_up_at_the_far_end(void **state)
{
    (void)state;
    cancel_and_watch(false);
}

static void a_call_may_be_cancelled_from_its_own_handler(void **state)
{
    (void)state;
    cancel_and_watch(true);
}

/* --------------------------------------------------- one call's handler, another call */

struct pair {
    struct http_call *endless;
    struct http_call *doomed; /* given up from inside the handler of the first */
    struct http_call *second; /* started there */
    int rc;
    atomic_int doomed_events;
    int status;
    uv_sem_t done;
};

static void second_done(struct http_call *call, int err, const char *why, void *arg)
{
    struct pair *p = arg;

    (void)call;
    (void)why;
    p->rc = err;
    http_call_cancel(p->endless);
    uv_sem_post(&p->done);
}

static void second_headers(struct http_call *call, int status, void *arg)
{
    (void)call;
    ((struct pair *)arg)->status = status;
}

static void second_data(struct http_call *call, const char *data, size_t len, void *arg)
{
    (void)call;
    (void)data;
    (void)len;
    (void)arg;
}

static void doomed_done(struct http_call *call, int err, const char *why, void *arg)
{
    (void)call;
    (void)err;
    (void)why;
    atomic_fetch_add(&((struct pair *)arg)->doomed_events, 1);
}

static void first_data(struct http_call *call, const char *data, size_t len, void *arg)
{
    static const struct http_call_handlers h = {
        .on_headers = second_headers, .on_data = second_data, .on_done = second_done};
    struct pair *p = arg;
    char url[64];

    (void)call;
    (void)data;
    (void)len;
    if (p->second)
        return;
    http_call_cancel(p->doomed);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/hello", f.port);
    assert_int_equal(
        http_call_start(client, &(struct http_call_request){.url = url}, &h, p, &p->second), 0);
}

static void start_pair(void *arg)
{
    static const struct http_call_handlers silent = {.on_data = second_data,
                                                     .on_done = doomed_done};
    static const struct http_call_handlers h = {.on_data = first_data, .on_done = doomed_done};
    struct pair *p = arg;
    char url[64];
    struct http_call_request req = {.url = url};

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/endless", f.port);
    assert_int_equal(http_call_start(client, &req, &silent, p, &p->doomed), 0);
    assert_int_equal(http_call_start(client, &req, &h, p, &p->endless), 0);
}

static void a_handler_may_start_a_call_and_cancel_another(void **state)
{
    struct pair p = {.rc = -1};
    int before = atomic_load(&gone);

    (void)state;
    uv_sem_init(&p.done, 0);
    loop_post(f.loop, start_pair, &p);
    uv_sem_wait(&p.done);
    assert_int_equal(p.rc, 0);
    assert_int_equal(p.status, 429);
    for (int i = 0; i < 500 && atomic_load(&gone) < before + 2; i++)
        usleep(2000);
    assert_int_equal(atomic_load(&gone), before + 2);
    assert_int_equal(atomic_load(&p.doomed_events), 0);
    uv_sem_destroy(&p.done);
}

static void closing_the_client_ends_what_runs(void **state)
{
    struct run r = {.cancel_inside = false};
    int before = atomic_load(&gone);

    (void)state;
    uv_sem_init(&r.step, 0);
    loop_post(f.loop, start_call, &r);
    uv_sem_wait(&r.step);
    on_loop(close_client);
    for (int i = 0; i < 500 && atomic_load(&gone) == before; i++)
        usleep(2000);
    assert_int_equal(atomic_load(&gone), before + 1);
    assert_int_equal(atomic_load(&r.dones), 0);
    on_loop(open_client);
    uv_sem_destroy(&r.step);
}

struct waiter {
    struct http_stop stop;
    uv_sem_t begun;
    int rc;
};

static void wait_for_ever(void *arg)
{
    struct http_call_request req = {.url = NULL};
    struct waiter *w = arg;
    struct http_reply reply;
    struct errbuf err = {""};
    char url[64];

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/endless", f.port);
    req.url = url;
    uv_sem_post(&w->begun);
    w->rc = http_fetch(client, &req, 1 << 20, &w->stop, &reply, &err);
}

/* Before it asks, while it waits or in between: it comes back all the same. */
static void a_waiting_worker_is_given_up(void **state)
{
    (void)state;
    for (int wait_ms = 0; wait_ms <= 40; wait_ms += 8) {
        struct waiter w = {.rc = 0}, other = {.rc = 0};
        uv_thread_t thread, beside;

        uv_sem_init(&w.begun, 0);
        uv_sem_init(&other.begun, 0);
        uv_thread_create(&thread, wait_for_ever, &w);
        uv_thread_create(&beside, wait_for_ever, &other);
        uv_sem_wait(&w.begun);
        uv_sem_wait(&other.begun);
        usleep((unsigned)wait_ms * 1000);
        http_fetch_stop(client, &w.stop);
        uv_thread_join(&thread);
        assert_int_equal(w.rc, UV_ECANCELED);
        assert_int_equal(other.rc, 0); /* it waits on */
        http_fetch_stop(client, &other.stop);
        uv_thread_join(&beside);
        uv_sem_destroy(&w.begun);
        uv_sem_destroy(&other.begun);
    }
}

static void stop_client(void *arg)
{
    http_client_stop(client);
    uv_sem_post(arg);
}

static void a_stopped_client_holds_no_worker_up(void **state)
{
    struct waiter w = {.rc = 0};
    uv_thread_t thread;

    (void)state;
    uv_sem_init(&w.begun, 0);
    uv_thread_create(&thread, wait_for_ever, &w);
    uv_sem_wait(&w.begun);
    on_loop(stop_client);
    uv_thread_join(&thread);
    assert_int_equal(w.rc, UV_ECANCELED);
    wait_for_ever(&w);
    assert_int_equal(w.rc, UV_ECANCELED);
    on_loop(close_client);
    on_loop(open_client);
    uv_sem_destroy(&w.begun);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_waiting_worker_is_given_up),
        cmocka_unit_test(a_stopped_client_holds_no_worker_up),
        cmocka_unit_test(an_answer_comes_with_status_body_and_patience),
        cmocka_unit_test(redirects_are_reported_not_followed),
        cmocka_unit_test(an_answer_that_is_too_large_is_cut_off),
        cmocka_unit_test(silence_is_a_timeout),
        cmocka_unit_test(failures_have_their_names),
        cmocka_unit_test(a_cancelled_call_hangs_up_at_the_far_end),
        cmocka_unit_test(a_call_may_be_cancelled_from_its_own_handler),
        cmocka_unit_test(a_handler_may_start_a_call_and_cancel_another),
        cmocka_unit_test(closing_the_client_ends_what_runs),
    };

    return cmocka_run_group_tests_name("net/client", tests, start, stop);
}
