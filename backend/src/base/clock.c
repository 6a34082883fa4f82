/**
 * @file base/clock.c  Two clocks: one to measure with, one to write down
 */
#include "base/clock.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <uv.h>

uint64_t clock_mono_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

int64_t clock_unix_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_format(int64_t unix_ms, char text[static CLOCK_TEXT_MAX])
{
    int64_t ms = ((unix_ms % 1000) + 1000) % 1000;
    time_t seconds = (time_t)((unix_ms - ms) / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(text, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + 19, CLOCK_TEXT_MAX - 19, ".%03dZ", (int)ms);
}

/* ".123456" -> 123; moves *p past it. */
static int parse_fraction(const char **p)
{
    int ms = 0;
    int digits = 0;

    if (**p != '.')
        return 0;
    for ((*p)++; isdigit((unsigned char)**p); (*p)++, digits++)
        if (digits < 3)
            ms = ms * 10 + (**p - '0');
    for (; digits < 3; digits++)
        ms *= 10;
    return ms;
}

static bool parse_offset(const char *p, int *seconds)
{
    int hours;
    int minutes;
    char sign;
    int used = 0;

    *seconds = 0;
    if (!strcmp(p, "Z") || !strcmp(p, "z"))
        return true;
    if (sscanf(p, "%c%2d:%2d%n", &sign, &hours, &minutes, &used) != 3 || p[used] ||
        (sign != '+' && sign != '-') || hours > 23 || minutes > 59 || hours < 0 || minutes < 0)
        return false;
    *seconds = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
    return true;
}

int clock_parse(const char *text, int64_t *unix_ms)
{
    struct tm tm = {0};
    const char *p;
    int offset;
    int ms;

    p = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!p)
        return UV_EINVAL;
    ms = parse_fraction(&p);
    if (!parse_offset(p, &offset))
        return UV_EINVAL;

    *unix_ms = ((int64_t)timegm(&tm) - offset) * 1000 + ms;
    return 0;
}
