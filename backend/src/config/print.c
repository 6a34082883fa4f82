/**
 * @file config/print.c  The table of settings, printed for people
 */
#include "config/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LINE = 96 };

/* Wraps text into lines that begin with prefix. */
static void wrap(struct buf *out, const char *prefix, const char *text, size_t width)
{
    size_t column = 0;

    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " ");

        if (column && column + 1 + n > width) {
            buf_putc(out, '\n');
            column = 0;
        }
        buf_puts(out, column ? " " : prefix);
        column = (column ? column + 1 : strlen(prefix)) + n;
        buf_append(out, p, n);
        p += n + (p[n] == ' ');
    }
    buf_putc(out, '\n');
}

/* "on or off", "0 to 256", "auto, text, json". */
static void describe_values(struct buf *out, const struct setting *s)
{
    switch (s->kind) {
    case SETTING_CHOICE:
        for (const char *p = s->choices; *p; p++)
            *p == '|' ? buf_puts(out, ", ") : buf_putc(out, *p);
        break;
    case SETTING_NUMBER:
        buf_printf(out, "%lld to %lld", (long long)s->min, (long long)s->max);
        break;
    case SETTING_SWITCH:
        buf_puts(out, "on, off");
        break;
    case SETTING_LIST:
        buf_puts(out, "comma-separated");
        break;
    case SETTING_URL:
        buf_puts(out, "address");
        break;
    case SETTING_OLLAMA:
    case SETTING_TEXT:
        buf_puts(out, s->secret ? "secret" : "text");
        break;
    }
}

int config_write_env(struct buf *out)
{
    char env[64];

    buf_puts(out, "# Every setting of interviewd with its default. Copy the lines you change into "
                  "<data>/interviewd.conf\n# or set them in the environment. Written from the "
                  "table in backend/src/config/settings.c.\n");
    for (size_t i = 0; i < config_setting_count; i++) {
        const struct setting *s = &config_settings[i];

        if (s->group)
            buf_printf(out, "\n# ---- %s\n", s->group);
        buf_putc(out, '\n');
        wrap(out, "# ", s->help, LINE);
        if (s->kind == SETTING_CHOICE || s->kind == SETTING_NUMBER) {
            buf_puts(out, "# Values: ");
            describe_values(out, s);
            buf_putc(out, '\n');
        }
        buf_printf(out, "#%s=%s\n", setting_env(s, env), s->otherwise ? s->otherwise : "");
    }
    return out->err;
}

static const char docs_head[] =
    "# Configuration\n"
    "\n"
    "Nothing needs to be set: `interviewd serve` works as it is. What follows changes it.\n"
    "\n"
    "A later place wins over an earlier one:\n"
    "\n"
    "1. the default\n"
    "2. the config file: `--config FILE`, or `<data>/interviewd.conf` when it exists. Lines of\n"
    "   `KEY=value` with the variables' names; `#` begins a comment, on a line of its own or "
    "behind "
    "a\n"
    "   value. Quotes around a value keep its spaces and its `#`. A file for the shell "
    "(`export KEY=value`)\n"
    "   and one from a Windows editor are taken as they are, but no shell looks up `$NAME` or\n"
    "   `$(command)`: such a line is refused, unless it stands in single quotes\n"
    "3. for secrets, files in `$CREDENTIALS_DIRECTORY` that are named like the variable, or "
    "`interviewd.` and\n"
    "   the setting's name (`interviewd.master-key`): systemd's `LoadCredential=`, a container's "
    "`/run/secrets`\n"
    "4. the environment\n"
    "5. the command line: `--listen 127.0.0.1:9000` or `--listen=127.0.0.1:9000`\n"
    "\n"
    "What is chosen on the page under **Settings → Who listens** goes before the settings of "
    "*Hearing* that\n"
    "it names (recogniser, model, service), until **As the server is set up** is pressed there; "
    "commands in\n"
    "a terminal go by the settings.\n"
    "\n"
    "Secrets are never taken from the command line, since other users of the machine can read it. "
    "Everything\n"
    "is checked at start; a wrong value stops it with a sentence that names the setting and the "
    "place. [`.env.example`](../../.env.example) has "
    "every\n"
    "setting as a line to copy.\n";

static const char docs_tail[] =
    "\n"
    "## The data folder\n"
    "\n"
    "| | |\n"
    "|---|---|\n"
    "| `interview.db`, `interview.db-wal`, `interview.db-shm` | the database (SQLite, write-ahead "
    "log) |\n"
    "| `interview.db-reserve` | room that is kept so that deleting works on a full disk |\n"
    "| `interviewd.lock` | says which process serves this folder; one does at a time |\n"
    "| `keys/master.key` | the key that encrypts what is private, mode 0600; older ones on further "
    "lines |\n"
    "| `keys.lock` | held by a command that works beside a server |\n"
    "| `interviewd.conf` | the config file, if there is one |\n"
    "| `models/` | downloaded recogniser models |\n"
    "| `audio/` | recordings that are kept |\n"
    "\n"
    "Files are mode 0600 and folders 0700, whatever the umask. How to copy it safely, and what to "
    "do "
    "when something\n"
    "is wrong with it: [backup](backup.md).\n"
    "\n"
    "## Exit status\n"
    "\n"
    "| | |\n"
    "|---|---|\n"
    "| 0 | all went well |\n"
    "| 1 | something failed |\n"
    "| 2 | a setting or an argument is wrong |\n"
    "| 3 | `transcribe`, `ask`: nothing was heard |\n"
    "| 4 | told to stop, the server did not come to its end in time |\n"
    "| 5 | the data folder needs a person first: wrong or missing key, a newer version's, not "
    "writable, no database, or served by another process; for systemd: "
    "`RestartPreventExitStatus=5` |\n";

