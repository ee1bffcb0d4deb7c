/* SPDX-License-Identifier: Apache-2.0
 *
 * plic: the platform-level interrupt controller.
 *
 * Source: RISC-V Platform-Level Interrupt Controller Specification 1.0.0; chapter numbers below are its own. Harts are
 * served in the order of `harts`; each has a context for machine mode, one for supervisor mode, or both, M first.
 */
#include "platform.h"

#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/util/ifaces.h>

#define MAX_SOURCES 1023 /* chapter 1; source 0 does not exist */
#define WORDS 32
#define MAX_CONTEXTS 512 /* what the 4 MiB of the usual window hold */
#define MAX_HARTS MAX_CONTEXTS

/* Choices of `contexts`. */
#define CONTEXTS_BOTH 0u
#define CONTEXTS_MACHINE 1u
#define CONTEXTS_SUPERVISOR 2u

struct plic {
    const struct bp_line_api *lines;
    struct bp_line *meip, *seip;
    struct bp_list harts, edge_sources;
    uint32_t sources, priorities, mode;
    uint32_t ncontexts;

    uint32_t edge[WORDS];     /* sources with an edge gateway */
    uint32_t level[WORDS];    /* what the wires carry */
    uint32_t pending[WORDS];  /* IP */
    uint32_t claimed[WORDS];  /* the gateway waits for completion */
    uint32_t again[WORDS];    /* an edge came meanwhile */
    uint32_t priority[MAX_SOURCES + 1];
    uint32_t enable[MAX_CONTEXTS * WORDS];
    uint32_t threshold[MAX_CONTEXTS];
};

static uint32_t get(const uint32_t *bits, uint32_t source)
{
    return bits[source / 32] >> (source % 32) & 1;
}

static void put(uint32_t *bits, uint32_t source, uint32_t value)
{
    bits[source / 32] = (bits[source / 32] & ~BP_BIT(source % 32)) | value << (source % 32);
}

/* Sources that exist among the 32 of a word. */
static uint32_t existing(const struct plic *p, uint32_t word)
{
    uint32_t first = 32 * word, mask = word ? UINT32_MAX : UINT32_MAX - 1;

    if (first > p->sources)
        return 0;
    return p->sources - first >= 31 ? mask : mask & (BP_BIT(p->sources - first + 1) - 1);
}

/* Chapter 6: the highest priority wins, among equals the lowest id; priority 0 never interrupts. 0: none. */
static uint32_t best(const struct plic *p, uint32_t context)
{
    uint32_t winner = 0;

    for (uint32_t word = 0; word <= p->sources / 32; word++) {
        uint32_t bits = p->pending[word] & p->enable[context * WORDS + word];

        for (; bits; bits &= bits - 1) {
            uint32_t source = 32 * word + (uint32_t)__builtin_ctz(bits);

            if (p->priority[source] > (winner ? p->priority[winner] : 0))
                winner = source;
        }
    }
    return winner;
}

static void update_context(struct plic *p, uint32_t context)
{
    uint32_t source = best(p, context);
    uint32_t level = source && p->priority[source] > p->threshold[context];

    if (p->mode == CONTEXTS_BOTH)
        p->lines->set(context % 2 ? p->seip : p->meip, context / 2, level);
    else
        p->lines->set(p->mode == CONTEXTS_MACHINE ? p->meip : p->seip, context, level);
}

static void update(struct plic *p)
{
    for (uint32_t i = 0; i < p->ncontexts; i++)
        update_context(p, i);
}

/* --- gateways (chapter 5) -------------------------------------------------------------------------------- */

/* A level gateway sends one request and no other until completion; then it looks at the wire again. An edge gateway
 * remembers one edge that comes before completion. A request that was sent stays, even if the wire falls. */
static void on_source(void *self, uint32_t source, uint32_t level)
{
    struct plic *p = self;
    uint32_t rose = level && !get(p->level, source);

    if (!source || source > p->sources)
        return;
    put(p->level, source, level != 0);
    if (!rose)
        return;
    if (!get(p->claimed, source)) {
        put(p->pending, source, 1);
        update(p);
    } else if (get(p->edge, source)) {
        put(p->again, source, 1);
    }
}

