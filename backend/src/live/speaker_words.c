/**
 * @file live/speaker_words.c  The words of a speaker: who said them, which turn they belong to,
 * what they ask
 *
 * A question may contain pauses. So words are collected in a turn: utterances in close succession
 * belong to the same turn if the first was a question or only a few words ("so ...").
 * conversation.c decides what is asked, confirmed and stored, from the facts found here.
 */
#include "live/speaker_internal.h"

#include "base/clock.h"
#include "ground/follow.h"
#include "ground/spans.h"

#include <string.h>

/* With fewer words, they continue those before them. */
static const float APART_MIN = 0.8f;

/* An answer counts as a question if it looks like one this much. */
static const float ANSWER_ASKS_MAX = 0.9f;

/* ---- who
 * -------------------------------------------------------------------------------------- */

/* Whose words they are unless a voice says otherwise. */
enum voice_who speaker_who_by_start(const struct speaker *speaker)
{
    return speaker->candidate ? VOICE_CANDIDATE : VOICE_INTERVIEWER;
}

/* Whose words an utterance is: as declared by the client, or by the voice once the candidate's is
 * known. voice: -1 if not by voice. */
enum voice_who speaker_who_says(const struct speaker *speaker, uint32_t utterance, float *voice)
{
    enum voice_who who = asr_session_who(speaker->session, utterance, voice);

    if (who == VOICE_UNKNOWN || *voice <= 0)
        *voice = -1;
    if (who == VOICE_UNKNOWN &&
        (speaker->candidate || !voice_known(speaker->live->voices, VOICE_CANDIDATE)))
        who = speaker_who_by_start(speaker);
    return who;
}

static bool candidate_has_a_line(const struct live *live)
{
    for (size_t i = 0; i < CONVERSATION_SPEAKERS_MAX; i++) {
        const struct conversation_speaker *s = &live->conversation.speakers[i];

        if (s->presence != SPEAKER_NONE && s->candidate)
            return true;
    }
    return false;
}

/* One microphone hears both, and no voice says whose words these are: if they answer the current
 * question, they are the candidate's. */
static bool likely_answer(const struct speaker *speaker, const char *own)
{
    const struct said_words *words = &speaker->words;
    const struct live *live = speaker->live;
    size_t start, end;
    float p;

    if (speaker->candidate || words->voice > 0 || candidate_has_a_line(live) ||
        !memory_answers(live->context.memory, own))
        return false;
    question_asked(own, strlen(own), &start, &end, &p);
    return p < ANSWER_ASKS_MAX;
}

/* -------------------------------------------------------------------------- of the turn */

/* Length of the turn's words without the punctuation at their end. */
static size_t turn_len(const struct speaker *speaker)
{
    size_t len = speaker->turn.len;

    while (len > 0 && strchr("?.! ", speaker->turn.data[len - 1]))
        len--;
    return len;
}

/* The words of the turn followed by those of the current utterance: "Tell me about a time" + "you
 * led". */
const char *speaker_join(struct speaker *speaker, const char *own)
{
    size_t len = turn_len(speaker);

    buf_clear(&speaker->said);
    if (len > 0) {
        buf_append(&speaker->said, speaker->turn.data, len);
        buf_putc(&speaker->said, ' ');
    }
    buf_puts(&speaker->said, own);
    return speaker->said.err || !speaker->said.data ? own : speaker->said.data;
}

const char *speaker_running_words(struct speaker *speaker)
{
    return speaker_join(speaker, asr_session_unfinished(speaker->session));
}

/* Sets the words of its finished utterances. */
void speaker_lengthen_turn(struct speaker *speaker, const char *whole)
{
    struct buf text;

    buf_init(&text, WORDS_MAX);
    buf_puts(&text, whole);
    buf_release(&speaker->turn);
    speaker->turn = text;
    speaker->turn_marks = speaker->whole_marks;
    speaker->finished = speaker->words;
    speaker->finished.own = speaker->finished.whole = NULL; /* borrowed for the event */
}

/* Do these words form a complete question, with certainty? */
static bool stands_alone(const char *text)
{
    size_t start, end;
    float p;

    question_asked(text, strlen(text), &start, &end, &p);
    return p >= APART_MIN && !question_hangs(text, strlen(text));
}

