/**
 * @file bench/net_ws.c  WebSocket memory and latency against bench/net_server.c
 *
 *     net-ws PID PORT idle N          N idle connections: resident memory a connection
 *     net-ws PID PORT echo N SECONDS  N connections, one 3,200-byte frame each 500 ms: p50, p99
 *
 * PID is the server's, for its memory. A frame carries the time it was sent; the server's answer
 * repeats it, so a sample is the whole way: our write, its loop, its queue, our read.
 */
#include "base/clock.h"
#include "support/wire.h"
#include "support/ws_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { FRAME = 3200, PERIOD_US = 500000, SAMPLES_MAX = 1 << 20 };

static struct ws_client *clients;
static uint32_t *samples;
static size_t sample_count;

static long resident_kb(const char *pid)
{
    char path[64];
    char line[128];
    long kb = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%s/status", pid);
    f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f))
        sscanf(line, "VmRSS: %ld", &kb);
    if (f)
        fclose(f);
    return kb;
}

static int open_all(int port, int n)
{
    struct rlimit limit = {20000, 20000};

    setrlimit(RLIMIT_NOFILE, &limit);
    clients = calloc((size_t)n, sizeof(*clients));
    for (int i = 0; i < n; i++) {
        int rc = ws_client_open(&clients[i], port, "/ws/echo", NULL);

        if (rc) {
            fprintf(stderr, "connection %d: %d\n", i, rc);
            return 1;
        }
    }
    return 0;
}

static int idle(const char *pid, int port, int n)
{
    long before = resident_kb(pid);
    long after;

    if (open_all(port, n))
        return 1;
    usleep(500000);
    after = resident_kb(pid);
    printf("idle %d: %ld KB before, %ld KB after, %.2f KB a connection\n", n, before, after,
           (double)(after - before) / n);
    return 0;
}

static void read_one(struct ws_client *c)
{
    struct ws_frame frame;
    const char *stamp;

    if (ws_client_recv(c, &frame, 1000) || frame.opcode != WS_TEXT)
        return;
    stamp = strstr(frame.data, "\"stamp\":");
    if (stamp && sample_count < SAMPLES_MAX)
        samples[sample_count++] = (uint32_t)(clock_mono_us() - strtoull(stamp + 8, NULL, 10));
}

static void send_one(struct ws_client *c)
{
    static char frame[FRAME];
    uint64_t now = clock_mono_us();

    memcpy(frame, &now, sizeof(now));
    ws_client_binary(c, frame, sizeof(frame));
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void drain(int ep, int timeout_ms)
{
    struct epoll_event ready[64];
    int n = epoll_wait(ep, ready, 64, timeout_ms);

    for (int i = 0; i < n; i++)
        read_one(ready[i].data.ptr);
}

/* Frames are spread evenly over the period, as those of many interviews are. */
static void run(int ep, int n, int seconds)
{
    uint64_t start = clock_mono_us();
    uint64_t sent = 0;

    while (clock_mono_us() - start < (uint64_t)seconds * 1000000) {
        uint64_t due = (clock_mono_us() - start) * (uint64_t)n / PERIOD_US;

        while (sent < due) {
            send_one(&clients[sent % (uint64_t)n]);
            sent++;
            drain(ep, 0);
        }
        drain(ep, 0);
    }
    for (int i = 0; i < 20; i++)
        drain(ep, 10);
    printf("echo %d: %zu of %llu frames came back", n, sample_count, (unsigned long long)sent);
}

static int echo(int port, int n, int seconds)
{
    int ep = epoll_create1(0);

    if (open_all(port, n))
        return 1;
    samples = malloc(SAMPLES_MAX * sizeof(*samples));
    for (int i = 0; i < n; i++) {
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &clients[i]};

        epoll_ctl(ep, EPOLL_CTL_ADD, clients[i].fd, &e);
    }
    run(ep, n, seconds);
    if (!sample_count)
        return 1;
    qsort(samples, sample_count, sizeof(*samples), by_size);
    printf(", p50 %u us, p99 %u us, worst %u us\n", samples[sample_count / 2],
           samples[sample_count * 99 / 100], samples[sample_count - 1]);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 5 && strcmp(argv[3], "idle") == 0)
        return idle(argv[1], atoi(argv[2]), atoi(argv[4]));
    if (argc >= 6 && strcmp(argv[3], "echo") == 0)
        return echo(atoi(argv[2]), atoi(argv[4]), atoi(argv[5]));
    fprintf(stderr, "usage: net-ws PID PORT idle N | net-ws PID PORT echo N SECONDS\n");
    return 2;
}
