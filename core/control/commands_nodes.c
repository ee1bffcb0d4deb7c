/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands that look at nodes and memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/control/inspect.h"
#include "core/control/server.h"
#include "core/machine/dev.h"
#include "core/plugin/words.h"

bool run_query_nodes(struct call *call)
{
    const struct machine *m = call->machine;

    call->result = json_array();
    for (uint32_t i = 0; i < m->ndevs; i++) {
        const struct type *type = m->devs[i].type;

        json_array_append_new(
            call->result,
            json_pack("{s:s, s:s, s:s, s:s, s:s*}", "name", m->devs[i].name, "type",
                      m->devs[i].node->type_text, "kind", word_type_kind(type), "plugin",
                      type->plugin ? plugin_info(type->plugin)->id : "core", "doc", type->doc));
    }
    return true;
}

void call_stop_begin(struct machine *m)
{
    if (!machine_is_paused(m))
        vcpu_park_all(m);
    lock_take(&m->lock);
}

void call_stop_end(struct machine *m)
{
    lock_drop(&m->lock);
    /* A request that came meanwhile parks them as well, and resumes them if that is part of it. */
    if (!machine_is_paused(m) && !atomic_load(&m->request))
        vcpu_resume_all(m);
}

bool run_query_cpus(struct call *call)
{
    struct machine *m = call->machine;

    call->result = json_array();
    for (uint32_t i = 0; i < m->nvcpus; i++) {
        struct vcpu *v = &m->vcpus[i];
        bool waiting;

        pthread_mutex_lock(&v->lock);
        waiting = v->waiting;
        pthread_mutex_unlock(&v->lock);
        json_array_append_new(call->result, json_pack("{s:i, s:s, s:b}", "index", (int)i, "node",
                                                      v->dev->name, "waiting", waiting));
    }
    call_stop_begin(m);
    for (uint32_t i = 0; i < m->nvcpus; i++) {
        const struct bp_dev *dev = m->vcpus[i].dev;
        uint64_t pc;

        memcpy(&pc, (const char *)dev->instance + dev->type->cpu->pc_offset, sizeof(pc));
        json_object_set_new(json_array_get(call->result, i), "pc", value_hex(pc));
    }
    call_stop_end(m);
    return true;
}

bool run_query_plugins(struct call *call)
{
    const struct plugin *const *plugins;
    size_t count = registry_plugins(call->machine->registry, &plugins);

    call->result = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(call->result,
                              json_pack("{s:s, s:s, s:s}", "id", plugin_info(plugins[i])->id,
                                        "version", plugin_info(plugins[i])->version, "file",
                                        plugin_path(plugins[i])));
    return true;
}

bool run_inspect(struct call *call)
{
    struct bp_dev *dev = call_node(call, "node");

    if (!dev)
        return false;
    call_stop_begin(call->machine);
    call->result = inspect_node(dev);
    call_stop_end(call->machine);
    return call->result || call_fail(call, CLASS_GENERIC, "no memory left on the host");
}

/* --- memory --------------------------------------------------------------------------------------------------- */

bool run_query_memory_map(struct call *call)
{
    struct machine *m = call->machine;
    struct bus_segment segment;
    uint64_t at = 0;

    call->result = json_array();
    lock_take(&m->lock);
    for (;;) {
        if (bus_find(&m->bus, at, &segment))
            json_array_append_new(
                call->result,
                json_pack("{s:o, s:o, s:s, s:s, s:s}", "address", value_hex(segment.first), "bytes",
                          value_u64(segment.last - segment.first + 1), "node",
                          segment.region->dev->name, "region", segment.region->row->name, "kind",
                          segment.region->row->flags & BP_REGION_ROMD  ? "rom"
                          : segment.region->row->flags & BP_REGION_RAM ? "ram"
                                                                       : "mmio"));
        if (segment.last == UINT64_MAX)
            break;
        at = segment.last + 1;
    }
    lock_drop(&m->lock);
    return true;
}

bool run_read_memory(struct call *call)
{
    uint64_t address = call_number(call, "address", 0), bytes = call_number(call, "bytes", 0);
    uint8_t *data = malloc(bytes + 1);
    char *hex = malloc(2 * bytes + 1);
    int32_t status = BP_E_NOMEM;

    if (data && hex && address + bytes < address)
        status = BP_E_DECODE;
    else if (data && hex)
        status = machine_mem_read(call->machine, address, data, bytes);
    for (uint64_t i = 0; status == BP_OK && i < bytes; i++)
        snprintf(hex + 2 * i, 3, "%02x", data[i]);
    if (status == BP_OK)
        hex[2 * bytes] = 0;
    if (status == BP_OK)
        call->result = json_pack("{s:o, s:s}", "address", value_hex(address), "hex", hex);
    else
        call_fail(call, CLASS_GENERIC,
                  "not all of it is memory: query-memory-map shows where RAM and ROM are");
    free(data);
    free(hex);
    return status == BP_OK;
}
