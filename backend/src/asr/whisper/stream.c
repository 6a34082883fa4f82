/**
 * @file asr/whisper/stream.c  Partials, agreement, final; see stream.h
 *
 * update() may be cancelled at any point, so it works in the search's own memory and stores its
 * result only at the end.
 */
#include "asr/whisper/stream_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHORTEST = 20,           /* less audio than this is not decoded [frames] */
    CUT_AT = 2600,           /* longest window before it is cut [frames] */
    CUT_KEEP = 100,          /* a cut removes at least this much [frames] */
    EARLY_MAX = 2,           /* times that a window is continued after its last word */
    OTHER_TONGUE_FROM = 200, /* least length of a window that may be in another language [frames] */
    NAMES_FROM = 200,        /* least length of a window for which names are given: in less they are
                                made up [frames] */
    UNHEARD_MAX = 220,       /* if a window ends with this many frames without a word, it is decoded
                                from there on */
    LEVEL_STEP = 320,        /* samples whose loudness is measured together */
    TOKENS_AT_LEAST = 16,    /* more tokens than this, and more per second, are not speech but a
                                loop */
    TOKENS_A_SECOND = 10,
    SILENT_MAX_MS = 5000,    /* silence that finish() need not decode */
    BEAMS = 5,               /* beam size for improbable text, as for recordings */
    BEAM_TOKENS_MAX = 80,    /* longest final that is decoded with a beam: longer ones take too
                                long, */
    BEAM_ADDS_MAX = 8,       /* and tokens that a beam may find beyond those of greedy decoding */
    BEAM_LEAVES_OUT_MAX = 2, /* words that a beam may find fewer than greedy decoding */
    LEAD_LEAVES = 100,       /* frames that the lead always leaves to an utterance */
    FALLBACK_STEPS = 120,    /* decoder runs of sampling after a doubtful result: a final may not be
                                delayed longer, half a second with base */
};

/* Temperature step when a final falls back: two attempts. */
static const float FALLBACK_STEP = 0.4f;

/* Mean log-probability of tokens below which a final is decoded with a beam: with base, one in four
 * utterances of clear English, one in two of Spanish. */
static const double IMPROBABLE_MEAN = -0.25;

/* ... and with the whole window, since the precomputed silence may have misled it: one in fifty
 * utterances of clear speech, two in five of deliberately difficult speech. */
static const double WILD_MEAN = -0.5;

/* Below this level nothing is said at all, in units of full scale (-66 dB). */
static const float LEVEL_NOTHING = 0.0005f;

/* A pause goes on while nothing is louder than this many times its beginning. The loudest speech
 * only limits the range: a second speaker may be ten times quieter than the first. */
static const float PAUSE_OF_QUIET = 2.5f;
static const float PAUSE_AT_LEAST = 0.02f;
static const float PAUSE_AT_MOST = 0.25f;

struct whisper_stream_params whisper_stream_defaults(void)
{
    return (struct whisper_stream_params){
        .language = -1, .pad_ms = WHISPER_PAD_MS, .lead_frames = WHISPER_LEAD_FRAMES};
}

static struct whisper_search_params search_params(void)
{
    struct whisper_search_params p = whisper_search_defaults();

    p.beams = BEAMS;
    p.best_of = 2; /* sampling is the last resort of a live transcript: keep it cheap */
    p.fallback_steps = FALLBACK_STEPS;
    return p;
}

int whisper_stream_open(struct whisper_stream **sp, const struct whisper_model *m,
                        const struct whisper_stream_params *params, struct errbuf *why)
{
    struct whisper_search_params search = search_params();
    struct whisper_stream *s = calloc(1, sizeof(*s));
    int err;

    if (!s)
        return err_set(why, UV_ENOMEM, "not enough memory for another stream");
    s->model = m;
    s->params = *params;
    if (params->n_prompt > WHISPER_STREAM_PROMPT_MAX)
        s->params.n_prompt = WHISPER_STREAM_PROMPT_MAX;
    if (s->params.n_prompt > 0)
        memcpy(s->prompt, params->prompt, (size_t)s->params.n_prompt * sizeof(int));
    s->params.prompt = s->prompt;
    s->names = params->names ? strdup(params->names) : NULL;
    s->tongue.settled = -1;
    buf_init(&s->raw, WHISPER_TRANSCRIPT_TEXT_MAX);
    buf_init(&s->text, WHISPER_TRANSCRIPT_TEXT_MAX);
    whisper_mel_init(&s->mel, m->mel);
    err = params->names && !s->names ? UV_ENOMEM : whisper_decoder_init(&s->d, m, 1, false, why);
    if (!err)
        err = whisper_search_init(&s->search, &search);
    if (err) {
        whisper_stream_close(s);
        return err_set(why, err, "not enough memory for another stream");
    }
    whisper_stream_begin(s);
    *sp = s;
    return 0;
}

