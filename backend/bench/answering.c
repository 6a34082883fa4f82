/**
 * @file bench/answering.c  How long the parts of an answer take
 *
 *     backend/build/bench/bench-answering              outline, search and classification
 *     backend/build/bench/bench-answering --provider   and provider -> first and every further
 * word, against test/support/providers.py, which sends its own clock (CLOCK_MONOTONIC) as words
 *
 * "Forwarded" is the moment ANSWER_DELTA comes, the call that hands the words to the socket's
 * queue. Beside it the same stream is read by a bare blocking socket, so that what the stand-in and
 * the kernel cost is not counted as ours.
 */
#include "answer/answer.h"
#include "answer/outline.h"
#include "answer/prompt.h"
#include "answer/spoken.h"
#include "base/clock.h"
#include "loop/loop.h"
#include "net/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CONTEXT_WORDS = 5000, REPEATS = 2000, ROUNDS = 40, STAMPS = 25, SAMPLES = 4096 };

static double samples[SAMPLES];
static size_t sample_count;
static double firsts[SAMPLES];
static size_t first_count;

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void show(const char *what, double *s, size_t n, const char *unit)
{
    if (!n)
        return;
    qsort(s, n, sizeof(*s), compare);
    printf("%-44s p50 %8.1f  p99 %8.1f  max %8.1f %s (%zu)\n", what, s[n / 2], s[n * 99 / 100],
           s[n - 1], unit, n);
}

/** A profile of so many words, in sections of bullets and prose. */
static char *make_context(void)
{
    static const char *const words[] = {
        "Led",       "the",       "team",     "through", "migration", "of",      "billing",
        "database",  "cutting",   "latency",  "by",      "40",        "percent", "when",
        "customers", "disagreed", "about",    "launch",  "deadline",  "I",       "measured",
        "service",   "requests",  "and",      "reduced", "cost",      "with",    "python",
        "tests",     "review",    "incident", "planned"};
    char *text = malloc(CONTEXT_WORDS * 16);
    uint32_t seed = 1;
    size_t n = 0;

    for (int i = 0; text && i < CONTEXT_WORDS; i++) {
        seed = seed * 1664525u + 1013904223u;
        if (i % 16 == 0)
            n += (size_t)sprintf(
                text + n, i % 128 == 0 ? ".\n\nCompany %d, Engineer (2015-2020)\n- " : ".\n- ", i);
        n += (size_t)sprintf(text + n, "%s%s", words[(seed >> 8) % 32], i % 97 == 0 ? "x " : " ");
    }
    return text;
}

static void bench_pure(struct grounding *g, enum question_kind kind, const char *question)
{
    char what[80];

    sample_count = 0;
    for (int i = 0; i < REPEATS; i++) {
        struct outline o;
        uint64_t from = clock_mono_us();

        outline_compose(&o, g, question, kind);
        samples[sample_count++] = (double)(clock_mono_us() - from);
        outline_release(&o);
    }
    snprintf(what, sizeof(what), "outline, %s", question_kind_name(kind));
    show(what, samples, sample_count, "us");
}

/** The built-in answer, after its outline. */
static void bench_spoken(struct grounding *g, const char *question)
{
    struct outline o;

    outline_compose(&o, g, question, QUESTION_BEHAVIORAL);
    sample_count = 0;
    for (int i = 0; i < REPEATS; i++) {
        struct buf text;
        uint64_t from = clock_mono_us();

        buf_init(&text, SPOKEN_BYTES_MAX);
        spoken_compose(&text, g, question, &o);
        samples[sample_count++] = (double)(clock_mono_us() - from);
        buf_release(&text);
    }
    show("built-in answer", samples, sample_count, "us");
    outline_release(&o);
}

static void bench_parts(const struct grounding_input *input)
{
    struct grounding *g = NULL;
    struct ground_query q;
    struct ground_hit hits[8];
    struct prompt prompt;

    sample_count = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t from = clock_mono_us();

        grounding_free(g);
        grounding_open(&g, input);
        samples[sample_count++] = (double)(clock_mono_us() - from);
    }
    show("index a 5,000-word profile", samples, sample_count, "us");
    sample_count = 0;
    for (int i = 0; i < REPEATS; i++) {
        uint64_t from = clock_mono_us();

        ground_query_init(&q);
        ground_query_text(&q, "a conflict with a customer about a deadline", 1);
        grounding_search(g, &q, GROUND_CANDIDATE, hits, 8);
        samples[sample_count++] = (double)(clock_mono_us() - from);
    }
    show("search it", samples, sample_count, "us");
    sample_count = 0;
    for (int i = 0; i < REPEATS; i++) {
        uint64_t from = clock_mono_us();

        question_classify("so can you tell me about a time you had a conflict with a customer");
        samples[sample_count++] = (double)(clock_mono_us() - from);
    }
    show("classify a question", samples, sample_count, "us");
    for (int kind = 0; kind <= QUESTION_OTHER; kind++)
        bench_pure(g, (enum question_kind)kind,
                   "tell me about a conflict with a customer about a database");
    bench_spoken(g, "tell me about a conflict with a customer about a database");
    sample_count = 0;
    for (int i = 0; i < REPEATS; i++) {
        uint64_t from = clock_mono_us();

        prompt_build(&prompt,
                     &(struct prompt_input){.g = g, .question = "why", .kind = QUESTION_OTHER});
        samples[sample_count++] = (double)(clock_mono_us() - from);
        prompt_release(&prompt);
    }
    show("build the prompt", samples, sample_count, "us");
    grounding_free(g);
}

