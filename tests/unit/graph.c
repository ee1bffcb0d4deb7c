/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptions and what becomes of them. Each file in data/good and data/bad is a description and
 * its expectation:
 *
 *   #! TEXT          a line of the outcome, of all of it: a graph (good) or the mistakes (bad)
 *   #? KEY VALUE     an option of the command line: set, accel, time, cmdline, image, backend, host
 */
#include "core/machine/graph.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATA        BP_SOURCE_DIR "/tests/unit/data"
#define MAX_OPTIONS 16
#define MAX_TEXT    65536

static struct registry *registry;
static struct diag d;

static void begin(void)
{
    static const char *const paths[] = {BP_BINARY_DIR "/tests/unit/plugins", NULL};

    unsetenv("BACKPLANE_PLUGIN_PATH");
    cr_assert_eq(chdir(DATA), 0);
    diag_init(&d);
    registry = registry_create(paths);
    cr_assert_not_null(registry);
}

static void end(void)
{
    registry_destroy(registry);
    diag_finish(&d);
}

TestSuite(graph, .init = begin, .fini = end);

/* --- a graph as text -------------------------------------------------------------------------- */

static void print_value(const struct graph_value *v, bool list, FILE *out)
{
    if (list) {
        fputc('[', out);
        for (uint32_t i = 0; i < v->list.count; i++) {
            fputs(i ? " " : "", out);
            print_value(&v->list.items[i], false, out);
        }
        fputc(']', out);
        return;
    }
    switch (v->type) {
    case BP_PROP_STR:
        fputs(v->s ? v->s : "-", out);
        break;
    case BP_PROP_PATH:
        fputs(v->s ? strncmp(v->s, DATA, strlen(DATA)) ? v->s : v->s + strlen(DATA) : "-", out);
        break;
    case BP_PROP_REF:
        fputs(v->ref ? v->ref->name : "-", out);
        break;
    case BP_PROP_F64:
        fprintf(out, "%g", v->f);
        break;
    case BP_PROP_I64:
        fprintf(out, "%" PRId64, v->i);
        break;
    case BP_PROP_BYTES:
        for (uint64_t i = 0; i < v->bytes.size; i++)
            fprintf(out, "%02x", v->bytes.data[i]);
        break;
    default:
        fprintf(out, "%" PRIu64, v->u);
        break;
    }
}

static void print_props(const struct graph_prop *props, uint32_t count, FILE *out)
{
    for (uint32_t i = 0; i < count; i++) {
        fprintf(out, " %s%s", props[i].row->name, props[i].given ? "=" : "~");
        print_value(&props[i].value, props[i].row->type == BP_PROP_LIST, out);
    }
    fputc('\n', out);
}

static void print_fdt(const struct graph_fdt *fdt, FILE *out)
{
    fprintf(out, "  fdt%s\n", fdt->hidden ? " hidden" : "");
    for (uint32_t i = 0; i < fdt->nprops; i++) {
        const struct graph_fdt_prop *p = &fdt->props[i];

        fprintf(out, "    %s", p->name);
        for (const char *c = p->text; c && *c; c++)
            fputs(*c == '\n' ? " / " : (char[]){c == p->text ? ' ' : *c, c == p->text ? *c : 0, 0},
                  out);
        for (uint32_t k = 0; k < p->ncells; k++)
            fprintf(out, " <%u>", p->cells[k]);
        fputc('\n', out);
    }
}

static void print_node(const struct graph_node *n, FILE *out)
{
    fprintf(out, "%s: %s", n->name, n->type_text);
    if (n->bus)
        fprintf(out, " on %s", n->bus);
    print_props(n->props, n->nprops, out);
    for (uint32_t i = 0; i < n->nregs; i++)
        fprintf(out, "  %s 0x%" PRIx64 "+0x%" PRIx64 "\n", n->type->regions[n->regs[i].region].name,
                n->regs[i].base, n->regs[i].bytes);
    if (n->fdt)
        print_fdt(n->fdt, out);
}