void whisper_stream_close(struct whisper_stream *s)
{
    if (!s)
        return;
    whisper_decoder_release(&s->d);
    whisper_search_release(&s->search);
    whisper_mel_release(&s->mel);
    buf_release(&s->raw);
    buf_release(&s->text);
    whisper_agree_release(&s->agreement);
    free(s->names);
    free(s->at);
    free(s->keep);
    free(s->done);
    free(s->words);
    free(s->out);
    free(s);
}

/* Makes the words of this utterance the lead of the next one. */
static void take_lead(struct whisper_stream *s)
{
    struct whisper_lead *l = &s->lead;
    int gone;

    for (int i = 0; i < s->n_words; i++) {
        for (int k = 0; k < s->words[i].n; k++) {
            int at = s->words[i].first + k;

            whisper_lead_add(l, at < s->n_done ? s->done[at].id : s->hyp[at - s->n_done].id,
                             k ? -1 : s->words[i].t0);
        }
    }
    l->frames = (int)((s->mel.samples + WHISPER_HOP / 2) / WHISPER_HOP);
    l->language = s->result.language;
    gone = whisper_lead_cut(l, l->frames - s->params.lead_frames + LEAD_LEAVES);
    if ((size_t)gone + LEAD_LEAVES > s->mel.frames)
        l->n = 0;
    if (l->n)
        whisper_mel_forget(&s->mel, (size_t)gone);
}

/* Was something said, with enough confidence to serve as a lead? */
static bool leads(const struct whisper_stream *s)
{
    return s->params.lead_frames > 0 && s->result.len && s->result.stable == s->result.len &&
           s->timed && s->n_words && !s->search.doubtful;
}

void whisper_stream_begin(struct whisper_stream *s)
{
    if (leads(s))
        take_lead(s);
    else
        s->lead.n = 0;
    if (!s->lead.n) {
        whisper_mel_clear(&s->mel);
        s->lead.frames = 0;
    }
    s->led = s->lead.n;
    s->seek = s->lead.frames;
    s->heard_seek = s->window = 0;
    s->heard = 0;
    s->heard_whole = s->timed = s->fresh = false;
    s->spoken_p = 0.0f;
    s->n_hyp = s->n_done = s->n_words = s->n_done_words = 0;
    s->level = s->level_new = s->level_sum = s->quiet = 0.0f;
    s->level_n = s->tail_at = 0;
    memset(s->tail, 0, sizeof(s->tail));
    whisper_agree_clear(&s->agreement);
    buf_clear(&s->raw);
    buf_clear(&s->text);
    memset(&s->result, 0, sizeof(s->result));
    memset(&s->counts, 0, sizeof(s->counts));
    s->result.text = "";
}

/* ---- audio -------------------------------------------------------------------------------- */

static void measure(struct whisper_stream *s, const int16_t *pcm, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float x = (float)pcm[i] * (1.0f / 32768.0f);

        s->level_sum += x * x;
        if (++s->level_n < LEVEL_STEP)
            continue;
        x = sqrtf(s->level_sum / LEVEL_STEP);
        s->level = fmaxf(s->level, x);
        s->level_new = fmaxf(s->level_new, x);
        s->tail[s->tail_at++ % WHISPER_STREAM_TAIL] = x;
        s->level_sum = 0.0f;
        s->level_n = 0;
    }
}

int whisper_stream_feed(struct whisper_stream *s, const int16_t *pcm, size_t n)
{
    measure(s, pcm, n);
    return whisper_mel_feed(&s->mel, pcm, n);
}

