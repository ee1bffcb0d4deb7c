/* SPDX-License-Identifier: Apache-2.0
 *
 * NAME-regs.h: offsets, masks, values, and the struct that holds the registers.
 */
#include "core/svd/tree.h"
#include "core/svd/writer.h"

#include <inttypes.h>

static void put_values(struct writer *w, const struct svd_register *reg,
                       const struct svd_field *field)
{
    for (uint32_t i = 0; i < field->nvalues; i++) {
        const struct svd_value *v = &field->values[i];

        if (v->is_default || v->care != svd_ones(field->width))
            continue;
        fprintf(w->out, "#define %s 0x%" PRIx64 "u\n",
                writer_define(w, "%s_%s_%s_%s", w->source->upper, reg->row, field->name, v->name),
                v->value);
    }
}

/* Unshifted, as values of fields are. */
static void put_limits(struct writer *w, const struct svd_register *reg, const char *field,
                       const struct svd_constraint *c)
{
    static const char *const ends[] = {"MIN", "MAX"};

    for (uint32_t i = 0; i < 2 && c->kind == SVD_WITHIN; i++)
        fprintf(w->out, "#define %s 0x%" PRIx64 "%s\n",
                writer_define(w, "%s_%s_%s%s%s", w->source->upper, reg->row, field,
                              *field ? "_" : "", ends[i]),
                i ? c->max : c->min, reg->layout->bytes == 8 ? "ull" : "u");
}

static void put_masks(struct writer *w, const struct svd_register *reg)
{
    const char *suffix = reg->layout->bytes == 8 ? "ull" : "u";

    for (uint32_t i = 0; i < reg->layout->nfields; i++) {
        const struct svd_field *field = &reg->layout->fields[i];

        fprintf(w->out, "#define %s 0x%" PRIx64 "%s\n",
                writer_define(w, "%s_%s_%s", w->source->upper, reg->row, field->name),
                svd_ones(field->width) << field->lsb, suffix);
        fprintf(w->out, "#define %s %" PRIu32 "\n",
                writer_define(w, "%s_%s_%s_LSB", w->source->upper, reg->row, field->name),
                field->lsb);
        put_limits(w, reg, field->name, &field->constraint);
        put_values(w, reg, field);
    }
}

static void put_offset(struct writer *w, const struct svd_register *reg)
{
    const char *name = writer_define(w, "%s_%s", w->source->upper, reg->row);

    if (reg->count > 1)
        fprintf(w->out,
                "\n#define %s(n) (0x%" PRIx64 "u + 0x%" PRIx32 "u * (n)) /* n < %" PRIu32 " */\n",
                name, reg->offset, reg->stride, reg->count);
    else
        fprintf(w->out, "\n#define %s 0x%" PRIx64 "u\n", name, reg->offset);
}

static void put_struct(struct writer *w)
{
    fprintf(
        w->out,
        "\n/* What the table keeps values in: the member `regs` of struct %s. */\nstruct %s_regs {\n",
        w->source->ident, w->source->ident);
    for (uint32_t i = 0; i < w->block->nregisters; i++) {
        const struct svd_register *reg = &w->block->registers[i];

        if (!writer_is_first(reg))
            continue;
        fprintf(w->out, "    uint%" PRIu32 "_t %s", 8 * reg->layout->bytes, writer_member(w, reg));
        if (reg->count > 1)
            fprintf(w->out, "[%" PRIu32 "]", reg->count);
        fputs(";\n", w->out);
    }
    fputs("};\n", w->out);
}

/* What the other files define. */
static void reserve_names(struct writer *w)
{
    writer_define(w, "%s_REGS_H", w->source->upper);
    for (uint32_t i = 0; i < w->block->nregisters; i++)
        if (writer_is_first(&w->block->registers[i])) {
            writer_define(w, "%s_%s_ON_READ", w->source->upper, w->block->registers[i].row);
            writer_define(w, "%s_%s_ON_WRITE", w->source->upper, w->block->registers[i].row);
        }
}

char *svd_source_header(const struct svd_block *block, const struct svd_source *s)
{
    struct writer w;

    if (!writer_begin(&w, block, s))
        return NULL;
    writer_head(&w, "Registers of");
    fprintf(w.out, "#ifndef %s_REGS_H\n#define %s_REGS_H\n\n#include <backplane/regs.h>\n\n",
            s->upper, s->upper);
    reserve_names(&w);
    fprintf(w.out, "#define %s 0x%" PRIx64 "u /* of address space */\n",
            writer_define(&w, "%s_BYTES", s->upper), block->bytes);
    fputs("\n/* Offsets of registers; masks and lowest bits of their fields; unshifted, values\n"
          " * of fields, and the least and greatest (MIN, MAX) that software may write. */\n",
          w.out);
    for (uint32_t i = 0; i < block->nregisters; i++)
        if (writer_is_first(&block->registers[i])) {
            put_offset(&w, &block->registers[i]);
            put_limits(&w, &block->registers[i], "", &block->registers[i].layout->constraint);
            put_masks(&w, &block->registers[i]);
        }
    put_struct(&w);
    fputs("\n#endif\n", w.out);
    return writer_finish(&w);
}
