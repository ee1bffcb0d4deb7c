/* SPDX-License-Identifier: Apache-2.0
 *
 * loader.h - what the files of this folder share while images are being loaded. [main]
 *
 * Nothing larger than the memory it is meant for is ever read into the host's: sizes are checked first.
 */
#ifndef CORE_LOAD_LOADER_H
#define CORE_LOAD_LOADER_H

#include "core/load/load.h"

/* A range of guest memory [base, base + bytes). */
struct extent {
    uint64_t base, bytes;
};

/* Ranges that something was loaded to. */
struct claim {
    struct extent range;
    const char *what; /* borrowed from the graph, or static */
};

struct loader {
    struct machine *machine;
    const struct graph *graph;
    struct diag *diag;
    struct extent *ram; /* sorted, disjoint */
    uint32_t nram;
    struct claim *claims;
    uint32_t nclaims;
};

/* An image while it is looked at: a file, or what came out of a compressed one. */
struct source {
    const struct graph_image *image;
    int fd;        /* -1 when in memory */
    uint8_t *data; /* owned; NULL for a file */
    uint64_t bytes;
};

/* What loading an image resulted in. */
struct loaded {
    uint64_t base, end; /* lowest and highest address used, bss included */
    uint64_t entry;
    bool has_entry;   /* lies in what was loaded */
    bool linux_image; /* wants a device tree, cannot run without */
};

/* --- source.c ------------------------------------------------------------------------------------------ */
int32_t source_open(struct loader *l, const struct graph_image *image, struct source *out);
void source_close(struct source *s);
/* Reads exactly [offset, offset + bytes), which must lie inside. Reports a failing host. */
int32_t source_read(struct loader *l, const struct source *s, uint64_t offset, void *data,
                    uint64_t bytes);
/* The whole content, malloc'ed; NULL was reported. */
uint8_t *source_take(struct loader *l, struct source *s);
/* Makes [offset, offset + bytes) of it, and `zero` bytes behind, a segment of the machine at `pa`. */
int32_t source_segment(struct loader *l, struct source *s, uint64_t offset, uint64_t pa,
                       uint64_t bytes, uint64_t zero);
/* Replaces a gzip source by what is in it, at most `limit` bytes. */
int32_t source_gunzip(struct loader *l, struct source *s, uint64_t limit);
/* An error about this image. */
void source_error(struct loader *l, const struct source *s, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* --- elf.c --------------------------------------------------------------------------------------------- */
/* Loads an ELF file where its program headers say. A position-independent one goes to *where; with `where` NULL it stays
 * where it was linked if that is RAM, else it goes to `fallback`. */
int32_t elf_load(struct loader *l, struct source *s, const uint64_t *where, uint64_t fallback,
                 struct loaded *out);
/* elf_symbols.c: symbols of an ELF file go to the machine, moved by `shift`. Damage is a warning. */
struct elf_view;
void elf_symbols(struct loader *l, struct source *s, const struct elf_view *elf, uint64_t shift);

/* --- image.c ------------------------------------------------------------------------------------------- */
/* Loads what is meant to be executed: ELF, Linux Image, either of them in gzip, or a flat binary. `where`: as the board
 * says, NULL: from `floor` on, at the next boundary that suits it. */
int32_t image_load(struct loader *l, struct source *s, const uint64_t *where, uint64_t floor,
                   struct loaded *out);
/* Loads bytes as they are to `where`. */
int32_t image_load_raw(struct loader *l, struct source *s, uint64_t where, struct loaded *out);
/* The same for anything but an ELF file, which goes where it says. */
int32_t image_load_data(struct loader *l, struct source *s, uint64_t where, struct loaded *out);

/* --- place.c ------------------------------------------------------------------------------------------- */
int32_t place_init(struct loader *l);
void place_finish(struct loader *l);
/* Takes a range for `what`. `writable`: must be RAM, else ROM will do. False was reported at `pos` for `what`. */
bool place_claim(struct loader *l, struct diag_pos pos, const char *what, struct extent range,
                 bool writable);
/* The highest free range of `bytes` in the RAM that holds `near`, below 4 GiB if that RAM begins there. */
bool place_find(const struct loader *l, uint64_t near, uint64_t bytes, uint64_t align,
                uint64_t *base);
/* Address the board gives a role; NULL: none. */
const uint64_t *place_given(const struct loader *l, const char *role);
/* Bytes of RAM in all. */
uint64_t place_total(const struct loader *l);
/* "0x80000000-0x801fffff" */
const char *place_text(struct extent range, char text[48]);

#endif
