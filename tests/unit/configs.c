/* SPDX-License-Identifier: Apache-2.0
 *
 * The boards and runs that come with the product, with the plug-ins that come with it.
 */
#include "core/machine/graph.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define CONFIGS BP_SOURCE_DIR "/configs"

static struct registry *registry;
static struct diag d;

static void begin(void)
{
    static const char *const paths[] = {BP_BINARY_DIR "/bin/plugins", NULL};

    unsetenv("BACKPLANE_PLUGIN_PATH");
    diag_init(&d);
    registry = registry_create(paths);
    cr_assert_not_null(registry);
}

static void end(void)
{
    registry_destroy(registry);
    diag_finish(&d);
}

TestSuite(configs, .init = begin, .fini = end);

static struct graph *load(const char *path, const char *const *set)
{
    const struct graph_options options = {.set = set};
    struct graph *g = graph_load(path, &options, registry, &d);

    diag_print(&d, stderr);
    cr_expect_eq(d.count, 0, "%s", path);
    return g;
}

static int is_yaml(const struct dirent *entry)
{
    return strstr(entry->d_name, ".yaml") != NULL;
}

static void load_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_yaml, alphasort);

    cr_assert_gt(count, 0, "%s", folder);
    for (int i = 0; i < count; i++) {
        char path[512];
        struct graph *g;

        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        g = load(path, NULL);
        cr_expect_not_null(g, "%s", path);
        graph_destroy(g);
        free(entries[i]);
    }
    free(entries);
}

Test(configs, boards_are_fine)
{
    load_folder(CONFIGS "/boards");
}

Test(configs, runs_are_fine)
{
    load_folder(CONFIGS "/runs");
}

/* Where firmware and operating systems look for things on `virt` machines. */
Test(configs, virt_has_the_well_known_map)
{
    const struct {
        const char *node;
        uint32_t reg;
        uint64_t base;
    } rows[] = {
        {"ram", 0, 0x80000000},    {"finisher", 0, 0x100000}, {"rtc", 0, 0x101000},
        {"clint", 0, 0x2000000},   {"clint", 1, 0x2004000},   {"clint", 2, 0x2f00000},
        {"plic", 0, 0xc000000},    {"uart0", 0, 0x10000000},  {"disk0", 0, 0x10001000},
        {"disk5", 0, 0x10006000},  {"hvc", 0, 0x10007000},    {"rng", 0, 0x10008000},
        {"flash0", 0, 0x20000000}, {"flash1", 0, 0x22000000},
    };
    static const char *const flash[] = {"flash=true", NULL};
    struct graph *g = load(CONFIGS "/boards/virt-riscv64.yaml", flash);

    cr_assert_not_null(g);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct graph_node *node = graph_find(g, rows[i].node);

        cr_assert(node && rows[i].reg < node->nregs, "%s", rows[i].node);
        cr_expect_eq(node->regs[rows[i].reg].base, rows[i].base, "%s", rows[i].node);
    }
    for (uint32_t i = 0; i < g->nwires; i++) {
        const struct graph_wire *w = &g->wires[i];

        if (!strcmp(w->from->name, "uart0"))
            cr_expect_eq(w->in_index, 10);
        if (!strcmp(w->from->name, "disk5"))
            cr_expect_eq(w->in_index, 6);
    }
    graph_destroy(g);
}

Test(configs, virt_takes_its_parameters_to_the_limits)
{
    static const char *const most[] = {"harts=8", "memory=64GiB", "mmu=sv39", "htif=true", NULL};
    static const char *const beyond[] = {"harts=9", NULL};
    struct graph *g = load(CONFIGS "/boards/virt-riscv64.yaml", most);

    cr_assert_not_null(g);
    cr_expect_not_null(graph_find(g, "hart7"));
    cr_expect_not_null(graph_find(g, "htif"));
    cr_expect_eq(graph_find(g, "ram")->regs[0].bytes, UINT64_C(64) << 30);
    graph_destroy(g);
    cr_expect_null(graph_load(CONFIGS "/boards/virt-riscv64.yaml",
                              &(struct graph_options){.set = beyond}, registry, &d));
    cr_expect_eq(d.errors, 1);
}
