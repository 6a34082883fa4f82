/**
 * @file question-train/train.h  What the parts of the trainer share
 *
 *     question-train SPANS.h KINDS.h FILE.tsv ...
 *
 *     grammar.c   patterns, and texts made of them
 *     compose.c   what an interviewer says in one breath: remarks, questions, tails, with marks or
 *                 without, with what a recogniser gets wrong
 *     spans.c     trains the tagger that finds questions in it, writes SPANS.h
 *     kinds.c     trains the classifier of their kinds, writes KINDS.h
 *
 * Every random choice comes from a fixed seed: the same input gives the same tables.
 */
#ifndef QUESTION_TRAIN_TRAIN_H
#define QUESTION_TRAIN_TRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_MAX_BYTES = 4096, SPANS_OF_ONE_MAX = 3 };

_Noreturn void die(const char *what);
uint32_t chance(uint32_t below);
bool percent(uint32_t p);

/* ---------------------------------------------------------------- grammar.c */

struct pattern {
    char *name;
    char *text;
    float weight; /* of what is made of it, in the training of kinds */
};

void grammar_read(const char *path);
const struct pattern *grammar_patterns(size_t *n);

/** One reading of a pattern that has this name, or of this one, with its names filled in. */
bool grammar_make(const char *name, char text[TEXT_MAX_BYTES]);
void grammar_expand(const struct pattern *p, char text[TEXT_MAX_BYTES]);
/** A question of this kind (a number of enum question_kind). */
void grammar_question(int kind, char text[TEXT_MAX_BYTES]);

/** As a recogniser may hear it: words gone, doubled, taken for others, fillers between. */
void grammar_noise(char text[TEXT_MAX_BYTES]);

/* ---------------------------------------------------------------- compose.c */

struct composition {
    char text[TEXT_MAX_BYTES];
    size_t len;
    struct {
        size_t start;
        size_t end;
        int kind;
    } spans[SPANS_OF_ONE_MAX];
    size_t count;
};

void compose(struct composition *c);

/* ----------------------------------------------------------------- spans.c, kinds.c */

void train_spans(const char *path);
void train_kinds(const char *path);

#endif
