/**
 * @file test/support/failing.c  Make the n-th allocation fail
 */
#include "support/failing.h"

#include "base/json.h"
#include "cmocka_all.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_int left; /* allocations until one fails; 0: none fails */
static atomic_int made; /* allocations since the scenario began */
static atomic_int held;
static atomic_bool failed;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
int __wrap_asprintf(char **to, const char *form, ...) __attribute__((format(printf, 2, 3)));

static bool fails(void)
{
    if (atomic_load(&held))
        return false;
    atomic_fetch_add(&made, 1);
    if (atomic_load(&left) <= 0 || atomic_fetch_sub(&left, 1) != 1)
        return false;
    atomic_store(&failed, true);
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
    return fails() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *s)
{
    return fails() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
    return fails() ? NULL : __real_strndup(s, n);
}

int __wrap_asprintf(char **to, const char *form, ...)
{
    va_list ap;
    int n;

    *to = NULL;
    if (fails())
        return -1;
    va_start(ap, form);
    n = vasprintf(to, form, ap);
    va_end(ap);
    return n;
}

void failing_hold(void)
{
    atomic_fetch_add(&held, 1);
}

void failing_go_on(void)
{
    atomic_fetch_sub(&held, 1);
}

static void run(void (*scenario)(void *arg), void *arg, int nth)
{
    atomic_store(&failed, false);
    atomic_store(&made, 0);
    atomic_store(&left, nth);
    scenario(arg);
    atomic_store(&left, 0);
}

int failing_each(void (*scenario)(void *arg), void *arg)
{
    int nth = 0;

    json_watch_memory();   /* from here jansson's allocations are ours */
    run(scenario, arg, 0); /* allocates what is made once per process */
    do {
        assert_true(++nth < FAILING_MAX);
        run(scenario, arg, nth);
    } while (atomic_load(&failed));
    print_message("# %d allocations failed one after the other\n", nth - 1);
    assert_true(nth > 1);
    return nth - 1;
}
