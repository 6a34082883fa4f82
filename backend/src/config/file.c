/**
 * @file config/file.c  Lines of KEY=value
 *
 * A line is blank, a comment (#), or a key, an equals sign and a value. Spaces around both are
 * dropped; a value in single or double quotes keeps its own. "export KEY=value" is taken too, so
 * that a file for the shell can be used as it is.
 */
#include "config/settings.h"

#include <ctype.h>
#include <string.h>

enum { KEY_MAX = 64 };

struct line {
    const char *at;
    size_t len;
};

static void trim(struct line *l)
{
    while (l->len && isspace((unsigned char)l->at[0])) {
        l->at++;
        l->len--;
    }
    while (l->len && isspace((unsigned char)l->at[l->len - 1]))
        l->len--;
}

static int take_key(struct line *l, char key[static KEY_MAX], int line, struct errbuf *err)
{
    const char *equals;
    struct line name;

    if (l->len > 7 && memcmp(l->at, "export ", 7) == 0) {
        l->at += 7;
        l->len -= 7;
    }
    equals = memchr(l->at, '=', l->len);
    if (!equals)
        return err_set(err, UV_EINVAL, "line %d is not KEY=value", line);

    name = (struct line){l->at, (size_t)(equals - l->at)};
    trim(&name);
    if (name.len == 0 || name.len >= KEY_MAX)
        return err_set(err, UV_EINVAL, "line %d is not KEY=value", line);
    memcpy(key, name.at, name.len);
    key[name.len] = '\0';
    l->len -= (size_t)(equals + 1 - l->at);
    l->at = equals + 1;
    trim(l);
    return 0;
}

static int take_value(struct line l, char value[static CONFIG_VALUE_MAX], int line,
                      struct errbuf *err)
{
    if (l.len >= 1 && (l.at[0] == '"' || l.at[0] == '\'')) {
        if (l.len < 2 || l.at[l.len - 1] != l.at[0])
            return err_set(err, UV_EINVAL, "line %d: a quote is not closed", line);
        l.at++;
        l.len -= 2;
    }
    if (l.len >= CONFIG_VALUE_MAX)
        return err_set(err, UV_EINVAL, "line %d: the value is longer than %d bytes", line,
                       CONFIG_VALUE_MAX - 1);
    memcpy(value, l.at, l.len);
    value[l.len] = '\0';
    return 0;
}

int config_parse_file(const char *text, size_t len,
                      int (*fn)(const char *key, const char *value, int line, void *arg,
                                struct errbuf *err),
                      void *arg, struct errbuf *err)
{
    char key[KEY_MAX];
    char value[CONFIG_VALUE_MAX];
    const char *end = text + len;
    int number = 1;
    int e;

    if (memchr(text, '\0', len))
        return err_set(err, UV_EINVAL, "it is not a text file");

    for (const char *p = text; p < end; number++) {
        const char *eol = memchr(p, '\n', (size_t)(end - p));
        struct line l = {p, (size_t)((eol ? eol : end) - p)};

        p = eol ? eol + 1 : end;
        trim(&l);
        if (l.len == 0 || l.at[0] == '#')
            continue;
        if ((e = take_key(&l, key, number, err)) || (e = take_value(l, value, number, err)) ||
            (e = fn(key, value, number, arg, err)))
            return e;
    }
    return 0;
}
