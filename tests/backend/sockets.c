/* SPDX-License-Identifier: Apache-2.0
 *
 * tcp and unix: listening, connecting, losing the peer and finding it again.
 */
#include "fake.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct fake f;

static int tcp_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Connects to the port that the back end logged. */
static int join(void)
{
    const char *at = strrchr(f.log, ':');
    struct sockaddr_in address;
    int fd = tcp_socket();

    cr_assert_not_null(at, "%s", f.log);
    address = loopback((unsigned)atoi(at + 1));
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* A listener of the test; `*port` 0 on entry: any. */
static int serve(unsigned *port)
{
    struct sockaddr_in address = loopback(*port);
    socklen_t bytes = sizeof(address);
    int fd = tcp_socket(), on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    cr_assert_eq(listen(fd, 4), 0);
    getsockname(fd, (struct sockaddr *)&address, &bytes);
    *port = ntohs(address.sin_port);
    return fd;
}

static void expect_read(int fd, const char *text)
{
    char got[64] = "";

    cr_assert_eq(recv(fd, got, strlen(text), MSG_WAITALL), (ssize_t)strlen(text));
    cr_expect_str_eq(got, text);
}

Test(tcp, listens_for_one_peer_after_the_other)
{
    int first, second;

    cr_assert_eq(fake_open(&f, "tcp", "listen", "127.0.0.1:0", NULL), BP_OK);
    fake_write(&f, "lost", 4);
    first = join();
    UNTIL(&f, f.opened == 1);
    second = join(); /* waits in the queue */
    f.cls->credit(f.self, 100);
    cr_assert_eq(send(first, "one", 3, 0), 3);
    cr_assert_eq(send(second, "two", 3, 0), 3);
    UNTIL(&f, f.ninput == 3);
    fake_write(&f, "hello", 5);
    expect_read(first, "hello");
    cr_expect_eq(f.opened, 1);
    close(first);
    UNTIL(&f, f.ninput == 6);
    cr_expect_eq(memcmp(f.input, "onetwo", 6), 0);
    cr_expect_eq(f.opened, 2);
    close(second);
    fake_close(&f);
}

Test(tcp, input_waits_for_credit)
{
    int peer;

    cr_assert_eq(fake_open(&f, "tcp", "listen", ":0", NULL), BP_OK);
    fake_turn(&f, 0);
    cr_expect_eq(f.closed, 1, "nobody is there at first");
    peer = join();
    UNTIL(&f, f.opened == 1);
    cr_assert_eq(send(peer, "abc", 3, 0), 3);
    for (int i = 0; i < 5; i++)
        fake_turn(&f, 5);
    cr_expect_eq(f.ninput, 0);
    f.cls->credit(f.self, 1);
    UNTIL(&f, f.ninput == 1);
    close(peer); /* what was sent before the end still arrives */
    f.cls->credit(f.self, 10);
    UNTIL(&f, f.ninput == 3 && f.closed == 2);
    fake_close(&f);
}

Test(tcp, wait_holds_output_for_the_first_peer)
{
    int peer;

    cr_assert_eq(fake_open(&f, "tcp", "listen", "127.0.0.1:0", "wait", "true", NULL), BP_OK);
    cr_expect_eq(f.cls->write(f.self, "boot", 4), 0);
    fake_turn(&f, 10);
    cr_expect_eq(f.writable, 0);
    peer = join();
    UNTIL(&f, f.writable == 1);
    fake_write(&f, "boot", 4);
    expect_read(peer, "boot");
    close(peer);
    fake_close(&f);
}

Test(tcp, a_peer_that_stops_reading_slows_the_guest_until_it_leaves)
{
    static uint8_t data[8 << 20];
    int peer;
    int64_t taken;

    cr_assert_eq(fake_open(&f, "tcp", "listen", "127.0.0.1:0", NULL), BP_OK);
    fake_turn(&f, 0);
    peer = join();
    UNTIL(&f, f.opened == 1);
    do
        taken = f.cls->write(f.self, data, sizeof(data));
    while (taken == sizeof(data));
    cr_expect_eq(f.writable, 0);
    close(peer);
    f.cls->credit(f.self, 1);
    UNTIL(&f, f.writable > 0 && f.closed == 2);
    cr_expect_eq(f.cls->write(f.self, data, 100), 100, "without a peer output is lost, not stuck");
    fake_close(&f);
}

Test(tcp, connects_and_comes_back)
{
    unsigned port = 0;
    int listener = serve(&port), peer;
    char text[32];

    snprintf(text, sizeof(text), "localhost:%u", port);
    cr_assert_eq(fake_open(&f, "tcp", "connect", text, "reconnect", "20ms", NULL), BP_OK);
    UNTIL(&f, f.opened == 1);
    peer = accept(listener, NULL, NULL);
    f.cls->credit(f.self, 10);
    cr_assert_eq(send(peer, "x", 1, 0), 1);
    UNTIL(&f, f.ninput == 1);
    close(peer);
    close(listener);
    UNTIL(&f, f.closed == 2);
    for (int i = 0; i < 10; i++)
        fake_turn(&f, 10); /* several attempts fail, with one line */
    cr_assert_not_null(strstr(f.log, "Connection refused; trying again"), "%s", f.log);
    cr_expect_null(strstr(strstr(f.log, "refused") + 1, "refused"), "%s", f.log);
    listener = serve(&port);
    UNTIL(&f, f.opened == 2);
    fake_close(&f);
    close(listener);
}

/* A name may stand for several addresses, of which not all answer. */
Test(tcp, tries_every_address_of_a_name)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t bytes = sizeof(address);
    int listener = socket(AF_INET6, SOCK_STREAM, 0), on = 1, peer;
    char text[32];

    if (listener < 0 || setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) ||
        bind(listener, (struct sockaddr *)&address, sizeof(address)))
        cr_skip("this host has no IPv6");
    cr_assert_eq(listen(listener, 1), 0);
    getsockname(listener, (struct sockaddr *)&address, &bytes);
    snprintf(text, sizeof(text), "localhost:%u", ntohs(address.sin6_port));
    cr_assert_eq(fake_open(&f, "tcp", "connect", text, "reconnect", "0s", NULL), BP_OK);
    UNTIL(&f, f.opened == 1);
    cr_expect_null(strstr(f.log, "cannot connect"), "%s", f.log);
    peer = accept(listener, NULL, NULL);
    fake_write(&f, "six", 3);
    expect_read(peer, "six");
    fake_close(&f);
    close(peer);
    close(listener);
}

