/**
 * @file store/sealed.c  Records with their sensitive fields in clear
 *
 * Each kind of record lists its sealed fields once; opening, sealing and changing go over that
 * list.
 */
#include "store/sealed.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 5 };

struct fields {
    const char *id; /* of the record: authenticated with each field */
    bool *unreadable;
    size_t count;
    struct {
        const char *name;
        char **text;
        const char *lost; /* replaces a field that cannot be opened; if set, the field is never
                             NULL, and is sealed even when empty */
    } at[FIELDS_MAX];
};

/* Of a profile whose other fields are in clear, only the context. */
static struct fields profile_fields(struct store_profile *p)
{
    return (struct fields){p->id,
                           &p->unreadable,
                           p->clear ? 1 : 5,
                           {{"profile.context", &p->context, NULL},
                            {"profile.name", &p->name, ""},
                            {"profile.role", &p->role, ""},
                            {"profile.skills", &p->skills, "[]"},
                            {"profile.industry", &p->industry, ""}}};
}

static struct fields session_fields(struct store_session *s)
{
    return (struct fields){s->id,
                           &s->unreadable,
                           2,
                           {{"session.jobDescription", &s->job_description, NULL},
                            {"session.title", &s->title, NULL}}};
}

static struct fields transcript_fields(struct store_transcript *t)
{
    return (struct fields){t->id,
                           &t->unreadable,
                           3,
                           {{"transcript.question", &t->question, NULL},
                            {"transcript.answer", &t->answer, NULL},
                            {"transcript.detail", &t->detail, NULL}}};
}

/* The clear text of field i; NULL if it cannot be opened. */
static int clear_of(const struct seal *seal, const struct fields *f, size_t i, char **clear)
{
    int err = unseal_text(seal, f->id, f->at[i].name, *f->at[i].text, clear);

    if (err == UV_EILSEQ) {
        *clear = NULL;
        *f->unreadable = true;
        err = 0;
    }
    return err;
}

/* Replaces each sealed field by its clear text. */
static int open_fields(const struct seal *seal, struct fields f, struct errbuf *why)
{
    for (size_t i = 0; i < f.count; i++) {
        char *clear;
        int err = clear_of(seal, &f, i, &clear);

        if (!err && !clear && f.at[i].lost && !(clear = strdup(f.at[i].lost)))
            err = UV_ENOMEM;
        if (err)
            return err_set(why, err, "a field could not be opened: out of memory");
        free(*f.at[i].text);
        *f.at[i].text = clear;
    }
    return 0;
}

static int seal_field(const struct seal *seal, const struct fields *f, size_t i, const char *clear,
                      char **sealed)
{
    if (f->at[i].lost && !clear)
        clear = f->at[i].lost;
    if (!f->at[i].lost && (!clear || !*clear)) {
        *sealed = NULL;
        return 0;
    }
    return seal_text(seal, f->id, f->at[i].name, clear, sealed);
}

/* Seals the fields of a copy that points to somebody else's clear text. */
static int seal_copy(const struct seal *seal, struct fields copy, struct errbuf *why)
{
    int err = 0;

    for (size_t i = 0; i < copy.count; i++) {
        const char *clear = *copy.at[i].text;

        *copy.at[i].text = NULL;
        if (!err)
            err = seal_field(seal, &copy, i, clear, copy.at[i].text);
    }
    return err ? err_set(why, err, "a field could not be encrypted") : 0;
}

static void free_copy(struct fields copy)
{
    for (size_t i = 0; i < copy.count; i++)
        free(*copy.at[i].text);
}

/* ------------------------------------------------------------------------------- change */

/* The fields of a record while its owner changes it. */
struct opened {
    struct fields f;
    char *sealed[FIELDS_MAX]; /* as stored */
    char *before[FIELDS_MAX]; /* in clear */
};

