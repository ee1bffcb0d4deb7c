/* SPDX-License-Identifier: Apache-2.0
 *
 * The entropy source, VIRTIO 1.2, section 5.4.
 */
#include "virtio-driver.h"

static void draw(struct th *t, uint8_t bytes[32])
{
    struct driver d = {.t = t};
    uint32_t head, length;

    start_device(t);
    bring_up(&d, 0, 1);
    put_desc(&d, DESC(0), 0, BUFFERS, 32, WRITE, 0);
    offer(&d, 0, 0);
    kick(&d, 0);
    cr_assert(take(&d, 0, &head, &length));
    cr_assert_eq(length, 32);
    memcpy(bytes, th_ram(t, BUFFERS), 32);
    close_device(t);
}

static struct th *seeded(const char *seed)
{
    struct th *t = open_device("virtio", "virtio-rng");

    th_set(t, "source", "seed");
    th_set(t, "seed", seed);
    return t;
}

Test(virtio_rng, a_seed_repeats)
{
    uint8_t a[32], b[32], c[32];

    draw(seeded("7"), a);
    draw(seeded("7"), b);
    draw(seeded("8"), c);
    cr_expect_arr_eq(a, b, 32);
    cr_expect_arr_neq(a, c, 32);
}

Test(virtio_rng, the_host_does_not_repeat)
{
    uint8_t a[32], b[32];

    draw(open_device("virtio", "virtio-rng"), a);
    draw(open_device("virtio", "virtio-rng"), b);
    cr_expect_arr_neq(a, b, 32);
}

/* A buffer of 4 GiB minus 1 that begins in memory: the device gives what it likes, and stays
 * inside. */
Test(virtio_rng, huge_buffer)
{
    struct driver d = {.t = seeded("1")};
    uint32_t head, length;

    start_device(d.t);
    bring_up(&d, 0, 1);
    put_desc(&d, DESC(0), 0, BUFFERS, UINT32_MAX, WRITE, 0);
    offer(&d, 0, 0);
    kick(&d, 0);
    cr_assert(take(&d, 0, &head, &length));
    cr_expect(length >= 1 && length <= 65536);
    close_device(d.t);
}

Test(virtio_rng, warm_reset_goes_on_cold_reset_begins_again)
{
    struct driver d = {.t = seeded("1")};
    uint64_t first, second;

    start_device(d.t);
    for (uint32_t kind = BP_RESET_COLD, i = 0; i < 3; i++) {
        bring_up(&d, 0, 1);
        put_desc(&d, DESC(0), 0, BUFFERS + 8 * i, 8, WRITE, 0);
        offer(&d, 0, 0);
        kick(&d, 0);
        kind = i ? BP_RESET_COLD : BP_RESET_WARM;
        th_reset(d.t, kind);
    }
    first = bp_load_le64(th_ram(d.t, BUFFERS));
    second = bp_load_le64(th_ram(d.t, BUFFERS + 8));
    cr_expect_neq(first, second);
    cr_expect_eq(first, bp_load_le64(th_ram(d.t, BUFFERS + 16)));
    close_device(d.t);
}
