/* SPDX-License-Identifier: Apache-2.0
 *
 * gdbjit.c - symbols of translated code for a gdb that debugs this process, by GDB's JIT
 * compilation interface ("Debugging with GDB", chapter "JIT Compilation Interface"): ELF objects in
 * memory, on a list that gdb knows where to find.
 *
 * gdb is slow with many objects, and looks at each when it attaches. So a new object takes in all
 * those in front of it that are not larger: their sizes are like the digits of a binary number that
 * counts up, a vCPU with n blocks has log2 n of them, and each block is moved log2 n times.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "host.h"

/* --- what gdb looks for: names and layout are its own ----------------------------------------- */

enum { JIT_NOACTION, JIT_REGISTER, JIT_UNREGISTER };

struct jit_code_entry {
    struct jit_code_entry *next_entry, *prev_entry;
    const char *symfile_addr;
    uint64_t symfile_size;
};

struct jit_descriptor {
    uint32_t version;
    uint32_t action_flag;
    struct jit_code_entry *relevant_entry, *first_entry;
};

/* Visible to gdb in a stripped object too; but our own, if the process has another such list. */
#define FOR_GDB __attribute__((visibility("protected")))

extern struct jit_descriptor __jit_debug_descriptor;
void __jit_debug_register_code(void);

FOR_GDB struct jit_descriptor __jit_debug_descriptor = {.version = 1};

