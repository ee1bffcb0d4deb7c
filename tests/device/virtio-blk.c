/* SPDX-License-Identifier: Apache-2.0
 *
 * The block device, VIRTIO 1.2, section 5.2.
 */
#include "virtio-driver.h"

enum { IN = 0, OUT = 1, FLUSH = 4, GET_ID = 8, DISCARD = 11, WRITE_ZEROES = 13 };
enum { OK = 0, IOERR = 1, UNSUPP = 2, UNANSWERED = 0xee };

#define F_SEG_MAX      (1ull << 2)
#define F_RO           (1ull << 5)
#define F_BLK_SIZE     (1ull << 6)
#define F_FLUSH        (1ull << 9)
#define F_DISCARD      (1ull << 13)
#define F_WRITE_ZEROES (1ull << 14)

#define SECTORS           64u
#define HEADER(slot)      (BUFFERS + 0x8000u * (slot))
#define STATUS_BYTE(slot) (HEADER(slot) + 0x20)
#define DATA(slot)        (HEADER(slot) + 0x1000)

static struct driver disk(uint32_t flags)
{
    struct driver d = open_driver("virtio-blk");

    th_insert(d.t, SECTORS * 512, flags, "serial-1234");
    for (uint32_t i = 0; i < SECTORS * 512; i++)
        d.t->block.medium[i] = (uint8_t)(i / 512 + i);
    start_device(d.t);
    return d;
}

static struct driver live(void)
{
    struct driver d = disk(0);

    bring_up(&d, F_FLUSH | F_SEG_MAX | F_DISCARD | F_WRITE_ZEROES, 1);
    return d;
}

/* Offers a request in descriptors 3 * slot and following: header, data (if any), status. */
static void request(struct driver *d, uint32_t slot, uint32_t type, uint64_t sector, uint32_t bytes,
                    uint32_t from_device)
{
    uint8_t *header = th_ram(d->t, HEADER(slot));
    uint32_t first = 3 * slot;

    bp_store_le32(header, type);
    bp_store_le32(header + 4, 0);
    bp_store_le64(header + 8, sector);
    *(uint8_t *)th_ram(d->t, STATUS_BYTE(slot)) = UNANSWERED;
    put_desc(d, DESC(0), first, HEADER(slot), 16, NEXT, bytes ? first + 1 : first + 2);
    put_desc(d, DESC(0), first + 1, DATA(slot), bytes, NEXT | (from_device ? WRITE : 0), first + 2);
    put_desc(d, DESC(0), first + 2, STATUS_BYTE(slot), 1, WRITE, 0);
    offer(d, 0, first);
    kick(d, 0);
}

static uint32_t answer(struct driver *d, uint32_t slot)
{
    return *(uint8_t *)th_ram(d->t, STATUS_BYTE(slot));
}

/* A request from beginning to end; returns its status, and checks the length that was reported. */
static uint32_t perform(struct driver *d, uint32_t type, uint64_t sector, uint32_t bytes,
                        uint32_t from_device)
{
    uint32_t head = UINT32_MAX, length = 0, status;

    request(d, 0, type, sector, bytes, from_device);
    th_complete(d->t);
    status = answer(d, 0);
    cr_expect_eq(take(d, 0, &head, &length), 1);
    cr_expect_eq(head, 0);
    /* 2.7.8.2: as many bytes as were written from the start on; the status is behind the data. */
    cr_expect_eq(length, !from_device ? 1 : status == OK ? bytes + 1 : 0);
    return status;
}

Test(virtio_blk, empty_slot_without_a_drive)
{
    struct driver d = open_driver("virtio-blk");

    start_device(d.t);
    cr_expect_eq(reg(&d, MAGIC), 0x74726976);
    cr_expect_eq(reg(&d, VERSION), 2);
    cr_expect_eq(reg(&d, DEVICE_ID), 0);
    set_reg(&d, QUEUE_SEL, 0);
    cr_expect_eq(reg(&d, QUEUE_NUM_MAX), 0);
    cr_expect_eq(th_read(d.t, 0, CONFIG, 4), 0);
    set_reg(&d, STATUS, ACKNOWLEDGE | DRIVER);
    set_reg(&d, QUEUE_NOTIFY, 0);
    close_device(d.t);
}

