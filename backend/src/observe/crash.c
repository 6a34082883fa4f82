/**
 * @file observe/crash.c  Records of crashes
 *
 * The first half runs inside a signal handler: nothing in it allocates, locks or formats with
 * stdio. crash_watch() prepares everything that it needs.
 */
#include "observe/crash.h"

#include "base/clock.h"
#include "base/sanitized.h"
#include "base/text.h"
#include "observe/process.h"

#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    PATH_TEXT_MAX = 4096,
    STACK_BYTES = 64 << 10,
    OBJECTS_MAX = 64,
    OWN_FRAMES = 2, /* the handler, and the kernel's return trampoline */
};

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGILL, "SIGILL"},
               {SIGFPE, "SIGFPE"},   {SIGABRT, "SIGABRT"}, {SIGSYS, "SIGSYS"}};

enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

/* The code of an object that was loaded at the start. Modules loaded later appear in a record only
 * as addresses, without a name. */
struct object {
    uintptr_t base, from, to;
    char name[CRASH_NAME_MAX];
};

static struct {
    char folder[PATH_TEXT_MAX - CRASH_NAME_MAX];
    struct object objects[OBJECTS_MAX];
    size_t object_count;
    char stack[STACK_BYTES];
} ready;

/* -------------------------------------------------------------------- inside the handler */

struct out {
    char text[CRASH_FILE_MAX];
    size_t len;
};

static void put(struct out *out, const char *text)
{
    while (*text && out->len < sizeof(out->text))
        out->text[out->len++] = *text++;
}

static void put_number(struct out *out, uint64_t n, unsigned base)
{
    char digits[24];
    size_t at = sizeof(digits);

    digits[--at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n);
    put(out, digits + at);
}

static void put_line(struct out *out, const char *name, const char *value)
{
    put(out, name);
    put(out, " ");
    put(out, value);
    put(out, "\n");
}

static void put_number_line(struct out *out, const char *name, uint64_t n, unsigned base)
{
    put(out, name);
    put(out, base == 16 ? " 0x" : " ");
    put_number(out, n, base);
    put(out, "\n");
}

static const struct object *object_at(uintptr_t address)
{
    for (size_t i = 0; i < ready.object_count; i++)
        if (address >= ready.objects[i].from && address < ready.objects[i].to)
            return &ready.objects[i];
    return NULL;
}

static void put_frame(struct out *out, uintptr_t address)
{
    const struct object *object = object_at(address);

    put(out, "at 0x");
    put_number(out, address, 16);
    put(out, " +0x");
    put_number(out, object ? address - object->base : 0, 16);
    put(out, " ");
    put(out, object ? object->name : "");
    put(out, "\n");
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int open_record(uint64_t ms)
{
    char name[PATH_TEXT_MAX] = "";
    struct out path = {.len = 0};

    put(&path, ready.folder);
    put(&path, "/crash-");
    put_number(&path, ms, 10);
    put(&path, "-");
    put_number(&path, (uint64_t)getpid(), 10);
    put(&path, ".txt");
    if (path.len >= sizeof(name))
        return -1;
    memcpy(name, path.text, path.len);
    return open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static void write_out(int fd, struct out *out)
{
    for (size_t at = 0; at < out->len && fd >= 0;) {
        ssize_t n = write(fd, out->text + at, out->len - at);

        if (n <= 0)
            break;
        at += (size_t)n;
    }
    out->len = 0;
}

static const char *signal_name(int number)
{
    for (size_t i = 0; i < SIGNALS; i++)
        if (signals[i].number == number)
            return signals[i].name;
    return "?";
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    static volatile sig_atomic_t busy; /* if two threads crash, the first one writes */
    static struct out out;
    void *frames[CRASH_FRAMES_MAX + OWN_FRAMES];
    char thread[17] = "";
    uint64_t ms = now_ms();
    int fd, n;

    (void)context;
    if (!busy) {
        busy = 1;
        prctl(PR_GET_NAME, thread);
        put_line(&out, "version", build_version());
        put_line(&out, "build", build_id());
        put_number_line(&out, "time", ms, 10);
        put_line(&out, "signal", signal_name(number));
        put_number_line(&out, "number", (uint64_t)number, 10);
        put_number_line(&out, "code", (uint64_t)(info->si_code < 0 ? 0 : info->si_code), 10);
        put_number_line(&out, "address", (uintptr_t)info->si_addr, 16);
        put_line(&out, "thread", thread);
        fd = open_record(ms);
        write_out(fd, &out); /* walking a broken stack may crash again: this much is written by
                                then */
        n = backtrace(frames, CRASH_FRAMES_MAX + OWN_FRAMES);
        for (int i = OWN_FRAMES; i < n; i++)
            put_frame(&out, (uintptr_t)frames[i]);
        write_out(fd, &out);
        if (fd >= 0)
            close(fd);
    }
    raise(number); /* blocked until this returns, and then handled by default (SA_RESETHAND) */
}

/* ------------------------------------------------------------------------------ watching */

static int note_object(struct dl_phdr_info *info, size_t size, void *arg)
{
    const char *name = strrchr(info->dlpi_name, '/');

    (void)size;
    (void)arg;
    name = name ? name + 1 : info->dlpi_name;
    for (int i = 0; i < info->dlpi_phnum && ready.object_count < OBJECTS_MAX; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        struct object *o = &ready.objects[ready.object_count];

        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        o->base = info->dlpi_addr;
        o->from = info->dlpi_addr + p->p_vaddr;
        o->to = o->from + p->p_memsz;
        text_copy(o->name, sizeof(o->name), *name ? name : "interviewd",
                  strlen(*name ? name : "interviewd"));
        ready.object_count++;
    }
    return 0;
}

void crash_watch(const char *folder)
{
    struct sigaction action = {.sa_sigaction = on_crash,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND};
    stack_t stack = {.ss_sp = ready.stack, .ss_size = sizeof(ready.stack)};
    void *first[1];

    if (SANITIZED)
        return;
    text_copy(ready.folder, sizeof(ready.folder), folder, strlen(folder));
    ready.object_count = 0;
    dl_iterate_phdr(note_object, NULL);
    build_id();
    backtrace(first, 1); /* loads now what it needs later */
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i].number, &action, NULL);
}