static bool nothing_said(const struct whisper_stream *s)
{
    return s->level < LEVEL_NOTHING;
}

/* The current loudness. */
static float tail_level(const struct whisper_stream *s)
{
    float squares = 0.0f;

    for (int i = 0; i < WHISPER_STREAM_TAIL; i++)
        squares += s->tail[i] * s->tail[i];
    return sqrtf(squares / WHISPER_STREAM_TAIL);
}

/* Was only silence fed since the decoder last ran? In a noisy place silence is as loud as the pause
 * was then. */
static bool silent_since(const struct whisper_stream *s)
{
    size_t since = s->mel.samples - s->heard;
    float most = fminf(PAUSE_OF_QUIET * s->quiet, PAUSE_AT_MOST * s->level);

    most = fmaxf(most, fmaxf(PAUSE_AT_LEAST * s->level, LEVEL_NOTHING));
    return s->heard && since <= SILENT_MAX_MS * (size_t)WHISPER_RATE / 1000 && s->level_new < most;
}

/* Frames in the window: audio longer than a window is decoded and cut piece by piece, at places
 * that do not depend on when this is called. */
static int window_frames(const struct whisper_stream *s)
{
    int frames = (int)whisper_mel_length(&s->mel) - s->seek;

    return frames < CUT_AT ? frames : CUT_AT;
}

/* Frames at the beginning of the window that belong to the lead. */
static int led_frames(const struct whisper_stream *s)
{
    return s->seek < s->lead.frames ? s->lead.frames - s->seek : 0;
}

static int own_frames(const struct whisper_stream *s)
{
    return window_frames(s) - led_frames(s);
}

static void hear_alone(struct whisper_stream *s)
{
    if (s->seek < s->lead.frames)
        s->seek = s->lead.frames;
    s->led = s->lead.n;
}

/* Starts the window with as much of the lead as there is room for. */
static void hear_led(struct whisper_stream *s)
{
    if (s->n_done || s->seek > s->lead.frames)
        return;
    hear_alone(s);
    s->led = whisper_lead_from(&s->lead, s->lead.frames + own_frames(s) - s->params.lead_frames);
    if (s->led < s->lead.n)
        s->seek = whisper_lead_start(&s->lead, s->led);
}

/* Detects the language of this window. */
static int listen_for_language(struct whisper_stream *s, struct whisper_compute *c)
{
    int err = 0;

    s->spoken = 0;
    s->spoken_else = -1;
    if (s->params.language >= 0 || !s->model->vocab->multilingual) {
        s->result.language = s->model->vocab->multilingual ? s->params.language : 0;
        return 0;
    }
    err = whisper_detect_language(&s->d, c, &s->spoken, &s->spoken_p, &s->spoken_else);
    if (!err && !s->n_done) /* a long utterance keeps the language that it began with */
        s->result.language =
            whisper_tongue_choose(&s->tongue, s->spoken, s->spoken_p, own_frames(s));
    return err;
}

/* May the language change from one utterance to the next? */
static bool tongue_free(const struct whisper_stream *s)
{
    return s->params.language < 0 && s->model->vocab->multilingual;
}

static int hear(struct whisper_stream *s, struct whisper_compute *c, bool all)
{
    int frames = window_frames(s);
    int ctx = all ? WHISPER_AUDIO_CTX : whisper_trimmed_ctx((size_t)frames, s->params.pad_ms);
    int err = whisper_listen(&s->d, c, &s->mel, s->seek, ctx);

    s->window = 0; /* the decoder's state is gone, whatever happens */
    s->heard = 0;
    s->heard_whole = false;
    if (!err)
        err = listen_for_language(s, c);
    if (err)
        return err;
    s->counts.encoded++;
    s->window = frames;
    s->heard = s->mel.samples;
    s->heard_seek = s->seek;
    s->heard_ctx = ctx;
    s->level_new = 0.0f;
    s->quiet = tail_level(s);
    return 0;
}

/* Encodes the window including its lead, unless it may be in another language: with the old
 * language in front a change is hardly noticed, so for a final the utterance is first encoded
 * alone. */
