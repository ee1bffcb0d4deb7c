/* SPDX-License-Identifier: Apache-2.0
 *
 * host.so: back ends made of the host's own files, terminals and sockets.
 */
#include "services.h"

#include <string.h>

static const struct bp_backend_class *const classes[] = {
    &stdio_class, &file_class, &null_class,   &pty_class,       &tcp_class,
    &unix_class,  &raw_class,  &memory_class, &socketcan_class, NULL,
};

static const struct bp_backend_factory factory = {.size = sizeof(factory), .classes = classes};

static const void *get_factory(const char *id)
{
    return strcmp(id, BP_FACTORY_BACKENDS) ? NULL : &factory;
}

static const char *const requires[] = {BP_LOOP_ID, BP_BACKEND_HOST_ID, NULL};

static const struct bp_plugin plugin = {
    .size = sizeof(plugin),
    .id = "host",
    .version = "0.1.0",
    .vendor = "Backplane",
    .license = "Apache-2.0",
    .doc = "terminals, files, sockets and disk images of the host",
    .requires_ids = requires,
    .get_factory = get_factory,
};

const struct bp_plugin *bp_plugin_query_v1(void)
{
    return &plugin;
}
