/* SPDX-License-Identifier: Apache-2.0
 *
 * shell.c - the made-up class, from what all kinds of class have.
 */
#include "shell.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "guard.h"
#include "rows.h"
#include "values.h"
#include "where.h"

bool shell_open(struct shell *s, struct kit *kit,
                const void *(*get)(const struct bp_core *core, const char *id))
{
    struct any any;

    any_class(kit, &any);
    s->kit = kit;
    s->cls = (struct bp_device_class){
        .size = sizeof s->cls,
        .name = any.name,
        .instance_size = any.instance_size,
        .instance_align = any.instance_align,
        .props = any.arrays[ARRAY_PROPS].rows,
        .nprops = any.arrays[ARRAY_PROPS].count,
        .prop_stride = any.arrays[ARRAY_PROPS].stride,
        .ports = any.arrays[ARRAY_PORTS].rows,
        .nports = any.arrays[ARRAY_PORTS].count,
        .port_stride = any.arrays[ARRAY_PORTS].stride,
    };
    s->t = NULL;
    if (s->cls.nprops > TH_MAX_PROPS || s->cls.nports > TH_MAX_PORTS) {
        kit_skip(kit, "the kit's host takes %d properties and %d ports", TH_MAX_PROPS,
                 TH_MAX_PORTS);
        return false;
    }
    s->t = th_new_in(&s->cls, &guard_memory);
    if (!s->t) {
        kit_skip(kit, "the host has no memory");
        return false;
    }
    s->t->user = s;
    s->t->core.get = get;
    s->given = values_give(kit, s->t, NULL);
    return s->given;
}

int32_t shell_furnish(struct shell *s)
{
    int32_t status = th_props_write(s->t);

    if (!status)
        status = th_ports_create(s->t);
    if (status)
        kit_skip(s->kit, "property %s: %s", s->t->error_property, s->t->error);
    for (uint32_t i = 0; i < s->t->nprops; i++)
        guard_read_only(s->t->props[i].storage);
    return status;
}

void shell_close(struct shell *s)
{
    guard_check(s->kit);
    if (s->t)
        th_free(s->t);
}

bool shell_on_main(const struct shell *s, const char *function)
{
    if (syscall(SYS_gettid) == getpid())
        return true;
    kit_watch(s->kit, "context", where_caller(), "calls %s on a thread other than that of the loop",
              function);
    return false;
}
