/* SPDX-License-Identifier: Apache-2.0
 *
 * util.c - chance that can be repeated, status codes, and a folder for files that a type wants.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include <th_types.h>

/* SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t random_below(struct random *random, uint64_t limit)
{
    return random_next(random) % limit;
}

uint64_t random_value(struct random *random)
{
    uint64_t value = random_next(random);

    switch (random_below(random, 8)) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX;
    case 2:
        return value & 0xff;
    case 3:
        return 1ull << (value & 63);
    case 4:
        return (1ull << (value & 63)) - 1;
    case 5:
        return TH_RAM_BASE + (value & (TH_RAM_BYTES - 1) & ~(uint64_t)15);
    case 6:
        return value & 0xf;
    default:
        return value;
    }
}

struct random random_of(const struct kit *kit, uint32_t salt)
{
    struct random random = {kit->options->seed * 0x100000001b3u + salt};

    for (const char *c = kit->type; *c; c++)
        random.state = (random.state ^ (uint8_t)*c) * 0x100000001b3u;
    random_next(&random);
    return random;
}

bool status_known(int32_t status)
{
    return status <= BP_OK && status >= BP_E_FULL;
}

const char *scratch_file(uint64_t bytes)
{
    static char path[256];
    const char *folder = getenv(SCRATCH_VARIABLE);
    FILE *f;

    if (!folder)
        return NULL;
    snprintf(path, sizeof path, "%s/%s", folder, SCRATCH_FILE);
    f = fopen(path, "w");
    if (!f)
        return NULL;
    if (ftruncate(fileno(f), (off_t)bytes)) {
        fclose(f);
        return NULL;
    }
    return fclose(f) ? NULL : path;
}
