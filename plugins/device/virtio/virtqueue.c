/* SPDX-License-Identifier: Apache-2.0
 *
 * virtqueue.c - the split virtqueue. Section numbers are of the Virtual I/O Device specification
 * 1.2.
 *
 * Ordering: the driver runs on other threads. An index is read before what it publishes (acquire),
 * what is published is written before its index (release), and the checks for notification are
 * separated from the index they depend on by a full fence (2.7.7.2, 2.7.10).
 */
#include "virtqueue.h"

#include <backplane/util/bytes.h>

#define DESC_BYTES    16u
#define DESC_NEXT     1u /* 2.7.5 */
#define DESC_WRITE    2u
#define DESC_INDIRECT 4u

#define AVAIL_NO_INTERRUPT 1u /* 2.7.6 */

struct descriptor {
    uint64_t addr;
    uint32_t bytes;
    uint16_t flags, next;
};

int32_t vq_check(const struct virtqueue *q, uint32_t size_max)
{
    if (!bp_is_power_of_two(q->size) || q->size > size_max)
        return BP_E_INVAL;
    if (q->desc & 15 || q->avail & 1 || q->used & 3) /* 2.7, table of alignments */
        return BP_E_INVAL;
    return BP_OK;
}

int32_t vq_enable(struct virtqueue *q, uint32_t size_max)
{
    int32_t status = vq_check(q, size_max);

    if (status)
        return status;
    q->next_avail = q->next_used = q->signalled = 0;
    q->ready = 1;
    return BP_OK;
}

static int32_t load16(const struct vq_memory *m, uint64_t addr, uint16_t *value)
{
    uint8_t bytes[2];
    int32_t status = m->dma->read(m->bus, addr, bytes, sizeof bytes);

    *value = bp_load_le16(bytes);
    return status;
}

static int32_t store16(const struct vq_memory *m, uint64_t addr, uint16_t value)
{
    uint8_t bytes[2];

    bp_store_le16(bytes, value);
    return m->dma->write(m->bus, addr, bytes, sizeof bytes);
}

static int32_t load_descriptor(const struct vq_memory *m, uint64_t table, uint32_t index,
                               struct descriptor *d)
{
    uint8_t bytes[DESC_BYTES];
    int32_t status =
        m->dma->read(m->bus, table + (uint64_t)index * DESC_BYTES, bytes, sizeof bytes);

    d->addr = bp_load_le64(bytes);
    d->bytes = bp_load_le32(bytes + 8);
    d->flags = bp_load_le16(bytes + 12);
    d->next = bp_load_le16(bytes + 14);
    return status;
}

static int32_t add_segment(struct vq_chain *chain, const struct descriptor *d)
{
    uint32_t n = (uint32_t)chain->nread + chain->nwrite;

    if (n == VQ_SIZE_MAX)
        return BP_E_INVAL;
    if (!(d->flags & DESC_WRITE) && chain->nwrite) /* 2.7.4.2: readable ones come first */
        return BP_E_INVAL;
    chain->segments[n] = (struct vq_segment){d->addr, d->bytes};
    if (d->flags & DESC_WRITE) {
        chain->nwrite++;
        chain->write_bytes += d->bytes;
    } else {
        chain->nread++;
        chain->read_bytes += d->bytes;
    }
    return BP_OK;
}

/* Follows a chain through one table. The number of steps is bounded by the table, so a loop ends as
 * an error. An indirect descriptor ends a walk of the queue's own table: *inner is it then. */
static int32_t walk(const struct vq_memory *m, uint64_t table, uint32_t entries, uint32_t first,
                    uint32_t may_indirect, struct vq_chain *chain, struct descriptor *inner)
{
    uint32_t index = first;

    for (uint32_t step = 0; step < entries; step++) {
        struct descriptor d;
        int32_t status;

        if (index >= entries)
            return BP_E_INVAL;
        status = load_descriptor(m, table, index, &d);
        if (status)
            return status;
        if (d.flags & DESC_INDIRECT) {
            if (!may_indirect || d.flags & DESC_NEXT) /* 2.7.5.3.1 */
                return BP_E_INVAL;
            *inner = d;
            return BP_OK;
        }
        status = add_segment(chain, &d);
        if (status)
            return status;
        if (!(d.flags & DESC_NEXT))
            return BP_OK;
        index = d.next;
    }
    return BP_E_INVAL;
}

