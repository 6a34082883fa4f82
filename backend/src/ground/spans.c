/**
 * @file ground/spans.c  Which run of what was said is the question?
 */
#include "ground/spans.h"

#include <stdlib.h>
#include <string.h>

size_t question_spans(const char *text, size_t len, struct question_span *spans, size_t max)
{
    char *copy = max ? strndup(text, len) : NULL;
    struct question q = copy ? question_classify(copy) : (struct question){.is_question = false};

    free(copy);
    if (!q.is_question)
        return 0;
    spans[0] = (struct question_span){.end = len, .kind = q.kind, .p = q.certainty};
    return 1;
}
