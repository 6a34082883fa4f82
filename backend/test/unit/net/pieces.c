/**
 * @file test/unit/net/pieces.c  Bodies that are handed on in pieces, answers that are read in
 * pieces
 */
#include "cmocka_all.h"

#include "net/net_internal.h"
#include "net/range.h"
#include "support/net_fixture.h"
#include "support/wire.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_MAX = 3 << 20, SOURCE = 700001, REFUSED_AT = 300000 };

static struct net_fixture f;
static atomic_int begun, dropped, released, held;
static atomic_size_t largest;
static uv_sem_t gate;

struct upload {
    size_t len;
    bool right;
    bool waits;
    bool refuses;
};

static char byte_at(uint64_t i)
{
    return (char)((i * 2654435761u) >> 13);
}

/* --------------------------------------------------------------------- handlers */

static int begin(const struct http_request *req, struct http_response *res, uint64_t length,
                 void **upload)
{
    struct upload *up;

    (void)length;
    atomic_fetch_add(&begun, 1);
    if (http_query(req, "full")) {
        http_problem(res, req, 507, NULL, NULL, NULL);
        return 1;
    }
    if (http_query(req, "error"))
        return UV_EAGAIN;
    up = calloc(1, sizeof(*up));
    up->right = true;
    up->waits = http_query(req, "waits") != NULL;
    up->refuses = http_query(req, "refuses") != NULL;
    *upload = up;
    return 0;
}

static int take(const struct http_request *req, struct http_response *res, void *upload,
                const void *data, size_t len)
{
    struct upload *up = upload;

    assert_null(req->body);
    if (up->waits) {
        atomic_fetch_add(&held, 1);
        uv_sem_wait(&gate);
    }
    if (len > atomic_load(&largest))
        atomic_store(&largest, len);
    for (size_t i = 0; i < len; i++)
        up->right = up->right && ((const char *)data)[i] == byte_at(up->len + i);
    up->len += len;
    if (up->refuses && up->len > REFUSED_AT) {
        http_problem(res, req, 415, NULL, "Enough of it.", NULL);
        return 1;
    }
    return 0;
}

static void drop(void *upload)
{
    atomic_fetch_add(&dropped, 1);
    free(upload);
}

static int whole(const struct http_request *req, struct http_response *res)
{
    struct upload *up = req->upload;
    char text[64];

    snprintf(text, sizeof(text), up ? "%zu %s" : "nothing", up ? up->len : 0,
             up && up->right ? "right" : "wrong");
    free(up);
    return http_reply_bytes(res, 200, "text/plain", text, strlen(text));
}

static int read_source(void *arg, uint64_t offset, void *to, size_t len)
{
    const uint64_t *bad = arg;

    if (*bad && offset + len > *bad)
        return UV_EIO;
    for (size_t i = 0; i < len; i++)
        ((char *)to)[i] = byte_at(offset + i);
    return 0;
}

static void release(void *arg)
{
    atomic_fetch_add(&released, 1);
    free(arg);
}

static int source(const struct http_request *req, struct http_response *res)
{
    const char *bad = http_query(req, "bad");
    uint64_t *arg = malloc(sizeof(*arg));
    struct http_source from = {.size = SOURCE, .read = read_source, .release = release, .arg = arg};

    *arg = bad ? strtoull(bad, NULL, 10) : 0;
    if (http_query(req, "empty"))
        from.size = 0;
    http_set_header(res, "ETag", "\"tag\"");
    http_reply_source(res, "audio/wav", &from);
    if (http_query(req, "fails"))
        return UV_ENOENT;
    return http_apply_range(req, res);
}

/* Nobody knows how much there is: SOURCE bytes, in pieces that get smaller; arg as above. */
struct well {
    uint64_t bad;
    uint64_t at;
    uint64_t end;
};

static int64_t draw(void *arg, void *to, size_t len)
{
    struct well *well = arg;
    uint64_t left = well->end - well->at;
    size_t n = left < len ? (size_t)left : len;

    if (well->bad && well->at + n > well->bad)
        return UV_EIO;
    if (n > 1000 && well->at % 3 == 1)
        n = 1000;
    for (size_t i = 0; i < n; i++)
        ((char *)to)[i] = byte_at(well->at + i);
    well->at += n;
    return (int64_t)n;
}

static int open_ended(const struct http_request *req, struct http_response *res)
{
    const char *bad = http_query(req, "bad");
    struct well *well = calloc(1, sizeof(*well));
    struct http_source from = {.next = draw, .release = release, .arg = well};

    well->bad = bad ? strtoull(bad, NULL, 10) : 0;
    well->end = http_query(req, "empty") ? 0 : SOURCE;
    return http_reply_source(res, "application/zip", &from);
}

