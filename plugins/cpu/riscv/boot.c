/* SPDX-License-Identifier: Apache-2.0
 *
 * boot.c - what firmware and kernels find: registers at the first instruction, the information
 * block of OpenSBI's dynamic firmware, and the hart's node in the device tree (Linux bindings
 * riscv/cpus.yaml, extensions.yaml).
 */
#include "hart.h"

#include <backplane/fdt.h>
#include <stdio.h>
#include <string.h>

/* a0 = hart id, a1 = device tree, a2 = information block (OpenSBI docs/firmware/fw.md; the Linux
 * boot protocol asks for the first two). */
void riscv_set_boot(void *state, uint32_t index, const struct bp_boot *boot)
{
    struct hart *h = state;

    (void)index;
    if (boot->entry)
        h->pc = hart_trim(h, boot->entry);
    h->x[10] = hart_extend(h, h->hartid);
    h->x[11] = hart_extend(h, boot->fdt);
    h->x[12] = hart_extend(h, boot->blob);
}

/* The block of fw_dynamic, version 2 (OpenSBI docs/firmware/fw_dynamic.md): XLEN-wide
 * little-endian words. */
#define FW_DYNAMIC_MAGIC   UINT64_C(0x4942534f)
#define FW_DYNAMIC_VERSION 2u

uint32_t riscv_boot_blob(void *state, const struct bp_boot *boot, void *bytes, uint32_t room)
{
    const struct hart *h = state;
    /* The preferred hart is known by its index here; only the first one's id can be told.
     * Otherwise: any. */
    const uint64_t words[] = {
        FW_DYNAMIC_MAGIC,
        FW_DYNAMIC_VERSION,
        boot->next_entry,
        hart_has(h, EXT_S) ? PRIV_S : PRIV_M, /* mode of the next stage */
        0,                                    /* options */
        boot->boot_cpu == 0 ? h->hartid : UINT64_MAX,
    };
    const uint32_t width = h->xlen / 8, count = sizeof(words) / sizeof(*words);
    uint8_t *out = bytes;

    if (!boot->next_entry || room < width * count)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < width; k++)
            *out++ = (uint8_t)(words[i] >> (8 * k));
    return width * count;
}

/* --- device tree ---------------------------------------------------------- */

/* Extensions by name; NULL: not part of the ISA string. */
static const struct {
    uint8_t ext;
    const char *word;
} isa_words[] = {
#define RISCV_FIXED(word)                        {EXT_NONE, word},
#define RISCV_EXT(ID, word, gc, imac, misa, doc) {EXT_##ID, word},
#define RISCV_PRIV(ID, word, gc, imac, misa, doc)
#include "extensions.def"
};

#define ISA_TEXT_MAX 256

struct isa_text {
    char string[ISA_TEXT_MAX]; /* "rv64imafdc_zicsr_..." */
    char list[ISA_TEXT_MAX];   /* the extensions, each with its NUL */
    uint32_t list_bytes;
};

static void append(struct isa_text *t, const char *word)
{
    size_t used = strlen(t->string), length = strlen(word);

    if (used + length + 2 > sizeof(t->string) || t->list_bytes + length + 1 > sizeof(t->list))
        return;
    snprintf(t->string + used, sizeof(t->string) - used, length > 1 ? "_%s" : "%s", word);
    memcpy(t->list + t->list_bytes, word, length + 1);
    t->list_bytes += (uint32_t)length + 1;
}

static void build_isa(uint32_t xlen, uint32_t ext, bool mmu, struct isa_text *t)
{
    t->list_bytes = 0;
    snprintf(t->string, sizeof(t->string), "rv%u", xlen);
    for (size_t i = 0; i < sizeof(isa_words) / sizeof(*isa_words); i++) {
        /* Svadu starts disabled, which is Svade; listing both tells the kernel to ask the
         * firmware for it. */
        if (isa_words[i].ext == EXT_SVADU && mmu)
            append(t, "svade");
        if (isa_words[i].ext == EXT_NONE || ext >> isa_words[i].ext & 1)
            append(t, isa_words[i].word);
    }
}

/* A device tree may be wanted of a machine that is not started, so this reads properties only. */
static int32_t emit(const struct hart *h, uint32_t xlen, const struct bp_fdt_writer *w)
{
    static const char *const mmu32[] = {"riscv,none", "riscv,sv32"};
    static const char *const mmu64[] = {"riscv,none", "riscv,sv39", "riscv,sv48", "riscv,sv57"};
    const struct bp_counter_iface *counter = h->time.iface;
    const uint32_t ext = riscv_extensions(h), mmu = ext >> EXT_S & 1 ? h->mmu : 0;
    struct isa_text isa;
    int32_t status = BP_OK;

    build_isa(xlen, ext, mmu != 0, &isa);
#define TRY(call)                                                                                  \
    do {                                                                                           \
        if (status == BP_OK)                                                                       \
            status = (call);                                                                       \
    } while (0)
    TRY(w->str(w->ctx, "device_type", "cpu"));
    TRY(w->u32(w->ctx, "reg", h->hartid));
    TRY(w->str(w->ctx, "status", "okay"));
    TRY(w->str(w->ctx, "riscv,isa", isa.string));
    TRY(w->str(w->ctx, "riscv,isa-base", xlen == 32 ? "rv32i" : "rv64i"));
    TRY(w->bytes(w->ctx, "riscv,isa-extensions", isa.list, isa.list_bytes));
    TRY(w->str(w->ctx, "mmu-type", xlen == 32 ? mmu32[mmu] : mmu64[mmu]));
    if (ext >> EXT_ZICBOM & 1)
        TRY(w->u32(w->ctx, "riscv,cbom-block-size", RISCV_CACHE_BLOCK));
    if (ext >> EXT_ZICBOZ & 1)
        TRY(w->u32(w->ctx, "riscv,cboz-block-size", RISCV_CACHE_BLOCK));
    if (counter)
        TRY(w->u32(w->ctx, "timebase-frequency", (uint32_t)counter->hz(h->time.self)));
    TRY(w->begin(w->ctx, "interrupt-controller"));
    TRY(w->str(w->ctx, "compatible", "riscv,cpu-intc"));
    TRY(w->u32(w->ctx, "#interrupt-cells", 1));
    TRY(w->empty(w->ctx, "interrupt-controller"));
    TRY(w->end(w->ctx));
#undef TRY
    return status;
}

static int32_t emit32(void *self, const struct bp_fdt_writer *writer)
{
    return emit(self, 32, writer);
}

static int32_t emit64(void *self, const struct bp_fdt_writer *writer)
{
    return emit(self, 64, writer);
}

#define FDT_NODE(emit_fn)                                                                          \
    {                                                                                              \
        .size = sizeof(struct bp_fdt_node), .flags = BP_FDT_NO_REG | BP_FDT_NO_INTERRUPTS,         \
        .name = "cpu", .compatible = "riscv", .emit = emit_fn                                      \
    }

const void *riscv_get_iface32(void *state, const char *id)
{
    static const struct bp_fdt_node node = FDT_NODE(emit32);

    return strcmp(id, BP_FDT_NODE_ID) == 0 ? &node : NULL;
}

const void *riscv_get_iface64(void *state, const char *id)
{
    static const struct bp_fdt_node node = FDT_NODE(emit64);

    return strcmp(id, BP_FDT_NODE_ID) == 0 ? &node : NULL;
}