Test(virtio_blk, configuration)
{
    struct driver d = disk(0);

    cr_expect_eq(reg(&d, DEVICE_ID), 2);
    cr_expect_eq(th_read(d.t, 0, CONFIG, 8), SECTORS);
    cr_expect_eq(reg(&d, CONFIG + 20), 512);
    cr_expect_gt(reg(&d, CONFIG + 12), 0, "seg_max");
    cr_expect_eq(th_read(d.t, 0, CONFIG, 1), SECTORS);
    cr_expect_eq(th_read(d.t, 0, CONFIG + 0xf0, 4), 0, "nothing behind the configuration");
    cr_expect_eq(offered(&d) & (F_RO | F_FLUSH | F_BLK_SIZE | F_DISCARD | F_WRITE_ZEROES),
                 F_FLUSH | F_BLK_SIZE | F_DISCARD | F_WRITE_ZEROES);
    close_device(d.t);
}

Test(virtio_blk, reads)
{
    struct driver d = live();

    cr_expect_eq(perform(&d, IN, 3, 1024, 1), OK);
    cr_expect_arr_eq(th_ram(d.t, DATA(0)), d.t->block.medium + 3 * 512, 1024);
    close_device(d.t);
}

Test(virtio_blk, writes)
{
    struct driver d = live();

    memset(th_ram(d.t, DATA(0)), 0x5a, 1024);
    cr_expect_eq(perform(&d, OUT, SECTORS - 2, 1024, 0), OK);
    cr_expect_arr_eq(th_ram(d.t, DATA(0)), d.t->block.medium + (SECTORS - 2) * 512, 1024);
    cr_expect_eq(d.t->block.flushes, 0, "a driver that can flush says when");
    close_device(d.t);
}

/* 5.2.6.2: without FLUSH the driver believes in a write-through cache. */
Test(virtio_blk, writes_through_for_a_driver_that_cannot_flush)
{
    struct driver d = disk(0);

    bring_up(&d, 0, 1);
    request(&d, 0, OUT, 0, 512, 0);
    th_complete_at(d.t, 0);
    cr_expect_eq(answer(&d, 0), UNANSWERED, "written, but not yet safe");
    th_complete_at(d.t, 0);
    cr_expect_eq(answer(&d, 0), OK);
    cr_expect_eq(d.t->block.flushes, 1);
    close_device(d.t);
}

Test(virtio_blk, zeroes_through_for_a_driver_that_cannot_flush)
{
    struct driver d = disk(0);

    bring_up(&d, F_WRITE_ZEROES, 1);
    bp_store_le64(th_ram(d.t, DATA(0)), 1);
    bp_store_le32(th_ram(d.t, DATA(0) + 8), 1);
    bp_store_le32(th_ram(d.t, DATA(0) + 12), 0);
    cr_expect_eq(perform(&d, WRITE_ZEROES, 0, 16, 0), OK);
    cr_expect_eq(d.t->block.flushes, 1);
    close_device(d.t);
}

Test(virtio_blk, flushes)
{
    struct driver d = live();

    cr_expect_eq(perform(&d, FLUSH, 0, 0, 0), OK);
    cr_expect_eq(d.t->block.flushes, 1);
    close_device(d.t);
}

Test(virtio_blk, tells_its_id)
{
    struct driver d = live();

    cr_expect_eq(perform(&d, GET_ID, 0, 20, 1), OK);
    cr_expect_str_eq(th_ram(d.t, DATA(0)), "serial-1234");
    cr_expect_eq(perform(&d, GET_ID, 0, 10, 1), IOERR, "it has 20 bytes");
    close_device(d.t);
}

