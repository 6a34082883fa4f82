/**
 * @file export/story.c  The content of a document about an interview
 */
#include "export/story.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DOUBTS_MAX = 4096 }; /* text between the doubtful phrases of an answer, at most [bytes] */

static const char *const kinds[][2] = {
    {"behavioral", "Behavioral"},   {"technical", "Technical"},       {"design", "System design"},
    {"situational", "Situational"}, {"motivational", "Motivational"}, {"background", "Background"},
    {"logistics", "Logistics"},     {"small_talk", "Small talk"},     {"closing", "Closing"},
};

static const char *const fields[][2] = {
    {"name", "Name"},
    {"role", "Role"},
    {"yearsExperience", "Years of experience"},
    {"skills", "Skills"},
    {"industry", "Industry"},
    {"context", "Background"},
    {"jobDescription", "Job description"},
};

static const char *look_up(const char *const (*table)[2], size_t n, const char *key)
{
    for (size_t i = 0; key && i < n; i++)
        if (strcmp(table[i][0], key) == 0)
            return table[i][1];
    return NULL;
}

#define LOOK_UP(table, key) look_up(table, sizeof(table) / sizeof(table[0]), key)

/* ------------------------------------------------------------------------------- heading */

/* A time as shown by a clock that is this many minutes ahead of UTC. */
static struct tm read_clock(int64_t unix_ms, int offset)
{
    time_t seconds = (time_t)(unix_ms / 1000) + (time_t)offset * 60;
    struct tm tm;

    gmtime_r(&seconds, &tm);
    return tm;
}

static void write_date(char *to, size_t size, int64_t unix_ms, int offset)
{
    struct tm tm = read_clock(unix_ms, offset);
    char zone[16] = "";
    char text[48];

    strftime(text, sizeof(text), "%B %Y, %H:%M UTC", &tm);
    if (offset)
        snprintf(zone, sizeof(zone), "%c%02d:%02d", offset < 0 ? '-' : '+', abs(offset) / 60 % 24,
                 abs(offset) % 60);
    snprintf(to, size, "%d %s%s", tm.tm_mday, text, zone);
}

static void write_duration(char *to, size_t size, int seconds)
{
    int minutes = (seconds + 30) / 60;

    if (seconds <= 0)
        to[0] = '\0';
    else if (seconds < 60)
        snprintf(to, size, "%d second%s", seconds, seconds == 1 ? "" : "s");
    else if (minutes < 60)
        snprintf(to, size, "%d minute%s", minutes, minutes == 1 ? "" : "s");
    else
        snprintf(to, size, "%d h %02d min", minutes / 60, minutes % 60);
}

/* Appends to a line whose parts are separated by a middle dot, if there is something to append. */
static void add(char *to, size_t size, const char *text)
{
    static const char dot[] = " \xc2\xb7 ";
    size_t used = strlen(to);

    if (!text || !*text || used + sizeof(dot) >= size)
        return;
    if (used) {
        memcpy(to + used, dot, sizeof(dot));
        used += sizeof(dot) - 1;
    }
    text_copy(to + used, size - used, text, strlen(text));
}

static char *join_skills(const char *json)
{
    json_t *list = json ? json_parse(json, strlen(json)) : NULL;
    struct buf out;

    if (!json_array_size(list)) {
        json_decref(list);
        return NULL;
    }
    buf_init(&out, 64 << 10);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *skill = json_string_value(json_array_get(list, i));

        buf_puts(&out, i ? ", " : "");
        buf_puts(&out, skill ? skill : "");
    }
    json_decref(list);
    return buf_steal(&out, NULL);
}

