/* SPDX-License-Identifier: Apache-2.0
 *
 * util/ifaces.h - fetching the core's interfaces once, in init(). Inline; not ABI.
 *
 *     static const struct bp_iface_row ifaces[] = {
 *         {BP_LINE_ID, BP_OFFSET(struct uart, line)},
 *         {BP_TIMER_ID, BP_OFFSET(struct uart, timer)},
 *     };
 *     status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
 */
#ifndef BACKPLANE_UTIL_IFACES_H
#define BACKPLANE_UTIL_IFACES_H

#include <backplane/trace.h>
#include <backplane/util/bytes.h>

#include <string.h>

/* Where the pointer to an interface goes: `offset` of a `const struct bp_..._api *` in the
 * instance. */
struct bp_iface_row {
    const char *id;
    uint32_t offset;
};

/* Says why the call in progress fails, and returns `status`, so that a check reads "return
 * bp_fail(...)". */
static inline int32_t bp_fail(const struct bp_core *core, struct bp_dev *dev, int32_t status,
                              const char *property, const char *text)
{
    const struct bp_error_api *error = (const struct bp_error_api *)core->get(core, BP_ERROR_ID);

    if (error)
        error->set(dev, property, text);
    return status;
}

/* Fetches every row. BP_E_UNSUPPORTED, with a text that names the interface, when the core lacks
 * one. */
static inline int32_t bp_fetch_ifaces(void *self, struct bp_dev *dev, const struct bp_core *core,
                                      const struct bp_iface_row *rows, uint32_t count,
                                      uint32_t stride)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct bp_iface_row *row =
            (const struct bp_iface_row *)((const char *)rows + (uint64_t)stride * i);
        const void *iface = core->get(core, row->id);
        char text[96] = "this core does not offer ";

        if (!iface) {
            strncat(text, row->id, sizeof text - strlen(text) - 1);
            return bp_fail(core, dev, BP_E_UNSUPPORTED, NULL, text);
        }
        memcpy((char *)self + row->offset, &iface, sizeof iface);
    }
    return BP_OK;
}

#endif