static void print_wires(const struct graph *g, FILE *out)
{
    for (uint32_t i = 0; i < g->nwires; i++) {
        const struct graph_wire *w = &g->wires[i];

        fprintf(out, "wire %s.%s.%u -> %s.%s.%u%s", w->from->name,
                w->from->type->ports[w->out_port].name, w->out_index, w->to->name,
                w->to->type->ports[w->in_port].name, w->in_index, w->invert ? " inverted" : "");
        if (w->provider)
            fprintf(out, " <%u %u>", w->cells[0], w->flag);
        fputc('\n', out);
    }
    for (uint32_t i = 0; i < g->nclocks; i++)
        fprintf(out, "clock %s.%s.%u -> %s.%s\n", g->clocks[i].from->name,
                g->clocks[i].from->type->ports[g->clocks[i].out_port].name, g->clocks[i].out_index,
                g->clocks[i].to->name, g->clocks[i].to->type->ports[g->clocks[i].in_port].name);
    for (uint32_t i = 0; i < g->nattaches; i++)
        fprintf(out, "attach %s.%s %s\n", g->attaches[i].node->name,
                g->attaches[i].node->type->ports[g->attaches[i].port].name, g->attaches[i].backend);
    for (uint32_t i = 0; i < g->nseats; i++)
        fprintf(out, "seat %s.%s -> %s.%s 0x%" PRIx64 "+%" PRIu64 "%s\n", g->seats[i].node->name,
                g->seats[i].node->type->seats[g->seats[i].seat].name, g->seats[i].to->name,
                g->seats[i].to->type->buses[g->seats[i].bus].name, g->seats[i].address,
                g->seats[i].naddress, g->seats[i].node->place == &g->seats[i] ? " place" : "");
}

static void print_graph(const struct graph *g, FILE *out)
{
    static const char *const modes[] = {"realtime", "fast", "deterministic"};

    fprintf(out, "board %s%s%s\n", g->name, g->model ? " / " : "", g->model ? g->model : "");
    for (uint32_t i = 0; i < g->ncompatible; i++)
        fprintf(out, "compatible %s\n", g->compatible[i]);
    for (uint32_t i = 0; i < g->nparams; i++) {
        fprintf(out, "param %s ", g->params[i].name);
        print_value(&g->params[i].value, false, out);
        fputc('\n', out);
    }
    for (uint32_t i = 0; i < g->nnodes; i++) {
        cr_expect_eq(g->nodes[i]->index, i);
        print_node(g->nodes[i], out);
    }
    print_wires(g, out);
    for (uint32_t i = 0; i < g->naliases; i++)
        fprintf(out, "alias %s %s\n", g->aliases[i].name, g->aliases[i].node->name);
    for (uint32_t i = 0; i < g->nplaces; i++)
        fprintf(out, "place %s 0x%" PRIx64 "\n", g->places[i].role, g->places[i].address);
    for (uint32_t i = 0; i < g->nimages; i++)
        fprintf(out, "image %s %s\n", g->images[i].role, g->images[i].path);
    if (g->cmdline)
        fprintf(out, "cmdline %s\n", g->cmdline);
    for (uint32_t i = 0; i < g->nbackends; i++) {
        fprintf(out, "backend %s %s", g->backends[i].name, g->backends[i].type->name);
        print_props(g->backends[i].props, g->backends[i].nprops, out);
    }
    for (uint32_t i = 0; i < g->naccels; i++) {
        fprintf(out, "accel %s", g->accels[i].name);
        print_props(g->accels[i].props, g->accels[i].nprops, out);
    }
    if (g->lockstep)
        fprintf(out, "accels in lockstep\n");
    if (g->time != TIME_REALTIME || g->seed)
        fprintf(out, "time %s %" PRIu64 "\n", modes[g->time], g->seed);
    if (g->frequency || g->quantum)
        fprintf(out, "time settings %" PRIu64 " %" PRIu64 "\n", g->frequency, g->quantum);
    if (g->until)
        fprintf(out, "time until %" PRIu64 "\n", g->until);
}

/* --- files with expectations ------------------------------------------------------------------ */

struct expectation {
    char wanted[MAX_TEXT];
    char lines[MAX_OPTIONS][256]; /* texts of options */
    const char *set[MAX_OPTIONS], *images[MAX_OPTIONS], *backends[MAX_OPTIONS];
    struct graph_options options;
};

static void add_option(struct expectation *e, const char *key, const char *value)
{
    const struct {
        const char *key, **list;
    } lists[] = {{"set", e->set}, {"image", e->images}, {"backend", e->backends}};
    const struct {
        const char *key, **text;
    } texts[] = {
        {"accel", &e->options.accel}, {"time", &e->options.time}, {"cmdline", &e->options.cmdline}};

    for (size_t i = 0; i < 3; i++)
        if (!strcmp(lists[i].key, key))
            for (size_t k = 0; k < MAX_OPTIONS - 1; k++)
                if (!lists[i].list[k]) {
                    lists[i].list[k] = value;
                    return;
                }
    for (size_t i = 0; i < 3; i++)
        if (!strcmp(texts[i].key, key))
            *texts[i].text = value;
    if (!strcmp(key, "host"))
        e->options.check_host = true;
}

