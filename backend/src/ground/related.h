/**
 * @file ground/related.h  Words that mean nearly the same when people talk about their work
 *
 * Our own table: a question says "conflict", a résumé says "disagreed"; "k8s" is "Kubernetes".
 *
 * Threads    Any; the table is built once, on first use.
 */
#ifndef GROUND_RELATED_H
#define GROUND_RELATED_H

#include <stddef.h>
#include <stdint.h>

/** Calls fn with the hash of each word related to the one with this hash, except itself. */
void related_each(uint64_t hash, void (*fn)(uint64_t hash, void *arg), void *arg);

#endif
