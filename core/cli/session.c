/* SPDX-License-Identifier: Apache-2.0
 *
 * What every sub-command begins and ends with.
 */
#include "core/cli/session.h"
#include "core/cli/places.h"

#include <inttypes.h>
#include <stdlib.h>

bool session_init(struct session *s, const struct arguments *args)
{
    *s = (struct session){.registry = NULL};
    diag_init(&s->diag);
    s->registry = registry_create(args->plugin_paths.items);
    if (!s->registry)
        fputs("backplane: no memory left on the host: close something\n", stderr);
    return s->registry;
}

bool session_load(struct session *s, const struct arguments *args, const char *file,
                  bool check_host)
{
    const struct graph_options options = {
        .accel = args->accel,
        .time = args->time,
        .cmdline = args->cmdline,
        .set = args->set.items,
        .images = args->images.items,
        .backends = args->backends.items,
        .check_host = check_host,
    };

    char *path = places_description(file);

    s->graph = path ? graph_load(path, &options, s->registry, &s->diag) : NULL;
    if (!path)
        diag_error(&s->diag, (struct diag_pos){.file = file}, NULL, "no memory");
    free(path);
    return s->graph;
}

void session_report(const struct session *s)
{
    fflush(stdout);
    diag_print(&s->diag, stderr);
}

void session_finish(struct session *s)
{
    graph_destroy(s->graph);
    registry_destroy(s->registry);
    diag_finish(&s->diag);
    *s = (struct session){.registry = NULL};
}

const char *session_size(uint64_t bytes, char text[32])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    uint32_t unit = 0;

    while (bytes && !(bytes % 1024) && unit + 1 < sizeof(units) / sizeof(*units)) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, 32, "%" PRIu64 " %s", bytes, units[unit]);
    return text;
}
