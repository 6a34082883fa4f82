/**
 * @file observe/crash.h  Records of crashes, reported at the next start
 *
 *     crash_watch("<data>");                    // once, before there is anything to lose
 *     ...
 *     crash_each("<data>", tell, arg);          // at the next start: the unreported ones
 *     crash_told("<data>", record.file); // reported
 *
 * A signal that ends the program (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS) first writes a
 * small text file crash-<milliseconds>-<process>.txt into the folder, mode 0600, and then has its
 * default effect. The lines are "name value": version, build id, time, signal, code, address,
 * thread, the program's load address, and one "at" for each stack frame, as an address and its
 * offset in the object that contains it. The file holds no memory, no registers and nothing that
 * was said. `addr2line -e interviewd -f OFFSET` names the frames, using the build with that id.
 *
 * On the thread that called crash_watch() the handler runs on a stack of its own, so a stack
 * overflow is recorded too. It uses async-signal-safe calls (signal-safety(7)) and backtrace(3),
 * which is initialised beforehand. Beyond CRASH_FILES_MAX files the oldest are removed.
 *
 * Threads    crash_watch(), crash_each(): main thread, at the start.
 * Inactive under a sanitizer, which reports crashes itself.
 */
#ifndef OBSERVE_CRASH_H
#define OBSERVE_CRASH_H

#include <stddef.h>
#include <stdint.h>

enum {
    CRASH_FILES_MAX = 16,      /**< Kept in the folder, reported or not */
    CRASH_FILE_MAX = 16 << 10, /**< [bytes] */
    CRASH_FRAMES_MAX = 48,
    CRASH_NAME_MAX = 64,
};

struct crash_frame {
    uint64_t address;
    uint64_t offset;             /**< Within its object */
    char object[CRASH_NAME_MAX]; /**< The object's file name; "": unknown */
};

struct crash_record {
    char file[CRASH_NAME_MAX]; /**< Name of the crash file */
    char version[CRASH_NAME_MAX];
    char build[CRASH_NAME_MAX];
    char signal[16];
    char thread[CRASH_NAME_MAX];
    int number; /**< Signal number */
    int code;   /**< si_code */
    int64_t unix_ms;
    struct crash_frame frames[CRASH_FRAMES_MAX]; /**< Innermost first */
    size_t frame_count;
};

void crash_watch(const char *folder);

/** Parses a crash file; lines of another form are skipped. */
void crash_parse(struct crash_record *record, const char *text, size_t len);

/** Calls fn for each unreported crash, oldest first, and removes files beyond CRASH_FILES_MAX. */
void crash_each(const char *folder, void (*fn)(const struct crash_record *record, void *arg),
                void *arg);
/** Marks a crash as reported: its file is renamed to end with ".told.txt". */
void crash_told(const char *folder, const char *file);

#endif
