/**
 * @file loop/priority.c  Thread priorities, for when there is more work than processors
 */
#include "loop/priority.h"

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PROMPT_SLICE_NS = 100000, /* the shortest slice that the kernel accepts */
    LOW_NICE = 10,
    RESET_ON_FORK = 1, /* SCHED_FLAG_RESET_ON_FORK, which glibc 2.36 does not have */
};

/* struct sched_attr of sched_setattr(2), which glibc 2.36 does not have either. */
struct attributes {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns;
    uint64_t deadline_ns;
    uint64_t period_ns;
};

void priority_prompt(void)
{
    struct attributes a = {
        .size = sizeof(a),
        .policy = SCHED_OTHER,
        .flags = RESET_ON_FORK,
        .nice = getpriority(PRIO_PROCESS, 0), /* keep the value that we were started with */
        .runtime_ns = PROMPT_SLICE_NS,
    };

    syscall(SYS_sched_setattr, 0, &a, 0); /* if it is not allowed, nothing changes */
}

void priority_low(void)
{
    if (getpriority(PRIO_PROCESS, 0) < LOW_NICE)
        setpriority(PRIO_PROCESS, 0, LOW_NICE); /* only this thread, on Linux */
}
