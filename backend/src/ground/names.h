/**
 * @file ground/names.h  Names that a question asks for, and whether a text contains them
 *
 *     n = names_asked("What have you built in C++?", g, names);      // "C++"
 *     names_held(&names[0], text, len)                               // not for "C#" or "C"
 *
 * A name is a technology, a certificate, a method or a company: written with a capital, a digit or
 * a symbol where the sentence does not require it, or one of the candidate's own skills. Some are
 * also ordinary words (Go, Rust, R, C): in a question without capitals these count only after a
 * word that takes a name ("in go", "used r"), and in a text only with a capital.
 *
 * Threads    Any; pure.
 */
#ifndef GROUND_NAMES_H
#define GROUND_NAMES_H

#include "ground/grounding.h"

enum { NAMES_MAX = 6, NAME_BYTES = 48 };

struct asked_name {
    char text[NAME_BYTES]; /**< As in the question */
    bool ordinary;         /**< Also an ordinary word, or a single letter */
};

/** g may be NULL: then no skills are known. Returns how many, at most NAMES_MAX. */
size_t names_asked(const char *question, const struct grounding *g,
                   struct asked_name names[NAMES_MAX]);

bool names_held(const struct asked_name *name, const char *text, size_t len);

#endif
