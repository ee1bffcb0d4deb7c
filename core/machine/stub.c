/* SPDX-License-Identifier: Apache-2.0
 *
 * stub.c - core/stub: a block that is not modelled yet, said so in the description. With a register description its registers have
 * their reset values and keep to their access rules (util/rules.h); elsewhere, and without one, every 32-bit word reads as what was
 * written, else as the fill value. Forced bits always read the same. The first touch of each register or word is logged.
 *
 * Of registers that share an address the first one answers: nothing says when the others would.
 */
#include <backplane/trace.h>
#include <backplane/util/rules.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/dev.h"
#include "core/machine/stub.h"
#include "core/machine/types.h"
#include "core/svd/rules.h"

#define WORDS_MAX                                                                                  \
    1024 /* words remembered that have no description; later ones still answer, with the fill value */

/* A register, or a word. */
struct cell {
    uint64_t offset, value;
    uint64_t force_mask, force;
    const struct svd_register *reg; /* NULL: a word */
    uint8_t touched;
};

struct stub {
    struct bp_dev *dev;
    const struct bp_trace_api *trace;
    const char *registers;
    uint32_t fill;
    struct bp_list force; /* of strings "NAME=VALUE" */
    struct cell
        *cells; /* registers sorted by offset, then words in the order of their first touch */
    struct bp_reg *rows; /* of the registers */
    uint32_t nregs, ncells;
};

static const struct bp_reg word_row = {.width = 4, .access = BP_REG_RW, .bound = BP_UNBOUND};

static const struct bp_reg *row_of(const struct stub *s, const struct cell *cell)
{
    return cell->reg ? &s->rows[cell - s->cells] : &word_row;
}

/* --- finding ---------------------------------------------------------------------------------- */

static bool covers(const struct stub *s, const struct cell *cell, uint64_t at)
{
    return at >= cell->offset && at - cell->offset < row_of(s, cell)->width;
}

/* The register at an address; of one to read and one to write the one that the access is for. */
static struct cell *find_register(struct stub *s, uint64_t at, bool write)
{
    const uint32_t other = write ? BP_REG_RO : BP_REG_WO;
    struct cell *second = NULL;
    uint32_t low = 0, high = s->nregs;

    while (low < high) { /* the first one behind it */
        uint32_t middle = (low + high) / 2;

        if (s->cells[middle].offset <= at)
            low = middle + 1;
        else
            high = middle;
    }
    while (low-- > 0 && s->cells[low].offset + 8 > at) { /* none is longer */
        struct cell *cell = &s->cells[low];

        if (!covers(s, cell, at))
            continue;
        if (row_of(s, cell)->access != other)
            return cell;
        second = cell;
    }
    return second;
}

static struct cell *find_word(struct stub *s, uint64_t offset)
{
    for (uint32_t i = s->nregs; i < s->ncells; i++)
        if (s->cells[i].offset == offset)
            return &s->cells[i];
    return NULL;
}

/* What answers at an address; NULL: nothing that is remembered. */
static struct cell *find(struct stub *s, uint64_t at, bool write, bool debug)
{
    struct cell *cell = find_register(s, at, write);

    cell = cell ? cell : find_word(s, at & ~UINT64_C(3));
    if (cell || debug || s->ncells == s->nregs + WORDS_MAX)
        return cell;
    s->cells[s->ncells] = (struct cell){.offset = at & ~UINT64_C(3), .value = s->fill};
    return &s->cells[s->ncells++];
}

/* --- accesses --------------------------------------------------------------------------------- */

static void touch(struct stub *s, struct cell *cell, const char *what, uint64_t value)
{
    char text[256];

    if (cell->touched)
        return;
    cell->touched = 1;
    if (cell->reg)
        snprintf(text, sizeof(text), "first touch of %.120s (+%#" PRIx64 "): %s %#" PRIx64,
                 cell->reg->path, cell->offset, what, value);
    else
        snprintf(text, sizeof(text), "first touch of +%#" PRIx64 "%s: %s %#" PRIx64, cell->offset,
                 s->nregs ? ", where the description has no register" : "", what, value);
    s->trace->log(s->dev, BP_LOG_INFO, text);
}

