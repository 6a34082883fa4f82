/**
 * @file answer/outline_story.c  One story from the profile, told as situation, task, action,
 * result
 *
 * The story is one place of the profile: a bullet with its sentences, or a paragraph. It is the one
 * whose sentences match the question best and show deeds and results (ground/story.h assigns the
 * parts to sentences); parts that the profile does not contain become advice.
 */
#include "answer/outline_internal.h"
#include "ground/story.h"

static const char *const part_names[] = {"Situation", "Task", "Action", "Result"};
static const char *const part_advice[] = {
    "Set the scene in one sentence: where, when, what was at stake.",
    "Say in one sentence what was yours to do.",
    "Say what you yourself did, step by step.",
    "Say what came of it, with a number if you have one, and what you learned.",
};

/** The best story of the profile; NULL: it has none. */
static const struct evidence *find_story(const struct draft *d)
{
    for (size_t k = 0; k < d->evidence_count; k++)
        if (!d->evidence[k].place.fact)
            return &d->evidence[k];
    return d->evidence_count ? &d->evidence[0] : NULL;
}

static void advise_part(struct draft *d, const struct story *s, enum story_part part)
{
    if (part == STORY_SITUATION && s->heading >= 0)
        draft_cite_whole(d, part_names[part], NULL, (size_t)s->heading);
    else if (part == STORY_RESULT && s->alone &&
             grounding_passage(d->g, s->runs[0].passage)->figure)
        draft_advise(d, part_names[part], "Name the number above and say why it mattered.");
    else
        draft_advise(d, part_names[part], part_advice[part]);
}

static void tell_story(struct draft *d, const struct evidence *e)
{
    struct story s;

    story_tell(&s, d->g, &e->place, e->best);
    for (int part = 0; part < STORY_PARTS; part++) {
        bool told = false;

        for (size_t i = 0; i < s.count; i++) {
            const struct story_run *r = &s.runs[i];

            if ((int)r->part != part)
                continue;
            draft_cite(d, part_names[part], NULL, r->passage, r->at, r->len);
            told = true;
        }
        if (!told)
            advise_part(d, &s, (enum story_part)part);
    }
}

static void advise_story(struct draft *d)
{
    for (int part = 0; part < STORY_PARTS; part++)
        draft_advise(d, part_names[part], part_advice[part]);
}

static bool told(const struct draft *d, const struct evidence *e)
{
    for (size_t i = e->place.first; i < e->place.end; i++)
        if (d->used[i])
            return true;
    return false;
}

/** Other stories, for a candidate who would rather tell one of them. */
static void offer_others(struct draft *d)
{
    for (size_t k = 0; k < d->evidence_count; k++) {
        const struct evidence *e = &d->evidence[k];

        if (e == d->story || (e->place.fact && d->story->place.fact == false) || told(d, e))
            continue;
        draft_cite_whole(d, "Or tell", NULL, e->place.first);
    }
}

void form_story(struct draft *d, const struct form_plan *plan)
{
    (void)plan;
    d->story = find_story(d);
    if (!d->story) {
        advise_story(d);
        return;
    }
    if (d->fits) {
        tell_story(d, d->story);
    } else {
        draft_advise(d, "Careful",
                     "Your profile names no example that fits well; the nearest is below. "
                     "Use one you remember better if there is one.");
        draft_cite_whole(d, "Nearest", NULL, d->story->best);
        draft_advise(d, part_names[STORY_ACTION], part_advice[STORY_ACTION]);
        draft_advise(d, part_names[STORY_RESULT], part_advice[STORY_RESULT]);
    }
    offer_others(d);
}
