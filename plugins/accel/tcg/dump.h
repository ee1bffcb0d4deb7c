/* SPDX-License-Identifier: Apache-2.0
 *
 * dump.h - who is told of translated code. Each listener is a property of the accelerator; one that
 * is not asked for costs nothing but its row in a table.
 */
#ifndef TCG_DUMP_H
#define TCG_DUMP_H

#include <elf.h>

#include "tcg.h"

#define TCG_NAME 32 /* bytes of a name, with its 0 */

struct tcg_news {
    const struct tcg_unit *unit;
    const struct bp_ir_builder *ir; /* NULL: a region, whose IR is that of its members */
    const uint8_t *code;            /* where it is executed, and can be read */
    uint32_t bytes;
    char name[TCG_NAME];
};

struct tcg_listener {
    /* [main] 1: it was asked for, and is ready; 0: it was not; BP_E_*: it fails, and said why. */
    int32_t (*open)(struct tcg *tcg);
    /* [vcpu] Code was made; several vCPUs may say so at a time. */
    void (*told)(struct bp_vcpu *v, const struct tcg_news *news);
    /* [vcpu], or [main] without a thread: all code of this vCPU is gone. May be NULL. */
    void (*forget)(struct bp_vcpu *v);
    /* [main] After the last vCPU, if open() gave 1. May be NULL. */
    void (*close)(struct tcg *tcg);
};

extern const struct tcg_listener tcg_jitdump; /* jitdump.c */
extern const struct tcg_listener tcg_gdb;     /* gdbjit.c */

/* The linker's: the ELF header of this very object, made for the machine that the code is for. */
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

/* What a block or region is called everywhere, by its guest address: "guest-0x80000000". */
void tcg_name(char name[TCG_NAME], uint64_t va, int region);

#endif
