/* SPDX-License-Identifier: Apache-2.0
 *
 * wire.c - bp.line/1 and bp.clock/1.
 */
#include <stdlib.h>

#include "core/machine/contract.h"
#include "core/machine/dev.h"

#define DEPTH_MAX 64 /* inputs that drive outputs that drive inputs ... */

int32_t wire_port_init(struct wire_port *port, struct bp_dev *dev, uint32_t index, uint32_t width,
                       bool out)
{
    port->dev = dev;
    port->port = index;
    port->width = width;
    if (out)
        port->lines = calloc(width ? width : 1, sizeof(*port->lines));
    else
        port->inputs = calloc(width ? width : 1, sizeof(*port->inputs));
    return port->lines || port->inputs ? BP_OK : BP_E_NOMEM;
}

void wire_port_finish(struct wire_port *port)
{
    for (uint32_t i = 0; port->lines && i < port->width; i++)
        free(port->lines[i].targets);
    free(port->lines);
    free(port->inputs);
}

int32_t wire_connect(struct wire_port *from, uint32_t line, struct wire_port *to, uint32_t input,
                     bool invert)
{
    struct wire_line *out;
    struct wire_target *targets;

    if (line >= from->width || input >= to->width)
        return BP_E_INVAL;
    out = &from->lines[line];
    targets = realloc(out->targets, (out->ntargets + 1) * sizeof(*targets));
    if (!targets)
        return BP_E_NOMEM;
    out->targets = targets;
    out->targets[out->ntargets++] = (struct wire_target){to->dev, to->port, input, invert, false};
    return BP_OK;
}

int32_t wire_connect_clock(struct clock_out *from, struct clock_in *to)
{
    struct clock_in **consumers =
        realloc(from->consumers, (from->nconsumers + 1) * sizeof(*consumers));

    if (!consumers)
        return BP_E_NOMEM;
    from->consumers = consumers;
    from->consumers[from->nconsumers++] = to;
    to->source = from;
    return BP_OK;
}

static void deliver(struct bp_dev *dev, uint32_t port, uint32_t index, uint32_t level)
{
    const struct bp_port *row = &dev->type->ports[port];

    if (dev->machine->lines_quiet)
        return;
    if (dev->vcpu)
        hash_line(dev, port, index, level);
    if (row->on_line) {
        struct dev_call before = call_enter(dev, "on_line()", row->name);

        row->on_line(dev->instance, index, level);
        call_leave(before);
    }
    if (dev->vcpu)
        vcpu_wake(dev->vcpu);
}

static struct wire_input *input_of(const struct wire_target *target)
{
    return &target->dev->ports[target->port].wire->inputs[target->index];
}

/* Makes the connection contribute `high` to its input. */
static void settle(struct wire_target *target, bool high)
{
    struct wire_input *input = input_of(target);

    if (target->high == high)
        return;
    target->high = high;
    if (high ? input->drivers++ == 0 : --input->drivers == 0)
        deliver(target->dev, target->port, target->index, high);
}

static void line_set(struct bp_line *handle, uint32_t index, uint32_t level)
{
    static _Thread_local uint32_t depth;
    struct wire_port *port = (struct wire_port *)handle;
    struct wire_line *line;

    if (!contract_machine(port->dev, "set() of bp.line/1"))
        return;
    if (index >= port->width) {
        contract_broken(port->dev, "set() of bp.line/1",
                        "drives a line that its port does not have: compare with the port's width");
        return;
    }
    level = level != 0;
    if (port->lines[index].level == level)
        return;
    line = &port->lines[index];
    if (depth == DEPTH_MAX) {
        trace_text(
            port->dev, BP_LOG_ERROR,
            "lines form a loop that does not settle: cut here: look for an inverted line that reaches its own driver");
        return;
    }
    depth++;
    line->level = level;
    for (uint32_t i = 0; i < line->ntargets; i++)
        settle(&line->targets[i], line->level != line->targets[i].invert);
    depth--;
}

static uint32_t line_get(struct bp_line *handle, uint32_t index)
{
    const struct wire_port *port = (const struct wire_port *)handle;

    return index < port->width ? port->lines[index].level : 0;
}

const struct bp_line_api wire_line_api = {
    .size = sizeof(wire_line_api),
    .set = line_set,
    .get = line_get,
};

bool wire_carries(uint32_t kind)
{
    return kind == BP_PORT_IRQ || kind == BP_PORT_GPIO || kind == BP_PORT_RESET;
}

void wire_restore(struct wire_port *port, uint32_t index, bool level)
{
    bool quiet = port->dev->machine->lines_quiet;

    port->dev->machine->lines_quiet = true;
    line_set((struct bp_line *)port, index, level);
    port->dev->machine->lines_quiet = quiet;
}

/* The port if it carries lines, else NULL. */
static struct wire_port *wires_of(struct bp_dev *dev, uint32_t port)
{
    return wire_carries(dev->type->ports[port].kind) ? dev->ports[port].wire : NULL;
}

static void forget_level(struct wire_port *port)
{
    for (uint32_t i = 0; i < port->width; i++) {
        if (port->inputs) {
            port->inputs[i].drivers = 0;
            continue;
        }
        port->lines[i].level = 0;
        for (uint32_t t = 0; t < port->lines[i].ntargets; t++)
            port->lines[i].targets[t].high = false;
    }
}

/* An inverted connection contributes while its line is low. */
static void settle_port(struct wire_port *port)
{
    for (uint32_t i = 0; port->lines && i < port->width; i++)
        for (uint32_t t = 0; t < port->lines[i].ntargets; t++)
            settle(&port->lines[i].targets[t], port->lines[i].targets[t].invert);
}

static void tell_inputs(struct wire_port *port)
{
    for (uint32_t i = 0; port->inputs && i < port->width; i++)
        deliver(port->dev, port->port, i, port->inputs[i].drivers != 0);
}

static void for_each_port(struct machine *m, void (*fn)(struct wire_port *port))
{
    for (uint32_t d = 0; d < m->ndevs; d++)
        for (uint32_t p = 0; p < m->devs[d].type->nports; p++)
            if (wires_of(&m->devs[d], p))
                fn(wires_of(&m->devs[d], p));
}

void wire_reset_begin(struct machine *m)
{
    m->lines_quiet = true;
    for_each_port(m, forget_level);
    for_each_port(m, settle_port);
}

void wire_reset_end(struct machine *m)
{
    m->lines_quiet = false;
    for_each_port(m, tell_inputs);
}

static uint64_t clock_hz(struct bp_clock_in *handle)
{
    const struct clock_in *clock = (const struct clock_in *)handle;

    return clock->source ? clock->source->hz : 0;
}

static void clock_set_hz(struct bp_clock_out *handle, uint64_t hz)
{
    struct clock_out *clock = (struct clock_out *)handle;

    if (clock->hz == hz || !contract_machine(clock->dev, "set_hz() of bp.clock/1"))
        return;
    clock->hz = hz;
    for (uint32_t i = 0; i < clock->nconsumers; i++) {
        struct bp_dev *dev = clock->consumers[i]->dev;
        const struct bp_port *row = &dev->type->ports[clock->consumers[i]->port];

        if (row->on_clock && dev->initialised) {
            struct dev_call before = call_enter(dev, "on_clock()", row->name);

            row->on_clock(dev->instance, hz);
            call_leave(before);
        }
    }
}

const struct bp_clock_api wire_clock_api = {
    .size = sizeof(wire_clock_api),
    .hz = clock_hz,
    .set_hz = clock_set_hz,
};
