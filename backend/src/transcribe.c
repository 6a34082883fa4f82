/**
 * @file transcribe.c  interviewd transcribe FILE...: transcribes recordings to text, JSON or
 * subtitles
 *
 * One file after the other, as fast as the recogniser can; "-" is standard input. On a terminal a
 * line on standard error shows the progress and the remaining time. Ctrl-C stops it and prints what
 * was recognised so far; a second one ends the program at once. With several files each result
 * begins with the file's name.
 */
#include "program.h"

#include "asr/speakers.h"
#include "asr/transcribe.h"
#include "audio/decode.h"
#include "base/clock.h"
#include "base/json.h"
#include "loop/loop.h"
#include "models/models.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OUTPUT_MAX = 256 << 20,  /* longest transcript printed [bytes] */
    INPUT_MAX = 1 << 30,     /* most read from standard input [bytes] */
    ESTIMATE_FROM_MS = 2000, /* before that no remaining time is shown */
    EXIT_INTERRUPTED = 128 + SIGINT,
};

enum form { TEXT, JSON, SRT, VTT };

static const struct {
    const char *flag;
    enum form form;
} forms[] = {{"--txt", TEXT}, {"--json", JSON}, {"--srt", SRT}, {"--vtt", VTT}};

struct job {
    struct program program;
    struct asr_params params;
    enum form form;
    bool form_given;
    const char *file;
    size_t files;
    bool progress;
    uint64_t start_ms;
    struct transcribe *running;
    bool speakers;
    int16_t *samples; /* for the speakers; the recording itself is handed over */
    size_t sample_count;
    uv_signal_t interrupt;
    bool interrupted;
    int status;
};

static int usage(const char *what, const char *arg)
{
    program_fail("%s%s%s", arg, *arg ? ": " : "", what);
    fputs("Usage: interviewd transcribe FILE...|- [--txt | --json | --srt | --vtt]\n"
          "                             [--language LANGUAGE] [--prompt TEXT] [--translate]\n"
          "                             [--speakers]\n",
          stderr);
    return EXIT_USAGE;
}

/* ---------------------------------------------------------------------------- writing */

static int write_json(const struct job *job, const struct transcript *t, struct buf *out)
{
    json_t *obj = transcript_json(t, true);

    if (job->files > 1)
        json_set_str(obj, "file", job->file);
    if (job->interrupted)
        json_object_set_new(obj, "interrupted", json_true());
    json_write(out, obj);
    buf_putc(out, '\n');
    json_decref(obj);
    return out->err;
}

static int write_form(const struct job *job, const struct transcript *t, struct buf *out)
{
    switch (job->form) {
    case SRT:
        return transcript_srt(t, out);
    case VTT:
        return transcript_vtt(t, out);
    case TEXT:
        return transcript_text(t, out);
    case JSON:
        break;
    }
    return write_json(job, t, out);
}

static void print(struct job *job, const struct transcript *t)
{
    struct buf out;

    buf_init(&out, OUTPUT_MAX);
    if (job->files > 1 && job->form != JSON)
        buf_printf(&out, "%s\n", job->file);
    if (job->form != JSON && !t->segment_count && !job->interrupted)
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
    double passed = (double)(clock_mono_ms() - job->start_ms), left;

    if (!job->progress)
        return;
    fprintf(stderr, "\r\033[K%s: %3.0f %%", job->file, 100 * done);
    if (passed < ESTIMATE_FROM_MS || done <= 0.0)
        return;
    left = passed * (1.0 - done) / done / 1000.0 + 0.5;
    fprintf(stderr, ", %d:%02d left", (int)left / 60, (int)left % 60);
}

static void on_trouble(const char *message, void *arg)
{
    struct job *job = arg;

    fprintf(stderr, "%sinterviewd: %s: %s\n", job->progress ? "\r\033[K" : "", job->file, message);
}

/* Finds out who speaks in which segment. If that fails, the transcript is printed without it. */
static void tell_speakers(struct job *job, struct transcript *t)
{
    struct errbuf why = {""};
    char path[MODELS_PATH_MAX];
    const char *folder = config_path(job->program.config, "models");
    int err = UV_ENOMEM;

    if (!job->samples)
        return;
    if (folder && !models_network(path, folder, MODEL_VOICES))
        err = transcript_speakers(t, path, job->samples, job->sample_count, &why);
    if (err)
        fprintf(stderr, "interviewd: %s: speakers are not told apart: %s\n", job->file,
                why.text[0] ? why.text : uv_strerror(err));
}