Test(tcp, zero_means_never_again)
{
    unsigned port = 0;
    char text[32];

    close(serve(&port)); /* nobody there now */
    snprintf(text, sizeof(text), "127.0.0.1:%u", port);
    cr_assert_eq(fake_open(&f, "tcp", "connect", text, "reconnect", "0s", NULL), BP_OK);
    UNTIL(&f, strstr(f.log, "Connection refused"));
    cr_expect_null(f.timers);
    fake_close(&f);
}

Test(tcp, finish_while_connecting)
{
    unsigned port = 0;
    int listener = serve(&port);
    char text[32];

    snprintf(text, sizeof(text), "127.0.0.1:%u", port);
    cr_assert_eq(fake_open(&f, "tcp", "connect", text, NULL), BP_OK);
    fake_turn(&f, 0); /* the look-up is on the pool */
    fake_close(&f);
    close(listener);
}

Test(tcp, bad_addresses)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"localhost", "localhost: has no port: write it as host:port, [ipv6]:port or :port"},
        {"host:",
         "host:: has no port from 1 to 65535: write it as host:port, [ipv6]:port or :port"},
        {"host:99999",
         "host:99999: has no port from 1 to 65535: write it as host:port, [ipv6]:port or :port"},
        {"host:12x",
         "host:12x: has no port from 1 to 65535: write it as host:port, [ipv6]:port or :port"},
        {"::1:80", "::1:80: has too many colons: put an IPv6 address into brackets"},
        {"[::1:80", "[::1:80: has an open bracket: write it as host:port, [ipv6]:port or :port"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        cr_expect_eq(fake_open(&f, "tcp", "listen", cases[i].text, NULL), BP_E_INVAL, "%s",
                     cases[i].text);
        cr_expect_str_eq(f.error, cases[i].says);
        cr_expect_str_eq(f.error_property, "listen");
        fake_close(&f);
    }
}

Test(tcp, needs_exactly_one_direction)
{
    cr_expect_eq(fake_open(&f, "tcp", NULL), BP_E_INVAL);
    cr_expect_str_eq(f.error, "listen and connect: give one of the two");
    fake_close(&f);
    cr_expect_eq(fake_open(&f, "tcp", "listen", ":1", "connect", ":2", NULL), BP_E_INVAL);
    fake_close(&f);
}

Test(tcp, an_address_in_use)
{
    unsigned port = 0;
    int listener = serve(&port);
    char text[32];

    snprintf(text, sizeof(text), "127.0.0.1:%u", port);
    cr_expect_eq(fake_open(&f, "tcp", "listen", text, NULL), BP_E_IO);
    cr_expect_not_null(
        strstr(f.error, "Address already in use: end the other program or choose another address"),
        "%s", f.error);
    fake_close(&f);
    close(listener);
}

static int unix_join(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

Test(unix_socket, listens_and_cleans_up)
{
    const char *path = fake_path("socket");
    struct stat info;
    int peer;

    cr_assert_eq(fake_open(&f, "unix", "listen", path, NULL), BP_OK);
    peer = unix_join(path);
    UNTIL(&f, f.opened == 1);
    fake_write(&f, "hi", 2);
    expect_read(peer, "hi");
    close(peer);
    fake_close(&f);
    cr_expect_neq(stat(path, &info), 0, "the socket stayed behind");
}

Test(unix_socket, replaces_a_stale_one_but_not_a_live_one_or_a_file)
{
    const char *path = fake_path("socket"), *file = fake_path("file");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    cr_assert_eq(listen(fd, 1), 0);
    cr_expect_eq(fake_open(&f, "unix", "listen", path, NULL), BP_E_IO);
    cr_expect_not_null(strstr(f.error, "in use"), "%s", f.error);
    fake_close(&f);
    close(fd); /* dies without removing it */
    cr_expect_eq(fake_open(&f, "unix", "listen", path, NULL), BP_OK);
    fake_close(&f);

    fake_spill(file, "data", 4);
    cr_expect_eq(fake_open(&f, "unix", "listen", file, NULL), BP_E_IO);
    fake_close(&f);
    cr_expect_str_eq(fake_slurp(file), "data");
}

Test(unix_socket, a_path_that_is_too_long)
{
    char path[200];

    memset(path, 'p', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    cr_expect_eq(fake_open(&f, "unix", "listen", path, NULL), BP_E_INVAL);
    cr_expect_not_null(strstr(f.error, "longer than 107 bytes"), "%s", f.error);
    fake_close(&f);
}

Test(unix_socket, connects_once_someone_listens)
{
    const char *path = fake_path("socket");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    cr_assert_eq(fake_open(&f, "unix", "connect", path, "reconnect", "10ms", NULL), BP_OK);
    for (int i = 0; i < 5; i++)
        fake_turn(&f, 10);
    cr_expect_eq(f.opened, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    cr_assert_eq(listen(fd, 1), 0);
    UNTIL(&f, f.opened == 1);
    fake_close(&f);
    close(fd);
}
