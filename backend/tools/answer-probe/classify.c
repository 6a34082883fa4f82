/**
 * @file answer-probe/classify.c  Lines of speech -> where the questions in them are
 *
 * start and end count characters (Unicode code points), as most languages slice text; end is
 * behind the last one.
 */
#include "answer-probe/probe.h"
#include "ground/spans.h"

#include <stdio.h>

static size_t characters(const char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

static json_t *classify(const char *line, size_t len, void *arg)
{
    struct question_span spans[QUESTION_SPANS_MAX];
    size_t n = question_spans(line, len, spans, QUESTION_SPANS_MAX);
    json_t *list = json_array();

    (void)arg;
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:I, s:I, s:s, s:f}", "start",
                                              (json_int_t)characters(line, spans[i].start), "end",
                                              (json_int_t)characters(line, spans[i].end), "kind",
                                              question_kind_name(spans[i].kind), "p",
                                              (double)spans[i].p));
    return json_pack("{s:o}", "spans", list);
}

int probe_classify(int argc, char **argv)
{
    if (argc) {
        fprintf(stderr, "answer-probe classify: '%s' is not understood; it reads lines\n", argv[0]);
        return 2;
    }
    return probe_each_line(classify, NULL);
}
