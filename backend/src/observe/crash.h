/**
 * @file observe/crash.h  What is left of a program that crashed, and who is told at the next start
 *
 *     crash_watch("<data>");                    // once, before there is anything to lose
 *     ...
 *     crash_each("<data>", tell, arg);          // the next start: those that nobody was told of
 *     crash_told("<data>", record.file);        // it was
 *
 * A signal that ends the program (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS) first writes a
 * small text file crash-<milliseconds>-<process>.txt into the folder, mode 0600, and then does what
 * it always did. Lines of "name value": version, build id, time, signal, code, address, thread, the
 * program's place in memory, and one "at" for each frame of the stack, as an address and its offset
 * in the object it lies in. No memory, no register and no word that was said is in it.
 * `addr2line -e interviewd -f OFFSET` names the frames of the build with that id.
 *
 * The handler runs on a stack of its own where the thread that called crash_watch() crashed, so an
 * overflown stack is told too; it uses async-signal-safe calls (signal-safety(7)) and backtrace(3),
 * which is made ready beforehand. Of CRASH_FILES_MAX files the oldest go.
 *
 * Threads    crash_watch(), crash_each(): main thread, at the start.
 * Not under a sanitizer, which tells of crashes itself.
 */
#ifndef OBSERVE_CRASH_H
#define OBSERVE_CRASH_H

#include <stddef.h>
#include <stdint.h>

enum {
    CRASH_FILES_MAX = 16,      /**< Kept in the folder, told or not */
    CRASH_FILE_MAX = 16 << 10, /**< [bytes] */
    CRASH_FRAMES_MAX = 48,
    CRASH_NAME_MAX = 64,
};

struct crash_frame {
    uint64_t address;
    uint64_t offset;             /**< In its object */
    char object[CRASH_NAME_MAX]; /**< File name of it, "" where it is not known */
};

struct crash_record {
    char file[CRASH_NAME_MAX]; /**< Its name in the folder */
    char version[CRASH_NAME_MAX];
    char build[CRASH_NAME_MAX];
    char signal[16];
    char thread[CRASH_NAME_MAX];
    int number; /**< Of the signal */
    int code;   /**< si_code */
    int64_t unix_ms;
    struct crash_frame frames[CRASH_FRAMES_MAX]; /**< The innermost first */
    size_t frame_count;
};

void crash_watch(const char *folder);

/** A crash file. What is no such line is read over. */
void crash_parse(struct crash_record *record, const char *text, size_t len);

/** Each that was not told, the oldest first, and clears away those above CRASH_FILES_MAX. */
void crash_each(const char *folder, void (*fn)(const struct crash_record *record, void *arg),
                void *arg);
/** Told: the file is renamed to end with ".told.txt". */
void crash_told(const char *folder, const char *file);

#endif
