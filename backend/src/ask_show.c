/**
 * @file ask_show.c  What the live path says, as lines for a person
 */
#include "ask_show.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ask_screen ask_screen_of(int fd)
{
    bool terminal = isatty(fd) != 0;

    return (struct ask_screen){.terminal = terminal, .colour = terminal && !getenv("NO_COLOR")};
}

static const char *paint(const struct ask_screen *s, const char *code)
{
    return s->colour ? code : "";
}

#define DIM    "\033[2m"
#define BOLD   "\033[1m"
#define GREEN  "\033[32m"
#define CYAN   "\033[36m"
#define YELLOW "\033[33m"
#define PLAIN  "\033[0m"

/* Leave a half-written line, and begin one with the time. */
static void begin_line(struct ask_screen *s, const char *what, const char *colour)
{
    double seconds = (double)(clock_mono_us() - s->start_us) / 1e6;

    if (s->in_answer)
        fputc('\n', stdout);
    if (s->partial_line)
        fputs("\r\033[K", stdout);
    s->in_answer = s->partial_line = false;
    printf("%s%7.2f s%s  %s%-8s%s ", paint(s, DIM), seconds, paint(s, PLAIN), paint(s, colour),
           what, paint(s, PLAIN));
}

static void show_partial(struct ask_screen *s, const json_t *msg)
{
    const char *text = json_str(msg, "text");
    size_t len = text ? strlen(text) : 0;
    size_t stable = (size_t)json_int(msg, "stable", 0);

    if (!len)
        return;
    if (stable > len)
        stable = len;
    begin_line(s, "hearing", CYAN);
    printf("%.*s%s%s%s", (int)stable, text, paint(s, DIM), text + stable, paint(s, PLAIN));
    s->partial_line = s->terminal; /* on a terminal the next one takes its place */
    if (!s->terminal)
        fputc('\n', stdout);
}

static void show_final(struct ask_screen *s, const json_t *msg)
{
    const char *text = json_str(msg, "text");

    begin_line(s, "heard", CYAN);
    printf("%s%s%s  %s(%d ms after the last word)%s\n", paint(s, BOLD),
           text && *text ? text : "(no words)", paint(s, PLAIN), paint(s, DIM),
           (int)json_int(msg, "latencyMs", 0), paint(s, PLAIN));
}

static void show_started(struct ask_screen *s, const json_t *msg)
{
    const char *provider = json_str(msg, "provider");
    const char *model = json_str(msg, "model");
    bool named = model && *model && strcmp(model, provider) != 0;

    begin_line(s, "asked", YELLOW);
    printf("%s  %s(%s%s%s%s)%s\n", json_str(msg, "question"), paint(s, DIM),
           strcmp(provider, "outline") ? provider : "built in", named ? " " : "",
           named ? model : "",
           json_flag(msg, "eager", false) ? ", ahead of the end of the turn" : "", paint(s, PLAIN));
}

static void show_outline(struct ask_screen *s, const json_t *msg)
{
    const json_t *points = json_object_get(msg, "points");

    begin_line(s, "outline", GREEN);
    printf("%s\n", json_str(msg, "kind"));
    for (size_t i = 0; i < json_array_size(points); i++) {
        const json_t *point = json_array_get(points, i);
        const char *field = json_str(json_object_get(point, "source"), "field");

        printf("                     • %s  %s[%s]%s\n", json_str(point, "text"), paint(s, DIM),
               field ? field : "", paint(s, PLAIN));
    }
}

static void show_stage(struct ask_screen *s, const json_t *latency, const char *key,
                       const char *name)
{
    const json_t *value = json_object_get(latency, key);

    if (json_is_number(value))
        printf("%s%s %.0f ms%s  ", paint(s, DIM), name, json_number_value(value), paint(s, PLAIN));
}

static void show_delta(struct ask_screen *s, const json_t *msg)
{
    const json_t *latency = json_object_get(msg, "latency");

    if (!json_flag(msg, "finish", false)) {
        if (!s->in_answer)
            begin_line(s, "answer", GREEN);
        s->in_answer = true;
        fputs(json_str(msg, "delta"), stdout);
        return;
    }
    begin_line(s, "done", GREEN);
    printf("%s  ", json_str(msg, "finishReason"));
    show_stage(s, latency, "finalMs", "final");
    show_stage(s, latency, "outlineMs", "outline");
    show_stage(s, latency, "firstTokenMs", "first token");
    show_stage(s, latency, "totalMs", "whole");
    fputc('\n', stdout);
}

void ask_show(struct ask_screen *s, const json_t *msg)
{
    static const struct {
        const char *type;
        void (*show)(struct ask_screen *s, const json_t *msg);
    } kinds[] = {
        {"partial", show_partial}, {"final", show_final}, {"started", show_started},
        {"outline", show_outline}, {"delta", show_delta},
    };
    const char *type = json_str(msg, "type");

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!strcmp(type, kinds[i].type))
            kinds[i].show(s, msg);
    }
    if (!strcmp(type, "error")) {
        begin_line(s, "error", YELLOW);
        printf("%s\n", json_str(msg, "message"));
    } else if (!strcmp(type, "ready")) {
        begin_line(s, "ready", CYAN);
        printf("%s %s\n", json_str(msg, "engine"), json_str(msg, "model"));
    }
    fflush(stdout);
}

void ask_print_json(const struct ask_screen *s, const char *text, size_t len)
{
    printf("{\"atMs\":%llu,\"message\":%.*s}\n",
           (unsigned long long)((clock_mono_us() - s->start_us) / 1000), (int)len, text);
    fflush(stdout);
}
