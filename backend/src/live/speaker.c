/**
 * @file live/speaker.c  One speaker's socket: opening, feeding, detaching and resuming
 *
 * A speaker loses its socket in three ways: it is stopped (on_done), closed (what was said is
 * recognised to its end and stored), or the socket vanishes: then the speaker is parked, and
 * another socket may resume it.
 */
#include "live/speaker_internal.h"

#include "asr/nets.h"
#include "base/clock.h"
#include "base/text.h"
#include "loop/loop.h"
#include "observe/log.h"

#include <stdlib.h>
#include <string.h>

struct speaker *speaker_find(struct live *live, uint64_t id)
{
    struct speaker *speaker = id ? live->speakers : NULL;

    while (speaker && speaker->id != id)
        speaker = speaker->next;
    return speaker;
}

const struct said_words *speaker_words(const struct speaker *speaker)
{
    return &speaker->words;
}

struct row *speaker_row(struct speaker *speaker)
{
    return &speaker->row;
}

const char *speaker_listener(const struct speaker *speaker)
{
    return speaker->listener;
}

bool speaker_happened(struct speaker *speaker, struct conversation_event event)
{
    event.speaker = speaker->id;
    return conversation_speaker(&speaker->live->conversation, speaker->id) &&
           live_step(speaker->live, &event);
}

/* ------------------------------------------------------------------------------ telling */

static enum presence presence_of(const struct speaker *speaker)
{
    const struct conversation_speaker *s =
        conversation_speaker(&speaker->live->conversation, speaker->id);

    return s ? s->presence : SPEAKER_NONE;
}

void speaker_tell(struct speaker *speaker, const struct live_event *event)
{
    switch (presence_of(speaker)) {
    case SPEAKER_PRESENT:
    case SPEAKER_STOPPING:
    case SPEAKER_DONE:
        speaker->h.on_event(event, speaker->arg);
        break;
    default:
        break;
    }
}

void speaker_tell_all(struct speaker *speaker, const struct live_event *event)
{
    struct live_event of_line = *event;

    speaker_tell(speaker, event);
    of_line.line = speaker->id;
    live_tell(speaker->live, &of_line);
}

/* Events that a client that comes back must not miss. */
void speaker_tell_lasting(struct speaker *speaker, const struct live_event *event)
{
    resume_note(&speaker->memory, event);
    speaker_tell_all(speaker, event);
}

void speaker_tell_error(struct speaker *speaker, enum live_error code, const char *why)
{
    speaker_tell(speaker,
                 &(struct live_event){.kind = LIVE_ERROR, .error = {.code = code, .why = why}});
}

void speaker_tell_listening(struct speaker *speaker)
{
    speaker_tell(
        speaker,
        &(struct live_event){
            .kind = LIVE_LISTENING,
            .listening = {.engine = speaker->engine,
                          .model = speaker->model,
                          .heard = speaker->memory.key[0] ? (int64_t)speaker->fed_before : -1}});
}

/* -------------------------------------------------------------------- what is performed */

/* Of the current utterance. */
static struct said_span span_so_far(const struct speaker *speaker)
{
    const struct conversation_speaker *s =
        conversation_speaker(&speaker->live->conversation, speaker->id);

    return (struct said_span){.from_ms = s ? s->start_ms : 0,
                              .to_ms = speaker->fed * 1000 / (uint64_t)speaker->sample_rate};
}

/* In the turn's row, after the words already there, or by themselves. */
static void write_remark(struct speaker *speaker, const struct said_words *said, const char *words,
                         bool unfinished)
{
    struct live *live = speaker->live;
    struct row *row = &speaker->row;
    char url[RECORDING_URL_MAX];
    struct transcript_pair pair = {
        .session_id = live->context.session_id,
        .number = live->conversation.questions + 1, /* of the question that follows */
        .question = words,
        .answer = "",
        .quality = -1,
        .confidence = said->confidence,
        .line = said->who == VOICE_CANDIDATE ? STORE_CANDIDATE : STORE_INTERVIEWER,
        .speaker = voice_who_name(said->who),
        .voice = said->voice,
        .speech_ms = words == said->own ? said->own_ms : said->whole_ms,
        .audio_url = recording_url(live, said, words != said->own, url),
        .unfinished = unfinished,
    };

    if (!live_deps(live)->keep)
        return;
    if (!row->transcript_id[0]) {
        id_new(row->transcript_id);
        row->timestamp = clock_unix_ms();
    }
    pair.transcript_id = row->transcript_id;
    pair.timestamp = row->timestamp;
    if (transcript_write(live->writer, &pair, NULL, NULL))
        log_error("live", "words could not be kept: no memory");
}

static void speaker_free(void *arg)
{
    struct speaker *speaker = arg;

    resume_release(&speaker->memory);
    for (size_t i = 0; i < HEARD; i++)
        free(speaker->heard[i]);
    buf_release(&speaker->turn);
    buf_release(&speaker->said);
    buf_release(&speaker->final_text);
    buf_release(&speaker->marked);
    buf_release(&speaker->asked);
    buf_release(&speaker->aside);
    free(speaker);
}

