/* SPDX-License-Identifier: Apache-2.0
 *
 * random.c - bits from the host, and bits that repeat.
 */
#include "core/machine/random.h"

#include <errno.h>
#include <sys/random.h>

#include "core/machine/dev.h"

bool random_host(void *data, uint32_t bytes)
{
    uint8_t *at = data;

    while (bytes) {
        ssize_t got = getrandom(at, bytes, 0);

        if (got < 0 && errno != EINTR)
            return false;
        if (got > 0) {
            at += got;
            bytes -= (uint32_t)got;
        }
    }
    return true;
}

/* SplitMix64 (Steele, Lea, Flood 2014): every seed gives a full-period stream. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void random_repeat(uint64_t *state, void *data, uint32_t bytes)
{
    uint8_t *at = data;

    for (uint32_t i = 0; i < bytes; i += 8) {
        uint64_t word = next(state);

        for (uint32_t k = 0; k < 8 && i + k < bytes; k++)
            at[i + k] = (uint8_t)(word >> 8 * k);
    }
}

static int32_t fill(struct bp_dev *dev, void *data, uint32_t bytes)
{
    struct machine *m = dev->machine;

    if (m->graph->time != TIME_DETERMINISTIC)
        return random_host(data, bytes) ? BP_OK : BP_E_IO;
    random_repeat(&m->random, data, bytes);
    return BP_OK;
}

const struct bp_random_api random_api = {.size = sizeof(random_api), .fill = fill};
