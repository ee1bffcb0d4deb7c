/* SPDX-License-Identifier: Apache-2.0
 *
 * Block back ends: raw images, snapshots over them, and memory.
 */
#include "fake.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KIB  1024u
#define SIZE (64 * KIB + 100) /* not a multiple of anything */

static struct fake f, g;
static uint8_t content[SIZE], buffer[SIZE];

static const char *make_image(void)
{
    const char *path = fake_path("disk.img");

    for (size_t i = 0; i < SIZE; i++)
        content[i] = (uint8_t)(i * 31 + i / 256);
    fake_spill(path, content, SIZE);
    return path;
}

static void expect_same(const void *a, const void *b, size_t bytes)
{
    cr_expect_eq(memcmp(a, b, bytes), 0);
}

Test(raw, reads_writes_and_flushes)
{
    const char *path = make_image();
    struct bp_block_info info = {.size = sizeof(info)};

    cr_assert_eq(fake_open(&f, "raw", "path", path, "serial", "disk-1", NULL), BP_OK, "%s",
                 f.error);
    cr_assert_eq(f.cls->info(f.self, &info), BP_OK);
    cr_expect_eq(info.bytes, SIZE);
    cr_expect_eq(info.flags, 0);
    cr_expect_eq(info.sector, 512);
    cr_expect_str_eq(info.id, "disk-1");
    cr_expect_eq(fake_block(&f, BP_BLOCK_READ, 1000, buffer, 5000), BP_OK);
    expect_same(buffer, content + 1000, 5000);
    memset(buffer, 0xee, 512);
    cr_expect_eq(fake_block(&f, BP_BLOCK_WRITE, SIZE - 512, buffer, 512), BP_OK);
    cr_expect_eq(fake_block(&f, BP_BLOCK_FLUSH, 0, NULL, 0), BP_OK);
    fake_close(&f);
    memcpy(content + SIZE - 512, buffer, 512);
    expect_same(fake_slurp(path), content, SIZE);
}

Test(raw, scattered_memory)
{
    const char *path = make_image();
    struct bp_iovec iov[200];
    struct bp_block_io io = {
        .size = sizeof(io), .op = BP_BLOCK_READ, .offset = 3, .iov = iov, .niov = 200};
    uint8_t *at = buffer;

    for (uint32_t i = 0; i < 200; i++) {
        iov[i] = (struct bp_iovec){at, i % 7 ? i : 0}; /* some are empty */
        at += iov[i].bytes;
        io.bytes += iov[i].bytes;
    }
    cr_assert_eq(fake_open(&f, "raw", "path", path, NULL), BP_OK);
    f.cls->submit(f.self, &io);
    UNTIL(&f, f.completed == 1);
    cr_expect_eq(f.last_status, BP_OK);
    expect_same(buffer, content + 3, io.bytes);
    fake_close(&f);
}

Test(raw, discard_and_zero)
{
    const char *path = make_image();

    cr_assert_eq(fake_open(&f, "raw", "path", path, NULL), BP_OK);
    cr_expect_eq(fake_block(&f, BP_BLOCK_DISCARD, 0, NULL, 4 * KIB), BP_OK);
    cr_expect_eq(fake_block(&f, BP_BLOCK_ZERO, 5000, NULL, 20000), BP_OK);
    fake_close(&f);
    memset(content + 5000, 0, 20000);
    expect_same(fake_slurp(path) + 5000, content + 5000, SIZE - 5000);
}

Test(raw, refuses_what_is_outside_or_forbidden)
{
    const char *path = make_image();
    struct bp_block_info info = {.size = sizeof(info)};

    cr_assert_eq(fake_open(&f, "raw", "path", path, "read-only", "true", NULL), BP_OK);
    cr_assert_eq(f.cls->info(f.self, &info), BP_OK);
    cr_expect_eq(info.flags, BP_BLOCK_READ_ONLY);
    cr_expect_eq(fake_block(&f, BP_BLOCK_READ, SIZE - 10, buffer, 11), BP_E_INVAL);
    cr_expect_eq(fake_block(&f, BP_BLOCK_READ, UINT64_MAX, buffer, 2), BP_E_INVAL);
    cr_expect_eq(fake_block(&f, BP_BLOCK_WRITE, 0, buffer, 512), BP_E_INVAL);
    cr_expect_eq(fake_block(&f, BP_BLOCK_ZERO, 0, NULL, 512), BP_E_INVAL);
    cr_expect_eq(fake_block(&f, 99, 0, NULL, 0), BP_E_INVAL);
    cr_expect_eq(fake_block(&f, BP_BLOCK_READ, SIZE - 10, buffer, 10), BP_OK);
    fake_close(&f);
    expect_same(fake_slurp(path), content, SIZE);
}

