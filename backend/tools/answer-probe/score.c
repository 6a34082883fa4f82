/**
 * @file answer-probe/score.c  {"question", "answer"} lines -> the score with its parts
 *
 * {"total", "parts": {"relevance": {"score", "most", "why"}, …}, "unsupported": [{"text", "why"}]}.
 * A line may say "kind" and "dialogue" (what was said before) as well. A line that is none of that
 * gets {"error": what is wrong with it}.
 */
#include "answer-probe/probe.h"
#include "answer-probe/profile.h"
#include "answer/claims.h"
#include "answer/quality.h"
#include "base/json.h"

#include <string.h>

/** A field that is a string or, where it may be, missing. */
static bool is_text(const json_t *line, const char *key, bool optional)
{
    const json_t *value = json_object_get(line, key);

    return json_is_string(value) || (optional && (!value || json_is_null(value)));
}

/** What is wrong with a line; NULL: nothing. */
static const char *wrong(const json_t *line)
{
    enum question_kind kind;

    if (!json_is_object(line))
        return "the line is not a JSON object";
    if (!is_text(line, "question", false))
        return "\"question\" has to be a string";
    if (!is_text(line, "answer", false))
        return "\"answer\" has to be a string";
    if (!is_text(line, "dialogue", true))
        return "\"dialogue\" has to be a string";
    if (!is_text(line, "kind", true) ||
        (json_str(line, "kind") && !question_kind_find(json_str(line, "kind"), &kind)))
        return "\"kind\" is none of those that questions have";
    return NULL;
}

static json_t *unsupported(const struct grounding *g, const struct quality_input *in)
{
    struct claim found[CLAIMS_MAX];
    json_t *list = json_array();
    struct claims *c = NULL;
    size_t n = 0;

    if (!claims_open(&c, g) && !claims_add(c, in->question, strlen(in->question)) &&
        (!in->dialogue || !claims_add(c, in->dialogue, strlen(in->dialogue))))
        n = claims_check(c, in->answer, strlen(in->answer), false, found, CLAIMS_MAX);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:s%, s:s}", "text", in->answer + found[i].start,
                                              found[i].end - found[i].start, "why",
                                              claim_kind_name(found[i].kind)));
    claims_close(c);
    return list;
}

static json_t *score_asked(const struct grounding *g, const json_t *asked)
{
    struct quality_input in = {.question = json_str(asked, "question"),
                               .answer = json_str(asked, "answer"),
                               .grounding = g,
                               .dialogue = json_str(asked, "dialogue")};
    json_t *parts = json_object();
    struct quality q;

    if (!question_kind_find(json_str(asked, "kind"), &in.kind))
        in.kind = question_classify(in.question).kind;
    quality_score(&q, &in);
    for (int i = 0; i < QUALITY_PARTS; i++)
        json_object_set_new(parts, quality_part_name((enum quality_part)i),
                            json_pack("{s:i, s:i, s:s}", "score", q.parts[i].score, "most",
                                      quality_part_most((enum quality_part)i), "why",
                                      q.parts[i].why));
    return json_pack("{s:i, s:o, s:o}", "total", q.total, "parts", parts, "unsupported",
                     unsupported(g, &in));
}

static json_t *score(const char *line, size_t len, void *arg)
{
    json_t *asked = json_parse(line, len);
    const char *why = wrong(asked);
    json_t *out = why ? probe_error(why) : score_asked(arg, asked);

    json_decref(asked);
    return out;
}

int probe_score(int argc, char **argv)
{
    return probe_profile_lines(argc, argv, score);
}
