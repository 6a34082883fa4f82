/**
 * @file asr/pocketsphinx/pronounce.h  How a word that no dictionary knows may sound
 *
 * A profile or job description brings names: of products, companies, methods. To hear them the
 * recogniser needs phones. This is a small set of English letter-to-sound rules, longest match
 * first, in the manner of Elovitz et al. (1976, NRL Report 7948) but written for the phones of the
 * CMU dictionary. Acronyms are spelled. It is a guess, good enough to be found by a search that
 * also knows the neighbours.
 *
 * Threads    Any; pure functions.
 */
#ifndef ASR_POCKETSPHINX_PRONOUNCE_H
#define ASR_POCKETSPHINX_PRONOUNCE_H

#include <stddef.h>

enum { PRONOUNCE_WORD_MAX = 40, PRONOUNCE_MAX = 256 };

/** Phones of a word ("DH AH S" style) into to. ASCII letters, digits and ' only; returns the
 *  number of phones, 0 when there is nothing to say. ALL CAPITALS without a vowel between, or of
 *  at most four letters, are spelled. */
size_t pronounce(const char *word, char to[PRONOUNCE_MAX]);

#endif
