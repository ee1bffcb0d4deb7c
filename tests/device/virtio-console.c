/* SPDX-License-Identifier: Apache-2.0
 *
 * The console, VIRTIO 1.2, section 5.3.
 */
#include "virtio-driver.h"

enum { RX, TX };

#define F_SIZE        1ull
#define F_EMERG_WRITE (1ull << 2)

static struct driver console(void)
{
    struct driver d = open_driver("virtio-console");

    th_connect(d.t, 1);
    start_device(d.t);
    return d;
}

static struct driver live(void)
{
    struct driver d = console();

    bring_up(&d, 0, 2);
    return d;
}

static void print(struct driver *d, uint32_t slot, const char *text)
{
    uint64_t at = BUFFERS + 0x10000 + 0x1000 * slot;

    memcpy(th_ram(d->t, at), text, strlen(text));
    put_desc(d, DESC(TX), slot, at, (uint32_t)strlen(text), 0, 0);
    offer(d, TX, slot);
    kick(d, TX);
}

static void offer_input(struct driver *d, uint32_t slot, uint32_t bytes)
{
    put_desc(d, DESC(RX), slot, BUFFERS + 0x1000 * slot, bytes, WRITE, 0);
    offer(d, RX, slot);
    kick(d, RX);
}

Test(virtio_console, empty_slot_without_a_back_end)
{
    struct driver d = open_driver("virtio-console");

    start_device(d.t);
    cr_expect_eq(reg(&d, DEVICE_ID), 0);
    close_device(d.t);
}

/* A listening socket that nobody has called yet is a console all the same. */
Test(virtio_console, present_without_a_peer)
{
    struct driver d = open_driver("virtio-console");

    th_connect(d.t, 0);
    start_device(d.t);
    cr_expect_eq(reg(&d, DEVICE_ID), 3);
    close_device(d.t);
}

Test(virtio_console, prints)
{
    struct driver d = live();
    uint32_t head, bytes;

    print(&d, 0, "hello ");
    print(&d, 1, "world");
    cr_expect(th_wrote(d.t, "hello world"));
    cr_expect(take(&d, TX, &head, &bytes) && head == 0 && bytes == 0);
    cr_expect(take(&d, TX, &head, &bytes) && head == 1);
    close_device(d.t);
}

Test(virtio_console, output_waits_for_the_peer)
{
    struct driver d = live();

    th_accept(d.t, 3);
    print(&d, 0, "abcdef");
    print(&d, 1, "ghi");
    cr_expect(th_wrote(d.t, "abc"));
    cr_expect_eq(used_index(&d, TX), 0);
    th_accept(d.t, 4);
    cr_expect(th_wrote(d.t, "defg"));
    cr_expect_eq(used_index(&d, TX), 1);
    th_accept(d.t, TH_NO_LIMIT);
    cr_expect(th_wrote(d.t, "hi"));
    cr_expect_eq(used_index(&d, TX), 2);
    close_device(d.t);
}

Test(virtio_console, receives)
{
    struct driver d = live();
    uint32_t head, bytes;

    th_type(d.t, "early", 5);
    cr_expect_eq(d.t->chr.nqueue, 5, "it waits until there is a buffer");
    offer_input(&d, 0, 3);
    cr_assert(take(&d, RX, &head, &bytes));
    cr_expect_eq(bytes, 3);
    cr_expect_arr_eq(th_ram(d.t, BUFFERS), "ear", 3);
    offer_input(&d, 1, 64);
    cr_assert(take(&d, RX, &head, &bytes));
    cr_expect_eq(head, 1);
    cr_expect_eq(bytes, 2);
    cr_expect_arr_eq(th_ram(d.t, BUFFERS + 0x1000), "ly", 2);
    cr_expect_eq(th_level(d.t, "irq", 0), 1);
    close_device(d.t);
}

