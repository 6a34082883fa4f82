/**
 * @file export/record.c  Records as the API's JSON
 */
#include "export/record.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

const char *record_status(enum store_status status)
{
    static const char *const names[] = {[STORE_ACTIVE] = "active",
                                        [STORE_COMPLETED] = "completed",
                                        [STORE_ABANDONED] = "abandoned"};

    return status >= STORE_ACTIVE && status <= STORE_ABANDONED ? names[status] : "active";
}

#define EACH_BYTE(c) ((uint64_t)(c)*0x0101010101010101u)

/* Does any of eight bytes need special treatment: control, quote, backslash, non-ASCII? (The usual
 * test for a zero byte, "Bit Twiddling Hacks"; it may also mark the byte above one that does.) */
static bool odd_among(uint64_t x)
{
    uint64_t quote = x ^ EACH_BYTE('"');
    uint64_t slash = x ^ EACH_BYTE('\\');

    return ((x - EACH_BYTE(0x20)) | (quote - EACH_BYTE(1)) | (slash - EACH_BYTE(1)) | x) &
           EACH_BYTE(0x80);
}

/* Number of bytes from p that can be copied unchanged. */
static size_t plain(const char *p, const char *end)
{
    const char *from = p;
    uint64_t x;

    for (; end - p >= 8; p += 8) {
        memcpy(&x, p, sizeof(x));
        if (odd_among(x))
            break;
    }
    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
           *p != '\\')
        p++;
    return (size_t)(p - from);
}

static void escape(struct buf *out, char c)
{
    switch (c) {
    case '"':
        buf_puts(out, "\\\"");
        break;
    case '\\':
        buf_puts(out, "\\\\");
        break;
    case '\n':
        buf_puts(out, "\\n");
        break;
    case '\r':
        buf_puts(out, "\\r");
        break;
    case '\t':
        buf_puts(out, "\\t");
        break;
    default:
        buf_printf(out, "\\u%04x", (unsigned)(unsigned char)c);
    }
}

void record_text(struct buf *out, const char *text)
{
    const char *end;

    if (!text) {
        buf_puts(out, "null");
        return;
    }
    buf_putc(out, '"');
    for (end = text + strlen(text); text < end;) {
        size_t n = plain(text, end);
        const char *next = text + n;

        if (n) {
            buf_append(out, text, n);
        } else if ((unsigned char)*text < 0x80) {
            escape(out, *text);
            next = text + 1;
        } else if (utf8_next(&next, end) == 0xFFFD && next - text == 1) {
            buf_puts(out, "\xef\xbf\xbd");
        } else {
            buf_append(out, text, (size_t)(next - text));
        }
        text = next;
    }
    buf_putc(out, '"');
}

void record_time(struct buf *out, int64_t unix_ms)
{
    char text[CLOCK_TEXT_MAX];

    if (!unix_ms) {
        buf_puts(out, "null");
        return;
    }
    clock_format(unix_ms, text);
    buf_putc(out, '"');
    buf_append(out, text, CLOCK_TEXT_MAX - 1);
    buf_putc(out, '"');
}

/* "name": and the value; the name of the first member includes the opening brace. */
static void text_member(struct buf *out, const char *name, const char *text)
{
    buf_puts(out, name);
    record_text(out, text);
}

static void time_member(struct buf *out, const char *name, int64_t unix_ms)
{
    buf_puts(out, name);
    record_time(out, unix_ms);
}

static void integer_member(struct buf *out, const char *name, long long value)
{
    char digits[24];
    char *p = digits + sizeof(digits);
    unsigned long long rest =
        value < 0 ? 0ULL - (unsigned long long)value : (unsigned long long)value;

    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--p = '-';
    buf_puts(out, name);
    buf_append(out, p, (size_t)(digits + sizeof(digits) - p));
}

/* An object or array that we stored as JSON; `otherwise` if there is none. */
static void json_member(struct buf *out, const char *name, const char *json, const char *otherwise)
{
    buf_puts(out, name);
    buf_puts(out, json && (json[0] == '{' || json[0] == '[') ? json : otherwise);
}

/* Only written if true. */
static void unreadable_member(struct buf *out, bool unreadable)
{
    if (unreadable)
        buf_puts(out, ",\"unreadable\":true");
}

/* ------------------------------------------------------------------------------ records */

const char *record_role(const struct store_user *user)
{
    return user->role == STORE_ROLE_ADMIN || !user->email ? "admin" : "user";
}

