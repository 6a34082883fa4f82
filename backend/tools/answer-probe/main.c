/**
 * @file answer-probe/main.c  answer-probe: what is made of words, without a server
 *
 *     answer-probe classify        lines of speech -> {"spans": [{"start", "end", "kind", "p"}]}
 *     answer-probe outline P.json J.txt    questions -> kind, lead, keys, points, fits
 *     answer-probe speak P.json J.txt      questions -> {"text": the built-in answer}
 *     answer-probe score P.json J.txt      {"question", "answer"} -> the score with its parts
 *
 * Reads lines and prints one JSON object for each; {"error": why} for a line that cannot be read.
 * Exit status 0, or 2 for what cannot be run.
 */
#include "answer-probe/probe.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    probe_command *run;
    const char *usage;
} commands[] = {
    {"classify", probe_classify, "classify < LINES      where the questions are, and of what kind"},
    {"outline", probe_outline,
     "outline PROFILE.json [JOB.txt] < QUESTIONS   what is shown at once"},
    {"speak", probe_speak, "speak PROFILE.json [JOB.txt] < QUESTIONS     the built-in answer"},
    {"score", probe_score, "score PROFILE.json [JOB.txt] < ANSWERS       how good an answer is"},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

json_t *probe_error(const char *why)
{
    return json_pack("{s:s}", "error", why);
}

bool probe_blank(const char *line)
{
    return line[strspn(line, " \t\r\v\f")] == '\0';
}

int probe_each_line(probe_line *fn, void *arg)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    while ((len = getline(&line, &room, stdin)) >= 0) {
        json_t *out;

        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            line[--len] = '\0';
        out = memchr(line, '\0', (size_t)len) || !utf8_valid(line, (size_t)len)
                  ? probe_error("the line is not text in UTF-8")
                  : fn(line, (size_t)len, arg);
        if (!out || json_dumpf(out, stdout, JSON_COMPACT | JSON_REAL_PRECISION(4))) {
            fprintf(stderr, "answer-probe: a line could not be answered: no memory\n");
            json_decref(out);
            free(line);
            return 2;
        }
        json_decref(out);
        putchar('\n');
    }
    free(line);
    return 0;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; argc > 1 && i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    }
    fprintf(stderr, "usage:\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(stderr, "    answer-probe %s\n", commands[i].usage);
    return 2;
}
