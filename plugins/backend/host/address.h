/* SPDX-License-Identifier: Apache-2.0
 *
 * address.h - "host:port" and paths of sockets, as text and for the kernel.
 */
#ifndef HOST_ADDRESS_H
#define HOST_ADDRESS_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct address {
    struct sockaddr_storage storage;
    socklen_t bytes;
};

/* What a name stands for, in the order to try. */
struct addresses {
    struct address items[8];
    uint32_t count;
};

/* NULL, or why not ("cause: cure", static or from the resolver). May ask the network: not on the loop when connecting.
 * "host:port", "[::1]:port", ":port" (the loopback address). Port 0 only when listening: the kernel chooses.
 * "localhost" asks nobody (RFC 6761 section 6.3): it is 127.0.0.1, then ::1, also where no /etc/hosts says so. */
const char *address_resolve(struct addresses *list, const char *text, int listening);
const char *address_unix(struct address *a, const char *path);
/* "127.0.0.1:4000", "[::1]:4000" or the path. */
void address_text(const struct address *a, char *text, uint32_t room);

#endif
