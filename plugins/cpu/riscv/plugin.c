/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin.c - riscv.so: the four types of hart, and what their nodes may say. They share all code; a
 * type is an XLEN, a set of defaults, and whether it has floating point at all.
 */
#include "emit.h"

#include <backplane/plugin.h>
#include <string.h>

/* --- registers ------------------------------------------------------------ */

#define SLOT(member) offsetof(struct hart, member)
#define X_ROW(i, abi, xlen)                                                                        \
    {"x" #i, abi, xlen, SLOT(x) + 8 * (i), BP_REGS_GENERAL, BP_CPU_REG_IR, i, 0, 0},
#define F_ROW(i, abi)                                                                              \
    {"f" #i, abi, 64, SLOT(f) + 8 * (i), BP_REGS_FLOAT, BP_CPU_REG_IR, 33 + (i), 0, 0},
#define PC_ROW(xlen) {"pc", NULL, xlen, SLOT(pc), BP_REGS_GENERAL, BP_CPU_REG_PC, 32, 0, 0},
#define CSR_ROW(number, name, bits)                                                                \
    {#name, NULL, bits, SLOT(name), BP_REGS_SYSTEM, 0, 65 + (number), 0, 0},
#define FCSR_ROW(number, name) {#name, NULL, 32, SLOT(name), BP_REGS_FLOAT, 0, 65 + (number), 0, 0},

#define REG_X(i, abi)           X_ROW(i, abi, 32)
#define REG_F(i, abi)           F_ROW(i, abi)
#define REG_PC                  PC_ROW(32)
#define REG_FCSR(number, name)  FCSR_ROW(number, name)
#define REG_CSR(number, name)   CSR_ROW(number, name, 32)
#define REG_CSR64(number, name) CSR_ROW(number, name, 64)
static const struct bp_cpu_reg regs_rv32gc[] = {
#include "registers.def"
};

#define REG_X(i, abi) X_ROW(i, abi, 32)
#define REG_F(i, abi)
#define REG_PC PC_ROW(32)
#define REG_FCSR(number, name)
#define REG_CSR(number, name)   CSR_ROW(number, name, 32)
#define REG_CSR64(number, name) CSR_ROW(number, name, 64)
static const struct bp_cpu_reg regs_rv32imac[] = {
#include "registers.def"
};

#define REG_X(i, abi)           X_ROW(i, abi, 64)
#define REG_F(i, abi)           F_ROW(i, abi)
#define REG_PC                  PC_ROW(64)
#define REG_FCSR(number, name)  FCSR_ROW(number, name)
#define REG_CSR(number, name)   CSR_ROW(number, name, 64)
#define REG_CSR64(number, name) CSR_ROW(number, name, 64)
static const struct bp_cpu_reg regs_rv64gc[] = {
#include "registers.def"
};

#define REG_X(i, abi) X_ROW(i, abi, 64)
#define REG_F(i, abi)
#define REG_PC PC_ROW(64)
#define REG_FCSR(number, name)
#define REG_CSR(number, name)   CSR_ROW(number, name, 64)
#define REG_CSR64(number, name) CSR_ROW(number, name, 64)
static const struct bp_cpu_reg regs_rv64imac[] = {
#include "registers.def"
};

/* --- properties ----------------------------------------------------------- */

static const char *const mmu32[] = {"none", "sv32", NULL};
static const char *const mmu64[] = {"none", "sv39", "sv48", "sv57", NULL}; /* order: mmu.c's rows */
static const char *const misaligned[] = {"works", "traps", NULL};

#define BOOL_ROW(ID, word, default_text, doc_text)                                                 \
    {.name = word,                                                                                 \
     .doc = doc_text,                                                                              \
     .type = BP_PROP_BOOL,                                                                         \
     .offset = SLOT(ext_on) + EXT_##ID,                                                            \
     .def = default_text},

#define COMMON_PROPS(mmu_choices, mmu_default)                                                     \
    {.name = "hartid",                                                                             \
     .doc = "mhartid, and reg of the device tree node.",                                           \
     .type = BP_PROP_U32,                                                                          \
     .offset = SLOT(hartid),                                                                       \
     .def = "0"},                                                                                  \
        {.name = "reset-vector",                                                                   \
         .doc = "Where execution starts when no image says otherwise.",                            \
         .type = BP_PROP_ADDR,                                                                     \
         .offset = SLOT(reset_vector),                                                             \
         .def = "0"},                                                                              \
        {.name = "mmu",                                                                            \
         .doc = "Largest translation scheme; the smaller ones come with it.",                      \
         .type = BP_PROP_ENUM,                                                                     \
         .offset = SLOT(mmu),                                                                      \
         .def = mmu_default,                                                                       \
         .choices = mmu_choices},                                                                  \
        {.name = "pmp-regions",                                                                    \
         .doc = "Physical memory protection entries.",                                             \
         .type = BP_PROP_U32,                                                                      \
         .offset = SLOT(pmp_regions),                                                              \
         .def = "16",                                                                              \
         .min = 0,                                                                                 \
         .max = PMP_MAX},                                                                          \
        {.name = "misaligned",                                                                     \
         .doc = "Misaligned loads and stores: work, or raise an exception.",                       \
         .type = BP_PROP_ENUM,                                                                     \
         .offset = SLOT(misaligned),                                                               \
         .def = "works",                                                                           \
         .choices = misaligned},                                                                   \
        {.name = "time",                                                                           \
         .doc = "The node that counts time (mtime); without it there is no time CSR and no Sstc.", \
         .type = BP_PROP_REF,                                                                      \
         .offset = SLOT(time),                                                                     \
         .ref_iface = BP_COUNTER_ID},

#define RISCV_EXT(ID, word, gc, imac, misa, doc) BOOL_ROW(ID, word, gc, doc)
static const struct bp_prop props_rv32gc[] = {COMMON_PROPS(mmu32, "sv32")
#include "extensions.def"
};

#define RISCV_EXT(ID, word, gc, imac, misa, doc) BOOL_ROW(ID, word, gc, doc)
static const struct bp_prop props_rv64gc[] = {COMMON_PROPS(mmu64, "sv39")
#include "extensions.def"
};

#define RISCV_EXT(ID, word, gc, imac, misa, doc) BOOL_ROW(ID, word, imac, doc)
#define RISCV_EXT_FP(ID, word, gc, imac, misa, doc)
static const struct bp_prop props_rv32imac[] = {COMMON_PROPS(mmu32, "sv32")
#include "extensions.def"
};

#define RISCV_EXT(ID, word, gc, imac, misa, doc) BOOL_ROW(ID, word, imac, doc)
#define RISCV_EXT_FP(ID, word, gc, imac, misa, doc)
static const struct bp_prop props_rv64imac[] = {COMMON_PROPS(mmu64, "sv39")
#include "extensions.def"
};

/* --- pins ----------------------------------------------------------------- */

#define PIN(pin, text)                                                                             \
    {                                                                                              \
        .name = #pin, .doc = text, .kind = BP_PORT_IRQ, .dir = BP_DIR_IN, .offset = BP_NO_OFFSET,  \
        .width = 1, .on_line = riscv_line_##pin                                                    \
    }

static const struct bp_port ports[] = {
    PIN(msip, "Machine software interrupt."),
    PIN(mtip, "Machine timer interrupt."),
    PIN(meip, "Machine external interrupt."),
    PIN(seip, "Supervisor external interrupt."),
    PIN(ssip, "Supervisor software interrupt; a rising edge sets mip.SSIP."),
};

/* Integer registers from the most used on, as compilers use them: a5, a4, sp, a0, s0, a3, s1, a1,
 * a2, ra, s2, a6, t1, s3, s4, a7, t3, s5, t4, s6, t5, s7. */
static const uint16_t hot[] = {15, 14, 2,  10, 8,  13, 9,  11, 12, 1,  18,
                               16, 6,  19, 20, 17, 28, 21, 29, 22, 30, 23};

/* --- classes -------------------------------------------------------------- */

#define HART_CLASS(id, bits, text)                                                                 \
    static int32_t read_##id(void *state, uint32_t reg, uint64_t *value)                           \
    {                                                                                              \
        *value = 0;                                                                                \
        return reg < sizeof(regs_##id) / sizeof(*regs_##id)                                        \
                   ? riscv_reg_read(state, &regs_##id[reg], value)                                 \
                   : BP_E_NOENT;                                                                   \
    }                                                                                              \
    static int32_t write_##id(void *state, uint32_t reg, uint64_t value)                           \
    {                                                                                              \
        return reg < sizeof(regs_##id) / sizeof(*regs_##id)                                        \
                   ? riscv_reg_write(state, &regs_##id[reg], value)                                \
                   : BP_E_NOENT;                                                                   \
    }                                                                                              \
    static const struct bp_cpu_class id = {                                                        \
        .size = sizeof(struct bp_cpu_class),                                                       \
        .name = #id,                                                                               \
        .doc = text,                                                                               \
        .state_size = sizeof(struct hart),                                                         \
        .state_align = _Alignof(struct hart),                                                      \
        .props = props_##id,                                                                       \
        .nprops = sizeof(props_##id) / sizeof(*props_##id),                                        \
        .prop_stride = sizeof(*props_##id),                                                        \
        .ports = ports,                                                                            \
        .nports = sizeof(ports) / sizeof(*ports),                                                  \
        .port_stride = sizeof(*ports),                                                             \
        .regs = regs_##id,                                                                         \
        .nregs = sizeof(regs_##id) / sizeof(*regs_##id),                                           \
        .reg_stride = sizeof(*regs_##id),                                                          \
        .helpers = riscv_helpers,                                                                  \
        .nhelpers = HELPER_COUNT,                                                                  \
        .helper_stride = sizeof(*riscv_helpers),                                                   \
        .ir_major = BP_IR_MAJOR,                                                                   \
        .xlen = bits,                                                                              \
        .ncontexts = CONTEXTS,                                                                     \
        .insn_align = 2,                                                                           \
        .mode_offset = SLOT(mode),                                                                 \
        .pc_offset = SLOT(pc),                                                                     \
        .fflags_offset = SLOT(fflags),                                                             \
        .fetch_context_offset = SLOT(fetch_context),                                               \
        .init = riscv_init##bits,                                                                  \
        .finish = riscv_finish,                                                                    \
        .reset = riscv_reset,                                                                      \
        .set_boot = riscv_set_boot,                                                                \
        .elf_machine = 243, /* EM_RISCV */                                                         \
        .nhot = sizeof(hot) / sizeof(*hot),                                                        \
        .hot = hot,                                                                                \
        .boot_blob = riscv_boot_blob,                                                              \
        .translate = riscv_translate,                                                              \
        .walk = riscv_walk,                                                                        \
        .fault = riscv_fault,                                                                      \
        .poll = riscv_poll,                                                                        \
        .disasm = riscv_disasm##bits,                                                              \
        .get_iface = riscv_get_iface##bits,                                                        \
        .state = &riscv_state,                                                                     \
        .reg_read = read_##id,                                                                     \
        .reg_write = write_##id,                                                                   \
    }

HART_CLASS(rv64gc, 64, "RISC-V hart, RV64GC with bit manipulation, M, S and U modes");
HART_CLASS(rv64imac, 64, "RISC-V hart, RV64IMAC, no floating point");
HART_CLASS(rv32gc, 32, "RISC-V hart, RV32GC with bit manipulation, M, S and U modes");
HART_CLASS(rv32imac, 32, "RISC-V hart, RV32IMAC, no floating point");

static const struct bp_cpu_class *const classes[] = {&rv64gc, &rv64imac, &rv32gc, &rv32imac, NULL};

static const struct bp_cpu_factory factory = {.size = sizeof(factory), .classes = classes};

static const void *get_factory(const char *id)
{
    return strcmp(id, BP_FACTORY_CPUS) == 0 ? &factory : NULL;
}

const struct bp_plugin *bp_plugin_query_v1(void)
{
    static const char *const requires_ids[] = {BP_TIMER_ID, BP_VCPU_HOST_ID, NULL};
    static const struct bp_plugin plugin = {
        .size = sizeof(plugin),
        .id = "riscv",
        .version = "0.1.0",
        .vendor = "Backplane",
        .license = "Apache-2.0",
        .doc = "RISC-V harts, RV32 and RV64",
        .requires_ids = requires_ids,
        .get_factory = get_factory,
    };

    return &plugin;
}
