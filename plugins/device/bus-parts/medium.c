/* SPDX-License-Identifier: Apache-2.0
 *
 * The image behind a memory part. One write is in flight at a time; pages that change meanwhile stay
 * dirty and follow.
 */
#include "medium.h"

#include <backplane/util/ifaces.h>

#include <stdlib.h>

#define TOKEN_READ  0
#define TOKEN_WRITE 1

static uint64_t pages(const struct medium *m)
{
    return (m->bytes + MEDIUM_PAGE - 1) / MEDIUM_PAGE;
}

static void invert(const struct medium *m, uint8_t *data, uint64_t bytes)
{
    for (uint64_t i = 0; m->inverted && i < bytes; i++)
        data[i] = (uint8_t)~data[i];
}

int32_t medium_init(struct medium *m, const struct bp_core *core)
{
    struct bp_block_info info = {.size = sizeof info};

    if (m->blocks->info(m->drive, &info) != BP_OK) {
        m->loaded = 1;
        return BP_OK;
    }
    if (info.bytes > m->bytes)
        return bp_fail(core, m->dev, BP_E_INVAL, NULL,
                       "the image is larger than the part: choose a larger part or another image");
    m->dirty = calloc(1, pages(m));
    m->bounce = malloc(MEDIUM_BOUNCE);
    return m->dirty && m->bounce ? BP_OK : BP_E_NOMEM;
}

uint32_t medium_read_only(const struct medium *m)
{
    struct bp_block_info info = {.size = sizeof info};

    return m->blocks->info(m->drive, &info) == BP_OK && (info.flags & BP_BLOCK_READ_ONLY);
}

void medium_load(struct medium *m)
{
    struct bp_block_info info = {.size = sizeof info};
    struct bp_iovec iov = {m->data, 0};

    if (m->loaded || m->blocks->info(m->drive, &info) != BP_OK)
        return;
    m->loaded = 1;
    iov.bytes = info.bytes;
    m->load_status = m->blocks->submit(m->drive, BP_BLOCK_READ, 0, info.bytes, &iov, 1, TOKEN_READ);
    m->blocks->drain(m->drive);
    invert(m, m->data, info.bytes);
    if (m->load_status)
        m->trace->log(m->dev, BP_LOG_ERROR,
                      "the image could not be read: the part may be incomplete");
}

/* Starts to write the first run of dirty pages, as long as the bounce buffer. */
static void write_back(struct medium *m)
{
    struct bp_block_info info = {.size = sizeof info};
    uint64_t first = 0, last, offset, bytes;
    struct bp_iovec iov = {m->bounce, 0};

    if (m->writing || m->blocks->info(m->drive, &info) != BP_OK)
        return;
    while (first < pages(m) && !m->dirty[first])
        first++;
    for (last = first;
         last < pages(m) && m->dirty[last] && last - first < MEDIUM_BOUNCE / MEDIUM_PAGE; last++)
        m->dirty[last] = 0;
    offset = first * MEDIUM_PAGE;
    if (first == last || offset >= info.bytes)
        return; /* nothing, or behind the end of an image that is shorter than the part */
    bytes = bp_min((last - first) * MEDIUM_PAGE, info.bytes - offset);
    memcpy(m->bounce, m->data + offset, bytes);
    invert(m, m->bounce, bytes);
    iov.bytes = bytes;
    if (m->blocks->submit(m->drive, BP_BLOCK_WRITE, offset, bytes, &iov, 1, TOKEN_WRITE) == BP_OK)
        m->writing = 1;
    else
        m->trace->log(m->dev, BP_LOG_ERROR,
                      "the image refused a write: the guest's change is lost");
}

void medium_changed(struct medium *m, uint64_t offset, uint64_t bytes)
{
    if (!m->dirty || !bytes)
        return;
    for (uint64_t page = offset / MEDIUM_PAGE; page <= (offset + bytes - 1) / MEDIUM_PAGE; page++)
        m->dirty[page] = 1;
    write_back(m);
}

void medium_complete(struct medium *m, uint64_t token, int32_t status)
{
    if (token == TOKEN_READ) {
        m->load_status = status;
        return;
    }
    m->writing = 0;
    if (status)
        m->trace->log(m->dev, BP_LOG_ERROR,
                      "the image could not be written: the guest's change is lost");
    write_back(m);
}

void medium_finish(struct medium *m)
{
    free(m->dirty);
    free(m->bounce);
    m->dirty = m->bounce = NULL;
}