static int open_to_change(const struct seal *seal, struct opened *o)
{
    for (size_t i = 0; i < o->f.count; i++) {
        char **text = o->f.at[i].text;
        int err = clear_of(seal, &o->f, i, &o->before[i]);

        if (err)
            return err;
        o->sealed[i] = *text;
        *text = o->before[i] ? strdup(o->before[i]) : NULL;
        if (o->before[i] && !*text)
            return UV_ENOMEM;
    }
    return 0;
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Fields that were not changed go back as they were. */
static int seal_changed(const struct seal *seal, struct opened *o)
{
    for (size_t i = 0; i < o->f.count; i++) {
        char **text = o->f.at[i].text;
        char *now = o->sealed[i];

        if (!is_same(*text, o->before[i])) {
            int err = seal_field(seal, &o->f, i, *text, &now);

            if (err)
                return err;
        } else {
            o->sealed[i] = NULL;
        }
        free(*text);
        *text = now;
    }
    return 0;
}

static void close_opened(struct opened *o)
{
    for (size_t i = 0; i < o->f.count; i++) {
        free(o->sealed[i]);
        if (o->before[i])
            explicit_bzero(o->before[i], strlen(o->before[i]));
        free(o->before[i]);
    }
}

struct change {
    const struct seal *seal;
    int (*profile)(struct store_profile *profile, void *arg);
    int (*session)(struct store_session *session, void *arg);
    int (*transcript)(struct store_transcript *transcript, void *arg);
    void *arg;
};

/* First seals what an older version left in clear. */
static int seal_clear(const struct seal *seal, struct store_profile *profile)
{
    struct fields f;

    if (!profile->clear)
        return 0;
    profile->clear = 0;
    f = profile_fields(profile);
    for (size_t i = 0; i < f.count; i++) {
        char *sealed;
        int err;

        if (!f.at[i].lost)
            continue;
        err = seal_field(seal, &f, i, *f.at[i].text, &sealed);
        if (err)
            return err;
        free(*f.at[i].text);
        *f.at[i].text = sealed;
    }
    return 0;
}

static int change_profile(struct store_profile *profile, void *arg)
{
    const struct change *change = arg;
    struct opened o = {0};
    int err = seal_clear(change->seal, profile);

    o.f = profile_fields(profile);
    if (!err)
        err = open_to_change(change->seal, &o);
    if (!err)
        err = change->profile(profile, change->arg);
    if (!err)
        err = seal_changed(change->seal, &o);
    close_opened(&o);
    return err;
}

static int change_session(struct store_session *session, void *arg)
{
    const struct change *change = arg;
    struct opened o = {.f = session_fields(session)};
    int err = open_to_change(change->seal, &o);

    if (!err)
        err = change->session(session, change->arg);
    if (!err)
        err = seal_changed(change->seal, &o);
    close_opened(&o);
    return err;
}

static int change_transcript(struct store_transcript *transcript, void *arg)
{
    const struct change *change = arg;
    struct opened o = {.f = transcript_fields(transcript)};
    int err = open_to_change(change->seal, &o);

    if (!err)
        err = change->transcript(transcript, change->arg);
    if (!err)
        err = seal_changed(change->seal, &o);
    close_opened(&o);
    return err;
}

/* ------------------------------------------------------------------------------ profiles */

int sealed_profile_open(const struct seal *seal, struct store_profile *profile, struct errbuf *why)
{
    return open_fields(seal, profile_fields(profile), why);
}

/* Opens what was read; releases it on failure. */
static int open_profile_read(const struct seal *seal, int err, struct store_profile *profile,
                             struct errbuf *why)
{
    if (err)
        return err;
    err = sealed_profile_open(seal, profile, why);
    if (err)
        store_profile_release(profile);
    return err;
}

int sealed_profile_get(struct store *store, const struct seal *seal, const char *user_id,
                       const char *id, struct store_profile *profile, struct errbuf *why)
{
    return open_profile_read(seal, store_profile_get(store, user_id, id, profile, why), profile,
                             why);
}

int sealed_profile_change(struct store *store, const struct seal *seal, const char *user_id,
                          const char *id, int (*fn)(struct store_profile *profile, void *arg),
                          void *arg, struct store_profile *profile, struct errbuf *why)
{
    struct change change = {.seal = seal, .profile = fn, .arg = arg};
    int err = store_profile_change(store, user_id, id, change_profile, &change, profile, why);

    return open_profile_read(seal, err, profile, why);
}

int sealed_profile_add(struct store *store, const struct seal *seal,
                       const struct store_profile *profile, size_t most, struct errbuf *why)
{
    struct store_profile copy = *profile;
    int err = seal_copy(seal, profile_fields(&copy), why);

    if (!err)
        err = store_profile_add(store, &copy, most, why);
    free_copy(profile_fields(&copy));
    return err;
}

static int leave(struct store_profile *profile, void *arg)
{
    (void)profile;
    (void)arg;
    return 0;
}

/* A profile that was erased meanwhile is skipped; one whose row is damaged stays as it is. */
static int seal_those(struct store *store, const struct seal *seal, const struct store_list *list,
                      size_t *done, struct errbuf *why)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct store_profile *owner = (const struct store_profile *)list->items + i;
        struct store_profile profile;
        int err = sealed_profile_change(store, seal, owner->user_id, owner->id, leave, NULL,
                                        &profile, why);

        if (err && err != UV_ENOENT && err != UV_EIO)
            return err;
        if (err)
            continue;
        store_profile_release(&profile);
        ++*done;
    }
    return 0;
}