static uint32_t perform_range(struct driver *d, uint32_t type, uint64_t sector, uint32_t count,
                              uint32_t flags)
{
    uint8_t *range = th_ram(d->t, DATA(0));

    bp_store_le64(range, sector);
    bp_store_le32(range + 8, count);
    bp_store_le32(range + 12, flags);
    return perform(d, type, 0, 16, 0);
}

Test(virtio_blk, discards_and_zeroes)
{
    struct driver d = live();

    cr_expect_eq(perform_range(&d, WRITE_ZEROES, 2, 2, 1), OK);
    cr_expect_eq(d.t->block.medium[2 * 512 - 1], (uint8_t)(1 + 2 * 512 - 1));
    for (uint32_t i = 2 * 512; i < 4 * 512; i++)
        cr_assert_eq(d.t->block.medium[i], 0);
    cr_expect_eq(perform_range(&d, DISCARD, 5, 1, 0), OK);
    cr_expect_eq(perform_range(&d, DISCARD, 5, 1, 1), UNSUPP, "no flag is known for it");
    cr_expect_eq(perform_range(&d, WRITE_ZEROES, 5, 1, 2), UNSUPP);
    cr_expect_eq(perform_range(&d, WRITE_ZEROES, SECTORS, 1, 0), IOERR);
    cr_expect_eq(perform_range(&d, WRITE_ZEROES, UINT64_MAX, 2, 0), IOERR);
    cr_expect_eq(perform(&d, DISCARD, 0, 15, 0), IOERR, "not a range");
    close_device(d.t);
}

Test(virtio_blk, refuses_what_is_not_on_the_disk)
{
    struct driver d = live();

    cr_expect_eq(perform(&d, IN, SECTORS, 512, 1), IOERR);
    cr_expect_eq(perform(&d, IN, SECTORS - 1, 1024, 1), IOERR);
    cr_expect_eq(perform(&d, IN, UINT64_MAX, 512, 1), IOERR);
    cr_expect_eq(perform(&d, OUT, UINT64_MAX / 512 + 1, 512, 0), IOERR);
    cr_expect_eq(perform(&d, IN, 0, 100, 1), IOERR, "not whole sectors");
    cr_expect_eq(perform(&d, 99, 0, 0, 0), UNSUPP);
    cr_expect_eq(reg(&d, STATUS) & NEEDS_RESET, 0, "all of this is allowed to ask");
    close_device(d.t);
}

Test(virtio_blk, read_only)
{
    struct driver d = disk(BP_BLOCK_READ_ONLY);
    uint8_t before = d.t->block.medium[0];

    cr_expect_eq(offered(&d) & (F_RO | F_DISCARD | F_WRITE_ZEROES), F_RO);
    bring_up(&d, F_FLUSH | F_RO, 1);
    cr_expect_eq(perform(&d, OUT, 0, 512, 0), IOERR);
    cr_expect_eq(perform_range(&d, WRITE_ZEROES, 0, 1, 0), IOERR);
    cr_expect_eq(d.t->block.medium[0], before);
    cr_expect_eq(perform(&d, IN, 0, 512, 1), OK);
    close_device(d.t);
}

Test(virtio_blk, host_errors_reach_the_guest)
{
    struct driver d = live();

    d.t->block.fail = BP_E_IO;
    cr_expect_eq(perform(&d, IN, 0, 512, 1), IOERR);
    cr_expect_eq(perform(&d, FLUSH, 0, 0, 0), IOERR);
    d.t->block.refuse = BP_E_NOMEM;
    cr_expect_eq(perform(&d, OUT, 0, 512, 0), IOERR);
    close_device(d.t);
}

Test(virtio_blk, several_under_way)
{
    struct driver d = live();
    uint32_t head, length;

    for (uint32_t i = 0; i < 4; i++)
        request(&d, i, IN, i, 512, 1);
    cr_expect_eq(d.t->block.nrequests, 4);
    cr_expect_eq(used_index(&d, 0), 0);
    th_complete_at(d.t, 2);
    cr_expect_eq(take(&d, 0, &head, &length), 1);
    cr_expect_eq(head, 6, "in the order of completion");
    cr_expect_eq(answer(&d, 2), OK);
    cr_expect_eq(answer(&d, 0), UNANSWERED);
    th_complete(d.t);
    cr_expect_eq(used_index(&d, 0), 4);
    for (uint32_t i = 0; i < 4; i++)
        cr_expect_arr_eq(th_ram(d.t, DATA(i)), d.t->block.medium + i * 512, 512);
    close_device(d.t);
}

