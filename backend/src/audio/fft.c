/**
 * @file audio/fft.c  Power spectra of real sequences, four at a time
 */
#include "audio/fft.h"

#include <math.h>
#include <uv.h>

struct complex4 {
    fft_vec re, im;
};

/* y = x * exp(-2 pi i k / (n / 2)) */
static inline void turn(const struct fft_plan *plan, const struct complex4 *x, int k,
                        struct complex4 *y)
{
    float c = plan->cosine[2 * k];
    float s = plan->sine[2 * k];
    fft_vec re = x->re * c + x->im * s;

    y->im = x->im * c - x->re * s;
    y->re = re;
}

static void radix2(const struct fft_plan *plan, const struct complex4 *restrict x,
                   struct complex4 *restrict y, int m, int s)
{
    for (int p = 0; p < m; p++) {
        for (int q = 0; q < s; q++) {
            const struct complex4 *a0 = &x[q + s * p];
            const struct complex4 *a1 = &x[q + s * (p + m)];
            struct complex4 *out = &y[q + s * 2 * p];
            struct complex4 d = {a0->re - a1->re, a0->im - a1->im};

            out[0].re = a0->re + a1->re;
            out[0].im = a0->im + a1->im;
            turn(plan, &d, p * (plan->n / (4 * m)), &out[s]);
        }
    }
}

static void radix4(const struct fft_plan *plan, const struct complex4 *restrict x,
                   struct complex4 *restrict y, int m, int s)
{
    for (int p = 0; p < m; p++) {
        int w = p * (plan->n / (8 * m));

        for (int q = 0; q < s; q++) {
            const struct complex4 *a = &x[q + s * p];
            struct complex4 *out = &y[q + s * 4 * p];
            struct complex4 sum02 = {a[0].re + a[2 * s * m].re, a[0].im + a[2 * s * m].im};
            struct complex4 dif02 = {a[0].re - a[2 * s * m].re, a[0].im - a[2 * s * m].im};
            struct complex4 sum13 = {a[s * m].re + a[3 * s * m].re, a[s * m].im + a[3 * s * m].im};
            struct complex4 dif13 = {a[s * m].re - a[3 * s * m].re, a[s * m].im - a[3 * s * m].im};
            struct complex4 b1 = {dif02.re + dif13.im, dif02.im - dif13.re};
            struct complex4 b2 = {sum02.re - sum13.re, sum02.im - sum13.im};
            struct complex4 b3 = {dif02.re - dif13.im, dif02.im + dif13.re};

            out[0].re = sum02.re + sum13.re;
            out[0].im = sum02.im + sum13.im;
            turn(plan, &b1, w, &out[s]);
            turn(plan, &b2, 2 * w, &out[2 * s]);
            turn(plan, &b3, 3 * w, &out[3 * s]);
        }
    }
}

static void radix5(const struct fft_plan *plan, const struct complex4 *restrict x,
                   struct complex4 *restrict y, int m, int s)
{
    int fifth = plan->n / 5;
    const float c1 = plan->cosine[fifth], c2 = plan->cosine[2 * fifth]; /* of 72 and 144 degrees */
    const float s1 = plan->sine[fifth], s2 = plan->sine[2 * fifth];

    for (int p = 0; p < m; p++) {
        int w = p * (plan->n / (10 * m));

        for (int q = 0; q < s; q++) {
            const struct complex4 *a0 = &x[q + s * p];
            const struct complex4 *a1 = a0 + s * m, *a2 = a1 + s * m, *a3 = a2 + s * m,
                                  *a4 = a3 + s * m;
            struct complex4 *out = &y[q + s * 5 * p];
            struct complex4 t1 = {a1->re + a4->re, a1->im + a4->im};
            struct complex4 t2 = {a2->re + a3->re, a2->im + a3->im};
            struct complex4 d1 = {a1->re - a4->re, a1->im - a4->im};
            struct complex4 d2 = {a2->re - a3->re, a2->im - a3->im};
            struct complex4 m1 = {a0->re + c1 * t1.re + c2 * t2.re,
                                  a0->im + c1 * t1.im + c2 * t2.im};
            struct complex4 m2 = {a0->re + c2 * t1.re + c1 * t2.re,
                                  a0->im + c2 * t1.im + c1 * t2.im};
            struct complex4 n1 = {s1 * d1.re + s2 * d2.re, s1 * d1.im + s2 * d2.im};
            struct complex4 n2 = {s2 * d1.re - s1 * d2.re, s2 * d1.im - s1 * d2.im};
            struct complex4 b1 = {m1.re + n1.im, m1.im - n1.re};
            struct complex4 b2 = {m2.re + n2.im, m2.im - n2.re};
            struct complex4 b3 = {m2.re - n2.im, m2.im + n2.re};
            struct complex4 b4 = {m1.re - n1.im, m1.im + n1.re};

            out[0].re = a0->re + t1.re + t2.re;
            out[0].im = a0->im + t1.im + t2.im;
            turn(plan, &b1, w, &out[s]);
            turn(plan, &b2, 2 * w, &out[2 * s]);
            turn(plan, &b3, 3 * w, &out[3 * s]);
            turn(plan, &b4, 4 * w, &out[4 * s]);
        }
    }
}

int fft_plan_init(struct fft_plan *plan, int n)
{
    static const int radices[] = {4, 5, 2};
    int left = n / 2;

    if (n < 4 || n % 2 || n > FFT_MAX)
        return UV_EINVAL;
    plan->n = n;
    plan->stages = 0;
    for (int i = 0; i < 3; i++)
        for (; left % radices[i] == 0; left /= radices[i])
            plan->radix[plan->stages++] = radices[i];
    if (left != 1)
        return UV_EINVAL;
    for (int k = 0; k < n; k++) {
        double angle = 2.0 * M_PI * k / n;

        plan->cosine[k] = (float)cos(angle);
        plan->sine[k] = (float)sin(angle);
    }
    return 0;
}

/* The transform of half the length; returns where its result is, x or tmp. */
static struct complex4 *transform(const struct fft_plan *plan, struct complex4 *x,
                                  struct complex4 *tmp)
{
    int m = plan->n / 2;
    int s = 1;

    for (int i = 0; i < plan->stages; i++) {
        struct complex4 *swap = x;

        m /= plan->radix[i];
        if (plan->radix[i] == 4)
            radix4(plan, x, tmp, m, s);
        else if (plan->radix[i] == 5)
            radix5(plan, x, tmp, m, s);
        else
            radix2(plan, x, tmp, m, s);
        s *= plan->radix[i];
        x = tmp;
        tmp = swap;
    }
    return x;
}

void fft_power(const struct fft_plan *plan, fft_vec *x, fft_vec *power)
{
    struct complex4 tmp[FFT_MAX / 2];
    int half = plan->n / 2;
    /* Even samples are the real parts, odd ones the imaginary parts: they are already laid out like
     * that. */
    const struct complex4 *z = transform(plan, (struct complex4 *)(void *)x, tmp);

    for (int k = 0; k <= half; k++) {
        const struct complex4 *p = &z[k % half];
        const struct complex4 *n = &z[(half - k) % half];
        struct complex4 even = {p->re + n->re, p->im - n->im};
        struct complex4 odd = {p->im + n->im, n->re - p->re};
        float c = plan->cosine[k];
        float s = plan->sine[k];
        fft_vec re = even.re + c * odd.re + s * odd.im;
        fft_vec im = even.im + c * odd.im - s * odd.re;

        power[k] = (re * re + im * im) * 0.25f;
    }
}
