/**
 * @file config/file.c  Lines of KEY=value
 *
 * A line is blank, a comment (#), or a key, an equals sign and a value. Spaces around both are
 * dropped, and so is a comment after the value (a space, #, anything). A value in single or double
 * quotes keeps its spaces and its #. "export KEY=value" is accepted too, so that a file for the
 * shell can be used unchanged, and so are a byte-order mark and every kind of line ending. A line
 * that makes no sense is refused with its number and how to fix it, and so is text that a shell
 * would have expanded.
 */
#include "config/settings.h"

#include "base/text.h"

#include <ctype.h>
#include <string.h>

enum { KEY_MAX = 64 };

struct line {
    const char *at;
    size_t len;
};

static bool starts(const struct line *l, const char *with)
{
    size_t n = strlen(with);

    return l->len >= n && memcmp(l->at, with, n) == 0;
}

static void skip(struct line *l, size_t n)
{
    l->at += n;
    l->len -= n;
}

/* Invisible characters in text copied from web pages, or where files were joined: the no-break
 * space (U+00A0), zero-width characters (U+200B, U+2060), and the byte-order mark (U+FEFF). */
static const char *const unseen[] = {"\xc2\xa0", "\xe2\x80\x8b", "\xe2\x81\xa0", "\xef\xbb\xbf"};
enum { UNSEEN = sizeof(unseen) / sizeof(unseen[0]) };

static size_t space_at_begin(const struct line *l)
{
    if (l->len && isspace((unsigned char)l->at[0]))
        return 1;
    for (size_t i = 0; i < UNSEEN; i++) {
        if (starts(l, unseen[i]))
            return strlen(unseen[i]);
    }
    return 0;
}

static size_t space_at_end(const struct line *l)
{
    if (l->len && isspace((unsigned char)l->at[l->len - 1]))
        return 1;
    for (size_t i = 0; i < UNSEEN; i++) {
        size_t n = strlen(unseen[i]);

        if (l->len >= n && memcmp(l->at + l->len - n, unseen[i], n) == 0)
            return n;
    }
    return 0;
}

static void trim(struct line *l)
{
    size_t n;

    while ((n = space_at_begin(l)))
        skip(l, n);
    while ((n = space_at_end(l)))
        l->len -= n;
}

static bool is_key(const struct line *name)
{
    if (name->len == 0 || name->len >= KEY_MAX)
        return false;
    for (size_t i = 0; i < name->len; i++)
        if (!isalnum((unsigned char)name->at[i]) && name->at[i] != '_')
            return false;
    return true;
}

/** A letter of another alphabet makes the line look right although it is not. */
static bool has_foreign_letter(const struct line *name)
{
    for (size_t i = 0; i < name->len; i++)
        if ((unsigned char)name->at[i] >= 0x80)
            return true;
    return false;
}

static int take_key(struct line *l, char key[static KEY_MAX], int line, struct errbuf *why)
{
    const char *equals;
    struct line name;

    if (starts(l, "export") && l->len > 6 && isspace((unsigned char)l->at[6])) {
        skip(l, 6);
        trim(l);
    }
    equals = memchr(l->at, '=', l->len);
    name = (struct line){l->at, equals ? (size_t)(equals - l->at) : 0};
    trim(&name);
    if (has_foreign_letter(&name))
        return err_set(why, UV_EINVAL,
                       "line %d: before the = is a character that is none of A to Z, 0 to 9 and _, "
                       "though it may look like one: type the name anew",
                       line);
    if (!is_key(&name))
        return err_set(why, UV_EINVAL,
                       "line %d is not KEY=value: write it as in INTERVIEWD_LISTEN=127.0.0.1:8080, "
                       "or put a # before a comment",
                       line);
    memcpy(key, name.at, name.len);
    key[name.len] = '\0';
    skip(l, (size_t)(equals + 1 - l->at));
    return 0;
}

/* Text in quotes, after which only a comment may follow. */
static int take_quoted(struct line *l, int line, struct errbuf *why)
{
    const char *begin = l->at + 1;
    const char *close = memchr(begin, l->at[0], l->len - 1);
    struct line rest;

    if (!close)
        return err_set(why, UV_EINVAL,
                       "line %d: a quote is not closed: add %c at the end of the value", line,
                       l->at[0]);
    rest = (struct line){close + 1, (size_t)(l->at + l->len - close - 1)};
    trim(&rest);
    if (rest.len && rest.at[0] != '#')
        return err_set(why, UV_EINVAL,
                       "line %d: something follows the closing quote: put the whole value into "
                       "quotes, or # before a comment",
                       line);
    *l = (struct line){begin, (size_t)(close - begin)};
    return 0;
}