static int before(struct http_request *req, struct http_response *res)
{
    if (!(req->route->flags & ROUTE_AUTH) || http_header(req, "authorization"))
        return 0;
    http_problem(res, req, 401, NULL, NULL, NULL);
    return 1;
}

static const struct http_intake intake = {begin, take, drop};
static const struct http_route routes[] = {
    {.method = "POST",
     .pattern = "/take",
     .handler = whole,
     .flags = ROUTE_AUTH,
     .body_max = BODY_MAX,
     .intake = &intake},
    {.method = "GET", .pattern = "/source", .handler = source, .flags = ROUTE_LANE_READ},
    {.method = "GET", .pattern = "/open-ended", .handler = open_ended, .flags = ROUTE_LANE_READ},
    {.method = NULL},
};
static const struct ws_route sockets[] = {{.path = NULL}};

static int start(void **state)
{
    struct http_config config = {
        .connections_max = 32, .before = before, .body_grace_ms = 600, .bodies_max = 1 << 20};

    (void)state;
    atomic_store(&begun, 0);
    atomic_store(&dropped, 0);
    atomic_store(&released, 0);
    atomic_store(&held, 0);
    atomic_store(&largest, 0);
    uv_sem_init(&gate, 0);
    net_fixture_start(&f, &config, routes, sockets);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    net_fixture_stop(&f);
    uv_sem_destroy(&gate);
    return 0;
}

/* ---------------------------------------------------------------------- helpers */

static int open_post(const char *query, const char *more)
{
    int fd = wire_connect(f.port);
    char head[512];

    assert_true(fd >= 0);
    snprintf(head, sizeof(head), "POST /take%s HTTP/1.1\r\nHost: h\r\nAuthorization: a\r\n%s\r\n",
             query, more);
    assert_int_equal(wire_puts(fd, head), 0);
    return fd;
}

/* Bytes [from, from + len) of the body; what the server does not want any more is no matter. */
static int send_body(int fd, size_t from, size_t len)
{
    char piece[8192];
    int err = 0;

    while (len && !err) {
        size_t n = len < sizeof(piece) ? len : sizeof(piece);

        for (size_t i = 0; i < n; i++)
            piece[i] = byte_at(from + i);
        err = wire_send(fd, piece, n);
        from += n;
        len -= n;
    }
    return err;
}

static void send_chunks(int fd, size_t len, size_t chunk)
{
    char head[32];

    for (size_t at = 0; at < len; at += chunk) {
        size_t n = len - at < chunk ? len - at : chunk;

        snprintf(head, sizeof(head), "%zx\r\n", n);
        assert_int_equal(wire_puts(fd, head), 0);
        assert_int_equal(send_body(fd, at, n), 0);
        assert_int_equal(wire_puts(fd, "\r\n"), 0);
    }
    assert_int_equal(wire_puts(fd, "0\r\n\r\n"), 0);
}

static void expect_answer(int fd, int status, const char *text)
{
    struct wire_answer a;

    assert_int_equal(wire_answer_read(fd, 0, &a), 0);
    assert_int_equal(a.status, status);
    if (text)
        assert_string_equal(a.body, text);
    wire_answer_release(&a);
}

static void wait_until(atomic_int *counter, int n)
{
    for (int i = 0; i < 1000 && atomic_load(counter) < n; i++)
        usleep(5000);
    assert_int_equal(atomic_load(counter), n);
}

static struct wire_answer get(const char *query, const char *headers)
{
    struct wire_answer a;
    char path[64];

    snprintf(path, sizeof(path), "/source%s", query);
    assert_int_equal(wire_request(f.port, "GET", path, headers, NULL, 0, &a), 0);
    return a;
}

static void expect_part(const char *headers, int status, size_t from, size_t len)
{
    struct wire_answer a = get("", headers);

    assert_int_equal(a.status, status);
    assert_int_equal(a.len, len);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(a.body[i], byte_at(from + i));
    wire_answer_release(&a);
}

/* ------------------------------------------------------------------ bodies in pieces */

