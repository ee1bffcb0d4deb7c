/* SPDX-License-Identifier: Apache-2.0
 *
 * random.c - random IR programs on every accelerator against the reference evaluator. A failure
 * names its seed; set IR_SEED and IR_COUNT in the environment to run others.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/accel/common/ir_text.h"
#include "../../plugins/accel/common/ir_verify.h"
#include "random_program.h"

#define PROGRAMS     3000
#define LIMIT        100000 /* instructions */
#define SINGLE_STEPS 4      /* one program of so many runs again in single steps */
#define TEXT_ROOM    65536

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 0) : otherwise;
}

static void describe(const struct bp_cpu_class *cls, struct toy_program *program, char *text,
                     uint32_t room)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < program->nblocks && n < room; i++) {
        struct toy_block *block = &program->blocks[i];
        struct bp_ir_builder b = {
            .ops = block->ops, .insns = block->insns, .nops = block->nops, .ninsns = block->ninsns};
        n +=
            (uint32_t)snprintf(text + n, room - n, "block 0x%llx\n", (unsigned long long)block->pc);
        if (n < room)
            n += ir_print(cls, &b, text + n, room - n);
    }
}

struct bench {
    const struct bp_cpu_class *cls;
    struct rig *rig;
    struct toy_program program;
    struct machine_state start, want, got;
    unsigned stopped_early; /* by a fault */
    uint64_t instructions;
};

static void verify(struct bench *b, uint64_t seed)
{
    char why[256];

    for (uint32_t i = 0; i < b->program.nblocks; i++) {
        struct toy_block *block = &b->program.blocks[i];
        struct bp_ir_builder builder = {.ops = block->ops,
                                        .insns = block->insns,
                                        .nops = block->nops,
                                        .ninsns = block->ninsns,
                                        .max_insns = TOY_BLOCK_INSNS};
        cr_assert(!ir_verify(b->cls, &builder, why, sizeof why), "seed %llu: %s",
                  (unsigned long long)seed, why);
    }
}

static void compare(struct bench *b, const char *accelerator, uint64_t seed, int single)
{
    static char program[TEXT_ROOM];
    char why[256] = "did not stop";

    b->got = b->start;
    if (!rig_run(b->rig, &b->program, &b->got, single) &&
        !machine_differs(&b->got, &b->want, why, sizeof why))
        return;
    describe(b->cls, &b->program, program, sizeof program);
    cr_assert_fail("%s, seed %llu on %s%s: %s\n%s", accelerator, (unsigned long long)seed,
                   b->cls->name, single ? ", single steps" : "", why, program);
}

static void run(struct bench *b, const char *accelerator, uint64_t seed)
{
    struct rng rng = {.state = seed};

    random_program(&rng, b->cls, &b->program, &b->start);
    verify(b, seed);
    b->want = b->start;
    cr_assert_eq(reference_run(b->cls, &b->program, &b->want, LIMIT), 0, "seed %llu does not end",
                 (unsigned long long)seed);
    b->stopped_early += b->want.faults;
    b->instructions += b->want.count;
    compare(b, accelerator, seed, 0);
    if (seed % SINGLE_STEPS == 0)
        compare(b, accelerator, seed, 1);
}

static void run_all(const struct bp_cpu_class *cls, uint64_t salt)
{
    uint64_t first = setting("IR_SEED", 1 + salt), count = setting("IR_COUNT", PROGRAMS);
    struct bench *b = calloc(1, sizeof *b);

    cr_assert(b);
    if (!rig_accelerators[0])
        cr_skip_test("no accelerator was built");
    for (int i = 0; rig_accelerators[i]; i++) {
        b->cls = cls;
        b->rig = rig_open(rig_accelerators[i], cls);
        for (uint64_t seed = first; seed < first + count; seed++)
            run(b, rig_accelerators[i], seed);
        rig_close(b->rig);
    }
    /* The generator is worth something only if most programs do something. */
    cr_expect(count < 1000 || b->instructions > count * 5, "%llu instructions",
              (unsigned long long)b->instructions);
    cr_expect(count < 1000 || (b->stopped_early > count / 10 && b->stopped_early < count * 3 / 4),
              "%u faults", b->stopped_early);
    free(b);
}

Test(random, programs, .timeout = 250 * BP_PATIENCE)
{
    run_all(&toy_class, 0);
}

Test(random, programs_with_32_bit_addresses, .timeout = 250 * BP_PATIENCE)
{
    run_all(&toy_class32, 1000000);
}
