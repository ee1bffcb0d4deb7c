/* SPDX-License-Identifier: Apache-2.0
 *
 * The image behind a flash bank: read once at power-on, written back page by page while the guest
 * goes on. One request is in flight at a time; its bytes are copied first, because the guest may
 * program the same page again meanwhile.
 */
#include "cfi-flash.h"

#include <backplane/util/ifaces.h>

#include <stdlib.h>

#define TOKEN_READ  0
#define TOKEN_WRITE 1

static uint64_t pages(const struct cfi_flash *f)
{
    return (f->bytes + CFI_PAGE - 1) / CFI_PAGE;
}

int32_t cfi_medium_init(struct cfi_flash *f, const struct bp_core *core)
{
    struct bp_block_info info = {.size = sizeof info};

    if (f->data[0] != 0xff) /* a core that does not know bp_region.fill */
        memset(f->data, 0xff, f->bytes);
    if (f->blocks->info(f->drive, &info) != BP_OK) {
        f->loaded = 1;
        return BP_OK;
    }
    if (info.bytes > f->bytes)
        return bp_fail(core, f->dev, BP_E_INVAL, NULL,
                       "the image is larger than the flash: enlarge `reg` or choose another image");
    f->read_only |= (info.flags & BP_BLOCK_READ_ONLY) != 0;
    f->dirty = calloc(1, pages(f));
    f->bounce = malloc(CFI_BOUNCE);
    return f->dirty && f->bounce ? BP_OK : BP_E_NOMEM;
}

void cfi_medium_load(struct cfi_flash *f)
{
    struct bp_block_info info = {.size = sizeof info};
    struct bp_iovec iov = {f->data, 0};

    if (f->loaded || f->blocks->info(f->drive, &info) != BP_OK)
        return;
    f->loaded = 1;
    iov.bytes = info.bytes;
    f->load_status = f->blocks->submit(f->drive, BP_BLOCK_READ, 0, info.bytes, &iov, 1, TOKEN_READ);
    f->blocks->drain(f->drive);
    f->mem->changed(f->dev, 0, 0, f->bytes);
    if (f->load_status)
        f->trace->log(f->dev, BP_LOG_ERROR,
                      "the image could not be read: the flash may be incomplete");
}

/* Starts to write the first run of dirty pages, as long as the bounce buffer. */
static void write_back(struct cfi_flash *f)
{
    struct bp_block_info info = {.size = sizeof info};
    uint64_t first = 0, last, offset, bytes;
    struct bp_iovec iov = {f->bounce, 0};

    if (f->writing || f->blocks->info(f->drive, &info) != BP_OK)
        return;
    while (first < pages(f) && !f->dirty[first])
        first++;
    for (last = first; last < pages(f) && f->dirty[last] && last - first < CFI_BOUNCE / CFI_PAGE;
         last++)
        f->dirty[last] = 0;
    offset = first * CFI_PAGE;
    if (first == last || offset >= info.bytes)
        return; /* nothing, or behind the end of an image that is shorter than the flash */
    bytes = bp_min((last - first) * CFI_PAGE, info.bytes - offset);
    memcpy(f->bounce, f->data + offset, bytes);
    iov.bytes = bytes;
    if (f->blocks->submit(f->drive, BP_BLOCK_WRITE, offset, bytes, &iov, 1, TOKEN_WRITE) == BP_OK)
        f->writing = 1;
    else
        f->trace->log(f->dev, BP_LOG_ERROR,
                      "the image refused a write: the guest's change is lost");
}

void cfi_medium_dirty(struct cfi_flash *f, uint64_t offset, uint64_t bytes)
{
    if (!f->dirty)
        return;
    for (uint64_t page = offset / CFI_PAGE; page <= (offset + bytes - 1) / CFI_PAGE; page++)
        f->dirty[page] = 1;
    write_back(f);
}

void cfi_medium_on_complete(void *self, uint64_t token, int32_t status)
{
    struct cfi_flash *f = self;

    if (token == TOKEN_READ) {
        f->load_status = status;
        return;
    }
    f->writing = 0;
    if (status)
        f->trace->log(f->dev, BP_LOG_ERROR,
                      "the image could not be written: the guest's change is lost");
    write_back(f);
}

void cfi_medium_finish(struct cfi_flash *f)
{
    free(f->dirty);
    free(f->bounce);
    f->dirty = f->bounce = NULL;
}
