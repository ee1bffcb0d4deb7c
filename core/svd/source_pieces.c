/* SPDX-License-Identifier: Apache-2.0
 *
 * What the hand-written half of a device begins with.
 */
#include "core/svd/writer.h"

#include <ctype.h>
#include <inttypes.h>

#define MAX_WIRES 30u /* interrupts that the board of the template has room for */

static bool acts_on_read(const struct svd_rules *rules)
{
    return rules->read == SVD_READ_MODIFIES || rules->read == SVD_READ_MODIFIES_EXTERNAL;
}

static bool needs_hook(const struct svd_layout *layout)
{
    bool any = acts_on_read(&layout->rules);

    for (uint32_t i = 0; i < layout->nfields; i++)
        any |= acts_on_read(&layout->fields[i].rules);
    return any;
}

char *svd_source_hooks(const struct svd_block *block, const struct svd_source *s)
{
    struct writer w;

    if (!writer_begin(&w, block, s))
        return NULL;
    for (uint32_t i = 0; i < block->nregisters; i++) {
        const struct svd_register *reg = &block->registers[i];
        const char *name = writer_is_first(reg) ? writer_member(&w, reg) : NULL;

        if (!name || !needs_hook(reg->layout))
            continue;
        fprintf(
            w.out,
            "/* The description says that a read of %s changes something; what, is to be written here. */\n"
            "static uint64_t on_%s_read(void *self, uint32_t index, uint64_t value,\n"
            "                           const struct bp_access *access)\n"
            "{\n"
            "    (void)self;\n"
            "    (void)index;\n"
            "    if (access->flags & BP_ACCESS_DEBUG)\n"
            "        return value; /* a debugger's read changes nothing */\n"
            "    return value;\n"
            "}\n#define ",
            reg->row, name);
        fprintf(w.out, "%s_", s->upper);
        for (const char *c = name; *c; c++)
            fputc(toupper((unsigned char)*c), w.out);
        fprintf(w.out, "_ON_READ on_%s_read\n\n", name);
    }
    if (block->nbanks > 1)
        fprintf(
            w.out,
            "/* %" PRIu32
            " registers share addresses: which of them is seen, counting from 0. The description does not say\n"
            " * when; registers are %s_table's rows with .banks. */\n"
            "static uint32_t bank(void *self)\n{\n    (void)self;\n    return 0;\n}\n\n",
            block->nbanks, s->ident);
    return writer_finish(&w);
}

/* Interrupts as ports: "irq" for one, else by their names. */
static void put_port(FILE *out, const struct svd_block *block, uint32_t i, char separator)
{
    if (block->ninterrupts == 1) {
        fputs("irq", out);
        return;
    }
    fprintf(out, "irq%c%" PRIu32 "%c", separator, i, separator);
    for (const char *c = block->interrupts[i].name; *c; c++)
        fputc(isalnum((unsigned char)*c) ? tolower((unsigned char)*c) : separator, out);
}

char *svd_source_lines(const struct svd_block *block)
{
    struct writer w;

    if (!writer_begin(&w, block, NULL))
        return NULL;
    for (uint32_t i = 0; i < block->ninterrupts; i++) {
        fputs("    struct bp_line *", w.out);
        put_port(w.out, block, i, '_');
        fputs(";\n", w.out);
    }
    return writer_finish(&w);
}

char *svd_source_ports(const struct svd_block *block, const struct svd_source *s)
{
    struct writer w;

    if (!writer_begin(&w, block, s))
        return NULL;
    if (block->ninterrupts)
        fputs("static const struct bp_port ports[] = {\n", w.out);
    for (uint32_t i = 0; i < block->ninterrupts; i++) {
        const struct svd_interrupt *interrupt = &block->interrupts[i];

        fputs("    {.name = \"", w.out);
        put_port(w.out, block, i, '-');
        fputs("\",\n     .doc = ", w.out);
        writer_string(w.out, interrupt->doc ? interrupt->doc : interrupt->name);
        fprintf(
            w.out,
            ",\n     .kind = BP_PORT_IRQ,\n     .dir = BP_DIR_OUT,\n     .offset = BP_OFFSET(struct %s, ",
            s->ident);
        put_port(w.out, block, i, '_');
        fputs(")},\n", w.out);
    }
    if (block->ninterrupts)
        fputs("};\n\n", w.out);
    return writer_finish(&w);
}

char *svd_source_wires(const struct svd_block *block)
{
    struct writer w;

    if (!writer_begin(&w, block, NULL))
        return NULL;
    if (block->ninterrupts == 1)
        fputs(", interrupts: plic 1 level-high", w.out);
    for (uint32_t i = 0; block->ninterrupts > 1 && i < block->ninterrupts && i < MAX_WIRES; i++) {
        fputs(i ? ", " : ", interrupts: { ", w.out);
        put_port(w.out, block, i, '-');
        /* 10 is the serial port's. */
        fprintf(w.out, ": plic %" PRIu32 " level-high", i + 1 + (i + 1 >= 10));
    }
    if (block->ninterrupts > 1)
        fputs(" }", w.out);
    return writer_finish(&w);
}

bool svd_source_check(const struct svd_block *block, const char *file, struct diag *d)
{
    bool ok = true;

    for (uint32_t i = 0; i < block->nregisters; i++) {
        const struct svd_register *reg = &block->registers[i];
        struct diag_pos pos = {file, reg->layout->line, reg->layout->column};

        if (reg->offset % reg->layout->bytes == 0)
            continue;
        diag_error(d, pos, reg->path,
                   "%" PRIu32 " bytes at offset 0x%" PRIx64 ", which is no multiple of that: "
                   "correct its offset or size",
                   reg->layout->bytes, reg->offset);
        ok = false;
    }
    return ok;
}