static uint64_t shown(const struct stub *s, const struct cell *cell)
{
    return (bp_reg_shown(row_of(s, cell), cell->value) & ~cell->force_mask) | cell->force;
}

static uint64_t read_cell(struct stub *s, struct cell *cell, bool debug)
{
    uint64_t value = shown(s, cell);

    if (debug)
        return value;
    touch(s, cell, "read", value);
    cell->value = bp_reg_after_read(row_of(s, cell), cell->value);
    return value;
}

static void write_cell(struct stub *s, struct cell *cell, uint64_t value, uint64_t lanes)
{
    const struct bp_reg *row = row_of(s, cell);

    value = (bp_reg_lacking(row, shown(s, cell)) & ~lanes) | (value & lanes);
    touch(s, cell, "write", value);
    cell->value = bp_reg_written(row, cell->value, value, lanes);
}

/* Where what answers at `at` ends: a word gives way to registers in it. */
static uint64_t end_of(struct stub *s, const struct cell *cell, uint64_t at, bool write)
{
    uint64_t end = (at & ~UINT64_C(3)) + 4;

    if (cell && cell->reg)
        return cell->offset + row_of(s, cell)->width;
    for (at++; at < end && !find_register(s, at, write);)
        at++;
    return at;
}

/* Each register or word that the access touches, once. */
static int32_t stub_access(struct stub *s, const struct bp_access *access, uint64_t *value,
                           bool write)
{
    uint64_t at = access->addr, end = access->addr + access->width, result = 0;
    bool debug = access->flags & BP_ACCESS_DEBUG;

    while (at < end) {
        struct cell *cell = find(s, at, write, debug);
        uint64_t start = cell ? cell->offset : at & ~UINT64_C(3), stop;
        uint32_t into, from, bytes;
        uint64_t lanes;

        stop = end_of(s, cell, at, write);
        stop = stop < end ? stop : end;
        bytes = (uint32_t)(stop - at);
        into = 8 * (uint32_t)(at - start);
        from = 8 * (uint32_t)(at - access->addr);
        lanes = bp_byte_mask(bytes) << into;
        if (write && cell)
            write_cell(s, cell, (*value >> from & bp_byte_mask(bytes)) << into, lanes);
        else if (!write)
            result |= ((cell ? read_cell(s, cell, debug) : s->fill) >> into & bp_byte_mask(bytes))
                      << from;
        at = stop;
    }
    if (!write)
        *value = result;
    return BP_OK;
}

static int32_t stub_read(void *self, const struct bp_access *access, uint64_t *value)
{
    return stub_access(self, access, value, false);
}

static int32_t stub_write(void *self, const struct bp_access *access, uint64_t value)
{
    return stub_access(self, access, &value, true);
}

/* --- life ------------------------------------------------------------------------------------- */

/* The row of a register, with its own copy of the rules of its bits. */
static int32_t make_row(struct stub *s, const struct svd_register *reg, struct bp_reg *row)
{
    struct bp_reg_bits *bits;
    struct svd_row made;

    svd_make_row(reg->layout, &made);
    *row = (struct bp_reg){.offset = reg->offset,
                           .width = reg->layout->bytes,
                           .access = made.access,
                           .reset = reg->layout->reset,
                           .write_mask = made.write_mask,
                           .bound = BP_UNBOUND};
    if (!made.nbits)
        return BP_OK;
    bits = dev_alloc(s->dev, (made.nbits + 1) * sizeof(*bits));
    if (!bits)
        return BP_E_NOMEM;
    memcpy(bits, made.bits, made.nbits * sizeof(*bits));
    row->bits = bits;
    return BP_OK;
}

