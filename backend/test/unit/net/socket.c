/**
 * @file test/unit/net/socket.c  WebSockets: good peers, bad peers, absent peers
 */
#include "cmocka_all.h"

#include "support/net_fixture.h"
#include "support/wire.h"
#include "support/ws_client.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct net_fixture f;
static atomic_int closed_with;
static atomic_bool told_first; /* on_close, before the server said that it has stopped */

static int on_open(struct ws *ws, const struct http_request *req, void *app, void **ctx)
{
    const char *id = http_query(req, "session_id");

    (void)app;
    *ctx = NULL;
    if (!http_query(req, "unsigned"))
        ws_set_message_max(ws, WS_MESSAGE_MAX);
    return id && strcmp(id, "unknown") == 0 ? 4404 : 0;
}

static bool merge(struct buf *older, const char *newer, size_t len)
{
    return buf_append(older, newer, len) == 0;
}

/* Queue rules, seen from outside: all of this is queued before anything can be sent. */
static void send_a_mix(struct ws *ws)
{
    ws_send(ws, "p1", 2, WS_REPLACE, 1);
    ws_send(ws, "d1 ", 3, WS_MERGE, 2);
    ws_send(ws, "d2 ", 3, WS_MERGE, 2);
    ws_send(ws, "p2", 2, WS_REPLACE, 1);
    ws_send(ws, "final", 5, WS_KEEP, 0);
    ws_send(ws, "d3 ", 3, WS_MERGE, 2);
}

static void flood(struct ws *ws)
{
    static char big[64 << 10];

    memset(big, 'f', sizeof(big));
    while (ws_send(ws, big, sizeof(big), WS_KEEP, 0) == 0)
        ;
}

/* More than the sockets of both sides hold, and less than is given up for. */
static void half_a_flood(struct ws *ws)
{
    static char big[64 << 10];

    for (int i = 0; i < 60; i++)
        ws_send(ws, big, sizeof(big), WS_KEEP, 0);
}

static void on_text(struct ws *ws, const char *text, size_t len, void *ctx)
{
    (void)ctx;
    if (len == 3 && memcmp(text, "mix", 3) == 0)
        send_a_mix(ws);
    else if (len == 5 && memcmp(text, "flood", 5) == 0)
        flood(ws);
    else if (len == 12 && memcmp(text, "half a flood", 12) == 0)
        half_a_flood(ws);
    else if (len == 3 && memcmp(text, "bye", 3) == 0)
        ws_close(ws, 4401, "sign in");
    else
        ws_send(ws, text, len, WS_KEEP, 0);
}

static void on_binary(struct ws *ws, const void *data, size_t len, void *ctx)
{
    char text[32];

    (void)data;
    (void)ctx;
    ws_send(ws, text, (size_t)snprintf(text, sizeof(text), "%zu bytes", len), WS_KEEP, 0);
}

static void on_close(struct ws *ws, int code, void *ctx)
{
    (void)ws;
    (void)ctx;
    atomic_store(&closed_with, code);
}

static const struct ws_route sockets[] = {
    {.path = "/ws/echo", .h = {on_open, on_text, on_binary, on_close, merge}},
    {.path = NULL},
};

static const struct http_route routes[] = {{.method = NULL}};

static int start(void **state)
{
    static const char *const origins[] = {"https://app.example", NULL};
    struct http_config config = {.connections_max = 64, .origins = origins};

    (void)state;
    net_fixture_start(&f, &config, routes, sockets);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    net_fixture_stop(&f);
    return 0;
}

static struct ws_client open_one(void)
{
    struct ws_client c;

    assert_int_equal(ws_client_open(&c, f.port, "/ws/echo?session_id=s", NULL), 0);
    return c;
}

static void expect_text(struct ws_client *c, const char *text)
{
    struct ws_frame frame;

    assert_int_equal(ws_client_recv(c, &frame, WIRE_WAIT_MS), 0);
    assert_int_equal(frame.opcode, WS_TEXT);
    assert_string_equal(frame.data, text);
}

