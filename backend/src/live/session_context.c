/**
 * @file live/session_context.c  What a live interview needs of its session, loaded on a worker
 */
#include "live/live.h"

#include "answer/choice.h"
#include "base/buffer.h"
#include "base/json.h"
#include "base/text.h"
#include "live/names.h"
#include "live/transcript_writer.h"
#include "store/sealed.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    VOCABULARY_MAX = 200, /* words given to the recogniser */
    VOCABULARY_WORD_MAX = 48,
    OFFER_TEXT_MAX = 16 * 1024, /* text quoted in the outline of an exchange [bytes] */
};

/* --------------------------------------------------------------------- vocabulary */

static bool has_word(const struct session_context *b, const char *word, size_t len)
{
    for (size_t i = 0; i < b->vocabulary_count; i++) {
        if (strlen(b->vocabulary[i]) == len && !strncasecmp(b->vocabulary[i], word, len))
            return true;
    }
    return false;
}

static void add_word(const char *word, size_t len, void *arg)
{
    struct session_context *b = arg;

    if (len < 2 || len > VOCABULARY_WORD_MAX || b->vocabulary_count >= VOCABULARY_MAX ||
        has_word(b, word, len))
        return;
    if (!b->vocabulary)
        b->vocabulary = calloc(VOCABULARY_MAX, sizeof(*b->vocabulary));
    if (!b->vocabulary)
        return;
    b->vocabulary[b->vocabulary_count] = strndup(word, len);
    if (b->vocabulary[b->vocabulary_count])
        b->vocabulary_count++;
}

/* ----------------------------------------------------------------------- the index */

/* The skills array as plain strings; *list borrows from the array. */
static size_t skill_list(json_t *array, const char ***list)
{
    size_t n = json_array_size(array);
    size_t used = 0;

    *list = calloc(n + 1, sizeof(**list));
    for (size_t i = 0; *list && i < n; i++) {
        const char *skill = json_string_value(json_array_get(array, i));

        if (skill)
            (*list)[used++] = skill;
    }
    return used;
}

static int make_index(struct session_context *b, const struct store_profile *profile,
                      const struct store_session *session, const char *candidate)
{
    const char *job_description = session->job_description;
    json_t *skills =
        profile && profile->skills ? json_parse(profile->skills, strlen(profile->skills)) : NULL;
    struct grounding_input in = {.years_experience = -1,
                                 .candidate = candidate,
                                 .interview = session->title,
                                 .job_description = job_description};
    const char **list = NULL;
    int err;

    if (profile) {
        in.name = profile->name;
        in.role = profile->role;
        in.years_experience = profile->years_experience;
        in.industry = profile->industry;
        in.context = profile->context;
        in.skill_count = skill_list(skills, &list);
        in.skills = list;
    }
    err = profile_index_open(&b->index, &in);
    for (size_t i = 0; i < in.skill_count; i++)
        add_word(list[i], strlen(list[i]), b);
    names_each(in.context, add_word, b);
    names_each(job_description, add_word, b);
    free(list);
    json_decref(skills);
    return err;
}

/* --------------------------------------------------------------- what was said earlier */

/* The story that an answer was based on: what its outline quotes from the context. */
static void offer_again(struct session_context *b, const struct store_transcript *t)
{
    json_t *detail = t->detail ? json_parse(t->detail, strlen(t->detail)) : NULL;
    struct memory_offer offer = {.number = t->question_number,
                                 .question = t->question ? t->question : ""};
    const json_t *point;
    struct buf text;
    size_t i;

    buf_init(&text, OFFER_TEXT_MAX);
    json_array_foreach(json_object_get(detail, "outline"), i, point)
    {
        const json_t *source = json_object_get(point, "source");
        const char *field = json_str(source, "field");
        const char *quote = json_str(source, "quote");

        if (!field || !quote || strcmp(field, "question") == 0)
            continue;
        buf_printf(&text, "%s ", quote);
        if (!offer.story.end && strcmp(field, "context") == 0)
            offer.story = profile_index_place(b->index, quote);
    }
    if (question_kind_find(json_str(detail, "kind"), &offer.kind)) {
        offer.text = text.len ? text.data : NULL;
        memory_offered(b->memory, &offer);
    }
    buf_release(&text);
    json_decref(detail);
}

/* A remark carries the number of the question that follows it. */
static void hear_again(struct session_context *b, const struct store_transcript *t)
{
    int asked = t->question_number - (t->line != STORE_QUESTION);

    if (asked > b->questions)
        b->questions = asked;
    memory_heard(b->memory, t->line == STORE_CANDIDATE ? MEMORY_CANDIDATE : MEMORY_INTERVIEWER,
                 t->question ? t->question : "", t->line == STORE_QUESTION ? asked : 0);
    if (t->line == STORE_QUESTION)
        offer_again(b, t);
}

