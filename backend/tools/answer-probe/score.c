/**
 * @file answer-probe/score.c  {"question", "answer"} lines -> the score with its parts
 *
 * {"total", "parts": {"relevance": {"score", "most", "why"}, …}, "unsupported": [{"text", "why"}]}.
 * A line may say "kind" and "dialogue" (what was said before) as well.
 */
#include "answer-probe/probe.h"
#include "answer-probe/profile.h"
#include "answer/claims.h"
#include "answer/quality.h"
#include "base/json.h"

#include <string.h>

static enum question_kind kind_of(const json_t *line, const char *question)
{
    enum question_kind kind;

    return question_kind_find(json_str(line, "kind"), &kind) ? kind
                                                             : question_classify(question).kind;
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

static json_t *score(const char *line, size_t len, void *arg)
{
    const struct grounding *g = arg;
    json_t *asked = json_parse(line, len);
    const char *question = json_str(asked, "question");
    const char *answer = json_str(asked, "answer");
    struct quality_input in = {.question = question ? question : "",
                               .answer = answer ? answer : "",
                               .grounding = g,
                               .dialogue = json_str(asked, "dialogue")};
    json_t *parts = json_object();
    struct quality q;
    json_t *out;

    in.kind = kind_of(asked, in.question);
    quality_score(&q, &in);
    for (int i = 0; i < QUALITY_PARTS; i++)
        json_object_set_new(parts, quality_part_name((enum quality_part)i),
                            json_pack("{s:i, s:i, s:s}", "score", q.parts[i].score, "most",
                                      quality_part_most((enum quality_part)i), "why",
                                      q.parts[i].why));
    out = json_pack("{s:i, s:o, s:o}", "total", q.total, "parts", parts, "unsupported",
                    unsupported(g, &in));
    json_decref(asked);
    return out;
}

int probe_score(int argc, char **argv)
{
    return probe_profile_lines(argc, argv, score);
}
