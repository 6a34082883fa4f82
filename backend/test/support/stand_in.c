/**
 * @file test/support/stand_in.c  Starting, querying and stopping the stand-in for answer providers
 */
#include "support/stand_in.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool spawn(struct stand_in *s, int in, int out)
{
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");
    char script[1024];
    char python[] = "python3";
    char *argv[] = {python, script, NULL};
    posix_spawn_file_actions_t files;
    int err;

    snprintf(script, sizeof(script), "%s/backend/test/support/providers.py", root ? root : ".");
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    err = posix_spawnp(&s->pid, python, &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return err == 0;
}

static bool read_port(struct stand_in *s, int from)
{
    FILE *f = fdopen(from, "r");
    bool ok = f && fscanf(f, "PORT %d", &s->port) == 1;

    if (f)
        fclose(f);
    snprintf(s->url_openai, sizeof(s->url_openai), "http://127.0.0.1:%d/openai/v1", s->port);
    snprintf(s->url_ollama, sizeof(s->url_ollama), "http://127.0.0.1:%d", s->port);
    return ok;
}

bool stand_in_open(struct stand_in *s)
{
    int in[2];
    int out[2];
    bool ok;

    memset(s, 0, sizeof(*s));
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
        return false;
    ok = spawn(s, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    s->hold = in[1];
    if (!ok) {
        close(out[0]);
        close(in[1]);
        return false;
    }
    if (read_port(s, out[0]))
        return true;
    stand_in_close(s);
    return false;
}

json_t *stand_in_log(const struct stand_in *s)
{
    static const char ask[] = "GET /_log HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)s->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    enum { REPLY_MAX = 4 << 20 };
    char *reply = calloc(1, REPLY_MAX);
    json_t *log = NULL;
    size_t n = 0;
    ssize_t k;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (reply && fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
        write(fd, ask, sizeof(ask) - 1) == (ssize_t)sizeof(ask) - 1) {
        while (n + 1 < REPLY_MAX && (k = read(fd, reply + n, REPLY_MAX - 1 - n)) > 0)
            n += (size_t)k;
        if (strstr(reply, "\r\n\r\n"))
            log = json_loads(strstr(reply, "\r\n\r\n") + 4, 0, NULL);
    }
    if (fd >= 0)
        close(fd);
    free(reply);
    return log;
}

void stand_in_close(struct stand_in *s)
{
    if (s->pid <= 0)
        return;
    close(s->hold);
    waitpid(s->pid, NULL, 0);
    s->pid = 0;
}