/* gdb stops here. */
FOR_GDB __attribute__((noinline)) void __jit_debug_register_code(void)
{
    __asm__ volatile("" ::: "memory");
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list */

static void notify(struct jit_code_entry *entry, uint32_t action)
{
    __jit_debug_descriptor.relevant_entry = entry;
    __jit_debug_descriptor.action_flag = action;
    __jit_debug_register_code();
    __jit_debug_descriptor.action_flag = JIT_NOACTION;
    __jit_debug_descriptor.relevant_entry = NULL;
}

static void add(struct jit_code_entry *entry)
{
    struct jit_code_entry *first = __jit_debug_descriptor.first_entry;

    entry->next_entry = first;
    entry->prev_entry = NULL;
    if (first)
        first->prev_entry = entry;
    __jit_debug_descriptor.first_entry = entry;
    notify(entry, JIT_REGISTER);
}

static void take_out(struct jit_code_entry *entry)
{
    if (entry->prev_entry)
        entry->prev_entry->next_entry = entry->next_entry;
    else
        __jit_debug_descriptor.first_entry = entry->next_entry;
    if (entry->next_entry)
        entry->next_entry->prev_entry = entry->prev_entry;
    notify(entry, JIT_UNREGISTER);
}

/* --- an object -------------------------------------------------------------------------------- */

/* A name for a block or region; or for stubs, which a region has of its own in front of it. */
struct symbol {
    uint64_t from; /* end of the one in front: links are in between */
    uint64_t address, va;
    uint32_t bytes;
    uint8_t region, stubs;
};

enum { NO_SECTION, TEXT, SYMTAB, STRTAB, FRAME, NSECTIONS };

static const char section_names[] = "\0.text\0.symtab\0.strtab\0.debug_frame";
enum { TEXT_NAME = 1, SYMTAB_NAME = 7, STRTAB_NAME = 15, FRAME_NAME = 23 };

/* .debug_frame, DWARF 2 and later, 6.4.1. */
struct cie {
    uint32_t length, id;
    uint8_t version, augmentation, code_align, data_align, return_column;
    uint8_t rules[HOST_CFI];
};
struct fde {
    uint32_t length, cie; /* cie: its offset in the section */
    uint64_t location, range;
};
_Static_assert(sizeof(struct cie) == 32 && sizeof(struct fde) == 24, "no gaps");
enum { CODE, CALL, NCIES };

struct object {
    struct jit_code_entry entry;
    struct object *older;
    uint32_t nsymbols;
    uint32_t reserved;
    /* The file begins here. It ends with symbols, FDEs and strings. */
    Elf64_Ehdr ehdr;
    Elf64_Shdr sections[NSECTIONS];
    struct cie cies[NCIES];
};

#define FILE_OFFSET(member) (offsetof(struct object, member) - offsetof(struct object, ehdr))

/* Per vCPU. Symbols are in order of their addresses, and objects, of which the newest has the last,
 * are in this order as well: code only grows. */
struct tcg_names {
    struct symbol *symbols;
    uint32_t nsymbols, room;
    struct object *newest;
};

static struct fde *make_fde(struct fde *fde, uint64_t from, uint64_t to, uint32_t kind)
{
    if (from == to)
        return fde;
    *fde = (struct fde){.length = sizeof *fde - sizeof fde->length,
                        .cie = kind * sizeof(struct cie),
                        .location = from,
                        .range = to - from};
    return fde + 1;
}

static void make_cie(struct cie *cie, const uint8_t rules[HOST_CFI])
{
    *cie = (struct cie){.length = sizeof *cie - sizeof cie->length,
                        .id = UINT32_MAX,
                        .version = 1,
                        .code_align = 1,
                        .data_align = host_frame.data_align,
                        .return_column = host_frame.return_column};
    memcpy(cie->rules, rules, HOST_CFI);
}

static void make_headers(struct object *o, const struct symbol *symbols, uint64_t frames,
                         uint64_t strings)
{
    const struct symbol *last = &symbols[o->nsymbols - 1];
    uint64_t fixed = sizeof *o - offsetof(struct object, ehdr);
    uint64_t table = (o->nsymbols + 1) * sizeof(Elf64_Sym);

    o->ehdr = (Elf64_Ehdr){.e_type = ET_EXEC,
                           .e_machine = __ehdr_start.e_machine,
                           .e_version = EV_CURRENT,
                           .e_ehsize = sizeof o->ehdr,
                           .e_shoff = FILE_OFFSET(sections),
                           .e_shentsize = sizeof *o->sections,
                           .e_shnum = NSECTIONS,
                           .e_shstrndx = STRTAB};
    memcpy(o->ehdr.e_ident, __ehdr_start.e_ident, EI_NIDENT);
    o->sections[NO_SECTION] = (Elf64_Shdr){0};
    o->sections[TEXT] = (Elf64_Shdr){.sh_name = TEXT_NAME,
                                     .sh_type = SHT_NOBITS,
                                     .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                                     .sh_addr = symbols->from,
                                     .sh_offset = fixed,
                                     .sh_size = last->address + last->bytes - symbols->from,
                                     .sh_addralign = 1};
    o->sections[SYMTAB] = (Elf64_Shdr){.sh_name = SYMTAB_NAME,
                                       .sh_type = SHT_SYMTAB,
                                       .sh_offset = fixed + frames,
                                       .sh_size = table,
                                       .sh_link = STRTAB,
                                       .sh_info = o->nsymbols + 1, /* all are local */
                                       .sh_addralign = _Alignof(Elf64_Sym),
                                       .sh_entsize = sizeof(Elf64_Sym)};
    o->sections[STRTAB] = (Elf64_Shdr){.sh_name = STRTAB_NAME,
                                       .sh_type = SHT_STRTAB,
                                       .sh_offset = fixed + frames + table,
                                       .sh_size = strings,
                                       .sh_addralign = 1};
    o->sections[FRAME] = (Elf64_Shdr){.sh_name = FRAME_NAME,
                                      .sh_type = SHT_PROGBITS,
                                      .sh_offset = FILE_OFFSET(cies),
                                      .sh_size = sizeof o->cies + frames,
                                      .sh_addralign = _Alignof(struct fde)};
    o->entry.symfile_addr = (const char *)&o->ehdr;
    o->entry.symfile_size = fixed + frames + table + strings;
}

/* NULL: no memory. */
static struct object *make_object(const struct symbol *symbols, uint32_t n)
{
    size_t room = 2 * sizeof(struct fde) + sizeof(Elf64_Sym) + TCG_NAME;
    struct object *o = malloc(sizeof *o + sizeof(Elf64_Sym) + sizeof section_names + n * room);
    const struct symbol *end = symbols + n;
    struct fde *fde;
    Elf64_Sym *sym;
    char *strings, *at;

    if (!o)
        return NULL;
    o->nsymbols = n;
    make_cie(&o->cies[CODE], host_frame.code);
    make_cie(&o->cies[CALL], host_frame.call);
    fde = (struct fde *)(o + 1);
    for (const struct symbol *s = symbols; s < end; s++) {
        fde = make_fde(fde, s->from, s->address, CODE);
        fde = make_fde(fde, s->address, s->address + s->bytes, s->stubs ? CALL : CODE);
    }
    sym = (Elf64_Sym *)fde;
    strings = (char *)(sym + n + 1);
    memcpy(strings, section_names, sizeof section_names);
    at = strings + sizeof section_names;
    *sym++ = (Elf64_Sym){0};
    for (const struct symbol *s = symbols; s < end; s++) {
        *sym++ = (Elf64_Sym){.st_name = (Elf64_Word)(at - strings),
                             .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC),
                             .st_shndx = TEXT,
                             .st_value = s->address,
                             .st_size = s->bytes};
        if (s->stubs)
            strcpy(at, "tcg-stubs");
        else
            tcg_name(at, s->va, s->region);
        at += strlen(at) + 1;
    }
    make_headers(o, symbols, (uint64_t)((char *)fde - (char *)(o + 1)), (uint64_t)(at - strings));
    return o;
}

