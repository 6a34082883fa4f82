/**
 * @file test/support/postgres.c  A PostgreSQL server of a test's own: support/postgres.py, told by
 * lines
 */
#include "support/postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *to;
static FILE *from;
static pid_t child;
static char dir[256];
static int port;

static void begin(const char *program)
{
    int down[2], up[2];

    if (pipe(down) || pipe(up) || (child = fork()) < 0)
        abort();
    if (!child) {
        dup2(down[0], 0);
        dup2(up[1], 1);
        for (int i = 0; i < 2; i++) {
            close(down[i]);
            close(up[i]);
        }
        unsetenv("MALLOC_PERTURB_");
        unsetenv("LD_PRELOAD");
        execlp("python3", "python3", program, (char *)NULL);
        _exit(127);
    }
    close(down[0]);
    close(up[1]);
    to = fdopen(down[1], "w");
    from = fdopen(up[0], "r");
}

bool postgres_start(void)
{
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");
    char program[512];
    char line[512] = "";

    snprintf(program, sizeof(program), "%s/backend/test/support/postgres.py", root ? root : ".");
    begin(program);
    if (!fgets(line, sizeof(line), from)) {
        fprintf(stderr, "%s could not start a server\n", program);
        abort();
    }
    if (sscanf(line, "%d %255s", &port, dir) == 2)
        return true;
    postgres_stop();
    return false;
}

void postgres_stop(void)
{
    if (!child)
        return;
    fclose(to);
    waitpid(child, NULL, 0);
    fclose(from);
    child = 0;
}

void postgres_do(const char *command)
{
    char line[64] = "";

    fprintf(to, "%s\n", command);
    fflush(to);
    if (!fgets(line, sizeof(line), from) || strcmp(line, "ok\n") != 0) {
        fprintf(stderr, "the server's helper failed at: %s\n", command);
        abort();
    }
}

void postgres_url(const char *schema, char url[static POSTGRES_URL_MAX])
{
    char command[128];

    snprintf(command, sizeof(command), "schema %s", schema);
    postgres_do(command);
    snprintf(url, POSTGRES_URL_MAX,
             "postgres://interview@/postgres?host=%s&port=%d&options=-csearch_path%%3D%s", dir,
             port, schema);
}