Test(raw, a_file_that_shrinks_is_an_error_of_the_request_only)
{
    const char *path = make_image();

    cr_assert_eq(fake_open(&f, "raw", "path", path, NULL), BP_OK);
    cr_assert_eq(truncate(path, 4096), 0);
    cr_expect_eq(fake_block(&f, BP_BLOCK_READ, 8192, buffer, 512), BP_E_IO);
    cr_expect_str_eq(f.log, "read of 512 bytes at 8192 failed: Input/output error\n");
    cr_expect_eq(fake_block(&f, BP_BLOCK_READ, 0, buffer, 512), BP_OK);
    fake_close(&f);
}

Test(raw, two_writers_are_refused_readers_and_snapshots_share)
{
    const char *path = make_image();

    cr_assert_eq(fake_open(&f, "raw", "path", path, NULL), BP_OK);
    cr_expect_eq(fake_open(&g, "raw", "path", path, NULL), BP_E_IO);
    cr_expect_not_null(
        strstr(g.error,
               ": in use already: give each user a copy, or `snapshot: true` to all of them"),
        "%s", g.error);
    fake_close(&g);
    cr_expect_eq(fake_open(&g, "raw", "path", path, "snapshot", "true", NULL), BP_E_IO,
                 "under a writer");
    fake_close(&g);
    fake_close(&f);

    cr_assert_eq(fake_open(&f, "raw", "path", path, "snapshot", "true", NULL), BP_OK);
    cr_expect_eq(fake_open(&g, "raw", "path", path, "read-only", "true", NULL), BP_OK);
    fake_close(&g);
    fake_close(&f);
    cr_expect_eq(fake_open(&f, "raw", "path", path, NULL), BP_OK,
                 "the lock is gone with its owners");
    fake_close(&f);
}

Test(raw, says_why_it_cannot_open)
{
    const char *empty = fake_path("empty");

    cr_expect_eq(fake_open(&f, "raw", "path", "/nonexistent/disk", NULL), BP_E_NOENT);
    cr_expect_str_eq(f.error, "/nonexistent/disk: No such file or directory: check the path");
    fake_close(&f);
    cr_expect_eq(fake_open(&f, "raw", "path", "/tmp", "read-only", "true", NULL), BP_E_INVAL);
    cr_expect_str_eq(f.error, "/tmp: neither a file nor a block device: name an image");
    fake_close(&f);
    fake_spill(empty, "", 0);
    cr_expect_eq(fake_open(&f, "raw", "path", empty, NULL), BP_E_INVAL);
    cr_expect_not_null(strstr(f.error, "empty: give it a size, as with truncate -s 1G"));
    fake_close(&f);
    cr_expect_eq(fake_open(&f, "raw", "path", empty, "read-only", "true", "snapshot", "true", NULL),
                 BP_E_INVAL);
    cr_expect_str_eq(f.error_property, "snapshot");
    fake_close(&f);
    cr_expect_eq(
        fake_open(&f, "raw", "path", make_image(), "serial", "123456789012345678901", NULL),
        BP_E_INVAL);
    cr_expect_str_eq(f.error_property, "serial");
    fake_close(&f);
}

Test(raw, finish_completes_what_is_in_flight)
{
    static struct bp_iovec iov[8];
    static struct bp_block_io io[8];

    cr_assert_eq(fake_open(&f, "raw", "path", make_image(), NULL), BP_OK);
    for (uint32_t i = 0; i < 8; i++) {
        iov[i] = (struct bp_iovec){buffer + i * 4096, 4096};
        io[i] = (struct bp_block_io){.size = sizeof(*io),
                                     .op = BP_BLOCK_READ,
                                     .offset = i * 4096,
                                     .bytes = 4096,
                                     .iov = &iov[i],
                                     .niov = 1};
        f.cls->submit(f.self, &io[i]);
    }
    fake_close(&f);
    cr_expect_eq(f.completed, 8);
    expect_same(buffer, content, 8 * 4096);
}

Test(raw, a_loop_without_pool_fails_the_request)
{
    cr_assert_eq(fake_open(&f, "raw", "path", make_image(), NULL), BP_OK);
    f.refuse_work = true;
    cr_expect_eq(fake_block(&f, BP_BLOCK_READ, 0, buffer, 512), BP_E_NOMEM);
    f.refuse_work = false;
    cr_expect_eq(fake_block(&f, BP_BLOCK_READ, 0, buffer, 512), BP_OK);
    fake_close(&f);
}