static void complete(struct plic *p, uint32_t context, uint32_t source)
{
    uint32_t again;

    /* Chapter 9: an id that is not enabled for the target is ignored. */
    if (!source || source > p->sources || !get(&p->enable[context * WORDS], source) || !get(p->claimed, source))
        return;
    again = get(p->edge, source) ? get(p->again, source) : get(p->level, source);
    put(p->claimed, source, 0);
    put(p->again, source, 0);
    put(p->pending, source, get(p->pending, source) | again);
    update(p);
}

/* Chapter 8: the threshold does not matter for a claim. */
static uint32_t claim(struct plic *p, uint32_t context)
{
    uint32_t source = best(p, context);

    if (source) {
        put(p->pending, source, 0);
        put(p->claimed, source, 1);
        update(p);
    }
    return source;
}

/* --- registers (chapter 3) -------------------------------------------------------------------------------- */

/* Chapters 4 and 7: WARL fields that hold 0..priorities. */
static uint32_t legal(const struct plic *p, uint64_t value)
{
    uint32_t mask = p->priorities;

    for (uint32_t shift = 1; shift < 32; shift *= 2)
        mask |= mask >> shift;
    return (uint32_t)bp_min(value & mask, p->priorities);
}

static void on_priority_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct plic *p = self;

    p->priority[index] = index && index <= p->sources ? legal(p, value) : 0;
    update(p);
}

static void on_enable_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct plic *p = self;
    uint32_t context = index / WORDS;

    p->enable[index] = context < p->ncontexts ? (uint32_t)value & existing(p, index % WORDS) : 0;
    if (context < p->ncontexts)
        update_context(p, context);
}

static void on_threshold_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct plic *p = self;

    p->threshold[index] = index < p->ncontexts ? legal(p, value) : 0;
    if (index < p->ncontexts)
        update_context(p, index);
}

static uint64_t on_claim_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    struct plic *p = self;

    if (index >= p->ncontexts)
        return 0;
    return access->flags & BP_ACCESS_DEBUG ? best(p, index) : claim(p, index);
}

static void on_complete_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct plic *p = self;

    if (index < p->ncontexts)
        complete(p, index, value > MAX_SOURCES ? 0 : (uint32_t)value);
}

#define FIELD(name) .bound = BP_OFFSET(struct plic, name)

static const struct bp_reg regs[] = {
    {.offset = 0x000000, .width = 4, .name = "PRIORITY", .doc = "priority of a source; 0: never", FIELD(priority),
     .count = MAX_SOURCES + 1, .on_write = on_priority_write},
    {.offset = 0x001000, .width = 4, .access = BP_REG_RO, .name = "PENDING", .doc = "sources 32n to 32n+31",
     FIELD(pending), .count = WORDS},
    {.offset = 0x002000, .width = 4, .name = "ENABLE", .doc = "32 words for each context", FIELD(enable),
     .count = MAX_CONTEXTS * WORDS, .on_write = on_enable_write},
    {.offset = 0x200000, .width = 4, .name = "THRESHOLD", .doc = "of a context", FIELD(threshold),
     .count = MAX_CONTEXTS, .stride = 0x1000, .on_write = on_threshold_write},
    {.offset = 0x200004, .width = 4, .name = "CLAIM", .doc = "claim (read), complete (write)", .bound = BP_UNBOUND,
     .count = MAX_CONTEXTS, .stride = 0x1000, .on_read = on_claim_read, .on_write = on_complete_write},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .length = 0x200000 + 0x1000 * MAX_CONTEXTS, .regs = BP_ARRAY(regs)},
};

/* --- the class ------------------------------------------------------------------------------------------ */

static const char *const context_choices[] = {"machine-supervisor", "machine", "supervisor", NULL};

static const struct bp_prop props[] = {
    {.name = "harts", .doc = "the harts, in the order of their contexts", .type = BP_PROP_LIST,
     .flags = BP_PROP_REQUIRED, .element = BP_PROP_REF, .offset = BP_OFFSET(struct plic, harts), .min = 1,
     .max = MAX_HARTS},
    {.name = "contexts", .doc = "contexts of each hart", .type = BP_PROP_ENUM, .def = "machine-supervisor",
     .offset = BP_OFFSET(struct plic, mode), .choices = context_choices},
    {.name = "sources", .doc = "number of interrupt sources", .type = BP_PROP_U32, .def = "127",
     .offset = BP_OFFSET(struct plic, sources), .min = 1, .max = MAX_SOURCES},
    {.name = "priorities", .doc = "highest priority", .type = BP_PROP_U32, .def = "7",
     .offset = BP_OFFSET(struct plic, priorities), .min = 1, .max = UINT32_MAX},
    {.name = "edge-sources", .doc = "sources whose gateway counts rising edges", .type = BP_PROP_LIST,
     .element = BP_PROP_U32, .offset = BP_OFFSET(struct plic, edge_sources)},
};

