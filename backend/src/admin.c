/**
 * @file admin.c  interviewd admin: the accounts of a server, in a terminal
 *
 * If a server runs on the data folder, the command is sent to it (api/door.h). Otherwise it is done
 * here, under the same lock that the server takes.
 */
#include "program.h"

#include "api/admin.h"
#include "api/door.h"
#include "blob/blob.h"

#include <stdio.h>
#include <string.h>

/* Recordings are erased here too, if there are any. */
static void open_blobs(struct program *p)
{
    const struct blob_params params = {.folder = config_path(p->config, "audio")};

    if (params.folder && blob_store_open(&p->app.blobs, "files", &params, p->app.seal, NULL))
        p->app.blobs = NULL;
}

static int run_here(int argc, char **argv, struct buf *out, int *result)
{
    struct program p;
    int status = program_open(&p, argc, argv, PROGRAM_STORE);

    if (status)
        return status;
    open_blobs(&p);
    *result = order_run(&p.app, p.config->args, p.config->arg_count, out);
    program_close(&p);
    return EXIT_OK;
}

static int say(const struct buf *out, int result)
{
    if (result) {
        program_fail("%s", out->data && out->data[0] ? out->data : "it could not be done");
        return result == UV_EINVAL ? EXIT_USAGE : EXIT_FAILED;
    }
    fputs(out->data ? out->data : "", stdout);
    return EXIT_OK;
}

int command_admin(int argc, char **argv)
{
    struct folder_lock lock = {0};
    struct errbuf why = {""};
    struct program p;
    struct buf out;
    int result = 0;
    int status = program_open(&p, argc, argv, 0);
    int err;

    if (status)
        return status;
    buf_init(&out, ORDER_OUT_MAX);
    err = folder_open(p.config->data_dir, &why);
    if (!err)
        err = folder_lock(config_path(p.config, FOLDER_LOCK), &lock, &why);
    if (!err) {
        status = run_here(argc, argv, &out, &result);
    } else if (err == UV_EBUSY) {
        err = door_ask(config_path(p.config, DOOR_NAME), p.config->args, p.config->arg_count, &out,
                       &result, &why);
        status = err ? program_fail("%s", why.text) : EXIT_OK;
    } else {
        status = program_fail("%s", why.text);
    }
    if (!status)
        status = say(&out, result);
    if (out.data)
        explicit_bzero(out.data, out.len);
    buf_release(&out);
    folder_unlock(&lock);
    program_close(&p);
    return status;
}