static struct expectation *read_expectation(const char *path)
{
    struct expectation *e = calloc(1, sizeof(*e));
    char line[1024];
    size_t count = 0;
    FILE *f = fopen(path, "r");

    cr_assert(f, "%s", path);
    while (fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, "#! ", 3)) {
            strcat(e->wanted, line + 3);
            strcat(e->wanted, "\n");
        } else if (!strncmp(line, "#? ", 3) && count < MAX_OPTIONS) {
            char *space = strchr(strcpy(e->lines[count], line + 3), ' ');

            if (space)
                *space++ = 0;
            add_option(e, e->lines[count++], space);
        }
    }
    fclose(f);
    e->options.set = e->set;
    e->options.images = e->images;
    e->options.backends = e->backends;
    return e;
}

/* Paths of the build tree differ from one to the next. */
static void hide_build(char *text)
{
    char *at;

    while ((at = strstr(text, BP_BINARY_DIR))) {
        memmove(at + 5, at + strlen(BP_BINARY_DIR), strlen(at + strlen(BP_BINARY_DIR)) + 1);
        memcpy(at, "BUILD", 5);
    }
}

static void check_file(const char *folder, const char *name)
{
    char path[512], *got = NULL;
    struct expectation *e;
    struct graph *g;
    size_t length;
    FILE *out = open_memstream(&got, &length);

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    e = read_expectation(path);
    diag_finish(&d);
    g = graph_load(path, &e->options, registry, &d);
    diag_print(&d, out);
    if (g)
        print_graph(g, out);
    fclose(out);
    hide_build(got);
    cr_expect_eq(g != NULL, !strcmp(folder, "good"), "%s", path);
    cr_expect_eq(g == NULL, d.errors > 0, "%s", path);
    cr_expect_str_eq(got, e->wanted, "%s gives:\n%s", path, got);
    if (getenv("SHOW") && strcmp(got, e->wanted))
        fprintf(stderr, "=== %s\n%s", path, got);
    graph_destroy(g);
    free(got);
    free(e);
}

static void check_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort), files = 0;

    cr_assert_gt(count, 2, "no files in %s", folder);
    for (int i = 0; i < count; i++) {
        if (strstr(entries[i]->d_name, ".yaml")) {
            check_file(folder, entries[i]->d_name);
            files++;
        }
        free(entries[i]);
    }
    free(entries);
    cr_expect_gt(files, 5);
}

Test(graph, good_descriptions)
{
    check_folder("good");
}

Test(graph, bad_descriptions)
{
    check_folder("bad");
}

/* --- questions to a graph --------------------------------------------------------------------- */

Test(graph, finds_nodes_values_and_widths)
{
    const struct graph_options options = {.accel = "slow"};
    struct graph *g = graph_load("good/devkit.yaml", &options, registry, &d);
    const struct graph_node *plic;

    cr_assert_not_null(g);
    plic = graph_find(g, "plic");
    cr_assert_not_null(plic);
    cr_expect_null(graph_find(g, "plic0"));
    cr_expect_eq(graph_value(plic, "sources")->u, 32);
    cr_expect_null(graph_value(plic, "source"));
    cr_expect_eq(graph_port_width(plic, 0), 64, "by its row");
    cr_expect_eq(graph_port_width(plic, 1), 2, "by the list of harts");
    cr_expect_eq(graph_port_width(graph_find(g, "gpio0"), 0), 16, "by a property");
    graph_destroy(g);
}

Test(graph, works_without_options)
{
    struct graph *g = graph_load("good/devkit.yaml", NULL, registry, &d);

    cr_assert_not_null(g);
    cr_expect_eq(g->naccels, 0);
    graph_destroy(g);
    cr_expect_null(graph_load("missing.yaml", NULL, registry, &d));
    cr_expect_eq(d.errors, 1);
    cr_expect_str_eq(d.items[0].text, "no such file: check the path");
    graph_destroy(NULL);
}

/* --- hostile ---------------------------------------------------------------------------------- */