/* A pass that was interrupted may have left the clear text in the log. */
static int scrub_once(struct store *store, bool again, struct errbuf *why)
{
    char *value = NULL;
    int err = store_fact_get(store, STORE_FACT_PROFILES_SEALED, &value, why);

    free(value);
    if (err == UV_ENOENT || (!err && again)) {
        err = store_scrub(store, why);
        if (!err)
            err = store_fact_put(store, STORE_FACT_PROFILES_SEALED, "yes", why);
    }
    return err == UV_EAGAIN ? 0 : err; /* somebody is reading: the next start does it */
}

int sealed_profiles_finish(struct store *store, const struct seal *seal, size_t *done,
                           struct errbuf *why)
{
    char after[ID_TEXT_MAX] = "";
    struct store_list list;
    size_t count;
    int err;

    *done = 0;
    do {
        err = store_profile_list_clear(store, after, &list, why);
        if (err)
            break;
        count = list.count;
        err = seal_those(store, seal, &list, done, why);
        if (count)
            memcpy(after, ((const struct store_profile *)list.items)[count - 1].id, sizeof(after));
        free(list.items);
    } while (!err && count == STORE_PAGE_MAX);
    return err ? err : scrub_once(store, *done > 0, why);
}

/* ------------------------------------------------------------------------------ sessions */

int sealed_session_open(const struct seal *seal, struct store_session *session, struct errbuf *why)
{
    return open_fields(seal, session_fields(session), why);
}

static int open_session_read(const struct seal *seal, int err, struct store_session *session,
                             struct errbuf *why)
{
    if (err)
        return err;
    err = sealed_session_open(seal, session, why);
    if (err)
        store_session_release(session);
    return err;
}

int sealed_session_get(struct store *store, const struct seal *seal, const char *user_id,
                       const char *id, struct store_session *session, struct errbuf *why)
{
    return open_session_read(seal, store_session_get(store, user_id, id, session, why), session,
                             why);
}

int sealed_session_change(struct store *store, const struct seal *seal, const char *user_id,
                          const char *id, int (*fn)(struct store_session *session, void *arg),
                          void *arg, struct store_session *session, struct errbuf *why)
{
    struct change change = {.seal = seal, .session = fn, .arg = arg};
    int err = store_session_change(store, user_id, id, change_session, &change, session, why);

    return open_session_read(seal, err, session, why);
}