/* ------------------------------------------------------------------------- provider -> forwarded
 */

static int64_t mono_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct loop *loop;
static bool first_word;

static void on_delta(const char *text, size_t len)
{
    int64_t now = mono_ns();
    char *end;
    int64_t sent = strtoll(text, &end, 10);
    double us = (double)(now - sent) / 1000;

    if (end == text || len < 8)
        return;
    if (first_word && first_count < SAMPLES)
        firsts[first_count++] = us;
    else if (sample_count < SAMPLES)
        samples[sample_count++] = us;
    first_word = false;
}

static void on_event(const struct answer_event *event, void *arg)
{
    (void)arg;
    if (event->kind == ANSWER_DELTA)
        on_delta(event->delta.text, event->delta.len);
    if (event->kind != ANSWER_FINISHED)
        return;
    if (event->finished->finish != ANSWER_STOP)
        printf("the stand-in failed: %s\n", event->finished->why);
    loop_stop(loop);
}

/** The same stream through a blocking socket: what is not ours. */
static void bare(int port)
{
    static const char body[] = "{\"model\":\"stamp-25\",\"stream\":true,\"messages\":[{\"role\":"
                               "\"user\",\"content\":\"x\"}]}";
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char data[65536];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int n = snprintf(data, sizeof(data),
                     "POST /openai/v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: "
                     "close\r\nContent-Length: %zu\r\n\r\n%s",
                     sizeof(body) - 1, body);
    ssize_t k;

    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
        write(fd, data, (size_t)n) != n) {
        printf("cannot reach the stand-in\n");
        return;
    }
    while ((k = read(fd, data, sizeof(data) - 1)) > 0) {
        int64_t now = mono_ns();
        const char *at;

        data[k] = '\0';
        at = strstr(data, "\"content\": \"");
        if (at && at[12] >= '0' && at[12] <= '9' && sample_count < SAMPLES)
            samples[sample_count++] = (double)(now - strtoll(at + 12, NULL, 10)) / 1000;
    }
    close(fd);
}

static void bench_provider(int port)
{
    char url[64];
    struct llm_provider p = {
        .name = "groq", .driver = llm_driver_find("openai"), .url = url, .model = "stamp-25"};
    struct answerer_config config = {.providers = &p, .provider_count = 1};
    struct http_client *client = NULL;
    struct answerer *a = NULL;
    struct errbuf err = {""};

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/openai/v1", port);
    if (loop_open(&loop, &err) || http_client_open(&client, loop, &err) ||
        answerer_open(&a, loop, client, &config, &err)) {
        printf("%s\n", err.text);
        return;
    }
    sample_count = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct answer_ask ask = {.question = "why do you want to work here"};
        struct answer *answer;

        first_word = true;
        if (answer_ask(a, NULL, &ask, on_event, NULL, &answer, &err) == 0)
            loop_run(loop);
    }
    show("provider's send -> first word forwarded", firsts, first_count, "us");
    show("provider's send -> further words forwarded", samples, sample_count, "us");
    sample_count = 0;
    for (int i = 0; i < ROUNDS; i++)
        bare(port);
    show("the same, read by a bare blocking socket", samples, sample_count, "us");
    answerer_close(a);
    http_client_close(client);
    loop_close(loop);
}

static void with_stand_in(const char *script)
{
    int in[2];
    int out[2];
    int port = 0;
    FILE *f;
    pid_t pid;

    if (pipe(in) || pipe(out))
        return;
    pid = fork();
    if (pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        execlp("python3", "python3", script, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    f = fdopen(out[0], "r");
    if (pid > 0 && f && fscanf(f, "PORT %d", &port) == 1)
        bench_provider(port);
    else
        printf("no stand-in: python3 %s\n", script);
    close(in[1]);
    waitpid(pid, NULL, 0);
    if (f)
        fclose(f);
}

int main(int argc, char **argv)
{
    static const char *const skills[] = {"PostgreSQL", "Python"};
    struct grounding_input input = {
        .role = "Engineer", .years_experience = 8, .skills = skills, .skill_count = 2};
    char *context = make_context();

    input.context = context;
    input.job_description =
        "Requirements\n- Strong knowledge of PostgreSQL\n- You will lead incidents\n"
        "- Design and build services\n- Mentor engineers\n";
    bench_parts(&input);
    free(context);
    if (argc > 1 && strcmp(argv[1], "--provider") == 0)
        with_stand_in(argc > 2 ? argv[2] : "backend/test/support/providers.py");
    return 0;
}
