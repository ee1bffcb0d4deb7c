/* SPDX-License-Identifier: Apache-2.0
 *
 * Split virtqueues: VIRTIO 1.2, section 2.7. All of guest memory is read once into host variables before it is checked, so a
 * driver that changes it meanwhile gains nothing.
 */
#include "virtio.h"

/* Descriptor (2.7.5). */
#define DESC_BYTES 16u
#define DESC_NEXT 1u
#define DESC_WRITE 2u
#define DESC_INDIRECT 4u

/* Rings (2.7.6, 2.7.8): flags, idx, then the entries; the event index of the other side follows them. */
#define RING_IDX 2u
#define RING_ENTRIES 4u
#define AVAIL_ENTRY 2u
#define USED_ENTRY 8u
#define AVAIL_NO_INTERRUPT 1u

#define MAX_CHAIN_BYTES ((uint64_t)UINT32_MAX + 1) /* 2.7.5.2 */

struct desc {
    uint64_t addr;
    uint32_t bytes, flags, next;
};

/* A table of descriptors: the queue's own, or an indirect one. */
struct table {
    uint64_t addr;
    uint32_t count;
    uint32_t indirect;
};

static uint32_t load16(struct virtio *v, uint64_t addr, uint16_t *value)
{
    uint8_t bytes[2];

    if (v->dma->read(v->bus, addr, bytes, sizeof bytes)) {
        virtio_break(v, "a queue is not in memory");
        return 0;
    }
    *value = bp_load_le16(bytes);
    return 1;
}

static uint32_t store(struct virtio *v, uint64_t addr, const uint8_t *bytes, uint32_t count)
{
    if (v->dma->write(v->bus, addr, bytes, count)) {
        virtio_break(v, "a used ring is not in writable memory");
        return 0;
    }
    return 1;
}

static uint32_t store16(struct virtio *v, uint64_t addr, uint16_t value)
{
    uint8_t bytes[2];

    bp_store_le16(bytes, value);
    return store(v, addr, bytes, sizeof bytes);
}

/* --- taking ----------------------------------------------------------------------------------------------------- */

static uint32_t load_desc(struct virtio *v, const struct table *table, uint32_t i, struct desc *out)
{
    uint8_t bytes[DESC_BYTES];

    if (i >= table->count) {
        virtio_break(v, "a descriptor's number is beyond its table");
        return 0;
    }
    if (v->dma->read(v->bus, table->addr + (uint64_t)i * DESC_BYTES, bytes, sizeof bytes)) {
        virtio_break(v, "a descriptor table is not in memory");
        return 0;
    }
    out->addr = bp_load_le64(bytes);
    out->bytes = bp_load_le32(bytes + 8);
    out->flags = bp_load_le16(bytes + 12);
    out->next = bp_load_le16(bytes + 14);
    return 1;
}

/* 2.7.5.3: an indirect table stands alone in a chain and has no other inside. */
static uint32_t enter_indirect(struct virtio *v, const struct desc *desc, uint32_t before, struct table *table)
{
    const char *why = NULL;

    if (!virtio_has(v, VIRTIO_F_INDIRECT_DESC))
        why = "an indirect descriptor without the feature";
    else if (table->indirect)
        why = "an indirect table within another";
    else if (desc->flags & DESC_NEXT)
        why = "an indirect descriptor with a next one";
    else if (!desc->bytes || desc->bytes % DESC_BYTES)
        why = "an indirect table of odd length";
    else if (before)
        why = "an indirect descriptor in the middle of a chain";
    if (why) {
        virtio_break(v, why);
        return 0;
    }
    *table = (struct table){desc->addr, desc->bytes / DESC_BYTES, 1};
    return 1;
}

static uint32_t add_segment(struct virtio *v, struct virtq_chain *chain, const struct desc *desc, uint32_t limit)
{
    uint32_t used = chain->nout + chain->nin;

    if (used == limit) {
        virtio_break(v, "a descriptor chain is longer than its queue: a loop");
        return 0;
    }
    if (desc->flags & DESC_WRITE) {
        chain->nin++;
        chain->in_bytes += desc->bytes;
    } else if (chain->nin) {
        virtio_break(v, "a readable descriptor behind a writable one");
        return 0;
    } else {
        chain->nout++;
        chain->out_bytes += desc->bytes;
    }
    if (chain->in_bytes + chain->out_bytes > MAX_CHAIN_BYTES) {
        virtio_break(v, "a descriptor chain of more than 4 GiB");
        return 0;
    }
    chain->segments[used] = (struct virtq_segment){desc->addr, desc->bytes};
    return 1;
}

static uint32_t walk(struct virtio *v, const struct virtq *queue, struct virtq_chain *chain)
{
    struct table table = {queue->desc, queue->size, 0};
    uint32_t i = chain->head;
    struct desc desc;

    chain->nout = chain->nin = 0;
    chain->out_bytes = chain->in_bytes = 0;
    do {
        if (!load_desc(v, &table, i, &desc))
            return 0;
        if (desc.flags & DESC_INDIRECT) {
            if (!enter_indirect(v, &desc, chain->nout + chain->nin, &table))
                return 0;
            i = 0;
            desc.flags = DESC_NEXT;
            continue;
        }
        if (!add_segment(v, chain, &desc, queue->size))
            return 0;
        i = desc.next;
    } while (desc.flags & DESC_NEXT);
    return 1;
}

