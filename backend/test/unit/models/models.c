/**
 * @file test/unit/models.c  Getting models from a server that behaves, and from others
 *
 * The server is test/support/model_server.py on a port of its own; the model is a tiny one that
 * goes by the name of a published one.
 */
#include "cmocka_all.h"

#include "models/models.h"

#include "asr/whisper/file.h"
#include "models_bench.h"
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

static int check_file(const char *path, struct errbuf *err)
{
    struct whisper_file *file = NULL;
    int code = whisper_file_open(&file, path, err);

    whisper_file_close(file);
    return code;
}

static const char *script(void)
{
    static char path[1024];
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");

    snprintf(path, sizeof(path), "%s/backend/test/support/model_server.py", root ? root : "../..");
    return path;
}

static int start_server(void **state)
{
    int pipes[2];
    char line[64] = "";

    (void)state;
    scratch_make(served);
    tiny_file_write(scratch_path(served, "ggml-tiny.en.bin"), 3, 0);
    scratch_write(scratch_path(served, "ggml-tiny.bin"), "this is not a model at all");
    assert_int_equal(pipe(pipes), 0);
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* or it would outlive a test that is killed */
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[0]);
        execl("/usr/bin/python3", "python3", script(), served, (char *)NULL);
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
    struct models_config config = {.data_dir = data, .url = url, .check = check_file};

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/%s/", port, mode);
    err->text[0] = '\0';
    return models_get(&config, name, unverified, err);
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

static void an_earlier_part_is_continued(void **state)
{
    struct errbuf err;
    size_t len;
    char *all = scratch_read(scratch_path(served, "ggml-tiny.en.bin"), &len);
    char dir[SCRATCH_MAX + 32];
    FILE *f;

    (void)state;
    snprintf(dir, sizeof(dir), "%s/models", data);
    mkdir(dir, 0755);
    f = fopen(model_path(".part"), "wb");
    fwrite(all, 1, len - 1000, f);
    fclose(f);
    assert_int_equal(get("hub", "tiny.en", false, &err), 0);
    assert_true(arrived());
    free(all);
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

static void the_file_to_load_is_found(void **state)
{
    struct models_config config = {.data_dir = data};
    char path[MODELS_PATH_MAX] = "";
    char dir[SCRATCH_MAX + 32];
    char small[SCRATCH_MAX + 64];
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(models_find(path, NULL, data, NULL, &err), UV_ENOENT);
    assert_non_null(strstr(err.text, "interviewd models get"));
    snprintf(dir, sizeof(dir), "%s/models", data);
    mkdir(dir, 0755);
    scratch_write(model_path(""), "a larger file that lies where a model would lie");
    snprintf(small, sizeof(small), "%s/ggml-base.en-q5_1.bin", dir);
    scratch_write(small, "a smaller one");
    assert_int_equal(models_find(path, NULL, data, NULL, &err), 0);
    assert_string_equal(path, model_path(""));
    assert_int_equal(models_find(path, NULL, data, "base.en", &err), 0);
    assert_string_equal(path, small);
    assert_int_equal(models_find(path, small, NULL, NULL, &err), 0);
    assert_int_equal(models_find(path, dir, NULL, "tiny.en", &err), 0);
    assert_string_equal(path, model_path(""));
    assert_int_equal(models_find(path, NULL, data, "small", &err), UV_ENOENT);
    snprintf(dir, sizeof(dir), "%s/models/recommended", data);
    scratch_write(dir, "base.en-q5_1\n");
    assert_int_equal(models_find(path, NULL, data, NULL, &err), 0);
    assert_string_equal(path, small);
    assert_int_equal(models_remove(&config, "base.en-q5_1", &err), 0);
    assert_int_equal(models_remove(&config, "base.en-q5_1", &err), UV_ENOENT);
    assert_int_equal(models_find(path, NULL, data, NULL, &err), 0);
    assert_string_equal(path, model_path(""));
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

int main(void)
{
#define WITH_DATA(test) cmocka_unit_test_setup_teardown(test, fresh_data, drop_data)
    const struct CMUnitTest tests[] = {
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
        WITH_DATA(the_quickest_enough_is_recommended),
    };

    return cmocka_run_group_tests_name("asr/models", tests, start_server, stop_server);
}
