/* SPDX-License-Identifier: Apache-2.0
 *
 * Words for numbers of the SDK (words.h).
 */
#include "core/plugin/words.h"

#include "core/plugin/registry.h"

#include <backplane/regs.h>

static const char *const accesses[] = {
    [BP_REG_RW] = "rw",   [BP_REG_RO] = "ro",   [BP_REG_WO] = "wo", [BP_REG_W1C] = "w1c",
    [BP_REG_W0C] = "w0c", [BP_REG_W1S] = "w1s", [BP_REG_RC] = "rc", [BP_REG_W0S] = "w0s",
    [BP_REG_W1T] = "w1t", [BP_REG_W0T] = "w0t", [BP_REG_WC] = "wc", [BP_REG_WS] = "ws",
};

static const char *const port_kinds[] = {
    [BP_PORT_IRQ] = "irq",     [BP_PORT_GPIO] = "gpio", [BP_PORT_RESET] = "reset",
    [BP_PORT_CLOCK] = "clock", [BP_PORT_BUS] = "bus",   [BP_PORT_CHAR] = "char",
    [BP_PORT_BLOCK] = "block",
};

#define WORD(table, i) ((i) < sizeof(table) / sizeof(*(table)) && (table)[i] ? (table)[i] : "?")

const char *word_access(uint32_t access)
{
    return WORD(accesses, access);
}

const char *word_port_kind(uint32_t kind)
{
    return WORD(port_kinds, kind);
}

const char *word_type_kind(const struct type *type)
{
    switch (type->kind) {
    case TYPE_DEVICE:
        return "device";
    case TYPE_CPU:
        return "cpu";
    case TYPE_ACCEL:
        return "accelerator";
    case TYPE_BACKEND:
        return type->backend->kind == BP_BACKEND_BLOCK ? "block" : "char";
    }
    return "?";
}
