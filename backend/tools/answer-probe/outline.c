/**
 * @file answer-probe/outline.c  Questions -> what a prompter shows, and which places it stands on
 *
 * {"kind", "form", "lead", "fits", "keys": [{"text", "number"}], "points": [{"label", "text",
 * "field", "quote", "passage"}]}: passage is the whole place that a quote of the context is from.
 */
#include "answer/outline.h"
#include "answer-probe/probe.h"
#include "answer-probe/profile.h"
#include "base/json.h"
#include "ground/places.h"

#include <stdlib.h>
#include <string.h>

/** The place of the context that a quote is from; NULL: none. */
static json_t *passage_of(const struct grounding *g, const char *quote)
{
    struct place *places = calloc(grounding_count(g) + 1, sizeof(*places));
    const char *at = strstr(grounding_input(g)->context, quote);
    size_t n = places ? places_find(g, places) : 0;
    json_t *found = NULL;

    for (size_t k = 0; k < n && at && !found; k++) {
        const struct passage *a = grounding_passage(g, places[k].first);
        const struct passage *b = grounding_passage(g, places[k].end - 1);

        if (at >= a->text && at < b->text + b->len)
            found = json_stringn(a->text, (size_t)(b->text + b->len - a->text));
    }
    free(places);
    return found;
}

static json_t *point(const struct grounding *g, const struct llm_point *p)
{
    json_t *obj = json_object();

    json_set_str(obj, "label", p->label);
    json_set_str(obj, "text", p->text);
    json_set_str(obj, "field", p->field);
    json_set_str(obj, "quote", p->quote);
    if (p->field && strcmp(p->field, "context") == 0)
        json_object_set_new(obj, "passage", passage_of(g, p->quote));
    return obj;
}

static json_t *key(const struct outline_key *k)
{
    json_t *obj = json_object();

    json_set_str(obj, "text", k->text);
    json_set_str(obj, "number", k->number[0] ? k->number : NULL);
    return obj;
}

static json_t *outline(const char *line, size_t len, void *arg)
{
    const struct grounding *g = arg;
    enum question_kind kind = question_classify(line).kind;
    json_t *obj;
    json_t *keys;
    json_t *points;
    struct outline o;

    (void)len;
    if (probe_blank(line))
        return probe_error("there is no question on this line");
    if (outline_compose(&o, g, line, kind))
        return NULL;
    obj = json_object();
    keys = json_array();
    points = json_array();
    for (size_t i = 0; i < o.shown.key_count; i++)
        json_array_append_new(keys, key(&o.shown.keys[i]));
    for (size_t i = 0; i < o.count; i++)
        json_array_append_new(points, point(g, &o.points[i]));
    json_set_str(obj, "kind", question_kind_name(kind));
    json_set_str(obj, "form", form_plan(o.form)->name);
    json_set_str(obj, "lead", o.shown.lead);
    json_object_set_new(obj, "fits", json_boolean(o.shown.fits));
    json_object_set_new(obj, "keys", keys);
    json_object_set_new(obj, "points", points);
    outline_release(&o);
    return obj;
}

int probe_outline(int argc, char **argv)
{
    return probe_profile_lines(argc, argv, outline);
}
