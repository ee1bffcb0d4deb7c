/* SPDX-License-Identifier: Apache-2.0
 *
 * object.c - level 1, the file: what kind of object it is, what it exports and needs, what it says
 * of itself.
 */
#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "elf.h"

/* --- object -------------------------------------------------------------------------- */

static void check_segments(struct kit *kit, const struct elf *elf)
{
    const Elf64_Phdr *stack = elf_segment(elf, PT_GNU_STACK);

    if (!stack || (stack->p_flags & PF_X))
        kit_fail(kit, "asks for an executable stack, which a nested function or assembly without "
                      ".note.GNU-stack causes");
    for (uint32_t i = 0; i < elf->head->e_phnum; i++) {
        const Elf64_Phdr *p = &elf->segments[i];

        if (p->p_type == PT_LOAD && (p->p_flags & PF_W) && (p->p_flags & PF_X))
            kit_fail(kit, "has a segment that is writable and executable");
    }
}

static void check_dynamic(struct kit *kit, const struct elf *elf)
{
    uint32_t count = 0;
    const Elf64_Dyn *rows = elf_dynamic(elf, &count);

    if (!rows)
        kit_fail(kit, "has no dynamic section: it is not linked as a shared object");
    for (uint32_t i = 0; rows && i < count && rows[i].d_tag != DT_NULL; i++) {
        uint64_t value = rows[i].d_un.d_val;

        if (rows[i].d_tag == DT_TEXTREL || (rows[i].d_tag == DT_FLAGS && (value & DF_TEXTREL)))
            kit_fail(kit, "has text relocations: compile every file with -fPIC");
        if (rows[i].d_tag == DT_FLAGS_1 && (value & DF_1_NODELETE))
            kit_fail(kit, "is marked NODELETE (-z nodelete): it could never be loaded anew");
    }
}

void check_object(struct kit *kit)
{
    struct elf elf;
    const char *why = elf_open(&elf, kit->options->plugin);

    if (why) {
        kit_fail(kit, "%s", why);
    } else {
        check_segments(kit, &elf);
        check_dynamic(kit, &elf);
    }
    elf_close(&elf);
}

/* --- symbols ------------------------------------------------------------------------- */

/* libc's parts, libm, and what a sanitizer brings. */
static bool library_known(const char *name)
{
    static const char *const known[] = {"libc.so",    "libm.so",    "ld-linux",    "libpthread.so",
                                        "libdl.so",   "libasan.so", "libubsan.so", "libtsan.so",
                                        "liblsan.so", "ld-musl",    "libc.musl"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!strncmp(name, known[i], strlen(known[i])))
            return true;
    }
    return false;
}

/* The door, and what GDB's JIT compilation interface looks for in an object that makes code. */
static bool may_be_seen(const char *name)
{
    static const char *const names[] = {"bp_plugin_query_v1", "__jit_debug_descriptor",
                                        "__jit_debug_register_code"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcmp(name, names[i]))
            return true;
    }
    return false;
}

static void check_exports(struct kit *kit, const struct elf *elf)
{
    struct elf_symbols symbols;
    bool door = false;

    if (!elf_symbols(elf, SHT_DYNSYM, &symbols)) {
        kit_fail(kit, "has no dynamic symbol table");
        return;
    }
    for (uint64_t i = 1; i < symbols.count; i++) {
        const Elf64_Sym *s = &symbols.rows[i];
        const char *name = elf_symbol_name(&symbols, s);

        if (s->st_shndx == SHN_UNDEF || ELF64_ST_BIND(s->st_info) == STB_LOCAL)
            continue;
        door |= !strcmp(name, "bp_plugin_query_v1");
        if (!may_be_seen(name))
            kit_fail(kit, "exports %s: only bp_plugin_query_v1 may be seen", name);
        if (ELF64_ST_BIND(s->st_info) == STB_GNU_UNIQUE)
            kit_fail(kit, "%s is a unique symbol: the object could never be unloaded", name);
    }
    if (!door)
        kit_fail(kit, "does not export bp_plugin_query_v1");
}

void check_symbols(struct kit *kit)
{
    struct elf elf;
    const char *why = elf_open(&elf, kit->options->plugin);
    uint32_t count = 0;
    const Elf64_Dyn *rows = why ? NULL : elf_dynamic(&elf, &count);

    if (why)
        kit_fail(kit, "%s", why);
    else
        check_exports(kit, &elf);
    for (uint32_t i = 0; rows && i < count && rows[i].d_tag != DT_NULL; i++) {
        const char *name = elf_dynamic_text(&elf, rows[i].d_un.d_val);

        if (rows[i].d_tag == DT_NEEDED && !library_known(name))
            kit_fail(kit, "needs %s: only libc and libm may be linked", name);
    }
    elf_close(&elf);
}

/* --- query --------------------------------------------------------------------------- */

static bool one_line(const char *text)
{
    return text && *text && !strchr(text, '\n');
}

/* MAJOR.MINOR.PATCH, then -pre or +build (Semantic Versioning 2.0.0, section 2). */
static bool is_version(const char *text)
{
    for (uint32_t part = 0; part < 3; part++) {
        if (!isdigit((unsigned char)*text) || (*text == '0' && isdigit((unsigned char)text[1])))
            return false;
        while (isdigit((unsigned char)*text))
            text++;
        if (part < 2 && *text++ != '.')
            return false;
    }
    return !*text || *text == '-' || *text == '+';
}

