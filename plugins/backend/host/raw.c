/* SPDX-License-Identifier: Apache-2.0
 *
 * The back end `raw`: a disk image without a format, or a block device of the host.
 *
 * The file is locked (open file description locks, fcntl(2)) so that two machines cannot destroy it: whoever writes
 * needs it alone, readers and snapshots share it.
 */
#include "block.h"
#include "overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct raw {
    struct disk disk; /* first */
    const char *path, *serial;
    uint8_t read_only, snapshot, opened;
    int fd;
    struct overlay *overlay;
};

static const struct bp_prop props[] = {
    {.name = "path",
     .doc = "The image, or a block device.",
     .type = BP_PROP_PATH,
     .flags = BP_PROP_REQUIRED,
     .offset = offsetof(struct raw, path)},
    {.name = "read-only",
     .doc = "The guest cannot write.",
     .type = BP_PROP_BOOL,
     .offset = offsetof(struct raw, read_only),
     .def = "false"},
    {.name = "snapshot",
     .doc = "The guest can write, but the image stays as it is: changes are gone afterwards.",
     .type = BP_PROP_BOOL,
     .offset = offsetof(struct raw, snapshot),
     .def = "false"},
    {.name = "serial",
     .doc = "Serial number the guest sees; at most 20 characters.",
     .type = BP_PROP_STR,
     .offset = offsetof(struct raw, serial)},
};

static int execute(struct disk *d, const struct bp_block_io *io)
{
    struct raw *r = (struct raw *)d;

    if (r->overlay)
        return overlay_execute(r->overlay, io);
    switch (io->op) {
    case BP_BLOCK_READ:
    case BP_BLOCK_WRITE:
        return disk_move(r->fd, io->op == BP_BLOCK_WRITE, io, 0, io->bytes, io->offset);
    case BP_BLOCK_FLUSH:
        while (fdatasync(r->fd))
            if (errno != EINTR)
                return errno;
        return 0;
    default:
        return disk_punch(r->fd, io->offset, io->bytes, io->op == BP_BLOCK_ZERO);
    }
}

static int32_t lock(const struct raw *r, int writes)
{
    struct flock range = {.l_type = writes ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};

    if (!fcntl(r->fd, F_OFD_SETLK, &range))
        return BP_OK;
    if (errno == EAGAIN || errno == EACCES)
        return services_fail(
            &r->disk.sv, BP_E_IO, "path",
            "%s: in use already: give each user a copy, or `snapshot: true` to all of them",
            r->path);
    services_log(&r->disk.sv, BP_LOG_WARN,
                 "%s cannot be locked (%s): make sure nobody else writes to it", r->path,
                 strerror(errno));
    return BP_OK;
}

static int32_t open_image(struct raw *r)
{
    const struct services *sv = &r->disk.sv;
    int writes = !r->read_only && !r->snapshot;
    struct stat info;
    off_t bytes;

    r->fd = open(r->path, (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    r->opened = r->fd >= 0;
    if (!r->opened)
        return services_fail_errno(sv, errno, "path", r->path,
                                   writes && (errno == EACCES || errno == EROFS || errno == EPERM)
                                       ? "get the right to write, or set `read-only` or `snapshot`"
                                       : "check the path");
    if (fstat(r->fd, &info))
        return services_fail_errno(sv, errno, "path", r->path, "check the path");
    if (!S_ISREG(info.st_mode) && !S_ISBLK(info.st_mode))
        return services_fail(sv, BP_E_INVAL, "path",
                             "%s: neither a file nor a block device: name an image", r->path);
    bytes = lseek(r->fd, 0, SEEK_END);
    if (bytes < 0)
        return services_fail_errno(sv, errno, "path", r->path, "choose another image");
    if (!bytes)
        return services_fail(sv, BP_E_INVAL, "path",
                             "%s: empty: give it a size, as with truncate -s 1G", r->path);
    r->disk.bytes = (uint64_t)bytes;
    return lock(r, writes);
}

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct raw *r = self;
    struct disk *d = &r->disk;
    int32_t status = services_init(&d->sv, dev, core);

    if (status != BP_OK)
        return status;
    if (r->read_only && r->snapshot)
        return services_fail(&d->sv, BP_E_INVAL, "snapshot",
                             "means nothing for a read-only medium: drop one of the two");
    if (r->serial && strlen(r->serial) > 20)
        return services_fail(&d->sv, BP_E_INVAL, "serial",
                             "`%s` is longer than 20 characters: shorten it", r->serial);
    status = open_image(r);
    if (status != BP_OK)
        return status;
    if (r->snapshot) {
        r->overlay = overlay_create(r->fd, d->bytes);
        if (!r->overlay)
            return services_fail_errno(&d->sv, errno, "snapshot", "a temporary file",
                                       "make room, or set TMPDIR");
    }
    d->read_only = r->read_only;
    d->serial = r->serial;
    d->execute = execute;
    d->ready = 1;
    return BP_OK;
}

static void finish(void *self)
{
    struct raw *r = self;

    disk_drain(&r->disk);
    overlay_destroy(r->overlay);
    r->overlay = NULL;
    if (r->opened)
        close(r->fd); /* which unlocks it */
    r->opened = 0;
}

const struct bp_backend_class raw_class = {
    .size = sizeof(raw_class),
    .instance_size = sizeof(struct raw),
    .instance_align = _Alignof(struct raw),
    .name = "raw",
    .doc = "raw disk image or block device of the host",
    .kind = BP_BACKEND_BLOCK,
    .props = BP_ARRAY(props),
    .init = init,
    .finish = finish,
    .info = disk_info,
    .submit = disk_submit,
};
