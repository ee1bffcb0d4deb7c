/* SPDX-License-Identifier: Apache-2.0
 *
 * The MMIO transport and the rules of split virtqueues, on the simplest device, the entropy source.
 */
#include "virtio-driver.h"

static struct driver rng(void)
{
    struct driver d = open_driver("virtio-rng");

    th_set(d.t, "source", "seed");
    start_device(d.t);
    return d;
}

static struct driver live(uint64_t features)
{
    struct driver d = rng();

    bring_up(&d, features, 1);
    return d;
}

Test(virtio_transport, identity)
{
    struct driver d = rng();

    cr_expect_eq(reg(&d, MAGIC), 0x74726976);
    cr_expect_eq(reg(&d, VERSION), 2);
    cr_expect_eq(reg(&d, DEVICE_ID), 4);
    cr_expect_eq(reg(&d, SHM_LEN), 0xffffffff);
    cr_expect_eq(reg(&d, SHM_LEN + 4), 0xffffffff);
    cr_expect_eq(offered(&d) & F_VERSION_1, F_VERSION_1);
    set_reg(&d, DEVICE_FEATURES_SEL, 2);
    cr_expect_eq(reg(&d, DEVICE_FEATURES), 0);
    set_reg(&d, QUEUE_SEL, 0);
    cr_expect_geq(reg(&d, QUEUE_NUM_MAX), 16);
    set_reg(&d, QUEUE_SEL, 1);
    cr_expect_eq(reg(&d, QUEUE_NUM_MAX), 0, "one queue is all");
    set_reg(&d, QUEUE_SEL, 0xffffffff);
    cr_expect_eq(reg(&d, QUEUE_NUM_MAX), 0);
    cr_expect_str_eq(th_fdt(d.t), "compatible = \"virtio,mmio\"\ndma-coherent\n");
    close_device(d.t);
}

