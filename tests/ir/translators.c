/* SPDX-License-Identifier: Apache-2.0
 *
 * translators.c - whatever a CPU plug-in finds as guest code, the IR it makes of it keeps the
 * rules, and is printed and read back exactly: random instruction words through translate() of
 * every class of the RISC-V plug-in.
 */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <backplane/plugin.h>
#include <backplane/props.h>
#include <backplane/trace.h>

#include "../../plugins/accel/common/ir_text.h"
#include "../../plugins/accel/common/ir_verify.h"
#include "rng.h"

#define BLOCKS    60000 /* of each class */
#define MAX_INSNS 8
#define MAX_OPS   (MAX_INSNS * BP_IR_OPS_PER_INSN + 1)
#define TEXT_ROOM 65536

/* Mode word of plugins/cpu/riscv: privilege in bits 0-1, data context 2-5, FP state 6-7, frm 8-10,
 * misaligned accesses trap 11, extensions above. */
static uint32_t random_mode(struct rng *rng, const struct bp_cpu_class *cls, uint32_t mode)
{
    static const uint32_t privileges[] = {0, 1, 3};

    return (mode & ~0xfffu) | privileges[rng_below(rng, 3)] | rng_below(rng, cls->ncontexts) << 2 |
           (rng_below(rng, 4) ? 2 : rng_below(rng, 2)) << 6 | rng_below(rng, 8) << 8 |
           rng_below(rng, 2) << 11;
}

/* --- what a class needs around it ------------------------------------------------------------- */

static void set_error(struct bp_dev *dev, const char *property, const char *text)
{
    cr_log_error("%s: %s", property ? property : "", text);
}

static const void *get(const struct bp_core *core, const char *id)
{
    static const struct bp_error_api error = {.size = sizeof error, .set = set_error};
    static const void *const unused[64]; /* interfaces that are asked for, but not called here */

    return strcmp(id, BP_ERROR_ID) ? (const void *)unused : &error;
}

static void flush(struct bp_vcpu *vcpu, uint32_t contexts)
{
}

static void nothing(struct bp_vcpu *vcpu)
{
}

static const struct bp_vcpu_api api = {.size = sizeof api,
                                       .flush_tlb = flush,
                                       .flush_code = nothing,
                                       .kick = nothing,
                                       .drop_reservation = nothing};
static const struct bp_core core = {.size = sizeof core, .version = "0.1.0", .get = get};

static uint32_t choice(const struct bp_prop *p)
{
    uint32_t i = 0;

    while (p->choices[i] && strcmp(p->choices[i], p->def) != 0)
        i++;
    return i;
}

static void set_defaults(const struct bp_cpu_class *cls, char *state)
{
    for (uint32_t i = 0; i < cls->nprops; i++) {
        const struct bp_prop *p =
            (const void *)((const char *)cls->props + (size_t)i * cls->prop_stride);
        uint32_t v;
        if (!p->def)
            continue;
        v = p->type == BP_PROP_ENUM ? choice(p) : (uint32_t)strtoul(p->def, NULL, 0);
        if (p->type == BP_PROP_BOOL)
            state[p->offset] = !strcmp(p->def, "true");
        else if (p->type == BP_PROP_U32 || p->type == BP_PROP_ENUM)
            memcpy(state + p->offset, &v, sizeof v);
    }
}

/* --- random code ------------------------------------------------------------------------------ */

struct code {
    uint16_t halves[2 * MAX_INSNS + 2];
};

static int32_t fetch16(void *ctx, uint32_t offset, uint16_t *out)
{
    const struct code *code = ctx;

    if (offset / 2 >= sizeof code->halves / sizeof *code->halves)
        return BP_E_FAULT;
    *out = code->halves[offset / 2];
    return BP_OK;
}

/* A word with a major opcode and a funct7 that exist, though not always together. */
static uint32_t likely_word(struct rng *rng)
{
    static const uint8_t majors[] = {0x03, 0x07, 0x0f, 0x13, 0x17, 0x1b, 0x23, 0x27,
                                     0x2f, 0x33, 0x33, 0x37, 0x3b, 0x43, 0x47, 0x4b,
                                     0x4f, 0x53, 0x53, 0x63, 0x67, 0x6f};
    static const uint8_t functs[] = {0x00, 0x01, 0x20, 0x04, 0x05, 0x07, 0x08, 0x09,
                                     0x0c, 0x0d, 0x10, 0x11, 0x14, 0x15, 0x24, 0x21,
                                     0x2c, 0x2d, 0x30, 0x34, 0x35, 0x50, 0x51, 0x60,
                                     0x61, 0x68, 0x69, 0x70, 0x71, 0x78, 0x79};
    uint32_t funct7 =
        rng_below(rng, 3) ? functs[rng_below(rng, sizeof functs)] : rng_below(rng, 128);
    uint32_t rs2 = rng_below(rng, rng_below(rng, 2) ? 8 : 32);

    return funct7 << 25 | rs2 << 20 | rng_below(rng, 1u << 13) << 7 |
           majors[rng_below(rng, sizeof majors)];
}