void speaker_unhook(struct speaker *speaker)
{
    struct speaker **at = &speaker->live->speakers;

    while (*at != speaker)
        at = &(*at)->next;
    *at = speaker->next;
    asr_session_close(speaker->session);
    timer_close(speaker->park_timer);
    loop_free_later(live_deps(speaker->live)->loop, speaker, speaker_free);
}

void speaker_perform(struct live *live, const struct conversation_action *action)
{
    struct speaker *speaker = speaker_find(live, action->speaker);
    struct said_words running = {.voice = -1};

    if (!speaker)
        return;
    running.who = speaker_who_by_start(speaker);
    running.line = speaker->id;
    running.own_span = running.whole_span = span_so_far(speaker);
    switch (action->kind) {
    case DO_BEGIN_TURN:
        buf_clear(&speaker->turn);
        speaker->turn_marks.count = 0;
        speaker->finished = (struct said_words){0};
        speaker->row.transcript_id[0] = '\0';
        break;
    case DO_REMARK:
        memory_heard(live->context.memory,
                     speaker->words.who == VOICE_CANDIDATE ? MEMORY_CANDIDATE : MEMORY_INTERVIEWER,
                     speaker->words.own, 0);
        write_remark(speaker, &speaker->words,
                     action->row ? speaker->words.whole : speaker->words.own, false);
        break;
    case DO_KEEP_WORDS:
        write_remark(speaker, &running,
                     action->row ? speaker_running_words(speaker)
                                 : asr_session_unfinished(speaker->session),
                     true);
        break;
    case DO_RESTORE_REMARK:
        write_remark(speaker, &speaker->finished, speaker->turn.len ? speaker->turn.data : "",
                     false);
        break;
    case DO_ERASE_REMARK:
        transcript_erase(live->writer, live->context.session_id, speaker->row.transcript_id);
        speaker->row.transcript_id[0] = '\0';
        break;
    case DO_LEAVE_REMARK:
        speaker->row.transcript_id[0] = '\0';
        break;
    case DO_STOP_HEARING:
        asr_session_stop(speaker->session);
        break;
    case DO_PARK:
        timer_start(speaker->park_timer, LIVE_PARK_MS, 0);
        break;
    case DO_UNPARK:
        timer_stop(speaker->park_timer);
        break;
    case DO_TELL_TAKEN:
        if (speaker->h.on_taken)
            speaker->h.on_taken(speaker->arg);
        break;
    case DO_TELL_DONE:
        speaker->h.on_done(speaker->arg);
        break;
    case DO_TELL_FATAL:
        speaker->h.on_fatal(speaker->err, speaker->why, speaker->arg);
        break;
    case DO_DROP_SPEAKER:
        speaker_unhook(speaker);
        break;
    case DO_REFUSE:
        speaker_tell_error(speaker, LIVE_OVERLOADED, "too many questions at once");
        break;
    default:
        log_error("live", "an action (%d) that no speaker performs", (int)action->kind);
        break;
    }
}

/* --------------------------------------------------------------------------- its socket */

static void nobody_came(void *arg)
{
    struct speaker *speaker = arg;

    speaker_happened(speaker,
                     (struct conversation_event){.kind = CONVERSATION_NOBODY_CAME,
                                                 .said = speaker_facts_of_unfinished(speaker)});
}

static struct speaker *speaker_make(struct live *live, const struct speaker_params *params,
                                    const struct speaker_handlers *h, void *arg)
{
    struct speaker *speaker = calloc(1, sizeof(*speaker));

    if (!speaker)
        return NULL;
    speaker->live = live;
    speaker->h = *h;
    speaker->arg = arg;
    speaker->candidate = params->candidate;
    speaker->sample_rate = params->sample_rate ? params->sample_rate : ASR_SAMPLE_RATE;
    speaker->quiet_ready = params->quiet_ready;
    if (params->listener)
        text_copy(speaker->listener, sizeof(speaker->listener), params->listener,
                  strlen(params->listener));
    buf_init(&speaker->turn, WORDS_MAX);
    buf_init(&speaker->said, 2 * WORDS_MAX);
    buf_init(&speaker->final_text, WORDS_MAX);
    buf_init(&speaker->asked, 2 * WORDS_MAX);
    buf_init(&speaker->aside, 2 * WORDS_MAX);
    if (params->key &&
        !timer_open(&speaker->park_timer, live_deps(live)->loop, nobody_came, speaker))
        resume_init(&speaker->memory, params->key);
    return speaker;
}

