/* SPDX-License-Identifier: Apache-2.0
 *
 * stats.c - what an accelerator counts: `backplane stats`, and the rows that `run --stats` prints.
 */
#include "core/cli/stats.h"
#include "core/cli/client.h"
#include "core/cli/command.h"
#include "core/cli/table.h"

#include <inttypes.h>

void stats_time(struct table *t, const char *what, uint64_t ns)
{
    table_row(t);
    table_text(t, what);
    if (ns >= UINT64_C(10000000000))
        table_format(t, "%12.3f s", (double)ns / 1e9);
    else
        table_format(t, "%12.3f ms", (double)ns / 1e6);
}

void stats_count(struct table *t, const char *name, uint64_t value, const char *doc)
{
    table_row(t);
    table_text(t, name);
    table_format(t, "%12" PRIu64, value);
    table_text(t, doc);
}

static uint64_t number_of(const json_t *value, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(value, key));
}

static void put(const json_t *stats)
{
    struct table t = {0};
    const json_t *counter;
    size_t i;

    printf("Accelerator %s:\n", json_string_value(json_object_get(stats, "accelerator")));
    stats_time(&t, "guest time", number_of(stats, "guest-ns"));
    stats_time(&t, "host time", number_of(stats, "host-ns"));
    stats_time(&t, "to the first instruction", number_of(stats, "first-instruction-ns"));
    json_array_foreach (json_object_get(stats, "counters"), i, counter)
        stats_count(&t, json_string_value(json_object_get(counter, "name")),
                    number_of(counter, "value"),
                    json_string_value(json_object_get(counter, "doc")));
    table_print(&t, 2, stdout);
}

int command_stats(const struct arguments *args)
{
    json_t *stats = NULL;
    struct client c;
    size_t first;

    if (client_open(&c, args, "stats", 0, &first))
        stats = client_execute(&c, "query-stats", NULL);
    client_close(&c);
    if (stats && args->json) {
        json_dumpf(stats, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (stats) {
        put(stats);
    }
    json_decref(stats);
    return stats ? EXIT_OK : c.code;
}
