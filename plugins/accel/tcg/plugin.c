/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin.c - tcg.so: the interpreter's accelerator class with the translator on top.
 */
#include <stdio.h>
#include <string.h>

#include <backplane/plugin.h>
#include <backplane/trace.h>

#include "host.h"

static int32_t probe(const struct bp_core *core, char *why, uint32_t room)
{
    const char *reason = host_refuses();

    if (reason)
        snprintf(why, room, "%s", reason);
    return reason ? BP_E_UNSUPPORTED : BP_OK;
}

/* What can be switched off, for finding out what it is worth, or what is wrong. */
#define SWITCH(member, text)                                                                       \
    {                                                                                              \
        .name = #member, .doc = text, .type = BP_PROP_BOOL,                                        \
        .offset = offsetof(struct tcg, does.member), .def = "true"                                 \
    }

static const struct bp_prop props[] = {
    {.name = "cache",
     .doc = "code cache of all vCPUs together; memory is taken as it fills",
     .type = BP_PROP_SIZE,
     .offset = offsetof(struct tcg, interp.cache),
     .def = "48MiB",
     .min = 1ull << 20,
     .max = 1ull << 30},
    {.name = "hot",
     .doc = "times a block is interpreted before it is translated",
     .type = BP_PROP_U32,
     .offset = offsetof(struct tcg, hot),
     .def = "16",
     .min = 1,
     .max = 1u << 30},
    {.name = "very-hot",
     .doc = "times a loop goes round in translated code before it is compiled as a region",
     .type = BP_PROP_U32,
     .offset = offsetof(struct tcg, very_hot),
     .def = "5000",
     .min = 1,
     .max = 1u << 30},
    {.name = "perf",
     .doc = "name translated code for `perf`: /tmp/perf-PID.map, by guest address",
     .type = BP_PROP_BOOL,
     .offset = offsetof(struct tcg, perf),
     .def = "false"},
    {.name = "dump",
     .doc = "text file for IR and host code of all that is translated",
     .type = BP_PROP_PATH,
     .offset = offsetof(struct tcg, dump_path)},
    {.name = "jitdump",
     .doc = "folder for jit-PID.dump: translated code with its bytes, for `perf inject --jit`",
     .type = BP_PROP_PATH,
     .offset = offsetof(struct tcg, jitdump_path)},
    {.name = "gdb",
     .doc = "name translated code for a gdb that debugs this process, by guest address",
     .type = BP_PROP_BOOL,
     .offset = offsetof(struct tcg, gdb),
     .def = "false"},
    SWITCH(pins, "keep the guest's most used registers in host registers"),
    SWITCH(floats, "keep floats in host registers within a block and through its loops"),
    SWITCH(constants, "follow constants through a block, and fold what is computed from them"),
    SWITCH(loops, "branches within a block stay in it"),
    SWITCH(links, "jump from block to block without coming back in between"),
    SWITCH(jumps, "look the targets of computed jumps up in translated code"),
    SWITCH(checks, "accesses with the same base share a look at the TLB"),
    SWITCH(windows, "without address translation, RAM is reached without a look at the TLB"),
    SWITCH(narrow, "registers of 32 bits are sign-extended when they leave translated code"),
    SWITCH(swaps, "LR and SC with nothing but arithmetic between them are a compare-and-swap"),
    SWITCH(regions, "compile loops, with what they call, as regions of several blocks"),
    {.name = "verify",
     .doc = "check the IR of every block against the rules of ir.h",
     .type = BP_PROP_BOOL,
     .offset = offsetof(struct tcg, interp.verify),
     .def = "false"},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core,
                    const struct bp_accel_host *api, void *host)
{
    struct tcg *tcg = self;
    int32_t status;

    tcg->tier = tcg_tier;
    tcg->tier.heat = tcg->hot ? tcg->hot : 1;
    tcg->interp.tier = &tcg->tier;
    tcg->trace = core->get(core, BP_TRACE_ID);
    status = interp_class.init(self, dev, core, api, host);
    return status ? status : tcg_listen(tcg);
}

static void finish(void *self)
{
    tcg_unlisten(self);
    interp_class.finish(self);
}

static struct bp_accel_class tcg_class;
static const struct bp_accel_class *const classes[] = {&tcg_class, NULL};
static const struct bp_accel_factory factory = {sizeof factory, 0, classes};

static const void *get_factory(const char *id)
{
    return strcmp(id, BP_FACTORY_ACCELS) ? NULL : &factory;
}

static const struct bp_plugin plugin = {
    .size = sizeof plugin,
    .id = "tcg",
    .version = "0.1.0",
    .vendor = "Backplane",
    .license = "Apache-2.0",
    .doc = "accelerator that translates guest code to host code",
    .get_factory = get_factory,
};

const struct bp_plugin *bp_plugin_query_v1(void)
{
    return &plugin;
}

/* All that is not different is the interpreter's. */
__attribute__((constructor)) static void inherit(void)
{
    tcg_class = interp_class;
    tcg_class.name = "tcg";
    tcg_class.doc = "translator to host code for x86-64, over the interpreter";
    tcg_class.instance_size = sizeof(struct tcg);
    tcg_class.instance_align = _Alignof(struct tcg);
    tcg_class.props = props;
    tcg_class.nprops = sizeof props / sizeof *props;
    tcg_class.probe = probe;
    tcg_class.init = init;
    tcg_class.finish = finish;
    tcg_class.rank = 50;
}
