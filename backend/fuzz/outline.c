/**
 * @file fuzz/outline.c  Any question over any profile: every quote is a run of its field
 *
 * The input is cut at NUL bytes: question, role, skill, context, job description.
 */
#include "answer/outline.h"
#include "answer/prompt.h"
#include "answer/spoken.h"
#include "ground/grounding.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct outline *o, char *const *part)
{
    if (o->count < OUTLINE_POINTS_MIN || o->count > OUTLINE_POINTS_MAX)
        abort();
    for (size_t i = 0; i < o->count; i++) {
        const char *field = o->points[i].field;
        const char *quote = o->points[i].quote;

        if (!field != !quote)
            abort();
        if (!field)
            continue;
        if ((strcmp(field, "role") == 0 && !strstr(part[1], quote)) ||
            (strcmp(field, "skills") == 0 && !strstr(part[2], quote)) ||
            (strcmp(field, "context") == 0 && !strstr(part[3], quote)) ||
            (strcmp(field, "jobDescription") == 0 && !strstr(part[4], quote)))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *part[PARTS];
    const char *p = (const char *)data;
    const char *end = p + size;
    struct grounding *g = NULL;
    struct outline o;
    struct prompt prompt;
    struct question q;

    for (int i = 0; i < PARTS; i++) {
        part[i] = strndup(p, (size_t)(end - p));
        p += strlen(part[i]);
        p += p < end;
    }
    q = question_classify(part[0]);
    if (grounding_open(&g, &(struct grounding_input){.role = part[1],
                                                     .years_experience = (int)(size % 50),
                                                     .skills = (const char *const *)&part[2],
                                                     .skill_count = 1,
                                                     .context = part[3],
                                                     .job_description = part[4]}) == 0 &&
        outline_compose(&o, g, part[0], size % 3 ? q.kind : (enum question_kind)(size % 10)) == 0) {
        struct buf text;

        check(&o, part);
        buf_init(&text, SPOKEN_BYTES_MAX);
        if (spoken_compose(&text, g, part[0], &o) == 0 && !text.len)
            abort();
        buf_release(&text);
        if (prompt_build(&prompt, &(struct prompt_input){.g = g,
                                                         .question = part[0],
                                                         .kind = q.kind,
                                                         .points = o.points,
                                                         .point_count = o.count}) == 0)
            prompt_release(&prompt);
        outline_release(&o);
    }
    grounding_free(g);
    for (int i = 0; i < PARTS; i++)
        free(part[i]);
    return 0;
}