static char *read_all(const char *path, size_t *length)
{
    static char bytes[MAX_TEXT];
    FILE *f = fopen(path, "r");

    cr_assert_not_null(f);
    *length = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    return bytes;
}

static void load_bytes(const char *path, const char *bytes, size_t length)
{
    const struct graph_options options = {.accel = "slow"};
    FILE *f = fopen(path, "w");

    cr_assert_not_null(f);
    fwrite(bytes, 1, length, f);
    fclose(f);
    diag_finish(&d);
    struct graph *g = graph_load(path, &options, registry, &d);

    cr_assert_eq(g == NULL, d.errors > 0);
    for (size_t i = 0; i < d.count; i++)
        cr_assert_not_null(d.items[i].text);
    graph_destroy(g);
}

/* No prefix of a description crashes, hangs or leaks. */
Test(graph, survives_truncation)
{
    char path[] = "/tmp/backplane-graph-XXXXXX";
    int fd = mkstemp(path);
    size_t length;
    char *bytes = read_all("good/devkit.yaml", &length);

    cr_assert_geq(fd, 0);
    close(fd);
    for (size_t i = 0; i < length; i++)
        load_bytes(path, bytes, i);
    unlink(path);
}

/* Nor does one with a byte changed. */
Test(graph, survives_mutation)
{
    static const char values[] = {0,   '\n', ' ', '\t', '"', '{', ']',    ':',   '*',
                                  '&', '-',  '0', '9',  'z', '$', '\x80', '\xff'};
    char path[] = "/tmp/backplane-graph-XXXXXX";
    int fd = mkstemp(path);
    uint32_t seed = 12345;
    size_t length;
    char *bytes = read_all("good/devkit.yaml", &length);

    cr_assert_geq(fd, 0);
    close(fd);
    for (int i = 0; i < 3000; i++) {
        char *at, before;

        seed = seed * 1664525 + 1013904223;
        at = &bytes[(seed >> 8) % length];
        before = *at;
        seed = seed * 1664525 + 1013904223;
        *at = values[(seed >> 8) % sizeof(values)];
        load_bytes(path, bytes, length);
        *at = before;
    }
    unlink(path);
}

/* Small files that ask for much: each ends soon, with an error. */
Test(graph, survives_floods, .timeout = 110 * BP_PATIENCE)
{
    static const struct {
        const char *head, *row, *tail;
        int rows;
    } floods[] = {
        {"  a: { repeat: { i: 0..4000 }, type: c/hart", ", k%d: 1", " }\n", 4000},
        {"  a: { repeat: { i: 0..4000 }, type: c/all, nodes: [a0", ", a%d", "] }\n", 4000},
        {"  a: { repeat: { i: 0..4000 }, type: c/all, nodes: [a0", ", \"*%d\"", "] }\n", 4000},
        {"  a: { repeat: { i: 0..4000 }, type: c/all, str: \"", "${i * %d}", "\" }\n", 4000},
        {"", "  n%d: { type: core/ram, reg: [0, 4KiB] }\n", "", 4000},
        {"", "  n%d: { type: c/disk, reg: [0, 4KiB] }\n", "", 5000},
        {"  a: { repeat: { i: 0..4000 }, type: c/timer, reg: [0, 4KiB], harts: \"a*\" }\n",
         "# %d\n", "", 1},
        {"params:\n", "  p%d: { type: u32, default: 1 }\n", "", 300},
    };
    char path[] = "/tmp/backplane-graph-XXXXXX";
    int fd = mkstemp(path);

    cr_assert_geq(fd, 0);
    close(fd);
    for (size_t i = 0; i < sizeof(floods) / sizeof(*floods); i++) {
        const bool top = floods[i].head[0] == 'p';
        FILE *f = fopen(path, "w");
        struct graph *g;

        cr_assert_not_null(f);
        fprintf(f, "backplane: 1\nkind: board\nplugins: { c: { use: check } }\n%s",
                top ? "" : "nodes:\n");
        fputs(floods[i].head, f);
        for (int k = 0; k < floods[i].rows; k++)
            fprintf(f, floods[i].row, k);
        fputs(floods[i].tail, f);
        fclose(f);
        diag_finish(&d);
        g = graph_load(path, NULL, registry, &d);
        cr_expect_null(g, "flood %zu", i);
        cr_expect_gt(d.errors, 0, "flood %zu", i);
        graph_destroy(g);
    }
    unlink(path);
}
