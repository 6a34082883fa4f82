/**
 * @file answer/claims.h  Figures and names in an answer that nothing in the candidate's material
 * supports
 *
 *     struct claims *c;
 *     claims_open(&c, grounding);
 *     claims_add(c, question, strlen(question));         // and what was said in the interview
 *     n = claims_check(c, answer, len, true, found, CLAIMS_MAX);
 *     claims_close(c);
 *
 * A claim is a number ("40 percent", "eleven"), a name, or an employer (a name after "at", "for",
 * "joined" …). It is supported if the profile, the posting or the dialogue contains it: numbers by
 * their value ("4,200" is "4200", "eleven" is "11"), names word by word. An ordinary capitalised
 * word, a day, a month, or a number so small that it only counts things ("two things") is not a
 * claim.
 *
 * Threads    Any; checking is read-only.
 * Errors     UV_ENOMEM.
 */
#ifndef ANSWER_CLAIMS_H
#define ANSWER_CLAIMS_H

#include "ground/grounding.h"

#include <stdbool.h>
#include <stddef.h>

enum { CLAIMS_MAX = 64 }; /**< In one answer; further ones are ignored */

enum claim_kind { CLAIM_NUMBER, CLAIM_NAME, CLAIM_EMPLOYER };
const char *claim_kind_name(enum claim_kind kind); /**< "number", "name", "employer" */

struct claim {
    size_t start; /**< Offset in the text [bytes] */
    size_t end;
    enum claim_kind kind;
    bool supported;
};

struct claims;

int claims_open(struct claims **cp, const struct grounding *g); /**< g may be NULL */
int claims_add(struct claims *c, const char *text, size_t len);
void claims_close(struct claims *c); /**< NULL is allowed; wipes */

/** Every claim in the text in order, supported or not. own: only those in first-person sentences,
 *  for answers that explain something. */
size_t claims_find(const struct claims *c, const char *text, size_t len, bool own,
                   struct claim *found, size_t max);

/** The same, but only unsupported ones. */
size_t claims_check(const struct claims *c, const char *text, size_t len, bool own,
                    struct claim *found, size_t max);

#endif