/* Whatever happened to the others, a new client is served. */
static void expect_service(void)
{
    struct ws_client c = open_one();

    ws_client_text(&c, "still there?");
    expect_text(&c, "still there?");
    ws_client_close(&c);
}

static void expect_closed_with(int code)
{
    for (int i = 0; i < 1000 && atomic_load(&closed_with) != code; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&closed_with), code);
}

static void messages_come_whole_however_they_were_cut(void **state)
{
    struct ws_client c = open_one();
    uint8_t header[14];
    size_t n = ws_client_header(header, 1, WS_TEXT, 5);

    (void)state;
    for (size_t i = 0; i < n; i++)
        wire_send(c.fd, header + i, 1);
    wire_send(c.fd, "he", 2);
    usleep(5000);
    wire_send(c.fd, "llo", 3);
    expect_text(&c, "hello");
    ws_client_frame(&c, 0, WS_TEXT, "h\xc3", 2);
    ws_client_frame(&c, 1, WS_PING, "?", 1);
    ws_client_frame(&c, 0, WS_CONTINUATION, "\xa9", 1);
    ws_client_frame(&c, 1, WS_CONTINUATION, "!", 1);
    {
        struct ws_frame frame;

        assert_int_equal(ws_client_recv(&c, &frame, WIRE_WAIT_MS), 0);
        assert_int_equal(frame.opcode, WS_PONG);
    }
    expect_text(&c, "h\xc3\xa9!");
    ws_client_close(&c);
}

static void a_megabyte_goes_through_and_more_is_1009(void **state)
{
    static char big[WS_MESSAGE_MAX + 1];
    struct ws_client c = open_one();

    (void)state;
    ws_client_binary(&c, big, WS_MESSAGE_MAX);
    expect_text(&c, "1048576 bytes");
    ws_client_binary(&c, big, WS_MESSAGE_MAX + 1);
    assert_int_equal(ws_client_wait_close(&c, WIRE_WAIT_MS), 1009);
    ws_client_close(&c);
    expect_service();
}

static void fragments_do_not_get_around_the_limit(void **state)
{
    static char piece[256 << 10];
    struct ws_client c = open_one();

    (void)state;
    for (int i = 0; i < 5; i++)
        ws_client_frame(&c, 0, i ? WS_CONTINUATION : WS_BINARY, piece, sizeof(piece));
    assert_int_equal(ws_client_wait_close(&c, WIRE_WAIT_MS), 1009);
    ws_client_close(&c);
}

static void text_that_is_not_utf8_is_1007(void **state)
{
    struct ws_client c = open_one();

    (void)state;
    ws_client_frame(&c, 1, WS_TEXT, "a\xff", 2);
    assert_int_equal(ws_client_wait_close(&c, WIRE_WAIT_MS), 1007);
    ws_client_close(&c);
    expect_service();
}

static void the_queue_replaces_merges_and_keeps(void **state)
{
    struct ws_client c = open_one();

    (void)state;
    ws_client_text(&c, "mix");
    expect_text(&c, "p2");
    expect_text(&c, "d1 d2 ");
    expect_text(&c, "final");
    expect_text(&c, "d3 ");
    ws_client_close(&c);
}

static void a_client_that_never_reads_is_given_up(void **state)
{
    struct ws_client c = open_one();

    (void)state;
    ws_client_text(&c, "flood");
    expect_service();
    expect_closed_with(1013);
    ws_client_close(&c);
}

static void a_close_has_its_code_on_both_sides(void **state)
{
    struct ws_client c = open_one();
    struct ws_client d = open_one();

    (void)state;
    ws_client_text(&c, "bye");
    assert_int_equal(ws_client_wait_close(&c, WIRE_WAIT_MS), 4401);
    ws_client_send_close(&c, 4401);
    expect_closed_with(4401);
    ws_client_send_close(&d, 1000);
    assert_int_equal(ws_client_wait_close(&d, WIRE_WAIT_MS), 1000);
    expect_closed_with(1000);
    ws_client_close(&c);
    ws_client_close(&d);
}

