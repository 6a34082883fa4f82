/**
 * @file manual.c  The manual page and the shells' completions; see manual.h
 */
#include "manual.h"

#include <ctype.h>
#include <string.h>
#include <uv.h>

/* ------------------------------------------------------------------------------ man page */

/* Text of a man(7) page: a backslash is escaped, a hyphen is one to copy, and no line begins with
 * a control character. */
static void roff(struct buf *out, const char *text)
{
    bool begins = true;

    for (const char *p = text; *p; p++) {
        if (begins && (*p == '.' || *p == '\''))
            buf_puts(out, "\\&");
        if (*p == '\\')
            buf_puts(out, "\\e");
        else if (*p == '-')
            buf_puts(out, "\\-");
        else
            buf_putc(out, *p);
        begins = *p == '\n';
    }
}

static void roff_heading(struct buf *out, const char *macro, const char *text)
{
    buf_printf(out, ".%s \"", macro);
    roff(out, text);
    buf_puts(out, "\"\n");
}

/* "|" stays where it is, but may end a line. */
static void roff_arguments(struct buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        char one[2] = {*p, '\0'};

        roff(out, one);
        if (*p == '|')
            buf_puts(out, "\\:");
    }
}

static void write_man_settings(struct buf *out)
{
    struct config_shown s;

    buf_puts(out,
             ".SH SETTINGS\n"
             "Each is a flag, a variable of the environment, or a line of\n"
             ".IR <data>/interviewd.conf ;\n"
             "a flag goes before the environment, and the environment before the file. Secrets\n"
             "are never flags; they may be files in\n"
             ".IR $CREDENTIALS_DIRECTORY ,\n"
             "as systemd's\n"
             ".B LoadCredential=\n"
             "puts them there.\n");
    for (size_t i = 0; config_show(i, &s); i++) {
        if (s.group)
            roff_heading(out, "SS", s.group);
        buf_puts(out, ".TP\n");
        if (s.flag) {
            buf_puts(out, ".BR \\-\\-");
            roff(out, s.flag);
            buf_puts(out, " \", \" ");
            roff(out, s.env);
            buf_putc(out, '\n');
        } else {
            buf_puts(out, ".B ");
            roff(out, s.env);
            buf_putc(out, '\n');
        }
        roff(out, s.help);
        if (s.choices) {
            buf_puts(out, "\nOne of: ");
            roff_arguments(out, s.choices);
            buf_putc(out, '.');
        }
        if (s.otherwise) {
            buf_puts(out, "\nDefault: ");
            roff(out, s.otherwise);
            buf_putc(out, '.');
        }
        buf_putc(out, '\n');
    }
}

static void write_man(struct buf *out, const struct command *commands, size_t count)
{
    buf_puts(out,
             ".\\\" Written by `interviewd help man` from the tables of commands and settings.\n"
             ".TH INTERVIEWD 1 \"\" \"interviewd " INTERVIEWD_VERSION "\" \"User Commands\"\n"
             ".SH NAME\n"
             "interviewd \\- listens to an interview and answers from your own profile\n"
             ".SH SYNOPSIS\n"
             ".B interviewd\n"
             ".I command\n"
             ".RI [ settings ]\n"
             ".SH DESCRIPTION\n"
             "It writes down what is said while it is said, finds the question in it, and shows\n"
             "an answer that cites the profile of whoever is asked. Everything stays on this\n"
             "machine unless a remote engine is configured. Nothing is recorded unasked, and\n"
             "recording is always shown.\n"
             ".SH COMMANDS\n");
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, ".TP\n.B %s\n", commands[i].name);
        if (*commands[i].arguments) {
            roff_arguments(out, commands[i].arguments);
            buf_puts(out, "\n.br\n");
        }
        buf_puts(out, "To ");
        roff(out, commands[i].help);
        buf_puts(out, ".\n");
    }
    write_man_settings(out);
    buf_puts(out,
             ".SH EXIT STATUS\n"
             ".TP\n.B 0\nAll went well.\n"
             ".TP\n.B 1\nSomething failed.\n"
             ".TP\n.B 2\nA setting or an argument is wrong.\n"
             ".TP\n.B 3\nNothing was heard (transcribe, ask).\n"
             ".TP\n.B 4\nTold to stop, the server did not come to its end in time.\n"
             ".TP\n.B 5\nThe data folder needs a person first.\n"
             ".SH FILES\n"
             ".TP\n.I /etc/interviewd/interviewd.conf\n"
             "Settings of the service that the Debian package installs.\n"
             ".TP\n.I <data>/\nDatabase, keys, models and recordings, mode 0700.\n"
             ".SH EXAMPLES\n"
             ".TP\n.B interviewd serve\nStart, and print the address of the page.\n"
             ".TP\n.B interviewd transcribe meeting.m4a \\-\\-srt\n"
             "Write subtitles of a recording.\n"
             ".TP\n.B interviewd doctor\nSay what works here and how to mend what does not.\n");
}

/* --------------------------------------------------------------------------- completions */

/* First words of "list | get NAME | remove NAME": the kinds of a command. */
static void each_kind(const struct command *c, void (*fn)(const char *word, size_t len, void *arg),
                      void *arg)
{
    const char *p = c->arguments;

    if (!islower((unsigned char)*p)) /* files and flags */
        return;
    for (;;) {
        size_t len = strcspn(p, " ");

        fn(p, len, arg);
        p = strstr(p, " | ");
        if (!p)
            return;
        p += 3;
    }
}

static void add_word(const char *word, size_t len, void *arg)
{
    struct buf *out = arg;

    buf_putc(out, ' ');
    buf_append(out, word, len);
}

