/**
 * @file base/clock.c  Two clocks: one for measuring, one for timestamps
 */
#include "base/clock.h"

#include <ctype.h>
#include <stdatomic.h>
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

/* The machine's time of day is its monotonic clock plus an offset, which a person or a time server
 * may change. The largest offset ever seen is used. */
static _Atomic int64_t largest_offset_ms = INT64_MIN;

static int64_t machine_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The larger of offset and what was seen before. */
static int64_t see_offset(int64_t offset)
{
    int64_t largest = atomic_load(&largest_offset_ms);

    while (offset > largest)
        if (atomic_compare_exchange_weak(&largest_offset_ms, &largest, offset))
            return offset;
    return largest;
}

int64_t clock_unix_ms(void)
{
    int64_t mono = (int64_t)clock_mono_ms();

    return mono + see_offset(machine_ms() - mono);
}

void clock_not_before(int64_t unix_ms)
{
    see_offset(unix_ms - (int64_t)clock_mono_ms());
}

int64_t clock_behind_ms(void)
{
    int64_t behind = clock_unix_ms() - machine_ms();

    return behind > 0 ? behind : 0;
}

/* Days since 1970 to year, month, day (Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms", civil_from_days): years begin in March, so that the leap day is the last one. */
static void civil(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int of_era = (int)(z - era * 146097);
    int y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * y + y / 4 - y / 100);
    int m = (5 * of_year + 2) / 153;

    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int)(y + era * 400) + (*month <= 2);
}

static void digits(char *to, int n, int value)
{
    for (; n > 0; n--, value /= 10)
        to[n - 1] = (char)('0' + value % 10);
}

void clock_format(int64_t unix_ms, char text[static CLOCK_TEXT_MAX])
{
    int64_t ms = ((unix_ms % 1000) + 1000) % 1000;
    int64_t seconds = (unix_ms - ms) / 1000;
    int64_t of_day = ((seconds % 86400) + 86400) % 86400;
    int year, month, day;

    civil((seconds - of_day) / 86400, &year, &month, &day);
    memcpy(text, "0000-00-00T00:00:00.000Z", CLOCK_TEXT_MAX);
    digits(text, 4, year);
    digits(text + 5, 2, month);
    digits(text + 8, 2, day);
    digits(text + 11, 2, (int)(of_day / 3600));
    digits(text + 14, 2, (int)(of_day / 60 % 60));
    digits(text + 17, 2, (int)(of_day % 60));
    digits(text + 20, 3, (int)ms);
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

/* Exactly that many digits, with a value in range; moves *p past them. */
static bool parse_number(const char **p, int width, int least, int most, int *value)
{
    *value = 0;
    for (int i = 0; i < width; i++, (*p)++) {
        if (!isdigit((unsigned char)**p))
            return false;
        *value = *value * 10 + (**p - '0');
    }
    return *value >= least && *value <= most;
}

static bool parse_mark(const char **p, char mark)
{
    return toupper((unsigned char)*(*p)++) == mark;
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

/* "2026-05-14T09:26:53" -> the seconds since 1970, without an offset. */
static bool parse_civil(const char **p, int64_t *seconds, bool *leap)
{
    int year, month, day, hour, minute, second;
    struct tm tm = {0};

    if (!parse_number(p, 4, 0, 9999, &year) || !parse_mark(p, '-') ||
        !parse_number(p, 2, 1, 12, &month) || !parse_mark(p, '-') ||
        !parse_number(p, 2, 1, days_of(year, month), &day) || !parse_mark(p, 'T') ||
        !parse_number(p, 2, 0, 23, &hour) || !parse_mark(p, ':') ||
        !parse_number(p, 2, 0, 59, &minute) || !parse_mark(p, ':') ||
        !parse_number(p, 2, 0, 60, &second))
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    tm.tm_hour = hour;
    tm.tm_min = minute;
    tm.tm_sec = second;
    *leap = second == 60;
    *seconds = timegm(&tm);
    return true;
}

/* Leap seconds were inserted at the end of June and of December, in UTC. */
static bool may_be_leap(int64_t next)
{
    int year, month, day;

    if (next % 86400)
        return false;
    civil(next / 86400, &year, &month, &day);
    return day == 1 && (month == 1 || month == 7);
}

static bool parse_offset(const char *p, int *seconds)
{
    int hours, minutes, sign = *p == '-' ? -1 : 1;

    *seconds = 0;
    if (!strcmp(p, "Z") || !strcmp(p, "z"))
        return true;
    if (*p != '+' && *p != '-')
        return false;
    p++;
    if (!parse_number(&p, 2, 0, 23, &hours) || !parse_mark(&p, ':') ||
        !parse_number(&p, 2, 0, 59, &minutes) || *p)
        return false;
    *seconds = (hours * 60 + minutes) * 60 * sign;
    return true;
}

int clock_parse(const char *text, int64_t *unix_ms)
{
    const char *p = text;
    int64_t seconds;
    int offset;
    bool leap;
    int ms;

    if (!parse_civil(&p, &seconds, &leap))
        return UV_EINVAL;
    ms = parse_fraction(&p);
    if (!parse_offset(p, &offset) || (leap && !may_be_leap(seconds - offset)))
        return UV_EINVAL;
    *unix_ms = (seconds - offset) * 1000 + ms;
    return 0;
}
