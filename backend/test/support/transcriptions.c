/**
 * @file test/support/transcriptions.c  Starts the stand-in for transcription services
 */
#include "support/transcriptions.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void become_server(int in, int out)
{
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");
    char path[1024];

    snprintf(path, sizeof(path), "%s/backend/test/support/transcriptions_server.py",
             root ? root : "..");
    dup2(in, 0);
    dup2(out, 1);
    execlp("python3", "python3", path, (char *)NULL);
    _exit(127);
}

int transcriptions_start(struct transcriptions *t)
{
    int in[2], out[2], port = 0;
    FILE *said;

    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
        return -1;
    t->pid = fork();
    if (t->pid == 0)
        become_server(in[0], out[1]);
    close(in[0]);
    close(out[1]);
    t->hold = in[1];
    said = fdopen(out[0], "r");
    if (!said || fscanf(said, "%d", &port) != 1)
        port = 0;
    if (said)
        fclose(said);
    snprintf(t->url, sizeof(t->url), "http://127.0.0.1:%d/v1", port);
    if (port)
        return 0;
    transcriptions_stop(t);
    return -1;
}

void transcriptions_stop(struct transcriptions *t)
{
    close(t->hold);
    kill(t->pid, SIGTERM);
    waitpid(t->pid, NULL, 0);
}