static void random_code(struct rng *rng, struct code *code)
{
    for (size_t i = 0; i + 1 < sizeof code->halves / sizeof *code->halves; i += 2) {
        uint32_t word = rng_below(rng, 4) ? likely_word(rng) : (uint32_t)rng_next(rng);
        code->halves[i] = (uint16_t)word;
        code->halves[i + 1] = (uint16_t)(word >> 16);
    }
}

/* --- the test --------------------------------------------------------------------------------- */

struct buffers {
    struct bp_ir_op ops[MAX_OPS], again_ops[MAX_OPS];
    struct bp_ir_insn insns[MAX_INSNS], again_insns[MAX_INSNS];
    char text[TEXT_ROOM], why[512];
};

static void check(const struct bp_cpu_class *cls, struct buffers *b,
                  const struct bp_ir_builder *block)
{
    struct bp_ir_builder again = {
        .ops = b->again_ops, .insns = b->again_insns, .max_insns = MAX_INSNS};
    uint32_t length = ir_print(cls, block, b->text, sizeof b->text);

    cr_assert_lt(length, sizeof b->text);
    cr_assert(!ir_verify(cls, block, b->why, sizeof b->why), "%s: mode 0x%x: %s\n%s", cls->name,
              block->mode, b->why, b->text);
    cr_assert(!strstr(b->text, "raw "), "%s", b->text);
    cr_assert(!ir_parse(cls, b->text, length, &again, b->why, sizeof b->why), "%s\n%s", b->why,
              b->text);
    cr_assert(again.nops == block->nops && again.ninsns == block->ninsns &&
                  !memcmp(block->ops, again.ops, block->nops * sizeof *block->ops) &&
                  !memcmp(block->insns, again.insns, block->ninsns * sizeof *block->insns),
              "%s", b->text);
}

static void run_class(const struct bp_cpu_class *cls)
{
    struct buffers *b = calloc(1, sizeof *b);
    char *state = aligned_alloc(64, (cls->state_size + 63u) / 64 * 64);
    struct rng rng = {.state = 1};
    struct code code;
    uint32_t mode, ops = 0;

    cr_assert(b && state);
    memset(state, 0, cls->state_size);
    set_defaults(cls, state);
    cr_assert_eq(cls->init(state, NULL, &api, NULL, &core), BP_OK, "%s", cls->name);
    cls->reset(state, 0);
    memcpy(&mode, state + cls->mode_offset, sizeof mode);
    for (int i = 0; i < BLOCKS; i++) {
        struct bp_ir_builder block = {.size = sizeof block,
                                      .flags = rng_below(&rng, 4) ? 0 : BP_BUILDER_SINGLE,
                                      .ops = b->ops,
                                      .insns = b->insns,
                                      .max_insns = 1 + rng_below(&rng, MAX_INSNS),
                                      .mode = random_mode(&rng, cls, mode),
                                      .pc = 0x80000000u + 2 * rng_below(&rng, 2048),
                                      .ctx = &code,
                                      .fetch16 = fetch16};
        random_code(&rng, &code);
        cr_assert_eq(cls->translate(state, &block), BP_OK);
        check(cls, b, &block);
        ops += block.nops;
    }
    cr_expect_gt(ops, 2 * BLOCKS);
    cls->finish(state);
    free(state);
    free(b);
}

Test(translators, riscv)
{
    void *object = dlopen(IR_RISCV_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    const struct bp_plugin *(*query)(void);
    const struct bp_cpu_factory *factory;

    cr_assert(object, "%s", dlerror());
    *(void **)&query = dlsym(object, "bp_plugin_query_v1");
    cr_assert(query);
    factory = query()->get_factory(BP_FACTORY_CPUS);
    cr_assert(factory && factory->classes[0]);
    for (uint32_t i = 0; factory->classes[i]; i++)
        run_class(factory->classes[i]);
    dlclose(object);
}
