/* SPDX-License-Identifier: Apache-2.0
 *
 * flawed.c - an accelerator with two mistakes of the kind that translators make, for the test of lockstep: the interpreter,
 * whose CPU class is given another translate(). In blocks of several instructions, an addition of 0x5a5 adds one
 * more, and a store at displacement 0x7a8 goes eight bytes further.
 */
#include <string.h>

#include <backplane/plugin.h>

#include "../../plugins/accel/interp/interp.h"

static struct bp_cpu_class flawed_cpu;
static const struct bp_cpu_class *cpu;

static int32_t translate(void *state, struct bp_ir_builder *builder)
{
    int32_t status = cpu->translate(state, builder);

    if (status != BP_OK || builder->flags & BP_BUILDER_SINGLE)
        return status;
    for (uint32_t i = 0; i < builder->nops; i++) {
        struct bp_ir_op *op = &builder->ops[i];

        if (op->op == BP_IR_ADD && op->b == BP_IR_IMM && op->imm == 0x5a5)
            op->imm++;
        if (op->op == BP_IR_ST && op->disp == 0x7a8)
            op->disp += 8;
    }
    return status;
}

static int32_t create(void *self, uint32_t index, const struct bp_cpu_class *cls,
                      struct bp_vcpu **vcpu, void **state)
{
    cpu = cls;
    memset(&flawed_cpu, 0, sizeof flawed_cpu);
    memcpy(&flawed_cpu, cls, cls->size < sizeof flawed_cpu ? cls->size : sizeof flawed_cpu);
    flawed_cpu.translate = translate;
    return interp_vcpu_create(self, index, &flawed_cpu, vcpu, state);
}

static struct bp_accel_class flawed_class;
static const struct bp_accel_class *const classes[] = {&flawed_class, NULL};
static const struct bp_accel_factory factory = {sizeof factory, 0, classes};

static const void *get_factory(const char *id)
{
    return strcmp(id, BP_FACTORY_ACCELS) ? NULL : &factory;
}

static const struct bp_plugin plugin = {
    .size = sizeof plugin,
    .id = "flawed",
    .version = "0.1.0",
    .vendor = "Backplane",
    .license = "Apache-2.0",
    .doc = "accelerator with planted mistakes",
    .get_factory = get_factory,
};

const struct bp_plugin *bp_plugin_query_v1(void)
{
    return &plugin;
}

__attribute__((constructor)) static void inherit(void)
{
    flawed_class = interp_class;
    flawed_class.name = "flawed";
    flawed_class.doc = "the interpreter with planted mistakes";
    flawed_class.vcpu_create = create;
    flawed_class.rank = 0;
}
