/* SPDX-License-Identifier: Apache-2.0
 *
 * socketcan: frames of a host's CAN interface. Few hosts that run tests have one: socket() and its relatives here answer
 * for the kernel, with a pair of sockets that keep messages apart as CAN sockets do.
 */
#include "fake.h"

#include <backplane/can.h>
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/can.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct fake f;
static int wire = -1; /* the other end */
static int socket_error, bind_error, send_error;

__attribute__((visibility("default"))) int socket(int domain, int type, int protocol)
{
    int (*real)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
    int ends[2];

    if (domain != PF_CAN)
        return real(domain, type, protocol);
    errno = socket_error;
    if (socket_error || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
        return -1;
    wire = ends[1];
    return ends[0];
}

__attribute__((visibility("default"))) int bind(int fd, const struct sockaddr *name, socklen_t size)
{
    int (*real)(int, const struct sockaddr *, socklen_t) =
        (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");

    if (name->sa_family != AF_CAN)
        return real(fd, name, size);
    cr_assert_eq(((const struct sockaddr_can *)(const void *)name)->can_ifindex, 7);
    errno = bind_error;
    return bind_error ? -1 : 0;
}

__attribute__((visibility("default"))) unsigned if_nametoindex(const char *name)
{
    errno = ENODEV;
    return strcmp(name, "vcan0") ? 0 : 7;
}

__attribute__((visibility("default"))) ssize_t send(int fd, const void *data, size_t bytes,
                                                    int flags)
{
    errno = send_error;
    return send_error ? -1 : sendto(fd, data, bytes, flags, NULL, 0);
}

static void init(void)
{
    socket_error = bind_error = send_error = 0;
}

static void fini(void)
{
    if (f.self)
        fake_close(&f);
    if (wire >= 0)
        close(wire);
    wire = -1;
}

TestSuite(socketcan, .init = init, .fini = fini, .timeout = 60);

static void come(uint32_t id, const char *data)
{
    struct can_frame frame = {.can_id = id, .len = (uint8_t)strlen(data), .__pad = 0xee};

    memcpy(frame.data, data, strlen(data));
    cr_assert_eq(write(wire, &frame, sizeof(frame)), (ssize_t)sizeof(frame));
}

static struct can_frame sent(void)
{
    struct can_frame frame = {0};

    cr_assert_eq(read(wire, &frame, sizeof(frame)), (ssize_t)sizeof(frame));
    return frame;
}

Test(socketcan, frames_become_records)
{
    static const uint8_t expected[2 * BP_CAN_RECORD] = {
        0x23, 0x01, 0, 0, 3, 0, 0, 0, 'o', 'n', 'e', 0, 0, 0, 0, 0, 0x78, 0x56, 0x34, 0x92};

    cr_assert_eq(fake_open(&f, "socketcan", "interface", "vcan0", NULL), BP_OK, "%s", f.error);
    f.cls->credit(f.self, 1000);
    come(0x123, "one");
    come(CAN_ERR_FLAG | 1, "");
    cr_assert_eq(write(wire, "too short", 9), 9);
    come(CAN_EFF_FLAG | 0x12345678, "");
    UNTIL(&f, f.ninput >= sizeof(expected));
    cr_expect_eq(f.ninput, sizeof(expected));
    cr_expect_arr_eq(f.input, expected, sizeof(expected));
}

Test(socketcan, a_frame_waits_for_the_device_whole)
{
    cr_assert_eq(fake_open(&f, "socketcan", "interface", "vcan0", NULL), BP_OK, "%s", f.error);
    come(1, "abcdefgh");
    come(2, "ijklmnop");
    for (unsigned i = 1; i <= 2 * BP_CAN_RECORD; i++) {
        fake_turn(&f, 0);
        cr_assert_eq(f.ninput, i - 1);
        f.cls->credit(f.self, 1);
        UNTIL(&f, f.ninput == i);
    }
    cr_expect_eq(memcmp(f.input + 8, "abcdefgh", 8), 0);
    cr_expect_eq(memcmp(f.input + BP_CAN_RECORD + 8, "ijklmnop", 8), 0);
}

Test(socketcan, more_frames_than_are_kept_wait_in_the_kernel)
{
    cr_assert_eq(fake_open(&f, "socketcan", "interface", "vcan0", NULL), BP_OK, "%s", f.error);
    for (unsigned i = 0; i < 150; i++) {
        come(i, "");
        fake_turn(&f, 0);
    }
    f.cls->credit(f.self, 150 * BP_CAN_RECORD);
    UNTIL(&f, f.ninput == 150 * BP_CAN_RECORD);
    for (unsigned i = 0; i < 150; i++)
        cr_assert_eq(f.input[i * BP_CAN_RECORD], i);
}

Test(socketcan, records_in_pieces_become_frames)
{
    uint8_t record[BP_CAN_RECORD] = {0x55, 0, 0, 0x80, 2, 9, 9, 9, 'h', 'i', 9, 9, 9, 9, 9, 9};
    struct can_frame frame;

    cr_assert_eq(fake_open(&f, "socketcan", "interface", "vcan0", NULL), BP_OK, "%s", f.error);
    fake_write(&f, record, 5);
    fake_write(&f, record + 5, 11);
    frame = sent();
    cr_expect_eq(frame.can_id, CAN_EFF_FLAG | 0x55);
    cr_expect_eq(frame.len, 2);
    cr_expect_eq(memcmp(frame.data, "hi\0\0\0\0\0", 8), 0);
    record[4] = 9; /* longer than any */
    fake_write(&f, record, sizeof(record));
    record[4] = 0;
    fake_write(&f, record, sizeof(record));
    cr_expect_eq(sent().len, 0);
}

Test(socketcan, a_full_interface_is_waited_for)
{
    const uint8_t record[BP_CAN_RECORD] = {1};

    cr_assert_eq(fake_open(&f, "socketcan", "interface", "vcan0", NULL), BP_OK, "%s", f.error);
    send_error = ENOBUFS;
    cr_expect_eq(f.cls->write(f.self, record, 5), 5);
    cr_expect_eq(f.cls->write(f.self, record + 5, 11), 0);
    cr_expect_eq(f.cls->write(f.self, record + 5, 11), 0);
    send_error = 0;
    UNTIL(&f, f.writable == 1);
    cr_expect_eq(f.cls->write(f.self, record + 5, 11), 11);
    cr_expect_eq(sent().can_id, 1);
    send_error = ENETDOWN; /* as on a wire that is cut */
    fake_write(&f, record, sizeof(record));
    cr_expect_eq(f.writable, 1);
}

Test(socketcan, an_interface_that_goes_is_told)
{
    cr_assert_eq(fake_open(&f, "socketcan", "interface", "vcan0", NULL), BP_OK, "%s", f.error);
    close(wire);
    wire = -1;
    UNTIL(&f, strstr(f.log, "vcan0 is down or gone"));
}

Test(socketcan, what_is_missing_is_said)
{
    cr_expect_lt(fake_open(&f, "socketcan", "interface", "vcan1", NULL), 0);
    cr_expect(strstr(f.error, "vcan1") && strstr(f.error, "ip link"), "%s", f.error);
    cr_expect_str_eq(f.error_property, "interface");
    fake_close(&f);
    bind_error = ENODEV;
    cr_expect_lt(fake_open(&f, "socketcan", "interface", "vcan0", NULL), 0);
    cr_expect(strstr(f.error, "is it a CAN interface?"), "%s", f.error);
    fake_close(&f);
    socket_error = EAFNOSUPPORT;
    cr_expect_eq(fake_open(&f, "socketcan", "interface", "vcan0", NULL), BP_E_UNSUPPORTED);
    cr_expect(strstr(f.error, "modprobe"), "%s", f.error);
    fake_close(&f);
    socket_error = EMFILE;
    cr_expect_eq(fake_open(&f, "socketcan", "interface", "vcan0", NULL), BP_E_IO);
}
