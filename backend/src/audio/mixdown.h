/**
 * @file audio/mixdown.h  Mixing two channels into one, even if one is inverted
 *
 * If one channel has the opposite sign, the mean of both is silence: after a wrongly soldered
 * cable, a "vocal" effect, or a recorder with a balanced output. So the energies of the sum and of
 * the difference are tracked (a sample's weight halves in 35 ms at 16 kHz), and if nearly all of
 * the energy is in the difference, that is used.
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
    float sum;        /**< Recent energy of left + right */
    float difference; /**< Of left - right */
    bool inverted;
};

/** One sample, on the scale of the channels. */
static inline float mixdown_stereo(struct mixdown *m, int16_t left, int16_t right)
{
    const float keep = 0.99876f; /* 0.5 after 560 samples */
    const float clearly = 8;     /* 9 dB: deliberately wide stereo music stays below */
    const float audible = 16e4f; /* a few samples at -70 dB */
    float l = left, r = right;

    m->sum = m->sum * keep + (l + r) * (l + r);
    m->difference = m->difference * keep + (l - r) * (l - r);
    if (m->inverted ? m->sum > clearly * m->difference : m->difference > clearly * m->sum)
        m->inverted = m->sum + m->difference > audible ? !m->inverted : m->inverted;
    return (m->inverted ? l - r : l + r) / 2;
}

#endif
