/* SPDX-License-Identifier: Apache-2.0
 *
 * Every image of a machine into its memory, then the device tree, then what the CPUs are told of all this.
 */
#include "core/load/load.h"
#include "core/fdt/devicetree.h"
#include "core/load/loader.h"
#include "core/machine/random.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MIB        UINT64_C(0x100000)
#define KIB        UINT64_C(0x400)
#define SEED_BYTES 32u
#define BLOB_ROOM  4096u
#define MAX_FDT    (16 * MIB)

/* Everything that is known when the last steps begin. */
struct boot {
    struct loaded firmware, kernel;
    bool has_firmware, has_kernel;
    struct extent initrd, fdt;
    struct extent info; /* what the CPU tells the firmware; 0 bytes: nothing */
    bool info_in_ram;   /* where a program might write over it */
};

static const struct diag_pos nowhere;

static const struct graph_image *find_image(const struct loader *l, const char *role)
{
    for (uint32_t i = 0; i < l->graph->nimages; i++) {
        const struct graph_image *image = &l->graph->images[i];

        /* `firmware: none` says that there is deliberately no such image. */
        if (!strcmp(image->role, role))
            return image->path && strcmp(image->path, "none") ? image : NULL;
    }
    return NULL;
}

static int32_t load_program(struct loader *l, const char *role, uint64_t floor, struct loaded *out,
                            bool *present)
{
    const struct graph_image *image = find_image(l, role);
    struct source s;
    int32_t status;

    *present = image != NULL;
    if (!image)
        return BP_OK;
    status = source_open(l, image, &s);
    if (status == BP_OK)
        status = image_load(l, &s, place_given(l, role), floor, out);
    if (status == BP_OK && !out->has_entry) {
        source_error(l, &s,
                     "its entry point 0x%" PRIx64
                     " is in none of its segments: set one with the linker's -e",
                     out->entry);
        status = BP_E_INVAL;
    }
    source_close(&s);
    return status;
}

static int32_t load_programs(struct loader *l, struct boot *b)
{
    uint64_t floor = l->nram ? l->ram[0].base : 0;
    int32_t status = load_program(l, "firmware", floor, &b->firmware, &b->has_firmware);
    int32_t second;

    /* A firmware in flash leaves the start of RAM to the kernel. */
    for (uint32_t i = 0; b->has_firmware && i < l->nram; i++)
        if (b->firmware.base - l->ram[i].base < l->ram[i].bytes)
            floor = b->firmware.end;
    second = load_program(l, "kernel", floor, &b->kernel, &b->has_kernel);
    return status != BP_OK ? status : second;
}

/* Images that the board gives a place of their own under `boot:`. */
static int32_t load_others(struct loader *l)
{
    static const char *const own[] = {"firmware", "kernel", "initrd", "fdt"};
    int32_t status = BP_OK;

    for (uint32_t i = 0; i < l->graph->nimages; i++) {
        const struct graph_image *image = &l->graph->images[i];
        const uint64_t *where = place_given(l, image->role);
        struct source s;
        struct loaded out;
        int32_t one;
        bool known = false;

        for (size_t k = 0; k < sizeof(own) / sizeof(*own); k++)
            known |= !strcmp(image->role, own[k]);
        if (known || !image->path || !strcmp(image->path, "none"))
            continue;
        if (!where) {
            diag_error(l->diag, image->pos, image->role,
                       "the board has no place for this image: add it under `boot: { load: ... }`");
            status = BP_E_INVAL;
            continue;
        }
        one = source_open(l, image, &s);
        if (one == BP_OK)
            one = image_load_data(l, &s, *where, &out);
        source_close(&s);
        if (one != BP_OK)
            status = one;
    }
    return status;
}

/* The RAM that the program lives in, or the first. */
static uint64_t home(const struct loader *l, const struct boot *b)
{
    return b->has_kernel     ? b->kernel.base
           : b->has_firmware ? b->firmware.base
           : l->nram         ? l->ram[0].base
                             : 0;
}

static int32_t load_initrd(struct loader *l, struct boot *b)
{
    const struct graph_image *image = find_image(l, "initrd");
    const uint64_t *where = place_given(l, "initrd");
    struct source s;
    struct loaded out;
    uint64_t base = 0;
    int32_t status;

    if (!image)
        return BP_OK;
    status = source_open(l, image, &s);
    if (status != BP_OK)
        return status;
    if (where) {
        base = *where;
    } else if (!place_find(l, home(l, b), s.bytes, 2 * MIB, &base) &&
               !place_find(l, home(l, b), s.bytes, 4 * KIB, &base)) {
        source_error(l, &s, "does not fit into RAM beside the kernel: give the board more memory");
        status = BP_E_FULL;
    }
    if (status == BP_OK)
        status = image_load_raw(l, &s, base, &out);
    if (status == BP_OK)
        b->initrd = (struct extent){base, s.bytes};
    source_close(&s);
    return status;
}

