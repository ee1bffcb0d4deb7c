/* SPDX-License-Identifier: Apache-2.0
 *
 * test_refuse.c - CPUs that an accelerator does not take: each is refused with its cause and what would be right.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "program.h"

static struct machine *m;

static void set_up(void)
{
    m = machine_new(1, 0);
}

static void tear_down(void)
{
    machine_free(m);
}

TestSuite(refuse, .init = set_up, .fini = tear_down, .timeout = 120 * BP_PATIENCE);

static void expect_refused(uint32_t index, const struct bp_cpu_class *cls, const char *cause,
                           const char *cure)
{
    struct bp_vcpu *vcpu = NULL;
    void *state = NULL;

    m->error[0] = 0;
    cr_assert_eq(m->accel->vcpu_create(m->instance, index, cls, &vcpu, &state), BP_E_UNSUPPORTED);
    cr_assert(!vcpu && !state, "nothing is made");
    cr_assert(strstr(m->error, cause), "`%s` has no `%s`", m->error, cause);
    cr_assert(strstr(m->error, cure), "`%s` has no `%s`", m->error, cure);
}

Test(refuse, one_vcpu_too_many)
{
    expect_refused(63, &toy_class, "63 vCPUs", "give the board no more");
}

Test(refuse, another_generation_of_the_ir)
{
    struct bp_cpu_class cls = toy_class;

    cls.ir_major = BP_IR_MAJOR + 1;
    expect_refused(1, &cls, "IR of another version", "build its plug-in");
}

Test(refuse, too_many_memory_contexts_or_none)
{
    struct bp_cpu_class cls = toy_class;

    cls.ncontexts = 17;
    expect_refused(1, &cls, "1 to 16 memory contexts", "ncontexts");
    cls.ncontexts = 0;
    expect_refused(1, &cls, "1 to 16 memory contexts", "ncontexts");
}

Test(refuse, a_register_far_from_the_start_of_its_state)
{
    struct bp_cpu_class cls = toy_class;
    struct bp_cpu_reg regs[64];

    cr_assert_leq(cls.nregs, 64);
    memcpy(regs, cls.regs, cls.nregs * sizeof *regs);
    regs[1].offset = 0xffff;
    cls.regs = regs;
    cls.state_size = 0x20000;
    expect_refused(1, &cls, "too far from the start", "first");
}