static const struct bp_port ports[] = {
    {.name = "source", .doc = "interrupt sources, by id", .kind = BP_PORT_IRQ, .dir = BP_DIR_IN,
     .offset = BP_NO_OFFSET, .width = MAX_SOURCES + 1, .on_line = on_source},
    {.name = "meip", .doc = "machine external interrupts", .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct plic, meip), .via_prop = "harts", .via_port = "meip"},
    {.name = "seip", .doc = "supervisor external interrupts", .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct plic, seip), .via_prop = "harts", .via_port = "seip"},
};

static const struct bp_cell cells[] = {{.name = "source", .min = 1, .max = MAX_SOURCES, .max_prop = "sources"}};
static const char *const flag_names[] = {"level-high", "level-low", "edge-rising", "edge-falling", NULL};

/* Binding sifive,plic-1.0.0: one cell, so the flags are for the reader and the wiring alone. */
static const struct bp_provider providers[] = {
    {.kind = BP_PORT_IRQ, .ncells = 1, .port = "source", .cells = cells, .flag_names = flag_names, .fdt_cells = 1},
};

static const struct bp_state_field state_fields[] = {
    {.tag = 1, .type = BP_STATE_U32, .offset = BP_OFFSET(struct plic, level), .count = WORDS, .name = "level"},
    {.tag = 2, .type = BP_STATE_U32, .offset = BP_OFFSET(struct plic, claimed), .count = WORDS, .name = "claimed"},
    {.tag = 3, .type = BP_STATE_U32, .offset = BP_OFFSET(struct plic, again), .count = WORDS, .name = "again"},
};

static const struct bp_state state = {.size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields)};

static const struct bp_iface_row ifaces[] = {{BP_LINE_ID, BP_OFFSET(struct plic, lines)}};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct plic *p = self;

    p->ncontexts = p->harts.count * (p->mode == CONTEXTS_BOTH ? 2 : 1);
    if (p->ncontexts > MAX_CONTEXTS)
        return bp_fail(core, dev, BP_E_INVAL, "harts", "more than 512 contexts: use fewer harts, or a plic for each group");
    for (uint32_t i = 0; i < p->edge_sources.count; i++) {
        uint32_t source;

        memcpy(&source, (const char *)p->edge_sources.items + (uint64_t)i * p->edge_sources.stride, sizeof source);
        if (!source || source > p->sources)
            return bp_fail(core, dev, BP_E_INVAL, "edge-sources", "not a source: give numbers from 1 to `sources`");
        put(p->edge, source, 1);
    }
    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

/* Wires keep their level through a reset; a level source that is high asks again at once. */
static void reset(void *self, uint32_t kind)
{
    struct plic *p = self;

    memset(p->claimed, 0, sizeof p->claimed);
    memset(p->again, 0, sizeof p->again);
    for (uint32_t i = 0; i < WORDS; i++)
        p->pending[i] = p->level[i] & ~p->edge[i];
    update(p);
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    static const uint32_t irqs[] = {PLATFORM_IRQ_MEI, PLATFORM_IRQ_SEI};
    const struct plic *p = self;
    int32_t status = platform_interrupts(w, &p->harts, irqs + (p->mode == CONTEXTS_SUPERVISOR),
                                         p->mode == CONTEXTS_BOTH ? 2 : 1);

    if (!status)
        status = w->u32(w->ctx, "#address-cells", 0);
    return status ? status : w->u32(w->ctx, "riscv,ndev", p->sources);
}

static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node,
    .flags = BP_FDT_NO_INTERRUPTS,
    .name = "interrupt-controller",
    .compatible = "sifive,plic-1.0.0\nriscv,plic0",
    .emit = emit,
};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class plic_class = {
    .size = sizeof plic_class,
    .instance_size = sizeof(struct plic),
    .instance_align = _Alignof(struct plic),
    .name = "plic",
    .doc = "RISC-V platform-level interrupt controller",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .providers = BP_ARRAY(providers),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
};
