/**
 * @file ask_show.h  Events of the live path, as lines for a person
 *
 *     struct ask_screen screen = ask_screen_of(STDOUT_FILENO);
 *
 *     screen.start_us = clock_mono_us();
 *     ask_show(&screen, event);          for every event of the interview
 *
 * Each line begins with the time of its event. On a terminal a partial is overwritten by the next
 * one, and words that may still change are dim. In a pipe every event has its own line, without
 * colour.
 *
 * Threads    One; nothing else may write to stdout.
 * Ownership  Nothing is kept of an event.
 */
#ifndef ASK_SHOW_H
#define ASK_SHOW_H

#include "live/event.h"

#include <stdbool.h>
#include <stdint.h>

struct ask_screen {
    uint64_t start_us; /* clock_mono_us() at time zero of the output */
    bool terminal;
    bool colour;
    bool in_answer;    /* the cursor is inside streamed text */
    bool partial_line; /* the cursor is after a partial */
    size_t replaced;   /* number of failed providers already reported for this answer */
};

/** A screen that suits that file descriptor; NO_COLOR is respected (no-color.org). */
struct ask_screen ask_screen_of(int fd);

/** Show one event. Unknown kinds are ignored. */
void ask_show(struct ask_screen *s, const struct live_event *event);

/** The same for programs: {"atMs":…,"message":…} on a line, the message as a socket would send
 *  it. */
void ask_print_json(const struct ask_screen *s, const struct live_event *event);

#endif
