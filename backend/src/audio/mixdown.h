/**
 * @file audio/mixdown.h  Two channels into one, also where one is upside down
 *
 * The mean of both channels is silence when one of them has the opposite sign: a cable that was
 * soldered wrongly, a "vocal" effect, a recorder with a balanced output. So the energies of the sum
 * and of the difference are followed (each sample's share halves in 35 ms at 16 kHz), and where
 * nearly all of it lies in the difference, that is what is heard.
 *
 *     struct mixdown m = {0};
 *     out = mixdown_stereo(&m, left, right);
 *
 * Threads    One owner.
 */
#ifndef AUDIO_MIXDOWN_H
#define AUDIO_MIXDOWN_H

#include <stdbool.h>
#include <stdint.h>

struct mixdown {
    float sum;        /**< Energy of left + right, lately */
    float difference; /**< Of left - right */
    bool inverted;
};

/** One sample; in the scale of the channels. */
static inline float mixdown_stereo(struct mixdown *m, int16_t left, int16_t right)
{
    const float keep = 0.99876f; /* 0.5 after 560 samples */
    const float clearly = 8;     /* 9 dB: music made wide on purpose stays below */
    const float audible = 16e4f; /* some samples of -70 dB */
    float l = left, r = right;

    m->sum = m->sum * keep + (l + r) * (l + r);
    m->difference = m->difference * keep + (l - r) * (l - r);
    if (m->inverted ? m->sum > clearly * m->difference : m->difference > clearly * m->sum)
        m->inverted = m->sum + m->difference > audible ? !m->inverted : m->inverted;
    return (m->inverted ? l - r : l + r) / 2;
}

#endif
