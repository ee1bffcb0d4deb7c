/* SPDX-License-Identifier: Apache-2.0
 *
 * crypto.c - integer programs of cryptography: rotations and additions, wide multiplications.
 */
#include <string.h>

#include "suite.h"

/* SHA-256 (FIPS 180-4, 6.2) over a megabyte. */
static uint32_t rotate(uint32_t value, unsigned count)
{
    return value >> count | value << (32 - count);
}

/* The first 32 bits of the fractional part of a prime's root (4.2.2, 5.3.3), by search. No cube
   overflows: the 64th prime has 9 bits. */
static uint32_t root_bits(unsigned prime, unsigned power)
{
    uint64_t low = 0, high = (uint64_t)prime << 32;

    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        unsigned __int128 square = (unsigned __int128)middle * middle;
        int above = power == 2 ? square > (unsigned __int128)prime << 64
                               : square * middle > (unsigned __int128)prime << 96;

        if (above)
            high = middle;
        else
            low = middle;
    }
    return (uint32_t)low;
}

static void sha256_constants(uint32_t k[64], uint32_t h[8])
{
    unsigned count = 0;

    for (unsigned n = 2; count < 64; n++) {
        int prime = 1;

        for (unsigned d = 2; d * d <= n; d++)
            prime &= n % d != 0;
        if (!prime)
            continue;
        k[count] = root_bits(n, 3);
        if (count < 8)
            h[count] = root_bits(n, 2);
        count++;
    }
}

static void sha256_block(const uint32_t k[64], uint32_t h[8], const uint8_t *block)
{
    uint32_t w[64], v[8];

    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[i * 4] << 24 | block[i * 4 + 1] << 16 | block[i * 4 + 2] << 8 |
               block[i * 4 + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] +
               (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
               (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(v, h, sizeof(v));
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) +
                      ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
        uint32_t t2 = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) +
                      ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        h[i] += v[i];
}

static uint64_t sha256(unsigned long work, unsigned long threads)
{
    static uint8_t data[1 << 20];
    uint32_t k[64], h[8];
    uint64_t state = 7;

    (void)threads;
    sha256_constants(k, h);
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)next_random(&state);
    begin();
    while (work--)
        for (size_t at = 0; at < sizeof(data); at += 64)
            sha256_block(k, h, data + at);
    return (uint64_t)h[0] << 32 | h[7];
}

/* Squares of 1024-bit numbers in Montgomery's form, as in modular exponentiation: wide
   multiplication and carries. */
static uint64_t bignum(unsigned long work, unsigned long threads)
{
    enum { LIMBS = 16 };
    uint64_t modulus[LIMBS], value[LIMBS], inverse = 1, state = 11, sum = 0;

    (void)threads;
    for (int i = 0; i < LIMBS; i++) {
        modulus[i] = next_random(&state);
        value[i] = next_random(&state);
    }
    modulus[0] |= 1;
    modulus[LIMBS - 1] |= 1ull << 63;
    value[LIMBS - 1] >>= 1;
    for (int i = 0; i < 6; i++) /* Newton's iteration doubles the bits that are right */
        inverse *= 2 - modulus[0] * inverse;
    while (work--) {
        for (int square = 0; square < 256; square++) {
            uint64_t product[LIMBS + 2] = {0};
            unsigned __int128 t;

            for (int i = 0; i < LIMBS; i++) {
                uint64_t carry = 0, factor;

                for (int k = 0; k < LIMBS; k++) {
                    t = (unsigned __int128)value[i] * value[k] + product[k] + carry;
                    product[k] = (uint64_t)t;
                    carry = (uint64_t)(t >> 64);
                }
                t = (unsigned __int128)product[LIMBS] + carry;
                product[LIMBS] = (uint64_t)t;
                product[LIMBS + 1] = (uint64_t)(t >> 64);
                factor = product[0] * -inverse;
                t = (unsigned __int128)factor * modulus[0] + product[0];
                carry = (uint64_t)(t >> 64);
                for (int k = 1; k < LIMBS; k++) {
                    t = (unsigned __int128)factor * modulus[k] + product[k] + carry;
                    product[k - 1] = (uint64_t)t;
                    carry = (uint64_t)(t >> 64);
                }
                t = (unsigned __int128)product[LIMBS] + carry;
                product[LIMBS - 1] = (uint64_t)t;
                product[LIMBS] = product[LIMBS + 1] + (uint64_t)(t >> 64);
            }
            if (product[LIMBS]) {
                uint64_t borrow = 0;

                for (int k = 0; k < LIMBS; k++) {
                    t = (unsigned __int128)product[k] - modulus[k] - borrow;
                    product[k] = (uint64_t)t;
                    borrow = (uint64_t)(t >> 64) & 1;
                }
            }
            memcpy(value, product, sizeof(value));
        }
        sum = mix(sum, value[3]);
    }
    return sum;
}

const struct program crypto_programs[] = {
    {"sha256", sha256},
    {"bignum", bignum},
    {NULL, NULL},
};
