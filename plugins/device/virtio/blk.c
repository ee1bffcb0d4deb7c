/* SPDX-License-Identifier: Apache-2.0
 *
 * blk.c - virtio block device (Virtual I/O Device specification 1.2, 5.2).
 *
 * Data goes straight between guest memory and the back end; many requests may be under way. A
 * device without a drive is an empty slot.
 */
#include "virtio.h"

#include <backplane/block.h>
#include <stdlib.h>

#define SECTOR 512u

/* 5.2.3 */
#define F_SEG_MAX      BP_BIT64(2)
#define F_RO           BP_BIT64(5)
#define F_BLK_SIZE     BP_BIT64(6)
#define F_FLUSH        BP_BIT64(9)
#define F_DISCARD      BP_BIT64(13)
#define F_WRITE_ZEROES BP_BIT64(14)

/* 5.2.6 */
#define T_IN           0u
#define T_OUT          1u
#define T_FLUSH        4u
#define T_GET_ID       8u
#define T_DISCARD      11u
#define T_WRITE_ZEROES 13u
#define S_OK           0u
#define S_IOERR        1u
#define S_UNSUPP       2u
#define HEADER_BYTES   16u
#define ID_BYTES       20u
#define RANGE_BYTES    16u        /* sector, number of sectors, flags */
#define RANGE_UNMAP    1u         /* WRITE_ZEROES may give the space back */
#define RANGE_SECTORS  (1u << 22) /* most sectors in one range: 2 GiB */

/* 5.2.4, struct virtio_blk_config; the offsets used. */
#define CONFIG_CAPACITY            0
#define CONFIG_SEG_MAX             12
#define CONFIG_BLK_SIZE            20
#define CONFIG_MAX_DISCARD_SECTORS 36
#define CONFIG_MAX_DISCARD_SEG     40
#define CONFIG_DISCARD_ALIGNMENT   44
#define CONFIG_MAX_ZEROES_SECTORS  48
#define CONFIG_MAX_ZEROES_SEG      52
#define CONFIG_ZEROES_MAY_UNMAP    56
#define CONFIG_BYTES               60

struct blk {
    struct virtio virtio; /* first */
    const struct bp_block_api *blocks;
    struct bp_block *drive;
    struct bp_block_info info;
    uint32_t stopping; /* completions belong to a queue that is gone */
    uint32_t in_flight;
    uint8_t config[CONFIG_BYTES];
};

/* A request at the back end. */
struct request {
    struct vq_chain chain;
    uint32_t flush_next; /* the driver knows of no cache: a flush completes a change (5.2.6.2) */
    uint32_t niov, direction;
    uint64_t transferred;
    struct bp_iovec iov[VQ_SIZE_MAX + 8]; /* a segment that spans two RAM regions takes two */
};

static struct blk *blk_of(struct virtio *v)
{
    return (struct blk *)v;
}

/* Writes the status byte, the last one of the chain, and returns the chain. `transferred` bytes were
 * written at its start; the length that is returned counts from there without a gap (2.7.8.2). */
static void answer(struct blk *b, const struct vq_chain *chain, uint8_t status,
                   uint64_t transferred)
{
    struct virtio *v = &b->virtio;

    if (vq_write(chain, &v->memory, chain->write_bytes - 1, &status, 1))
        virtio_broken(v, "a request's status byte is outside of memory: the device needs a reset");
    else
        virtio_give(v, 0, chain->head,
                    (uint32_t)transferred + (transferred + 1 == chain->write_bytes));
}

static void unmap(struct blk *b, const struct request *r)
{
    const struct vq_memory *m = &b->virtio.memory;

    for (uint32_t i = 0; i < r->niov; i++)
        m->dma->unmap(m->bus, r->iov[i].base, r->iov[i].bytes, r->direction);
}

/* Maps `bytes` of the chain's data part, leaving out `skip` bytes at its start. BP_E_ACCESS: not
 * plain RAM. */
static int32_t map(struct blk *b, struct request *r, uint64_t skip, uint64_t bytes)
{
    const struct vq_memory *m = &b->virtio.memory;
    const struct vq_chain *c = &r->chain;
    uint32_t from = r->direction == BP_DMA_FROM_DEVICE ? c->nread : 0;
    uint32_t to = r->direction == BP_DMA_FROM_DEVICE ? c->nread + c->nwrite : c->nread;

    for (uint32_t i = from; i < to && bytes; i++) {
        uint64_t addr = c->segments[i].addr, left = c->segments[i].bytes;

        if (skip >= left) {
            skip -= left;
            continue;
        }
        addr += skip;
        left = bp_min(left - skip, bytes);
        skip = 0;
        bytes -= left;
        while (left) {
            uint64_t n = left;
            void *host = r->niov < sizeof r->iov / sizeof *r->iov
                             ? m->dma->map(m->bus, addr, &n, r->direction)
                             : NULL;

            if (!host)
                return BP_E_ACCESS;
            r->iov[r->niov++] = (struct bp_iovec){host, n};
            addr += n;
            left -= n;
        }
    }
    return bytes ? BP_E_FULL : BP_OK;
}

