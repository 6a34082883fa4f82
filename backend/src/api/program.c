/**
 * @file api/program.c  Names for the programs that sign in
 *
 * Browsers name each other in their User-Agent, so the order here matters: a more specific name
 * comes before the one it pretends to be. For anything else the first name is used ("curl").
 */
#include "api/auth.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_LEN = 24 }; /* of a program that is not in the table */

static const char *const browsers[][2] = {
    {"Edg", "Edge"},        {"OPR/", "Opera"},         {"SamsungBrowser/", "Samsung Internet"},
    {"Vivaldi", "Vivaldi"}, {"Firefox/", "Firefox"},   {"FxiOS/", "Firefox"},
    {"CriOS/", "Chrome"},   {"Chromium/", "Chromium"}, {"HeadlessChrome/", "Chrome"},
    {"Chrome/", "Chrome"},  {"Safari/", "Safari"},
};

static const char *const systems[][2] = {
    {"Android", "Android"}, {"iPhone", "iPhone"},   {"iPad", "iPad"},
    {"CrOS", "ChromeOS"},   {"Windows", "Windows"}, {"Macintosh", "macOS"},
    {"Mac OS X", "macOS"},  {"Linux", "Linux"},     {"FreeBSD", "FreeBSD"},
};

static const char *first_of(const char *text, const char *const (*names)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(text, names[i][0]))
            return names[i][1];
    return NULL;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

void auth_program(const char *user_agent, char *to, size_t size)
{
    const char *browser, *system;
    char name[NAME_MAX_LEN + 1] = "";

    to[0] = '\0';
    if (!user_agent)
        return;
    browser = first_of(user_agent, browsers, sizeof(browsers) / sizeof(browsers[0]));
    system = first_of(user_agent, systems, sizeof(systems) / sizeof(systems[0]));
    for (size_t i = 0; !browser && i < NAME_MAX_LEN && is_name(user_agent[i]); i++)
        name[i] = user_agent[i];
    if (!browser && name[0])
        browser = name;
    if (browser && system)
        snprintf(to, size, "%s on %s", browser, system);
    else if (browser || system)
        snprintf(to, size, "%s", browser ? browser : system);
}