/* Random bits for the guest's generator; the same ones in every run when it must be repeatable. */
static bool make_seed(const struct graph *g, uint8_t seed[SEED_BYTES])
{
    uint64_t state = g->seed;

    if (g->time != TIME_DETERMINISTIC)
        return random_host(seed, SEED_BYTES);
    random_repeat(&state, seed, SEED_BYTES);
    return true;
}

static int32_t amend_user_tree(struct loader *l, const struct graph_image *image,
                               const struct devicetree_chosen *chosen, uint8_t **tree,
                               uint32_t *bytes)
{
    struct source s;
    uint8_t *data = NULL;
    int32_t status = source_open(l, image, &s);

    if (status != BP_OK)
        return status;
    if (s.bytes > MAX_FDT) {
        source_error(l, &s, "is larger than 16 MiB: this is not a device tree blob");
        status = BP_E_INVAL;
    } else {
        data = source_take(l, &s);
        status = data ? devicetree_amend(data, (uint32_t)s.bytes, chosen, tree, bytes) : BP_E_IO;
        if (status == BP_E_INVAL)
            source_error(l, &s,
                         "is not a whole device tree blob: compile the source with dtc -O dtb");
        else if (data && status != BP_OK)
            source_error(l, &s, "no memory left on the host: close something");
    }
    free(data);
    source_close(&s);
    return status;
}

/* Where the tree goes. Firmware edits it in place and lets it grow, so leave some room where there is any. */
static bool place_tree(struct loader *l, const struct boot *b, uint64_t bytes, struct extent *out)
{
    static const uint64_t slack[] = {64 * KIB, 4 * KIB, 0};
    const uint64_t *where = place_given(l, "fdt");

    *out = (struct extent){where ? *where : 0, bytes};
    if (where)
        return true;
    for (size_t i = 0; i < sizeof(slack) / sizeof(*slack); i++) {
        out->bytes = bytes + slack[i];
        if (place_find(l, home(l, b), out->bytes, 4 * KIB, &out->base))
            return true;
    }
    return false;
}

static int32_t put_tree(struct loader *l, struct boot *b, const struct graph_image *image,
                        uint8_t *tree, uint32_t bytes)
{
    struct diag_pos pos = image ? image->pos : nowhere;
    struct extent range;

    if (!place_tree(l, b, bytes, &range)) {
        free(tree);
        /* A bare program on a small controller does without; who asked for a tree, or cannot start without, must know. */
        if (!image && !b->kernel.linux_image)
            return BP_OK;
        diag_error(l->diag, pos, "device tree",
                   "no room for it in RAM: give the board more memory");
        return BP_E_FULL;
    }
    if (!place_claim(l, pos, "device tree", range, true)) {
        free(tree);
        return BP_E_INVAL;
    }
    b->fdt = range;
    return machine_add_segment(l->machine, "device tree", range.base, tree, bytes, 0);
}

static int32_t load_tree(struct loader *l, struct boot *b)
{
    const struct graph_image *image = find_image(l, "fdt");
    uint8_t seed[SEED_BYTES], *tree = NULL;
    struct devicetree_chosen chosen = {
        .bootargs = l->graph->cmdline,
        .initrd_start = b->initrd.base,
        .initrd_end = b->initrd.base + b->initrd.bytes,
        .reserved = b->info.base,
        .reserved_bytes = b->info_in_ram ? b->info.bytes : 0,
    };
    uint32_t bytes = 0;
    int32_t status;

    if (make_seed(l->graph, seed)) {
        chosen.rng_seed = seed;
        chosen.rng_seed_bytes = SEED_BYTES;
    }
    status = image ? amend_user_tree(l, image, &chosen, &tree, &bytes)
                   : devicetree_build(l->machine, &chosen, &tree, &bytes, l->diag);
    return status == BP_OK ? put_tree(l, b, image, tree, bytes) : status;
}

/* --- what the firmware is told -------------------------------------------------------------------- */

/* Its room is taken before there is a tree, which names it. All CPUs read it, each when it gets that far: a program that
 * the first one started may run for long by then, and must not have written over it. */