/* Sends a request to the back end. Takes `r` over. */
static void submit(struct blk *b, struct request *r, uint32_t op, uint64_t offset, uint64_t bytes)
{
    if (b->blocks->submit(b->drive, op, offset, bytes, r->iov, r->niov, (uint64_t)(uintptr_t)r)) {
        unmap(b, r);
        answer(b, &r->chain, S_IOERR, 0);
        free(r);
        return;
    }
    b->in_flight++;
}

static void transfer(struct blk *b, struct request *r, uint64_t sector, uint32_t is_write)
{
    uint64_t bytes = is_write ? r->chain.read_bytes - HEADER_BYTES : r->chain.write_bytes - 1;
    uint64_t capacity = b->info.bytes / SECTOR;

    r->direction = is_write ? BP_DMA_TO_DEVICE : BP_DMA_FROM_DEVICE;
    if (bytes % SECTOR || sector > capacity || bytes / SECTOR > capacity - sector ||
        (is_write && b->info.flags & BP_BLOCK_READ_ONLY) ||
        map(b, r, is_write ? HEADER_BYTES : 0, bytes)) {
        unmap(b, r);
        answer(b, &r->chain, S_IOERR, 0);
        free(r);
        return;
    }
    r->transferred = is_write ? 0 : bytes;
    r->flush_next = is_write && !(b->virtio.accepted & F_FLUSH);
    submit(b, r, is_write ? BP_BLOCK_WRITE : BP_BLOCK_READ, sector * SECTOR, bytes);
}

/* DISCARD and WRITE_ZEROES carry one range (the limit in the configuration is one). */
static void range(struct blk *b, struct request *r, uint32_t type)
{
    uint8_t bytes[RANGE_BYTES];
    uint64_t sector, capacity = b->info.bytes / SECTOR;
    uint32_t count, flags, allowed = type == T_WRITE_ZEROES ? RANGE_UNMAP : 0;
    uint8_t status = S_IOERR;

    if (r->chain.read_bytes == HEADER_BYTES + RANGE_BYTES &&
        !vq_read(&r->chain, &b->virtio.memory, HEADER_BYTES, bytes, sizeof bytes)) {
        sector = bp_load_le64(bytes);
        count = bp_load_le32(bytes + 8);
        flags = bp_load_le32(bytes + 12);
        if (flags & ~allowed) {
            status = S_UNSUPP; /* 5.2.6.2 */
        } else if (sector <= capacity && count <= capacity - sector && count <= RANGE_SECTORS &&
                   !(b->info.flags & BP_BLOCK_READ_ONLY)) {
            r->flush_next = !(b->virtio.accepted & F_FLUSH);
            submit(b, r, type == T_DISCARD ? BP_BLOCK_DISCARD : BP_BLOCK_ZERO, sector * SECTOR,
                   (uint64_t)count * SECTOR);
            return;
        }
    }
    answer(b, &r->chain, status, 0);
    free(r);
}

static void get_id(struct blk *b, struct request *r)
{
    uint8_t status = S_IOERR;

    if (r->chain.write_bytes == ID_BYTES + 1 &&
        !vq_write(&r->chain, &b->virtio.memory, 0, b->info.id, ID_BYTES))
        status = S_OK;
    answer(b, &r->chain, status, status == S_OK ? ID_BYTES : 0);
    free(r);
}

static uint32_t handle(struct virtio *v, const struct vq_chain *chain)
{
    struct blk *b = blk_of(v);
    uint8_t header[HEADER_BYTES];
    struct request *r;

    if (!chain->write_bytes || chain->write_bytes > UINT32_MAX || chain->read_bytes > UINT32_MAX ||
        vq_read(chain, &v->memory, 0, header, sizeof header)) {
        virtio_broken(v, "a request has no header or no status byte: the device needs a reset");
        return 0;
    }
    if (b->in_flight >=
        b->virtio.queues[0].size) { /* chains that are in use are made available again */
        virtio_broken(
            v, "more requests are under way than the queue has entries: the device needs a reset");
        return 0;
    }
    r = malloc(sizeof *r);
    if (!r) {
        answer(b, chain, S_IOERR, 0);
        return 1;
    }
    r->chain = *chain;
    r->niov = 0;
    r->direction = BP_DMA_TO_DEVICE;
    r->transferred = 0;
    r->flush_next = 0;
    switch (bp_load_le32(header)) {
    case T_IN:
    case T_OUT:
        transfer(b, r, bp_load_le64(header + 8), bp_load_le32(header) == T_OUT);
        break;
    case T_FLUSH:
        submit(b, r, BP_BLOCK_FLUSH, 0, 0);
        break;
    case T_GET_ID:
        get_id(b, r);
        break;
    case T_DISCARD:
    case T_WRITE_ZEROES:
        range(b, r, bp_load_le32(header));
        break;
    default:
        answer(b, &r->chain, S_UNSUPP, 0);
        free(r);
        break;
    }
    return 1;
}

