/* SPDX-License-Identifier: Apache-2.0
 *
 * dump.c - tells what was translated to those who asked for it. Two of them are here, for people: a
 * line per block in the map that perf(1) reads, and IR and host code as text.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../common/ir_text.h"
#include "dump.h"

#define TEXT_ROOM (64u << 10)
#define PER_LINE  16u

void tcg_name(char name[TCG_NAME], uint64_t va, int region)
{
    snprintf(name, TCG_NAME, "%s-%#" PRIx64, region ? "region" : "guest", va);
}

/* --- the map for perf(1) ---------------------------------------------------------------------- */

/* Where perf(1) looks for names of code that no file has. Appended to: accelerators in one process
 * share it. In a directory that anyone may write to, hence no links are followed. */
static FILE *create_map(void)
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

static int32_t open_map(struct tcg *tcg)
{
    if (!tcg->perf)
        return 0;
    tcg->map = create_map();
    if (!tcg->map)
        interp_error(&tcg->interp, "perf", "its map /tmp/perf-PID.map cannot be written");
    return tcg->map ? 1 : BP_E_IO;
}

static void print_line(struct bp_vcpu *v, const struct tcg_news *news)
{
    const struct tcg *tcg = (const struct tcg *)v->interp;

    fprintf(tcg->map, "%" PRIxPTR " %x %s\n", (uintptr_t)news->code, news->bytes, news->name);
}

static void close_map(struct tcg *tcg)
{
    fclose(tcg->map);
}

static const struct tcg_listener map = {.open = open_map, .told = print_line, .close = close_map};

/* --- IR and host code as text ----------------------------------------------------------------- */

static int32_t open_text(struct tcg *tcg)
{
    if (!tcg->dump_path)
        return 0;
    tcg->dump = fopen(tcg->dump_path, "we");
    if (!tcg->dump)
        interp_error(&tcg->interp, "dump", "cannot be written: check the path");
    return tcg->dump ? 1 : BP_E_IO;
}

/* The IR of a region is that of its members, which were here before. */
static void print_unit(struct bp_vcpu *v, const struct tcg_news *news)
{
    const struct tcg_unit *unit = news->unit;
    FILE *out = ((const struct tcg *)v->interp)->dump;
    char *text = malloc(TEXT_ROOM);

    flockfile(out);
    fprintf(out, "%s %#" PRIx64 ", %u instructions, mode %#" PRIx64 "\n",
            unit->region ? "region" : "block", unit->members[0]->va, unit->ninsns,
            unit->members[0]->mode);
    for (uint32_t i = 0; unit->region && i < unit->nmembers; i++)
        fprintf(out, "of %#" PRIx64 "\n", unit->members[i]->va);
    if (text && news->ir) {
        ir_print(v->cls, news->ir, text, TEXT_ROOM);
        fputs(text, out);
    }
    fprintf(out, "host %#" PRIxPTR ", %u bytes\n", (uintptr_t)news->code, news->bytes);
    for (uint32_t i = 0; i < news->bytes; i++)
        fprintf(out, "%02x%c", news->code[i],
                i % PER_LINE == PER_LINE - 1 || i + 1 == news->bytes ? '\n' : ' ');
    fputc('\n', out);
    funlockfile(out);
    free(text);
}

static void close_text(struct tcg *tcg)
{
    fclose(tcg->dump);
}

static const struct tcg_listener text = {
    .open = open_text, .told = print_unit, .close = close_text};

/* --- all of them ------------------------------------------------------------------------------ */

static const struct tcg_listener *const known[] = {&map, &text, &tcg_jitdump, &tcg_gdb};
_Static_assert(sizeof known / sizeof *known == TCG_LISTENERS, "room in struct tcg");

int32_t tcg_listen(struct tcg *tcg)
{
    int32_t status = BP_OK;

    for (uint32_t i = 0; i < TCG_LISTENERS; i++) {
        int32_t opened = known[i]->open(tcg);
        if (opened > 0)
            tcg->listeners[tcg->nlisteners++] = known[i];
        else if (opened < 0)
            status = opened;
    }
    return status;
}

void tcg_unlisten(struct tcg *tcg)
{
    while (tcg->nlisteners) {
        const struct tcg_listener *listener = tcg->listeners[--tcg->nlisteners];
        if (listener->close)
            listener->close(tcg);
    }
}

void tcg_dump(struct bp_vcpu *v, const struct tcg_unit *unit, const struct bp_ir_builder *ir,
              const void *entry)
{
    const struct tcg *tcg = (const struct tcg *)v->interp;
    const struct tcg_code *t = tcg_of(v);
    struct tcg_news news = {.unit = unit,
                            .ir = ir,
                            .code = entry,
                            .bytes = (uint32_t)(t->run + t->used - (const uint8_t *)entry)};

    if (!tcg->nlisteners)
        return;
    tcg_name(news.name, unit->members[0]->va, unit->region);
    for (uint32_t i = 0; i < tcg->nlisteners; i++)
        tcg->listeners[i]->told(v, &news);
}

void tcg_dump_forget(struct bp_vcpu *v)
{
    const struct tcg *tcg = (const struct tcg *)v->interp;

    for (uint32_t i = 0; i < tcg->nlisteners; i++) {
        if (tcg->listeners[i]->forget)
            tcg->listeners[i]->forget(v);
    }
}