/* --- listening -------------------------------------------------------------------------------- */

static int32_t start(struct tcg *tcg)
{
    return tcg->gdb != 0;
}

static void drop_newest(struct tcg_names *names)
{
    struct object *o = names->newest;

    names->newest = o->older;
    take_out(&o->entry);
    free(o);
}

static int add_symbol(struct tcg_names *names, const struct symbol *symbol)
{
    if (names->nsymbols == names->room) {
        uint32_t room = names->room ? 2 * names->room : 64;
        struct symbol *more = realloc(names->symbols, room * sizeof *more);
        if (!more)
            return 0;
        names->symbols = more;
        names->room = room;
    }
    names->symbols[names->nsymbols++] = *symbol;
    return 1;
}

/* Without memory, code stays without a name. */
static void publish(struct tcg_names *names, const struct symbol *symbol)
{
    struct object *object, *kept;
    uint32_t n = 1;

    if (!add_symbol(names, symbol))
        return;
    for (kept = names->newest; kept && kept->nsymbols <= n; kept = kept->older)
        n += kept->nsymbols;
    object = make_object(&names->symbols[names->nsymbols - n], n);
    if (!object) {
        names->nsymbols--;
        return;
    }
    pthread_mutex_lock(&lock);
    while (names->newest != kept)
        drop_newest(names);
    add(&object->entry);
    pthread_mutex_unlock(&lock);
    object->older = kept;
    names->newest = object;
}

static void told(struct bp_vcpu *v, const struct tcg_news *news)
{
    struct tcg_code *t = tcg_of(v);
    struct tcg_names *names = t->names ? t->names : calloc(1, sizeof *names);
    uint64_t address = (uintptr_t)news->code, end = (uintptr_t)t->run, stubs = t->first;

    t->names = names;
    if (!names)
        return;
    if (names->nsymbols) {
        const struct symbol *last = &names->symbols[names->nsymbols - 1];
        end = last->address + last->bytes;
        stubs = news->unit->region ? address - end : 0;
    }
    if (stubs)
        publish(names, &(struct symbol){end, end, 0, (uint32_t)stubs, .stubs = 1});
    publish(names, &(struct symbol){end + stubs, address, news->unit->members[0]->va, news->bytes,
                                    .region = news->unit->region});
}

static void forget(struct bp_vcpu *v)
{
    struct tcg_code *t = tcg_of(v);
    struct tcg_names *names = t->names;

    if (!names)
        return;
    pthread_mutex_lock(&lock);
    while (names->newest)
        drop_newest(names);
    pthread_mutex_unlock(&lock);
    free(names->symbols);
    free(names);
    t->names = NULL;
}

const struct tcg_listener tcg_gdb = {.open = start, .told = told, .forget = forget};