/* The whole text if it is short; else up to the last sentence or word that fits. */
static char *shorten(const char *text)
{
    const char *p = text;
    const char *end = text + strlen(text);
    const char *cut = NULL;
    const char *word = NULL;
    size_t n = 0;
    char *to;

    for (; p < end && n < STORY_JOB_MAX; n++) {
        const char *at = p;

        if (utf8_next(&p, end) == ' ' || *at == '\n') {
            word = at;
            if (at > text && strchr(".!?\n", at[-1]))
                cut = at;
        }
    }
    if (p == end)
        return strdup(text);
    if (!cut || cut - text < (p - text) / 2)
        cut = word ? word : p;
    return asprintf(&to, "%.*s \xe2\x80\xa6", (int)(cut - text), text) < 0 ? NULL : to;
}

static void fill_who(struct story *s, const struct store_profile *p)
{
    char years[64];

    if (!p)
        return;
    add(s->who, sizeof(s->who), p->name);
    if (p->years_experience > 0) {
        snprintf(years, sizeof(years), "%g year%s of experience", p->years_experience,
                 p->years_experience == 1 ? "" : "s");
        add(s->who, sizeof(s->who), years);
    }
    add(s->who, sizeof(s->who), p->industry);
    s->skills = join_skills(p->skills);
}

static void fill_heading(struct story *s, const struct export_doc *doc)
{
    const struct store_session *session = doc->session;
    const char *role = doc->profile ? doc->profile->role : NULL;
    const char *title = session->title && *session->title ? session->title : role;
    size_t questions = 0;

    if (!title || !*title)
        title = "Interview";
    text_copy(s->title, sizeof(s->title), title, strlen(title));
    s->made_at = session->completed_at ? session->completed_at : session->created_at;
    write_date(s->date, sizeof(s->date), session->created_at, doc->utc_offset);
    write_duration(s->duration, sizeof(s->duration), session->duration);
    for (size_t i = 0; i < doc->transcript_count; i++)
        questions += doc->transcripts[i].line == STORE_QUESTION;
    snprintf(s->questions, sizeof(s->questions), "%zu question%s", questions,
             questions == 1 ? "" : "s");
    fill_who(s, doc->profile);
    if (session->job_description && session->job_description[0])
        s->job = shorten(session->job_description);
}

/* --------------------------------------------------------------------------------- pairs */

/* A source is named once: points based on the same words share it. */
static bool is_named(const struct story_pair *pair, const struct story_point *point)
{
    for (const struct story_point *p = pair->points; p < point; p++)
        if (p->field && p->quote && strcmp(p->field, point->field) == 0 &&
            strcmp(p->quote, point->quote) == 0)
            return true;
    return false;
}

static int fill_points(struct story_pair *pair, const json_t *outline)
{
    size_t n = json_array_size(outline);

    pair->points = calloc(n + 1, sizeof(*pair->points));
    if (!pair->points)
        return UV_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const json_t *from = json_array_get(outline, i);
        const json_t *source = json_object_get(from, "source");
        struct story_point *point = &pair->points[pair->point_count];

        point->label = json_str(from, "label");
        point->text = json_str(from, "text");
        point->field = LOOK_UP(fields, json_str(source, "field"));
        point->quote = json_str(source, "quote");
        if (point->field && point->quote && is_named(pair, point))
            point->field = point->quote = NULL;
        pair->point_count += point->text != NULL;
    }
    return 0;
}

/* What nothing in the material supports in the answer, each item once. */
static int fill_doubts(struct story_pair *pair, const json_t *unsupported)
{
    size_t len = strlen(pair->answer);
    const json_t *span;
    struct buf out;
    size_t i;
    int err;

    buf_init(&out, len + DOUBTS_MAX);
    json_array_foreach(unsupported, i, span)
    {
        json_int_t start = json_integer_value(json_object_get(span, "start"));
        json_int_t end = json_integer_value(json_object_get(span, "end"));
        const char *at = pair->answer + start;

        if (start < 0 || end <= start || (size_t)end > len ||
            (out.len && memmem(out.data, out.len, at, (size_t)(end - start))))
            continue;
        buf_puts(&out, out.len ? ", " : "Neither the profile, the posting nor the talk says: ");
        buf_append(&out, at, (size_t)(end - start));
    }
    err = out.err;
    pair->doubts = out.len && !err ? buf_steal(&out, NULL) : NULL;
    buf_release(&out);
    return err;
}

