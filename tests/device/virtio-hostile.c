/* SPDX-License-Identifier: Apache-2.0
 *
 * Drivers made of seeded random numbers: whatever is in the queues, a device neither crashes, nor
 * hangs, nor leaves guest memory mapped, and a reset brings it back to work. Meant to run under
 * sanitizers.
 */
#include "virtio-driver.h"

#include <criterion/parameterized.h>

#define ROUNDS 400u

struct random {
    uint64_t state;
};

static uint32_t roll(struct random *r, uint32_t bound)
{
    r->state = r->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((r->state >> 33) % bound);
}

static const uint64_t places[] = {
    0,
    BUFFERS,
    BUFFERS + 0x1234,
    DESC(0),
    USED(0),
    INDIRECT_TABLE(0),
    TH_RAM_BASE + TH_RAM_BYTES - 7,
    0x1000,
    UINT64_MAX - 15,
    1ull << 63,
};
static const uint32_t lengths[] = {0,   1,   16,   17,         32,         48,
                                   512, 513, 4096, 0x7fffffff, 0xfffffff0, 0xffffffff};
static const uint32_t commands[] = {0, 0, 1, 1, 4, 8, 11, 13, 77};

#define PICK(r, array) (array)[roll(r, sizeof(array) / sizeof *(array))]

static void random_desc(struct driver *d, struct random *r, uint64_t table, uint32_t i)
{
    uint64_t addr = roll(r, 2) ? BUFFERS + roll(r, 0x8000) : PICK(r, places);
    uint32_t bytes = roll(r, 2) ? roll(r, 2048) : PICK(r, lengths);
    uint32_t flags = roll(r, 8) ? roll(r, 4) : roll(r, 0x10000);
    uint32_t next = roll(r, 4) ? roll(r, QUEUE_SIZE) : roll(r, 0x10000);

    if (!roll(r, 3)) {
        addr = INDIRECT_TABLE(0);
        bytes = 16 * roll(r, 9);
        flags = INDIRECT | (roll(r, 4) ? 0 : roll(r, 4));
    }
    put_desc(d, table, i, addr, bytes, flags, next);
}

/* Which of three descriptors the device is to write, as a driver in its right mind would have
 * it. */
static const uint32_t directions[] = {
    [0] = 1 << 2 | 1 << 1, /* block read */
    [1] = 1 << 2,          /* block write */
    [2] = 7,               /* input, entropy */
    [3] = 0,               /* output */
};

/* A chain that may well be right: a driver of nothing but garbage would not get beyond the first
 * check. */
static void plausible_chain(struct driver *d, struct random *r, uint64_t table, uint32_t first,
                            uint32_t kind)
{
    uint64_t at = BUFFERS + 0x1000u * roll(r, 8);

    bp_store_le32(th_ram(d->t, at), PICK(r, commands));
    bp_store_le64(th_ram(d->t, at + 8), roll(r, 140));
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t bytes = i == 0 ? 16 : i == 2 ? 1 : 512 * roll(r, 6);

        put_desc(d, table, first + i,
                 at + (i == 0   ? 0
                       : i == 2 ? 16
                                : 256),
                 bytes, (i < 2 ? NEXT : 0) | (directions[kind] >> i & 1 ? WRITE : 0),
                 first + i + 1);
    }
}

static void random_queue(struct driver *d, struct random *r, uint32_t q, uint32_t device)
{
    for (uint32_t first = 0; first + 3 <= QUEUE_SIZE; first += 3) {
        uint32_t kind = device == 0 ? roll(r, 2) : device == 1 && q == 1 ? 3 : 2;

        plausible_chain(d, r, DESC(q), first, kind);
        plausible_chain(d, r, INDIRECT_TABLE(q), 0, kind);
        if (!roll(r, 20))
            random_desc(d, r, DESC(q), first + roll(r, 3));
        if (!roll(r, 8))
            put_desc(d, DESC(q), first, INDIRECT_TABLE(q), 48, INDIRECT, 0);
        if (!roll(r, 20))
            random_desc(d, r, INDIRECT_TABLE(q), roll(r, 3));
    }
    for (uint32_t n = roll(r, QUEUE_SIZE / 3); n; n--)
        offer(d, q, roll(r, 64) ? 3 * roll(r, QUEUE_SIZE / 3) : roll(r, 0x10000));
    if (!roll(r, 64))
        bp_store_le16(th_ram(d->t, AVAIL(q) + 2), (uint16_t)roll(r, 0x10000));
}

static void random_event(struct driver *d, struct random *r)
{
    switch (roll(r, 8)) {
    case 0:
        th_complete_at(d->t, roll(r, 4));
        break;
    case 1:
        if (d->t->chr.client)
            th_type(d->t, "some input", 10);
        break;
    case 2:
        th_accept(d->t, roll(r, 2000));
        break;
    case 3:
        set_reg(d, roll(r, 0x40) * 4, roll(r, 300));
        break;
    case 4:
        th_run_posted(d->t);
        th_advance(d->t, 1000000);
        break;
    case 5:
        th_write(d->t, 0, CONFIG + roll(r, 0x100), 1, roll(r, 256));
        break;
    default:
        break;
    }
}

static const char *types[] = {"virtio-blk", "virtio-console", "virtio-rng"};

ParameterizedTestParameters(virtio_hostile, random_drivers)
{
    static int seeds[12];

    for (int i = 0; i < 12; i++)
        seeds[i] = i;
    return cr_make_param_array(int, seeds, 12);
}

ParameterizedTest(int *seed, virtio_hostile, random_drivers)
{
    const char *type = types[*seed % 3];
    struct driver d = open_driver(type);
    struct random r = {(uint64_t)*seed * 977 + 1};
    uint32_t nqueues = *seed % 3 == 1 ? 2 : 1;
    uint32_t broken = 0, returned = 0;

    if (*seed % 3 == 0)
        th_insert(d.t, 1 << 16, 0, "");
    th_connect(d.t, 1);
    start_device(d.t);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        th_accept(d.t, TH_NO_LIMIT);
        bring_up(&d, roll(&r, 2) ? F_INDIRECT | F_EVENT_IDX : 0, nqueues);
        for (uint32_t step = 0; step < 6; step++) {
            uint32_t q = roll(&r, nqueues);

            random_queue(&d, &r, q, (uint32_t)*seed % 3);
            th_write(d.t, 0, QUEUE_NOTIFY, 4, q);
            random_event(&d, &r);
        }
        for (uint32_t q = 0; q < nqueues; q++)
            returned += used_index(&d, q);
        broken += (reg(&d, STATUS) & NEEDS_RESET) != 0;
        d.t->chr.noutput = 0;
        d.t->chr.nqueue = 0;
        if (!roll(&r, 4))
            th_reset(d.t, BP_RESET_WARM);
    }
    cr_expect_gt(broken, 0, "%s: not hostile enough to test anything", type);
    cr_expect_gt(returned, ROUNDS, "%s: too hostile to get anywhere", type);
    cr_expect_lt(broken, ROUNDS, "%s: never a good day", type);
    set_reg(&d, STATUS, 0);
    cr_expect_eq(d.t->nmaps, 0, "%s: guest memory stays mapped", type);
    cr_expect_eq(d.t->block.nrequests, 0);
    close_device(d.t);
}