int config_write_docs(struct buf *out)
{
    char env[64];

    buf_puts(out, docs_head);
    for (size_t i = 0; i < config_setting_count; i++) {
        const struct setting *s = &config_settings[i];

        if (s->group)
            buf_printf(
                out, "\n## %s\n\n| Variable | Flag | Values | Default | |\n|---|---|---|---|---|\n",
                s->group);
        buf_printf(out, "| `%s` | ", setting_env(s, env));
        s->secret ? buf_puts(out, "–") : buf_printf(out, "`--%s`", s->name);
        buf_puts(out, " | ");
        describe_values(out, s);
        buf_printf(out, " | %s%s%s | %s |\n", s->otherwise ? "`" : "",
                   s->otherwise ? s->otherwise : "–", s->otherwise ? "`" : "", s->help);
    }
    buf_puts(out, docs_tail);
    return out->err;
}

int config_write_help(struct buf *out)
{
    for (size_t i = 0; i < config_setting_count; i++) {
        const struct setting *s = &config_settings[i];

        if (s->group)
            buf_printf(out, "%s%s\n", i ? "\n" : "", s->group);
        if (s->secret)
            continue;
        buf_printf(out, "  --%s", s->name);
        if (s->otherwise)
            buf_printf(out, " (%s)", s->otherwise);
        buf_putc(out, '\n');
        wrap(out, "      ", s->help, LINE);
    }
    return out->err;
}

bool config_show(size_t i, struct config_shown *shown)
{
    const struct setting *s = i < config_setting_count ? &config_settings[i] : NULL;
    char env[64];

    if (!s)
        return false;
    *shown = (struct config_shown){
        .group = s->group,
        .flag = s->secret ? NULL : s->name,
        .choices = s->kind == SETTING_SWITCH ? "on|off" : s->choices,
        .otherwise = s->otherwise,
        .help = s->help,
    };
    snprintf(shown->env, sizeof(shown->env), "%s", setting_env(s, env));
    return true;
}

/* Edit distance, computed as far as needed to tell a typo from another word. */
static size_t distance(const char *a, size_t a_len, const char *b)
{
    size_t row[65];
    size_t b_len = strlen(b);

    if (b_len > 64)
        return b_len;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 0; i < a_len; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < b_len; j++) {
            size_t best = diagonal + (a[i] != b[j]);

            diagonal = row[j + 1];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (diagonal + 1 < best)
                best = diagonal + 1;
            row[j + 1] = best;
        }
    }
    return row[b_len];
}

static const char *unprefixed(const char *name)
{
    return strncmp(name, "INTERVIEWD_", 11) == 0 ? name + 11 : name;
}

/* In capitals, with _ for -. */
static void normalise(const char *from, char to[static 64])
{
    size_t n = 0;

    for (; *from && n < 63; from++)
        to[n++] = *from == '-' ? '_' : (char)toupper((unsigned char)*from);
    to[n] = '\0';
}

/* People omit INTERVIEWD_, or put it where it does not belong, or write the flag's name. */
bool setting_nearest(const char *key, char text[static 64])
{
    size_t least = 4;
    char meant[64];

    normalise(key, meant);
    for (size_t i = 0; i < config_setting_count; i++) {
        const char *asked = unprefixed(meant);
        char name[64];
        char flag[64];
        const char *env = setting_env(&config_settings[i], name);
        size_t by_env = distance(asked, strlen(asked), unprefixed(env));
        size_t by_flag;

        normalise(config_settings[i].name, flag);
        by_flag = distance(asked, strlen(asked), flag);
        if (by_env >= least && by_flag >= least)
            continue;
        least = by_env < by_flag ? by_env : by_flag;
        snprintf(text, 64, "%s", env);
    }
    return least < 4;
}

int config_unknown_flag(const char *flag, struct errbuf *why)
{
    const char *name = flag + strspn(flag, "-");
    size_t len = strcspn(name, "=");
    const struct setting *best = NULL;
    size_t least = 4;

    for (size_t i = 0; i < config_setting_count; i++) {
        size_t d = distance(name, len, config_settings[i].name);

        if (d < least) {
            least = d;
            best = &config_settings[i];
        }
    }
    if (best)
        return err_set(why, UV_EINVAL, "there is no %.*s; did you mean --%s?",
                       (int)strcspn(flag, "="), flag, best->name);
    return err_set(why, UV_EINVAL, "there is no %.*s; --help lists what there is",
                   (int)strcspn(flag, "="), flag);
}