static void a_body_of_any_length_arrives_whole_and_in_order(void **state)
{
    static const size_t lengths[] = {1, 1000, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, BODY_MAX};
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        int fd;

        snprintf(text, sizeof(text), "Content-Length: %zu\r\n", lengths[i]);
        fd = open_post("", text);
        assert_int_equal(send_body(fd, 0, lengths[i]), 0);
        snprintf(text, sizeof(text), "%zu right", lengths[i]);
        expect_answer(fd, 200, text);
        /* and the connection goes on */
        assert_int_equal(wire_puts(fd, "GET /source?empty HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
        expect_answer(fd, 200, "");
        wire_close(fd);
    }
    assert_true(atomic_load(&largest) < PIECE + READ_SIZE);
    assert_int_equal(atomic_load(&dropped), 0);
}

static void a_body_in_chunks_does_too(void **state)
{
    static const size_t chunks[] = {7919, 100000, 200000};
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        int fd = open_post("", "Transfer-Encoding: chunked\r\n");

        send_chunks(fd, 1000003, chunks[i]);
        snprintf(text, sizeof(text), "%d right", 1000003);
        expect_answer(fd, 200, text);
        wire_close(fd);
    }
}

static void a_sender_is_not_read_while_a_piece_is_stored(void **state)
{
    int fd = open_post("?waits", "Content-Length: 3000000\r\n");
    int rest;

    (void)state;
    assert_int_equal(send_body(fd, 0, 500000), 0);
    wait_until(&held, 1);
    usleep(700000); /* longer than a body may rest: its time stands still */
    assert_int_equal(atomic_load(&held), 1);
    for (int i = 0; i < 40; i++)
        uv_sem_post(&gate);
    rest = send_body(fd, 500000, 2500000);
    assert_int_equal(rest, 0);
    expect_answer(fd, 200, "3000000 right");
    wire_close(fd);
    while (!uv_sem_trywait(&gate))
        ;
}

static void many_at_once_cost_their_pieces_only(void **state)
{
    enum { SENDERS = 5 }; /* 15 MB, with 1 MiB for bodies */
    int fd[SENDERS];

    (void)state;
    for (int i = 0; i < SENDERS; i++)
        fd[i] = open_post("", "Content-Length: 3000000\r\n");
    for (size_t at = 0; at < 3000000; at += 30000) {
        for (int i = 0; i < SENDERS; i++)
            assert_int_equal(send_body(fd[i], at, 30000), 0);
    }
    for (int i = 0; i < SENDERS; i++) {
        expect_answer(fd[i], 200, "3000000 right");
        wire_close(fd[i]);
    }
}

/* However fast it is sent: the loop rests between the ticks, for others. */
static void a_body_is_read_in_ticks(void **state)
{
    static char body[BODY_MAX];
    uint64_t begun_ns, ticks = BODY_MAX / BULK_A_TICK;
    char text[64];
    int fd;

    (void)state;
    for (size_t i = 0; i < BODY_MAX; i++)
        body[i] = byte_at(i);
    snprintf(text, sizeof(text), "Content-Length: %d\r\n", BODY_MAX);
    fd = open_post("", text);
    begun_ns = uv_hrtime();
    assert_int_equal(wire_send(fd, body, BODY_MAX), 0);
    snprintf(text, sizeof(text), "%d right", BODY_MAX);
    expect_answer(fd, 200, text);
    assert_true(uv_hrtime() - begun_ns > (ticks - 4) * BULK_TICK_MS * 1000000);
    wire_close(fd);
}

static void who_leaves_is_dropped_once(void **state)
{
    int fd = open_post("", "Content-Length: 1000000\r\n");

    (void)state;
    assert_int_equal(send_body(fd, 0, 400000), 0);
    usleep(50000);
    wire_reset(fd);
    wait_until(&dropped, 1);

    fd = open_post("?waits", "Content-Length: 1000000\r\n"); /* while a worker has a piece */
    assert_int_equal(send_body(fd, 0, 400000), 0);
    wait_until(&held, 1);
    wire_reset(fd);
    usleep(20000);
    assert_int_equal(atomic_load(&dropped), 1);
    for (int i = 0; i < 10; i++)
        uv_sem_post(&gate);
    wait_until(&dropped, 2);
    while (!uv_sem_trywait(&gate))
        ;
}

static void what_is_refused_halfway_is_answered_and_dropped(void **state)
{
    int fd = open_post("?refuses", "Content-Length: 3000000\r\n");

    (void)state;
    send_body(fd, 0, 600000); /* it may not want all of it */
    expect_answer(fd, 415, NULL);
    wire_close(fd);
    wait_until(&dropped, 1);
}

