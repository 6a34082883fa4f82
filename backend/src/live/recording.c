/**
 * @file live/recording.c  Recording an interview, and notifying everybody
 *
 * A recorder outlives its interview until the recording is complete; the registry waits for that
 * when it shuts down.
 */
#include "live/live_internal.h"

#include "observe/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct recording {
    struct recording *next; /* of the registry */
    struct recording **first;
    struct live *live; /* NULL once it is off */
    struct recorder *recorder;
    bool on; /* it was announced */
    void (*on_gone)(void *arg);
    void *arg;
};

static struct live_event event_of(const struct recording *rec, bool on, const char *why)
{
    return (struct live_event){.kind = LIVE_RECORDING,
                               .recording = {.audio_id = recorder_id(rec->recorder),
                                             .on = on,
                                             .duration_ms = recorder_ms(rec->recorder),
                                             .why = why}};
}

/* Off, and announced to everybody. why: NULL if somebody stopped it. */
static void turn_off(struct recording *rec, const char *why)
{
    struct live *live = rec->live;
    struct live_event event = event_of(rec, false, why);

    rec->live = NULL;
    live->recording = NULL;
    live_tell(live, &event);
    recorder_close(rec->recorder);
}

static void on_begun(void *arg)
{
    struct recording *rec = arg;
    struct live_event event = event_of(rec, true, NULL);

    rec->on = true;
    live_tell(rec->live, &event);
}

static void on_over(int err, const char *why, void *arg)
{
    struct recording *rec = arg;

    log_warn("audio", "%s: the recording has ended: %s", recorder_id(rec->recorder),
             uv_strerror(err));
    if (rec->live)
        turn_off(rec, why);
}

static void on_gone(void *arg)
{
    struct recording *rec = arg;
    struct recording **at = rec->first;
    void (*told)(void *) = rec->on_gone;
    void *to = rec->arg;

    while (*at != rec)
        at = &(*at)->next;
    *at = rec->next;
    free(rec);
    told(to);
}

int recording_begin(struct live *live, struct recording **first, const char *wording,
                    void (*gone)(void *arg), void *arg, struct errbuf *why)
{
    static const struct recorder_handlers handlers = {on_begun, on_over, on_gone};
    const struct live_deps *deps = live_deps(live);
    const struct recorder_deps recorder = {.loop = deps->loop,
                                           .lanes = deps->lanes,
                                           .store = deps->store,
                                           .blobs = deps->blobs,
                                           .bytes_max = deps->recordings_max,
                                           .keep_until = deps->recordings_keep_until,
                                           .arg = deps->recordings_arg};
    const struct recorder_params params = {.user_id = live->context.user_id,
                                           .session_id = live->context.session_id,
                                           .wording = wording};
    struct recording *rec;
    int err;

    if (!deps->blobs || !deps->keep)
        return err_set(why, UV_ENOSYS, "no recordings are kept here");
    rec = calloc(1, sizeof(*rec));
    if (!rec)
        return err_set(why, UV_ENOMEM, "not enough memory to record");
    *rec = (struct recording){
        .next = *first, .first = first, .live = live, .on_gone = gone, .arg = arg};
    err = recorder_open(&rec->recorder, &recorder, &params, &handlers, rec, why);
    if (err) {
        free(rec);
        return err;
    }
    *first = rec;
    live->recording = rec;
    return 0;
}

void recording_stop(struct live *live)
{
    if (live->recording)
        turn_off(live->recording, NULL);
}

void recording_leave(struct live *live)
{
    struct recording *rec = live->recording;

    if (!rec)
        return;
    live->recording = NULL;
    rec->live = NULL;
    recorder_close(rec->recorder);
}

void recording_forget_all(struct recording **first)
{
    while (*first) {
        struct recording *rec = *first;

        *first = rec->next;
        recorder_forget(rec->recorder);
        free(rec);
    }
}

bool recording_event(const struct live *live, struct live_event *event)
{
    if (!live->recording || !live->recording->on)
        return false;
    *event = event_of(live->recording, true, NULL);
    return true;
}

void recording_hear(const struct live *live, uint64_t speaker, uint64_t at, const int16_t *pcm,
                    size_t n)
{
    if (live->recording)
        recorder_hear(live->recording->recorder, speaker, at, pcm, n);
}

const char *recording_url(const struct live *live, const struct said_words *words, bool whole,
                          char url[static RECORDING_URL_MAX])
{
    const struct said_span *span = whole ? &words->whole_span : &words->own_span;
    struct recorder_place place;

    url[0] = '\0';
    if (!live->recording ||
        !recorder_place(live->recording->recorder, words->line, span->from_ms, span->to_ms, &place))
        return NULL;
    snprintf(url, RECORDING_URL_MAX,
             "/api/v1/audio/%s#t=%" PRIu64 ".%03" PRIu64 ",%" PRIu64 ".%03" PRIu64, place.recording,
             place.from_ms / 1000, place.from_ms % 1000, place.to_ms / 1000, place.to_ms % 1000);
    return url;
}
