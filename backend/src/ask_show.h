/**
 * @file ask_show.h  What the live path says, as lines for a person
 *
 *     struct ask_screen screen = ask_screen_of(STDOUT_FILENO);
 *
 *     screen.start_us = clock_mono_us();
 *     ask_show(&screen, event);          for every event of the interview
 *
 * Each line begins with the moment it came. On a terminal a partial is overwritten by the next and
 * words that may still change are dim; piped, every event has a line and no colour.
 *
 * Threads    One, with stdout to itself.
 * Ownership  Nothing is kept of an event.
 */
#ifndef ASK_SHOW_H
#define ASK_SHOW_H

#include "live/event.h"

#include <stdbool.h>
#include <stdint.h>

struct ask_screen {
    uint64_t start_us; /* of clock_mono_us(): the zero of the times shown */
    bool terminal;
    bool colour;
    bool in_answer;    /* the cursor stands inside streamed text */
    bool partial_line; /* the cursor stands behind a partial */
    size_t replaced;   /* providers that this answer was already said to have left */
};

/** A screen as that file descriptor allows; NO_COLOR is respected (no-color.org). */
struct ask_screen ask_screen_of(int fd);

/** Show one event. Unknown kinds are ignored. */
void ask_show(struct ask_screen *s, const struct live_event *event);

/** The same for machines: {"atMs":…,"message":…} on a line, the message as a socket sends it. */
void ask_print_json(const struct ask_screen *s, const struct live_event *event);

#endif
