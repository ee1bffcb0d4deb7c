/* SPDX-License-Identifier: Apache-2.0
 *
 * NAME-regs.inc: the register table.
 */
#include "core/svd/rules.h"
#include "core/svd/tree.h"
#include "core/svd/writer.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

static const char *access_name(uint32_t access)
{
    static const char *const names[] = {
        [BP_REG_RW] = "BP_REG_RW",   [BP_REG_RO] = "BP_REG_RO",   [BP_REG_WO] = "BP_REG_WO",
        [BP_REG_W1C] = "BP_REG_W1C", [BP_REG_W0C] = "BP_REG_W0C", [BP_REG_W1S] = "BP_REG_W1S",
        [BP_REG_RC] = "BP_REG_RC",   [BP_REG_W0S] = "BP_REG_W0S", [BP_REG_W1T] = "BP_REG_W1T",
        [BP_REG_W0T] = "BP_REG_W0T", [BP_REG_WC] = "BP_REG_WC",   [BP_REG_WS] = "BP_REG_WS",
    };

    return names[access];
}

static void put_values(struct writer *w, const struct svd_field *field)
{
    fputs(",\n          .values = (const struct bp_reg_value[]){", w->out);
    for (uint32_t i = 0; i < field->nvalues; i++) {
        const struct svd_value *v = &field->values[i];

        if (v->is_default || v->care != svd_ones(field->width))
            continue;
        fputs("\n              {.name = ", w->out);
        writer_string(w->out, v->name);
        fprintf(w->out, ", .value = 0x%" PRIx64 "},", v->value);
    }
    fputs("\n              {.name = NULL}}", w->out);
}

static void put_fields(struct writer *w, const struct svd_layout *layout)
{
    fputs("     .fields = (const struct bp_reg_field[]){\n", w->out);
    for (uint32_t i = 0; i < layout->nfields; i++) {
        const struct svd_field *field = &layout->fields[i];

        fprintf(w->out, "         {.name = \"%s\", ", field->name);
        if (field->doc) {
            fputs(".doc = ", w->out);
            writer_string(w->out, field->doc);
            fputs(", ", w->out);
        }
        fprintf(w->out, ".lsb = %" PRIu32 ", .width = %" PRIu32, field->lsb, field->width);
        if (field->nvalues)
            put_values(w, field);
        fputs("},\n", w->out);
    }
    fputs("         {.name = NULL}},\n", w->out);
}

static void put_bits(struct writer *w, const struct svd_row *row)
{
    static const char *const reads[] = {"", ", .read = BP_READ_CLEARS", ", .read = BP_READ_SETS"};

    fputs("     .bits = (const struct bp_reg_bits[]){\n", w->out);
    for (uint32_t i = 0; i < row->nbits; i++)
        fprintf(w->out, "         {.mask = 0x%" PRIx64 ", .access = %s%s},\n", row->bits[i].mask,
                access_name(row->bits[i].access), reads[row->bits[i].read]);
    fputs("         {.mask = 0}},\n", w->out);
}

/* The names of the hooks follow from the member's, which is unique. */
static void put_hook_name(struct writer *w, const char *member, bool write)
{
    fprintf(w->out, "%s_", w->source->upper);
    for (const char *c = member; *c; c++)
        fputc(toupper((unsigned char)*c), w->out);
    fputs(write ? "_ON_WRITE" : "_ON_READ", w->out);
}

static void put_hook(struct writer *w, const char *member, bool write)
{
    fputs("#ifndef ", w->out);
    put_hook_name(w, member, write);
    fputs("\n#define ", w->out);
    put_hook_name(w, member, write);
    fputs(" NULL\n#endif\n", w->out);
}

/* Banks in which a row is seen: registers that share no address are in all. */
static uint32_t banks_of(const struct svd_block *block, const struct svd_register *reg)
{
    for (uint32_t i = 0; block->nbanks > 1 && i < block->nregisters; i++) {
        const struct svd_register *other = &block->registers[i];
        uint32_t elements = reg->count;

        if (other->bank == reg->bank ||
            other->offset >=
                reg->offset + (uint64_t)(elements - 1) * reg->stride + reg->layout->bytes ||
            other->offset + other->layout->bytes <= reg->offset)
            continue;
        for (uint32_t n = 0; n < elements; n++) {
            uint64_t at = reg->offset + (uint64_t)n * reg->stride;

            if (other->offset < at + reg->layout->bytes &&
                at < other->offset + other->layout->bytes)
                return 1u << reg->bank;
        }
    }
    return 0;
}

static void put_row(struct writer *w, const struct svd_register *reg, const char *name)
{
    struct svd_row row;
    uint32_t banks = banks_of(w->block, reg);

    svd_make_row(reg->layout, &row);
    fprintf(w->out, "    {.offset = 0x%" PRIx64 ",\n     .width = %" PRIu32 ",\n", reg->offset,
            reg->layout->bytes);
    if (row.access != BP_REG_RW)
        fprintf(w->out, "     .access = %s,\n", access_name(row.access));
    fprintf(w->out, "     .name = \"%s\",\n     .doc = ", reg->row);
    writer_string(w->out, reg->layout->doc ? reg->layout->doc : reg->row);
    fputs(",\n", w->out);
    if (reg->layout->reset)
        fprintf(w->out, "     .reset = 0x%" PRIx64 ",\n", reg->layout->reset);
    if (row.write_mask)
        fprintf(w->out, "     .write_mask = 0x%" PRIx64 ",\n", row.write_mask);
    fprintf(w->out, "     .bound = (uint32_t)offsetof(struct %s, regs.%s),\n", w->source->ident,
            name);
    if (banks)
        fprintf(w->out, "     .banks = 0x%" PRIx32 ",\n", banks);
    if (reg->count > 1)
        fprintf(w->out, "     .count = %" PRIu32 ",\n     .stride = %" PRIu32 ",\n", reg->count,
                reg->stride);
    if (reg->layout->nfields)
        put_fields(w, reg->layout);
    if (row.nbits)
        put_bits(w, &row);
    fputs("     .on_read = ", w->out);
    put_hook_name(w, name, false);
    fputs(",\n     .on_write = ", w->out);
    put_hook_name(w, name, true);
    fputs("},\n", w->out);
}

char *svd_source_table(const struct svd_block *block, const struct svd_source *s)
{
    const char **names = calloc(block->nregisters, sizeof(*names));
    struct writer w;

    if (!names || !writer_begin(&w, block, s)) {
        free(names);
        return NULL;
    }
    writer_head(&w, "Register table of");
    fprintf(
        w.out,
        "/* To be included behind struct %s, and behind the hooks: #define %s_CR_ON_WRITE on_cr_write makes a function the\n"
        " * hook of a register CR. */\n\n",
        s->ident, s->upper);
    for (uint32_t i = 0; i < block->nregisters; i++) {
        names[i] =
            writer_is_first(&block->registers[i]) ? writer_member(&w, &block->registers[i]) : NULL;
        for (int write = 0; names[i] && write < 2; write++)
            put_hook(&w, names[i], write);
    }
    fprintf(w.out, "\nstatic const struct bp_reg %s_table[] = {\n", s->ident);
    for (uint32_t i = 0; i < block->nregisters; i++)
        if (names[i])
            put_row(&w, &block->registers[i], names[i]);
    fputs("};\n", w.out);
    free(names);
    return writer_finish(&w);
}