/* "standard", "com.acme.soc9" */
static bool is_id(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && !strchr(".-_", *c))
            return false;
    }
    return islower((unsigned char)*text);
}

/* "bp.dma/1" */
static bool is_iface_id(const char *text)
{
    const char *slash = strchr(text, '/');

    return slash && slash != text && isdigit((unsigned char)slash[1]) && !strchr(slash + 1, '/');
}

static void check_texts(struct kit *kit, const struct bp_plugin *p)
{
    const struct {
        const char *field, *text;
    } rows[] = {{"id", p->id},
                {"version", p->version},
                {"vendor", p->vendor},
                {"license", p->license},
                {"doc", p->doc}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!one_line(rows[i].text))
            kit_fail(kit, "struct bp_plugin: %s is missing, empty or more than one line",
                     rows[i].field);
    }
    if (one_line(p->id) && !is_id(p->id))
        kit_fail(kit, "struct bp_plugin: id \"%s\" is not of lower case, digits, '.', '-', '_'",
                 p->id);
    if (one_line(p->version) && !is_version(p->version))
        kit_fail(kit, "struct bp_plugin: version \"%s\" is no semantic version", p->version);
    for (uint32_t i = 0; p->requires_ids && p->requires_ids[i]; i++) {
        if (!is_iface_id(p->requires_ids[i]))
            kit_fail(kit, "struct bp_plugin: requires \"%s\", which is no interface id",
                     p->requires_ids[i]);
    }
}

static void list_types(struct kit *kit)
{
    struct shared *s = kit->shared;

    for (uint32_t f = 0; f < FACTORIES; f++) {
        const char *name;

        for (uint32_t i = 0; (name = child_class_name(kit, factory_rows[f].kind, i)); i++) {
            for (uint32_t t = 0; t < s->ntypes; t++) {
                if (!strcmp(s->types[t].name, name))
                    kit_fail(kit, "%s: two classes have the name \"%s\"", factory_rows[f].id, name);
            }
            if (!*name || strlen(name) >= NAME_MAX_BYTES || strchr(name, ':')) {
                kit_fail(kit, "%s: class %u has no name that a description could write",
                         factory_rows[f].id, i);
            } else if (s->ntypes < TYPES_MAX) {
                s->types[s->ntypes].kind = factory_rows[f].kind;
                snprintf(s->types[s->ntypes++].name, NAME_MAX_BYTES, "%s", name);
            }
        }
    }
}

static void check_factories(struct kit *kit)
{
    const struct bp_plugin *p = kit->plugin;

    if (!p->get_factory) {
        kit_fail(kit, "struct bp_plugin: get_factory is NULL");
        return;
    }
    kit_doing(kit, "get_factory() of an id that a later SDK may ask for");
    if (p->get_factory("bp.kit-does-not-exist/9"))
        kit_fail(kit, "get_factory() returns something for an id it cannot know");
    for (uint32_t f = 0; f < FACTORIES; f++) {
        const struct bp_device_factory *factory;

        kit_doing(kit, "get_factory(\"%s\")", factory_rows[f].id);
        factory = p->get_factory(factory_rows[f].id);
        if (factory != p->get_factory(factory_rows[f].id))
            kit_fail(kit, "get_factory(\"%s\") returns another pointer the second time",
                     factory_rows[f].id);
        if (factory && (factory->size < sizeof *factory || factory->size > 4096))
            kit_fail(kit, "%s: size %u is not that of the factory (%zu)", factory_rows[f].id,
                     factory->size, sizeof *factory);
        else if (factory && !factory->classes)
            kit_fail(kit, "%s: has no list of classes", factory_rows[f].id);
    }
    if (!kit_failed(kit))
        list_types(kit);
    if (!kit_failed(kit) && !kit->shared->ntypes)
        kit_fail(kit, "offers no type at all");
}

void check_query(struct kit *kit)
{
    const struct bp_plugin *(*query)(void);
    const struct bp_plugin *p;

    if (!child_load(kit))
        return;
    p = kit->plugin;
    *(void **)&query = dlsym(kit->object, "bp_plugin_query_v1");
    if (!p)
        kit_fail(kit, "bp_plugin_query_v1() returns NULL");
    else if (p != query())
        kit_fail(kit, "bp_plugin_query_v1() returns another pointer the second time");
    else if (p->size < offsetof(struct bp_plugin, get_factory) + sizeof p->get_factory ||
             p->size > 4096)
        kit_fail(kit, "struct bp_plugin: size %u is not that of the struct (%zu)", p->size,
                 sizeof *p);
    if (kit_failed(kit))
        return;
    if (p->flags)
        kit_fail(kit, "struct bp_plugin: flags %#x are not known", p->flags);
    check_texts(kit, p);
    check_factories(kit);
    if (kit_failed(kit))
        return;
    snprintf(kit->shared->id, sizeof kit->shared->id, "%s", p->id);
    snprintf(kit->shared->version, sizeof kit->shared->version, "%s", p->version);
}