static void a_socket_that_vanishes_mid_frame_is_reported(void **state)
{
    struct ws_client c = open_one();
    uint8_t header[14];
    size_t n = ws_client_header(header, 1, WS_BINARY, 1000);

    (void)state;
    wire_send(c.fd, header, n);
    wire_send(c.fd, "half", 4);
    usleep(20000);
    ws_client_vanish(&c);
    expect_closed_with(1006);
    expect_service();
}

static void strangers_are_refused_before_the_upgrade(void **state)
{
    struct ws_client c;
    char origin[64];

    (void)state;
    assert_int_equal(ws_client_open(&c, f.port, "/ws/nothing", NULL), 404);
    assert_int_equal(ws_client_open(&c, f.port, "/ws/echo", "Origin: http://evil.example\r\n"),
                     403);
    snprintf(origin, sizeof(origin), "Origin: http://127.0.0.1:%d\r\n", f.port);
    assert_int_equal(ws_client_open(&c, f.port, "/ws/echo", origin), 0);
    ws_client_close(&c);
    assert_int_equal(ws_client_open(&c, f.port, "/ws/echo", "Origin: https://app.example\r\n"), 0);
    ws_client_close(&c);
}

static void a_refusal_by_the_handler_is_a_close_code(void **state)
{
    struct ws_client c;

    (void)state;
    assert_int_equal(ws_client_open(&c, f.port, "/ws/echo?session_id=unknown", NULL), 0);
    assert_int_equal(ws_client_wait_close(&c, WIRE_WAIT_MS), 4404);
    ws_client_close(&c);
}

/* Whole frames as bytes, masked with zeros where they are masked; and the code they end with. */
static void broken_frames_end_only_their_own_connection(void **state)
{
    static const struct {
        const char *what;
        const char *bytes;
        size_t len;
        int code;
    } cases[] = {
        {"opcode 3", "\x83\x80\0\0\0\0", 6, 1002},
        {"opcode 7", "\x87\x80\0\0\0\0", 6, 1002},
        {"opcode 11", "\x8b\x80\0\0\0\0", 6, 1002},
        {"opcode 15", "\x8f\x80\0\0\0\0", 6, 1002},
        {"no mask", "\x81\x01x", 3, 1002},
        {"no mask, empty", "\x81\x00", 2, 1002},
        {"no mask, and more behind it", "\x81\x00\x0f\x0f\x0f\x0f", 6, 1002},
        {"ping without mask", "\x89\x00", 2, 1002},
        {"RSV1", "\xc1\x81\0\0\0\0x", 7, 1002},
        {"RSV2", "\xa1\x81\0\0\0\0x", 7, 1002},
        {"RSV3", "\x91\x81\0\0\0\0x", 7, 1002},
        {"ping in pieces", "\x09\x80\0\0\0\0", 6, 1002},
        {"ping of 126 bytes", "\x89\xfe\0\x7e\0\0\0\0", 8, 1002},
        {"nothing goes on", "\x80\x81\0\0\0\0x", 7, 1002},
        {"begun twice", "\x01\x81\0\0\0\0x\x81\x81\0\0\0\0x", 14, 1002},
        {"5 bytes in 16 bits", "\x81\xfe\0\x05\0\0\0\0hello", 13, 1002},
        {"5 bytes in 64 bits", "\x81\xff\0\0\0\0\0\0\0\x05\0\0\0\0hello", 19, 1002},
        {"length with its top bit", "\x81\xff\x80\0\0\0\0\0\0\0\0\0\0\0", 14, 1002},
        {"close with one byte", "\x88\x81\0\0\0\0\x03", 7, 1002},
        {"close 999", "\x88\x82\0\0\0\0\x03\xe7", 8, 1002},
        {"close 1004", "\x88\x82\0\0\0\0\x03\xec", 8, 1002},
        {"close 1005", "\x88\x82\0\0\0\0\x03\xed", 8, 1002},
        {"close 1006", "\x88\x82\0\0\0\0\x03\xee", 8, 1002},
        {"close 1015", "\x88\x82\0\0\0\0\x03\xf7", 8, 1002},
        {"close 2000", "\x88\x82\0\0\0\0\x07\xd0", 8, 1002},
        {"close 5000", "\x88\x82\0\0\0\0\x13\x88", 8, 1002},
        {"close with a bad reason", "\x88\x83\0\0\0\0\x03\xe8\xff", 9, 1007},
        {"close 1000", "\x88\x82\0\0\0\0\x03\xe8", 8, 1000},
        {"close 3000", "\x88\x82\0\0\0\0\x0b\xb8", 8, 3000},
        {"close 4999", "\x88\x82\0\0\0\0\x13\x87", 8, 4999},
        {"text of a surrogate", "\x81\x83\0\0\0\0\xed\xa0\x80", 9, 1007},
        {"text cut in a letter", "\x81\x81\0\0\0\0\xc3", 7, 1007},
        {"a bad piece of text", "\x01\x81\0\0\0\0\xff", 7, 1007},
        {"half a frame of bad text", "\x81\xe4\0\0\0\0\xf4\x90", 8, 1007},
        {"a megabyte and more, said only", "\x82\xff\0\0\0\0\0\x10\0\x01\0\0\0\0x", 15, 1009},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ws_client c = open_one();
        int code;

        wire_send(c.fd, cases[i].bytes, cases[i].len);
        code = ws_client_wait_close(&c, WIRE_WAIT_MS);
        if (code != cases[i].code)
            fail_msg("%s: %d, not %d", cases[i].what, code, cases[i].code);
        ws_client_close(&c);
        expect_service(); /* what was read ahead of it is nobody else's */
    }
}

