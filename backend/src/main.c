/**
 * @file main.c  interviewd: chooses the command, and nothing else
 */
#include "base/json.h"
#include "build.h"
#include "manual.h"
#include "nn/nn.h"
#include "observe/process.h"
#include "program.h"

#include <curl/curl.h>
#include <nghttp2/nghttp2.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

static const struct command commands[] = {
    {"serve", command_serve, "", "start Interview Assistant and print its address"},
    {"ask", command_ask, "FILE [--profile FILE.json] [--job FILE] [--json] [--no-save]",
     "play a recorded question as if it were live, show the answer"},
    {"transcribe", command_transcribe,
     "FILE...|- [--txt | --json | --srt | --vtt] [--language L] [--prompt TEXT] [--translate] "
     "[--speakers]",
     "write down what recordings say"},
    {"doctor", command_doctor, "", "say what works here and how to fix what does not"},
    {"models", command_models,
     "list | get NAME | remove NAME | verify | import PATH | quantize NAME TYPE | bench",
     "manage the Whisper models on this machine"},
    {"keys", command_keys, "status | rotate | reseal | retire",
     "give what is stored a new master key, and end old ones"},
    {"admin", command_admin,
     "list | show EMAIL | add EMAIL [NAME] [--admin] | reset-password EMAIL | disable EMAIL | "
     "enable EMAIL | role EMAIL user|admin | sign-out EMAIL | erase EMAIL --yes",
     "look after the accounts of a server, also while it runs"},
    {"backup", command_backup, "FILE [--with-key] [--passphrase-file FILE]",
     "put all that is stored into one file, also while a server runs"},
    {"restore", command_restore, "FILE [--passphrase-file FILE]",
     "make an empty data folder out of such a file"},
    {"migrate", command_migrate, "[--accept-clock | --erase-unknown-recordings | --recount]",
     "bring the store to the current schema"},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_settings(FILE *to)
{
    struct buf flags;

    buf_init(&flags, CONFIG_FILE_MAX);
    if (!config_write_help(&flags) && flags.data)
        fprintf(to, "\nSettings:\n%s", flags.data);
    buf_release(&flags);
}

static int print_help(FILE *to)
{
    fputs("interviewd listens to an interview, writes it down live, and answers from your own\n"
          "profile. Everything stays on this machine unless you configure a remote engine.\n\n"
          "Usage: interviewd COMMAND [settings]\n\nCommands:\n",
          to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].help);
    fputs("\ninterviewd COMMAND --help says what it takes.\n", to);
    if (to != stdout) /* after a mistake: keep the error message in sight */
        return EXIT_USAGE;
    print_settings(to);
    return EXIT_OK;
}

/* What somebody who writes to us is asked for. */
static void print_version(void)
{
    printf("interviewd %s (%s)\n", INTERVIEWD_VERSION, INTERVIEWD_COMMIT);
    printf("kernels %s; built with %s, build id %s\n", nn_isa_available(0), build_compiler(),
           build_id());
    printf("%s; SQLite %s; libuv %s; nghttp2 %s; %s\n", curl_version(), sqlite3_libversion(),
           uv_version_string(), nghttp2_version(0)->version_str, OpenSSL_version(OPENSSL_VERSION));
}

/* interviewd help man|bash|zsh|fish: what a package installs. */
static int print_manual(const char *form)
{
    struct buf out;
    int err;

    buf_init(&out, CONFIG_FILE_MAX);
    err = manual_write(&out, form, commands, COMMANDS);
    if (!err && out.len)
        fwrite(out.data, 1, out.len, stdout);
    buf_release(&out);
    if (err)
        fprintf(stderr, "interviewd: help is for man, bash, zsh or fish, not '%s'\n", form);
    return err ? EXIT_USAGE : EXIT_OK;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return true;
    }
    return false;
}

static int run(size_t i, int argc, char **argv)
{
    if (!wants_help(argc, argv))
        return commands[i].run(argc, argv);
    printf("Usage: interviewd %s %s\n\nTo %s.\n", commands[i].name, commands[i].arguments,
           commands[i].help);
    print_settings(stdout);
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    umask(077);               /* files are private to their owner */
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is treated as a full disk */
    json_watch_memory();

    if (!strcmp(name, "--version") || !strcmp(name, "version")) {
        print_version();
        return EXIT_OK;
    }
    if (!strcmp(name, "help") && argc > 2)
        return print_manual(argv[2]);
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help"))
        return print_help(stdout);
    for (size_t i = 0; i < COMMANDS; i++) {
        if (!strcmp(name, commands[i].name))
            return run(i, argc - 2, argv + 2);
    }
    if (*name == '-')
        fprintf(stderr, "interviewd: a command comes first, as in: interviewd serve %s\n\n", name);
    else if (*name)
        fprintf(stderr, "interviewd: there is no command '%s'\n\n", name);
    return print_help(stderr);
}
