/* SPDX-License-Identifier: Apache-2.0
 *
 * Hot reload through the control socket.
 */
#include <stdio.h>
#include <string.h>

#include "core/control/server.h"
#include "core/machine/dev.h"
#include "core/machine/reload.h"

/* What a node is made of, or the plug-in of that id. */
static const struct plugin *find_plugin(struct call *call, const char *target)
{
    const struct plugin *plugin = registry_plugin(call->machine->registry, target);
    const struct bp_dev *dev = NULL;

    for (uint32_t i = 0; i < call->machine->ndevs; i++)
        if (!strcmp(call->machine->devs[i].name, target))
            dev = &call->machine->devs[i];
    if (!plugin && !dev) {
        call_node(call, "target"); /* says what is near */
        return NULL;
    }
    if (dev && !dev->type->plugin)
        call_fail(call, CLASS_GENERIC, "%.64s is one of the core's own types: there is no file",
                  target);
    return dev ? dev->type->plugin : plugin;
}

static json_t *nodes_value(const struct machine *m, const struct plugin *plugin)
{
    json_t *nodes = json_array();

    for (uint32_t i = 0; i < m->ndevs; i++)
        if (m->devs[i].type->plugin == plugin)
            json_array_append_new(nodes, json_string(m->devs[i].name));
    return nodes;
}

bool run_reload(struct call *call)
{
    struct machine *m = call->machine;
    const struct plugin *plugin = find_plugin(call, call_text(call, "target"));
    const char *id = plugin ? plugin_info(plugin)->id : NULL;
    char name[128], why[RELOAD_WHY];

    if (!plugin)
        return false;
    if (machine_is_ending(m))
        return call_fail(call, CLASS_GENERIC, "the machine has ended: start another");
    snprintf(name, sizeof(name), "%s", id); /* the text goes with the old build */
    if (!machine_reload(m, plugin, call_text(call, "file"),
                        call_flag(call, "lossy") ? RELOAD_LOSSY : 0, why))
        return call_fail(call, CLASS_GENERIC, "%s", why);
    plugin = registry_plugin(m->registry, name);
    call->result = json_pack("{s:s, s:s, s:s, s:s, s:o}", "plugin", plugin_info(plugin)->id,
                             "version", plugin_info(plugin)->version, "file", plugin_path(plugin),
                             "loaded", plugin_loaded(plugin), "nodes", nodes_value(m, plugin));
    control_event(m, "RELOADED", "{s:s, s:o}", "plugin", name, "nodes", nodes_value(m, plugin));
    return true;
}
