/**
 * @file nn/asan_access.c  How the kernels' memory is checked under the address sanitizer
 *
 * Built with clang's address sanitizer alone, and without it. There the kernels ask before each
 * access by a call (meson.build says why), and for what is wider than 16 bytes, as most of theirs
 * are, the sanitizer's own function goes over the whole region in a slow way: more than half of all
 * the time in them. These look at the shadow of 32 and 64 bytes in one read, and leave to the
 * sanitizer whatever is not plainly allowed, and all reports.
 *
 * Threads    Any.
 */
#include <sanitizer/asan_interface.h>
#include <stdint.h>
#include <string.h>

enum { SHADOW_SCALE = 3 }; /* a byte of shadow stands for eight; 0: all of them may be used */

static size_t shadow;

__attribute__((constructor)) static void find_shadow(void)
{
    size_t scale;

    __asan_get_shadow_mapping(&scale, &shadow);
}

/* Inlined, so that a report names the kernel: it is the caller of what is called last. */
static inline int is_allowed(uintptr_t at, size_t size)
{
    const char *first = (const char *)((at >> SHADOW_SCALE) + shadow);
    const char *last = (const char *)((at + size - 1) >> SHADOW_SCALE) + shadow;
    uint64_t wide = 1;
    uint32_t half;

    if (size == 64) {
        memcpy(&wide, first, sizeof(wide));
    } else if (size == 32) {
        memcpy(&half, first, sizeof(half));
        wide = half;
    }
    return !wide && !*last;
}

#define FORWARD(name)                                                                              \
    void __asan_##name(uintptr_t at);                                                              \
    void nn_asan_##name(uintptr_t at);                                                             \
    void nn_asan_##name(uintptr_t at)                                                              \
    {                                                                                              \
        __asan_##name(at);                                                                         \
    }

#define FORWARD_WIDE(name)                                                                         \
    void __asan_##name(uintptr_t at, size_t size);                                                 \
    void nn_asan_##name(uintptr_t at, size_t size);                                                \
    void nn_asan_##name(uintptr_t at, size_t size)                                                 \
    {                                                                                              \
        if (!is_allowed(at, size))                                                                 \
            __asan_##name(at, size);                                                               \
    }

FORWARD(load1)
FORWARD(load2)
FORWARD(load4)
FORWARD(load8)
FORWARD(load16)
FORWARD(store1)
FORWARD(store2)
FORWARD(store4)
FORWARD(store8)
FORWARD(store16)
FORWARD_WIDE(loadN)
FORWARD_WIDE(storeN)

void *__asan_memcpy(void *to, const void *from, size_t len);
void *__asan_memmove(void *to, const void *from, size_t len);
void *__asan_memset(void *to, int c, size_t len);
void *nn_asan_memcpy(void *to, const void *from, size_t len);
void *nn_asan_memmove(void *to, const void *from, size_t len);
void *nn_asan_memset(void *to, int c, size_t len);

void *nn_asan_memcpy(void *to, const void *from, size_t len)
{
    return __asan_memcpy(to, from, len);
}

void *nn_asan_memmove(void *to, const void *from, size_t len)
{
    return __asan_memmove(to, from, len);
}

void *nn_asan_memset(void *to, int c, size_t len)
{
    return __asan_memset(to, c, len);
}
