/**
 * @file net/owner.c  Which account of this machine is at the other end of a connection
 */
#include "net/owner.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

enum { PERSONS_FIRST = 1000, PERSONS_LAST = 59999, LINE_MAX_BYTES = 512 };

/* A line of the kernel's table (proc(5), /proc/net/tcp): number, local and remote address, state,
 * queues, timer, retransmits, and the account. */
static int look_in(const char *path, uint16_t port, uint16_t our_port, uid_t *uid)
{
    char line[LINE_MAX_BYTES];
    FILE *table = fopen(path, "re");
    int err = UV_ENOENT;

    if (!table)
        return UV_ENOENT;
    while (err && fgets(line, sizeof(line), table)) {
        unsigned local, remote, state, account;

        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%x %x %*s %*s %*s %u", &local,
                   &remote, &state, &account) == 4 &&
            local == port && remote == our_port) {
            *uid = account;
            err = 0;
        }
    }
    fclose(table);
    return err;
}

int owner_of_port(uint16_t port, uint16_t our_port, uid_t *uid)
{
    int err = look_in("/proc/net/tcp", port, our_port, uid);

    return err ? look_in("/proc/net/tcp6", port, our_port, uid) : 0;
}

bool owner_is_person(uid_t uid, uid_t server)
{
    if (uid == 0 || uid == server)
        return true;
    if (server >= PERSONS_FIRST && server <= PERSONS_LAST)
        return false; /* another person's */
    return uid >= PERSONS_FIRST && uid <= PERSONS_LAST;
}