int speaker_open(uint64_t *idp, struct live *live, const struct speaker_params *params,
                 const struct speaker_handlers *h, void *arg, struct errbuf *why)
{
    const struct session_context *b = &live->context;
    const char *language = params->language ? params->language
                           : b->language[0] ? b->language
                                            : live_deps(live)->language;
    struct asr_session_params session = {
        .sample_rate = params->sample_rate,
        .channels = params->channels,
        .push_to_talk = params->push_to_talk,
        .vad = params->vad,
        .pace = params->pace,
        .nets = live_deps(live)->nets,
        .voices = live->voices,
        .candidate = params->candidate,
        .asr = {.language = language,
                .vocabulary = (const char *const *)b->vocabulary,
                .vocabulary_count = b->vocabulary_count},
    };
    struct conversation_event opened = {.kind = CONVERSATION_OPENED,
                                        .candidate = params->candidate};
    struct speaker *speaker;
    int err;

    if (live->conversation.life != CONVERSATION_OPEN)
        return err_set(why, UV_ECANCELED, "the server is going away");
    if (!live_deps(live)->hub)
        return err_set(why, UV_ENOENT, "no recogniser is available: interviewd doctor says why");
    if (params->listener && lines_claim(live, params->listener, params->take_over, why))
        return UV_EBUSY;
    if (conversation_is_full(&live->conversation))
        return err_set(why, UV_EAGAIN, "as many as can be are heard in this interview already");
    asr_nets_look(live_deps(live)->nets);
    speaker = speaker_make(live, params, h, arg);
    if (!speaker)
        return UV_ENOMEM;
    err = asr_session_open(&speaker->session, live_deps(live)->hub, &session, &speaker_hears,
                           speaker, why);
    opened.keyed = speaker->memory.key[0] != '\0';
    if (!err && !live_step(live, &opened))
        err = err_set(why, UV_ECANCELED, "the interview is over");
    speaker->next = live->speakers;
    live->speakers = speaker;
    if (err) {
        speaker_unhook(speaker);
        return err;
    }
    *idp = speaker->id = live->conversation.last_id;
    lines_watch(live);
    return 0;
}

int speaker_feed(struct live *live, uint64_t id, const int16_t *pcm, size_t n)
{
    struct speaker *speaker = speaker_find(live, id);

    if (!speaker)
        return UV_ECANCELED;
    speaker->fed += n;
    return asr_session_feed(speaker->session, pcm, n);
}

void speaker_stop(struct live *live, uint64_t id)
{
    struct speaker *speaker = speaker_find(live, id);

    if (speaker)
        speaker_happened(speaker, (struct conversation_event){.kind = CONVERSATION_STOP});
}

void speaker_give_up(struct speaker *speaker)
{
    if (!speaker_happened(
            speaker, (struct conversation_event){.kind = CONVERSATION_GIVE_UP,
                                                 .said = speaker_facts_of_unfinished(speaker)}))
        speaker_unhook(speaker);
}

void speaker_close(struct live *live, uint64_t id)
{
    struct speaker *speaker = speaker_find(live, id);

    if (speaker)
        speaker_happened(speaker,
                         (struct conversation_event){.kind = CONVERSATION_CLOSE,
                                                     .said = speaker_facts_of_unfinished(speaker)});
}

void speaker_take_away(struct speaker *speaker)
{
    if (presence_of(speaker) == SPEAKER_PARKED) {
        nobody_came(speaker);
        return;
    }
    if (speaker->h.on_taken)
        speaker->h.on_taken(speaker->arg);
    speaker_close(speaker->live, speaker->id);
}

void speaker_vanish(struct live *live, uint64_t id)
{
    struct speaker *speaker = speaker_find(live, id);

    if (speaker)
        speaker_happened(speaker,
                         (struct conversation_event){.kind = CONVERSATION_VANISH,
                                                     .at_us = clock_mono_us(),
                                                     .said = speaker_facts_of_unfinished(speaker)});
}

static struct speaker *find_key(const struct live *live, const char *key)
{
    struct speaker *speaker = live->speakers;

    while (speaker && (presence_of(speaker) == SPEAKER_LEAVING || !speaker->memory.key[0] ||
                       strcmp(speaker->memory.key, key) != 0))
        speaker = speaker->next;
    return speaker;
}

uint64_t speaker_resume(struct live *live, const char *key, uint32_t seen,
                        const struct speaker_handlers *h, void *arg)
{
    struct speaker *speaker = find_key(live, key);

    if (!speaker ||
        !speaker_happened(speaker, (struct conversation_event){.kind = CONVERSATION_COME_BACK}))
        return 0;
    speaker->quiet_ready = false;
    speaker->fed_before = speaker->fed;
    speaker->h = *h;
    speaker->arg = arg;
    if (speaker->engine[0])
        speaker_tell_listening(speaker);
    resume_tell(&speaker->memory, seen, h->on_event, arg);
    return speaker->id;
}

bool speaker_finished(struct live *live, uint64_t id)
{
    struct speaker *speaker = speaker_find(live, id);

    return !speaker || presence_of(speaker) == SPEAKER_DONE;
}
