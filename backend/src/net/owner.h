/**
 * @file net/owner.h  Which account of this machine is at the other end of a connection
 *
 * Every account of the machine can reach what listens on 127.0.0.1, a web server's and a
 * neighbour's too. The kernel knows which account a socket belongs to.
 *
 * Threads    Any. Reads /proc: for what is asked rarely.
 */
#ifndef NET_OWNER_H
#define NET_OWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** The account of the socket on this machine that is bound to `port` and connected to
 *  `our_port`. UV_ENOENT when there is none, or nobody says (no /proc). */
int owner_of_port(uint16_t port, uint16_t our_port, uid_t *uid);

/**
 * May this account act as the owner of a server that runs as `server`?
 *
 * The server's own account and root may. When the server runs as a system's account (root, or one
 * made for it), every person of the machine may, because nobody else could; a web server's account
 * may not. Accounts of persons begin with 1000 (Debian Policy section 9.2.2).
 */
bool owner_is_person(uid_t uid, uid_t server);

#endif
