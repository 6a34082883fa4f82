/**
 * @file ground/names.h  Names that a question asks for, and whether a text holds them
 *
 *     n = names_asked("What have you built in C++?", g, names);      // "C++"
 *     names_held(&names[0], text, len)                               // not by "C#", nor by "C"
 *
 * A name is a technology, a certificate, a method, a company: written with a capital, a digit or a
 * sign where the sentence does not ask for one, or one of the candidate's own skills. Some are
 * ordinary words as well (Go, Rust, R, C): in a question without capitals these are names only
 * behind a word that takes one ("in go", "used r"), and a text holds them only with a capital.
 *
 * Threads    Any; pure.
 */
#ifndef GROUND_NAMES_H
#define GROUND_NAMES_H

#include "ground/grounding.h"

enum { NAMES_MAX = 6, NAME_BYTES = 48 };

struct asked_name {
    char text[NAME_BYTES]; /**< As asked for */
    bool ordinary;         /**< A word of the language too, or a single letter */
};

/** g may be NULL: no skills are known. Returns how many of at most NAMES_MAX. */
size_t names_asked(const char *question, const struct grounding *g,
                   struct asked_name names[NAMES_MAX]);

bool names_held(const struct asked_name *name, const char *text, size_t len);

#endif
