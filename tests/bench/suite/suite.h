/* SPDX-License-Identifier: Apache-2.0
 *
 * suite.h - what the programs of the benchmark share. They run in user space of the guest's Linux,
 * all in one static executable, so that every emulator runs the same instructions.
 */
#ifndef SUITE_H
#define SUITE_H

#include <stddef.h>
#include <stdint.h>

/* `work` is how much to do, `threads` how many at once where a program has threads (else it is not
   looked at). Returns a checksum over all that was computed: the same on every machine, or the
   machine is wrong. Memory is the process', which ends thereafter. */
struct program {
    const char *name;
    uint64_t (*run)(unsigned long work, unsigned long threads);
};

/* Each ends with a row without a name. */
extern const struct program integer_programs[], crypto_programs[], text_programs[],
    float_programs[], memory_programs[], system_programs[], thread_programs[];

/* Starts the clock again: what the program did before was preparation. */
void begin(void);

/* Says what failed, with errno's text, and ends the process with status 1. */
_Noreturn void fail(const char *what);

/* Never NULL. */
void *allocate(size_t bytes);

/* Text with the statistics of a language: words of a small vocabulary, some more often than others.
   No zero at the end. */
void make_text(char *text, size_t bytes);

/* xorshift64*; `*state` is never 0. */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dull;
}

/* A checksum with one more value in it. */
static inline uint64_t mix(uint64_t sum, uint64_t value)
{
    sum = (sum ^ value) * 0x9e3779b97f4a7c15ull;
    return sum ^ sum >> 29;
}

static inline uint64_t mix_double(uint64_t sum, double value)
{
    union {
        double value;
        uint64_t bits;
    } as = {.value = value};

    return mix(sum, as.bits);
}

#endif
