/**
 * @file test/unit/net/forwarded.c  Whom proxies name, and whom one may believe
 */
#include "cmocka_all.h"

#include "net/forwarded.h"
#include "net/owner.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

enum { FIELDS_MAX = 4 };

struct row {
    const char *fields[2 * FIELDS_MAX]; /* name, value ... */
    const char *client;                 /* NULL: nobody is named */
    int https;                          /* -1: not said */
    const char *host;
};

static struct network proxies[3];

static int open_proxies(void **state)
{
    (void)state;
    return network_parse("10.0.0.0/8", &proxies[0]) || network_parse("192.0.2.80", &proxies[1]) ||
           network_parse("2001:db8:1::/48", &proxies[2]);
}

static struct forwarded read_fields(const char *const *fields)
{
    struct forwarded f;
    struct head h;

    head_init(&h);
    for (int i = 0; i < FIELDS_MAX && fields[2 * i]; i++) {
        int name = head_text(&h, fields[2 * i], strlen(fields[2 * i]));
        int value = head_text(&h, fields[2 * i + 1], strlen(fields[2 * i + 1]));

        assert_int_equal(head_add(&h, (uint16_t)name, (uint16_t)value), 0);
    }
    forwarded_read(&f, &h, proxies, 3);
    head_release(&h);
    return f;
}