static int hear_behind(struct whisper_stream *s, struct whisper_compute *c, bool whole)
{
    int seek = s->seek, led = s->led, err, spoken;
    float p;

    s->heard_alone = false;
    if (!whole || !tongue_free(s) || !led_frames(s))
        return hear(s, c, false);
    hear_alone(s);
    err = hear(s, c, false);
    s->heard_alone = true;
    if (err || s->spoken != s->lead.language || s->result.language != s->lead.language)
        return err;
    spoken = s->spoken;
    p = s->spoken_p;
    s->seek = seek;
    s->led = led;
    err = hear(s, c, false);
    s->spoken = s->result.language = spoken;
    s->spoken_p = p;
    return err;
}

/* ---- decoding ----------------------------------------------------------------------------- */

/* Context, then the start tokens, then the lead's text in this window. */
static int make_prompt(const struct whisper_stream *s, int *ids, int *sot)
{
    const struct whisper_vocab *v = s->model->vocab;
    int past = s->n_done < WHISPER_STREAM_PROMPT_MAX ? s->n_done : WHISPER_STREAM_PROMPT_MAX;
    int names = own_frames(s) >= NAMES_FROM && !s->unnamed ? s->params.n_prompt : 0;
    int n = 0;

    if (past + names)
        ids[n++] = v->prev;
    for (int i = 0; i < names; i++)
        ids[n++] = s->prompt[i];
    for (int i = s->n_done - past; i < s->n_done; i++)
        ids[n++] = s->done[i].id;
    *sot = n;
    n += whisper_prompt_init(v, s->result.language, false, false, ids + n);
    for (int i = s->led; i < s->lead.n; i++)
        ids[n++] = s->lead.ids[i];
    return n;
}

/* step: temperature step for falling back; 0: don't. */
static int decode_with(struct whisper_stream *s, struct whisper_compute *c, bool whole, float step,
                       int beams)
{
    int prompt[2 * WHISPER_STREAM_PROMPT_MAX + WHISPER_LEAD_TOKENS + 8];
    int draft[WHISPER_STEPS_MAX];
    struct whisper_search_job job = {.prompt = prompt, .draft = draft, .seek_end = s->window};
    int err;

    for (int i = 0; i < s->n_hyp; i++)
        draft[job.n_draft++] = s->hyp[i].id;
    job.n_prompt = make_prompt(s, prompt, &job.sot);
    job.n_prefix = s->lead.n - s->led;
    s->search.params.align = whole;
    s->search.params.beams = beams;
    s->search.params.temperature_step = step;
    s->search.params.tokens_max = TOKENS_AT_LEAST + own_frames(s) * TOKENS_A_SECOND / 100;
    if (beams > 1 && s->search.params.tokens_max > s->n_hyp + BEAM_ADDS_MAX)
        s->search.params.tokens_max = s->n_hyp + BEAM_ADDS_MAX;
    err = whisper_search_run(&s->search, &s->d, c, &job);
    s->counts.steps += s->search.steps;
    s->counts.drafted += job.n_draft;
    s->counts.accepted += s->search.accepted;
    s->n_prompt = s->search.temperature >= 0.5f ? job.n_prompt - job.sot : job.n_prompt;
    return err;
}

static int decode(struct whisper_stream *s, struct whisper_compute *c, bool whole, float step)
{
    return decode_with(s, c, whole, step, 1);
}

/* Takes over the best hypothesis. */
static void adopt(struct whisper_stream *s)
{
    const struct whisper_hypothesis *h = whisper_search_best(&s->search);
    int n = 0;

    while (n < h->n && h->tokens[n].id < s->model->vocab->eot)
        n++;
    memcpy(s->hyp, h->tokens, (size_t)n * sizeof(*s->hyp));
    s->n_hyp = n;
    s->timed = false;
    s->fresh = true;
}

/* ---- long utterances ---------------------------------------------------------------------- */

