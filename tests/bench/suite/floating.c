/* SPDX-License-Identifier: Apache-2.0
 *
 * floating.c - scalar floating point: linear algebra, transforms, simulation, elementary functions.
 * Checksums are over all bits of the results: IEEE 754 leaves no choice of them, fused
 * multiply-adds included.
 */
#include <math.h>
#include <stdlib.h>

#include "suite.h"

static uint64_t matrix(unsigned long work, unsigned long threads)
{
    enum { N = 128 };
    static double a[N][N], b[N][N], c[N][N];
    uint64_t sum = 0;

    (void)threads;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++) {
            a[i][k] = 1.0 / (i + k + 1);
            b[i][k] = i == k ? 1.0 : (i - k) / 200.0;
        }
    while (work--) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                double s = 0;

                for (int k = 0; k < N; k++)
                    s += a[i][k] * b[k][j];
                c[i][j] = s;
            }
        sum = mix_double(sum, c[work % N][N / 3]);
        a[work % N][5] += 0.125;
    }
    return sum;
}

/* The same in single precision, rows by rows. */
static uint64_t matrix32(unsigned long work, unsigned long threads)
{
    enum { N = 128 };
    static float a[N][N], b[N][N], c[N][N];
    uint64_t sum = 0;

    (void)threads;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++) {
            a[i][k] = 1.0f / (float)(i + k + 1);
            b[i][k] = i == k ? 1.0f : (float)(i - k) / 200.0f;
        }
    while (work--) {
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++)
                c[i][j] = 0;
            for (int k = 0; k < N; k++)
                for (int j = 0; j < N; j++)
                    c[i][j] += a[i][k] * b[k][j];
        }
        sum = mix_double(sum, c[work % N][N / 3]);
        a[work % N][5] += 0.125f;
    }
    return sum;
}

/* Forward and back, radix 2, in place. */
static void transform(double *re, double *im, unsigned bits, const double *cosine,
                      const double *sine, double direction)
{
    unsigned n = 1u << bits;

    for (unsigned i = 0, k = 0; i < n; i++) {
        unsigned bit = n >> 1;

        if (i < k) {
            double t = re[i];

            re[i] = re[k];
            re[k] = t;
            t = im[i];
            im[i] = im[k];
            im[k] = t;
        }
        for (; k & bit; bit >>= 1)
            k ^= bit;
        k |= bit;
    }
    for (unsigned half = 1; half < n; half *= 2)
        for (unsigned start = 0; start < n; start += 2 * half)
            for (unsigned k = 0; k < half; k++) {
                double wr = cosine[k * (n / 2 / half)], wi = direction * sine[k * (n / 2 / half)];
                double *r0 = re + start + k, *i0 = im + start + k, *r1 = r0 + half, *i1 = i0 + half;
                double tr = *r1 * wr - *i1 * wi, ti = *r1 * wi + *i1 * wr;

                *r1 = *r0 - tr;
                *i1 = *i0 - ti;
                *r0 += tr;
                *i0 += ti;
            }
}

static uint64_t fft(unsigned long work, unsigned long threads)
{
    enum { BITS = 13, N = 1 << BITS };
    static double re[N], im[N], cosine[N / 2], sine[N / 2];
    uint64_t sum = 0;

    (void)threads;
    for (int i = 0; i < N / 2; i++) {
        cosine[i] = cos(2 * 3.14159265358979323846 * i / N);
        sine[i] = sin(2 * 3.14159265358979323846 * i / N);
    }
    for (int i = 0; i < N; i++) {
        re[i] = i % 100 - 50;
        im[i] = i % 7;
    }
    begin();
    while (work--) {
        transform(re, im, BITS, cosine, sine, 1);
        sum = mix_double(sum, re[work % N]);
        transform(re, im, BITS, cosine, sine, -1);
        for (int i = 0; i < N; i++) {
            re[i] *= 1.0 / N;
            im[i] *= 1.0 / N;
        }
    }
    return mix_double(sum, re[1]);
}

/* Five bodies that attract each other, in small steps. */
static uint64_t nbody(unsigned long work, unsigned long threads)
{
    enum { BODIES = 5 };
    double p[BODIES][3], v[BODIES][3], mass[BODIES];
    uint64_t sum = 0;

    (void)threads;
    for (int i = 0; i < BODIES; i++) {
        mass[i] = i ? 0.002 / i : 39.5;
        for (int k = 0; k < 3; k++) {
            p[i][k] = i * (5.0 - k) / (k + 1.0);
            v[i][k] = i ? 1.5 / (i + k) * (k == 1 ? 1 : -0.2) : 0;
        }
    }
    for (unsigned long step = 0; step < work * 1000; step++) {
        for (int i = 0; i < BODIES; i++)
            for (int k = i + 1; k < BODIES; k++) {
                double dx = p[i][0] - p[k][0], dy = p[i][1] - p[k][1], dz = p[i][2] - p[k][2];
                double square = dx * dx + dy * dy + dz * dz,
                       force = 0.001 / (square * sqrt(square));

                v[i][0] -= dx * mass[k] * force;
                v[i][1] -= dy * mass[k] * force;
                v[i][2] -= dz * mass[k] * force;
                v[k][0] += dx * mass[i] * force;
                v[k][1] += dy * mass[i] * force;
                v[k][2] += dz * mass[i] * force;
            }
        for (int i = 0; i < BODIES; i++)
            for (int k = 0; k < 3; k++)
                p[i][k] += 0.001 * v[i][k];
    }
    for (int i = 0; i < BODIES; i++)
        sum = mix_double(sum, p[i][0]);
    return sum;
}

