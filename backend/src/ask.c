/**
 * @file ask.c  interviewd ask FILE: the whole live path on a recording
 *
 * The recording is fed in real time, FRAME_MS at a time, through the same code that serves the
 * WebSockets. What those would send is shown with its time, counted from the start of the
 * recording. Questions and answers are kept in a session of the local owner unless --no-save is
 * given.
 */
#include "ask_show.h"
#include "program.h"

#include "api/providers.h"
#include "audio/decode.h"
#include "auth/accounts.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "loop/loop.h"
#include "store/sealed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FRAME_MS = 20,
    FRAME = ASR_SAMPLE_RATE * FRAME_MS / 1000,
    FILE_TEXT_MAX = 256 << 10, /* profile or job description [bytes] */
    ANSWER_WAIT_MS = 120000,   /* after the recording; then the program gives up */
};

struct options {
    const char *file;
    const char *profile;
    const char *job;
    bool json;
    bool save;
};

struct ask {
    struct program program;
    struct options options;
    struct pcm pcm;
    size_t fed;
    struct ask_screen screen;
    char session_id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    struct live *live;
    uint64_t speaker;
    struct live_listener *listener;
    struct loop_timer *frames;
    struct loop_timer *deadline;
    bool heard_all;
    int running;  /* generations begun and not yet ended */
    int answered; /* generations that ended with an answer */
    int status;
};

/* ----------------------------------------------------------------------------- events */

static void stop_if_done(struct ask *a)
{
    if (a->heard_all && a->running == 0)
        loop_stop(a->program.app.loop);
}

static void count(struct ask *a, const struct live_event *event)
{
    if (event->kind == LIVE_LISTENING) { /* a live interview starts when it listens */
        a->screen.start_us = clock_mono_us();
        timer_start(a->frames, FRAME_MS, FRAME_MS);
    } else if (event->kind == LIVE_OUTLINE) { /* there is one per answer; LIVE_STARTED may come
                                                 again */
        a->running++;
    } else if (event->kind == LIVE_FINISHED) {
        a->running--;
        a->answered += event->finished.finish != ANSWER_SUPERSEDED;
    }
}

static void on_event(const struct live_event *event, void *arg)
{
    struct ask *a = arg;

    if (event->line) /* already printed on the speaker's line */
        return;
    if (a->options.json)
        ask_print_json(&a->screen, event);
    else
        ask_show(&a->screen, event);
    count(a, event);
    stop_if_done(a);
}

static void on_heard_all(void *arg)
{
    struct ask *a = arg;

    a->heard_all = true;
    timer_start(a->deadline, ANSWER_WAIT_MS, 0);
    stop_if_done(a);
}

static void on_fatal(int err, const char *why, void *arg)
{
    struct ask *a = arg;

    (void)err;
    a->status = program_fail("%s", why);
    loop_stop(a->program.app.loop);
}

static void on_deadline(void *arg)
{
    struct ask *a = arg;

    a->status = program_fail("the answer did not end within %d s", ANSWER_WAIT_MS / 1000);
    loop_stop(a->program.app.loop);
}

/* Feeds as much audio as should have been spoken by now. */
static void on_frame(void *arg)
{
    struct ask *a = arg;
    size_t due = (size_t)((clock_mono_us() - a->screen.start_us) * ASR_SAMPLE_RATE / 1000000);

    while (a->fed + FRAME <= due && a->fed < a->pcm.n) {
        size_t n = a->pcm.n - a->fed < FRAME ? a->pcm.n - a->fed : FRAME;

        speaker_feed(a->live, a->speaker, a->pcm.samples + a->fed, n);
        a->fed += n;
    }
    if (a->fed >= a->pcm.n) {
        timer_stop(a->frames);
        speaker_stop(a->live, a->speaker);
    }
}

/* -------------------------------------------------------------------------- preparing */

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, FILE_TEXT_MAX);
    size_t n = file && text ? fread(text, 1, FILE_TEXT_MAX - 1, file) : 0;

    if (n && utf8_valid(text, n)) {
        fclose(file);
        return text;
    }
    if (!file || ferror(file))
        program_fail("%s: %s", path, strerror(errno));
    else
        program_fail("%s %s", path, n ? "is not text" : "is empty");
    if (file)
        fclose(file);
    free(text);
    return NULL;
}

