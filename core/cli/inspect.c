/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane inspect`: a node of a running machine, for people.
 */
#include "core/cli/client.h"
#include "core/cli/command.h"
#include "core/cli/session.h"
#include "core/cli/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *value, const char *key)
{
    return json_string_value(json_object_get(value, key));
}

static long long number_of(const json_t *value, const char *key)
{
    return (long long)json_integer_value(json_object_get(value, key));
}

static void put_fields(struct table *t, const json_t *fields)
{
    json_t *field;
    size_t i;

    json_array_foreach (fields, i, field) {
        long long lsb = number_of(field, "lsb"), width = number_of(field, "width");

        table_row(t);
        table_text(t, NULL);
        if (width > 1)
            table_format(t, "  %lld:%lld %s", lsb + width - 1, lsb, text_of(field, "name"));
        else
            table_format(t, "  %lld %s", lsb, text_of(field, "name"));
        table_format(t, "  %s", text_of(field, "value"));
        table_text(t, text_of(field, "text") ? text_of(field, "text") : text_of(field, "doc"));
    }
}

/* Elements of an array that hold something; the rest is counted. */
static void put_elements(struct table *t, const json_t *reg)
{
    const json_t *values = json_object_get(reg, "values");
    unsigned long long offset = strtoull(text_of(reg, "offset"), NULL, 16);
    const char *reset = text_of(reg, "reset");
    size_t i, same = 0;
    json_t *value;

    json_array_foreach (values, i, value) {
        const char *text = json_string_value(value);

        if (!strcmp(text, reset ? reset : "0x0")) {
            same++;
            continue;
        }
        table_row(t);
        table_format(t, "0x%02llx", offset + i * (unsigned long long)number_of(reg, "stride"));
        table_format(t, "%s%zu", text_of(reg, "name"), i);
        table_text(t, text);
        table_text(t, text_of(reg, "doc"));
    }
    if (!same)
        return;
    table_row(t);
    table_format(t, "0x%02llx", offset);
    table_format(t, "%s...", text_of(reg, "name"));
    table_text(t, reset ? reset : "0x0");
    table_format(t, "%zu of %lld", same, number_of(reg, "count"));
}

static void put_register(struct table *t, const json_t *reg)
{
    if (json_object_get(reg, "values")) {
        put_elements(t, reg);
        return;
    }
    table_row(t);
    table_format(t, "0x%02llx", strtoull(text_of(reg, "offset"), NULL, 16));
    table_format(t, "%s%s", text_of(reg, "name"), json_object_get(reg, "hidden") ? "*" : "");
    table_text(t, text_of(reg, "value"));
    table_text(t, text_of(reg, "doc"));
    put_fields(t, json_object_get(reg, "fields"));
}

static void put_region(const json_t *region)
{
    const json_t *registers = json_object_get(region, "registers");
    struct table t = {0};
    json_t *reg;
    char size[32];
    size_t i;
    bool hidden = false;

    printf("\n%s: %s", text_of(region, "name"), text_of(region, "kind"));
    if (text_of(region, "address"))
        printf(" at %s, %s", text_of(region, "address"),
               session_size((uint64_t)number_of(region, "bytes"), size));
    puts(json_is_true(json_object_get(region, "enabled")) ? "" : ", not enabled");
    json_array_foreach (registers, i, reg) {
        put_register(&t, reg);
        hidden |= json_object_get(reg, "hidden") != NULL;
    }
    table_print(&t, 2, stdout);
    if (hidden)
        puts("  * in another register bank");
}

static void put_levels(struct table *t, const json_t *levels)
{
    char text[80];
    size_t used = 0, i, high = 0;
    json_t *level;

    json_array_foreach (levels, i, level) {
        if (!json_integer_value(level))
            continue;
        high++;
        if (used < sizeof(text) - 12)
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%zu", used ? " " : "", i);
    }
    if (json_array_size(levels) == 1)
        table_text(t, high ? "high" : "low");
    else if (high)
        table_format(t, "high: %s", text);
    else
        table_format(t, "all %zu low", json_array_size(levels));
}

static void put_ports(const json_t *ports)
{
    struct table t = {0};
    json_t *port;
    size_t i;

    json_array_foreach (ports, i, port) {
        table_row(&t);
        table_text(&t, text_of(port, "name"));
        table_format(&t, "%s %s", text_of(port, "kind"), text_of(port, "direction"));
        if (json_object_get(port, "levels"))
            put_levels(&t, json_object_get(port, "levels"));
        else if (json_object_get(port, "hz"))
            table_format(&t, "%lld Hz", number_of(port, "hz"));
        else
            table_text(&t, text_of(port, "backend"));
    }
    if (json_array_size(ports))
        puts("\nports:");
    table_print(&t, 2, stdout);
}

static void put_timers(const json_t *timers)
{
    struct table t = {0};
    json_t *timer;
    size_t i;

    json_array_foreach (timers, i, timer) {
        table_row(&t);
        table_text(&t, text_of(timer, "name"));
        if (json_is_true(json_object_get(timer, "armed")))
            table_format(&t, "due in %.3f us", (double)number_of(timer, "in-ns") / 1000.0);
        else
            table_text(&t, "not armed");
    }
    if (json_array_size(timers))
        puts("\ntimers:");
    table_print(&t, 2, stdout);
}

static void put_state(const json_t *state)
{
    struct table t = {0};
    json_t *row;
    size_t i;

    json_array_foreach (state, i, row) {
        const json_t *value = json_object_get(row, "value");

        table_row(&t);
        table_text(&t, text_of(row, "name"));
        if (json_is_string(value))
            table_text(&t, json_string_value(value));
        else
            table_format(&t, "%zu elements", json_array_size(value));
    }
    if (json_array_size(state))
        puts("\nstate:");
    table_print(&t, 2, stdout);
}

static void put_cpu(const json_t *registers)
{
    struct table t = {0};
    json_t *reg;
    size_t i;

    json_array_foreach (registers, i, reg) {
        if (i % 2 == 0)
            table_row(&t);
        if (text_of(reg, "alias"))
            table_format(&t, "%s/%s", text_of(reg, "name"), text_of(reg, "alias"));
        else
            table_text(&t, text_of(reg, "name"));
        table_text(&t, text_of(reg, "value"));
    }
    if (json_array_size(registers))
        putchar('\n');
    table_print(&t, 2, stdout);
}

static void put_node(const json_t *node)
{
    const json_t *regions = json_object_get(node, "regions");
    json_t *region;
    size_t i;

    printf("%s: %s%s%s\n", text_of(node, "node"), text_of(node, "type"),
           text_of(node, "doc") && *text_of(node, "doc") ? ", " : "",
           text_of(node, "doc") ? text_of(node, "doc") : "");
    put_cpu(json_object_get(node, "registers"));
    json_array_foreach (regions, i, region)
        put_region(region);
    put_ports(json_object_get(node, "ports"));
    put_timers(json_object_get(node, "timers"));
    put_state(json_object_get(node, "state"));
}

int command_inspect(const struct arguments *args)
{
    json_t *node = NULL;
    struct client c;
    size_t first;

    if (client_open(&c, args, "inspect", 1, &first))
        node = client_execute(&c, "inspect",
                              json_pack("{s:s}", "node", args->positional.items[first]));
    client_close(&c);
    if (node && args->json) {
        json_dumpf(node, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (node) {
        put_node(node);
    }
    json_decref(node);
    return node ? EXIT_OK : c.code;
}
