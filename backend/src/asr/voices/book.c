/**
 * @file asr/voices/book.c  Who speaks; see book.h
 */
#include "asr/voices/book.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cosines, tuned on people's clips: bench/voices.c. */
static const float SAME = 0.84f;    /* by itself, surely that voice */
static const float OTHER = 0.78f;   /* surely not that voice */
static const float NEARER = 0.04f;  /* of two known voices, it is the nearer one by this much */
static const float NO_MORE = 0.66f; /* below this, it is none of the known voices */

const char *voice_who_name(enum voice_who who)
{
    static const char *const names[VOICE_WHOS] = {"unknown", "candidate", "interviewer",
                                                  "interviewer2"};

    return names[who];
}

bool voice_known(const struct voice_book *book, enum voice_who who)
{
    return book->voices[who].ms >= VOICE_KNOWN_MS;
}

static float alike(const struct voice_book *book, enum voice_who who, const float *voice)
{
    const float *sum = book->voices[who].sum;
    float length = 0;

    for (int i = 0; i < VOICE_DIMENSIONS; i++)
        length += sum[i] * sum[i];
    return length > 0 ? voice_alike(sum, voice) / sqrtf(length) : 0;
}

void voice_learn(struct voice_book *book, enum voice_who who, const float voice[VOICE_DIMENSIONS],
                 uint32_t ms)
{
    for (int i = 0; i < VOICE_DIMENSIONS; i++)
        book->voices[who].sum[i] += voice[i] * (float)ms;
    book->voices[who].ms += ms;
}

void voice_forget(struct voice_book *book, enum voice_who who)
{
    explicit_bzero(&book->voices[who], sizeof(book->voices[who]));
}

/** A slot for an interviewer not heard before; VOICE_UNKNOWN: none is free. */
static enum voice_who new_interviewer(const struct voice_book *book)
{
    if (!voice_known(book, VOICE_INTERVIEWER))
        return VOICE_INTERVIEWER;
    return voice_known(book, VOICE_INTERVIEWER2) ? VOICE_UNKNOWN : VOICE_INTERVIEWER2;
}

/** The nearest interviewer, and how near; likeness -1 if none is known. */
static enum voice_who nearest_interviewer(const struct voice_book *book, const float *voice,
                                          float *likeness)
{
    enum voice_who nearest = VOICE_INTERVIEWER;

    *likeness = -1;
    for (enum voice_who i = VOICE_INTERVIEWER; i < VOICE_WHOS; i++) {
        if (voice_known(book, i) && alike(book, i, voice) > *likeness) {
            *likeness = alike(book, i, voice);
            nearest = i;
        }
    }
    return nearest;
}

/** Needs the candidate's voice; learns nothing. */
static enum voice_who judge(const struct voice_book *book, const float *voice, uint32_t ms,
                            float *likeness)
{
    float other, own = alike(book, VOICE_CANDIDATE, voice);
    enum voice_who nearest = nearest_interviewer(book, voice, &other), who = VOICE_UNKNOWN;

    if (other < 0)
        who = own >= SAME ? VOICE_CANDIDATE : own <= OTHER ? VOICE_INTERVIEWER : VOICE_UNKNOWN;
    else if (own < NO_MORE && other < NO_MORE && ms >= VOICE_LEARNS_MS)
        who = new_interviewer(book);
    else if (own >= other + NEARER)
        who = own > OTHER ? VOICE_CANDIDATE : VOICE_UNKNOWN;
    else if (other >= own + NEARER)
        who = nearest;
    *likeness = who == VOICE_CANDIDATE ? own : who == nearest && other >= 0 ? other : 0;
    return who;
}

enum voice_who voice_judge(struct voice_book *book, const float voice[VOICE_DIMENSIONS],
                           uint32_t ms, float *likeness)
{
    enum voice_who who;

    *likeness = 0;
    if (!voice_known(book, VOICE_CANDIDATE))
        return VOICE_UNKNOWN;
    who = judge(book, voice, ms, likeness);
    if (who != VOICE_UNKNOWN && ms >= VOICE_LEARNS_MS)
        voice_learn(book, who, voice, ms);
    return who;
}

enum voice_who voice_hear_own(struct voice_book *book, const float voice[VOICE_DIMENSIONS],
                              uint32_t ms, float *likeness)
{
    enum voice_who who = VOICE_UNKNOWN;
    float other;

    *likeness = 0;
    nearest_interviewer(book, voice, &other);
    if (voice_known(book, VOICE_CANDIDATE) && other >= SAME)
        who = judge(book, voice, ms, likeness);
    if (who == VOICE_INTERVIEWER || who == VOICE_INTERVIEWER2)
        return who;
    *likeness = voice_known(book, VOICE_CANDIDATE) ? alike(book, VOICE_CANDIDATE, voice) : 0;
    voice_learn(book, VOICE_CANDIDATE, voice, ms);
    return VOICE_CANDIDATE;
}

/* ---- as text ------------------------------------------------------------------------------ */

#define NETWORK "resemblyzer/1:" /* a voice from another network is meaningless here */

void voice_write(const float voice[VOICE_DIMENSIONS], char text[VOICE_TEXT_MAX])
{
    size_t len = (size_t)snprintf(text, VOICE_TEXT_MAX, NETWORK);

    for (int i = 0; i < VOICE_DIMENSIONS; i++) {
        uint32_t bits;

        memcpy(&bits, &voice[i], sizeof(bits));
        len += (size_t)snprintf(text + len, VOICE_TEXT_MAX - len, "%08" PRIx32, bits);
    }
}

bool voice_read(const char *text, float voice[VOICE_DIMENSIONS])
{
    const size_t head = sizeof(NETWORK) - 1;
    float length = 0;

    if (strncmp(text, NETWORK, head) != 0 || strlen(text) != head + 8 * VOICE_DIMENSIONS ||
        strspn(text + head, "0123456789abcdef") != 8 * VOICE_DIMENSIONS)
        return false;
    for (size_t i = 0; i < VOICE_DIMENSIONS; i++) {
        char digits[9] = "";
        uint32_t bits;

        memcpy(digits, text + head + 8 * i, 8);
        bits = (uint32_t)strtoul(digits, NULL, 16);
        memcpy(&voice[i], &bits, sizeof(bits));
        length += voice[i] * voice[i];
    }
    return length > 0.99f && length < 1.01f;
}