/* ------------------------------------------------------------------------ the next start */

static void take_frame(struct crash_record *r, const char *value)
{
    struct crash_frame *f = &r->frames[r->frame_count];
    unsigned long long address, offset;
    int at = 0;

    if (r->frame_count == CRASH_FRAMES_MAX ||
        sscanf(value, "0x%16llx +0x%16llx %n", &address, &offset, &at) != 2 || !at)
        return;
    f->address = address;
    f->offset = offset;
    text_copy(f->object, sizeof(f->object), value + at, strlen(value + at));
    r->frame_count++;
}

static void take_line(struct crash_record *r, const char *name, const char *value)
{
    const struct {
        const char *name;
        char *to;
        size_t size;
    } texts[] = {{"version", r->version, sizeof(r->version)},
                 {"build", r->build, sizeof(r->build)},
                 {"signal", r->signal, sizeof(r->signal)},
                 {"thread", r->thread, sizeof(r->thread)}};
    int64_t number = 0;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (strcmp(name, texts[i].name) == 0)
            text_copy(texts[i].to, texts[i].size, value, strlen(value));
    if (strcmp(name, "at") == 0)
        take_frame(r, value);
    else if (strcmp(name, "time") == 0 && text_to_int64(value, 0, INT64_MAX, &number))
        r->unix_ms = number;
    else if (strcmp(name, "number") == 0 && text_to_int64(value, 0, 1024, &number))
        r->number = (int)number;
    else if (strcmp(name, "code") == 0 && text_to_int64(value, 0, INT32_MAX, &number))
        r->code = (int)number;
}

void crash_parse(struct crash_record *record, const char *text, size_t len)
{
    const char *end = text + len;
    char line[256];

    *record = (struct crash_record){.number = 0};
    while (text < end) {
        const char *nl = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((nl ? nl : end) - text);
        char *space;

        text_copy(line, sizeof(line), text, n);
        space = strchr(line, ' ');
        if (space) {
            *space = '\0';
            take_line(record, line, space + 1);
        }
        text = nl ? nl + 1 : end;
    }
}

static int is_crash(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len < CRASH_NAME_MAX && strncmp(entry->d_name, "crash-", 6) == 0 && len > 10 &&
           strcmp(entry->d_name + len - 4, ".txt") == 0;
}

static bool is_told(const char *name)
{
    size_t len = strlen(name);

    return len > 9 && strcmp(name + len - 9, ".told.txt") == 0;
}

static bool read_record(const char *folder, const char *name, struct crash_record *record)
{
    char path[PATH_TEXT_MAX];
    char text[CRASH_FILE_MAX];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    n = fd < 0 ? -1 : read(fd, text, sizeof(text));
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return false;
    crash_parse(record, text, (size_t)n);
    text_copy(record->file, sizeof(record->file), name, strlen(name));
    return true;
}

void crash_each(const char *folder, void (*fn)(const struct crash_record *record, void *arg),
                void *arg)
{
    struct dirent **names = NULL;
    int n = scandir(folder, &names, is_crash, alphasort); /* file names begin with the time */

    for (int i = 0; i < n; i++) {
        static struct crash_record record;
        char path[PATH_TEXT_MAX];

        snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
        if (i < n - CRASH_FILES_MAX)
            unlink(path);
        else if (!is_told(names[i]->d_name) && read_record(folder, names[i]->d_name, &record))
            fn(&record, arg);
        free(names[i]);
    }
    free(names);
}

void crash_told(const char *folder, const char *file)
{
    char from[PATH_TEXT_MAX], to[PATH_TEXT_MAX];

    snprintf(from, sizeof(from), "%s/%s", folder, file);
    snprintf(to, sizeof(to), "%s/%.*s.told.txt", folder, (int)(strlen(file) - 4), file);
    rename(from, to);
}