void record_user(struct buf *out, const struct store_user *user)
{
    text_member(out, "{\"id\":", user->id);
    text_member(out, ",\"email\":", user->email);
    text_member(out, ",\"displayName\":", user->display_name);
    text_member(out, ",\"photoURL\":", user->photo_url);
    buf_puts(out, user->email ? ",\"local\":false" : ",\"local\":true");
    text_member(out, ",\"role\":", record_role(user));
    time_member(out, ",\"createdAt\":", user->created_at);
    json_member(out, ",\"settings\":", user->settings, "{}");
    json_member(out, ",\"subscription\":", user->subscription, "{}");
    buf_putc(out, '}');
}

static void years_member(struct buf *out, double years)
{
    if (years == floor(years))
        integer_member(out, ",\"yearsExperience\":", (long long)years);
    else
        buf_printf(out, ",\"yearsExperience\":%.6g", years);
}

void record_profile(struct buf *out, const struct store_profile *profile)
{
    text_member(out, "{\"id\":", profile->id);
    text_member(out, ",\"name\":", profile->name);
    text_member(out, ",\"role\":", profile->role);
    years_member(out, profile->years_experience);
    json_member(out, ",\"skills\":", profile->skills, "[]");
    text_member(out, ",\"industry\":", profile->industry);
    text_member(out, ",\"context\":", profile->context ? profile->context : "");
    time_member(out, ",\"createdAt\":", profile->created_at);
    time_member(out, ",\"updatedAt\":", profile->updated_at);
    unreadable_member(out, profile->unreadable);
    buf_putc(out, '}');
}

void record_session(struct buf *out, const struct store_session *session)
{
    text_member(out, "{\"id\":", session->id);
    text_member(out, ",\"userId\":", session->user_id);
    text_member(out, ",\"profileId\":", session->profile_id[0] ? session->profile_id : NULL);
    text_member(out,
                ",\"jobDescription\":", session->job_description ? session->job_description : "");
    text_member(out, ",\"status\":", record_status(session->status));
    time_member(out, ",\"createdAt\":", session->created_at);
    time_member(out, ",\"completedAt\":", session->completed_at);
    integer_member(out, ",\"duration\":", session->duration);
    integer_member(out, ",\"questionCount\":", session->question_count);
    text_member(out, ",\"title\":", session->title ? session->title : "");
    json_member(out, ",\"metadata\":", session->metadata,
                "{\"llmProvider\":null,\"model\":null,\"language\":\"en\"}");
    unreadable_member(out, session->unreadable);
    buf_putc(out, '}');
}

const char *const record_details[] = {
    "heard", "answerOutdated", "voice",    "kind",  "outline",      "lead",    "keys",
    "fits",  "unsupported",    "provider", "model", "finishReason", "latency", NULL};

/* Further details of an answer, as far as the API has members for them. */
static void detail_members(struct buf *out, const struct store_transcript *t)
{
    json_t *object = t->detail && t->detail[0] ? json_parse(t->detail, strlen(t->detail)) : NULL;
    const char *said = json_str(object, "speaker");
    const char *unfinished; /* the process that was to finish it */

    text_member(out, ",\"speaker\":",
                said                         ? said
                : t->line == STORE_CANDIDATE ? "candidate"
                                             : "interviewer");

    for (const char *const *name = record_details; *name; name++) {
        const json_t *value = json_object_get(object, *name);

        if (!value)
            continue;
        buf_printf(out, ",\"%s\":", *name);
        json_write(out, value);
    }
    unfinished = json_str(object, "unfinished");
    if (unfinished && strcmp(unfinished, id_of_process()) != 0)
        buf_puts(out, ",\"cutOff\":true");
    json_decref(object);
}

void record_transcript(struct buf *out, const struct store_transcript *t)
{
    text_member(out, "{\"id\":", t->id);
    text_member(out, ",\"sessionId\":", t->session_id);
    integer_member(out, ",\"questionNumber\":", t->question_number);
    text_member(out, ",\"question\":", t->question ? t->question : "");
    text_member(out, ",\"answer\":", t->answer ? t->answer : "");
    time_member(out, ",\"timestamp\":", t->timestamp);
    json_member(out, ",\"metrics\":", t->metrics,
                "{\"responseTime\":0,\"wordCount\":0,\"confidence\":0,\"qualityScore\":null}");
    text_member(out, ",\"audioUrl\":", t->audio_url);
    buf_puts(out, t->line == STORE_QUESTION ? ",\"isQuestion\":true" : ",\"isQuestion\":false");
    detail_members(out, t);
    unreadable_member(out, t->unreadable);
    buf_putc(out, '}');
}
