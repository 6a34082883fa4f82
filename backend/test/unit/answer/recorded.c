/**
 * @file test/unit/answer/recorded.c  What is answered today, question by question
 *
 * test/data/interview/answers.txt has questions put to profiles, and below each the outline, the
 * spoken answer and its score, as they were when somebody last looked them through. Whoever changes
 * what is answered sees here every answer that changed: look at each, then record them anew with
 *
 *     INTERVIEWD_RECORD=1 meson test -C backend/build answer/recorded
 *
 * A question begins with `### profile[@posting][/kind]: text`. The posting is one of those below;
 * the kind is what the question is taken for, unless it is given; `nobody` has no profile. A
 * question is added as such a line, and recorded.
 */
#include "cmocka_all.h"

#include "answer/outline.h"
#include "answer/quality.h"
#include "answer/spoken.h"
#include "base/buffer.h"
#include "ground/grounding.h"
#include "support/profile.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SKILLS = 32, NAME_BYTES = 64, PATH_BYTES = 512, BLOCK_BYTES = 64 * 1024 };

static const struct {
    const char *name;
    const char *text;
} postings[] = {
    {"payments", "Payments engineer\n"
                 "You will\n"
                 "- Design and build payment services in Go and PostgreSQL\n"
                 "- Mentor junior engineers\n"
                 "- Improve the reliability of our nightly settlement\n"
                 "Requirements\n"
                 "- Strong experience with Kubernetes in production\n"
                 "- Bachelor degree in computer science\n"
                 "- Calm communication during incidents is a must\n"
                 "Benefits\n"
                 "- Hybrid work in our Berlin office, two days a week\n"
                 "- Salary range 80,000 to 95,000 euro\n"},
    {"ward", "Ward manager\n"
             "We are looking for a nurse who leads a team of twelve. You will plan the rota, coach "
             "new colleagues and work with doctors on safer handovers. You must be registered. "
             "Night shifts are shared. The position is based in Leeds.\n"},
    {"empty", "- \n"},
};

static const char *posting(const char *name)
{
    for (size_t i = 0; i < sizeof(postings) / sizeof(postings[0]); i++)
        if (strcmp(postings[i].name, name) == 0)
            return postings[i].text;
    fail_msg("there is no posting %s", name);
    return NULL;
}

static enum question_kind kind_named(const char *name)
{
    for (int kind = 0; kind <= QUESTION_OTHER; kind++)
        if (strcmp(question_kind_name((enum question_kind)kind), name) == 0)
            return (enum question_kind)kind;
    fail_msg("there is no kind %s", name);
    return QUESTION_OTHER;
}

/** What is answered, as it stands in the file. */
static void put_answer(struct buf *out, const struct grounding *g, const char *question,
                       enum question_kind kind)
{
    struct outline o;
    struct buf spoken;
    struct quality q;

    buf_init(&spoken, SPOKEN_BYTES_MAX);
    assert_int_equal(outline_compose(&o, g, question, kind), 0);
    assert_int_equal(spoken_compose(&spoken, g, question, &o), 0);
    buf_append(&spoken, "", 1);
    buf_printf(out, "%s\n", question_kind_name(kind));
    for (size_t i = 0; i < o.count; i++) {
        const struct llm_point *p = &o.points[i];

        assert_memory_equal(p->text, p->label, strlen(p->label));
        assert_true(!p->quote == !p->field);
        buf_printf(out, "- %s", p->text);
        if (p->quote)
            buf_printf(out, " [%s]", p->field);
        buf_putc(out, '\n');
    }
    quality_score(&q,
                  &(struct quality_input){
                      .question = question, .kind = kind, .answer = spoken.data, .grounding = g});
    buf_printf(out, "> %s\n=", spoken.data);
    for (int i = 0; i < QUALITY_PARTS; i++)
        buf_printf(out, " %d", q.parts[i].score);
    buf_puts(out, "\n\n");
    buf_release(&spoken);
    outline_release(&o);
}

/** The line "### profile[@posting][/kind]: text" without its marks; answers it. */
static void answer_line(struct buf *out, const char *line)
{
    char head[NAME_BYTES * 3];
    const char *question = strstr(line, ": ");
    const char *skills[SKILLS];
    struct grounding_input in = {.skills = skills, .years_experience = -1};
    struct grounding *g = NULL;
    json_t *profile = NULL;
    json_t *skill;
    char *kind;
    char *job;
    size_t i;

    assert_non_null(question);
    snprintf(head, sizeof(head), "%.*s", (int)(question - line), line);
    question += 2;
    if ((kind = strchr(head, '/')))
        *kind++ = '\0';
    if ((job = strchr(head, '@')))
        *job++ = '\0';
    in.job_description = job ? posting(job) : NULL;
    if (strcmp(head, "nobody") != 0) {
        profile = profile_load(head);
        in.role = json_string_value(json_object_get(profile, "role"));
        in.industry = json_string_value(json_object_get(profile, "industry"));
        in.context = json_string_value(json_object_get(profile, "context"));
        in.years_experience = (int)json_integer_value(json_object_get(profile, "yearsExperience"));
        json_array_foreach(json_object_get(profile, "skills"), i, skill)
        {
            skills[in.skill_count++] = json_string_value(skill);
        }
    }
    if (profile || job)
        assert_int_equal(grounding_open(&g, &in), 0);
    buf_printf(out, "### %s\n", line);
    put_answer(out, g, question, kind ? kind_named(kind) : question_classify(question).kind);
    grounding_free(g);
    json_decref(profile);
}

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text;
    long size;

    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    size = ftell(f);
    rewind(f);
    text = malloc((size_t)size + 1);
    assert_int_equal(fread(text, 1, (size_t)size, f), size);
    text[size] = '\0';
    fclose(f);
    return text;
}

static void every_answer_is_the_one_that_was_looked_through(void **state)
{
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");
    bool record = getenv("INTERVIEWD_RECORD") != NULL;
    char path[PATH_BYTES];
    FILE *to = NULL;
    char *all;
    int changed = 0;
    int seen = 0;

    (void)state;
    snprintf(path, sizeof(path), "%s/backend/test/data/interview/answers.txt", root ? root : ".");
    all = read_all(path);
    if (record)
        assert_non_null(to = fopen(path, "w"));
    for (char *at = strstr(all, "### "), *next; at; at = next) {
        char *text = at + 4;
        size_t len = strcspn(text, "\n");
        struct buf now;
        char *line;
        size_t was;

        next = strstr(text, "\n### ");
        next = next ? next + 1 : NULL;
        was = next ? (size_t)(next - at) : strlen(at);
        line = strndup(text, len);
        buf_init(&now, BLOCK_BYTES);
        answer_line(&now, line);
        assert_int_equal(now.err, 0);
        if (to) {
            assert_int_equal(fwrite(now.data, 1, now.len, to), now.len);
        } else if (was != now.len || memcmp(at, now.data, was) != 0) {
            print_error("%.*s--- was ---\n%.*s", (int)now.len, now.data, (int)was, at);
            changed++;
        }
        free(line);
        buf_release(&now);
        seen++;
    }
    if (to)
        fclose(to);
    free(all);
    assert_int_equal(changed, 0);
    assert_true(seen > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_the_one_that_was_looked_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