/* The newest page, in the order in which it happened. A displayed answer comes after what the
 * candidate then said: if they answered, it is left out. */
static int load_memory(const struct live_deps *deps, struct session_context *b, struct errbuf *why)
{
    const struct store_transcript *shown = NULL;
    struct store_list list = {0};
    int err = memory_open(&b->memory);

    if (!err)
        err = store_transcript_list(deps->store, b->user_id, b->session_id, true, STORE_PAGE_MAX,
                                    NULL, &list, why);
    if (err)
        return err;
    for (size_t i = list.count; !err && i-- > 0;) {
        struct store_transcript *t = (struct store_transcript *)list.items + i;

        err = sealed_transcript_open(deps->seal, t, why);
        if (err)
            break;
        if (t->line == STORE_QUESTION && shown)
            memory_shown(b->memory, shown->answer, shown->question_number);
        if (t->line == STORE_QUESTION)
            shown = t->answer ? t : NULL;
        hear_again(b, t);
    }
    if (shown && !err)
        memory_shown(b->memory, shown->answer, shown->question_number);
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
    return err;
}

/* ------------------------------------------------------------------------ the whole */

static void copy_setting(char *to, size_t size, const json_t *metadata, const char *key)
{
    const char *value = json_str(metadata, key);

    text_copy(to, size, value ? value : "", value ? strlen(value) : 0);
}

static void read_metadata(struct session_context *b, const char *text)
{
    json_t *metadata = text ? json_parse(text, strlen(text)) : NULL;

    copy_setting(b->language, sizeof(b->language), metadata, "language");
    copy_setting(b->provider, sizeof(b->provider), metadata, "llmProvider");
    copy_setting(b->model, sizeof(b->model), metadata, "model");
    b->discarded = (int)json_num(metadata, SESSION_DISCARDED, 0);
    json_decref(metadata);
}

static int load_profile(const struct live_deps *deps, struct session_context *b,
                        const struct store_session *session, struct errbuf *why)
{
    struct store_profile profile = {0};
    struct store_user user = {0};
    const char *name = NULL;
    bool found;
    int err = 0;

    if (session->profile_id[0])
        err = sealed_profile_get(deps->store, deps->seal, b->user_id, session->profile_id, &profile,
                                 why);
    found = session->profile_id[0] && !err;
    if (err && err != UV_ENOENT) /* the profile was erased meanwhile: continue without it */
        return err;
    /* The local owner of single-user mode has no name of their own. */
    if (!store_user_get(deps->store, b->user_id, &user, NULL) && user.email)
        name = user.display_name;
    err = make_index(b, found ? &profile : NULL, session, name);
    store_user_release(&user);
    store_profile_release(&profile);
    return err;
}

/* If it cannot be read, continue without it: it can be taught again. */
static void load_voice(const struct live_deps *deps, struct session_context *b)
{
    struct store_voice kept;

    if (sealed_voice_get(deps->store, deps->seal, b->user_id, &kept, NULL))
        return;
    if (kept.voice && voice_read(kept.voice, b->voice))
        b->voice_ms = (uint32_t)kept.speech_ms;
    if (kept.voice)
        explicit_bzero(kept.voice, strlen(kept.voice));
    store_voice_release(&kept);
}

int session_context_load(const struct live_deps *deps, const char *user_id, const char *session_id,
                         struct session_context *context, struct errbuf *why)
{
    struct store_session session = {0};
    struct session_context b = {0};
    int err;

    err = sealed_session_get(deps->store, deps->seal, user_id, session_id, &session, why);
    if (err)
        return err;
    text_copy(b.session_id, sizeof(b.session_id), session.id, strlen(session.id));
    text_copy(b.user_id, sizeof(b.user_id), user_id, strlen(user_id));
    read_metadata(&b, session.metadata);
    err = load_profile(deps, &b, &session, why);
    if (!err)
        err = load_memory(deps, &b, why);
    if (!err)
        load_voice(deps, &b);
    store_session_release(&session);
    if (err)
        session_context_release(&b);
    else
        *context = b;
    return err;
}

void session_context_release(struct session_context *context)
{
    profile_index_unref(context->index);
    for (size_t i = 0; i < context->vocabulary_count; i++)
        free(context->vocabulary[i]);
    free(context->vocabulary);
    memory_free(context->memory);
    if (context->choice)
        choice_release(context->choice);
    free(context->choice);
    *context = (struct session_context){0};
}
