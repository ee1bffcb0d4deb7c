/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands about the machine as a whole.
 */
#include <backplane/abi.h>
#include <string.h>

#include "core/control/server.h"
#include "core/machine/dev.h"

bool run_capabilities(struct call *call)
{
    const json_t *wanted = json_object_get(call->arguments, "enable");
    const json_t *first = json_is_array(wanted) ? json_array_get(wanted, 0) : wanted;

    if (first)
        return call_fail(call, CLASS_GENERIC, "no capability `%.40s`: there are none",
                         json_string_value(first));
    return true;
}

static json_t *argument_value(const struct argument *a)
{
    json_t *out = json_pack("{s:s, s:s, s:b, s:s}", "name", a->name, "type",
                            argument_type_name(a->type), "required", a->required, "doc", a->doc);

    if (a->max)
        json_object_set_new(out, "max", value_u64(a->max));
    if (a->choices) {
        json_t *choices = json_array();

        for (size_t i = 0; a->choices[i]; i++)
            json_array_append_new(choices, json_string(a->choices[i]));
        json_object_set_new(out, "choices", choices);
    }
    return out;
}

bool run_query_commands(struct call *call)
{
    call->result = json_array();
    for (const struct command_row *row = command_rows; row->name; row++) {
        json_t *arguments = json_array();

        for (const struct argument *a = row->arguments; a && a->name; a++)
            json_array_append_new(arguments, argument_value(a));
        json_array_append_new(call->result,
                              json_pack("{s:s, s:s, s:s, s:o}", "name", row->name, "doc", row->doc,
                                        "returns", row->returns, "arguments", arguments));
    }
    return true;
}

bool run_query_version(struct call *call)
{
    call->result = json_pack("{s:s, s:{s:i, s:i}}", "version", BACKPLANE_VERSION, "sdk", "major",
                             BP_SDK_MAJOR, "minor", BP_SDK_MINOR);
    return true;
}

bool run_query_status(struct call *call)
{
    struct machine *m = call->machine;
    bool ended = machine_is_ending(m);

    call->result = json_pack("{s:s, s:b, s:I}", "status",
                             ended                  ? "ended"
                             : machine_is_paused(m) ? "paused"
                                                    : "running",
                             "running", !ended && !machine_is_paused(m), "time-ns",
                             (json_int_t)vtime_now(&m->time));
    return true;
}

static bool still_there(struct call *call)
{
    return !machine_is_ending(call->machine) ||
           call_fail(call, CLASS_GENERIC, "the machine has ended: start another");
}

bool run_stop(struct call *call)
{
    if (!still_there(call))
        return false;
    machine_pause(call->machine);
    return true;
}

bool run_cont(struct call *call)
{
    if (!still_there(call))
        return false;
    machine_continue(call->machine);
    return true;
}

bool run_quit(struct call *call)
{
    machine_request(call->machine, REQUEST_QUIT);
    return true;
}

bool run_reset(struct call *call)
{
    if (!still_there(call))
        return false;
    machine_request(call->machine, REQUEST_RESET);
    return true;
}

bool run_power(struct call *call)
{
    if (!strcmp(call_text(call, "action"), "reset"))
        return run_reset(call);
    if (!still_there(call))
        return false;
    atomic_store(&call->machine->power_code, (uint32_t)call_number(call, "code", 0));
    machine_request(call->machine, REQUEST_POWER_OFF);
    return true;
}

bool run_query_stats(struct call *call)
{
    struct machine *m = call->machine;
    struct bp_accel_counter counter = {0};
    struct machine_stats stats;
    json_t *counters = json_array();

    machine_get_stats(m, &stats);
    for (uint32_t i = 0; machine_counter(m, i, &counter); i++)
        json_array_append_new(counters, json_pack("{s:s, s:I, s:s*}", "name", counter.name, "value",
                                                  (json_int_t)counter.value, "doc", counter.doc));
    call->result =
        json_pack("{s:s, s:I, s:I, s:I, s:o}", "accelerator", machine_accel_name(m), "guest-ns",
                  (json_int_t)stats.virtual_ns, "host-ns", (json_int_t)stats.host_ns,
                  "first-instruction-ns", (json_int_t)stats.first_insn_ns, "counters", counters);
    return true;
}
