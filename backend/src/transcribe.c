/**
 * @file transcribe.c  interviewd transcribe FILE...: what recordings say, as text, JSON or SRT
 *
 * One file after the other, as fast as the recogniser can; on a terminal a line on standard error
 * says how far it is. With several files each result begins with its name.
 */
#include "program.h"

#include "asr/transcribe.h"
#include "audio/decode.h"
#include "base/json.h"
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_MAX = 256 << 20 }; /* longest transcript printed, [bytes] */

enum form { TEXT, JSON, SRT };

struct job {
    struct program program;
    enum form form;
    const char *file;
    size_t files;
    bool progress;
    int status;
};

static int usage(const char *what, const char *arg)
{
    program_fail("%s%s%s", arg, *arg ? ": " : "", what);
    fputs("Usage: interviewd transcribe FILE... [--json | --srt]\n", stderr);
    return EXIT_USAGE;
}

/* ---------------------------------------------------------------------------- writing */

static int write_form(const struct job *job, const struct transcript *t, struct buf *out)
{
    json_t *obj;

    switch (job->form) {
    case SRT:
        return transcript_srt(t, out);
    case TEXT:
        return transcript_text(t, out);
    case JSON:
        break;
    }
    obj = transcript_json(t, true);
    if (job->files > 1)
        json_set_str(obj, "file", job->file);
    json_write(out, obj);
    buf_putc(out, '\n');
    json_decref(obj);
    return out->err;
}

static void print(struct job *job, const struct transcript *t)
{
    struct buf out;

    buf_init(&out, OUTPUT_MAX);
    if (job->files > 1 && job->form != JSON)
        buf_printf(&out, "%s\n", job->file);
    if (job->form != JSON && !t->segment_count)
        fprintf(stderr, "interviewd: %s: no speech was heard\n", job->file);
    if (write_form(job, t, &out))
        job->status = program_fail("%s: the transcript cannot be printed", job->file);
    else if (out.len)
        fwrite(out.data, 1, out.len, stdout);
    fflush(stdout);
    buf_release(&out);
}

static void on_progress(double done, void *arg)
{
    struct job *job = arg;

    if (job->progress)
        fprintf(stderr, "\r%s: %3.0f %%", job->file, 100 * done);
}

static void on_trouble(const char *message, void *arg)
{
    struct job *job = arg;

    fprintf(stderr, "%sinterviewd: %s: %s\n", job->progress ? "\r\033[K" : "", job->file, message);
}

static void on_done(int err, const char *message, struct transcript *transcript, void *arg)
{
    struct job *job = arg;

    if (job->progress)
        fputs("\r\033[K", stderr);
    if (err)
        job->status = program_fail("%s: %s", job->file, message ? message : uv_strerror(err));
    else {
        print(job, transcript);
        transcript_release(transcript);
    }
    loop_stop(job->program.app.loop);
}

static const struct transcribe_handlers handlers = {
    .on_progress = on_progress,
    .on_trouble = on_trouble,
    .on_done = on_done,
};

/* --------------------------------------------------------------------------- one file */

static void transcribe_file(struct job *job)
{
    struct asr_params params = {.language = job->program.config->asr_language, .patient = true};
    struct transcribe *running;
    struct errbuf err = {""};
    struct pcm pcm = {0};
    int code = audio_decode_file(job->file, &pcm, &err);

    if (!code) {
        code =
            transcribe_start(&running, job->program.app.hub, &pcm, &params, &handlers, job, &err);
        if (code)
            err_prefix(&err, code, "%s", job->file);
    }
    if (code)
        job->status = program_fail("%s", err.text);
    else
        loop_run(job->program.app.loop);
    pcm_release(&pcm);
}

/* Flags are taken out; what stays are files. */
static int read_flags(struct job *job, const char **files)
{
    const struct config *c = job->program.config;

    for (size_t i = 0; i < c->arg_count; i++) {
        const char *arg = c->args[i];

        if (!strcmp(arg, "--json") || !strcmp(arg, "--srt")) {
            enum form form = arg[2] == 'j' ? JSON : SRT;

            if (job->form != TEXT && job->form != form)
                return usage("--json or --srt, not both", "");
            job->form = form;
        } else if (arg[0] == '-' && arg[1])
            return program_unknown(arg);
        else
            files[job->files++] = arg;
    }
    return job->files ? EXIT_OK : usage("which recording?", "");
}

int command_transcribe(int argc, char **argv)
{
    static struct job job;
    const char **files;
    int status = program_open(&job.program, argc, argv, PROGRAM_HEARING);

    if (status)
        return status;
    job.progress = isatty(STDERR_FILENO) != 0;
    files = calloc(job.program.config->arg_count + 1, sizeof(*files));
    status = files ? read_flags(&job, files) : EXIT_FAILED;
    for (size_t i = 0; !status && i < job.files; i++) {
        job.file = files[i];
        transcribe_file(&job);
    }
    free(files);
    program_close(&job.program);
    return status ? status : job.status;
}