static void a_close_without_a_code_is_answered_alike(void **state)
{
    struct ws_client c = open_one();
    struct ws_frame frame;

    (void)state;
    ws_client_frame(&c, 1, WS_CLOSE, "", 0);
    assert_int_equal(ws_client_recv(&c, &frame, WIRE_WAIT_MS), 0);
    assert_int_equal(frame.opcode, WS_CLOSE);
    assert_int_equal(frame.len, 0);
    expect_closed_with(1005);
    ws_client_close(&c);
}

/* Sent in one go, while nothing could be answered: the newest is. */
static void a_burst_of_pings_is_answered_by_the_newest(void **state)
{
    struct ws_client c = open_one();
    struct ws_frame frame;
    char burst[3 * 7];

    (void)state;
    for (int i = 0; i < 3; i++) {
        memcpy(burst + i * 7, "\x89\x81\0\0\0\0", 6);
        burst[i * 7 + 6] = (char)('1' + i);
    }
    wire_send(c.fd, burst, sizeof(burst));
    ws_client_text(&c, "after");
    assert_int_equal(ws_client_recv(&c, &frame, WIRE_WAIT_MS), 0);
    assert_int_equal(frame.opcode, WS_PONG);
    assert_string_equal(frame.data, "3");
    expect_text(&c, "after");
    ws_client_close(&c);
}

/* A control frame may arrive in pieces as any other: its answer has all of it, each time. */
static void a_ping_that_comes_in_drops_is_answered_whole(void **state)
{
    static const char ping[] = "\x89\x85\0\0\0\0hello";
    struct ws_client c = open_one();
    struct ws_frame frame;

    (void)state;
    for (int i = 0; i < 3; i++) {
        for (size_t k = 0; k + 1 < sizeof(ping); k++) {
            wire_send(c.fd, ping + k, 1);
            usleep(2000);
        }
        assert_int_equal(ws_client_recv(&c, &frame, WIRE_WAIT_MS), 0);
        assert_int_equal(frame.opcode, WS_PONG);
        assert_int_equal(frame.len, 5);
        assert_memory_equal(frame.data, "hello", 5);
    }
    ws_client_close(&c);
}

static void frames_masked_by_a_key_are_read(void **state)
{
    static const char frame[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"; /* section 5.7 */
    struct ws_client c = open_one();

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(frame); i++)
        wire_send(c.fd, frame + i, 1);
    expect_text(&c, "Hello");
    ws_client_close(&c);
}

