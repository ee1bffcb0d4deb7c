/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands of the control socket: one table, from which they are checked, found, listed and documented.
 */
#include <stddef.h>

#include "core/control/server.h"

static const struct argument node_argument[] = {
    {"node", "its name in the description", ARG_TEXT, true, NULL, 0},
    {.name = NULL},
};

static const char *const power_actions[] = {"off", "reset", NULL};

static const struct argument power_arguments[] = {
    {"action", "off or reset", ARG_CHOICE, true, power_actions, 0},
    {"code", "exit status of a machine that goes off; 0 unless given", ARG_NUMBER, false, NULL,
     UINT32_MAX},
    {.name = NULL},
};

static const struct argument memory_arguments[] = {
    {"address", "physical address of the first byte", ARG_NUMBER, true, NULL, 0},
    {"bytes", "how many", ARG_NUMBER, true, NULL, CONTROL_MAX_READ},
    {.name = NULL},
};

static const struct argument reload_arguments[] = {
    {"target", "a node, or the id of a plug-in", ARG_TEXT, true, NULL, 0},
    {"file", "the new build; where the old one came from unless given", ARG_TEXT, false, NULL, 0},
    {"lossy", "drop state that the new build has no place for", ARG_BOOL, false, NULL, 0},
    {.name = NULL},
};

static const struct argument pattern_arguments[] = {
    {"patterns", "NODE.REGISTER.FIELD==VALUE and the like; an empty list: none", ARG_TEXTS, true,
     NULL, 0},
    {.name = NULL},
};

static const struct argument capability_arguments[] = {
    {"enable", "capabilities to use; there are none yet", ARG_TEXTS, false, NULL, 0},
    {.name = NULL},
};

const struct command_row command_rows[] = {
    {"qmp_capabilities", "ends the greeting: commands and events from here on", "nothing",
     capability_arguments, run_capabilities},
    {"query-commands", "lists commands with their arguments",
     "name, doc, returns, arguments of each", NULL, run_query_commands},
    {"query-version", "tells which core this is", "version, sdk", NULL, run_query_version},
    {"query-status", "tells what the machine does", "status: running, paused or ended; time-ns",
     NULL, run_query_status},
    {"stop", "stops vCPUs, timers and time", "nothing", NULL, run_stop},
    {"cont", "goes on", "nothing", NULL, run_cont},
    {"reset", "resets the machine as its reset button does", "nothing", NULL, run_reset},
    {"power", "switches the machine off, or off and on", "nothing", power_arguments, run_power},
    {"quit", "ends the machine as if the user left", "nothing", NULL, run_quit},
    {"query-nodes", "lists the nodes of the machine", "name, type, kind, plugin, doc of each", NULL,
     run_query_nodes},
    {"query-cpus", "lists the vCPUs", "index, node, waiting, pc of each", NULL, run_query_cpus},
    {"query-plugins", "lists the plug-ins that are open", "id, version, file of each", NULL,
     run_query_plugins},
    {"query-stats", "reads the counters", "accelerator, guest-ns, host-ns, counters", NULL,
     run_query_stats},
    {"query-memory-map", "lists what is where now", "address, bytes, node, region, kind of each",
     NULL, run_query_memory_map},
    {"read-memory", "reads RAM, ROM or flash", "address, hex", memory_arguments, run_read_memory},
    {"inspect", "shows a node from inside", "registers with fields, ports, timers, state",
     node_argument, run_inspect},
    {"reload", "swaps a rebuilt plug-in under the running guest",
     "plugin, version, file, loaded, nodes", reload_arguments, run_reload},
    {"set-trace", "replaces what --trace named", "nothing", pattern_arguments, run_set_trace},
    {"set-break", "replaces what --break named", "nothing", pattern_arguments, run_set_break},
    {"query-watches", "tells what is traced and what stops the machine", "traces, breaks", NULL,
     run_query_watches},
    {.name = NULL},
};
