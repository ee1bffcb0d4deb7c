/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening a shared object that may be anything: a text, a cut-off download, a plug-in for another
 * processor or ABI. What dlopen() would crash on is refused before.
 */
#include "core/plugin/object.h"

#include "core/plugin/copy.h"

#include "core/machine/dev.h"
#include "core/plugin/semver.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY     "bp_plugin_query_v1"
#define MAX_TEXT  4096u /* of an id or a version: longer ones are garbage */
#define MAX_PHDRS 64u

/* End of the last field of the first ABI: no plug-in has a smaller struct. */
#define PLUGIN_MIN    (offsetof(struct bp_plugin, get_factory) + sizeof(void *))
#define SIZE_MAX_SANE 65536u

#if defined(__x86_64__)
#define HOST_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define HOST_MACHINE EM_AARCH64
#elif defined(__riscv)
#define HOST_MACHINE EM_RISCV
#else
#define HOST_MACHINE EM_NONE
#endif

static int32_t refuse(char why[OBJECT_WHY], const char *text)
{
    snprintf(why, OBJECT_WHY, "%s", text);
    return BP_E_INVAL;
}

/* --- before dlopen() -------------------------------------------------------------------------- */

static int32_t check_header(const ElfW(Ehdr) * e, size_t bytes, char why[OBJECT_WHY])
{
    if (bytes < EI_NIDENT || memcmp(e->e_ident, ELFMAG, SELFMAG))
        return refuse(why, "not an ELF file: name a plug-in (.so)");
    if (bytes < sizeof(*e))
        return refuse(why, "a truncated ELF file: build or copy it again");
    if (e->e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
        e->e_ident[EI_DATA] !=
            (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB) ||
        (HOST_MACHINE != EM_NONE && e->e_machine != HOST_MACHINE)) {
        snprintf(
            why, OBJECT_WHY,
            "built for another machine (ELF machine %u, this host is %u): build it for this host",
            e->e_machine, HOST_MACHINE);
        return BP_E_INVAL;
    }
    if (e->e_type != ET_DYN)
        return refuse(why, "not a shared object: link it with -shared");
    if (e->e_phentsize != sizeof(ElfW(Phdr)) || !e->e_phnum || e->e_phnum > MAX_PHDRS)
        return refuse(why, "a damaged ELF file: build or copy it again");
    return BP_OK;
}

/* A segment behind the end of the file would be mapped, and end in a SIGBUS when it is touched. */
static int32_t check_segments(int fd, const ElfW(Ehdr) * e, uint64_t file_bytes,
                              char why[OBJECT_WHY])
{
    ElfW(Phdr) rows[MAX_PHDRS];
    size_t bytes = e->e_phnum * sizeof(*rows);

    if (pread(fd, rows, bytes, (off_t)e->e_phoff) != (ssize_t)bytes)
        return refuse(why, "a truncated ELF file: build or copy it again");
    for (unsigned i = 0; i < e->e_phnum; i++)
        if (rows[i].p_filesz &&
            (rows[i].p_offset > file_bytes || rows[i].p_filesz > file_bytes - rows[i].p_offset))
            return refuse(why, "a truncated ELF file: build or copy it again");
    return BP_OK;
}

static int32_t check_file(struct plugin *p, char why[OBJECT_WHY])
{
    int fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int32_t status = BP_E_IO;
    ElfW(Ehdr) header;
    struct stat info;
    ssize_t got;

    memset(&header, 0, sizeof(header));
    if (fd < 0 || fstat(fd, &info)) {
        snprintf(why, OBJECT_WHY, "cannot be opened (%s): check the path", strerror(errno));
        goto out;
    }
    if (!S_ISREG(info.st_mode)) {
        refuse(why, "not a file: name a plug-in (.so)");
        goto out;
    }
    p->device = info.st_dev;
    p->inode = info.st_ino;
    got = pread(fd, &header, sizeof(header), 0);
    status = check_header(&header, got < 0 ? 0 : (size_t)got, why);
    if (status == BP_OK)
        status = check_segments(fd, &header, (uint64_t)info.st_size, why);
out:
    if (fd >= 0)
        close(fd);
    return status;
}

/* --- what it says of itself ------------------------------------------------------------------- */