static int move_done(struct whisper_stream *s, int n)
{
    struct whisper_pick *done;

    if (s->n_done + n > WHISPER_STREAM_TOKENS_MAX)
        return UV_ENOBUFS;
    if (s->n_done + n > s->cap_done) {
        done = realloc(s->done, (size_t)(s->n_done + n) * 2 * sizeof(*done));
        if (!done)
            return UV_ENOMEM;
        s->done = done;
        s->cap_done = (s->n_done + n) * 2;
    }
    memcpy(s->done + s->n_done, s->hyp, (size_t)n * sizeof(*s->hyp));
    memmove(s->hyp, s->hyp + n, (size_t)(s->n_hyp - n) * sizeof(*s->hyp));
    s->n_done += n;
    s->n_hyp -= n;
    return 0;
}

static bool ends_sentence(const struct whisper_stream *s, const struct whisper_word *w)
{
    const struct whisper_pick *t = &s->hyp[w->first + w->n - 1 - s->n_done];
    struct whisper_bytes b = whisper_vocab_bytes(s->model->vocab, t->id);

    return b.len && strchr(".?!", b.data[b.len - 1]);
}

/* How many words stay when the window is cut: up to the last sentence that ends in its second half,
 * else all but two. The end of a window is unreliable. */
static int words_to_keep(const struct whisper_stream *s)
{
    int first = s->n_done_words;

    for (int n = s->n_words; n > first; n--) {
        const struct whisper_word *w = &s->words[n - 1];

        if (w->t1 - s->seek < s->window / 2)
            break;
        if (ends_sentence(s, w) && w->t1 - s->seek < s->window - CUT_KEEP)
            return n;
    }
    return s->n_words - 2 > first ? s->n_words - 2 : s->n_words;
}

/* The last word ends long before the window does: the decoder took a pause for the end. */
static bool ends_early(const struct whisper_stream *s)
{
    return s->n_words > s->n_done_words &&
           s->seek + s->window - s->words[s->n_words - 1].t1 > UNHEARD_MAX;
}

/* The first `keep` words are done, and the next window begins after them. */
static int cut(struct whisper_stream *s, int keep)
{
    int end = s->seek + s->window;
    int err;

    if (keep > s->n_done_words && s->words[keep - 1].t1 >= s->seek + CUT_KEEP)
        end = s->words[keep - 1].t1;
    err = move_done(s, keep > 0 ? s->words[keep - 1].first + s->words[keep - 1].n - s->n_done : 0);
    if (err)
        return err;
    s->n_done_words = keep;
    s->seek = end;
    s->led = s->lead.n;
    return 0;
}

/* ---- update and finish -------------------------------------------------------------------- */

/* The model reports no speech, or the words have too little confidence: nothing in this window was
 * said. */
static bool nobody_said_it(struct whisper_stream *s)
{
    const struct whisper_word *w = s->words + s->n_done_words;
    int n = s->n_words - s->n_done_words;
    float sum = 0.0f;

    for (int i = 0; i < n; i++)
        sum += w[i].confidence;
    return whisper_search_silent(&s->search) ||
           (n == 1 && !s->n_done ? sum < WHISPER_SAID_ALONE_MIN
                                 : n && sum / (float)n < WHISPER_SAID_MIN);
}

static int take_whole(struct whisper_stream *s)
{
    adopt(s);
    s->heard_whole = true;
    return whisper_stream_find_words(s);
}

/* Does this window contain a name from the prompt that was recognised without certainty? */
static bool names_doubtful(const struct whisper_stream *s)
{
    const struct whisper_vocab *v = s->model->vocab;

    for (int i = s->n_done_words; s->names && i < s->n_words; i++) {
        const struct whisper_word *w = &s->words[i];
        char text[WHISPER_NAME_BYTES];
        size_t n = 0;

        if (w->confidence >= WHISPER_NAME_SURE)
            continue;
        for (int k = 0; k < w->n; k++) {
            struct whisper_bytes b = whisper_vocab_bytes(v, s->hyp[w->first + k - s->n_done].id);

            for (size_t at = 0; at < b.len && n < sizeof(text); at++)
                text[n++] = b.data[at];
        }
        if (whisper_names_has(s->names, text, n))
            return true;
    }
    return false;
}

/* Decodes the same audio again without the names. */
static int decode_unnamed(struct whisper_stream *s, struct whisper_compute *c, float step)
{
    int err;

    s->counts.unnamed++;
    s->unnamed = true;
    err = decode(s, c, true, step);
    s->unnamed = false;
    return err ? err : take_whole(s);
}

