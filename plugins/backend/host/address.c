/* SPDX-License-Identifier: Apache-2.0
 *
 * Socket addresses (address.h).
 */
#include "address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define FORM "write it as host:port, [ipv6]:port or :port"

/* Splits into host (empty: loopback) and port, both NUL-terminated in `copy`. */
static const char *split(char *copy, char **host, char **port)
{
    char *colon = strrchr(copy, ':');

    if (!colon)
        return "has no port: " FORM;
    *colon = '\0';
    *port = colon + 1;
    *host = copy;
    if (*copy == '[') {
        if (colon == copy + 1 || colon[-1] != ']')
            return "has an open bracket: " FORM;
        colon[-1] = '\0';
        ++*host;
    } else if (strchr(copy, ':')) {
        return "has too many colons: put an IPv6 address into brackets";
    }
    return NULL;
}

static const char *check_port(const char *port, int listening)
{
    unsigned value = 0;

    if (!*port || strlen(port) > 5 || strspn(port, "0123456789") != strlen(port) ||
        sscanf(port, "%u", &value) != 1 || value > 65535)
        return "has no port from 1 to 65535: " FORM;
    return value || listening ? NULL : "has port 0, which nobody can connect to: name the port";
}

const char *address_resolve(struct address *a, const char *text, int listening)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found = NULL;
    char copy[300], *host, *port;
    const char *wrong;
    int error;

    if (strlen(text) >= sizeof(copy))
        return "is too long: " FORM;
    strcpy(copy, text);
    wrong = split(copy, &host, &port);
    if (!wrong)
        wrong = check_port(port, listening);
    if (wrong)
        return wrong;
    error = getaddrinfo(*host ? host : "127.0.0.1", port, &hints, &found);
    if (error)
        return gai_strerror(error);
    memcpy(&a->storage, found->ai_addr, found->ai_addrlen);
    a->bytes = found->ai_addrlen;
    freeaddrinfo(found);
    return NULL;
}

const char *address_unix(struct address *a, const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    if (!*path)
        return "is empty: give the path of the socket";
    if (strlen(path) >= sizeof(un.sun_path))
        return "is longer than 107 bytes, the limit of socket paths: choose a shorter one";
    strcpy(un.sun_path, path);
    memcpy(&a->storage, &un, sizeof(un));
    a->bytes = sizeof(un);
    return NULL;
}

void address_text(const struct address *a, char *text, uint32_t room)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (a->storage.ss_family == AF_UNIX)
        snprintf(text, room, "%s", ((const struct sockaddr_un *)&a->storage)->sun_path);
    else if (getnameinfo((const struct sockaddr *)&a->storage, a->bytes, host, sizeof(host), port,
                         sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
        snprintf(text, room, "(unknown)");
    else
        snprintf(text, room, a->storage.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}