/* Texts come from outside: a missing or endless one is refused. */
static bool is_text(const char *text)
{
    return text && strnlen(text, MAX_TEXT) > 0 && strnlen(text, MAX_TEXT) < MAX_TEXT;
}

/* "/x/standard.so" -> "standard". */
static bool matches_file(const char *id, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t length = strlen(base);

    if (length > 3 && !strcmp(base + length - 3, ".so"))
        length -= 3;
    return strlen(id) == length && !memcmp(id, base, length);
}

static int32_t check_info(const struct plugin *p, char why[OBJECT_WHY])
{
    const struct bp_plugin *info = p->info;

    if (!info || info->size < PLUGIN_MIN || info->size > SIZE_MAX_SANE)
        return refuse(why, "its description has no valid size: build it against the SDK headers");
    if (!is_text(info->id) || !is_text(info->version))
        return refuse(why, "has no id or no version: set both in struct bp_plugin");
    if (!matches_file(info->id, p->path)) {
        snprintf(why, OBJECT_WHY, "calls itself `%.64s`: rename the file to %.64s.so", info->id,
                 info->id);
        return BP_E_INVAL;
    }
    if (semver_match(info->version, "*") != SEMVER_YES) {
        snprintf(why, OBJECT_WHY,
                 "version `%.64s` is not MAJOR.MINOR.PATCH: correct it in struct bp_plugin",
                 info->version);
        return BP_E_INVAL;
    }
    if (!info->get_factory)
        return refuse(why, "has no get_factory(): set it in struct bp_plugin");
    for (size_t i = 0; info->requires_ids && info->requires_ids[i]; i++) {
        if (machine_iface(NULL, info->requires_ids[i]))
            continue;
        snprintf(why, OBJECT_WHY,
                 "needs the interface `%.64s`, which this core does not offer: use a newer core",
                 info->requires_ids[i]);
        return BP_E_UNSUPPORTED;
    }
    return BP_OK;
}

static int32_t query(struct plugin *p, char why[OBJECT_WHY])
{
    const struct bp_plugin *(*entry)(void);

    p->handle = dlopen(p->path, RTLD_NOW | RTLD_LOCAL);
    if (!p->handle) {
        snprintf(why, OBJECT_WHY, "the system cannot load it (%s): build it for this system",
                 dlerror());
        return BP_E_INVAL;
    }
    *(void **)&entry = dlsym(p->handle, ENTRY);
    if (!entry) {
        unsigned major = 0;
        char other[32];

        for (unsigned i = 2; i < 10 && !major; i++) {
            snprintf(other, sizeof(other), "bp_plugin_query_v%u", i);
            major = dlsym(p->handle, other) ? i : 0;
        }
        if (major)
            snprintf(why, OBJECT_WHY,
                     "built for ABI %u, this core has ABI 1: use a newer core or an older plug-in",
                     major);
        else
            snprintf(why, OBJECT_WHY, "does not export %s(): build it as a plug-in", ENTRY);
        return BP_E_UNSUPPORTED;
    }
    p->info = entry();
    return check_info(p, why);
}

struct plugin *object_open_copy(const char *path, char why[OBJECT_WHY])
{
    char *copy = copy_make(path, why);
    struct plugin *p = copy ? object_open(copy, why) : NULL;
    struct stat info;

    if (p)
        p->origin = strdup(path);
    if (p && p->origin && !stat(path, &info)) {
        p->device = info.st_dev;
        p->inode = info.st_ino;
    } else if (copy) {
        if (p)
            refuse(why, "cannot be looked at: no memory, or the file is gone: build it again");
        object_close(p);
        copy_remove(copy);
        p = NULL;
    }
    free(copy);
    return p;
}

struct plugin *object_open(const char *path, char why[OBJECT_WHY])
{
    struct plugin *p = calloc(1, sizeof(*p));

    if (p)
        p->path = strdup(path);
    if (!p || !p->path) {
        refuse(why, "no memory");
        goto fail;
    }
    if (check_file(p, why) == BP_OK && query(p, why) == BP_OK && types_read(p, why) == BP_OK)
        return p;
fail:
    object_close(p);
    return NULL;
}

void object_close(struct plugin *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->ntypes; i++)
        type_free(p->types[i]);
    free(p->types);
    if (p->handle)
        dlclose(p->handle);
    if (p->origin)
        copy_remove(p->path);
    free(p->origin);
    free(p->path);
    free(p);
}
