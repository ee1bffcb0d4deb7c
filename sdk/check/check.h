/* SPDX-License-Identifier: Apache-2.0
 *
 * check.h - what the parts of the conformance kit share.
 *
 * The program runs in two roles. The parent never loads the plug-in: for every check and type it
 * starts itself again and waits. The child (child.c) loads the plug-in, makes one check, and leaves
 * what it found in memory shared with the parent, together with what it was doing, so that a child
 * that crashes or hangs has told enough.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include <backplane/accel.h>
#include <backplane/backend.h>
#include <backplane/device.h>

#define LEVEL_MAX 10

/* What a check looks at; a bit set in struct check. */
#define KIND_OBJECT  1u /* the file and its query function, once */
#define KIND_DEVICE  2u
#define KIND_BACKEND 4u
#define KIND_CPU     8u
#define KIND_ACCEL   16u
#define KIND_TYPES   (KIND_DEVICE | KIND_BACKEND | KIND_CPU | KIND_ACCEL)

struct kit;

struct check {
    const char *name;
    uint32_t level, kinds;
    void (*run)(struct kit *kit); /* NULL: a watch, kept while other checks run */
    const char *holds;            /* what must hold */
    const char *source;           /* where that is written */
    const char *cure;
};

extern const struct check checks[];
extern const uint32_t nchecks;
const struct check *check_find(const char *name); /* NULL: none */

/* --- what a child leaves ------------------------------------------------------------- */

#define NAME_MAX_BYTES 48
#define FINDINGS_MAX   16
#define TYPES_MAX      256

#define CAUSE_BYTES 400 /* of the cause alone, without what the kit did */
#define PATIENCE    5   /* a check may take this many times its processor time */

struct finding {
    char check[NAME_MAX_BYTES];
    char where[96];                /* function of the plug-in; "" */
    char cause[CAUSE_BYTES + 330]; /* one line */
};

struct shared {
    char doing[320]; /* what the kit is about to make the plug-in do */
    uint32_t finished, nfindings;
    uint32_t own; /* the check is about what it does now: what a watch sees is its own finding */
    char skipped[200]; /* why the check could not be made; "" */
    struct finding findings[FINDINGS_MAX];
    char id[NAME_MAX_BYTES], version[NAME_MAX_BYTES];
    uint32_t ntypes;
    struct {
        uint32_t kind;
        char name[NAME_MAX_BYTES];
    } types[TYPES_MAX];
};

/* --- options ------------------------------------------------------------------------- */

struct setting { /* --props [TYPE.]NAME=VALUE */
    char *text;  /* owned; the others point into it */
    const char *type, *name, *value;
};

struct options {
    const char *plugin;
    uint32_t level;
    const char *only; /* name of a check; NULL: all */
    const char *type; /* NULL: all */
    const char *junit;
    bool json, list, keep_going, verbose;
    uint64_t seed;
    uint32_t timeout; /* seconds for one check */
    struct setting *settings;
    uint32_t nsettings;
    const char *child; /* "FD:KIND:CHECK:TYPE" */
};

/* 0: go on. Else the exit status is *status. */
int options_parse(struct options *options, int argc, char **argv, int *status);
void options_free(struct options *options);

/* --- the child ----------------------------------------------------------------------- */

struct kit {
    const struct options *options;
    const struct check *check;
    struct shared *shared;
    uint32_t kind;
    const char *type; /* "" for KIND_OBJECT */
    void *object;     /* of dlopen(); NULL: not loaded yet */
    const struct bp_plugin *plugin;
    const struct bp_device_class *device;
    const struct bp_backend_class *backend;
    const struct bp_cpu_class *cpu;
    const struct bp_accel_class *accel;
};

int child_main(const struct options *options);

/* Notes what comes next, for a crash or a hang in it. */
__attribute__((format(printf, 2, 3))) void kit_doing(struct kit *kit, const char *format, ...);
/* A finding of the check that runs. The same text counts once. */
__attribute__((format(printf, 2, 3))) void kit_fail(struct kit *kit, const char *format, ...);
/* A finding of the watch `check`, made by the code at `pc` of the plug-in (NULL: not known). */
__attribute__((format(printf, 4, 5))) void kit_watch(struct kit *kit, const char *check,
                                                     const void *pc, const char *format, ...);
/* The check cannot be made with this type: why. */
__attribute__((format(printf, 2, 3))) void kit_skip(struct kit *kit, const char *format, ...);
void kit_own(struct kit *kit, bool own);
bool kit_failed(const struct kit *kit);
/* Ends the child at once; findings so far count. */
_Noreturn void kit_leave(struct kit *kit);
/* The kit of this process, for functions the plug-in calls without telling who it is. */
struct kit *kit_here(void);
/* What --props says about a property of this type; NULL. */
const char *kit_setting(const struct kit *kit, const char *name);

/* --- helpers ------------------------------------------------------------------------- */

struct random {
    uint64_t state;
};
uint64_t random_next(struct random *random);
uint64_t random_below(struct random *random, uint64_t limit); /* limit > 0 */
/* Numbers as bugs like them: small, one bit, all ones, guest RAM, anything. */
uint64_t random_value(struct random *random);
/* Of the seed of the run, the type and the check, so that each is repeatable alone. */
struct random random_of(const struct kit *kit, uint32_t salt);

bool status_known(int32_t status); /* BP_OK or a BP_E_* */

/* The parent makes a folder for one file of zeros, which properties of type PATH name, and
 * removes both. */
#define SCRATCH_VARIABLE "BACKPLANE_CHECK_SCRATCH"
#define SCRATCH_FILE     "file"
const char *scratch_file(uint64_t bytes); /* static; NULL: cannot be made */

/* --- checks, by file ----------------------------------------------------------------- */

void check_object(struct kit *kit);
void check_symbols(struct kit *kit);
void check_query(struct kit *kit);
void check_class(struct kit *kit);
void check_props(struct kit *kit);
void check_ports(struct kit *kit);
void check_buses(struct kit *kit);
void check_regions(struct kit *kit);
void check_state_rows(struct kit *kit);
void check_events(struct kit *kit);
void check_cpu_rows(struct kit *kit);
void check_functions(struct kit *kit);
void check_zeroed(struct kit *kit);
void check_init(struct kit *kit);
void check_refuse(struct kit *kit);
void check_nomem(struct kit *kit);
void check_iface(struct kit *kit);
void check_prop_fuzz(struct kit *kit);
void check_mmio(struct kit *kit);
void check_lines(struct kit *kit);
void check_char(struct kit *kit);
void check_block(struct kit *kit);
void check_dma(struct kit *kit);
void check_fdt(struct kit *kit);
void check_backend_io(struct kit *kit);
void check_translate(struct kit *kit);
void check_vcpu(struct kit *kit);
void check_debug(struct kit *kit);
void check_walk(struct kit *kit);
void check_reset(struct kit *kit);
void check_roundtrip(struct kit *kit);
void check_complete(struct kit *kit);
void check_hostile(struct kit *kit);
void check_threads(struct kit *kit);
void check_instances(struct kit *kit);
void check_determinism(struct kit *kit);
void check_parallel(struct kit *kit);
void check_leak(struct kit *kit);
void check_stray(struct kit *kit);
void check_core_size(struct kit *kit);
void check_reload(struct kit *kit);

#endif