static void notify(struct virtio *v, uint32_t queue)
{
    virtio_run(v, queue, handle);
}

static void on_complete(void *self, uint64_t token, int32_t status)
{
    struct request *r = (struct request *)(uintptr_t)token;
    struct blk *b = self;

    b->in_flight--;
    unmap(b, r);
    r->niov = 0;
    if (!status && r->flush_next && !b->stopping) {
        r->flush_next = 0;
        submit(b, r, BP_BLOCK_FLUSH, 0, 0);
        return;
    }
    if (!b->stopping)
        answer(b, &r->chain, status ? S_IOERR : S_OK, status ? 0 : r->transferred);
    free(r);
}

/* What is at the back end may still write guest memory: a reset is over when that has ended
 * (2.1.2). */
static void stop(struct virtio *v, uint32_t queue)
{
    struct blk *b = blk_of(v);

    b->stopping = 1;
    b->blocks->drain(b->drive);
    b->stopping = 0;
}

static void config_read(struct virtio *v, uint32_t offset, void *data, uint32_t bytes)
{
    memcpy(data, blk_of(v)->config + offset, bytes);
}

static void fill_config(struct blk *b)
{
    uint8_t *c = b->config;
    uint32_t sectors = b->info.sector / SECTOR;

    bp_store_le64(c + CONFIG_CAPACITY, b->info.bytes / SECTOR);
    bp_store_le32(c + CONFIG_SEG_MAX, VQ_SIZE_MAX - 2);
    bp_store_le32(c + CONFIG_BLK_SIZE, SECTOR);
    bp_store_le32(c + CONFIG_MAX_DISCARD_SECTORS, RANGE_SECTORS);
    bp_store_le32(c + CONFIG_MAX_DISCARD_SEG, 1);
    bp_store_le32(c + CONFIG_DISCARD_ALIGNMENT, sectors ? sectors : 1);
    bp_store_le32(c + CONFIG_MAX_ZEROES_SECTORS, RANGE_SECTORS);
    bp_store_le32(c + CONFIG_MAX_ZEROES_SEG, 1);
    c[CONFIG_ZEROES_MAY_UNMAP] = 1;
}

static const struct virtio_ops ops = {
    .device_id = 2,
    .nqueues = 1,
    .features = F_SEG_MAX | F_BLK_SIZE | F_FLUSH,
    .notify = notify,
    .stop = stop,
    .config_read = config_read,
    .config_bytes = CONFIG_BYTES,
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct blk *b = self;
    uint32_t present;

    b->blocks = core->get(core, BP_BLOCK_ID);
    if (!b->blocks)
        return bp_fail(core, dev, BP_E_UNSUPPORTED, NULL, "this core does not offer " BP_BLOCK_ID);
    b->info.size = sizeof b->info;
    present = b->blocks->info(b->drive, &b->info) == BP_OK;
    if (present)
        fill_config(b);
    return virtio_init(&b->virtio, dev, core, &ops, present,
                       b->info.flags & BP_BLOCK_READ_ONLY ? F_RO : F_DISCARD | F_WRITE_ZEROES);
}

static void reset(void *self, uint32_t kind)
{
    virtio_reset(self);
}

static int32_t pre_save(void *self)
{
    struct blk *b = self;

    if (b->virtio.present)
        b->blocks->drain(b->drive); /* nothing is under way in a snapshot */
    return BP_OK;
}

static const struct bp_block_client client = {.size = sizeof client, .on_complete = on_complete};

static const struct bp_port ports[] = {
    VIRTIO_PORTS(struct blk),
    {.name = "drive",
     .doc = "The disk; without one the slot is empty.",
     .kind = BP_PORT_BLOCK,
     .offset = BP_OFFSET(struct blk, drive),
     .client = &client},
};

static const struct bp_state_field fields[] = {VIRTIO_STATE(struct blk)};
static const struct bp_state state = {.size = sizeof state,
                                      .version = 1,
                                      .fields = BP_ARRAY(fields),
                                      .pre_save = pre_save,
                                      .post_load = virtio_post_load};

const struct bp_device_class virtio_blk_class = {
    .size = sizeof virtio_blk_class,
    .instance_size = sizeof(struct blk),
    .instance_align = _Alignof(struct blk),
    .name = "virtio-blk",
    .doc = "virtio block device over MMIO",
    .ports = BP_ARRAY(ports),
    .regions = &virtio_region,
    .nregions = 1,
    .region_stride = sizeof virtio_region,
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = virtio_get_iface,
};