/* 1: the queue has something; 0: it is empty or broken. */
static uint32_t available(struct virtio *v, struct virtq *queue)
{
    uint16_t idx;

    if (!load16(v, queue->driver + RING_IDX, &idx))
        return 0;
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* entries are read after the index that announces them */
    if ((uint16_t)(idx - queue->last_avail) > queue->size) {
        virtio_break(v, "an available ring moved by more than its size");
        return 0;
    }
    return idx != queue->last_avail;
}

/* 2.7.10: asks to be notified of the next entry, then looks again, because it may have come meanwhile. */
static uint32_t go_idle(struct virtio *v, struct virtq *queue)
{
    if (!virtio_has(v, VIRTIO_F_EVENT_IDX))
        return 0;
    if (!store16(v, queue->device + RING_ENTRIES + (uint64_t)USED_ENTRY * queue->size, queue->last_avail))
        return 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return available(v, queue);
}

uint32_t virtq_pop(struct virtio *v, uint32_t q, struct virtq_chain *chain)
{
    struct virtq *queue = &v->queues[q];
    uint16_t head;

    if (!virtio_live(v, q) || (!available(v, queue) && (!virtio_live(v, q) || !go_idle(v, queue))))
        return 0;
    if (!load16(v, queue->driver + RING_ENTRIES + (uint64_t)AVAIL_ENTRY * (queue->last_avail % queue->size), &head))
        return 0;
    chain->head = head;
    if (!walk(v, queue, chain))
        return 0;
    queue->last_avail++;
    return 1;
}

void virtq_unpop(struct virtio *v, uint32_t q)
{
    v->queues[q].last_avail--;
}

/* --- giving back -------------------------------------------------------------------------------------------------- */

void virtq_push(struct virtio *v, uint32_t q, uint32_t head, uint64_t written)
{
    struct virtq *queue = &v->queues[q];
    uint8_t entry[USED_ENTRY];

    if (!virtio_live(v, q))
        return;
    bp_store_le32(entry, head);
    bp_store_le32(entry + 4, (uint32_t)bp_min(written, UINT32_MAX));
    if (!store(v, queue->device + RING_ENTRIES + (uint64_t)USED_ENTRY * (queue->used % queue->size), entry, USED_ENTRY))
        return;
    __atomic_thread_fence(__ATOMIC_RELEASE); /* the entry, and the buffer, before the index */
    queue->used++;
    store16(v, queue->device + RING_IDX, queue->used);
}

void virtq_signal(struct virtio *v, uint32_t q)
{
    struct virtq *queue = &v->queues[q];
    uint16_t before = queue->signalled, word;
    uint64_t used_event = queue->driver + RING_ENTRIES + (uint64_t)AVAIL_ENTRY * queue->size;

    if (!virtio_live(v, q) || before == queue->used)
        return;
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* the index before the driver's wish is read */
    queue->signalled = queue->used;
    if (virtio_has(v, VIRTIO_F_EVENT_IDX)) {
        /* 2.7.10: the driver wants to hear when the entry it names has been used. */
        if (load16(v, used_event, &word) &&
            (uint16_t)(queue->used - word - 1) < (uint16_t)(queue->used - before))
            virtio_raise(v, VIRTIO_INT_USED);
    } else if (load16(v, queue->driver, &word) && !(word & AVAIL_NO_INTERRUPT)) {
        virtio_raise(v, VIRTIO_INT_USED);
    }
}

/* --- contents ----------------------------------------------------------------------------------------------------- */

/* Copies through the `count` segments from `first` on; one of the two pointers is NULL. */
static uint32_t copy(struct virtio *v, const struct virtq_segment *first, uint32_t count, uint64_t offset, void *to,
                     const void *from, uint64_t bytes)
{
    for (uint32_t i = 0; i < count && bytes; i++) {
        uint64_t part;
        int32_t status;

        if (offset >= first[i].bytes) {
            offset -= first[i].bytes;
            continue;
        }
        part = bp_min(bytes, first[i].bytes - offset);
        if (to) {
            status = v->dma->read(v->bus, first[i].addr + offset, to, part);
            to = (char *)to + part;
        } else {
            status = v->dma->write(v->bus, first[i].addr + offset, from, part);
            from = (const char *)from + part;
        }
        if (status) {
            virtio_break(v, "a buffer is not in memory");
            return 0;
        }
        bytes -= part;
        offset = 0;
    }
    return 1;
}

uint32_t virtq_read(struct virtio *v, const struct virtq_chain *chain, uint64_t offset, void *data, uint64_t bytes)
{
    return copy(v, chain->segments, chain->nout, offset, data, NULL, bytes);
}

uint32_t virtq_write(struct virtio *v, const struct virtq_chain *chain, uint64_t offset, const void *data, uint64_t bytes)
{
    return copy(v, chain->segments + chain->nout, chain->nin, offset, NULL, data, bytes);
}
