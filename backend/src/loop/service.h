/**
 * @file loop/service.h  What a service manager is told: ready, alive, stopping
 *
 *     service_open(&service, loop, why);       // reads NOTIFY_SOCKET and WATCHDOG_USEC
 *     service_ready(service);                  // the server listens; alive from now on, by itself
 *     service_stopping(service);
 *     service_close(service);
 *
 * The protocol of sd_notify(3): a datagram of lines to the socket the environment names. With
 * `Type=notify` systemd waits for READY=1 before it starts what needs us; with `WatchdogSec=` it
 * restarts us when WATCHDOG=1 does not come. That is sent from a timer of the loop, so it comes
 * exactly as long as the loop turns. Without a service manager all this does nothing.
 *
 * Threads    Loop thread.
 */
#ifndef LOOP_SERVICE_H
#define LOOP_SERVICE_H

#include "base/error.h"

struct loop;
struct service;

/** The variables leave the environment: a child process is not to speak for us. */
int service_open(struct service **sp, struct loop *loop, struct errbuf *why);
void service_ready(struct service *s);
void service_stopping(struct service *s); /**< NULL is allowed, here and below */
void service_close(struct service *s);

#endif