int sealed_session_put(struct store *store, const struct seal *seal,
                       const struct store_session *session, struct errbuf *why)
{
    struct store_session copy = *session;
    int err = seal_copy(seal, session_fields(&copy), why);

    if (!err)
        err = store_session_put(store, &copy, why);
    free_copy(session_fields(&copy));
    return err;
}

/* --------------------------------------------------------------------------- transcripts */

int sealed_transcript_open(const struct seal *seal, struct store_transcript *transcript,
                           struct errbuf *why)
{
    return open_fields(seal, transcript_fields(transcript), why);
}

int sealed_transcript_change(struct store *store, const struct seal *seal, const char *user_id,
                             const char *id,
                             int (*fn)(struct store_transcript *transcript, void *arg), void *arg,
                             struct store_transcript *transcript, struct errbuf *why)
{
    struct change change = {.seal = seal, .transcript = fn, .arg = arg};
    int err =
        store_transcript_change(store, user_id, id, change_transcript, &change, transcript, why);

    if (err)
        return err;
    err = sealed_transcript_open(seal, transcript, why);
    if (err)
        store_transcript_release(transcript);
    return err;
}

int sealed_transcript_put(struct store *store, const struct seal *seal,
                          struct store_transcript *transcript, struct errbuf *why)
{
    struct store_transcript copy = *transcript;
    int err = seal_copy(seal, transcript_fields(&copy), why);

    if (!err)
        err = store_transcript_put(store, &copy, why);
    if (!err)
        transcript->question_number = copy.question_number;
    free_copy(transcript_fields(&copy));
    return err;
}

static void free_transcripts(struct store_transcript *sealed, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free_copy(transcript_fields(&sealed[i]));
    free(sealed);
}

/* Copies with sealed fields; free them with free_transcripts(). */
static int seal_transcripts(const struct seal *seal, const struct store_transcript *clear,
                            size_t count, struct store_transcript **sealed, struct errbuf *why)
{
    struct store_transcript *to = calloc(count + 1, sizeof(*to));
    int err = 0;

    if (!to)
        return err_set(why, UV_ENOMEM, "out of memory");
    for (size_t i = 0; i < count && !err; i++) {
        to[i] = clear[i];
        err = seal_copy(seal, transcript_fields(&to[i]), why);
    }
    *sealed = to;
    return err;
}

int sealed_session_import(struct store *store, const struct seal *seal,
                          const struct store_profile *profile, size_t most,
                          const struct store_session *session,
                          const struct store_transcript *transcripts, size_t count,
                          struct errbuf *why)
{
    struct store_profile owner = {.name = NULL};
    struct store_session head = *session;
    struct store_transcript *said = NULL;
    int err = seal_copy(seal, session_fields(&head), why);

    if (!err && profile) {
        owner = *profile;
        err = seal_copy(seal, profile_fields(&owner), why);
    }
    if (!err)
        err = seal_transcripts(seal, transcripts, count, &said, why);
    if (!err)
        err = store_session_import(store, profile ? &owner : NULL, most, &head, said, count, why);
    if (said)
        free_transcripts(said, count);
    free_copy(profile_fields(&owner));
    free_copy(session_fields(&head));
    return err;
}

/* -------------------------------------------------------------------------------- voices */

static struct fields voice_fields(struct store_voice *v, bool *unreadable)
{
    return (struct fields){v->user_id, unreadable, 1, {{"voice.voice", &v->voice, NULL}}};
}

int sealed_voice_put(struct store *store, const struct seal *seal, const struct store_voice *voice,
                     struct errbuf *why)
{
    struct store_voice copy = *voice;
    int err = seal_copy(seal, voice_fields(&copy, NULL), why);

    if (!err)
        err = store_voice_put(store, &copy, why);
    free_copy(voice_fields(&copy, NULL));
    return err;
}