static void what_is_refused_before_is_never_begun(void **state)
{
    int fd = wire_connect(f.port);

    (void)state;
    assert_int_equal(wire_puts(fd, "POST /take HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n"),
                     0);
    expect_answer(fd, 401, NULL); /* nobody: not a byte is taken, however few they are */
    wire_close(fd);
    fd = open_post("", "Content-Length: 3145729\r\n");
    expect_answer(fd, 413, NULL);
    wire_close(fd);
    assert_int_equal(atomic_load(&begun), 0);

    fd = open_post("?full", "Content-Length: 1000000\r\n");
    expect_answer(fd, 507, NULL);
    wire_close(fd);
    fd = open_post("?error", "Content-Length: 1000000\r\nExpect: 100-continue\r\n");
    expect_answer(fd, 503, NULL);
    wire_close(fd);
    assert_int_equal(atomic_load(&dropped), 0); /* there was nothing yet */
}

static void a_body_that_proves_too_long_is_413(void **state)
{
    int fd = open_post("", "Transfer-Encoding: chunked\r\n");
    char head[16];

    (void)state;
    for (int i = 0; i < 40; i++) {
        snprintf(head, sizeof(head), "%x\r\n", 100000);
        if (wire_puts(fd, head) || send_body(fd, 0, 100000) || wire_puts(fd, "\r\n"))
            break;
    }
    expect_answer(fd, 413, NULL);
    wire_close(fd);
    wait_until(&dropped, 1);
}

static void a_body_that_stops_is_408(void **state)
{
    int fd = open_post("", "Content-Length: 1000\r\n");

    (void)state;
    assert_int_equal(send_body(fd, 0, 10), 0);
    expect_answer(fd, 408, NULL);
    wire_close(fd);
    wait_until(&dropped, 1);
}

static void a_body_cut_off_is_400(void **state)
{
    int fd = open_post("", "Content-Length: 400000\r\n");

    (void)state;
    assert_int_equal(send_body(fd, 0, 300000), 0);
    shutdown(fd, SHUT_WR);
    expect_answer(fd, 400, NULL);
    wire_close(fd);
    wait_until(&dropped, 1);
}

static void no_body_is_told_to_the_handler(void **state)
{
    int fd = open_post("", "Content-Length: 0\r\n");

    (void)state;
    expect_answer(fd, 200, "nothing");
    wire_close(fd);
    assert_int_equal(atomic_load(&begun), 0);
}

/* ------------------------------------------------------------------ answers in pieces */

static void a_source_is_sent_whole_or_in_part(void **state)
{
    struct wire_answer a;
    char value[64];

    (void)state;
    expect_part(NULL, 200, 0, SOURCE);
    expect_part("Range: bytes=0-0\r\n", 206, 0, 1);
    expect_part("Range: bytes=200000-\r\n", 206, 200000, SOURCE - 200000);
    expect_part("Range: bytes=-5\r\n", 206, SOURCE - 5, 5);
    expect_part("Range: bytes=130000-400000\r\nIf-Range: \"tag\"\r\n", 206, 130000, 270001);
    expect_part("Range: bytes=130000-400000\r\nIf-Range: \"other\"\r\n", 200, 0, SOURCE);
    a = get("", "Range: bytes=700001-\r\n");
    assert_int_equal(a.status, 416);
    assert_string_equal(wire_header(&a, "content-range", value, sizeof(value)), "bytes */700001");
    wire_answer_release(&a);
    a = get("?empty", NULL);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.len, 0);
    wire_answer_release(&a);
    assert_int_equal(wire_request(f.port, "HEAD", "/source", NULL, NULL, 0, &a), 0);
    assert_string_equal(wire_header(&a, "content-length", value, sizeof(value)), "700001");
    wire_answer_release(&a);
    wait_until(&released, 9);
}

static void a_source_that_fails_at_once_is_an_answer(void **state)
{
    struct wire_answer a = get("?bad=1", NULL);

    (void)state;
    assert_int_equal(a.status, 500);
    wire_answer_release(&a);
    a = get("?fails", NULL);
    assert_int_equal(a.status, 404);
    wire_answer_release(&a);
    wait_until(&released, 2);
}

/* Its length was told already, so a reader knows that it has not all of it. */
static void a_source_that_fails_later_ends_the_connection(void **state)
{
    struct wire_answer a;

    (void)state;
    assert_int_not_equal(wire_request(f.port, "GET", "/source?bad=400000", NULL, NULL, 0, &a), 0);
    wire_answer_release(&a);
    wait_until(&released, 1);
}

