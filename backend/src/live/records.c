/**
 * @file live/records.c  Records with their sensitive fields in clear
 */
#include "live/records.h"

#include <stdlib.h>
#include <string.h>

/* Replace *field, sealed, by its clear text. */
static int open_field(const struct seal *seal, const char *id, const char *name, char **field,
                      struct errbuf *err)
{
    char *clear;
    int code = unseal_text(seal, id, name, *field, &clear);

    if (code)
        return err_set(err, code, "a field was encrypted with another key (%s)", name);
    free(*field);
    *field = clear;
    return 0;
}

static int seal_field(const struct seal *seal, const char *id, const char *name, const char *clear,
                      char **sealed)
{
    if (!clear || !*clear) {
        *sealed = NULL;
        return 0;
    }
    return seal_text(seal, id, name, clear, sealed);
}

int records_profile_open(const struct seal *seal, struct store_profile *profile, struct errbuf *err)
{
    return open_field(seal, profile->id, "profile.context", &profile->context, err);
}

int records_profile_get(struct store *store, const struct seal *seal, const char *user_id,
                        const char *id, struct store_profile *profile, struct errbuf *err)
{
    int code = store_profile_get(store, user_id, id, profile, err);

    if (code)
        return code;
    code = records_profile_open(seal, profile, err);
    if (code)
        store_profile_release(profile);
    return code;
}

int records_profile_put(struct store *store, const struct seal *seal,
                        const struct store_profile *profile, struct errbuf *err)
{
    struct store_profile copy = *profile;
    int code = seal_field(seal, profile->id, "profile.context", profile->context, &copy.context);

    if (!code)
        code = store_profile_put(store, &copy, err);
    if (copy.context != profile->context)
        free(copy.context);
    return code;
}

int records_session_open(const struct seal *seal, struct store_session *session, struct errbuf *err)
{
    int code =
        open_field(seal, session->id, "session.jobDescription", &session->job_description, err);

    return code ? code : open_field(seal, session->id, "session.title", &session->title, err);
}

int records_session_get(struct store *store, const struct seal *seal, const char *user_id,
                        const char *id, struct store_session *session, struct errbuf *err)
{
    int code = store_session_get(store, user_id, id, session, err);

    if (code)
        return code;
    code = records_session_open(seal, session, err);
    if (code)
        store_session_release(session);
    return code;
}

int records_session_put(struct store *store, const struct seal *seal,
                        const struct store_session *session, struct errbuf *err)
{
    struct store_session copy = *session;
    int code = seal_field(seal, session->id, "session.jobDescription", session->job_description,
                          &copy.job_description);

    if (!code)
        code = seal_field(seal, session->id, "session.title", session->title, &copy.title);
    if (!code)
        code = store_session_put(store, &copy, err);
    if (copy.job_description != session->job_description)
        free(copy.job_description);
    if (copy.title != session->title)
        free(copy.title);
    return code;
}

int records_transcript_open(const struct seal *seal, struct store_transcript *transcript,
                            struct errbuf *err)
{
    const struct {
        const char *name;
        char **field;
    } fields[] = {
        {"transcript.question", &transcript->question},
        {"transcript.answer", &transcript->answer},
        {"transcript.detail", &transcript->detail},
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        int code = open_field(seal, transcript->id, fields[i].name, fields[i].field, err);

        if (code)
            return code;
    }
    return 0;
}

int records_transcript_put(struct store *store, const struct seal *seal,
                           struct store_transcript *transcript, struct errbuf *err)
{
    struct store_transcript copy = *transcript;
    const char *id = transcript->id;
    int code;

    copy.question = copy.answer = copy.detail = NULL;
    code = seal_field(seal, id, "transcript.question", transcript->question, &copy.question);
    if (!code)
        code = seal_field(seal, id, "transcript.answer", transcript->answer, &copy.answer);
    if (!code)
        code = seal_field(seal, id, "transcript.detail", transcript->detail, &copy.detail);
    if (!code)
        code = store_transcript_put(store, &copy, err);
    if (!code)
        transcript->question_number = copy.question_number;

    free(copy.question);
    free(copy.answer);
    free(copy.detail);
    return code;
}