int sealed_voice_get(struct store *store, const struct seal *seal, const char *user_id,
                     struct store_voice *voice, struct errbuf *why)
{
    bool unreadable = false;
    int err = store_voice_get(store, user_id, voice, why);

    if (err)
        return err;
    err = open_fields(seal, voice_fields(voice, &unreadable), why);
    if (!err && unreadable)
        err = err_set(why, UV_EILSEQ, "the voice that is kept cannot be opened");
    if (err)
        store_voice_release(voice);
    return err;
}

/* -------------------------------------------------------------------------------- photos */

static struct fields photo_fields(struct store_photo *p, bool *unreadable)
{
    return (struct fields){p->user_id, unreadable, 1, {{"user.photo", &p->photo, NULL}}};
}

int sealed_photo_put(struct store *store, const struct seal *seal, const struct store_photo *photo,
                     struct errbuf *why)
{
    struct store_photo copy = *photo;
    int err = seal_copy(seal, photo_fields(&copy, NULL), why);

    if (!err)
        err = store_photo_put(store, &copy, why);
    free_copy(photo_fields(&copy, NULL));
    return err;
}

int sealed_photo_get(struct store *store, const struct seal *seal, const char *user_id,
                     struct store_photo *photo, struct errbuf *why)
{
    bool unreadable = false;
    int err = store_photo_get(store, user_id, photo, why);

    if (err)
        return err;
    err = open_fields(seal, photo_fields(photo, &unreadable), why);
    if (!err && unreadable)
        err = err_set(why, UV_EILSEQ, "the photo cannot be opened");
    if (err)
        store_photo_release(photo);
    return err;
}

/* ------------------------------------------------------------------------------- choices */

static struct fields choice_fields(struct store_choice *c, bool *unreadable)
{
    return (struct fields){c->user_id, unreadable, 1, {{"user.choice", &c->choice, NULL}}};
}

int sealed_choice_put(struct store *store, const struct seal *seal,
                      const struct store_choice *choice, struct errbuf *why)
{
    struct store_choice copy = *choice;
    int err = seal_copy(seal, choice_fields(&copy, NULL), why);

    if (!err)
        err = store_choice_put(store, &copy, why);
    free_copy(choice_fields(&copy, NULL));
    return err;
}

int sealed_choice_get(struct store *store, const struct seal *seal, const char *user_id,
                      struct store_choice *choice, struct errbuf *why)
{
    bool unreadable = false;
    int err = store_choice_get(store, user_id, choice, why);

    if (err)
        return err;
    err = open_fields(seal, choice_fields(choice, &unreadable), why);
    if (!err && unreadable)
        err = err_set(why, UV_EILSEQ, "the choice of providers cannot be opened");
    if (err)
        store_choice_release(choice);
    return err;
}

/* --------------------------------------------------------------------------- the server's */

#define HEARING_FACT  "hearing" /* as store/places.c knows it */
#define HEARING_FIELD "server.hearing"

int sealed_hearing_put(struct store *store, const struct seal *seal, const char *text,
                       struct errbuf *why)
{
    char *sealed = NULL;
    int err;

    if (!*text)
        return store_fact_put(store, HEARING_FACT, "", why);
    err = seal_text(seal, HEARING_FACT, HEARING_FIELD, text, &sealed);
    if (err)
        return err_set(why, err, "a field could not be encrypted");
    err = store_fact_put(store, HEARING_FACT, sealed, why);
    free(sealed);
    return err;
}

int sealed_hearing_get(struct store *store, const struct seal *seal, char **text,
                       struct errbuf *why)
{
    char *sealed = NULL;
    int err = store_fact_get(store, HEARING_FACT, &sealed, why);

    if (err)
        return err;
    err = unseal_text(seal, HEARING_FACT, HEARING_FIELD, sealed, text);
    free(sealed);
    return err ? err_set(why, err, "which recogniser was chosen cannot be opened") : 0;
}

/* ------------------------------------------------------------------------- personal keys */

