/* SPDX-License-Identifier: Apache-2.0
 *
 * dump.c - what was translated, for people: a line per block in the map that perf(1) reads, and IR and host code as text.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../common/ir_text.h"
#include "tcg.h"

#define TEXT_ROOM (64u << 10)
#define PER_LINE  16u

/* Where perf(1) looks for names of code that no file has. Appended to: accelerators in one process share
 * it. In a directory that anyone may write to, hence no links are followed. */
FILE *tcg_open_map(void)
{
    char path[40];
    FILE *map;
    int fd;

    snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return NULL;
    map = fdopen(fd, "a");
    if (!map)
        close(fd);
    else
        setvbuf(map, NULL, _IOLBF, BUFSIZ); /* whole lines, in whatever way this process ends */
    return map;
}

/* The IR of a region is that of its members, which were here before. */
static void print_unit(struct bp_vcpu *v, FILE *out, const struct tcg_unit *unit,
                       const struct bp_ir_builder *ir, const uint8_t *entry, uint32_t bytes)
{
    char *text = malloc(TEXT_ROOM);

    flockfile(out);
    fprintf(out, "%s %#" PRIx64 ", %u instructions, mode %#" PRIx64 "\n",
            unit->region ? "region" : "block", unit->members[0]->va, unit->ninsns,
            unit->members[0]->mode);
    for (uint32_t i = 0; unit->region && i < unit->nmembers; i++)
        fprintf(out, "of %#" PRIx64 "\n", unit->members[i]->va);
    if (text && ir) {
        ir_print(v->cls, ir, text, TEXT_ROOM);
        fputs(text, out);
    }
    fprintf(out, "host %#" PRIxPTR ", %u bytes\n", (uintptr_t)entry, bytes);
    for (uint32_t i = 0; i < bytes; i++)
        fprintf(out, "%02x%c", entry[i],
                i % PER_LINE == PER_LINE - 1 || i + 1 == bytes ? '\n' : ' ');
    fputc('\n', out);
    funlockfile(out);
    free(text);
}

void tcg_dump(struct bp_vcpu *v, const struct tcg_unit *unit, const struct bp_ir_builder *ir,
              const void *entry)
{
    const struct tcg *tcg = (const struct tcg *)v->interp;
    const struct tcg_code *t = tcg_of(v);
    uint32_t bytes = (uint32_t)(t->run + t->used - (const uint8_t *)entry);

    if (tcg->map)
        fprintf(tcg->map, "%" PRIxPTR " %x %s-%#" PRIx64 "\n", (uintptr_t)entry, bytes,
                unit->region ? "region" : "guest", unit->members[0]->va);
    if (tcg->dump)
        print_unit(v, tcg->dump, unit, ir, entry, bytes);
}