/* How these words relate to the finished ones of their turn: they continue them, repeat them, or
 * are another question. */
static void relate(struct speaker *speaker, struct said *said)
{
    struct said_words *words = &speaker->words;
    const char *before = speaker->turn.len ? speaker->turn.data : "";
    bool alone = *before && stands_alone(words->own) && stands_alone(before);

    speaker->whole_marks = speaker->own_marks;
    if (alone && answer_asks_again(before, words->own)) {
        words->whole = words->own;
    } else if (alone && question_classify(words->own).kind != QUESTION_OTHER &&
               follow_of(words->own, NULL) == FOLLOW_NOTHING) {
        words->whole = words->own;
        said->apart = true;
    } else {
        words->whole = speaker_join(speaker, words->own);
        words->whole_ms += speaker->finished.whole_ms;
        if (speaker->finished.whole_span.to_ms)
            words->whole_span.from_ms = speaker->finished.whole_span.from_ms;
        if (turn_len(speaker))
            marks_join(&speaker->whole_marks, &speaker->turn_marks, turn_len(speaker),
                       &speaker->own_marks);
    }
}

/* -------------------------------------------------------------------------------- facts */

static int count_words(const char *text)
{
    int words = *text != '\0';

    for (; *text; text++)
        words += *text == ' ';
    return words;
}

/* The question in these words, and the words around it. */
static void find_question(struct speaker *speaker, struct said_words *words)
{
    const char *text = words->whole;
    size_t len = strlen(text);
    size_t start, end, from, to;

    question_asked(text, len, &start, &end, &words->p);
    buf_clear(&speaker->asked);
    buf_clear(&speaker->aside);
    buf_append(&speaker->asked, text + start, end - start);
    from = start;
    to = end;
    while (start && text[start - 1] == ' ')
        start--;
    while (text[end] == ' ')
        end++;
    buf_append(&speaker->aside, text, start);
    if (start && end < len)
        buf_puts(&speaker->aside, " … ");
    buf_append(&speaker->aside, text + end, len - end);
    words->asked = speaker->asked.err || !speaker->asked.data ? text : speaker->asked.data;
    words->aside = speaker->aside.err || !speaker->aside.data ? "" : speaker->aside.data;
    buf_clear(&speaker->marked);
    words->heard = marks_put(&speaker->whole_marks, text, from, to, &speaker->marked)
                       ? speaker->marked.data
                       : NULL;
}

/* What the step needs to know about these words; they are classified here, once. */
struct said speaker_facts(struct speaker *speaker, const char *own)
{
    struct said_words *words = &speaker->words;
    uint64_t id = conversation_turn_exchange(&speaker->live->conversation, speaker->id);
    const struct exchange *exchange = id ? exchange_find(speaker->live, id) : NULL;
    struct said said = {.words = *own != '\0'};

    if (likely_answer(speaker, own))
        words->who = VOICE_CANDIDATE;
    said.own = words->who == VOICE_CANDIDATE && !speaker->candidate;
    said.unsure = words->who == VOICE_UNKNOWN;

    words->own = own;
    words->whole = words->asked = own;
    words->aside = "";
    words->heard = NULL;
    words->p = 0;
    words->question = (struct question){0};
    if (!said.words)
        return said;
    words->whole_ms = words->own_ms;
    words->whole_span = words->own_span;
    if (said.own)
        return said;
    relate(speaker, &said);
    find_question(speaker, words);
    words->question = question_classify(words->whole);
    said.question = words->question.is_question;
    said.hanging = question_hangs(words->whole, strlen(words->whole));
    said.count = count_words(words->whole);
    said.same = exchange && answer_same_question(exchange->question, words->asked);
    said.changed = exchange && strcmp(exchange->question, words->asked) != 0;
    return said;
}

/* For utterances that will not be finished: they count as said now. */
struct said speaker_facts_of_unfinished(struct speaker *speaker)
{
    uint64_t now = clock_mono_us();

    speaker->words = (struct said_words){
        .speech_end_us = now, .final_us = now, .who = speaker_who_by_start(speaker), .voice = -1};
    return speaker_facts(speaker, asr_session_unfinished(speaker->session));
}
