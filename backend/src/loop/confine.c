/**
 * @file loop/confine.c  Dropping rights that a process does not need
 *
 * Landlock's three system calls are made directly, because Debian's C library has no wrappers for
 * them. Rights that a kernel does not know yet are left out, according to its ABI version:
 * https://docs.kernel.org/userspace-api/landlock.html
 */
#include "loop/confine.h"

#include "loop/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13) /* ABI 2 */
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* ABI 3 */
#endif

enum { ABI_REFER = 2, ABI_TRUNCATE = 3 };

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RUN_RIGHTS  (READ_RIGHTS | LANDLOCK_ACCESS_FS_EXECUTE)
#define WRITE_RIGHTS                                                                               \
    (READ_RIGHTS | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                 \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |  \
     LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REFER |       \
     LANDLOCK_ACCESS_FS_TRUNCATE)
#define ALL_RIGHTS                                                                                 \
    (WRITE_RIGHTS | RUN_RIGHTS | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_FIFO |     \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK)
/* Rights that apply to a file that is not a directory. */
#define FILE_RIGHTS                                                                                \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE |   \
     LANDLOCK_ACCESS_FS_TRUNCATE)

/* ------------------------------------------------------------------------------- files */

static int landlock_abi(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static uint64_t known_rights(int abi)
{
    uint64_t rights = ALL_RIGHTS;

    if (abi < ABI_REFER)
        rights &= ~(uint64_t)LANDLOCK_ACCESS_FS_REFER;
    if (abi < ABI_TRUNCATE)
        rights &= ~(uint64_t)LANDLOCK_ACCESS_FS_TRUNCATE;
    return rights;
}

static bool add_path(int rules, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights};
    struct stat st;
    int fd = open(path, O_PATH | O_CLOEXEC);
    bool ok;

    if (fd < 0)
        return errno == ENOENT || errno == EACCES || errno == ENOTDIR;
    if (!fstat(fd, &st) && !S_ISDIR(st.st_mode))
        rule.allowed_access &= FILE_RIGHTS;
    rule.parent_fd = fd;
    ok = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    close(fd);
    return ok;
}

static bool confine_files(const struct confine *c)
{
    static const uint64_t rights[] = {
        [CONFINE_READ] = READ_RIGHTS, [CONFINE_RUN] = RUN_RIGHTS, [CONFINE_WRITE] = WRITE_RIGHTS};
    int abi = landlock_abi();
    struct landlock_ruleset_attr attr = {.handled_access_fs = known_rights(abi)};
    bool ok = true;
    int rules;

    if (abi < 1)
        return false;
    rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
    if (rules < 0)
        return false;
    for (size_t i = 0; i < c->count && ok; i++)
        ok = add_path(rules, c->paths[i].path, rights[c->paths[i].use] & known_rights(abi));
    ok = ok && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
         syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return ok;
}

/* ---- system calls --------------------------------------------------------------------- */

/* Calls never made by us, by our libraries, or by programs that we start. */
static const char *const never[] = {
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "pidfd_getfd",
    "kcmp",
    "mount",
    "umount",
    "umount2",
    "pivot_root",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "chroot",
    "setns",
    "unshare",
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "reboot",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "add_key",
    "request_key",
    "keyctl",
    "swapon",
    "swapoff",
    "acct",
    "quotactl",
    "quotactl_fd",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "sethostname",
    "setdomainname",
    "iopl",
    "ioperm",
    "syslog",
    "vhangup",
    "lookup_dcookie",
    "nfsservctl",
    "modify_ldt",
    "move_pages",
    "migrate_pages",
    "mknod",
    "mknodat",
    "fanotify_init",
    "open_by_handle_at",
    "name_to_handle_at",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "personality",
    "uselib",
    "ustat",
    "sysfs",
    "_sysctl",
    "vm86",
    "vm86old",
    "create_module",
    "get_kernel_syms",
    "query_module",
};

/* All that decoding needs: memory, time, the socket to its parent, and exit. */
static const char *const decoding[] = {
    "read",
    "readv",
    "write",
    "writev",
    "recvmsg",
    "sendmsg",
    "recvfrom",
    "sendto",
    "poll",
    "ppoll",
    "close",
    "fstat",
    "newfstatat",
    "lseek",
    "fcntl",
    "getsockopt",
    "mmap",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "brk",
    "futex",
    "sched_yield",
    "sched_getaffinity",
    "clock_gettime",
    "clock_getres",
    "gettimeofday",
    "clock_nanosleep",
    "nanosleep",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "restart_syscall",
    "getpid",
    "getppid",
    "gettid",
    "tgkill",
    "getrandom",
    "getrusage",
    "getrlimit",
    "prlimit64",
    "sysinfo",
    "setitimer",
    "set_robust_list",
    "rseq",
    "exit",
    "exit_group",
    "membarrier",
    "uname",
    "getcpu",
    "times",
    "time",
};

static const char *const forking[] = {
    "clone",      "clone3",          "fork",      "vfork",  "wait4",   "pidfd_open",
    "prctl",      "set_tid_address", "kill",      "openat", "open",    "access",
    "faccessat",  "faccessat2",      "stat",      "lstat",  "statx",   "readlink",
    "readlinkat", "memfd_create",    "ftruncate", "dup",    "pread64", "setpriority",
};

static bool add_calls(scmp_filter_ctx filter, uint32_t action, const char *const *names,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);

        if (number != __NR_SCMP_ERROR && number >= 0 && seccomp_rule_add(filter, action, number, 0))
            return false;
    }
    return true;
}

static bool load(scmp_filter_ctx filter)
{
    bool ok = !seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)) &&
              !seccomp_load(filter);

    seccomp_release(filter);
    return ok;
}

/* A leak check at the end of an instrumented program stops its threads with ptrace(2). */
static bool confine_calls(void)
{
    static const char *const looking[] = {"ptrace"};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    uint32_t no = SCMP_ACT_ERRNO(EPERM);

    if (!filter)
        return false;
    if (add_calls(filter, no, never, sizeof(never) / sizeof(never[0])) &&
        (worker_is_instrumented() || add_calls(filter, no, looking, 1)))
        return load(filter);
    seccomp_release(filter);
    return false;
}

/* ---------------------------------------------------------------------------- processes */

void confine_allow(struct confine *c, enum confine_use use, const char *path)
{
    if (!path || c->count == CONFINE_PATHS_MAX)
        return;
    c->paths[c->count].path = path;
    c->paths[c->count++].use = use;
}

void confine_process(const struct confine *c, struct confine_done *done)
{
    done->files = confine_files(c);
    done->calls = confine_calls();
}

void confine_worker(enum confine_worker kind, const struct confine *c)
{
    scmp_filter_ctx filter;

    if (worker_is_instrumented()) /* a sanitizer reads files and makes calls of its own */
        return;
    confine_files(c);
    filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return;
    if (add_calls(filter, SCMP_ACT_ALLOW, decoding, sizeof(decoding) / sizeof(decoding[0])) &&
        (kind == CONFINE_ALONE ||
         add_calls(filter, SCMP_ACT_ALLOW, forking, sizeof(forking) / sizeof(forking[0]))))
        load(filter);
    else
        seccomp_release(filter);
}

struct confine_done confine_can(void)
{
    return (struct confine_done){
        .files = landlock_abi() >= 1,
        .calls = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 && seccomp_api_get() > 0,
    };
}