static void drop_comment(struct line *l)
{
    for (size_t i = 0; i < l->len; i++) {
        if (l->at[i] != '#' || (i && !isspace((unsigned char)l->at[i - 1])))
            continue;
        if (i == 0 && l->len > 1 && !isspace((unsigned char)l->at[1]))
            continue; /* KEY=#value, as in a shell */
        l->len = i;
    }
}

/* $NAME, ${NAME}, $(command) or `command`: no shell reads this file. */
static bool is_for_a_shell(const struct line *l)
{
    size_t n = 1;

    if (l->len < 2)
        return false;
    if (l->at[0] == '`')
        return l->at[l->len - 1] == '`';
    if (l->at[0] != '$')
        return false;
    if (l->at[1] == '{' || l->at[1] == '(')
        return l->at[l->len - 1] == (l->at[1] == '{' ? '}' : ')');
    if (isdigit((unsigned char)l->at[1]))
        return false;
    while (n < l->len && (isalnum((unsigned char)l->at[n]) || l->at[n] == '_'))
        n++;
    return n == l->len;
}

static int take_value(struct line l, char value[static CONFIG_VALUE_MAX], int line,
                      struct errbuf *why)
{
    static const char *const curly[] = {"\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e",
                                        "\xe2\x80\x98", "\xe2\x80\x99"};
    struct line bare = l;
    bool verbatim;
    int err = 0;

    trim(&bare);
    for (size_t i = 0; i < sizeof(curly) / sizeof(curly[0]); i++) {
        if (starts(&bare, curly[i]))
            return err_set(why, UV_EINVAL,
                           "line %d: the value is in typographic quotes: use straight ones, \" or "
                           "', or none",
                           line);
    }
    verbatim = bare.len && bare.at[0] == '\'';
    if (bare.len && (bare.at[0] == '"' || bare.at[0] == '\'')) {
        l = bare;
        err = take_quoted(&l, line, why);
    } else {
        drop_comment(&l);
        trim(&l);
    }
    if (err)
        return err;
    if (!verbatim && is_for_a_shell(&l))
        return err_set(why, UV_EINVAL,
                       "line %d: the value is one that a shell would look up, and none reads this "
                       "file: write what is meant, or put it into single quotes if it is this",
                       line);
    if (l.len >= CONFIG_VALUE_MAX)
        return err_set(why, UV_EINVAL, "line %d: the value is longer than %d bytes", line,
                       CONFIG_VALUE_MAX - 1);
    memcpy(value, l.at, l.len);
    value[l.len] = '\0';
    return 0;
}

/* The next line of *p, which moves past its end: LF, CR LF, or only CR. */
static struct line next_line(const char **p, const char *end)
{
    struct line l = {*p, 0};

    while (*p < end && **p != '\n' && **p != '\r')
        (*p)++;
    l.len = (size_t)(*p - l.at);
    if (*p < end)
        *p += **p == '\r' && *p + 1 < end && (*p)[1] == '\n' ? 2 : 1;
    return l;
}

static int check_encoding(const struct line *text, struct errbuf *why)
{
    if (starts(text, "\xff\xfe") || starts(text, "\xfe\xff"))
        return err_set(why, UV_EINVAL,
                       "it is saved as UTF-16 (\"Unicode\"): save it again as UTF-8");
    if (memchr(text->at, '\0', text->len))
        return err_set(why, UV_EINVAL,
                       "it is not a text file, or one in UTF-16: save it again as UTF-8");
    return 0;
}

static int check_characters(const struct line *l, int line, struct errbuf *why)
{
    if (!utf8_valid(l->at, l->len))
        return err_set(why, UV_EINVAL, "line %d is not UTF-8: save the file again as UTF-8", line);
    for (size_t i = 0; i < l->len; i++)
        if (iscntrl((unsigned char)l->at[i]) && !isspace((unsigned char)l->at[i]))
            return err_set(why, UV_EINVAL,
                           "line %d has a control character (0x%02x) in it: type the line anew",
                           line, (unsigned char)l->at[i]);
    return 0;
}

int config_parse_file(const char *text, size_t len,
                      int (*fn)(const char *key, const char *value, int line, void *arg,
                                struct errbuf *why),
                      void *arg, struct errbuf *why)
{
    struct line whole = {text, len};
    char key[KEY_MAX];
    char value[CONFIG_VALUE_MAX];
    const char *end = text + len;
    int number = 1;
    int err = check_encoding(&whole, why);

    if (err)
        return err;
    for (const char *p = whole.at; p < end; number++) {
        struct line l = next_line(&p, end);

        trim(&l);
        if (l.len == 0 || l.at[0] == '#')
            continue;
        if ((err = check_characters(&l, number, why)) || (err = take_key(&l, key, number, why)) ||
            (err = take_value(l, value, number, why)) || (err = fn(key, value, number, arg, why)))
            return err;
    }
    return 0;
}
