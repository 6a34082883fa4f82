/**
 * @file passphrase.c  A passphrase, from the terminal without echo or from a file
 */
#include "passphrase.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

/* Reads one line, without the newline. */
static int read_line(FILE *from, char text[static PASSPHRASE_MAX], struct errbuf *why)
{
    size_t len;

    if (!fgets(text, PASSPHRASE_MAX, from))
        text[0] = '\0';
    len = strcspn(text, "\r\n");
    if (len == PASSPHRASE_MAX - 1)
        return err_set(why, UV_EINVAL, "the passphrase is too long");
    text[len] = '\0';
    if (len < PASSPHRASE_MIN)
        return err_set(why, UV_EINVAL, "a passphrase has %d characters at least", PASSPHRASE_MIN);
    return 0;
}

static int ask(FILE *terminal, const char *what, char text[static PASSPHRASE_MAX],
               struct errbuf *why)
{
    struct termios shown, hidden;
    int err;

    if (tcgetattr(fileno(terminal), &shown))
        return err_set(why, -errno, "the terminal cannot be used: %s", strerror(errno));
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(terminal, "%s: ", what);
    fflush(terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &hidden);
    err = read_line(terminal, text, why);
    tcsetattr(fileno(terminal), TCSAFLUSH, &shown);
    fputc('\n', terminal);
    return err;
}

static int ask_person(char text[static PASSPHRASE_MAX], bool new_one, struct errbuf *why)
{
    FILE *terminal = fopen("/dev/tty", "r+");
    char again[PASSPHRASE_MAX] = "";
    int err;

    if (!terminal)
        return err_set(why, UV_ENOTTY,
                       "there is no terminal to ask for the passphrase: --passphrase-file FILE");
    setvbuf(terminal, NULL, _IONBF, 0); /* so that stdio keeps no copy of it */
    err = ask(terminal, "Passphrase of the keys", text, why);
    if (!err && new_one)
        err = ask(terminal, "Once more", again, why);
    if (!err && new_one && strcmp(text, again) != 0)
        err = err_set(why, UV_EINVAL, "the two are not the same");
    explicit_bzero(again, sizeof(again));
    fclose(terminal);
    return err;
}

int passphrase_read(char text[static PASSPHRASE_MAX], const char *file, bool new_one,
                    struct errbuf *why)
{
    FILE *from;
    int err;

    if (!file)
        return ask_person(text, new_one, why);
    from = fopen(file, "r");
    if (!from)
        return err_set(why, -errno, "cannot read %s: %s", file, strerror(errno));
    setvbuf(from, NULL, _IONBF, 0);
    err = read_line(from, text, why);
    fclose(from);
    return err;
}