static void add_seconds(struct story_pair *pair, const char *what, double seconds)
{
    char text[48];

    if (seconds <= 0)
        return;
    snprintf(text, sizeof(text), "%s %.*f s", what, seconds < 10 ? 1 : 0, seconds);
    add(pair->line, sizeof(pair->line), text);
}

/* Was another process to finish it? Then it was killed halfway. */
static bool is_cut_off(const json_t *detail, const char *process)
{
    const char *unfinished = json_str(detail, "unfinished");

    return unfinished && strcmp(unfinished, process) != 0;
}

static const char *speaker(enum store_line line, bool cut_off)
{
    if (line == STORE_QUESTION)
        return NULL;
    if (line == STORE_CANDIDATE)
        return cut_off ? "Candidate, cut off" : "Candidate";
    return cut_off ? "Interviewer, cut off" : "Interviewer";
}

static void fill_line(struct story_pair *pair, const char *metrics_json, bool cut_off)
{
    json_t *metrics = metrics_json ? json_parse(metrics_json, strlen(metrics_json)) : NULL;
    const json_t *latency = json_object_get(pair->detail, "latency");
    const char *provider = json_str(pair->detail, "provider");
    double quality = json_num(metrics, "qualityScore", -1);
    char text[48];

    if (cut_off)
        add(pair->line, sizeof(pair->line),
            "Cut off: the server stopped in the middle. What had arrived is kept.");
    add_seconds(pair, "Answered in", json_num(metrics, "responseTime", 0));
    add_seconds(pair, "first word after", json_num(latency, "firstTokenMs", 0) / 1000);
    if (quality >= 0) {
        snprintf(text, sizeof(text), "quality %.0f of 100", quality);
        add(pair->line, sizeof(pair->line), text);
    }
    add(pair->line, sizeof(pair->line), provider);
    json_decref(metrics);
}

static int fill_pair(struct story_pair *pair, const struct store_transcript *t,
                     const struct export_doc *doc)
{
    struct tm at = read_clock(t->timestamp, doc->utc_offset);
    bool cut_off;
    int err;

    if (t->detail && t->detail[0])
        pair->detail = json_parse(t->detail, strlen(t->detail));
    cut_off = is_cut_off(pair->detail, doc->process);
    pair->speaker = speaker(t->line, cut_off);
    pair->number = t->question_number;
    strftime(pair->time, sizeof(pair->time), "%H:%M", &at);
    pair->question = t->question ? t->question : "";
    if (t->unreadable && !pair->question[0])
        pair->question = "(This entry is damaged and cannot be read.)";
    pair->answer = t->answer ? t->answer : "";
    pair->kind = LOOK_UP(kinds, json_str(pair->detail, "kind"));
    fill_line(pair, t->metrics, cut_off);
    err = fill_doubts(pair, json_object_get(pair->detail, "unsupported"));
    return err ? err : fill_points(pair, json_object_get(pair->detail, "outline"));
}

int story_open(struct story **sp, const struct export_doc *doc)
{
    struct story *s = calloc(1, sizeof(*s));
    int err = 0;

    if (!s)
        return UV_ENOMEM;
    s->pairs = calloc(doc->transcript_count + 1, sizeof(*s->pairs));
    if (!s->pairs) {
        story_close(s);
        return UV_ENOMEM;
    }
    fill_heading(s, doc);
    for (size_t i = 0; i < doc->transcript_count && !err; i++) {
        s->pair_count++;
        err = fill_pair(&s->pairs[i], &doc->transcripts[i], doc);
    }
    if (err)
        story_close(s);
    else
        *sp = s;
    return err;
}

void story_close(struct story *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->pair_count; i++) {
        free(s->pairs[i].points);
        free(s->pairs[i].doubts);
        json_decref(s->pairs[i].detail);
    }
    free(s->pairs);
    free(s->skills);
    free(s->job);
    free(s);
}