/* Greedy decoding was unsure: the mean log-probability of its tokens is below this. */
static bool improbable(const struct whisper_stream *s, double mean)
{
    return s->n_hyp && !s->params.trusting && whisper_search_best(&s->search)->mean < mean;
}

/* The language that this window may be in if its text makes no sense in the current one; -1:
 * none. */
static int other_tongue(const struct whisper_stream *s)
{
    bool doubtful = s->search.doubtful;

    if (!tongue_free(s) || s->n_done)
        return -1;
    if (s->result.language != s->spoken) /* it seems to be in another language than the speaker's */
        return own_frames(s) >= OTHER_TONGUE_FROM && (doubtful || improbable(s, IMPROBABLE_MEAN))
                   ? s->spoken
                   : -1;
    return doubtful && s->tongue.settled < 0 && s->spoken_p < WHISPER_TONGUE_SURE ? s->spoken_else
                                                                                  : -1;
}

/* Decodes the same audio in that language, and keeps the result if it is the more probable text. */
static int decode_otherwise(struct whisper_stream *s, struct whisper_compute *c, int language,
                            float step)
{
    double mean = whisper_search_best(&s->search)->mean;
    int before = s->result.language, err;

    s->n_hyp = 0;
    s->result.language = language;
    err = decode(s, c, true, 0.0f);
    if (!err && whisper_search_best(&s->search)->mean <= mean) {
        s->result.language = before;
        err = decode(s, c, true, step);
    }
    return err ? err : take_whole(s);
}

/* Encodes the window with positions for all of 30 s; its language is known. */
static int hear_wide(struct whisper_stream *s, struct whisper_compute *c)
{
    int language = s->result.language, spoken = s->spoken, spoken_else = s->spoken_else;
    float p = s->spoken_p;
    int err = hear(s, c, true);

    s->result.language = language;
    s->spoken = spoken;
    s->spoken_else = spoken_else;
    s->spoken_p = p;
    return err;
}

/* Decodes the same audio with a beam. Of improbable text in base's German and Spanish a third then
 * comes out right. But a beam tends to be too brief: if it leaves out a clause, the greedy result
 * stays. */
static int decode_beams(struct whisper_stream *s, struct whisper_compute *c)
{
    struct whisper_pick greedy[WHISPER_STEPS_MAX];
    int n = s->n_hyp, words = s->n_words, err;

    memcpy(greedy, s->hyp, (size_t)n * sizeof(*greedy));
    s->counts.beams++;
    err = s->heard_ctx < WHISPER_AUDIO_CTX && improbable(s, WILD_MEAN) ? hear_wide(s, c) : 0;
    if (!err)
        err = decode_with(s, c, true, 0.0f, BEAMS);
    if (!err)
        err = take_whole(s);
    if (err || (!s->search.doubtful && s->n_words >= words - BEAM_LEAVES_OUT_MAX))
        return err;
    memcpy(s->hyp, greedy, (size_t)n * sizeof(*greedy));
    s->n_hyp = n;
    err = decode(s, c, true, 0.0f); /* along the known tokens: immediate */
    return err ? err : take_whole(s);
}

static bool echoes(const struct whisper_stream *s)
{
    int ids[WHISPER_STEPS_MAX];

    for (int i = 0; i < s->n_hyp; i++)
        ids[i] = s->hyp[i].id;
    return s->led < s->lead.n && whisper_lead_echoed(&s->lead, ids, s->n_hyp);
}

/* Everything that a final needs, for the encoded window: repeated with the whole window if it is
 * doubtful, with word times, and dropped if nobody said it. */
