/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/registry.h"
#include "core/plugin/search.h"
#include "core/plugin/semver.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define PLUGINS  BP_BINARY_DIR "/tests/unit/plugins"
#define BROKEN   BP_BINARY_DIR "/tests/unit/broken"

static struct registry *registry;
static struct diag d;
static const struct diag_pos pos = {"board.yaml", 3, 5};

static void begin(void)
{
    static const char *const paths[] = {BROKEN, PLUGINS, NULL};

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

TestSuite(registry, .init = begin, .fini = end);

Test(semver, matches)
{
    const struct {
        const char *version, *range;
        enum semver_match match;
    } rows[] = {
        {"1.2.3", "*", SEMVER_YES},
        {"1.2.3", "1.2.3", SEMVER_YES},
        {"1.2.3", "1.2", SEMVER_YES},
        {"1.3.0", "1.2", SEMVER_NO},
        {"1.2.3", "=1", SEMVER_YES},
        {"2.0.0", "1", SEMVER_NO},
        {"1.2.3", "^1.0", SEMVER_YES},
        {"1.0.0", "^1.0.1", SEMVER_NO},
        {"2.0.0", "^1.0", SEMVER_NO},
        {"2.0.0-rc.1", "^1.0", SEMVER_NO},
        {"0.1.5", "^0.1", SEMVER_YES},
        {"0.2.0", "^0.1", SEMVER_NO},
        {"0.0.3", "^0.0.3", SEMVER_YES},
        {"0.0.4", "^0.0.3", SEMVER_NO},
        {"0.9.0", "^0", SEMVER_YES},
        {"1.0.0", "^0", SEMVER_NO},
        {"2.1.9", "~2.1", SEMVER_YES},
        {"2.2.0", "~2.1", SEMVER_NO},
        {"2.9.9", "~2", SEMVER_YES},
        {"2.1.2", "~2.1.3", SEMVER_NO},
        {"1.5.0", ">=1.2 <2", SEMVER_YES},
        {"2.0.0", ">=1.2 <2", SEMVER_NO},
        {"1.2.4", ">1.2.3", SEMVER_YES},
        {"1.2.3", ">1.2.3", SEMVER_NO},
        {"1.2.9", ">1.2", SEMVER_NO},
        {"1.3.0", ">1.2", SEMVER_YES},
        {"1.2.9", "<=1.2", SEMVER_YES},
        {"1.3.0", "<=1.2", SEMVER_NO},
        {"1.2.3", "<= 1.2.3", SEMVER_YES},
        {"1.0.0", ">1.0.0-rc.1", SEMVER_YES},
        {"1.0.0", "1.0.0-rc.1", SEMVER_NO},
        {"1.0.0-rc.1", "=1.0.0-rc.1", SEMVER_YES},
        {"1.0.0-rc.2", ">=1.0.0-rc.10", SEMVER_NO},
        {"1.0.0-alpha.1", "<1.0.0-alpha.beta", SEMVER_YES},
        {"1.0.0-alpha", "<1.0.0-alpha.1", SEMVER_YES},
        {"1.0.0+build.5", "1.0.0", SEMVER_YES},
        {"3.0.0", "^1 || ^3", SEMVER_YES},
        {"2.0.0", "^1 || ^3", SEMVER_NO},
        {"1.0.0", "", SEMVER_BAD_RANGE},
        {"1.0.0", "^", SEMVER_BAD_RANGE},
        {"1.0.0", "^x", SEMVER_BAD_RANGE},
        {"1.0.0", "^1.0 ||", SEMVER_BAD_RANGE},
        {"1.0.0", "1.0.0.0", SEMVER_BAD_RANGE},
        {"1.0.0", "1.", SEMVER_BAD_RANGE},
        {"1.0.0", "^99999999999", SEMVER_BAD_RANGE},
        {"1.0", "*", SEMVER_BAD_VERSION},
        {"one", "*", SEMVER_BAD_VERSION},
        {"1.0.0-", "*", SEMVER_BAD_VERSION},
        {"1.0.0 ", "*", SEMVER_BAD_VERSION},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_eq(semver_match(rows[i].version, rows[i].range), rows[i].match, "%s in %s",
                     rows[i].version, rows[i].range);
}

Test(registry, opens_by_name_and_by_path_once)
{
    const struct plugin *p = registry_open(registry, "check", "^1.2", NULL, &d, pos), *again;
    const struct plugin *const *all;

    cr_assert_not_null(p);
    cr_expect_str_eq(plugin_info(p)->id, "check");
    cr_expect_str_eq(plugin_path(p), PLUGINS "/check.so");
    again = registry_open(registry, "./check.so", NULL, PLUGINS "/", &d, pos);
    cr_expect_eq(again, p);
    cr_expect_eq(
        registry_open(registry, PLUGINS "/../plugins/check.so", NULL, "/elsewhere", &d, pos), p);
    cr_expect_eq(registry_plugins(registry, &all), 1);
    cr_expect_eq(all[0], p);
    cr_expect_eq(d.count, 0);
}

Test(registry, finds_types_of_nodes)
{
    const struct plugin *p = registry_open(registry, "check", NULL, NULL, &d, pos);
    const struct type *t = registry_node_type(registry, p, "radio");

    cr_assert_not_null(t);
    cr_expect_eq(t->kind, TYPE_DEVICE);
    cr_expect_eq(t->nports, 4);
    cr_expect_str_eq(t->ports[3].word, "ref-clock");
    cr_expect_eq(t->nregions, 4);
    cr_expect_null(registry_node_type(registry, p, "slow"), "an accelerator is no node");
    cr_expect_null(registry_node_type(registry, p, "ram"));
    cr_expect_not_null(registry_node_type(registry, NULL, "ram"));
    cr_expect_null(registry_node_type(registry, NULL, "radio"));
}

Test(registry, finds_back_ends_and_accelerators_by_bare_name)
{
    const struct type *list[8];

    cr_assert_not_null(registry_find(registry, TYPE_BACKEND, "sink", &d));
    cr_expect_not_null(registry_find(registry, TYPE_ACCEL, "fast", &d));
    cr_expect_null(registry_find(registry, TYPE_ACCEL, "sink", &d));
    cr_expect_null(registry_find(registry, TYPE_BACKEND, "../sink", &d));
    cr_expect_eq(registry_types(registry, TYPE_ACCEL, list, 8), 3);
    cr_expect_str_eq(list[0]->name, "slow");
    cr_expect_eq(registry_types(registry, TYPE_ACCEL, list, 2), 2);
}

Test(registry, reads_rows_of_a_newer_sdk_by_their_stride)
{
    const struct plugin *p = registry_open(registry, "broken", NULL, NULL, &d, pos);
    const struct type *t;

    cr_assert_not_null(p);
    t = registry_node_type(registry, p, "tomorrow");
    cr_assert_not_null(t);
    cr_assert_eq(t->nprops, 2);
    cr_expect_str_eq(t->props[0].name, "first");
    cr_expect_str_eq(t->props[1].name, "second");
    cr_expect_eq(t->props[1].offset, 8);
}

static void expect_text(const char *use, const char *version, const char *wanted)
{
    const struct plugin *p;

    diag_finish(&d);
    p = registry_open(registry, use, version, BROKEN, &d, pos);
    cr_expect_null(p, "%s", use);
    cr_assert_eq(d.errors, 1, "%s: %zu errors", use, d.errors);
    cr_expect_eq(d.items[0].pos.line, 3);
    cr_expect_str_eq(d.items[0].text, wanted);
}

Test(registry, says_what_is_wrong_with_a_plugin)
{
    const struct {
        const char *name, *why;
    } rows[] = {
        {"no-entry", "does not export bp_plugin_query_v1(): build it as a plug-in"},
        {"next-abi", "built for ABI 2, this core has ABI 1: use a newer core or an older plug-in"},
        {"other-id", "calls itself `mine`: rename the file to mine.so"},
        {"no-info", "its description has no valid size: build it against the SDK headers"},
        {"no-id", "has no id or no version: set both in struct bp_plugin"},
        {"small-info", "its description has no valid size: build it against the SDK headers"},
        {"bad-version", "version `one` is not MAJOR.MINOR.PATCH: correct it in struct bp_plugin"},
        {"needs-more",
         "needs the interface `acme.teleport/1`, which this core does not offer: use a newer core"},
        {"no-factory", "offers no classes: return a factory from get_factory()"},
        {"no-classes", "factory bp.devices/1: has no valid size or no classes: fill it in"},
        {"class-size", "class ?: its struct has 3735928559 bytes: set `size` with sizeof"},
        {"class-small", "class ?: its struct has 16 bytes: set `size` with sizeof"},
        {"class-name", "class ?: has no valid name: set `name`"},
        {"class-align",
         "class thing: an instance of 64 bytes, aligned to 24: set both with sizeof and _Alignof"},
        {"class-twice", "class thing: is there twice: rename one"},
        {"row-stride",
         "class thing: 1 props of 4 bytes at an address: fill the three fields with BP_ARRAY()"},
        {"prop-name", "class thing: property 0 has no valid name: use letters, digits and -"},
        {"prop-type", "class thing: property x: unknown type 99: use a BP_PROP_*"},
        {"prop-list", "class thing: property x: unknown element type 16: set `element`"},
        {"prop-enum", "class thing: property x: has no choices: list them, ending with NULL"},
        {"prop-offset",
         "class thing: property x: offset 60 is outside of the instance (64 bytes): use offsetof"},
        {"prop-word",
         "class thing: property reg: the name means something in every node: use another"},
        {"prop-range", "class thing: property x: min is above max: swap them"},
        {"port-offset",
         "class thing: port x: offset 64 is outside of the instance (64 bytes): use offsetof"},
        {"port-kind",
         "class thing: port x: unknown kind 77 or direction 1: use BP_PORT_* and BP_DIR_*"},
        {"port-via",
         "class thing: port x: via_prop `fine` is no property that lists nodes: use LIST of REF"},
        {"port-width", "class thing: port x: width_prop `none` is no u32 property: name one"},
        {"provider-port",
         "class thing: provider 0: port `gone` is not there: name one of the class"},
        {"provider-cells", "class thing: provider in: 2 cells: list them, at most 4"},
        {"reg-bits",
         "class thing: region reg: register MIXED has bits of two rules, or of none: make the "
         "masks disjoint, use BP_REG_* and BP_READ_*, and end with a mask of 0"},
        {"region-width", "class thing: region reg: accesses of 3 to 4 bytes: use 1, 2, 4 or 8"},
        {"state-tag", "class thing: state row x: tag 7 is there twice: use a new one"},
        {"state-type", "class thing: state row x: unknown type 6: use BP_STATE_*"},
        {"state-offset", "class thing: state row x: lies outside of the instance: use offsetof"},
        {"bus-kind", "class thing: bus two: has no kind: set one such as BP_I2C_BUS"},
        {"bus-offset",
         "class thing: bus two: offset 56 is outside of the instance (64 bytes): use offsetof"},
        {"bus-range", "class thing: bus two: min is above max: swap them"},
        {"bus-count", "class thing: bus two: count_prop `none` is no number property: name one"},
        {"seat-kind", "class thing: seat side: has no kind: set one such as BP_I2C_BUS"},
        {"seat-offset",
         "class thing: seat side: offset 32 is outside of the instance (64 bytes): use offsetof"},
        {"seat-word",
         "class thing: seat side: word `fine` is not valid, or a property: use another"},
        {"seat-place",
         "class thing: seat side: `bus` and `reg` are taken by region reg: set `word`"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        expect_text(rows[i].name, NULL, rows[i].why);
}

Test(registry, checks_versions)
{
    expect_text("broken", "^2.0",
                "version 1.0.0 (" BROKEN
                "/broken.so) is not in ^2.0: install another, or change the range");
    expect_text("broken", "newest",
                "`newest` is not a range of versions: write one such as ^1.2, ~1.2.3 or >=1 <3");
}

Test(registry, says_where_it_looked)
{
    diag_finish(&d);
    cr_expect_null(registry_open(registry, "teleport", NULL, NULL, &d, pos));
    cr_assert_eq(d.errors, 1);
    cr_expect_str_eq(d.items[0].thing, "teleport");
    cr_expect(strstr(d.items[0].text, "no plug-in teleport.so in " BROKEN ", " PLUGINS) ==
                  d.items[0].text,
              "%s", d.items[0].text);
    cr_expect_null(registry_open(registry, "", NULL, NULL, &d, pos));
}

/* A chroot may come without /proc; plug-ins are beside the program all the same. */
Test(registry, finds_the_program_without_proc)
{
    char with[PATH_MAX], without[PATH_MAX];

    cr_assert(search_program("/proc/self/exe", with));
    cr_assert(search_program("/nothing/here", without));
    cr_expect_str_eq(without, with);
    cr_expect_eq(*without, '/');
}

/* Files that are no plug-ins, made here. */
static char *make_file(const char *name, const void *bytes, size_t length)
{
    static char path[256];
    char dir[] = "/tmp/backplane-registry-XXXXXX";
    FILE *f;

    cr_assert_not_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "w");
    cr_assert_not_null(f);
    fwrite(bytes, 1, length, f);
    fclose(f);
    return path;
}

static void remove_file(char *path)
{
    unlink(path);
    *strrchr(path, '/') = 0;
    rmdir(path);
}

static void expect_file(const void *bytes, size_t length, const char *wanted)
{
    char *path = make_file("x.so", bytes, length);

    expect_text(path, NULL, wanted);
    remove_file(path);
}

Test(registry, refuses_files_that_are_no_plugins)
{
    FILE *f = fopen(PLUGINS "/check.so", "r");
    static unsigned char bytes[1 << 20];
    size_t length;
    Elf64_Ehdr header;

    cr_assert_not_null(f);
    length = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    cr_assert_gt(length, sizeof(header));
    memcpy(&header, bytes, sizeof(header));

    expect_file("", 0, "not an ELF file: name a plug-in (.so)");
    expect_file("#!/bin/sh\necho a text, not a plug-in\n", 35,
                "not an ELF file: name a plug-in (.so)");
    expect_file(bytes, 40, "a truncated ELF file: build or copy it again");
    expect_file(bytes, 64, "a truncated ELF file: build or copy it again");
    expect_file(bytes, 4096, "a truncated ELF file: build or copy it again");
    header.e_type = ET_EXEC;
    memcpy(bytes, &header, sizeof(header));
    expect_file(bytes, length, "not a shared object: link it with -shared");
    header.e_type = ET_DYN;
    header.e_phnum = 0xffff;
    memcpy(bytes, &header, sizeof(header));
    expect_file(bytes, length, "a damaged ELF file: build or copy it again");
    header.e_ident[EI_CLASS] = ELFCLASS32;
    memcpy(bytes, &header, sizeof(header));
    diag_finish(&d);
    char *path = make_file("x.so", bytes, length);

    cr_expect_null(registry_open(registry, path, NULL, NULL, &d, pos));
    cr_expect(strstr(d.items[0].text, "built for another machine") == d.items[0].text);
    remove_file(path);
    expect_text("./missing.so", NULL,
                "cannot be opened (No such file or directory): check the path");
    expect_text(PLUGINS "/", NULL, "not a file: name a plug-in (.so)");
}

Test(registry, does_not_open_two_files_of_one_id)
{
    FILE *f = fopen(PLUGINS "/check.so", "r");
    static unsigned char bytes[1 << 20];
    size_t length = fread(bytes, 1, sizeof(bytes), f);
    char *path = make_file("check.so", bytes, length);

    fclose(f);
    cr_assert_not_null(registry_open(registry, "check", NULL, NULL, &d, pos));
    expect_text(path, NULL,
                "plug-in check is open already, from " PLUGINS "/check.so: use one of the two");
    remove_file(path);
}

Test(registry, opens_all_and_warns_about_broken_ones)
{
    const struct plugin *const *all;

    registry_open_all(registry, &d);
    cr_expect_eq(registry_plugins(registry, &all), 2, "broken.so and check.so are fine");
    cr_expect_eq(d.errors, 0);
    cr_expect_gt(d.count, 20);
    for (size_t i = 0; i < d.count; i++)
        cr_expect_eq(d.items[i].level, DIAG_WARNING);
    registry_open_all(registry, NULL);
}

Test(registry, looks_into_the_environment)
{
    registry_destroy(registry);
    setenv("BACKPLANE_PLUGIN_PATH", "/nowhere:" BROKEN ":", 1);
    registry = registry_create(NULL);
    cr_expect_not_null(registry_open(registry, "broken", NULL, NULL, &d, pos));
    unsetenv("BACKPLANE_PLUGIN_PATH");
}
