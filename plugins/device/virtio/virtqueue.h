/* SPDX-License-Identifier: Apache-2.0
 *
 * virtqueue.h - the split virtqueue of the Virtual I/O Device specification 1.2, section 2.7, seen
 * from the device.
 *
 * The driver is not trusted: whatever it puts into the rings is checked here, and a breach is told
 * to the device as a negative status, upon which the device asks for a reset (2.1.2).
 */
#ifndef VIRTQUEUE_H
#define VIRTQUEUE_H

#include <backplane/bus.h>

#define VQ_SIZE_MAX 256u /* entries; also the longest chain the specification allows (2.7.5.3.1) */

struct virtqueue {
    /* As written by the driver. */
    uint32_t size; /* a power of two, at most the device's maximum */
    uint32_t ready;
    uint64_t desc, avail, used; /* guest addresses of the three areas */
    /* Ours. */
    uint16_t next_avail; /* index of the next entry of the available ring to take */
    uint16_t next_used;
    uint16_t signalled; /* next_used when the driver was interrupted last */
    uint16_t reserved;
};

/* A buffer of a chain. */
struct vq_segment {
    uint64_t addr;
    uint32_t bytes;
};

/* One chain of descriptors: what the device may read, then what it may write. */
struct vq_chain {
    uint16_t head;
    uint16_t nread, nwrite;
    uint64_t read_bytes, write_bytes;
    struct vq_segment segments[VQ_SIZE_MAX]; /* nread, then nwrite */
};

/* How a queue reaches guest memory, and what was negotiated. */
struct vq_memory {
    const struct bp_dma_api *dma;
    struct bp_bus *bus;
    uint32_t event_index; /* VIRTIO_F_EVENT_IDX */
    uint32_t indirect;    /* VIRTIO_F_INDIRECT_DESC */
};

/* Checks what the driver set up (2.7: alignments, a power of two). BP_E_INVAL. */
int32_t vq_check(const struct virtqueue *q, uint32_t size_max);
/* Checks it and starts at index 0. BP_E_INVAL. */
int32_t vq_enable(struct virtqueue *q, uint32_t size_max);

/* Takes the next available chain. 1: taken; 0: none; BP_E_*: the driver broke the rules. */
int32_t vq_take(struct virtqueue *q, const struct vq_memory *m, struct vq_chain *chain);

/* Undoes the last vq_take(): the chain will be taken again. */
void vq_put_back(struct virtqueue *q);

/* Returns a chain with the number of bytes written into it. Negative: guest memory is gone. */
int32_t vq_give(struct virtqueue *q, const struct vq_memory *m, uint16_t head, uint32_t written);

/* 1 if the driver wants an interrupt for what was given since it got the last one (2.7.10,
 * 2.7.7.2). */
int32_t vq_wants_interrupt(struct virtqueue *q, const struct vq_memory *m);

/* Asks to be notified of new chains from here on. 1: some have come meanwhile, look again. */
int32_t vq_rearm(struct virtqueue *q, const struct vq_memory *m);

/* Copies to or from the parts of a chain that the device may write or read, from byte `offset` of
 * them on. BP_E_FULL: the chain is shorter than that. */
int32_t vq_read(const struct vq_chain *chain, const struct vq_memory *m, uint64_t offset,
                void *data, uint64_t bytes);
int32_t vq_write(const struct vq_chain *chain, const struct vq_memory *m, uint64_t offset,
                 const void *data, uint64_t bytes);

#endif