/* Reads a profile in the API's form: a JSON object with name, role, skills, context ... */
static int read_profile(struct ask *a, struct session_context *context, const char *job)
{
    char *text = read_text(a->options.profile);
    json_t *obj = text ? json_parse(text, strlen(text)) : NULL;
    json_t *skills = json_object_get(obj, "skills");
    const char *list[100];
    struct grounding_input in = {
        .name = json_str(obj, "name"),
        .role = json_str(obj, "role"),
        .years_experience = (int)json_int(obj, "yearsExperience", -1),
        .industry = json_str(obj, "industry"),
        .context = json_str(obj, "context"),
        .job_description = job,
        .skills = list,
    };
    int err = json_is_object(obj) ? 0 : UV_EINVAL;

    for (size_t i = 0; i < json_array_size(skills) && in.skill_count < 100; i++) {
        const char *skill = json_string_value(json_array_get(skills, i));

        if (skill)
            list[in.skill_count++] = skill;
    }
    if (!err) {
        profile_index_unref(context->index);
        context->index = NULL;
        err = profile_index_open(&context->index, &in);
    } else if (text) {
        program_fail("%s is not a profile (a JSON object)", a->options.profile);
    }
    json_decref(obj);
    free(text);
    return err;
}

static int make_session(struct ask *a, struct store_session *session, char *job)
{
    struct app *app = &a->program.app;
    struct grant owner = {0};
    struct errbuf why = {""};
    int err = accounts_local(app->accounts, clock_unix_ms(), NULL, &owner, &why);

    if (!err) {
        *session = (struct store_session){.status = STORE_ACTIVE, .created_at = clock_unix_ms()};
        id_new(session->id);
        memcpy(session->user_id, owner.user.id, ID_TEXT_MAX);
        session->job_description = job;
        session->metadata = strdup("{}");
        err = sealed_session_put(app->store, app->seal, session, &why);
        free(session->metadata);
        session->metadata = NULL;
        grant_release(&owner);
    }
    if (err)
        program_fail("a session could not be made: %s", why.text);
    return err;
}

/* A session of its own in the store, loaded back the way the server does. */
static int stored_context(struct ask *a, char *job, struct session_context *context)
{
    struct app *app = &a->program.app;
    struct live_deps deps = {.store = app->store, .seal = app->seal};
    struct store_session session = {0};
    struct errbuf why = {""};
    int err = make_session(a, &session, job);

    if (err)
        return err;
    err = session_context_load(&deps, session.user_id, session.id, context, &why);
    if (!err)
        err = providers_choice(app, session.user_id, &context->choice, &why);
    if (err)
        program_fail("%s", why.text);
    return err;
}

static int unstored_context(char *job, struct session_context *context)
{
    struct grounding_input in = {.years_experience = -1, .job_description = job};

    id_new(context->session_id);
    return profile_index_open(&context->index, &in);
}

static int join(struct ask *a, char *job)
{
    struct session_context context = {0};
    int err = a->options.save ? stored_context(a, job, &context) : unstored_context(job, &context);

    if (!err && a->options.profile)
        err = read_profile(a, &context, job);
    if (!err) {
        memcpy(a->session_id, context.session_id, ID_TEXT_MAX);
        memcpy(a->user_id, context.user_id, ID_TEXT_MAX);
        err = live_join(a->program.app.live, &context, &a->live);
    }
    session_context_release(&context);
    return err;
}

/* If nothing was heard and no line was typed, there is nothing to keep. true: the session was
 * removed. */
static bool forget_empty(struct ask *a)
{
    struct store *store = a->program.app.store;
    struct store_list list;
    size_t kept = 1;
    int err = store_transcript_list(store, a->user_id, a->session_id, false, 1, "", &list, NULL);

    if (!err) {
        kept = list.count;
        store_list_release(&list, STORE_KIND_TRANSCRIPT);
    }
    return !kept && !store_session_erase(store, a->user_id, a->session_id, NULL);
}

static int complete(struct store_session *session, void *arg)
{
    session->status = STORE_COMPLETED;
    session->completed_at = *(const int64_t *)arg;
    return 0;
}

/* The session is over: sets its end and its duration. */
static void complete_session(struct ask *a)
{
    struct app *app = &a->program.app;
    int64_t now = clock_unix_ms();
    struct store_session session = {0};
    struct errbuf why = {""};
    int err =
        store_session_change(app->store, a->user_id, a->session_id, complete, &now, &session, &why);

    store_session_release(&session);
    if (err)
        program_fail("the session could not be completed: %s", why.text);
    else if (!a->options.json)
        printf("\nKept as session %s.\n", a->session_id);
}

static const struct speaker_handlers speaker_events = {
    .on_event = on_event,
    .on_done = on_heard_all,
    .on_fatal = on_fatal,
};

