/* SPDX-License-Identifier: Apache-2.0
 *
 * Which memory there is, which of it is taken, and where there is room.
 */
#include "core/load/loader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FOUR_GIB (UINT64_C(1) << 32)

static int by_base(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;

    return x->base < y->base ? -1 : x->base > y->base;
}

static bool is_ram(const struct graph_node *node)
{
    return node->type->kind == TYPE_DEVICE && !node->type->plugin &&
           !strcmp(node->type->name, "ram") && !node->bus;
}

static bool known(const struct loader *l, uint64_t address)
{
    for (uint32_t i = 0; i < l->nram; i++)
        if (address - l->ram[i].base < l->ram[i].bytes)
            return true;
    return false;
}

int32_t place_init(struct loader *l)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < l->graph->nnodes; i++)
        most += is_ram(l->graph->nodes[i]) ? l->graph->nodes[i]->nregs : 0;
    l->ram = calloc(most + 1, sizeof(*l->ram));
    if (!l->ram)
        return BP_E_NOMEM;
    for (uint32_t i = 0; i < l->graph->nnodes; i++) {
        const struct graph_node *node = l->graph->nodes[i];

        for (uint32_t r = 0; is_ram(node) && r < node->nregs; r++) {
            struct extent *e = &l->ram[l->nram];

            /* Neighbours form one extent, which is found once only. */
            if (!known(l, node->regs[r].base) &&
                machine_ram(l->machine, node->regs[r].base, &e->base, &e->bytes))
                l->nram++;
        }
    }
    qsort(l->ram, l->nram, sizeof(*l->ram), by_base);
    return BP_OK;
}

void place_finish(struct loader *l)
{
    free(l->ram);
    free(l->claims);
}

uint64_t place_total(const struct loader *l)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < l->nram; i++)
        total += l->ram[i].bytes;
    return total;
}

const char *place_text(struct extent range, char text[48])
{
    snprintf(text, 48, "0x%08" PRIx64 "-0x%08" PRIx64, range.base, range.base + range.bytes - 1);
    return text;
}

static bool inside(struct extent inner, struct extent outer)
{
    uint64_t offset = inner.base - outer.base;

    return inner.base >= outer.base && offset < outer.bytes && inner.bytes <= outer.bytes - offset;
}

/* ROM and flash: no list of them exists, so ask at both ends. */
static bool is_readable(const struct loader *l, struct extent range)
{
    uint8_t byte;

    return machine_mem_read(l->machine, range.base, &byte, 1) == BP_OK &&
           machine_mem_read(l->machine, range.base + range.bytes - 1, &byte, 1) == BP_OK;
}

static void report_no_memory(struct loader *l, struct diag_pos pos, const char *what,
                             struct extent range)
{
    char text[48], ram[48];

    if (!l->nram) {
        diag_error(l->diag, pos, what, "%s is not memory: the board has no core/ram",
                   place_text(range, text));
        return;
    }
    for (uint32_t i = 0; i < l->nram; i++) {
        if (range.base - l->ram[i].base >= l->ram[i].bytes)
            continue;
        diag_error(l->diag, pos, what,
                   "%s does not fit into the RAM at %s: give the board more memory",
                   place_text(range, text), place_text(l->ram[i], ram));
        return;
    }
    diag_error(
        l->diag, pos, what,
        "%s is not memory on this board, whose RAM is %s: link it for that address, or give its "
        "place under `boot:`",
        place_text(range, text), place_text(l->ram[0], ram));
}

bool place_claim(struct loader *l, struct diag_pos pos, const char *what, struct extent range,
                 bool writable)
{
    struct claim *grown;
    bool fits = false;
    char text[48], other[48];

    if (!range.bytes)
        return true;
    if (range.base + (range.bytes - 1) < range.base) {
        diag_error(l->diag, pos, what,
                   "0x%" PRIx64 " and 0x%" PRIx64
                   " bytes pass the end of the address space: the file is damaged",
                   range.base, range.bytes);
        return false;
    }
    for (uint32_t i = 0; i < l->nram && !fits; i++)
        fits = inside(range, l->ram[i]);
    if (!fits && (writable || !is_readable(l, range))) {
        report_no_memory(l, pos, what, range);
        return false;
    }
    for (uint32_t i = 0; i < l->nclaims; i++) {
        const struct claim *c = &l->claims[i];

        if (range.base - c->range.base < c->range.bytes ||
            c->range.base - range.base < range.bytes) {
            diag_error(l->diag, pos, what,
                       "%s overlaps %s at %s: give one of them another place under `boot:`",
                       place_text(range, text), c->what, place_text(c->range, other));
            return false;
        }
    }
    grown = realloc(l->claims, (l->nclaims + 1) * sizeof(*grown));
    if (!grown) {
        diag_error(l->diag, pos, what, "no memory left on the host: close something");
        return false;
    }
    l->claims = grown;
    grown[l->nclaims++] = (struct claim){.range = range, .what = what};
    return true;
}

/* The lowest claim that touches [base, base + bytes), or NULL. */
static const struct claim *blocker(const struct loader *l, uint64_t base, uint64_t bytes)
{
    const struct claim *lowest = NULL;

    for (uint32_t i = 0; i < l->nclaims; i++) {
        const struct claim *c = &l->claims[i];

        if ((base - c->range.base < c->range.bytes || c->range.base - base < bytes) &&
            (!lowest || c->range.base < lowest->range.base))
            lowest = c;
    }
    return lowest;
}

bool place_find(const struct loader *l, uint64_t near, uint64_t bytes, uint64_t align,
                uint64_t *base)
{
    const struct extent *ram = l->nram ? &l->ram[0] : NULL;
    const struct claim *c;
    uint64_t end;

    for (uint32_t i = 0; i < l->nram; i++)
        if (near - l->ram[i].base < l->ram[i].bytes)
            ram = &l->ram[i];
    if (!ram)
        return false;
    end = ram->base + ram->bytes;
    if (ram->base < FOUR_GIB && (end > FOUR_GIB || end < ram->base))
        end = FOUR_GIB;
    while (end - ram->base >= bytes) {
        uint64_t at = (end - bytes) & ~(align - 1);

        if (at < ram->base)
            return false;
        c = blocker(l, at, bytes);
        if (!c) {
            *base = at;
            return true;
        }
        if (c->range.base <= ram->base)
            return false;
        end = c->range.base;
    }
    return false;
}

const uint64_t *place_given(const struct loader *l, const char *role)
{
    for (uint32_t i = 0; i < l->graph->nplaces; i++)
        if (!strcmp(l->graph->places[i].role, role))
            return &l->graph->places[i].address;
    return NULL;
}
