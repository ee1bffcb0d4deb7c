/* SPDX-License-Identifier: Apache-2.0
 *
 * call.c - which function of which plug-in is running (call.h), and its names for those outside (machine.h).
 */
#include "core/machine/call.h"

#include "core/machine/dev.h"
#include "core/plugin/object.h"

static _Thread_local struct dev_call now;

/* Only who holds the machine lock writes `calling`; a region that is read without it leaves no note there. */
static void note(const struct dev_call *call, const struct bp_dev *dev)
{
    struct machine *m = dev->machine;

    if (!m || !lock_mine(&m->lock))
        return;
    atomic_store_explicit(&m->calling.dev, call->dev, memory_order_relaxed);
    atomic_store_explicit(&m->calling.function, call->function, memory_order_relaxed);
    atomic_store_explicit(&m->calling.of, call->of, memory_order_relaxed);
    atomic_store_explicit(&m->calling.count,
                          atomic_load_explicit(&m->calling.count, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

struct dev_call call_enter(struct bp_dev *dev, const char *function, const char *of)
{
    struct dev_call before = now;

    now = (struct dev_call){dev, function, of};
    note(&now, dev);
    return before;
}

void call_leave(struct dev_call before)
{
    const struct bp_dev *dev = now.dev;

    now = before;
    note(&now, dev);
}

void call_refine(const char *function, const char *of)
{
    now.function = function;
    now.of = of;
    note(&now, now.dev);
}

struct dev_call call_here(void)
{
    return now;
}

static bool named(struct dev_call call, struct machine_call *out)
{
    const struct plugin *plugin;

    if (!call.dev || !call.dev->type)
        return false;
    plugin = call.dev->type->plugin;
    *out = (struct machine_call){
        .node = call.dev->name,
        .plugin = plugin ? plugin->info->id : "core",
        .file = plugin ? plugin->path : NULL,
        .type = call.dev->type->name,
        .function = call.function,
        .of = call.of,
    };
    return true;
}

void machine_call_hold(struct machine *m)
{
    pthread_mutex_lock(&m->calling.types);
}

void machine_call_release(struct machine *m)
{
    pthread_mutex_unlock(&m->calling.types);
}

bool machine_call_here(struct machine_call *out)
{
    return named(now, out);
}

uint64_t machine_call_count(struct machine *m)
{
    if (!atomic_load_explicit(&m->calling.dev, memory_order_relaxed))
        return 0;
    return atomic_load_explicit(&m->calling.count, memory_order_relaxed);
}

bool machine_call_now(struct machine *m, struct machine_call *out)
{
    struct dev_call call = {
        .dev = atomic_load_explicit(&m->calling.dev, memory_order_relaxed),
        .function = atomic_load_explicit(&m->calling.function, memory_order_relaxed),
        .of = atomic_load_explicit(&m->calling.of, memory_order_relaxed),
    };

    return named(call, out);
}
