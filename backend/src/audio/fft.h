/**
 * @file audio/fft.h  Power spectra of real sequences, four at a time
 *
 *     struct fft_plan plan;
 *     fft_plan_init(&plan, 400);
 *     fft_vec x[400], power[201];
 *     x[i][lane] = window[i] * sample[lane][i];     // up to four frames side by side
 *     fft_power(&plan, x, power);                   // power[k][lane] = |X[k]|^2
 *
 * A real sequence of n samples is a complex one of n / 2 (Press et al., Numerical Recipes, section
 * 12.3.2), transformed by Stockham's self-sorting form in radices 4, 5 and 2 (Van Loan,
 * Computational Frameworks for the Fast Fourier Transform, 1992, section 1.7). Each lane of a
 * vector is a separate sequence; with fewer than four, leave the other lanes at zero.
 *
 * Threads    A plan is read-only after init.
 * Errors     fft_plan_init: UV_EINVAL for a length with other prime factors.
 */
#ifndef AUDIO_FFT_H
#define AUDIO_FFT_H

enum {
    FFT_LANES = 4,
    FFT_MAX = 512,     /**< Longest sequence, [samples] */
    FFT_STAGES_MAX = 8 /**< Of the complex transform of half the length */
};

typedef float fft_vec __attribute__((vector_size(16)));

struct fft_plan {
    int n;
    int stages;
    int radix[FFT_STAGES_MAX];
    float cosine[FFT_MAX]; /**< Of 2 pi k / n */
    float sine[FFT_MAX];
};

/** n even, at most FFT_MAX, and n / 2 a product of twos and fives. */
int fft_plan_init(struct fft_plan *plan, int n);

/** x: n samples of each lane, overwritten. power: n / 2 + 1 of each lane. */
void fft_power(const struct fft_plan *plan, fft_vec *x, fft_vec *power);

#endif