static int start(struct ask *a)
{
    struct app *app = &a->program.app;
    const struct config *c = a->program.config;
    struct speaker_params params = {.sample_rate = ASR_SAMPLE_RATE, .channels = 1};
    struct errbuf why = {""};
    int err;

    params.vad = vad_params_defaults();
    turn_pace_read(c->turn, &params.pace);
    params.vad.pre_roll_ms = (uint32_t)c->vad_pre_roll_ms;
    params.vad.eager_ms = (uint32_t)c->vad_eager_ms;
    params.vad.hangover_ms = (uint32_t)c->vad_hangover_ms;
    err = live_listen(a->live, on_event, a, &a->listener);
    if (!err)
        err = speaker_open(&a->speaker, a->live, &params, &speaker_events, a, &why);
    if (!err)
        err = timer_open(&a->frames, app->loop, on_frame, a);
    if (!err)
        err = timer_open(&a->deadline, app->loop, on_deadline, a);
    if (err)
        return program_fail("%s", why.text[0] ? why.text : uv_strerror(err));
    a->screen.start_us = clock_mono_us();
    return 0;
}

static void on_stored(void *arg)
{
    struct ask *a = arg;

    loop_stop(a->program.app.loop);
}

/* Lets the interview finish its writes before the program ends. */
static void finish(struct ask *a)
{
    timer_close(a->frames);
    timer_close(a->deadline);
    speaker_close(a->live, a->speaker);
    live_unlisten(a->listener);
    if (a->live)
        live_leave(a->live);
    live_registry_shutdown(a->program.app.live, on_stored, a);
    if (live_count(a->program.app.live))
        loop_run(a->program.app.loop);
}

/* ------------------------------------------------------------------------ command line */

static int usage(const char *what, const char *arg)
{
    program_fail("%s%s%s", arg, *arg ? ": " : "", what);
    fputs("Usage: interviewd ask FILE [--profile FILE.json] [--job FILE] [--json] [--no-save]\n",
          stderr);
    return EXIT_USAGE;
}

/* What config_load() left over: the file and this command's own flags. */
static int read_options(struct ask *a)
{
    const struct config *c = a->program.config;
    struct options *o = &a->options;

    o->save = true;
    for (size_t i = 0; i < c->arg_count; i++) {
        const char *arg = c->args[i];
        bool more = i + 1 < c->arg_count;

        if (!strcmp(arg, "--json"))
            o->json = true;
        else if (!strcmp(arg, "--no-save"))
            o->save = false;
        else if (!strcmp(arg, "--profile") && more)
            o->profile = c->args[++i];
        else if (!strcmp(arg, "--job") && more)
            o->job = c->args[++i];
        else if (!strcmp(arg, "--profile") || !strcmp(arg, "--job"))
            return usage("a file must follow", arg);
        else if (arg[0] == '-')
            return program_unknown(arg);
        else if (o->file)
            return usage("one recording at a time", arg);
        else
            o->file = arg;
    }
    return o->file ? EXIT_OK : usage("which recording?", "");
}

static int run(struct ask *a)
{
    struct errbuf why = {""};
    char *job = a->options.job ? read_text(a->options.job) : NULL;
    int err = a->options.job && !job ? UV_EINVAL : 0;

    if (!err) {
        err = audio_decode_file(a->options.file, &a->pcm, &why);
        if (err)
            program_fail("%s", why.text);
    }
    if (!err)
        err = join(a, job);
    if (!err)
        err = start(a);
    if (!err) {
        loop_run(a->program.app.loop);
        if (!a->status && !a->answered) {
            program_fail("no question was heard in %s", a->options.file);
            a->status = EXIT_NOTHING;
        }
    }
    finish(a);
    if (a->options.save && a->live && (a->answered || !forget_empty(a)))
        complete_session(a);
    free(job);
    pcm_release(&a->pcm);
    return err ? EXIT_FAILED : a->status;
}

static bool wants_no_save(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--no-save"))
            return true;
    }
    return false;
}

int command_ask(int argc, char **argv)
{
    static struct ask a;
    unsigned parts = PROGRAM_STORE | PROGRAM_HEARING | PROGRAM_ANSWERS;
    int status;

    if (wants_no_save(argc, argv))
        parts |= PROGRAM_NO_KEEP;
    status = program_open(&a.program, argc, argv, parts);
    if (status)
        return status;
    a.screen = ask_screen_of(STDOUT_FILENO);
    status = read_options(&a);
    if (!status)
        status = run(&a);
    program_close(&a.program);
    return status;
}