static int32_t place_info(struct loader *l, const struct bp_boot *boot, struct boot *b)
{
    const uint64_t *where = place_given(l, "info");
    uint8_t *bytes = malloc(BLOB_ROOM);
    struct extent range = {.base = where ? *where : 0};

    if (!bytes)
        return BP_E_NOMEM;
    range.bytes = machine_boot_blob(l->machine, boot, bytes, BLOB_ROOM);
    free(bytes);
    if (!range.bytes || range.bytes > BLOB_ROOM)
        return BP_OK;
    if (!where && !place_find(l, home(l, b), range.bytes, 8, &range.base)) {
        if (!b->has_firmware)
            return BP_OK;
        diag_error(l->diag, nowhere, "boot information",
                   "no room for it in RAM: give the board more memory");
        return BP_E_FULL;
    }
    if (!place_claim(l, nowhere, "boot information", range, !where))
        return BP_E_INVAL;
    b->info = range;
    for (uint32_t i = 0; i < l->nram; i++)
        b->info_in_ram |= range.base - l->ram[i].base < l->ram[i].bytes;
    return BP_OK;
}

static int32_t put_info(struct loader *l, const struct boot *b, struct bp_boot *boot)
{
    uint8_t *bytes;

    if (!b->info.bytes)
        return BP_OK;
    bytes = calloc(1, BLOB_ROOM);
    if (!bytes)
        return BP_E_NOMEM;
    boot->blob = b->info.base;
    machine_boot_blob(l->machine, boot, bytes, BLOB_ROOM);
    return machine_add_segment(l->machine, "boot information", b->info.base, bytes,
                               (uint32_t)b->info.bytes, 0);
}

static bool has_medium(const struct graph *g, const struct graph_node *node)
{
    for (uint32_t i = 0; i < g->nattaches; i++)
        for (uint32_t k = 0; g->attaches[i].node == node && k < g->nbackends; k++)
            if (!strcmp(g->attaches[i].backend, g->backends[k].name))
                return true;
    return false;
}

/* May this node hold a program already? Flash does with a medium behind it, a vendor's ROM by itself; core/rom is empty. */
static bool may_hold_program(const struct graph *g, const struct graph_node *node)
{
    const struct type *type = node->type;
    bool rom = false, drive = false;

    for (uint32_t i = 0; i < type->nregions; i++)
        rom |= (type->regions[i].flags & BP_REGION_ROMD) != 0;
    for (uint32_t i = 0; i < type->nports; i++)
        drive |= type->ports[i].kind == BP_PORT_BLOCK;
    return rom && (drive ? has_medium(g, node) : type->plugin != NULL);
}

static bool nothing_to_run(const struct loader *l, const struct boot *b)
{
    const struct graph *g = l->graph;

    for (uint32_t i = 0; i < g->nnodes; i++)
        if (may_hold_program(g, g->nodes[i]))
            return false;
    return !b->has_firmware && !b->has_kernel && !l->nclaims;
}

int32_t load_images(struct machine *m, struct diag *d)
{
    struct loader l = {.machine = m, .graph = machine_graph(m), .diag = d};
    bool nothing;
    struct boot b = {0};
    struct bp_boot boot = {.size = sizeof(boot)};
    int32_t status = place_init(&l), others;

    if (status != BP_OK)
        goto out;
    status = load_programs(&l, &b);
    others = load_others(&l);
    if (status == BP_OK)
        status = others;
    nothing = nothing_to_run(&l, &b); /* an initrd is no program */
    if (status == BP_OK)
        status = load_initrd(&l, &b);
    if (status == BP_OK && nothing) {
        diag_error(d, nowhere, l.graph->name,
                   "nothing to run: name a program with --image kernel=FILE");
        status = BP_E_NOENT;
    }
    if (status == BP_OK) {
        boot.entry = b.has_firmware ? b.firmware.entry : b.kernel.entry;
        boot.next_entry = b.has_firmware ? b.kernel.entry : 0;
        boot.ncpus = machine_cpus(m);
        status = place_info(&l, &boot, &b);
    }
    if (status == BP_OK)
        status = load_tree(&l, &b);
    if (status == BP_OK) {
        boot.fdt = b.fdt.base;
        status = put_info(&l, &b, &boot);
    }
    if (status == BP_OK)
        machine_set_boot(m, &boot);
out:
    if (status != BP_OK && !d->errors)
        diag_error(d, nowhere, "loading", "no memory left on the host: close something");
    place_finish(&l);
    return status;
}