static int32_t read_chain(const struct virtqueue *q, const struct vq_memory *m,
                          struct vq_chain *chain)
{
    struct descriptor inner = {0};
    int32_t status;

    chain->nread = chain->nwrite = 0;
    chain->read_bytes = chain->write_bytes = 0;
    status = walk(m, q->desc, q->size, chain->head, m->indirect, chain, &inner);
    if (status || !(inner.flags & DESC_INDIRECT))
        return status;
    if (!inner.bytes || inner.bytes % DESC_BYTES || inner.bytes / DESC_BYTES > q->size)
        return BP_E_INVAL;
    return walk(m, inner.addr, inner.bytes / DESC_BYTES, 0, 0, chain, &inner);
}

/* Chains that wait to be taken; negative: an index no driver can have written. */
static int32_t available(const struct virtqueue *q, const struct vq_memory *m)
{
    uint16_t index, count;
    int32_t status = load16(m, q->avail + 2, &index);

    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (status)
        return status;
    count = (uint16_t)(index - q->next_avail);
    return count > q->size ? BP_E_INVAL : count;
}

int32_t vq_take(struct virtqueue *q, const struct vq_memory *m, struct vq_chain *chain)
{
    int32_t status = available(q, m);

    if (status <= 0)
        return status;
    status = load16(m, q->avail + 4 + 2 * (q->next_avail & (q->size - 1)), &chain->head);
    if (!status && chain->head >= q->size)
        status = BP_E_INVAL;
    if (!status)
        status = read_chain(q, m, chain);
    if (status)
        return status;
    q->next_avail++;
    return 1;
}

void vq_put_back(struct virtqueue *q)
{
    q->next_avail--;
}

int32_t vq_give(struct virtqueue *q, const struct vq_memory *m, uint16_t head, uint32_t written)
{
    uint8_t element[8];
    int32_t status;

    bp_store_le32(element, head);
    bp_store_le32(element + 4, written);
    status = m->dma->write(m->bus, q->used + 4 + 8 * (uint64_t)(q->next_used & (q->size - 1)),
                           element, sizeof element);
    if (status)
        return status;
    q->next_used++;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    return store16(m, q->used + 2, q->next_used);
}

int32_t vq_wants_interrupt(struct virtqueue *q, const struct vq_memory *m)
{
    uint16_t before = q->signalled, word;

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (q->next_used == before)
        return 0;
    q->signalled = q->next_used;
    if (!m->event_index)
        return !load16(m, q->avail, &word) && !(word & AVAIL_NO_INTERRUPT);
    if (load16(m, q->avail + 4 + 2 * q->size, &word)) /* used_event */
        return 0;
    /* The formula of 2.7.7.2, modulo 2^16: was used_event passed since the last interrupt? */
    return (uint16_t)(q->next_used - word - 1) < (uint16_t)(q->next_used - before);
}

int32_t vq_rearm(struct virtqueue *q, const struct vq_memory *m)
{
    int32_t status = BP_OK;

    if (m->event_index)
        status = store16(m, q->used + 4 + 8 * (uint64_t)q->size, q->next_avail); /* avail_event */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return status ? status : available(q, m) > 0;
}

/* --- copies --------------------------------------------------------------------------- */

static int32_t copy(const struct vq_segment *segments, uint32_t count, const struct vq_memory *m,
                    uint64_t offset, uint8_t *data, uint64_t bytes, uint32_t write)
{
    for (uint32_t i = 0; i < count && bytes; i++) {
        uint64_t n, addr;
        int32_t status;

        if (offset >= segments[i].bytes) {
            offset -= segments[i].bytes;
            continue;
        }
        n = bp_min(segments[i].bytes - offset, bytes);
        addr = segments[i].addr + offset;
        status = write ? m->dma->write(m->bus, addr, data, n) : m->dma->read(m->bus, addr, data, n);
        if (status)
            return status;
        data += n;
        bytes -= n;
        offset = 0;
    }
    return bytes ? BP_E_FULL : BP_OK;
}

int32_t vq_read(const struct vq_chain *chain, const struct vq_memory *m, uint64_t offset,
                void *data, uint64_t bytes)
{
    return copy(chain->segments, chain->nread, m, offset, data, bytes, 0);
}

int32_t vq_write(const struct vq_chain *chain, const struct vq_memory *m, uint64_t offset,
                 const void *data, uint64_t bytes)
{
    return copy(chain->segments + chain->nread, chain->nwrite, m, offset, (uint8_t *)data, bytes,
                1);
}
