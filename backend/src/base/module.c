/**
 * @file base/module.c  Code that is only loaded when first needed
 */
#include "base/module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int exe_folder(char *folder, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", folder, size - 1);
    char *slash;

    if (n <= 0 || (size_t)n >= size - 1)
        return UV_ENOENT;
    folder[n] = '\0';
    slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return 0;
}

static bool lies_in(const char *folder, const char *below, const char *name, const char *ending,
                    char *path)
{
    int n = snprintf(path, PATH_MAX, "%s%s/%s%s", folder, below, name, ending);

    return n > 0 && n < PATH_MAX && access(path, *ending ? R_OK : X_OK) == 0;
}

/** ending: ".so", or "" for a program. */
static bool find(const char *name, const char *ending, char *path)
{
    static const char *const below[] = {"", "/..", "/../lib/interviewd"};
    const char *set = getenv("INTERVIEWD_MODULES");
    char folder[PATH_MAX];

    if (set && *set && lies_in(set, "", name, ending, path))
        return true;
    if (exe_folder(folder, sizeof(folder)))
        return false;
    for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
        if (lies_in(folder, below[i], name, ending, path))
            return true;
    }
    return false;
}

int module_find(const char *name, struct errbuf *why)
{
    char path[PATH_MAX];

    if (find(name, ".so", path))
        return 0;
    return err_set(why, UV_ENOSYS, "%s.so, which belongs beside the program, is missing", name);
}

int program_find(const char *name, char path[PATH_MAX], struct errbuf *why)
{
    if (find(name, "", path))
        return 0;
    return err_set(why, UV_ENOSYS, "%s, which belongs beside the program, is missing", name);
}

void *module_open(const char *name, const char *symbol, struct errbuf *why)
{
    char path[PATH_MAX];
    void *handle, *found;

    if (!find(name, ".so", path)) {
        module_find(name, why);
        return NULL;
    }
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    found = handle ? dlsym(handle, symbol) : NULL;
    if (!handle)
        err_set(why, UV_ENOSYS, "%s.so does not load: %s", name, dlerror());
    else if (!found)
        err_set(why, UV_ENOSYS, "%s.so belongs to another version of the program", name);
    return found;
}