/* 2.7.4.3: a device must not assume how a request is cut into descriptors. */
Test(virtio_blk, any_layout)
{
    struct driver d = live();
    uint8_t *header = th_ram(d.t, HEADER(0));

    bp_store_le32(header, IN);
    bp_store_le32(header + 4, 0);
    bp_store_le64(header + 8, 1);
    put_desc(&d, DESC(0), 0, HEADER(0), 3, NEXT, 1);
    put_desc(&d, DESC(0), 1, HEADER(0) + 3, 0, NEXT, 2);
    put_desc(&d, DESC(0), 2, HEADER(0) + 3, 13, NEXT, 3);
    put_desc(&d, DESC(0), 3, DATA(0), 100, NEXT | WRITE, 4);
    put_desc(&d, DESC(0), 4, DATA(0) + 100, 413, WRITE, 0); /* the status is its last byte */
    *(uint8_t *)th_ram(d.t, DATA(0) + 512) = UNANSWERED;
    offer(&d, 0, 0);
    kick(&d, 0);
    th_complete(d.t);
    cr_expect_eq(*(uint8_t *)th_ram(d.t, DATA(0) + 512), OK);
    cr_expect_arr_eq(th_ram(d.t, DATA(0)), d.t->block.medium + 512, 512);
    close_device(d.t);
}

Test(virtio_blk, malformed_requests_break_the_device)
{
    static const struct {
        uint32_t out, in; /* bytes for the device to read and to write */
    } rows[] = {{15, 1}, {0, 1}, {16, 0}, {0, 0}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct driver d = live();

        put_desc(&d, DESC(0), 0, HEADER(0), rows[i].out, NEXT, 1);
        put_desc(&d, DESC(0), 1, STATUS_BYTE(0), rows[i].in, WRITE, 0);
        offer(&d, 0, 0);
        kick(&d, 0);
        expect_broken(&d, "a request without header or status");
        close_device(d.t);
    }
}

Test(virtio_blk, data_outside_of_memory)
{
    struct driver d = live();
    uint32_t head, length;

    request(&d, 0, IN, 0, 512, 1);
    th_complete(d.t);
    take(&d, 0, &head, &length);
    put_desc(&d, DESC(0), 1, 0x1000, 512, NEXT | WRITE, 2);
    offer(&d, 0, 0);
    kick(&d, 0);
    cr_expect_eq(d.t->block.nrequests, 0);
    cr_expect(answer(&d, 0) == IOERR || (reg(&d, STATUS) & NEEDS_RESET));
    put_desc(&d, DESC(0), 1, TH_RAM_BASE + TH_RAM_BYTES - 256, 512, NEXT | WRITE, 2);
    offer(&d, 0, 0);
    kick(&d, 0);
    cr_expect_eq(d.t->block.nrequests, 0);
    close_device(d.t);
}

Test(virtio_blk, status_outside_of_memory)
{
    struct driver d = live();

    request(&d, 0, FLUSH, 0, 0, 0);
    put_desc(&d, DESC(0), 2, 0x1000, 1, WRITE, 0); /* while it is under way: it was read before */
    th_complete(d.t);
    cr_expect_eq(answer(&d, 0), OK);
    offer(&d, 0, 0);
    kick(&d, 0);
    th_complete(d.t);
    expect_broken(&d, "a status byte outside of memory");
    close_device(d.t);
}