/* A text that grows letter by letter over many frames, with pings in between. */
static void letters_may_be_cut_between_frames(void **state)
{
    static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
    struct ws_client c = open_one();
    struct ws_frame frame;

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(text); i++) {
        ws_client_frame(&c, i + 2 == sizeof(text), i ? WS_CONTINUATION : WS_TEXT, text + i, 1);
        ws_client_frame(&c, 1, WS_PONG, "", 0);
    }
    assert_int_equal(ws_client_recv(&c, &frame, WIRE_WAIT_MS), 0);
    assert_string_equal(frame.data, text);
    ws_client_close(&c);
}

static void a_stranger_may_say_little(void **state)
{
    static char text[WS_FIRST_MAX + 2];
    struct ws_client c;

    (void)state;
    memset(text, 'a', WS_FIRST_MAX);
    assert_int_equal(ws_client_open(&c, f.port, "/ws/echo?unsigned=1", NULL), 0);
    ws_client_text(&c, text);
    expect_text(&c, text);
    text[WS_FIRST_MAX] = 'a';
    ws_client_text(&c, text);
    assert_int_equal(ws_client_wait_close(&c, WIRE_WAIT_MS), 1009);
    ws_client_close(&c);
}

static void unknown_subprotocols_are_not_agreed_to(void **state)
{
    struct ws_client c;

    (void)state;
    assert_int_equal(ws_client_open(&c, f.port, "/ws/echo",
                                    "Sec-WebSocket-Protocol: mqtt, chat\r\n"
                                    "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
                     0);
    ws_client_text(&c, "plain");
    expect_text(&c, "plain");
    ws_client_close(&c);
}

static void wait_for_text(void *arg)
{
    struct ws_client *c = arg;
    struct ws_frame frame;

    assert_int_equal(ws_client_recv(c, &frame, 4 * WIRE_WAIT_MS), 0);
    assert_int_equal(frame.opcode, WS_TEXT);
    assert_memory_equal(frame.data, "here", 4);
}

/* Until the connection ends: how many pings came before. */
static int pings_until_the_end(struct ws_client *c)
{
    struct ws_frame frame;
    int pings = 0;

    while (ws_client_recv(c, &frame, WIRE_WAIT_MS) == 0 && frame.opcode != WS_CLOSE)
        pings += frame.opcode == WS_PING;
    return pings;
}

static void a_silent_peer_is_pinged_first_and_then_given_up(void **state)
{
    struct http_config config = {.connections_max = 8, .ping_after_ms = 500, .dead_after_ms = 4000};
    static struct net_fixture other;
    struct ws_client dead, alive;
    uv_thread_t thread;

    (void)state;
    other = (struct net_fixture){.shutdown_ms = 3000};
    net_fixture_start(&other, &config, routes, sockets);
    assert_int_equal(ws_client_open(&dead, other.port, "/ws/echo", NULL), 0);
    assert_int_equal(ws_client_open(&alive, other.port, "/ws/echo", NULL), 0);
    dead.answer_pings = 0;
    uv_thread_create(&thread, (uv_thread_cb)wait_for_text, &alive); /* answers pings meanwhile */
    assert_true(pings_until_the_end(&dead) >= 1);

    /* Who answered is still there when the other one is gone. */
    usleep(1500000); /* a sweep later */
    assert_int_equal(ws_client_text(&alive, "here"), 0);
    uv_thread_join(&thread);
    ws_client_close(&alive);
    ws_client_close(&dead);
    net_fixture_stop(&other);
}

static void a_server_that_stops_says_1001(void **state)
{
    static struct net_fixture other;
    struct ws_client c;
    uv_thread_t thread;

    (void)state;
    other = (struct net_fixture){.shutdown_ms = 3000};
    net_fixture_start(&other, NULL, routes, sockets);
    assert_int_equal(ws_client_open(&c, other.port, "/ws/echo", NULL), 0);
    uv_thread_create(&thread, (uv_thread_cb)net_fixture_stop, &other);
    assert_int_equal(ws_client_wait_close(&c, WIRE_WAIT_MS), 1001);
    ws_client_send_close(&c, 1001);
    uv_thread_join(&thread);
    ws_client_close(&c);
}

static atomic_int open_now;
static int open_at_stop;

static int count_open(struct ws *ws, const struct http_request *req, void *app, void **ctx)
{
    (void)ws;
    (void)req;
    (void)app;
    (void)ctx;
    atomic_fetch_add(&open_now, 1);
    return 0;
}

static void count_closed(struct ws *ws, int code, void *ctx)
{
    (void)ws;
    (void)code;
    (void)ctx;
    atomic_fetch_sub(&open_now, 1);
}

static void look_how_many(void)
{
    open_at_stop = atomic_load(&open_now);
}

/* What a socket's owner holds is freed once the server has stopped: nobody is told after that. */
static void who_does_not_read_is_closed_before_the_server_has_stopped(void **state)
{
    static const struct ws_route counting[] = {
        {.path = "/ws/count", .h = {.on_open = count_open, .on_close = count_closed}},
        {.path = NULL},
    };
    static struct net_fixture other;
    struct ws_client deaf;

    (void)state;
    other = (struct net_fixture){.shutdown_ms = 200, .on_stopped = look_how_many};
    net_fixture_start(&other, NULL, routes, counting);
    assert_int_equal(ws_client_open(&deaf, other.port, "/ws/count", NULL), 0);
    open_at_stop = -1;
    net_fixture_stop(&other); /* its goodbye is never read */
    assert_int_equal(open_at_stop, 0);
    ws_client_close(&deaf);
}

static void note_end(void *arg)
{
    struct net_fixture *other = arg;

    atomic_store(&told_first, atomic_load(&closed_with) == 1001);
    loop_stop(other->loop);
}

static void shut_down(void *arg)
{
    struct net_fixture *other = arg;

    http_server_shutdown(other->server, 300, note_end, other);
}

/* Its on_close has run when the server says that it has stopped: who frees then frees nothing that
 * is still in use. */
static void who_does_not_read_is_gone_before_the_server_is(void **state)
{
    static struct net_fixture other;
    struct ws_client c;

    (void)state;
    net_fixture_start(&other, NULL, routes, sockets);
    assert_int_equal(ws_client_open(&c, other.port, "/ws/echo", NULL), 0);
    ws_client_text(&c, "half a flood");
    usleep(100000);
    atomic_store(&closed_with, 0);
    assert_int_equal(loop_post(other.loop, shut_down, &other), 0);
    uv_thread_join(&other.thread);
    assert_true(atomic_load(&told_first));
    http_server_close(other.server);
    lanes_close(other.lanes);
    assert_int_equal(loop_close(other.loop), 0);
    ws_client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_whole_however_they_were_cut),
        cmocka_unit_test(a_megabyte_goes_through_and_more_is_1009),
        cmocka_unit_test(fragments_do_not_get_around_the_limit),
        cmocka_unit_test(text_that_is_not_utf8_is_1007),
        cmocka_unit_test(the_queue_replaces_merges_and_keeps),
        cmocka_unit_test(a_client_that_never_reads_is_given_up),
        cmocka_unit_test(a_close_has_its_code_on_both_sides),
        cmocka_unit_test(a_socket_that_vanishes_mid_frame_is_reported),
        cmocka_unit_test(strangers_are_refused_before_the_upgrade),
        cmocka_unit_test(a_refusal_by_the_handler_is_a_close_code),
        cmocka_unit_test(broken_frames_end_only_their_own_connection),
        cmocka_unit_test(a_close_without_a_code_is_answered_alike),
        cmocka_unit_test(a_burst_of_pings_is_answered_by_the_newest),
        cmocka_unit_test(a_ping_that_comes_in_drops_is_answered_whole),
        cmocka_unit_test(frames_masked_by_a_key_are_read),
        cmocka_unit_test(letters_may_be_cut_between_frames),
        cmocka_unit_test(a_stranger_may_say_little),
        cmocka_unit_test(unknown_subprotocols_are_not_agreed_to),
        cmocka_unit_test(a_silent_peer_is_pinged_first_and_then_given_up),
        cmocka_unit_test(a_server_that_stops_says_1001),
        cmocka_unit_test(who_does_not_read_is_gone_before_the_server_is),
        cmocka_unit_test(who_does_not_read_is_closed_before_the_server_has_stopped),
    };

    return cmocka_run_group_tests_name("net/socket", tests, start, stop);
}
