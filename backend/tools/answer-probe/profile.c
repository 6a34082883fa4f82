/**
 * @file answer-probe/profile.c  See profile.h
 */
#include "answer-probe/profile.h"

#include "base/json.h"
#include "ground/grounding.h"
#include "ground/similar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 4 << 20, SKILLS = GROUND_SKILLS_MAX };

/** The whole file, NUL-terminated; NULL: it cannot be read. */
static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = f ? malloc(FILE_MAX + 1) : NULL;
    size_t n = text ? fread(text, 1, FILE_MAX, f) : 0;

    if (text)
        text[n] = '\0';
    else
        fprintf(stderr, "answer-probe: %s cannot be read\n", path);
    if (f)
        fclose(f);
    return text;
}

static struct grounding *open_profile(const json_t *profile, const char *job)
{
    const char *skills[SKILLS];
    json_t *list = json_object_get(profile, "skills");
    struct grounding_input in = {
        .name = json_str(profile, "name"),
        .role = json_str(profile, "role"),
        .industry = json_str(profile, "industry"),
        .context = json_str(profile, "context"),
        .job_description = job ? job : json_str(profile, "jobDescription"),
        .years_experience = (int)json_int(profile, "yearsExperience", -1),
        .skills = skills,
    };
    struct grounding *g = NULL;

    for (size_t i = 0; i < json_array_size(list) && in.skill_count < SKILLS; i++)
        if (json_is_string(json_array_get(list, i)))
            skills[in.skill_count++] = json_string_value(json_array_get(list, i));
    return grounding_open(&g, &in) ? NULL : g;
}

/* NULL: what is wrong was printed. */
static struct grounding *read_profile(int argc, char **argv)
{
    const char *models = getenv("INTERVIEWD_MODELS");
    struct grounding *g = NULL;
    json_t *profile = NULL;
    char *text = argc == 1 || argc == 2 ? read_file(argv[0]) : NULL;
    char *job = text && argc == 2 ? read_file(argv[1]) : NULL;

    if (argc != 1 && argc != 2)
        fprintf(stderr, "answer-probe: name a profile, and a posting where there is one\n");
    if (text && (argc == 1 || job)) {
        profile = json_parse(text, strlen(text));
        if (json_is_object(profile))
            g = open_profile(profile, job);
        if (!g)
            fprintf(stderr, "answer-probe: %s is not a profile (a JSON object)\n", argv[0]);
    }
    if (g) {
        similar_use(models ? models : "data/models");
        similar_index(g, true);
    }
    json_decref(profile);
    free(job);
    free(text);
    return g;
}

int probe_profile_lines(int argc, char **argv, probe_line *fn)
{
    struct grounding *g = read_profile(argc, argv);
    int status = g ? probe_each_line(fn, g) : 2;

    grounding_free(g);
    similar_close();
    return status;
}