/* Loops in the manner of Whetstone: simple operations on few values, arrays, branches, elementary
   functions. */
static double halve(double x, double y)
{
    return (x + y) * 0.499975;
}

static uint64_t elementary(unsigned long work, unsigned long threads)
{
    double e[4] = {1, -1, -1, -1}, x = 0.5, y = 0.5, z = 0.75;

    (void)threads;
    for (unsigned long round = 0; round < work; round++) {
        for (int i = 0; i < 200; i++) {
            e[0] = (e[0] + e[1] + e[2] - e[3]) * 0.499975;
            e[1] = (e[0] + e[1] - e[2] + e[3]) * 0.499975;
            e[2] = (e[0] - e[1] + e[2] + e[3]) * 0.499975;
            e[3] = (-e[0] + e[1] + e[2] + e[3]) * 0.499975;
        }
        for (int i = 0; i < 32; i++) {
            x = 0.499975 * atan(2 * sin(x) * cos(x) / (cos(x + y) + cos(x - y) - 0.9));
            y = 0.499975 * atan(2 * sin(y) * cos(y) / (cos(x + y) + cos(x - y) - 0.9));
        }
        for (int i = 0; i < 90; i++)
            z = z > 0.8 ? halve(z, 0.3) : z < 0.2 ? halve(z, 1.9) : z * 1.0625;
        for (int i = 0; i < 93; i++)
            z = sqrt(exp(log(z + 1) / 0.50025)) / 1.5;
    }
    return mix_double(mix_double(mix_double(mix_double(0, e[2]), x), y), z);
}

static uint64_t mandelbrot(unsigned long work, unsigned long threads)
{
    enum { SIZE = 64, LIMIT = 200 };
    uint64_t sum = 0;

    (void)threads;
    for (unsigned long round = 0; round < work; round++)
        for (int row = 0; row < SIZE; row++)
            for (int column = 0; column < SIZE; column++) {
                double cr = column * 3.0 / SIZE - 2.25,
                       ci = row * 2.5 / SIZE - 1.25 + (double)round * 1e-6, r = 0, i = 0;
                unsigned n = 0;

                while (n < LIMIT && r * r + i * i <= 4) {
                    double t = r * r - i * i + cr;

                    i = 2 * r * i + ci;
                    r = t;
                    n++;
                }
                sum += n;
            }
    return mix(0, sum);
}

/* The largest singular value of an infinite matrix' corner, by power iteration: one division for
   each element. */
static void multiply(const double *from, double *to, int n, int transposed)
{
    for (int i = 0; i < n; i++) {
        double s = 0;

        for (int k = 0; k < n; k++) {
            int row = transposed ? k : i, column = transposed ? i : k;

            s += from[k] / ((row + column) * (row + column + 1) / 2 + row + 1);
        }
        to[i] = s;
    }
}

static uint64_t spectral(unsigned long work, unsigned long threads)
{
    enum { N = 200 };
    static double u[N], v[N], t[N];
    double uv = 0, vv = 0;

    (void)threads;
    for (int i = 0; i < N; i++)
        u[i] = 1;
    while (work--) {
        multiply(u, t, N, 0);
        multiply(t, v, N, 1);
        multiply(v, t, N, 0);
        multiply(t, u, N, 1);
        for (int i = 0; i < N; i++) { /* values neither grow nor vanish however often */
            v[i] *= 0.5;
            u[i] *= 0.25;
        }
    }
    for (int i = 0; i < N; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    return mix_double(0, sqrt(uv / vv));
}

/* Conversions between integers and both precisions, comparisons, classification, minimum and
   maximum. */
static uint64_t convert(unsigned long work, unsigned long threads)
{
    static double values[4096];
    uint64_t sum = 0, state = 3;

    (void)threads;
    for (size_t i = 0; i < 4096; i++)
        values[i] = (double)(int64_t)next_random(&state) / 4294967296.0;
    while (work--) {
        double low = INFINITY, high = -INFINITY;

        for (size_t i = 0; i < 4096; i++) {
            double value = values[i];
            float narrow = (float)value;

            low = fmin(low, value);
            high = fmax(high, value);
            sum += (uint64_t)(int64_t)value + (uint64_t)(int32_t)(narrow * 0.25f) +
                   (uint64_t)(fabs(value) < 1e6) + (uint64_t)!isfinite(value);
            values[i] = (double)narrow * 0.999 + (double)(int64_t)i;
        }
        sum = mix_double(mix_double(sum, low), high);
    }
    return sum;
}

const struct program float_programs[] = {
    {"matrix", matrix},     {"matrix32", matrix32},     {"fft", fft},
    {"nbody", nbody},       {"elementary", elementary}, {"mandelbrot", mandelbrot},
    {"spectral", spectral}, {"convert", convert},       {NULL, NULL},
};
