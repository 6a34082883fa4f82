/**
 * @file question-train/main.c  Train what finds questions and tells their kinds, at build time
 */
#include "question-train/train.h"

int main(int argc, char **argv)
{
    if (argc < 4)
        die("usage: question-train SPANS.h KINDS.h FILE.tsv ...");
    for (int i = 3; i < argc; i++)
        grammar_read(argv[i]);
    train_spans(argv[1]);
    train_kinds(argv[2]);
    return 0;
}