static void who_leaves_in_the_middle_lets_go_of_the_source(void **state)
{
    (void)state;
    for (int i = 1; i <= 5; i++) {
        int fd = wire_connect(f.port);
        char some[1000];

        assert_int_equal(wire_puts(fd, "GET /source HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
        assert_int_equal(wire_recv_all(fd, some, sizeof(some), WIRE_WAIT_MS), 0);
        wire_reset(fd);
        wait_until(&released, i);
    }
}

static void answers_in_pieces_keep_their_order(void **state)
{
    int fd = wire_connect(f.port);

    (void)state;
    assert_int_equal(wire_puts(fd, "GET /source HTTP/1.1\r\nHost: h\r\n\r\n"
                                   "GET /source?empty HTTP/1.1\r\nHost: h\r\n\r\n"
                                   "GET /source HTTP/1.1\r\nHost: h\r\nRange: bytes=5-6\r\n\r\n"),
                     0);
    expect_answer(fd, 200, NULL);
    expect_answer(fd, 200, "");
    expect_answer(fd, 206, NULL);
    wire_close(fd);
}

static void expect_all(const struct wire_answer *a)
{
    assert_int_equal(a->status, 200);
    assert_int_equal(a->len, SOURCE);
    for (size_t i = 0; i < a->len; i++)
        assert_int_equal(a->body[i], byte_at(i));
}

static void a_source_without_a_known_size_is_sent_in_chunks(void **state)
{
    struct wire_answer a;
    char value[64];
    int fd = wire_connect(f.port);

    (void)state;
    assert_int_equal(wire_puts(fd, "GET /open-ended HTTP/1.1\r\nHost: h\r\n\r\n"
                                   "GET /open-ended?empty HTTP/1.1\r\nHost: h\r\n\r\n"
                                   "GET /source?empty HTTP/1.1\r\nHost: h\r\n\r\n"),
                     0);
    assert_int_equal(wire_answer_read(fd, 0, &a), 0);
    expect_all(&a);
    assert_null(wire_header(&a, "content-length", value, sizeof(value)));
    assert_string_equal(wire_header(&a, "transfer-encoding", value, sizeof(value)), "chunked");
    wire_answer_release(&a);
    expect_answer(fd, 200, "");
    expect_answer(fd, 200, "");
    wire_close(fd);
    assert_int_equal(wire_request(f.port, "HEAD", "/open-ended", NULL, NULL, 0, &a), 0);
    assert_null(wire_header(&a, "content-length", value, sizeof(value)));
    wire_answer_release(&a);
    wait_until(&released, 4);
}

static void to_who_knows_no_chunks_it_ends_with_the_connection(void **state)
{
    static char all[SOURCE + 4096];
    int fd = wire_connect(f.port);
    size_t len = 0;
    const char *body;
    long n;

    (void)state;
    assert_int_equal(
        wire_puts(fd, "GET /open-ended HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n"), 0);
    while ((n = wire_recv(fd, all + len, sizeof(all) - 1 - len, WIRE_WAIT_MS)) > 0)
        len += (size_t)n;
    assert_int_equal(n, 0);
    body = strstr(all, "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(all + len - (body + 4), SOURCE);
    assert_int_equal(body[4 + 500000], byte_at(500000));
    wire_close(fd);
}

static void one_that_fails_in_the_middle_lacks_its_end(void **state)
{
    struct wire_answer a;

    (void)state;
    assert_int_not_equal(wire_request(f.port, "GET", "/open-ended?bad=400000", NULL, NULL, 0, &a),
                         0);
    wire_answer_release(&a);
    assert_int_equal(wire_request(f.port, "GET", "/open-ended?bad=1", NULL, NULL, 0, &a), 0);
    assert_int_equal(a.status, 500);
    wire_answer_release(&a);
    wait_until(&released, 2);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        EACH(a_body_of_any_length_arrives_whole_and_in_order),
        EACH(a_body_in_chunks_does_too),
        EACH(a_sender_is_not_read_while_a_piece_is_stored),
        EACH(many_at_once_cost_their_pieces_only),
        EACH(a_body_is_read_in_ticks),
        EACH(who_leaves_is_dropped_once),
        EACH(what_is_refused_halfway_is_answered_and_dropped),
        EACH(what_is_refused_before_is_never_begun),
        EACH(a_body_that_proves_too_long_is_413),
        EACH(a_body_that_stops_is_408),
        EACH(a_body_cut_off_is_400),
        EACH(no_body_is_told_to_the_handler),
        EACH(a_source_is_sent_whole_or_in_part),
        EACH(a_source_that_fails_at_once_is_an_answer),
        EACH(a_source_that_fails_later_ends_the_connection),
        EACH(who_leaves_in_the_middle_lets_go_of_the_source),
        EACH(answers_in_pieces_keep_their_order),
        EACH(a_source_without_a_known_size_is_sent_in_chunks),
        EACH(to_who_knows_no_chunks_it_ends_with_the_connection),
        EACH(one_that_fails_in_the_middle_lacks_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
