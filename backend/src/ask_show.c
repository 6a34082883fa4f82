/**
 * @file ask_show.c  Events of the live path, as lines for a person
 */
#include "ask_show.h"

#include "api/messages.h"
#include "base/clock.h"

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

/* Ends a half-written line and starts one with the time. */
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

static void show_listening(struct ask_screen *s, const struct live_event *event)
{
    begin_line(s, "ready", CYAN);
    printf("%s %s\n", event->listening.engine, event->listening.model);
}

static void show_partial(struct ask_screen *s, const struct live_event *event)
{
    const char *text = event->words.result->text;
    size_t len = strlen(text);
    size_t stable = event->words.result->stable;

    if (!len)
        return;
    if (stable > len)
        stable = len;
    begin_line(s, "hearing", CYAN);
    printf("%.*s%s%s%s", (int)stable, text, paint(s, DIM), text + stable, paint(s, PLAIN));
    s->partial_line = s->terminal; /* on a terminal the next one replaces it */
    if (!s->terminal)
        fputc('\n', stdout);
}

static void show_final(struct ask_screen *s, const struct live_event *event)
{
    const char *text = event->words.result->text;

    begin_line(s, "heard", CYAN);
    printf("%s%s%s  %s(%d ms after the last word)%s\n", paint(s, BOLD), *text ? text : "(no words)",
           paint(s, PLAIN), paint(s, DIM), (int)event->words.latency_ms, paint(s, PLAIN));
}

static void show_started(struct ask_screen *s, const struct live_event *event)
{
    const char *provider = event->started.provider;
    const char *model = event->started.model;
    bool named = model && *model && strcmp(model, provider) != 0;

    for (size_t i = s->replaced; i < event->started.left_count; i++) {
        begin_line(s, "replaced", YELLOW);
        printf("%s: %s\n", event->started.left[i].provider, event->started.left[i].why);
    }
    s->replaced = event->started.left_count; /* shown once, although each event lists them all */
    begin_line(s, "asked", YELLOW);
    printf("%s  %s(%s%s%s%s)%s\n", event->started.question, paint(s, DIM),
           strcmp(provider, "outline") ? provider : "built in", named ? " " : "",
           named ? model : "", event->started.eager ? ", ahead of the end of the turn" : "",
           paint(s, PLAIN));
}

static void show_outline(struct ask_screen *s, const struct live_event *event)
{
    begin_line(s, "outline", GREEN);
    printf("%s\n", question_kind_name(event->outline.kind));
    for (size_t i = 0; i < event->outline.count; i++) {
        const struct llm_point *point = &event->outline.points[i];

        printf("                     • %s  %s[%s]%s\n", point->text, paint(s, DIM),
               point->field ? point->field : "question", paint(s, PLAIN));
    }
}

static void show_delta(struct ask_screen *s, const struct live_event *event)
{
    if (!s->in_answer)
        begin_line(s, "answer", GREEN);
    s->in_answer = true;
    printf("%.*s", (int)event->delta.len, event->delta.text);
}

static void show_thinking(struct ask_screen *s, const struct live_event *event)
{
    (void)event;
    begin_line(s, "thinking", CYAN);
    puts("the model thinks before it answers");
}

static void show_stage(struct ask_screen *s, int64_t ms, const char *name)
{
    if (ms >= 0)
        printf("%s%s %lld ms%s  ", paint(s, DIM), name, (long long)ms, paint(s, PLAIN));
}

static void show_finished(struct ask_screen *s, const struct live_event *event)
{
    const struct answer_latency *latency = &event->finished.latency;

    begin_line(s, "done", GREEN);
    printf("%s  ", answer_finish_name(event->finished.finish));
    show_stage(s, latency->final_ms, "final");
    show_stage(s, latency->outline_ms, "outline");
    show_stage(s, latency->first_token_ms, "first token");
    show_stage(s, latency->total_ms, "whole");
    fputc('\n', stdout);
}

static void show_error(struct ask_screen *s, const struct live_event *event)
{
    begin_line(s, "error", YELLOW);
    printf("%s\n", event->error.why);
}

void ask_show(struct ask_screen *s, const struct live_event *event)
{
    static void (*const show[])(struct ask_screen * s, const struct live_event *event) = {
        [LIVE_LISTENING] = show_listening, [LIVE_PARTIAL] = show_partial,
        [LIVE_FINAL] = show_final,         [LIVE_TURN] = NULL, /* the events that follow show it */
        [LIVE_STARTED] = show_started,     [LIVE_OUTLINE] = show_outline,
        [LIVE_DELTA] = show_delta,         [LIVE_THINKING] = show_thinking,
        [LIVE_FINISHED] = show_finished,   [LIVE_ERROR] = show_error,
    };

    if (event->kind < sizeof(show) / sizeof(show[0]) && show[event->kind])
        show[event->kind](s, event);
    fflush(stdout);
}

void ask_print_json(const struct ask_screen *s, const struct live_event *event)
{
    unsigned long long at_ms = (clock_mono_us() - s->start_us) / 1000;
    struct buf msg;

    buf_init(&msg, MESSAGE_MAX);
    message_write(&msg, event);
    if (!msg.err)
        printf("{\"atMs\":%llu,\"message\":%.*s}\n", at_ms, (int)msg.len, msg.data);
    buf_release(&msg);
    fflush(stdout);
}