Test(virtio_transport, features_must_be_acceptable)
{
    struct driver d = rng();

    set_reg(&d, STATUS, ACKNOWLEDGE | DRIVER);
    accept_features(&d, F_INDIRECT); /* a legacy driver */
    set_reg(&d, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    cr_expect_eq(reg(&d, STATUS), ACKNOWLEDGE | DRIVER);
    accept_features(&d, F_VERSION_1 | 1ull << 40);
    set_reg(&d, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    cr_expect_eq(reg(&d, STATUS), ACKNOWLEDGE | DRIVER, "something that was not offered");
    accept_features(&d, F_VERSION_1);
    set_reg(&d, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    cr_expect_eq(reg(&d, STATUS), ACKNOWLEDGE | DRIVER | FEATURES_OK);
    close_device(d.t);
}

Test(virtio_transport, nothing_runs_before_negotiation)
{
    struct driver d = rng();
    uint32_t head, bytes;

    set_reg(&d, STATUS, ACKNOWLEDGE | DRIVER);
    setup_queue(&d, 0, QUEUE_SIZE);
    set_reg(&d, STATUS, ACKNOWLEDGE | DRIVER | DRIVER_OK);
    put_desc(&d, DESC(0), 0, BUFFERS, 8, WRITE, 0);
    offer(&d, 0, 0);
    kick(&d, 0);
    cr_expect_eq(take(&d, 0, &head, &bytes), 0);
    close_device(d.t);
}

Test(virtio_transport, a_buffer_there_and_back)
{
    struct driver d = live(0);
    uint32_t head, bytes;

    put_desc(&d, DESC(0), 3, BUFFERS, 5, WRITE | NEXT, 7);
    put_desc(&d, DESC(0), 7, BUFFERS + 100, 3, WRITE, 0);
    offer(&d, 0, 3);
    cr_expect_eq(take(&d, 0, &head, &bytes), 0, "not before the notification");
    kick(&d, 0);
    cr_assert_eq(take(&d, 0, &head, &bytes), 1);
    cr_expect_eq(head, 3);
    cr_expect_eq(bytes, 8);
    cr_expect_neq(bp_load_le32(th_ram(d.t, BUFFERS)), 0);
    cr_expect_eq(*(uint8_t *)th_ram(d.t, BUFFERS + 5), 0, "not behind the segment");
    cr_expect_neq(bp_load_le(th_ram(d.t, BUFFERS + 100), 3), 0);
    cr_expect_eq(th_level(d.t, "irq", 0), 1);
    cr_expect_eq(reg(&d, INTERRUPT_STATUS), 1);
    set_reg(&d, INTERRUPT_ACK, 1);
    cr_expect_eq(th_level(d.t, "irq", 0), 0);
    close_device(d.t);
}

Test(virtio_transport, rings_wrap)
{
    struct driver d = live(F_EVENT_IDX | F_INDIRECT);
    uint32_t head, bytes;

    for (uint32_t i = 0; i < 70000; i++) { /* beyond 2^16 indexes */
        put_desc(&d, DESC(0), i % QUEUE_SIZE, BUFFERS, 4, WRITE, 0);
        offer(&d, 0, i % QUEUE_SIZE);
        kick(&d, 0);
        cr_assert_eq(take(&d, 0, &head, &bytes), 1);
        cr_assert_eq(head, i % QUEUE_SIZE);
    }
    close_device(d.t);
}

Test(virtio_transport, indirect)
{
    struct driver d = live(F_INDIRECT);
    uint32_t head, bytes;

    put_desc(&d, INDIRECT_TABLE(0), 0, BUFFERS, 2, WRITE | NEXT, 2);
    put_desc(&d, INDIRECT_TABLE(0), 2, BUFFERS + 16, 6, WRITE, 0);
    put_desc(&d, DESC(0), 1, INDIRECT_TABLE(0), 3 * 16, INDIRECT, 0);
    offer(&d, 0, 1);
    kick(&d, 0);
    cr_assert_eq(take(&d, 0, &head, &bytes), 1);
    cr_expect_eq(head, 1);
    cr_expect_eq(bytes, 8);
    close_device(d.t);
}

Test(virtio_transport, driver_may_do_without_interrupts)
{
    struct driver d = live(0);
    uint32_t head, bytes;

    bp_store_le16(th_ram(d.t, AVAIL(0)), 1); /* VIRTQ_AVAIL_F_NO_INTERRUPT */
    put_desc(&d, DESC(0), 0, BUFFERS, 4, WRITE, 0);
    offer(&d, 0, 0);
    kick(&d, 0);
    cr_expect_eq(take(&d, 0, &head, &bytes), 1);
    cr_expect_eq(th_level(d.t, "irq", 0), 0);
    close_device(d.t);
}

/* 2.7.10: the driver names the entry it wants to hear of, and the device the one it wants to be
 * told of. */
Test(virtio_transport, event_index)
{
    struct driver d = live(F_EVENT_IDX);
    uint8_t *used_event = th_ram(d.t, AVAIL(0) + 4 + 2 * QUEUE_SIZE);
    uint8_t *avail_event = th_ram(d.t, USED(0) + 4 + 8 * QUEUE_SIZE);

    bp_store_le16(used_event, 2);
    for (uint32_t i = 0; i < 5; i++) {
        put_desc(&d, DESC(0), i, BUFFERS, 4, WRITE, 0);
        offer(&d, 0, i);
        kick(&d, 0);
        cr_expect_eq(bp_load_le16(avail_event), i + 1);
        cr_expect_eq(th_level(d.t, "irq", 0), i == 2, "entry %u", i);
        set_reg(&d, INTERRUPT_ACK, 1);
    }
    close_device(d.t);
}

Test(virtio_transport, a_busy_driver_cannot_keep_the_machine)
{
    struct driver d = live(0);

    /* Every entry of the ring names the same buffer, and the index is always ahead: endless
     * work. */
    put_desc(&d, DESC(0), 0, BUFFERS, 4, WRITE, 0);
    for (uint32_t i = 0; i < QUEUE_SIZE; i++)
        offer(&d, 0, 0);
    kick(&d, 0);
    for (uint32_t i = 0; i < 4; i++)
        th_run_posted(d.t);
    cr_expect_eq(used_index(&d, 0), QUEUE_SIZE);
    close_device(d.t);
}

Test(virtio_transport, reset_forgets_everything)
{
    struct driver d = live(F_EVENT_IDX);

    put_desc(&d, DESC(0), 0, BUFFERS, 4, WRITE, 0);
    offer(&d, 0, 0);
    kick(&d, 0);
    set_reg(&d, STATUS, 0);
    cr_expect_eq(reg(&d, STATUS), 0);
    cr_expect_eq(reg(&d, INTERRUPT_STATUS), 0);
    cr_expect_eq(th_level(d.t, "irq", 0), 0);
    set_reg(&d, QUEUE_SEL, 0);
    cr_expect_eq(reg(&d, QUEUE_READY), 0);
    offer(&d, 0, 0);
    kick(&d, 0);
    cr_expect_eq(used_index(&d, 0), 1, "nothing more");
    bring_up(&d, 0, 1);
    offer(&d, 0, 0);
    close_device(d.t);
}

Test(virtio_transport, features_are_settled_once)
{
    struct driver d = live(0);

    accept_features(&d, F_VERSION_1 | F_INDIRECT);
    put_desc(&d, INDIRECT_TABLE(0), 0, BUFFERS, 4, WRITE, 0);
    put_desc(&d, DESC(0), 0, INDIRECT_TABLE(0), 16, INDIRECT, 0);
    offer(&d, 0, 0);
    kick(&d, 0);
    expect_broken(&d, "a feature taken after FEATURES_OK");
    close_device(d.t);
}

/* --- drivers that break the rules ---------------------------------------------------- */

static void head_beyond_the_table(struct driver *d)
{
    offer(d, 0, QUEUE_SIZE);
}

static void next_beyond_the_table(struct driver *d)
{
    put_desc(d, DESC(0), 0, BUFFERS, 4, WRITE | NEXT, 0xffff);
    offer(d, 0, 0);
}

static void chain_that_loops(struct driver *d)
{
    put_desc(d, DESC(0), 0, BUFFERS, 4, WRITE | NEXT, 1);
    put_desc(d, DESC(0), 1, BUFFERS, 4, WRITE | NEXT, 0);
    offer(d, 0, 0);
}

static void chain_that_points_at_itself(struct driver *d)
{
    put_desc(d, DESC(0), 5, BUFFERS, 0, WRITE | NEXT, 5);
    offer(d, 0, 5);
}

static void readable_behind_writable(struct driver *d)
{
    put_desc(d, DESC(0), 0, BUFFERS, 4, WRITE | NEXT, 1);
    put_desc(d, DESC(0), 1, BUFFERS, 4, 0, 0);
    offer(d, 0, 0);
}

static void buffer_outside_of_memory(struct driver *d)
{
    put_desc(d, DESC(0), 0, 0x1000, 4, WRITE, 0);
    offer(d, 0, 0);
}

static void buffer_across_the_end_of_memory(struct driver *d)
{
    put_desc(d, DESC(0), 0, TH_RAM_BASE + TH_RAM_BYTES - 2, 4, WRITE, 0);
    offer(d, 0, 0);
}

static void buffer_at_the_end_of_the_address_space(struct driver *d)
{
    put_desc(d, DESC(0), 0, UINT64_MAX - 1, 4, WRITE, 0);
    offer(d, 0, 0);
}

static void index_that_jumps(struct driver *d)
{
    bp_store_le16(th_ram(d->t, AVAIL(0) + 2), QUEUE_SIZE + 1);
}

static void index_that_falls_back(struct driver *d)
{
    bp_store_le16(th_ram(d->t, AVAIL(0) + 2), 0xffff);
}

static void indirect_within_indirect(struct driver *d)
{
    put_desc(d, INDIRECT_TABLE(0), 0, INDIRECT_TABLE(0), 16, INDIRECT, 0);
    put_desc(d, DESC(0), 0, INDIRECT_TABLE(0), 16, INDIRECT, 0);
    offer(d, 0, 0);
}

static void indirect_with_next(struct driver *d)
{
    put_desc(d, INDIRECT_TABLE(0), 0, BUFFERS, 4, WRITE, 0);
    put_desc(d, DESC(0), 0, INDIRECT_TABLE(0), 16, INDIRECT | NEXT, 1);
    offer(d, 0, 0);
}

static void indirect_of_odd_length(struct driver *d)
{
    put_desc(d, DESC(0), 0, INDIRECT_TABLE(0), 17, INDIRECT, 0);
    offer(d, 0, 0);
}

static void empty_indirect(struct driver *d)
{
    put_desc(d, DESC(0), 0, INDIRECT_TABLE(0), 0, INDIRECT, 0);
    offer(d, 0, 0);
}

static void indirect_outside_of_memory(struct driver *d)
{
    put_desc(d, DESC(0), 0, 0x10, 16, INDIRECT, 0);
    offer(d, 0, 0);
}

static void huge_indirect(struct driver *d)
{
    put_desc(d, DESC(0), 0, INDIRECT_TABLE(0), 0xfffffff0, INDIRECT, 0);
    offer(d, 0, 0);
}

static void indirect_that_loops(struct driver *d)
{
    put_desc(d, INDIRECT_TABLE(0), 0, BUFFERS, 4, WRITE | NEXT, 0);
    put_desc(d, DESC(0), 0, INDIRECT_TABLE(0), 32, INDIRECT, 0);
    offer(d, 0, 0);
}

static void queue_outside_of_memory(struct driver *d)
{
    set_reg(d, QUEUE_SEL, 0);
    set_reg(d, QUEUE_READY, 0);
    set_address(d, QUEUE_DRIVER, 0x1000);
    set_reg(d, QUEUE_READY, 1);
}

static void used_ring_outside_of_memory(struct driver *d)
{
    set_reg(d, QUEUE_SEL, 0);
    set_reg(d, QUEUE_READY, 0);
    set_address(d, QUEUE_DEVICE, 0x1000);
    set_reg(d, QUEUE_READY, 1);
    put_desc(d, DESC(0), 0, BUFFERS, 4, WRITE, 0);
    offer(d, 0, 0);
}

static void table_across_the_end(struct driver *d)
{
    set_reg(d, QUEUE_SEL, 0);
    set_reg(d, QUEUE_READY, 0);
    set_address(d, QUEUE_DESC, UINT64_MAX & ~15ull);
    set_reg(d, QUEUE_READY, 1);
    offer(d, 0, 1);
}

static void nothing_to_write(struct driver *d)
{
    put_desc(d, DESC(0), 0, BUFFERS, 4, 0, 0);
    offer(d, 0, 0);
}

#define BREACH(name)                                                                               \
    {                                                                                              \
#name, name                                                                                \
    }

static const struct {
    const char *name;
    void (*fn)(struct driver *d);
} breaches[] = {
    BREACH(head_beyond_the_table),
    BREACH(next_beyond_the_table),
    BREACH(chain_that_loops),
    BREACH(chain_that_points_at_itself),
    BREACH(readable_behind_writable),
    BREACH(buffer_outside_of_memory),
    BREACH(buffer_across_the_end_of_memory),
    BREACH(buffer_at_the_end_of_the_address_space),
    BREACH(index_that_jumps),
    BREACH(index_that_falls_back),
    BREACH(indirect_within_indirect),
    BREACH(indirect_with_next),
    BREACH(indirect_of_odd_length),
    BREACH(empty_indirect),
    BREACH(indirect_outside_of_memory),
    BREACH(huge_indirect),
    BREACH(indirect_that_loops),
    BREACH(queue_outside_of_memory),
    BREACH(used_ring_outside_of_memory),
    BREACH(table_across_the_end),
    BREACH(nothing_to_write),
};

Test(virtio_transport, breaches_end_in_needs_reset)
{
    for (size_t i = 0; i < sizeof breaches / sizeof *breaches; i++) {
        struct driver d = live(F_INDIRECT | (i % 2 ? F_EVENT_IDX : 0));
        uint16_t used;

        breaches[i].fn(&d);
        kick(&d, 0);
        expect_broken(&d, breaches[i].name);
        used = used_index(&d, 0);
        kick(&d, 0);
        cr_expect_eq(used_index(&d, 0), used, "%s: a broken device goes on", breaches[i].name);
        set_reg(&d, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
        cr_expect(reg(&d, STATUS) & NEEDS_RESET, "%s: cleared without a reset", breaches[i].name);
        bring_up(&d, 0, 1);
        put_desc(&d, DESC(0), 0, BUFFERS, 4, WRITE, 0);
        offer(&d, 0, 0);
        kick(&d, 0);
        cr_expect_eq(used_index(&d, 0), 1, "%s: no new life after a reset", breaches[i].name);
        close_device(d.t);
    }
}

/* 2.7: sizes are powers of two up to the maximum; the three areas are aligned. */
Test(virtio_transport, malformed_queues_do_not_become_ready)
{
    static const struct {
        uint32_t size;
        uint64_t desc, driver, device;
    } rows[] = {
        {0, DESC(0), AVAIL(0), USED(0)},      {3, DESC(0), AVAIL(0), USED(0)},
        {512, DESC(0), AVAIL(0), USED(0)},    {0xffffffff, DESC(0), AVAIL(0), USED(0)},
        {16, DESC(0) + 8, AVAIL(0), USED(0)}, {16, DESC(0), AVAIL(0) + 1, USED(0)},
        {16, DESC(0), AVAIL(0), USED(0) + 2},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct driver d = rng();

        set_reg(&d, QUEUE_SEL, 0);
        set_reg(&d, QUEUE_NUM, rows[i].size);
        set_address(&d, QUEUE_DESC, rows[i].desc);
        set_address(&d, QUEUE_DRIVER, rows[i].driver);
        set_address(&d, QUEUE_DEVICE, rows[i].device);
        set_reg(&d, QUEUE_READY, 1);
        cr_expect_eq(reg(&d, QUEUE_READY), 0, "row %zu", i);
        close_device(d.t);
    }
}

Test(virtio_transport, a_ready_queue_cannot_be_moved)
{
    struct driver d = live(0);

    set_reg(&d, QUEUE_SEL, 0);
    set_address(&d, QUEUE_DESC, 0x10);
    set_reg(&d, QUEUE_NUM, 4);
    put_desc(&d, DESC(0), 15, BUFFERS, 4, WRITE, 0);
    offer(&d, 0, 15);
    kick(&d, 0);
    cr_expect_eq(used_index(&d, 0), 1);
    close_device(d.t);
}

Test(virtio_transport, notifications_of_nothing)
{
    struct driver d = live(0);

    kick(&d, 0);
    kick(&d, 1);
    kick(&d, 0xffffffff);
    cr_expect_eq(reg(&d, STATUS) & NEEDS_RESET, 0);
    cr_expect_eq(used_index(&d, 0), 0);
    close_device(d.t);
}

Test(virtio_transport, snapshot)
{
    struct driver a = live(F_EVENT_IDX | F_INDIRECT), b = rng();
    uint32_t head, bytes;

    put_desc(&a, DESC(0), 0, BUFFERS, 16, WRITE, 0);
    offer(&a, 0, 0);
    kick(&a, 0);
    cr_assert_eq(th_migrate(b.t, a.t), BP_OK);
    b.avail[0] = a.avail[0];
    cr_expect_eq(take(&b, 0, &head, &bytes), 1);
    put_desc(&b, INDIRECT_TABLE(0), 0, BUFFERS + 16, 16, WRITE, 0);
    put_desc(&b, DESC(0), 1, INDIRECT_TABLE(0), 16, INDIRECT, 0);
    offer(&b, 0, 1);
    kick(&b, 0);
    cr_expect_eq(take(&b, 0, &head, &bytes), 1);
    cr_expect_eq(bp_load_le16(th_ram(b.t, USED(0) + 4 + 8 * QUEUE_SIZE)), 2,
                 "event indexes are still in use");
    put_desc(&a, DESC(0), 1, BUFFERS + 16, 16, WRITE, 0);
    offer(&a, 0, 1);
    kick(&a, 0);
    cr_expect_arr_eq(th_ram(a.t, BUFFERS + 16), th_ram(b.t, BUFFERS + 16), 16);
    close_device(a.t);
    close_device(b.t);
}
