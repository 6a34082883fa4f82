/**
 * @file main.c  interviewd: which command, and nothing else
 */
#include "program.h"

#include <stdio.h>
#include <string.h>

#ifndef INTERVIEWD_VERSION
#define INTERVIEWD_VERSION "unknown"
#endif

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *arguments;
    const char *help;
} commands[] = {
    {"serve", command_serve, "", "start Interview Assistant and print its address"},
    {"ask", command_ask, "FILE", "play a recorded question as if it were live, show the answer"},
    {"transcribe", command_transcribe, "FILE...", "write down what recordings say"},
    {"doctor", command_doctor, "", "say what works here and how to fix what does not"},
    {"models", command_models, "list | get NAME | remove NAME | bench",
     "manage the Whisper models on this machine"},
    {"migrate", command_migrate, "", "bring the store to the current schema"},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int print_help(FILE *to)
{
    struct buf flags;

    fputs("interviewd listens to an interview, writes it down live, and answers from your own\n"
          "profile. Everything stays on this machine unless you configure a remote engine.\n\n"
          "Usage: interviewd COMMAND [settings]\n\nCommands:\n",
          to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-10s %-26s %s\n", commands[i].name,
                strlen(commands[i].arguments) <= 26 ? commands[i].arguments : "...",
                commands[i].help);
    buf_init(&flags, CONFIG_FILE_MAX);
    if (!config_write_help(&flags) && flags.data)
        fprintf(to, "\nSettings:\n%s", flags.data);
    buf_release(&flags);
    return to == stdout ? EXIT_OK : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    if (!strcmp(name, "--version") || !strcmp(name, "version")) {
        puts("interviewd " INTERVIEWD_VERSION);
        return EXIT_OK;
    }
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help"))
        return print_help(stdout);
    for (size_t i = 0; i < COMMANDS; i++) {
        if (!strcmp(name, commands[i].name))
            return commands[i].run(argc - 2, argv + 2);
    }
    if (*name)
        fprintf(stderr, "interviewd: there is no command '%s'\n\n", name);
    return print_help(stderr);
}
