/* SPDX-License-Identifier: Apache-2.0
 *
 * riscv_boot.c - what firmware and kernels are given: registers, information block, device tree.
 */
#include <criterion/criterion.h>

#include "riscv_fake.h"
#include <backplane/fdt.h>

Test(boot, registers_and_information_block)
{
    struct hart *h = fake_hart("rv64gc", 0);
    const struct bp_boot boot = {.size = sizeof(boot),
                                 .entry = FAKE_BASE,
                                 .fdt = FAKE_BASE + 0x8000,
                                 .next_entry = FAKE_BASE + 0x200000,
                                 .blob = FAKE_BASE + 0x9000};
    uint64_t words[6];
    uint8_t small[8];

    h->hartid = 3;
    riscv_set_boot(h, 0, &boot);
    cr_assert(h->pc == FAKE_BASE && h->x[10] == 3 && h->x[11] == boot.fdt && h->x[12] == boot.blob);
    cr_assert_eq(riscv_boot_blob(h, &boot, words, sizeof(words)), 48);
    cr_assert(words[0] == 0x4942534f && words[1] == 2 && words[2] == boot.next_entry &&
              words[3] == PRIV_S && words[4] == 0 && words[5] == 3);
    cr_assert_eq(riscv_boot_blob(h, &boot, small, sizeof(small)), 0);
    free(h);
    h = fake_hart("rv32gc", 0);
    riscv_set_boot(h, 0, &boot);
    cr_assert_eq(h->pc, FAKE_BASE);
    cr_assert_eq(h->x[11], UINT64_C(0xffffffff80008000), "a register, so sign-extended");
    cr_assert_eq(riscv_boot_blob(h, &boot, words, sizeof(words)), 24);
    free(h);
}

/* --- device tree ----------------------------------------------------------- */

/* Everything emitted, as text: "name=value;" with children in braces. */
static char tree[2048];

static void add(const char *name, const char *middle, const char *value, const char *end)
{
    size_t used = strlen(tree);

    snprintf(tree + used, sizeof(tree) - used, "%s%s%s%s", name, middle, value, end);
}

static int32_t fdt_u32(void *ctx, const char *prop, uint32_t value)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", value);
    add(prop, "=", text, ";");
    return BP_OK;
}

static int32_t fdt_str(void *ctx, const char *prop, const char *text)
{
    add(prop, "=", text, ";");
    return BP_OK;
}

static int32_t fdt_bytes(void *ctx, const char *prop, const void *data, uint32_t bytes)
{
    char list[512];

    cr_assert(bytes <= sizeof(list) && bytes > 0);
    memcpy(list, data, bytes);
    cr_assert_eq(list[bytes - 1], 0);
    for (uint32_t i = 0; i + 1 < bytes; i++)
        if (!list[i])
            list[i] = '|';
    add(prop, "=", list, ";");
    return BP_OK;
}

static int32_t fdt_empty(void *ctx, const char *prop)
{
    add(prop, "", "", ";");
    return BP_OK;
}

static int32_t fdt_begin(void *ctx, const char *name)
{
    add(name, "{", "", "");
    return BP_OK;
}

static int32_t fdt_end(void *ctx)
{
    add("}", "", "", "");
    return BP_OK;
}

static int32_t fdt_full(void *ctx, const char *prop, const char *text)
{
    return BP_E_FULL;
}

static const struct bp_fdt_writer writer = {
    .size = sizeof(writer),
    .u32 = fdt_u32,
    .str = fdt_str,
    .bytes = fdt_bytes,
    .empty = fdt_empty,
    .begin = fdt_begin,
    .end = fdt_end,
};

Test(fdt, node_of_a_hart)
{
    struct hart *h = fake_hart("rv64gc", 0);
    const struct bp_fdt_node *node = riscv_get_iface64(h, BP_FDT_NODE_ID);

    h->hartid = 2;
    h->xlen = h->ext =
        0; /* as if init() had never run: `fdt` prints a machine that is not started */
    cr_assert_eq(node->emit(h, &writer), BP_OK);
    cr_assert_str_eq(tree, "device_type=cpu;reg=2;status=okay;"
                           "riscv,isa=rv64imafdc_zicbom_zicboz_zicntr_zicond_zicsr_zifencei_zihpm_"
                           "zba_zbb_zbc_zbs_sstc_svade_svadu_svinval;"
                           "riscv,isa-base=rv64i;"
                           "riscv,isa-extensions=i|m|a|f|d|c|zicbom|zicboz|zicntr|zicond|zicsr|"
                           "zifencei|zihpm|zba|zbb|zbc|zbs|sstc|svade|svadu|svinval;"
                           "mmu-type=riscv,sv57;riscv,cbom-block-size=64;"
                           "riscv,cboz-block-size=64;timebase-frequency=10000000;"
                           "interrupt-controller{compatible=riscv,cpu-intc;#interrupt-cells=1;"
                           "interrupt-controller;}");
    cr_assert_null(riscv_get_iface64(h, "bp.counter/1"));
    free(h);
}

Test(fdt, small_hart_and_full_tree)
{
    struct bp_fdt_writer full = writer;
    struct hart *h = fake_hart("rv32imac", 1u << EXT_S);
    const struct bp_fdt_node *node = riscv_get_iface32(h, BP_FDT_NODE_ID);

    cr_assert_eq(node->emit(h, &writer), BP_OK);
    cr_assert_not_null(strstr(tree, "riscv,isa=rv32imac_zicntr_zicsr_zifencei_zihpm;"));
    cr_assert_not_null(strstr(tree, "mmu-type=riscv,none;"));
    full.str = fdt_full;
    cr_assert_eq(node->emit(h, &full), BP_E_FULL);
    free(h);
}
