/**
 * @file answer-probe/speak.c  Questions -> the built-in answer: {"text": "…"}
 */
#include "answer-probe/probe.h"
#include "answer-probe/profile.h"
#include "answer/outline.h"
#include "answer/spoken.h"
#include "base/json.h"

static json_t *speak(const char *line, size_t len, void *arg)
{
    const struct grounding *g = arg;
    struct outline o = {.count = 0};
    json_t *obj = NULL;
    struct buf text;

    (void)len;
    if (probe_blank(line))
        return probe_error("there is no question on this line");
    buf_init(&text, SPOKEN_BYTES_MAX);
    if (!outline_compose(&o, g, line, question_classify(line).kind) &&
        !spoken_compose(&text, g, line, &o)) {
        obj = json_object();
        json_set_text(obj, "text", text.data, text.len);
    }
    buf_release(&text);
    outline_release(&o);
    return obj;
}

int probe_speak(int argc, char **argv)
{
    return probe_profile_lines(argc, argv, speak);
}
