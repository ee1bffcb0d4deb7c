/* SPDX-License-Identifier: Apache-2.0
 *
 * machine.h - a machine for testing accelerators: RAM from RAM_BASE, a device page, a hole, and toy
 * CPUs.
 */
#ifndef TESTS_ACCEL_MACHINE_H
#define TESTS_ACCEL_MACHINE_H

#include <pthread.h>

#include "toy_cpu.h"

#define RAM_BASE   0x100000ull
#define RAM_BYTES  0x100000ull
#define DEVICE     0x10000ull /* one page; the register at offset 0xff8 fails every access */
#define DEVICE_BAD 0xff8u
#define HOLE       0x20000ull
#define MAX_CPUS   8

struct machine {
    const struct bp_accel_class *accel;
    void *instance;
    uint8_t *ram;
    uint32_t ncpus;
    struct bp_vcpu *vcpus[MAX_CPUS];
    struct toy *cpus[MAX_CPUS];
    struct toy_page pages[TOY_PAGES];
    _Atomic uint64_t reads, writes; /* of the device */
    uint64_t last_write, last_addr, last_width;
    void (*on_write)(struct machine *m, uint32_t cpu, uint64_t value); /* may be NULL */
    void (*on_read)(struct machine *m, uint32_t cpu);
    uint64_t hits, hit_pc; /* debug_hit() */
    uint64_t moved; /* not 0: RAM page at RAM_BASE + moved answers at RAM_BASE instead of its own */
    char error[256]; /* last text through bp.error/1 */
};

/* Which accelerator machine_new() loads: the interpreter, or tcg if BACKPLANE_TEST_ACCEL says so, which translates a
 * block when it has run `machine_hot` times. */
extern const char *machine_accel;
extern uint32_t machine_hot;
extern uint8_t machine_gdb;                /* tcg's property `gdb` */
extern const char *const machine_accels[]; /* NULL-terminated */

/* Loads the accelerator and makes a machine with `ncpus` CPUs; cache 0: the default. IR is verified. */
struct machine *machine_new(uint32_t ncpus, uint64_t cache);
void machine_free(struct machine *m);

/* Writes a program at physical address pa, as the loader would; returns the address behind. */
uint64_t machine_code(struct machine *m, uint64_t pa, const uint32_t *code, uint32_t words);
#define CODE(m, pa, ...)                                                                           \
    machine_code(m, pa, (const uint32_t[]){__VA_ARGS__},                                           \
                 sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

uint64_t *machine_word(struct machine *m, uint64_t pa); /* 8 bytes of RAM */

/* Runs CPU 0 from pc until run() returns something other than KICKED, with a time limit. Gives the
 * reason, or -1. */
int32_t machine_run(struct machine *m, uint64_t pc);
int32_t machine_continue(struct machine *m, uint32_t cpu);

/* Runs all CPUs from their pcs in threads until each waits. 0, or -1 after the time limit. */
int machine_run_all(struct machine *m);

/* A counter by name. */
uint64_t machine_counter(struct machine *m, const char *name);

#endif