static void on_done(int err, const char *message, struct transcript *transcript, void *arg)
{
    struct job *job = arg;

    job->running = NULL;
    if (job->progress)
        fputs("\r\033[K", stderr);
    if (err)
        job->status = program_fail("%s: %s", job->file, message ? message : uv_strerror(err));
    else {
        tell_speakers(job, transcript);
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

/* The first Ctrl-C keeps what there is; the second meets no handler. */
static void on_interrupt(uv_signal_t *signal, int number)
{
    struct job *job = signal->data;

    (void)number;
    uv_signal_stop(signal);
    job->interrupted = true;
    if (job->running)
        transcribe_stop(job->running);
}

static int read_input(struct pcm *pcm, struct errbuf *why)
{
    char piece[1 << 16];
    struct buf all;
    ssize_t n;
    int err = 0;

    buf_init(&all, INPUT_MAX);
    while (!err && (n = read(STDIN_FILENO, piece, sizeof(piece))) != 0) {
        if (n > 0)
            err = buf_append(&all, piece, (size_t)n);
        else if (errno != EINTR)
            err = -errno;
    }
    if (err)
        err_set(why, err, "standard input cannot be read: %s", uv_strerror(err));
    else
        err = audio_decode_bytes(all.data ? all.data : "", all.len, pcm, why);
    buf_release(&all);
    return err;
}

static int decode(const struct job *job, struct pcm *pcm, struct errbuf *why)
{
    int err;

    if (strcmp(job->file, "-") != 0)
        return audio_decode_file(job->file, pcm, why);
    err = read_input(pcm, why);
    return err ? err_prefix(why, err, "standard input") : 0;
}

static int keep_samples(struct job *job, const struct pcm *pcm, struct errbuf *why)
{
    job->sample_count = pcm->n;
    job->samples = malloc((pcm->n + 1) * sizeof(*pcm->samples));
    if (!job->samples)
        return err_set(why, UV_ENOMEM, "no memory to tell speakers apart");
    memcpy(job->samples, pcm->samples, pcm->n * sizeof(*pcm->samples));
    return 0;
}

static void transcribe_file(struct job *job)
{
    struct errbuf why = {""};
    struct pcm pcm = {0};
    int err = decode(job, &pcm, &why);

    job->start_ms = clock_mono_ms();
    if (!err && job->speakers)
        err = keep_samples(job, &pcm, &why);
    if (!err) {
        err = transcribe_start(&job->running, job->program.app.hub, &pcm, &job->params, &handlers,
                               job, &why);
        if (err)
            err_prefix(&why, err, "%s", job->file);
    }
    if (err)
        job->status = program_fail("%s", why.text);
    else
        loop_run(job->program.app.loop);
    free(job->samples);
    job->samples = NULL;
    pcm_release(&pcm);
}

/* ------------------------------------------------------------------------- the command */

static bool take_form(struct job *job, const char *arg)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (strcmp(arg, forms[i].flag) != 0)
            continue;
        if (job->form_given && job->form != forms[i].form)
            job->status = usage("one of --txt, --json, --srt and --vtt", "");
        job->form = forms[i].form;
        job->form_given = true;
        return true;
    }
    return false;
}

/* Takes the flags out; what remains are files. */
static int read_flags(struct job *job, const char **files)
{
    const struct config *c = job->program.config;

    for (size_t i = 0; i < c->arg_count && !job->status; i++) {
        const char *arg = c->args[i];
        const char **value = !strcmp(arg, "--language") ? &job->params.language
                             : !strcmp(arg, "--prompt") ? &job->params.prompt
                                                        : NULL;

        if (value && i + 1 == c->arg_count)
            return usage("it needs a value", arg);
        if (value)
            *value = c->args[++i];
        else if (!strcmp(arg, "--translate"))
            job->params.translate = true;
        else if (!strcmp(arg, "--speakers"))
            job->speakers = true;
        else if (take_form(job, arg))
            continue;
        else if (arg[0] == '-' && arg[1])
            return program_unknown(arg);
        else
            files[job->files++] = arg;
    }
    if (job->status)
        return job->status;
    return job->files ? EXIT_OK : usage("which recording?", "");
}

/* Transcribes the files; returns the exit status. */
static int transcribe_files(struct job *job, const char **files)
{
    int err = uv_signal_init(loop_uv(job->program.app.loop), &job->interrupt);

    job->interrupt.data = job;
    if (!err)
        err = uv_signal_start(&job->interrupt, on_interrupt, SIGINT);
    for (size_t i = 0; i < job->files && !job->interrupted; i++) {
        job->file = files[i];
        transcribe_file(job);
    }
    uv_close((uv_handle_t *)&job->interrupt, NULL);
    if (job->interrupted)
        fputs("interviewd: interrupted; this is what was heard until then\n", stderr);
    return job->interrupted ? EXIT_INTERRUPTED : job->status;
}

int command_transcribe(int argc, char **argv)
{
    static struct job job;
    const char **files;
    int status = program_open(&job.program, argc, argv, PROGRAM_HEARING);

    if (status)
        return status;
    job.progress = isatty(STDERR_FILENO) != 0;
    job.params.language = job.program.config->asr_language;
    job.params.patient = true;
    files = calloc(job.program.config->arg_count + 1, sizeof(*files));
    status = files ? read_flags(&job, files) : EXIT_FAILED;
    if (!status)
        status = transcribe_files(&job, files);
    free(files);
    program_close(&job.program);
    return status;
}