/* Flags that a command has beside the settings: "--srt", "--job". */
static void each_flag(const struct command *c, void (*fn)(const char *word, size_t len, void *arg),
                      void *arg)
{
    for (const char *p = strstr(c->arguments, "--"); p; p = strstr(p + 2, "--"))
        fn(p, 2 + strspn(p + 2, "abcdefghijklmnopqrstuvwxyz-"), arg);
}

static void put_choices(struct buf *out, const char *choices)
{
    for (const char *p = choices; *p; p++)
        buf_putc(out, *p == '|' ? ' ' : *p);
}

static void write_bash(struct buf *out, const struct command *commands, size_t count)
{
    struct config_shown s;

    buf_puts(out, "# Written by `interviewd help bash`.\n"
                  "_interviewd()\n{\n"
                  "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
                  "    local settings=\"");
    for (size_t i = 0; config_show(i, &s); i++) {
        if (s.flag)
            buf_printf(out, "%s--%s", i ? " " : "", s.flag);
    }
    buf_puts(out, "\" words=\"\"\n    case $before in\n");
    for (size_t i = 0; config_show(i, &s); i++) {
        if (!s.flag || !s.choices)
            continue;
        buf_printf(out, "    --%s) COMPREPLY=($(compgen -W \"", s.flag);
        put_choices(out, s.choices);
        buf_puts(out, "\" -- \"$word\")); return ;;\n");
    }
    buf_puts(out, "    esac\n    if [ \"$COMP_CWORD\" = 1 ]; then\n        words=\"");
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s ", commands[i].name);
    buf_puts(out, "--help --version\"\n    else\n        case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "        %s) words=\"--help", commands[i].name);
        each_kind(&commands[i], add_word, out);
        each_flag(&commands[i], add_word, out);
        buf_puts(out, "\" ;;\n");
    }
    buf_puts(out, "        esac\n        words=\"$words $settings\"\n    fi\n"
                  "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                  "}\n"
                  "complete -o default -F _interviewd interviewd\n");
}

/* In single quotes, where brackets and colons mean something to zsh. */
static void zsh_text(struct buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '\'')
            buf_puts(out, "'\\''");
        else if (strchr("[]:\\", *p))
            buf_printf(out, "\\%c", *p);
        else
            buf_putc(out, *p);
    }
}

static void write_zsh(struct buf *out, const struct command *commands, size_t count)
{
    struct config_shown s;

    buf_puts(out, "#compdef interviewd\n# Written by `interviewd help zsh`.\n"
                  "local -a commands settings\ncommands=(\n");
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "    '%s:", commands[i].name);
        zsh_text(out, commands[i].help);
        buf_puts(out, "'\n");
    }
    buf_puts(out, ")\nsettings=(\n");
    for (size_t i = 0; config_show(i, &s); i++) {
        if (!s.flag)
            continue;
        buf_printf(out, "    '--%s[", s.flag);
        zsh_text(out, s.help);
        buf_puts(out, s.choices ? "]:value:(" : "]:value:_files");
        if (s.choices) {
            put_choices(out, s.choices);
            buf_putc(out, ')');
        }
        buf_puts(out, "'\n");
    }
    buf_puts(out, ")\nif (( CURRENT == 2 )); then\n    _describe command commands\n"
                  "    return\nfi\ncase $words[2] in\n");
    for (size_t i = 0; i < count; i++) {
        if (!islower((unsigned char)*commands[i].arguments))
            continue;
        buf_printf(out, "%s) (( CURRENT == 3 )) && compadd --", commands[i].name);
        each_kind(&commands[i], add_word, out);
        buf_puts(out, " ;;\n");
    }
    buf_puts(out, "esac\n_arguments -s $settings '*:file:_files'\n");
}

/* In single quotes. */
static void fish_text(struct buf *out, const char *text)
{
    buf_putc(out, '\'');
    for (const char *p = text; *p; p++) {
        if (*p == '\'' || *p == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *p);
    }
    buf_putc(out, '\'');
}

static void write_fish(struct buf *out, const struct command *commands, size_t count)
{
    struct config_shown s;

    buf_puts(out, "# Written by `interviewd help fish`.\n");
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "complete -c interviewd -n __fish_use_subcommand -f -a %s -d ",
                   commands[i].name);
        fish_text(out, commands[i].help);
        buf_putc(out, '\n');
        if (!islower((unsigned char)*commands[i].arguments))
            continue;
        buf_printf(out, "complete -c interviewd -n '__fish_seen_subcommand_from %s' -f -a '",
                   commands[i].name);
        each_kind(&commands[i], add_word, out);
        buf_puts(out, "'\n");
    }
    for (size_t i = 0; config_show(i, &s); i++) {
        if (!s.flag)
            continue;
        buf_printf(out, "complete -c interviewd -l %s -r", s.flag);
        if (s.choices) {
            buf_puts(out, " -f -a '");
            put_choices(out, s.choices);
            buf_putc(out, '\'');
        }
        buf_puts(out, " -d ");
        fish_text(out, s.help);
        buf_putc(out, '\n');
    }
}

int manual_write(struct buf *out, const char *form, const struct command *commands, size_t count)
{
    static const struct {
        const char *form;
        void (*write)(struct buf *out, const struct command *commands, size_t count);
    } forms[] = {
        {"man", write_man}, {"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (strcmp(form, forms[i].form) != 0)
            continue;
        forms[i].write(out, commands, count);
        return out->err;
    }
    return UV_EINVAL;
}
