/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane map`: which node answers at which address.
 */
#include "core/cli/json.h"
#include "core/cli/session.h"
#include "core/cli/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const struct graph_node *node;
    const struct graph_reg *reg;
};

static const char *bus_of(const struct entry *e)
{
    return e->node->bus ? e->node->bus : "";
}

static int by_place(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int bus = strcmp(bus_of(x), bus_of(y));

    if (bus)
        return bus;
    return x->reg->base < y->reg->base ? -1 : x->reg->base > y->reg->base;
}

/* Sorted; `*count` entries, malloc'ed. NULL: no memory. */
static struct entry *collect(const struct graph *g, size_t *count)
{
    size_t total = 0;
    struct entry *list;

    for (uint32_t i = 0; i < g->nnodes; i++)
        total += g->nodes[i]->nregs;
    list = malloc((total + 1) * sizeof(*list));
    *count = 0;
    for (uint32_t i = 0; list && i < g->nnodes; i++)
        for (uint32_t r = 0; r < g->nodes[i]->nregs; r++)
            list[(*count)++] = (struct entry){g->nodes[i], &g->nodes[i]->regs[r]};
    if (list)
        qsort(list, *count, sizeof(*list), by_place);
    return list;
}

static const char *region_of(const struct entry *e)
{
    return e->node->type->regions[e->reg->region].name;
}

static void print_text(const struct entry *list, size_t count)
{
    struct table t = {0};
    int digits = 8;

    for (size_t i = 0; i < count; i++)
        if (list[i].reg->base + (list[i].reg->bytes - 1) > UINT32_MAX)
            digits = 16;
    for (size_t i = 0; i < count; i++) {
        const struct graph_reg *reg = list[i].reg;
        char size[32];

        table_row(&t);
        table_text(&t, list[i].node->bus);
        table_format(&t, "0x%0*" PRIx64 "-0x%0*" PRIx64, digits, reg->base, digits,
                     reg->base + (reg->bytes - 1));
        table_format(&t, "%10s", session_size(reg->bytes, size));
        if (list[i].node->type->nregions > 1)
            table_format(&t, "%s.%s", list[i].node->name, region_of(&list[i]));
        else
            table_text(&t, list[i].node->name);
        table_text(&t, list[i].node->type_text);
    }
    table_print(&t, 0, stdout);
}

static void print_json(const struct entry *list, size_t count)
{
    struct json j = {.out = stdout};

    json_open(&j, NULL, '[');
    for (size_t i = 0; i < count; i++) {
        json_open(&j, NULL, '{');
        json_text(&j, "bus", list[i].node->bus);
        json_hex(&j, "base", list[i].reg->base);
        json_u64(&j, "size", list[i].reg->bytes);
        json_text(&j, "node", list[i].node->name);
        json_text(&j, "region", region_of(&list[i]));
        json_text(&j, "type", list[i].node->type_text);
        json_close(&j, '}');
    }
    json_close(&j, ']');
}

int command_map(const struct arguments *args)
{
    struct session s;
    struct entry *list = NULL;
    size_t count;
    int code = EXIT_USAGE;

    if (!session_init(&s, args) || !session_load(&s, args, args->positional.items[0], false))
        goto out;
    list = collect(s.graph, &count);
    if (!list)
        goto out;
    if (args->json)
        print_json(list, count);
    else
        print_text(list, count);
    code = EXIT_OK;
out:
    session_report(&s);
    free(list);
    session_finish(&s);
    return code;
}
