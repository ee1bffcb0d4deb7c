/* SPDX-License-Identifier: Apache-2.0
 *
 * Drivers made of seeded random numbers: whatever is in the queues, a device neither crashes, nor hangs, nor leaves guest
 * memory mapped, and a reset brings it back to work. Meant to run under sanitizers.
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
    0, BUFFERS, BUFFERS + 0x1234, DESC(0), USED(0), INDIRECT_TABLE(0), TH_RAM_BASE + TH_RAM_BYTES - 7, 0x1000, UINT64_MAX - 15,
    1ull << 63,
};
static const uint32_t lengths[] = {0, 1, 16, 17, 32, 48, 512, 513, 4096, 0x7fffffff, 0xfffffff0, 0xffffffff};

#define PICK(r, array) (array)[roll(r, sizeof(array) / sizeof *(array))]

static void random_desc(struct driver *d, struct random *r, uint64_t table, uint32_t i)
{
    /* Mostly plausible, or nothing would get beyond the first check. */
    uint64_t addr = roll(r, 4) ? BUFFERS + roll(r, 0x8000) : PICK(r, places);
    uint32_t bytes = roll(r, 4) ? roll(r, 2048) : PICK(r, lengths);
    uint32_t flags = roll(r, 8) ? roll(r, 4) : roll(r, 0x10000);
    uint32_t next = roll(r, 16) ? roll(r, QUEUE_SIZE) : roll(r, 0x10000);

    if (!roll(r, 6)) {
        addr = INDIRECT_TABLE(0);
        bytes = 16 * roll(r, 9);
        flags = INDIRECT | (roll(r, 8) ? 0 : roll(r, 4));
    }
    put_desc(d, table, i, addr, bytes, flags, next);
}

static void random_queue(struct driver *d, struct random *r, uint32_t q)
{
    for (uint32_t i = 0; i < QUEUE_SIZE; i++) {
        random_desc(d, r, DESC(q), i);
        if (i < 8)
            random_desc(d, r, INDIRECT_TABLE(q), i);
    }
    for (uint32_t i = 0; i < 64; i += 4) /* request headers, where block requests would have them */
        bp_store_le32(th_ram(d->t, BUFFERS + roll(r, 0x8000)), roll(r, 16));
    for (uint32_t n = roll(r, QUEUE_SIZE); n; n--)
        offer(d, q, roll(r, 32) ? roll(r, QUEUE_SIZE) : roll(r, 0x10000));
    if (!roll(r, 32))
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
    uint32_t broken = 0;

    if (*seed % 3 == 0)
        th_insert(d.t, 1 << 16, 0, "");
    th_connect(d.t, 1);
    start_device(d.t);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        bring_up(&d, roll(&r, 2) ? F_INDIRECT | F_EVENT_IDX : 0, nqueues);
        for (uint32_t step = 0; step < 6; step++) {
            uint32_t q = roll(&r, nqueues);

            random_queue(&d, &r, q);
            th_write(d.t, 0, QUEUE_NOTIFY, 4, q);
            random_event(&d, &r);
        }
        broken += (reg(&d, STATUS) & NEEDS_RESET) != 0;
        d.t->chr.noutput = 0;
        d.t->chr.nqueue = 0;
        if (!roll(&r, 4))
            th_reset(d.t, BP_RESET_WARM);
    }
    cr_expect_gt(broken, 0, "%s: not hostile enough to test anything", type);
    cr_expect_lt(broken, ROUNDS, "%s: too hostile to get anywhere", type);
    set_reg(&d, STATUS, 0);
    cr_expect_eq(d.t->nmaps, 0, "%s: guest memory stays mapped", type);
    cr_expect_eq(d.t->block.nrequests, 0);
    close_device(d.t);
}