static struct fields api_key_fields(struct store_api_key *k, bool *unreadable)
{
    return (struct fields){k->id, unreadable, 1, {{"apiKey.label", &k->label, NULL}}};
}

int sealed_api_key_add(struct store *store, const struct seal *seal,
                       const struct store_api_key *key, size_t most, struct errbuf *why)
{
    struct store_api_key copy = *key;
    int err = seal_copy(seal, api_key_fields(&copy, NULL), why);

    if (!err)
        err = store_api_key_add(store, &copy, most, why);
    free_copy(api_key_fields(&copy, NULL));
    return err;
}

int sealed_api_key_list(struct store *store, const struct seal *seal, const char *user_id,
                        struct store_list *list, struct errbuf *why)
{
    int err = store_api_key_list(store, user_id, list, why);

    for (size_t i = 0; !err && i < list->count; i++) {
        bool unreadable = false;

        err = open_fields(
            seal, api_key_fields((struct store_api_key *)list->items + i, &unreadable), why);
        if (err)
            store_list_release(list, STORE_KIND_API_KEY);
    }
    return err;
}

static struct fields passkey_fields(struct store_passkey *p, bool *unreadable)
{
    return (struct fields){p->id, unreadable, 1, {{"passkey.name", &p->name, ""}}};
}

int sealed_passkey_add(struct store *store, const struct seal *seal,
                       const struct store_passkey *passkey, size_t most, struct errbuf *why)
{
    struct store_passkey copy = *passkey;
    int err = seal_copy(seal, passkey_fields(&copy, NULL), why);

    if (!err)
        err = store_passkey_add(store, &copy, most, why);
    free_copy(passkey_fields(&copy, NULL));
    return err;
}

int sealed_passkey_list(struct store *store, const struct seal *seal, const char *user_id,
                        struct store_list *list, struct errbuf *why)
{
    int err = store_passkey_list(store, user_id, list, why);

    for (size_t i = 0; !err && i < list->count; i++) {
        bool unreadable = false;

        err = open_fields(
            seal, passkey_fields((struct store_passkey *)list->items + i, &unreadable), why);
        if (err)
            store_list_release(list, STORE_KIND_PASSKEY);
    }
    return err;
}

int sealed_passkey_rename(struct store *store, const struct seal *seal, const char *user_id,
                          const char *id, char *name, struct errbuf *why)
{
    struct store_passkey copy = {.name = name};
    int err;

    snprintf(copy.id, sizeof(copy.id), "%s", id);
    err = seal_copy(seal, passkey_fields(&copy, NULL), why);
    if (!err)
        err = store_passkey_rename(store, user_id, id, copy.name, why);
    free_copy(passkey_fields(&copy, NULL));
    return err;
}

/* ------------------------------------------------------------------------ transcriptions */

static struct fields transcription_fields(struct store_transcription *t, bool *unreadable)
{
    return (struct fields){t->id, unreadable, 1, {{"transcription.result", &t->result, NULL}}};
}

int sealed_transcription_get(struct store *store, const struct seal *seal, const char *user_id,
                             const char *id, struct store_transcription *t, struct errbuf *why)
{
    bool unreadable = false;
    int err = store_transcription_get(store, user_id, id, t, why);

    if (err)
        return err;
    err = open_fields(seal, transcription_fields(t, &unreadable), why);
    if (!err && unreadable)
        err = err_set(why, UV_EILSEQ, "what was heard cannot be opened");
    if (err)
        store_transcription_release(t);
    return err;
}

int sealed_transcription_finish(struct store *store, const struct seal *seal,
                                const struct store_transcription *t, struct errbuf *why)
{
    struct store_transcription copy = *t;
    int err = seal_copy(seal, transcription_fields(&copy, NULL), why);

    if (!err)
        err = store_transcription_finish(store, &copy, why);
    free_copy(transcription_fields(&copy, NULL));
    return err;
}
