/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-driver.h - the other side of a virtio device: a driver for tests, with its queues in the
 * fake host's RAM. VIRTIO 1.2; section numbers are of that specification.
 */
#ifndef TESTS_DEVICE_VIRTIO_DRIVER_H
#define TESTS_DEVICE_VIRTIO_DRIVER_H

#include "device.h"

#include <backplane/util/bytes.h>

/* 4.2.2 */
enum {
    MAGIC = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    VENDOR_ID = 0x00c,
    DEVICE_FEATURES = 0x010,
    DEVICE_FEATURES_SEL = 0x014,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SEL = 0x024,
    QUEUE_SEL = 0x030,
    QUEUE_NUM_MAX = 0x034,
    QUEUE_NUM = 0x038,
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACK = 0x064,
    STATUS = 0x070,
    QUEUE_DESC = 0x080,
    QUEUE_DRIVER = 0x090,
    QUEUE_DEVICE = 0x0a0,
    SHM_LEN = 0x0b0,
    GENERATION = 0x0fc,
    CONFIG = 0x100,
};

enum {
    ACKNOWLEDGE = 1,
    DRIVER = 2,
    DRIVER_OK = 4,
    FEATURES_OK = 8,
    NEEDS_RESET = 64,
    FAILED = 128
};
enum { NEXT = 1, WRITE = 2, INDIRECT = 4 }; /* descriptor flags, 2.7.5 */

#define F_INDIRECT  (1ull << 28)
#define F_EVENT_IDX (1ull << 29)
#define F_VERSION_1 (1ull << 32)

/* Where things are in RAM: 16 KiB for each queue, then buffers. */
#define QUEUE_SIZE        16u
#define DESC(q)           (TH_RAM_BASE + 0x4000u * (q))
#define AVAIL(q)          (DESC(q) + 0x1000)
#define USED(q)           (DESC(q) + 0x2000)
#define INDIRECT_TABLE(q) (DESC(q) + 0x3000)
#define BUFFERS           (TH_RAM_BASE + 0x10000)

struct driver {
    struct th *t;
    uint16_t avail[2], used[2]; /* indexes so far */
};

static inline uint32_t reg(struct driver *d, uint32_t at)
{
    return (uint32_t)th_read(d->t, 0, at, 4);
}

static inline void set_reg(struct driver *d, uint32_t at, uint32_t value)
{
    cr_assert_eq(th_write(d->t, 0, at, 4, value), BP_OK);
}

static inline uint64_t offered(struct driver *d)
{
    uint64_t low;

    set_reg(d, DEVICE_FEATURES_SEL, 0);
    low = reg(d, DEVICE_FEATURES);
    set_reg(d, DEVICE_FEATURES_SEL, 1);
    return (uint64_t)reg(d, DEVICE_FEATURES) << 32 | low;
}

static inline void accept_features(struct driver *d, uint64_t features)
{
    set_reg(d, DRIVER_FEATURES_SEL, 0);
    set_reg(d, DRIVER_FEATURES, (uint32_t)features);
    set_reg(d, DRIVER_FEATURES_SEL, 1);
    set_reg(d, DRIVER_FEATURES, (uint32_t)(features >> 32));
}

static inline void set_address(struct driver *d, uint32_t at, uint64_t address)
{
    set_reg(d, at, (uint32_t)address);
    set_reg(d, at + 4, (uint32_t)(address >> 32));
}

static inline void setup_queue(struct driver *d, uint32_t q, uint32_t size)
{
    memset(th_ram(d->t, DESC(q)), 0, 0x4000);
    d->avail[q] = d->used[q] = 0;
    set_reg(d, QUEUE_SEL, q);
    set_reg(d, QUEUE_NUM, size);
    set_address(d, QUEUE_DESC, DESC(q));
    set_address(d, QUEUE_DRIVER, AVAIL(q));
    set_address(d, QUEUE_DEVICE, USED(q));
    set_reg(d, QUEUE_READY, 1);
}

/* 3.1.1: reset, negotiation, queues, ready. */
static inline void bring_up(struct driver *d, uint64_t features, uint32_t nqueues)
{
    set_reg(d, STATUS, 0);
    set_reg(d, STATUS, ACKNOWLEDGE | DRIVER);
    accept_features(d, features | F_VERSION_1);
    set_reg(d, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    cr_assert_eq(reg(d, STATUS), ACKNOWLEDGE | DRIVER | FEATURES_OK);
    for (uint32_t q = 0; q < nqueues; q++) {
        setup_queue(d, q, QUEUE_SIZE);
        cr_assert_eq(reg(d, QUEUE_READY), 1);
    }
    set_reg(d, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
}

static inline void put_desc(struct driver *d, uint64_t table, uint32_t i, uint64_t addr,
                            uint32_t bytes, uint32_t flags, uint32_t next)
{
    uint8_t *p = th_ram(d->t, table + 16 * i);

    bp_store_le64(p, addr);
    bp_store_le32(p + 8, bytes);
    bp_store_le16(p + 12, (uint16_t)flags);
    bp_store_le16(p + 14, (uint16_t)next);
}

/* Makes the chain that starts with descriptor `head` available; the device is told by kick(). */
static inline void offer(struct driver *d, uint32_t q, uint32_t head)
{
    bp_store_le16(th_ram(d->t, AVAIL(q) + 4 + 2 * (d->avail[q] % QUEUE_SIZE)), (uint16_t)head);
    bp_store_le16(th_ram(d->t, AVAIL(q) + 2), ++d->avail[q]);
}

static inline void kick(struct driver *d, uint32_t q)
{
    set_reg(d, QUEUE_NOTIFY, q);
}

static inline uint16_t used_index(struct driver *d, uint32_t q)
{
    return bp_load_le16(th_ram(d->t, USED(q) + 2));
}

/* Takes the next used chain: 1, with its head and length; 0: none. */
static inline uint32_t take(struct driver *d, uint32_t q, uint32_t *head, uint32_t *bytes)
{
    const uint8_t *p = th_ram(d->t, USED(q) + 4 + 8 * (d->used[q] % QUEUE_SIZE));

    if (used_index(d, q) == d->used[q])
        return 0;
    *head = bp_load_le32(p);
    *bytes = bp_load_le32(p + 4);
    d->used[q]++;
    return 1;
}

static inline void expect_broken(struct driver *d, const char *what)
{
    cr_expect_eq(reg(d, STATUS) & NEEDS_RESET, NEEDS_RESET, "%s: accepted", what);
    cr_expect_eq(reg(d, INTERRUPT_STATUS) & 2, 2, "%s: the driver is not told", what);
}

static inline struct driver open_driver(const char *type)
{
    return (struct driver){.t = open_device("virtio", type)};
}

#endif