/* Random requests on a medium and on a plain array, which must stay equal. */
static void compare_with_model(uint8_t *model)
{
    static uint8_t data[20000];
    unsigned seed = 7;

    for (int i = 0; i < 400; i++) {
        uint64_t offset = (uint64_t)rand_r(&seed) % SIZE,
                 bytes = (uint64_t)rand_r(&seed) % sizeof(data);
        int what = rand_r(&seed) % 4;

        if (rand_r(&seed) % 3 == 0)
            offset &= ~UINT64_C(4095);
        if (bytes > SIZE - offset)
            bytes = SIZE - offset;
        if (what == 0) {
            memset(data, i, bytes);
            cr_assert_eq(fake_block(&f, BP_BLOCK_WRITE, offset, data, bytes), BP_OK);
            memcpy(model + offset, data, bytes);
        } else if (what == 1) {
            cr_assert_eq(fake_block(&f, BP_BLOCK_ZERO, offset, NULL, bytes), BP_OK);
            memset(model + offset, 0, bytes);
        } else {
            cr_assert_eq(fake_block(&f, BP_BLOCK_READ, offset, data, bytes), BP_OK);
            cr_assert_eq(memcmp(data, model + offset, bytes), 0, "request %d: %zu bytes at %zu", i,
                         (size_t)bytes, (size_t)offset);
        }
    }
    cr_assert_eq(fake_block(&f, BP_BLOCK_READ, 0, buffer, SIZE), BP_OK);
    cr_expect_eq(memcmp(buffer, model, SIZE), 0);
}

Test(snapshot, behaves_like_a_disk_and_leaves_the_image_alone)
{
    static uint8_t model[SIZE];
    const char *path = make_image();

    memcpy(model, content, SIZE);
    cr_assert_eq(fake_open(&f, "raw", "path", path, "snapshot", "true", NULL), BP_OK, "%s",
                 f.error);
    compare_with_model(model);
    cr_expect_eq(fake_block(&f, BP_BLOCK_FLUSH, 0, NULL, 0), BP_OK);
    cr_expect_eq(fake_block(&f, BP_BLOCK_DISCARD, 0, NULL, SIZE), BP_OK);
    fake_close(&f);
    expect_same(fake_slurp(path), content, SIZE);
}

Test(snapshot, works_on_an_image_one_cannot_write)
{
    const char *path = make_image();

    cr_assert_eq(chmod(path, 0400), 0);
    cr_assert_eq(fake_open(&f, "raw", "path", path, "snapshot", "true", NULL), BP_OK, "%s",
                 f.error);
    cr_expect_eq(fake_block(&f, BP_BLOCK_WRITE, 0, buffer, 512), BP_OK);
    fake_close(&f);
}

Test(raw, behaves_like_a_disk)
{
    static uint8_t model[SIZE];
    const char *path = make_image();

    memcpy(model, content, SIZE);
    cr_assert_eq(fake_open(&f, "raw", "path", path, NULL), BP_OK);
    compare_with_model(model);
    fake_close(&f);
    expect_same(fake_slurp(path), model, SIZE);
}

Test(memory, behaves_like_a_disk)
{
    static uint8_t model[SIZE];
    char size[16];

    snprintf(size, sizeof(size), "%u", SIZE);
    cr_assert_eq(fake_open(&f, "memory", "size", size, NULL), BP_OK);
    compare_with_model(model);
    cr_expect_eq(fake_block(&f, BP_BLOCK_FLUSH, 0, NULL, 0), BP_OK);
    fake_close(&f);
}

Test(memory, starts_from_a_file)
{
    const char *path = make_image();
    struct bp_block_info info = {.size = sizeof(info)};

    cr_assert_eq(fake_open(&f, "memory", "path", path, NULL), BP_OK, "%s", f.error);
    cr_assert_eq(f.cls->info(f.self, &info), BP_OK);
    cr_expect_eq(info.bytes, SIZE);
    cr_expect_eq(fake_block(&f, BP_BLOCK_WRITE, 0, buffer, 512), BP_OK);
    cr_expect_eq(fake_block(&f, BP_BLOCK_READ, 512, buffer, 512), BP_OK);
    expect_same(buffer, content + 512, 512);
    fake_close(&f);
    expect_same(fake_slurp(path), content, SIZE);
}

Test(memory, says_what_is_missing)
{
    cr_expect_eq(fake_open(&f, "memory", NULL), BP_E_INVAL);
    cr_expect_str_eq(f.error, "the medium has no size: give `size`, or a `path` with content");
    fake_close(&f);
    cr_expect_eq(fake_open(&f, "memory", "path", make_image(), "size", "512", NULL), BP_E_INVAL);
    cr_expect_not_null(strstr(f.error, "more than the medium: raise `size`"), "%s", f.error);
    fake_close(&f);
    cr_expect_eq(fake_open(&f, "memory", "path", "/nonexistent/x", NULL), BP_E_NOENT);
    fake_close(&f);
}
