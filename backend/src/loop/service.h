/**
 * @file loop/service.h  Notifying the service manager: ready, alive, stopping; and its socket
 *
 *     fd = service_socket(&why);               // first of all: LISTEN_FDS
 *     service_open(&service, loop, why);       // reads NOTIFY_SOCKET and WATCHDOG_USEC
 *     service_ready(service);                  // is listening, and alive from now on
 *     service_stopping(service);
 *     service_close(service);
 *
 * The protocol of sd_notify(3): a datagram of lines to the socket named in the environment. With
 * `Type=notify` systemd waits for READY=1 before it starts units that need us; with `WatchdogSec=`
 * it restarts us if WATCHDOG=1 stays away. That is sent from a timer on the loop, so it comes
 * exactly as long as the loop runs. Without a service manager all this does nothing.
 *
 * A socket that the manager listens on is taken over by the protocol of sd_listen_fds(3), so that
 * nobody is refused while one program makes room for the next.
 *
 * Threads    Loop thread; service_socket(): main thread, before any other is started.
 */
#ifndef LOOP_SERVICE_H
#define LOOP_SERVICE_H

#include "base/error.h"

struct loop;
struct service;

/** The TCP socket that was handed over, which listens; -1: none was. UV_EINVAL: it is something
 *  else, or there are several. Children do not inherit it, nor the variables that told of it. */
int service_socket(struct errbuf *why);

/** Removes the variables from the environment, so that a child process cannot speak for us. */
int service_open(struct service **sp, struct loop *loop, struct errbuf *why);
void service_ready(struct service *s);
void service_stopping(struct service *s); /**< NULL is allowed, here and below */
void service_close(struct service *s);

#endif
