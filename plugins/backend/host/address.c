/* SPDX-License-Identifier: Apache-2.0
 *
 * Socket addresses (address.h).
 */
#include "address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* Appends what getaddrinfo() knows, as far as there is room. */
static int add_found(struct addresses *list, const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found = NULL;
    int error = getaddrinfo(host, port, &hints, &found);

    if (error)
        return error;
    for (const struct addrinfo *i = found;
         i && list->count < sizeof(list->items) / sizeof(*list->items); i = i->ai_next) {
        struct address *a = &list->items[list->count++];

        memcpy(&a->storage, i->ai_addr, i->ai_addrlen);
        a->bytes = i->ai_addrlen;
    }
    freeaddrinfo(found);
    return 0;
}

const char *address_resolve(struct addresses *list, const char *text, int listening)
{
    char copy[300], *host, *port;
    const char *wrong;
    int error, local;

    list->count = 0;
    if (strlen(text) >= sizeof(copy))
        return "is too long: " FORM;
    strcpy(copy, text);
    wrong = split(copy, &host, &port);
    if (!wrong)
        wrong = check_port(port, listening);
    if (wrong)
        return wrong;
    local = !strcasecmp(host, "localhost");
    error = add_found(list, !*host || local ? "127.0.0.1" : host, port);
    if (!error && local)
        error = add_found(list, "::1", port);
    return error ? gai_strerror(error) : NULL;
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
