/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands about what is traced, and what stops the machine.
 */
#include <stdlib.h>

#include "core/control/server.h"
#include "core/machine/dev.h"

/* A list of texts, or one text, as an array that ends with NULL. The texts stay the argument's. */
static const char **texts_of(const json_t *value)
{
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    const char **texts = calloc(count + 1, sizeof(*texts));

    for (size_t i = 0; texts && i < count; i++)
        texts[i] = json_string_value(json_is_array(value) ? json_array_get(value, i) : value);
    return texts;
}

static bool check(struct call *call, const char *const *texts)
{
    const struct watch *pointless;
    char why[WATCH_WHY];
    struct watches watches;

    if (!watches_read(&watches, texts, why))
        return call_fail(call, CLASS_GENERIC, "%s", why);
    pointless = trace_pointless(call->machine, &watches);
    if (pointless)
        call_fail(call, CLASS_NOT_FOUND,
                  "`%.60s`: nothing in this machine is called so: see query-nodes and inspect",
                  pointless->text);
    watches_finish(&watches);
    return !pointless;
}

static bool set(struct call *call, bool breaks)
{
    const char **texts = texts_of(json_object_get(call->arguments, "patterns"));
    char why[WATCH_WHY];
    bool ok = texts ? check(call, texts) : call_fail(call, CLASS_GENERIC, "no memory left");

    if (ok) {
        call_stop_begin(call->machine);
        ok = trace_set(call->machine, breaks, texts, why) ||
             call_fail(call, CLASS_GENERIC, "%s", why);
        call_stop_end(call->machine);
    }
    free(texts);
    return ok;
}

bool run_set_trace(struct call *call)
{
    return set(call, false);
}

bool run_set_break(struct call *call)
{
    return set(call, true);
}

static json_t *texts_value(const struct watches *watches)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < watches->count; i++)
        json_array_append_new(list, json_string(watches->items[i].text));
    return list;
}

bool run_query_watches(struct call *call)
{
    const struct trace *t = &call->machine->trace;

    call->result = json_pack("{s:o, s:o}", "traces", texts_value(&t->traces), "breaks",
                             texts_value(&t->breaks));
    return true;
}