static int decode_whole(struct whisper_stream *s, struct whisper_compute *c)
{
    bool again = s->heard_ctx < WHISPER_AUDIO_CTX && !s->params.trusting;
    int err = decode(s, c, true, again ? 0.0f : FALLBACK_STEP);

    if (!err)
        err = take_whole(s);
    if (!err && again && (s->search.doubtful || echoes(s))) {
        s->counts.again++;
        s->n_hyp = 0; /* no draft from a doubtful hypothesis */
        hear_alone(s);
        err = hear(s, c, true);
        if (!err)
            err = decode(s, c, true, FALLBACK_STEP);
        if (!err)
            err = take_whole(s);
    }
    if (!err && other_tongue(s) >= 0)
        err = decode_otherwise(s, c, other_tongue(s), FALLBACK_STEP);
    if (!err && !s->search.doubtful && improbable(s, IMPROBABLE_MEAN) &&
        s->n_hyp <= BEAM_TOKENS_MAX)
        err = decode_beams(s, c);
    if (!err && names_doubtful(s))
        err = decode_unnamed(s, c, again ? 0.0f : FALLBACK_STEP);
    if (!err && s->n_hyp && !s->params.trusting && nobody_said_it(s)) {
        s->counts.dropped++;
        s->n_hyp = 0;
        s->n_words = s->n_done_words;
    }
    return err;
}

/* An intermediate hypothesis: if it is doubtful, the previous text stays. */
static int decode_partial(struct whisper_stream *s, struct whisper_compute *c)
{
    int err = decode(s, c, false, 0.0f);

    if (!err && !s->search.doubtful && !whisper_search_silent(&s->search))
        adopt(s);
    return err;
}

static bool changed(const struct whisper_stream *s)
{
    return !s->heard || s->heard_seek != s->seek || s->window != window_frames(s);
}

/* Everything that a final needs is done, and nothing was said since. */
static bool final_is_ready(const struct whisper_stream *s)
{
    return s->heard_whole && (!changed(s) || silent_since(s));
}

/* Encodes and decodes, cutting the window as often as needed. */
static int refresh(struct whisper_stream *s, struct whisper_compute *c, bool whole)
{
    int err = 0, early_left = EARLY_MAX;

    hear_led(s);
    for (;;) {
        bool full = window_frames(s) == CUT_AT, early;

        if (changed(s) || (whole && !s->heard_alone && tongue_free(s) && led_frames(s)))
            err = hear_behind(s, c, whole);
        if (!err)
            err = whole || full ? decode_whole(s, c) : decode_partial(s, c);
        early = s->heard_whole && !full && early_left-- > 0 && ends_early(s);
        if (err || (!full && !early))
            return err;
        err = cut(s, early ? s->n_words : words_to_keep(s));
        if (err || window_frames(s) < SHORTEST)
            return err;
    }
}

/* Is there enough audio that was not decoded yet? */
static bool has_news(const struct whisper_stream *s, bool whole)
{
    int shortest = whole || s->n_done ? SHORTEST : WHISPER_STREAM_FIRST;

    return own_frames(s) >= shortest && !nothing_said(s) && !final_is_ready(s) &&
           (changed(s) || whole);
}

bool whisper_stream_has_news(const struct whisper_stream *s)
{
    return has_news(s, false);
}

int whisper_stream_update(struct whisper_stream *s, struct whisper_compute *c, bool whole)
{
    int err;

    if (!has_news(s, whole))
        return 0;
    err = refresh(s, c, whole);
    return err ? err : whisper_stream_write_text(s);
}

int whisper_stream_finish(struct whisper_stream *s, struct whisper_compute *c)
{
    int err = 0;

    if (!final_is_ready(s) && !nothing_said(s) && own_frames(s) >= SHORTEST)
        err = refresh(s, c, true);
    if (!err)
        err = whisper_stream_write_text(s);
    if (!err)
        err = whisper_stream_write_words(s);
    if (err)
        return err;
    if (s->result.len && s->spoken_p > 0.0f)
        whisper_tongue_learn(&s->tongue, s->spoken, s->spoken_p, own_frames(s));
    s->result.stable = s->result.len;
    return 0;
}

const struct whisper_heard *whisper_stream_heard(const struct whisper_stream *s)
{
    return &s->result;
}

const struct whisper_stream_counts *whisper_stream_counted(const struct whisper_stream *s)
{
    return &s->counts;
}

size_t whisper_stream_bytes(const struct whisper_stream *s)
{
    return sizeof(*s) + whisper_decoder_bytes(&s->d) +
           s->mel.cap * (size_t)s->mel.n_mels * sizeof(float) +
           (size_t)s->search.n_hyps * sizeof(*s->search.hyps);
}
