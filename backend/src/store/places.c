/**
 * @file store/places.c
 */
#include "store/places.h"

#include <string.h>

const struct place store_places[] = {
    {"profile.context", "profiles", "id", "context", ""},
    {"profile.name", "profiles", "id", "name", ""},
    {"profile.role", "profiles", "id", "role", ""},
    {"profile.skills", "profiles", "id", "skills", ""},
    {"profile.industry", "profiles", "id", "industry", ""},
    {"session.jobDescription", "sessions", "id", "job_description", ""},
    {"session.title", "sessions", "id", "title", ""},
    {"transcript.question", "transcripts", "id", "question", ""},
    {"transcript.answer", "transcripts", "id", "answer", ""},
    {"transcript.detail", "transcripts", "id", "detail", ""},
    {"apiKey.label", "api_keys", "id", "label", ""},
    {"passkey.name", "passkeys", "id", "name", ""},
    {"user.photo", "photos", "user_id", "photo", ""},
    {"user.choice", "choices", "user_id", "choice", ""},
    {"voice.voice", "voices", "user_id", "voice", ""},
    {"transcription.result", "transcriptions", "id", "result", ""},
    {"server.hearing", "facts", "name", "value", " AND name='hearing'"},
};

const size_t store_place_count = sizeof(store_places) / sizeof(store_places[0]);

const struct place *store_place_of(const char *field)
{
    for (size_t i = 0; i < store_place_count; i++)
        if (!strcasecmp(store_places[i].field, field))
            return &store_places[i];
    return NULL;
}
