/**
 * @file asr/pocketsphinx/pronounce.h  The likely pronunciation of a word that is in no dictionary
 *
 * A profile or job description contains names of products, companies and methods. To recognise them
 * the recogniser needs their phones. This is a small set of English letter-to-sound rules, longest
 * match first, in the manner of Elovitz et al. (1976, NRL Report 7948) but written for the phones
 * of the CMU dictionary. Acronyms are spelled. The result is a guess, good enough for a search that
 * also knows the neighbouring words.
 *
 * Threads    Any; pure functions.
 */
#ifndef ASR_POCKETSPHINX_PRONOUNCE_H
#define ASR_POCKETSPHINX_PRONOUNCE_H

#include <stddef.h>

enum { PRONOUNCE_WORD_MAX = 40, PRONOUNCE_MAX = 256 };

/** Writes the phones of a word ("DH AH S" style) to to. ASCII letters, digits and ' only; returns
 *  the number of phones, 0 if there is nothing to pronounce. Words in ALL CAPITALS are spelled if
 *  they have no vowel inside or at most four letters. */
size_t pronounce(const char *word, char to[PRONOUNCE_MAX]);

#endif
