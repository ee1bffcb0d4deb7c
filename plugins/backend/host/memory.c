/* SPDX-License-Identifier: Apache-2.0
 *
 * The back end `memory`: a medium that lasts as long as the machine.
 */
#include "block.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct memory {
    struct disk disk; /* first */
    uint64_t size;
    const char *path;
    uint8_t *data;
};

static const struct bp_prop props[] = {
    {.name = "size",
     .doc = "Size of the medium; that of `path` when absent.",
     .type = BP_PROP_SIZE,
     .offset = offsetof(struct memory, size)},
    {.name = "path",
     .doc = "File with the first content; the rest is zero.",
     .type = BP_PROP_PATH,
     .offset = offsetof(struct memory, path)},
};

static void copy(const struct bp_block_io *io, uint8_t *medium)
{
    uint64_t left = io->bytes;

    for (uint32_t i = 0; i < io->niov && left; i++) {
        uint64_t bytes = io->iov[i].bytes < left ? io->iov[i].bytes : left;

        if (io->op == BP_BLOCK_WRITE)
            memcpy(medium, io->iov[i].base, bytes);
        else
            memcpy(io->iov[i].base, medium, bytes);
        medium += bytes;
        left -= bytes;
    }
}

static int execute(struct disk *d, const struct bp_block_io *io)
{
    uint8_t *medium = ((struct memory *)d)->data + io->offset;

    switch (io->op) {
    case BP_BLOCK_READ:
    case BP_BLOCK_WRITE:
        copy(io, medium);
        break;
    case BP_BLOCK_ZERO:
        memset(medium, 0, io->bytes);
        break;
    default:
        break; /* nothing to make stable, and nothing gained by forgetting */
    }
    return 0;
}

static int read_all(int fd, uint8_t *data, uint64_t bytes)
{
    while (bytes) {
        ssize_t got = read(fd, data, bytes);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got ? errno : 0;
        data += got;
        bytes -= (uint64_t)got;
    }
    return 0;
}

/* Sizes the medium and fills it from `fd`, or leaves it empty when fd is -1. */
static int32_t fill(struct memory *m, int fd)
{
    const struct services *sv = &m->disk.sv;
    struct stat info = {.st_size = 0};
    int error;

    if (fd >= 0 && (fstat(fd, &info) || !S_ISREG(info.st_mode)))
        return services_fail(sv, BP_E_INVAL, "path", "%s: not a regular file: name an image",
                             m->path);
    if (!m->size)
        m->size = (uint64_t)info.st_size;
    if (!m->size)
        return services_fail(sv, BP_E_INVAL, "size",
                             "the medium has no size: give `size`, or a `path` with content");
    if ((uint64_t)info.st_size > m->size)
        return services_fail(sv, BP_E_INVAL, "size",
                             "%s has %llu bytes, more than the medium: raise `size`", m->path,
                             (unsigned long long)info.st_size);
    m->data = mmap(NULL, m->size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m->data == MAP_FAILED) {
        m->data = NULL;
        return services_fail_errno(sv, errno, "size", "the medium", "make it smaller");
    }
    error = fd >= 0 ? read_all(fd, m->data, m->size) : 0;
    return error ? services_fail_errno(sv, error, "path", m->path, "choose another file") : BP_OK;
}

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct memory *m = self;
    struct disk *d = &m->disk;
    int32_t status = services_init(&d->sv, dev, core);
    int fd = -1;

    if (status != BP_OK)
        return status;
    if (m->path) {
        fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
            return services_fail_errno(&d->sv, errno, "path", m->path, "check the path");
    }
    status = fill(m, fd);
    if (fd >= 0)
        close(fd);
    if (status != BP_OK)
        return status;
    d->bytes = m->size;
    d->execute = execute;
    d->ready = 1;
    return BP_OK;
}

static void finish(void *self)
{
    struct memory *m = self;

    disk_drain(&m->disk);
    if (m->data)
        munmap(m->data, m->size);
    m->data = NULL;
}

const struct bp_backend_class memory_class = {
    .size = sizeof(memory_class),
    .instance_size = sizeof(struct memory),
    .instance_align = _Alignof(struct memory),
    .name = "memory",
    .doc = "medium in memory that lasts as long as the machine",
    .kind = BP_BACKEND_BLOCK,
    .props = BP_ARRAY(props),
    .init = init,
    .finish = finish,
    .info = disk_info,
    .submit = disk_submit,
};
