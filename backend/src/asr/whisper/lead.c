/**
 * @file asr/whisper/lead.c  Tokens with their times; see lead.h
 */
#include "asr/whisper/lead.h"

#include <string.h>

enum {
    MARGIN = 5,   /* frames before a word that are kept with it */
    ECHO_MIN = 3, /* least number of tokens in an echo */
};

static void drop(struct whisper_lead *l, int n)
{
    l->n -= n;
    memmove(l->ids, l->ids + n, (size_t)l->n * sizeof(int));
    memmove(l->at, l->at + n, (size_t)l->n * sizeof(int));
}

void whisper_lead_add(struct whisper_lead *l, int id, int at)
{
    if (l->n == WHISPER_LEAD_TOKENS) {
        int n = 1;

        while (n < l->n && l->at[n] < 0)
            n++;
        drop(l, n);
    }
    l->ids[l->n] = id;
    l->at[l->n++] = at;
}

int whisper_lead_from(const struct whisper_lead *l, int frame)
{
    int i = 0;

    while (i < l->n && (l->at[i] < 0 || l->at[i] < frame))
        i++;
    return i;
}

int whisper_lead_start(const struct whisper_lead *l, int token)
{
    return l->at[token] > MARGIN ? l->at[token] - MARGIN : 0;
}

int whisper_lead_cut(struct whisper_lead *l, int from)
{
    int first = whisper_lead_from(l, from), gone;

    drop(l, first);
    if (!l->n)
        return l->frames;
    gone = whisper_lead_start(l, 0);
    for (int i = 0; i < l->n; i++)
        l->at[i] = l->at[i] < 0 ? -1 : l->at[i] - gone;
    l->frames -= gone;
    return gone;
}

bool whisper_lead_echoed(const struct whisper_lead *l, const int *ids, int n)
{
    if (n < ECHO_MIN)
        return false;
    for (int i = 0; i + n <= l->n; i++) {
        if (!memcmp(l->ids + i, ids, (size_t)n * sizeof(int)))
            return true;
    }
    return false;
}
