/**
 * @file models_bench.h  How fast each model is on this machine, and which to use
 */
#ifndef MODELS_BENCH_H
#define MODELS_BENCH_H

#include "base/error.h"

struct models_config;

/** Measures each model that is here; prints a table and which one to use for this latency [ms]. */
int models_bench(const struct models_config *config, double latency_ms, struct errbuf *why);

#endif
