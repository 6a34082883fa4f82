/**
 * @file base/module.c  Code that is loaded only when it is first needed
 */
#include "base/module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int exe_folder(char *folder, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", folder, size - 1);
    char *slash;

    if (n <= 0)
        return UV_ENOENT;
    folder[n] = '\0';
    slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return 0;
}

static void *try_folder(const char *folder, const char *below, const char *name)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof(path), "%s%s/%s.so", folder, below, name) >= (int)sizeof(path))
        return NULL;
    return access(path, R_OK) == 0 ? dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) : NULL;
}

static void *find(const char *name)
{
    static const char *const below[] = {"", "/..", "/../lib/interviewd"};
    const char *set = getenv("INTERVIEWD_MODULES");
    char folder[PATH_MAX];
    void *handle = set && *set ? try_folder(set, "", name) : NULL;

    if (handle || exe_folder(folder, sizeof(folder)))
        return handle;
    for (size_t i = 0; !handle && i < sizeof(below) / sizeof(below[0]); i++)
        handle = try_folder(folder, below[i], name);
    return handle;
}

void *module_open(const char *name, const char *symbol, struct errbuf *err)
{
    void *handle, *found;
    const char *why;

    dlerror();
    handle = find(name);
    why = handle ? NULL : dlerror();
    found = handle ? dlsym(handle, symbol) : NULL;
    if (!handle)
        err_set(err, UV_ENOSYS, "%s.so, which belongs beside the program, %s%s", name,
                why ? "does not load: " : "is missing", why ? why : "");
    else if (!found)
        err_set(err, UV_ENOSYS, "%s.so belongs to another version of the program", name);
    return found;
}
