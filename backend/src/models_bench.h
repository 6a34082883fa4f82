/**
 * @file models_bench.h  How quick is each model on this machine, and which to take
 */
#ifndef MODELS_BENCH_H
#define MODELS_BENCH_H

#include "base/error.h"

struct models_config;

/** Measure each model that is there; print a table and which to take for this latency, [ms]. */
int models_bench(const struct models_config *config, double latency_ms, struct errbuf *why);

#endif