static void the_client_is_the_first_whom_nobody_believed_wrote(void **state)
{
    static const struct row rows[] = {
        {{"x-forwarded-for", "203.0.113.9", "x-forwarded-proto", "https"}, "203.0.113.9", 1, ""},
        {{"x-forwarded-for", "203.0.113.9", "x-forwarded-proto", "http"}, "203.0.113.9", 0, ""},
        {{"x-forwarded-for", "198.51.100.1, 203.0.113.9"}, "203.0.113.9", -1, ""},
        {{"x-forwarded-for", "127.0.0.1, 203.0.113.9"}, "203.0.113.9", -1, ""},
        {{"x-forwarded-for", "203.0.113.9, 10.1.2.3,192.0.2.80"}, "203.0.113.9", -1, ""},
        {{"x-forwarded-for", "203.0.113.9", "x-forwarded-for", "10.1.2.3"}, "203.0.113.9", -1, ""},
        {{"x-forwarded-for", "10.0.0.1, 10.0.0.2"}, "10.0.0.1", -1, ""},
        {{"x-forwarded-for", "203.0.113.9, 10.0.0.2", "x-forwarded-proto", "https, http"},
         "203.0.113.9",
         1,
         ""},
        {{"x-forwarded-for", "1.2.3.4, 203.0.113.9", "x-forwarded-proto", "http"},
         "203.0.113.9",
         0,
         ""},
        {{"x-forwarded-for", "203.0.113.9:55123"}, "203.0.113.9", -1, ""},
        {{"x-forwarded-for", "[2001:db8::7]:55123"}, "2001:db8::7", -1, ""},
        {{"x-forwarded-for", "2001:db8::7"}, "2001:db8::7", -1, ""},
        {{"x-forwarded-for", "2001:db8::7, 2001:db8:1::80"}, "2001:db8::7", -1, ""},
        {{"x-forwarded-for", "203.0.113.9, unknown"}, NULL, -1, ""},
        {{"x-forwarded-for", ""}, NULL, -1, ""},
        {{"x-forwarded-for", " , "}, NULL, -1, ""},
        {{"x-forwarded-for", "300.1.2.3"}, NULL, -1, ""},
        {{"x-forwarded-proto", "https"}, NULL, 1, ""},
        {{"x-forwarded-proto", "wss"}, NULL, 1, ""},
        {{"x-forwarded-proto", "gopher"}, NULL, -1, ""},
        {{"x-forwarded-host", "interview.example", "x-forwarded-proto", "https"},
         NULL,
         1,
         "interview.example"},
        {{"x-forwarded-host", "interview.example", "x-forwarded-port", "8443"},
         NULL,
         -1,
         "interview.example:8443"},
        {{"x-forwarded-host", "interview.example:9", "x-forwarded-port", "8443"},
         NULL,
         -1,
         "interview.example:9"},
        {{"x-forwarded-host", "a b"}, NULL, -1, ""},
        {{"x-forwarded-host", "user@interview.example"}, NULL, -1, ""},
        {{"x-forwarded-host", "interview.example", "x-forwarded-port", "8443; x"}, NULL, -1, ""},
        {{"x-real-ip", "203.0.113.9"}, "203.0.113.9", -1, ""},
        {{"x-real-ip", "198.51.100.1", "x-forwarded-for", "203.0.113.9"}, "203.0.113.9", -1, ""},
        {{"forwarded", "for=203.0.113.9;proto=https;host=interview.example"},
         "203.0.113.9",
         1,
         "interview.example"},
        {{"forwarded", "For=\"[2001:db8:cafe::17]:4711\""}, "2001:db8:cafe::17", -1, ""},
        {{"forwarded", "for=203.0.113.9;proto=http, for=10.0.0.3;proto=https"},
         "203.0.113.9",
         0,
         ""},
        {{"forwarded", "for=203.0.113.9;proto=https", "forwarded", "for=10.0.0.3"},
         "203.0.113.9",
         1,
         ""},
        {{"forwarded", "for=1.2.3.4, for=203.0.113.9"}, "203.0.113.9", -1, ""},
        {{"forwarded", "for=unknown"}, NULL, -1, ""},
        {{"forwarded", "for=_hidden, for=10.0.0.3"}, NULL, -1, ""},
        {{"forwarded", "for=\"10.0.0.1, 203.0.113.9\""}, NULL, -1, ""},
        {{"forwarded", "host=\"interview.example:8443\";proto=https"},
         NULL,
         1,
         "interview.example:8443"},
        {{"forwarded", ";;=;for"}, NULL, -1, ""},
        {{"via", "1.1 cache"}, NULL, -1, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct forwarded f = read_fields(rows[i].fields);
        char client[IP_ADDRESS_TEXT_MAX] = "";

        assert_true(f.seen);
        if (f.has_client)
            ip_address_text(&f.client, client);
        assert_string_equal(client, rows[i].client ? rows[i].client : "");
        assert_int_equal(f.has_scheme ? f.https : -1, rows[i].https);
        assert_string_equal(f.host, rows[i].host);
    }
}

static void kinds_that_contradict_each_other_are_not_believed(void **state)
{
    static const char *const invented[] = {"forwarded", "for=1.2.3.4;proto=https",
                                           "x-forwarded-for", "203.0.113.9", NULL};
    static const char *const same[] = {
        "forwarded",   "for=203.0.113.9;proto=https", "x-forwarded-for",
        "203.0.113.9", "x-forwarded-proto",           "https",
        NULL};
    struct forwarded f = read_fields(invented);

    (void)state;
    assert_true(f.seen);
    assert_false(f.has_client || f.https || f.has_scheme || *f.host);
    f = read_fields(same);
    assert_true(f.seen && f.has_client && f.https);
}

static void without_such_a_field_nobody_stands_between(void **state)
{
    static const char *const plain[] = {"host",      "localhost", "x-forward", "1",
                                        "forwarder", "x",         "cf",        "*/*"};
    static const char *const tells[] = {"x-forwarded-server",
                                        "x-forwarded",
                                        "x-client-ip",
                                        "cf-connecting-ip",
                                        "true-client-ip",
                                        "via",
                                        "x-forwarded-prefix",
                                        "x-forwarded-port",
                                        "x-cluster-client-ip",
                                        "fastly-client-ip",
                                        "fly-client-ip",
                                        "x-original-url",
                                        "x-envoy-external-address",
                                        "x-azure-clientip",
                                        "cloudfront-forwarded-proto",
                                        "x-real-ip",
                                        "x-scheme",
                                        "front-end-https"};

    (void)state;
    assert_false(read_fields(plain).seen);
    for (size_t i = 0; i < sizeof(tells) / sizeof(tells[0]); i++)
        assert_true(read_fields((const char *const[8]){tells[i], "x"}).seen);
}

static void a_long_row_of_proxies_is_read_from_its_end(void **state)
{
    char many[1024] = "203.0.113.9";
    char shortened[1024];

    (void)state;
    for (int i = 0; i < 15; i++)
        strcat(many, ", 10.0.0.1");
    assert_true(read_fields((const char *const[8]){"x-forwarded-for", many}).has_client);
    snprintf(shortened, sizeof(shortened), "%s, 10.0.0.1", many);
    assert_true(read_fields((const char *const[8]){"x-forwarded-for", shortened}).has_client);
    assert_int_equal(
        read_fields((const char *const[8]){"x-forwarded-for", shortened}).client.byte[12],
        10); /* what stands further left is not read */
}

static void this_machine_and_the_named_ones_are_believed(void **state)
{
    static const struct {
        const char *from;
        bool believed;
    } rows[] = {{"127.0.0.1", true},       {"127.9.9.9", true},     {"::1", true},
                {"10.255.0.1", true},      {"192.0.2.80", true},    {"192.0.2.81", false},
                {"11.0.0.1", false},       {"2001:db8:1::5", true}, {"2001:db8:2::5", false},
                {"::ffff:10.0.0.1", true}, {"0.0.0.0", false}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ip_address a;

        assert_int_equal(ip_address_parse(rows[i].from, strlen(rows[i].from), &a), 0);
        assert_int_equal(forwarded_believes(proxies, 3, &a), rows[i].believed);
    }
}

static void networks_are_what_people_write(void **state)
{
    static const char *const good[] = {"10.0.0.0/8",   "0.0.0.0/0", "192.0.2.7",
                                       "192.0.2.7/32", "::1",       "[::1]",
                                       "fd00::/8",     "::/0",      "192.0.2.4/30"};
    static const char *const bad[] = {
        "",          "/8",           "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1",
        "10.0.0.0/", "10.0.0.0/8x",  "10.0.0",     "fd00::1/8",   "::/129",
        "host",      "10.0.0.0/8/8", "[::1",       "1.2.3.4:80"};
    struct network n;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(network_parse(good[i], &n), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(network_parse(bad[i], &n), UV_EINVAL);
}

static void only_a_persons_account_is_the_owner(void **state)
{
    (void)state;
    assert_true(owner_is_person(0, 1000));
    assert_true(owner_is_person(1000, 1000));
    assert_false(owner_is_person(1001, 1000)); /* another person of this machine */
    assert_false(owner_is_person(33, 1000));   /* a web server */
    assert_true(owner_is_person(1000, 0));
    assert_true(owner_is_person(1000, 998)); /* the server has an account of its own */
    assert_true(owner_is_person(998, 998));
    assert_false(owner_is_person(33, 0));
    assert_false(owner_is_person(33, 998));
    assert_false(owner_is_person(65534, 0)); /* nobody */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_is_the_first_whom_nobody_believed_wrote),
        cmocka_unit_test(kinds_that_contradict_each_other_are_not_believed),
        cmocka_unit_test(without_such_a_field_nobody_stands_between),
        cmocka_unit_test(a_long_row_of_proxies_is_read_from_its_end),
        cmocka_unit_test(this_machine_and_the_named_ones_are_believed),
        cmocka_unit_test(networks_are_what_people_write),
        cmocka_unit_test(only_a_persons_account_is_the_owner),
    };

    return cmocka_run_group_tests(tests, open_proxies, NULL);
}