static int32_t make_registers(struct stub *s, const struct svd_block *block)
{
    uint32_t count = block ? block->nregisters : 0;
    int32_t status = BP_OK;

    s->cells = calloc((size_t)count + WORDS_MAX, sizeof(*s->cells));
    s->rows = calloc((size_t)count + 1, sizeof(*s->rows));
    if (!s->cells || !s->rows)
        return BP_E_NOMEM;
    for (uint32_t i = 0; i < count && status == BP_OK; i++) {
        const struct svd_register *reg = &block->registers[i];

        if (reg->bank)
            continue;
        s->cells[s->nregs] = (struct cell){.offset = reg->offset, .reg = reg};
        status = make_row(s, reg, &s->rows[s->nregs++]);
    }
    s->ncells = s->nregs;
    return status;
}

static int32_t force(struct stub *s, const char *text, const struct svd_block *block,
                     const struct bp_error_api *error)
{
    struct cell *cell = NULL;
    struct stub_force parsed;
    char why[STUB_WHY];

    if (!stub_parse_force(text, block, &parsed, why)) {
        error->set(s->dev, "force", why);
        return BP_E_INVAL;
    }
    for (uint32_t i = 0; parsed.reg && i < s->nregs; i++)
        if (s->cells[i].reg == parsed.reg)
            cell = &s->cells[i];
    if (!parsed.reg)
        cell = find(s, parsed.offset, false, false);
    if (!cell) {
        error->set(s->dev, "force",
                   parsed.reg
                       ? "names a register that another one hides: force the first at its address"
                       : "has more than 1024 words: give a register description");
        return BP_E_INVAL;
    }
    cell->force_mask |= parsed.mask;
    cell->force = (cell->force & ~parsed.mask) | parsed.value;
    return BP_OK;
}

static int32_t stub_init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    const struct bp_error_api *error = core->get(core, BP_ERROR_ID);
    const struct svd_block *block = dev->node->registers;
    struct stub *s = self;
    int32_t status;

    s->dev = dev;
    s->trace = core->get(core, BP_TRACE_ID);
    if (s->registers && !block) {
        error->set(dev, "registers", "was not read: describe the machine in a file");
        return BP_E_UNSUPPORTED;
    }
    status = make_registers(s, block);
    for (uint32_t i = 0; i < s->force.count && status == BP_OK; i++)
        status = force(s, ((const char *const *)s->force.items)[i], block, error);
    return status;
}

static void stub_reset(void *self, uint32_t kind)
{
    struct stub *s = self;

    (void)kind;
    for (uint32_t i = 0; i < s->ncells; i++)
        s->cells[i].value = s->cells[i].reg ? s->rows[i].reset : s->fill;
}

static void stub_finish(void *self)
{
    struct stub *s = self;

    free(s->cells);
    free(s->rows);
}

static const struct bp_prop stub_props[] = {
    {.name = "registers",
     .doc =
         "A CMSIS-SVD description of the registers: svd:FILE#BLOCK, FILE as seen from the YAML file.",
     .type = BP_PROP_STR,
     .offset = offsetof(struct stub, registers)},
    {.name = "fill",
     .doc = "What a 32-bit word without a description reads as before it is written.",
     .type = BP_PROP_U32,
     .offset = offsetof(struct stub, fill),
     .def = "0"},
    {.name = "force",
     .doc = "What always reads the same: { SR.READY: 1 } of a description, or { 0x10: 1 }.",
     .type = BP_PROP_LIST,
     .element = BP_PROP_STR,
     .offset = offsetof(struct stub, force)},
};

static const struct bp_region stub_regions[] = {
    {.name = "reg", .doc = "The block.", .read = stub_read, .write = stub_write},
};

const struct bp_device_class core_stub_class = {
    .size = sizeof(core_stub_class),
    .instance_size = sizeof(struct stub),
    .instance_align = _Alignof(struct stub),
    .name = "stub",
    .doc = "block that is not modelled yet",
    .props = stub_props,
    .nprops = sizeof(stub_props) / sizeof(*stub_props),
    .prop_stride = sizeof(*stub_props),
    .regions = stub_regions,
    .nregions = 1,
    .region_stride = sizeof(*stub_regions),
    .init = stub_init,
    .reset = stub_reset,
    .finish = stub_finish,
};