Test(virtio_console, size)
{
    struct driver d = open_driver("virtio-console");

    th_set(d.t, "columns", "132");
    th_set(d.t, "rows", "43");
    th_connect(d.t, 1);
    start_device(d.t);
    cr_expect_eq(offered(&d) & F_SIZE, F_SIZE);
    cr_expect_eq(th_read(d.t, 0, CONFIG, 2), 132);
    cr_expect_eq(th_read(d.t, 0, CONFIG + 2, 2), 43);
    close_device(d.t);
    d = console();
    cr_expect_eq(offered(&d) & F_SIZE, 0, "unknown");
    close_device(d.t);
    d = open_driver("virtio-console");
    th_set(d.t, "columns", "80");
    expect_refused(d.t, "rows");
}

/* 5.3.5: works without a driver. */
Test(virtio_console, emergency_write)
{
    struct driver d = console();

    cr_expect_eq(offered(&d) & F_EMERG_WRITE, F_EMERG_WRITE);
    set_reg(&d, CONFIG + 8, '!');
    cr_expect(th_wrote(d.t, "!"));
    close_device(d.t);
}

Test(virtio_console, receive_buffer_without_room_to_write)
{
    struct driver d = live();

    th_type(d.t, "x", 1);
    put_desc(&d, DESC(RX), 0, BUFFERS, 16, 0, 0);
    offer(&d, RX, 0);
    kick(&d, RX);
    expect_broken(&d, "a receive buffer that is not writable");
    close_device(d.t);
}

Test(virtio_console, buffers_outside_of_memory)
{
    struct driver d = live();

    put_desc(&d, DESC(TX), 0, 0x1000, 16, 0, 0);
    offer(&d, TX, 0);
    kick(&d, TX);
    expect_broken(&d, "output from nowhere");
    bring_up(&d, 0, 2);
    th_type(d.t, "x", 1);
    put_desc(&d, DESC(RX), 0, 0x1000, 16, WRITE, 0);
    offer(&d, RX, 0);
    kick(&d, RX);
    expect_broken(&d, "input to nowhere");
    close_device(d.t);
}

Test(virtio_console, reset_in_the_middle)
{
    struct driver d = live();

    th_accept(d.t, 2);
    print(&d, 0, "abcdef");
    th_wrote(d.t, "");
    set_reg(&d, STATUS, 0);
    th_accept(d.t, TH_NO_LIMIT);
    cr_expect(th_wrote(d.t, ""), "the rest is gone with the driver");
    bring_up(&d, 0, 2);
    print(&d, 0, "new");
    cr_expect(th_wrote(d.t, "new"), "and does not cut the next");
    close_device(d.t);
}

/* 4.2.2: a receive buffer that waits for input belongs to the queue it was taken from. */
Test(virtio_console, a_queue_stops_when_it_is_not_ready)
{
    struct driver d = live();
    uint32_t head, bytes;

    offer_input(&d, 0, 64);
    th_accept(d.t, 2);
    print(&d, 0, "abcdef");
    for (uint32_t q = 0; q < 2; q++) {
        set_reg(&d, QUEUE_SEL, q);
        set_reg(&d, QUEUE_READY, 0);
        setup_queue(&d, q, QUEUE_SIZE);
    }
    th_accept(d.t, TH_NO_LIMIT);
    offer_input(&d, 1, 64);
    th_type(d.t, "x", 1);
    cr_assert(take(&d, RX, &head, &bytes));
    cr_expect_eq(head, 1);
    print(&d, 2, "new");
    cr_expect(th_wrote(d.t, "abnew"));
    cr_assert(take(&d, TX, &head, &bytes));
    cr_expect_eq(head, 2);
    close_device(d.t);
}

/* Taking a snapshot must neither repeat nor lose output, here and in the copy. */
Test(virtio_console, snapshot_in_the_middle)
{
    struct driver a = live(), b = console();

    th_accept(a.t, 2);
    print(&a, 0, "abcdef");
    cr_expect(th_wrote(a.t, "ab"));
    cr_assert_eq(th_migrate(b.t, a.t), BP_OK);
    th_accept(a.t, TH_NO_LIMIT);
    cr_expect(th_wrote(a.t, "cdef"));
    b.t->chr.starved = 1;
    th_accept(b.t, TH_NO_LIMIT);
    cr_expect(th_wrote(b.t, "cdef"));
    cr_expect_eq(used_index(&b, TX), 1);
    close_device(a.t);
    close_device(b.t);
}