Test(virtio_blk, reset_waits_for_what_is_under_way)
{
    struct driver d = live();

    for (uint32_t i = 0; i < 4; i++)
        request(&d, i, i % 2 ? OUT : IN, i, 512, !(i % 2));
    set_reg(&d, STATUS, 0);
    cr_expect_eq(d.t->block.nrequests, 0);
    cr_expect_eq(d.t->nmaps, 0, "guest memory is free again");
    cr_expect_eq(used_index(&d, 0), 0, "nothing is reported after a reset");
    cr_expect_eq(th_level(d.t, "irq", 0), 0);
    for (uint32_t i = 0; i < 4; i++)
        cr_expect_eq(answer(&d, i), UNANSWERED);
    bring_up(&d, F_FLUSH, 1);
    cr_expect_eq(perform(&d, IN, 7, 512, 1), OK);
    close_device(d.t);
}

/* 4.2.2: a queue whose QueueReady reads 0 is the driver's again, and so are its buffers. */
Test(virtio_blk, a_queue_stops_when_it_is_not_ready)
{
    struct driver d = live();

    for (uint32_t i = 0; i < 4; i++)
        request(&d, i, IN, i, 512, 1);
    set_reg(&d, QUEUE_READY, 0);
    cr_expect_eq(reg(&d, QUEUE_READY), 0);
    cr_expect_eq(d.t->block.nrequests, 0);
    cr_expect_eq(d.t->nmaps, 0, "guest memory is free again");
    cr_expect_eq(answer(&d, 0), UNANSWERED);
    setup_queue(&d, 0, QUEUE_SIZE);
    cr_expect_eq(perform(&d, IN, 7, 512, 1), OK);
    cr_expect_eq(used_index(&d, 0), 1, "none of the old ones is reported");
    close_device(d.t);
}

Test(virtio_blk, machine_reset_under_way)
{
    struct driver d = live();

    request(&d, 0, IN, 0, 512, 1);
    th_reset(d.t, BP_RESET_WARM);
    cr_expect_eq(d.t->block.nrequests, 0);
    cr_expect_eq(reg(&d, STATUS), 0);
    close_device(d.t);
}

Test(virtio_blk, breaking_while_requests_are_under_way)
{
    struct driver d = live();

    request(&d, 0, IN, 0, 512, 1);
    offer(&d, 0, 0xffff);
    kick(&d, 0);
    expect_broken(&d, "a wrong head");
    th_complete(d.t);
    cr_expect_eq(used_index(&d, 0), 0);
    cr_expect_eq(d.t->nmaps, 0);
    close_device(d.t);
}

/* The same chain again and again without an answer: host memory must not grow without limit. */
Test(virtio_blk, requests_under_way_are_limited)
{
    struct driver d = live();

    for (uint32_t i = 0; i < 10 * QUEUE_SIZE; i++)
        request(&d, 0, FLUSH, 0, 0, 0);
    cr_expect_leq(d.t->block.nrequests, QUEUE_SIZE);
    expect_broken(&d, "more requests than entries");
    close_device(d.t);
}

Test(virtio_blk, finish_under_way)
{
    struct driver d = live();

    request(&d, 0, IN, 0, 512, 1);
    close_device(d.t);
}

/* A snapshot between a notification and the device's look at the queue. */
Test(virtio_blk, snapshot_remembers_what_was_asked_for)
{
    struct driver a = live(), b = disk(0);

    request(&a, 0, IN, 9, 512, 1);
    th_complete(a.t);
    offer(&a, 0, 0);
    cr_assert_eq(th_migrate(b.t, a.t), BP_OK);
    th_run_posted(b.t);
    th_complete(b.t);
    cr_expect_eq(used_index(&b, 0), 2);
    close_device(a.t);
    close_device(b.t);
}

Test(virtio_blk, snapshot_waits)
{
    struct driver a = live(), b = disk(0);

    request(&a, 0, IN, 9, 512, 1);
    cr_assert_eq(th_migrate(b.t, a.t), BP_OK);
    th_run_posted(b.t);
    cr_expect_eq(used_index(&b, 0), 1, "nothing is under way in a snapshot");
    b.avail[0] = a.avail[0];
    b.used[0] = 1;
    cr_expect_eq(perform(&b, IN, 1, 512, 1), OK);
    close_device(a.t);
    close_device(b.t);
}
